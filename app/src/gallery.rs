//! Every component in every state, for those who build pages.

use guanhu_ui::{Gallery, t};
use leptos::prelude::*;

use crate::{scripts::LazyPage, text, title::Title};

/// `/gallery`.
pub struct GalleryRoute;

impl LazyPage for GalleryRoute {
    fn data() -> Self {
        GalleryRoute
    }

    fn view(_this: Self) -> AnyView {
        view! {
            <Title text=t(text::gallery) />
            <Gallery />
        }
        .into_any()
    }
}
