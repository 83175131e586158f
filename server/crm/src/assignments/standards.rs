//! Who may lead customers of which tier, by the versions in force.

use std::collections::BTreeMap;

use guanhu_domain::tiers::may_serve;
use sqlx::PgConnection;

use crate::Result;

/// By the key of a tier, the qualifications that it asks for; tiers that ask for none are not among them.
pub(super) struct Standards(BTreeMap<i32, Vec<String>>);

impl Standards {
    pub async fn read(conn: &mut PgConnection) -> Result<Standards> {
        let asked: Vec<(i32, Vec<String>)> =
            sqlx::query_as("select tier_id, served_by from tier where served_by <> '{}'").fetch_all(conn).await?;
        Ok(Standards(asked.into_iter().collect()))
    }

    /// May somebody of this qualification lead customers of each of these tiers?
    pub fn allow(&self, tiers: &[i32], qualification: &str) -> bool {
        tiers.iter().filter_map(|tier| self.0.get(tier)).all(|served_by| may_serve(served_by, qualification))
    }
}
