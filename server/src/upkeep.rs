//! What a server does beside answering. Any number of servers may do it at once; the database lets one
//! of them through.

use std::{path::PathBuf, time::Duration};

use guanhu_crm::{
    Actor, Bank, access, assignments, audit::seal, contribution, drafts, feeds, groups, idempotency, lifecycle, live, notices, tiers,
    tokens,
};

use crate::state::Drain;

const EVERY: Duration = Duration::from_secs(60);
/// Soon enough for whoever waits; a few index lookups at a time.
const BELL_EVERY: Duration = Duration::from_secs(3);
/// How often it is asked whether a transfer is under way: one look at an index that is mostly empty.
const LOOK: Duration = Duration::from_secs(1);
/// Beside the data, not in it: whoever rewrites the database does not rewrite this.
pub const SEALS: &str = "audit-seals.jsonl";

/// Runs until the server drains. Seals are kept in `data_dir`, too, if there is one.
pub async fn run(bank: Bank, data_dir: Option<PathBuf>, drain: Drain) {
    tokio::join!(
        chores(&bank, data_dir, drain.clone()),
        figures(&bank, drain.clone()),
        names(&bank, drain.clone()),
        bell(&bank, drain.clone()),
        transfers(&bank, drain)
    );
}

/// Reads everybody's name anew where an older version did it otherwise: minutes after an upgrade, a moment
/// at any other start. What fails is tried again.
async fn names(bank: &Bank, drain: Drain) {
    loop {
        let done = tokio::select! {
            done = tokens::rebuild::run(bank) => done,
            () = drain.wait() => return,
        };
        match done {
            Ok(customers) => return tracing::info!(customers, "search tokens are current"),
            Err(error) => tracing::error!(%error, "search tokens were not brought up to date"),
        }
        if !waited(&drain).await {
            return;
        }
    }
}

/// Seals the audit log, forgets ended sessions, old events, outcomes of loads and keys of old requests, brings transfers into effect
/// whose date has come, has the tables of the months to come ready.
async fn chores(bank: &Bank, data_dir: Option<PathBuf>, drain: Drain) {
    let seals = data_dir.as_ref().map(|dir| dir.join(SEALS));
    if let Some(dir) = data_dir
        && let Err(error) = std::fs::create_dir_all(dir)
    {
        tracing::error!(%error, "no directory for the seals of the audit log");
    }
    while waited(&drain).await {
        match seal::seal(bank, &Actor::system(), seals.as_deref()).await {
            Ok(sealed) => tracing::debug!(?sealed, "audit log"),
            Err(error) => tracing::error!(%error, "the audit log was not sealed"),
        }
        if let Err(error) = notices::sweep(bank).await {
            tracing::error!(%error, "old notices were not forgotten");
        }
        if let Err(error) = drafts::sweep(bank).await {
            tracing::error!(%error, "old drafts were not forgotten");
        }
        if let Err(error) = groups::sweep(bank).await {
            tracing::error!(%error, "removed groups were not forgotten");
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
        match feeds::make_ahead(bank).await {
            Ok(0) => {}
            Ok(months) => tracing::info!(months, "months to come have their tables"),
            Err(error) => tracing::error!(%error, "months to come have no tables yet"),
        }
        match idempotency::forget(bank).await {
            Ok(keys) => tracing::debug!(keys, "keys of old requests were forgotten"),
            Err(error) => tracing::error!(%error, "keys of old requests were not forgotten"),
        }
        match live::forget(bank).await {
            Ok(events) => tracing::debug!(events, "events were forgotten"),
            Err(error) => tracing::error!(%error, "old events were not forgotten"),
        }
    }
}

/// Moves the batches of transfers under way. A batch that is interrupted leaves nothing behind: whichever server
/// looks next begins it anew. After a failure everything has a minute to recover.
async fn transfers(bank: &Bank, drain: Drain) {
    let mut wait = LOOK;
    loop {
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = drain.wait() => return,
        }
        tokio::select! {
            moved = assignments::run_batches(bank) => wait = if moved.is_ok() { LOOK } else { EVERY },
            () = drain.wait() => return,
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
    match lifecycle::judge_due(bank).await {
        Ok(moved) => tracing::debug!(?moved, "lifecycle states"),
        Err(error) => tracing::error!(%error, "lifecycle states were not judged"),
    }
    match groups::count_due(bank).await {
        Ok(groups) => tracing::debug!(?groups, "groups were counted"),
        Err(error) => tracing::error!(%error, "groups were not counted"),
    }
}

/// Tells people what waits for them.
async fn bell(bank: &Bank, drain: Drain) {
    let mut failing = false;
    loop {
        tokio::select! {
            () = tokio::time::sleep(BELL_EVERY) => {}
            () = drain.wait() => return,
        }
        match notices::deliver(bank).await {
            Ok(_) => failing = false,
            // Said once, however long the database is away.
            Err(error) if !failing => {
                tracing::error!(%error, "notices were not delivered; trying again");
                failing = true;
            }
            Err(_) => {}
        }
    }
}

/// False once the server drains.
async fn waited(drain: &Drain) -> bool {
    tokio::select! {
        () = tokio::time::sleep(EVERY) => true,
        () = drain.wait() => false,
    }
}
