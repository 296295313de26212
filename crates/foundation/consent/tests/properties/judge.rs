//! The decision once more, slowly, from the text of `docs/fhir/consent.md` alone: it shares no code with the crate but
//! the types and the table of law.
//!
//! A rule is seen here as the set of conditions that it lists; what one condition implies about another is written out.

use calendar::Timestamp;
use musubi_consent::{
    ActReason, Asker, Author, Consents, Effect, GivenBy, InTeam, Item, Label, Proxy, Rule, What, Who, law,
};

const SENSITIVE: [Label; 8] = [
    Label::Psychiatry,
    Label::Hiv,
    Label::Std,
    Label::Genetics,
    Label::Reproduction,
    Label::SubstanceUse,
    Label::Violence,
    Label::OwnMark,
];

pub fn decide(
    consents: &Consents,
    asker: &Asker,
    reason: ActReason,
    item: &Item<'_>,
    at: Timestamp,
) -> Effect {
    let out = consents.opt_outs.iter().any(|out| {
        let stands = out.recorded_at <= at && out.withdrawn_at.is_none_or(|end| at < end);
        let emergency = matches!(reason, ActReason::EmergencyTreat | ActReason::BreakTheGlass);
        stands && (out.emergencies_too || !emergency)
    });
    if out && reason != ActReason::PatientRequest {
        return Effect::Deny;
    }
    let reaching: Vec<&Rule> = consents
        .rules
        .iter()
        .chain(law::rules())
        .filter(|rule| in_force(consents, rule, at) && reaches(consents, rule, asker, reason, item, at))
        .collect();
    let permits: Vec<_> = reaching.iter().filter(|rule| rule.effect == Effect::Permit).collect();
    let stands = |refusal: &&&Rule| !permits.iter().any(|permit| outweighs(permit, refusal));
    let refused = reaching.iter().filter(|rule| rule.effect == Effect::Deny).any(|refusal| stands(&refusal));
    if permits.is_empty() || refused { Effect::Deny } else { Effect::Permit }
}

fn in_force(consents: &Consents, rule: &Rule, at: Timestamp) -> bool {
    let now = rule.recorded_at <= at && rule.from <= at;
    let over = rule.until.is_some_and(|until| until <= at) || rule.withdrawn_at.is_some_and(|end| end <= at);
    let mandated = |proxy: &Proxy| {
        let day = at.date();
        proxy.recorded_at <= at
            && proxy.withdrawn_at.is_none_or(|end| at < end)
            && proxy.from <= day
            && proxy.until.is_none_or(|until| day < until)
            && (!proxy.only_incapable || incapable(consents, at))
    };
    let ground = match &rule.given_by {
        GivenBy::Proxy(id) if rule.effect == Effect::Permit => {
            consents.proxies.iter().any(|proxy| proxy.id == *id && mandated(proxy))
        }
        GivenBy::Directive => incapable(consents, at),
        _ => true,
    };
    now && !over && ground
}

fn incapable(consents: &Consents, at: Timestamp) -> bool {
    consents.incapacities.iter().any(|one| {
        one.recorded_at <= at
            && one.withdrawn_at.is_none_or(|end| at < end)
            && one.from <= at
            && one.until.is_none_or(|until| at < until)
    })
}

fn reaches(
    consents: &Consents,
    rule: &Rule,
    asker: &Asker,
    reason: ActReason,
    item: &Item<'_>,
    at: Timestamp,
) -> bool {
    let meant = rule.who.is_empty() || rule.who.iter().any(|who| means(consents, who, asker, at));
    let purpose =
        rule.purposes.is_empty() || wider(reason).into_iter().any(|wide| rule.purposes.contains(wide));
    meant && purpose && covers(&rule.what, rule.effect, item)
}

/// A purpose and those that it is a kind of, by v3 ActReason.
fn wider(reason: ActReason) -> Vec<ActReason> {
    match reason {
        ActReason::BreakTheGlass => vec![reason, ActReason::EmergencyTreat, ActReason::Treat],
        ActReason::EmergencyTreat | ActReason::CoordinateCare => vec![reason, ActReason::Treat],
        ActReason::Care => vec![reason, ActReason::Operations],
        ActReason::Disaster => vec![reason, ActReason::PublicHealth],
        ActReason::ClinicalTrial => vec![reason, ActReason::Research],
        ActReason::FamilyRequest | ActReason::PowerOfAttorney => vec![reason, ActReason::PatientRequest],
        _ => vec![reason],
    }
}

fn means(consents: &Consents, who: &Who, asker: &Asker, at: Timestamp) -> bool {
    let mut holds = Vec::new();
    holds.extend(who.organisation.map(|one| one == asker.organisation));
    holds.extend(who.kind.map(|one| one == asker.kind));
    holds.extend(who.profession.map(|one| Some(one) == asker.profession));
    holds.extend(who.person.as_ref().map(|one| Some(one) == asker.person.as_ref()));
    holds.extend(who.network.as_ref().map(|one| asker.networks.contains(one)));
    holds.extend(who.team.as_ref().map(|one| {
        let day = at.date();
        let mut own = consents.teams.iter().filter(|team| {
            team.recorded_at <= at
                && team.withdrawn_at.is_none_or(|end| at < end)
                && team.from <= day
                && team.until.is_none_or(|until| day < until)
                && team.members.iter().any(|member| means(consents, member, asker, at))
        });
        match one {
            InTeam::Any => own.next().is_some(),
            InTeam::Named(id) => asker.teams.contains(id) || own.any(|team| team.id == *id),
        }
    }));
    !holds.contains(&false)
}

fn covers(what: &What, effect: Effect, item: &Item<'_>) -> bool {
    let mut holds = Vec::new();
    if !what.categories.is_empty() {
        holds.push(what.categories.contains(item.category));
    }
    if !what.labels.is_empty() {
        holds.push(labels(what, effect, item));
    }
    if let Some(care) = what.care {
        holds.push(match item.date {
            Some(date) => care.from <= date && care.until.is_none_or(|until| date < until),
            None => effect == Effect::Deny,
        });
    }
    if !what.authors.is_empty() {
        holds.push(what.authors.iter().any(|author| made(author, effect, item)));
    }
    if !what.encounters.is_empty() {
        holds.push(what.encounters.iter().any(|one| item.encounter == Some(one.as_str())));
    }
    if !what.documents.is_empty() {
        holds.push(what.documents.iter().any(|one| item.document == Some(one.as_str())));
    }
    !holds.contains(&false)
}

fn made(author: &Author, effect: Effect, item: &Item<'_>) -> bool {
    let unknown = effect == Effect::Deny;
    let organisation = match (author.organisation, item.author) {
        (None, _) => true,
        (Some(ours), Some(theirs)) => ours == *theirs,
        (Some(_), None) => unknown,
    };
    let person = match (&author.person, item.author_person) {
        (None, _) => true,
        (Some(ours), Some(theirs)) => ours.as_str() == theirs,
        (Some(_), None) => unknown,
    };
    organisation && person
}

fn labels(what: &What, effect: Effect, item: &Item<'_>) -> bool {
    let has: Vec<Label> = SENSITIVE.into_iter().filter(|label| item.labels.contains(*label)).collect();
    let level = if item.labels.contains(Label::VeryRestricted) {
        Label::VeryRestricted
    } else if item.labels.contains(Label::Restricted) || !has.is_empty() {
        Label::Restricted
    } else {
        Label::Normal
    };
    let named = |label: Label| what.labels.contains(label);
    match (effect, level) {
        (Effect::Permit, Label::VeryRestricted) => named(Label::VeryRestricted),
        (Effect::Permit, Label::Normal) => named(Label::Normal),
        (Effect::Permit, _) => {
            named(Label::Restricted) || (!has.is_empty() && has.iter().all(|label| named(*label)))
        }
        (Effect::Deny, Label::Normal) => named(Label::Normal),
        (Effect::Deny, Label::VeryRestricted) => {
            named(Label::Normal)
                || named(Label::Restricted)
                || named(Label::VeryRestricted)
                || has.iter().any(|label| named(*label))
        }
        (Effect::Deny, _) => {
            named(Label::Normal) || named(Label::Restricted) || has.iter().any(|label| named(*label))
        }
    }
}

fn outweighs(permit: &Rule, refusal: &Rule) -> bool {
    let counts = |rule: &Rule| match rule.given_by {
        GivenBy::Law => 0,
        GivenBy::Proxy(_) => 1,
        GivenBy::Person | GivenBy::Directive => 2,
        GivenBy::Right => 3,
    };
    permit.given_by == GivenBy::Right
        || (counts(permit) >= counts(refusal)
            && says_as_much(permit, refusal)
            && !says_as_much(refusal, permit))
}

/// Whether every condition of the second is met by what the first says.
fn says_as_much(first: &Rule, second: &Rule) -> bool {
    let who = second.who.is_empty()
        || (!first.who.is_empty()
            && first.who.iter().all(|ours| second.who.iter().any(|theirs| singles_out(ours, theirs))));
    let purposes = second.purposes.is_empty()
        || (!first.purposes.is_empty()
            && ActReason::ALL.iter().all(|one| {
                let included = |rule: &Rule| wider(*one).into_iter().any(|wide| rule.purposes.contains(wide));
                !included(first) || included(second)
            }));
    let period = match (first.until, second.until) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(ours), Some(theirs)) => ours <= theirs && second.from <= first.from,
    };
    who && purposes && period && tells(&first.what, &second.what)
}

fn singles_out(ours: &Who, theirs: &Who) -> bool {
    let organisation = ours.organisation.is_some();
    let person = ours.person.is_some() && organisation;
    let kept = [
        theirs.organisation.is_none() || theirs.organisation == ours.organisation,
        theirs.person.is_none() || theirs.person == ours.person,
        theirs.kind.is_none() || theirs.kind == ours.kind || organisation,
        theirs.network.is_none() || theirs.network == ours.network || organisation,
        theirs.profession.is_none() || theirs.profession == ours.profession || person,
        match (&theirs.team, &ours.team) {
            (None, _) => true,
            (Some(InTeam::Any), Some(_)) => true,
            (Some(theirs), Some(ours)) => theirs == ours || person,
            (Some(_), None) => person,
        },
    ];
    !kept.contains(&false)
}

fn tells(ours: &What, theirs: &What) -> bool {
    if !ours.documents.is_empty() && theirs.documents.is_empty() {
        return true;
    }
    let stands_for = |what: &What, label: Label| {
        what.labels.contains(label) || (SENSITIVE.contains(&label) && what.labels.contains(Label::Restricted))
    };
    let kept = [
        theirs.categories.is_empty()
            || (!ours.categories.is_empty()
                && ours.categories.iter().all(|one| theirs.categories.contains(one))),
        theirs.labels.is_empty()
            || (!ours.labels.is_empty()
                && Label::ALL.iter().all(|label| !stands_for(ours, *label) || stands_for(theirs, *label))),
        match (ours.care, theirs.care) {
            (_, None) => true,
            (None, Some(_)) => false,
            (Some(ours), Some(theirs)) => {
                theirs.from <= ours.from
                    && theirs.until.is_none_or(|end| ours.until.is_some_and(|until| until <= end))
            }
        },
        theirs.authors.is_empty()
            || (!ours.authors.is_empty()
                && ours.authors.iter().all(|one| {
                    theirs.authors.iter().any(|other| {
                        (other.organisation.is_none() || other.organisation == one.organisation)
                            && (other.person.is_none() || other.person == one.person)
                    })
                })),
        theirs.encounters.is_empty()
            || (!ours.encounters.is_empty()
                && ours.encounters.iter().all(|one| theirs.encounters.contains(one))),
        theirs.documents.is_empty()
            || (!ours.documents.is_empty()
                && ours.documents.iter().all(|one| theirs.documents.contains(one))),
    ];
    !kept.contains(&false)
}
