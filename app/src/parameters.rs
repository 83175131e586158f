//! What the bank sets for itself: every parameter of the catalogue, with what it was before.

pub mod api;
mod leaf;
mod text;

use guanhu_domain::{
    Code, Currency, FieldProblem,
    parameters::{Parameter, ParameterItem, parameter},
};
use guanhu_ui::{Button, ButtonKind, HelpLink, TimeText, t, use_lang, use_toasts};
use leptos::prelude::*;
use serde_json::Value;

use self::leaf::{Leaf, leaves, said, together};
use crate::{
    Asked,
    attempt::{Attempt, Once, Told},
    customers::view::local,
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

fn show(items: Vec<ParameterItem>) -> AnyView {
    let currency = use_me().map(|me| me.base_currency).unwrap_or_default();
    let decimals = Currency::new(&currency).map_or(2, Currency::exponent);
    // One that only a newer server knows is not shown.
    let known = items.into_iter().filter_map(|item| Some((parameter(&item.key)?, item)));
    known.map(|(of, item)| one(of, item, &currency, decimals)).collect_view().into_any()
}

fn one(of: &'static Parameter, item: ParameterItem, currency: &str, decimals: u32) -> AnyView {
    let lang = use_lang();
    let toasts = use_toasts();
    let attempt = Attempt::new();
    let once = Once::new();
    let seen = RwSignal::new(item);
    let overtaken = RwSignal::new(false);
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
    let save = move |_| {
        let (value, version) = (typed.with_untracked(|(value, _)| value.clone()), seen.with_untracked(|seen| seen.version));
        let call = async move {
            match once.of(|key| api::set_parameter(of.key.to_owned(), version, value, key)).await {
                // What stands there now, for whoever wants to go on.
                Err(fail) if fail.0.code == Code::Stale => {
                    let now = fail.0.current.as_ref().and_then(crate::wire::of_value::<ParameterItem>);
                    now.map(Err).ok_or(fail)
                }
                other => other.map(Ok),
            }
        };
        attempt.run(call, move |answer| match answer {
            Ok(now) => {
                overtaken.set(false);
                put(&now.value);
                seen.set(now);
                toasts.say(t(text::saved));
            }
            Err(now) => {
                seen.set(now);
                overtaken.set(true);
            }
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
    let news = move || {
        overtaken.get().then(|| {
            view! {
                <div class="notice alarm" role="alert">
                    <span>{t(text::overtaken)}</span>
                    <Button
                        kind=ButtonKind::Quiet
                        on_click=move |_| {
                            put(&seen.with_untracked(|seen| seen.value.clone()));
                            overtaken.set(false);
                        }
                    >
                        {t(text::take_theirs)}
                    </Button>
                </div>
            }
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
                {news}
                <Told attempt />
                <div class="parameter-actions">
                    <Button kind=ButtonKind::Primary busy=attempt.busy disabled=unsound on_click=save>{t(text::save)}</Button>
                    <Button kind=ButtonKind::Quiet disabled=is_default on_click=move |_| put(&of.default_value())>{t(text::to_default)}</Button>
                </div>
            </div>
            {history}
        </section>
    }
    .into_any()
}
