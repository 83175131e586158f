//! What follows from loaded transactions and balances: end-of-day balances, the accounts' own balance,
//! month ends and averages, and at last the customers' summaries.

use chrono::{Datelike, Days, Months, NaiveDate};
use futures::TryStreamExt;
use sqlx::PgConnection;

use super::upsert::{count, run};
use crate::{Result, assignments, summary, tiers};

/// Temporary tables in which loads leave what they touched.
pub const TABLES: &str = "
create temp table feed_run (source text, business_date date) on commit drop;
create temp table feed_customer (customer_id bigint primary key) on commit drop;
create temp table feed_day (customer_id bigint, account_id bigint, day date, balance bigint) on commit drop;
create temp table feed_account (customer_id bigint, account_id bigint, day date, primary key (customer_id, account_id)) on commit drop";

/// Brings everything derived up to date with what the loads touched. `before` is the bank's business
/// date before the load.
pub async fn refresh(conn: &mut PgConnection, before: Option<NaiveDate>, today: NaiveDate) -> Result<u64> {
    run(conn, "analyze feed_day".into()).await?;
    balances(conn).await?;
    // A new month wants the month ends of accounts that nothing happened to.
    if let Some(before) = before.filter(|before| (before.year(), before.month()) < (today.year(), today.month())) {
        let sql = format!(
            "insert into feed_account select customer_id, account_id, date '{before}' from account where balance_on is not null and closed_on is null
             on conflict (customer_id, account_id) do update set day = least(feed_account.day, excluded.day)"
        );
        run(conn, sql).await?;
    }
    run(conn, "analyze feed_account".into()).await?;
    months(conn, today).await?;
    run(conn, "insert into feed_customer select distinct customer_id from feed_account on conflict do nothing".into()).await?;
    let touched: Vec<i64> =
        sqlx::query_scalar("select customer_id from feed_customer order by customer_id").persistent(false).fetch_all(&mut *conn).await?;
    tiers::evaluate::alone(conn).await?;
    summary::refresh(conn, &touched).await?;
    tiers::evaluate::run(conn, &touched).await?;
    assignments::place(conn).await?;
    Ok(touched.len() as u64)
}

/// End-of-day balances of touched days (a balance that was given counts more than a transaction's), and the newest of them as the account's balance.
async fn balances(conn: &mut PgConnection) -> Result<()> {
    let days: Option<(NaiveDate, NaiveDate)> =
        sqlx::query_as::<_, (Option<NaiveDate>, Option<NaiveDate>)>("select min(day), max(day) from feed_day")
            .persistent(false)
            .fetch_one(&mut *conn)
            .await
            .map(|(first, last)| first.zip(last))?;
    let Some((first, last)) = days else { return Ok(()) };
    count(conn, "select count(ensure_month(month)) from (select distinct date_trunc('month', day)::date as month from feed_day) m".into())
        .await?;
    run(
        conn,
        format!(
            "insert into account_day as d (customer_id, account_id, business_date, balance)
             select distinct on (customer_id, account_id, day) customer_id, account_id, day, balance from (
                 select customer_id, account_id, day, balance, {max} as last from feed_day where balance is not null
                 union all
                 select t.customer_id, t.account_id, t.booked_on, t.balance_after, t.txn_id
                 from (select distinct customer_id, account_id, day from feed_day where balance is null) f
                 join txn t on t.customer_id = f.customer_id and t.booked_on = f.day and t.account_id = f.account_id
                    and t.booked_on between date '{first}' and date '{last}'
                 where t.balance_after is not null
             ) told
             order by customer_id, account_id, day, last desc
             on conflict (customer_id, account_id, business_date) do update set balance = excluded.balance
             where d.balance is distinct from excluded.balance",
            max = i64::MAX,
        ),
    )
    .await?;
    run(conn, "insert into feed_account select customer_id, account_id, min(day) from feed_day group by customer_id, account_id".into())
        .await?;
    // What is owed on loans and cards comes with the account; their transactions do not say it.
    run(
        conn,
        format!(
            "update account a set balance = d.balance, balance_on = d.business_date from (
                 select distinct on (f.customer_id, f.account_id) f.customer_id, f.account_id, d.business_date, d.balance
                 from feed_account f join account_day d using (customer_id, account_id)
                 where d.business_date between date '{first}' and date '{last}'
                 order by f.customer_id, f.account_id, d.business_date desc
             ) d
             where a.customer_id = d.customer_id and a.account_id = d.account_id and a.category not in ('loan', 'card')
               and (a.balance_on is null or a.balance_on <= d.business_date)
               and row(a.balance, a.balance_on) is distinct from row(d.balance, d.business_date)"
        ),
    )
    .await?;
    Ok(())
}

/// Month ends and averages of touched accounts, from the year of the earliest change on.
async fn months(conn: &mut PgConnection, today: NaiveDate) -> Result<()> {
    let first: Option<NaiveDate> = sqlx::query_scalar("select min(day) from feed_account").persistent(false).fetch_one(&mut *conn).await?;
    let Some(first) = first.filter(|first| *first <= today) else { return Ok(()) };
    let year = first.year();
    let mut text = Vec::new();
    {
        let sql = format!(
            "select a.customer_id, a.account_id, y.end_balance[12], d.business_date, d.balance
             from feed_account a
             left join account_year y on y.customer_id = a.customer_id and y.account_id = a.account_id and y.year = {}
             left join account_day d on d.customer_id = a.customer_id and d.account_id = a.account_id
                and d.business_date between date '{year}-01-01' and date '{today}'
             order by a.customer_id, a.account_id, d.business_date",
            year - 1
        );
        let mut rows = sqlx::query_as::<_, (i64, i64, Option<i64>, Option<NaiveDate>, Option<i64>)>(sqlx::AssertSqlSafe(sql))
            .persistent(false)
            .fetch(&mut *conn);
        let mut series: Option<Series> = None;
        while let Some((customer_id, account_id, opening, day, balance)) = rows.try_next().await? {
            if series.as_ref().is_none_or(|series| series.account != (customer_id, account_id)) {
                if let Some(series) = series.take() {
                    series.write(year, today, &mut text);
                }
                series = Some(Series { account: (customer_id, account_id), opening, days: Vec::new() });
            }
            if let (Some(series), Some(day), Some(balance)) = (&mut series, day, balance) {
                series.days.push((day, balance));
            }
        }
        if let Some(series) = series {
            series.write(year, today, &mut text);
        }
    }
    run(conn, "create temp table feed_year (like account_year) on commit drop".into()).await?;
    let mut copy = conn.copy_in_raw("copy feed_year from stdin").await?;
    for chunk in text.chunks(1 << 18) {
        copy.send(chunk).await?;
    }
    copy.finish().await?;
    run(
        conn,
        "insert into account_year as y select * from feed_year
         on conflict (customer_id, account_id, year) do update set end_balance = excluded.end_balance, average_balance = excluded.average_balance
         where row(y.end_balance, y.average_balance) is distinct from row(excluded.end_balance, excluded.average_balance)"
            .into(),
    )
    .await?;
    run(conn, "drop table feed_year".into()).await?;
    Ok(())
}

/// One account's balances: what it had before the first year, and the days on which that changed.
struct Series {
    account: (i64, i64),
    opening: Option<i64>,
    days: Vec<(NaiveDate, i64)>,
}

impl Series {
    /// Appends the account's years as COPY text.
    fn write(&self, year: i32, today: NaiveDate, text: &mut Vec<u8>) {
        let first = if self.opening.is_some() { NaiveDate::from_ymd_opt(year, 1, 1) } else { self.days.first().map(|day| day.0) };
        let Some(first) = first else { return };
        for year in first.year()..=today.year() {
            let months = self.year(year, today);
            let cell = |value: Option<i64>| value.map_or("NULL".to_owned(), |value| value.to_string());
            let list = |pick: fn(&Month) -> i64| months.iter().map(|month| cell(month.as_ref().map(pick))).collect::<Vec<_>>().join(",");
            let (customer_id, account_id) = self.account;
            let ends = list(|month| month.end);
            let averages = list(|month| month.average);
            text.extend_from_slice(format!("{customer_id}\t{account_id}\t{year}\t{{{ends}}}\t{{{averages}}}\n").as_bytes());
        }
    }

    /// The twelve months; `None` before the account had a balance and after the business date.
    fn year(&self, year: i32, today: NaiveDate) -> [Option<Month>; 12] {
        let mut months = [const { None }; 12];
        let start = NaiveDate::from_ymd_opt(year, 1, 1).unwrap_or(today);
        let mut at = self.days.partition_point(|(day, _)| *day < start);
        let mut balance = if at > 0 { Some(self.days[at - 1].1) } else { self.opening };
        for (index, month) in months.iter_mut().enumerate() {
            let from = start + Months::new(index as u32);
            let until = (from + Months::new(1)).min(today + Days::new(1));
            if from > today {
                break;
            }
            let length = (until - from).num_days();
            let mut sum = 0_i128;
            let mut since = from;
            while let Some((day, next)) = self.days.get(at).copied().filter(|(day, _)| *day < until) {
                sum += i128::from(balance.unwrap_or(0)) * i128::from((day - since).num_days());
                since = day;
                balance = Some(next);
                at += 1;
            }
            sum += i128::from(balance.unwrap_or(0)) * i128::from((until - since).num_days());
            *month = balance.map(|end| Month { end, average: rounded(sum, i128::from(length.max(1))) });
        }
        months
    }
}

/// Month end and average daily balance over the days of the month up to the business date, in minor
/// units. Days before the account had a balance count as zero.
#[derive(Debug, PartialEq, Eq)]
struct Month {
    end: i64,
    average: i64,
}

/// Half away from zero.
fn rounded(sum: i128, by: i128) -> i64 {
    let half = if sum < 0 { -(by / 2) } else { by / 2 };
    i64::try_from((sum + half) / by).unwrap_or(if sum < 0 { i64::MIN } else { i64::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn averages_weigh_days_and_stop_at_the_business_date() {
        let series = Series { account: (1, 2), opening: None, days: vec![(day("2026-01-11"), 310), (day("2026-02-15"), 0)] };
        let months = series.year(2026, day("2026-03-10"));
        // 21 of 31 days at 310; 14 of 28 at 310; then nothing.
        assert_eq!(months[0], Some(Month { end: 310, average: 210 }));
        assert_eq!(months[1], Some(Month { end: 0, average: 155 }));
        assert_eq!(months[2], Some(Month { end: 0, average: 0 }));
        assert_eq!(months[3], None);
    }

    #[test]
    fn a_year_begins_with_what_the_year_before_left() {
        let series = Series { account: (1, 2), opening: Some(-100), days: vec![(day("2026-02-01"), 50)] };
        let months = series.year(2026, day("2026-12-31"));
        assert_eq!(months[0], Some(Month { end: -100, average: -100 }));
        assert_eq!(months[11], Some(Month { end: 50, average: 50 }));
        let mut text = Vec::new();
        series.write(2026, day("2026-01-31"), &mut text);
        assert_eq!(
            String::from_utf8(text).unwrap(),
            "1\t2\t2026\t{-100,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL}\t{-100,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL}\n"
        );
    }
}
