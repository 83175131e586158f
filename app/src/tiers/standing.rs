//! On the customer's page: since when the tier and why, and what the next one takes.

use chrono::NaiveDate;
use guanhu_domain::{
    CustomerNo, Lang,
    rules::{Env, Fact, RuleChoices, figure},
    tiers::Explanation,
};
use guanhu_ui::{TierMark, format_date, use_lang};
use leptos::{prelude::*, task::spawn_local};

use super::{api, by_hand, text};
use crate::rules::reason_words;

/// `told` comes with the page, and is read again after something was asked for by hand.
#[component]
pub fn Standing(no: CustomerNo, business_date: NaiveDate, told: RwSignal<Option<Explanation>>) -> impl IntoView {
    let lang = use_lang();
    let read = Callback::new(move |()| {
        spawn_local(async move {
            if let Ok(explanation) = api::explain(no).await {
                told.set(Some(explanation));
            }
        });
    });
    view! {
        <div class="c360-standing">
            {move || told.get().map(|told| say(&told, business_date, lang.get()))}
            {move || told.get().map(|told| by_hand::by_hand(no, &told, business_date, read))}
        </div>
    }
    .into_any()
}

fn say(told: &Explanation, business_date: NaiveDate, lang: Lang) -> AnyView {
    let env = Env { business_date, months: told.months };
    let joint = if lang == Lang::Zh { "；" } else { "; " };
    let names = RuleChoices::new(told.names.clone());
    let reasons = |reasons: &[guanhu_domain::rules::Reason]| {
        reasons.iter().map(|reason| reason_words(reason, lang, &names, env)).collect::<Vec<_>>().join(joint)
    };
    let since = told.tier.as_ref().zip(told.since).filter(|_| told.held.is_none()).map(|(tier, since)| {
        let words = text::since_because(lang, tier.name(lang), &format_date(since, lang));
        let because = if told.beyond { text::beyond(lang).to_owned() } else { reasons(&told.because) };
        view! { <p>{words}{(!because.is_empty()).then(|| format!("{}{because}", if lang == Lang::Zh { "：" } else { ": " }))}</p> }
    });
    let held = told
        .held
        .as_ref()
        .map(|held| view! { <p>{text::held_until(lang, held.tier.name(lang), &format_date(held.until, lang), &held.reason)}</p> });
    let threat = told.threatened.as_ref().map(|threat| {
        let to = threat.to.as_ref().map_or(text::none(lang), |tier| tier.name(lang));
        view! { <p class="alarm-word">{text::threatened(lang, &format_date(threat.on, lang), to)}</p> }
    });
    let next = match &told.next {
        None => view! { <p class="faint">{told.tier.is_some().then(|| text::highest(lang))}</p> }.into_any(),
        Some(next) => {
            let lacks = told.missing.iter().find_map(|reason| Fact::lacks(&reason.condition, reason.actual.as_ref()));
            let rank = next.mark;
            let label = text::to_next(lang, next.name(lang));
            view! {
                <p class="c360-next">
                    <TierMark rank label=label />
                    <span class="faint">{reasons(&told.missing)}</span>
                    {lacks.map(|lacks| view! { <b>{text::lacks(lang, &figure(lacks, lang))}</b> })}
                </p>
            }
            .into_any()
        }
    };
    view! { {since} {held} {threat} {next} }.into_any()
}
