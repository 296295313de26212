//! Wills of people: what law permits, emergencies, teams, proxies, directives, opting out, the past.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use calendar::{Date, Timestamp};
use codes::{OrgId, OrgKind};
use musubi_consent::fhir::{self, Document, Party, Source, Unwritable, Vocabulary};
use musubi_consent::{
    Act, ActReason, Asker, Beyond, CareTeam, Category, Consents, ConsentsError, Effect, GivenBy, Incapacity,
    InstitutionKind, Item, Label, Labels, Moment, Profession, Proxy, ProxyId, ProxyKind, Purposes, RecordId,
    Rule, RuleId, StaffId, TeamId, What, Who, Why, law,
};

use ActReason::{BreakTheGlass, EmergencyTreat, PatientRequest, Research, Treat};

fn at(text: &str) -> Timestamp {
    if text.contains('T') { text.parse().unwrap() } else { Timestamp::start_of(text.parse().unwrap()) }
}

fn org(number: &str) -> OrgId {
    OrgId::new(OrgKind::Institution, number).unwrap()
}

fn rule(id: &str, effect: Effect) -> Rule {
    Rule::new(RuleId::new(id).unwrap(), effect, at("2026-01-01"))
}

fn physician(number: &str) -> Asker {
    let staff = StaffId::new("sato").unwrap();
    Asker {
        profession: Some(Profession::Physician),
        person: Some(staff),
        ..Asker::new(org(number), InstitutionKind::Hospital)
    }
}

fn item(category: Category, labels: &[Label]) -> Item<'static> {
    Item::new(category, Labels::of(labels))
}

const NOW: &str = "2026-11-22T12:00:00+09:00";

fn may(consents: &Consents, asker: &Asker, reason: ActReason, item: Item<'_>) -> bool {
    consents.decide(asker, reason, &item, at(NOW)).is_permit()
}

#[test]
fn without_a_word_nothing_is_shown_but_what_law_permits() {
    let nobody = Consents::default();
    let doctor = physician("1");
    let decision = nobody.decide(&doctor, Treat, &item(Category::Allergy, &[]), at(NOW));
    assert_eq!((decision.effect, decision.why, decision.rule), (Effect::Deny, Why::NoRule, None));
    assert_eq!(law::rules().len(), law::PROVISIONS.len());
    for provision in law::PROVISIONS {
        let id = RuleId::new(provision.id).unwrap();
        assert!(law::rule(&id).is_some() && law::provision(&id).is_some());
        assert!(!provision.ja.is_empty() && !provision.basis_ja.is_empty() && !provision.source.is_empty());
    }
}

#[test]
fn an_emergency_opens_little_and_a_second_act_more() {
    let consents = Consents::default();
    let doctor = physician("1");
    for category in law::EMERGENCY_CATEGORIES {
        assert!(may(&consents, &doctor, EmergencyTreat, item(*category, &[])));
        assert!(!may(&consents, &doctor, EmergencyTreat, item(*category, &[Label::Hiv])));
        assert!(may(&consents, &doctor, BreakTheGlass, item(*category, &[Label::Hiv])));
    }
    assert!(!may(&consents, &doctor, EmergencyTreat, item(Category::Laboratory, &[])));
    assert!(may(&consents, &doctor, BreakTheGlass, item(Category::Laboratory, &[Label::Restricted])));
    assert!(!may(&consents, &doctor, BreakTheGlass, item(Category::Laboratory, &[Label::VeryRestricted])));
    let clerk = Asker { profession: Some(Profession::Clerk), ..doctor.clone() };
    assert!(!may(&consents, &clerk, BreakTheGlass, item(Category::Laboratory, &[])));
    let shop = Asker::new(org("2"), InstitutionKind::Pharmacy);
    assert!(!may(&consents, &shop, EmergencyTreat, item(Category::Allergy, &[])));
}

#[test]
fn a_refusal_outweighs_law_and_may_leave_emergencies_open() {
    let mut consents = Consents::default();
    consents.record(rule("no", Effect::Deny)).unwrap();
    let doctor = physician("1");
    assert!(!may(&consents, &doctor, EmergencyTreat, item(Category::Allergy, &[])));
    let open = Rule {
        what: What { labels: Labels::of(&[Label::Normal]), ..What::categories(law::EMERGENCY_CATEGORIES) },
        purposes: Purposes::of(&[EmergencyTreat]),
        ..rule("but", Effect::Permit)
    };
    consents.record(open).unwrap();
    assert!(may(&consents, &doctor, EmergencyTreat, item(Category::Allergy, &[])));
    assert!(!may(&consents, &doctor, Treat, item(Category::Allergy, &[])));
    let portal = Asker::new(OrgId::new(OrgKind::Portal, "1").unwrap(), InstitutionKind::Portal);
    assert!(may(&consents, &portal, PatientRequest, item(Category::Laboratory, &[Label::VeryRestricted])));
    consents.opt_out(true, at("2026-02-01")).unwrap();
    assert!(!may(&consents, &doctor, EmergencyTreat, item(Category::Allergy, &[])));
    assert!(may(&consents, &portal, PatientRequest, item(Category::Laboratory, &[])));
    consents.opt_in(at("2026-03-01")).unwrap();
    assert!(may(&consents, &doctor, EmergencyTreat, item(Category::Allergy, &[])));
    let then = consents.decide(&doctor, EmergencyTreat, &item(Category::Allergy, &[]), at("2026-02-15"));
    assert_eq!(then.why, Why::OptedOut);
}

#[test]
fn the_most_specific_wins_and_a_deny_wins_ties() {
    let doctor = physician("1");
    let psychiatric = item(Category::Diagnosis, &[Label::Psychiatry]);
    let who = Who::organisation(org("1"));
    let named = Who::person(org("1"), StaffId::new("sato").unwrap());
    let permit = |who: Who, what: What| Rule { who: vec![who], what, ..rule("p", Effect::Permit) };
    let deny = |who: Vec<Who>, what: What| Rule { who, what, ..rule("d", Effect::Deny) };
    let psy = || What::labels(&[Label::Psychiatry]);
    let document = What { documents: vec![RecordId::new("Condition/1").unwrap()], ..What::default() };
    let single = Item { document: Some("Condition/1"), ..psychiatric };
    let cases: &[(Rule, Rule, Item<'_>, bool)] = &[
        // The hospital against anyone: the hospital is the more specific.
        (permit(who.clone(), What::default()), deny(vec![], What::default()), psychiatric, true),
        // The hospital, everything, against anyone, this label: neither is the more specific.
        (permit(who.clone(), What::default()), deny(vec![], psy()), psychiatric, false),
        (permit(who.clone(), psy()), deny(vec![], psy()), psychiatric, true),
        // The same scope on both sides: a tie.
        (permit(who.clone(), psy()), deny(vec![who.clone()], psy()), psychiatric, false),
        // A named doctor of the hospital against the hospital, its kind, and physicians at large.
        (permit(named.clone(), psy()), deny(vec![who], psy()), psychiatric, true),
        (
            permit(named.clone(), psy()),
            deny(vec![Who::kind(InstitutionKind::Hospital)], psy()),
            psychiatric,
            true,
        ),
        (
            permit(named.clone(), psy()),
            deny(vec![Who::profession(Profession::Physician)], psy()),
            psychiatric,
            true,
        ),
        (permit(Who::profession(Profession::Physician), psy()), deny(vec![named], psy()), psychiatric, false),
        // A single document against a label.
        (permit(Who::organisation(org("1")), document), deny(vec![], psy()), single, true),
    ];
    for (number, (permit, deny, item, expected)) in cases.iter().enumerate() {
        let consents = Consents { rules: vec![permit.clone(), deny.clone()], ..Consents::default() };
        assert_eq!(may(&consents, &doctor, Treat, *item), *expected, "case {number}");
    }
}

#[test]
fn a_care_team_shares_what_is_normal_until_the_person_objects() {
    let mut consents = Consents::default();
    let team = CareTeam {
        id: TeamId::new("home").unwrap(),
        members: vec![Who::organisation(org("1")), Who::person(org("2"), StaffId::new("sato").unwrap())],
        from: "2026-01-01".parse().unwrap(),
        until: Some("2027-01-01".parse().unwrap()),
        recorded_at: at("2026-01-01"),
        withdrawn_at: None,
    };
    consents.form_team(team).unwrap();
    let plan = item(Category::CarePlan, &[]);
    let decision = consents.decide(&physician("1"), Treat, &plan, at(NOW));
    assert_eq!(decision.rule.unwrap().id.as_str(), "law-care-team");
    assert!(decision.why_ja().contains("法令の定め"));
    assert!(may(&consents, &physician("2"), ActReason::Care, plan));
    assert!(!may(&consents, &Asker { person: None, ..physician("2") }, Treat, plan));
    assert!(!may(&consents, &physician("3"), Treat, plan));
    assert!(!may(&consents, &physician("1"), Research, plan));
    assert!(!may(&consents, &physician("1"), Treat, item(Category::CarePlan, &[Label::Psychiatry])));
    assert!(!consents.decide(&physician("1"), Treat, &plan, at("2027-01-01")).is_permit());
    let objection = Rule { who: vec![Who::organisation(org("1"))], ..rule("no", Effect::Deny) };
    consents.record(objection).unwrap();
    assert!(!may(&consents, &physician("1"), Treat, plan));
    consents.dissolve_team(&TeamId::new("home").unwrap(), at("2026-06-01")).unwrap();
    assert!(!may(&consents, &physician("2"), Treat, plan));
}

fn mother(until: Option<Date>) -> Proxy {
    Proxy {
        id: ProxyId::new("mother").unwrap(),
        kind: ProxyKind::Parent,
        decides: What::labels(&[Label::Normal]),
        purposes: Purposes::of(&[Treat]),
        may_permit: true,
        sees: Some(What::labels(&[Label::Normal])),
        only_incapable: false,
        from: "2010-01-01".parse().unwrap(),
        until,
        recorded_at: at("2010-01-01"),
        withdrawn_at: None,
    }
}

#[test]
fn a_proxy_acts_within_limits_and_until_the_child_is_of_age() {
    let until = Proxy::coming_of_age("2009-04-02".parse().unwrap(), 18);
    assert_eq!(until.to_string(), "2027-04-02");
    let mut consents = Consents::default();
    let proxy = mother(Some(until));
    let id = proxy.id.clone();
    consents.appoint(proxy.clone()).unwrap();
    let given = |name: &str, effect, what: What, purposes: &[ActReason]| Rule {
        given_by: GivenBy::Proxy(id.clone()),
        what,
        purposes: Purposes::of(purposes),
        ..rule(name, effect)
    };
    let normal = What::labels(&[Label::Normal]);
    let beyond = |beyond| Err(ConsentsError::Beyond { proxy: id.clone(), beyond });
    assert_eq!(
        consents.record(given("a", Effect::Permit, What::everything(), &[Treat])),
        beyond(Beyond::What)
    );
    let reproduction = What::labels(&[Label::Reproduction]);
    assert_eq!(consents.record(given("a", Effect::Permit, reproduction, &[Treat])), beyond(Beyond::What));
    assert_eq!(
        consents.record(given("a", Effect::Permit, normal.clone(), &[Research])),
        beyond(Beyond::Purposes)
    );
    assert_eq!(consents.record(given("a", Effect::Permit, normal.clone(), &[])), beyond(Beyond::Purposes));
    consents.record(given("yes", Effect::Permit, normal.clone(), &[Treat])).unwrap();
    let no = What { categories: [Category::Diagnosis].into_iter().collect(), ..normal };
    assert_eq!(consents.record(given("no", Effect::Deny, no, &[Treat])), beyond(Beyond::What));
    assert!(
        proxy.may_see(&item(Category::Diagnosis, &[]))
            && !proxy.may_see(&item(Category::Diagnosis, &[Label::Reproduction]))
    );
    consents.proxy_looked(&id, at(NOW)).unwrap();
    assert_eq!(consents.proxy_acts.len(), 2);
    assert_eq!(consents.proxy_acts[0].act, Act::Gave(RuleId::new("yes").unwrap()));

    let plain = item(Category::Diagnosis, &[]);
    assert!(may(&consents, &physician("1"), Treat, plain));
    assert!(!consents.decide(&physician("1"), Treat, &plain, at("2027-04-02")).is_permit());
    assert_eq!(consents.proxy_looked(&id, at("2027-04-02")), beyond(Beyond::Mandate));
    // What the child itself refused no proxy opens, however specific.
    consents.record(rule("own", Effect::Deny)).unwrap();
    assert!(!may(&consents, &physician("1"), Treat, plain));
    assert_eq!(
        consents.withdraw_by_proxy(&id, &RuleId::new("own").unwrap(), at(NOW)),
        beyond(Beyond::NotOwn)
    );
    consents.withdraw_by_proxy(&id, &RuleId::new("yes").unwrap(), at(NOW)).unwrap();
    consents.dismiss(&id, at(NOW)).unwrap();
    assert!(consents.proxy(&id, at(NOW)).is_none() && consents.proxy(&id, at("2026-06-01")).is_some());
}

#[test]
fn what_a_proxy_refused_stays_when_the_mandate_ends() {
    let mut consents = Consents::default();
    let proxy = Proxy {
        decides: What::everything(),
        purposes: Purposes::NONE,
        may_permit: false,
        ..mother(Some("2026-06-01".parse().unwrap()))
    };
    let id = proxy.id.clone();
    consents.appoint(proxy).unwrap();
    let by = |effect| Rule {
        given_by: GivenBy::Proxy(id.clone()),
        who: vec![Who::organisation(org("1"))],
        ..rule("r", effect)
    };
    let refused = ConsentsError::Beyond { proxy: id.clone(), beyond: Beyond::Permit };
    assert_eq!(consents.record(by(Effect::Permit)), Err(refused));
    consents.record(by(Effect::Deny)).unwrap();
    consents.record(rule("yes", Effect::Permit)).unwrap();
    assert!(!may(&consents, &physician("1"), Treat, item(Category::Diagnosis, &[])));
    assert!(may(&consents, &physician("2"), Treat, item(Category::Diagnosis, &[])));
}

#[test]
fn a_directive_waits_for_the_day_one_cannot_decide() {
    let mut consents = Consents::default();
    let directive = Rule {
        given_by: GivenBy::Directive,
        who: vec![Who::organisation(org("1"))],
        ..rule("later", Effect::Permit)
    };
    consents.record(directive).unwrap();
    let guardian =
        Proxy { decides: What::everything(), purposes: Purposes::NONE, only_incapable: true, ..mother(None) };
    let id = guardian.id.clone();
    consents.appoint(guardian).unwrap();
    let plain = item(Category::Diagnosis, &[]);
    assert!(!may(&consents, &physician("1"), Treat, plain));
    assert!(consents.proxy(&id, at(NOW)).is_none());
    let found = Incapacity {
        from: at("2026-10-01"),
        until: None,
        established_by: Who::organisation(org("1")),
        recorded_at: at("2026-10-03"),
        withdrawn_at: None,
    };
    consents.declare_incapacity(found).unwrap();
    assert!(may(&consents, &physician("1"), Treat, plain) && consents.proxy(&id, at(NOW)).is_some());
    assert!(!consents.decide(&physician("1"), Treat, &plain, at("2026-10-02")).is_permit());
    let with_hindsight = Moment { about: at("2026-10-02"), known: at(NOW) };
    assert!(consents.decide(&physician("1"), Treat, &plain, with_hindsight).is_permit());
    consents.lift_incapacity(at("2026-11-01")).unwrap();
    assert!(!may(&consents, &physician("1"), Treat, plain) && consents.is_incapable(at("2026-10-15")));
}

#[test]
fn nothing_is_deleted_and_nothing_half_done() {
    let mut consents = Consents::default();
    let id = RuleId::new("r").unwrap();
    consents.record(rule("r", Effect::Permit)).unwrap();
    assert_eq!(consents.record(rule("r", Effect::Deny)), Err(ConsentsError::Taken("r".into())));
    assert_eq!(
        consents.record(rule("law-emergency", Effect::Deny)),
        Err(ConsentsError::Taken("law-emergency".into()))
    );
    assert_eq!(
        consents.record(Rule { given_by: GivenBy::Law, ..rule("x", Effect::Permit) }),
        Err(ConsentsError::Law)
    );
    assert!(matches!(consents.withdraw(&id, at("2025-12-31")), Err(ConsentsError::Before { .. })));
    consents.withdraw(&id, at("2026-06-01")).unwrap();
    assert_eq!(consents.withdraw(&id, at("2026-07-01")), Err(ConsentsError::Withdrawn("r".into())));
    assert_eq!(
        consents.withdraw(&RuleId::new("q").unwrap(), at(NOW)),
        Err(ConsentsError::Unknown("q".into()))
    );
    assert_eq!(consents.rules.len(), 1);
    assert_eq!(consents.in_force(at("2026-05-31")).count(), 1);
    assert_eq!(consents.in_force(at("2026-06-01")).count(), 0);
    consents.opt_out(false, at("2026-02-01")).unwrap();
    consents.opt_out(false, at("2026-04-01")).unwrap();
    assert!(consents.opt_in(at("2026-03-01")).is_err());
    assert!(consents.opt_outs.iter().all(|out| out.withdrawn_at.is_none()));
}

#[test]
fn a_grant_says_how_long_it_may_be_kept_and_whether_to_ask_at_all() {
    let mut consents = Consents::default();
    assert!(consents.restriction(&physician("1"), Treat, at(NOW)).permits_nothing());
    let kept =
        |name: &str, day: &str| Rule { keep_until: Some(day.parse().unwrap()), ..rule(name, Effect::Permit) };
    consents.record(kept("a", "2028-01-01")).unwrap();
    consents.record(kept("b", "2027-01-01")).unwrap();
    let restriction = consents.restriction(&physician("1"), Treat, at(NOW));
    assert_eq!(restriction.keep_until(), Some("2027-01-01".parse().unwrap()));
    assert!(!restriction.permits_nothing() && restriction.rules().count() == 2);
    let text = serde_json::to_string(&restriction).unwrap();
    assert!(text.len() < 200, "{text}");
}

#[test]
fn a_consent_with_exceptions_goes_to_fhir_and_back() {
    let base = Rule {
        purposes: Purposes::of(&[Treat]),
        until: Some(at("2027-01-01T08:30:00+09:00")),
        ..rule("base", Effect::Permit)
    };
    let exception = Rule {
        what: What {
            categories: [Category::Laboratory].into_iter().collect(),
            ..What::labels(&[Label::Psychiatry])
        },
        who: vec![Who {
            profession: Some(Profession::Clerk),
            team: Some(musubi_consent::InTeam::Any),
            ..Who::organisation(org("1"))
        }],
        keep_until: Some("2027-03-01".parse().unwrap()),
        id: RuleId::new("exception").unwrap(),
        effect: Effect::Deny,
        ..base.clone()
    };
    let withdrawn_at = Some(at("2026-09-01T01:02:03+09:00"));
    let patient = Party::Reference("Patient/1".into());
    let document = Document {
        id: RuleId::new("c1").unwrap(),
        performer: patient.clone(),
        patient,
        organization: Party::Identifier { system: "s".into(), value: "v".into() },
        source: Source::Reference(Party::Reference("DocumentReference/1".into())),
        rules: [base.clone(), exception].map(|rule| Rule { withdrawn_at, ..rule }).into(),
    };
    let written = fhir::write(&document).unwrap();
    assert_eq!(fhir::read(&written, &Vocabulary::default()), Ok(document.clone()));
    let silent = Rule { purposes: Purposes::NONE, withdrawn_at, ..base };
    let unlike = Document { rules: vec![document.rules[0].clone(), silent.clone()], ..document.clone() };
    assert_eq!(fhir::write(&unlike), Err(Unwritable::Inherits(silent.id)));
    assert_eq!(fhir::write(&Document { rules: vec![], ..document }), Err(Unwritable::Empty));
}
