use guanhu_domain::practice::PracticePage;
use leptos::prelude::*;

use crate::{Answer, Fail, wire::Call};

#[server(endpoint = "practice/standing", protocol = Call)]
pub async fn read_standing() -> Result<Answer<PracticePage>, Fail> {
    let (bank, actor) = crate::server::acting()?;
    let here = use_context::<super::Practising>();
    let databases = here.as_ref().and_then(|here| here.databases.as_ref());
    let result = guanhu_crm::practice::page(&bank, &actor, databases, here.as_ref().is_some_and(|here| here.within)).await;
    crate::server::answer(&bank, &actor, result).await
}
