//! Putting customers into the tiers that the rules in force give them: the whole base, or those that
//! something happened to. One set of statements however many they are; running it again changes nothing.

use guanhu_domain::{
    access::Verb,
    tiers::{Definition, Evaluated, TierRule, Upgrade},
};
use serde_json::json;
use sqlx::{PgConnection, Postgres, QueryBuilder};

use super::{SCHEMES, SchemeRow, averages, judge, version};
use crate::{
    Actor, Bank, Result,
    audit::{self, Entry},
};

/// Whose tiers.
#[derive(Clone, Copy, Debug)]
pub enum Which<'a> {
    Whole,
    Changed(&'a [i64]),
}

/// Evaluates in a transaction of its own. Ups, downs and threats leave as events.
pub async fn evaluate(bank: &Bank, actor: &Actor, which: Which<'_>) -> Result<Evaluated> {
    actor.require(Verb::TierEvaluate)?;
    let mut tx = bank.begin().await?;
    let done = run(&mut tx, which).await?;
    let (whole, customers) = match which {
        Which::Whole => (true, None),
        Which::Changed(ids) => (false, Some(ids.len())),
    };
    let detail = json!({ "whole": whole, "customers": customers, "upgraded": done.upgraded, "downgraded": done.downgraded,
        "entered": done.entered, "threatened": done.threatened });
    audit::record(&mut tx, actor, Entry::done(Verb::TierEvaluate, "tiers").detail(detail)).await?;
    tx.commit().await?;
    Ok(done)
}

/// Evaluates the whole base where a version has come into force or the business date has moved since
/// the last time. Any number of servers may ask at once.
pub async fn evaluate_due(bank: &Bank) -> Result<Option<Evaluated>> {
    let mut conn = bank.pool().acquire().await?;
    let rows: Vec<SchemeRow> = sqlx::query_as(SCHEMES).fetch_all(&mut *conn).await?;
    drop(conn);
    if rows.iter().all(is_evaluated) {
        return Ok(None);
    }
    evaluate(bank, &Actor::system(), Which::Whole).await.map(Some)
}

/// [`evaluate_due`] while the caller answers. What fails here is tried again by the server's upkeep.
pub fn evaluate_soon(bank: &Bank) {
    let bank = bank.clone();
    tokio::spawn(async move {
        if let Err(error) = evaluate_due(&bank).await {
            tracing::warn!(%error, "tiers were not evaluated at once");
        }
    });
}

fn is_evaluated(scheme: &SchemeRow) -> bool {
    scheme.publication_id.is_none()
        || (scheme.publication_id == scheme.evaluated_publication && scheme.evaluated_on == Some(scheme.business_date))
}

/// Waits until no other evaluation is under way; none begins before the transaction ends. A load that
/// changes summaries asks first: with rows in hand, two would wait for one another.
pub(crate) async fn alone(conn: &mut PgConnection) -> Result<()> {
    sqlx::query("select pg_advisory_xact_lock(hashtext('tiers.evaluate'))").execute(conn).await?;
    Ok(())
}

/// In the caller's transaction, as part of what changed the customers.
pub(crate) async fn run(conn: &mut PgConnection, which: Which<'_>) -> Result<Evaluated> {
    // One at a time: a second one finds nothing left to do.
    alone(conn).await?;
    let schemes: Vec<SchemeRow> = sqlx::query_as(SCHEMES).fetch_all(&mut *conn).await?;
    let mut done = Evaluated::default();
    let Some(business_date) = schemes.first().map(|scheme| scheme.business_date) else { return Ok(done) };
    // A part tells nothing of the others while the whole is due.
    let ids = match which {
        Which::Changed(ids) if schemes.iter().all(is_evaluated) => Some(ids),
        _ => None,
    };
    match ids {
        Some(ids) => averages::refresh(conn, business_date, Some(ids)).await?,
        None => {
            sqlx::raw_sql("set local work_mem = '64MB'").execute(&mut *conn).await?;
            if let Which::Changed(ids) = which {
                averages::refresh(conn, business_date, Some(ids)).await?;
            }
            if !averages::is_current(conn, business_date).await? {
                averages::refresh(conn, business_date, None).await?;
            }
        }
    }
    for scheme in &schemes {
        let Some(number) = scheme.in_force else { continue };
        let definition = version(conn, scheme.scheme_id, number).await?.definition.0;
        let keys = tiers(conn, scheme.scheme_id, &definition.tiers).await?;
        let part = one(conn, scheme, number, &definition, &keys, ids).await?;
        done.upgraded += part.upgraded;
        done.downgraded += part.downgraded;
        done.entered += part.entered;
        done.threatened += part.threatened;
        if ids.is_none() {
            sqlx::query("update tier_scheme set evaluated_on = $2, evaluated_publication = $3 where scheme_id = $1")
                .bind(scheme.scheme_id)
                .bind(business_date)
                .bind(scheme.publication_id)
                .execute(&mut *conn)
                .await?;
        }
    }
    Ok(done)
}

/// Makes the tiers of the scheme those of the version in force. Returns their keys, the lowest first.
pub(crate) async fn tiers(conn: &mut PgConnection, scheme_id: i32, tiers: &[TierRule]) -> Result<Vec<i32>> {
    let codes: Vec<&str> = tiers.iter().map(|tier| tier.code.as_str()).collect();
    sqlx::query("update tier set retired = true where scheme_id = $1 and not retired and code <> all($2)")
        .bind(scheme_id)
        .bind(&codes)
        .execute(&mut *conn)
        .await?;
    sqlx::query(
        "insert into tier as t (scheme_id, code, rank, name, name_en, mark)
         select $1, code, rank::smallint, name, name_en, mark from unnest($2::text[], $3::text[], $4::text[], $5::smallint[])
             with ordinality as n (code, name, name_en, mark, rank)
         on conflict (code) do update set rank = excluded.rank, name = excluded.name, name_en = excluded.name_en, mark = excluded.mark, retired = false
         where t.scheme_id = $1
           and (t.rank, t.name, t.name_en, t.mark, t.retired) is distinct from (excluded.rank, excluded.name, excluded.name_en, excluded.mark, false)",
    )
    .bind(scheme_id)
    .bind(&codes)
    .bind(tiers.iter().map(|tier| tier.name.as_str()).collect::<Vec<_>>())
    .bind(tiers.iter().map(|tier| tier.name_en.as_str()).collect::<Vec<_>>())
    .bind(tiers.iter().map(|tier| tier.mark).collect::<Vec<_>>())
    .execute(&mut *conn)
    .await?;
    let keys: Vec<(String, i32)> =
        sqlx::query_as("select code, tier_id from tier where scheme_id = $1").bind(scheme_id).fetch_all(&mut *conn).await?;
    // A changed order moves everybody without anybody's tier changing.
    sqlx::query(
        "update customer_summary s set tier_rank = t.rank from tier t
         where t.scheme_id = $1 and s.tier_id = t.tier_id and s.tier_rank <> t.rank",
    )
    .bind(scheme_id)
    .execute(conn)
    .await?;
    Ok(codes.iter().filter_map(|code| keys.iter().find(|(own, _)| own == code).map(|(_, key)| *key)).collect())
}

/// Whoever is not where the rules say, or waits: with what is to be done.
const STAGE: &str = "create temp table if not exists tier_run (
    customer_id bigint primary key, org_id int, current int, target int, is_up boolean, act text) on commit drop";

async fn one(
    conn: &mut PgConnection,
    scheme: &SchemeRow,
    number: i32,
    definition: &Definition,
    keys: &[i32],
    ids: Option<&[i64]>,
) -> Result<Evaluated> {
    sqlx::raw_sql(STAGE).execute(&mut *conn).await?;
    sqlx::raw_sql("truncate tier_run").execute(&mut *conn).await?;
    stage(scheme, definition, keys, ids)?.build().persistent(false).execute(&mut *conn).await?;
    let day = scheme.business_date;
    sqlx::query("delete from customer_tier_due d using tier_run r where d.customer_id = r.customer_id and r.act <> 'wait'")
        .persistent(false)
        .execute(&mut *conn)
        .await?;
    let threatened: i64 = sqlx::query_scalar(
        "with waiting as (
             insert into customer_tier_due as d (customer_id, tier_id, is_up, since)
             select customer_id, target, is_up, $1 from tier_run where act = 'wait'
             on conflict (customer_id) do update set tier_id = excluded.tier_id, is_up = excluded.is_up,
                 since = case when d.is_up = excluded.is_up then d.since else excluded.since end
             where (d.tier_id, d.is_up) is distinct from (excluded.tier_id, excluded.is_up)
             returning d.customer_id, d.is_up, d.since
         ), told as (
             insert into outbox_event (topic, customer_id, org_ids, payload)
             select 'tier.threatened', r.customer_id, array[r.org_id],
                 jsonb_build_object('from', (select code from tier where tier_id = r.current), 'to', (select code from tier where tier_id = r.target))
             from waiting w join tier_run r using (customer_id) where not w.is_up and w.since = $1
             returning 1
         ) select count(*) from told",
    )
    .persistent(false)
    .bind(day)
    .fetch_one(&mut *conn)
    .await?;
    // A tier that began today and ends today never was.
    sqlx::query(
        "delete from customer_tier t using tier_run r where r.act = 'now' and t.customer_id = r.customer_id and lower(t.valid) >= $1",
    )
    .persistent(false)
    .bind(day)
    .execute(&mut *conn)
    .await?;
    sqlx::query(
        "update customer_tier t set valid = daterange(lower(t.valid), $1) from tier_run r
         where r.act = 'now' and t.customer_id = r.customer_id and t.valid @> $1::date",
    )
    .persistent(false)
    .bind(day)
    .execute(&mut *conn)
    .await?;
    sqlx::query(
        "insert into customer_tier (customer_id, valid, tier_id, reason)
         select customer_id, daterange($1, null), target, jsonb_build_object('scheme', $2::text, 'version', $3::int)
         from tier_run where act = 'now' and target is not null",
    )
    .persistent(false)
    .bind(day)
    .bind(&scheme.code)
    .bind(number)
    .execute(&mut *conn)
    .await?;
    sqlx::query(
        "update customer_summary s set tier_id = r.target, tier_rank = coalesce(t.rank, 0)
         from tier_run r left join tier t on t.tier_id = r.target where r.act = 'now' and s.customer_id = r.customer_id",
    )
    .persistent(false)
    .execute(&mut *conn)
    .await?;
    let (upgraded, downgraded, entered): (i64, i64, i64) = sqlx::query_as(
        "with told as (
             insert into outbox_event (topic, customer_id, org_ids, payload)
             select case when r.is_up then 'tier.upgraded' else 'tier.downgraded' end, r.customer_id, array[r.org_id],
                 jsonb_build_object('from', f.code, 'to', t.code)
             from tier_run r join tier f on f.tier_id = r.current left join tier t on t.tier_id = r.target
             where r.act = 'now'
             returning topic
         )
         select (select count(*) from told where topic = 'tier.upgraded'), (select count(*) from told where topic = 'tier.downgraded'),
             (select count(*) from tier_run where act = 'now' and current is null)",
    )
    .persistent(false)
    .fetch_one(&mut *conn)
    .await?;
    Ok(Evaluated { upgraded, downgraded, entered, threatened })
}

fn stage(scheme: &SchemeRow, definition: &Definition, keys: &[i32], ids: Option<&[i64]>) -> Result<QueryBuilder<Postgres>> {
    let day = scheme.business_date;
    let mut sql = QueryBuilder::new(
        "insert into tier_run (customer_id, org_id, current, target, is_up, act)
         select x.customer_id, x.org_id, x.current, x.target, u.is_up,
             case when x.target is not distinct from x.current then 'same'
                  when x.given or x.current is null then 'now'
                  when u.is_up then case when ",
    );
    sql.push_bind(definition.settings.upgrade == Upgrade::AtOnce);
    sql.push(" or ").push_bind(day);
    sql.push(" >= (date_trunc('month', case when d.is_up then d.since else ").push_bind(day);
    sql.push(" end) + interval '1 month - 1 day')::date then 'now' else 'wait' end else case when ").push_bind(day);
    sql.push(" - (case when not d.is_up then d.since else ").push_bind(day).push(" end) >= ");
    sql.push_bind(i32::from(definition.settings.grace_days));
    sql.push(
        " then 'now' else 'wait' end end
         from (select s.customer_id, s.org_id, s.tier_id as current, o.tier_id is not null as given, coalesce(o.tier_id, ",
    );
    judge::push_case(&mut sql, definition, keys, judge::env(definition, day));
    sql.push(") as target from customer_summary s left join customer_tier_override o on o.customer_id = s.customer_id and o.until >= ");
    sql.push_bind(day);
    judge::push_tables(&mut sql, definition);
    sql.push(" where s.kind = ").push_bind(scheme.kind()?.code());
    if let Some(ids) = ids {
        sql.push(" and s.customer_id = any(").push_bind(ids.to_vec()).push(")");
    }
    // Ranks of the version in force; a tier that it no longer has lies below them all.
    sql.push(") x left join customer_tier_due d on d.customer_id = x.customer_id cross join lateral (select coalesce(array_position(");
    sql.push_bind(keys.to_vec()).push(", x.target), 0) > coalesce(array_position(").push_bind(keys.to_vec());
    sql.push(", x.current), 0) as is_up) u where x.target is distinct from x.current or d.customer_id is not null");
    Ok(sql)
}
