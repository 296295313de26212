use access::{Grant, VerifyingKey};
use consent::{ActReason, Category, Effect, Item, Labels, Profession, Rule, What, Who};
use protocol::consents::{ConsentAct, ConsentUpdate};
use protocol::exchange::{
    EmergencyReason, EmergencyRequest, Evidence, ExchangeAnswer, ExchangeRequest, OwnExchangesRequest,
    Practitioner,
};
use wire::Problem;

use super::*;

pub(super) type Member = (OrgId, Arc<FileCustody>);

pub(super) fn doctor() -> Practitioner {
    Practitioner {
        id: "d-1".parse().unwrap(), profession: Profession::Physician, name: "北 一郎".to_owned()
    }
}

/// A person's card is read there: the institution's code, and the receipt as evidence.
pub(super) async fn arrive(house: &House, at: &Member, person: u64) -> (OrgCode<Medical>, Evidence) {
    let receipt = house.check();
    let code = house.register(at, person).await;
    house.clock.advance(1);
    (code, Evidence::Presence { receipt })
}

async fn decide(
    house: &House,
    at: &Member,
    code: OrgCode<Medical>,
    evidence: Evidence,
    act: ConsentAct,
) -> Result<(), Problem> {
    let update = ConsentUpdate {
        exchange: house.exchange(),
        institution: at.0,
        code,
        act,
        received_by: Some(doctor()),
        evidence,
    };
    let done = house.relay.consent(&at.0, update).await.map(drop);
    house.clock.advance(1);
    done
}

fn rule(house: &House, effect: Effect, name: &str) -> Rule {
    Rule::new(name.parse().unwrap(), effect, house.clock.now())
}

/// The person lets the member see everything, on the last card read.
pub(super) async fn permit(house: &House, at: &Member, code: OrgCode<Medical>) {
    let (_, evidence) = arrive(house, at, 7).await;
    let rule = Rule { who: vec![Who::organisation(at.0)], ..rule(house, Effect::Permit, "share") };
    decide(house, at, code, evidence, ConsentAct::Record(Box::new(rule))).await.unwrap();
}

pub(super) async fn ask(
    house: &House,
    at: &Member,
    code: OrgCode<Medical>,
    evidence: Evidence,
    reason: ActReason,
) -> Result<ExchangeAnswer, Problem> {
    let request = ExchangeRequest {
        exchange: house.exchange(),
        institution: at.0,
        code,
        reason,
        asked_by: doctor(),
        evidence,
        looking_for: consent::Categories::NONE,
        care: None,
        holders: Vec::new(),
    };
    let answer = house.relay.exchange(&at.0, request).await;
    house.clock.advance(1);
    answer
}

fn grant(house: &House, answer: &ExchangeAnswer) -> Grant {
    let key = house.relay.custody.verifying_key(&KeyName::GRANT_SIGN).unwrap();
    let [one] = answer.grants.as_slice() else { panic!("{} grants", answer.grants.len()) };
    let key = VerifyingKey::from_bytes(key);
    one.grant.verify(|_| Some(key), &house.clinic.0, &house.hospital.0, house.clock.now()).unwrap()
}

/// A person known at both, at the hospital's desk today, who lets the hospital see.
pub(super) async fn visit(house: &House) -> (OrgCode<Medical>, Evidence) {
    house.set(7, PersonState::Active).await;
    house.register(&house.clinic, 7).await;
    house.clock.advance(1);
    let (code, evidence) = arrive(house, &house.hospital, 7).await;
    permit(house, &house.hospital, code).await;
    (code, evidence)
}

#[tokio::test]
async fn a_grant_leads_to_the_holders_own_code_and_carries_what_remains_of_the_will() {
    let house = house();
    let (code, evidence) = visit(&house).await;
    let hidden = Rule {
        what: What::labels(&[consent::Label::Psychiatry]),
        ..rule(&house, Effect::Deny, "no-psychiatry")
    };
    let act = ConsentAct::Record(Box::new(hidden));
    decide(&house, &house.hospital, code, evidence.clone(), act).await.unwrap();
    let answer = ask(&house, &house.hospital, code, evidence, ActReason::Treat).await.unwrap();
    let grant = grant(&house, &answer);
    let opened = house.clinic.1.open_envelope(&grant.person, &grant.person_context()).unwrap();
    let at_clinic = house.register(&house.clinic, 7).await;
    assert!(opened.as_slice() == at_clinic.to_bytes());
    let item = |labels| Item::new(Category::Diagnosis, labels);
    assert!(grant.restriction.decide(&item(Labels::NONE)).is_permit());
    assert!(!grant.restriction.decide(&item(Labels::of(&[consent::Label::Psychiatry]))).is_permit());
}

#[tokio::test]
async fn nothing_to_be_had_answers_alike_whatever_the_cause() {
    let house = house();
    let (code, evidence) = visit(&house).await;
    let mut answers = Vec::new();
    let empty = |answer: ExchangeAnswer| (answer.grants.len(), answer.keep_until);
    // Not consented: a person without any rule.
    house.set(8, PersonState::Active).await;
    house.register(&house.clinic, 8).await;
    house.clock.advance(1);
    let (other, seen) = arrive(&house, &house.hospital, 8).await;
    answers.push(empty(ask(&house, &house.hospital, other, seen, ActReason::Treat).await.unwrap()));
    // Sealed and revoked, with the card read of before.
    for state in [PersonState::Sealed, PersonState::Revoked] {
        house.set(7, state).await;
        let answer = ask(&house, &house.hospital, code, evidence.clone(), ActReason::Treat).await;
        answers.push(empty(answer.unwrap()));
    }
    // Nobody else holds anything.
    house.set(9, PersonState::Active).await;
    let (alone, seen) = arrive(&house, &house.hospital, 9).await;
    answers.push(empty(ask(&house, &house.hospital, alone, seen, ActReason::Treat).await.unwrap()));
    assert_eq!(answers, vec![(0, None); 4]);
}

#[tokio::test]
async fn a_purpose_is_never_only_asserted() {
    let house = house();
    let (code, evidence) = visit(&house).await;
    let invented = Evidence::Presence { receipt: house.check() };
    let refuse = async |code, evidence, reason| {
        ask(&house, &house.hospital, code, evidence, reason).await.unwrap_err().code().to_owned()
    };
    assert_eq!(refuse(code, invented.clone(), ActReason::Treat).await, "no-presence");
    let unknown = OrgCode::from_bytes([0; 17]);
    assert_eq!(refuse(unknown, invented, ActReason::Treat).await, "no-presence", "nobody answers alike");
    assert_eq!(refuse(code, evidence.clone(), ActReason::EmergencyTreat).await, "no-presence");
    assert_eq!(refuse(code, Evidence::CareTeam, ActReason::Care).await, "no-care-team");
    assert_eq!(refuse(code, evidence.clone(), ActReason::Research).await, "reason-not-exchanged");
    let denied = ask(&house, &house.clinic, code, evidence.clone(), ActReason::Treat).await.unwrap_err();
    assert_eq!(denied.code(), "no-presence", "another institution's receipt is none");
    house.clock.advance(31 * 86_400_000);
    assert_eq!(refuse(code, evidence, ActReason::Treat).await, "no-presence", "too long ago");
}

#[tokio::test]
async fn the_quota_grows_with_the_people_who_come() {
    let house = house();
    let (code, evidence) = visit(&house).await;
    let mut asked = 0;
    let limit = loop {
        match ask(&house, &house.hospital, code, evidence.clone(), ActReason::Treat).await {
            Ok(_) => asked += 1,
            Err(problem) => break problem,
        }
    };
    assert_eq!(limit.code(), "quota");
    // Two card reads of this person, at five each.
    assert_eq!(asked, 30 + 2 * 5);
    let (_, evidence) = arrive(&house, &house.hospital, 7).await;
    assert!(ask(&house, &house.hospital, code, evidence, ActReason::Treat).await.is_ok());
}

pub(super) fn emergency(
    house: &House,
    code: OrgCode<Medical>,
    widens: Option<ExchangeId>,
) -> EmergencyRequest {
    EmergencyRequest {
        exchange: house.exchange(),
        institution: house.hospital.0,
        code,
        declared_by: doctor(),
        reason: EmergencyReason::Unconscious,
        text: "路上で倒れ、呼びかけに反応なし".to_owned(),
        widens,
        with: None,
    }
}

#[tokio::test]
async fn an_emergency_is_narrow_until_the_second_act_lasts_three_hours_and_is_told_to_the_person() {
    let house = house();
    house.set(7, PersonState::Active).await;
    house.register(&house.clinic, 7).await;
    house.clock.advance(1);
    let (code, _) = arrive(&house, &house.hospital, 7).await;
    let first = house.relay.emergency(&house.hospital.0, emergency(&house, code, None)).await.unwrap();
    let evidence = Evidence::Emergency { declaration: first.exchange };
    let answer =
        ask(&house, &house.hospital, code, evidence.clone(), ActReason::EmergencyTreat).await.unwrap();
    let narrow = grant(&house, &answer).restriction;
    assert!(narrow.decide(&Item::new(Category::Allergy, Labels::NONE)).is_permit());
    assert!(!narrow.decide(&Item::new(Category::Referral, Labels::NONE)).is_permit());
    let refused = ask(&house, &house.hospital, code, evidence.clone(), ActReason::BreakTheGlass).await;
    assert_eq!(refused.unwrap_err().code(), "no-emergency", "wider needs the second act");
    house.clock.advance(1);
    let wide = emergency(&house, code, Some(first.exchange));
    let second = house.relay.emergency(&house.hospital.0, wide).await.unwrap();
    assert_eq!(second.until, first.until);
    let widened = Evidence::Emergency { declaration: second.exchange };
    let answer = ask(&house, &house.hospital, code, widened, ActReason::BreakTheGlass).await.unwrap();
    assert!(
        grant(&house, &answer).restriction.decide(&Item::new(Category::Referral, Labels::NONE)).is_permit()
    );
    house.clock.advance(3 * 3_600_000);
    let late = ask(&house, &house.hospital, code, evidence, ActReason::EmergencyTreat).await;
    assert_eq!(late.unwrap_err().code(), "no-emergency");
    let told = own(&house, code).await;
    for expected in ["emergency", "emergency-widened", "exchange", "exchange-refused"] {
        assert!(told.iter().any(|(what, _)| what == expected), "{expected} in {told:?}");
    }
}

/// The whole record of a person.
pub(super) fn own_request(
    exchange: ExchangeId,
    institution: OrgId,
    code: OrgCode<Medical>,
) -> OwnExchangesRequest {
    OwnExchangesRequest { exchange, institution, code, acting: None, period: None, organisation: None }
}

/// What the person reads, through an organisation that may ask for it (here the relay's own desk).
async fn own(house: &House, code: OrgCode<Medical>) -> Vec<(String, String)> {
    let root = house.relay.codes.open(&house.hospital.0, &code).unwrap();
    let code = house.relay.codes.org_code_one(&house.relay_id, 0, &root).unwrap();
    let request = own_request(house.exchange(), house.relay_id, code);
    let answer = house.relay.own_exchanges(&house.relay_id, request).await.unwrap();
    answer.entries.into_iter().map(|entry| (entry.what, entry.evidence)).collect()
}

#[tokio::test]
async fn unsettled_emergencies_are_reviewed_and_cost_the_one_click() {
    let house = house();
    house.set(7, PersonState::Active).await;
    let (code, _) = arrive(&house, &house.hospital, 7).await;
    house.clock.advance(1);
    for _ in 0..5 {
        house.relay.emergency(&house.hospital.0, emergency(&house, code, None)).await.unwrap();
        house.clock.advance(1);
    }
    assert!(house.relay.review_queue().await.unwrap().is_empty());
    house.clock.advance(73 * 3_600_000);
    assert_eq!(house.relay.review_queue().await.unwrap().len(), 5);
    let alone = house.relay.emergency(&house.hospital.0, emergency(&house, code, None)).await.unwrap_err();
    assert_eq!(alone.code(), "second-person-needed");
    let with = Practitioner { id: "n-2".parse().unwrap(), profession: Profession::Nurse, name: "南".into() };
    let two = EmergencyRequest { with: Some(with), ..emergency(&house, code, None) };
    house.relay.emergency(&house.hospital.0, two).await.unwrap();
    house.clock.advance(1);
    arrive(&house, &house.hospital, 7).await;
    let figures = house.relay.figures(house.clock.now().date()).await.unwrap();
    let hospital = figures.institutions.iter().find(|row| row.organisation.contains("1310000018")).unwrap();
    assert_eq!((hospital.emergencies, hospital.corroborated), (1, 1), "the card was read after all");
}

#[tokio::test]
async fn what_a_person_ends_ends_for_those_who_already_hold_a_grant() {
    let house = house();
    let (code, evidence) = visit(&house).await;
    ask(&house, &house.hospital, code, evidence.clone(), ActReason::Treat).await.unwrap();
    let act = ConsentAct::Withdraw("share".parse().unwrap());
    decide(&house, &house.hospital, code, evidence.clone(), act).await.unwrap();
    let now = house.clock.now().as_millis();
    let waiting = house.relay.db.read(move |c| crate::store::wills::notices(c, now)).await.unwrap();
    assert_eq!(waiting.len(), 1, "the clinic has no address here and is told again later");
    let answer = ask(&house, &house.hospital, code, evidence, ActReason::Treat).await.unwrap();
    assert!(answer.grants.is_empty());
}

#[tokio::test]
async fn a_desk_passes_on_only_what_the_person_says_there_and_today() {
    let house = house();
    let (code, evidence) = visit(&house).await;
    let rule = |name: &str| ConsentAct::Record(Box::new(rule(&house, Effect::Deny, name)));
    let invented = Evidence::Presence { receipt: house.check() };
    let refused = decide(&house, &house.hospital, code, invented, rule("a")).await.unwrap_err();
    assert_eq!(refused.code(), "no-presence");
    decide(&house, &house.hospital, code, evidence.clone(), rule("a")).await.unwrap();
    let twice = decide(&house, &house.hospital, code, evidence.clone(), rule("a")).await.unwrap_err();
    assert_eq!(twice.code(), "decision-does-not-fit");
    house.clock.advance(2 * 86_400_000);
    let late = decide(&house, &house.hospital, code, evidence, rule("b")).await.unwrap_err();
    assert_eq!(late.code(), "no-presence");
}
