//! Linkage without names: keyed Bloom filters (CLK, cryptographic long-term keys) as PyPI `clkhash` makes them, and the
//! comparison of such encodings by Dice's coefficient as `anonlink` does it.
//!
//! One filter a record: the n-grams of every field set bits chosen by two keyed hashes (double hashing, Kirsch and Mitzenmacher
//! 2006), folded by XOR at the end where the schema says so. A filter is no anonymous value: who has the key, or enough
//! filters and a register of the same people, can find names again. It goes only to a partner who was told so.

#![expect(clippy::indexing_slicing, reason = "bits are taken modulo the size of the filter that holds them")]

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::error::LinkError;

/// How records are encoded; `clkhash`'s linkage schema version 3 as far as names, dates and numbers need it.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Schema {
    /// Bits of a filter before folding.
    pub bits: usize,
    /// How often the filter is folded to half its size by XOR.
    #[serde(default)]
    pub folds: u32,
    /// The fields in their order.
    pub fields: Vec<FieldSchema>,
}

/// How one field is encoded.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct FieldSchema {
    /// Its name.
    pub name: String,
    /// Length of the n-grams.
    pub n: usize,
    /// Whether an n-gram's place in the text counts (dates, numbers).
    #[serde(default)]
    pub positional: bool,
    /// How many bits the field sets.
    pub strategy: Strategy,
}

/// How many bits are set.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Strategy {
    /// So many for each n-gram (`bitsPerToken`).
    BitsPerToken(u32),
    /// So many for the whole field, shared among its n-grams (`bitsPerFeature`).
    BitsPerFeature(u32),
}

/// The keys of a schema: two for each field, derived from one secret (HKDF, RFC 5869, SHA-256, no salt, as `clkhash` does).
pub struct Keys(Vec<[[u8; 32]; 2]>);

impl Keys {
    /// Derives the keys of `fields` fields.
    pub fn derive(secret: &[u8], fields: usize) -> Self {
        // clkhash: HKDF with an empty info and 32 bytes a key, all keys of the first hash of all fields and of the second in turn.
        let out = hkdf(secret, b"", fields * 64);
        Self(out.as_chunks::<64>().0.iter().map(|pair| {
            let (first, second) = pair.split_at(32);
            [first.try_into().unwrap_or([0; 32]), second.try_into().unwrap_or([0; 32])]
        }).collect())
    }
}

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

/// Encodes a record: the texts of its fields in the schema's order.
///
/// # Errors
/// When there are not as many texts as fields, or the schema's size cannot be folded so often.
pub fn encode(schema: &Schema, keys: &Keys, texts: &[&str]) -> Result<Clk, LinkError> {
    let size = schema.bits;
    let wrong = |problem: String| LinkError::Damaged { what: "CLK schema".to_owned(), problem };
    if texts.len() != schema.fields.len() || keys.0.len() < texts.len() {
        return Err(wrong(format!("{} texts for {} fields", texts.len(), schema.fields.len())));
    }
    if size == 0 || size > 1 << 16 || size % (8 << schema.folds.min(16)) != 0 {
        return Err(wrong(format!("{size} bits cannot be folded {} times into whole bytes", schema.folds)));
    }
    let mut filter = vec![0_u8; size / 8];
    for ((field, keys), text) in schema.fields.iter().zip(&keys.0).zip(texts) {
        let tokens = tokens(field, text);
        for (at, token) in tokens.iter().enumerate() {
            let times = match field.strategy {
                Strategy::BitsPerToken(k) => k,
                Strategy::BitsPerFeature(all) => {
                    // Whole share for each, the first ones one more.
                    let (share, more) = (all / tokens.len() as u32, all % tokens.len() as u32);
                    share + u32::from((at as u32) < more)
                }
            };
            let first = remainder(&mac(&keys[0], token.as_bytes()), size as u64);
            let second = remainder(&mac(&keys[1], token.as_bytes()), size as u64);
            for k in 0..u64::from(times) {
                let bit = ((first + k * second) % size as u64) as usize;
                filter[bit / 8] |= 0x80 >> (bit % 8);
            }
        }
    }
    for _ in 0..schema.folds {
        let half = filter.len() / 2;
        let (left, right) = filter.split_at(half);
        filter = left.iter().zip(right).map(|(a, b)| a ^ b).collect();
    }
    Ok(Clk::from_bytes(&filter))
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
    let mut found = Vec::new();
    for (a, clk) in left.iter().enumerate().filter(|(_, clk)| clk.words.len() == width && width > 0) {
        // 2·min(x, y) / (x + y) bounds the coefficient.
        let x = f64::from(clk.ones);
        let least = (x * at_least / (2.0 - at_least)).ceil() as u32;
        let most = (x * (2.0 - at_least) / at_least.max(1e-9)).floor() as u32;
        let (from, until) = (ones.partition_point(|o| *o < least), ones.partition_point(|o| *o <= most));
        for at in from..until {
            let both = common(&clk.words, &flat[at * width..(at + 1) * width]);
            let dice = 2.0 * f64::from(both) / f64::from((clk.ones + ones[at]).max(1));
            if dice >= at_least {
                found.push((a as u32, order[at], dice));
            }
        }
    }
    found
}

fn common(a: &[u64], b: &[u64]) -> u32 {
    a.iter().zip(b).map(|(x, y)| (x & y).count_ones()).sum()
}

/// The n-grams of a text, with a blank at each end; with their place before them where it counts.
fn tokens(field: &FieldSchema, text: &str) -> Vec<String> {
    if text.is_empty() {
        return Vec::new();
    }
    let n = field.n.clamp(1, 8);
    let mut letters: Vec<char> = text.chars().collect();
    if !field.positional && n > 1 {
        letters.insert(0, ' ');
        letters.push(' ');
    }
    let grams = letters.windows(n).map(|window| window.iter().collect::<String>());
    if field.positional { grams.enumerate().map(|(at, gram)| format!("{} {gram}", at + 1)).collect() } else { grams.collect() }
}

fn mac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key).unwrap_or_else(|_| <Hmac<Sha256> as KeyInit>::new(&Default::default()));
    mac.update(message);
    mac.finalize().into_bytes().into()
}

/// A digest, read as one big-endian number, modulo a size.
fn remainder(digest: &[u8; 32], size: u64) -> u64 {
    digest.iter().fold(0, |rest, byte| (rest * 256 + u64::from(*byte)) % size)
}

fn hkdf(secret: &[u8], info: &[u8], length: usize) -> Vec<u8> {
    let prk = mac(&[0; 32], secret);
    let (mut out, mut last) = (Vec::with_capacity(length + 32), Vec::new());
    let mut round = 1_u8;
    while out.len() < length {
        let message = [last.as_slice(), info, &[round]].concat();
        last = mac(&prk, &message).to_vec();
        out.extend_from_slice(&last);
        round = round.wrapping_add(1);
    }
    out.truncate(length);
    out
}
