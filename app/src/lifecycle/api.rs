use guanhu_domain::{
    customers::Slice,
    lifecycle::{LifecycleDraft, LifecyclePage, LifecycleRules},
    tiers::{Movement, MovementQuery},
};
use leptos::prelude::*;
use uuid::Uuid;

use crate::{Answer, Fail, wire::Call};

#[cfg(feature = "ssr")]
use {
    crate::server::{acting, answer, settle},
    guanhu_crm::{lifecycle, rules, tiers},
    guanhu_domain::{access::Verb, rules::Limits},
};

#[server(endpoint = "lifecycle/page", protocol = Call)]
pub async fn read_lifecycle() -> Result<Answer<LifecyclePage>, Fail> {
    let (bank, actor) = acting()?;
    let result = async {
        let lifecycle = lifecycle::lifecycle(&bank, &actor).await?;
        let movements = match Verb::CustomerList.allowed_to(actor.role) {
            true => Some(tiers::movements(&bank, &actor, &MovementQuery::default()).await?),
            false => None,
        };
        Ok(LifecyclePage { lifecycle, movements, choices: rules::choices(&bank, &actor, Limits::state(actor.role.data_class())).await? })
    };
    answer(&bank, &actor, result.await).await
}

#[server(endpoint = "lifecycle/save", protocol = Call)]
pub async fn save(version: i32, draft: LifecycleDraft, key: Uuid) -> Result<LifecycleRules, Fail> {
    let (bank, actor) = acting()?;
    let result = lifecycle::save(&bank, &actor, version, &draft, key).await;
    settle(&bank, &actor, result).await
}

#[server(endpoint = "tiers/movements", protocol = Call)]
pub async fn movements(query: MovementQuery) -> Result<Slice<Movement>, Fail> {
    let (bank, actor) = acting()?;
    let result = tiers::movements(&bank, &actor, &query).await;
    settle(&bank, &actor, result).await
}
