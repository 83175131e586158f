//! What the page of rules for new customers asks of the server.

use guanhu_domain::assignments::newcomers::{NewcomerPage, NewcomerRules};
use leptos::prelude::*;

use crate::{Answer, Fail, wire::Call};

#[server(endpoint = "newcomers/page", protocol = Call)]
pub async fn read_rules() -> Result<Answer<NewcomerPage>, Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::assignments::newcomer_rules(&bank, &actor).await;
    crate::server::answer(&bank, &actor, result).await
}

/// Answers the rules as they stand then.
#[server(endpoint = "newcomers/save", protocol = Call)]
pub async fn save_rules(wanted: NewcomerRules) -> Result<NewcomerRules, Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::assignments::set_newcomer_rules(&bank, &actor, &wanted).await;
    crate::server::settle(&bank, &actor, result).await
}
