//! Average daily AUM of the last twelve whole months, which tier rules read.

use chrono::{Datelike, Months, NaiveDate};
use sqlx::{PgConnection, Postgres, QueryBuilder};

use super::part::Part;
use crate::Result;

/// Whole months kept.
pub const MONTHS: u32 = 12;

/// The last day of the newest month that is whole on this day.
pub fn through(business_date: NaiveDate) -> NaiveDate {
    let next = business_date.succ_opt().unwrap_or(business_date);
    next.with_day(1).and_then(|first| first.pred_opt()).unwrap_or(business_date)
}

/// Brings the averages of these customers up to the business date, at the rates of the newest month's
/// last day: whoever is computed later in the month gets the same.
pub async fn refresh(conn: &mut PgConnection, business_date: NaiveDate, part: Part<'_>) -> Result<()> {
    statement(through(business_date), part).build().persistent(false).execute(conn).await?;
    Ok(())
}

fn statement(through: NaiveDate, part: Part<'_>) -> QueryBuilder<Postgres> {
    let months: Vec<NaiveDate> =
        (0..MONTHS).filter_map(|back| through.with_day(1).and_then(|first| first.checked_sub_months(Months::new(back)))).collect();
    let sums: Vec<String> = months
        .iter()
        .map(|month| {
            let value = format!("y.average_balance[{}]", month.month());
            format!(
                "sum(case when r.rate = 1 then {value} else round({value} * r.rate)::bigint end) filter (where y.year = {})::bigint",
                month.year()
            )
        })
        .collect();
    let sums = sums.join(", ");
    let (first, last) = (months.last().map_or(0, NaiveDate::year), through.year());
    // The rates once, not for every row; and of `account` too only the customers meant, who follow from the join
    // but are not looked for by it.
    let mut sql = QueryBuilder::new("with rate as materialized (select currency, rate from rates_on(");
    sql.push_bind(through);
    sql.push(format_args!(
        ")), told as (
             select y.customer_id, array[{sums}] as averages
             from account_year y
             join account c on c.customer_id = y.customer_id and c.account_id = y.account_id and c.category not in ('loan', 'card')"
    ));
    part.push(&mut sql, "c");
    sql.push(format_args!(" join rate r on r.currency = c.currency where y.year between {first} and {last}"));
    part.push(&mut sql, "y");
    sql.push(format_args!(
        " group by y.customer_id having coalesce({sums}) is not null
         ), kept as (
             insert into customer_average as a (customer_id, through, averages) select customer_id, "
    ));
    sql.push_bind(through);
    sql.push(
        ", averages from told
             on conflict (customer_id) do update set through = excluded.through, averages = excluded.averages
             where (a.through, a.averages) is distinct from (excluded.through, excluded.averages)
         )
         -- Whose accounts are long closed has no averages any more.
         delete from customer_average a where not exists (select from told t where t.customer_id = a.customer_id)",
    );
    part.push(&mut sql, "a");
    sql
}

/// Have everybody's averages been brought up to the month that is whole now?
pub async fn is_current(conn: &mut PgConnection, business_date: NaiveDate) -> Result<bool> {
    Ok(sqlx::query_scalar("select not exists (select from tier_scheme where averaged_through is distinct from $1)")
        .bind(through(business_date))
        .fetch_one(conn)
        .await?)
}

/// They have.
pub async fn are_current(conn: &mut PgConnection, business_date: NaiveDate) -> Result<()> {
    sqlx::query("update tier_scheme set averaged_through = $1 where averaged_through is distinct from $1")
        .bind(through(business_date))
        .execute(conn)
        .await?;
    Ok(())
}
