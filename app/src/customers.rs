//! Customers: the list, and the page of one.

pub mod api;
pub(crate) mod dom;
pub mod find;
pub mod list;
pub mod view;
mod view_api;
