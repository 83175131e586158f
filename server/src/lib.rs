//! The `guanhu` server: configuration, router, sessions, telemetry and the command line.

// Nested views are nested types; the layout of a page is deeper than the compiler's default.
#![recursion_limit = "512"]

pub mod api;
pub mod backup;
pub mod cli;
pub mod config;
pub mod database;
pub mod health;
pub mod imports;
pub mod install;
pub mod listen;
pub mod live;
pub mod load;
pub mod metrics;
pub mod practice;
pub mod reference;
pub mod router;
pub mod security;
pub mod session;
pub mod state;
pub mod telemetry;
pub mod upkeep;

pub use config::Config;
pub use router::router;
pub use state::AppState;
