//! In whose charge every customer is, and how that changes.

/// Whether the member of staff `m` may be given customers: a manager who has not left and, where there is a
/// login, is not disabled.
macro_rules! serves {
    () => {
        "(m.is_manager and m.left_on is null
          and (not exists (select from app_user u where u.staff_id = m.staff_id and u.granted_at is not null and u.disabled_at is not null)
               or exists (select from app_user u where u.staff_id = m.staff_id and u.disabled_at is null)))"
    };
}

mod apply;
mod batches;
mod board;
mod bulk;
mod cards;
mod decide;
mod files;
mod give;
mod handover;
mod newcomers;
mod plan;
mod pool;
mod read;
mod release;
mod request;
mod shares;
mod sign;
mod standards;

pub use apply::run_due;
pub(crate) use apply::{Charged, announce_charge};
pub use batches::run_batches;
pub use board::board;
pub use cards::cards;
pub use decide::{approve, cancel, recall, reject, revert};
pub use files::{FILE_BYTES_MAX, read_file};
pub use handover::{handover, holdings, propose};
pub(crate) use newcomers::place;
pub use newcomers::{newcomer_rules, set_newcomer_rules};
pub use pool::{pick, pool};
pub use read::{detail, get, list, sheet};
pub use release::release;
pub use request::{preview, request};
pub use shares::set_shares;
pub use sign::sign;
