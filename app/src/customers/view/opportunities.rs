//! What may come of the customer: open opportunities, each a click from its next stage.

use guanhu_domain::opportunities::Opportunity;
use guanhu_ui::{Badge, Button, ButtonKind, Glyph, Section, Tone, format_date, t};
use leptos::prelude::*;

use super::{
    browser,
    here::{Here, use_here},
};
use crate::{
    desk::{self, Offer},
    opportunities::{
        form::{OpportunitySheet, Subject, money},
        mover::{EndDialog, Mover},
        text,
    },
    palette::text as palette,
};

#[component]
pub fn Opportunities() -> impl IntoView {
    let here = use_here();
    let shown = here.part(|customer| (customer.opportunities.clone(), customer.may.log_activity));
    let subject = RwSignal::new(None::<Subject>);
    let mover = Mover::new(move |_, _| here.refresh());
    let body = move || {
        let (opportunities, may) = shown.get();
        if opportunities.is_empty() {
            return view! { <p class="muted">{t(text::none_open)}</p> }.into_any();
        }
        let rows = opportunities.into_iter().map(|opportunity| row(here, mover, subject, opportunity, may)).collect_view();
        view! { <ul class="c360-list">{rows}</ul> }.into_any()
    };
    let add = move || subject.set(Some(Subject { customer: here.no, id: None }));
    if here.may_log() {
        desk::offer(vec![Offer::new("add-opportunity", palette::add_opportunity, move || {
            browser::go_to("opportunities");
            add();
        })]);
    }
    let tools = move || {
        shown.with(|(_, may)| *may).then(|| {
            view! { <Button kind=ButtonKind::Quiet icon=Glyph::Plus on_click=move |_| add()>{t(text::add)}</Button> }
        })
    };
    view! {
        <div id="opportunities" class="c360-anchor">
            <Section title=t(text::opportunities) tools=tools>{body}</Section>
            <OpportunitySheet subject mover may=here.may_log() base=here.base() />
            <EndDialog mover />
        </div>
    }
    .into_any()
}

fn row(here: Here, mover: Mover, subject: RwSignal<Option<Subject>>, opportunity: Opportunity, may: bool) -> AnyView {
    let lang = here.lang;
    let (no, base, today) = (here.no, here.base(), here.business_date());
    let about = Subject { customer: no, id: Some(opportunity.id.clone()) };
    let (stage, overdue, expected_on) = (opportunity.stage, opportunity.is_overdue(today), opportunity.expected_on);
    let day = move || {
        let words = format_date(expected_on, lang.get());
        if overdue {
            view! { <Badge tone=Tone::Alarm>{text::overdue_since(lang.get(), &words)}</Badge> }.into_any()
        } else {
            view! { <span class="faint">{words}</span> }.into_any()
        }
    };
    let next = may.then(|| stage.next()).flatten().map(|next| {
        let (title, moving) = (opportunity.title.clone(), opportunity.clone());
        let label = move || text::to_next_named(lang.get(), &title, next.name(lang.get()));
        let go = move |_| mover.go(no, moving.clone(), next);
        view! { <Button kind=ButtonKind::Quiet icon=Glyph::Right label=label on_click=go>{move || text::to_next(lang.get(), next.name(lang.get()))}</Button> }
    });
    let (amount, currency) = (opportunity.amount, opportunity.currency);
    let owner = opportunity.owner.map(|owner| format!(" · {}", owner.name));
    view! {
        <li class="c360-opportunity">
            <span class="c360-doc">
                <button class="pipe-open" type="button" on:click=move |_| subject.set(Some(about.clone()))>{opportunity.title}</button>
                <span class="faint">
                    {move || stage.name(lang.get())} " · " {move || money(amount, currency, base, lang.get())} {owner}
                </span>
                {(!opportunity.next_step.is_empty()).then(|| view! { <span class="faint">"→ " {opportunity.next_step}</span> })}
            </span>
            <span class="c360-opportunity-end">{day} <span class="no-print">{next}</span></span>
        </li>
    }
    .into_any()
}
