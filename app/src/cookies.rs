//! What a browser keeps for its user, read the same on the server and in the browser, so that nothing jumps.

/// The value of a cookie of this page's request, or of this browser.
pub fn read(name: &str) -> Option<String> {
    #[cfg(feature = "ssr")]
    let all = leptos::prelude::use_context::<http::request::Parts>()?.headers.get(http::header::COOKIE)?.to_str().ok()?.to_owned();
    #[cfg(feature = "hydrate")]
    let all = {
        use wasm_bindgen::JsCast;
        web_sys::window()?.document()?.dyn_into::<web_sys::HtmlDocument>().ok()?.cookie().ok()?
    };
    #[cfg(not(any(feature = "ssr", feature = "hydrate")))]
    let all = String::new();
    all.split(';').filter_map(|pair| pair.trim().split_once('=')).find(|(key, _)| *key == name).map(|(_, value)| value.to_owned())
}
