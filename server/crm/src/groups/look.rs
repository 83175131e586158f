//! One group: who is in it now, and how many were.

use guanhu_domain::{Code, access::Verb, groups::GroupLook};

use super::{Reading, Row, find, growth, members};
use crate::{Actor, Bank, Result};

/// A group of the actor's, or one that is shared with the actor's role, with those members whom the actor may see.
///
/// # Errors
/// `not_found` for any other code; `busy` when even an estimate takes too long.
pub async fn look(bank: &Bank, actor: &Actor, code: &str) -> Result<GroupLook> {
    actor.require(Verb::GroupUse)?;
    let row: Row = sqlx::query_as(rows_sql!(concat!("where g.code = $1 and ", usable!("$2", "$3"))))
        .bind(code)
        .bind(actor.user_id)
        .bind(actor.role.code())
        .fetch_one(bank.pool())
        .await?;
    let day = actor.me.business_date;
    let growth = growth(bank, actor, code).await?;
    let expired = row.expires_on.is_some_and(|on| on < day);
    let found = match members(bank, row.clone(), day, &Reading::by(actor)).await {
        _ if expired => None,
        Ok(members) => Some(find::found(bank, actor, &members, &find::OPENING).await?),
        // A rule that is none by now, or a part that is gone: the page says so, and shows how it was.
        Err(error) if error.code() == Code::Invalid => None,
        Err(error) => return Err(error),
    };
    Ok(GroupLook { group: row.into_group(actor)?, found, growth })
}
