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
    /// Ids with the upper half of their hash beside: most others are told apart without looking at their text.
    slots: Vec<(u32, u32)>,
    seed: u64,
}

impl Default for Dict {
    fn default() -> Self {
        Self {
            texts: String::new(),
            ends: vec![0],
            slots: vec![(0, 0); 64],
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
        let mut slot = self.slot_of(text, hash);
        if self.slots[slot].0 != 0 {
            return self.slots[slot].0;
        }
        let Ok(end) = u32::try_from(self.texts.len() + text.len()) else { return 0 };
        if self.ends.len() * 2 > self.slots.len() {
            self.grow();
            slot = self.slot_of(text, hash);
        }
        let id = self.ends.len() as u32;
        self.texts.push_str(text);
        self.ends.push(end);
        self.slots[slot] = (id, (hash >> 32) as u32);
        id
    }

    /// The hash of a text in this dictionary.
    pub fn hash(&self, text: &str) -> u64 {
        hash_bytes(text.as_bytes(), self.seed)
    }

    /// The id that a text of this hash seems to have, told by one look; 0 when it seems to be new.
    pub fn guess(&self, hash: u64) -> u32 {
        let (id, tag) = self.slots[hash as usize & (self.slots.len() - 1)];
        if tag == (hash >> 32) as u32 { id } else { 0 }
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
        let (id, _) = self.slots[self.slot_of(text, hash_bytes(text.as_bytes(), self.seed))];
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
        dict.place((dict.ends.len() * 4).next_power_of_two().max(64));
        Some(dict)
    }

    fn slot_of(&self, text: &str, hash: u64) -> usize {
        let (mask, tag) = (self.slots.len() - 1, (hash >> 32) as u32);
        let mut slot = hash as usize & mask;
        while self.slots[slot].0 != 0 && (self.slots[slot].1 != tag || self.text(self.slots[slot].0) != text)
        {
            slot = (slot + 1) & mask;
        }
        slot
    }

    fn grow(&mut self) {
        self.place(self.slots.len() * 4);
    }

    /// Puts every id into one of so many slots, a power of two.
    fn place(&mut self, size: usize) {
        self.slots = vec![(0, 0); size];
        for id in 1..self.ends.len() as u32 {
            let hash = hash_bytes(self.text(id).as_bytes(), self.seed);
            let mut slot = hash as usize & (size - 1);
            while self.slots[slot].0 != 0 {
                slot = (slot + 1) & (size - 1);
            }
            self.slots[slot] = (id, (hash >> 32) as u32);
        }
    }
}

/// Groups of ids by id: the joint values of several columns.
#[derive(Clone, Debug)]
pub struct JointDict {
    keys: Vec<u64>,
    slots: Vec<u32>,
    seed: u64,
}

impl Default for JointDict {
    fn default() -> Self {
        Self { keys: vec![0], slots: vec![0; 64], seed: RandomState::new().hash_one(2_u8) }
    }
}

impl JointDict {
    /// The id of a group of ids. Two groups share one with a chance of 2⁻⁶⁴ a pair.
    pub fn intern(&mut self, parts: impl Iterator<Item = u32>) -> u32 {
        let key = hash_ids(parts, self.seed).max(1);
        let mut slot = self.slot_of(key);
        if self.slots[slot] == 0 {
            if self.keys.len() * 2 > self.slots.len() {
                self.place(self.slots.len() * 4);
                slot = self.slot_of(key);
            }
            self.slots[slot] = self.keys.len() as u32;
            self.keys.push(key);
        }
        self.slots[slot]
    }

    /// The id of a group that is there.
    pub fn find(&self, parts: impl Iterator<Item = u32>) -> Option<u32> {
        let id = self.slots[self.slot_of(hash_ids(parts, self.seed).max(1))];
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
        let mut joint = Self { keys, slots: Vec::new(), seed };
        joint.place((joint.keys.len() * 4).next_power_of_two().max(64));
        Some(joint)
    }

    /// Puts every id into one of so many slots, a power of two.
    fn place(&mut self, size: usize) {
        self.slots = vec![0; size];
        for id in 1..self.keys.len() {
            let free = self.slot_of(self.keys[id]);
            self.slots[free] = id as u32;
        }
    }

    fn slot_of(&self, key: u64) -> usize {
        let mask = self.slots.len() - 1;
        let mut slot = key as usize & mask;
        while self.slots[slot] != 0 && self.keys[self.slots[slot] as usize] != key {
            slot = (slot + 1) & mask;
        }
        slot
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
