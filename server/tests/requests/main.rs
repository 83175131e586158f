//! Requests through the whole router: one story per module, one binary for all.

mod administration;
mod authorisation;
mod berka;
mod customers;
mod doors;
mod figures;
mod groups;
mod imports;
mod install;
mod live;
mod load;
mod opportunities;
mod pages;
mod parameters;
mod practice;
mod reference;
mod session;
mod site;
mod tiers;
mod transfers;
