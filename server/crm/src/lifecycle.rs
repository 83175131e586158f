//! Lifecycle states: rules that administrators change, customers put into states by them, and how many
//! come and go.

macro_rules! rules_sql {
    ($tail:literal) => {
        concat!(
            "select r.version, r.rules, r.note, u.login as saved_by, r.saved_at, r.judged_on
             from lifecycle_rules r left join app_user u on u.user_id = r.saved_by ",
            $tail
        )
    };
}

mod judge;
mod save;

pub(crate) use judge::{First, judge, judge_averages, judge_field};
pub use judge::{back_counts, judge_due};
pub use save::save;

use chrono::{DateTime, NaiveDate, Utc};
use guanhu_domain::{
    Total,
    access::Verb,
    customers::State,
    lifecycle::{Lifecycle, LifecycleRules, StateFigures, StateRule},
};
use sqlx::{PgConnection, QueryBuilder, types::Json};

use crate::{Actor, Bank, Error, Result, groups};

/// Days of "this week", the business date included.
pub const WEEK: u64 = 7;
/// Rules of before that are told.
const EARLIER: i64 = 10;

/// The rules in force and before, and within the actor's scope how many are in each state and entered it.
pub async fn lifecycle(bank: &Bank, actor: &Actor) -> Result<Lifecycle> {
    actor.require(Verb::LifecycleView)?;
    let rows: Vec<Row> = sqlx::query_as(rules_sql!("order by r.version desc limit $1")).bind(EARLIER + 1).fetch_all(bank.pool()).await?;
    let mut rows = rows.into_iter();
    let now = rows.next().ok_or_else(Error::not_found)?;
    let judged_on = now.judged_on;
    let mut states = Vec::new();
    if actor.role.serves_customers() {
        let entered = entered(bank, actor).await?;
        for state in State::ALL {
            let n = entered.iter().find(|(code, _)| code == state.code()).map_or(0, |(_, n)| *n);
            let trend = groups::growth(bank, actor, &segment(*state)).await?;
            states.push(StateFigures { state: *state, entered: Total::capped(n), trend });
        }
    }
    Ok(Lifecycle { rules: now.into(), earlier: rows.map(LifecycleRules::from).collect(), judged_on, states })
}

/// How many of the actor's customers entered each state this week, each counted to the cap.
async fn entered(bank: &Bank, actor: &Actor) -> Result<Vec<(String, i64)>> {
    let mut sql = QueryBuilder::new(
        "select x.state, (select count(*) from (select from customer_summary s where s.state = x.state and s.state_since > ",
    );
    sql.push_bind(actor.me.business_date - chrono::Days::new(WEEK)).push(" and ");
    actor.scope.restrict(&mut sql);
    sql.push(" limit ").push_bind(Total::CAP + 1).push(") n) from unnest(");
    sql.push_bind(State::ALL.iter().map(|state| state.code()).collect::<Vec<_>>()).push("::text[]) x (state)");
    Ok(sql.build_query_as().persistent(false).fetch_all(bank.pool()).await?)
}

/// Under which name a state is counted.
fn segment(state: State) -> String {
    format!("state:{}", state.code())
}

#[derive(sqlx::FromRow)]
struct Row {
    version: i32,
    rules: Json<Vec<StateRule>>,
    note: String,
    saved_by: Option<String>,
    saved_at: DateTime<Utc>,
    judged_on: Option<NaiveDate>,
}

impl From<Row> for LifecycleRules {
    fn from(row: Row) -> LifecycleRules {
        LifecycleRules { version: row.version, rules: row.rules.0, note: row.note, saved_by: row.saved_by, saved_at: row.saved_at }
    }
}

/// The rules in force; the product ships some, so there always are.
async fn in_force(conn: &mut PgConnection) -> Result<Row> {
    Ok(sqlx::query_as(rules_sql!("order by r.version desc limit 1")).fetch_one(conn).await?)
}
