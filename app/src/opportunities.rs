//! Opportunities at `/opportunities`: the stages side by side, each as long as it is asked for.

pub mod api;
pub mod form;
pub mod mover;
pub(crate) mod text;

use chrono::NaiveDate;
use guanhu_domain::{
    Code, Currency, CustomerNo,
    access::Verb,
    customers::{ManagerRef, UnitChoice},
    opportunities::{Column, ENDED_DAYS, Opportunity, OpportunityCard, OpportunityPage, OpportunityQuery, Pipeline, Stage},
};
use guanhu_ui::{
    Badge, Button, ButtonKind, Checkbox, Choice, Glyph, Menu, PageHead, Select, Skeleton, Tone, dom, format_count, format_date, t, use_lang,
};
use leptos::{ev, prelude::*, task::spawn_local};
use leptos_router::{
    NavigateOptions,
    hooks::{use_navigate, use_query_map},
    location::Url,
};

use self::{
    form::{OpportunitySheet, Subject, money, stages},
    mover::{EndDialog, Mover},
};
use crate::{
    Answer, Asked, Fail,
    attempt::{Attempt, Told},
    loaded::Failed,
    scripts::LazyPage,
    shell::{Protected, use_me},
    title::Title,
};

/// `/opportunities`.
pub struct OpportunitiesRoute {
    query: Memo<OpportunityQuery>,
    page: Asked<Pipeline>,
}

impl LazyPage for OpportunitiesRoute {
    fn data() -> Self {
        let params = use_query_map();
        let query = Memo::new(move |_| {
            params.with(|params| OpportunityQuery {
                owner: params.get("owner"),
                org: params.get("org"),
                overdue: params.get("overdue").is_some(),
                ..OpportunityQuery::default()
            })
        });
        let may = use_me().is_some_and(|me| me.may(Verb::OpportunityList));
        let page =
            Asked::of(
                query,
                move |query| async move { if may { api::read_pipeline(query).await } else { Err(Fail::new(Code::Forbidden)) } },
            );
        OpportunitiesRoute { query, page }
    }

    fn view(this: Self) -> AnyView {
        view! {
            <Title text=t(text::page_title) />
            <Protected>{page(this.query, this.page)}</Protected>
        }
        .into_any()
    }
}

/// What the parts of the page share.
#[derive(Clone, Copy)]
struct Here {
    query: Memo<OpportunityQuery>,
    /// In the order of [`Stage::ALL`].
    columns: StoredValue<Vec<RwSignal<Column>>>,
    /// What is dragged, and over which stage.
    dragged: RwSignal<Option<OpportunityCard>>,
    over: RwSignal<Option<Stage>>,
    sheet: RwSignal<Option<Subject>>,
    /// What was moved by a key keeps the focus where it went.
    held: StoredValue<Option<String>>,
    may: bool,
    base: Currency,
    today: NaiveDate,
    attempt: Attempt,
}

fn page(query: Memo<OpportunityQuery>, from: Asked<Pipeline>) -> AnyView {
    let Some(me) = use_me() else { return ().into_any() };
    let here = Here {
        query,
        columns: StoredValue::new(Stage::ALL.iter().map(|stage| RwSignal::new(empty(*stage))).collect()),
        dragged: RwSignal::new(None),
        over: RwSignal::new(None),
        sheet: RwSignal::new(None),
        held: StoredValue::new(None),
        may: me.may(Verb::OpportunityChange),
        base: Currency::new(&me.base_currency).unwrap_or(Currency::CNY),
        today: me.business_date,
        attempt: Attempt::new(),
    };
    let mover = Mover::new(move |customer, now| here.changed(customer, now));
    let body = move || {
        from.get().map(|answer| match answer {
            Ok(pipeline) => show(here, mover, pipeline),
            Err(fail) => view! { <Failed fail on_retry=move |()| from.refetch() /> }.into_any(),
        })
    };
    view! {
        <div class="page pipe-page">
            <PageHead title=t(text::opportunities) note=t(if here.may { text::note } else { text::note_reading }) />
            <Told attempt=here.attempt />
            <Transition fallback=|| view! { <Skeleton lines=8 /> }>{body}</Transition>
            <OpportunitySheet subject=here.sheet mover may=here.may base=here.base />
            <EndDialog mover />
        </div>
    }
    .into_any()
}

fn empty(stage: Stage) -> Column {
    Column { stage, count: 0, amount: 0, page: OpportunityPage { items: Vec::new(), next: None } }
}

impl Here {
    fn column(self, stage: Stage) -> Option<RwSignal<Column>> {
        self.columns.try_with_value(|columns| columns.get(stage as usize).copied()).flatten()
    }

    /// Puts it where it belongs now; whoever cannot know where reads again.
    fn changed(self, customer_no: CustomerNo, now: Option<Opportunity>) {
        let Some(now) = now.filter(|now| now.currency == self.base) else { return self.read_again() };
        let mut known = None;
        for stage in Stage::ALL {
            let Some(column) = self.column(*stage) else { return };
            let at = column.with_untracked(|column| column.page.items.iter().position(|card| card.opportunity.id == now.id));
            if let Some(at) = at {
                column.update(|column| {
                    let card = column.page.items.remove(at);
                    column.count -= 1;
                    column.amount -= card.opportunity.worth();
                    known = Some(card);
                });
            }
        }
        // What the filters leave out, what another page brought, and sums of other money than the bank's own.
        let filtered = self.query.with_untracked(|query| query.overdue || query.owner.is_some());
        let known = known.filter(|known| !filtered && known.opportunity.currency == self.base);
        let Some(known) = known else { return self.read_again() };
        let Some(column) = self.column(now.stage) else { return };
        let id = now.id.clone();
        column.update(|column| {
            column.count += 1;
            column.amount += now.worth();
            let items = &mut column.page.items;
            let at = if now.stage.is_open() {
                items.iter().position(|card| card.opportunity.expected_on > now.expected_on).unwrap_or(items.len())
            } else {
                0
            };
            items.insert(at, OpportunityCard { customer_no, customer: known.customer, opportunity: now });
        });
        if self.held.get_value().as_ref() == Some(&id) {
            self.held.set_value(None);
            dom::next_frame(move || dom::focus_id(&name(&id)));
        }
    }

    fn read_again(self) {
        let Some(query) = self.query.try_get_untracked() else { return };
        spawn_local(async move {
            let Ok(pipeline) = api::read_pipeline(query.clone()).await.and_then(Answer::read) else { return };
            if self.query.try_get_untracked() == Some(query) {
                self.fill(pipeline.columns);
            }
        });
    }

    fn fill(self, columns: Vec<Column>) {
        for column in columns {
            if let Some(shown) = self.column(column.stage) {
                shown.set(column);
            }
        }
    }

    /// The next page of a stage, below what is there.
    fn further(self, stage: Stage) {
        let Some(column) = self.column(stage) else { return };
        let Some(after) = column.with_untracked(|column| column.page.next.clone()) else { return };
        let query = OpportunityQuery { stage: Some(stage), after: Some(after), ..self.query.get_untracked() };
        self.attempt.run(api::list(query), move |page: OpportunityPage| {
            column.update(|column| {
                let known = |id: &str| column.page.items.iter().any(|card| card.opportunity.id == id);
                let new: Vec<_> = page.items.into_iter().filter(|card| !known(&card.opportunity.id)).collect();
                column.page.items.extend(new);
                column.page.next = page.next;
            });
        });
    }
}

/// The element that opens an opportunity.
fn name(id: &str) -> String {
    format!("opportunity-{id}")
}

fn column_name(stage: Stage) -> String {
    format!("pipe-{}", stage.code())
}

fn show(here: Here, mover: Mover, pipeline: Pipeline) -> AnyView {
    let Pipeline { columns, units, owners } = pipeline;
    here.fill(columns);
    let stages = Stage::ALL.iter().filter_map(|stage| here.column(*stage)).map(|column| stage_column(here, mover, column)).collect_view();
    view! {
        {filters(here, units, owners)}
        <div class="pipe" role="region" tabindex="0" aria-label=t(text::board_name)>{stages}</div>
    }
    .into_any()
}

/// What the page is narrowed to stands in its address.
fn filters(here: Here, units: Vec<UnitChoice>, owners: Vec<ManagerRef>) -> AnyView {
    let navigate = use_navigate();
    let query = here.query.get_untracked();
    let unit = RwSignal::new(query.org.unwrap_or_default());
    let owner = RwSignal::new(query.owner.unwrap_or_default());
    let overdue = RwSignal::new(query.overdue);
    let go = Callback::new(move |()| {
        let (unit, owner) = (unit.get_untracked(), owner.get_untracked());
        let mut parts = Vec::new();
        for (name, value) in [("org", unit), ("owner", owner)] {
            if !value.is_empty() {
                parts.push(format!("{name}={}", Url::escape(&value)));
            }
        }
        if overdue.get_untracked() {
            parts.push("overdue=1".to_owned());
        }
        navigate(&format!("/opportunities?{}", parts.join("&")), NavigateOptions { replace: true, scroll: false, ..Default::default() });
    });
    let several = units.len() > 1;
    let units = Signal::stored(
        units
            .into_iter()
            .map(|unit| Choice::new(unit.code, "\u{2003}".repeat(unit.depth.max(0) as usize) + &unit.name))
            .collect::<Vec<_>>(),
    );
    let managed = !owners.is_empty();
    let owners = Signal::stored(owners.into_iter().map(|owner| Choice::new(owner.code, owner.name)).collect::<Vec<_>>());
    // Another unit has other managers.
    let other_unit = move |_: String| {
        owner.set(String::new());
        go.run(());
    };
    view! {
        <div class="pipe-bar no-print">
            {several.then(|| view! { <Select value=unit choices=units label=t(text::unit) empty=t(text::whole) on_change=other_unit /> })}
            {managed.then(|| view! { <Select value=owner choices=owners label=t(text::owner) empty=t(text::all_owners) on_change=move |_: String| go.run(()) /> })}
            <Checkbox checked=overdue label=t(text::only_overdue) on_change=move |_: bool| go.run(()) />
        </div>
    }
    .into_any()
}

fn stage_column(here: Here, mover: Mover, column: RwSignal<Column>) -> AnyView {
    let lang = use_lang();
    let stage = column.with_untracked(|column| column.stage);
    let sums = move || {
        let lang = lang.get();
        column.with(|column| text::count_of(lang, &format_count(column.count), &money(column.amount, here.base, here.base, lang)))
    };
    let nothing = move || column.with(|column| column.page.items.is_empty()).then(|| view! { <p class="faint">{t(text::none_here)}</p> });
    let more = move || {
        column.with(|column| column.page.next.is_some()).then(|| {
            view! { <Button kind=ButtonKind::Quiet busy=here.attempt.busy on_click=move |_| here.further(stage)>{t(text::more)}</Button> }
        })
    };
    let drop = move |event: ev::DragEvent| {
        event.prevent_default();
        here.over.set(None);
        if let Some(card) = here.dragged.get_untracked() {
            here.dragged.set(None);
            mover.go(card.customer_no, card.opportunity, stage);
        }
    };
    view! {
        <section
            class="pipe-col"
            class:over=move || here.over.get() == Some(stage)
            id=column_name(stage)
            aria-label=move || text::stage_column(lang.get(), stage.name(lang.get()))
            on:dragover=move |event: ev::DragEvent| {
                if here.dragged.with_untracked(Option::is_some) {
                    event.prevent_default();
                    if here.over.get_untracked() != Some(stage) {
                        here.over.set(Some(stage));
                    }
                }
            }
            on:drop=drop
        >
            <header class="pipe-head">
                <h2>{move || stage.name(lang.get())}</h2>
                {(!stage.is_open()).then(|| view! { <span class="faint">{move || text::ended_note(lang.get(), ENDED_DAYS)}</span> })}
                <p class="num">{sums}</p>
            </header>
            <ul class="pipe-cards">
                <For each=move || column.with(|column| column.page.items.clone()) key=|card| (card.opportunity.id.clone(), card.opportunity.version) let:card>
                    {card_view(here, mover, card)}
                </For>
            </ul>
            {nothing}
            {more}
        </section>
    }
    .into_any()
}

fn card_view(here: Here, mover: Mover, card: OpportunityCard) -> AnyView {
    let lang = use_lang();
    let OpportunityCard { customer_no, customer, opportunity } = card.clone();
    let Opportunity { id, title, product, stage, currency, expected_on, owner, next_step, ended_on, .. } = opportunity.clone();
    let (worth, overdue) = (opportunity.worth(), opportunity.is_overdue(here.today));
    let day = move || {
        let lang = lang.get();
        match ended_on {
            Some(ended) => view! { <span class="faint">{format_date(ended, lang)}</span> }.into_any(),
            None if overdue => {
                view! { <Badge tone=Tone::Alarm>{text::overdue_since(lang, &format_date(expected_on, lang))}</Badge> }.into_any()
            }
            None => view! { <span class="faint">{format_date(expected_on, lang)}</span> }.into_any(),
        }
    };
    let subject = Subject { customer: customer_no, id: Some(id.clone()) };
    let held = id.clone();
    let moving = opportunity.clone();
    let keys = move |event: ev::KeyboardEvent| {
        if event.ctrl_key() || event.alt_key() || event.meta_key() || event.is_composing() {
            return;
        }
        let beside = |step: isize| Stage::ALL.get((stage as usize).checked_add_signed(step)?).copied();
        match (event.key().as_str(), event.shift_key()) {
            ("ArrowDown", false) => dom::move_focus(&column_name(stage), ".pipe-open", 1),
            ("ArrowUp", false) => dom::move_focus(&column_name(stage), ".pipe-open", -1),
            (key @ ("ArrowLeft" | "ArrowRight"), false) => look_beside(here, stage, if key == "ArrowLeft" { -1 } else { 1 }),
            (key @ ("ArrowLeft" | "ArrowRight"), true) if here.may => {
                if let Some(to) = beside(if key == "ArrowLeft" { -1 } else { 1 }) {
                    here.held.set_value(Some(held.clone()));
                    mover.go(customer_no, moving.clone(), to);
                }
            }
            _ => return,
        }
        event.prevent_default();
    };
    let menu = here.may.then(|| {
        let (title, opportunity) = (title.clone(), opportunity.clone());
        let go = Callback::new(move |to| mover.go(customer_no, opportunity.clone(), to));
        let label = move || text::move_named(lang.get(), &title);
        view! { <Menu name=format!("move-{id}") label glyph=Glyph::More bare=true end=true items=stages(stage, go) /> }
    });
    let dragged = StoredValue::new(card);
    view! {
        <li
            class="pipe-card"
            draggable=here.may.then_some("true")
            on:dragstart=move |_| here.dragged.set(Some(dragged.get_value()))
            on:dragend=move |_| {
                here.dragged.set(None);
                here.over.set(None);
            }
        >
            <div class="pipe-what">
                <button class="pipe-open" type="button" id=name(&subject.id.clone().unwrap_or_default()) on:keydown=keys on:click=move |_| here.sheet.set(Some(subject.clone()))>
                    {title}
                </button>
                <a href=format!("/customers/{customer_no}") draggable="false">{customer}</a>
                <span class="pipe-line">
                    <strong class="num">{move || money(worth, currency, here.base, lang.get())}</strong>
                    {day}
                </span>
                <span class="faint">{move || product.name(lang.get()).to_owned()} {owner.map(|owner| format!(" · {}", owner.name))}</span>
                {(!next_step.is_empty()).then(|| view! { <span class="faint">"→ " {next_step}</span> })}
            </div>
            {menu}
        </li>
    }
    .into_any()
}

/// The focus into the nearest column on that side that has something.
fn look_beside(here: Here, from: Stage, step: isize) {
    let mut at = from as usize;
    while let Some(stage) = at.checked_add_signed(step).and_then(|next| Stage::ALL.get(next)) {
        at = *stage as usize;
        if here.column(*stage).is_some_and(|column| column.with_untracked(|column| !column.page.items.is_empty())) {
            return dom::move_focus(&column_name(*stage), ".pipe-open", 0);
        }
    }
}
