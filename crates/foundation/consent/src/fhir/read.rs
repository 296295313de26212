//! `Consent` to rules.

use calendar::Timestamp;
use serde_json::Value;

use super::cursor::Cursor;
use super::{Document, Party, Refusal, Source, Vocabulary, dates, parties, systems};
use crate::item::{Categories, Category, Label, Labels};
use crate::reason::{ActReason, Purposes};
use crate::rule::{Author, Effect, GivenBy, RecordId, Rule, RuleId, TemplateVersion, What};
use crate::who::Who;

/// Reads a FHIR R4 `Consent`.
///
/// Exceptions (`provision.provision`) inherit from the base what they do not say themselves.
///
/// # Errors
/// [`Refusal`]: the first element that is missing, malformed or not understood, with its path.
pub fn read(consent: &Value, vocabulary: &Vocabulary) -> Result<Document, Refusal> {
    let root = Cursor::root(consent);
    root.object(CONSENT)?;
    if root.text_of("resourceType")? != "Consent" {
        return Err(root.refuse("Consentではありません", "this is no Consent"));
    }
    let id = rule_id(&root.required("id")?)?;
    code_of(&root.required("scope")?, &[(systems::SCOPE, "patient-privacy")])?;
    let patient = parties::party(&root.required("patient")?)?;
    let (performer, proxied) = performer(&root, &patient, vocabulary)?;
    let blank = Rule {
        withdrawn_at: withdrawn(&root)?,
        given_by: given_by(&root, proxied)?,
        template: template(&root, vocabulary)?,
        ..Rule::new(id.clone(), Effect::Deny, dates::span(&root.required("dateTime")?)?.0)
    };
    Ok(Document {
        patient,
        performer,
        organization: parties::party(&only(&root, "organization")?)?,
        source: source(&root)?,
        rules: rules(&root.required("provision")?, &id, &blank, vocabulary)?,
        id,
    })
}

/// What a Consent may have. Contained resources and `policyRule` are not understood.
const CONSENT: &[&str] = &[
    "resourceType",
    "id",
    "meta",
    "language",
    "text",
    "extension",
    "identifier",
    "status",
    "scope",
    "category",
    "patient",
    "dateTime",
    "performer",
    "organization",
    "sourceReference",
    "sourceAttachment",
    "policy",
    "provision",
];

/// What a provision may have: `action`, `class` beyond our kinds, and `code` would narrow it in ways not understood.
const PROVISION: &[&str] = &[
    "id",
    "extension",
    "modifierExtension",
    "type",
    "period",
    "actor",
    "securityLabel",
    "purpose",
    "class",
    "dataPeriod",
    "data",
    "provision",
];

fn rules(
    base: &Cursor<'_>,
    id: &RuleId,
    blank: &Rule,
    vocabulary: &Vocabulary,
) -> Result<Vec<Rule>, Refusal> {
    let first = provision(base, blank, vocabulary)?;
    let mut rules = vec![first.clone()];
    for (index, nested) in base.list("provision")?.into_iter().enumerate() {
        if nested.value.get("provision").is_some() {
            return Err(nested.refuse(
                "例外の例外は読み込めません（IHE PCF）",
                "exceptions to exceptions are not understood (IHE PCF)",
            ));
        }
        let name = RuleId::new(&format!("{id}.{}", index + 1))
            .map_err(|error| nested.refuse("IDが長すぎます", error.to_string()))?;
        let rule = provision(&nested, &Rule { id: name, ..first.clone() }, vocabulary)?;
        if rules.iter().any(|known| known.id == rule.id) {
            return Err(nested.refuse("同じIDの規則があります", "two rules have the same id"));
        }
        rules.push(rule);
    }
    Ok(rules)
}

/// One provision over what it inherits.
fn provision(at: &Cursor<'_>, inherited: &Rule, vocabulary: &Vocabulary) -> Result<Rule, Refusal> {
    at.object(PROVISION)?;
    let kind = at.required("type")?;
    let effect = match kind.text()? {
        "permit" => Effect::Permit,
        "deny" => Effect::Deny,
        _ => return Err(kind.refuse("permit か deny が必要です", "permit or deny was expected")),
    };
    let mut rule = Rule { effect, ..inherited.clone() };
    if let Some(id) = at.field("id") {
        rule.id = rule_id(&id)?;
    }
    if let Some(period) = at.field("period") {
        let (start, end) = dates::period(&period)?;
        rule.from = start.unwrap_or(rule.from);
        rule.until = end.or(rule.until);
        if start.is_some() && rule.until.is_some_and(|until| until <= rule.from) {
            return Err(
                period.refuse("基本の規則の期間の外です", "this lies outside the period of the base rule")
            );
        }
    }
    let actors = at.list("actor")?;
    if !actors.is_empty() {
        rule.who = actors.iter().map(|one| actor(one, vocabulary)).collect::<Result<_, _>>()?;
    }
    let purposes = at.list("purpose")?;
    if !purposes.is_empty() {
        rule.purposes =
            purposes.iter().map(|one| purpose(one, vocabulary)).collect::<Result<Purposes, _>>()?;
    }
    rule.keep_until = keep_until(at)?.or(rule.keep_until);
    what(at, effect, &mut rule.what, vocabulary)?;
    Ok(rule)
}

fn what(at: &Cursor<'_>, effect: Effect, what: &mut What, vocabulary: &Vocabulary) -> Result<(), Refusal> {
    let classes = at.list("class")?;
    if !classes.is_empty() {
        what.categories = classes.iter().map(class).collect::<Result<Categories, _>>()?;
    }
    let labels = at.list("securityLabel")?;
    if !labels.is_empty() {
        let each = labels.iter().map(|one| label(one, effect)).collect::<Result<Vec<_>, _>>()?;
        what.labels = each.into_iter().fold(Labels::NONE, Labels::union);
    }
    if let Some(period) = at.field("dataPeriod") {
        what.care = Some(dates::care(&period)?);
    }
    let data = at.list("data")?;
    let mut meanings = Meanings::default();
    for one in &data {
        meanings.add(one, vocabulary)?;
    }
    let Meanings { authors, encounters, documents } = meanings;
    let named = [authors.is_empty(), encounters.is_empty(), documents.is_empty()];
    if named.into_iter().filter(|empty| !empty).count() > 1 {
        return Err(at.refuse(
            "dataの意味（meaning）が混ざっています。別々のprovisionに分けてください",
            "data of several meanings: one provision for each is understood",
        ));
    }
    // What an exception names replaces what the base named in the same way; the rest is inherited.
    if !authors.is_empty() {
        what.authors = authors;
    }
    if !encounters.is_empty() {
        what.encounters = encounters;
    }
    if !documents.is_empty() {
        what.documents = documents;
    }
    Ok(())
}

/// The data of a provision by what it means.
#[derive(Default)]
struct Meanings {
    authors: Vec<Author>,
    encounters: Vec<RecordId>,
    documents: Vec<RecordId>,
}

impl Meanings {
    fn add(&mut self, at: &Cursor<'_>, vocabulary: &Vocabulary) -> Result<(), Refusal> {
        at.object(&["id", "extension", "meaning", "reference"])?;
        let meaning = at.required("meaning")?;
        let reference = at.required("reference")?;
        let party = parties::party(&reference)?;
        match meaning.text()? {
            "instance" => self.documents.push(record(&party, &reference)?),
            "related" => self.encounters.push(encounter(&party, &reference)?),
            "authoredby" => self.authors.push(parties::author(&party, &reference, vocabulary)?),
            _ => {
                return Err(meaning.refuse(
                    "instance、related、authoredby のいずれかが必要です",
                    "instance, related or authoredby was expected",
                ));
            }
        }
        Ok(())
    }
}

fn record(party: &Party, at: &Cursor<'_>) -> Result<RecordId, Refusal> {
    let name = match party {
        Party::Reference(reference) => reference,
        Party::Identifier { system, value } if system == systems::RECORD => value,
        Party::Identifier { .. } => {
            return Err(at.refuse("項目を指す参照ではありません", "this reference names no item"));
        }
    };
    RecordId::new(name).map_err(|error| at.refuse("項目の名前として読めません", error.to_string()))
}

/// What is related to something else than a visit cannot be told from an item.
fn encounter(party: &Party, at: &Cursor<'_>) -> Result<RecordId, Refusal> {
    let name = record(party, at)?;
    let visit = match party {
        Party::Reference(reference) => reference.rsplit('/').nth(1) == Some("Encounter"),
        Party::Identifier { .. } => true,
    };
    if visit {
        Ok(name)
    } else {
        Err(at.refuse("Encounterへの参照が必要です", "a reference to an Encounter was expected"))
    }
}

fn actor(at: &Cursor<'_>, vocabulary: &Vocabulary) -> Result<Who, Refusal> {
    at.object(&["id", "extension", "modifierExtension", "role", "reference"])?;
    code_of(&at.required("role")?, &[(systems::PARTICIPATION, "IRCP")])?;
    let reference = at.required("reference")?;
    let mut who = parties::who(&parties::party(&reference)?, &reference, vocabulary)?;
    for extension in at.list("modifierExtension")? {
        let identifier = known(&extension, systems::ALSO, "valueIdentifier")?;
        let more = parties::who(&parties::identifier(&identifier)?, &identifier, vocabulary)?;
        who = parties::also(who, more).ok_or_else(|| {
            extension
                .refuse("相手の条件が矛盾しています", "the conditions on the recipient contradict each other")
        })?;
    }
    Ok(who)
}

fn purpose(at: &Cursor<'_>, vocabulary: &Vocabulary) -> Result<ActReason, Refusal> {
    let (system, code) = at.coding()?;
    let found = if system == ActReason::SYSTEM {
        ActReason::from_code(code)
    } else {
        vocabulary.purposes.get(&(system.into(), code.into())).copied()
    };
    found.ok_or_else(|| {
        at.refuse(
            format!("解釈できない利用目的です: {system}|{code}"),
            format!("a purpose of use that is not understood: {system}|{code}"),
        )
    })
}

fn class(at: &Cursor<'_>) -> Result<Category, Refusal> {
    let (system, code) = at.coding()?;
    let found = if system == Category::SYSTEM { Category::from_code(code) } else { None };
    found.ok_or_else(|| {
        at.refuse(
            format!("解釈できない情報の種類です: {system}|{code}"),
            format!("a kind of information that is not understood: {system}|{code}"),
        )
    })
}

/// Labels narrower or wider than ours: a refusal may be read wider than it says, never narrower, and a permission only
/// as it stands.
fn label(at: &Cursor<'_>, effect: Effect) -> Result<Labels, Refusal> {
    let (system, code) = at.coding()?;
    let exact =
        Label::from_code(code).filter(|label| label.system() == system).map(|label| Labels::of(&[label]));
    let wider = || match (effect, system, code) {
        (Effect::Deny, Label::SENSITIVITY_SYSTEM, "ETHUD" | "OPIOIDUD" | "SUD") => {
            Some(&[Label::SubstanceUse][..])
        }
        (Effect::Deny, Label::SENSITIVITY_SYSTEM, "MH") => Some(&[Label::Psychiatry][..]),
        (Effect::Deny, Label::SENSITIVITY_SYSTEM, "BH") => {
            Some(&[Label::Psychiatry, Label::SubstanceUse][..])
        }
        (Effect::Deny, Label::SENSITIVITY_SYSTEM, "VIO") => Some(&[Label::Violence][..]),
        (Effect::Deny, Label::CONFIDENTIALITY_SYSTEM, "U" | "L" | "M") => Some(&[Label::Normal][..]),
        _ => None,
    };
    exact.or_else(|| wider().map(Labels::of)).ok_or_else(|| {
        at.refuse(
            format!("解釈できないラベルです: {system}|{code}"),
            format!("a label that is not understood: {system}|{code}"),
        )
    })
}

fn keep_until(at: &Cursor<'_>) -> Result<Option<calendar::Date>, Refusal> {
    let Some(extension) = at.single("modifierExtension")? else { return Ok(None) };
    let date = known(&extension, systems::KEEP_UNTIL, "valueDate")?;
    dates::days(&date).map(|(_, last)| Some(last))
}

/// The value of a modifier extension that must be this one.
fn known<'v>(at: &Cursor<'v>, url: &str, value: &str) -> Result<Cursor<'v>, Refusal> {
    at.object(&["id", "url", value])?;
    let found = at.text_of("url")?;
    if found != url {
        return Err(at.refuse(
            format!("解釈できない修飾拡張です: {found}"),
            format!("a modifier extension that is not understood: {found}"),
        ));
    }
    at.required(value)
}

fn source(root: &Cursor<'_>) -> Result<Source, Refusal> {
    match (root.field("sourceReference"), root.field("sourceAttachment")) {
        (Some(reference), None) => parties::party(&reference).map(Source::Reference),
        (None, Some(attachment)) => {
            let known = [
                "id",
                "extension",
                "contentType",
                "language",
                "data",
                "url",
                "size",
                "hash",
                "title",
                "creation",
            ];
            attachment.object(&known).cloned().map(Source::Attachment)
        }
        _ => Err(root.refuse(
            "sourceReference か sourceAttachment のどちらか一方が必要です",
            "either sourceReference or sourceAttachment was expected",
        )),
    }
}

fn performer(
    root: &Cursor<'_>,
    patient: &Party,
    vocabulary: &Vocabulary,
) -> Result<(Party, Option<crate::ProxyId>), Refusal> {
    let at = only(root, "performer")?;
    let party = parties::party(&at)?;
    if party == *patient {
        return Ok((party, None));
    }
    let proxy = parties::proxy(&party, &at, vocabulary)?;
    Ok((party, Some(proxy)))
}

fn given_by(root: &Cursor<'_>, proxied: Option<crate::ProxyId>) -> Result<GivenBy, Refusal> {
    let category = only(root, "category")?;
    let directive = code_of(&category, &[(systems::LOINC, "59284-0"), (systems::CATEGORY, "acd")])? == "acd";
    match (proxied, directive) {
        (None, false) => Ok(GivenBy::Person),
        (None, true) => Ok(GivenBy::Directive),
        (Some(proxy), false) => Ok(GivenBy::Proxy(proxy)),
        (Some(_), true) => Err(category.refuse(
            "事前指示は本人だけが行えます",
            "an advance directive is the person's own: no proxy gives it",
        )),
    }
}

/// The policy: one of our templates, or one that the vocabulary knows to add no limit.
fn template(root: &Cursor<'_>, vocabulary: &Vocabulary) -> Result<Option<TemplateVersion>, Refusal> {
    let policy = only(root, "policy")?;
    policy.object(&["id", "extension", "uri"])?;
    let at = policy.required("uri")?;
    let uri = at.text()?;
    if uri == systems::NO_TEMPLATE {
        return Ok(None);
    }
    let ours = uri.strip_prefix(systems::TEMPLATE);
    if ours.is_none() && !vocabulary.policies.contains(uri) {
        return Err(at.refuse(
            format!("内容の分からない方針です: {uri}"),
            format!("a policy whose text is not known: {uri}"),
        ));
    }
    if ours.is_some_and(|name| name.contains(':')) {
        return Err(at.refuse("ひな形の名前として読めません", "this is no name of a template"));
    }
    let name = TemplateVersion::new(ours.unwrap_or(uri));
    name.map(Some).map_err(|error| at.refuse("方針の名前として読めません", error.to_string()))
}

fn withdrawn(root: &Cursor<'_>) -> Result<Option<Timestamp>, Refusal> {
    let status = root.required("status")?;
    match status.text()? {
        "active" => Ok(None),
        "inactive" => {
            let extension = root
                .list("extension")?
                .into_iter()
                .find(|one| one.value.get("url").and_then(Value::as_str) == Some(systems::WITHDRAWN))
                .ok_or_else(|| {
                    status.refuse("撤回の日時がありません", "it is not said when it was withdrawn")
                })?;
            let at = known(&extension, systems::WITHDRAWN, "valueDateTime")?;
            dates::span(&at).map(|(first, _)| Some(first))
        }
        other => Err(status.refuse(
            format!("効力のない状態です: {other}"),
            format!("a Consent of this status is not in force: {other}"),
        )),
    }
}

fn rule_id(at: &Cursor<'_>) -> Result<RuleId, Refusal> {
    RuleId::new(at.text()?).map_err(|error| at.refuse("IDとして読めません", error.to_string()))
}

fn only<'v>(at: &Cursor<'v>, name: &str) -> Result<Cursor<'v>, Refusal> {
    at.required(name)?;
    at.single(name)?.ok_or_else(|| at.refuse(format!("{name}がありません"), format!("{name} is missing")))
}

/// The first code of a concept that is one of these.
fn code_of<'v>(at: &Cursor<'v>, accepted: &[(&str, &str)]) -> Result<&'v str, Refusal> {
    for coding in at.codings()? {
        let found = coding.coding()?;
        if accepted.contains(&found) {
            return Ok(found.1);
        }
    }
    let expected =
        accepted.iter().map(|(system, code)| format!("{system}|{code}")).collect::<Vec<_>>().join(", ");
    Err(at.refuse(format!("{expected} が必要です"), format!("expected {expected}")))
}
