//! The parts of a rule in plain words.

use codes::OrgId;

use super::{Names, Text};
use crate::reason::ActReason;
use crate::rule::{Author, Effect, Rule, What};
use crate::who::{InTeam, Who};

/// One line of a document: what it is about, and what is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// In Japanese.
    pub ja: (&'static str, String),
    /// In English.
    pub en: (&'static str, String),
}

pub(super) fn lines(rule: &Rule, names: Names<'_>) -> Vec<Line> {
    let permit = rule.effect == Effect::Permit;
    let mut lines = vec![
        line(
            "決めたこと",
            if permit { "見せてよい" } else { "見せない" },
            "Decision",
            if permit { "may be seen" } else { "may not be seen" },
        ),
        of("だれに", "To whom", whom(rule, names)),
        of("なにを", "What", kinds(&rule.what)),
    ];
    lines.extend(limits(&rule.what, permit, names));
    lines.push(of("何のために", "What for", purposes(rule)));
    lines.push(of("いつからいつまで", "How long", period(rule)));
    if let Some(day) = rule.keep_until {
        lines.push(line(
            "受け取った人が持っていられる日",
            &format!("{}まで", day.to_wareki()),
            "The recipient may keep it",
            &format!("until {day}"),
        ));
    }
    lines
}

fn whom(rule: &Rule, names: Names<'_>) -> (String, String) {
    if rule.who.is_empty() {
        return ("すべての人・機関".into(), "everyone".into());
    }
    join(rule.who.iter().map(|who| one(who, names)), "、または", ", or ")
}

fn one(who: &Who, names: Names<'_>) -> (String, String) {
    let mut parts: Vec<(String, String)> = Vec::new();
    if let Some(network) = &who.network {
        parts.push((
            format!("ネットワーク「{network}」の参加機関"),
            format!("members of the network {network}"),
        ));
    }
    if let Some(organisation) = &who.organisation {
        parts.push(organisation_name(organisation, names));
    }
    if let Some(kind) = who.kind {
        parts.push((kind.ja().into(), kind.en().into()));
    }
    match &who.team {
        Some(InTeam::Any) => parts.push(("わたしのケアチーム".into(), "my care teams".into())),
        Some(InTeam::Named(team)) => {
            parts.push((format!("ケアチーム「{team}」"), format!("the care team {team}")))
        }
        None => {}
    }
    if let Some(profession) = who.profession {
        parts.push((profession.ja().into(), profession.en().into()));
    }
    if let Some(person) = &who.person {
        parts.push((format!("職員「{person}」"), format!("the member of staff {person}")));
    }
    if parts.is_empty() {
        return ("すべての人・機関".into(), "everyone".into());
    }
    join(parts.into_iter(), "の", ", ")
}

fn kinds(what: &What) -> (String, String) {
    if what.categories.is_empty() {
        return ("すべての種類の情報".into(), "every kind of information".into());
    }
    join(what.categories.iter().map(|one| (one.ja().into(), one.en().into())), "、", ", ")
}

fn limits(what: &What, permit: bool, names: Names<'_>) -> Vec<Line> {
    let mut lines = Vec::new();
    if !what.labels.is_empty() {
        let (ja, en) = join(what.labels.iter().map(|one| (one.ja().into(), one.en().into())), "、", ", ");
        lines.push(if permit {
            of(
                "機微な情報の扱い",
                "Sensitivity",
                (format!("{ja} の情報に限る"), format!("only information labelled {en}")),
            )
        } else {
            of(
                "機微な情報の扱い",
                "Sensitivity",
                (format!("{ja} のどれかにあたる情報"), format!("information labelled {en}")),
            )
        });
    }
    if let Some(care) = what.care {
        let last = care.last_day();
        lines.push(line(
            "診療・介護の時期",
            &format!(
                "{}から{}",
                care.from.to_wareki(),
                last.map_or("今後".into(), |day| day.to_wareki() + "まで")
            ),
            "Time of care",
            &format!("from {} {}", care.from, last.map_or("on".into(), |day| format!("to {day}"))),
        ));
    }
    if !what.authors.is_empty() {
        lines.push(of(
            "作った人・機関",
            "Made by",
            join(what.authors.iter().map(|one| author(one, names)), "、", ", "),
        ));
    }
    if !what.encounters.is_empty() {
        lines.push(of("受診・入院", "Visit or stay", same(&what.encounters)));
    }
    if !what.documents.is_empty() {
        lines.push(of("文書・項目", "Document or item", same(&what.documents)));
    }
    lines
}

fn author(author: &Author, names: Names<'_>) -> (String, String) {
    let organisation =
        author.organisation.as_ref().map(|organisation| organisation_name(organisation, names));
    let person = author
        .person
        .as_ref()
        .map(|person| (format!("職員「{person}」"), format!("the member of staff {person}")));
    join(organisation.into_iter().chain(person), "の", ", ")
}

/// A purpose is told with the emergencies that it includes, because people do not expect them.
fn purposes(rule: &Rule) -> (String, String) {
    if rule.purposes.is_empty() {
        return ("どんな目的でも（救急を含む）".into(), "any purpose, emergencies included".into());
    }
    let one = |purpose: ActReason| match purpose {
        ActReason::Treat => ("診療（救急を含む）".into(), "treatment, emergencies included".into()),
        other => (other.ja().into(), other.en().into()),
    };
    join(rule.purposes.iter().map(one), "、", ", ")
}

fn period(rule: &Rule) -> (String, String) {
    let from = rule.from.to_minutes();
    match rule.until {
        None => (format!("{from} から、やめるまで"), format!("from {from} until I end it")),
        Some(until) => {
            let until = until.to_minutes();
            (format!("{from} から {until} の前まで"), format!("from {from} until before {until}"))
        }
    }
}

fn organisation_name(organisation: &OrgId, names: Names<'_>) -> (String, String) {
    match names(organisation) {
        Some(Text { ja, en }) => (ja, en),
        None => (organisation.to_string(), organisation.to_string()),
    }
}

fn same<T: ToString>(names: &[T]) -> (String, String) {
    join(names.iter().map(|name| (name.to_string(), name.to_string())), "、", ", ")
}

fn join(parts: impl Iterator<Item = (String, String)>, ja: &str, en: &str) -> (String, String) {
    let (left, right): (Vec<String>, Vec<String>) = parts.unzip();
    (left.join(ja), right.join(en))
}

fn of(ja: &'static str, en: &'static str, text: (String, String)) -> Line {
    Line { ja: (ja, text.0), en: (en, text.1) }
}

fn line(ja: &'static str, text_ja: &str, en: &'static str, text_en: &str) -> Line {
    Line { ja: (ja, text_ja.into()), en: (en, text_en.into()) }
}
