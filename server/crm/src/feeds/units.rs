//! Org units: a tree, whose paths follow when a parent changes.

use guanhu_domain::feeds::{Counts, RejectReason};
use sqlx::{PgConnection, Row as _};

use super::{
    plan::Job,
    upsert::{Refused, count, run},
};
use crate::{Result, contribution};

/// Staged units into `org_unit`.
pub async fn apply(conn: &mut PgConnection, job: &Job) -> Result<(Counts, Refused)> {
    run(
        conn,
        "create temp table feed_load on commit drop as
         select s.*, t.org_id, null::text as reject, null::text as detail from feed_stage s left join org_unit t on t.code = s.code"
            .into(),
    )
    .await?;
    run(
        conn,
        "with d as materialized (select code, min(line) as first from feed_load group by code having count(*) > 1)
         update feed_load l set reject = 'duplicate', detail = 'line ' || d.first from d where l.code = d.code and l.line <> d.first"
            .into(),
    )
    .await?;
    // From the roots down: what is not reached has an unknown parent or is its own ancestor.
    run(
        conn,
        "with recursive reached as (
             select l.line, l.code from feed_load l
             where l.reject is null and (l.parent is null or (exists (select from org_unit o where o.code = l.parent)
                   and not exists (select from feed_load p where p.code = l.parent)))
             union
             select l.line, l.code from feed_load l join reached r on r.code = l.parent where l.reject is null
         )
         update feed_load l set reject = 'unknown_key', detail = 'parent: ' || coalesce(l.parent, '')
         where l.reject is null and not exists (select from reached r where r.line = l.line)"
            .into(),
    )
    .await?;
    // A unit cannot move below itself, also not by way of units that this file leaves alone.
    run(
        conn,
        "update feed_load l set reject = 'conflict', detail = 'parent: ' || l.parent || ' is below ' || l.code
         from org_unit p where l.reject is null and l.org_id is not null and p.code = l.parent and p.path @> array[l.org_id]
           and not exists (select from feed_load x where x.code = l.parent)"
            .into(),
    )
    .await?;
    let rows = sqlx::query("select line, reject, coalesce(detail, '') from feed_load where reject is not null order by line")
        .persistent(false)
        .fetch_all(&mut *conn)
        .await?;
    let mut refused = Refused::new();
    for row in rows {
        let reason: String = row.try_get(1)?;
        refused.push((row.try_get(0)?, RejectReason::from_code(&reason).unwrap_or(RejectReason::Conflict), row.try_get(2)?));
    }
    let inserted = run(
        conn,
        "insert into org_unit (code, name, kind, path, closed_on) select code, name, kind, '{}', closed_on from feed_load where reject is null and org_id is null"
            .into(),
    )
    .await?;
    let closed = if job.maps("closed_on") { "l.closed_on" } else { "t.closed_on" };
    let parent = if job.maps("parent") { "p.org_id" } else { "t.parent_id" };
    // New units get their parent here too: it may have been in the same file.
    run(
        conn,
        format!(
            "update org_unit t set parent_id = {parent} from feed_load l left join org_unit p on p.code = l.parent
             where t.code = l.code and l.reject is null and l.org_id is null and t.parent_id is distinct from {parent}"
        ),
    )
    .await?;
    let updated = run(
        conn,
        format!(
            "update org_unit t set name = l.name, kind = l.kind, parent_id = {parent}, closed_on = {closed}, version = t.version + 1
             from feed_load l left join org_unit p on p.code = l.parent
             where t.code = l.code and l.reject is null and l.org_id is not null
               and row(t.name, t.kind, t.parent_id, t.closed_on) is distinct from row(l.name, l.kind, {parent}, {closed})"
        ),
    )
    .await?;
    const TREE: &str = "with recursive tree as (
             select org_id, array[org_id] as path from org_unit where parent_id is null
             union all
             select o.org_id, t.path || o.org_id from org_unit o join tree t on o.parent_id = t.org_id
         )";
    let moved = count(
        conn,
        format!(
            "{TREE} select count(*) from org_unit o join tree t using (org_id) where o.path <> '{{}}' and o.path is distinct from t.path"
        ),
    )
    .await?;
    run(
        conn,
        format!("{TREE} update org_unit o set path = t.path from tree t where o.org_id = t.org_id and o.path is distinct from t.path"),
    )
    .await?;
    if moved > 0 {
        contribution::tree_moved(conn).await?;
    }
    let good: i64 =
        sqlx::query_scalar("select count(*) from feed_load where reject is null").persistent(false).fetch_one(&mut *conn).await?;
    run(conn, "drop table feed_load".into()).await?;
    let good = u64::try_from(good).unwrap_or(0);
    Ok((Counts { inserted, updated, unchanged: good - inserted - updated, ..Counts::default() }, refused))
}
