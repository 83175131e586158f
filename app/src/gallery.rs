//! Every component in every state, for those who build pages.

use guanhu_ui::Gallery;

use crate::scripts::LazyPage;
use leptos::prelude::*;

/// `/gallery`.
pub struct GalleryRoute;

impl LazyPage for GalleryRoute {
    fn data() -> Self {
        GalleryRoute
    }

    fn view(_this: Self) -> AnyView {
        view! { <Gallery /> }.into_any()
    }
}
