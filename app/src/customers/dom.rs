//! What the pages on customers do with the browser itself. On the server each function does nothing.

#[cfg(feature = "hydrate")]
use leptos::prelude::window;

/// Is the event on something that takes what is typed?
pub fn on_input(event: &leptos::ev::KeyboardEvent) -> bool {
    #[cfg(feature = "hydrate")]
    {
        use wasm_bindgen::JsCast;
        let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        target.is_some_and(|target| {
            target.matches("input:not([type=checkbox]), textarea, select, [contenteditable=true], dialog *").unwrap_or(false)
        })
    }
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = event;
        false
    }
}

/// The session has ended: a new document, since the page knows who is logged in from its first paint.
pub fn leave_for_login() {
    #[cfg(feature = "hydrate")]
    {
        let location = window().location();
        let here = location.pathname().unwrap_or_default() + &location.search().unwrap_or_default();
        let _ = location.set_href(&format!("/login?next={}", leptos_router::location::Url::escape(&here)));
    }
}

/// Runs `run` once `millis` have passed without another call with the same `timer`.
pub fn debounce(timer: leptos::prelude::StoredValue<Option<leptos::prelude::TimeoutHandle>>, millis: u64, run: impl FnOnce() + 'static) {
    use leptos::prelude::{GetValue, SetValue, set_timeout_with_handle};
    if let Some(waiting) = timer.get_value() {
        waiting.clear();
    }
    timer.set_value(set_timeout_with_handle(run, std::time::Duration::from_millis(millis)).ok());
}

/// Is the event part of composing characters, such as half-typed pinyin?
pub fn is_composing(event: &leptos::ev::Event) -> bool {
    #[cfg(feature = "hydrate")]
    {
        use wasm_bindgen::JsCast;
        event.dyn_ref::<web_sys::InputEvent>().is_some_and(web_sys::InputEvent::is_composing)
    }
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = event;
        false
    }
}
