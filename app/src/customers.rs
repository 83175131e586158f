//! Customers: the list, and the page of one.

pub mod api;
pub mod list;
pub mod view;
mod view_api;
