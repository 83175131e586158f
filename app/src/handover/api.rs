//! What the handover asks of the server.

use guanhu_domain::assignments::{
    Released, Releasing, Transfer,
    board::Board,
    handover::{HandoverSheet, Holdings, NewHandover, NewSignature, Proposal, SheetQuery, Signature, SplitRequest},
};
#[cfg(feature = "ssr")]
use guanhu_domain::{access::Verb, assignments::board::CardQuery};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Answer, Fail, wire::Call};

/// Either whom one can choose, or what the chosen one holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum HandoverStart {
    Choose(Board),
    Chosen(Holdings),
}

#[server(endpoint = "handover/start", protocol = Call)]
pub async fn start(from: Option<String>, unit: Option<String>) -> Result<Answer<HandoverStart>, Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = async {
        Ok(match from {
            Some(from) => HandoverStart::Chosen(guanhu_crm::assignments::holdings(&bank, &actor, &from).await?),
            None => {
                actor.require(Verb::TransferRequest)?;
                let heads = CardQuery { unit, limit: Some(0), ..CardQuery::default() };
                HandoverStart::Choose(guanhu_crm::assignments::board(&bank, &actor, &heads).await?.board)
            }
        })
    };
    let result = result.await;
    crate::server::answer(&bank, &actor, result).await
}

#[server(endpoint = "handover/propose", protocol = Call)]
pub async fn propose(asked: SplitRequest) -> Result<Proposal, Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::assignments::propose(&bank, &actor, &asked).await;
    crate::server::settle(&bank, &actor, result).await
}

#[server(endpoint = "handover/submit", protocol = Call)]
pub async fn submit(asked: NewHandover, key: Uuid) -> Result<Transfer, Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::assignments::handover(&bank, &actor, &asked, key).await;
    crate::server::settle(&bank, &actor, result).await
}

#[server(endpoint = "handover/release", protocol = Call)]
pub async fn release(asked: Releasing, key: Uuid) -> Result<Released, Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::assignments::release(&bank, &actor, &asked, key).await;
    crate::server::settle(&bank, &actor, result).await
}

/// What both sides of a transfer sign: all of it, or one part.
#[server(endpoint = "handover/sheet", protocol = Call)]
pub async fn sheet(id: Uuid, query: Option<SheetQuery>) -> Result<Answer<HandoverSheet>, Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::assignments::sheet(&bank, &actor, id, &query.unwrap_or_default()).await;
    crate::server::answer(&bank, &actor, result).await
}

/// Signs one side of a part.
#[server(endpoint = "handover/sign", protocol = Call)]
pub async fn sign(id: Uuid, asked: NewSignature, key: Uuid) -> Result<Signature, Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::assignments::sign(&bank, &actor, id, &asked, key).await;
    crate::server::settle(&bank, &actor, result).await
}
