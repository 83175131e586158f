//! The whole screen for a dashboard: on a wall, or before an audience. The frame of the page steps aside
//! (style: `:fullscreen`); Escape ends it.

/// Is a page shown on the whole screen?
pub fn is_on() -> bool {
    #[cfg(feature = "hydrate")]
    return leptos::prelude::document().fullscreen_element().is_some();
    #[cfg(not(feature = "hydrate"))]
    false
}

/// On, or off again. A browser that refuses shows the page as it was.
pub fn turn() {
    #[cfg(feature = "hydrate")]
    {
        let document = leptos::prelude::document();
        if is_on() {
            document.exit_fullscreen();
        } else if let Some(root) = document.document_element() {
            let _ = root.request_fullscreen();
        }
    }
}
