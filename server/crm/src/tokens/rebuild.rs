//! Bringing everybody's search tokens and place by name up to what this version makes of names: once after
//! an upgrade, beside the running system, a few thousand customers at a time.

use std::sync::atomic::Ordering;

use sqlx::PgConnection;

use super::{VERSION, sort_key};
use crate::{Bank, Result, summary, tiers};

/// Customers in one transaction: whoever changes one of them waits no longer than that.
const CHUNK: i64 = 2_000;

/// Goes on until all customers have the tokens of [`VERSION`], then lets searches read them unit by unit.
/// Any number of servers may do it at once; whoever is stopped goes on where it was. Returns how many
/// customers were gone through.
pub async fn run(bank: &Bank) -> Result<u64> {
    let mut through = 0;
    loop {
        let mut tx = bank.begin().await?;
        let done = chunk(&mut tx).await?;
        tx.commit().await?;
        match done {
            Some(customers) => through += customers,
            None => break,
        }
    }
    bank.tokens_by_unit.store(true, Ordering::Relaxed);
    Ok(through)
}

/// The next customers; `None` when there are none left.
async fn chunk(conn: &mut PgConnection) -> Result<Option<u64>> {
    let (version, going, through): (i32, i32, i64) =
        sqlx::query_as("select version, going, through from token_rebuild for update").fetch_one(&mut *conn).await?;
    if version == VERSION {
        return Ok(None);
    }
    let after = if going == VERSION { through } else { 0 };
    // Both write many summaries.
    tiers::evaluate::alone(conn).await?;
    let names: Vec<(i64, String, Option<String>)> = sqlx::query_as(
        "select customer_id, c.name, c.short_name from customer_summary s join customer c using (customer_id)
         where s.customer_id > $1 order by s.customer_id limit $2",
    )
    .bind(after)
    .bind(CHUNK)
    .fetch_all(&mut *conn)
    .await?;
    let Some((last, ..)) = names.last() else {
        sqlx::query("update token_rebuild set version = $1, going = $1, through = 0").bind(VERSION).execute(conn).await?;
        return Ok(None);
    };
    let (ids, keys): (Vec<i64>, Vec<String>) = names.iter().map(|(id, name, _)| (*id, sort_key(name))).unzip();
    sqlx::query(
        "update customer_summary s set name_key = k.name_key from unnest($1::bigint[], $2::text[]) as k (customer_id, name_key)
         where s.customer_id = k.customer_id and s.name_key <> k.name_key",
    )
    .bind(ids)
    .bind(keys)
    .execute(&mut *conn)
    .await?;
    summary::refresh_tokens(conn, &names).await?;
    sqlx::query("update token_rebuild set going = $1, through = $2").bind(VERSION).bind(last).execute(conn).await?;
    Ok(Some(names.len() as u64))
}
