//! The claims of a card.

use serde_json::Value;

use crate::{
    bundle,
    problem::{Code, Problem},
};

const HEALTH_CARD: &str = "https://smarthealth.cards#health-card";
const IMMUNIZATION: &str = "https://smarthealth.cards#immunization";
const LABORATORY: &str = "https://smarthealth.cards#laboratory";
const COVID: &str = "https://smarthealth.cards#covid19";
/// Later than any card's time in seconds: it is in milliseconds.
const MILLISECONDS: f64 = 100_000_000_000.0;

/// Judges the claims at a time in seconds since 1970.
pub(crate) fn check(payload: &Value, at: i64, problems: &mut Vec<Problem>) {
    times(payload, at, problems);
    let iss = payload.get("iss").and_then(Value::as_str);
    if iss.is_none() {
        problems.push(Problem::error(Code::Schema, "iss, a URL, is expected"));
    }
    let Some(vc) = payload.get("vc") else {
        problems.push(Problem::error(Code::Schema, "vc is expected"));
        return;
    };
    let types: Vec<&str> = vc
        .get("type")
        .and_then(Value::as_array)
        .map(|all| all.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    if !types.contains(&HEALTH_CARD) {
        problems.push(Problem::error(Code::Schema, format!("vc.type does not hold {HEALTH_CARD}")));
    }
    let subject = vc.get("credentialSubject");
    let version = subject.and_then(|subject| subject.get("fhirVersion")).and_then(Value::as_str);
    if !version.is_some_and(|version| version.starts_with("4.")) {
        problems.push(Problem::error(Code::Schema, "credentialSubject.fhirVersion 4.x.x is expected"));
    }
    let Some(bundle) = subject.and_then(|subject| subject.get("fhirBundle")) else {
        problems.push(Problem::error(Code::Schema, "credentialSubject.fhirBundle is expected"));
        return;
    };
    bundle::check(bundle, problems);
    for (needed, wanted) in [
        (bundle::has(bundle, "Immunization"), IMMUNIZATION),
        (bundle::has(bundle, "Observation"), LABORATORY),
        (bundle::is_covid(bundle), COVID),
    ] {
        if needed && !types.contains(&wanted) {
            problems.push(Problem::warning(Code::Schema, format!("vc.type should hold {wanted}")));
        }
    }
}

fn times(payload: &Value, at: i64, problems: &mut Vec<Problem>) {
    let at = at as f64;
    let issued = payload.get("nbf").and_then(Value::as_f64);
    match issued {
        None => problems.push(Problem::error(Code::Schema, "nbf, a number of seconds, is expected")),
        Some(nbf) if nbf > MILLISECONDS => {
            problems.push(Problem::error(Code::NotYetValid, format!("nbf {nbf} looks like milliseconds")));
        }
        Some(nbf) if nbf > at => {
            problems.push(Problem::warning(Code::NotYetValid, format!("valid from {nbf} on")));
        }
        Some(_) => {}
    }
    match payload.get("exp").map(|exp| (exp, exp.as_f64())) {
        None => {}
        Some((exp, None)) => {
            problems.push(Problem::error(Code::Schema, format!("exp is {exp}, a number is expected")))
        }
        Some((_, Some(exp))) if exp > MILLISECONDS => {
            problems.push(Problem::warning(Code::Expired, format!("exp {exp} looks like milliseconds")));
        }
        Some((_, Some(exp))) if exp < at || issued.is_some_and(|nbf| exp < nbf) => {
            problems.push(Problem::error(Code::Expired, format!("valid until {exp}")));
        }
        Some(_) => {}
    }
}

/// Whether an issuer's URL is one that keys can be published under.
pub(crate) fn is_issuer(url: &str) -> bool {
    url.strip_prefix("https://").is_some_and(|rest| {
        !rest.is_empty()
            && !rest.ends_with('/')
            && !rest.contains(['?', '#', ' '])
            && !rest.starts_with('/')
            && rest.split('/').next().is_some_and(|host| host.contains('.'))
    })
}
