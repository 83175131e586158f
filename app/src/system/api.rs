use guanhu_domain::system::SystemState;
use leptos::{prelude::*, server_fn::codec::Json};

use crate::Fail;

#[server(endpoint = "system/state", input = Json)]
pub async fn read_system() -> Result<SystemState, Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::system::state(&bank, &actor).await;
    crate::server::settle(&bank, &actor, result).await
}
