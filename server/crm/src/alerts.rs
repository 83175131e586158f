//! Warnings that the figures themselves give rise to, raised after every load: what matures, is overdue,
//! left in one large sum, is leaving, or has not moved for long. One of a kind is open for a customer at a
//! time; it is brought up to date while its reason lasts, and closed when that is gone.

use chrono::NaiveDate;
use sqlx::PgConnection;

use crate::{Result, lifecycle, parameters, summary, tiers::part::Part};

/// What counts as much and as long; the bank's are the parameters `alerts.*` of the same names. Amounts in
/// minor units of the base currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    pub maturity_days: i32,
    pub maturity_amount: i64,
    pub outflow_days: i32,
    pub outflow_amount: i64,
    pub dormant_days: i32,
    pub dormant_amount: i64,
}

/// The catalogue's, by which the made-up bank is warned.
impl Default for Limits {
    fn default() -> Limits {
        Limits {
            maturity_days: 30,
            maturity_amount: 10_000_000,
            outflow_days: 30,
            outflow_amount: 5_000_000,
            dormant_days: 365,
            dormant_amount: 500_000,
        }
    }
}

impl Limits {
    async fn of_bank(conn: &mut PgConnection) -> Result<Limits> {
        Ok(Limits {
            maturity_days: parameters::read(conn, "alerts.maturity_days").await?,
            maturity_amount: parameters::read(conn, "alerts.maturity_amount").await?,
            outflow_days: parameters::read(conn, "alerts.outflow_days").await?,
            outflow_amount: parameters::read(conn, "alerts.outflow_amount").await?,
            dormant_days: parameters::read(conn, "alerts.dormant_days").await?,
            dormant_amount: parameters::read(conn, "alerts.dormant_amount").await?,
        })
    }
}

/// Brings the warnings of these customers up to date with their accounts, transactions and summaries, and
/// the summaries' count of them.
pub async fn refresh(conn: &mut PgConnection, customer_ids: &[i64]) -> Result<()> {
    let today: Option<NaiveDate> = sqlx::query_scalar("select business_date from bank").fetch_optional(&mut *conn).await?;
    let Some(today) = today else { return Ok(()) };
    let limits = Limits::of_bank(conn).await?;
    for chunk in customer_ids.chunks(summary::CHUNK) {
        sqlx::query(RAISE)
            .bind(chunk)
            .bind(limits.maturity_days)
            .bind(limits.maturity_amount)
            .bind(limits.outflow_days)
            .bind(limits.outflow_amount)
            .bind(limits.dormant_days)
            .bind(limits.dormant_amount)
            .bind(today)
            .execute(&mut *conn)
            .await?;
        summary::hold(conn, chunk).await?;
        sqlx::query(
            "update customer_summary s set open_alerts = n.open from (
                 select k.customer_id, count(a.alert_id)::int as open from unnest($1::bigint[]) as k (customer_id)
                 left join alert a on a.customer_id = k.customer_id and a.closed_at is null group by k.customer_id
             ) n
             where s.customer_id = n.customer_id and s.open_alerts <> n.open",
        )
        .bind(chunk)
        .execute(&mut *conn)
        .await?;
        lifecycle::judge_field(conn, Part::Of(chunk), "open_alerts").await?;
    }
    Ok(())
}

/// Customers to whom the passing of time alone may have brought a warning, or taken one away, since `before`.
pub(crate) async fn came_due(conn: &mut PgConnection, before: NaiveDate, today: NaiveDate) -> Result<Vec<i64>> {
    let limits = Limits::of_bank(conn).await?;
    let ids = sqlx::query_scalar(
        "select customer_id from alert where closed_at is null
         union select customer_id from account where closed_on is null and matures_on between $1::date and $2::date + $3::int
         -- Whoever moved or came so long ago that it became long only since.
         union select customer_id from txn where booked_on between $1::date - $4::int and $2::date - $4::int - 1
         union select customer_id from customer_summary where coalesce(opened_on, '-infinity') between $1::date - $4::int and $2::date - $4::int - 1",
    )
    .persistent(false)
    .bind(before)
    .bind(today)
    .bind(limits.maturity_days)
    .bind(limits.dormant_days)
    .fetch_all(conn)
    .await?;
    Ok(ids)
}

/// `$1` customers, then the limits in the order of [`Limits`], `$8` the business date: in plain sight it spares the months of
/// transactions that nobody asks for. Of several accounts that give rise to the
/// same warning the one is told that is soonest due, or overdue for longest.
const RAISE: &str = "
with b as materialized (select business_date as today, base_currency from bank limit 1),
rates as materialized (select r.currency, r.rate from b, rates_on(b.today) r),
s as materialized (select s.customer_id, s.aum, s.aum_previous, s.opened_on from customer_summary s where s.customer_id = any($1)),
wanted as materialized (
    select s.customer_id, 'maturity' as kind, 'info' as severity, least(b.today, a.matures_on - $2::int) as raised_on,
        jsonb_build_object('amount', a.balance, 'currency', a.currency, 'matures_on', a.matures_on) as evidence
    from s cross join b cross join lateral (
        select a.balance, a.currency, a.matures_on from account a join rates r using (currency)
        where a.customer_id = s.customer_id and a.category in ('term', 'wealth') and a.closed_on is null
            and a.matures_on between b.today and b.today + $2::int and round(a.balance * r.rate) >= $3
        order by a.matures_on, a.account_id limit 1
    ) a
    union all
    select s.customer_id, 'overdue', case when a.overdue_days > 30 then 'critical' else 'warning' end, b.today - a.overdue_days + 1,
        jsonb_build_object('balance', a.balance, 'currency', a.currency, 'overdue_days', a.overdue_days)
    from s cross join b cross join lateral (
        select a.balance, a.currency, a.overdue_days from account a
        where a.customer_id = s.customer_id and a.closed_on is null and a.overdue_days > 0
        order by a.overdue_days desc, a.account_id limit 1
    ) a
    union all
    select s.customer_id, 'large_movement', 'warning', t.booked_on,
        jsonb_build_object('amount', t.amount, 'currency', t.currency, 'booked_on', t.booked_on)
    from s cross join lateral (
        select t.amount, t.currency, t.booked_on, round(t.amount * r.rate) as worth
        from txn t join account a on a.customer_id = t.customer_id and a.account_id = t.account_id and a.category = 'current'
        join rates r on r.currency = t.currency
        where t.customer_id = s.customer_id and t.booked_on > $8::date - $4::int and t.booked_on <= $8::date and t.direction = 'debit'
            and round(t.amount * r.rate) > $5
        order by worth desc, t.booked_on, t.txn_id limit 1
    ) t
    where t.worth > greatest(s.aum, s.aum_previous) / 3
    union all
    select s.customer_id, 'leaving', 'critical', b.today,
        jsonb_build_object('aum', s.aum, 'aum_previous', s.aum_previous, 'currency', b.base_currency)
    from s cross join b
    where s.aum_previous > 1000000 and s.aum < s.aum_previous / 2
    union all
    select s.customer_id, 'dormant', 'info', b.today,
        case when l.latest is null then '{}' else jsonb_build_object('last_transaction_on', l.latest) end
    from s cross join b
    left join lateral (select t.booked_on as latest from txn t where t.customer_id = s.customer_id order by t.booked_on desc limit 1) l on true
    where s.aum > $7 and exists (select from account a where a.customer_id = s.customer_id and a.category = 'current' and a.closed_on is null)
        and s.opened_on < b.today - $6::int and coalesce(l.latest, s.opened_on) < b.today - $6::int
),
gone as (
    update alert a set closed_at = now()
    where a.customer_id = any($1) and a.closed_at is null and a.kind in ('maturity', 'overdue', 'large_movement', 'leaving', 'dormant')
        and not exists (select from wanted w where w.customer_id = a.customer_id and w.kind = a.kind)
)
insert into alert as a (customer_id, kind, severity, raised_on, evidence)
select customer_id, kind, severity, raised_on, evidence from wanted
on conflict (customer_id, kind) where closed_at is null do update set severity = excluded.severity, evidence = excluded.evidence,
    -- What has no day of its own keeps the one on which it was first seen.
    raised_on = case when a.kind in ('leaving', 'dormant') then a.raised_on else excluded.raised_on end
where row(a.severity, a.evidence) is distinct from row(excluded.severity, excluded.evidence)";

#[cfg(test)]
mod tests {
    use guanhu_domain::parameters::parameter;
    use serde_json::json;

    use super::Limits;

    #[test]
    fn limits_are_those_of_the_catalogue() {
        let limits = Limits::default();
        for (key, limit) in [
            ("alerts.maturity_days", limits.maturity_days.into()),
            ("alerts.maturity_amount", limits.maturity_amount),
            ("alerts.outflow_days", limits.outflow_days.into()),
            ("alerts.outflow_amount", limits.outflow_amount),
            ("alerts.dormant_days", limits.dormant_days.into()),
            ("alerts.dormant_amount", limits.dormant_amount),
        ] {
            assert_eq!(parameter(key).map(|of| of.default_value()), Some(json!(limit)), "{key}");
        }
    }
}
