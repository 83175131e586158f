use chrono::NaiveDate;
use leptos::prelude::*;

use super::text;
use crate::*;

pub fn figures() -> AnyView {
    let run = vec![31.0, 30.0, 33.0, 36.0, 35.0, 38.0, 37.0, 41.0, 44.0, 43.0, 46.0, 49.0];
    let opened = NaiveDate::from_ymd_opt(2014, 3, 9).unwrap_or_default();
    view! {
        <Section title=t(text::figures)>
            <Figures>
                <Figure label=t(text::aum) href="#table" note=move || view! { <span class="up">{t(text::against_year)}</span> }>
                    <Amount minor=486_231_507/>
                </Figure>
                <Figure label=t(text::contribution) note=move || t(text::against_plan)><Amount minor=1_876_045/></Figure>
                <Figure label=t(text::loss)><Amount minor=-1_230_000_000/></Figure>
                <Figure label=t(text::last_contact) note=t(text::called)>{t(text::days_ago)}</Figure>
                <Figure label=t(text::completeness) note=t(text::missing)>"86%"</Figure>
            </Figures>
            <Facts>
                <Fact label=t(text::occupation)>{t(text::teacher)}</Fact>
                <Fact label=t(text::phone)>"138****7721"</Fact>
                <Fact label=t(text::salary)><Amount minor=1_846_250 exact=true/></Fact>
                <Fact label=t(text::opened)><DateText date=opened/></Fact>
                <Fact label=t(text::trend)><Sparkline values=run label=t(text::against_year)/></Fact>
                <Fact label=t(text::address)>{t(text::address_text)}</Fact>
            </Facts>
        </Section>
    }
    .into_any()
}

pub fn marks() -> AnyView {
    let tiers: [fn(guanhu_domain::i18n::Lang) -> &'static str; 6] =
        [text::tier_0, text::tier_1, text::tier_2, text::tier_3, text::tier_4, text::tier_5];
    let marks = tiers.iter().copied().enumerate().map(|(rank, words)| view! { <TierMark rank=rank as i16 label=t(words)/> }).collect_view();
    let lang = use_lang();
    // What a scheme of more than six has to choose from.
    let more = (tiers.len()..guanhu_domain::tiers::TIERS_MAX)
        .map(|rank| view! { <TierMark rank=rank as i16 label=move || text::tier_n(lang.get(), rank + 1)/> })
        .collect_view();
    view! {
        <Section title=t(text::marks) note=t(text::tiers)>
            <div class="line">{marks}</div>
            <div class="line">{more}</div>
            <div class="line">
                <Badge tone=Tone::Good>{t(text::normal)}</Badge>
                <Badge>{t(text::pending)}</Badge>
                <Badge tone=Tone::Warn>{t(text::soon_due)}</Badge>
                <Badge tone=Tone::Alarm>{t(text::overdue)}</Badge>
                <Badge tone=Tone::Plain>{t(text::closed)}</Badge>
                <Count value=7 label=t(text::unread)/>
                <Count value=128 label=t(text::unread)/>
                <Avatar name="王小明"/>
                <Avatar name="Jan Novak"/>
                <Avatar name="上官婉清" large=true/>
                <span><kbd>"Ctrl"</kbd>" "<kbd>"K"</kbd></span>
            </div>
        </Section>
    }
    .into_any()
}

pub fn states() -> AnyView {
    view! {
        <Section title=t(text::states)>
            <Notice>{t(text::practice)}</Notice>
            <Notice tone=Tone::Warn>{t(text::stale)}</Notice>
            <Notice tone=Tone::Alarm>{t(text::revoked)}</Notice>
            <div class="columns">
                <EmptyState title=t(text::no_tasks) text=t(text::no_tasks_text)>
                    <Button icon=Glyph::Plus>{t(text::add_task)}</Button>
                </EmptyState>
                <ErrorState
                    message=t(text::balances_failed)
                    todo=t(text::balances_todo)
                    reference="7F3A-02C1"
                    on_retry=move || ()
                />
                <div class="stack">
                    <Skeleton lines=4/>
                    <Progress label=t(text::importing) done=648_000 total=1_056_320/>
                    <Progress label=t(text::waiting) done=0/>
                </div>
            </div>
        </Section>
    }
    .into_any()
}

pub fn icons() -> AnyView {
    let all = Glyph::ALL
        .iter()
        .map(|glyph| view! { <li><Icon glyph=*glyph/><code class="faint">{format!("{glyph:?}")}</code></li> })
        .collect_view();
    view! { <Section title=t(text::icons)><ul class="gallery-icons">{all}</ul></Section> }.into_any()
}
