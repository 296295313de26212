//! Scopes (SMART App Launch 2.x): `patient/Observation.rs?category=laboratory`, the older `patient/Observation.read`, and what a launch
//! asks beside. What is not understood is not granted.

use std::fmt;
use std::str::FromStr;

/// The types that an app may read here.
pub const TYPES: &[&str] = &[
    "AllergyIntolerance",
    "Condition",
    "MedicationRequest",
    "MedicationDispense",
    "MedicationStatement",
    "Observation",
    "DiagnosticReport",
    "Immunization",
    "Procedure",
    "Encounter",
    "CarePlan",
    "DocumentReference",
    "Patient",
];

/// One scope (許す範囲).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Reading resources of the person.
    Read(Reading),
    /// To be told who the person is, as a patient.
    LaunchPatient,
    /// To come back later without the person.
    Offline,
}

/// What may be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// One type; every type without it.
    pub kind: Option<&'static str>,
    /// By id.
    pub read: bool,
    /// By search.
    pub search: bool,
    /// Only what this search finds: `category=laboratory`.
    pub query: Option<String>,
}

/// A text that is no scope of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a scope that is granted here")]
pub struct NoScope;

impl FromStr for Scope {
    type Err = NoScope;

    fn from_str(text: &str) -> Result<Self, NoScope> {
        match text {
            "launch/patient" => return Ok(Self::LaunchPatient),
            "offline_access" => return Ok(Self::Offline),
            _ => {}
        }
        let rest = text.strip_prefix("patient/").ok_or(NoScope)?;
        let (rest, query) = match rest.split_once('?') {
            Some((rest, query)) => (rest, Some(query)),
            None => (rest, None),
        };
        let (kind, rights) = rest.rsplit_once('.').ok_or(NoScope)?;
        let kind = match kind {
            "*" => None,
            named => Some(*TYPES.iter().find(|known| **known == named).ok_or(NoScope)?),
        };
        let (read, search) = match rights {
            "read" | "rs" => (true, true),
            "r" => (true, false),
            "s" => (false, true),
            _ => return Err(NoScope),
        };
        // Of several types no search parameter means the same.
        let query = match query {
            Some(query) if kind.is_some() && is_narrowing(query) => Some(query.to_owned()),
            Some(_) => return Err(NoScope),
            None => None,
        };
        Ok(Self::Read(Reading { kind, read, search, query }))
    }
}

/// Whether a search only narrows: no modifier of the answer, nothing that reaches other resources.
pub fn is_narrowing(query: &str) -> bool {
    !query.is_empty()
        && query.len() < 500
        && query.split('&').all(|part| {
            let Some((name, value)) = part.split_once('=') else { return false };
            !name.is_empty()
                && !value.is_empty()
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
                && !value.contains(char::is_whitespace)
        })
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LaunchPatient => f.write_str("launch/patient"),
            Self::Offline => f.write_str("offline_access"),
            Self::Read(reading) => {
                let rights = match (reading.read, reading.search) {
                    (true, false) => "r",
                    (false, true) => "s",
                    _ => "rs",
                };
                write!(f, "patient/{}.{rights}", reading.kind.unwrap_or("*"))?;
                match &reading.query {
                    Some(query) => write!(f, "?{query}"),
                    None => Ok(()),
                }
            }
        }
    }
}

/// The scopes of a text that are understood, each once.
pub fn scopes(text: &str) -> Vec<Scope> {
    let mut found: Vec<Scope> = Vec::new();
    for scope in text.split_ascii_whitespace().filter_map(|word| word.parse().ok()) {
        if !found.contains(&scope) {
            found.push(scope);
        }
    }
    found
}

/// By which searches a type may be read; none means that it may not, an empty one all of it.
pub fn searches(scopes: &[Scope], kind: &str, by_id: bool) -> Option<Vec<String>> {
    let of_kind: Vec<&Reading> = scopes
        .iter()
        .filter_map(|scope| match scope {
            Scope::Read(reading) => Some(reading),
            _ => None,
        })
        .filter(|reading| reading.kind.is_none_or(|of| of == kind))
        .filter(|reading| if by_id { reading.read } else { reading.search })
        .collect();
    if of_kind.is_empty() {
        return None;
    }
    if of_kind.iter().any(|reading| reading.query.is_none()) {
        return Some(vec![String::new()]);
    }
    Some(of_kind.iter().filter_map(|reading| reading.query.clone()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_read_and_said_again() {
        for (text, again) in [
            ("patient/Observation.rs?category=laboratory", "patient/Observation.rs?category=laboratory"),
            ("patient/Observation.read", "patient/Observation.rs"),
            ("patient/*.rs", "patient/*.rs"),
            ("patient/Condition.s", "patient/Condition.s"),
            ("offline_access", "offline_access"),
        ] {
            assert_eq!(text.parse::<Scope>().unwrap().to_string(), again);
        }
        for refused in [
            "user/Observation.rs",
            "system/*.rs",
            "patient/Observation.cruds",
            "patient/Observation.write",
            "patient/Consent.rs",
            "patient/*.rs?category=x",
            "patient/Observation.rs?_include=x",
            "patient/Observation.rs?subject.name=x",
            "patient/Observation.rs?a=1&_has:x=2",
            "openid",
        ] {
            assert_eq!(refused.parse::<Scope>(), Err(NoScope), "{refused}");
        }
    }

    #[test]
    fn a_narrow_scope_narrows_and_a_wide_one_outweighs_it() {
        let narrow = scopes("patient/Observation.rs?category=laboratory patient/Condition.r");
        assert_eq!(searches(&narrow, "Observation", false), Some(vec!["category=laboratory".to_owned()]));
        assert_eq!(searches(&narrow, "Condition", false), None, "by id only");
        assert_eq!(searches(&narrow, "Condition", true), Some(vec![String::new()]));
        assert_eq!(searches(&narrow, "Immunization", true), None);
        let wide = scopes("patient/Observation.rs?category=laboratory patient/*.rs");
        assert_eq!(searches(&wide, "Observation", false), Some(vec![String::new()]));
    }
}
