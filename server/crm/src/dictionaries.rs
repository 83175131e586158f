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

/// The entries of these (dictionary, code) pairs: what a page needs for its first paint.
pub async fn words(bank: &Bank, actor: &Actor, pairs: &[(&str, &str)]) -> Result<Vec<DictionaryEntry>> {
    actor.require(Verb::DictionaryList)?;
    if pairs.is_empty() {
        return Ok(Vec::new());
    }
    let (dictionaries, codes): (Vec<&str>, Vec<&str>) = pairs.iter().copied().unzip();
    Ok(sqlx::query_as(
        "select e.dictionary, e.code, e.zh, e.en, e.active from unnest($1::text[], $2::text[]) as wanted (dictionary, code)
         join dictionary_entry e using (dictionary, code)",
    )
    .bind(dictionaries)
    .bind(codes)
    .fetch_all(bank.pool())
    .await?)
}
