//! Scrolling, clicks and keys of a table.

use leptos::{ev, html, prelude::*};

#[cfg(feature = "hydrate")]
use leptos::wasm_bindgen::JsCast;

use super::{
    late::Late,
    view::{Core, focus_row},
};

/// What the browser measured, in CSS pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct View {
    /// How far into the rows the viewport begins.
    pub offset: f64,
    /// How much of the rows can be seen at most.
    pub height: f64,
    pub row: f64,
    pub head: f64,
    /// It has just moved on by more than what is seen.
    pub leaps: bool,
}

/// Keeps `view` up to date: at mount, on scroll of the table or (on a phone) of the page, on resize.
pub fn follow_scroll(scroll: NodeRef<html::Div>, view: RwSignal<Option<View>>, count: Memo<usize>, late: Late) {
    #[cfg(feature = "hydrate")]
    {
        let waiting = StoredValue::new(false);
        let measure = move || measure(scroll, view, waiting);
        Effect::new(move |_| {
            count.track();
            if scroll.get().is_some() {
                measure();
            }
        });
        Effect::new(move |_| {
            let Some(scroll) = scroll.get() else { return };
            let resized = window_event_listener(ev::resize, move |_| measure());
            // Scroll events do not bubble: the table is heard by itself, the page (on a phone) beside it.
            let heard = leptos::wasm_bindgen::closure::Closure::<dyn Fn()>::new(move || {
                late.scrolling();
                measure();
            });
            let function = heard.as_ref().unchecked_ref::<web_sys::js_sys::Function>().clone();
            let places: [web_sys::EventTarget; 2] = [scroll.into(), window().into()];
            for place in &places {
                let _ = place.add_event_listener_with_callback("scroll", &function);
            }
            let kept = send_wrapper::SendWrapper::new((resized, heard, function, places));
            on_cleanup(move || {
                let (resized, _heard, function, places) = kept.take();
                for place in &places {
                    let _ = place.remove_event_listener_with_callback("scroll", &function);
                }
                resized.remove();
            });
        });
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = (scroll, view, count, late);
}

/// How long after a leap it is taken to be over, milliseconds.
#[cfg(feature = "hydrate")]
const REST: u64 = 250;

/// Brings `view` up to date in the next frame, once however often it is asked for until then.
#[cfg(feature = "hydrate")]
fn measure(scroll: NodeRef<html::Div>, view: RwSignal<Option<View>>, waiting: StoredValue<bool>) {
    if waiting.try_get_value() != Some(false) {
        return;
    }
    waiting.set_value(true);
    request_animation_frame(move || {
        if waiting.try_set_value(false).is_none()
            && let Some(Some(scrolled)) = scroll.try_get_untracked()
            && let Some(mut now) = look(&scrolled)
            && let Some(before) = view.try_get_untracked()
        {
            now.leaps = before.is_some_and(|before| (before.offset - now.offset).abs() > now.height);
            if now.leaps {
                crate::dom::after(REST, move || measure(scroll, view, waiting));
            }
            view.set(Some(now));
        }
    });
}

#[cfg(feature = "hydrate")]
fn look(scroll: &web_sys::HtmlElement) -> Option<View> {
    let row = scroll.query_selector("tbody > tr[role='row']").ok()??.get_bounding_client_rect().height();
    let head = scroll.query_selector("thead").ok()??.get_bounding_client_rect();
    let own = scroll.scroll_height() > scroll.client_height() + 1;
    let page = window().inner_height().ok()?.as_f64()?;
    let (offset, height) = if own {
        (f64::from(scroll.scroll_top()), f64::from(scroll.client_height()))
    } else {
        (-scroll.get_bounding_client_rect().top(), page)
    };
    Some(View { offset: offset.max(0.0), height, row, head: head.height(), leaps: false })
}

/// A click on a row: opens it, or selects with Ctrl and Shift or where nothing opens.
pub fn on_click(core: &Core, index: usize, event: &ev::MouseEvent) {
    core.active.set(index);
    let selects = event.ctrl_key() || event.meta_key() || event.shift_key();
    if core.selected.is_some() && (selects || core.source.href(index).is_none()) {
        event.prevent_default();
        pick(core, index, event.shift_key());
    }
    #[cfg(feature = "hydrate")]
    {
        let on = |selector: &str| {
            let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
            target.and_then(|target| target.closest(selector).ok().flatten()).is_some()
        };
        let marked = window().get_selection().ok().flatten().is_some_and(|s| !s.is_collapsed());
        if !selects && !marked && !on("a, button, input, label, select") {
            // The link's own click comes back to this row, whose handler must have returned by then.
            let core = core.clone();
            queue_microtask(move || open(&core, index));
        }
    }
}

/// Toggles a row, or with `range` selects from where the last selection began.
pub fn pick(core: &Core, index: usize, range: bool) {
    let Some(selected) = core.selected else { return };
    if range {
        let from = core.anchor.get_untracked();
        let keys = untrack(|| core.source.keys(from.min(index), from.max(index) + 1));
        selected.update(|chosen| chosen.extend(keys.into_iter().map(|(_, key)| key)));
    } else if let Some(key) = core.source.key(index) {
        core.anchor.set(index);
        selected.update(|chosen| {
            if !chosen.remove(&key) {
                chosen.insert(key);
            }
        });
    }
}

fn open(core: &Core, index: usize) {
    #[cfg(feature = "hydrate")]
    if let Some(link) = document()
        .get_element_by_id(&format!("{}-r{index}", core.name))
        .and_then(|row| row.query_selector("td.lead a").ok().flatten())
        .and_then(|link| link.dyn_into::<web_sys::HtmlElement>().ok())
    {
        link.click();
    }
    let _ = (core, index);
}

/// The keyboard of the grid, while a row has the focus.
pub fn on_key(core: &Core, count: usize, view: Option<View>, event: &ev::KeyboardEvent) {
    if count == 0 || !on_row(event) {
        return;
    }
    let at = core.active.get_untracked().min(count - 1);
    let page = view.map_or(10, |view| ((view.height - view.head) / view.row.max(1.0)).max(2.0) as usize - 1);
    let plain = !(event.ctrl_key() || event.meta_key() || event.alt_key());
    let to = match event.key().as_str() {
        "ArrowDown" => at + 1,
        "ArrowUp" => at.saturating_sub(1),
        "j" if plain => at + 1,
        "k" if plain => at.saturating_sub(1),
        "PageDown" => at + page,
        "PageUp" => at.saturating_sub(page),
        "Home" => 0,
        "End" => count - 1,
        "Enter" => {
            event.prevent_default();
            return open(core, at);
        }
        " " | "x" if plain => {
            event.prevent_default();
            return pick(core, at, event.shift_key());
        }
        "a" if event.ctrl_key() || event.meta_key() => {
            if let Some(selected) = core.selected {
                event.prevent_default();
                selected.set(untrack(|| core.source.keys(0, usize::MAX)).into_iter().map(|(_, key)| key).collect());
            }
            return;
        }
        "Escape" => {
            if let Some(selected) = core.selected.filter(|s| s.with_untracked(|s| !s.is_empty())) {
                event.stop_propagation();
                selected.update(|chosen| chosen.clear());
            }
            return;
        }
        _ => return,
    };
    event.prevent_default();
    let to = to.min(count - 1);
    if event.shift_key() && core.selected.is_some() {
        pick(core, to, true);
    } else {
        core.anchor.set(to);
    }
    core.active.set(to);
    bring_into_view(core, to, view);
    focus_row(core.name.clone(), to);
}

fn on_row(event: &ev::KeyboardEvent) -> bool {
    #[cfg(feature = "hydrate")]
    {
        let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        target.is_some_and(|target| target.has_attribute("aria-rowindex"))
    }
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = event;
        false
    }
}

/// Scrolls just as far as the row needs, also to rows that do not exist as elements yet.
fn bring_into_view(core: &Core, index: usize, view: Option<View>) {
    #[cfg(feature = "hydrate")]
    if let (Some(scroll), Some(view)) = (core.scroll.get_untracked(), view) {
        let top = index as f64 * view.row;
        let room = view.height - view.head - view.row;
        if scroll.scroll_height() <= scroll.client_height() + 1 {
            return;
        }
        let now = f64::from(scroll.scroll_top());
        if top < now {
            scroll.set_scroll_top(top as i32);
        } else if top > now + room {
            scroll.set_scroll_top((top - room).ceil() as i32);
        }
    }
    let _ = (core, index, view);
}

/// Sends all further pointer events to the element, until the pointer is lifted.
pub fn capture(event: &ev::PointerEvent) {
    #[cfg(feature = "hydrate")]
    if let Some(target) = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok()) {
        let _ = target.set_pointer_capture(event.pointer_id());
    }
    let _ = event;
}

/// How wide the head is whose edge the pointer is on.
pub fn width_of(event: &ev::PointerEvent) -> Option<u32> {
    #[cfg(feature = "hydrate")]
    {
        let target = event.target()?.dyn_into::<web_sys::Element>().ok()?;
        Some(target.closest("th").ok()??.get_bounding_client_rect().width() as u32)
    }
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = event;
        None
    }
}
