//! The browser's entry: makes the server's page live.

// Nested views are nested types; the layout of a page is deeper than the compiler's default.
#![recursion_limit = "512"]

use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_lazy(guanhu_app::App);
}
