//! Ids, money, dates, the shapes that cross the wire and the bank's pure rules.
//!
//! No I/O and no user interface: the same code runs on the server and in the browser.

pub mod access;
pub mod assignments;
pub mod calendar;
pub mod contribution;
pub mod customers;
pub mod dashboards;
pub mod feeds;
pub mod groups;
pub mod i18n;
pub mod id;
#[cfg(feature = "server")]
pub mod json;
pub mod lifecycle;
pub mod live;
pub mod money;
pub mod notices;
pub mod opportunities;
pub mod page;
pub mod parameters;
pub mod practice;
pub mod printing;
pub mod problem;
pub mod process;
pub mod products;
pub mod rules;
pub mod system;
pub mod targets;
pub mod text;
pub mod tiers;

pub use i18n::Lang;
pub use id::CustomerNo;
pub use money::{Currency, Money};
pub use page::{Page, Total};
pub use problem::{Code, FieldProblem, Problem, Rule};
