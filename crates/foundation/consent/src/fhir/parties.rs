//! Who is named: references and identifiers as [`Who`], [`Author`] and [`ProxyId`], and back.

use codes::{OrgId, OrgKind};
use serde_json::{Value, json};

use super::cursor::Cursor;
use super::{Party, Refusal, Vocabulary, systems};
use crate::proxy::ProxyId;
use crate::rule::Author;
use crate::who::{InTeam, InstitutionKind, NetworkId, Profession, StaffId, TeamId, Who};

/// The party of a Reference.
pub(super) fn party(at: &Cursor<'_>) -> Result<Party, Refusal> {
    at.object(&["id", "extension", "reference", "type", "identifier", "display"])?;
    match (at.field("reference"), at.field("identifier")) {
        (Some(reference), None) => reference.text().map(|text| Party::Reference(text.into())),
        (None, Some(identifier)) => self::identifier(&identifier),
        _ => Err(at.refuse(
            "reference か identifier のどちらか一方が必要です",
            "either a reference or an identifier was expected",
        )),
    }
}

/// The party of an Identifier.
pub(super) fn identifier(at: &Cursor<'_>) -> Result<Party, Refusal> {
    at.object(&["id", "extension", "use", "type", "system", "value"])?;
    Ok(Party::Identifier { system: at.text_of("system")?.into(), value: at.text_of("value")?.into() })
}

/// Whom a party means.
pub(super) fn who(party: &Party, at: &Cursor<'_>, vocabulary: &Vocabulary) -> Result<Who, Refusal> {
    let found = match party {
        Party::Reference(reference) => vocabulary.parties.get(reference).cloned(),
        Party::Identifier { system, value } => identified(system, value),
    };
    found.filter(|who| !who.is_anyone()).ok_or_else(|| unknown(party, at))
}

/// The author that a party means.
pub(super) fn author(party: &Party, at: &Cursor<'_>, vocabulary: &Vocabulary) -> Result<Author, Refusal> {
    let Who { organisation, person, kind, profession, team, network } = who(party, at, vocabulary)?;
    let more = kind.is_some() || profession.is_some() || team.is_some() || network.is_some();
    if more || (organisation.is_none() && person.is_none()) {
        return Err(at.refuse(
            "作成者は機関か職員でなければなりません",
            "an author must be an organisation or a member of staff",
        ));
    }
    Ok(Author { organisation, person })
}

/// The proxy that a party means.
pub(super) fn proxy(party: &Party, at: &Cursor<'_>, vocabulary: &Vocabulary) -> Result<ProxyId, Refusal> {
    let found = match party {
        Party::Reference(reference) => vocabulary.proxies.get(reference).cloned(),
        Party::Identifier { system, value } if system == systems::PROXY => ProxyId::new(value).ok(),
        Party::Identifier { .. } => None,
    };
    found.ok_or_else(|| unknown(party, at))
}

/// A party as a Reference.
pub(super) fn reference(party: &Party) -> Value {
    match party {
        Party::Reference(reference) => json!({ "reference": reference }),
        Party::Identifier { system, value } => json!({ "identifier": { "system": system, "value": value } }),
    }
}

/// The identifiers that together mean these people: the first for `actor.reference`, the others beside it.
pub(super) fn identifiers(who: &Who) -> Vec<Value> {
    let organisation = if who.person.is_some() { None } else { who.organisation };
    let team = who.team.as_ref().map(|team| match team {
        InTeam::Any => ANY_TEAM,
        InTeam::Named(team) => team.as_str(),
    });
    let said = [
        who.person.as_ref().map(|person| (systems::STAFF, staff(who.organisation.as_ref(), person))),
        organisation.map(|organisation| (systems::ORGANISATION, organisation.to_string())),
        team.map(|team| (systems::TEAM, team.to_string())),
        who.network.as_ref().map(|network| (systems::NETWORK, network.to_string())),
        who.profession.map(|profession| (Profession::SYSTEM, profession.to_string())),
        who.kind.map(|kind| (InstitutionKind::SYSTEM, kind.to_string())),
    ];
    said.into_iter().flatten().map(|(system, value)| json!({ "system": system, "value": value })).collect()
}

/// An author as a Reference; `None` for one that names nobody.
pub(super) fn author_reference(author: &Author) -> Option<Value> {
    let (system, value) = match (&author.person, &author.organisation) {
        (Some(person), organisation) => (systems::STAFF, staff(organisation.as_ref(), person)),
        (None, Some(organisation)) => (systems::ORGANISATION, organisation.to_string()),
        (None, None) => return None,
    };
    Some(json!({ "identifier": { "system": system, "value": value } }))
}

/// What must hold beside: adds one more identifier to those already said, `None` if they contradict.
pub(super) fn also(who: Who, more: Who) -> Option<Who> {
    fn either<T>(a: Option<T>, b: Option<T>) -> Option<Option<T>> {
        if a.is_some() && b.is_some() { None } else { Some(a.or(b)) }
    }
    Some(Who {
        organisation: either(who.organisation, more.organisation)?,
        kind: either(who.kind, more.kind)?,
        profession: either(who.profession, more.profession)?,
        person: either(who.person, more.person)?,
        team: either(who.team, more.team)?,
        network: either(who.network, more.network)?,
    })
}

fn identified(system: &str, value: &str) -> Option<Who> {
    match system {
        systems::STAFF => {
            let (organisation, person) = value.split_once('|')?;
            let organisation = if organisation.is_empty() { None } else { Some(organisation.parse().ok()?) };
            Some(Who { organisation, person: Some(StaffId::new(person).ok()?), ..Who::default() })
        }
        systems::ORGANISATION => value.parse().ok().map(Who::organisation),
        systems::JP_INSTITUTION if value.len() == 10 && value.bytes().all(|b| b.is_ascii_digit()) => {
            OrgId::new(OrgKind::Institution, value).ok().map(Who::organisation)
        }
        systems::TEAM if value == ANY_TEAM => Some(Who { team: Some(InTeam::Any), ..Who::default() }),
        systems::TEAM => TeamId::new(value).ok().map(Who::team),
        systems::NETWORK => NetworkId::new(value).ok().map(Who::network),
        Profession::SYSTEM => Profession::from_code(value).map(Who::profession),
        InstitutionKind::SYSTEM => InstitutionKind::from_code(value).map(Who::kind),
        _ => None,
    }
}

fn staff(organisation: Option<&OrgId>, person: &StaffId) -> String {
    format!("{}|{person}", organisation.map(ToString::to_string).unwrap_or_default())
}

fn unknown(party: &Party, at: &Cursor<'_>) -> Refusal {
    let name = match party {
        Party::Reference(reference) => reference.clone(),
        Party::Identifier { system, value } => format!("{system}|{value}"),
    };
    at.refuse(format!("誰を指すか分かりません: {name}"), format!("it is not known who this is: {name}"))
}

/// Not a character of a name, so that no team has it.
const ANY_TEAM: &str = "*";
