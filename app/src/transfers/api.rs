//! What the board and the transfers page ask of the server about transfers.

#[cfg(feature = "ssr")]
use guanhu_domain::assignments::Decision;
use guanhu_domain::{
    Page,
    assignments::{NewTransfer, Transfer, TransferDetail, TransferFilter, TransferPreview},
    customers::ListChoices,
};
use leptos::prelude::*;
use uuid::Uuid;

use crate::{Answer, Fail, wire::Call};

#[server(endpoint = "transfers/preview", protocol = Call)]
pub async fn preview(asked: NewTransfer) -> Result<TransferPreview, Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::assignments::preview(&bank, &actor, &asked).await;
    crate::server::settle(&bank, &actor, result).await
}

#[server(endpoint = "transfers/request", protocol = Call)]
pub async fn request(asked: NewTransfer, key: Uuid) -> Result<Transfer, Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::assignments::request(&bank, &actor, &asked, key).await;
    crate::server::settle(&bank, &actor, result).await
}

#[server(endpoint = "transfers/list", protocol = Call)]
pub async fn list(filter: TransferFilter, after: Option<String>) -> Result<Page<Transfer>, Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::assignments::list(&bank, &actor, filter, after.as_deref()).await;
    crate::server::settle(&bank, &actor, result).await
}

#[server(endpoint = "transfers/detail", protocol = Call)]
pub async fn detail(id: Uuid) -> Result<TransferDetail, Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::assignments::detail(&bank, &actor, id).await;
    crate::server::settle(&bank, &actor, result).await
}

#[server(endpoint = "transfers/approve", protocol = Call)]
pub async fn approve(id: Uuid, key: Uuid) -> Result<Transfer, Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::assignments::approve(&bank, &actor, id, key).await;
    crate::server::settle(&bank, &actor, result).await
}

#[server(endpoint = "transfers/reject", protocol = Call)]
pub async fn reject(id: Uuid, reason: String, key: Uuid) -> Result<Transfer, Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::assignments::reject(&bank, &actor, id, &Decision { reason }, key).await;
    crate::server::settle(&bank, &actor, result).await
}

#[server(endpoint = "transfers/recall", protocol = Call)]
pub async fn recall(id: Uuid, reason: String, key: Uuid) -> Result<Transfer, Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::assignments::recall(&bank, &actor, id, &Decision { reason }, key).await;
    crate::server::settle(&bank, &actor, result).await
}

#[server(endpoint = "transfers/revert", protocol = Call)]
pub async fn revert(id: Uuid, reason: String, key: Uuid) -> Result<Transfer, Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::assignments::revert(&bank, &actor, id, &Decision { reason }, key).await;
    crate::server::settle(&bank, &actor, result).await
}

#[server(endpoint = "transfers/cancel", protocol = Call)]
pub async fn cancel(id: Uuid, reason: String, key: Uuid) -> Result<Transfer, Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::assignments::cancel(&bank, &actor, id, &Decision { reason }, key).await;
    crate::server::settle(&bank, &actor, result).await
}

/// Whom a batch of customers can be given to.
#[server(endpoint = "transfers/choices", protocol = Call)]
pub async fn choices() -> Result<Answer<ListChoices>, Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::customers::choices(&bank, &actor).await;
    crate::server::answer(&bank, &actor, result).await
}

/// The first paint: what waits for the viewer, and everything.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct TransfersStart {
    pub waiting: Page<Transfer>,
    pub all: Page<Transfer>,
}

#[server(endpoint = "transfers/start", protocol = Call)]
pub async fn start(filter: TransferFilter) -> Result<Answer<TransfersStart>, Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = async {
        let waiting =
            guanhu_crm::assignments::list(&bank, &actor, TransferFilter { for_me: true, ..TransferFilter::default() }, None).await?;
        let all = guanhu_crm::assignments::list(&bank, &actor, filter, None).await?;
        Ok(TransfersStart { waiting, all })
    };
    let result = result.await;
    crate::server::answer(&bank, &actor, result).await
}
