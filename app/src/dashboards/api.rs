use guanhu_domain::{
    dashboards::{BankBoard, BoardQuery, Indicator, ManagerBoard, ManagersBoard, ProductsBoard, ValueBoard},
    targets::{TargetChange, TargetSheet},
};
use leptos::prelude::*;
use uuid::Uuid;

use crate::{Answer, Fail, wire::Json};

#[server(endpoint = "dashboards/bank", input = Json, output = Json)]
pub async fn read_bank(query: BoardQuery) -> Result<Answer<BankBoard>, Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::dashboards::bank_board(&bank, &actor, &query).await;
    crate::server::answer(&bank, &actor, result).await
}

#[server(endpoint = "dashboards/managers", input = Json, output = Json)]
pub async fn read_managers(query: BoardQuery) -> Result<Answer<ManagersBoard>, Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::dashboards::managers_board(&bank, &actor, &query).await;
    crate::server::answer(&bank, &actor, result).await
}

/// An empty code is the viewer's own.
#[server(endpoint = "dashboards/manager", input = Json, output = Json)]
pub async fn read_manager(code: String, query: BoardQuery) -> Result<Answer<ManagerBoard>, Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::dashboards::manager_board(&bank, &actor, &code, &query).await;
    crate::server::answer(&bank, &actor, result).await
}

#[server(endpoint = "dashboards/products", input = Json, output = Json)]
pub async fn read_products(query: BoardQuery) -> Result<Answer<ProductsBoard>, Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::dashboards::products_board(&bank, &actor, &query).await;
    crate::server::answer(&bank, &actor, result).await
}

#[server(endpoint = "dashboards/value", input = Json, output = Json)]
pub async fn read_value(query: BoardQuery) -> Result<Answer<ValueBoard>, Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::dashboards::value_board(&bank, &actor, &query).await;
    crate::server::answer(&bank, &actor, result).await
}

#[server(endpoint = "dashboards/targets", input = Json, output = Json)]
pub async fn read_targets(query: BoardQuery, indicator: Indicator) -> Result<Answer<TargetSheet>, Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::targets::targets(&bank, &actor, &query, indicator).await;
    crate::server::answer(&bank, &actor, result).await
}

#[server(endpoint = "dashboards/set_targets", input = Json, output = Json)]
pub async fn set_targets(change: TargetChange, key: Uuid) -> Result<i64, Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::targets::set_targets(&bank, &actor, &change, key).await;
    crate::server::settle(&bank, &actor, result).await
}
