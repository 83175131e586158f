use guanhu_domain::{
    dashboards::{
        BankBoard, BehindBoard, BehindQuery, BoardQuery, CompareBoard, Indicator, ManagerBoard, ManagersBoard, ProductsBoard, ValueBoard,
    },
    process::{Evidence, Item, ProcessRules},
    products::{ProductBoard, ProductTextChange, ProductTexts},
    targets::{TargetChange, TargetDecision, TargetSheet, TargetStepAsked},
};
use leptos::prelude::*;
use uuid::Uuid;

use crate::{Answer, Fail, wire::Call};

#[server(endpoint = "dashboards/bank", protocol = Call)]
pub async fn read_bank(query: BoardQuery) -> Result<Answer<BankBoard>, Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::dashboards::bank_board(&bank, &actor, &query).await;
    crate::server::answer(&bank, &actor, result).await
}

#[server(endpoint = "dashboards/managers", protocol = Call)]
pub async fn read_managers(query: BoardQuery) -> Result<Answer<ManagersBoard>, Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::dashboards::managers_board(&bank, &actor, &query).await;
    crate::server::answer(&bank, &actor, result).await
}

/// An empty code is the viewer's own.
#[server(endpoint = "dashboards/manager", protocol = Call)]
pub async fn read_manager(code: String, query: BoardQuery) -> Result<Answer<ManagerBoard>, Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::dashboards::manager_board(&bank, &actor, &code, &query).await;
    crate::server::answer(&bank, &actor, result).await
}

#[server(endpoint = "dashboards/products", protocol = Call)]
pub async fn read_products(query: BoardQuery) -> Result<Answer<ProductsBoard>, Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::dashboards::products_board(&bank, &actor, &query).await;
    crate::server::answer(&bank, &actor, result).await
}

#[server(endpoint = "dashboards/value", protocol = Call)]
pub async fn read_value(query: BoardQuery) -> Result<Answer<ValueBoard>, Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::dashboards::value_board(&bank, &actor, &query).await;
    crate::server::answer(&bank, &actor, result).await
}

#[server(endpoint = "dashboards/behind", protocol = Call)]
pub async fn read_behind(query: BehindQuery) -> Result<Answer<BehindBoard>, Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::dashboards::behind_board(&bank, &actor, &query).await;
    crate::server::answer(&bank, &actor, result).await
}

/// Of all products together, or of the one of this code.
#[server(endpoint = "dashboards/targets", protocol = Call)]
pub async fn read_targets(query: BoardQuery, indicator: Indicator, product: Option<String>) -> Result<Answer<TargetSheet>, Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::targets::targets(&bank, &actor, &query, indicator, product.as_deref()).await;
    crate::server::answer(&bank, &actor, result).await
}

#[server(endpoint = "dashboards/set_targets", protocol = Call)]
pub async fn set_targets(change: TargetChange, key: Uuid) -> Result<i64, Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::targets::set_targets(&bank, &actor, &change, key).await;
    crate::server::settle(&bank, &actor, result).await
}

#[server(endpoint = "dashboards/step_targets", protocol = Call)]
pub async fn step_targets(asked: TargetStepAsked, key: Uuid) -> Result<(), Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::targets::step_targets(&bank, &actor, &asked, key).await;
    crate::server::settle(&bank, &actor, result).await
}

#[server(endpoint = "dashboards/decide_targets", protocol = Call)]
pub async fn decide_targets(decision: TargetDecision, key: Uuid) -> Result<(), Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::targets::decide_targets(&bank, &actor, &decision, key).await;
    crate::server::settle(&bank, &actor, result).await
}

/// Two to five managers by code.
#[server(endpoint = "dashboards/compare", protocol = Call)]
pub async fn read_compare(codes: Vec<String>, query: BoardQuery) -> Result<Answer<CompareBoard>, Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::dashboards::compare_board(&bank, &actor, &codes, &query).await;
    crate::server::answer(&bank, &actor, result).await
}

/// An empty code is the viewer's own.
#[server(endpoint = "dashboards/evidence", protocol = Call)]
pub async fn read_evidence(code: String, query: BoardQuery, item: Item) -> Result<Vec<Evidence>, Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::process::evidence(&bank, &actor, &code, &query, item).await;
    crate::server::settle(&bank, &actor, result).await
}

#[server(endpoint = "dashboards/scoring", protocol = Call)]
pub async fn read_scoring() -> Result<Answer<ProcessRules>, Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::process::rules(&bank, &actor).await;
    crate::server::answer(&bank, &actor, result).await
}

/// Answers the new version.
#[server(endpoint = "dashboards/set_scoring", protocol = Call)]
pub async fn set_scoring(change: ProcessRules, key: Uuid) -> Result<i32, Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::process::set_rules(&bank, &actor, &change, key).await;
    crate::server::settle(&bank, &actor, result).await
}

#[server(endpoint = "dashboards/product", protocol = Call)]
pub async fn read_product(code: String, query: BoardQuery) -> Result<Answer<ProductBoard>, Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::products::product_board(&bank, &actor, &code, &query).await;
    crate::server::answer(&bank, &actor, result).await
}

/// All products, with the versions of what is said of one of them.
#[server(endpoint = "products/texts", protocol = Call)]
pub async fn read_product_texts(code: Option<String>) -> Result<Answer<ProductTexts>, Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::products::product_texts(&bank, &actor, code.as_deref()).await;
    crate::server::answer(&bank, &actor, result).await
}

/// Answers the new version.
#[server(endpoint = "products/set_text", protocol = Call)]
pub async fn set_product_text(change: ProductTextChange, key: Uuid) -> Result<i32, Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::products::set_product_text(&bank, &actor, &change, key).await;
    crate::server::settle(&bank, &actor, result).await
}
