use guanhu_domain::{CustomerNo, rules::CustomerFacts};
use leptos::prelude::*;

use crate::{Fail, wire::Call};

#[cfg(feature = "ssr")]
use {
    crate::server::{acting, settle},
    guanhu_crm::rules,
};

/// What rules read of one customer.
#[server(endpoint = "rules/facts", protocol = Call)]
pub async fn facts(no: CustomerNo) -> Result<CustomerFacts, Fail> {
    let (bank, actor) = acting()?;
    let result = rules::facts(&bank, &actor, no).await;
    settle(&bank, &actor, result).await
}
