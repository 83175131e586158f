//! Every component in every state, on one page: what people look at and what the visual tests compare.
//! All names and figures are made up.

mod charts;
mod controls;
mod lists;
mod marks;
mod overlays;
mod text;

use guanhu_domain::i18n::Lang;
use leptos::prelude::*;

use crate::{
    appearance::{Density, Theme, use_appearance},
    button::{Button, ButtonGroup},
    lang::{t, use_lang_switch},
    shell::PageHead,
};

/// The gallery page. What knows customers is shown by whoever does: the children, after everything else.
///
/// `<Gallery>{board()}</Gallery>`
#[component]
pub fn Gallery(#[prop(optional)] children: Option<Children>) -> impl IntoView {
    view! {
        <div class="page gallery">
            <PageHead title=t(crate::text::gallery) note=t(text::intro)>
                {looks()}
            </PageHead>
            {controls::buttons()}
            {controls::fields()}
            {controls::choices()}
            {marks::figures()}
            {marks::marks()}
            {marks::states()}
            {lists::table()}
            {charts::charts()}
            {lists::tabs()}
            {lists::trails()}
            {overlays::overlays()}
            {marks::icons()}
            {controls::states()}
            {lists::plain()}
            {children.map(|children| children())}
        </div>
    }
    .into_any()
}

/// The switches for theme, density and language.
fn looks() -> AnyView {
    let appearance = use_appearance();
    let theme = move |theme: Theme, words: fn(Lang) -> &'static str| {
        let pressed = Signal::derive(move || appearance.theme.get() == theme);
        view! { <Button pressed on_click=move |_| appearance.theme.set(theme)>{t(words)}</Button> }
    };
    let density = move |density: Density, words: fn(Lang) -> &'static str| {
        let pressed = Signal::derive(move || appearance.density.get() == density);
        view! { <Button pressed on_click=move |_| appearance.density.set(density)>{t(words)}</Button> }
    };
    view! {
        <ButtonGroup label=t(text::theme)>
            {theme(Theme::Auto, text::theme_auto)}
            {theme(Theme::Light, text::theme_light)}
            {theme(Theme::Dark, text::theme_dark)}
            {theme(Theme::Contrast, text::theme_contrast)}
        </ButtonGroup>
        <ButtonGroup label=t(text::density)>
            {density(Density::Comfortable, text::comfortable)}
            {density(Density::Compact, text::compact)}
        </ButtonGroup>
        {use_lang_switch().map(|lang| view! {
            <ButtonGroup label=t(text::language)>
                <Button pressed=Signal::derive(move || lang.get() == Lang::Zh) on_click=move |_| lang.set(Lang::Zh)><span lang="zh">"中文"</span></Button>
                <Button pressed=Signal::derive(move || lang.get() == Lang::En) on_click=move |_| lang.set(Lang::En)><span lang="en">"English"</span></Button>
            </ButtonGroup>
        })}
    }
    .into_any()
}
