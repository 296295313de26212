//! "This is wrong" (訂正の求め): a person says through the portal that an item of the record is not right; the holder answers.

use access::SignedGrant;
use calendar::Timestamp;
use codes::{ExchangeId, OrgId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The most characters that a person may write, and an institution answer.
pub const WORDS_MAX: usize = 2_000;

/// A person says what is wrong: POST to the holder, under a grant for the person's own access.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CorrectionRequest {
    /// Key of the request: the same one is taken once; whoever has it may ask what became of it.
    #[schema(value_type = String)]
    pub exchange: ExchangeId,
    /// Shows whose record it is.
    #[schema(value_type = String)]
    pub grant: SignedGrant,
    /// Which item, `Observation/123`.
    pub resource: String,
    /// How the item is called.
    pub title: String,
    /// What is wrong, in the person's words, at most [`WORDS_MAX`] characters.
    pub said: String,
}

/// How a request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CorrectionState {
    /// It arrived and waits for an answer.
    Received,
    /// The record was corrected.
    Corrected,
    /// The record stays, with the person's words beside it.
    Noted,
    /// The record is right; the answer says why.
    Refused,
}

impl CorrectionState {
    /// The answers that an institution may give.
    pub const ANSWERS: [Self; 3] = [Self::Corrected, Self::Noted, Self::Refused];

    /// Its name in tables and forms.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Corrected => "corrected",
            Self::Noted => "noted",
            Self::Refused => "refused",
        }
    }

    /// The state of such a name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Received, Self::Corrected, Self::Noted, Self::Refused].into_iter().find(|s| s.as_str() == text)
    }

    /// What people read, Japanese and English.
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Received => ("届きました。回答を待っています", "Received; waiting for an answer"),
            Self::Corrected => ("記録を直しました", "The record was corrected"),
            Self::Noted => (
                "記録はそのままに、あなたの申し出を書き添えました",
                "The record stays, with what you said beside it",
            ),
            Self::Refused => ("記録は正しいとの回答です", "The record is right, they say"),
        }
    }
}

/// Asks what became of requests: POST to the holder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CorrectionQuestion {
    /// Key of this question.
    #[schema(value_type = String)]
    pub exchange: ExchangeId,
    /// Who asks; must be the organisation of the client certificate.
    #[schema(value_type = String)]
    pub portal: OrgId,
    /// The requests, by their keys; at most 200.
    #[schema(value_type = Vec<String>)]
    pub requests: Vec<ExchangeId>,
}

/// What became of requests; a key that nobody sent here has no answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CorrectionAnswers {
    /// One each.
    pub answers: Vec<CorrectionAnswer>,
}

/// What became of one request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CorrectionAnswer {
    /// The request.
    #[schema(value_type = String)]
    pub request: ExchangeId,
    /// How it stands.
    pub state: CorrectionState,
    /// The institution's words.
    pub words: String,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}
