//! What the board does with the browser itself. On the server each function does nothing.

use std::ops::Range;

use leptos::{ev, html, prelude::*};

#[cfg(feature = "hydrate")]
use wasm_bindgen::JsCast;

use super::{here::Here, rows::Line};

/// Within so many pixels of an edge the board scrolls while something is dragged.
#[cfg(feature = "hydrate")]
const EDGE: f64 = 56.0;
/// The same of a list while a band is drawn: it may begin at the edge.
#[cfg(feature = "hydrate")]
const BAND_EDGE: f64 = 16.0;

#[cfg(feature = "hydrate")]
fn element(event: &web_sys::Event) -> Option<web_sys::Element> {
    event.target()?.dyn_into::<web_sys::Element>().ok()
}

#[cfg(feature = "hydrate")]
fn number(element: &web_sys::Element, within: &str, name: &str) -> Option<usize> {
    element.closest(within).ok()??.get_attribute(name)?.parse().ok()
}

/// Column and card that an event happened on; neither in the head of a column.
pub fn hit(event: &ev::Event) -> Option<(usize, Option<usize>)> {
    #[cfg(feature = "hydrate")]
    {
        let target = element(event)?;
        target.closest(".bcol-list").ok()??;
        Some((number(&target, ".bcol", "data-col")?, number(&target, ".bcard", "data-i")))
    }
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = event;
        None
    }
}

/// Whether an event happened where a list shows neither card nor heading, its scroll bar excepted.
pub fn is_empty_part(event: &ev::PointerEvent) -> bool {
    #[cfg(feature = "hydrate")]
    {
        let target = element(event);
        let list = target.as_ref().and_then(|target| target.closest(".bcol-list").ok()?);
        let is_line = target.is_some_and(|target| target.closest(".bcard, .bgroup").is_ok_and(|line| line.is_some()));
        list.is_some_and(|list| {
            let right = list.get_bounding_client_rect().left() + f64::from(list.client_left() + list.client_width());
            !is_line && f64::from(event.client_x()) < right
        })
    }
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = event;
        false
    }
}

/// The tier rank of the heading that an event happened on.
pub fn heading(event: &ev::MouseEvent) -> Option<i16> {
    #[cfg(feature = "hydrate")]
    return element(event)?.closest(".bgroup").ok()??.get_attribute("data-g")?.parse().ok();
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = event;
        None
    }
}

/// Where a point of the window is in what a column's list scrolls, kept inside of that.
pub fn within(column: usize, x: i32, y: i32) -> Option<(i32, i32)> {
    #[cfg(feature = "hydrate")]
    {
        let list = document().get_element_by_id(&list_id(column))?;
        let bounds = list.get_bounding_client_rect();
        let x = x - bounds.left() as i32 - list.client_left();
        let y = y - bounds.top() as i32 - list.client_top() + list.scroll_top();
        Some((x.clamp(0, list.client_width()), y.clamp(0, list.scroll_height())))
    }
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = (column, x, y);
        None
    }
}

/// The column under a point of the window.
pub fn column_at(x: i32, y: i32) -> Option<usize> {
    #[cfg(feature = "hydrate")]
    return number(&document().element_from_point(x as f32, y as f32)?, ".bcol", "data-col");
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = (x, y);
        None
    }
}

/// Where the ghost stands.
pub fn place_ghost(ghost: NodeRef<html::Div>, x: i32, y: i32) {
    #[cfg(feature = "hydrate")]
    if let Some(ghost) = ghost.get_untracked() {
        let _ = ghost.set_attribute("style", &format!("transform:translate({}px,{}px)", x + 10, y + 6));
    }
    let _ = (ghost, x, y);
}

/// From now on all of this pointer's events come to the board, wherever it goes.
pub fn capture(root: NodeRef<html::Div>, pointer: i32, by_touch: bool) {
    #[cfg(feature = "hydrate")]
    {
        if let Some(root) = root.get_untracked() {
            let _ = root.set_pointer_capture(pointer);
        }
        if by_touch {
            let _ = window().navigator().vibrate_with_duration(12);
        }
    }
    let _ = (root, pointer, by_touch);
}

/// Keeps a finger from scrolling while `held` says so. Touches go to the element that they began on, also once
/// it is off the page, and rows are drawn anew while a finger is on them: from there nothing reaches the board.
pub struct Touch {
    #[cfg(feature = "hydrate")]
    target: web_sys::EventTarget,
    #[cfg(feature = "hydrate")]
    listener: wasm_bindgen::closure::Closure<dyn FnMut(web_sys::Event)>,
}

impl Touch {
    pub fn on(event: &ev::PointerEvent, held: impl Fn() -> bool + 'static) -> Option<Touch> {
        #[cfg(feature = "hydrate")]
        {
            let target = event.target()?;
            let listener = wasm_bindgen::closure::Closure::<dyn FnMut(web_sys::Event)>::new(move |event: web_sys::Event| {
                if held() {
                    event.prevent_default();
                }
            });
            target.add_event_listener_with_callback("touchmove", listener.as_ref().unchecked_ref()).ok()?;
            Some(Touch { target, listener })
        }
        #[cfg(not(feature = "hydrate"))]
        {
            let _ = (event, held);
            None
        }
    }
}

#[cfg(feature = "hydrate")]
impl Drop for Touch {
    fn drop(&mut self) {
        let _ = self.target.remove_event_listener_with_callback("touchmove", self.listener.as_ref().unchecked_ref());
    }
}

/// Pixels a frame for a pointer within `edge` of one of two ends, or beyond it.
#[cfg(feature = "hydrate")]
fn speed(at: f64, low: f64, high: f64, edge: f64) -> f64 {
    if at < low + edge {
        -((low + edge - at) / edge).min(1.0) * 18.0
    } else if at > high - edge {
        ((at - high + edge) / edge).min(1.0) * 18.0
    } else {
        0.0
    }
}

/// Scrolls a column's list up or down while the pointer is near its ends or beyond them.
pub fn scroll_list_at_edge(column: usize, y: i32) {
    #[cfg(feature = "hydrate")]
    if let Some(list) = document().get_element_by_id(&list_id(column)) {
        let bounds = list.get_bounding_client_rect();
        let by = speed(f64::from(y), bounds.top(), bounds.bottom(), BAND_EDGE);
        if by != 0.0 {
            list.set_scroll_top(list.scroll_top() + by as i32);
        }
    }
    let _ = (column, y);
}

/// Scrolls the board sideways and the list under the pointer up or down near their edges.
pub fn scroll_at_edge(root: NodeRef<html::Div>, x: i32, y: i32) {
    #[cfg(feature = "hydrate")]
    {
        let (px, py) = (f64::from(x), f64::from(y));
        if let Some(root) = root.get_untracked() {
            let bounds = root.get_bounding_client_rect();
            let by = speed(px, bounds.left().max(0.0), bounds.right(), EDGE);
            if by != 0.0 {
                root.set_scroll_left(root.scroll_left() + by as i32);
            }
        }
        let list = document()
            .element_from_point(x as f32, y as f32)
            .and_then(|under| under.closest(".bcol").ok()?)
            .and_then(|column| column.query_selector(".bcol-list").ok()?);
        if let Some(list) = list {
            let bounds = list.get_bounding_client_rect();
            let by = if py > bounds.top() - EDGE { speed(py, bounds.top(), bounds.bottom(), EDGE) } else { 0.0 };
            if by != 0.0 {
                list.set_scroll_top(list.scroll_top() + by as i32);
            }
        }
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = (root, x, y);
}

/// How far the list that an event came from is scrolled.
pub fn scrolled(event: &ev::Event) -> i32 {
    #[cfg(feature = "hydrate")]
    return element(event).map_or(0, |list| list.scroll_top());
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = event;
        0
    }
}

/// Scrolls a column's list so that a line is in sight.
pub fn reveal(column: usize, line: Range<i32>) {
    #[cfg(feature = "hydrate")]
    if let Some(list) = document().get_element_by_id(&list_id(column)) {
        let Range { start: top, end: bottom } = line;
        if top < list.scroll_top() {
            list.set_scroll_top(top);
        } else if bottom > list.scroll_top() + list.client_height() {
            list.set_scroll_top(bottom - list.client_height());
        }
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = (column, line);
}

/// Brings a whole column into sight, and gives its list the focus.
pub fn show_column(column: usize, focus: bool) {
    let id = list_id(column);
    guanhu_ui::dom::reveal_id(&id);
    if focus {
        guanhu_ui::dom::focus_id(&id);
    }
}

pub fn list_id(column: usize) -> String {
    format!("bl{column}")
}

pub fn line_id(column: usize, line: Line) -> String {
    match line {
        Line::Heading(rank) => format!("g{column}-{rank}"),
        Line::Card(card) => format!("c{column}-{card}"),
    }
}

/// Measures lines and the room for them now and whenever the window changes: by finger they are higher.
pub fn measure(here: Here) {
    let compact = Signal::derive(move || here.density.get() == guanhu_ui::Density::Compact);
    #[cfg(feature = "hydrate")]
    {
        let look = move || {
            let coarse = window().match_media("(pointer: coarse)").ok().flatten().is_some_and(|query| query.matches());
            let card = match (coarse, here.table.get_untracked(), compact.get_untracked()) {
                (true, true, _) => 48,
                (true, false, _) => 60,
                (false, true, _) => 32,
                (false, false, true) => 34,
                (false, false, false) => 52,
            };
            let tall = window().inner_height().ok().and_then(|height| height.as_f64()).unwrap_or(800.0) as i32;
            for (known, now) in [(here.row, card), (here.heading, if coarse { 44 } else { 28 }), (here.room, tall)] {
                if known.get_untracked() != now {
                    known.set(now);
                }
            }
        };
        Effect::new(move |_| {
            compact.track();
            here.table.track();
            look();
        });
        Effect::new(move |_| {
            let handle = window_event_listener(ev::resize, move |_| look());
            on_cleanup(move || handle.remove());
        });
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = (here, compact);
}
