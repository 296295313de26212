//! What a decision says.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use codes::OrgId;

use crate::table::{LegalBasis, Rule};

/// Yes or no, explained (判定). There is no third answer.
#[derive(Debug, Clone)]
#[must_use]
pub enum Decision {
    /// It may be done, under this rule and on these bases.
    Permit(Permit),
    /// It may not, and this is why.
    Deny(Denial),
}

/// The rule of the table that permits, and what it rests on.
#[derive(Debug, Clone)]
pub struct Permit {
    /// The row of the table.
    pub rule: Arc<Rule>,
    /// The laws it names, at least one.
    pub basis: Arc<[LegalBasis]>,
}

/// Why something may not be done, for people and for the ledger.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{rule}: {en}")]
pub struct Denial {
    /// Which of the reasons.
    pub rule: DenialRule,
    /// In Japanese.
    pub ja: Cow<'static, str>,
    /// In English.
    pub en: Cow<'static, str>,
}

/// The reasons for which something is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DenialRule {
    /// The directory does not know the organisation.
    UnknownOrganisation,
    /// The organisation is suspended.
    Suspended,
    /// The organisation takes part only from a later day.
    NotYetActive,
    /// No row of the table has this action for this purpose.
    NoRule,
    /// A row exists, but it is not in force on that day.
    NotInForce,
    /// A row exists, but the overseer has not signed it off as it reads now.
    NotSignedOff,
    /// A row exists, but not for organisations of this kind.
    KindMismatch,
    /// The request names another organisation than the one that sent it.
    AnotherName,
}

impl Decision {
    /// The permit, or the denial as an error.
    ///
    /// # Errors
    /// The [`Denial`].
    pub fn into_result(self) -> Result<Permit, Denial> {
        match self {
            Decision::Permit(permit) => Ok(permit),
            Decision::Deny(denial) => Err(denial),
        }
    }

    /// Whether it is a permit.
    pub fn is_permit(&self) -> bool {
        matches!(self, Decision::Permit(_))
    }
}

impl Permit {
    /// The id of the rule: what the ledger entry names.
    pub fn rule_id(&self) -> &str {
        &self.rule.id
    }
}

impl DenialRule {
    /// Kebab-case name: the code of the problem and of the ledger entry.
    pub fn as_str(self) -> &'static str {
        match self {
            DenialRule::UnknownOrganisation => "unknown-organisation",
            DenialRule::Suspended => "organisation-suspended",
            DenialRule::NotYetActive => "organisation-not-yet-active",
            DenialRule::NoRule => "no-rule",
            DenialRule::NotInForce => "rule-not-in-force",
            DenialRule::NotSignedOff => "rule-not-signed-off",
            DenialRule::KindMismatch => "not-for-this-kind",
            DenialRule::AnotherName => "another-name",
        }
    }
}

impl fmt::Display for DenialRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An organisation asks in its own name only: `peer` is who the certificate says, `named` is who the request says.
///
/// # Errors
/// A [`Denial`] of [`DenialRule::AnotherName`] that names both.
pub fn require_same(peer: &OrgId, named: &OrgId) -> Result<(), Denial> {
    if peer == named {
        return Ok(());
    }
    Err(Denial {
        rule: DenialRule::AnotherName,
        ja: format!("証明書の機関（{peer}）と、要求に書かれた機関（{named}）が異なります。他の機関の名で照会することはできません").into(),
        en: format!("The certificate is of {peer}, but the request names {named}: nobody asks in another's name").into(),
    })
}
