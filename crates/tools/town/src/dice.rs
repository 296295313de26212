//! Chance that is the same everywhere and for ever: splitmix64 for throws, a Feistel network for numbers without repetition.
//!
//! A crate's generator may change between versions; files that must stay byte-identical cannot stand on one.

/// A stream of throws from a 64-bit start. Not for secrets.
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// The stream named by a seed, a purpose and an index: independent of every other name.
    pub fn of(seed: u64, purpose: u64, index: u64) -> Self {
        Self(mix(mix(seed ^ purpose.wrapping_mul(0xa076_1d64_78bd_642f)) ^ index))
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GOLDEN);
        mix(self.0)
    }

    /// A number in `0..n` (0 when `n` is 0).
    pub fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.bits()) * u128::from(n)) >> 64) as u64
    }

    /// A number from `low` to `high`, both included; `low` when they are the wrong way round.
    pub fn between(&mut self, low: i32, high: i32) -> i32 {
        low + self.below((high - low + 1).max(1) as u64) as i32
    }

    /// True with probability `p`.
    pub fn chance(&mut self, p: f64) -> bool {
        self.unit() < p
    }

    /// A number in `0.0..1.0`.
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A waiting time with mean `mean`, at least 1 day, at most 40 times the mean.
    pub fn wait(&mut self, mean: f64) -> i32 {
        ((-(1.0 - self.unit()).max(1e-17).ln() * mean) as i32).max(1)
    }

    /// The index of one of `weights`, by weight; the last one when all are 0.
    pub fn weighted(&mut self, weights: &[u32]) -> usize {
        let mut left = self.below(weights.iter().map(|&w| u64::from(w)).sum());
        for (i, &weight) in weights.iter().enumerate() {
            match left.checked_sub(u64::from(weight)) {
                Some(rest) => left = rest,
                None => return i,
            }
        }
        weights.len().saturating_sub(1)
    }

    /// One of `choices`; `None` when there are none.
    pub fn pick<'a, T>(&mut self, choices: &'a [T]) -> Option<&'a T> {
        choices.get(self.below(choices.len() as u64) as usize)
    }
}

/// A shuffle of `0..size` that is computed, not stored: a Feistel network over the next even power of two, walked until it
/// falls inside.
#[derive(Clone, Debug)]
pub struct Shuffle {
    size: u64,
    half: u32,
    keys: [u64; 6],
}

impl Shuffle {
    /// The shuffle of `0..size` named by a seed and a purpose. `size` is 1 to 2^60.
    pub fn new(seed: u64, purpose: u64, size: u64) -> Self {
        let mut dice = Dice::of(seed, purpose, size);
        let bits = u64::BITS - size.saturating_sub(1).leading_zeros();
        Self { size, half: bits.div_ceil(2).max(1), keys: std::array::from_fn(|_| dice.bits()) }
    }

    /// Where `index` lands; distinct indices below the size land on distinct places below the size.
    pub fn place(&self, index: u64) -> u64 {
        let mut place = index % self.size;
        loop {
            place = self.round_trip(place);
            if place < self.size {
                return place;
            }
        }
    }

    fn round_trip(&self, value: u64) -> u64 {
        let mask = (1u64 << self.half) - 1;
        let (mut left, mut right) = (value >> self.half, value & mask);
        for key in self.keys {
            (left, right) = (right, left ^ (mix(right ^ key) & mask));
        }
        left << self.half | right
    }
}

fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn splitmix_reference_values() {
        // First outputs of splitmix64 from state 1234567, as in its author's reference implementation.
        let mut dice = Dice(1_234_567);
        assert_eq!(dice.bits(), 6_457_827_717_110_365_317);
        assert_eq!(dice.bits(), 3_203_168_211_198_807_973);
    }

    #[test]
    fn a_shuffle_repeats_nothing_and_leaves_nothing_out() {
        for size in [1, 2, 3, 1000, 4097] {
            let shuffle = Shuffle::new(7, 1, size);
            let places: HashSet<u64> = (0..size).map(|i| shuffle.place(i)).collect();
            assert_eq!(places.len() as u64, size);
            assert!(places.iter().all(|&p| p < size));
        }
    }

    #[test]
    fn weights_and_bounds_hold() {
        let mut dice = Dice::of(1, 2, 3);
        let mut seen = [0; 3];
        for _ in 0..10_000 {
            seen[dice.weighted(&[1, 0, 3])] += 1;
            assert!((-2..=5).contains(&dice.between(-2, 5)));
        }
        assert_eq!(seen[1], 0);
        assert!((2_200..2_800).contains(&seen[0]), "{seen:?}");
    }
}
