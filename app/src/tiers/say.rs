//! Differences between versions in words.

use guanhu_domain::{
    Lang,
    rules::{RuleChoices, in_words},
    tiers::{ByHand, Change, Definition, Settings, TierRule, differences},
};
use guanhu_ui::use_lang;
use leptos::prelude::*;

use super::{Here, env, text};

/// What changes from one definition to another, as a list.
pub fn changes(here: Here, before: &Definition, after: &Definition) -> AnyView {
    let lang = use_lang();
    let changes = differences(before, after);
    let (before, after) = (before.clone(), after.clone());
    view! {
        <ul class="tier-changes">
            {move || {
                let lang = lang.get();
                if changes.is_empty() {
                    return view! { <li class="faint">{text::no_changes(lang)}</li> }.into_any();
                }
                here.choices.with_value(|choices| changes.iter().map(|change| say(change, lang, &before, &after, choices)).collect_view()).into_any()
            }}
        </ul>
    }
    .into_any()
}

fn say(change: &Change, lang: Lang, before: &Definition, after: &Definition, choices: &RuleChoices) -> AnyView {
    let name = |code: &String| {
        let tier = after.tiers.iter().chain(&before.tiers).find(|tier| tier.code == *code);
        tier.map_or_else(|| code.clone(), |tier| tier.name(lang).to_owned())
    };
    let days = |days: Option<u16>| days.map_or_else(|| text::none(lang).to_owned(), |days| text::every_days(lang, days));
    let pair = |title: String, old: String, new: String| {
        view! {
            <li>
                <span>{title}</span>
                <del><span class="sr-only">{text::before(lang)}</span>{old}</del>
                <ins><span class="sr-only">{text::after(lang)}</span>{new}</ins>
            </li>
        }
        .into_any()
    };
    let said = |words: &str| if words.is_empty() { text::none(lang).to_owned() } else { words.to_owned() };
    let plain = |words: String| view! { <li>{words}</li> }.into_any();
    match change {
        Change::Settings { before, after } => pair(text::change_settings(lang).into(), settings(before, lang), settings(after, lang)),
        Change::Added { tier } => {
            let rule = after.tiers.iter().find(|one| one.code == *tier).map(|one| in_words(&one.rule.when, lang, choices, env(after)));
            plain(format!(
                "{}{}{}",
                text::change_added(lang, &name(tier)),
                if lang == Lang::Zh { "：" } else { ": " },
                rule.unwrap_or_default()
            ))
        }
        Change::Removed { tier } => plain(text::change_removed(lang, &name(tier))),
        Change::Reordered => plain(text::change_reordered(lang).into()),
        Change::Renamed { before, after, .. } => plain(text::change_renamed(lang, before, after)),
        Change::Rule { tier, before: old, after: new } => {
            pair(text::change_rule(lang, &name(tier)), in_words(old, lang, choices, env(before)), in_words(new, lang, choices, env(after)))
        }
        Change::Standard { tier, before, after } => plain(text::change_standard_days(lang, &name(tier), &days(*before), &days(*after))),
        Change::Weight { tier, before, after } => {
            let said = |weight: &Option<u16>| weight.map_or_else(|| text::by_place(lang).to_owned(), |weight| weight.to_string());
            pair(text::change_weight(lang, &name(tier)), said(before), said(after))
        }
        Change::Care { tier, before, after } => pair(text::change_care(lang, &name(tier)), said(before), said(after)),
        Change::ServedBy { tier, before, after } => {
            pair(text::change_served_by(lang, &name(tier)), served_by(before, lang), served_by(after, lang))
        }
        Change::Benefits { tier, before, after } => pair(text::change_benefits(lang, &name(tier)), said(before), said(after)),
        Change::Mark { tier } => plain(text::change_mark(lang, &name(tier))),
    }
}

/// Qualifications, one of which is enough.
pub fn served_by(qualifications: &[String], lang: Lang) -> String {
    if qualifications.is_empty() { text::anybody(lang).to_owned() } else { qualifications.join(text::or(lang)) }
}

/// What the bank does for customers of a tier beside benefits, a line each.
pub fn service(tier: &TierRule) -> AnyView {
    let lang = use_lang();
    let (care, qualifications) = (tier.care.clone(), tier.served_by.clone());
    view! {
        {tier.contact_days.map(|days| view! { <p>{move || text::every_days(lang.get(), days)}</p> })}
        {tier.weight.map(|weight| view! { <p>{move || text::weighs(lang.get(), weight)}</p> })}
        {(!care.is_empty()).then(|| view! { <p>{care}</p> })}
        {(!qualifications.is_empty()).then(|| view! { <p>{move || text::led_by(lang.get(), &served_by(&qualifications, lang.get()))}</p> })}
    }
    .into_any()
}

/// Whether and for how long a tier may be given by hand.
pub fn by_hand(settings: &Settings, lang: Lang) -> String {
    match settings.by_hand {
        ByHand::Never => settings.by_hand.name(lang).to_owned(),
        other => text::by_hand_said(lang, other.name(lang), settings.by_hand_days),
    }
}

/// The settings as one line.
pub fn settings(settings: &Settings, lang: Lang) -> String {
    format!(
        "{} {} · {} {} · {} · {} {}",
        text::months(lang),
        text::months_n(lang, settings.months),
        text::grace(lang),
        text::days_n(lang, settings.grace_days),
        settings.upgrade.name(lang),
        text::by_hand(lang),
        by_hand(settings, lang)
    )
}
