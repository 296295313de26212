//! Entities that stay: an append-only log of links and un-links, from which who belongs together follows at any time.
//!
//! An entity has the number of the event that made it and keeps it for ever. A link joins the younger entity to the older; an
//! un-link takes records out again into an entity of their own. Nothing is ever changed in the log: to know what was thought on
//! a day, read it up to that day's event.

#![expect(clippy::indexing_slicing, reason = "records are numbered by the dictionary of their names")]

use std::{
    collections::HashMap,
    io::{BufRead, Write},
};

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{dict::Dict, error::LinkError};

/// A line of the log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// When it was written: RFC 3339, UTC.
    pub at: String,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

/// One event of the log; its number is its place, from 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "event")]
pub enum Event {
    /// A record was first seen and is an entity of its own.
    Seen {
        /// The record's identifier.
        record: String,
    },
    /// Two records were found to be one person's.
    Link {
        /// One record.
        a: String,
        /// The other.
        b: String,
        /// The weight that decided, in bits; the waterfall tells its parts.
        bits: f32,
        /// Who or what decided: the model's digest, or the reviewer.
        by: String,
    },
    /// Records were found not to belong to the others of their entity.
    Unlink {
        /// The records that leave it, together.
        records: Vec<String>,
        /// Who decided.
        by: String,
        /// Why.
        reason: String,
    },
}

/// Who belongs together, as the log says.
#[derive(Clone, Debug, Default)]
pub struct Entities {
    events: u64,
    bytes: u64,
    chain: Chain,
    /// Records by number, in the order in which they were seen, from 1.
    names: Dict,
    of: Vec<u64>,
    members: HashMap<u64, Vec<u32>>,
}

/// What every line ends with: the beginning of a digest of the line and of what the line before ended with. A line that was
/// changed, taken out or put in is told by it.
type Chain = [u8; 8];

const CHAIN: &str = ",\"chain\":\"";

impl Entities {
    /// Reads a log, one JSON event a line.
    ///
    /// # Errors
    /// When a line is no event, does not follow the one before it, or speaks of records that were never seen. A last line
    /// without its end was cut off while it was being written and does not count.
    pub fn read(log: impl BufRead) -> Result<Self, LinkError> {
        Self::read_with(log, u64::MAX, |_, _| {})
    }

    /// Reads the first events of a log, as far as that of a number; each is shown with its number.
    ///
    /// # Errors
    /// As of [`Entities::read`].
    pub fn read_with(
        mut log: impl BufRead,
        until: u64,
        mut show: impl FnMut(u64, &Entry),
    ) -> Result<Self, LinkError> {
        let mut entities = Self::default();
        let mut line = Vec::new();
        while entities.events < until {
            line.clear();
            let size = log.read_until(b'\n', &mut line).map_err(|e| entities.wrong(e.to_string()))?;
            if size == 0 || !line.ends_with(b"\n") {
                break;
            }
            let entry = entities.take(&line)?;
            show(entities.events, &entry);
        }
        Ok(entities)
    }

    /// Applies a line of a log, its end included.
    ///
    /// # Errors
    /// As of [`Entities::read`].
    pub fn take(&mut self, line: &[u8]) -> Result<Entry, LinkError> {
        let text = std::str::from_utf8(line).map_err(|e| self.wrong(e.to_string()))?;
        let parts = text.trim_end_matches('\n').strip_suffix("\"}").and_then(|rest| rest.rsplit_once(CHAIN));
        let Some((json, chain)) = parts else {
            return Err(self.wrong("no event with its chain".to_owned()));
        };
        let json = format!("{json}}}");
        let next = self.next(&json);
        if HEXLOWER.encode(&next) != chain {
            return Err(self.wrong("changed, or not what followed the line before it".to_owned()));
        }
        let entry: Entry = serde_json::from_str(&json).map_err(|e| self.wrong(e.to_string()))?;
        self.check(&entry.event)?;
        self.apply(&entry.event);
        (self.chain, self.bytes) = (next, self.bytes + line.len() as u64);
        Ok(entry)
    }

    /// Applies an event and appends its line. What is refused is not written. Gives the entity that came of it.
    ///
    /// # Errors
    /// When the event speaks of records that were never seen, or the log cannot be written.
    pub fn append(&mut self, entry: &Entry, log: &mut impl Write) -> Result<u64, LinkError> {
        if let Event::Seen { record } = &entry.event
            && let Some(entity) = self.of(record)
        {
            return Ok(entity);
        }
        self.check(&entry.event)?;
        let json = serde_json::to_string(entry).map_err(|e| self.wrong(e.to_string()))?;
        let next = self.next(&json);
        let body = json.strip_suffix('}').unwrap_or_default();
        let line = format!("{body}{CHAIN}{}\"}}\n", HEXLOWER.encode(&next));
        log.write_all(line.as_bytes()).map_err(|e| self.wrong(e.to_string()))?;
        self.apply(&entry.event);
        (self.chain, self.bytes) = (next, self.bytes + line.len() as u64);
        Ok(match &entry.event {
            Event::Link { a, .. } => self.of(a).unwrap_or_default(),
            _ => self.events,
        })
    }

    /// The number of events.
    pub fn events(&self) -> u64 {
        self.events
    }

    /// The bytes of the lines that count.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The number of records.
    pub fn records(&self) -> usize {
        self.of.len()
    }

    /// The identifier of a record, by its number from 0.
    pub fn name(&self, record: u32) -> &str {
        self.names.text(record + 1)
    }

    /// The number of a record, from 0.
    pub fn number(&self, record: &str) -> Option<u32> {
        self.names.find(record).and_then(|id| id.checked_sub(1))
    }

    /// The entity of a record.
    pub fn of(&self, record: &str) -> Option<u64> {
        self.number(record).and_then(|number| self.of_number(number))
    }

    /// The entity of a record by its number from 0.
    pub fn of_number(&self, record: u32) -> Option<u64> {
        self.of.get(record as usize).copied()
    }

    /// The records of an entity by their numbers, in the order in which they came to it; none when it was joined to another.
    pub fn members(&self, entity: u64) -> &[u32] {
        self.members.get(&entity).map_or(&[], Vec::as_slice)
    }

    /// The number of entities.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    fn wrong(&self, problem: String) -> LinkError {
        LinkError::Damaged { what: format!("log, line {}", self.events + 1), problem }
    }

    fn next(&self, json: &str) -> Chain {
        let digest = Sha256::new().chain_update(self.chain).chain_update(json).finalize();
        digest.first_chunk().copied().unwrap_or_default()
    }

    fn check(&self, event: &Event) -> Result<(), LinkError> {
        let refused = |problem: String, ja: String| Err(LinkError::Limit { problem, ja });
        let entity = |record: &String| {
            self.of(record).ok_or_else(|| LinkError::Limit {
                problem: format!("record “{record}” was never seen"),
                ja: format!("レコード「{record}」は登録されていません"),
            })
        };
        match event {
            Event::Seen { record } if record.is_empty() => {
                refused("a record without an identifier".to_owned(), "レコードの番号が空です".to_owned())
            }
            Event::Seen { .. } => Ok(()),
            Event::Link { a, b, .. } => {
                entity(a)?;
                entity(b).map(|_| ())
            }
            Event::Unlink { records, .. } => {
                let all = records.iter().map(entity).collect::<Result<Vec<u64>, _>>()?;
                let Some(first) = all.first().copied() else {
                    return refused("no record to un-link".to_owned(), "外すレコードがありません".to_owned());
                };
                if all.iter().any(|other| *other != first) {
                    return refused(
                        "the records are not of one entity".to_owned(),
                        "一つの人物のレコードではありません".to_owned(),
                    );
                }
                let mut numbers: Vec<Option<u32>> =
                    records.iter().map(|record| self.number(record)).collect();
                numbers.sort_unstable();
                numbers.dedup();
                if numbers.len() == self.members(first).len() {
                    return refused(
                        format!("these are all the records of entity {first}: nobody stays behind"),
                        format!("人物{first}のレコードすべてなので、外す意味がありません"),
                    );
                }
                Ok(())
            }
        }
    }

    /// Applies an event that was checked.
    fn apply(&mut self, event: &Event) {
        self.events += 1;
        match event {
            Event::Seen { record } => {
                let number = self.names.intern(record) - 1;
                if number as usize == self.of.len() {
                    self.of.push(self.events);
                    self.members.insert(self.events, vec![number]);
                }
            }
            Event::Link { a, b, .. } => {
                if let (Some(x), Some(y)) = (self.of(a), self.of(b))
                    && x != y
                {
                    let (keep, gone) = (x.min(y), x.max(y));
                    let joining = self.members.remove(&gone).unwrap_or_default();
                    joining.iter().for_each(|record| self.of[*record as usize] = keep);
                    self.members.entry(keep).or_default().extend(joining);
                }
            }
            Event::Unlink { records, .. } => {
                for number in records.iter().filter_map(|record| self.number(record)).collect::<Vec<_>>() {
                    let entity = std::mem::replace(&mut self.of[number as usize], self.events);
                    if entity == self.events {
                        continue;
                    }
                    if let Some(left) = self.members.get_mut(&entity) {
                        left.retain(|member| *member != number);
                    }
                    self.members.entry(self.events).or_default().push(number);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn event(throw: (u8, u8, u8)) -> Event {
        let name = |n: u8| format!("r{}", n % 8);
        match throw.0 % 3 {
            0 => Event::Seen { record: name(throw.1) },
            1 => Event::Link { a: name(throw.1), b: name(throw.2), bits: 12.5, by: "model".into() },
            _ => {
                Event::Unlink { records: vec![name(throw.1)], by: "reviewer".into(), reason: "別人".into() }
            }
        }
    }

    fn entry(event: Event) -> Entry {
        Entry { at: "2026-11-23T00:00:00Z".to_owned(), event }
    }

    /// Everything that can be asked.
    fn told(entities: &Entities) -> (u64, u64, Vec<(String, u64)>, usize) {
        let all = 0..entities.records() as u32;
        let all = all.map(|n| (entities.name(n).to_owned(), entities.of_number(n).unwrap())).collect();
        (entities.events(), entities.bytes(), all, entities.len())
    }

    proptest! {
        #[test]
        fn a_log_read_again_says_the_same(throws in prop::collection::vec(any::<(u8, u8, u8)>(), 0..60), cut in any::<prop::sample::Index>(), bit in any::<prop::sample::Index>()) {
            let (mut entities, mut log) = (Entities::default(), Vec::new());
            for throw in throws {
                // What is refused leaves nothing behind.
                let before = (told(&entities), log.len());
                if entities.append(&entry(event(throw)), &mut log).is_err() {
                    prop_assert_eq!((told(&entities), log.len()), before);
                }
            }
            prop_assert_eq!(told(&Entities::read(log.as_slice()).unwrap()), told(&entities));
            prop_assert_eq!(entities.bytes(), log.len() as u64);
            let all: usize = entities.members.values().map(Vec::len).sum();
            prop_assert_eq!(all, entities.records());
            prop_assert!(entities.members.values().all(|members| !members.is_empty()));
            // Cut off anywhere, as by a power failure: what was whole counts.
            let end = cut.index(log.len() + 1);
            prop_assert!(Entities::read(&log[..end]).is_ok());
            // A bit that turned over is told, but in the last line's end, which then is cut off.
            if !log.is_empty() {
                let at = bit.index(log.len() * 8);
                log[at / 8] ^= 1 << (at % 8);
                prop_assert!(Entities::read(log.as_slice()).is_err() || at / 8 == log.len() - 1);
            }
        }
    }

    #[test]
    fn an_entity_keeps_its_number_and_takes_back_nothing() {
        let (mut entities, mut log) = (Entities::default(), Vec::new());
        for record in ["a", "b", "c"] {
            entities.append(&entry(Event::Seen { record: record.into() }), &mut log).unwrap();
        }
        let link = |a: &str, b: &str| Event::Link { a: a.into(), b: b.into(), bits: 20.0, by: "m".into() };
        entities.append(&entry(link("b", "c")), &mut log).unwrap();
        assert_eq!(entities.append(&entry(link("c", "a")), &mut log).unwrap(), 1);
        assert_eq!((entities.of("c"), entities.len()), (Some(1), 1));
        let out = |records: &[&str]| {
            let records = records.iter().map(|r| (*r).to_owned()).collect();
            entry(Event::Unlink { records, by: "x".into(), reason: "twin".into() })
        };
        entities.append(&out(&["c"]), &mut log).unwrap();
        assert_eq!((entities.of("a"), entities.of("c"), entities.members(6)), (Some(1), Some(6), &[2][..]));
        let refused = |e: &Entities, records: &[&str]| {
            e.clone().append(&out(records), &mut Vec::new()).unwrap_err().to_string()
        };
        assert_eq!(refused(&entities, &["c"]), "these are all the records of entity 6: nobody stays behind");
        assert_eq!(refused(&entities, &["a", "c"]), "the records are not of one entity");
        assert_eq!(refused(&entities, &["z"]), "record “z” was never seen");
        // As it was before the last event.
        let before = Entities::read_with(log.as_slice(), 5, |_, _| {}).unwrap();
        assert_eq!((before.of("c"), before.events()), (Some(1), 5));
    }
}
