//! What the customer has with the bank: accounts by category, contracts with their due bills, cards,
//! standing orders and guarantees.

use chrono::{Days, NaiveDate};
use guanhu_domain::{
    Currency, Lang, Money,
    customers::{Card, Category, Contract, Guarantee, Holding, Party, RevealKind, StandingOrder},
};
use guanhu_ui::{Badge, EmptyState, Section, Tone, format_date, t};
use leptos::prelude::*;

use super::{
    here::{Here, Masked, use_here},
    names,
    reveal::Maskable,
    text,
};

/// Deposits, wealth and debts: the anchors to which the figures of the header lead.
const GROUPS: &[(&str, &[Category])] = &[
    ("deposits", &[Category::Current, Category::Term]),
    ("wealth", &[Category::Wealth, Category::Fund, Category::Insurance]),
    ("loans", &[Category::Loan, Category::Card]),
];

/// Maturities this close are pointed out.
const SOON: Days = Days::new(30);

#[component]
pub fn Holdings() -> impl IntoView {
    let here = use_here();
    let holdings = here.part(|c| c.holdings.clone());
    let closed_too = RwSignal::new(false);
    let body = move || {
        let lang = here.lang.get();
        let holdings = holdings.get();
        if holdings.is_empty() {
            return view! { <EmptyState title=text::no_holdings(lang) text=text::no_holdings_hint(lang) /> }.into_any();
        }
        let closed = holdings.iter().filter(|h| h.closed_on.is_some()).count();
        let shown: Vec<Holding> = holdings.into_iter().filter(|h| closed_too.get() || h.closed_on.is_none()).collect();
        view! {
            {table(here, shown, lang)}
            {(closed > 0).then(|| view! {
                <button type="button" class="c360-more no-print" on:click=move |_| closed_too.update(|on| *on = !*on)>
                    {if closed_too.get() { text::hide_closed(lang).to_owned() } else { text::show_closed(lang, closed) }}
                </button>
            })}
        }
        .into_any()
    };
    let as_of = move || text::as_of(here.lang.get(), &format_date(here.business_date(), here.lang.get()));
    view! {
        <div id="holdings" class="c360-anchor">
            <Section title=t(text::holdings) note=as_of>
                {body}
                <Contracts />
                <Guarantees />
                <Cards />
                <StandingOrders />
            </Section>
        </div>
    }
    .into_any()
}

fn table(here: Here, holdings: Vec<Holding>, lang: Lang) -> AnyView {
    let base = here.customer.with_untracked(|c| c.base_currency);
    let groups = GROUPS
        .iter()
        .map(|(id, categories)| {
            let bodies = categories
                .iter()
                .filter_map(|category| {
                    let rows: Vec<&Holding> = holdings.iter().filter(|h| h.category == *category).collect();
                    (!rows.is_empty()).then(|| rowgroup(here, *category, &rows, base, lang))
                })
                .collect_view();
            view! {
                <tbody id=format!("holdings-{id}") class="c360-jump"></tbody>
                {bodies}
            }
        })
        .collect_view();
    view! {
        <div class="c360-scroll" tabindex="0" role="group" aria-label=text::holdings(lang)>
            <table class="c360-table holdings">
                <caption class="sr-only">{text::holdings(lang)}</caption>
                <thead>
                    <tr>
                        <th scope="col">{text::product_account(lang)}</th>
                        <th scope="col" class="num wide-only">{text::rate(lang)}</th>
                        <th scope="col" class="wide-only">{text::opened(lang)}</th>
                        <th scope="col">{text::matures(lang)}</th>
                        <th scope="col" class="num">{text::balance_in(lang, base.code())}</th>
                    </tr>
                </thead>
                {groups}
            </table>
        </div>
    }
    .into_any()
}

fn rowgroup(here: Here, category: Category, rows: &[&Holding], base: Currency, lang: Lang) -> AnyView {
    // What the customer owns or owes, not what others let them use.
    let sum: i64 = rows.iter().filter(|h| h.owner.is_none() && h.closed_on.is_none()).map(|h| h.balance_base).sum();
    let used_only = rows.iter().all(|h| h.owner.is_some());
    let body = rows.iter().map(|h| row(here, h, base, lang)).collect_view();
    view! {
        <tbody>
            <tr class="c360-group">
                <th scope="rowgroup">
                    {category.name(lang)} <span class="faint">{text::accounts(lang, rows.len())}</span>
                </th>
                <td class="wide-only"></td>
                <td class="wide-only"></td>
                <td></td>
                <td class="num">{(!used_only).then(|| Money::new(sum, base).exact())}</td>
            </tr>
            {body}
        </tbody>
    }
    .into_any()
}

fn row(here: Here, h: &Holding, base: Currency, lang: Lang) -> AnyView {
    let today = here.business_date();
    let own = (h.currency != base).then(|| names::coded_amount(h.balance, h.currency));
    let account = h.account.clone();
    let masked = Masked { what: RevealKind::Account, id: h.account.clone(), shown: h.account_no.clone() };
    let notes = notes(h, lang);
    let title = names::lineage(&h.source, h.business_date, lang);
    view! {
        <tr class:closed=h.closed_on.is_some()>
            <th scope="row" title=title>
                <span class="c360-product">{h.product_name(lang).to_owned()}</span>
                <span class="c360-notes">
                    <Maskable masked may=here.may_reveal() />
                    {notes}
                    <a class="c360-rows no-print" href="#transactions" on:click=move |_| here.account.set(account.clone())>
                        {text::its_transactions(lang)}
                    </a>
                </span>
            </th>
            <td class="num wide-only">{h.rate.map(names::rate)}</td>
            <td class="wide-only">{h.opened_on.map(|day| format_date(day, lang))}</td>
            <td>{maturity(h, today, lang)}</td>
            <td class="num">
                {Money::new(h.balance_base, base).exact()}
                {own.map(|own| view! { <span class="c360-own">{own}</span> })}
            </td>
        </tr>
    }
    .into_any()
}

/// Owner, users, status, contract, limit, payment: what is unusual about an account.
fn notes(h: &Holding, lang: Lang) -> Vec<AnyView> {
    let mut notes: Vec<AnyView> = Vec::new();
    if h.overdue_days > 0 {
        notes.push(overdue(h.overdue_days, lang));
    }
    if let Some(day) = h.closed_on {
        notes.push(view! { <span>{text::closed_on(lang, &format_date(day, lang))}</span> }.into_any());
    } else if h.status != "active" {
        notes.push(status(&h.status, lang));
    }
    if let Some(owner) = &h.owner {
        notes.push(view! { <span>{text::owned_by(lang)} " " {party(owner)}</span> }.into_any());
    }
    if !h.users.is_empty() {
        let users = h.users.iter().map(|user| view! { " " {party(user)} }).collect_view();
        notes.push(view! { <span>{text::used_by(lang)} {users}</span> }.into_any());
    }
    if let Some(no) = &h.contract_no {
        notes.push(view! { <a href=format!("#contract-{no}")>{text::under_contract(lang, no)}</a> }.into_any());
    }
    if let Some(limit) = h.limit_amount {
        let figure = Money::new(limit, h.currency).short(lang);
        let words = if h.category == Category::Card { text::limit(lang, &figure) } else { text::principal(lang, &figure) };
        notes.push(view! { <span>{words}</span> }.into_any());
    }
    if let Some(payment) = h.payment {
        let figure = Money::new(payment, h.currency).exact();
        let words = if h.category == Category::Loan { text::monthly_payment(lang, &figure) } else { text::premium(lang, &figure) };
        notes.push(view! { <span>{words}</span> }.into_any());
    }
    if let Some(months) = h.term_months {
        notes.push(view! { <span>{text::months(lang, months)}</span> }.into_any());
    }
    if let Some(frequency) = &h.statement_frequency {
        notes.push(view! { <span>{names::frequency(frequency, lang)}</span> }.into_any());
    }
    notes
}

fn overdue(days: i32, lang: Lang) -> AnyView {
    view! { <Badge tone=Tone::Alarm>{text::overdue_days(lang, days)}</Badge> }.into_any()
}

fn status(code: &str, lang: Lang) -> AnyView {
    let words = names::status(code, lang);
    view! { <Badge tone=names::status_tone(code)>{words}</Badge> }.into_any()
}

fn maturity(h: &Holding, today: NaiveDate, lang: Lang) -> Option<AnyView> {
    let day = h.matures_on?;
    let soon = h.closed_on.is_none() && day >= today && day <= today + SOON;
    let words = format_date(day, lang);
    Some(if soon {
        let left = (day - today).num_days();
        view! { <Badge tone=Tone::Warn>{words}</Badge> <span class="c360-note">{text::days_left(lang, left)}</span> }.into_any()
    } else {
        view! { {words} }.into_any()
    })
}

/// A customer's name, as a link where the viewer may go there.
pub fn party(party: &Party) -> AnyView {
    match party.customer_no {
        Some(no) => view! { <a href=format!("/customers/{no}")>{party.name.clone()}</a> }.into_any(),
        None => view! { <span>{party.name.clone()}</span> }.into_any(),
    }
}

/// A small table under its own heading; nothing when there is nothing.
fn sub_table(title: String, head: AnyView, rows: AnyView) -> AnyView {
    let caption = title.clone();
    view! {
        <div class="c360-sub">
            <h3>{title}</h3>
            <div class="c360-scroll" tabindex="0" role="group" aria-label=t(text::holdings)>
                <table class="c360-table">
                    <caption class="sr-only">{caption}</caption>
                    <thead><tr>{head}</tr></thead>
                    {rows}
                </table>
            </div>
        </div>
    }
    .into_any()
}

/// 合同 with the 借据 drawn under each.
#[component]
fn Contracts() -> impl IntoView {
    let here = use_here();
    let contracts = here.part(|c| {
        let bills: Vec<Holding> = c.holdings.iter().filter(|h| h.contract_no.is_some()).cloned().collect();
        (c.contracts.clone(), bills)
    });
    move || {
        let lang = here.lang.get();
        let (contracts, bills) = contracts.get();
        (!contracts.is_empty()).then(|| {
            let head = view! {
                <th scope="col">{text::contract_bill(lang)}</th>
                <th scope="col">{text::signed(lang)}</th>
                <th scope="col">{text::expires(lang)}</th>
                <th scope="col" class="num">{text::amount(lang)}</th>
                <th scope="col" class="num">{text::outstanding(lang)}</th>
            }
            .into_any();
            let rows = contracts
                .into_iter()
                .map(|contract| {
                    let bills: Vec<&Holding> = bills.iter().filter(|h| h.contract_no.as_ref() == Some(&contract.contract_no)).collect();
                    contract_rows(&contract, &bills, lang)
                })
                .collect_view()
                .into_any();
            sub_table(text::contracts(lang).to_owned(), head, rows)
        })
    }
}

fn contract_rows(contract: &Contract, bills: &[&Holding], lang: Lang) -> AnyView {
    let outstanding: i64 = bills.iter().filter(|h| h.currency == contract.currency && h.closed_on.is_none()).map(|h| h.balance).sum();
    let lines = bills
        .iter()
        .map(|h| {
            view! {
                <tr class="c360-bill" class:closed=h.closed_on.is_some()>
                    <th scope="row" title=names::lineage(&h.source, h.business_date, lang)>
                        <span>{h.product_name(lang).to_owned()}</span>
                        <span class="faint">" " {h.account_no.clone()}</span>
                        {(h.overdue_days > 0).then(|| view! { " " {overdue(h.overdue_days, lang)} })}
                    </th>
                    <td>{h.opened_on.map(|day| format_date(day, lang))}</td>
                    <td>{h.matures_on.map(|day| format_date(day, lang))}</td>
                    <td class="num">{h.limit_amount.map(|minor| Money::new(minor, h.currency).exact())}</td>
                    <td class="num">{Money::new(h.balance, h.currency).exact()}</td>
                </tr>
            }
        })
        .collect_view();
    let title = names::lineage(&contract.source, contract.business_date, lang);
    view! {
        <tbody id=format!("contract-{}", contract.contract_no) class="c360-contract">
            <tr>
                <th scope="row" title=title>
                    <span class="c360-product">{contract.contract_no.clone()}</span>
                    <span class="c360-notes">
                        <span>{names::contract_kind(&contract.kind, lang)}</span>
                        {status(&contract.status, lang)}
                    </span>
                </th>
                <td>{contract.signed_on.map(|day| format_date(day, lang))}</td>
                <td>{contract.expires_on.map(|day| format_date(day, lang))}</td>
                <td class="num">{names::coded_amount(contract.amount, contract.currency)}</td>
                <td class="num">{Money::new(outstanding, contract.currency).exact()}</td>
            </tr>
            {lines}
        </tbody>
    }
    .into_any()
}

#[component]
fn Guarantees() -> impl IntoView {
    let here = use_here();
    let guarantees = here.part(|c| c.guarantees.clone());
    move || {
        let lang = here.lang.get();
        let guarantees = guarantees.get();
        (!guarantees.is_empty()).then(|| {
            let head = view! {
                <th scope="col">{text::guarantee(lang)}</th>
                <th scope="col">{text::guarantor(lang)}</th>
                <th scope="col">{text::contract(lang)}</th>
                <th scope="col" class="num">{text::amount(lang)}</th>
            }
            .into_any();
            let rows = guarantees
                .into_iter()
                .map(|guarantee| {
                    let Guarantee { kind, description, currency, amount, guarantor, contract_no, source, business_date } = guarantee;
                    view! {
                        <tr>
                            <th scope="row" title=names::lineage(&source, business_date, lang)>
                                <span class="c360-product">{names::guarantee_kind(&kind, lang)}</span>
                                <span class="c360-notes"><span>{description}</span></span>
                            </th>
                            <td>{guarantor.as_ref().map(party)}</td>
                            <td>{contract_no.map(|no| view! { <a href=format!("#contract-{no}")>{no.clone()}</a> })}</td>
                            <td class="num">{names::coded_amount(amount, currency)}</td>
                        </tr>
                    }
                })
                .collect_view();
            sub_table(text::guarantees(lang).to_owned(), head, view! { <tbody>{rows}</tbody> }.into_any())
        })
    }
}

#[component]
fn Cards() -> impl IntoView {
    let here = use_here();
    let cards = here.part(|c| c.cards.clone());
    move || {
        let lang = here.lang.get();
        let cards = cards.get();
        (!cards.is_empty()).then(|| {
            let head = view! {
                <th scope="col">{text::card(lang)}</th>
                <th scope="col">{text::kind(lang)}</th>
                <th scope="col">{text::of_account(lang)}</th>
                <th scope="col">{text::issued(lang)}</th>
                <th scope="col">{text::status(lang)}</th>
            }
            .into_any();
            let rows = cards
                .into_iter()
                .map(|card| {
                    let Card { id, card_no, kind, issued_on, status, account_no, source, business_date } = card;
                    view! {
                        <tr>
                            <th scope="row" title=names::lineage(&source, business_date, lang)>
                                {card_no.map(|shown| {
                                    let masked = Masked { what: RevealKind::Card, id: id.clone(), shown };
                                    view! { <Maskable masked may=here.may_reveal() /> }
                                })}
                            </th>
                            <td>{names::card_kind(&kind, lang)}</td>
                            <td>{account_no}</td>
                            <td>{issued_on.map(|day| format_date(day, lang))}</td>
                            <td>{self::status(&status, lang)}</td>
                        </tr>
                    }
                })
                .collect_view();
            sub_table(text::cards(lang).to_owned(), head, view! { <tbody>{rows}</tbody> }.into_any())
        })
    }
}

#[component]
fn StandingOrders() -> impl IntoView {
    let here = use_here();
    let orders = here.part(|c| c.standing_orders.clone());
    move || {
        let lang = here.lang.get();
        let orders = orders.get();
        (!orders.is_empty()).then(|| {
            let head = view! {
                <th scope="col">{text::purpose(lang)}</th>
                <th scope="col">{text::of_account(lang)}</th>
                <th scope="col">{text::payee(lang)}</th>
                <th scope="col" class="num">{text::amount(lang)}</th>
            }
            .into_any();
            let rows = orders
                .into_iter()
                .map(|order| {
                    let StandingOrder { account_no, to_bank, to_account, currency, amount, purpose, source, business_date } = order;
                    view! {
                        <tr>
                            <th scope="row" title=names::lineage(&source, business_date, lang)>{purpose.as_deref().map(|code| names::purpose(code, lang))}</th>
                            <td>{account_no}</td>
                            <td>{[to_bank, to_account].into_iter().flatten().collect::<Vec<_>>().join(" ")}</td>
                            <td class="num">{names::coded_amount(amount, currency)}</td>
                        </tr>
                    }
                })
                .collect_view();
            sub_table(text::standing_orders(lang).to_owned(), head, view! { <tbody>{rows}</tbody> }.into_any())
        })
    }
}
