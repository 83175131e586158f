use chrono::NaiveDate;
use guanhu_domain::{
    Currency,
    contribution::pricing::{Curve, Prices, PricingChange},
};
use leptos::prelude::*;
use uuid::Uuid;

use crate::{Answer, Fail, wire::Call};

#[cfg(feature = "ssr")]
use {
    crate::server::{acting, answer, settle},
    guanhu_crm::contribution::{curves, pricing},
};

#[server(endpoint = "prices/page", protocol = Call)]
pub async fn read_prices() -> Result<Answer<Prices>, Fail> {
    let (bank, actor) = acting()?;
    let result = pricing::prices_now(&bank, &actor).await;
    answer(&bank, &actor, result).await
}

/// Opens a closed month again.
#[server(endpoint = "prices/reopen_month", protocol = Call)]
pub async fn reopen_month(month: NaiveDate, reason: String) -> Result<(), Fail> {
    let (bank, actor) = acting()?;
    let result = guanhu_crm::contribution::reopen_month(&bank, &actor, month, &reason).await;
    settle(&bank, &actor, result).await
}

/// Answers the new revision, as the others do.
#[server(endpoint = "prices/set_curve", protocol = Call)]
pub async fn set_curve(curve: Curve, revision: i32, key: Uuid) -> Result<i32, Fail> {
    let (bank, actor) = acting()?;
    let result = curves::set_curve(&bank, &actor, &curve, revision, key).await;
    settle(&bank, &actor, result).await
}

#[server(endpoint = "prices/remove_curve", protocol = Call)]
pub async fn remove_curve(currency: Currency, valid_from: NaiveDate, revision: i32, key: Uuid) -> Result<i32, Fail> {
    let (bank, actor) = acting()?;
    let result = curves::remove_curve(&bank, &actor, currency, valid_from, revision, key).await;
    settle(&bank, &actor, result).await
}

#[server(endpoint = "prices/set_parameters", protocol = Call)]
pub async fn set_parameters(change: PricingChange, key: Uuid) -> Result<i32, Fail> {
    let (bank, actor) = acting()?;
    let result = pricing::set_parameters(&bank, &actor, &change, key).await;
    settle(&bank, &actor, result).await
}
