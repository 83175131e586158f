//! Everything that renders, and the server functions a page calls.
//!
//! One folder per module of the product; `shell` is the frame around every page.

// Nested views are nested types; the layout of a page is deeper than the compiler's default.
#![recursion_limit = "512"]

#[cfg(not(erase_components))]
compile_error!("the flags of .cargo/config.toml are missing: build below the project's root and without RUSTFLAGS");

pub mod access;
pub mod admin;
mod asking;
pub mod attempt;
pub mod audit;
pub mod board;
pub mod clash;
pub mod cookies;
pub mod customers;
pub mod dashboards;
pub mod desk;
pub mod drafts;
pub mod fail;
pub mod feeds;
pub mod gallery;
pub mod groups;
pub mod handover;
pub mod help;
pub mod keymap;
pub mod lifecycle;
pub mod live;
pub mod loaded;
pub mod newcomers;
pub mod notices;
pub mod opportunities;
pub mod palette;
pub mod parameters;
pub mod pool;
pub mod practice;
pub mod prices;
pub mod printing;
pub mod rules;
pub mod scripts;
pub mod shell;
pub mod system;
pub mod text;
pub mod tiers;
mod title;
pub mod tour;
pub mod transfers;
#[cfg(feature = "hydrate")]
mod upload;
pub mod wire;

#[cfg(feature = "ssr")]
pub mod server;

pub use fail::Fail;
pub use guanhu_ui::dom::hydrated;
pub use shell::{App, document};
pub use wire::{Answer, Asked};
