//! What the bell asks of the server.

use guanhu_domain::notices::{NoticeSettings, Notices, Read};
use leptos::prelude::*;

use crate::{Fail, wire::Call};

#[server(endpoint = "notices/list", protocol = Call)]
pub async fn list_notices(before: Option<i64>) -> Result<Notices, Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::notices::list(&bank, &actor, before).await;
    crate::server::settle(&bank, &actor, result).await
}

#[server(endpoint = "notices/unread", protocol = Call)]
pub async fn count_unread() -> Result<i64, Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::notices::unread(&bank, &actor).await;
    crate::server::settle(&bank, &actor, result).await
}

#[server(endpoint = "notices/read", protocol = Call)]
pub async fn mark_read(read: Read) -> Result<(), Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::notices::mark_read(&bank, &actor, &read).await;
    crate::server::settle(&bank, &actor, result).await
}

#[server(endpoint = "notices/set", protocol = Call)]
pub async fn set_notices(wanted: NoticeSettings) -> Result<(), Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::notices::set(&bank, &actor, &wanted).await;
    crate::server::settle(&bank, &actor, result).await
}
