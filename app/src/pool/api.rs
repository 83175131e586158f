//! What the page of the pool asks of the server.

use guanhu_domain::{
    CustomerNo,
    assignments::{Transfer, pool::PoolPage},
};
use leptos::prelude::*;
use uuid::Uuid;

use crate::{Answer, Fail, wire::Call};

/// Who has waited longest first; `after` is `next` of the page before.
#[server(endpoint = "pool/page", protocol = Call)]
pub async fn read_pool(after: Option<String>) -> Result<Answer<PoolPage>, Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::assignments::pool(&bank, &actor, after.as_deref()).await;
    crate::server::answer(&bank, &actor, result).await
}

#[server(endpoint = "pool/pick", protocol = Call)]
pub async fn pick(customer: CustomerNo, key: Uuid) -> Result<Transfer, Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::assignments::pick(&bank, &actor, customer, key).await;
    crate::server::settle(&bank, &actor, result).await
}
