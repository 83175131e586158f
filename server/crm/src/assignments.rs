//! In whose charge every customer is, and how that changes.

mod apply;
mod board;
mod cards;
mod decide;
mod handover;
mod read;
mod request;

pub use apply::run_due;
pub use board::board;
pub use cards::cards;
pub use decide::{approve, recall, reject, revert};
pub use handover::{handover, holdings, propose};
pub use read::{detail, get, list};
pub use request::{preview, request};
