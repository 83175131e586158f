//! The `guanhu` server: configuration, router, sessions, telemetry and the command line.

pub mod cli;
pub mod config;
pub mod database;
pub mod health;
pub mod metrics;
pub mod router;
pub mod state;
pub mod telemetry;

pub use config::Config;
pub use router::router;
pub use state::AppState;
