//! Verbs on customers: find, view, change, reveal, create.

mod list;
mod order;
mod search;

pub use list::list;
