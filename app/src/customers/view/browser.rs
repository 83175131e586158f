//! What needs the browser: what is in sight, what a key is meant for. Nothing on the server.

use leptos::{ev, html, prelude::*};

#[cfg(feature = "hydrate")]
use wasm_bindgen::{JsCast, closure::Closure};

/// Sets `at` to the topmost section in sight, unless it is `held` at the one that was asked for.
pub fn section_in_view(ids: Vec<&'static str>, at: RwSignal<&'static str>, held: StoredValue<bool>) {
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| {
        let ids = ids.clone();
        let look = move || {
            if held.try_get_value() != Some(false) {
                return;
            }
            let Some(document) = web_sys::window().and_then(|window| window.document()) else { return };
            // Just below the bar and the row of links.
            let edge = 140.0;
            let (mut best, mut found) = (f64::MIN, None);
            for id in &ids {
                let Some(section) = document.get_element_by_id(id) else { continue };
                let rect = section.get_bounding_client_rect();
                // On a desk the margin stands beside everything: only the left column tells where one is.
                let beside = rect.left() > 600.0;
                if !beside && rect.top() <= edge && rect.bottom() > edge && rect.top() > best {
                    (best, found) = (rect.top(), Some(*id));
                }
            }
            if let Some(id) = found
                && at.get_untracked() != id
            {
                at.set(id);
            }
        };
        let handle = window_event_listener(ev::scroll, move |_| look());
        on_cleanup(move || handle.remove());
    });
    #[cfg(not(feature = "hydrate"))]
    let _ = (ids, at, held);
}

/// Runs whenever the element comes into sight, with some room ahead.
pub fn on_sight(element: NodeRef<html::Div>, run: Callback<()>) {
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| {
        let Some(element) = element.get() else { return };
        let seen =
            Closure::<dyn FnMut(Vec<web_sys::IntersectionObserverEntry>)>::new(move |entries: Vec<web_sys::IntersectionObserverEntry>| {
                if entries.iter().any(web_sys::IntersectionObserverEntry::is_intersecting) {
                    run.run(());
                }
            });
        let options = web_sys::IntersectionObserverInit::new();
        options.set_root_margin("400px");
        let Ok(observer) = web_sys::IntersectionObserver::new_with_options(seen.as_ref().unchecked_ref(), &options) else { return };
        observer.observe(&element);
        let kept = StoredValue::new_local(Some((observer, seen)));
        on_cleanup(move || {
            if let Some((observer, _)) = kept.try_update_value(Option::take).flatten() {
                observer.disconnect();
            }
        });
    });
    #[cfg(not(feature = "hydrate"))]
    let _ = (element, run);
}

/// Is the key meant for an input, or for an open dialog?
pub fn is_typing(event: &ev::KeyboardEvent) -> bool {
    #[cfg(feature = "hydrate")]
    {
        let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        target.is_some_and(|target| {
            matches!(target.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT")
                || target.closest("dialog[open], [contenteditable]").ok().flatten().is_some()
        })
    }
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = event;
        false
    }
}

/// Scrolls to the element with this id and focuses it, once the page has settled.
pub fn go_to(id: &str) {
    let id = id.to_owned();
    guanhu_ui::dom::next_frame(move || {
        guanhu_ui::dom::reveal_id(&id);
        guanhu_ui::dom::focus_id(&id);
    });
}
