//! FHIR R4 `Consent` in and out.
//!
//! Read are the profiles of IHE PCF (Privacy Consent on FHIR: basic, intermediate, advanced) and ours, which
//! `docs/fhir/consent.md` describes. A resource is read whole or refused with the path and the reason: what is not
//! understood might limit what is. Every element that could narrow a permission is known here or refuses the resource.

mod cursor;
mod dates;
mod parties;
mod read;
mod systems;
mod write;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::proxy::ProxyId;
use crate::reason::ActReason;
use crate::rule::{Rule, RuleId};
use crate::who::Who;

pub use read::read;
pub use systems::{BASE, PROFILE};
pub use write::{Unwritable, write};

/// What a community's own references, codes and policies mean: a FHIR reference says nothing by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Vocabulary {
    /// Recipients and authors, by literal reference: `Practitioner/123`.
    pub parties: BTreeMap<String, Who>,
    /// Those who act for the person, by literal reference: `RelatedPerson/7`.
    pub proxies: BTreeMap<String, ProxyId>,
    /// Purposes beyond v3 ActReason, by system and code.
    pub purposes: BTreeMap<(String, String), ActReason>,
    /// Overarching policies (`Consent.policy.uri`) whose text is known to add no limit to what the provisions say.
    pub policies: BTreeSet<String>,
}

/// Somebody or something that a Consent names beside its rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Party {
    /// By a literal reference.
    Reference(String),
    /// By an identifier.
    Identifier {
        /// The system of the identifier.
        system: String,
        /// Its value.
        value: String,
    },
}

/// The signed document behind a Consent; nothing of it is read for its rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// `sourceReference`.
    Reference(Party),
    /// `sourceAttachment`, kept as it came.
    Attachment(Map<String, Value>),
}

/// One `Consent`: what it says beside its rules, and the rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// `Consent.id`.
    pub id: RuleId,
    /// Whose it is.
    pub patient: Party,
    /// Who gave it; a proxy if other than the patient.
    pub performer: Party,
    /// The organisation that presented the text and enforces it.
    pub organization: Party,
    /// The signed document.
    pub source: Source,
    /// The base rule, and its exceptions after it.
    pub rules: Vec<Rule>,
}

/// Why a resource was not read (読み込めない理由).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {en} ({ja})")]
pub struct Refusal {
    /// Where, as a FHIRPath.
    pub path: String,
    /// Why, in Japanese.
    pub ja: String,
    /// Why, in English.
    pub en: String,
}
