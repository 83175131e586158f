//! What handlers share.

use std::sync::Arc;

use axum::extract::FromRef;
use guanhu_crm::Bank;
use leptos::prelude::LeptosOptions;
use tokio::sync::watch;

use crate::{live::Live, load::Load, practice::Practice};

/// Cheap to clone; keeps nothing that another server would have to know.
#[derive(Clone, FromRef)]
pub struct AppState {
    pub bank: Bank,
    pub leptos: LeptosOptions,
    pub drain: Drain,
    pub live: Live,
    pub load: Load,
    /// A balancer in front says in `X-Forwarded-For` whom it serves.
    #[from_ref(skip)]
    pub trusts_proxy: bool,
    /// Whose sessions count here.
    #[from_ref(skip)]
    pub realm: Realm,
    #[from_ref(skip)]
    pub practice: Practice,
}

/// The bank, or the practice bank beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Realm {
    Bank,
    Practice,
}

/// Set once when the server is told to stop: `/readyz` says no, requests under way finish.
#[derive(Clone)]
pub struct Drain(Arc<watch::Sender<bool>>);

impl Default for Drain {
    fn default() -> Drain {
        Drain(Arc::new(watch::Sender::new(false)))
    }
}

impl Drain {
    pub fn start(&self) {
        self.0.send_replace(true);
    }

    pub fn started(&self) -> bool {
        *self.0.borrow()
    }

    /// Returns once draining has started.
    pub async fn wait(&self) {
        // The sender lives as long as `self`, so this only ends by the value.
        let _ = self.0.subscribe().wait_for(|started| *started).await;
    }
}
