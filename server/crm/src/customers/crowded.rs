//! Which units have more customers than a list counts.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// A total of "more than 10,000" is believed for so long: counting to it takes five times what the page's rows take, and
/// a unit does not lose its customers from one minute to the next.
const BELIEVED: Duration = Duration::from_secs(60);

/// Beyond so many sets of units the memory of them is begun anew.
const KEPT: usize = 4_096;

/// Sets of units, as scopes name them, and when their customers were last counted and found too many to count.
#[derive(Debug, Default)]
pub(crate) struct Crowded(Mutex<HashMap<Vec<i32>, Instant>>);

impl Crowded {
    /// Were these units' customers more than a list counts, a moment before `now`?
    pub fn knows(&self, units: &[i32], now: Instant) -> bool {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(units).is_some_and(|counted| now.duration_since(*counted) < BELIEVED)
    }

    pub fn learn(&self, units: &[i32], now: Instant) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= KEPT {
            known.clear();
        }
        known.insert(units.to_vec(), now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crowd_is_believed_for_a_minute_and_only_of_its_units() {
        let (crowded, then) = (Crowded::default(), Instant::now());
        assert!(!crowded.knows(&[1, 2], then));
        crowded.learn(&[1, 2], then);
        assert!(crowded.knows(&[1, 2], then + Duration::from_secs(59)) && !crowded.knows(&[1], then));
        assert!(!crowded.knows(&[1, 2], then + Duration::from_secs(60)), "it is counted again");
    }
}
