//! Whether a rule reaches an asker and an item, and which of two rules is the more specific.

use crate::consents::CareTeam;
use crate::item::{Item, Label, Labels};
use crate::rule::{Author, Effect, GivenBy, RecordId, Rule, What};
use crate::who::{Asker, InTeam, Who};

impl Who {
    /// Whether the asker is meant; `teams` are those of the person's own list that stand.
    pub(crate) fn means(&self, asker: &Asker, teams: &[&CareTeam]) -> bool {
        let team = |named: &InTeam| match named {
            InTeam::Any => teams.iter().any(|team| team.has(asker)),
            InTeam::Named(id) => {
                asker.teams.contains(id) || teams.iter().any(|team| team.id == *id && team.has(asker))
            }
        };
        self.kind.is_none_or(|kind| kind == asker.kind)
            && self.profession.is_none_or(|profession| asker.profession == Some(profession))
            && self.organisation.is_none_or(|organisation| organisation == asker.organisation)
            && self.person.as_ref().is_none_or(|person| asker.person.as_ref() == Some(person))
            && self.network.as_ref().is_none_or(|network| asker.networks.contains(network))
            && self.team.as_ref().is_none_or(team)
    }

    /// Whether everyone meant here who is also meant there is singled out here at least as narrowly. A named person
    /// has one profession and one organisation, an organisation one kind: naming the narrow implies the wide.
    fn is_within(&self, wide: &Self) -> bool {
        let named_person = self.person.is_some() && self.organisation.is_some();
        let named_organisation = self.organisation.is_some();
        let same = |ours: bool, implied: bool, asked: bool| !asked || ours || implied;
        same(self.organisation == wide.organisation, false, wide.organisation.is_some())
            && same(self.person == wide.person, false, wide.person.is_some())
            && same(self.kind == wide.kind, named_organisation, wide.kind.is_some())
            && same(self.network == wide.network, named_organisation, wide.network.is_some())
            && same(self.profession == wide.profession, named_person, wide.profession.is_some())
            && same(
                self.team == wide.team || wide.team == Some(InTeam::Any) && self.team.is_some(),
                named_person,
                wide.team.is_some(),
            )
    }

    fn weight(&self) -> u32 {
        let said = [
            self.organisation.is_some(),
            self.kind.is_some(),
            self.profession.is_some(),
            self.person.is_some(),
            self.team.is_some(),
            self.network.is_some(),
        ];
        said.into_iter().map(u32::from).sum()
    }
}

impl CareTeam {
    /// Whether the asker belongs to the team.
    #[must_use]
    pub fn has(&self, asker: &Asker) -> bool {
        self.members.iter().any(|member| member.means(asker, &[]))
    }
}

impl What {
    /// Whether a rule of this effect reaches the item.
    pub(crate) fn reaches(&self, effect: Effect, item: &Item<'_>) -> bool {
        let unknown = effect == Effect::Deny;
        (self.categories.is_empty() || self.categories.contains(item.category))
            && (self.labels.is_empty() || label_reach(self.labels, effect, item.labels))
            && self.care.is_none_or(|care| item.date.map_or(unknown, |date| care.contains(date)))
            && (self.authors.is_empty() || self.authors.iter().any(|author| author.made(item, unknown)))
            && named(&self.encounters, item.encounter)
            && named(&self.documents, item.document)
    }

    /// Whether everything meant here is meant there too. A single document is within whatever else reaches it.
    pub(crate) fn is_narrower(&self, wide: &Self) -> bool {
        let single = !self.documents.is_empty() && wide.documents.is_empty();
        single || self.is_within(wide)
    }

    /// Whether everything meant here is meant there too, by what is said alone.
    pub(crate) fn is_within(&self, wide: &Self) -> bool {
        let categories = wide.categories.is_empty()
            || !self.categories.is_empty() && self.categories.is_within(wide.categories);
        let labels = wide.labels.is_empty()
            || !self.labels.is_empty() && accounted(self.labels).is_within(accounted(wide.labels));
        let care = match (self.care, wide.care) {
            (_, None) => true,
            (None, Some(_)) => false,
            (Some(ours), Some(theirs)) => theirs.covers(&ours),
        };
        let author = |author: &Author| wide.authors.iter().any(|other| author.is_within(other));
        let authors = wide.authors.is_empty() || !self.authors.is_empty() && self.authors.iter().all(author);
        categories
            && labels
            && care
            && authors
            && names_within(&self.encounters, &wide.encounters)
            && names_within(&self.documents, &wide.documents)
    }

    fn weight(&self) -> u32 {
        let said = [
            !self.categories.is_empty(),
            !self.labels.is_empty(),
            self.care.is_some(),
            !self.authors.is_empty(),
            !self.encounters.is_empty(),
        ];
        said.into_iter().map(u32::from).sum::<u32>() + if self.documents.is_empty() { 0 } else { 16 }
    }
}

impl Author {
    fn made(&self, item: &Item<'_>, unknown: bool) -> bool {
        let organisation = self
            .organisation
            .as_ref()
            .is_none_or(|ours| item.author.map_or(unknown, |author| author == ours));
        let person = self
            .person
            .as_ref()
            .is_none_or(|ours| item.author_person.map_or(unknown, |person| person == ours.as_str()));
        organisation && person
    }

    fn is_within(&self, wide: &Self) -> bool {
        (wide.organisation.is_none() || self.organisation == wide.organisation)
            && (wide.person.is_none() || self.person == wide.person)
    }
}

impl Rule {
    /// Whether the rule is about this asker.
    pub(crate) fn means(&self, asker: &Asker, teams: &[&CareTeam]) -> bool {
        self.who.is_empty() || self.who.iter().any(|who| who.means(asker, teams))
    }

    /// Whether this permission outweighs that refusal where both reach: it stands on a word that counts as much, says at
    /// least as much about everything, and more about something; or it is a right that no refusal limits.
    #[must_use]
    pub fn outweighs(&self, refusal: &Rule) -> bool {
        if self.given_by == GivenBy::Right {
            return true;
        }
        self.given_by.authority() >= refusal.given_by.authority()
            && self.is_narrower(refusal)
            && !refusal.is_narrower(self)
    }

    /// What the rule is about, with the labels that a refusal reaches beyond those it names.
    pub(crate) fn reach(&self) -> What {
        let named = self.what.labels;
        let labels = match self.effect {
            Effect::Deny if named.contains(Label::Normal) => Labels::NONE,
            Effect::Deny if named.contains(Label::Restricted) => accounted(named).with(Label::VeryRestricted),
            _ => named,
        };
        What { labels, ..self.what.clone() }
    }

    /// By what rules are put in order for explanations: the more it says, the earlier.
    pub(crate) fn weight(&self) -> u32 {
        let who = self.who.iter().map(Who::weight).min().unwrap_or(0);
        who + self.what.weight() + u32::from(!self.purposes.is_empty()) + u32::from(self.until.is_some())
    }

    fn is_narrower(&self, wide: &Rule) -> bool {
        let who = |ours: &Who| wide.who.iter().any(|theirs| ours.is_within(theirs));
        let purposes = wide.purposes.is_empty()
            || !self.purposes.is_empty() && self.purposes.with_kinds().is_within(wide.purposes.with_kinds());
        (wide.who.is_empty() || !self.who.is_empty() && self.who.iter().all(who))
            && purposes
            && self.what.is_narrower(&wide.what)
            && self.lasts_within(wide)
    }

    /// A period counts only where it has an end: an open rule does not outweigh an older one by being younger.
    fn lasts_within(&self, wide: &Rule) -> bool {
        match (self.until, wide.until) {
            (_, None) => true,
            (None, Some(_)) => false,
            (Some(ours), Some(theirs)) => ours <= theirs && self.from >= wide.from,
        }
    }
}

impl GivenBy {
    /// How much the word counts: the person's own more than a proxy's, anyone's more than a law's.
    fn authority(&self) -> u8 {
        match self {
            GivenBy::Right => 3,
            GivenBy::Person | GivenBy::Directive => 2,
            GivenBy::Proxy(_) => 1,
            GivenBy::Law => 0,
        }
    }
}

/// A permission must account for all labels of the item, by its confidentiality as a whole or by every sensitivity
/// label in turn. A refusal is met by one label, and by any item that is at least as confidential as it says.
fn label_reach(rule: Labels, effect: Effect, item: Labels) -> bool {
    let level = item.confidentiality();
    let sensitive = item.sensitivity();
    match effect {
        Effect::Permit => {
            rule.contains(level)
                || level != Label::VeryRestricted && !sensitive.is_empty() && sensitive.is_within(rule)
        }
        Effect::Deny => {
            sensitive.meets(rule)
                || [Label::Normal, Label::Restricted, Label::VeryRestricted]
                    .into_iter()
                    .any(|named| named <= level && rule.contains(named))
        }
    }
}

/// The labels with those that [`Label::Restricted`] stands for.
fn accounted(labels: Labels) -> Labels {
    if labels.contains(Label::Restricted) { labels.union(Labels::SENSITIVE) } else { labels }
}

fn named(names: &[RecordId], name: Option<&str>) -> bool {
    names.is_empty() || name.is_some_and(|name| names.iter().any(|known| known.as_str() == name))
}

fn names_within(names: &[RecordId], wide: &[RecordId]) -> bool {
    wide.is_empty() || !names.is_empty() && names.iter().all(|name| wide.contains(name))
}
