//! What the portal knows while a person is in, and no longer.

use calendar::{Date, Timestamp};
use codes::{Medical, OrgCode, OrgId};
use data_encoding::HEXLOWER;
use ledger::Receipt;
use protocol::eligibility::Validity;
use protocol::reader::ReaderMode;
use ring::rand::{SecureRandom, SystemRandom};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// How long a visit lasts without a look at a page, in milliseconds.
pub const IDLE_MILLIS: i64 = 10 * 60_000;

/// How long a visit lasts at most, in milliseconds.
pub const VISIT_MILLIS: i64 = 60 * 60_000;

/// The secret in the browser's cookie: 32 random bytes, known to that browser alone.
#[derive(Clone, PartialEq, Eq)]
pub struct Token([u8; 32]);

impl Token {
    /// A fresh one; `None` when the system gives no random numbers.
    pub fn fresh() -> Option<Self> {
        let mut bytes = [0; 32];
        SystemRandom::new().fill(&mut bytes).ok()?;
        Some(Self(bytes))
    }

    /// The token of a cookie's text.
    pub fn parse(text: &str) -> Option<Self> {
        HEXLOWER.decode(text.as_bytes()).ok()?.try_into().ok().map(Self)
    }

    /// The cookie's text.
    pub fn text(&self) -> String {
        HEXLOWER.encode(&self.0)
    }

    /// Under which the table knows the visit: who reads the table cannot come in with it.
    pub fn key(&self) -> VisitKey {
        VisitKey(Sha256::digest(self.0).into())
    }
}

/// Names a visit in tables, forms and the ledger; opens nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VisitKey(pub [u8; 32]);

impl VisitKey {
    /// As forms carry it.
    pub fn text(&self) -> String {
        HEXLOWER.encode(&self.0)
    }

    /// The key of a form's text.
    pub fn parse(text: &str) -> Option<Self> {
        HEXLOWER.decode(text.as_bytes()).ok()?.try_into().ok().map(Self)
    }
}

/// Who came in (本人): sealed in the visit's row, forgotten with it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Bearer {
    /// The name on the card's face.
    pub name: String,
    /// The portal's own code of the person; none without a working medical ID.
    pub code: Option<OrgCode<Medical>>,
    /// The card read by which they came in: evidence that they were there.
    pub receipt: Receipt,
    /// Who checked their insurance, as of the login, newest first.
    pub checks: Vec<Check>,
    /// Since when the eligibility service records.
    pub checks_since: Option<Timestamp>,
}

/// One check of the person's insurance (資格確認の記録).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Check {
    /// When.
    pub at: Timestamp,
    /// Who asked.
    pub organisation: OrgId,
    /// On what legal basis.
    pub basis: String,
    /// About which day.
    pub on: Date,
    /// How the bearer of the card was verified.
    pub mode: Option<ReaderMode>,
    /// What was answered.
    pub validity: Validity,
    /// Leaf number in the eligibility service's ledger.
    pub index: u64,
    /// Whether it was found in the log that the service's key signed.
    pub proven: bool,
}

/// A visit in progress.
#[derive(Clone, Debug)]
pub struct Visit {
    /// Its name.
    pub key: VisitKey,
    /// Under which the portal's tables know the person.
    pub person: [u8; 32],
    /// Who came in.
    pub bearer: Bearer,
}

/// A visit as its person sees it in the list.
#[derive(Clone, Debug)]
pub struct VisitLine {
    /// Its name.
    pub key: VisitKey,
    /// When they came in.
    pub begun_at: Timestamp,
    /// When a page was last opened.
    pub seen_at: Timestamp,
    /// When it ends by itself.
    pub until: Timestamp,
    /// Browser and system, as the browser says.
    pub device: String,
}
