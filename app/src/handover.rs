//! Handing over a leaver's portfolio at `/handover?from=CODE`: who, to whom, how divided, one transfer.

pub mod api;
mod drag;
mod proposal;
mod sheet;
mod text;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use chrono::{Datelike, NaiveDate};
use guanhu_domain::{
    Code, CustomerNo, Lang, Problem,
    access::{Me, Verb},
    assignments::{
        Portfolio, Released, Releasing,
        board::Board,
        handover::{Colleague, Holdings, NewHandover, Proposal, ProposedItem, SplitRequest, SplitRule},
    },
};
use guanhu_ui::{
    Button, ButtonKind, Checkbox, Choice, EmptyState, ErrorState, Fact, Facts, Field, Glyph, PageHead, Section, Select, TextArea, Toasts,
    format_count, t, use_lang, use_toasts,
};
use leptos::prelude::*;
use leptos_router::hooks::{use_navigate, use_query_map};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use self::sheet::SheetRoute;
use self::{api::HandoverStart, proposal::proposed};
use crate::{
    Asked, Fail,
    attempt::{Attempt, Once, Told},
    customers::list::columns::Figures,
    drafts::{self, Draft, Restored},
    loaded::Failed,
    scripts::LazyPage,
    shell::{Protected, use_me},
    title::Title,
};

/// `/handover`.
pub struct HandoverRoute {
    page: Asked<HandoverStart>,
}

impl LazyPage for HandoverRoute {
    fn data() -> Self {
        let params = use_query_map();
        let named = move |name: &'static str| params.with(|params| params.get(name).filter(|value| !value.is_empty()));
        let from = Memo::new(move |_| (named("from"), named("unit")));
        let may = use_me().is_some_and(|me| me.may(Verb::TransferRequest));
        let page =
            Asked::of(
                from,
                move |(from, unit)| async move { if may { api::start(from, unit).await } else { Err(Fail::new(Code::Forbidden)) } },
            );
        HandoverRoute { page }
    }

    fn view(this: Self) -> AnyView {
        let lang = use_lang();
        let page = this.page;
        let body = move || {
            let me = use_me()?;
            page.get().map(|answer| match answer {
                Ok(HandoverStart::Chosen(holdings)) => divide(&me, holdings),
                Ok(HandoverStart::Choose(found)) => choose(&me, found),
                Err(fail) if fail.0.code == Code::NotFound => view! { <ErrorState message=move || text::unknown(lang.get()) /> }.into_any(),
                Err(fail) => view! { <Failed fail on_retry=move |()| page.refetch() /> }.into_any(),
            })
        };
        view! {
            <Title text=move || text::title(lang.get()) />
            <Protected>
                <div class="page handover-page">
                    <PageHead title=t(text::handover) note=t(text::note)>
                        <Button href="/board" icon=Glyph::Board>{t(crate::text::board)}</Button>
                    </PageHead>
                    <Transition>{body}</Transition>
                </div>
            </Protected>
        }
        .into_any()
    }
}

/// Everybody of the unit, with what they hold.
fn choose(me: &Me, board: Board) -> AnyView {
    let lang = use_lang();
    let figures = Figures::of(me);
    let indent = |depth: i32| "\u{2003}".repeat(usize::try_from(depth).unwrap_or(0));
    let units: Vec<Choice> =
        board.units.iter().map(|unit| Choice::new(&unit.code, format!("{}{}", indent(unit.depth), unit.name))).collect();
    let unit = RwSignal::new(board.unit.code.clone());
    let navigate = use_navigate();
    let go = move |code: String| navigate(&format!("/handover?unit={code}"), Default::default());
    let several = units.len() > 1;
    let rows = board.columns.into_iter().filter_map(move |column| {
        let manager = column.manager?;
        let Portfolio { customers, aum, load, .. } = column.portfolio;
        Some(view! {
            <tr>
                <td><a href=format!("/handover?from={}", manager.code)>{manager.name}</a> " " <span class="faint">{manager.code}</span></td>
                <td>{column.unit}</td>
                <td class="num">{format_count(customers)}</td>
                <td class="num">{move || figures.short(aum, lang.get())}</td>
                <td class="num">{format!("{} / {}", format_count(load), format_count(column.capacity))}</td>
            </tr>
        })
    });
    view! {
        <Section title=t(text::choose)>
            {several
                .then(|| view! {
                    <div class="handover-unit">
                        <Select value=unit choices=units label=t(text::unit) on_change=go />
                    </div>
                })}
            <div class="table-wrap">
                <table class="table-plain">
                    <thead>
                        <tr>
                            <th>{t(text::manager)}</th>
                            <th>{t(text::unit)}</th>
                            <th class="num">{t(text::customers)}</th>
                            <th class="num">{t(text::aum)}</th>
                            <th class="num">{t(text::load)}</th>
                        </tr>
                    </thead>
                    <tbody>{rows.collect_view()}</tbody>
                </table>
            </div>
        </Section>
    }
    .into_any()
}

/// What the parts of the division share.
#[derive(Clone, Copy)]
struct Here {
    from: StoredValue<String>,
    holdings: StoredValue<Arc<Holdings>>,
    to: RwSignal<BTreeSet<String>>,
    rule: RwSignal<String>,
    /// Households and groups are not divided.
    together: RwSignal<bool>,
    /// What the new leads should know, by customer; outlives another proposal.
    notes: RwSignal<BTreeMap<CustomerNo, String>>,
    proposal: RwSignal<Option<Arc<Proposal>>>,
    /// Counts what was chosen or thrown away: the proposal to an earlier choice comes too late.
    chosen: StoredValue<u32>,
    /// As proposed, then as adjusted.
    items: RwSignal<Vec<ProposedItem>>,
    /// What is typed outlives another proposal.
    reason: RwSignal<String>,
    effective: RwSignal<Option<NaiveDate>>,
    /// The last question and its key.
    asked: StoredValue<Option<(NewHandover, Uuid)>>,
    draft: Draft,
    attempt: Attempt,
    figures: Figures,
    lang: Signal<Lang>,
    toasts: Toasts,
}

/// As typed and chosen, kept until it is submitted. The proposal itself is made anew.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Typed {
    to: BTreeSet<String>,
    rule: String,
    together: bool,
    notes: BTreeMap<CustomerNo, String>,
    reason: String,
    effective: Option<NaiveDate>,
    proposed: bool,
    /// Who goes to another than was proposed.
    adjusted: BTreeMap<CustomerNo, String>,
}

impl Here {
    fn typed(self, adjusted: Memo<BTreeMap<CustomerNo, String>>) -> Typed {
        Typed {
            to: self.to.get(),
            rule: self.rule.get(),
            together: self.together.get(),
            notes: self.notes.get(),
            reason: self.reason.get(),
            effective: self.effective.get(),
            proposed: self.proposal.with(Option::is_some),
            adjusted: adjusted.get(),
        }
    }

    /// Only who is still there receives, and no day of a month that is over by now.
    fn adopt(self, typed: Typed) {
        self.chosen.update_value(|chosen| *chosen += 1);
        let first = self.figures.today.with_day(1);
        let there: BTreeSet<String> =
            self.holdings.with_value(|held| held.colleagues.iter().map(|colleague| colleague.manager.code.clone()).collect());
        self.to.set(typed.to.intersection(&there).cloned().collect());
        self.rule.set(typed.rule);
        self.together.set(typed.together);
        self.notes.set(typed.notes);
        self.reason.set(typed.reason);
        if typed.effective >= first {
            self.effective.set(typed.effective);
        }
        if typed.proposed {
            self.propose(typed.adjusted);
        } else {
            self.proposal.set(None);
            self.items.set(Vec::new());
        }
    }

    /// Asks for a division, and changes it as it was changed before.
    fn propose(self, adjusted: BTreeMap<CustomerNo, String>) {
        let Some(rule) = SplitRule::from_code(&self.rule.get_untracked()) else { return };
        let asked = SplitRequest {
            from: self.from.get_value(),
            to: self.to.get_untracked().into_iter().collect(),
            rule,
            together: self.together.get_untracked(),
        };
        let chosen = self.chosen.get_value();
        self.attempt.run(api::propose(asked), move |proposal| {
            if self.chosen.try_get_value() != Some(chosen) {
                return;
            }
            let mut items = proposal.items.clone();
            for item in &mut items {
                let other = adjusted.get(&item.customer_no).filter(|to| {
                    proposal.portfolios.iter().any(|change| change.manager.as_ref().is_some_and(|manager| manager.code == **to))
                });
                if let Some(to) = other {
                    item.to.clone_from(to);
                }
            }
            self.items.set(items);
            self.proposal.set(Some(Arc::new(proposal)));
        });
    }
}

/// Brings back what was typed and chosen, and keeps it from now on.
fn keep(here: Here) -> AnyView {
    let adjusted = Memo::new(move |_| {
        let proposal = here.proposal.get();
        here.items.with(|items| {
            let proposed = proposal.iter().flat_map(|proposal| &proposal.items);
            let other = items.iter().zip(proposed).filter(|(now, proposed)| now.to != proposed.to);
            other.map(|(now, _)| (now.customer_no, now.to.clone())).collect::<BTreeMap<_, _>>()
        })
    });
    let restored = RwSignal::new(false);
    let began = StoredValue::new(untrack(|| here.typed(adjusted)));
    drafts::follow(
        here.draft,
        restored,
        move || here.typed(adjusted),
        move |typed: Typed| {
            let other = began.with_value(|began| *began != typed);
            if other {
                here.adopt(typed);
            }
            other
        },
    );
    let discard = move |()| {
        here.adopt(began.get_value());
        here.draft.forget();
    };
    view! { <Restored shown=restored on_discard=discard /> }.into_any()
}

fn divide(me: &Me, holdings: Holdings) -> AnyView {
    let lang = use_lang();
    let name = holdings.manager.name.clone();
    let own_unit: BTreeSet<String> = holdings
        .colleagues
        .iter()
        .filter(|colleague| colleague.unit == holdings.unit)
        .map(|colleague| colleague.manager.code.clone())
        .collect();
    let here = Here {
        from: StoredValue::new(holdings.manager.code.clone()),
        to: RwSignal::new(own_unit),
        rule: RwSignal::new(SplitRule::Weight.code().to_owned()),
        together: RwSignal::new(true),
        notes: RwSignal::new(BTreeMap::new()),
        proposal: RwSignal::new(None),
        chosen: StoredValue::new(0),
        items: RwSignal::new(Vec::new()),
        reason: RwSignal::new(String::new()),
        effective: RwSignal::new(Some(me.business_date)),
        asked: StoredValue::new(None),
        draft: Draft::of("handover", &holdings.manager.code),
        attempt: Attempt::new(),
        figures: Figures::of(me),
        lang,
        toasts: use_toasts(),
        holdings: StoredValue::new(Arc::new(holdings)),
    };
    let Holdings {
        lead,
        assist,
        elsewhere,
        tasks,
        others_tasks,
        opportunities,
        others_opportunities,
        groups,
        tier_requests,
        waiting,
        incoming,
        ..
    } = *here.holdings.get_value();
    let rest = others_tasks + others_opportunities + groups + tier_requests;
    let facts = view! {
        <Facts>
            <Fact label=t(text::lead)>{format_count(lead)}</Fact>
            <Fact label=t(text::assist)>{format_count(assist)}</Fact>
            <Fact label=t(text::tasks)>{format_count(tasks)}</Fact>
            <Fact label=t(text::opportunities)>{format_count(opportunities)}</Fact>
            <Fact label=t(text::groups)>{format_count(groups)}</Fact>
            <Fact label=t(text::tier_requests)>{format_count(tier_requests)}</Fact>
            <Fact label=t(text::waiting)>{format_count(waiting + incoming)}</Fact>
        </Facts>
    };
    let inside = match (lead, assist + waiting + incoming + rest) {
        (0, 0) => view! { <EmptyState title=t(text::nothing) /> }.into_any(),
        (0, _) => view! { <p>{t(text::nothing_led)}</p> }.into_any(),
        _ => view! { {keep(here)} {form(here)} }.into_any(),
    };
    let released = RwSignal::new(false);
    let assists = (assist + rest > 0).then(|| view! { <Release here released /> });
    let tools = move || view! { <a href="/handover">{t(text::other)}</a> };
    view! {
        <Section title=move || text::of(lang.get(), &name) tools>
            {facts}
            {(waiting + incoming > 0).then(|| view! { <p class="faint">{t(text::waiting_note)}</p> })}
            {(elsewhere > 0).then(|| view! { <p class="faint">{move || text::elsewhere(lang.get(), &format_count(elsewhere))}</p> })}
            {inside}
        </Section>
        {move || here.proposal.get().map(|proposal| proposed(here, proposal))}
        {assists}
    }
    .into_any()
}

/// Whoever leaves stops assisting, and leaves nothing else behind.
#[component]
fn Release(here: Here, released: RwSignal<bool>) -> impl IntoView {
    let lang = here.lang;
    let held = here.holdings.get_value();
    let reason = RwSignal::new(String::new());
    let heir = RwSignal::new(String::new());
    let attempt = Attempt::new();
    let once = Once::new();
    let draft = Draft::of("handover", format!("{}:release", here.from.get_value()));
    drafts::one_value(draft, RwSignal::new(true), reason);
    let send = move |_| {
        let release = Releasing {
            from: here.from.get_value(),
            heir: Some(heir.get_untracked()).filter(|heir| !heir.is_empty()),
            reason: reason.get_untracked(),
        };
        let key = once.key_for(&release);
        let sent = draft.once_sent();
        attempt.run(once.of(move |_| api::release(release, key)), move |done| {
            sent();
            released.try_set(true);
            here.toasts.say(said(&done, lang.get_untracked()));
        });
    };
    let (assist, tasks, groups, requests) = (held.assist, held.others_tasks, held.groups, held.tier_requests);
    let opportunities = held.others_opportunities;
    let what = move || {
        let lang = lang.get();
        let lines: [(i64, Count); 5] = [
            (assist, text::ends_assists),
            (tasks, text::ends_tasks),
            (opportunities, text::ends_opportunities),
            (groups, text::ends_groups),
            (requests, text::ends_requests),
        ];
        let lines = lines.into_iter().filter(|(count, _)| *count > 0);
        view! { <ul>{lines.map(|(count, words)| view! { <li>{words(lang, &format_count(count))}</li> }).collect_view()}</ul> }
    };
    let colleagues = StoredValue::new(held.colleagues.clone());
    let heirs = Signal::derive(move || {
        let me = Choice::new("", text::heir_me(lang.get()));
        let others = colleagues.with_value(|colleagues| {
            let choice =
                |colleague: &Colleague| Choice::new(&colleague.manager.code, &colleague.manager.name).hint(&colleague.manager.code);
            colleagues.iter().map(choice).collect::<Vec<_>>()
        });
        std::iter::once(me).chain(others).collect::<Vec<_>>()
    });
    let inside = move || match released.get() {
        true => view! { <p>{t(text::released_all)}</p> }.into_any(),
        false => view! {
            {what}
            <div class="handover-submit">
                {(groups > 0).then(|| view! {
                    <Field name="release-heir" label=t(text::heir) hint=t(text::heir_hint) error=attempt.error("heir")>
                        <Select value=heir choices=heirs />
                    </Field>
                })}
                <Field name="release-reason" label=t(text::reason) error=attempt.error("reason") required=true help="transfers#handover">
                    <TextArea value=reason rows=2 maxlength=500 />
                </Field>
                <Button kind=ButtonKind::Primary busy=attempt.busy on_click=send>{t(text::release)}</Button>
            </div>
            <Refused attempt />
        }
        .into_any(),
    };
    view! {
        <Section title=t(text::rest) note=t(text::assists_note)>
            {inside}
        </Section>
    }
    .into_any()
}

type Count = fn(Lang, &str) -> String;

/// What has ended, with its counts.
fn said(done: &Released, lang: Lang) -> String {
    let customers = done.transfer.as_ref().map_or(0, |transfer| i64::from(transfer.customers));
    let parts: [(i64, Count); 5] = [
        (customers, text::released),
        (done.tasks, text::released_tasks),
        (done.opportunities, text::released_opportunities),
        (done.groups, text::released_groups),
        (done.tier_requests, text::released_requests),
    ];
    let parts = parts.into_iter().filter(|(count, _)| *count > 0).map(|(count, words)| words(lang, &format_count(count)));
    parts.collect::<Vec<_>>().join(if lang == Lang::Zh { "" } else { " " })
}

fn form(here: Here) -> AnyView {
    let lang = here.lang;
    let held = here.holdings.get_value();
    if held.colleagues.is_empty() {
        return view! { <EmptyState title=t(text::nobody) /> }.into_any();
    }
    let colleagues = held.colleagues.clone().into_iter().map(|colleague| {
        let code = colleague.manager.code.clone();
        let (own, kept) = (code.clone(), code.clone());
        view! {
            <label class="handover-colleague">
                <input
                    type="checkbox"
                    checked=here.to.with_untracked(|to| to.contains(&own))
                    prop:checked=move || here.to.with(|to| to.contains(&kept))
                    on:change=move |event| {
                        let on = event_target_checked(&event);
                        here.to.update(|to| {
                            if on { to.insert(code.clone()) } else { to.remove(&code) };
                        });
                    }
                />
                <span>{colleague.manager.name}</span>
                <span class="faint">{colleague.unit}</span>
                <span class="num faint">{format!("{} / {}", format_count(colleague.load), format_count(colleague.capacity))}</span>
            </label>
        }
    });
    let rules =
        Signal::derive(move || SplitRule::ALL.iter().map(|rule| Choice::new(rule.code(), rule.name(lang.get()))).collect::<Vec<_>>());
    let propose = move |_| here.propose(BTreeMap::new());
    view! {
        <div class="handover-form">
            <fieldset>
                <legend>{t(text::receivers)}</legend>
                {colleagues.collect_view()}
            </fieldset>
            <Field name="rule" label=t(text::rule) help="transfers#handover">
                <Select value=here.rule choices=rules />
            </Field>
            <Checkbox checked=here.together label=t(text::together) />
            <Button
                kind=ButtonKind::Primary
                busy=here.attempt.busy
                disabled=Signal::derive(move || here.to.with(BTreeSet::is_empty))
                on_click=propose
            >
                {move || if here.proposal.with(Option::is_some) { text::again(lang.get()) } else { text::propose(lang.get()) }}
            </Button>
        </div>
        <Refused attempt=here.attempt />
    }
    .into_any()
}

/// The refusals of every field at once: each says what it is about.
#[component]
fn Refused(attempt: Attempt) -> impl IntoView {
    let errors = ["to", "customers", "effective"].map(|field| attempt.error(field));
    view! {
        {move || errors.iter().find_map(|error| error.get()).map(|words| view! { <div class="notice alarm" role="alert">{words}</div> })}
        <Told attempt explain=explain />
    }
    .into_any()
}

fn explain(problem: &Problem, lang: Lang) -> Option<String> {
    (problem.code == Code::Conflict).then(|| text::changed(lang).to_owned())
}
