//! The witness (c2sp.org/tlog-witness): every ledger's head is cosigned if it extends the last one, and an alarm is raised
//! if it cannot.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use codes::{KeyName, OrgId};
use ledger::{AddCheckpoint, Algorithm, Hash, NoteKey, WitnessRefusal, WitnessedHead, cosign};
use protocol::oversight::witness_name;
use serde_json::json;
use sha2::{Digest, Sha256};
use store::StoreError;
use wire::Problem;

use super::Service;
use crate::model::{Alarm, AlarmKind, Witnessed};
use crate::{problems, store::witness as sql};

/// Kinds of the entries.
const ALARM: &str = "oversight.alarm";
const ALARM_CLOSED: &str = "oversight.alarm-closed";

/// How long a head that was cosigned may arrive once more, late, without being a rollback: the patience of a client.
const REPEAT_MILLIS: i64 = 60_000;

/// Heads of one ledger that are remembered for it.
const REPEATS: usize = 128;

/// Most alarms that are shown.
const ALARMS_MAX: i64 = 200;

/// What the witness answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answered {
    /// The cosignature lines.
    Cosigned(String),
    /// The ledger is none of the directory's.
    UnknownLog,
    /// Not cosigned, and why.
    Refused(WitnessRefusal),
}

/// The heads cosigned in the last minute: a late repetition of one is told from a ledger that went back to it.
#[derive(Clone, Debug, Default)]
pub struct Repeats(Arc<Mutex<HashMap<String, Recent>>>);

/// Heads of one ledger with the time at which each was cosigned, Unix milliseconds.
type Recent = VecDeque<(u64, Hash, i64)>;

impl Repeats {
    fn remember(&self, origin: &str, head: &WitnessedHead, now: i64) {
        let mut heads = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let heads = heads.entry(origin.to_owned()).or_default();
        heads.push_back((head.size, head.root, now));
        while heads.len() > REPEATS || heads.front().is_some_and(|(_, _, at)| now - at > REPEAT_MILLIS) {
            heads.pop_front();
        }
    }

    fn has(&self, origin: &str, head: &WitnessedHead, now: i64) -> bool {
        let heads = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        heads.get(origin).is_some_and(|heads| {
            heads
                .iter()
                .any(|(size, root, at)| (*size, root) == (head.size, &head.root) && now - at <= REPEAT_MILLIS)
        })
    }
}

impl Service {
    /// Answers an `add-checkpoint` request. A head is remembered before it is cosigned, in one transaction with the look at
    /// the last one; nothing is cosigned that does not extend it.
    ///
    /// # Errors
    /// Store, ledger or custody: then nothing was cosigned.
    pub async fn add_checkpoint(&self, body: &str) -> Result<Answered, Problem> {
        let request: AddCheckpoint = match body.parse() {
            Ok(request) => request,
            Err(refusal) => return Ok(Answered::Refused(refusal)),
        };
        let Some(key) = self.key_of(&request.head.origin) else { return Ok(Answered::UnknownLog) };
        // The costly half outside of the transaction, which is one at a time.
        if let Err(error) = request.note.verify(&key) {
            return Ok(Answered::Refused(WitnessRefusal::NotSigned(error)));
        }
        let now = self.now();
        let request = Arc::new(request);
        let shared = Arc::clone(&request);
        let outcome = self.write(move |tx| remember(tx, &shared, now.as_millis())).await?;
        match outcome {
            Ok(()) => {
                let head = request.witnessed();
                self.repeats.remember(&request.head.origin, &head, now.as_millis());
                let time = u64::try_from(now.as_seconds()).unwrap_or_default();
                let name = witness_name(&self.org);
                let line = cosign(&*self.custody, &KeyName::WITNESS_SIGN, &name, &request.note.text, time);
                Ok(Answered::Cosigned(format!("{}\n", line.map_err(problems::internal)?)))
            }
            Err(refusal) => {
                self.watch(&request, &refusal).await?;
                Ok(Answered::Refused(refusal))
            }
        }
    }

    /// Every ledger's newest cosigned head.
    ///
    /// # Errors
    /// The store's.
    pub async fn heads(&self) -> Result<Vec<Witnessed>, Problem> {
        self.read(sql::heads).await
    }

    /// Alarms, open ones first.
    ///
    /// # Errors
    /// The store's.
    pub async fn alarms(&self) -> Result<Vec<Alarm>, Problem> {
        self.read(|c| sql::alarms(c, ALARMS_MAX)).await
    }

    /// An officer closes an alarm: what was done about it stands in the ledger. A ledger that shows the same head again
    /// raises it again.
    ///
    /// # Errors
    /// Officer or words are missing; no such open alarm; store or ledger.
    pub async fn close_alarm(&self, digest: [u8; 32], officer: &str, words: &str) -> Result<(), Problem> {
        let (officer, words) = super::officer_and_words(officer, words)?;
        let body =
            json!({ "alarm": data_encoding::HEXLOWER.encode(&digest), "officer": officer, "words": words });
        self.log(ALARM_CLOSED, None, self.exchange(), &body).await?;
        let at = self.now().as_millis();
        let closed = self.write(move |tx| sql::close(tx, &digest, &officer, &words, at)).await?;
        if closed { Ok(()) } else { Err(Problem::not_found()) }
    }

    /// The key of a ledger of the directory; its origin names the organisation.
    fn key_of(&self, origin: &str) -> Option<NoteKey> {
        let org: OrgId = origin.strip_prefix("musubi/")?.parse().ok()?;
        let key = self.policy.directory().get(&org)?.ledger_key?;
        NoteKey::new(origin, Algorithm::Ed25519, key.to_bytes()).ok()
    }

    /// Raises an alarm where the refused head is evidence that the ledger has two histories or went back.
    async fn watch(&self, request: &AddCheckpoint, refusal: &WitnessRefusal) -> Result<(), Problem> {
        let now = self.now();
        let head = request.witnessed();
        let origin = &request.head.origin;
        let kind = match refusal {
            refusal if refusal.is_fork() => AlarmKind::Fork,
            WitnessRefusal::Stale { known, size, .. }
                if size < known && !self.repeats.has(origin, &head, now.as_millis()) =>
            {
                AlarmKind::Rollback
            }
            _ => return Ok(()),
        };
        let digest = Sha256::digest(&request.note.text).into();
        let what = (refusal.ja(), refusal.to_string());
        tracing::error!(
            origin,
            kind = kind.as_str(),
            what = what.1,
            "a ledger contradicts what was cosigned"
        );
        let alarm = Alarm {
            digest,
            at: now,
            origin: origin.clone(),
            kind,
            what,
            evidence: request.note.to_string(),
            last: (now, 1),
            closed: None,
        };
        let body = json!({
            "origin": alarm.origin, "kind": kind.as_str(), "what": alarm.what.1, "evidence": alarm.evidence,
        });
        let fresh = self.write(move |tx| sql::raise(tx, &alarm)).await?;
        if fresh {
            self.log(ALARM, None, self.exchange(), &body).await?;
        }
        Ok(())
    }
}

/// Looks at the last head and puts the new one in its place, if it may.
fn remember(
    tx: &mut store::Tx<'_>,
    request: &AddCheckpoint,
    at: i64,
) -> Result<Result<(), WitnessRefusal>, StoreError> {
    let known = sql::head(tx, &request.head.origin)?;
    if let Err(refusal) = request.extends(known.as_ref()) {
        return Ok(Err(refusal));
    }
    sql::put_head(tx, &request.head.origin, &request.witnessed(), at)?;
    Ok(Ok(()))
}
