//! What the portal remembers of the logs, so that they cannot be rewritten behind a person's back: the largest head it saw
//! of each, and a digest of each past month that it showed.

use access::Organisation;
use calendar::Date;
use data_encoding::BASE64;
use protocol::exchange::OwnExchange;
use protocol::inclusion::{HeadProblem, Heads, OpenHeads};
use protocol::oversight::witness_key;
use sha2::{Digest as _, Sha256};
use wire::Problem;

use super::Service;
use crate::model::Visit;
use crate::store as sql;

/// How long after its end a month is held to be complete: writers may stand a little out of order.
const SETTLED_DAYS: i32 = 1;

impl Service {
    /// The heads of a party's log, if they can be believed: signed by its key, and extended from what the overseer saw.
    pub(super) fn believed(&self, party: &Organisation, heads: &Heads) -> Result<OpenHeads, HeadProblem> {
        let key = party.ledger_key.ok_or(HeadProblem::NotSigned)?;
        let witness = witness_key(self.policy.directory());
        heads.open(&party.id, key.to_bytes(), witness.as_ref())
    }

    /// Heads that were read just now: a log that was longer before, or another at the same length, was rewritten.
    pub(super) async fn not_behind(&self, open: OpenHeads) -> Result<OpenHeads, HeadProblem> {
        let (origin, size, root) = (open.signed.origin.clone(), open.signed.size, open.signed.root.0);
        let known = self.write(move |tx| sql::looked::head(tx, &origin, size, &root)).await;
        // Without a memory nothing is known against the log; that the store fails is said elsewhere.
        let Ok((known, known_root)) = known else { return Ok(open) };
        // Of two readings at once the older may be written down last.
        let overtaken = size < known && known - size <= OVERTAKEN_MAX;
        if known < size || known == size && known_root == root || overtaken {
            Ok(open)
        } else {
            Err(HeadProblem::Forked)
        }
    }

    /// Whether a past month is another one than was shown before; the first showing is remembered.
    pub(super) async fn is_changed(
        &self,
        visit: &Visit,
        month: Date,
        entries: &[OwnExchange],
    ) -> Result<bool, Problem> {
        let over = month.add_months(1).add_days(SETTLED_DAYS);
        if visit.acting.is_some() || self.now().date() < over {
            return Ok(false);
        }
        let mut leaves: Vec<(u64, &str)> =
            entries.iter().map(|entry| (entry.proof.index, entry.proof.hash.as_str())).collect();
        leaves.sort_unstable();
        let mut digest = Sha256::new();
        for (index, hash) in leaves {
            digest.update(index.to_be_bytes());
            digest.update(BASE64.decode(hash.as_bytes()).unwrap_or_default());
        }
        let (person, digest): (_, [u8; 32]) = (visit.person, digest.finalize().into());
        let month = month.to_string();
        let known = self.write(move |tx| sql::looked::month(tx, &person, &month, &digest)).await?;
        Ok(known != digest)
    }
}

/// By how many entries a head may be behind one that was read at the same time: those of a few milliseconds.
const OVERTAKEN_MAX: u64 = 64;
