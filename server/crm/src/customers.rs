//! Verbs on customers: find, view, change, reveal, create.

mod choices;
mod contacts;
mod create;
mod crowded;
mod edit;
mod holdings;
mod list;
mod order;
mod reveal;
mod search;
mod timeline;
mod view;

use guanhu_domain::CustomerNo;

pub use choices::choices;
pub use contacts::{add_identity, change_contact, change_identity};
pub use create::create;
pub(crate) use crowded::Crowded;
pub use edit::edit;
pub(crate) use edit::{Held, hold};
pub use holdings::{accounts, transactions};
pub(crate) use list::Filter;
pub use list::list;
pub(crate) use order::{At, Place, order};
pub use reveal::reveal;
pub use timeline::timeline;
pub use view::{Sheet, sheet, view};

use crate::{Actor, Bank, Result, scoped};

/// How the audit log names a customer.
pub fn subject(customer: CustomerNo) -> String {
    format!("customer:{customer}")
}

/// `not_found` unless the customer is in the actor's scope.
pub(crate) async fn find(bank: &Bank, actor: &Actor, customer: CustomerNo) -> Result<()> {
    let (units, staff) = actor.scope.binds();
    sqlx::query_scalar::<_, i64>(concat!("select s.customer_id from customer_summary s where s.customer_id = $3 and ", scoped!()))
        .bind(units)
        .bind(staff)
        .bind(customer.id())
        .fetch_one(bank.pool())
        .await?;
    Ok(())
}
