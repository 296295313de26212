//! Rules to `Consent`.

use calendar::{Date, Interval};
use serde_json::{Map, Value, json};

use super::{Document, Source, dates, parties, systems};
use crate::item::Category;
use crate::reason::ActReason;
use crate::rule::{Effect, GivenBy, RecordId, Rule, RuleId, What};
use crate::who::Who;

/// Rules that one Consent cannot say.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unwritable {
    /// There is no rule.
    #[error("a Consent has at least one rule (規則がありません)")]
    Empty,
    /// A rule of law is no person's consent.
    #[error("{0}: a rule of law is no consent (法令の規則は同意ではありません)")]
    Law(RuleId),
    /// The rule was given, recorded or withdrawn otherwise than the first: it needs a Consent of its own.
    #[error(
        "{0}: given, recorded or withdrawn otherwise than the base rule (基本の規則と根拠・時刻が異なります)"
    )]
    Apart(RuleId),
    /// The base limits something that this exception does not: a reader would let it inherit that.
    #[error(
        "{0}: an exception must say whatever the base rule says (例外は基本の規則が述べる項目をすべて述べる必要があります)"
    )]
    Inherits(RuleId),
    /// The rule names anyone, an author that is nobody, a team beside another, or data in more than one way.
    #[error("{0}: it names somebody or something in a way that FHIR cannot say (FHIRで表せない規則です)")]
    Inexpressible(RuleId),
}

/// Writes rules as one FHIR R4 `Consent`: the first as the base, the others as its exceptions.
///
/// # Errors
/// [`Unwritable`], naming the rule. Rules that do not belong together are written one by one.
pub fn write(document: &Document) -> Result<Value, Unwritable> {
    let (base, exceptions) = document.rules.split_first().ok_or(Unwritable::Empty)?;
    let mut provision = self::provision(base, None)?;
    let nested = exceptions
        .iter()
        .map(|rule| belongs(rule, base).and_then(|()| self::provision(rule, Some(base))))
        .map(|provision| provision.map(Value::Object))
        .collect::<Result<Vec<_>, _>>()?;
    put(&mut provision, "provision", nested);
    let mut consent = head(document, base)?;
    consent.insert("provision".into(), provision.into());
    Ok(consent.into())
}

fn head(document: &Document, base: &Rule) -> Result<Map<String, Value>, Unwritable> {
    let (system, code) = match base.given_by {
        GivenBy::Law | GivenBy::Right => return Err(Unwritable::Law(base.id.clone())),
        GivenBy::Directive => (systems::CATEGORY, "acd"),
        GivenBy::Person | GivenBy::Proxy(_) => (systems::LOINC, "59284-0"),
    };
    let policy = match &base.template {
        None => systems::NO_TEMPLATE.into(),
        Some(template) if template.as_str().contains(':') => template.to_string(),
        Some(template) => format!("{}{template}", systems::TEMPLATE),
    };
    let mut consent = Map::new();
    let mut say = |name: &str, value: Value| {
        consent.insert(name.into(), value);
    };
    say("resourceType", "Consent".into());
    say("id", document.id.to_string().into());
    say("meta", json!({ "profile": [systems::PROFILE] }));
    if let Some(at) = base.withdrawn_at {
        say("extension", json!([{ "url": systems::WITHDRAWN, "valueDateTime": dates::instant(at) }]));
    }
    say("status", if base.withdrawn_at.is_some() { "inactive".into() } else { "active".into() });
    say("scope", json!({ "coding": [{ "system": systems::SCOPE, "code": "patient-privacy" }] }));
    say("category", json!([{ "coding": [{ "system": system, "code": code }] }]));
    say("patient", parties::reference(&document.patient));
    say("dateTime", dates::instant(base.recorded_at).into());
    say("performer", json!([parties::reference(&document.performer)]));
    say("organization", json!([parties::reference(&document.organization)]));
    match &document.source {
        Source::Reference(party) => say("sourceReference", parties::reference(party)),
        Source::Attachment(attachment) => say("sourceAttachment", attachment.clone().into()),
    }
    say("policy", json!([{ "uri": policy }]));
    Ok(consent)
}

fn belongs(rule: &Rule, base: &Rule) -> Result<(), Unwritable> {
    let together = rule.given_by == base.given_by
        && rule.recorded_at == base.recorded_at
        && rule.withdrawn_at == base.withdrawn_at
        && rule.template == base.template;
    if !together {
        return Err(Unwritable::Apart(rule.id.clone()));
    }
    let says = |ours_silent: bool, base_silent: bool| base_silent || !ours_silent;
    let (ours, theirs) = (&rule.what, &base.what);
    let all = says(rule.who.is_empty(), base.who.is_empty())
        && says(rule.purposes.is_empty(), base.purposes.is_empty())
        && says(rule.until.is_none(), base.until.is_none())
        && says(rule.keep_until.is_none(), base.keep_until.is_none())
        && says(ours.categories.is_empty(), theirs.categories.is_empty())
        && says(ours.labels.is_empty(), theirs.labels.is_empty())
        && says(ours.care.is_none(), theirs.care.is_none())
        && says(ours.authors.is_empty(), theirs.authors.is_empty())
        && says(ours.encounters.is_empty(), theirs.encounters.is_empty())
        && says(ours.documents.is_empty(), theirs.documents.is_empty());
    if all { Ok(()) } else { Err(Unwritable::Inherits(rule.id.clone())) }
}

fn provision(rule: &Rule, base: Option<&Rule>) -> Result<Map<String, Value>, Unwritable> {
    let inexpressible = || Unwritable::Inexpressible(rule.id.clone());
    let mut provision = Map::new();
    provision.insert("id".into(), rule.id.to_string().into());
    if let Some(day) = rule.keep_until {
        let extension = json!({ "url": systems::KEEP_UNTIL, "valueDate": day.to_string() });
        put(&mut provision, "modifierExtension", vec![extension]);
    }
    provision.insert("type".into(), if rule.effect == Effect::Permit { "permit" } else { "deny" }.into());
    let start = base.map_or(rule.recorded_at, |base| base.from);
    let mut period = Map::new();
    if rule.from != start {
        period.insert("start".into(), dates::instant(rule.from).into());
    }
    if let Some(until) = rule.until {
        period.insert("end".into(), dates::end(until).into());
    }
    if !period.is_empty() {
        provision.insert("period".into(), period.into());
    }
    let actors = rule.who.iter().map(actor).collect::<Option<Vec<_>>>().ok_or_else(inexpressible)?;
    put(&mut provision, "actor", actors);
    let labels = rule.what.labels.iter().map(|label| coding(label.system(), label.code())).collect();
    put(&mut provision, "securityLabel", labels);
    let purposes = rule.purposes.iter().map(|purpose| coding(ActReason::SYSTEM, purpose.code())).collect();
    put(&mut provision, "purpose", purposes);
    let classes =
        rule.what.categories.iter().map(|category| coding(Category::SYSTEM, category.code())).collect();
    put(&mut provision, "class", classes);
    if let Some(care) = rule.what.care {
        provision.insert("dataPeriod".into(), days(care).ok_or_else(inexpressible)?);
    }
    put(&mut provision, "data", data(&rule.what, base.map(|base| &base.what)).ok_or_else(inexpressible)?);
    Ok(provision)
}

fn actor(who: &Who) -> Option<Value> {
    let mut identifiers = parties::identifiers(who).into_iter();
    let first = identifiers.next()?;
    let also: Vec<_> = identifiers
        .map(|identifier| json!({ "url": systems::ALSO, "valueIdentifier": identifier }))
        .collect();
    let mut actor = Map::new();
    put(&mut actor, "modifierExtension", also);
    actor.insert("role".into(), json!({ "coding": [coding(systems::PARTICIPATION, "IRCP")] }));
    actor.insert("reference".into(), json!({ "identifier": first }));
    Some(actor.into())
}

/// The data that a rule names; what an exception has in common with its base it inherits.
fn data(what: &What, base: Option<&What>) -> Option<Vec<Value>> {
    let of = |meaning: &str, reference: Value| json!({ "meaning": meaning, "reference": reference });
    let instance = |name: &RecordId| of("instance", record(name, |_| true));
    let related = |name: &RecordId| of("related", record(name, |kind| kind == "Encounter"));
    let authored = |author| parties::author_reference(author).map(|reference| of("authoredby", reference));
    let own = |same: bool, list: Vec<Value>| if base.is_some() && same { Vec::new() } else { list };
    let documents = own(
        base.is_some_and(|base| base.documents == what.documents),
        what.documents.iter().map(instance).collect(),
    );
    let encounters = own(
        base.is_some_and(|base| base.encounters == what.encounters),
        what.encounters.iter().map(related).collect(),
    );
    let authors = own(
        base.is_some_and(|base| base.authors == what.authors),
        what.authors.iter().map(authored).collect::<Option<_>>()?,
    );
    let mut ways = [documents, encounters, authors].into_iter().filter(|list| !list.is_empty());
    let first = ways.next().unwrap_or_default();
    if ways.next().is_some() { None } else { Some(first) }
}

/// A literal reference where the name is one of the right type, else an identifier.
fn record(name: &RecordId, right: impl Fn(&str) -> bool) -> Value {
    let literal = name.as_str().split_once('/').is_some_and(|(kind, id)| {
        let named = kind.starts_with(|first: char| first.is_ascii_uppercase()) && !id.is_empty();
        named && !id.contains('/') && kind.bytes().all(|byte| byte.is_ascii_alphabetic()) && right(kind)
    });
    if literal {
        json!({ "reference": name.as_str() })
    } else {
        json!({ "identifier": { "system": systems::RECORD, "value": name.as_str() } })
    }
}

fn days(care: Interval) -> Option<Value> {
    let mut period = Map::new();
    if care.from != Date::MIN || care.until.is_none() {
        period.insert("start".into(), care.from.to_string().into());
    }
    if care.until.is_some() {
        period.insert("end".into(), care.last_day()?.to_string().into());
    }
    Some(period.into())
}

fn coding(system: &str, code: &str) -> Value {
    json!({ "system": system, "code": code })
}

fn put(object: &mut Map<String, Value>, name: &str, entries: Vec<Value>) {
    if !entries.is_empty() {
        object.insert(name.into(), entries.into());
    }
}
