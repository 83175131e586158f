//! What a server does beside answering. Any number of servers may do it at once; the database lets one
//! of them through.

use std::{path::PathBuf, time::Duration};

use guanhu_crm::{Actor, Bank, access, assignments, audit::seal, contribution, feeds, live, tiers};

use crate::state::Drain;

const EVERY: Duration = Duration::from_secs(60);
/// Beside the data, not in it: whoever rewrites the database does not rewrite this.
pub const SEALS: &str = "audit-seals.jsonl";

/// Runs until the server drains.
pub async fn run(bank: Bank, data_dir: PathBuf, drain: Drain) {
    tokio::join!(chores(&bank, data_dir, drain.clone()), figures(&bank, drain));
}

/// Seals the audit log, forgets ended sessions, old events and outcomes of loads, brings transfers into effect whose date has come.
async fn chores(bank: &Bank, data_dir: PathBuf, drain: Drain) {
    let seals = data_dir.join(SEALS);
    if let Err(error) = std::fs::create_dir_all(&data_dir) {
        tracing::error!(%error, "no directory for the seals of the audit log");
    }
    while waited(&drain).await {
        match seal::seal(bank, &Actor::system(), Some(&seals)).await {
            Ok(sealed) => tracing::debug!(?sealed, "audit log"),
            Err(error) => tracing::error!(%error, "the audit log was not sealed"),
        }
        if let Err(error) = access::sweep(bank).await {
            tracing::error!(%error, "ended sessions were not forgotten");
        }
        if let Err(error) = assignments::run_due(bank).await {
            tracing::error!(%error, "transfers that are due were not brought into effect");
        }
        if let Err(error) = feeds::forget(bank).await {
            tracing::error!(%error, "outcomes of old loads were not forgotten");
        }
        match live::forget(bank).await {
            Ok(events) => tracing::debug!(events, "events were forgotten"),
            Err(error) => tracing::error!(%error, "old events were not forgotten"),
        }
    }
}

/// Computes the books of months that are due, then puts customers into the tiers that follow. Minutes of
/// work at a large bank: apart from the chores, and left where it stands when the server drains.
async fn figures(bank: &Bank, drain: Drain) {
    while waited(&drain).await {
        tokio::select! {
            () = compute(bank) => {}
            () = drain.wait() => return,
        }
    }
}

async fn compute(bank: &Bank) {
    match contribution::run_due(bank).await {
        Ok(months) => tracing::debug!(?months, "contributions"),
        Err(error) => tracing::error!(%error, "contributions were not computed"),
    }
    match tiers::evaluate_due(bank).await {
        Ok(Some(done)) => tracing::info!(?done, "tiers were evaluated"),
        Ok(None) => {}
        Err(error) => tracing::error!(%error, "tiers were not evaluated"),
    }
}

/// False once the server drains.
async fn waited(drain: &Drain) -> bool {
    tokio::select! {
        () = tokio::time::sleep(EVERY) => true,
        () = drain.wait() => false,
    }
}
