//! Values by number: every text that occurs is stored once and known by its id.

#![expect(
    clippy::indexing_slicing,
    reason = "slots and ids are made here and stay below the lengths of the vectors they index"
)]

use std::hash::{BuildHasher, BuildHasherDefault, Hasher, RandomState};

/// Texts by id. Id 0 is the missing value; the others count from 1 in order of first appearance.
#[derive(Clone, Debug)]
pub struct Dict {
    texts: String,
    ends: Vec<u32>,
    slots: Slots,
    seed: u64,
}

impl Default for Dict {
    fn default() -> Self {
        Self {
            texts: String::new(),
            ends: vec![0],
            slots: Slots::default(),
            seed: RandomState::new().hash_one(1_u8),
        }
    }
}

impl Dict {
    /// The number of ids, the missing one counted.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether it holds nothing but the missing value.
    pub fn is_empty(&self) -> bool {
        self.ends.len() == 1
    }

    /// The text of an id; empty for 0 and for an id that was never given.
    pub fn text(&self, id: u32) -> &str {
        let at = id as usize;
        if at == 0 || at >= self.ends.len() {
            return "";
        }
        self.texts.get(self.ends[at - 1] as usize..self.ends[at] as usize).unwrap_or_default()
    }

    /// The id of a text, which is added when it is new; 0 for the empty text.
    ///
    /// A dictionary holds at most 4 GiB of text and 2³² − 1 values; what comes after that is the missing value.
    pub fn intern(&mut self, text: &str) -> u32 {
        self.intern_hashed(text, self.hash(text))
    }

    /// As [`Dict::intern`], of a text whose hash is known.
    pub fn intern_hashed(&mut self, text: &str, hash: u64) -> u32 {
        if text.is_empty() {
            return 0;
        }
        let known = self.slots.find(hash, |id| self.text(id) == text);
        if known != 0 {
            return known;
        }
        let Ok(end) = u32::try_from(self.texts.len() + text.len()) else { return 0 };
        let id = self.ends.len() as u32;
        self.slots.make_room(id);
        self.slots.put(id, hash);
        self.texts.push_str(text);
        self.ends.push(end);
        id
    }

    /// The hash of a text in this dictionary.
    pub fn hash(&self, text: &str) -> u64 {
        hash_bytes(text.as_bytes(), self.seed)
    }

    /// The id that a text of this hash seems to have, told by one look; 0 when it seems to be new.
    pub fn guess(&self, hash: u64) -> u32 {
        self.slots.guess(hash)
    }

    /// Where the text of an id ends.
    pub fn end(&self, id: u32) -> u32 {
        self.ends[id as usize]
    }

    /// The last byte of the text of an id.
    pub fn last_byte(&self, id: u32) -> u8 {
        let end = self.end(id) as usize;
        end.checked_sub(1).and_then(|at| self.texts.as_bytes().get(at)).copied().unwrap_or_default()
    }

    /// The id of a text that is there; `None` when it is not.
    pub fn find(&self, text: &str) -> Option<u32> {
        if text.is_empty() {
            return Some(0);
        }
        let id = self.slots.find(self.hash(text), |id| self.text(id) == text);
        (id != 0).then_some(id)
    }

    /// The ids of the texts that hold a part, in order: one pass over all texts as one.
    pub fn holding(&self, part: &str) -> Vec<u32> {
        let mut ids: Vec<u32> = Vec::new();
        for (at, _) in self.texts.match_indices(part) {
            let id = self.ends.partition_point(|end| *end as usize <= at);
            // A hit that runs over the end of its text is none.
            let inside = self.ends.get(id).is_some_and(|end| at + part.len() <= *end as usize);
            if inside && ids.last() != Some(&(id as u32)) {
                ids.push(id as u32);
            }
        }
        ids
    }

    /// All texts one behind the other, and where each ends; to be kept.
    pub fn parts(&self) -> (&str, &[u32]) {
        (&self.texts, &self.ends)
    }

    /// A dictionary of what [`Dict::parts`] gave; `None` when the ends do not part the texts.
    pub fn from_parts(texts: String, ends: Vec<u32>) -> Option<Self> {
        let parted = ends.first() == Some(&0)
            && ends.last().is_some_and(|end| *end as usize == texts.len())
            && ends.is_sorted()
            && ends.iter().all(|end| texts.is_char_boundary(*end as usize));
        if !parted {
            return None;
        }
        let mut dict = Self { texts, ends, ..Self::default() };
        dict.slots = Slots::new(dict.ends.len());
        for id in 1..dict.ends.len() as u32 {
            dict.slots.put(id, dict.hash(dict.text(id)));
        }
        Some(dict)
    }
}

/// Ids by hash: open addressing, in the order of the upper half of the hash, which stands beside the id. So most others are told
/// apart without looking at what the id stands for, and a larger table is made of a smaller one in one pass over both.
#[derive(Clone, Debug)]
struct Slots {
    slots: Vec<(u32, u32)>,
    shift: u32,
}

impl Default for Slots {
    fn default() -> Self {
        Self::new(0)
    }
}

impl Slots {
    /// Room for so many ids.
    fn new(ids: usize) -> Self {
        let size = (ids * 2).next_power_of_two().max(64);
        Self { slots: vec![(0, 0); size], shift: 32 - size.ilog2() }
    }

    /// Makes room where this id would fill more than half of it.
    fn make_room(&mut self, id: u32) {
        if (id as usize) * 2 < self.slots.len() {
            return;
        }
        let old = std::mem::replace(self, Self::new(self.slots.len()));
        for (id, tag) in old.slots.into_iter().filter(|(id, _)| *id != 0) {
            self.put(id, u64::from(tag) << 32);
        }
    }

    /// The id of this hash that is the one; 0 when there is none.
    fn find(&self, hash: u64, is_it: impl Fn(u32) -> bool) -> u32 {
        let (mask, tag) = (self.slots.len() - 1, (hash >> 32) as u32);
        let mut at = (tag >> self.shift) as usize;
        loop {
            let (id, other) = self.slots[at];
            if id == 0 || other == tag && is_it(id) {
                return id;
            }
            at = (at + 1) & mask;
        }
    }

    /// The id that this hash seems to have, told by one look; 0 when it seems to have none.
    fn guess(&self, hash: u64) -> u32 {
        let tag = (hash >> 32) as u32;
        let (id, other) = self.slots[(tag >> self.shift) as usize];
        if other == tag { id } else { 0 }
    }

    /// Puts an id that is not there.
    fn put(&mut self, id: u32, hash: u64) {
        let (mask, tag) = (self.slots.len() - 1, (hash >> 32) as u32);
        let mut at = (tag >> self.shift) as usize;
        while self.slots[at].0 != 0 {
            at = (at + 1) & mask;
        }
        self.slots[at] = (id, tag);
    }
}

/// Groups of ids by id: the joint values of several columns.
#[derive(Clone, Debug)]
pub struct JointDict {
    keys: Vec<u64>,
    slots: Slots,
    seed: u64,
}

impl Default for JointDict {
    fn default() -> Self {
        Self { keys: vec![0], slots: Slots::default(), seed: RandomState::new().hash_one(2_u8) }
    }
}

impl JointDict {
    /// The id of a group of ids. Two groups share one with a chance of 2⁻⁶⁴ a pair.
    pub fn intern(&mut self, parts: impl Iterator<Item = u32>) -> u32 {
        let key = hash_ids(parts, self.seed).max(1);
        let known = self.slots.find(key, |id| self.keys[id as usize] == key);
        if known != 0 {
            return known;
        }
        let id = self.keys.len() as u32;
        self.slots.make_room(id);
        self.slots.put(id, key);
        self.keys.push(key);
        id
    }

    /// The id of a group that is there.
    pub fn find(&self, parts: impl Iterator<Item = u32>) -> Option<u32> {
        let key = hash_ids(parts, self.seed).max(1);
        let id = self.slots.find(key, |id| self.keys[id as usize] == key);
        (id != 0).then_some(id)
    }

    /// The number of ids, the missing one counted.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// The keys of the ids and the seed that made them; to be kept.
    pub fn parts(&self) -> (&[u64], u64) {
        (&self.keys, self.seed)
    }

    /// A dictionary of what [`JointDict::parts`] gave.
    pub fn from_parts(keys: Vec<u64>, seed: u64) -> Option<Self> {
        if keys.first() != Some(&0) || keys.iter().skip(1).any(|key| *key == 0) {
            return None;
        }
        let mut slots = Slots::new(keys.len());
        for (id, key) in keys.iter().enumerate().skip(1) {
            slots.put(id as u32, *key);
        }
        Some(Self { keys, slots, seed })
    }
}

/// Hashes numbers of our own making, which nobody chooses to collide: one multiplication.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct NumberHasher(u64);

/// Makes [`NumberHasher`]s.
pub(crate) type ByNumber = BuildHasherDefault<NumberHasher>;

impl Hasher for NumberHasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = hash_bytes(bytes, self.0);
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = fold(self.0 ^ number ^ PRIME, PRIME);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// A 64-bit hash of ids: multiply and fold, as good as the seed is unknown.
pub(crate) fn hash_ids(parts: impl Iterator<Item = u32>, seed: u64) -> u64 {
    parts.fold(seed ^ PRIME, |hash, part| fold(hash ^ u64::from(part), PRIME))
}

fn hash_bytes(bytes: &[u8], seed: u64) -> u64 {
    let mut hash = seed ^ (bytes.len() as u64).wrapping_mul(PRIME);
    let (chunks, rest) = bytes.as_chunks::<8>();
    for chunk in chunks {
        hash = fold(hash ^ u64::from_le_bytes(*chunk), PRIME);
    }
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    fold(hash ^ u64::from_le_bytes(last), PRIME)
}

fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    (product as u64) ^ ((product >> 64) as u64)
}

const PRIME: u64 = 0x9e37_79b9_7f4a_7c15;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_has_one_id_and_keeps_it() {
        let mut dict = Dict::default();
        let ids: Vec<u32> = (0..1000).map(|n| dict.intern(&format!("value {n}"))).collect();
        for (n, id) in ids.iter().enumerate() {
            let text = format!("value {n}");
            assert_eq!((dict.intern(&text), dict.text(*id)), (*id, text.as_str()));
        }
        assert_eq!(dict.holding("e 99"), [100, 991, 992, 993, 994, 995, 996, 997, 998, 999, 1000]);
        assert_eq!((dict.len(), dict.intern(""), dict.text(0), dict.find("other")), (1001, 0, "", None));
    }

    #[test]
    fn groups_have_ids() {
        let mut joint = JointDict::default();
        let ids: Vec<u32> = (0..500).map(|n| joint.intern([n, n + 1].into_iter())).collect();
        assert!((0..500).all(|n| joint.find([n, n + 1].into_iter()) == ids.get(n as usize).copied()));
        assert_eq!(joint.len(), 501);
    }
}
