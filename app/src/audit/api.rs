use guanhu_domain::access::audit::{AuditFilter, AuditPage};
use leptos::prelude::*;

use crate::{Answer, Fail, wire::Call};

#[server(endpoint = "audit/search", protocol = Call)]
pub async fn search_audit(filter: AuditFilter) -> Result<Answer<AuditPage>, Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::audit::search::search(&bank, &actor, &filter).await;
    crate::server::answer(&bank, &actor, result).await
}
