//! What the customer's page asks of the server.

use chrono::NaiveDate;
use guanhu_domain::{
    CustomerNo,
    customers::{
        Changed, ContactChange, Customer360, CustomerPatch, DictionaryEntry, IdentityChange, NewActivity, NewIdentity, NewTask,
        RevealRequest, Revealed, Slice, TaskEnd, TimelineItem, Transaction, TransactionQuery,
    },
    tiers::Explanation,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Answer, Fail, wire::Call};

/// The first paint of the page in one answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CustomerPage {
    pub customer: Customer360,
    pub words: Words,
    /// The newest transactions; nothing where none were booked of late.
    pub transactions: Option<Slice<Transaction>>,
    /// Why the tier, and what the next one takes.
    pub standing: Option<Explanation>,
    /// The day on the wall, for "tomorrow"; everything else follows the business date.
    pub today: NaiveDate,
    /// The day on the wall: no contact has happened after it.
    pub wall: NaiveDate,
}

/// What the codes on the page mean.
pub type Words = Vec<DictionaryEntry>;

#[server(endpoint = "customer/page", protocol = Call)]
pub async fn read_customer(no: CustomerNo) -> Result<Answer<CustomerPage>, Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = async {
        let guanhu_crm::customers::Sheet { customer, words, transactions, standing } =
            guanhu_crm::customers::sheet(&bank, &actor, no).await?;
        Ok(CustomerPage { today: wall().max(customer.business_date), wall: wall(), customer, words, transactions, standing })
    };
    crate::server::answer(&bank, &actor, result.await).await
}

#[server(endpoint = "customer/transactions", protocol = Call)]
pub async fn transactions(no: CustomerNo, query: TransactionQuery) -> Result<Slice<Transaction>, Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::customers::transactions(&bank, &actor, no, &query).await;
    crate::server::settle(&bank, &actor, result).await
}

/// What happened, of one kind or of all.
#[server(endpoint = "customer/timeline", protocol = Call)]
pub async fn timeline(no: CustomerNo, kind: Option<String>, after: Option<String>) -> Result<Slice<TimelineItem>, Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::customers::timeline(&bank, &actor, no, kind.as_deref().as_slice(), after.as_deref()).await;
    crate::server::settle(&bank, &actor, result).await
}

#[server(endpoint = "customer/edit", protocol = Call)]
pub async fn edit(no: CustomerNo, version: i32, key: Uuid, patch: CustomerPatch) -> Result<Changed, Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::customers::edit(&bank, &actor, no, version, &patch, key).await;
    crate::server::settle(&bank, &actor, result).await
}

/// Adds a contact, or changes or removes the one it names.
#[server(endpoint = "customer/contact", protocol = Call)]
pub async fn change_contact(no: CustomerNo, key: Uuid, change: ContactChange) -> Result<Changed, Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::customers::change_contact(&bank, &actor, no, &change, key).await;
    crate::server::settle(&bank, &actor, result).await
}

#[server(endpoint = "customer/identity", protocol = Call)]
pub async fn add_identity(no: CustomerNo, key: Uuid, identity: NewIdentity) -> Result<Changed, Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::customers::add_identity(&bank, &actor, no, &identity, key).await;
    crate::server::settle(&bank, &actor, result).await
}

/// Changes or removes a paper.
#[server(endpoint = "customer/change_identity", protocol = Call)]
pub async fn change_identity(no: CustomerNo, key: Uuid, change: IdentityChange) -> Result<Changed, Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::customers::change_identity(&bank, &actor, no, &change, key).await;
    crate::server::settle(&bank, &actor, result).await
}

#[server(endpoint = "customer/reveal", protocol = Call)]
pub async fn reveal(no: CustomerNo, request: RevealRequest) -> Result<Revealed, Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::customers::reveal(&bank, &actor, no, &request).await;
    crate::server::settle(&bank, &actor, result).await
}

#[server(endpoint = "customer/log", protocol = Call)]
pub async fn log_activity(no: CustomerNo, key: Uuid, activity: NewActivity) -> Result<(), Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::activities::log_activity(&bank, &actor, no, &activity, key).await.map(|_| ());
    crate::server::settle(&bank, &actor, result).await
}

#[server(endpoint = "customer/task/create", protocol = Call)]
pub async fn create_task(no: CustomerNo, key: Uuid, task: NewTask) -> Result<(), Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::tasks::create_task(&bank, &actor, no, &task, key).await.map(|_| ());
    crate::server::settle(&bank, &actor, result).await
}

/// Answers the task's new version, which taking it back needs.
#[server(endpoint = "customer/task/complete", protocol = Call)]
pub async fn complete_task(no: CustomerNo, id: String, version: i32, end: TaskEnd, key: Uuid) -> Result<i32, Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::tasks::complete_task(&bank, &actor, no, &id, version, end, key).await.map(|task| task.version);
    crate::server::settle(&bank, &actor, result).await
}

#[server(endpoint = "customer/task/reopen", protocol = Call)]
pub async fn reopen_task(no: CustomerNo, id: String, version: i32, key: Uuid) -> Result<(), Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::tasks::reopen_task(&bank, &actor, no, &id, version, key).await.map(|_| ());
    crate::server::settle(&bank, &actor, result).await
}

/// What may be chosen, and what any code means.
#[server(endpoint = "customer/dictionaries", protocol = Call)]
pub async fn dictionaries() -> Result<Words, Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::dictionaries::dictionaries(&bank, &actor).await;
    crate::server::settle(&bank, &actor, result).await
}

#[cfg(feature = "ssr")]
fn wall() -> NaiveDate {
    super::view::local(chrono::DateTime::<chrono::Utc>::from(std::time::SystemTime::now())).date()
}
