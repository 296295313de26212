//! One rule of a person: permit or deny, to whom, what, for what, from when until when.

use calendar::{Date, Interval, Timestamp};
use codes::OrgId;
use serde::{Deserialize, Serialize};

use crate::item::{Categories, Labels};
use crate::proxy::ProxyId;
use crate::reason::Purposes;
use crate::text::name_type;
use crate::who::{StaffId, Who};

name_type! {
    /// The name of a rule, unique within one person's [`Consents`](crate::Consents).
    RuleId, "rule", 96
}
name_type! {
    /// The name of an item or of a visit, by which its holder knows it: `Observation/ex-weight`.
    RecordId, "record", 128
}
name_type! {
    /// A template of the text that the person read, with its version: `share-with-institution@1`.
    TemplateVersion, "template", 200
}

/// Yes or no (許可・拒否).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// It may be seen.
    Permit,
    /// It may not.
    Deny,
}

/// On whose word a rule stands (誰の意思か).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GivenBy {
    /// The person.
    Person,
    /// One who acts for the person; what a proxy permits ends with the mandate, what a proxy refuses stays.
    Proxy(ProxyId),
    /// The person, for the day they cannot decide (事前指示): in force only while an [`Incapacity`](crate::Incapacity) is.
    Directive,
    /// A law, as [`law`](crate::law) lists it; every refusal of the person outweighs it.
    Law,
    /// A right by law that no refusal limits: the person sees what is theirs.
    Right,
}

/// What a rule is about (範囲): everything that is said must hold; nothing said means everything.
///
/// Facets (使い分け) need no word here: each is another person to those who ask.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct What {
    /// Kinds of information.
    #[serde(default, skip_serializing_if = "Categories::is_empty")]
    pub categories: Categories,
    /// Labels. A permission reaches an item when these account for all of its labels; a refusal when they meet one.
    #[serde(default, skip_serializing_if = "Labels::is_empty")]
    pub labels: Labels,
    /// Who made it: one of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub authors: Vec<Author>,
    /// Days of care.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub care: Option<Interval>,
    /// Visits or stays: one of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub encounters: Vec<RecordId>,
    /// Single items: one of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub documents: Vec<RecordId>,
}

/// Who made an item: an organisation, a member of staff, or both (作成者).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Author {
    /// The organisation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<OrgId>,
    /// The member of staff.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<StaffId>,
}

/// One rule (規則). Rules are never deleted: a withdrawn one keeps its place in history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Its name.
    pub id: RuleId,
    /// Permit or deny.
    pub effect: Effect,
    /// Whom it is about: one of these; none means anyone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub who: Vec<Who>,
    /// What it is about.
    #[serde(default)]
    pub what: What,
    /// What for; none means every purpose.
    #[serde(default, skip_serializing_if = "Purposes::is_empty")]
    pub purposes: Purposes,
    /// The first instant it is in force.
    pub from: Timestamp,
    /// The first instant it is no longer in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// The last day that the one who got something by it may keep it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_until: Option<Date>,
    /// On whose word.
    pub given_by: GivenBy,
    /// When it was written down.
    pub recorded_at: Timestamp,
    /// When it was withdrawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn_at: Option<Timestamp>,
    /// The text that the person read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<TemplateVersion>,
}

impl What {
    /// Everything.
    #[must_use]
    pub fn everything() -> Self {
        Self::default()
    }

    /// Kinds of information.
    #[must_use]
    pub fn categories(categories: &[crate::Category]) -> Self {
        Self { categories: Categories::of(categories), ..Self::default() }
    }

    /// Items by their labels.
    #[must_use]
    pub fn labels(labels: &[crate::Label]) -> Self {
        Self { labels: Labels::of(labels), ..Self::default() }
    }

    /// What of it is of these kinds and days; nothing if that is nothing. No kinds and no days mean all.
    pub(crate) fn narrowed(mut self, categories: Categories, care: Option<Interval>) -> Option<Self> {
        if !categories.is_empty() {
            let both: Categories = categories.iter().filter(|one| self.categories.contains(*one)).collect();
            self.categories = if self.categories.is_empty() { categories } else { both };
            if self.categories.is_empty() {
                return None;
            }
        }
        self.care = match (self.care, care) {
            (Some(ours), Some(theirs)) => Some(ours.intersection(&theirs)?),
            (ours, theirs) => ours.or(theirs),
        };
        Some(self)
    }

    /// Whether nothing is said.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        *self == Self::default()
    }
}

impl Rule {
    /// A rule of the person about anyone, everything and every purpose, in force from the instant it is written down
    /// until it is withdrawn.
    #[must_use]
    pub fn new(id: RuleId, effect: Effect, recorded_at: Timestamp) -> Self {
        Self {
            id,
            effect,
            who: Vec::new(),
            what: What::default(),
            purposes: Purposes::NONE,
            from: recorded_at,
            until: None,
            keep_until: None,
            given_by: GivenBy::Person,
            recorded_at,
            withdrawn_at: None,
            template: None,
        }
    }
}
