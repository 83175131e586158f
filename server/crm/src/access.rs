//! Who somebody is, and what they are granted: passwords, second factors, sessions, users and staff.

pub mod account;
pub mod factor;
pub mod grants;
pub mod login;
pub mod password;
pub mod session;
pub mod staff;
mod throttle;
pub mod users;

pub use login::login;
pub use session::{Client, SessionKind, resolve};

use crate::{Bank, Result};

/// Forgets sessions that ended and failures long past. Run now and then; twice at once is harmless.
pub async fn sweep(bank: &Bank) -> Result<()> {
    sqlx::query("delete from session where expires_at < now() or seen_at < now() - interval '1 day'").execute(bank.pool()).await?;
    sqlx::query("delete from login_throttle where last_at < now() - interval '7 days'").execute(bank.pool()).await?;
    Ok(())
}
