//! Funds-transfer curves: kept with the day from which they hold, and looked up for every tenor in use.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use guanhu_domain::{
    Code, Currency, FieldProblem, Problem,
    access::Verb,
    contribution::curve::{self, CurvePoint},
    problem::Rule,
};
use rust_decimal::Decimal;
use sqlx::PgPool;

use super::facts::{pricing, tenor};
use crate::{Actor, Bank, Error, Result, audit, audit::Entry};

/// The price of every currency and tenor that an account asks for, from every day on which it changes.
#[derive(Debug, Default)]
pub(super) struct Prices {
    pub currencies: Vec<String>,
    pub tenors: Vec<i32>,
    pub froms: Vec<NaiveDate>,
    pub rates: Vec<Decimal>,
}

/// For the accounts there were between the two days.
///
/// # Errors
/// `FtpCurveMissing` with the currency of an account that no curve prices; `Invalid` on `currency` without
/// an exchange rate.
pub(super) async fn prices(pool: &PgPool, first: NaiveDate, as_of: NaiveDate) -> Result<Prices> {
    let asked: Vec<(String, i32)> = sqlx::query_as(concat!(
        "with pricing as materialized (",
        pricing!(),
        ") select distinct a.currency::text, ",
        tenor!(),
        " from account a join pricing p on p.product_id = a.product_id and p.treatment <> 'managed'
         where (a.opened_on is null or a.opened_on <= $2) and (a.closed_on is null or a.closed_on >= $1) order by 1, 2"
    ))
    .bind(first)
    .bind(as_of)
    .persistent(false)
    .fetch_all(pool)
    .await?;
    let unconverted: Option<String> = sqlx::query_scalar(
        "select a.currency::text from (
             select distinct currency from account where (opened_on is null or opened_on <= $2) and (closed_on is null or closed_on >= $1)) a
         where not exists (select from rates_on($2) r where r.currency = a.currency) order by 1 limit 1",
    )
    .bind(first)
    .bind(as_of)
    .fetch_optional(pool)
    .await?;
    if let Some(currency) = unconverted {
        return Err(Error::field("currency", no_rate(&currency)));
    }
    let points: Vec<(String, NaiveDate, i32, Decimal)> =
        sqlx::query_as("select currency::text, valid_from, tenor_months, rate from ftp_curve order by currency, valid_from, tenor_months")
            .fetch_all(pool)
            .await?;
    let mut curves: BTreeMap<String, BTreeMap<NaiveDate, Vec<CurvePoint>>> = BTreeMap::new();
    for (currency, valid_from, tenor, rate) in points {
        curves.entry(currency).or_default().entry(valid_from).or_default().push(CurvePoint { tenor_months: tenor as u32, rate });
    }
    let mut prices = Prices::default();
    for (currency, tenor) in asked {
        let Some(known) = curves.get(&currency) else {
            return Err(missing(&currency));
        };
        for (valid_from, points) in known {
            let Some(rate) = curve::rate(points, tenor as u32) else { continue };
            prices.currencies.push(currency.clone());
            prices.tenors.push(tenor);
            prices.froms.push(*valid_from);
            prices.rates.push(rate);
        }
    }
    Ok(prices)
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

/// Puts a curve in force from a day on; the one of the same day is replaced. Months that are closed
/// keep the prices they were computed with.
///
/// # Errors
/// `Invalid` on `points` when there are none, a tenor comes twice or is not 1–600, or a rate is not within ±100.
pub async fn set_curve(bank: &Bank, actor: &Actor, currency: Currency, valid_from: NaiveDate, points: &[CurvePoint]) -> Result<()> {
    actor.require(Verb::CurveChange)?;
    let mut tenors: Vec<u32> = points.iter().map(|point| point.tenor_months).collect();
    tenors.sort_unstable();
    tenors.dedup();
    let limit = Decimal::ONE_HUNDRED;
    let sound = |point: &CurvePoint| {
        (1..=600).contains(&point.tenor_months) && point.rate.abs() <= limit && point.rate.normalize().scale() <= curve::PLACES
    };
    if points.is_empty() {
        return Err(Error::field("points", Rule::Required));
    }
    if tenors.len() != points.len() {
        return Err(Error::field("points", Rule::NotUnique));
    }
    if !points.iter().all(sound) {
        return Err(Error::field("points", Rule::OutOfRange { min: "1, −100%".into(), max: "600, 100%".into() }));
    }
    let mut tx = bank.begin().await?;
    sqlx::query("delete from ftp_curve where currency = $1 and valid_from = $2")
        .bind(currency.code())
        .bind(valid_from)
        .execute(&mut *tx)
        .await?;
    sqlx::query("insert into ftp_curve (currency, valid_from, tenor_months, rate) select $1, $2, t, r from unnest($3::int[], $4::numeric[]) as p (t, r)")
        .bind(currency.code())
        .bind(valid_from)
        .bind(points.iter().map(|point| point.tenor_months as i32).collect::<Vec<_>>())
        .bind(points.iter().map(|point| point.rate).collect::<Vec<_>>())
        .execute(&mut *tx)
        .await?;
    super::restate(&mut tx).await?;
    let entry = Entry::done(Verb::CurveChange, format!("curve:{currency}:{valid_from}"));
    audit::record(&mut tx, actor, entry.detail(serde_json::json!({ "points": points }))).await?;
    tx.commit().await?;
    Ok(())
}
