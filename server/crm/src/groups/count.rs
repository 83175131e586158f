//! How many a group has, day by day: counted over the whole base by unit and lead, told within the
//! reader's scope.

use chrono::NaiveDate;
use guanhu_domain::{
    groups::Growth,
    rules::{Condition, RuleSet},
};
use sqlx::{PgConnection, Postgres, QueryBuilder, types::Json};

use super::{Reading, Row, members};
use crate::{Actor, Bank, Result, Scope, rules::Kin};

/// Days for which every count is kept; of older months the last one is.
const DAILY: i32 = 62;

/// Counts one group after the other that has not been counted on the business date. Returns how many were; `None` when
/// somebody else is at it.
pub async fn count_due(bank: &Bank) -> Result<Option<usize>> {
    let mut turn = bank.begin().await?;
    let got: bool = sqlx::query_scalar("select pg_try_advisory_xact_lock(hashtext('groups.count'))").fetch_one(&mut *turn).await?;
    let done = if got { all(bank).await.map(Some) } else { Ok(None) };
    // Ended by hand: a dropped transaction keeps its lock until its connection is used again.
    turn.rollback().await?;
    done
}

async fn all(bank: &Bank) -> Result<usize> {
    let Some(day) = sqlx::query_scalar::<_, NaiveDate>("select business_date from bank").fetch_optional(bank.pool()).await? else {
        return Ok(0);
    };
    let mut done = 0;
    let mut last = 0;
    while let Some(row) = next(bank, day, last).await? {
        last = row.group_id;
        match one(bank, &row, day).await {
            Ok(()) => done += 1,
            // Shown as a gap in its curve; tomorrow is another day.
            Err(error) => tracing::warn!(%error, group = row.code, "a group was not counted"),
        }
        sqlx::query("update customer_group set counted_on = $2 where group_id = $1 and version = $3")
            .bind(row.group_id)
            .bind(day)
            .bind(row.version)
            .execute(bank.pool())
            .await?;
    }
    if done > 0 {
        thin(bank, day).await?;
    }
    Ok(done)
}

async fn next(bank: &Bank, day: NaiveDate, last: i32) -> Result<Option<Row>> {
    Ok(sqlx::query_as(rows_sql!(
        "where g.group_id > $2 and g.counted_on is distinct from $1 and (g.expires_on is null or g.expires_on >= $1) order by g.group_id limit 1"
    ))
    .bind(day)
    .bind(last)
    .fetch_optional(bank.pool())
    .await?)
}

async fn one(bank: &Bank, row: &Row, day: NaiveDate) -> Result<()> {
    let rules: Vec<Json<RuleSet>> = sqlx::query_scalar(
        "select g.rule from customer_group g where g.rule is not null
         and (g.group_id = $1 or g.group_id in (select part_id from customer_group_part where group_id = $1))",
    )
    .bind(row.group_id)
    .fetch_all(bank.pool())
    .await?;
    let kin = rules.iter().any(|rule| asks_for_others(&rule.0.when));
    let mut tx = bank.begin().await?;
    sqlx::raw_sql("set local statement_timeout = '60s'").execute(&mut *tx).await?;
    sqlx::query("delete from segment_count where segment = $1 and on_date = $2").bind(&row.code).bind(day).execute(&mut *tx).await?;
    counted(&mut tx, &row.code, day).await?;
    if kin {
        as_each_sees(bank, &mut tx, row, day).await?;
    } else {
        let members = members(bank, row.clone(), day, &Reading::by_all(Kin::All)).await?;
        let mut sql = QueryBuilder::new("insert into segment_count (segment, on_date, org_id, staff_id, customers, aum) select ");
        sql.push_bind(row.code.clone()).push(", ").push_bind(day);
        push_counts(&mut sql);
        sql.push(" where ");
        members.push(&mut sql);
        sql.push(" group by s.org_id, coalesce(s.lead_staff_id, 0)");
        sql.build().persistent(false).execute(&mut *tx).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Whoever asks for related customers finds others the further they see, and parts do not add up: counted whole for every
/// unit as its head sees it, and for every lead.
async fn as_each_sees(bank: &Bank, tx: &mut PgConnection, row: &Row, day: NaiveDate) -> Result<()> {
    let deepest: i32 = sqlx::query_scalar("select coalesce(max(cardinality(path)), 0) from org_unit").fetch_one(&mut *tx).await?;
    let units = (1..=deepest).map(|depth| (Kin::Unit(depth), format!("o.path[{depth}], 0"), format!("o.path[{depth}]")));
    let leads = (Kin::Lead, "0, s.lead_staff_id".to_owned(), "s.lead_staff_id".to_owned());
    for (kin, place, by) in units.chain([leads]) {
        let members = members(bank, row.clone(), day, &Reading::by_all(kin)).await?;
        let mut sql = QueryBuilder::new("insert into segment_count (segment, on_date, org_id, staff_id, customers, aum, whole) select ");
        sql.push_bind(row.code.clone()).push(", ").push_bind(day);
        sql.push(format_args!(
            ", {place}, count(*)::int, sum(s.aum)::bigint, true from customer_summary s join org_unit o on o.org_id = s.org_id
             where {by} is not null and "
        ));
        members.push(&mut sql);
        sql.push(format_args!(" group by {by}"));
        sql.build().persistent(false).execute(&mut *tx).await?;
    }
    Ok(())
}

/// The rest of a count's row, from `customer_summary s`.
pub(crate) fn push_counts(sql: &mut QueryBuilder<Postgres>) {
    sql.push(", s.org_id, coalesce(s.lead_staff_id, 0), count(*)::int, sum(s.aum)::bigint from customer_summary s");
}

/// That the day was counted, though there may have been nobody.
pub(crate) async fn counted(conn: &mut PgConnection, segment: &str, day: NaiveDate) -> Result<()> {
    sqlx::query("insert into segment_count (segment, on_date, org_id, staff_id, customers, aum) values ($1, $2, 0, 0, 0, 0)")
        .bind(segment)
        .bind(day)
        .execute(conn)
        .await?;
    Ok(())
}

/// Of days long past only the last of a month is kept.
pub(crate) async fn thin(bank: &Bank, day: NaiveDate) -> Result<()> {
    sqlx::query(
        "delete from segment_count c using (
             select segment, on_date, lead(on_date) over (partition by segment order by on_date) as later
             from (select distinct segment, on_date from segment_count where org_id = 0) d
         ) d
         where c.segment = d.segment and c.on_date = d.on_date and d.on_date < $1::date - $2::int
           and date_trunc('month', d.later) = date_trunc('month', d.on_date)",
    )
    .bind(day)
    .bind(DAILY)
    .execute(bank.pool())
    .await?;
    Ok(())
}

/// How many of the actor's customers a segment had: those of the actor's units, or whom the actor led.
pub(crate) async fn growth(bank: &Bank, actor: &Actor, segment: &str) -> Result<Vec<Growth>> {
    let (units, head, staff) = match &actor.scope {
        Scope::Nothing => return Ok(Vec::new()),
        Scope::Units(units) => (units.clone(), Some(actor.org_id), None),
        Scope::Portfolio { staff_id, .. } => (Vec::new(), None, Some(*staff_id)),
    };
    let rows: Vec<(NaiveDate, i64, i64)> = sqlx::query_as(
        "select on_date, coalesce(sum(customers) filter (where own), 0)::bigint, coalesce(sum(aum) filter (where own), 0)::bigint
         from (select on_date, customers, aum, staff_id = $3 or case when whole then org_id = $4 and staff_id = 0 else org_id = any($2) end as own
             from segment_count where segment = $1) c
         group by on_date order by on_date",
    )
    .bind(segment)
    .bind(units)
    .bind(staff)
    .bind(head)
    .fetch_all(bank.pool())
    .await?;
    Ok(rows.into_iter().map(|(on, customers, aum)| Growth { on, customers, aum }).collect())
}

fn asks_for_others(condition: &Condition) -> bool {
    matches!(condition, Condition::Related { .. }) || condition.children().iter().any(asks_for_others)
}
