//! The verbs of the bank, with their SQL beside them.
//!
//! Every verb takes the [`Actor`] first, authorises, and audits in the transaction that changes
//! something. Nothing here knows leptos or axum: pages, REST and the command line call the same verbs.

pub mod access;
pub mod activities;
pub mod actor;
pub mod alerts;
pub mod assignments;
pub mod audit;
pub mod bank;
pub mod contribution;
pub mod cursor;
pub mod customers;
pub mod dashboards;
pub mod demo;
pub mod dictionaries;
pub mod drafts;
pub mod error;
pub mod feeds;
pub mod groups;
pub mod idempotency;
pub mod keys;
pub mod lifecycle;
pub mod live;
pub mod notices;
pub mod opportunities;
pub mod outbox;
pub mod parameters;
pub mod practice;
pub mod printing;
pub mod process;
pub mod products;
pub mod replica;
pub mod rules;
pub mod summary;
pub mod system;
pub mod targets;
pub mod tasks;
pub mod tiers;
pub mod tokens;
pub mod units;
pub mod views;
pub mod wal;

#[cfg(feature = "testing")]
pub mod testing;

pub use actor::{Actor, Scope};
pub use bank::{Bank, quoted};
pub use error::{Error, Result};
pub use keys::Keys;

/// The schema, embedded in the binary.
pub static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!("../../migrations");
