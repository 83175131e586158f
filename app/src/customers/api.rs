//! What the customers list asks of the server.

use guanhu_domain::{
    Page,
    customers::{CustomerItem, CustomerQuery, ListChoices, SavedView, ViewDraft},
    tiers::TierMoves,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Answer, Fail, wire::Call};

/// The first paint: a page of rows, and the names of the filters' codes where some are in force.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ListStart {
    pub page: Page<CustomerItem>,
    pub choices: Option<ListChoices>,
    /// For who has a portfolio.
    pub moves: Option<TierMoves>,
}

#[server(endpoint = "customers/start", protocol = Call)]
pub async fn start_list(query: CustomerQuery, with_choices: bool) -> Result<Answer<ListStart>, Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = async {
        let page = guanhu_crm::customers::list(&bank, &actor, &query).await?;
        let choices = if with_choices { Some(guanhu_crm::customers::choices(&bank, &actor).await?) } else { None };
        let moves = match actor.role {
            guanhu_domain::access::Role::Manager => Some(guanhu_crm::tiers::moves(&bank, &actor).await?),
            _ => None,
        };
        Ok(ListStart { page, choices, moves })
    };
    let result = result.await;
    crate::server::answer(&bank, &actor, result).await
}

#[server(endpoint = "customers/list", protocol = Call)]
pub async fn list_customers(query: CustomerQuery) -> Result<Page<CustomerItem>, Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::customers::list(&bank, &actor, &query).await;
    crate::server::settle(&bank, &actor, result).await
}

#[server(endpoint = "customers/choices", protocol = Call)]
pub async fn fetch_choices() -> Result<ListChoices, Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::customers::choices(&bank, &actor).await;
    crate::server::settle(&bank, &actor, result).await
}

#[server(endpoint = "customers/views", protocol = Call)]
pub async fn list_views() -> Result<Vec<SavedView>, Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::views::views(&bank, &actor, super::list::PAGE).await;
    crate::server::settle(&bank, &actor, result).await
}

#[server(endpoint = "customers/save_view", protocol = Call)]
pub async fn save_view(draft: ViewDraft, key: Uuid) -> Result<SavedView, Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::views::save_view(&bank, &actor, &draft, key).await;
    crate::server::settle(&bank, &actor, result).await
}

#[server(endpoint = "customers/change_view", protocol = Call)]
pub async fn change_view(id: String, version: i32, draft: ViewDraft) -> Result<SavedView, Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::views::change_view(&bank, &actor, &id, version, &draft).await;
    crate::server::settle(&bank, &actor, result).await
}

#[server(endpoint = "customers/remove_view", protocol = Call)]
pub async fn remove_view(id: String) -> Result<(), Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::views::remove_view(&bank, &actor, &id).await;
    crate::server::settle(&bank, &actor, result).await
}
