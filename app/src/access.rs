//! Logging in, and the own account.

mod account;
pub(crate) mod api;
mod factor;
mod login;
mod password;
mod sessions;
mod text;

pub use account::AccountRoute;
pub(crate) use api::{own_preferences, prefer};
pub use login::LoginPage;

/// Leaves for another page as if it had been typed: the next one starts with whoever is logged in then.
#[cfg(feature = "hydrate")]
fn leave(to: &str) {
    if let Some(window) = web_sys::window() {
        let _ = window.location().assign(to);
    }
}

#[cfg(not(feature = "hydrate"))]
fn leave(_to: &str) {}
