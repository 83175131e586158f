use guanhu_domain::access::{
    units::{NewUnit, StaffFilter, StaffForm, StaffItem, StaffPage, UnitChange, UnitItem},
    users::{Grant, GrantRequest, NewUser, OneTimePassword, UserChange, UserFilter, UserItem, UserPage},
};
use leptos::prelude::*;
use uuid::Uuid;

use crate::{Answer, Fail, wire::Call};

#[cfg(feature = "ssr")]
use {
    crate::server::{acting, answer, settle},
    guanhu_crm::{access, units},
};

#[server(endpoint = "users/list", protocol = Call)]
pub async fn list_users(filter: UserFilter) -> Result<Answer<UserPage>, Fail> {
    let (bank, actor) = acting()?;
    let result = access::users::list(&bank, &actor, &filter).await;
    answer(&bank, &actor, result).await
}

#[server(endpoint = "users/create", protocol = Call)]
pub async fn create_user(new: NewUser) -> Result<OneTimePassword, Fail> {
    let (bank, actor) = acting()?;
    let result = access::users::create(&bank, &actor, &new).await;
    settle(&bank, &actor, result).await
}

#[server(endpoint = "users/change", protocol = Call)]
pub async fn change_user(login: String, change: UserChange) -> Result<UserItem, Fail> {
    let (bank, actor) = acting()?;
    let result = access::users::change(&bank, &actor, &login, &change).await;
    settle(&bank, &actor, result).await
}

#[server(endpoint = "users/reset_password", protocol = Call)]
pub async fn reset_password(login: String, reason: String) -> Result<OneTimePassword, Fail> {
    let (bank, actor) = acting()?;
    let result = access::users::reset_password(&bank, &actor, &login, &reason).await;
    settle(&bank, &actor, result).await
}

#[server(endpoint = "users/reset_factor", protocol = Call)]
pub async fn reset_factor(login: String, reason: String) -> Result<(), Fail> {
    let (bank, actor) = acting()?;
    let result = access::factor::reset(&bank, &actor, &login, &reason).await;
    settle(&bank, &actor, result).await
}

#[server(endpoint = "users/revoke_sessions", protocol = Call)]
pub async fn revoke_sessions(login: String) -> Result<u64, Fail> {
    let (bank, actor) = acting()?;
    let result = access::session::revoke(&bank, &actor, &login).await;
    settle(&bank, &actor, result).await
}

#[server(endpoint = "grants/request", protocol = Call)]
pub async fn request_grant(login: String, to: Grant, reason: String) -> Result<Uuid, Fail> {
    let (bank, actor) = acting()?;
    let result = access::grants::request(&bank, &actor, &login, &to, &reason).await;
    settle(&bank, &actor, result).await
}

#[server(endpoint = "grants/list", protocol = Call)]
pub async fn list_requests() -> Result<Answer<Vec<GrantRequest>>, Fail> {
    let (bank, actor) = acting()?;
    let result = access::grants::list(&bank, &actor).await;
    answer(&bank, &actor, result).await
}

#[server(endpoint = "grants/decide", protocol = Call)]
pub async fn decide_request(approval_id: Uuid, approve: bool, reason: String) -> Result<(), Fail> {
    let (bank, actor) = acting()?;
    let result = access::grants::decide(&bank, &actor, approval_id, approve, &reason).await;
    settle(&bank, &actor, result).await
}

#[server(endpoint = "grants/recall", protocol = Call)]
pub async fn recall_request(approval_id: Uuid) -> Result<(), Fail> {
    let (bank, actor) = acting()?;
    let result = access::grants::recall(&bank, &actor, approval_id).await;
    settle(&bank, &actor, result).await
}

#[server(endpoint = "units/list", protocol = Call)]
pub async fn list_units() -> Result<Answer<Vec<UnitItem>>, Fail> {
    let (bank, actor) = acting()?;
    let result = units::list(&bank, &actor).await;
    answer(&bank, &actor, result).await
}

#[server(endpoint = "units/create", protocol = Call)]
pub async fn create_unit(new: NewUnit) -> Result<UnitItem, Fail> {
    let (bank, actor) = acting()?;
    let result = units::create(&bank, &actor, &new).await;
    settle(&bank, &actor, result).await
}

#[server(endpoint = "units/change", protocol = Call)]
pub async fn change_unit(code: String, change: UnitChange) -> Result<UnitItem, Fail> {
    let (bank, actor) = acting()?;
    let result = units::change(&bank, &actor, &code, &change).await;
    settle(&bank, &actor, result).await
}

#[server(endpoint = "staff/list", protocol = Call)]
pub async fn list_staff(filter: StaffFilter) -> Result<Answer<StaffPage>, Fail> {
    let (bank, actor) = acting()?;
    let result = access::staff::list(&bank, &actor, &filter).await;
    answer(&bank, &actor, result).await
}

#[server(endpoint = "staff/save", protocol = Call)]
pub async fn save_staff(form: StaffForm) -> Result<StaffItem, Fail> {
    let (bank, actor) = acting()?;
    let result = access::staff::save(&bank, &actor, &form).await;
    settle(&bank, &actor, result).await
}
