//! Events that leave with the change they tell of: live screens, webhooks, other systems.

use serde_json::Value;
use sqlx::PgConnection;

use crate::Result;

/// Writes an event in the caller's transaction. `org_ids` are the units whose screens it concerns.
pub async fn publish(conn: &mut PgConnection, topic: &str, customer_id: Option<i64>, org_ids: &[i32], payload: Value) -> Result<()> {
    sqlx::query("insert into outbox_event (topic, customer_id, org_ids, payload) values ($1, $2, $3, $4)")
        .bind(topic)
        .bind(customer_id)
        .bind(org_ids)
        .bind(payload)
        .execute(conn)
        .await?;
    Ok(())
}
