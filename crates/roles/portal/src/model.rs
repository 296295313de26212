//! What the portal knows while a person is in, and no longer.

use calendar::{Date, Timestamp};
use codes::{ExchangeId, Medical, OrgCode, OrgId};
use consent::ProxyId;
use data_encoding::HEXLOWER;
use ledger::Receipt;
use protocol::eligibility::Validity;
use protocol::exchange::{Acting, Evidence};
use protocol::inclusion::{Heads, Inclusion};
use protocol::own_record::OwnMembership;
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
    /// By which road they came in.
    #[serde(default)]
    pub entrance: Entrance,
    /// The card read by which they came in, or by which they registered the device: evidence that they were there.
    pub receipt: Receipt,
    /// With whom they are and were insured, as of the login, newest first.
    #[serde(default)]
    pub memberships: Vec<OwnMembership>,
    /// Who checked their insurance, as of the login, newest first.
    pub checks: Vec<Check>,
    /// The heads of its log that their proofs lead to.
    pub checks_heads: Option<Heads>,
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
    /// The exchange.
    pub exchange: ExchangeId,
    /// Where it stands in the eligibility service's ledger.
    pub proof: Inclusion,
}

/// A visit in progress.
#[derive(Clone, Debug)]
pub struct Visit {
    /// Its name.
    pub key: VisitKey,
    /// Under which the portal's tables know who came in.
    pub person: [u8; 32],
    /// Who came in.
    pub bearer: Bearer,
    /// For whom they act, when not for themself.
    pub acting: Option<Principal>,
}

/// Somebody for whom another acts (代理される本人).
#[derive(Clone, Debug)]
pub struct Principal {
    /// The mandate.
    pub mandate: MandateKey,
    /// The name of the proxy in the person's will.
    pub proxy: ProxyId,
    /// Under which the portal's tables know the person.
    pub person: [u8; 32],
    /// Name and code.
    pub subject: Subject,
}

/// A person as far as the portal must know them: sealed with a mandate, an invitation or a device.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Subject {
    /// The name on the card's face.
    pub name: String,
    /// The portal's own code; none without a working medical ID.
    pub code: Option<OrgCode<Medical>>,
}

impl Visit {
    /// Whose affairs are dealt with: the bearer's, or those of the person for whom they act.
    pub fn subject(&self) -> Subject {
        match &self.acting {
            Some(principal) => principal.subject.clone(),
            None => Subject { name: self.bearer.name.clone(), code: self.bearer.code },
        }
    }

    /// Under which the portal's tables know that person.
    pub fn subject_person(&self) -> [u8; 32] {
        self.acting.as_ref().map_or(self.person, |principal| principal.person)
    }

    /// Who acts, as the relay is told; nothing where the person does it themself.
    pub fn acting_as(&self) -> Option<Acting> {
        let (principal, code) = (self.acting.as_ref()?, self.bearer.code?);
        Some(Acting { proxy: principal.proxy.clone(), code, receipt: self.bearer.receipt.clone() })
    }

    /// What shows the relay that whoever decides was there with a card.
    pub fn evidence(&self) -> Evidence {
        match self.acting_as() {
            Some(acting) => Evidence::Proxy { acting },
            None => Evidence::Presence { receipt: self.bearer.receipt.clone() },
        }
    }
}

/// By which road a person came in (ログインの方法).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Entrance {
    /// Card and PIN: they may read and decide.
    #[default]
    Card,
    /// A device that they registered with the card: they may read, ask and object.
    Device,
}

/// Names a registered device: the digest of its public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeviceKey(pub [u8; 32]);

impl DeviceKey {
    /// The name of the device with this public key.
    pub fn of(public_key: &[u8]) -> Self {
        Self(Sha256::digest(public_key).into())
    }

    /// As forms carry it.
    pub fn text(&self) -> String {
        HEXLOWER.encode(&self.0)
    }

    /// The key of a form's text.
    pub fn parse(text: &str) -> Option<Self> {
        HEXLOWER.decode(text.as_bytes()).ok()?.try_into().ok().map(Self)
    }
}

/// A registered device as its person sees it in the list.
#[derive(Clone, Debug)]
pub struct DeviceLine {
    /// Its name.
    pub key: DeviceKey,
    /// Browser and system, as the browser said when it was registered.
    pub name: String,
    /// When it was registered.
    pub registered_at: Timestamp,
    /// When it was used last.
    pub used_at: Timestamp,
}

/// Names a mandate in forms; opens nothing to whom it was not given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MandateKey(pub [u8; 16]);

impl MandateKey {
    /// As forms carry it.
    pub fn text(&self) -> String {
        HEXLOWER.encode(&self.0)
    }

    /// The key of a form's text.
    pub fn parse(text: &str) -> Option<Self> {
        HEXLOWER.decode(text.as_bytes()).ok()?.try_into().ok().map(Self)
    }
}

/// What a person keeps from all their proxies (代理人に見せないもの).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hidden {
    /// Nothing is shown to proxies at all.
    pub everything: bool,
    /// Nothing of these institutions is shown: neither that they asked nor that they hold something.
    pub institutions: Vec<OrgId>,
}

impl Hidden {
    /// Whether proxies are not shown what this organisation did, or what is at one of these.
    pub fn hides(&self, organisation: &OrgId, holders: &[OrgId]) -> bool {
        self.everything
            || self.institutions.iter().any(|hidden| hidden == organisation || holders.contains(hidden))
    }
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
