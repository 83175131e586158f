//! Presentation: one panel after the other on the whole screen, by keys, mouse or finger.

use guanhu_ui::{Button, ButtonKind, t, use_lang};
use leptos::{ev, prelude::*};

use super::{full, text};

/// The button that begins it, and while it goes on the bar to go to and fro with.
#[component]
pub fn Stage() -> impl IntoView {
    let lang = use_lang();
    // The panel that is shown, and how many there are.
    let at = RwSignal::new(None::<(usize, usize)>);
    let go = move |step: isize| {
        at.update(|at| {
            if let Some((place, all)) = at {
                *place = place.saturating_add_signed(step).min(all.saturating_sub(1));
            }
        });
    };
    let begin = move |_| {
        let all = panels();
        if all == 0 {
            return;
        }
        at.set(Some((0, all)));
        if !full::is_on() {
            full::turn();
        }
    };
    let end = move || {
        at.set(None);
        if full::is_on() {
            full::turn();
        }
        guanhu_ui::dom::next_frame(guanhu_ui::focus::give_back);
    };
    Effect::new(move |_| show(at.get().map(|(place, _)| place)));
    Effect::new(move |before: Option<()>| {
        if before.is_none() {
            let heard = window_event_listener(ev::keydown, move |event| {
                let chord = event.ctrl_key() || event.meta_key() || event.alt_key();
                if at.with_untracked(Option::is_none) || chord || event.default_prevented() {
                    return;
                }
                match event.key().as_str() {
                    "ArrowRight" | "PageDown" => go(1),
                    "ArrowLeft" | "PageUp" => go(-1),
                    "Escape" => end(),
                    _ => return,
                }
                event.prevent_default();
            });
            // Escape on the whole screen is the browser's, which does not tell the key.
            let left = window_event_listener(ev::resize, move |_| match (at.get_untracked(), full::is_on()) {
                (Some((place, _)), true) => show(Some(place)),
                (Some(_), false) if was_whole() => at.set(None),
                _ => {}
            });
            on_cleanup(move || {
                heard.remove();
                left.remove();
                show(None);
            });
        }
    });
    let bar = move || {
        at.get().map(|(place, all)| {
            view! {
                <div class="dash-stage" role="toolbar" aria-label=t(text::present)>
                    <Button disabled={place == 0} on_click=move |_| go(-1)>{t(text::panel_before)}</Button>
                    <span role="status">{move || text::panel_of(lang.get(), place + 1, all)}</span>
                    <Button disabled={place + 1 >= all} on_click=move |_| go(1)>{t(text::panel_after)}</Button>
                    <Button kind=ButtonKind::Quiet on_click=move |_| end()>{t(text::stop_presenting)}</Button>
                </div>
            }
        })
    };
    view! { <Button kind=ButtonKind::Quiet on_click=begin>{t(text::present)}</Button> {bar} }.into_any()
}

/// Is it going on? A page is not read again meanwhile, which would put its panels away.
pub fn is_on() -> bool {
    #[cfg(feature = "hydrate")]
    return document().document_element().is_some_and(|root| root.has_attribute("data-presenting"));
    #[cfg(not(feature = "hydrate"))]
    false
}

fn panels() -> usize {
    #[cfg(feature = "hydrate")]
    return document().query_selector_all(".dash-panel").map(|panels| panels.length() as usize).unwrap_or_default();
    #[cfg(not(feature = "hydrate"))]
    0
}

/// Did it ever have the whole screen? A browser may refuse it.
fn was_whole() -> bool {
    #[cfg(feature = "hydrate")]
    return document().document_element().is_some_and(|root| root.get_attribute("data-presenting").as_deref() == Some("whole"));
    #[cfg(not(feature = "hydrate"))]
    false
}

/// Marks what is shown (style: `[data-presenting]`); nothing ends it.
fn show(place: Option<usize>) {
    #[cfg(feature = "hydrate")]
    {
        use wasm_bindgen::JsCast;
        let document = document();
        let Some(root) = document.document_element() else { return };
        let _ = match place {
            Some(_) => root.set_attribute("data-presenting", if full::is_on() || was_whole() { "whole" } else { "" }),
            None => root.remove_attribute("data-presenting"),
        };
        let Ok(panels) = document.query_selector_all(".dash-panel") else { return };
        for at in 0..panels.length() {
            let Some(panel) = panels.item(at).and_then(|panel| panel.dyn_into::<web_sys::Element>().ok()) else { continue };
            let _ = match place == Some(at as usize) {
                true => panel.set_attribute("data-stage", ""),
                false => panel.remove_attribute("data-stage"),
            };
        }
    }
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = place;
    }
}
