//! Every component in every state, for those who build pages.

use guanhu_ui::Gallery;
use leptos::prelude::*;
use leptos_router::{LazyRoute, lazy_route};

/// `/gallery`.
pub struct GalleryRoute;

#[lazy_route]
impl LazyRoute for GalleryRoute {
    fn data() -> Self {
        GalleryRoute
    }

    fn view(_this: Self) -> AnyView {
        view! { <Gallery /> }.into_any()
    }
}
