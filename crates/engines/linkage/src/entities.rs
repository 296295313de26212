//! Entities that stay: an append-only log of links and un-links, from which who belongs together follows at any time.
//!
//! An entity has the number of the event that made it and keeps it for ever. A link joins the younger entity to the older; an
//! un-link takes records out again into an entity of their own. Nothing is ever changed in the log: to know what was thought on
//! a day, read it up to that day's event.

use std::{
    collections::BTreeMap,
    io::{BufRead, Write},
};

use serde::{Deserialize, Serialize};

use crate::error::LinkError;

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
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Entities {
    events: u64,
    of: BTreeMap<String, u64>,
    members: BTreeMap<u64, Vec<String>>,
}

impl Entities {
    /// Reads a log, one JSON event a line.
    ///
    /// # Errors
    /// When a line is no event, or speaks of records that were never seen. A last line without its end was cut off while it was
    /// being written and does not count.
    pub fn read(mut log: impl BufRead) -> Result<Self, LinkError> {
        let mut entities = Self::default();
        let mut line = Vec::new();
        loop {
            line.clear();
            let damaged = |number: u64, problem: String| LinkError::Damaged {
                what: format!("log, line {number}"),
                problem,
            };
            let size =
                log.read_until(b'\n', &mut line).map_err(|e| damaged(entities.events + 1, e.to_string()))?;
            if size == 0 || !line.ends_with(b"\n") {
                return Ok(entities);
            }
            let event =
                serde_json::from_slice(&line).map_err(|e| damaged(entities.events + 1, e.to_string()))?;
            entities.apply(&event)?;
        }
    }

    /// Applies an event and appends it to the log. What the event refuses is not written.
    ///
    /// # Errors
    /// When the event speaks of records that were never seen, or the log cannot be written.
    pub fn append(&mut self, event: &Event, log: &mut impl Write) -> Result<u64, LinkError> {
        let mut after = None;
        if matches!(event, Event::Unlink { .. } | Event::Link { .. }) {
            self.check(event)?;
        } else if let Event::Seen { record } = event
            && let Some(entity) = self.of.get(record)
        {
            return Ok(*entity);
        } else {
            after = Some(self.events + 1);
        }
        let failed = |problem: String| LinkError::Damaged { what: "log".to_owned(), problem };
        let mut line = serde_json::to_vec(event).map_err(|e| failed(e.to_string()))?;
        line.push(b'\n');
        log.write_all(&line).and_then(|()| log.flush()).map_err(|e| failed(e.to_string()))?;
        self.apply(event)?;
        Ok(after.unwrap_or(self.events))
    }

    /// The entity of a record.
    pub fn of(&self, record: &str) -> Option<u64> {
        self.of.get(record).copied()
    }

    /// The records of an entity, in the order in which they came to it; none when it was joined to another.
    pub fn members(&self, entity: u64) -> &[String] {
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

    fn check(&self, event: &Event) -> Result<(), LinkError> {
        let seen = |record: &String| {
            let problem = format!("record “{record}” was never seen");
            self.of
                .contains_key(record)
                .then_some(())
                .ok_or(LinkError::Damaged { what: "log".to_owned(), problem })
        };
        match event {
            Event::Seen { .. } => Ok(()),
            Event::Link { a, b, .. } => seen(a).and_then(|()| seen(b)),
            Event::Unlink { records, .. } => records.iter().try_for_each(seen),
        }
    }

    fn apply(&mut self, event: &Event) -> Result<(), LinkError> {
        self.check(event)?;
        self.events += 1;
        match event {
            Event::Seen { record } => {
                if !self.of.contains_key(record) {
                    self.of.insert(record.clone(), self.events);
                    self.members.insert(self.events, vec![record.clone()]);
                }
            }
            Event::Link { a, b, .. } => {
                if let (Some(x), Some(y)) = (self.of(a), self.of(b))
                    && x != y
                {
                    let (keep, gone) = (x.min(y), x.max(y));
                    let joining = self.members.remove(&gone).unwrap_or_default();
                    for record in &joining {
                        self.of.insert(record.clone(), keep);
                    }
                    self.members.entry(keep).or_default().extend(joining);
                }
            }
            Event::Unlink { records, .. } => {
                for record in records {
                    let Some(entity) = self.of.insert(record.clone(), self.events) else { continue };
                    if let Some(left) = self.members.get_mut(&entity) {
                        left.retain(|member| member != record);
                    }
                    self.members.entry(self.events).or_default().push(record.clone());
                }
                self.members.retain(|_, members| !members.is_empty());
            }
        }
        Ok(())
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

    proptest! {
        #[test]
        fn a_log_read_again_says_the_same(throws in prop::collection::vec(any::<(u8, u8, u8)>(), 0..60), cut in any::<prop::sample::Index>()) {
            let (mut entities, mut log) = (Entities::default(), Vec::new());
            for throw in throws {
                // What is refused leaves nothing behind.
                let before = (entities.clone(), log.len());
                if entities.append(&event(throw), &mut log).is_err() {
                    prop_assert_eq!((&entities, log.len()), (&before.0, before.1));
                }
            }
            prop_assert_eq!(&Entities::read(log.as_slice()).unwrap(), &entities);
            let all: usize = entities.members.values().map(Vec::len).sum();
            prop_assert_eq!(all, entities.of.len());
            // Cut off anywhere, as by a power failure: what was whole counts.
            let end = cut.index(log.len() + 1);
            prop_assert!(Entities::read(&log[..end]).is_ok());
        }
    }

    #[test]
    fn an_entity_keeps_its_number_and_takes_back_nothing() {
        let (mut entities, mut log) = (Entities::default(), Vec::new());
        for record in ["a", "b", "c"] {
            entities.append(&Event::Seen { record: record.into() }, &mut log).unwrap();
        }
        let link = |a: &str, b: &str| Event::Link { a: a.into(), b: b.into(), bits: 20.0, by: "m".into() };
        entities.append(&link("b", "c"), &mut log).unwrap();
        entities.append(&link("c", "a"), &mut log).unwrap();
        assert_eq!((entities.of("c"), entities.len()), (Some(1), 1));
        let out = Event::Unlink { records: vec!["c".into()], by: "x".into(), reason: "twin".into() };
        entities.append(&out, &mut log).unwrap();
        assert_eq!(
            (entities.of("a"), entities.of("c"), entities.members(6)),
            (Some(1), Some(6), &["c".to_owned()][..])
        );
    }
}
