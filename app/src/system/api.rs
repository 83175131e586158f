use guanhu_domain::system::SystemState;
use leptos::prelude::*;

use crate::{Answer, Fail, wire::Call};

#[server(endpoint = "system/state", protocol = Call)]
pub async fn read_system() -> Result<Answer<SystemState>, Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::system::state(&bank, &actor).await;
    crate::server::answer(&bank, &actor, result).await
}
