//! Is every summary what the tables say? All of them are computed again and compared.

use guanhu_domain::{CustomerNo, access::Verb};
use serde_json::json;
use sqlx::{AssertSqlSafe, PgConnection};

use super::{CHUNK, differing, refresh};
use crate::{
    Actor, Bank, Result,
    audit::{self, Entry},
    tokens,
};

/// What was compared, and the first summary that was not as it should be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Compared {
    pub customers: u64,
    pub different: u64,
    /// Whose, and in which column; `customer_id` where the summary is missing or should not be there.
    pub first: Option<(CustomerNo, String)>,
}

/// Computes every summary again, some at a time, each time against one moment of the bank, and compares. `mend` puts
/// right what differs.
pub async fn compare(bank: &Bank, actor: &Actor, mend: bool) -> Result<Compared> {
    actor.require(Verb::SummaryCheck)?;
    let mut compared = Compared::default();
    let mut from = 0;
    loop {
        let mut tx = bank.begin().await?;
        if !mend {
            sqlx::query("set transaction isolation level repeatable read, read only").execute(&mut *tx).await?;
        }
        let part = part(&mut tx, from).await?;
        if mend && !part.different.is_empty() {
            let ids: Vec<i64> = part.different.iter().map(|(id, _)| *id).collect();
            put_right(&mut tx, &ids).await?;
            let told: Vec<_> = part.different.iter().map(|(id, what)| json!([CustomerNo::from_id(*id), what])).take(100).collect();
            let entry = Entry::done(Verb::SummaryCheck, "bank:summaries").detail(json!({ "customers": ids.len(), "fields": told }));
            audit::record(&mut tx, actor, entry).await?;
        }
        tx.commit().await?;
        compared.customers += part.customers;
        compared.different += part.different.len() as u64;
        if compared.first.is_none() {
            compared.first = part.different.into_iter().next().map(|(id, what)| (CustomerNo::from_id(id), what));
        }
        match part.last {
            Some(last) => from = last + 1,
            None => break,
        }
    }
    if !mend {
        bank.audit_soon(actor, Entry::viewed(Verb::SummaryCheck, "bank:summaries").detail(json!({ "customers": compared.customers })))
            .await;
    }
    Ok(compared)
}

/// Computes the summaries of these customers again and compares.
pub async fn compare_some(bank: &Bank, actor: &Actor, customers: &[i64]) -> Result<Compared> {
    actor.require(Verb::SummaryCheck)?;
    let mut compared = Compared::default();
    for chunk in customers.chunks(CHUNK) {
        let mut tx = bank.begin().await?;
        sqlx::query("set transaction isolation level repeatable read, read only").execute(&mut *tx).await?;
        let names: Vec<(i64, String)> =
            sqlx::query_as("select customer_id, name from customer where customer_id = any($1)").bind(chunk).fetch_all(&mut *tx).await?;
        // One by one: between two of them are others' summaries.
        for (id, name) in &names {
            let different: Vec<(i64, String)> = sqlx::query_as(AssertSqlSafe(differing()))
                .bind(vec![*id])
                .bind(vec![tokens::sort_key(name)])
                .bind(id)
                .bind(id)
                .fetch_all(&mut *tx)
                .await?;
            compared.different += different.len() as u64;
            compared.first = compared.first.or(different.into_iter().next().map(|(id, what)| (CustomerNo::from_id(id), what)));
        }
        compared.customers += names.len() as u64;
        tx.commit().await?;
    }
    bank.audit_soon(actor, Entry::viewed(Verb::SummaryCheck, "bank:summaries").detail(json!({ "customers": compared.customers }))).await;
    Ok(compared)
}

struct Part {
    customers: u64,
    different: Vec<(i64, String)>,
    /// The last customer looked at; none when there is nobody after.
    last: Option<i64>,
}

/// Customers from this id on, and summaries of nobody among them.
async fn part(conn: &mut PgConnection, from: i64) -> Result<Part> {
    let names: Vec<(i64, String)> =
        sqlx::query_as("select customer_id, name from customer where customer_id >= $1 order by customer_id limit $2")
            .bind(from)
            .bind(CHUNK as i64)
            .fetch_all(&mut *conn)
            .await?;
    let last = (names.len() == CHUNK).then(|| names.last().map(|(id, _)| *id)).flatten();
    let different = sqlx::query_as(AssertSqlSafe(differing()))
        .bind(names.iter().map(|(id, _)| *id).collect::<Vec<_>>())
        .bind(names.iter().map(|(_, name)| tokens::sort_key(name)).collect::<Vec<_>>())
        .bind(from)
        .bind(last.unwrap_or(i64::MAX))
        .fetch_all(conn)
        .await?;
    Ok(Part { customers: names.len() as u64, different, last })
}

async fn put_right(conn: &mut PgConnection, ids: &[i64]) -> Result<()> {
    for statement in [
        "delete from customer_summary s where s.customer_id = any($1)
         and not exists (select from customer c where c.customer_id = s.customer_id and c.merged_into is null)",
        "delete from customer_token t where t.customer_id = any($1)
         and not exists (select from customer c where c.customer_id = t.customer_id and c.merged_into is null)",
    ] {
        sqlx::query(statement).bind(ids).execute(&mut *conn).await?;
    }
    refresh(conn, ids).await?;
    // The tier of a summary that is there is the evaluation's business, unless the history says otherwise.
    sqlx::query(
        "update customer_summary s set tier_id = f.tier_id, tier_rank = f.rank from (
             select x.customer_id, t.tier_id, coalesce(t.rank, 0) as rank from unnest($1::bigint[]) as x (customer_id) cross join bank b
             left join customer_tier ct on ct.customer_id = x.customer_id and ct.valid @> b.business_date
             left join tier t on t.tier_id = ct.tier_id) f
         where s.customer_id = f.customer_id and (s.tier_id, s.tier_rank) is distinct from (f.tier_id, f.rank)",
    )
    .bind(ids)
    .execute(conn)
    .await?;
    Ok(())
}
