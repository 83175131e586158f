//! First use: a strip above the page offers the tour of one's role. Whoever leaves it goes on from the menu.
//! How far one has come is a preference; its cookie tells the server whether to offer.

use guanhu_ui::{Button, ButtonKind, dom, t};
use leptos::prelude::*;

use crate::{
    desk::{Desk, Tool},
    text,
};

/// The name among the preferences of lists, which logging in turns into a cookie.
pub const NAME: &str = "tour";
pub const COOKIE: &str = "list_tour";
/// Seen to its end, or declined.
pub const DONE: &str = "done";

/// Was nothing ever said about the tour? In context.
#[derive(Clone, Copy)]
pub struct FirstUse(pub bool);

/// The strip. Empty once it was answered.
#[component]
pub fn TourOffer(desk: Desk) -> impl IntoView {
    let shown = RwSignal::new(use_context::<FirstUse>().is_some_and(|first| first.0));
    // Answered by beginning it from elsewhere, too.
    let inside = move || {
        (shown.get() && desk.open.get() != Some(Tool::Tour)).then(|| {
            view! {
                <section class="tour-offer" aria-label=t(text::tour)>
                    <p>{t(text::tour_offer)}</p>
                    <Button kind=ButtonKind::Primary on_click=move |_| {
                        dom::once_hydrated(move || shown.set(false));
                        desk.call(Tool::Tour);
                    }>{t(text::tour_begin)}</Button>
                    <Button kind=ButtonKind::Quiet on_click=move |_| {
                        dom::set_cookie(COOKIE, DONE);
                        desk.call(Tool::NoTour);
                        dom::once_hydrated(move || {
                            shown.set(false);
                            dom::focus_id("main");
                        });
                    }>{t(text::tour_decline)}</Button>
                </section>
            }
        })
    };
    view! { {inside} }.into_any()
}
