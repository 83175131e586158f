//! Requests through the whole router: one story per module, one binary for all.

mod authorisation;
mod customers;
mod install;
mod live;
mod parameters;
mod load;
mod session;
mod site;
