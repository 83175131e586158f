//! The practice bank, as far as a page tells of it.

use serde::{Deserialize, Serialize};

/// Whether there is something to enter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "at", rename_all = "snake_case")]
pub enum Standing {
    /// It is made when somebody first enters.
    Unmade,
    /// `done` of `total` of this part; a total of 0 is not known.
    Making {
        part: Part,
        done: u64,
        total: u64,
    },
    Ready,
    /// It could not be made; entering tries again.
    Failed,
}

/// What takes time, in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Another server is at it.
    Waiting,
    Schema,
    Customers,
    Indexes,
    Months,
    /// The copy that people practise in.
    Copy,
}

/// What the page at `/practice` shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PracticePage {
    pub standing: Standing,
    /// Sessions in use, the own among them; `None` outside of the practice bank.
    pub practising: Option<i64>,
}
