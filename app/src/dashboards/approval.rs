//! What is proposed on a sheet of targets: submitted, taken back, agreed to or rejected.

use guanhu_domain::{
    Code, Lang,
    dashboards::{BoardQuery, Indicator},
    targets::{
        TargetDecision, TargetOff, TargetProduct, TargetProposed, TargetSet, TargetSheet, TargetState, TargetStep, TargetStepAsked,
        TargetsWait,
    },
};
use guanhu_ui::{Button, ButtonKind, Field, TextArea, format_count, format_time, t, use_lang, use_toasts};
use leptos::prelude::*;

use super::{
    api,
    frame::Say,
    page::table,
    sheet::{Cell, Sheet},
    targets::{name, sheet_page},
    text,
};
use crate::{
    Asked, Fail,
    attempt::{Attempt, Once, Told},
    customers::view::local,
    drafts::{self, Draft},
};

/// A figure of an indicator.
pub fn figure(indicator: Indicator, amount: i64, say: Say) -> String {
    if indicator.is_count() { format_count(amount) } else { say.money(amount) }
}

/// Where the set stands and what can be done with it. `dirty`: something was typed and not saved.
pub fn panel(sheet: &TargetSheet, dirty: Memo<bool>, say: Say) -> AnyView {
    let Some(set) = sheet.set.clone() else { return ().into_any() };
    let lang = say.lang;
    let toasts = use_toasts();
    let asked = expect_context::<Asked<TargetSheet>>();
    let (attempt, once) = (Attempt::new(), Once::new());
    let place = StoredValue::new((guanhu_ui::month_code(sheet.frame.month.month), sheet.frame.org.code.clone(), set.version));
    let done = move |words: fn(Lang) -> &'static str| {
        move |()| {
            toasts.say(t(words));
            asked.refetch();
        }
    };
    // Nobody decides about what somebody else has just changed: it is shown first.
    let look_again = move |answer: &Result<(), Fail>| {
        if matches!(answer, Err(fail) if fail.0.code == Code::Stale) {
            toasts.alarm(text::set_changed(lang));
            asked.refetch();
        }
    };
    let step = move |step: TargetStep, words: fn(Lang) -> &'static str| {
        let (month, org, version) = place.get_value();
        let asked = TargetStepAsked { month, org, version, step };
        let key = once.key_for(&("step", &asked));
        let call = async move {
            let answer = once.of(move |_| api::step_targets(asked, key)).await;
            look_again(&answer);
            answer
        };
        attempt.run(call, done(words));
    };
    let reason = RwSignal::new(String::new());
    let draft = Draft::of("decision", place.with_value(|(month, org, _)| format!("targets-{org}-{month}")));
    if set.may_decide {
        drafts::one_value(draft, RwSignal::new(true), reason);
    }
    let decide = move |approve: bool, words: fn(Lang) -> &'static str| {
        if !approve && !attempt.has(&[("reason", !reason.with_untracked(|reason| reason.trim().is_empty()))]) {
            return;
        }
        let (month, org, version) = place.get_value();
        let reason = if approve { String::new() } else { reason.get_untracked() };
        let decision = TargetDecision { month, org, version, approve, reason };
        let key = once.key_for(&("decide", &decision));
        let (sent, done) = (draft.once_sent(), done(words));
        let call = async move {
            let answer = once.of(move |_| api::decide_targets(decision, key)).await;
            look_again(&answer);
            answer
        };
        attempt.run(call, move |()| {
            sent();
            done(());
        });
    };
    let busy = attempt.busy;
    let buttons = match set.state {
        TargetState::Draft | TargetState::Rejected if set.may_submit => view! {
            <div class="dash-actions">
                <Button kind=ButtonKind::Primary busy disabled=dirty on_click=move |_| step(TargetStep::Submit, text::submitted)>{t(text::submit)}</Button>
                <Button kind=ButtonKind::Quiet busy on_click=move |_| step(TargetStep::Discard, text::discarded)>{t(text::discard)}</Button>
            </div>
        }
        .into_any(),
        TargetState::Submitted => {
            let decision = set.may_decide.then(|| {
                view! {
                    <Field name="reason" help="targets#approval" label=t(text::reason_to_reject) error=attempt.error("reason")>
                        <TextArea value=reason rows=2 maxlength=500 />
                    </Field>
                    <div class="dash-actions">
                        <Button kind=ButtonKind::Primary busy on_click=move |_| decide(true, text::agreed)>{t(text::agree)}</Button>
                        <Button kind=ButtonKind::Danger busy on_click=move |_| decide(false, text::turned_down)>{t(text::turn_down)}</Button>
                    </div>
                }
            });
            let back = set.may_submit.then(|| {
                view! {
                    <div class="dash-actions">
                        <Button kind=ButtonKind::Quiet busy on_click=move |_| step(TargetStep::TakeBack, text::taken_back)>{t(text::take_back)}</Button>
                    </div>
                }
            });
            view! { {decision} {back} }.into_any()
        }
        _ => ().into_any(),
    };
    let (what, off) = (proposed(&set.changes, say), differences(&set, say));
    let quiet = set.state == TargetState::Approved;
    view! {
        <section class=if quiet { "dash-approval" } else { "dash-approval notice" } aria-label=text::approval(lang)>
            <p role="status">{standing(&set, lang)}</p>
            {off.map(|words| view! { <p class="down">{words}</p> })}
            {what}
            {buttons}
            {move || attempt.why("month").map(|words| view! { <p class="down" role="alert">{words}</p> })}
            <Told attempt />
        </section>
    }
    .into_any()
}

fn standing(set: &TargetSet, lang: Lang) -> String {
    let by = set.submitted_by.as_deref().unwrap_or_default();
    let decider = set.decided_by.as_deref().unwrap_or_default();
    match set.state {
        TargetState::Draft => text::is_draft(lang, set.changes.len()),
        TargetState::Submitted => {
            let at = set.submitted_at.map(|at| format_time(local(at), lang)).unwrap_or_default();
            let joint = if lang == Lang::Zh { "、" } else { ", " };
            match set.deciders.is_empty() {
                true => text::nobody_decides(lang, by, &at),
                false => text::is_submitted(lang, by, &at, &set.deciders.join(joint)),
            }
        }
        TargetState::Rejected => text::is_rejected(lang, decider, &set.answer),
        TargetState::Approved => text::is_approved(lang, by, decider),
    }
}

/// An indicator, and the product that it is of.
fn subject(indicator: Indicator, product: Option<&TargetProduct>, say: Say) -> String {
    match product {
        Some(product) => format!("{} · {}", say.pick(&product.name, &product.name_en), name(indicator, say.lang)),
        None => name(indicator, say.lang).to_owned(),
    }
}

fn differences(set: &TargetSet, say: Say) -> Option<String> {
    let one = |off: &TargetOff| {
        text::parts_off(say.lang, &subject(off.indicator, off.product.as_ref(), say), &figure(off.indicator, off.off, say))
    };
    (!set.off.is_empty()).then(|| set.off.iter().map(one).collect::<Vec<_>>().join(if say.lang == Lang::Zh { "；" } else { "; " }))
}

/// Every target that is to change, so that nobody agrees to what was not read.
fn proposed(changes: &[TargetProposed], say: Say) -> Option<AnyView> {
    let lang = say.lang;
    let amount = |indicator: Indicator, amount: Option<i64>| match amount {
        Some(amount) if indicator.is_count() => say.count_cell(amount),
        Some(amount) => say.money_cell(amount),
        None => Cell::text(text::no_target(lang)),
    };
    let sheet = Sheet {
        label: text::what_changes(lang).into(),
        heads: vec![
            (format!("{} / {}", text::unit(lang), text::manager(lang)), false),
            (text::indicator(lang).into(), false),
            (text::in_force(lang).into(), true),
            (text::proposed(lang).into(), true),
            (text::proposed_by(lang).into(), false),
        ],
        rows: changes
            .iter()
            .map(|change| {
                vec![
                    Cell::text(&change.name),
                    Cell::text(&subject(change.indicator, change.product.as_ref(), say)),
                    amount(change.indicator, change.before),
                    amount(change.indicator, change.amount),
                    Cell::text(&change.by),
                ]
            })
            .collect(),
        ..Sheet::default()
    };
    (!changes.is_empty()).then(|| {
        view! {
            <details class="chart-data">
                <summary>{text::what_changes(lang)}</summary>
                {table(sheet.html(), text::what_changes(lang).to_owned())}
            </details>
        }
        .into_any()
    })
}

/// What waits for the viewer elsewhere.
pub fn waiting(waiting: &[TargetsWait], sheet: &TargetSheet, query: &BoardQuery, say: Say) -> AnyView {
    let lang = use_lang().get_untracked();
    let here = |wait: &&TargetsWait| wait.org != sheet.frame.org.code || wait.month != sheet.frame.month.month;
    let lines: Vec<_> = waiting
        .iter()
        .filter(here)
        .map(|wait| {
            let month = guanhu_ui::month_code(wait.month);
            let query = BoardQuery { org: Some(wait.org.clone()), month: Some(month), tier: None, lenient: false, ..query.clone() };
            let href = sheet_page(&query, sheet.indicator, sheet.product.as_ref().map(|product| product.code.as_str()));
            view! { <li><a class="dash-lead" href=href>{text::waits(lang, &wait.org_name, &say.month(wait.month), &wait.by, wait.targets)}</a></li> }
        })
        .collect();
    (!lines.is_empty())
        .then(|| view! { <section aria-label=text::waits_for_you(lang)><p>{text::waits_for_you(lang)}</p><ul class="dash-waits">{lines}</ul></section> })
        .into_any()
}
