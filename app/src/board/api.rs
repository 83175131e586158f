//! What the board asks of the server.

use guanhu_domain::assignments::board::{BoardPage, CardQuery, ColumnCards};
use leptos::prelude::*;

use crate::{Answer, Fail, wire::Call};

/// The page as it opens.
#[server(endpoint = "board/start", protocol = Call)]
pub async fn start(query: CardQuery) -> Result<Answer<BoardPage>, Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::assignments::board(&bank, &actor, &query).await;
    crate::server::answer(&bank, &actor, result).await
}

/// Columns again after a change.
#[server(endpoint = "board/look", protocol = Call)]
pub async fn look(query: CardQuery) -> Result<BoardPage, Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::assignments::board(&bank, &actor, &query).await;
    crate::server::settle(&bank, &actor, result).await
}

#[server(endpoint = "board/cards", protocol = Call)]
pub async fn more(query: CardQuery) -> Result<ColumnCards, Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::assignments::cards(&bank, &actor, &query).await;
    crate::server::settle(&bank, &actor, result).await
}
