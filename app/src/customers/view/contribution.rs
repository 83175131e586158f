//! What the customer brought: by month, opened into accounts, and an account into its formula with the
//! numbers in it. What another rate or balance would bring is computed here, by the formula of the books.

use chrono::NaiveDate;
use guanhu_domain::{
    Currency, CustomerNo, Lang, Money,
    contribution::{Lines, Terms, Treatment, pricing::parse_rate},
    customers::{Contribution, ContributionItem},
};
use guanhu_ui::{Button, EmptyState, ErrorState, Field, Section, Skeleton, TextInput, dom, format_date, format_month, parse_amount, t};
use leptos::{html, prelude::*, task::spawn_local};

use super::{
    browser,
    here::{Here, use_here},
    kin::Relatives,
    offer::try_offer,
    text,
};
use crate::{Fail, printing::PAPER, wire::Call};

#[server(endpoint = "customer/contribution", protocol = Call)]
pub async fn read_contribution(no: CustomerNo, to: Option<NaiveDate>) -> Result<Contribution, Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::contribution::explain::contribution(&bank, &actor, no, None, to).await;
    crate::server::settle(&bank, &actor, result).await
}

#[derive(Clone, Copy)]
struct List {
    here: Here,
    answer: RwSignal<Option<Result<Contribution, Fail>>>,
    asked: StoredValue<bool>,
    /// Whose accounts, and which account's formula, is in sight.
    month: RwSignal<Option<NaiveDate>>,
    account: RwSignal<Option<(NaiveDate, String)>>,
}

impl List {
    fn load(self) {
        if self.asked.get_value() {
            return;
        }
        self.asked.set_value(true);
        spawn_local(async move {
            let answer = read_contribution(self.here.no, None).await;
            self.asked.set_value(answer.is_ok());
            let _ = self.answer.try_set(Some(answer));
        });
    }

    /// The months that were too many for one answer.
    fn load_more(self, to: NaiveDate) {
        spawn_local(async move {
            let more = read_contribution(self.here.no, Some(to)).await;
            self.answer.try_update(|answer| match (answer, more) {
                (Some(Ok(known)), Ok(more)) if known.next.as_ref().is_some_and(|next| *next == to.to_string()) => {
                    known.items.extend(more.items);
                    known.next = more.next;
                }
                (answer, Err(fail)) => *answer = Some(Err(fail)),
                _ => {}
            });
        });
    }
}

#[component]
pub fn Contributions() -> impl IntoView {
    let here = use_here();
    let list = List {
        here,
        answer: RwSignal::new(None),
        asked: StoredValue::new(false),
        month: RwSignal::new(None),
        account: RwSignal::new(None),
    };
    let kin = Relatives::new(here);
    let start = NodeRef::<html::Div>::new();
    browser::on_sight(
        start,
        Callback::new(move |()| {
            list.load();
            kin.load();
        }),
    );
    // On paper all of it stands, seen before or not.
    dom::hear(PAPER, move || {
        list.load();
        kin.load();
    });
    let body = move || {
        let lang = here.lang.get();
        list.answer.with(|answer| match answer {
            None => view! { <Skeleton lines=4 /> }.into_any(),
            Some(Err(fail)) => {
                let reference = fail.0.reference.clone().unwrap_or_default();
                view! { <ErrorState message=fail.words(lang) reference on_retry=move |()| list.load() /> }.into_any()
            }
            Some(Ok(found)) if found.items.is_empty() => {
                view! { <EmptyState title=text::no_contribution(lang) text=text::no_contribution_hint(lang) /> }.into_any()
            }
            Some(Ok(found)) => table(list, found, lang),
        })
    };
    let offer = try_offer(here);
    view! {
        <div id="contribution" class="c360-anchor" node_ref=start>
            <Section title=t(text::contributions) help="contribution#customer" note=t(text::contributions_note)>{body} {offer} {kin.view()}</Section>
        </div>
    }
    .into_any()
}

fn table(list: List, found: &Contribution, lang: Lang) -> AnyView {
    let base = list.here.customer.with_untracked(|c| c.base_currency);
    let mut months: Vec<NaiveDate> = found.items.iter().map(|item| item.month).collect();
    months.dedup();
    let (open_month, open_account) = (list.month.get(), list.account.get());
    let bodies = months
        .into_iter()
        .map(|month| {
            let items: Vec<&ContributionItem> = found.items.iter().filter(|item| item.month == month).collect();
            let sum = items.iter().fold(Lines::default(), |sum, item| Lines {
                spread: sum.spread + item.lines.spread,
                fees: sum.fees + item.lines.fees,
                expected_loss: sum.expected_loss + item.lines.expected_loss,
                cost: sum.cost + item.lines.cost,
            });
            let is_open = open_month == Some(month);
            let running = found.closed_through.is_none_or(|closed| closed < month);
            let label = if running { format!("{} · {}", format_month(month, lang), text::month_running(lang)) } else { format_month(month, lang) };
            let turn = move |_| list.month.update(|open| *open = (*open != Some(month)).then_some(month));
            let accounts = is_open.then(|| {
                items.iter().map(|item| account(list, item, open_account.as_ref() == Some(&(month, item.account.clone())), base, lang)).collect_view()
            });
            view! {
                <tbody>
                    <tr>
                        <th scope="rowgroup">
                            <button type="button" class="c360-open" aria-expanded=if is_open { "true" } else { "false" } on:click=turn>{label}</button>
                        </th>
                        {figures(&sum, base)}
                    </tr>
                    {accounts}
                </tbody>
            }
        })
        .collect_view();
    let more = found.next.as_ref().and_then(|next| next.parse().ok()).map(|next: NaiveDate| {
        view! { <Button on_click=move |_| list.load_more(next)>{text::earlier_months(lang)}</Button> }
    });
    let heads = [text::spread, text::fees_line, text::expected_loss, text::service_cost, text::contribution_sum]
        .map(|head| view! { <th scope="col" class="num">{head(lang)}</th> })
        .collect_view();
    view! {
        <div class="c360-scroll" tabindex="0" role="group" aria-label=text::contributions(lang)>
            <table class="c360-table c360-contribution">
                <caption class="sr-only">{text::contributions(lang)}</caption>
                <thead>
                    <tr>
                        <th scope="col">{text::month_account(lang)}</th>
                        {heads}
                    </tr>
                </thead>
                {bodies}
            </table>
            {more}
        </div>
    }
    .into_any()
}

fn figures(lines: &Lines, base: Currency) -> AnyView {
    let money = |minor: i64| Money::new(minor, base).exact();
    [lines.spread, lines.fees, -lines.expected_loss, -lines.cost, lines.contribution()]
        .map(|figure| view! { <td class="num">{money(figure)}</td> })
        .collect_view()
        .into_any()
}

fn account(list: List, item: &ContributionItem, is_open: bool, base: Currency, lang: Lang) -> AnyView {
    let product = list
        .here
        .customer
        .with_untracked(|c| c.holdings.iter().find(|holding| holding.account == item.account).map(|holding| holding.product_name.clone()));
    let label = format!("{} {}", product.unwrap_or_else(|| item.product.clone()), item.account_no);
    let place = (item.month, item.account.clone());
    let turn = move |_| list.account.update(|open| *open = (open.as_ref() != Some(&place)).then(|| place.clone()));
    let detail = is_open.then(|| {
        view! { <tr class="c360-formula"><td colspan="6">{formula(item, base, lang)} {what_if(item.clone(), base, lang)}</td></tr> }
    });
    view! {
        <tr class="c360-part">
            <th scope="row">
                <button type="button" class="c360-open" aria-expanded=if is_open { "true" } else { "false" } on:click=turn>{label}</button>
            </th>
            {figures(&item.lines, base)}
        </tr>
        {detail}
    }
    .into_any()
}

fn currency(item: &ContributionItem) -> Currency {
    Currency::new(&item.currency).unwrap_or(Currency::CNY)
}

/// Every line with the numbers it was computed from.
fn lines_in_words(item: &ContributionItem, base: Currency, lang: Lang) -> Vec<(String, String, i64)> {
    let own = currency(item);
    let average = Money::new(item.average_balance, own).exact();
    let days = format!("{} ÷ {}", item.days, item.day_basis);
    let fx = if own == base { String::new() } else { format!(" × {}", item.fx.normalize()) };
    let mut lines = Vec::new();
    let spread = match item.treatment {
        Treatment::Deposit => Some((text::ftp(lang), text::paid(lang), item.ftp_rate, item.rate)),
        Treatment::Loan => Some((text::earned(lang), text::ftp(lang), item.rate, item.ftp_rate)),
        Treatment::Managed => None,
    };
    if let Some((first, second, from, less)) = spread {
        let words = format!("{average} × ({first} {}% − {second} {}%) × {days}{fx}", from.normalize(), less.normalize());
        lines.push((text::spread(lang).to_owned(), words, item.lines.spread));
    }
    if item.treatment == Treatment::Loan {
        let words = format!("{average} × PD {}% × LGD {}% × {days}{fx}", item.pd.normalize(), item.lgd.normalize());
        lines.push((text::expected_loss(lang).to_owned(), words, -item.lines.expected_loss));
    }
    if !item.fee_rate.is_zero() || item.charged != 0 {
        let rate = format!("{average} × {}% × {days}", item.fee_rate.normalize());
        let charged = format!("{} {}", text::charged(lang), Money::new(item.charged, own).exact());
        let words = match (item.fee_rate.is_zero(), item.charged) {
            (true, _) => format!("{charged}{fx}"),
            (false, 0) => format!("{rate}{fx}"),
            (false, _) if fx.is_empty() => format!("{rate} + {charged}"),
            (false, _) => format!("({rate} + {charged}){fx}"),
        };
        lines.push((text::fees_line(lang).to_owned(), words, item.lines.fees));
    }
    let cost = match item.posted_cost.zip(item.postings) {
        Some((posted, postings)) => {
            let kept = Money::new(item.lines.cost - posted, base).exact();
            text::cost_parts(lang, &kept, postings, &Money::new(posted, base).exact())
        }
        None => text::cost_of(lang).to_owned(),
    };
    lines.push((text::service_cost(lang).to_owned(), cost, -item.lines.cost));
    lines
}

fn formula(item: &ContributionItem, base: Currency, lang: Lang) -> AnyView {
    let rows = lines_in_words(item, base, lang)
        .into_iter()
        .map(|(name, words, figure)| view! { <div><dt>{name}</dt><dd>{words} " = " <b class="num">{Money::new(figure, base).exact()}</b></dd></div> })
        .collect_view();
    let notes = notes(item, lang).into_iter().map(|words| view! { <p class="faint">{words}</p> }).collect_view();
    view! { <dl class="c360-lines">{rows}</dl> {notes} }.into_any()
}

/// What is to be known of the figures: by which curve the account is priced, where that has no such point, and what an average
/// below zero means.
fn notes(item: &ContributionItem, lang: Lang) -> Vec<String> {
    let priced = item.tenor_months.zip(item.priced_on).map(|(tenor, on)| text::priced_by(lang, tenor, &format_date(on, lang)));
    let early = item.curve_from.map(|from| text::before_curves(lang, &format_date(from, lang)));
    let gap = item.curve_gap.and_then(|gap| match (gap.below, gap.above) {
        (Some(below), Some(above)) => Some(text::between_points(lang, below, above)),
        (Some(last), None) => Some(text::beyond_points(lang, last)),
        (None, Some(first)) => Some(text::before_points(lang, first)),
        (None, None) => None,
    });
    let odd = match item.treatment {
        Treatment::Deposit if item.average_balance < 0 => Some(text::overdrawn(lang).to_owned()),
        Treatment::Loan if item.average_balance < 0 => Some(text::overpaid(lang).to_owned()),
        _ => None,
    };
    [priced, early, gap, odd].into_iter().flatten().collect()
}

fn terms(item: &ContributionItem) -> Terms {
    Terms {
        treatment: item.treatment,
        days: item.days.into(),
        day_basis: item.day_basis.into(),
        average_balance: item.average_balance,
        charged: item.charged,
        cost: item.lines.cost,
        fx: item.fx,
        rate: item.rate,
        ftp_rate: item.ftp_rate,
        fee_rate: item.fee_rate,
        pd: item.pd,
        lgd: item.lgd,
    }
}

/// Another rate, or more in the account, over the same days.
fn what_if(item: ContributionItem, base: Currency, lang: Lang) -> AnyView {
    let own = currency(&item);
    let places = own.exponent();
    let rate = RwSignal::new(item.rate.normalize().to_string());
    let balance = RwSignal::new(Money::new(item.average_balance, own).exact().replace(',', ""));
    let before = item.contribution;
    let terms = terms(&item);
    let (rate_before, balance_before) = (rate.get_untracked(), balance.get_untracked());
    let outcome = Memo::new(move |_| {
        let rate = rate.with(|text| parse_rate(text))?;
        let average_balance = balance.with(|text| parse_amount(text, places))?;
        Terms { rate, average_balance, ..terms }.lines().map(|lines| lines.contribution())
    });
    let said = move || match outcome.get() {
        Some(now) => {
            let (now_words, change) = (Money::new(now, base).exact(), Money::new(now - before, base).exact());
            let sign = if now > before { "+" } else { "" };
            text::would_bring(lang, &now_words, &format!("{sign}{change}"))
        }
        None => text::not_computable(lang).to_owned(),
    };
    let with_rate = item.treatment != Treatment::Managed;
    view! {
        <fieldset class="c360-if no-print">
            <legend>{text::what_if(lang)}</legend>
            {with_rate.then(|| view! {
                <Field name="if-rate" help="contribution#customer" label=text::rate_percent(lang)>
                    <TextInput value=rate inputmode="decimal" autocomplete="off" />
                </Field>
            })}
            <Field name="if-balance" label=text::average_balance_in(lang, own.code())>
                <TextInput value=balance inputmode="decimal" autocomplete="off" />
            </Field>
            <Button on_click=move |_| {
                rate.set(rate_before.clone());
                balance.set(balance_before.clone());
            }>{text::as_it_was(lang)}</Button>
            <output>{said}</output>
        </fieldset>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use guanhu_domain::contribution::curve::Gap;

    use super::*;

    #[test]
    fn an_account_tells_its_formula_and_the_what_if_begins_with_the_books() {
        let decimal = |text: &str| text.parse().unwrap();
        let lines = Lines { spread: 4_375_00, fees: 500_00, expected_loss: 1_350_00, cost: 15_00 };
        let item = ContributionItem {
            month: "2026-04-01".parse().unwrap(),
            account: "x".into(),
            account_no: "6222".into(),
            product: "LOAN".into(),
            currency: "CNY".into(),
            treatment: Treatment::Loan,
            days: 30,
            day_basis: 360,
            average_balance: 3_000_000_00,
            charged: 500_00,
            fx: decimal("1"),
            rate: decimal("4.10"),
            ftp_rate: decimal("2.35"),
            fee_rate: decimal("0"),
            pd: decimal("1.2"),
            lgd: decimal("45"),
            posted_cost: Some(12_00),
            postings: Some(6),
            tenor_months: Some(18),
            priced_on: Some("2026-01-05".parse().unwrap()),
            curve_gap: Some(Gap { below: Some(12), above: Some(24) }),
            curve_from: None,
            lines,
            contribution: lines.contribution(),
        };
        let words = lines_in_words(&item, Currency::CNY, Lang::En);
        assert_eq!(words[0].1, "3,000,000.00 × (earned 4.1% − FTP 2.35%) × 30 ÷ 360");
        assert_eq!(words[1].1, "3,000,000.00 × PD 1.2% × LGD 45% × 30 ÷ 360");
        assert_eq!(words[3].1, "3.00 for keeping the account + 12.00 for 6 postings");
        assert_eq!(words.iter().map(|line| line.2).sum::<i64>(), item.contribution);
        assert_eq!(terms(&item).lines(), Some(lines));

        // Where the curve has no such point, or the average is below zero, that is said.
        let said = notes(&item, Lang::En);
        assert!(said.len() == 2 && said[1].contains("12") && said[1].contains("24"), "{said:?}");
        let overpaid = ContributionItem {
            average_balance: -1,
            curve_gap: Some(Gap { below: Some(60), above: None }),
            curve_from: Some("2026-02-01".parse().unwrap()),
            ..item
        };
        let said = notes(&overpaid, Lang::Zh);
        assert_eq!(said.len(), 4);
        assert!(said[1].contains("2026-02-01") && said[2].contains("60") && said[3].contains("多还款"), "{said:?}");
    }
}
