//! Pages of long lists: keyset, never offset.

use serde::{Deserialize, Serialize};

/// One page of a list. `next` is an opaque cursor; `None` on the last page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Page<T> {
    pub items: Vec<T>,
    pub next: Option<String>,
    pub total: Total,
}

/// How many rows there are, counted up to a cap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Total {
    pub count: i64,
    /// There are more than `count`; show "10,000+".
    pub capped: bool,
}

impl Total {
    /// Where counting stops.
    pub const CAP: i64 = 10_000;

    /// From a count that was itself stopped at [`Self::CAP`] + 1.
    pub fn capped(count: i64) -> Total {
        Total { count: count.min(Self::CAP), capped: count > Self::CAP }
    }
}
