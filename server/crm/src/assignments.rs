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

/// What member of staff `$1` holds beside customers, as one row: open tasks on and opportunities of customers whom
/// they neither lead nor assist, groups they own, and requests for tiers that wait for an answer.
macro_rules! held_beside {
    () => {
        "select (select count(*) from task t join customer_summary s using (customer_id)
                 where t.owner_staff_id = $1 and t.state = 'open' and s.lead_staff_id is distinct from $1
                   and not s.assist_staff_ids @> array[$1]) as others_tasks,
             (select count(*) from opportunity o join customer_summary s using (customer_id)
                 where o.owner_staff_id = $1 and o.ended_on is null and s.lead_staff_id is distinct from $1
                   and not s.assist_staff_ids @> array[$1]) as others_opportunities,
             (select count(*) from customer_group g join app_user u on u.user_id = g.owner_id
              where u.staff_id = $1 and g.removed_at is null) as groups,
             (select count(*) from tier_request r join app_user u on u.user_id = r.asked_by
              where u.staff_id = $1 and r.state = 'pending') as tier_requests"
    };
}
pub(crate) use held_beside;

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
