//! Clear text for half a minute, for a reason that is kept.

use guanhu_domain::{
    Problem, Rule,
    customers::{RevealKind, RevealRequest},
    problem::FieldProblem,
};
use guanhu_ui::{Button, ButtonKind, Dialog, Field, Glyph, IconButton, TextArea, dom, t};
use leptos::{prelude::*, task::spawn_local};

use super::{
    here::{Masked, use_here},
    text,
};
use crate::{
    Fail,
    customers::view_api,
    drafts::{self, Draft},
};

/// How long a clear value stays in sight, seconds.
const SECONDS: u64 = 30;
/// Shorter reasons say nothing to whoever reads the log.
const SHORTEST_REASON: usize = 5;

/// A masked value with a way to see it, where the viewer has the right.
#[component]
pub fn Maskable(masked: Masked, may: bool) -> impl IntoView {
    let here = use_here();
    let key = masked.key();
    let shown = masked.shown.clone();
    let value = {
        let key = key.clone();
        Memo::new(move |_| here.clear.with(|clear| clear.get(&key).cloned()))
    };
    let open = move || value.with(Option::is_some);
    let hide = key.clone();
    let asked = masked.clone();
    let hidden = masked.shown.contains('*');
    view! {
        <span class="c360-masked" class:clear=open>
            <span class="c360-digits">{move || value.get().unwrap_or_else(|| shown.clone())}</span>
            {(may && hidden).then(|| {
                view! {
                    {move || {
                        let (hide, asked) = (hide.clone(), asked.clone());
                        if open() {
                            view! {
                                <IconButton
                                    glyph=Glyph::EyeOff
                                    label=t(text::hide)
                                    on_click=move |_| here.clear.update(|clear| { clear.remove(&hide); })
                                />
                            }
                        } else {
                            view! {
                                <IconButton
                                    glyph=Glyph::Eye
                                    label=t(text::reveal)
                                    on_click=move |_| here.asks.set(Some(asked.clone()))
                                />
                            }
                        }
                    }}
                }
            })}
        </span>
    }
    .into_any()
}

#[component]
pub fn RevealDialog() -> impl IntoView {
    let here = use_here();
    let open = RwSignal::new(false);
    let reason = RwSignal::new(String::new());
    let problem = RwSignal::new(None::<Fail>);
    let busy = RwSignal::new(false);
    let draft = Draft::of("reveal", "");
    drafts::one_value(draft, open, reason);
    Effect::new(move |_| {
        if let Some(masked) = here.asks.get() {
            draft.about(format!("{}-{}", here.no, masked.key()));
            problem.set(None);
            open.set(true);
        }
    });
    Effect::new(move |_| {
        if !open.get() && here.asks.with_untracked(Option::is_some) {
            here.asks.set(None);
        }
    });
    let send = move || {
        let Some(masked) = here.asks.get_untracked() else { return };
        let words = reason.get_untracked().trim().to_owned();
        if words.chars().count() < SHORTEST_REASON {
            let rule = Rule::TooShort { min: SHORTEST_REASON };
            problem.set(Some(Fail(Problem::fields(vec![FieldProblem { field: "reason".into(), rule }]))));
            return;
        }
        busy.set(true);
        let sent = draft.once_sent();
        spawn_local(async move {
            let request = RevealRequest { what: masked.what, id: masked.id.clone(), reason: words };
            let answer = view_api::reveal(here.no, request).await;
            busy.set(false);
            match answer {
                Ok(revealed) => {
                    sent();
                    let key = masked.key();
                    let (shown, gone) = (key.clone(), key);
                    here.clear.update(|clear| {
                        clear.insert(shown, revealed.value);
                    });
                    open.set(false);
                    here.toasts.say(text::revealed(here.lang.get_untracked(), SECONDS, revealed.left_today));
                    dom::after(SECONDS * 1000, move || {
                        let _ = here.clear.try_update(|clear| clear.remove(&gone));
                    });
                }
                Err(fail) => problem.set(Some(fail)),
            }
        });
    };
    let quick = move || {
        let lang = here.lang.get();
        text::QUICK_REASONS
            .iter()
            .map(|words| {
                let words = words(lang);
                view! {
                    <button
                        type="button"
                        class="chip"
                        aria-pressed=move || (reason.get() == words).to_string()
                        on:click=move |_| reason.set(words.to_owned())
                    >
                        {words}
                    </button>
                }
            })
            .collect_view()
    };
    let error = Signal::derive(move || problem.with(|problem| problem.as_ref().map(|fail| fail.message(here.lang.get()))));
    let what = move || {
        here.asks.with(|asks| {
            asks.as_ref().map(|masked| {
                let words = match masked.what {
                    RevealKind::Identity => text::an_identity(here.lang.get()),
                    RevealKind::Contact => text::a_contact(here.lang.get()),
                    RevealKind::Account => text::an_account(here.lang.get()),
                    RevealKind::Card => text::a_card(here.lang.get()),
                };
                format!("{words} {}", masked.shown)
            })
        })
    };
    view! {
        <Dialog
            name="reveal"
            open
            title=t(text::reveal_title)
            footer=move || view! {
                <Button on_click=move |_| open.set(false)>{t(text::cancel)}</Button>
                <Button kind=ButtonKind::Primary busy on_click=move |_| send()>{t(text::reveal)}</Button>
            }
        >
            <div class="stack">
                <p>{what}</p>
                <p class="muted">{move || text::reveal_hint(here.lang.get(), SECONDS)}</p>
                <div class="line" role="group" aria-label=t(text::quick_reasons)>{quick}</div>
                <Field name="reason" label=t(text::reason) error required=true help="customers#reveal">
                    <TextArea value=reason rows=2 maxlength=200 />
                </Field>
            </div>
        </Dialog>
    }
    .into_any()
}
