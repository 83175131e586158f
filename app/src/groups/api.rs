use guanhu_domain::{
    CustomerNo,
    groups::{Found, Group, GroupAdded, GroupDraft, GroupRef, GroupSaved, GroupsPage, Joint},
    rules::RuleSet,
};
use leptos::prelude::*;
use uuid::Uuid;

use crate::{Answer, Fail, wire::Call};

#[cfg(feature = "ssr")]
use {
    crate::server::{acting, answer, settle},
    guanhu_crm::{groups, rules},
    guanhu_domain::{groups::GroupKind, rules::Limits},
};

/// All of them; with `show` what is in one.
#[server(endpoint = "groups/page", protocol = Call)]
pub async fn read_groups(show: Option<String>) -> Result<Answer<GroupsPage>, Fail> {
    let (bank, actor) = acting()?;
    let result = async {
        let groups = groups::list(&bank, &actor).await?;
        let look = match show {
            Some(code) => Some(groups::look(&bank, &actor, &code).await?),
            None => None,
        };
        Ok(GroupsPage { groups, look, choices: rules::choices(&bank, &actor, Limits::group(actor.role.data_class())).await? })
    };
    answer(&bank, &actor, result.await).await
}

#[server(endpoint = "groups/find", protocol = Call)]
pub async fn find(rule: RuleSet) -> Result<Found, Fail> {
    let (bank, actor) = acting()?;
    let result = groups::find(&bank, &actor, &rule).await;
    settle(&bank, &actor, result).await
}

#[server(endpoint = "groups/find_combined", protocol = Call)]
pub async fn find_combined(joint: Joint, parts: Vec<String>) -> Result<Found, Fail> {
    let (bank, actor) = acting()?;
    let result = groups::find_combined(&bank, &actor, joint, &parts).await;
    settle(&bank, &actor, result).await
}

#[server(endpoint = "groups/freeze", protocol = Call)]
pub async fn freeze(code: String, key: Uuid) -> Result<GroupSaved, Fail> {
    let (bank, actor) = acting()?;
    let result = groups::freeze(&bank, &actor, &code, key).await;
    settle(&bank, &actor, result).await
}

#[server(endpoint = "groups/create", protocol = Call)]
pub async fn create(draft: GroupDraft, key: Uuid) -> Result<GroupSaved, Fail> {
    let (bank, actor) = acting()?;
    let result = groups::create(&bank, &actor, &draft, key).await;
    settle(&bank, &actor, result).await
}

#[server(endpoint = "groups/change", protocol = Call)]
pub async fn change(code: String, version: i32, draft: GroupDraft, key: Uuid) -> Result<GroupSaved, Fail> {
    let (bank, actor) = acting()?;
    let result = groups::change(&bank, &actor, &code, version, &draft, key).await;
    settle(&bank, &actor, result).await
}

/// The own lists, which customers can be added to.
#[server(endpoint = "groups/lists", protocol = Call)]
pub async fn own_lists() -> Result<Vec<GroupRef>, Fail> {
    let (bank, actor) = acting()?;
    let result = groups::list(&bank, &actor).await;
    let lists = settle(&bank, &actor, result).await?.into_iter().filter(|group| group.mine && group.kind == GroupKind::Static);
    Ok(lists.map(|group| GroupRef { code: group.code, name: group.name }).collect())
}

#[server(endpoint = "groups/add", protocol = Call)]
pub async fn add(code: String, customers: Vec<CustomerNo>, key: Uuid) -> Result<GroupAdded, Fail> {
    let (bank, actor) = acting()?;
    let result = groups::add(&bank, &actor, &code, &customers, key).await;
    settle(&bank, &actor, result).await
}

/// Takes the removal back.
#[server(endpoint = "groups/restore", protocol = Call)]
pub async fn restore(code: String, key: Uuid) -> Result<Group, Fail> {
    let (bank, actor) = acting()?;
    let result = groups::restore(&bank, &actor, &code, key).await;
    settle(&bank, &actor, result).await
}

#[server(endpoint = "groups/remove", protocol = Call)]
pub async fn remove(code: String, version: i32, key: Uuid) -> Result<(), Fail> {
    let (bank, actor) = acting()?;
    let result = groups::remove(&bank, &actor, &code, version, key).await;
    settle(&bank, &actor, result).await
}
