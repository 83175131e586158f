//! The bank's dictionaries: what fields are chosen from.

use guanhu_domain::{access::Verb, customers::DictionaryEntry};

use crate::{Actor, Bank, Result};

/// Every entry of every dictionary, in the order in which choices show them. A few hundred at most.
pub async fn dictionaries(bank: &Bank, actor: &Actor) -> Result<Vec<DictionaryEntry>> {
    actor.require(Verb::DictionaryList)?;
    Ok(sqlx::query_as("select dictionary, code, zh, en, active from dictionary_entry order by dictionary, sort, code")
        .fetch_all(bank.pool())
        .await?)
}
