//! One group: who is in it, by tier and unit, and how it grew.

use guanhu_domain::{
    Lang,
    groups::{Counted, Found, GroupLook, Growth},
};
use guanhu_ui::{
    Badge, Button, ButtonKind, DateText, EmptyState, Figure, Figures, LineChart, LineSpec, Measure, Section, Series, format_date, t,
    use_lang, use_toasts,
};
use leptos::prelude::*;
use leptos_router::hooks::use_navigate;

use super::{Here, api, edit, parts, said, text};
use crate::attempt::{Attempt, Once, Told};

pub fn look(here: Here, look: GroupLook) -> AnyView {
    let lang = use_lang();
    let toasts = use_toasts();
    let navigate = use_navigate();
    let attempt = Attempt::new();
    let once = Once::new();
    let GroupLook { group, found, growth } = look;
    let code = StoredValue::new(group.code.clone());
    let usable = found.is_some();
    let freeze = move |_| {
        let navigate = navigate.clone();
        attempt.run(once.of(move |key| api::freeze(code.get_value(), key)), move |saved| {
            toasts.say(text::frozen(lang.get_untracked(), &saved.group.name));
            navigate(&format!("/groups?show={}", saved.group.code), Default::default());
        });
    };
    let words = said(here, &group);
    let shared = group.shared.clone();
    let roles = move || shared.iter().map(|role| role.name(lang.get())).collect::<Vec<_>>().join(text::comma(lang.get()));
    let kind = group.kind;
    view! {
        <section class="section">
            <header class="section-head tiers-head">
                <h2>{group.name.clone()}</h2>
                <Badge>{move || kind.name(lang.get())}</Badge>
                <div class="push tiers-actions">
                    <Button href="/groups">{t(text::open_board)}</Button>
                    {group.mine.then(|| view! { <Button href=format!("/groups?edit={}", group.code)>{t(text::edit)}</Button> })}
                    {usable.then(|| view! {
                        <span title=t(text::freeze_hint)><Button busy=attempt.busy on_click=freeze>{t(text::freeze)}</Button></span>
                        <Button kind=ButtonKind::Primary href=format!("/customers?group={}", group.code)>{t(text::open_list)}</Button>
                    })}
                </div>
            </header>
            <Told attempt />
            {edit::refused(attempt, "members")}
            {edit::refused(attempt, "group")}
            <p class="rule-words">{words}</p>
            {(!group.note.is_empty()).then(|| view! { <p class="faint">{group.note.clone()}</p> })}
            <dl class="group-facts">
                <dt>{t(text::owner)}</dt><dd>{group.owner.clone()}</dd>
                {(!group.shared.is_empty()).then(|| view! { <dt>{t(text::shared)}</dt><dd>{roles}</dd> })}
                {group.expires_on.map(|date| view! { <dt>{t(text::expires)}</dt><dd><DateText date /></dd> })}
            </dl>
            {members(found)}
        </section>
        <Section title=t(text::growth) help="groups#frozen" note=t(text::growth_note)>{curve(growth)}</Section>
    }
    .into_any()
}

fn members(found: Option<Found>) -> AnyView {
    let lang = use_lang();
    let Some(found) = found else { return view! { <p class="notice warn" role="status">{t(text::unusable)}</p> }.into_any() };
    if found.count == 0 && found.counted == Counted::Exactly {
        return view! { <EmptyState title=t(text::nobody) /> }.into_any();
    }
    let count = found.clone();
    view! {
        <Figures><Figure label=t(text::now)>{move || parts::counted(&count, lang.get())}</Figure></Figures>
        {move || parts::who(found.clone(), lang.get())}
    }
    .into_any()
}

fn curve(growth: Vec<Growth>) -> AnyView {
    let lang = use_lang();
    if growth.is_empty() {
        return view! { <p class="faint">{t(text::growth_none)}</p> }.into_any();
    }
    let spec = Signal::derive(move || spec(&growth, lang.get()));
    view! { <LineChart title=t(text::growth) spec /> }.into_any()
}

fn spec(growth: &[Growth], lang: Lang) -> LineSpec {
    let first = growth.first().map(|day| day.on).unwrap_or_default();
    LineSpec {
        moments: growth.iter().map(|day| format_date(day.on, lang)).collect(),
        at: growth.iter().map(|day| (day.on - first).num_days()).collect(),
        series: vec![Series::new(text::now(lang), growth.iter().map(|day| day.customers))],
        measure: Measure::Count,
        from_zero: true,
    }
}
