//! Putting customers into the states that the rules say: those that something happened to, and everybody
//! when the rules have changed or the business date has moved.

use chrono::NaiveDate;
use guanhu_domain::{
    customers::State,
    lifecycle::StateRule,
    rules::{Condition, Env, catalogue},
};
use sqlx::{PgConnection, Postgres, QueryBuilder};

use super::{in_force, segment};
use crate::{
    Bank, Result,
    groups::{self, push_counts},
    rules::{self, Kin, Rows},
    tiers::part::{Part, Stretches},
};

/// Months of an average that names none.
const MONTHS: u8 = 3;
/// Who became a customer so many days ago entered the first state then; longer ago, nobody wrote it down.
const NEW: u64 = 30;

/// The first state of customers whose summaries are only being made, written with them: every index of theirs is touched once
/// instead of twice.
pub(crate) struct First {
    rules: Vec<StateRule>,
    day: NaiveDate,
}

impl First {
    /// `None` where a rule asks for related customers, whose summaries may be made by the same statement.
    pub(crate) async fn of(conn: &mut PgConnection) -> Result<Option<First>> {
        let Some(day) = business_date(conn).await? else { return Ok(None) };
        let rules = in_force(conn).await?.rules.0;
        let of_others = |condition: &Condition| matches!(condition, Condition::Related { .. });
        Ok((!rules.iter().any(|rule| reads(&rule.rule.when, &of_others))).then_some(First { rules, day }))
    }

    /// State and its day, as [`put`] gives them to whoever is new: two columns over `s`, and tables joined to it.
    pub(crate) fn push(&self, sql: &mut QueryBuilder<Postgres>) {
        push_state(sql, &self.rules, self.day);
        sql.push(", case when s.opened_on > ").push_bind(new_since(self.day)).push("::date then s.opened_on end from s");
        rules::push_tables(sql, self.rules.iter().map(|rule| &rule.rule.when), Rows::OUTER, &|_| String::new());
    }
}

/// Who became a customer after this day entered the first state then.
fn new_since(day: NaiveDate) -> NaiveDate {
    day - chrono::Days::new(NEW)
}

/// The state that the rules give to `s`, over the tables that they read.
fn push_state(sql: &mut QueryBuilder<Postgres>, states: &[StateRule], day: NaiveDate) {
    sql.push("case");
    for StateRule { state, rule } in states.iter().filter(|rule| is_sound(&rule.rule.when)) {
        sql.push(" when ");
        rules::push_joined(sql, &rule.when, Env { business_date: day, months: MONTHS }, Rows::OUTER, &Kin::All);
        sql.push(" then ").push_bind(state.code());
    }
    // Where a rule asks for a field that is gone by now there may be none left.
    sql.push(" when false then '' else ").push_bind(State::Prospective.code()).push(" end");
}

/// Judges these customers, whose summaries are up to date.
pub(crate) async fn judge(conn: &mut PgConnection, ids: &[i64]) -> Result<()> {
    let rules = in_force(conn).await?.rules.0;
    put(conn, &rules, Part::Of(ids)).await?;
    Ok(())
}

/// The same after averages and tiers were brought up to date, where the rules read them.
pub(crate) async fn judge_averages(conn: &mut PgConnection, ids: &[i64]) -> Result<()> {
    let rules = in_force(conn).await?.rules.0;
    let later = |condition: &Condition| matches!(condition, Condition::AverageAum { .. }) || condition.field() == Some("tier");
    if rules.iter().any(|rule| reads(&rule.rule.when, &later)) {
        for chunk in ids.chunks(crate::summary::CHUNK) {
            put(conn, &rules, Part::Of(chunk)).await?;
        }
    }
    Ok(())
}

/// The same after one field of their summaries was brought up to date by itself, where the rules read it.
pub(crate) async fn judge_field(conn: &mut PgConnection, part: Part<'_>, field: &str) -> Result<()> {
    let rules = in_force(conn).await?.rules.0;
    if rules.iter().any(|rule| reads(&rule.rule.when, &|condition| condition.field() == Some(field))) {
        put(conn, &rules, part).await?;
    }
    Ok(())
}

fn reads(condition: &Condition, what: &dyn Fn(&Condition) -> bool) -> bool {
    what(condition) || condition.children().iter().any(|child| reads(child, what))
}

/// Judges everybody where the rules have changed or the business date has moved since the last time, and
/// counts who is in which state. Returns how many entered another state; `None` when there was nothing to
/// do, or somebody else is doing it.
pub async fn judge_due(bank: &Bank) -> Result<Option<u64>> {
    let mut turn = bank.begin().await?;
    let got: bool = sqlx::query_scalar("select pg_try_advisory_xact_lock(hashtext('lifecycle.judge'))").fetch_one(&mut *turn).await?;
    let done = if got { due(bank, &mut turn).await } else { Ok(None) };
    // Ended by hand: a dropped transaction keeps its lock until its connection is used again.
    turn.rollback().await?;
    done
}

async fn due(bank: &Bank, turn: &mut PgConnection) -> Result<Option<u64>> {
    let Some(day) = business_date(turn).await? else { return Ok(None) };
    let now = in_force(turn).await?;
    if now.judged_on == Some(day) {
        return Ok(None);
    }
    let mut moved = 0;
    let mut stretches = Stretches::new();
    while let Some(part) = stretches.next(turn).await? {
        let mut tx = bank.begin().await?;
        // Loads first: they have rows in hand.
        crate::tiers::evaluate::alone(&mut tx).await?;
        moved += put(&mut tx, &now.rules.0, part).await?;
        tx.commit().await?;
    }
    count(bank, day).await?;
    sqlx::query("update lifecycle_rules set judged_on = $2 where version = $1").bind(now.version).bind(day).execute(bank.pool()).await?;
    groups::thin(bank, day).await?;
    Ok(Some(moved))
}

async fn business_date(conn: &mut PgConnection) -> Result<Option<NaiveDate>> {
    Ok(sqlx::query_scalar("select business_date from bank").fetch_optional(conn).await?)
}

/// How many are in each state, by unit and lead. Counted again it is counted anew.
async fn count(bank: &Bank, day: NaiveDate) -> Result<()> {
    let mut tx = bank.begin().await?;
    sqlx::query("delete from segment_count where segment like 'state:%' and on_date = $1").bind(day).execute(&mut *tx).await?;
    for state in State::ALL {
        groups::counted(&mut tx, &segment(*state), day).await?;
    }
    let mut sql =
        QueryBuilder::new("insert into segment_count (segment, on_date, org_id, staff_id, customers, aum) select 'state:' || s.state, ");
    sql.push_bind(day);
    push_counts(&mut sql);
    sql.push(" group by s.state, s.org_id, coalesce(s.lead_staff_id, 0)");
    sql.build().persistent(false).execute(&mut *tx).await?;
    tx.commit().await?;
    Ok(())
}

/// Counts of the ends of the months before, for a made-up bank: who is in a state since then was valuable
/// before.
pub async fn back_counts(conn: &mut PgConnection, day: NaiveDate, months: u32) -> Result<()> {
    for state in State::ALL {
        sqlx::query(
            "insert into segment_count (segment, on_date, org_id, staff_id, customers, aum)
             select $1, (date_trunc('month', $2::date) - make_interval(months => m) - interval '1 day')::date, 0, 0, 0, 0
             from generate_series(0, $3 - 1) m",
        )
        .bind(segment(*state))
        .bind(day)
        .bind(months as i32)
        .execute(&mut *conn)
        .await?;
    }
    sqlx::query(
        "insert into segment_count (segment, on_date, org_id, staff_id, customers, aum)
         select 'state:' || case when s.state_since > m.day then 'valuable' else s.state end, m.day, s.org_id, coalesce(s.lead_staff_id, 0),
             count(*)::int, sum(s.aum)::bigint
         from (select (date_trunc('month', $1::date) - make_interval(months => n) - interval '1 day')::date as day from generate_series(0, $2 - 1) n) m
         join customer_summary s on s.opened_on is null or s.opened_on <= m.day
         group by 1, 2, 3, 4",
    )
    .bind(day)
    .bind(months as i32)
    .execute(conn)
    .await?;
    Ok(())
}

/// Writes the state of whoever is in another one than the rules say, the day, and what it was before.
/// Whose summary has changed since the statement began was judged by whoever changed it.
async fn put(conn: &mut PgConnection, states: &[StateRule], part: Part<'_>) -> Result<u64> {
    let Some(day) = business_date(conn).await? else { return Ok(0) };
    let mut sql = QueryBuilder::<Postgres>::new(
        "with judged as materialized (select s.customer_id, s.state as before, s.state_since as was, s.opened_on, s.refreshed_at, ",
    );
    push_state(&mut sql, states, day);
    sql.push(" as state from customer_summary s");
    rules::push_tables(&mut sql, states.iter().map(|rule| &rule.rule.when), Rows::OUTER, &|alias| part.narrow(alias));
    sql.push(" where true");
    part.push(&mut sql, "s");
    sql.push(
        "), changed as (
             update customer_summary s set state = j.state, state_since = case when j.was = '-infinity' then case when j.opened_on > ",
    );
    sql.push_bind(new_since(day)).push("::date then j.opened_on end else ").push_bind(day);
    sql.push(
        "::date end from judged j
             where s.customer_id = j.customer_id and s.refreshed_at = j.refreshed_at and (j.state <> j.before or j.was = '-infinity')
             returning s.customer_id, j.before, j.state, j.was
         )
         insert into customer_state (customer_id, since, state, before) select customer_id, ",
    );
    sql.push_bind(day).push(
        ", state, before from changed where was is distinct from '-infinity'
         on conflict (customer_id, since) do update set state = excluded.state",
    );
    Ok(sql.build().persistent(false).execute(conn).await?.rows_affected())
}

fn is_sound(condition: &Condition) -> bool {
    condition.field().is_none_or(|field| catalogue::find(field).is_some()) && condition.children().iter().all(is_sound)
}
