//! Requests through the whole router: one story per module, one binary for all.

mod authorisation;
mod berka;
mod customers;
mod live;
mod session;
mod site;
