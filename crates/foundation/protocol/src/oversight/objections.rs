//! A person does not understand or objects (異議・不明の申立て): filed through the portal at the organisation and at the
//! overseer under one key, and followed at the overseer until it is closed.

use calendar::Timestamp;
use codes::{ExchangeId, OrgId};
use ledger::Receipt;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Sealed, exchange::Practitioner};

/// Longest text of an objection, a question or an answer, in characters.
pub const OBJECTION_TEXT_LIMIT: usize = 2_000;

/// Most objections in one question about how they stand.
pub const OBJECTIONS_MAX: usize = 100;

/// A person does not understand or objects. The portal sends the same to the organisation concerned and to the overseer,
/// but for [`Self::person`], which the relay sealed to each of them alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Objection {
    /// Its key: filed again, it is the same objection. Every entry and answer about it carries it.
    #[schema(value_type = String)]
    pub exchange: ExchangeId,
    /// Through whom the person speaks; must be the organisation of the client certificate.
    #[schema(value_type = String)]
    pub portal: OrgId,
    /// The organisation it concerns.
    #[schema(value_type = String)]
    pub concerns: OrgId,
    /// The receiver's own code of the person, as the relay sealed it ([`crate::relay::TranslateAnswer::code`], asked for
    /// with the purpose `objection`); absent for a person without a working medical ID.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<Sealed>,
    /// What it is about; absent for what has no entry in a ledger.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<Disputed>,
    /// Why.
    pub ground: ObjectionGround,
    /// In the person's words: 1 to [`OBJECTION_TEXT_LIMIT`] characters.
    pub text: String,
}

/// The exchange and the entry that an objection is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Disputed {
    /// The exchange.
    #[schema(value_type = String)]
    pub exchange: ExchangeId,
    /// Where it stands in a ledger.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub receipt: Option<Receipt>,
}

/// Why a person speaks up (申立ての種類).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ObjectionGround {
    /// I do not understand what this was.
    NotUnderstood,
    /// This should not have happened.
    Unjustified,
    /// What is recorded is wrong.
    Incorrect,
}

impl ObjectionGround {
    /// All, in the order of a screen.
    pub const ALL: [Self; 3] = [Self::NotUnderstood, Self::Unjustified, Self::Incorrect];

    /// Its name in messages and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotUnderstood => "not-understood",
            Self::Unjustified => "unjustified",
            Self::Incorrect => "incorrect",
        }
    }

    /// What people read, Japanese and English.
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::NotUnderstood => ("何のことか分からない", "I do not understand this"),
            Self::Unjustified => ("あってはならない照会だと思う", "This should not have happened"),
            Self::Incorrect => ("記録の内容が違う", "What is recorded is wrong"),
        }
    }
}

/// How far an objection is (進み具合).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ObjectionState {
    /// It has arrived.
    Received,
    /// Somebody was asked something and has not answered yet.
    Asked,
    /// The organisation concerned has answered.
    Answered,
    /// The overseer closed it, with the reason.
    Closed,
}

impl ObjectionState {
    /// All, in order.
    pub const ALL: [Self; 4] = [Self::Received, Self::Asked, Self::Answered, Self::Closed];

    /// Its name in messages and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Asked => "asked",
            Self::Answered => "answered",
            Self::Closed => "closed",
        }
    }

    /// What people read, Japanese and English.
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Received => ("受け付けました", "Received"),
            Self::Asked => ("問い合わせ中", "Asked"),
            Self::Answered => ("回答がありました", "Answered"),
            Self::Closed => ("終了", "Closed"),
        }
    }
}

/// Something said in an objection, sent to the overseer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ObjectionWord {
    /// Key of this message: said again, it is the same word.
    #[schema(value_type = String)]
    pub exchange: ExchangeId,
    /// Who sends it; must be the organisation of the client certificate: the portal through which the objection was
    /// filed (for the person), or the organisation concerned.
    #[schema(value_type = String)]
    pub sender: OrgId,
    /// The objection.
    #[schema(value_type = String)]
    pub objection: ExchangeId,
    /// What kind of word.
    pub kind: WordKind,
    /// 1 to [`OBJECTION_TEXT_LIMIT`] characters.
    pub text: String,
    /// Who of the staff says it; absent for the person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub staff: Option<Practitioner>,
}

/// What somebody says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WordKind {
    /// Asks something: the objection waits for an answer.
    Question,
    /// Answers.
    Answer,
    /// Ends it: only the overseer's, or the person's who is content.
    Close,
}

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Speaker {
    /// 本人
    Person,
    /// 申し立てられた機関
    Organisation,
    /// 監督機関
    Overseer,
}

impl Speaker {
    /// What people read, Japanese and English.
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Person => ("本人", "The person"),
            Self::Organisation => ("機関", "The organisation"),
            Self::Overseer => ("監督機関", "The overseer"),
        }
    }
}

/// Asks how objections stand: the portal about those it filed, an organisation about those that concern it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ObjectionsRequest {
    /// Key of this question.
    #[schema(value_type = String)]
    pub exchange: ExchangeId,
    /// Who asks; must be the organisation of the client certificate.
    #[schema(value_type = String)]
    pub asker: OrgId,
    /// Which, at most [`OBJECTIONS_MAX`]. None: the newest that concern the asker (for a portal: an empty answer, because
    /// it must know which are the person's).
    #[schema(value_type = Vec<String>)]
    pub objections: Vec<ExchangeId>,
}

/// How they stand. What is not the asker's is left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ObjectionsAnswer {
    /// The question's key.
    #[schema(value_type = String)]
    pub exchange: ExchangeId,
    /// The objections, newest first.
    pub objections: Vec<ObjectionStatus>,
    /// Where this reading stands in the overseer's ledger.
    #[schema(value_type = Object)]
    pub receipt: Receipt,
}

/// One objection with everything said in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ObjectionStatus {
    /// Its key.
    #[schema(value_type = String)]
    pub objection: ExchangeId,
    /// When it was filed.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// The organisation it concerns.
    #[schema(value_type = String)]
    pub concerns: OrgId,
    /// What it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<Disputed>,
    /// Why.
    pub ground: ObjectionGround,
    /// The person's words.
    pub text: String,
    /// How far it is.
    pub state: ObjectionState,
    /// What was said since, oldest first.
    pub said: Vec<Said>,
    /// Where it stands in the overseer's ledger.
    #[schema(value_type = Object)]
    pub receipt: Receipt,
}

/// One word of an objection, as everybody concerned reads it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Said {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Who.
    pub speaker: Speaker,
    /// Of which organisation.
    #[schema(value_type = String)]
    pub organisation: OrgId,
    /// Who of its staff.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub staff: Option<Practitioner>,
    /// Which of the overseer's officers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub officer: Option<String>,
    /// What kind of word.
    pub kind: WordKind,
    /// The words.
    pub text: String,
    /// Where it stands in the overseer's ledger.
    #[schema(value_type = Object)]
    pub receipt: Receipt,
}
