//! The columns of the list and how a customer's figures are said in them.

use chrono::NaiveDate;
use guanhu_domain::{
    Currency, Lang,
    access::{Me, Role},
    customers::{CustomerItem, Kind},
};
use guanhu_ui::{
    Align, AmountUnit, Badge, Column, DateText, TierMark, Tone, format_amount, format_change, format_count, format_date, format_exact,
    format_time, is_unchanged, table::Card, use_lang,
};
use leptos::prelude::*;

use super::{text, when};

/// The currency figures are in, and the day they speak for.
#[derive(Clone, Copy)]
pub struct Figures {
    pub currency: Currency,
    pub today: NaiveDate,
}

impl Figures {
    pub fn of(me: &Me) -> Figures {
        Figures { currency: Currency::new(&me.base_currency).unwrap_or(Currency::CNY), today: me.business_date }
    }

    /// The scale of all amounts of the list: one, so that they can be compared down the column.
    fn unit(lang: Lang) -> AmountUnit {
        match lang {
            Lang::Zh => AmountUnit::Wan,
            Lang::En => AmountUnit::Thousand,
        }
    }

    /// `万元`, `万 CZK`, `k CNY`: for the head.
    fn unit_words(self, lang: Lang) -> String {
        match lang {
            Lang::Zh if self.currency == Currency::CNY => "万元".into(),
            lang => format!("{} {}", Self::unit(lang).word(lang), self.currency),
        }
    }

    /// In the scale that suits the figure, with its unit: for words, not for columns.
    pub fn short(self, minor: i64, lang: Lang) -> String {
        let (figure, unit) = format_amount(minor, self.currency.exponent(), AmountUnit::Auto, lang);
        format!("{figure}{unit}")
    }

    fn exact(self, minor: i64) -> String {
        format!("{} {}", format_exact(minor, self.currency.exponent()), self.currency)
    }
}

/// All columns; who is led by, what is brought, what is due. Named as the orders are.
/// A manager's own customers are of one manager and mostly of one unit: those columns wait in the menu. They
/// are few, and ordered by anything.
pub fn columns(figures: Figures, role: Role) -> Vec<Column<CustomerItem>> {
    let lang = use_lang();
    let own = role == Role::Manager;
    let head = move |text: fn(Lang) -> &'static str| move || text(lang.get());
    let money_head = move |text: fn(Lang, &str) -> String| move || text(lang.get(), &figures.unit_words(lang.get()));
    vec![
        Column::new("name", head(text::name), |row: &CustomerItem| name(row)).width(240).pinned().sortable().card(Card::Lead),
        Column::new("customer_no", head(text::number), |row: &CustomerItem| {
            view! { <span class="no">{row.customer_no.to_string()}</span> }.into_any()
        })
        .width(128),
        Column::new("tier", head(text::tier), |row: &CustomerItem| tier(row)).width(112).sortable().card(Card::Sub),
        Column::new("aum", money_head(text::aum_in), move |row: &CustomerItem| amount(row, row.aum, figures))
            .width(144)
            .right()
            .sortable()
            .card(Card::Value),
        Column::new("trend", head(text::trend), move |row: &CustomerItem| trend(row, figures)).width(88).sortable_if(own).right(),
        Column::new("manager", head(text::manager), |row: &CustomerItem| manager(row)).width(96).hidden_if(own),
        Column::new("last_contact", head(text::last_contact), move |row: &CustomerItem| contact(row, figures.today))
            .width(104)
            .sortable()
            .card(Card::Meta),
        Column::new("alerts", head(text::alerts), |row: &CustomerItem| alerts(row)).width(64).sortable_if(own).right(),
        Column::new("next_due", head(text::next_task), move |row: &CustomerItem| due(row.next_due_on, figures.today))
            .width(104)
            .sortable_if(own),
        Column::new("org", head(text::org), |row: &CustomerItem| row.org.name.clone().into_any()).width(144).hidden_if(own),
        Column::new("state", head(text::state), |row: &CustomerItem| {
            let state = row.state;
            in_sight(row, move |lang| state.name(lang).to_owned())
        })
        .width(104)
        .hidden(),
        Column::new("kind", head(text::kind), |row: &CustomerItem| {
            let kind = row.kind;
            let lang = use_lang();
            (move || kind.name(lang.get())).into_any()
        })
        .width(80)
        .hidden(),
        Column::new("deposits", money_head(text::deposits_in), move |row: &CustomerItem| amount(row, row.deposits, figures))
            .width(136)
            .sortable()
            .right()
            .hidden(),
        Column::new("wealth", money_head(text::wealth_in), move |row: &CustomerItem| amount(row, row.wealth, figures))
            .width(136)
            .sortable_if(own)
            .right()
            .hidden(),
        Column::new("loans", money_head(text::loans_in), move |row: &CustomerItem| amount(row, row.loans, figures))
            .width(128)
            .sortable()
            .right()
            .hidden_if(!own),
        Column::new("contribution", money_head(text::contribution_in), move |row: &CustomerItem| match row.contribution {
            Some(contribution) => amount(row, contribution, figures),
            None => nothing(),
        })
        .width(136)
        .sortable_if(own)
        .right()
        .hidden(),
        Column::new("next_maturity", head(text::next_maturity), move |row: &CustomerItem| due(row.next_maturity_on, NaiveDate::MIN))
            .width(128)
            .sortable()
            .hidden(),
        Column::new("accounts", head(text::accounts), |row: &CustomerItem| {
            let accounts = i64::from(row.accounts);
            in_sight(row, move |_| format_count(accounts))
        })
        .width(72)
        .sortable_if(own)
        .right()
        .hidden(),
        Column::new("completeness", head(text::completeness), |row: &CustomerItem| {
            let percent = row.completeness;
            in_sight(row, move |_| format!("{percent}%"))
        })
        .width(96)
        .sortable_if(own)
        .right()
        .hidden(),
        Column::new("opened", head(text::opened), |row: &CustomerItem| match row.opened_on {
            Some(date) => view! { <DateText date /> }.into_any(),
            None => nothing(),
        })
        .width(112)
        .align(Align::Start)
        .sortable()
        .hidden(),
    ]
}

/// Where there is no value.
fn nothing() -> AnyView {
    view! { <span class="faint">"–"</span> }.into_any()
}

/// A value that a colleague's customer does not show.
fn in_sight(row: &CustomerItem, words: impl Fn(Lang) -> String + Send + 'static) -> AnyView {
    if row.masked {
        return nothing();
    }
    let lang = use_lang();
    (move || words(lang.get())).into_any()
}

fn name(row: &CustomerItem) -> AnyView {
    let lang = use_lang();
    let corporate = (row.kind == Kind::Corporate).then(
        || view! { <span class="kind" title=move || Kind::Corporate.name(lang.get())>{move || text::corporate_tag(lang.get())}</span> },
    );
    let colleague = row.masked.then(|| {
        view! { <span class="kind" title=move || text::colleague_hint(lang.get())>{move || text::colleague(lang.get())}</span> }
    });
    view! {
        <span class="who" title=row.name.clone()>{row.name.clone()}</span>
        {corporate}
        {colleague}
    }
    .into_any()
}

fn tier(row: &CustomerItem) -> AnyView {
    let lang = use_lang();
    match row.tier.clone() {
        Some(tier) => {
            let rank = tier.mark;
            view! { <TierMark rank label=move || tier.name(lang.get()).to_owned() /> }.into_any()
        }
        None => nothing(),
    }
}

fn amount(row: &CustomerItem, minor: i64, figures: Figures) -> AnyView {
    if row.masked || minor == 0 {
        return nothing();
    }
    let lang = use_lang();
    let exponent = figures.currency.exponent();
    let figure = move || format_amount(minor, exponent, Figures::unit(lang.get()), lang.get()).0;
    // On a phone there is no head to say the unit.
    let short = move || figures.short(minor, lang.get());
    view! {
        <span class="amount" class:negative=minor < 0 title=figures.exact(minor)>
            <span class="in-column">{figure}</span>
            <span class="in-card">{short}</span>
        </span>
    }
    .into_any()
}

fn trend(row: &CustomerItem, figures: Figures) -> AnyView {
    let (now, before) = (row.aum, row.aum_previous);
    // A change that rounds to nothing is none.
    if row.masked || is_unchanged(now, before) {
        return nothing();
    }
    let lang = use_lang();
    let change = now - before;
    let (class, arrow) = if change > 0 { ("trend up", "▲") } else { ("trend down", "▼") };
    let words = move || format_change(now, before).unwrap_or_else(|| text::new_money(lang.get()).into());
    let sign = if change > 0 { "+" } else { "" };
    let title = move || format!("{} {sign}{}", text::trend_title(lang.get()), figures.exact(change));
    view! { <span class=class title=title><i aria-hidden="true">{arrow}</i>{words}</span> }.into_any()
}

fn manager(row: &CustomerItem) -> AnyView {
    let lang = use_lang();
    match row.manager.clone() {
        Some(manager) => view! { <span title=manager.code>{manager.name}</span> }.into_any(),
        None => view! { <Badge tone=Tone::Warn>{move || text::pool(lang.get())}</Badge> }.into_any(),
    }
}

/// Three months without a word are worth a second look.
const LONG_DAYS: i64 = 90;

fn contact(row: &CustomerItem, today: NaiveDate) -> AnyView {
    if row.masked {
        return nothing();
    }
    let lang = use_lang();
    match row.last_contact_at.map(when::local) {
        Some(at) => {
            let long = (today - at.date()).num_days() > LONG_DAYS;
            view! {
                <time datetime=guanhu_ui::time_code(at) class:long=long title=move || format_time(at, lang.get())>
                    {move || when::ago(at.date(), today, lang.get())}
                </time>
            }
            .into_any()
        }
        None => view! { <span class="long">{move || text::never(lang.get())}</span> }.into_any(),
    }
}

fn alerts(row: &CustomerItem) -> AnyView {
    let lang = use_lang();
    let count = row.open_alerts;
    if count == 0 {
        return nothing();
    }
    view! { <span title=move || text::alerts_n(lang.get(), count)><Badge tone=Tone::Alarm>{count}</Badge></span> }.into_any()
}

/// A day to come; one before `today` is overdue.
fn due(day: Option<NaiveDate>, today: NaiveDate) -> AnyView {
    let Some(day) = day else { return nothing() };
    if day >= today {
        return view! { <DateText date=day /> }.into_any();
    }
    let lang = use_lang();
    view! {
        <span class="late" title=move || text::overdue(lang.get())>
            <Badge tone=Tone::Alarm>{move || format_date(day, lang.get())}</Badge>
        </span>
    }
    .into_any()
}
