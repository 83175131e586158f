//! Putting customers into the tiers that the rules in force give them: the whole base, or those that
//! something happened to. One set of statements however many they are; running it again changes nothing.

use chrono::NaiveDate;
use guanhu_domain::{
    access::Verb,
    tiers::{Definition, Evaluated, TierRule, Upgrade},
};
use serde_json::json;
use sqlx::{PgConnection, Postgres, QueryBuilder};

use super::{
    SCHEMES, SchemeRow, averages, judge,
    part::{Part, Stretches},
    version,
};
use crate::{
    Actor, Bank, Error, Result,
    audit::{self, Entry},
    contribution,
};

/// Whose tiers.
#[derive(Clone, Copy, Debug)]
pub enum Which<'a> {
    Whole,
    Changed(&'a [i64]),
}

/// Evaluates in transactions of its own. Ups, downs and threats leave as events.
pub async fn evaluate(bank: &Bank, actor: &Actor, which: Which<'_>) -> Result<Evaluated> {
    actor.require(Verb::TierEvaluate)?;
    match which {
        Which::Whole => {
            let mut turn = bank.begin().await?;
            sqlx::query("select pg_advisory_xact_lock(hashtext('tiers.whole'))").execute(&mut *turn).await?;
            let done = whole(bank, actor, &mut turn).await;
            turn.rollback().await?;
            done
        }
        Which::Changed(ids) => {
            let mut tx = bank.begin().await?;
            let done = run(&mut tx, ids).await?;
            tell(&mut tx, actor, false, Some(ids.len()), done).await?;
            tx.commit().await?;
            Ok(done)
        }
    }
}

/// Evaluates those that asked for it, and the whole base where a version has come into force or the
/// business date has moved since the last time. `None` when there was nothing to do, or somebody else is
/// doing it: any number of servers may ask at once.
pub async fn evaluate_due(bank: &Bank) -> Result<Option<Evaluated>> {
    let Some(mut turn) = turn(bank).await? else { return Ok(None) };
    let done = due(bank, &mut turn).await;
    // Ended by hand: a dropped transaction keeps its lock until its connection is used again.
    turn.rollback().await?;
    done
}

async fn due(bank: &Bank, turn: &mut PgConnection) -> Result<Option<Evaluated>> {
    let asked = rechecked(bank).await?;
    let schemes: Vec<SchemeRow> = sqlx::query_as(SCHEMES).fetch_all(&mut *turn).await?;
    if schemes.iter().all(is_evaluated) {
        return Ok(asked);
    }
    let mut done = whole(bank, &Actor::system(), turn).await?;
    done.add(asked.unwrap_or_default());
    Ok(Some(done))
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

/// The turn of whoever goes through the whole base, until the transaction ends. `None`: another's.
pub(super) async fn turn(bank: &Bank) -> Result<Option<sqlx::Transaction<'static, Postgres>>> {
    let mut tx = bank.begin().await?;
    let got: bool = sqlx::query_scalar("select pg_try_advisory_xact_lock(hashtext('tiers.whole'))").fetch_one(&mut *tx).await?;
    if got {
        return Ok(Some(tx));
    }
    tx.rollback().await?;
    Ok(None)
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

/// Asks that these customers be judged again soon: what they are was changed by hand. Never waits.
pub(crate) async fn recheck(conn: &mut PgConnection, ids: &[i64]) -> Result<()> {
    sqlx::query("insert into customer_tier_recheck (customer_id) select unnest($1::bigint[])").bind(ids).execute(conn).await?;
    Ok(())
}

/// Asks that everybody be judged again soon, where a version in force reads this field.
pub(crate) async fn recheck_field(conn: &mut PgConnection, field: &str) -> Result<()> {
    sqlx::query(
        "update tier_scheme c set evaluated_on = null from tier_version v
         where v.scheme_id = c.scheme_id and v.ever_published and jsonb_path_exists(v.definition, '$.**.field ? (@ == $field)', jsonb_build_object('field', $1::text))",
    )
    .bind(field)
    .execute(conn)
    .await?;
    Ok(())
}

/// Customers of one transaction that asked.
const ASKED: i64 = 5_000;

async fn rechecked(bank: &Bank) -> Result<Option<Evaluated>> {
    let mut done = None;
    loop {
        let mut tx = bank.begin().await?;
        alone(&mut tx).await?;
        let ids: Vec<i64> = sqlx::query_scalar(
            "delete from customer_tier_recheck r using (select customer_id, recheck_id from customer_tier_recheck limit $1) asked
             where r.customer_id = asked.customer_id and r.recheck_id = asked.recheck_id returning r.customer_id",
        )
        .bind(ASKED)
        .fetch_all(&mut *tx)
        .await?;
        if ids.is_empty() {
            return Ok(done);
        }
        let part = run(&mut tx, &ids).await?;
        tell(&mut tx, &Actor::system(), false, Some(ids.len()), part).await?;
        tx.commit().await?;
        done.get_or_insert_with(Evaluated::default).add(part);
    }
}

async fn tell(conn: &mut PgConnection, actor: &Actor, whole: bool, customers: Option<usize>, done: Evaluated) -> Result<()> {
    let detail = json!({ "whole": whole, "customers": customers, "upgraded": done.upgraded, "downgraded": done.downgraded,
        "entered": done.entered, "threatened": done.threatened });
    audit::record(conn, actor, Entry::done(Verb::TierEvaluate, "tiers").detail(detail)).await
}

/// In the caller's transaction, as part of what changed the customers. Where the whole base is due, the
/// rest is left to [`evaluate_due`].
pub(crate) async fn run(conn: &mut PgConnection, ids: &[i64]) -> Result<Evaluated> {
    alone(conn).await?;
    let schemes: Vec<SchemeRow> = sqlx::query_as(SCHEMES).fetch_all(&mut *conn).await?;
    let Some(business_date) = schemes.first().map(|scheme| scheme.business_date) else { return Ok(Evaluated::default()) };
    averages::refresh(conn, business_date, Part::Of(ids)).await?;
    some(conn, &schemes, Part::Of(ids)).await
}

/// Everybody, a stretch at a time: loads and edits go on in between. What came into force meanwhile is
/// left to the next time.
async fn whole(bank: &Bank, actor: &Actor, turn: &mut PgConnection) -> Result<Evaluated> {
    let begun: Vec<SchemeRow> = sqlx::query_as(SCHEMES).fetch_all(&mut *turn).await?;
    let mut done = Evaluated::default();
    let Some(business_date) = begun.first().map(|scheme| scheme.business_date) else { return Ok(done) };
    let stale = !averages::is_current(turn, business_date).await?;
    let mut stretches = Stretches::new();
    while let Some(part) = stretches.next(turn).await? {
        let mut tx = bank.begin().await?;
        alone(&mut tx).await?;
        let schemes: Vec<SchemeRow> = sqlx::query_as(SCHEMES).fetch_all(&mut *tx).await?;
        if !schemes.iter().map(SchemeRow::said).eq(begun.iter().map(SchemeRow::said)) {
            return Ok(done);
        }
        if stale {
            averages::refresh(&mut tx, business_date, part).await?;
        }
        done.add(some(&mut tx, &schemes, part).await?);
        tx.commit().await?;
    }
    let mut tx = bank.begin().await?;
    averages::are_current(&mut tx, business_date).await?;
    for scheme in begun {
        // Not where somebody asked for another one meanwhile.
        sqlx::query(
            "update tier_scheme set evaluated_on = $2, evaluated_publication = $3 where scheme_id = $1 and evaluated_on is not distinct from $4",
        )
        .bind(scheme.scheme_id)
        .bind(business_date)
        .bind(scheme.publication_id)
        .bind(scheme.evaluated_on)
        .execute(&mut *tx)
        .await?;
    }
    count(&mut tx).await?;
    tell(&mut tx, actor, true, None, done).await?;
    tx.commit().await?;
    Ok(done)
}

/// Everybody's averages without anybody's tier, where they are not of this month: before the first
/// version is in force there is no evaluation to do it.
///
/// # Errors
/// `busy` while somebody else goes through the whole base.
pub(super) async fn bring_averages(bank: &Bank, business_date: NaiveDate) -> Result<()> {
    let mut conn = bank.pool().acquire().await?;
    if averages::is_current(&mut conn, business_date).await? {
        return Ok(());
    }
    drop(conn);
    let Some(mut turn) = turn(bank).await? else { return Err(Error::new(guanhu_domain::Code::Busy)) };
    let done = all_averages(bank, &mut turn, business_date).await;
    turn.commit().await?;
    done
}

async fn all_averages(bank: &Bank, turn: &mut PgConnection, business_date: NaiveDate) -> Result<()> {
    let mut stretches = Stretches::new();
    while let Some(part) = stretches.next(turn).await? {
        let mut tx = bank.begin().await?;
        alone(&mut tx).await?;
        averages::refresh(&mut tx, business_date, part).await?;
        tx.commit().await?;
    }
    averages::are_current(turn, business_date).await
}

/// What was loaded beside the evaluation is as it would have left it.
pub(crate) async fn loaded(conn: &mut PgConnection, business_date: NaiveDate) -> Result<()> {
    averages::are_current(conn, business_date).await?;
    count(conn).await
}

/// How many customers each tier has, counted anew.
async fn count(conn: &mut PgConnection) -> Result<()> {
    sqlx::query(
        "update tier t set customers = c.customers from (
             select t.tier_id, coalesce(n.customers, 0) as customers from tier t
             left join (select tier_id, count(*) as customers from customer_summary where tier_id is not null group by tier_id) n using (tier_id)
         ) c where c.tier_id = t.tier_id and c.customers <> t.customers",
    )
    .execute(conn)
    .await?;
    Ok(())
}

async fn some(conn: &mut PgConnection, schemes: &[SchemeRow], part: Part<'_>) -> Result<Evaluated> {
    let mut done = Evaluated::default();
    for scheme in schemes {
        let Some(number) = scheme.in_force else { continue };
        let definition = version(conn, scheme.scheme_id, number).await?.definition.0;
        let keys = tiers(conn, scheme.scheme_id, &definition.tiers).await?;
        done.add(one(conn, scheme, number, &definition, &keys, part).await?);
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
        "insert into tier as t (scheme_id, code, rank, name, name_en, mark, served_by, weight)
         select $1, code, rank::smallint, name, name_en, mark, array(select jsonb_array_elements_text(served_by)), weight
         from unnest($2::text[], $3::text[], $4::text[], $5::smallint[], $6::jsonb[], $7::int[]) with ordinality
             as n (code, name, name_en, mark, served_by, weight, rank)
         on conflict (code) do update set rank = excluded.rank, name = excluded.name, name_en = excluded.name_en, mark = excluded.mark,
             served_by = excluded.served_by, weight = excluded.weight, retired = false
         where t.scheme_id = $1 and (t.rank, t.name, t.name_en, t.mark, t.served_by, t.weight, t.retired)
             is distinct from (excluded.rank, excluded.name, excluded.name_en, excluded.mark, excluded.served_by, excluded.weight, false)",
    )
    .bind(scheme_id)
    .bind(&codes)
    .bind(tiers.iter().map(|tier| tier.name.as_str()).collect::<Vec<_>>())
    .bind(tiers.iter().map(|tier| tier.name_en.as_str()).collect::<Vec<_>>())
    .bind(tiers.iter().map(|tier| tier.mark).collect::<Vec<_>>())
    .bind(tiers.iter().map(|tier| json!(tier.served_by)).collect::<Vec<_>>())
    .bind(tiers.iter().map(|tier| tier.weight.map(i32::from)).collect::<Vec<_>>())
    .execute(&mut *conn)
    .await?;
    let keys: Vec<(String, i32)> =
        sqlx::query_as("select code, tier_id from tier where scheme_id = $1").bind(scheme_id).fetch_all(conn).await?;
    let key = |code: &&str| {
        let found = keys.iter().find(|(own, _)| own == code).map(|(_, key)| *key);
        found.ok_or_else(|| Error::internal(format!("tier `{code}` belongs to another scheme")))
    };
    codes.iter().map(key).collect()
}

/// Whoever is not where the rules say, or is shown elsewhere, or waits: with what is to be done.
/// `current` is what the history says, `shown` what the summary does.
const STAGE: &str = "create temp table if not exists tier_run (
    customer_id bigint primary key, org_id int, current int, shown int, target int, given boolean, is_up boolean, act text) on commit drop";

async fn one(
    conn: &mut PgConnection,
    scheme: &SchemeRow,
    number: i32,
    definition: &Definition,
    keys: &[i32],
    part: Part<'_>,
) -> Result<Evaluated> {
    sqlx::raw_sql(STAGE).execute(&mut *conn).await?;
    sqlx::raw_sql("truncate tier_run").execute(&mut *conn).await?;
    stage(scheme, definition, keys, part)?.build().persistent(false).execute(&mut *conn).await?;
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
                 since = case when d.is_up = excluded.is_up then d.since else excluded.since end,
                 created_at = case when d.is_up = excluded.is_up then d.created_at else now() end
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
    history(conn, &scheme.code, number, day).await?;
    summaries(conn, scheme.scheme_id, part).await?;
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

/// Ends one range of whoever changes today and begins the next.
async fn history(conn: &mut PgConnection, scheme: &str, number: i32, day: NaiveDate) -> Result<()> {
    // A tier that began today and ends today never was, and the one before it goes on if it is back.
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
        "update customer_tier t set valid = daterange(lower(t.valid), null) from tier_run r
         where r.act = 'now' and t.customer_id = r.customer_id and t.tier_id = r.target and upper(t.valid) = $1
           and (t.reason ? 'given') = r.given",
    )
    .persistent(false)
    .bind(day)
    .execute(&mut *conn)
    .await?;
    sqlx::query(
        "insert into customer_tier (customer_id, valid, tier_id, reason)
         select r.customer_id, daterange($1, null), r.target, jsonb_build_object('scheme', $2::text, 'version', $3::int)
             || case when r.given then '{\"given\": true}' else '{}' end::jsonb
         from tier_run r where r.act = 'now' and r.target is not null
           and not exists (select from customer_tier t where t.customer_id = r.customer_id and t.valid @> $1::date)",
    )
    .persistent(false)
    .bind(day)
    .bind(scheme)
    .bind(number)
    .execute(&mut *conn)
    .await?;
    sqlx::query(contribution::touching!("select customer_id as id from tier_run where act = 'now'"))
        .persistent(false)
        .execute(&mut *conn)
        .await?;
    // Deserved by now what was given: it no longer ends with the gift.
    sqlx::query(
        "update customer_tier t set reason = t.reason - 'given' from tier_run r
         where r.act = 'same' and not r.given and t.customer_id = r.customer_id and t.valid @> $1::date and t.reason ? 'given'",
    )
    .persistent(false)
    .bind(day)
    .execute(conn)
    .await?;
    Ok(())
}

/// Shows what the history says, and counts it.
async fn summaries(conn: &mut PgConnection, scheme_id: i32, part: Part<'_>) -> Result<()> {
    sqlx::query(
        "with staged as (
             select customer_id, shown, case act when 'now' then target else current end as tier_id from tier_run
         ), shown as (
             update customer_summary s set tier_id = r.tier_id, tier_rank = coalesce(t.rank, 0)
             from staged r left join tier t using (tier_id)
             where s.customer_id = r.customer_id and s.tier_id is distinct from r.tier_id
             returning r.shown as before, r.tier_id as after
         )
         update tier t set customers = t.customers + d.n from (
             select tier_id, sum(n)::bigint as n from (select before as tier_id, -1 as n from shown union all select after, 1 from shown) c
             where tier_id is not null group by tier_id
         ) d where d.tier_id = t.tier_id and d.n <> 0",
    )
    .persistent(false)
    .execute(&mut *conn)
    .await?;
    // A changed order moves people without anybody's tier changing.
    let mut sql = QueryBuilder::new("update customer_summary s set tier_rank = t.rank from tier t where t.scheme_id = ");
    sql.push_bind(scheme_id).push(" and s.tier_id = t.tier_id and s.tier_rank <> t.rank");
    part.push(&mut sql, "s");
    sql.build().persistent(false).execute(conn).await?;
    Ok(())
}

fn stage(scheme: &SchemeRow, definition: &Definition, keys: &[i32], part: Part<'_>) -> Result<QueryBuilder<Postgres>> {
    let day = scheme.business_date;
    // Up is to wait for the end of the month, down for the days of grace; a tier that is given by hand, and
    // one that no longer is, wait for nothing.
    let mut sql = QueryBuilder::new(
        "insert into tier_run (customer_id, org_id, current, shown, target, given, is_up, act)
         select x.customer_id, x.org_id, x.current, x.shown, x.target, x.given, u.is_up,
             case when x.target is not distinct from x.current then 'same'
                  when x.given or x.was_given or x.current is null then 'now'
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
         from (select s.customer_id, s.org_id, h.tier_id as current, coalesce(h.reason ? 'given', false) as was_given, s.tier_id as shown,
                   o.tier_id is not null as given, coalesce(o.tier_id, ",
    );
    judge::push_case(&mut sql, definition, keys, judge::env(definition, day));
    sql.push(") as target from customer_summary s left join customer_tier h on h.customer_id = s.customer_id and h.valid @> ");
    sql.push_bind(day).push(part.narrow("h"));
    sql.push(" left join customer_tier_override o on o.customer_id = s.customer_id and o.until >= ").push_bind(day).push(part.narrow("o"));
    judge::push_tables(&mut sql, definition, Some(part));
    sql.push(" where s.kind = ").push_bind(scheme.kind()?.code());
    part.push(&mut sql, "s");
    sql.push(") x left join customer_tier_due d on d.customer_id = x.customer_id").push(part.narrow("d"));
    sql.push(" left join tier now on now.tier_id = x.current left join tier next on next.tier_id = x.target cross join lateral (select ");
    judge::push_height(&mut sql, definition, "next");
    sql.push(" > ");
    judge::push_height(&mut sql, definition, "now");
    sql.push(
        " as is_up) u
         where x.target is distinct from x.current or d.customer_id is not null or x.shown is distinct from x.current
            or (x.was_given and not x.given)",
    );
    Ok(sql)
}
