//! What the overseer orders, in force at once: suspensions, and which rules of the purposes table it signed off. Signed, so
//! that whoever carries it cannot change it; every role asks for it again and again, and remembers the last.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use access::{Directory, Status};
use calendar::{Date, Timestamp};
use codes::{Custody, CustodyError, KeyName, OrgId, OrgKind};
use data_encoding::{BASE64, HEXLOWER};
use ledger::{Algorithm, NoteKey, NoteSignature, SignedNote};
use serde::{Deserialize, Serialize};
use wire::{Client, Shutdown};

use super::witness::witness_name;
use crate::clients::paths;

/// How often a role asks for new orders: a suspension is in effect everywhere within a few seconds.
const LOOK: Duration = Duration::from_secs(2);

/// First line of the signed text.
const HEADING: &str = "musubi orders 1";

/// All orders in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Orders {
    /// The overseer that ordered.
    pub overseer: OrgId,
    /// Counts the changes: a role never goes back to a smaller one.
    pub serial: u64,
    /// When they were last changed.
    pub at: Timestamp,
    /// Who is suspended.
    pub suspended: Vec<Suspension>,
    /// The rules signed off; none while no table was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rules: Option<SignedOffRules>,
}

/// One organisation that may not ask.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suspension {
    /// Which.
    pub organisation: OrgId,
    /// First day.
    pub since: Date,
    /// Why, for the organisation itself.
    pub reason: String,
}

/// The rules of the purposes table that may be used: as they read when they were signed off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedOffRules {
    /// The table's version.
    pub version: String,
    /// Digest of each rule ([`access::Rule::digest`]), hexadecimal, by its id.
    pub rules: BTreeMap<String, String>,
}

/// [`Orders`] under the overseer's signature: a signed note (c2sp.org/signed-note) with the witness's name and key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedOrders {
    /// The note.
    pub note: String,
}

/// Why orders are not followed.
#[derive(Debug, thiserror::Error)]
pub enum OrdersError {
    /// The note cannot be read, or no known overseer signed it.
    #[error("orders: {0}")]
    Note(#[from] ledger::NoteError),
    /// The text under the signature is none of ours.
    #[error("orders: expected {0}")]
    Text(&'static str),
    /// Custody refused the key.
    #[error("orders: {0}")]
    Custody(#[from] CustodyError),
}

impl SignedOrders {
    /// Signs `orders` with the overseer's witness key.
    ///
    /// # Errors
    /// [`OrdersError::Custody`].
    pub fn sign(orders: &Orders, custody: &dyn Custody) -> Result<Self, OrdersError> {
        let json = serde_json::to_vec(orders).map_err(|_| OrdersError::Text("orders that can be written"))?;
        let text = format!("{HEADING}\n{}\n", BASE64.encode(&json));
        let name = witness_name(&orders.overseer);
        let key = NoteKey::new(&name, Algorithm::Ed25519, custody.verifying_key(&KeyName::WITNESS_SIGN)?)?;
        let bytes = custody.sign(&KeyName::WITNESS_SIGN, text.as_bytes())?.to_vec();
        let signature = NoteSignature { name, key_id: key.id(), bytes };
        Ok(Self { note: SignedNote { text, signatures: vec![signature] }.to_string() })
    }

    /// The orders, if an overseer of the directory signed them.
    ///
    /// # Errors
    /// [`OrdersError`].
    pub fn verify(&self, directory: &Directory) -> Result<Orders, OrdersError> {
        let note: SignedNote = self.note.parse()?;
        let body =
            note.text.strip_prefix(HEADING).and_then(|text| text.strip_prefix('\n')?.strip_suffix('\n'));
        let body = body.ok_or(OrdersError::Text("the heading and one line"))?;
        let json = BASE64.decode(body.as_bytes()).map_err(|_| OrdersError::Text("base64"))?;
        let orders: Orders =
            serde_json::from_slice(&json).map_err(|_| OrdersError::Text("orders in JSON"))?;
        let overseer = directory.get(&orders.overseer).filter(|org| org.id.kind() == OrgKind::Oversight);
        let key =
            overseer.and_then(|org| org.witness_key).ok_or(OrdersError::Text("an overseer that we know"))?;
        note.verify(&NoteKey::new(&witness_name(&orders.overseer), Algorithm::Ed25519, key.to_bytes())?)?;
        Ok(orders)
    }
}

impl Orders {
    /// Puts them in force in a directory, for every policy that decides by it.
    pub fn apply(&self, directory: &Directory) {
        directory.order_suspensions(self.suspended.iter().map(|suspension| {
            let status = Status::Suspended { since: suspension.since, reason: suspension.reason.clone() };
            (suspension.organisation, status)
        }));
        directory.order_rules(self.rules.as_ref().map(|signed| {
            let digest = |text: &String| HEXLOWER.decode(text.as_bytes()).ok()?.try_into().ok();
            signed.rules.iter().filter_map(|(id, text)| Some((id.clone(), digest(text)?))).collect()
        }));
    }
}

/// Keeps `directory` under the orders of its overseer, until shutdown. The last orders are kept in `file`, and followed
/// from there while the overseer cannot be reached.
pub async fn follow_orders(directory: Directory, client: Client, file: PathBuf, shutdown: Shutdown) {
    let mut serial = remembered(&directory, &file);
    loop {
        match ask(&directory, &client).await {
            Ok(Some((orders, signed))) if serial.is_none_or(|known| orders.serial > known) => {
                orders.apply(&directory);
                serial = Some(orders.serial);
                if let Err(error) = remember(&file, &signed) {
                    tracing::error!(%error, "the overseer's orders could not be kept");
                }
            }
            Ok(_) => {}
            Err(reason) => tracing::debug!(reason, "the overseer's orders could not be asked for"),
        }
        tokio::select! { () = shutdown.wait() => return, () = tokio::time::sleep(LOOK) => {} }
    }
}

async fn ask(directory: &Directory, client: &Client) -> Result<Option<(Orders, SignedOrders)>, String> {
    let overseer = directory.of_kind(OrgKind::Oversight).into_iter().find(|org| org.witness_key.is_some());
    let Some(address) = overseer.and_then(|org| org.api.clone()) else { return Ok(None) };
    let signed: SignedOrders =
        client.get(&address, paths::ORDERS).await.map_err(|error| error.to_string())?;
    let orders = signed.verify(directory).map_err(|error| error.to_string())?;
    Ok(Some((orders, signed)))
}

/// Follows the orders kept in the file, if there are any; answers their serial.
fn remembered(directory: &Directory, file: &Path) -> Option<u64> {
    let note = std::fs::read_to_string(file).ok()?;
    match (SignedOrders { note }).verify(directory) {
        Ok(orders) => {
            orders.apply(directory);
            Some(orders.serial)
        }
        Err(error) => {
            tracing::error!(%error, file = %file.display(), "the kept orders are not followed");
            None
        }
    }
}

fn remember(file: &Path, signed: &SignedOrders) -> std::io::Result<()> {
    let beside = file.with_extension("new");
    std::fs::write(&beside, &signed.note)?;
    std::fs::rename(&beside, file)
}
