//! The customers of one statement: a list of them, or a stretch of the whole base.

use sqlx::{PgConnection, Postgres, QueryBuilder};

use crate::Result;

/// Customers of a stretch: bounds how long one transaction keeps loads and edits waiting.
pub const STRETCH: i64 = 50_000;

#[derive(Clone, Copy, Debug)]
pub enum Part<'a> {
    Of(&'a [i64]),
    /// Keys from the first to the last of these.
    Between(i64, i64),
}

impl Part<'_> {
    /// ` and …` on the customers of `alias`, in a condition.
    pub fn push(&self, sql: &mut QueryBuilder<Postgres>, alias: &str) {
        match self {
            Part::Of(ids) => {
                sql.push(format_args!(" and {alias}.customer_id = any(")).push_bind(ids.to_vec()).push(")");
            }
            Part::Between(..) => {
                sql.push(self.narrow(alias));
            }
        }
    }

    /// The same for a joined table, whose key follows from the condition; without it the planner reads
    /// all of the table for a stretch.
    pub fn narrow(&self, alias: &str) -> String {
        match self {
            Part::Of(_) => String::new(),
            Part::Between(from, to) => format!(" and {alias}.customer_id between {from} and {to}"),
        }
    }
}

/// The whole base, stretch by stretch.
pub struct Stretches(Option<i64>);

impl Stretches {
    pub fn new() -> Stretches {
        Stretches(Some(0))
    }

    /// `None` after the last one.
    pub async fn next(&mut self, conn: &mut PgConnection) -> Result<Option<Part<'static>>> {
        let Some(first) = self.0 else { return Ok(None) };
        let last: Option<i64> =
            sqlx::query_scalar("select customer_id from customer_summary where customer_id >= $1 order by customer_id offset $2 limit 1")
                .bind(first)
                .bind(STRETCH - 1)
                .fetch_optional(conn)
                .await?;
        self.0 = last.map(|last| last + 1);
        Ok(Some(Part::Between(first, last.unwrap_or(i64::MAX))))
    }
}
