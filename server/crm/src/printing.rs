//! Paper leaves the bank's control: that a page was printed, by whom and when, is recorded before it is.

use chrono::Utc;
use guanhu_domain::{Rule, access::Verb, printing::Printed};

use crate::{
    Actor, Bank, Error, Result,
    audit::{self, Entry},
};

const PATH_MAX: usize = 200;

/// Records that the page at this path is printed, and tells the moment that goes onto the paper.
///
/// # Errors
/// `invalid` for what is no path of a page: queries may hold words that belong into no log.
pub async fn print(bank: &Bank, actor: &Actor, path: &str) -> Result<Printed> {
    actor.require(Verb::PagePrint)?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '-' | '_' | '.');
    if !path.starts_with('/') || path.len() > PATH_MAX || !path.chars().all(plain) {
        return Err(Error::field("path", Rule::BadFormat { expected: "/customers".into() }));
    }
    let at = Utc::now();
    let mut tx = bank.begin().await?;
    audit::record(&mut tx, actor, Entry::done(Verb::PagePrint, format!("page:{path}"))).await?;
    tx.commit().await?;
    Ok(Printed { at })
}
