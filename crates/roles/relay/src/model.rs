//! What the relay knows: its own code of a person, a state, who registered, and what was declared.

use calendar::Timestamp;
use codes::{ExchangeId, Medical, OrgCode, OrgId};
use protocol::exchange::Corroboration;

/// The relay's own organisation code of a person: the key of its tables. It names nobody elsewhere.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PersonKey([u8; 17]);

impl PersonKey {
    /// The key of the person whom the relay knows by `code`.
    pub fn new(code: &OrgCode<Medical>) -> Self {
        Self(code.to_bytes())
    }

    /// A key that is nobody's: a question about nobody takes the same way as one about somebody.
    pub fn nobody() -> Self {
        Self([0xFF; 17])
    }

    /// The key with these bytes, as a table holds them.
    pub fn from_bytes(bytes: [u8; 17]) -> Self {
        Self(bytes)
    }

    /// The 17 bytes of the key.
    pub fn as_bytes(&self) -> &[u8; 17] {
        &self.0
    }
}

/// How an exchange key was used before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// Never: it is recorded now.
    New,
    /// With the same question: a retry, answered again.
    Same,
    /// With another question: refused.
    Other,
}

/// A declared emergency.
#[derive(Clone)]
pub struct Emergency {
    /// Its declaration.
    pub declaration: ExchangeId,
    /// About whom.
    pub person: PersonKey,
    /// By whom.
    pub organisation: OrgId,
    /// When.
    pub at: Timestamp,
    /// Until when questions may rest on it.
    pub until: Timestamp,
    /// Whether the second act was taken.
    pub widened: bool,
    /// What settled it.
    pub settled: Option<Corroboration>,
}

/// How long an emergency lasts, in milliseconds (EXCHANGE §1.6: three hours).
pub const EMERGENCY_MILLIS: i64 = 3 * 3_600_000;

/// How long an emergency may wait for what corroborates it before somebody must review it, in milliseconds.
pub const CORROBORATION_MILLIS: i64 = 72 * 3_600_000;

/// Exchanges a day that an institution may ask without any history.
pub const QUOTA_BASE: i64 = 30;

/// Exchanges a day that each card read of the last thirty days adds.
pub const QUOTA_PRESENCE: i64 = 5;

/// From how many emergencies on, and from which share of unsettled ones (percent), an institution needs a second person.
pub const SECOND_PERSON: (i64, i64) = (5, 20);
