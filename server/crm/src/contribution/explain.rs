//! A customer's contribution, opened into accounts and an account into the lines of the formula.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use guanhu_domain::{
    CustomerNo,
    access::Verb,
    contribution::{
        Lines, Treatment,
        curve::{self, CurvePoint},
        offer::{Offer, Offers},
    },
    customers::{Contribution, ContributionItem, mask},
    problem::Rule,
};
use rust_decimal::Decimal;

use super::{facts::pricing, month_of};
use crate::{Actor, Bank, Error, Result, audit::Entry, customers};

#[derive(sqlx::FromRow)]
struct Row {
    month: NaiveDate,
    account_id: i64,
    account_no: String,
    product: String,
    currency: String,
    treatment: Treatment,
    days: i16,
    day_basis: i16,
    average_balance: i64,
    fx: Decimal,
    rate: Decimal,
    ftp_rate: Decimal,
    fee_rate: Decimal,
    charged: i64,
    pd: Decimal,
    lgd: Decimal,
    spread: i64,
    fees: i64,
    expected_loss: i64,
    cost: i64,
    posted_cost: Option<i64>,
    postings: Option<i32>,
    tenor_months: Option<i32>,
    priced_on: Option<NaiveDate>,
}

/// Accounts of whole months that one answer tells, unless a single month has more.
const ACCOUNTS: i64 = 2_000;

/// What the customer brought, by month and account, with every figure of the formula; newest month first.
/// `from` and `to` are days of the first and last month; without them the year of the newest month. Months are
/// told whole: those that would be too many are left, and `next` is the day to ask for them with as `to`.
pub async fn contribution(
    bank: &Bank,
    actor: &Actor,
    customer: CustomerNo,
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
) -> Result<Contribution> {
    actor.require(Verb::CustomerView)?;
    customers::find(bank, actor, customer).await?;
    if from.zip(to).is_some_and(|(from, to)| to < from) {
        return Err(Error::field(
            "to",
            Rule::OutOfRange { min: from.map(|from| from.to_string()).unwrap_or_default(), max: String::new() },
        ));
    }
    let (newest, closed_through): (Option<NaiveDate>, Option<NaiveDate>) =
        sqlx::query_as("select max(month) filter (where ready), max(month) filter (where state = 'closed') from contribution_month")
            .fetch_one(&mut *bank.read(actor).await?)
            .await?;
    let to = to.map(month_of).or(newest);
    let from = from.map(month_of).or_else(|| to.map(|to| chrono::Datelike::with_month(&to, 1).unwrap_or(to)));
    let (Some(from), Some(to)) = (from, to) else { return Ok(Contribution { closed_through, ..Contribution::default() }) };
    let rows: Vec<Row> = sqlx::query_as(
        "select m.month, m.account_id, a.account_no, p.code as product, m.currency::text, m.treatment, m.days, m.day_basis, m.average_balance, m.fx,
             m.rate, m.ftp_rate, m.fee_rate, m.charged, m.pd, m.lgd, m.spread, m.fees, m.expected_loss, m.cost,
             m.posted_cost, m.postings, m.tenor_months, m.priced_on
         from account_month m join account a using (customer_id, account_id) join product p on p.product_id = m.product_id
         join (
             select month, count(*) as own, sum(count(*)) over (order by month desc) as through
             from account_month where customer_id = $1 and month between $2 and $3 group by month
         ) w on w.month = m.month and (w.through <= $4 or w.through = w.own)
         where m.customer_id = $1 and m.month between $2 and $3 order by m.month desc, m.account_id",
    )
    .bind(customer.id())
    .bind(from)
    .bind(to)
    .bind(ACCOUNTS)
    .fetch_all(&mut *bank.read(actor).await?)
    .await?;
    let next: Option<NaiveDate> = match rows.last() {
        Some(last) if last.month > from => {
            sqlx::query_scalar("select max(month) from account_month where customer_id = $1 and month >= $2 and month < $3")
                .bind(customer.id())
                .bind(from)
                .bind(last.month)
                .fetch_one(&mut *bank.read(actor).await?)
                .await?
        }
        _ => None,
    };
    bank.audit_soon(
        actor,
        Entry::viewed(Verb::CustomerView, format!("customer:{customer}")).detail(serde_json::json!({ "part": "contribution" })),
    )
    .await;
    let curves = curves_of(bank, actor, &rows).await?;
    let items = rows.into_iter().map(|row| item(row, bank, &curves)).collect();
    Ok(Contribution { items, next: next.map(|month| month.to_string()), closed_through })
}

/// The curve that a currency's prices of a day are of.
#[derive(sqlx::FromRow)]
struct InForce {
    currency: String,
    day: NaiveDate,
    valid_from: NaiveDate,
    tenors: Vec<i32>,
    rates: Vec<Decimal>,
}

type Curves = BTreeMap<(String, NaiveDate), (NaiveDate, Vec<CurvePoint>)>;

/// The curves that the accounts are priced by, as they are now.
async fn curves_of(bank: &Bank, actor: &Actor, rows: &[Row]) -> Result<Curves> {
    let asked: BTreeSet<(&str, NaiveDate)> = rows.iter().filter_map(|row| Some((row.currency.as_str(), row.priced_on?))).collect();
    let (currencies, days): (Vec<&str>, Vec<NaiveDate>) = asked.into_iter().unzip();
    let known: Vec<InForce> = sqlx::query_as(
        "select n.currency::text, n.day, v.valid_from, array_agg(c.tenor_months order by c.tenor_months) as tenors,
             array_agg(c.rate order by c.tenor_months) as rates
         from (select currency::char(3) as currency, day from unnest($1::text[], $2::date[]) as u (currency, day)) n
         cross join lateral (select coalesce(
             (select max(k.valid_from) from ftp_curve k where k.currency = n.currency and k.valid_from <= n.day),
             (select min(k.valid_from) from ftp_curve k where k.currency = n.currency)) as valid_from) v
         join ftp_curve c on c.currency = n.currency and c.valid_from = v.valid_from
         group by 1, 2, 3",
    )
    .bind(currencies)
    .bind(days)
    .fetch_all(&mut *bank.read(actor).await?)
    .await?;
    let curve = |one: InForce| {
        let point = |(tenor, rate): (i32, Decimal)| CurvePoint { tenor_months: tenor.unsigned_abs(), rate };
        ((one.currency, one.day), (one.valid_from, one.tenors.into_iter().zip(one.rates).map(point).collect()))
    };
    Ok(known.into_iter().map(curve).collect())
}

#[derive(sqlx::FromRow)]
struct Priced {
    code: String,
    name: String,
    name_en: String,
    treatment: Treatment,
    day_basis: i16,
    tenor_months: Option<i32>,
    rate: Decimal,
    fee_rate: Decimal,
    pd: Decimal,
    lgd: Decimal,
    monthly_cost: i64,
}

/// What the customer could take up, priced as of now, and the curve in force in the base currency: for trying out what
/// it would bring.
pub async fn offers(bank: &Bank, actor: &Actor, customer: CustomerNo) -> Result<Offers> {
    actor.require(Verb::CustomerView)?;
    customers::find(bank, actor, customer).await?;
    let mut conn = bank.read(actor).await?;
    let priced: Vec<Priced> = sqlx::query_as(concat!(
        "select d.code, d.name, d.name_en, p.treatment, p.day_basis, p.tenor_months, p.rate, p.fee_rate, p.pd, p.lgd, p.monthly_cost from (",
        pricing!(),
        ") p join product d using (product_id) join customer c on c.customer_id = $1
         where d.active and (d.customer_kind is null or d.customer_kind = c.kind)
         order by array_position(array['term', 'current', 'loan', 'wealth', 'fund', 'insurance', 'card'], d.category), d.code"
    ))
    .bind(customer.id())
    .fetch_all(&mut *conn)
    .await?;
    let points: Vec<(i32, Decimal)> = sqlx::query_as(
        "select tenor_months, rate from ftp_curve f, bank b where f.currency = b.base_currency
           and f.valid_from = (select max(valid_from) from ftp_curve k where k.currency = b.base_currency and k.valid_from <= b.business_date)
         order by tenor_months",
    )
    .fetch_all(&mut *conn)
    .await?;
    let offer = |row: Priced| Offer {
        code: row.code,
        name: row.name,
        name_en: row.name_en,
        treatment: row.treatment,
        day_basis: row.day_basis.into(),
        tenor_months: row.tenor_months,
        rate: row.rate.normalize(),
        fee_rate: row.fee_rate.normalize(),
        pd: row.pd.normalize(),
        lgd: row.lgd.normalize(),
        monthly_cost: row.monthly_cost,
    };
    let point = |(tenor, rate): (i32, Decimal)| CurvePoint { tenor_months: tenor.unsigned_abs(), rate: rate.normalize() };
    Ok(Offers { offers: priced.into_iter().map(offer).collect(), points: points.into_iter().map(point).collect() })
}

fn item(row: Row, bank: &Bank, curves: &Curves) -> ContributionItem {
    let asked = row.tenor_months.zip(row.priced_on).filter(|_| row.treatment != Treatment::Managed);
    let priced = asked.and_then(|(tenor, day)| {
        let (from, points) = curves.get(&(row.currency.clone(), day))?;
        // Of a price that is another by now nothing can be said.
        let tenor = tenor.unsigned_abs();
        let stands = curve::rate(points, tenor) == Some(row.ftp_rate);
        stands.then(|| (curve::gap(points, tenor), (*from > day).then_some(*from)))
    });
    let (curve_gap, curve_from) = priced.unwrap_or_default();
    let lines = Lines { spread: row.spread, fees: row.fees, expected_loss: row.expected_loss, cost: row.cost };
    ContributionItem {
        month: row.month,
        account: bank.keys().opaque(row.account_id),
        account_no: mask::account(&row.account_no),
        product: row.product,
        currency: row.currency,
        treatment: row.treatment,
        days: row.days,
        day_basis: row.day_basis,
        average_balance: row.average_balance,
        fx: row.fx.normalize(),
        rate: row.rate.normalize(),
        ftp_rate: row.ftp_rate.normalize(),
        fee_rate: row.fee_rate.normalize(),
        charged: row.charged,
        pd: row.pd.normalize(),
        lgd: row.lgd.normalize(),
        posted_cost: row.posted_cost,
        postings: row.postings,
        tenor_months: row.tenor_months.filter(|_| row.treatment != Treatment::Managed),
        priced_on: row.priced_on.filter(|_| row.treatment != Treatment::Managed),
        curve_gap,
        curve_from,
        contribution: lines.contribution(),
        lines,
    }
}
