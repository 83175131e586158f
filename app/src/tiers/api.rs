use guanhu_domain::{
    CustomerNo,
    customers::Slice,
    tiers::{
        Decision, Explanation, MoverQuery, Simulation, Submission, TierAnswer, TierAsked, TierEnd, TierMover, TierRequest, TiersPage,
        Trial, Version, VersionDraft, Withdrawal,
    },
};
use leptos::prelude::*;
use uuid::Uuid;

use crate::{Answer, Fail, wire::Call};

#[cfg(feature = "ssr")]
use {
    crate::server::{acting, answer, settle},
    guanhu_crm::{rules, tiers},
    guanhu_domain::{customers::Kind, rules::Limits},
};

#[server(endpoint = "tiers/page", protocol = Call)]
pub async fn read_tiers() -> Result<Answer<TiersPage>, Fail> {
    let (bank, actor) = acting()?;
    let result = async {
        let schemes = tiers::schemes(&bank, &actor).await?;
        Ok(TiersPage { schemes, choices: rules::choices(&bank, &actor, Limits::tier(Kind::Personal, actor.role.data_class())).await? })
    };
    answer(&bank, &actor, result.await).await
}

/// Drafts of the schemes that the product ships, where the bank has none.
#[server(endpoint = "tiers/install", protocol = Call)]
pub async fn install() -> Result<usize, Fail> {
    let (bank, actor) = acting()?;
    let result = tiers::shipped::install(&bank, &actor).await;
    settle(&bank, &actor, result).await
}

#[server(endpoint = "tiers/save", protocol = Call)]
pub async fn save(scheme: String, draft: VersionDraft, key: Uuid) -> Result<Version, Fail> {
    let (bank, actor) = acting()?;
    let result = tiers::save(&bank, &actor, &scheme, &draft, key).await;
    settle(&bank, &actor, result).await
}

#[server(endpoint = "tiers/simulate", protocol = Call)]
pub async fn simulate(scheme: String, number: i32, revision: i32) -> Result<Simulation, Fail> {
    let (bank, actor) = acting()?;
    let result = tiers::simulate(&bank, &actor, &scheme, number, revision).await;
    settle(&bank, &actor, result).await
}

/// How far it is; `None` while nothing is being tried out.
#[server(endpoint = "tiers/trial", protocol = Call)]
pub async fn how_far(scheme: String) -> Result<Option<Trial>, Fail> {
    let (bank, actor) = acting()?;
    let result = tiers::trial(&bank, &actor, &scheme).await;
    settle(&bank, &actor, result).await
}

#[server(endpoint = "tiers/trial/cancel", protocol = Call)]
pub async fn cancel_trial(scheme: String) -> Result<(), Fail> {
    let (bank, actor) = acting()?;
    let result = tiers::cancel_trial(&bank, &actor, &scheme).await;
    settle(&bank, &actor, result).await
}

#[server(endpoint = "tiers/submit", protocol = Call)]
pub async fn submit(scheme: String, number: i32, asked: Submission, key: Uuid) -> Result<Version, Fail> {
    let (bank, actor) = acting()?;
    let result = tiers::submit(&bank, &actor, &scheme, number, &asked, key).await;
    settle(&bank, &actor, result).await
}

#[server(endpoint = "tiers/publish", protocol = Call)]
pub async fn publish(scheme: String, number: i32, decision: Decision, key: Uuid) -> Result<Version, Fail> {
    let (bank, actor) = acting()?;
    let result = tiers::publish(&bank, &actor, &scheme, number, &decision, key).await;
    if result.is_ok() {
        tiers::evaluate_soon(&bank);
    }
    settle(&bank, &actor, result).await
}

/// Takes back what is to come into force.
#[server(endpoint = "tiers/withdraw", protocol = Call)]
pub async fn withdraw(scheme: String, number: i32, asked: Withdrawal, key: Uuid) -> Result<Version, Fail> {
    let (bank, actor) = acting()?;
    let result = tiers::withdraw(&bank, &actor, &scheme, number, &asked, key).await;
    settle(&bank, &actor, result).await
}

/// Who of one's customers would move, and why.
#[server(endpoint = "tiers/movers", protocol = Call)]
pub async fn movers(scheme: String, number: i32, query: MoverQuery) -> Result<Slice<TierMover>, Fail> {
    let (bank, actor) = acting()?;
    let result = tiers::movers(&bank, &actor, &scheme, number, &query).await;
    settle(&bank, &actor, result).await
}

#[server(endpoint = "customer/tier", protocol = Call)]
pub async fn explain(no: CustomerNo) -> Result<Explanation, Fail> {
    let (bank, actor) = acting()?;
    let result = tiers::explain(&bank, &actor, no).await;
    settle(&bank, &actor, result).await
}

/// What the rules give is judged again before the page reads it again.
#[server(endpoint = "customer/tier/ask", protocol = Call)]
pub async fn ask(no: CustomerNo, asked: TierAsked, key: Uuid) -> Result<TierRequest, Fail> {
    let (bank, actor) = acting()?;
    let result = tiers::ask_tier(&bank, &actor, no, &asked, key).await;
    let told = settle(&bank, &actor, result).await?;
    tiers::evaluate_soon(&bank);
    Ok(told)
}

#[server(endpoint = "customer/tier/answer", protocol = Call)]
pub async fn answer_tier(no: CustomerNo, id: Uuid, answer: TierAnswer, key: Uuid) -> Result<TierRequest, Fail> {
    let (bank, actor) = acting()?;
    let result = tiers::answer_tier(&bank, &actor, no, id, &answer, key).await;
    let told = settle(&bank, &actor, result).await?;
    tiers::evaluate_soon(&bank);
    Ok(told)
}

#[server(endpoint = "customer/tier/end", protocol = Call)]
pub async fn end(no: CustomerNo, end: TierEnd, key: Uuid) -> Result<(), Fail> {
    let (bank, actor) = acting()?;
    let result = tiers::end_tier(&bank, &actor, no, &end, key).await;
    settle(&bank, &actor, result).await?;
    tiers::evaluate_soon(&bank);
    Ok(())
}
