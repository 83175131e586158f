//! What the bell asks of the server.

use guanhu_domain::notices::{NoticeSettings, Notices, Read};
use leptos::prelude::*;

use crate::{Fail, wire::Json};

#[server(endpoint = "notices/list", input = Json, output = Json)]
pub async fn list_notices(before: Option<i64>) -> Result<Notices, Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::notices::list(&bank, &actor, before).await;
    crate::server::settle(&bank, &actor, result).await
}

#[server(endpoint = "notices/unread", input = Json, output = Json)]
pub async fn count_unread() -> Result<i64, Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::notices::unread(&bank, &actor).await;
    crate::server::settle(&bank, &actor, result).await
}

#[server(endpoint = "notices/read", input = Json, output = Json)]
pub async fn mark_read(read: Read) -> Result<(), Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::notices::mark_read(&bank, &actor, &read).await;
    crate::server::settle(&bank, &actor, result).await
}

#[server(endpoint = "notices/set", input = Json, output = Json)]
pub async fn set_notices(wanted: NoticeSettings) -> Result<(), Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::notices::set(&bank, &actor, &wanted).await;
    crate::server::settle(&bank, &actor, result).await
}
