//! In whose charge every customer is, and how that changes.

mod apply;
mod board;
mod decide;
mod read;
mod request;

pub use apply::run_due;
pub use board::board;
pub use decide::{approve, recall, reject, revert};
pub use read::{get, list};
pub use request::{preview, request};
