//! What follows from loaded transactions and balances: end-of-day balances, the accounts' own balance,
//! month ends and averages, the customers' summaries, and at last what somebody should be warned of.

use std::collections::BTreeSet;

use chrono::{Datelike, NaiveDate};
use futures::TryStreamExt;
use sqlx::PgConnection;

use super::{
    series::{Known, Series},
    upsert::{count, run},
};
use crate::{Result, alerts, assignments, contribution, lifecycle, summary, tiers};

/// Temporary tables in which loads leave what they touched, and the rates as they were before. `feed_day` has balances that close
/// a day: given as such, or left by a transaction that comes after all before it, the last by file, rank and line; null where
/// changed transactions have to be asked.
pub const TABLES: &str = "
create temp table feed_run (source text, business_date date) on commit drop;
create temp table feed_customer (customer_id bigint primary key) on commit drop;
create temp table feed_day (customer_id bigint, account_id bigint, day date, balance bigint, given boolean, file int, rank int, line bigint) on commit drop;
create temp table feed_posted (month date primary key) on commit drop;
create temp table feed_account (customer_id bigint, account_id bigint, day date, primary key (customer_id, account_id)) on commit drop;
create temp table feed_rate on commit drop as select r.currency, r.rate from bank b, rates_on(b.business_date) r";

/// Brings everything derived up to date with what the loads touched. `before` is the bank's business
/// date before the load.
pub async fn refresh(conn: &mut PgConnection, before: Option<NaiveDate>, today: NaiveDate) -> Result<u64> {
    run(conn, "analyze feed_day".into()).await?;
    balances(conn).await?;
    contribution::late_postings(conn).await?;
    // A new month wants the month ends of accounts that nothing happened to.
    if let Some(before) = before.filter(|before| (before.year(), before.month()) < (today.year(), today.month())) {
        let sql = format!(
            "insert into feed_account select customer_id, account_id, date '{before}' from account where balance_on is not null and closed_on is null
             on conflict (customer_id, account_id) do update set day = least(feed_account.day, excluded.day)"
        );
        run(conn, sql).await?;
    }
    run(conn, "analyze feed_account".into()).await?;
    months(conn, before, today).await?;
    run(conn, "insert into feed_customer select distinct customer_id from feed_account on conflict do nothing".into()).await?;
    if let Some(before) = before {
        aged(conn, before, today).await?;
    }
    let touched: Vec<i64> =
        sqlx::query_scalar("select customer_id from feed_customer order by customer_id").persistent(false).fetch_all(&mut *conn).await?;
    tiers::evaluate::alone(conn).await?;
    run(conn, LEADS.into()).await?;
    summary::refresh(conn, &touched).await?;
    hand_over(conn, today).await?;
    let mut warned: BTreeSet<i64> = touched.iter().copied().collect();
    if let Some(before) = before.filter(|before| *before < today) {
        warned.extend(alerts::came_due(conn, before, today).await?);
    }
    alerts::refresh(conn, &Vec::from_iter(warned)).await?;
    tiers::evaluate::run(conn, &touched).await?;
    lifecycle::judge_averages(conn, &touched).await?;
    assignments::place(conn).await?;
    contribution::touched(conn, &touched).await?;
    Ok(touched.len() as u64)
}

/// Who led the touched customers before their summaries follow.
const LEADS: &str = "create temp table feed_lead on commit drop as
     select f.customer_id, s.customer_id is not null as known, s.lead_staff_id as was
     from feed_customer f left join customer_summary s using (customer_id)";

/// Of customers who have another lead now, by a file or because its day came: open tasks and
/// opportunities of the old one go along, and the screens of their units are told. Those whom nobody leads any more are counted for the heads of their units.
async fn hand_over(conn: &mut PgConnection, today: NaiveDate) -> Result<()> {
    let moved = "create temp table feed_moved on commit drop as
         select l.customer_id, l.known, l.was, s.lead_staff_id as now
         from feed_lead l join customer_summary s using (customer_id) where l.was is distinct from s.lead_staff_id";
    if run(conn, moved.into()).await? == 0 {
        return Ok(());
    }
    run(
        conn,
        "update task t set owner_staff_id = m.now, version = t.version + 1 from feed_moved m
         where t.customer_id = m.customer_id and m.known and t.state = 'open' and t.owner_staff_id is not distinct from m.was"
            .into(),
    )
    .await?;
    run(
        conn,
        "update opportunity o set owner_staff_id = m.now, version = o.version + 1 from feed_moved m
         where o.customer_id = m.customer_id and m.known and o.ended_on is null and o.owner_staff_id is not distinct from m.was"
            .into(),
    )
    .await?;
    run(
        conn,
        format!(
            "insert into charge_ended as e (business_date, org_id, customers)
             select date '{today}', s.org_id, count(*) from feed_moved m join customer_summary s using (customer_id)
             where m.known and m.was is not null and m.now is null group by s.org_id
             on conflict (business_date, org_id) do update set customers = e.customers + excluded.customers, at = now()"
        ),
    )
    .await?;
    let moved: Vec<assignments::Charged> = sqlx::query_as("select customer_id, was, known from feed_moved order by customer_id")
        .persistent(false)
        .fetch_all(&mut *conn)
        .await?;
    assignments::announce_charge(conn, "", &moved).await
}

/// Customers whom no file names and whose summary is another all the same: an assignment began or ended, and so who
/// may see them; a term deposit fell due; a currency has another rate; the month before is another one.
async fn aged(conn: &mut PgConnection, before: NaiveDate, today: NaiveDate) -> Result<()> {
    let new_month = (before.year(), before.month()) < (today.year(), today.month());
    let new_year = before.year() < today.year();
    let sql = format!(
        "insert into feed_customer
         select customer_id from assignment
         where (lower(valid) > date '{before}' and lower(valid) <= date '{today}') or (upper(valid) > date '{before}' and upper(valid) <= date '{today}')
         union
         select customer_id from account
         where closed_on is null and ((matures_on >= date '{before}' and matures_on < date '{today}')
             or currency in (select currency from feed_rate o full join rates_on(date '{today}') n using (currency) where o.rate is distinct from n.rate))
         union
         select customer_id from customer_summary where ({new_month} and aum_previous <> 0) or ({new_year} and contribution is not null)
         on conflict do nothing"
    );
    run(conn, sql).await?;
    Ok(())
}

/// End-of-day balances of touched days (a balance that was given counts more than a transaction's), and the newest of them as the
/// account's balance.
async fn balances(conn: &mut PgConnection) -> Result<()> {
    let days: Option<(NaiveDate, NaiveDate)> =
        sqlx::query_as::<_, (Option<NaiveDate>, Option<NaiveDate>)>("select min(day), max(day) from feed_day")
            .persistent(false)
            .fetch_one(&mut *conn)
            .await
            .map(|(first, last)| first.zip(last))?;
    let Some((first, last)) = days else { return Ok(()) };
    count(
        conn,
        "select count(ensure_month(month)) from (
             select distinct date_trunc('month', day)::date as month from (select distinct day from feed_day) d) m"
            .into(),
    )
    .await?;
    // Days first: the rows of a month come together, as its partition takes them.
    run(
        conn,
        format!(
            "create temp table feed_close on commit drop as
             select distinct on (day, customer_id, account_id) customer_id, account_id, day, balance from (
                 select customer_id, account_id, day, balance, given, file, rank, line from feed_day where balance is not null
                 union all
                 select t.customer_id, t.account_id, t.booked_on, t.balance_after, false, 0, 0, t.txn_id
                 from (select distinct customer_id, account_id, day from feed_day where balance is null) f
                 join txn t on t.customer_id = f.customer_id and t.booked_on = f.day and t.account_id = f.account_id
                    and t.booked_on between date '{first}' and date '{last}'
                 where t.balance_after is not null
             ) told
             order by day, customer_id, account_id, given desc, file desc, rank desc, line desc"
        ),
    )
    .await?;
    run(conn, "analyze feed_close".into()).await?;
    let same = format!(
        "d.customer_id = c.customer_id and d.account_id = c.account_id and d.business_date = c.day
         and d.business_date between date '{first}' and date '{last}'"
    );
    let any =
        format!("select count(*) from (select from account_day where business_date between date '{first}' and date '{last}' limit 1) d");
    let new = match count(conn, any).await? {
        0 => String::new(),
        _ => {
            let changed = format!(
                "update account_day d set balance = c.balance from feed_close c where {same} and d.balance is distinct from c.balance"
            );
            run(conn, changed).await?;
            format!("where not exists (select from account_day d where {same})")
        }
    };
    run(
        conn,
        format!(
            "insert into account_day (customer_id, account_id, business_date, balance)
             select customer_id, account_id, day, balance from feed_close c {new} order by day, customer_id, account_id"
        ),
    )
    .await?;
    run(conn, "insert into feed_account select customer_id, account_id, min(day) from feed_close group by customer_id, account_id".into())
        .await?;
    // What is owed on loans and cards comes with the account; their transactions do not say it.
    run(
        conn,
        "update account a set balance = d.balance, balance_on = d.day from (
             select distinct on (customer_id, account_id) customer_id, account_id, day, balance from feed_close
             order by customer_id, account_id, day desc
         ) d
         where a.customer_id = d.customer_id and a.account_id = d.account_id and a.category not in ('loan', 'card')
           and (a.balance_on is null or a.balance_on <= d.day)
           and row(a.balance, a.balance_on) is distinct from row(d.balance, d.day)"
            .into(),
    )
    .await?;
    run(conn, "drop table feed_close".into()).await?;
    Ok(())
}

/// Month ends and averages of touched accounts, from the year of the earliest change on. `before` is the
/// business date that the figures kept so far reach to.
async fn months(conn: &mut PgConnection, before: Option<NaiveDate>, today: NaiveDate) -> Result<()> {
    let first: Option<NaiveDate> = sqlx::query_scalar("select min(day) from feed_account").persistent(false).fetch_one(&mut *conn).await?;
    let Some(first) = first.filter(|first| *first <= today) else { return Ok(()) };
    let year = first.year();
    let mut text = Vec::new();
    {
        // An account's years as they are kept, then its days.
        let sql = format!(
            "select y.customer_id, y.account_id, y.year, y.end_balance, y.average_balance, null::date as day, null::bigint as balance
             from feed_account join account_year y using (customer_id, account_id) where y.year >= {last}
             union all
             select d.customer_id, d.account_id, null, null, null, d.business_date, d.balance
             from feed_account join account_day d using (customer_id, account_id)
             where d.business_date between date '{year}-01-01' and date '{today}'
             order by customer_id, account_id, year nulls last, day",
            last = year - 1
        );
        let mut rows = sqlx::query_as::<_, Known>(sqlx::AssertSqlSafe(sql)).persistent(false).fetch(&mut *conn);
        let mut series: Option<Series> = None;
        while let Some(row) = rows.try_next().await? {
            let account = (row.customer_id, row.account_id);
            if series.as_ref().is_none_or(|series| series.account != account) {
                if let Some(series) = series.take() {
                    series.write(year, today, &mut text);
                }
                series = Some(Series::new(account, before));
            }
            if let Some(series) = &mut series {
                series.learn(row);
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
    contribution::late_balances(conn, first).await?;
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
