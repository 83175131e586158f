//! Funds-transfer curves: kept with the day from which they hold, and looked up for every tenor in use.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use guanhu_domain::{
    Code, Currency, FieldProblem, Problem,
    access::Verb,
    contribution::{
        curve::{self, CurvePoint},
        pricing::{Curve, point_faults},
    },
    problem::Rule,
};
use rust_decimal::Decimal;
use serde_json::json;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::{
    facts::{pricing, tenor},
    pricing,
};
use crate::{Actor, Bank, Error, Result, audit, audit::Entry, idempotency};

/// The price of every currency and tenor that an account asks for, from every day on which it changes.
#[derive(Debug, Default)]
pub(super) struct Prices {
    pub currencies: Vec<String>,
    pub tenors: Vec<i32>,
    pub froms: Vec<NaiveDate>,
    pub rates: Vec<Decimal>,
    /// How many accounts ask for which tenor of which currency.
    asked: Vec<(String, i32, i64)>,
}

/// For the accounts there were between the two days, of all customers or of these.
///
/// # Errors
/// `FtpCurveMissing` with the currency of an account that no curve prices; `Invalid` on `currency` without
/// an exchange rate.
pub(super) async fn prices(conn: &mut PgConnection, first: NaiveDate, as_of: NaiveDate, only: Option<&[i64]>) -> Result<Prices> {
    let asked: Vec<(String, i32, i64)> = sqlx::query_as(concat!(
        "with pricing as materialized (",
        pricing!(),
        ") select a.currency::text, ",
        tenor!(),
        ", count(*) from account a join pricing p on p.product_id = a.product_id and p.treatment <> 'managed'
         where (a.opened_on is null or a.opened_on <= $2) and (a.closed_on is null or a.closed_on >= $1)
           and ($3::bigint[] is null or a.customer_id = any($3)) group by 1, 2 order by 1, 2"
    ))
    .bind(first)
    .bind(as_of)
    .bind(only)
    .persistent(false)
    .fetch_all(&mut *conn)
    .await?;
    let unconverted: Option<String> = sqlx::query_scalar(
        "select a.currency::text from (
             select distinct currency from account where (opened_on is null or opened_on <= $2) and (closed_on is null or closed_on >= $1)
                 and ($3::bigint[] is null or customer_id = any($3))) a
         where not exists (select from rates_on($2) r where r.currency = a.currency) order by 1 limit 1",
    )
    .bind(first)
    .bind(as_of)
    .bind(only)
    .persistent(false)
    .fetch_optional(&mut *conn)
    .await?;
    if let Some(currency) = unconverted {
        return Err(Error::field("currency", no_rate(&currency)));
    }
    let points: Vec<(String, NaiveDate, i32, Decimal)> =
        sqlx::query_as("select currency::text, valid_from, tenor_months, rate from ftp_curve order by currency, valid_from, tenor_months")
            .fetch_all(conn)
            .await?;
    let mut curves: BTreeMap<String, BTreeMap<NaiveDate, Vec<CurvePoint>>> = BTreeMap::new();
    for (currency, valid_from, tenor, rate) in points {
        curves.entry(currency).or_default().entry(valid_from).or_default().push(CurvePoint { tenor_months: tenor as u32, rate });
    }
    let mut prices = Prices::default();
    for (currency, tenor, _) in &asked {
        let Some(known) = curves.get(currency) else {
            return Err(missing(currency));
        };
        for (valid_from, points) in known {
            let Some(rate) = curve::rate(points, *tenor as u32) else { continue };
            prices.currencies.push(currency.clone());
            prices.tenors.push(*tenor);
            prices.froms.push(*valid_from);
            prices.rates.push(rate);
        }
    }
    Ok(Prices { asked, ..prices })
}

/// Keeps which tenors the running month asks for.
pub(super) async fn keep_use(pool: &PgPool, prices: &Prices) -> Result<()> {
    let (mut currencies, mut tenors, mut accounts) = (Vec::new(), Vec::new(), Vec::new());
    for (currency, tenor, count) in &prices.asked {
        currencies.push(currency.clone());
        tenors.push(*tenor);
        accounts.push(*count);
    }
    let mut tx = pool.begin().await?;
    sqlx::query("delete from ftp_use").execute(&mut *tx).await?;
    sqlx::query("insert into ftp_use (currency, tenor_months, accounts) select * from unnest($1::text[], $2::int[], $3::bigint[])")
        .bind(currencies)
        .bind(tenors)
        .bind(accounts)
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(())
}

fn no_rate(currency: &str) -> Rule {
    Rule::Other { zh: format!("没有 {currency} 的汇率"), en: format!("there is no exchange rate for {currency}") }
}

fn missing(currency: &str) -> Error {
    let words = Rule::Other {
        zh: format!("没有 {currency} 的资金转移定价曲线"),
        en: format!("there is no transfer price curve for {currency}"),
    };
    Problem { fields: vec![FieldProblem { field: "currency".into(), rule: words }], ..Problem::new(Code::FtpCurveMissing) }.into()
}

/// The newest curves of a currency, or of all, and the revision that a change has to name.
pub async fn curves(bank: &Bank, actor: &Actor, currency: Option<Currency>) -> Result<(Vec<Curve>, i32)> {
    actor.require(Verb::CurveChange)?;
    let mut conn = bank.pool().acquire().await?;
    let curves = pricing::curves_of(&mut conn, currency).await?;
    Ok((curves, sqlx::query_scalar("select revision from pricing_revision").fetch_one(&mut *conn).await?))
}

/// Puts a curve in force from a day on; the one of the same day is replaced. The running month is computed
/// again, closed ones keep the prices they were computed with. Answers the new revision.
///
/// # Errors
/// `Invalid` on `points` when there are none, and on each that comes twice, is not 1–600 months, or whose rate
/// is not within ±100; `Stale` with the revision when somebody changed prices first.
pub async fn set_curve(bank: &Bank, actor: &Actor, curve: &Curve, revision: i32, key: Uuid) -> Result<i32> {
    actor.require(Verb::CurveChange)?;
    let faults = point_faults(&curve.points);
    if !faults.is_empty() {
        return Err(Error::fields(faults));
    }
    let mut tx = bank.begin().await?;
    if let Some(answer) = idempotency::claim(&mut tx, actor, key, Verb::CurveChange, &(curve, revision)).await? {
        return Ok(answer);
    }
    let next = pricing::turn(&mut tx, actor, revision).await?;
    let before = take(&mut tx, curve.currency, curve.valid_from).await?;
    sqlx::query("insert into ftp_curve (currency, valid_from, tenor_months, rate) select $1, $2, t, r from unnest($3::int[], $4::numeric[]) as p (t, r)")
        .bind(curve.currency.code())
        .bind(curve.valid_from)
        .bind(curve.points.iter().map(|point| point.tenor_months as i32).collect::<Vec<_>>())
        .bind(curve.points.iter().map(|point| point.rate).collect::<Vec<_>>())
        .execute(&mut *tx)
        .await?;
    let entry = Entry::done(Verb::CurveChange, subject(curve.currency, curve.valid_from));
    audit::record(&mut tx, actor, entry.detail(json!({ "points": curve.points, "before": before }))).await?;
    idempotency::answer(&mut tx, actor, key, &next).await?;
    tx.commit().await?;
    Ok(next)
}

/// Takes a curve away, as if it had never been; the one before it holds on. Answers the new revision.
///
/// # Errors
/// `NotFound`; `Stale` as [`set_curve`].
pub async fn remove_curve(bank: &Bank, actor: &Actor, currency: Currency, valid_from: NaiveDate, revision: i32, key: Uuid) -> Result<i32> {
    actor.require(Verb::CurveChange)?;
    let mut tx = bank.begin().await?;
    if let Some(answer) = idempotency::claim(&mut tx, actor, key, Verb::CurveChange, &("remove", currency, valid_from, revision)).await? {
        return Ok(answer);
    }
    let next = pricing::turn(&mut tx, actor, revision).await?;
    let before = take(&mut tx, currency, valid_from).await?;
    if before.is_empty() {
        return Err(Error::not_found());
    }
    let entry = Entry::done(Verb::CurveChange, subject(currency, valid_from));
    audit::record(&mut tx, actor, entry.detail(json!({ "removed": before }))).await?;
    idempotency::answer(&mut tx, actor, key, &next).await?;
    tx.commit().await?;
    Ok(next)
}

fn subject(currency: Currency, valid_from: NaiveDate) -> String {
    format!("curve:{currency}:{valid_from}")
}

/// Removes the points of a day, and says what they were.
async fn take(conn: &mut PgConnection, currency: Currency, valid_from: NaiveDate) -> Result<Vec<CurvePoint>> {
    let gone: Vec<(i32, Decimal)> =
        sqlx::query_as("delete from ftp_curve where currency = $1 and valid_from = $2 returning tenor_months, trim_scale(rate)")
            .bind(currency.code())
            .bind(valid_from)
            .fetch_all(conn)
            .await?;
    Ok(gone.into_iter().map(|(tenor, rate)| CurvePoint { tenor_months: tenor as u32, rate }).collect())
}
