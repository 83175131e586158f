//! What the bank sets for itself: every parameter of the catalogue, with what it was before.

pub mod api;
mod leaf;
mod text;

use std::collections::BTreeMap;

use guanhu_domain::{
    Currency, FieldProblem,
    parameters::{Parameter, ParameterItem, parameter},
};
use guanhu_ui::{Button, ButtonKind, HelpLink, TimeText, t, use_lang, use_toasts};
use leptos::prelude::*;
use serde_json::Value;

use self::leaf::{Leaf, leaves, said, together};
use crate::{
    Asked,
    attempt::{Attempt, Once, Told},
    clash::{Side, both, or_theirs},
    customers::view::local,
    drafts::{Draft, Restored},
    loaded::LoadedPage,
    scripts::LazyPage,
    shell::use_me,
};

/// `/admin/parameters`.
pub struct ParametersRoute(Asked<Vec<ParameterItem>>);

impl LazyPage for ParametersRoute {
    fn data() -> Self {
        ParametersRoute(Asked::once(api::read_parameters))
    }

    fn view(this: Self) -> AnyView {
        view! { <LoadedPage class="parameters" title=text::title heading=text::title note=text::note from=this.0 then=show /> }.into_any()
    }
}

/// By parameter: the version that was typed over, and the value.
type Typed = BTreeMap<String, (i32, Value)>;

/// What was typed on the page and not saved: one draft for all parameters, which are many.
#[derive(Clone, Copy)]
struct Kept {
    draft: Draft,
    typed: StoredValue<Typed>,
    /// What was kept before the page was opened.
    back: RwSignal<Typed>,
    restored: RwSignal<bool>,
    /// Counts how often it was thrown away.
    discarded: RwSignal<u32>,
}

impl Kept {
    fn new() -> Kept {
        let kept = Kept {
            draft: Draft::of("parameter", "all"),
            typed: StoredValue::new(Typed::new()),
            back: RwSignal::new(Typed::new()),
            restored: RwSignal::new(false),
            discarded: RwSignal::new(0),
        };
        Effect::new(move |_| {
            kept.draft.restore(move |back: Typed| {
                kept.back.try_set(back);
            });
        });
        kept
    }

    fn keep(self, key: &str, typed: Option<(i32, Value)>) {
        let changed = self.typed.try_update_value(|all| match typed {
            Some(typed) => all.insert(key.to_owned(), typed.clone()) != Some(typed),
            None => all.remove(key).is_some(),
        });
        if changed == Some(true) {
            let none = self.typed.with_value(BTreeMap::is_empty);
            if none {
                self.restored.set(false);
                self.draft.forget();
            } else {
                self.typed.with_value(|all| self.draft.keep(all));
            }
        }
    }
}

fn show(items: Vec<ParameterItem>) -> AnyView {
    let currency = use_me().map(|me| me.base_currency).unwrap_or_default();
    let decimals = Currency::new(&currency).map_or(2, Currency::exponent);
    // One that only a newer server knows is not shown.
    let known = items.into_iter().filter_map(|item| Some((parameter(&item.key)?, item)));
    let kept = Kept::new();
    let all = known.map(|(of, item)| one(of, item, kept, &currency, decimals)).collect_view();
    view! {
        <Restored shown=kept.restored on_discard=move |()| kept.discarded.update(|times| *times += 1) />
        {all}
    }
    .into_any()
}

fn one(of: &'static Parameter, item: ParameterItem, kept: Kept, currency: &str, decimals: u32) -> AnyView {
    let lang = use_lang();
    let toasts = use_toasts();
    let attempt = Attempt::new();
    let once = Once::new();
    // What is saved is measured against, and of which version it is.
    let version = RwSignal::new(item.version);
    let seen = RwSignal::new(item);
    // What somebody else has set since.
    let clash = RwSignal::new(None::<ParameterItem>);
    let cells = StoredValue::new(leaves(of));
    let put = move |value: &Value| cells.with_value(|cells| cells.iter().for_each(|cell| cell.put(value, decimals)));
    put(&seen.with_untracked(|seen| seen.value.clone()));
    let typed = Memo::new(move |_| {
        let value = cells.with_value(|cells| together(of, cells, decimals));
        let faults = of.faults(&value);
        (value, faults)
    });
    let changed = Memo::new(move |_| typed.with(|(value, _)| seen.with(|seen| seen.value != *value)));
    let unsound = Signal::derive(move || !changed.get() || typed.with(|(_, faults)| !faults.is_empty()));
    Effect::new(move |_| {
        let Some((over, value)) = kept.back.with(|back| back.get(of.key).cloned()) else { return };
        if of.faults(&value).is_empty() && seen.with_untracked(|seen| seen.value != value) {
            version.set(over);
            put(&value);
            kept.restored.set(true);
        }
    });
    Effect::new(move |_| {
        let sound = changed.get().then(|| typed.with(|(value, faults)| faults.is_empty().then(|| value.clone()))).flatten();
        kept.keep(of.key, sound.map(|value| (version.get_untracked(), value)));
    });
    Effect::new(move |before: Option<u32>| {
        let now = kept.discarded.get();
        if before.is_some_and(|before| before != now) {
            seen.with_untracked(|seen| {
                version.set(seen.version);
                put(&seen.value);
            });
        }
        now
    });
    let save = move || {
        let (value, over) = (typed.with_untracked(|(value, _)| value.clone()), version.get_untracked());
        let call = async move { or_theirs(once.of(|key| api::set_parameter(of.key.to_owned(), over, value, key)).await) };
        attempt.run(call, move |answer: Result<ParameterItem, ParameterItem>| match answer {
            Ok(now) => {
                clash.set(None);
                version.set(now.version);
                put(&now.value);
                seen.set(now);
                toasts.say(t(text::saved));
            }
            Err(now) => clash.set(Some(now)),
        });
    };
    let fault = move |field: String| {
        Signal::derive(move || {
            let of_field =
                |faults: &Vec<FieldProblem>| faults.iter().find(|fault| fault.field == field).map(|fault| fault.rule.message(lang.get()));
            typed.with(|(_, faults)| of_field(faults))
        })
    };
    let fields = cells.with_value(|cells| {
        let field = |cell: &Leaf| cell.view(of.key, fault(cell.field()), currency);
        cells.iter().map(field).collect_view()
    });
    let in_words = {
        let currency = currency.to_owned();
        move |value: &Value| said(of, value, lang.get(), &currency, decimals)
    };
    let words = in_words.clone();
    let standing = {
        let in_words = in_words.clone();
        move || {
            let default = text::default_is(lang.get(), &in_words(&of.default_value()));
            let by = seen.with(|seen| {
                let at = seen.changed_at.filter(|_| seen.version > 0)?;
                let who = seen.changed_by.clone().unwrap_or_else(|| text::the_system(lang.get()).to_owned());
                Some(view! { <span>{text::changed_by(lang.get(), &who)} " " <TimeText time=local(at) /></span> })
            });
            view! {
                <p class="faint parameter-standing">
                    <code>{of.key}</code>
                    <span>{default}</span>
                    {by}
                </p>
            }
        }
    };
    let history = move || {
        let in_words = in_words.clone();
        let before = seen.with(|seen| seen.history.clone());
        (!before.is_empty()).then(|| {
            let row = move |was: guanhu_domain::parameters::ParameterVersion| {
                let who = was.changed_by.clone().unwrap_or_else(|| text::the_system(lang.get()).to_owned());
                view! {
                    <tr>
                        <td class="num">{was.version}</td>
                        <td>{in_words(&was.value)}</td>
                        <td>{who}</td>
                        <td><TimeText time=local(was.changed_at) /></td>
                    </tr>
                }
            };
            view! {
                <details>
                    <summary>{text::history(lang.get(), before.len())}</summary>
                    <div class="table-wrap" tabindex="0" role="region" aria-label=t(text::before)>
                        <table class="table-plain">
                            <thead>
                                <tr>
                                    <th class="num" scope="col">{t(text::version)}</th>
                                    <th scope="col">{t(text::value)}</th>
                                    <th scope="col">{t(text::by)}</th>
                                    <th scope="col">{t(text::at)}</th>
                                </tr>
                            </thead>
                            <tbody>{before.into_iter().map(row).collect_view()}</tbody>
                        </table>
                    </div>
                </details>
            }
        })
    };
    let overtaken = move || {
        let in_words = words.clone();
        clash.get().map(|theirs| {
            let (taken, over) = (theirs.clone(), theirs.clone());
            let sides = move |lang| vec![Side::new(text::value(lang), in_words(&theirs.value), typed.with(|(value, _)| in_words(value)))];
            let take = Callback::new(move |()| {
                version.set(taken.version);
                put(&taken.value);
                seen.set(taken.clone());
                clash.set(None);
            });
            let over = Callback::new(move |()| {
                version.set(over.version);
                seen.set(over.clone());
                clash.set(None);
                save();
            });
            both(sides, take, over)
        })
    };
    let title = format!("{}-title", of.key.replace('.', "-"));
    let is_default = Signal::derive(move || typed.with(|(value, _)| *value == of.default_value()));
    view! {
        <section class="parameter" aria-label=move || of.words.of(lang.get())>
            <div class="parameter-words">
                <div class="parameter-name">
                    <h2 id=title.clone()>{move || of.words.of(lang.get())}</h2>
                    <HelpLink page=format!("parameters#{}", of.key.replace('.', "-")) about=title />
                </div>
                <p>{move || of.note.of(lang.get())}</p>
                {standing}
            </div>
            <div class="parameter-value">
                <div class="parameter-fields">{fields}</div>
                {overtaken}
                <Told attempt />
                <div class="parameter-actions">
                    <Button kind=ButtonKind::Primary busy=attempt.busy disabled=unsound on_click=move |_| save()>{t(text::save)}</Button>
                    <Button kind=ButtonKind::Quiet disabled=is_default on_click=move |_| put(&of.default_value())>{t(text::to_default)}</Button>
                </div>
            </div>
            {history}
        </section>
    }
    .into_any()
}
