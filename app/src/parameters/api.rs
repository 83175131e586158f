use guanhu_domain::parameters::ParameterItem;
use leptos::prelude::*;
use serde_json::Value;
use uuid::Uuid;

use crate::{Answer, Fail, wire::Call};

#[cfg(feature = "ssr")]
use {
    crate::server::{acting, answer, settle},
    guanhu_crm::parameters,
    guanhu_domain::parameters::ParameterValue,
};

#[server(endpoint = "parameters/page", protocol = Call)]
pub async fn read_parameters() -> Result<Answer<Vec<ParameterItem>>, Fail> {
    let (bank, actor) = acting()?;
    let result = parameters::parameters(&bank, &actor).await;
    answer(&bank, &actor, result).await
}

/// `version` is the one that was seen; 0 for a parameter never set.
#[server(endpoint = "parameters/set", protocol = Call)]
pub async fn set_parameter(name: String, version: i32, value: Value, once: Uuid) -> Result<ParameterItem, Fail> {
    let (bank, actor) = acting()?;
    let result = parameters::set_parameter(&bank, &actor, &name, version, &ParameterValue { value }, once).await;
    settle(&bank, &actor, result).await
}
