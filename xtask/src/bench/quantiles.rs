//! What a run of times says.

use std::time::Duration;

/// Times of one question, in order.
pub(crate) struct Times(Vec<Duration>);

impl Times {
    pub(crate) fn new(mut took: Vec<Duration>) -> Times {
        took.sort();
        Times(took)
    }

    /// Milliseconds below which `percent` of the answers stayed; 0 of none.
    pub(crate) fn quantile(&self, percent: usize) -> f64 {
        let at = (self.0.len() * percent).div_ceil(100).saturating_sub(1);
        self.0.get(at).map_or(0.0, Duration::as_secs_f64) * 1_000.0
    }

    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_answers_that_were_given() {
        let times = Times::new((1..=100).rev().map(Duration::from_millis).collect());
        assert_eq!([50, 95, 99, 100].map(|percent| times.quantile(percent)), [50.0, 95.0, 99.0, 100.0]);
        assert_eq!(Times::new(Vec::new()).quantile(95), 0.0);
    }
}
