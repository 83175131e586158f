use guanhu_domain::system::SystemState;
use leptos::prelude::*;

use crate::{Answer, Fail, wire::Json};

#[server(endpoint = "system/state", input = Json, output = Json)]
pub async fn read_system() -> Result<Answer<SystemState>, Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::system::state(&bank, &actor).await;
    crate::server::answer(&bank, &actor, result).await
}
