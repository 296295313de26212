//! A card in any of its forms, judged.

use serde::Serialize;
use serde_json::Value;

use crate::{
    Revocations, bundle, jws,
    keys::KeySet,
    numeric, payload,
    problem::{Code, Problem, Severity},
};

/// The form in which a card comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// The FHIR bundle alone.
    Bundle,
    /// The claims, inflated.
    Payload,
    /// One JWS.
    Jws,
    /// A file: `{"verifiableCredential": […]}`.
    File,
    /// The answer of `$health-cards-issue`: Parameters.
    Parameters,
    /// The texts of its QR codes.
    Numeric,
}

impl Form {
    /// The form that a text has, as far as its first characters tell.
    pub fn of(text: &str) -> Self {
        let text = text.trim_start_matches('\u{feff}').trim();
        if text.starts_with("shc:") {
            return Self::Numeric;
        }
        match serde_json::from_str::<Value>(text) {
            Ok(value) if value.get("verifiableCredential").is_some() => Self::File,
            Ok(value) if value.get("resourceType").and_then(Value::as_str) == Some("Parameters") => {
                Self::Parameters
            }
            Ok(value) if value.get("resourceType").is_some() => Self::Bundle,
            Ok(value) if value.is_object() => Self::Payload,
            _ => Self::Jws,
        }
    }
}

/// Whom and what to trust.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    /// The issuers' keys.
    pub keys: KeySet,
    /// Their revocation lists.
    pub revocations: Revocations,
}

/// A card that was read.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Card {
    /// Its issuer.
    pub issuer: String,
    /// Its claims.
    pub payload: Value,
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Judgement {
    /// The cards, those with problems too.
    pub cards: Vec<Card>,
    /// What is wrong.
    pub problems: Vec<Problem>,
}

impl Judgement {
    /// True when nothing speaks against accepting what was read.
    pub fn is_accepted(&self) -> bool {
        self.problems.iter().all(|problem| problem.severity == Severity::Warning)
    }
}

/// Judges a card: one text, or several for the chunks of a numeric one; at a time in seconds since 1970.
pub fn verify(form: Form, texts: &[String], trust: &Trust, at: i64) -> Judgement {
    let mut judgement = Judgement::default();
    let text = texts.first().map_or("", String::as_str);
    match form {
        Form::Bundle => {
            if let Some(value) = json(text, &mut judgement.problems) {
                bundle::check(&value, &mut judgement.problems);
            }
        }
        Form::Payload => {
            if let Some(value) = json(text, &mut judgement.problems) {
                payload::check(&value, at, &mut judgement.problems);
                remember(value, &mut judgement);
            }
        }
        Form::Jws => one(text, trust, at, &mut judgement),
        Form::Numeric => {
            if let Some(jws) = numeric::join(texts, &mut judgement.problems) {
                one(&jws, trust, at, &mut judgement);
            }
        }
        Form::File => {
            let value = json(text, &mut judgement.problems);
            let cards = value.as_ref().and_then(|v| v.get("verifiableCredential")).and_then(Value::as_array);
            several(cards.into_iter().flatten().filter_map(Value::as_str), trust, at, &mut judgement);
        }
        Form::Parameters => {
            let value = json(text, &mut judgement.problems);
            let parameters = value.as_ref().and_then(|v| v.get("parameter")).and_then(Value::as_array);
            let of_cards = |p: &&Value| p.get("name").and_then(Value::as_str) == Some("verifiableCredential");
            let cards = parameters.into_iter().flatten().filter(of_cards);
            let cards = cards.filter_map(|p| p.get("valueString").and_then(Value::as_str));
            several(cards, trust, at, &mut judgement);
        }
    }
    judgement
}

fn several<'a>(cards: impl Iterator<Item = &'a str>, trust: &Trust, at: i64, judgement: &mut Judgement) {
    let mut found = 0;
    for card in cards {
        found += 1;
        one(card, trust, at, judgement);
    }
    if found == 0 && judgement.is_accepted() {
        judgement.problems.push(Problem::error(Code::Schema, "no card in the file"));
    }
}

fn one(text: &str, trust: &Trust, at: i64, judgement: &mut Judgement) {
    let problems = &mut judgement.problems;
    let Some(jws) = jws::read(text, problems) else { return };
    let Some(claims) = &jws.payload else { return };
    payload::check(claims, at, problems);
    let issuer = claims.get("iss").and_then(Value::as_str).unwrap_or("");
    let keys = trust.keys.of(issuer);
    if !payload::is_issuer(issuer) {
        problems.push(Problem::error(
            Code::IssuerUrl,
            format!("{issuer:?}: https:// without a trailing slash is expected"),
        ));
    } else if let Some(keys) = keys {
        jws.check(keys, problems);
        if let Some(key) = keys.iter().find(|key| Some(key.kid()) == jws.kid.as_deref()) {
            trust.revocations.check(key, claims, problems);
        }
    } else {
        problems.push(Problem::error(Code::IssuerKeys, format!("no keys of {issuer} are known")));
    }
    let claims = claims.clone();
    remember(claims, judgement);
}

fn remember(payload: Value, judgement: &mut Judgement) {
    let issuer = payload.get("iss").and_then(Value::as_str).unwrap_or("").to_owned();
    judgement.cards.push(Card { issuer, payload });
}

fn json(text: &str, problems: &mut Vec<Problem>) -> Option<Value> {
    let trimmed = text.trim_start_matches('\u{feff}').trim();
    // A file ends in a line feed; anything more is told.
    if text.strip_suffix('\n').unwrap_or(text) != trimmed && text != trimmed {
        problems.push(Problem::warning(Code::TrailingCharacters, "characters around the JSON"));
    }
    match serde_json::from_str(trimmed) {
        Ok(value) => Some(value),
        Err(error) => {
            problems.push(Problem::error(Code::Json, error.to_string()));
            None
        }
    }
}
