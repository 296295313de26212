//! What the relay knows: its own code of a person, a state, and who registered.

use codes::{Medical, OrgCode};

/// The relay's own organisation code of a person: the key of its tables. It names nobody elsewhere.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PersonKey([u8; 17]);

impl PersonKey {
    /// The key of the person whom the relay knows by `code`.
    pub fn new(code: &OrgCode<Medical>) -> Self {
        Self(code.to_bytes())
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
