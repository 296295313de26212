//! What must hold for every will, asker and item; and a slow judge written from the text alone.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod judge;
mod making;

use std::collections::BTreeMap;

use calendar::Timestamp;
use making::{Thing, Times, at, will};
use musubi_consent::fhir::{self, Document, Party, Source, Vocabulary};
use musubi_consent::{Consents, Effect, GivenBy, Moment, Restriction, Rule, RuleId};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// Total and deterministic, and the same as the slow judge says.
    #[test]
    fn decides_as_the_text_says(consents in will(), asker in making::asker(), reason in making::reason(), things in making::things(), when in at()) {
        for thing in &things {
            let decision = consents.decide(&asker, reason, &thing.item(), when);
            prop_assert_eq!(decision, consents.decide(&asker, reason, &thing.item(), when));
            let expected = judge::decide(&consents, &asker, reason, &thing.item(), when);
            prop_assert_eq!(decision.effect, expected, "{:?}\n{:?}\n{:?}\n{:?}", consents, asker, reason, thing);
            prop_assert_eq!(decision.rule.is_some_and(|rule| rule.effect == Effect::Permit), decision.is_permit());
            prop_assert!(!decision.why_ja().is_empty() && !decision.why_en().is_empty());
        }
    }

    /// What remains for the holder decides as the whole did, also after it travelled.
    #[test]
    fn a_restriction_decides_as_the_whole(consents in will(), asker in making::asker(), reason in making::reason(), things in making::things(), when in at()) {
        let restriction = consents.restriction(&asker, reason, when);
        let travelled: Restriction = serde_json::from_str(&serde_json::to_string(&restriction).unwrap()).unwrap();
        prop_assert_eq!(&travelled, &restriction);
        for thing in &things {
            let whole = consents.decide(&asker, reason, &thing.item(), when);
            let verdict = travelled.decide(&thing.item());
            prop_assert_eq!((verdict.effect, verdict.why), (whole.effect, whole.why));
            prop_assert_eq!(verdict.rule, whole.rule.map(|rule| &rule.id));
            prop_assert!(!(restriction.permits_nothing() && verdict.is_permit()));
            let nothing = thing.item().author.is_some_and(|author| restriction.permits_nothing_of(author));
            prop_assert!(!(nothing && verdict.is_permit()));
        }
    }

    /// Looking for less permits the same of what is looked for, and nothing else.
    #[test]
    fn what_is_looked_for_decides_alike(consents in will(), asker in making::asker(), reason in making::reason(), things in making::things(), when in at(), wanted in proptest::collection::vec(0..16_usize, 0..4), days in proptest::option::of((0..400_i32, 1..400_i32))) {
        let whole = consents.restriction(&asker, reason, when);
        let wanted: musubi_consent::Categories = wanted.iter().map(|place| musubi_consent::Category::ALL[*place]).collect();
        let care = days.map(|(from, length)| {
            let from = calendar::Date::new(2025, 6, 1).unwrap().add_days(from);
            calendar::Interval::new(from, Some(from.add_days(length)))
        });
        let limited = whole.clone().looking_for(wanted, care);
        for thing in &things {
            let item = thing.item();
            let inside = (wanted.is_empty() || wanted.contains(item.category))
                && care.is_none_or(|care| item.date.is_some_and(|date| care.contains(date)));
            let expected = whole.decide(&item).is_permit() && inside;
            prop_assert_eq!(limited.decide(&item).is_permit(), expected);
        }
    }

    /// A refusal more never opens anything.
    #[test]
    fn adding_a_deny_never_widens(consents in will(), rule in making::rule(99), asker in making::asker(), reason in making::reason(), things in making::things(), when in at()) {
        let mut stricter = consents.clone();
        stricter.rules.push(Rule { effect: Effect::Deny, ..rule });
        for thing in &things {
            let before = consents.decide(&asker, reason, &thing.item(), when);
            let after = stricter.decide(&asker, reason, &thing.item(), when);
            prop_assert!(before.is_permit() || !after.is_permit());
        }
    }

    /// A permission more never closes anything.
    #[test]
    fn adding_a_permit_never_narrows(consents in will(), rule in making::rule(99), asker in making::asker(), reason in making::reason(), things in making::things(), when in at()) {
        let mut wider = consents.clone();
        wider.rules.push(Rule { effect: Effect::Permit, ..rule });
        for thing in &things {
            let before = consents.decide(&asker, reason, &thing.item(), when);
            let after = wider.decide(&asker, reason, &thing.item(), when);
            prop_assert!(!before.is_permit() || after.is_permit());
        }
    }

    /// The order in which rules were written down does not matter.
    #[test]
    fn order_does_not_matter(consents in will(), shuffle in any::<u64>(), asker in making::asker(), reason in making::reason(), things in making::things(), when in at()) {
        let mut other = consents.clone();
        other.rules.sort_by_key(|rule| making::scramble(&rule.id, shuffle));
        other.teams.reverse();
        for thing in &things {
            let (a, b) = (consents.decide(&asker, reason, &thing.item(), when), other.decide(&asker, reason, &thing.item(), when));
            prop_assert_eq!(a, b);
        }
        prop_assert_eq!(consents.restriction(&asker, reason, when), other.restriction(&asker, reason, when));
    }

    /// A rule withdrawn at an instant has no effect from then on, and still has when asked about before.
    #[test]
    fn withdrawal_divides_time(consents in will(), asker in making::asker(), reason in making::reason(), things in making::things(), times in making::times()) {
        let Times { early, withdrawn, late } = times;
        for index in 0..consents.rules.len() {
            let rule = &consents.rules[index];
            if rule.withdrawn_at.is_some() || rule.recorded_at > withdrawn {
                continue;
            }
            let mut without = consents.clone();
            without.rules.remove(index);
            let mut with = consents.clone();
            with.withdraw(&rule.id, withdrawn).unwrap();
            for thing in &things {
                let item = thing.item();
                for then in [withdrawn, late] {
                    prop_assert_eq!(with.decide(&asker, reason, &item, then).effect, without.decide(&asker, reason, &item, then).effect);
                }
                prop_assert_eq!(with.decide(&asker, reason, &item, early).effect, consents.decide(&asker, reason, &item, early).effect);
                // Asked later about that early time, it had effect; asked early about the later time, nobody knew.
                let about = Moment { about: early, known: late };
                prop_assert_eq!(with.decide(&asker, reason, &item, about).effect, consents.decide(&asker, reason, &item, about).effect);
                let unknown = Moment { about: late, known: early };
                prop_assert_eq!(with.decide(&asker, reason, &item, unknown).effect, consents.decide(&asker, reason, &item, unknown).effect);
            }
        }
    }

    /// Whatever was decided at an instant, later knowledge of what was written down after it changes nothing.
    #[test]
    fn the_past_is_not_rewritten(consents in will(), rule in making::rule(99), asker in making::asker(), reason in making::reason(), things in making::things(), when in at()) {
        let mut later = consents.clone();
        later.rules.push(Rule { recorded_at: when.add_millis(1), ..rule });
        for thing in &things {
            prop_assert_eq!(consents.decide(&asker, reason, &thing.item(), when), later.decide(&asker, reason, &thing.item(), when));
        }
    }

    /// Opting out closes everything but the person's own view.
    #[test]
    fn opting_out_closes(consents in will(), emergencies: bool, asker in making::asker(), reason in making::reason(), things in making::things(), when in at()) {
        let consents = Consents { opt_outs: Vec::new(), ..consents };
        let mut out = consents.clone();
        out.opt_out(emergencies, when).unwrap();
        for thing in &things {
            let decision = out.decide(&asker, reason, &thing.item(), when);
            let open = reason == musubi_consent::ActReason::PatientRequest || (reason.is_emergency() && !emergencies);
            prop_assert!(open || !decision.is_permit());
        }
        out.opt_in(when.add_millis(1)).unwrap();
        let after = when.add_millis(1);
        for thing in &things {
            prop_assert_eq!(out.decide(&asker, reason, &thing.item(), after).effect, consents.decide(&asker, reason, &thing.item(), after).effect);
        }
    }

    /// The whole will is stored and read back the same.
    #[test]
    fn it_is_stored_and_read_back(consents in will()) {
        let text = serde_json::to_string(&consents).unwrap();
        prop_assert_eq!(serde_json::from_str::<Consents>(&text).unwrap(), consents);
    }

    /// What can be written as FHIR is read back equal, with no vocabulary of anyone's.
    #[test]
    fn fhir_there_and_back(rule in making::rule(0)) {
        let performer = match &rule.given_by {
            GivenBy::Proxy(proxy) => Party::Identifier { system: format!("{}/id/proxy", fhir::BASE), value: proxy.to_string() },
            _ => Party::Reference("Patient/1".into()),
        };
        let document = Document {
            id: RuleId::new("c").unwrap(),
            patient: Party::Reference("Patient/1".into()),
            performer,
            organization: Party::Reference("Organization/1".into()),
            source: Source::Reference(Party::Reference("DocumentReference/1".into())),
            rules: vec![rule],
        };
        if let Ok(written) = fhir::write(&document) {
            prop_assert_eq!(fhir::read(&written, &Vocabulary::default()), Ok(document), "{}", written);
        }
    }
}

/// How often the questions of these tests are permitted: a property over refusals alone would prove nothing.
#[test]
fn the_questions_are_not_all_refused() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let mut found: BTreeMap<&str, u32> = BTreeMap::new();
    let question = (will(), making::asker(), making::reason(), making::things(), at());
    for _ in 0..500 {
        let (consents, asker, reason, things, when): (Consents, _, _, Vec<Thing>, Timestamp) =
            question.new_tree(&mut runner).unwrap().current();
        for thing in &things {
            let decision = consents.decide(&asker, reason, &thing.item(), when);
            *found.entry(decision.why.as_str()).or_default() += 1;
            if decision.is_permit() && consents.in_force(when).any(|rule| rule.effect == Effect::Deny) {
                *found.entry("permitted among refusals").or_default() += 1;
            }
        }
    }
    println!("{found:?}");
    for why in ["permitted", "refused", "no-rule", "opted-out", "permitted among refusals"] {
        assert!(found.get(why).is_some_and(|count| *count >= 20), "{why}: {found:?}");
    }
}
