//! Chance that is the same for the same seed, whichever core throws it and in whichever order.

/// A stream of chance of its own. SplitMix64 (Steele, Lea and Flood, 2014): tiny, fast, and, unlike
/// a library's generator, the same in every release.
#[derive(Clone)]
pub struct Dice(u64);

impl Dice {
    /// The stream of one thing (`index`) of one sort (`stream`) under a bank's seed.
    pub fn new(seed: u64, stream: u64, index: u64) -> Dice {
        let mut dice = Dice(seed ^ stream.wrapping_mul(0xD6E8_FEB8_6659_FD93));
        dice.0 = dice.next() ^ index.wrapping_mul(0xA076_1D64_78BD_642F);
        dice.next();
        dice
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// 0.0 ≤ x < 1.0
    pub fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// `low` ≤ x < `high`
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    pub fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// 0 ≤ x < `bound`; 0 when there is nothing to choose from.
    pub fn below(&mut self, bound: usize) -> usize {
        ((u128::from(self.next()) * bound as u128) >> 64) as usize
    }

    /// `low` ≤ x ≤ `high`
    pub fn range(&mut self, low: i32, high: i32) -> i32 {
        low + self.below((high - low + 1).max(1) as usize) as i32
    }

    /// `of` is never empty: the word lists are constants.
    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }

    /// Towards the front of the list: the first is picked most often.
    pub fn favour<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        let at = self.unit();
        &of[((at * at) * of.len() as f64) as usize]
    }

    /// Standard normal, as the sum of twelve uniforms: no transcendental functions, tails to ±6.
    pub fn normal(&mut self) -> f64 {
        let mut sum = 0.0;
        for _ in 0..3 {
            let bits = self.next();
            for part in 0..4 {
                sum += f64::from((bits >> (part * 16)) as u16) / 65536.0;
            }
        }
        sum - 6.0
    }

    pub fn lognormal(&mut self, median: f64, sigma: f64) -> f64 {
        median * (sigma * self.normal()).exp()
    }
}
