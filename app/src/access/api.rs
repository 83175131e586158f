use guanhu_domain::access::account::{Account, FactorOffer, Preferences, Welcome};
use leptos::prelude::*;
use uuid::Uuid;

use crate::{Answer, Fail, wire::Call};

#[cfg(feature = "ssr")]
use {
    crate::server::{acting, answer, bank, settle, settle_unknown},
    guanhu_crm::access,
};

/// For the login page: nobody is known yet.
#[server(endpoint = "login/welcome", protocol = Call)]
pub async fn read_welcome() -> Result<Welcome, Fail> {
    let bank = bank();
    let result = access::login::welcome(&bank).await;
    settle_unknown(&bank, result).await
}

#[server(endpoint = "account/own", protocol = Call)]
pub async fn own_account() -> Result<Answer<Account>, Fail> {
    let (bank, actor) = acting()?;
    let result = access::account::own(&bank, &actor).await;
    answer(&bank, &actor, result).await
}

#[server(endpoint = "account/preferences", protocol = Call)]
pub async fn own_preferences() -> Result<Preferences, Fail> {
    let (bank, actor) = acting()?;
    let result = access::account::preferences(&bank, &actor).await;
    settle(&bank, &actor, result).await
}

#[server(endpoint = "account/prefer", protocol = Call)]
pub async fn prefer(wanted: Preferences) -> Result<(), Fail> {
    let (bank, actor) = acting()?;
    let result = access::account::prefer(&bank, &actor, &wanted).await;
    settle(&bank, &actor, result).await
}

#[server(endpoint = "account/change_password", protocol = Call)]
pub async fn change_password(current: String, new: String) -> Result<(), Fail> {
    let (bank, actor) = acting()?;
    let result = access::account::change_password(&bank, &actor, &current, &new).await;
    settle(&bank, &actor, result).await
}

#[server(endpoint = "account/offer_factor", protocol = Call)]
pub async fn offer_factor(password: String) -> Result<FactorOffer, Fail> {
    let (bank, actor) = acting()?;
    let result = access::factor::offer(&bank, &actor, &password).await;
    settle(&bank, &actor, result).await
}

#[server(endpoint = "account/confirm_factor", protocol = Call)]
pub async fn confirm_factor(totp: String) -> Result<Vec<String>, Fail> {
    let (bank, actor) = acting()?;
    let result = access::factor::confirm(&bank, &actor, &totp).await;
    settle(&bank, &actor, result).await
}

#[server(endpoint = "account/remove_factor", protocol = Call)]
pub async fn remove_factor(password: String) -> Result<(), Fail> {
    let (bank, actor) = acting()?;
    let result = access::factor::remove(&bank, &actor, &password).await;
    settle(&bank, &actor, result).await
}

#[server(endpoint = "account/revoke_session", protocol = Call)]
pub async fn revoke_session(session_id: Uuid) -> Result<(), Fail> {
    let (bank, actor) = acting()?;
    let result = access::session::revoke_own(&bank, &actor, session_id).await;
    settle(&bank, &actor, result).await
}

#[server(endpoint = "account/revoke_others", protocol = Call)]
pub async fn revoke_others() -> Result<(), Fail> {
    let (bank, actor) = acting()?;
    let result = access::session::revoke_others(&bank, &actor).await;
    settle(&bank, &actor, result).await
}
