//! What was asked in the last minutes: a retry gets its answer again, a proof is used once.
//!
//! Two generations of maps turn over, so that memory is bounded by the load of two spans and nothing is searched for
//! what has expired. At start the maps are filled from the ledger's tail, so that a restart forgets nothing.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use calendar::Timestamp;
use codes::{ExchangeId, OrgId};
use protocol::eligibility::PROOF_LIFE_SECONDS;
use sha2::{Digest, Sha256};

/// By how many milliseconds the clock of a desk may run ahead of ours.
pub const CLOCK_SKEW_MS: i64 = 5_000;

/// How long a check is remembered at least: as long as its proof could be used again, and the skew twice.
pub const SPAN_MS: i64 = PROOF_LIFE_SECONDS * 1_000 + 2 * CLOCK_SKEW_MS;

/// 16 bytes of SHA-256: names an exchange, a body, a proof.
pub type Short = [u8; 16];

/// A finished check: enough to answer the same again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Done {
    /// When it was answered.
    pub at: Timestamp,
    /// Ledger entry.
    pub index: u64,
    /// The newest report that the answer rested on; later ones are not looked at in a repetition.
    pub seen: i64,
    /// Whom the card named, when a card was read.
    pub person: Option<[u8; 16]>,
}

/// What a check finds when it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begun {
    /// Nobody asked this before.
    First,
    /// The same question was answered.
    Again(Done),
    /// The same question is being answered right now.
    Busy,
    /// The exchange's key was used for another question.
    OtherQuestion,
    /// The read of the card was used for another question.
    ProofUsed,
}

/// The memory.
pub struct Recent(Mutex<Generations>);

#[derive(Default)]
struct Generations {
    current: Generation,
    previous: Generation,
    turned_at: Option<i64>,
}

#[derive(Default)]
struct Generation {
    exchanges: HashMap<Short, Entry>,
    proofs: HashMap<Short, Short>,
}

#[derive(Clone, Copy)]
struct Entry {
    question: Short,
    done: Option<Done>,
}

impl Recent {
    /// Nothing remembered.
    pub fn new() -> Self {
        Self(Mutex::default())
    }

    /// Begins a check, or says why it does not begin.
    pub fn begin(&self, exchange: Short, question: Short, proofs: &[Short], now: Timestamp) -> Begun {
        let mut memory = self.lock(now);
        if let Some(entry) = memory.exchange(&exchange) {
            return match entry.done {
                _ if entry.question != question => Begun::OtherQuestion,
                Some(done) => Begun::Again(done),
                None => Begun::Busy,
            };
        }
        if proofs.iter().any(|proof| memory.proof(proof).is_some_and(|used_by| used_by != exchange)) {
            return Begun::ProofUsed;
        }
        memory.enter(exchange, Entry { question, done: None }, proofs);
        Begun::First
    }

    /// The check was answered.
    pub fn finish(&self, exchange: Short, question: Short, done: Done) {
        self.lock(done.at).enter(exchange, Entry { question, done: Some(done) }, &[]);
    }

    /// The check failed before it was logged: the same exchange may try again; its proof stays its own.
    pub fn abandon(&self, exchange: &Short) {
        let mut memory = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for generation in memory.both() {
            if generation.exchanges.get(exchange).is_some_and(|entry| entry.done.is_none()) {
                generation.exchanges.remove(exchange);
            }
        }
    }

    /// A check found in the ledger's tail at start.
    pub fn restore(&self, exchange: Short, question: Short, proofs: &[Short], done: Done) {
        let mut memory = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        memory.enter(exchange, Entry { question, done: Some(done) }, proofs);
    }

    fn lock(&self, now: Timestamp) -> MutexGuard<'_, Generations> {
        let mut memory = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        memory.turn(now.as_millis());
        memory
    }
}

impl Default for Recent {
    fn default() -> Self {
        Self::new()
    }
}

impl Generations {
    fn turn(&mut self, now: i64) {
        let since = *self.turned_at.get_or_insert(now);
        if now - since >= SPAN_MS {
            self.previous = std::mem::take(&mut self.current);
            if now - since >= 2 * SPAN_MS {
                self.previous = Generation::default();
            }
            self.turned_at = Some(now);
        }
    }

    fn both(&mut self) -> [&mut Generation; 2] {
        [&mut self.current, &mut self.previous]
    }

    fn exchange(&self, key: &Short) -> Option<Entry> {
        self.current.exchanges.get(key).or_else(|| self.previous.exchanges.get(key)).copied()
    }

    fn proof(&self, key: &Short) -> Option<Short> {
        self.current.proofs.get(key).or_else(|| self.previous.proofs.get(key)).copied()
    }

    fn enter(&mut self, exchange: Short, entry: Entry, proofs: &[Short]) {
        self.current.exchanges.insert(exchange, entry);
        self.current.proofs.extend(proofs.iter().map(|proof| (*proof, exchange)));
    }
}

/// The name of an exchange of one organisation.
pub fn exchange_key(asker: &OrgId, exchange: &ExchangeId) -> Short {
    short(&[b"exchange", asker.to_string().as_bytes(), exchange.as_bytes()])
}

/// The first half of the SHA-256 of length-prefixed parts.
pub fn short(parts: &[&[u8]]) -> Short {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    let mut short = [0; 16];
    short.iter_mut().zip(hash.finalize()).for_each(|(to, from)| *to = from);
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millis(1_700_000_000_000 + ms)
    }

    fn done(ms: i64) -> Done {
        Done { at: at(ms), index: 7, seen: 3, person: None }
    }

    #[test]
    fn a_retry_gets_its_answer_and_a_proof_serves_once() {
        let recent = Recent::new();
        assert_eq!(recent.begin([1; 16], [9; 16], &[[5; 16]], at(0)), Begun::First);
        assert_eq!(recent.begin([1; 16], [9; 16], &[[5; 16]], at(1)), Begun::Busy);
        recent.finish([1; 16], [9; 16], done(2));
        assert_eq!(recent.begin([1; 16], [9; 16], &[[5; 16]], at(3)), Begun::Again(done(2)));
        assert_eq!(recent.begin([1; 16], [8; 16], &[[5; 16]], at(3)), Begun::OtherQuestion);
        assert_eq!(recent.begin([2; 16], [9; 16], &[[5; 16]], at(3)), Begun::ProofUsed);
        assert_eq!(recent.begin([2; 16], [9; 16], &[[6; 16]], at(3)), Begun::First);
    }

    #[test]
    fn a_failed_check_may_try_again_but_keeps_its_proof() {
        let recent = Recent::new();
        assert_eq!(recent.begin([1; 16], [9; 16], &[[5; 16]], at(0)), Begun::First);
        recent.abandon(&[1; 16]);
        assert_eq!(recent.begin([2; 16], [9; 16], &[[5; 16]], at(1)), Begun::ProofUsed);
        assert_eq!(recent.begin([1; 16], [9; 16], &[[5; 16]], at(1)), Begun::First);
    }

    #[test]
    fn proofs_are_remembered_for_their_whole_life_and_memory_is_given_back() {
        let recent = Recent::new();
        for start in [0, 17, SPAN_MS - 1] {
            let start = start + 10 * SPAN_MS;
            let exchange = short(&[&start.to_le_bytes()]);
            assert_eq!(recent.begin(exchange, [9; 16], &[exchange], at(start)), Begun::First);
            assert_eq!(
                recent.begin([3; 16], [9; 16], &[exchange], at(start + SPAN_MS - 1)),
                Begun::ProofUsed
            );
        }
        recent.begin([4; 16], [9; 16], &[], at(100 * SPAN_MS));
        recent.begin([5; 16], [9; 16], &[], at(103 * SPAN_MS));
        let memory = recent.0.lock().unwrap();
        assert_eq!(memory.previous.exchanges.len() + memory.current.exchanges.len(), 1);
    }
}
