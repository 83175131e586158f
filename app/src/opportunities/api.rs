//! What the pages of opportunities ask of the server.

use guanhu_domain::{
    CustomerNo,
    opportunities::{
        Opportunity, OpportunityChoices, OpportunityDetail, OpportunityForm, OpportunityPage, OpportunityQuery, Pipeline, StageMove,
    },
};
use leptos::prelude::*;
use uuid::Uuid;

use crate::{Answer, Fail, wire::Call};

#[server(endpoint = "opportunities/page", protocol = Call)]
pub async fn read_pipeline(query: OpportunityQuery) -> Result<Answer<Pipeline>, Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::opportunities::pipeline(&bank, &actor, &query).await;
    crate::server::answer(&bank, &actor, result).await
}

#[server(endpoint = "opportunities/list", protocol = Call)]
pub async fn list(query: OpportunityQuery) -> Result<OpportunityPage, Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::opportunities::opportunities(&bank, &actor, &query).await;
    crate::server::settle(&bank, &actor, result).await
}

#[server(endpoint = "opportunities/detail", protocol = Call)]
pub async fn detail(no: CustomerNo, id: String) -> Result<OpportunityDetail, Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::opportunities::opportunity(&bank, &actor, no, &id).await;
    crate::server::settle(&bank, &actor, result).await
}

#[server(endpoint = "opportunities/choices", protocol = Call)]
pub async fn choices(no: CustomerNo) -> Result<OpportunityChoices, Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::opportunities::choices(&bank, &actor, no).await;
    crate::server::settle(&bank, &actor, result).await
}

#[server(endpoint = "opportunities/open", protocol = Call)]
pub async fn open(no: CustomerNo, form: OpportunityForm, key: Uuid) -> Result<Opportunity, Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::opportunities::open_opportunity(&bank, &actor, no, &form, key).await;
    crate::server::settle(&bank, &actor, result).await
}

#[server(endpoint = "opportunities/change", protocol = Call)]
pub async fn change(no: CustomerNo, id: String, version: i32, form: OpportunityForm, key: Uuid) -> Result<Opportunity, Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::opportunities::change_opportunity(&bank, &actor, no, &id, version, &form, key).await;
    crate::server::settle(&bank, &actor, result).await
}

#[server(endpoint = "opportunities/move", protocol = Call)]
pub async fn move_to(no: CustomerNo, id: String, version: i32, to: StageMove, key: Uuid) -> Result<Opportunity, Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::opportunities::move_opportunity(&bank, &actor, no, &id, version, &to, key).await;
    crate::server::settle(&bank, &actor, result).await
}
