//! Every role has the head of its ledger cosigned by the overseer (c2sp.org/tlog-witness), as often as it moves.

use std::time::Duration;

use access::Directory;
use codes::{OrgId, OrgKind};
use ledger::{Algorithm, Ledger, LedgerError, NoteKey};
use wire::{Client, ClientError, Shutdown};

use crate::clients::paths;

/// A head that does not move is submitted again after this long: its cosignature says that nothing went back meanwhile.
const REFRESH: Duration = Duration::from_secs(30);

/// How long the overseer is left alone after it did not answer.
const PAUSE: Duration = Duration::from_secs(5);

/// Content type of the body that names the size cosigned last.
const SIZE_TYPE: &str = "text/x.tlog.size";

/// The name under which an overseer cosigns.
pub fn witness_name(overseer: &OrgId) -> String {
    format!("musubi/{overseer}/witness")
}

/// The key that verifies the cosignatures of the directory's overseer; none when no overseer takes part.
pub fn witness_key(directory: &Directory) -> Option<NoteKey> {
    let overseer = directory.of_kind(OrgKind::Oversight).into_iter().find(|org| org.witness_key.is_some())?;
    let key = overseer.witness_key?.to_bytes();
    NoteKey::new(&witness_name(&overseer.id), Algorithm::CosignatureV1, key).ok()
}

/// Submits the heads of `ledger` to the directory's overseer and keeps its cosignatures, until shutdown. While there is no
/// overseer, or it cannot be reached, the ledger goes on by itself; the heads follow later.
pub async fn keep_cosigned(ledger: Ledger, directory: Directory, client: Client, shutdown: Shutdown) {
    let mut keeper = Keeper { ledger, directory, client, cosigned: 0 };
    loop {
        let pause = match keeper.submit().await {
            Ok(true) => None,
            Ok(false) => Some(PAUSE),
            Err(Failed::Passing(reason)) => {
                tracing::debug!(origin = keeper.ledger.origin(), reason, "no cosignature yet");
                Some(PAUSE)
            }
            Err(Failed::Refused(reason)) => {
                tracing::error!(origin = keeper.ledger.origin(), reason, "the overseer does not cosign");
                Some(REFRESH)
            }
        };
        keeper.ledger.set_attended(pause.is_none());
        let moved = async {
            match pause {
                Some(pause) => tokio::time::sleep(pause).await,
                None => keeper.moved().await,
            }
        };
        tokio::select! { () = shutdown.wait() => return, () = moved => {} }
    }
}

struct Keeper {
    ledger: Ledger,
    directory: Directory,
    client: Client,
    /// Size of the head cosigned last, as far as we know.
    cosigned: u64,
}

enum Failed {
    /// Later it may work.
    Passing(String),
    /// Somebody must look.
    Refused(String),
}

impl Keeper {
    /// Waits until there is something to submit.
    async fn moved(&self) {
        let moved = async {
            // A ledger that failed moves no more; its last head stays cosigned.
            if self.ledger.signed_beyond(self.cosigned).await.is_err() {
                tokio::time::sleep(REFRESH).await;
            }
        };
        let _ = tokio::time::timeout(REFRESH, moved).await;
    }

    /// Has the newest head cosigned; false when there is no overseer to ask.
    async fn submit(&mut self) -> Result<bool, Failed> {
        let found = self.directory.of_kind(OrgKind::Oversight);
        let address = found.into_iter().find(|org| org.witness_key.is_some()).and_then(|org| org.api.clone());
        let (Some(address), Some(witness)) = (address, witness_key(&self.directory)) else {
            return Ok(false);
        };
        // The second time with the size that the overseer knows.
        for _ in 0..2 {
            let request = self.ledger.add_checkpoint(self.cosigned).map_err(failed)?;
            let (body, size) = (request.to_string(), request.head.size);
            let answer =
                self.client.post_raw(&address, paths::ADD_CHECKPOINT, "text/plain", body.into_bytes());
            let answer = answer.await.map_err(unreachable)?;
            let text = String::from_utf8_lossy(&answer.body).into_owned();
            match answer.status.as_u16() {
                200 => {
                    let note = format!("{}{text}", request.note);
                    self.ledger.accept_cosignature(&witness, &note).map_err(failed)?;
                    self.cosigned = size;
                    return Ok(true);
                }
                409 if is_size(&answer) => match text.trim_end().parse() {
                    Ok(known) if known != self.cosigned => self.cosigned = known,
                    _ => return Err(Failed::Refused(format!("status 409 with {text:?}"))),
                },
                status if status >= 500 || status == 404 => {
                    return Err(Failed::Passing(format!("status {status}")));
                }
                status => return Err(Failed::Refused(format!("status {status}: {text}"))),
            }
        }
        Err(Failed::Passing("the size cosigned last changed meanwhile".to_owned()))
    }
}

fn is_size(answer: &wire::Answer) -> bool {
    answer.headers.get("content-type").is_some_and(|kind| kind.as_bytes().starts_with(SIZE_TYPE.as_bytes()))
}

fn failed(error: LedgerError) -> Failed {
    match error {
        LedgerError::Closed | LedgerError::StaleCosignature { .. } => Failed::Passing(error.to_string()),
        other => Failed::Refused(other.to_string()),
    }
}

fn unreachable(error: ClientError) -> Failed {
    Failed::Passing(error.to_string())
}
