//! Which filters are alike.

#![expect(clippy::indexing_slicing, reason = "filters are cut to the words that they were made of")]

use crate::{cluster, link::Scored};

/// An encoded record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clk {
    words: Vec<u64>,
    ones: u32,
}

impl Clk {
    /// A filter from its bytes, first byte first, as `clkhash` serialises it (base64 undone).
    pub fn from_bytes(bytes: &[u8]) -> Self {
        let words: Vec<u64> = bytes
            .chunks(8)
            .map(|chunk| {
                let mut word = [0; 8];
                word[..chunk.len()].copy_from_slice(chunk);
                u64::from_be_bytes(word)
            })
            .collect();
        let ones = words.iter().map(|word| word.count_ones()).sum();
        Self { words, ones }
    }

    /// The bytes, for exchange.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.words.iter().flat_map(|word| word.to_be_bytes()).collect()
    }

    /// The number of bits, set or not.
    pub fn bits(&self) -> usize {
        self.words.len() * 64
    }

    /// The number of bits that are set.
    pub fn ones(&self) -> u32 {
        self.ones
    }

    /// Dice's coefficient with another filter: 0 to 1.
    pub fn dice(&self, other: &Self) -> f64 {
        let both = common(&self.words, &other.words);
        let all = self.ones + other.ones;
        if all == 0 { 0.0 } else { 2.0 * f64::from(both) / f64::from(all) }
    }
}

/// Pairs of two lists whose Dice coefficient is at least `at_least`: number in the first, number in the second, coefficient.
///
/// Filters are visited by their number of set bits: only those can be alike whose numbers are, so the rest is never compared.
pub fn similar(left: &[Clk], right: &[Clk], at_least: f64) -> Vec<(u32, u32, f64)> {
    let mut order: Vec<u32> = (0..right.len() as u32).collect();
    order.sort_unstable_by_key(|&at| right[at as usize].ones);
    let ones: Vec<u32> = order.iter().map(|&at| right[at as usize].ones).collect();
    let width = right.first().map_or(0, |clk| clk.words.len());
    let flat: Vec<u64> = order.iter().flat_map(|&at| right[at as usize].words.iter().copied()).collect();
    let right = Sorted { order, ones, width, flat };
    let mut found = Vec::new();
    for (a, clk) in left.iter().enumerate().filter(|(_, clk)| clk.words.len() == width && width > 0) {
        counting(
            #[inline(always)]
            || right.similar(a as u32, clk, at_least, &mut found),
        );
    }
    found
}

/// Of pairs of two lists those with the largest sum of coefficients in which each record has one partner at most.
pub fn one_to_one(pairs: &[(u32, u32, f64)], left: u32) -> Vec<(u32, u32, f64)> {
    // The second list's records are numbered behind the first's.
    let links: Vec<Scored> =
        pairs.iter().map(|(a, b, dice)| Scored { a: *a, b: *b + left, weight: *dice as f32 }).collect();
    let chosen = cluster::one_to_one(&links, 0.0);
    chosen.into_iter().map(|link| (link.a, link.b - left, f64::from(link.weight))).collect()
}

/// Filters by their number of set bits.
struct Sorted {
    order: Vec<u32>,
    ones: Vec<u32>,
    width: usize,
    flat: Vec<u64>,
}

impl Sorted {
    #[inline(always)]
    fn similar(&self, a: u32, clk: &Clk, at_least: f64, found: &mut Vec<(u32, u32, f64)>) {
        // 2·min(x, y) / (x + y) bounds the coefficient.
        let x = f64::from(clk.ones);
        let least = (x * at_least / (2.0 - at_least)).ceil() as u32;
        let most = (x * (2.0 - at_least) / at_least.max(1e-9)).floor() as u32;
        let (from, until) =
            (self.ones.partition_point(|o| *o < least), self.ones.partition_point(|o| *o <= most));
        let filters = &self.flat[from * self.width..until * self.width];
        // The first has the fewest bits: none is alike that has fewer in common than it would need.
        let fewest = clk.ones + self.ones.get(from).copied().unwrap_or_default();
        let needed = (at_least * f64::from(fewest) / 2.0).floor() as u32;
        // Plain loops: what a closure holds would be compiled without the instruction. The usual size is known beforehand.
        if let Some(words) = clk.words.first_chunk::<16>().filter(|_| self.width == 16) {
            for (other, at) in filters.as_chunks::<16>().0.iter().zip(from..) {
                let both = common(words, other);
                if both >= needed {
                    self.judge(a, clk.ones, at, both, at_least, found);
                }
            }
        } else {
            for (other, at) in filters.chunks_exact(self.width).zip(from..) {
                let both = common(&clk.words, other);
                if both >= needed {
                    self.judge(a, clk.ones, at, both, at_least, found);
                }
            }
        }
    }

    fn judge(&self, a: u32, x: u32, at: usize, both: u32, at_least: f64, found: &mut Vec<(u32, u32, f64)>) {
        let dice = 2.0 * f64::from(both) / f64::from((x + self.ones[at]).max(1));
        if dice >= at_least {
            found.push((a, self.order[at], dice));
        }
    }
}

#[inline(always)]
fn common(a: &[u64], b: &[u64]) -> u32 {
    a.iter().zip(b).map(|(x, y)| (x & y).count_ones()).sum()
}

/// Runs what counts bits with the processor's own instruction for it where it has one. (With the wider vectors that it may
/// have too, the compiler makes slower code of it: decision 0203.)
#[inline(always)]
fn counting<T>(work: impl FnOnce() -> T) -> T {
    #[cfg(target_arch = "x86_64")]
    if let Some(level) = fearless_simd::Level::new().as_sse4_2() {
        return fearless_simd::Simd::vectorize(level, work);
    }
    work()
}
