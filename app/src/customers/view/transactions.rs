//! What was booked: filtered, by day, with the balance after each; more comes as one scrolls.

use chrono::{Months, NaiveDate};
use guanhu_domain::{
    Currency, Lang, Money, calendar,
    customers::{Holding, Transaction, TransactionQuery},
};
use guanhu_ui::{
    Button, ButtonKind, Choice, DateInput, EmptyState, ErrorState, Glyph, MoneyInput, Section, Select, Skeleton, TextInput, format_date, t,
};
use leptos::{html, prelude::*, task::spawn_local};

use super::{
    browser,
    here::{Here, use_here},
    names, text,
};
use crate::{Fail, customers::view_api};

#[derive(Clone, Copy)]
struct List {
    here: Here,
    from: RwSignal<Option<NaiveDate>>,
    to: RwSignal<Option<NaiveDate>>,
    direction: RwSignal<String>,
    least: RwSignal<Option<i64>>,
    words: RwSignal<String>,
    /// `words` once they are meant: after Enter or when the field is left.
    asked: RwSignal<String>,
    items: RwSignal<Vec<Transaction>>,
    next: RwSignal<Option<String>>,
    begun: RwSignal<bool>,
    busy: RwSignal<bool>,
    failed: RwSignal<Option<Fail>>,
    /// Answers to an older question are thrown away.
    question: StoredValue<u32>,
}

#[component]
pub fn Transactions() -> impl IntoView {
    let here = use_here();
    let first = here.transactions.try_update_value(Option::take).flatten();
    let begun = first.is_some();
    let (items, next) = first.map_or_else(Default::default, |slice| (slice.items, slice.next));
    let list = List {
        here,
        from: RwSignal::new(None),
        to: RwSignal::new(None),
        direction: RwSignal::new(String::new()),
        least: RwSignal::new(None),
        words: RwSignal::new(String::new()),
        asked: RwSignal::new(String::new()),
        items: RwSignal::new(items),
        next: RwSignal::new(next),
        begun: RwSignal::new(begun),
        busy: RwSignal::new(false),
        failed: RwSignal::new(None),
        question: StoredValue::new(0),
    };
    // A changed condition is a new question, once the list was in sight at all.
    Effect::new(move |before: Option<TransactionQuery>| {
        let query = list.query();
        if before.is_some_and(|before| before != query) && list.begun.get_untracked() {
            list.load(true);
        }
        query
    });
    let end = NodeRef::<html::Div>::new();
    browser::on_sight(end, Callback::new(move |()| list.load(false)));
    view! {
        <div id="transactions" class="c360-anchor">
            <Section title=t(text::transactions)>
                <Filters list />
                {move || rows(list)}
                <div node_ref=end class="c360-end"></div>
                {move || foot(list)}
            </Section>
        </div>
    }
    .into_any()
}

impl List {
    fn query(self) -> TransactionQuery {
        let filled = |words: String| Some(words).filter(|words| !words.is_empty());
        TransactionQuery {
            from: self.from.get(),
            to: self.to.get(),
            account: filled(self.here.account.get()),
            direction: filled(self.direction.get()),
            amount_min: self.least.get(),
            q: filled(self.asked.get()),
            limit: None,
            after: None,
        }
    }

    fn is_filtered(self) -> bool {
        self.query() != TransactionQuery::default()
    }

    fn clear(self) {
        self.from.set(None);
        self.to.set(None);
        self.direction.set(String::new());
        self.least.set(None);
        self.words.set(String::new());
        self.asked.set(String::new());
        self.here.account.set(String::new());
    }

    /// The next page, or the first of a new question.
    fn load(self, anew: bool) {
        let more = self.next.get_untracked();
        let wanted = anew || !self.begun.get_untracked() || more.is_some();
        if !wanted || !anew && (self.busy.get_untracked() || self.failed.with_untracked(Option::is_some)) {
            return;
        }
        let first = anew || !self.begun.get_untracked();
        let query = TransactionQuery { after: if first { None } else { more }, ..untrack(move || self.query()) };
        self.begun.set(true);
        self.busy.set(true);
        self.failed.set(None);
        let question = self.question.get_value() + 1;
        self.question.set_value(question);
        spawn_local(async move {
            let answer = view_api::transactions(self.here.no, query).await;
            if self.question.try_get_value() != Some(question) {
                return;
            }
            self.busy.set(false);
            match answer {
                Ok(slice) => {
                    self.next.set(slice.next);
                    self.items.update(|items| {
                        if first {
                            items.clear();
                        }
                        items.extend(slice.items);
                    });
                }
                Err(fail) => self.failed.set(Some(fail)),
            }
        });
    }
}

#[component]
fn Filters(list: List) -> impl IntoView {
    let here = list.here;
    let lang = here.lang;
    let holdings = here.part(|c| c.holdings.clone());
    let accounts = Signal::derive(move || {
        let lang = lang.get();
        let choice = |h: &Holding| Choice::new(h.account.clone(), format!("{} {}", h.product_name(lang), h.account_no));
        holdings.with(|holdings| holdings.iter().map(choice).collect::<Vec<_>>())
    });
    let directions =
        Signal::derive(move || vec![Choice::new("credit", text::money_in(lang.get())), Choice::new("debit", text::money_out(lang.get()))]);
    let spans = move || {
        let today = here.business_date();
        [(text::last_month as fn(Lang) -> &'static str, 1), (text::last_quarter, 3), (text::last_year, 12)]
            .map(|(label, months)| {
                let from = today - Months::new(months);
                view! {
                    <button
                        type="button"
                        class="chip"
                        aria-pressed=move || (list.from.get() == Some(from) && list.to.get().is_none()).to_string()
                        on:click=move |_| {
                            list.from.set(Some(from));
                            list.to.set(None);
                        }
                    >
                        {move || label(lang.get())}
                    </button>
                }
            })
            .into_iter()
            .collect_view()
    };
    view! {
        <div class="c360-filters no-print" role="search" aria-label=t(text::filter_transactions)>
            <div class="line">{spans()}</div>
            <DateInput value=list.from label=t(text::from) />
            <span class="faint" aria-hidden="true">"–"</span>
            <DateInput value=list.to label=t(text::to) />
            <Select value=here.account choices=accounts label=t(text::account) empty=t(text::all_accounts) />
            <Select value=list.direction choices=directions label=t(text::direction) empty=t(text::both_directions) />
            <span class="c360-least">
                <MoneyInput
                    value=list.least
                    currency=here.base().code().to_owned()
                    decimals=here.base().exponent()
                    label=t(text::least)
                    placeholder=t(text::least)
                />
            </span>
            <TextInput
                value=list.words
                kind="search"
                label=t(text::words_of_transaction)
                placeholder=t(text::words_of_transaction)
                on_commit=move |words| list.asked.set(words)
            />
            {move || list.is_filtered().then(|| view! {
                <Button kind=ButtonKind::Quiet icon=Glyph::Close on_click=move |_| list.clear()>{t(text::clear_filters)}</Button>
            })}
        </div>
    }
    .into_any()
}

/// Days in order, each with what was booked on it.
fn by_day(items: &[Transaction]) -> Vec<(NaiveDate, Vec<Transaction>)> {
    let mut days: Vec<(NaiveDate, Vec<Transaction>)> = Vec::new();
    for item in items {
        match days.last_mut() {
            Some((day, of_day)) if *day == item.booked_on => of_day.push(item.clone()),
            _ => days.push((item.booked_on, vec![item.clone()])),
        }
    }
    days
}

fn rows(list: List) -> AnyView {
    let lang = list.here.lang;
    if list.items.with(Vec::is_empty) {
        return ().into_any();
    }
    let days = Memo::new(move |_| list.items.with(|items| by_day(items)));
    view! {
        <div class="c360-scroll" tabindex="0" role="group" aria-label=t(text::transactions)>
            <table class="c360-table txns">
                <caption class="sr-only">{t(text::transactions)}</caption>
                <thead>
                    <tr>
                        <th scope="col">{t(text::what_for)}</th>
                        <th scope="col" class="wide-only">{t(text::account)}</th>
                        <th scope="col" class="num">{t(text::amount)}</th>
                        <th scope="col" class="num">{t(text::balance_after)}</th>
                    </tr>
                </thead>
                <For each=move || days.get() key=move |(day, of_day)| (*day, of_day.len(), lang.get()) let:day>
                    {day_rows(day.0, &day.1, list.here.base(), lang.get_untracked())}
                </For>
            </table>
        </div>
    }
    .into_any()
}

fn day_rows(day: NaiveDate, items: &[Transaction], base: Currency, lang: Lang) -> AnyView {
    let lines = items
        .iter()
        .map(|item| {
            let credit = item.direction == "credit";
            let kind = names::transaction_kind(&item.kind, lang);
            let purpose = names::purpose(&item.purpose, lang);
            let title = if item.purpose.is_empty() { kind.clone() } else { purpose };
            let mut notes: Vec<String> = Vec::new();
            if !item.purpose.is_empty() && !kind.is_empty() {
                notes.push(kind);
            }
            if let Some(words) = item.narrative.as_ref().filter(|words| !words.is_empty() && **words != title) {
                // The narrative of a made-up bank repeats the kind in Chinese.
                if lang == Lang::Zh || !names::transaction_kind(&item.kind, Lang::Zh).eq(words) {
                    notes.push(words.clone());
                }
            }
            let other: Vec<&str> = [item.counterparty_bank.as_deref(), item.counterparty_account.as_deref()].into_iter().flatten().collect();
            if !other.is_empty() {
                notes.push(other.join(" "));
            }
            let figure = Money::new(item.amount, item.currency).exact();
            let sign = if credit { "+" } else { "−" };
            let from = item.source.as_deref().map(|source| names::lineage(source, item.business_date, lang));
            let foreign = (item.currency != base).then(|| item.currency.code().to_owned());
            view! {
                <tr title=from>
                    <th scope="row">
                        <span>{if title.is_empty() { "—".to_owned() } else { title }}</span>
                        {(!notes.is_empty()).then(|| view! { <span class="c360-notes">{notes.into_iter().map(|note| view! { <span>{note}</span> }).collect_view()}</span> })}
                    </th>
                    <td class="wide-only">{item.account_no.clone()}</td>
                    <td class="num" class:up=credit>
                        {foreign.map(|code| view! { <span class="faint">{code}" "</span> })}
                        {sign}{figure}
                    </td>
                    <td class="num">{item.balance_after.map(|minor| Money::new(minor, item.currency).exact())}</td>
                </tr>
            }
        })
        .collect_view();
    let weekday = calendar::weekday(day, lang);
    view! {
        <tbody>
            <tr class="c360-group">
                <th scope="rowgroup" colspan="4">{format_date(day, lang)} <span class="faint">" "{weekday}</span></th>
            </tr>
            {lines}
        </tbody>
    }
    .into_any()
}

fn foot(list: List) -> AnyView {
    let lang = list.here.lang.get();
    if let Some(fail) = list.failed.get() {
        let reference = fail.0.reference.clone().unwrap_or_default();
        return view! { <ErrorState message=fail.words(lang) reference on_retry=move |()| { list.failed.set(None); list.load(false); } /> }
            .into_any();
    }
    if list.busy.get() || !list.begun.get() {
        return view! { <Skeleton lines=3 /> }.into_any();
    }
    let count = list.items.with(Vec::len);
    if count == 0 {
        return if list.is_filtered() {
            view! {
                <EmptyState title=text::no_match(lang) text=text::no_match_hint(lang)>
                    <Button on_click=move |_| list.clear()>{t(text::clear_filters)}</Button>
                </EmptyState>
            }
            .into_any()
        } else {
            view! { <EmptyState title=text::no_transactions(lang) text=text::no_transactions_hint(lang) /> }.into_any()
        };
    }
    match list.next.with(Option::is_some) {
        true => {
            view! { <button type="button" class="c360-more no-print" on:click=move |_| list.load(false)>{text::load_more(lang)}</button> }
                .into_any()
        }
        false => view! { <p class="faint">{text::all_shown(lang, count)}</p> }.into_any(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_that_two_pages_share_is_one_day() {
        let on = |day: &str| Transaction {
            booked_on: day.parse().unwrap_or_default(),
            account_no: String::new(),
            account: String::new(),
            direction: "credit".into(),
            currency: Currency::CNY,
            amount: 1,
            balance_after: None,
            kind: String::new(),
            purpose: String::new(),
            counterparty_bank: None,
            counterparty_account: None,
            narrative: None,
            source: None,
            business_date: None,
        };
        let mut items = vec![on("2026-03-02"), on("2026-03-01")];
        items.extend([on("2026-03-01"), on("2026-02-27")]);
        let sizes: Vec<usize> = by_day(&items).iter().map(|(_, of_day)| of_day.len()).collect();
        assert_eq!(sizes, [1, 2, 1]);
    }
}
