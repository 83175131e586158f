//! What a run of times says, and how far another run of the same would say it too.

use std::time::Duration;

use crate::faults::dice::Dice;

/// Consecutive answers are not independent: a neighbour on the machine slows down a stretch of them. They are
/// drawn again in stretches.
const STRETCHES: usize = 10;
const DRAWS: usize = 400;
/// More of them say no more about a quantile, and take longer to draw.
const DRAWN_FROM: usize = 4_000;

/// Times of one question.
pub(crate) struct Times {
    /// In the order in which they were asked.
    asked: Vec<Duration>,
    sorted: Vec<Duration>,
}

impl Times {
    pub(crate) fn new(asked: Vec<Duration>) -> Times {
        let mut sorted = asked.clone();
        sorted.sort();
        Times { asked, sorted }
    }

    /// Milliseconds below which `percent` of the answers stayed; 0 of none.
    pub(crate) fn quantile(&self, percent: usize) -> f64 {
        quantile(&self.sorted, percent)
    }

    pub(crate) fn count(&self) -> usize {
        self.sorted.len()
    }

    /// Where `percent`'s quantile lies in 95 of 100 draws (bootstrap) of the stretches that the answers came in.
    pub(crate) fn range(&self, percent: usize) -> (f64, f64) {
        let every = self.asked.len().div_ceil(DRAWN_FROM).max(1);
        let asked: Vec<Duration> = self.asked.iter().step_by(every).copied().collect();
        let stretches: Vec<&[Duration]> = asked.chunks(asked.len().div_ceil(STRETCHES).max(1)).collect();
        drawn(stretches.len(), |drawn| {
            let mut again: Vec<Duration> = drawn.iter().flat_map(|at| stretches[*at]).copied().collect();
            again.sort();
            quantile(&again, percent)
        })
    }
}

fn quantile(sorted: &[Duration], percent: usize) -> f64 {
    let at = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
    sorted.get(at).map_or(0.0, Duration::as_secs_f64) * 1_000.0
}

/// Where the mean of `parts` lies in 95 of 100 draws of them.
pub(crate) fn range_of_mean(parts: &[f64]) -> (f64, f64) {
    drawn(parts.len(), |drawn| drawn.iter().map(|at| parts[*at]).sum::<f64>() / drawn.len().max(1) as f64)
}

/// Draws as many of `parts` as there are, with repeats, again and again; between which values 95 of 100 of what
/// `say` makes of them lie. The same parts give the same.
fn drawn(parts: usize, say: impl Fn(&[usize]) -> f64) -> (f64, f64) {
    if parts == 0 {
        return (0.0, 0.0);
    }
    let mut dice = Dice::new(1);
    let mut said: Vec<f64> = (0..DRAWS)
        .map(|_| {
            let drawn: Vec<usize> = (0..parts).map(|_| dice.below(parts)).collect();
            say(&drawn)
        })
        .collect();
    said.sort_by(f64::total_cmp);
    let rare = DRAWS / 40;
    (said[rare], said[DRAWS - 1 - rare])
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

    #[test]
    fn what_came_in_one_stretch_makes_the_range_wide() {
        let scattered = Times::new((0..200).map(|at| Duration::from_millis(if at % 10 == 0 { 20 } else { 10 })).collect());
        let at_once = Times::new((0..200).map(|at| Duration::from_millis(if at < 20 { 20 } else { 10 })).collect());
        assert_eq!([scattered.range(50), scattered.range(95)], [(10.0, 10.0), (20.0, 20.0)]);
        assert_eq!(at_once.range(95), (10.0, 20.0), "the one slow stretch may not come again");
        assert_eq!(Times::new(Vec::new()).range(95), (0.0, 0.0));
        assert_eq!(range_of_mean(&[3.0, 3.0]), (3.0, 3.0));
    }
}
