//! Requests through the whole router: one story per module, one binary for all.

mod authorisation;
mod berka;
mod customers;
mod install;
mod live;
mod load;
mod pages;
mod parameters;
mod session;
mod site;
