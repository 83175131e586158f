//! Customers: the list, and the page of one.

pub mod view;
mod view_api;
