//! What open pages hear of changes others made.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{CustomerNo, customers::ManagerRef};

/// Customers whose numbers one event names, at most; beyond, `more` is set.
pub const NAMED_MAX: usize = 500;

/// One message of `GET /api/v1/events`. Unknown topics are to be ignored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "topic")]
pub enum LiveEvent {
    /// Customers changed hands.
    #[serde(rename = "assignment.changed")]
    Assignment(Moved),
    /// A transfer was asked for or decided; nobody has changed hands (yet).
    #[serde(rename = "transfer.changed")]
    Transfer(Moved),
    /// There is something new on the bell.
    #[serde(rename = "notice.added")]
    Notice,
    /// Nothing happened: the listener has heard all up to the message's `id`.
    #[serde(rename = "here")]
    Here,
    /// The session has ended: nothing more is told.
    #[serde(rename = "over")]
    Over,
    /// Too much was missed: read again whatever is on the screen.
    #[serde(rename = "reset")]
    Reset,
}

/// As much of a change as the listener may know.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Moved {
    pub transfer: Uuid,
    /// State of the transfer.
    pub state: String,
    /// Name of who did it.
    pub by: String,
    /// Who leads each customer now (for [`LiveEvent::Transfer`]: would lead), by staff code; null the pool.
    pub customers: BTreeMap<CustomerNo, Option<String>>,
    /// There are customers beyond those named.
    pub more: bool,
    /// Managers who gave or received, where the listener may look at their portfolio.
    pub managers: Vec<ManagerRef>,
    /// Whether customers came from or went to the pool of a unit the listener may look at.
    pub pool: bool,
}

impl Moved {
    /// Does it concern this column of a board?
    pub fn concerns(&self, column: &str) -> bool {
        if column == crate::assignments::POOL { self.pool } else { self.managers.iter().any(|manager| manager.code == column) }
    }
}
