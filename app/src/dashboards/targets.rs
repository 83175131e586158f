//! Targets: the whole, its parts, and whether they add up.

use guanhu_domain::{
    Code,
    dashboards::{BoardQuery, Indicator},
    targets::{AMOUNT_MAX, TargetAmount, TargetChange, TargetLine, TargetPart, TargetSheet, TargetState, TargetsNow, difference},
};
use guanhu_ui::{Button, ButtonKind, Choice, Select, parse_amount, t, use_lang, use_toasts};
use leptos::prelude::*;
use leptos_router::hooks::{use_navigate, use_query_map};
use uuid::Uuid;

use super::{
    api,
    approval::{self, figure},
    frame::Say,
    page::{address, elsewhere, page, question},
    text,
};
use crate::{
    Asked, Fail,
    attempt::{Attempt, Told},
    drafts::{Draft, Restored},
    scripts::LazyPage,
};

/// `/dashboards/targets`.
pub struct TargetsRoute(Asked<TargetSheet>);

impl LazyPage for TargetsRoute {
    fn data() -> Self {
        let (query, params) = (question(), use_query_map());
        let asked = Memo::new(move |_| {
            let (product, indicator) = params.with(|params| {
                let product = params.get("product").filter(|code| !code.is_empty());
                let indicator = params.get("indicator").and_then(|code| Indicator::from_code(&code));
                // Another product, or none, keeps the indicator where it is one of its own.
                (product.clone(), indicator.filter(|indicator| Indicator::all(product.is_some()).contains(indicator)))
            });
            (query.get(), indicator.unwrap_or(Indicator::Contribution), product)
        });
        TargetsRoute(Asked::of(asked, |(query, indicator, product)| api::read_targets(query, indicator, product)))
    }

    fn view(this: Self) -> AnyView {
        provide_context(this.0);
        page(this.0, |sheet| &sheet.frame, |sheet, _| sheet.frame.org.name.clone(), show)
    }
}

pub fn name(indicator: Indicator, lang: guanhu_domain::Lang) -> &'static str {
    match indicator {
        Indicator::Contribution => text::contribution(lang),
        Indicator::Aum => text::aum(lang),
        Indicator::Deposits => text::deposits(lang),
        Indicator::DepositsAverage => text::deposits_average(lang),
        Indicator::Loans => text::loans(lang),
        Indicator::Customers => text::customers(lang),
        Indicator::Opened => text::opened(lang),
        Indicator::Activated => text::activated(lang),
        Indicator::Crossed => text::crossed(lang),
        Indicator::Contacts => text::contacts(lang),
        Indicator::Visits => text::visits(lang),
        Indicator::Balance => text::balance(lang),
        Indicator::BalanceAverage => text::balance_average(lang),
        Indicator::Holders => text::holders(lang),
        Indicator::Gained => text::gained_holders(lang),
    }
}

/// The sheet of an indicator, of all products together or of one.
pub fn sheet_page(query: &BoardQuery, indicator: Indicator, product: Option<&str>) -> String {
    address(&elsewhere("/dashboards/targets", query), &[("product", product), ("indicator", Some(indicator.code()))])
}

/// Empty is no target. An error: what is no amount, or none that a target can be.
fn read(text: &str, decimals: u32) -> Result<Option<i64>, ()> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    parse_amount(text, decimals).filter(|amount| (0..=AMOUNT_MAX).contains(amount)).map(Some).ok_or(())
}

enum Outcome {
    Saved,
    /// Somebody else was first.
    Changed(TargetsNow),
}

async fn send(change: TargetChange, key: Uuid) -> Result<Outcome, Fail> {
    match api::set_targets(change, key).await {
        Ok(_) => Ok(Outcome::Saved),
        Err(fail) if fail.0.code == Code::Stale => {
            let now = fail.0.current.clone().and_then(|now| crate::wire::of_value(&now));
            now.map(Outcome::Changed).ok_or(fail)
        }
        Err(fail) => Err(fail),
    }
}

fn show(sheet: TargetSheet, query: BoardQuery) -> AnyView {
    let lang = use_lang().get_untracked();
    let say = Say::of(lang, &sheet.frame);
    let indicator = sheet.indicator;
    let decimals = if indicator.is_count() { 0 } else { sheet.frame.decimals };
    let shown = move |amount: i64| figure(indicator, amount, say);
    let long = move |amount: i128| shown(i64::try_from(amount).unwrap_or(i64::MAX));
    let typed =
        move |amount: Option<i64>| amount.map(|amount| guanhu_ui::format_exact(amount, decimals).replace(',', "")).unwrap_or_default();
    let month = guanhu_ui::month_code(sheet.frame.month.month);
    let product = sheet.product.as_ref().map(|product| product.code.clone());
    let place = format!("{}:{month}:{}:{}", sheet.frame.org.code, indicator.code(), product.as_deref().unwrap_or_default());

    // The whole, then its parts: as they were read, and as they are typed.
    let amounts = std::iter::once(sheet.whole).chain(sheet.lines.iter().map(|line| line.target));
    let seen = RwSignal::new(amounts.collect::<Vec<TargetAmount>>());
    let others = RwSignal::new(Vec::<Option<Option<i64>>>::new());
    let texts: Vec<String> = seen.with_untracked(|seen| seen.iter().map(|target| typed(target.amount)).collect());
    let fields = StoredValue::new(texts.into_iter().map(RwSignal::new).collect::<Vec<_>>());
    let field = move |at: usize| fields.with_value(|fields| fields[at]);
    let values = Memo::new(move |_| {
        fields.with_value(|fields| fields.iter().map(|field| field.with(|text| read(text, decimals))).collect::<Vec<_>>())
    });
    let wrong = Memo::new(move |_| values.with(|values| values.iter().any(Result::is_err)));
    let changes = move |values: &[Result<Option<i64>, ()>]| {
        seen.with(|seen| seen.iter().zip(values).map(|(seen, value)| value.ok().filter(|value| *value != seen.amount)).collect::<Vec<_>>())
    };
    let dirty = Memo::new(move |_| wrong.get() || values.with(|values| changes(values).iter().any(Option::is_some)));
    let off = Memo::new(move |_| {
        values.with(|values| {
            let known: Vec<Option<i64>> = values.iter().map(|value| value.unwrap_or(None)).collect();
            difference(known[0], known[1..].iter().copied())
        })
    });
    let differs = Signal::derive(move || off.get().is_some_and(|(_, off)| off != 0));
    // What is typed waits for whoever looks elsewhere meanwhile, each text with the version that it was typed over.
    let lines = sheet.lines.iter().map(|line| (line.is_staff, line.code.clone()));
    let keys = StoredValue::new(std::iter::once((false, String::new())).chain(lines).collect::<Vec<_>>());
    let (draft, restored, kept) = (Draft::of("targets", &place), RwSignal::new(false), StoredValue::new(false));
    Effect::new(move |before: Option<()>| {
        if before.is_some() {
            return;
        }
        draft.restore(move |typed_over: Vec<((bool, String), String, i32)>| {
            let now = seen.get_untracked();
            let mut newer = vec![None; now.len()];
            let mut any = false;
            // Whoever is not there any more has nothing to be set.
            for (key, text, version) in typed_over {
                let Some(at) = keys.with_value(|keys| keys.iter().position(|known| *known == key)) else { continue };
                if text == typed(now[at].amount) {
                    continue;
                }
                // What somebody else has set since is told beside it.
                newer[at] = (now[at].version != version).then_some(now[at].amount);
                field(at).set(text);
                any = true;
            }
            if any {
                kept.set_value(true);
                others.set(newer);
                restored.set(true);
            }
        });
    });
    Effect::new(move |_| {
        let texts = fields.with_value(|fields| fields.iter().map(|field| field.get()).collect::<Vec<_>>());
        if dirty.get() {
            kept.set_value(true);
            let seen = seen.get_untracked();
            let lines = keys.get_value().into_iter().zip(texts).zip(seen);
            let typed_over =
                lines.filter(|((_, text), seen)| *text != typed(seen.amount)).map(|((key, text), seen)| (key, text, seen.version));
            draft.keep(&typed_over.collect::<Vec<_>>());
        } else if kept.get_value() {
            kept.set_value(false);
            draft.forget();
        }
    });
    let discard = move |()| {
        others.set(Vec::new());
        let texts: Vec<String> = seen.with_untracked(|seen| seen.iter().map(|target| typed(target.amount)).collect());
        fields.with_value(|fields| fields.iter().zip(texts).for_each(|(field, text)| field.set(text)));
        draft.forget();
    };

    let attempt = Attempt::new();
    let toasts = use_toasts();
    let asked = expect_context::<Asked<TargetSheet>>();
    // A change that is sent again, because no answer came, is the same change.
    let sent = StoredValue::new(None::<(TargetChange, Uuid)>);
    let save = {
        let (lines, org, month, product) = (sheet.lines.clone(), sheet.frame.org.code.clone(), month.clone(), product.clone());
        Callback::new(move |despite_difference: bool| {
            let changed = untrack(|| values.with(|values| changes(values)));
            let set = |at: usize| changed[at].map(|amount| TargetAmount { amount, version: seen.with_untracked(|seen| seen[at].version) });
            let part = |(at, line): (usize, &TargetLine)| {
                set(at + 1).map(|target| TargetPart { code: line.code.clone(), is_staff: line.is_staff, target })
            };
            let change = TargetChange {
                month: month.clone(),
                org: org.clone(),
                indicator,
                product: product.clone(),
                whole: set(0),
                parts: lines.iter().enumerate().filter_map(part).collect(),
                despite_difference,
            };
            let again = sent.with_value(|sent| sent.as_ref().filter(|(before, _)| *before == change).map(|(_, key)| *key));
            let key = again.unwrap_or_else(Uuid::new_v4);
            sent.set_value(Some((change.clone(), key)));
            let forget = draft.once_sent();
            attempt.run(send(change, key), move |outcome| match outcome {
                Outcome::Saved => {
                    forget();
                    toasts.say(t(text::saved));
                    asked.refetch();
                }
                Outcome::Changed(now) => {
                    let now: Vec<TargetAmount> = std::iter::once(now.whole).chain(now.lines.iter().map(|line| line.target)).collect();
                    let before = seen.get_untracked();
                    if now.len() == before.len() {
                        others.set(
                            now.iter().zip(&before).map(|(now, before)| (now.version != before.version).then_some(now.amount)).collect(),
                        );
                        seen.set(now);
                    } else {
                        asked.refetch();
                    }
                }
            });
        })
    };
    let weights: Vec<u64> = sheet.lines.iter().map(|line| line.before.or(line.actual).unwrap_or(0).max(0) as u64).collect();
    let spread = move |_| {
        let Ok(Some(amount)) = values.with_untracked(|values| values[0]) else { return };
        let weights = if weights.iter().all(|weight| *weight == 0) { vec![1; weights.len()] } else { weights.clone() };
        for (at, part) in guanhu_domain::money::allocate(amount, &weights).into_iter().enumerate() {
            field(at + 1).set(typed(Some(part)));
        }
    };

    let chosen = RwSignal::new(indicator.code().to_owned());
    let choices: Vec<Choice> =
        Indicator::all(product.is_some()).iter().map(|indicator| Choice::new(indicator.code(), name(*indicator, lang))).collect();
    let chosen_product = RwSignal::new(product.clone().unwrap_or_default());
    let products: Vec<Choice> =
        sheet.products.iter().map(|product| Choice::new(product.code.as_str(), say.pick(&product.name, &product.name_en))).collect();
    let navigate = use_navigate();
    let choose = {
        let (navigate, now, product) = (navigate.clone(), query.clone(), product.clone());
        move |code: String| {
            let indicator = Indicator::from_code(&code).unwrap_or(Indicator::Contribution);
            navigate(&sheet_page(&now, indicator, product.as_deref()), Default::default());
        }
    };
    let now = query.clone();
    let choose_product = move |code: String| navigate(&sheet_page(&now, indicator, Some(&code)), Default::default());
    // Products' contributions are parts of the whole as well; not every bank divides all of it.
    let beside = sheet.of_whole.filter(|(sum, whole)| sum != whole).map(|(sum, whole)| {
        let words = text::products_sum(lang, &shown(sum), &shown(whole), &shown(sum.saturating_sub(whole)));
        view! { <p class="faint">{words}</p> }
    });
    // What holds while something else is proposed.
    let first = (sheet.whole_proposed, sheet.whole_in_force);
    let holds = std::iter::once(first).chain(sheet.lines.iter().map(|line| (line.proposed, line.in_force)));
    let holds = StoredValue::new(holds.map(|(proposed, in_force)| proposed.then_some(in_force)).collect::<Vec<_>>());
    let input = move |at: usize, label: String, may: bool| {
        let in_force = holds.with_value(|holds| holds[at]).map(|in_force| {
            let amount = in_force.map_or_else(|| text::no_target(lang).to_owned(), shown);
            view! { <span class="faint">{text::still_holds(lang, &amount)}</span> }
        });
        let own = field(at);
        let faulty = Memo::new(move |_| values.with(|values| values[at].is_err()));
        let note = move || {
            let other = others.with(|others| others.get(at).copied().flatten());
            if faulty.get() {
                return Some(view! { <span class="down">{text::no_amount(lang)}</span> });
            }
            let other = other?;
            let now = other.map_or_else(|| text::no_target(lang).to_owned(), shown);
            Some(view! { <span class="down">{text::now_is(lang, &now)}</span> })
        };
        view! {
            <span class="dash-target">
                <input
                    class="input num"
                    inputmode="decimal"
                    autocomplete="off"
                    aria-label=label
                    aria-invalid=move || faulty.get().then_some("true")
                    disabled=!may
                    prop:value=move || own.get()
                    value=own.get_untracked()
                    on:input=move |event| own.set(event_target_value(&event))
                />
                {in_force}
                {note}
            </span>
        }
    };
    let rows = sheet
        .lines
        .iter()
        .enumerate()
        .map(|(at, line)| {
            let below = (!line.is_staff).then(|| {
                let query = BoardQuery { org: Some(line.code.clone()), tier: None, ..query.clone() };
                sheet_page(&query, indicator, product.as_deref())
            });
            let head = match below {
                Some(href) => view! { <a href=href>{line.name.clone()}</a> }.into_any(),
                None => line.name.clone().into_any(),
            };
            view! {
                <tr>
                    <th scope="row">{head}</th>
                    <td class="num">{line.before.map(shown)}</td>
                    <td class="num">{line.actual.map(shown)}</td>
                    <td class="num">{input(at + 1, line.name.clone(), sheet.may_set)}</td>
                </tr>
            }
        })
        .collect_view();
    let verdict = move || {
        off.get().map(|(sum, off)| match off {
            0 => view! { <p class="up">{text::adds_up(lang)}</p> }.into_any(),
            _ => view! { <p class="down">{text::sums_to(lang, &long(sum), &long(off))}</p> }.into_any(),
        })
    };
    let refused = move || ["month", "whole", "parts"].into_iter().find_map(|field| attempt.error(field).get());
    let told = move || {
        let first = others.with(|others| others.iter().any(Option::is_some)).then(|| text::somebody_first(lang).to_owned());
        refused().or(first).map(|words| view! { <div class="notice alarm" role="alert">{words}</div> })
    };
    let before = sheet.base.map_or_else(|| text::before(lang).to_owned(), |base| text::actual_of(lang, &say.month(base)));
    let may_set = sheet.may_set;
    let waits = sheet.set.as_ref().is_some_and(|set| set.state == TargetState::Submitted);
    let (proposal, waiting) = (approval::panel(&sheet, dirty, say), approval::waiting(&sheet.waiting, &sheet, &query, say));
    let no_save = Signal::derive(move || wrong.get() || !dirty.get());
    view! {
        <div class="dash-targets">
            {waiting}
            {proposal}
            <div class="dash-filters">
                <Select
                    value=chosen_product
                    choices=products
                    label=t(text::product)
                    empty=t(text::all_products)
                    on_change=Callback::new(choose_product)
                />
                <Select value=chosen choices label=t(text::indicator) on_change=Callback::new(choose) />
            </div>
            <Restored shown=restored on_discard=discard />
            {(!may_set && !waits).then(|| view! { <p class="faint">{text::month_closed(lang)}</p> })}
            <div class="dash-filter">
                <span>{text::whole_target(lang)}</span>
                {input(0, text::whole_target(lang).to_owned(), sheet.may_set_whole)}
            </div>
            <div class="table-wrap">
                <table class="table-plain">
                    <thead>
                        <tr>
                            <th scope="col">{text::unit(lang)}" / "{text::manager(lang)}</th>
                            <th scope="col" class="num">{before}</th>
                            <th scope="col" class="num">{text::actual(lang)}</th>
                            <th scope="col" class="num">{text::target(lang)}</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
            {sheet.lines.is_empty().then(|| view! { <p class="faint">{text::no_parts(lang)}</p> })}
            <div role="status">{verdict}</div>
            {beside}
            {told}
            <Told attempt />
            {may_set
                .then(|| {
                    let unsound = Signal::derive(move || no_save.get() || differs.get());
                    view! {
                        <div class="dash-actions">
                            <Button on_click=spread>{t(text::spread_out)}</Button>
                            <Button kind=ButtonKind::Primary busy=attempt.busy disabled=unsound on_click=move |_| save.run(false)>{t(text::save)}</Button>
                            {move || {
                                (differs.get() && !no_save.get())
                                    .then(|| view! { <Button kind=ButtonKind::Quiet busy=attempt.busy on_click=move |_| save.run(true)>{t(text::save_anyway)}</Button> })
                            }}
                        </div>
                    }
                })}
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_field_is_no_target_and_what_is_no_amount_is_not_dropped() {
        assert_eq!((read(" ", 2), read("1.5万", 2), read("abc", 2), read("-1", 2)), (Ok(None), Ok(Some(15_000_00)), Err(()), Err(())));
    }
}
