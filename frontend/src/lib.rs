//! The browser's entry: makes the server's page live.

// Nested views are nested types; the layout of a page is deeper than the compiler's default.
#![recursion_limit = "512"]

use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    wasm_bindgen_futures::spawn_local(async {
        leptos::mount::hydrate_from_async(leptos::tachys::dom::body(), guanhu_app::App).await.forget();
        guanhu_app::hydrated();
    });
}
