//! Average daily AUM of the last twelve whole months, which tier rules read.

use chrono::{Datelike, Months, NaiveDate};
use sqlx::{AssertSqlSafe, PgConnection};

use crate::Result;

/// Whole months kept.
pub const MONTHS: u32 = 12;

/// The last day of the newest month that is whole on this day.
pub fn through(business_date: NaiveDate) -> NaiveDate {
    let next = business_date.succ_opt().unwrap_or(business_date);
    next.with_day(1).and_then(|first| first.pred_opt()).unwrap_or(business_date)
}

/// Brings the averages of these customers (all, when `None`) up to the business date.
pub async fn refresh(conn: &mut PgConnection, business_date: NaiveDate, customers: Option<&[i64]>) -> Result<()> {
    let through = through(business_date);
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
    let years = (months.last().map_or(0, NaiveDate::year), through.year());
    // Everything here is made of numbers of our own.
    let sql = format!(
        "insert into customer_average as a (customer_id, through, averages)
         select y.customer_id, $1, array[{sums}]
         from account_year y
         join account c on c.customer_id = y.customer_id and c.account_id = y.account_id and c.category not in ('loan', 'card')
         join rates_on($2) r on r.currency = c.currency
         where y.year between {first} and {last} and ($3::bigint[] is null or y.customer_id = any($3))
         group by y.customer_id having coalesce({sums}) is not null
         on conflict (customer_id) do update set through = excluded.through, averages = excluded.averages
         where (a.through, a.averages) is distinct from (excluded.through, excluded.averages)",
        sums = sums.join(", "),
        first = years.0,
        last = years.1,
    );
    sqlx::query(AssertSqlSafe(sql)).persistent(false).bind(through).bind(business_date).bind(customers).execute(&mut *conn).await?;
    // Whose accounts are long closed has no averages any more.
    sqlx::query("delete from customer_average where through <> $1 and ($2::bigint[] is null or customer_id = any($2))")
        .bind(through)
        .bind(customers)
        .execute(conn)
        .await?;
    Ok(())
}

/// Are all averages of the month that is whole now?
pub async fn is_current(conn: &mut PgConnection, business_date: NaiveDate) -> Result<bool> {
    Ok(sqlx::query_scalar(
        "select exists (select from customer_average) and not exists (select from customer_average where through <> $1 limit 1)",
    )
    .bind(through(business_date))
    .fetch_one(conn)
    .await?)
}
