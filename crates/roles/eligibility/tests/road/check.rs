//! By card: insurance code and certificate; replays, stale reads, other names, what the ledger keeps.

use calendar::Timestamp;
use codes::{Custody, DomainCodes, Insurance};
use protocol::card::AppletContents;
use protocol::eligibility::MedicalLinkUpdate;
use protocol::eligibility::{CheckRequest, LossReason, Presented, Reason, TicketContents, Validity};
use protocol::jpki::{CertificateStatus, RevocationReason};
use protocol::reader::ReaderMode;
use protocol::sealed::{STANDING, purpose};
use protocol_admin::report::ReportResult;

use crate::person::*;
use crate::world::{World, clinic, hospital, org};

/// The code of the problem that a call answered.
pub fn refused<T: std::fmt::Debug>(result: Result<T, wire::ClientError>) -> String {
    let error = result.unwrap_err();
    let problem = error.problem().unwrap_or_else(|| panic!("{error}"));
    let parts = problem.parts();
    assert!(!parts.title_ja.is_empty() && !parts.title_en.is_empty(), "{problem}");
    problem.code().to_owned()
}

async fn member(world: &World) -> AppletContents {
    let outcome = world.insurer(1).report(&acquisition(1, 1, "2020-04-01")).await.unwrap();
    assert!(matches!(outcome.result, ReportResult::Accepted { .. }), "{outcome:?}");
    world.card(&my_number(1)).await
}

#[tokio::test]
async fn by_insurance_code_the_desk_learns_all_it_needs_and_no_more() {
    let world = World::new().await;
    let card = member(&world).await;
    let question = request(&world, hospital(), sealed(&world, hospital(), &card));
    let answer = world.desk(hospital()).check(&question).await.unwrap();
    assert_eq!((answer.validity, answer.explanation.reason), (Validity::Valid, Reason::Covered));
    assert_eq!(answer.memberships[0].person.name, "髙﨑　花子1");
    assert_eq!(answer.explanation.insurer_last_reported_at, Some(world.now()));
    assert!(answer.medical_ticket.is_none());
    let codes: DomainCodes<Insurance> = DomainCodes::new(world.custody.clone());
    assert_eq!(answer.person_code, Some(codes.org_code_one(&hospital(), 0, &card.code).unwrap()));
    let there = request(&world, clinic(), sealed(&world, clinic(), &card));
    let there = world.desk(clinic()).check(&there).await.unwrap();
    assert_ne!(answer.person_code, there.person_code, "no organisation learns another's code");
    let text = serde_json::to_string(&answer).unwrap();
    assert!(!text.contains(&my_number(1).to_string()) && !text.contains("mi_"));
    let entry = world.role.service().ledger().read_entry(answer.receipt.index).unwrap();
    let body = String::from_utf8(entry.body).unwrap();
    assert!(body.contains("check-at-reception") && body.contains("\"validity\":\"valid\""), "{body}");
    assert!(!body.contains("髙﨑") && !body.contains(&my_number(1).to_string()));
}

#[tokio::test]
async fn the_insurance_code_stays_when_the_insurer_changes() {
    let world = World::new().await;
    let card = member(&world).await;
    let left = loss(1, 1, "2020-04-01", "2026-11-01", LossReason::OtherInsurance);
    world.insurer(1).report(&left).await.unwrap();
    let asked = || request(&world, hospital(), sealed(&world, hospital(), &card));
    let between = world.desk(hospital()).check(&asked()).await.unwrap();
    assert_eq!((between.validity, between.explanation.reason), (Validity::Invalid, Reason::EndedNothingNew));
    assert!(!between.explanation.next_ja.is_empty() && !between.explanation.next_en.is_empty());
    let before = world.now();
    world.clock.advance(60_000);
    world.insurer(2).report(&acquisition(1, 2, "2026-11-01")).await.unwrap();
    let after = world.desk(hospital()).check(&asked()).await.unwrap();
    assert_eq!((after.validity, after.memberships.len()), (Validity::Valid, 1));
    assert_eq!(after.memberships[0].insured.insurer, insurer(2));
    assert_eq!(after.person_code, between.person_code);
    let then = CheckRequest { known_at: Some(before), ..asked() };
    let then = world.desk(hospital()).check(&then).await.unwrap();
    assert_eq!(then.validity, Validity::Invalid, "what was known then does not change");
    let future = CheckRequest { known_at: Some(world.now().add_millis(1)), ..asked() };
    assert_eq!(refused(world.desk(hospital()).check(&future).await), "bad-day");
}

#[tokio::test]
async fn a_retry_is_answered_again_and_a_replay_is_refused_also_after_a_restart() {
    let world = World::new().await;
    let card = member(&world).await;
    let question = request(&world, hospital(), sealed(&world, hospital(), &card));
    let first = world.desk(hospital()).check(&question).await.unwrap();
    let size = world.role.service().ledger().size();
    world.insurer(1).report(&loss(1, 1, "2020-04-01", "2026-11-01", LossReason::Other)).await.unwrap();
    assert_eq!(world.desk(hospital()).check(&question).await.unwrap(), first);
    assert_eq!(world.role.service().ledger().size(), size, "a repetition is no second disclosure");
    let replay = CheckRequest { exchange: exchange(&world), ..question.clone() };
    assert_eq!(refused(world.desk(hospital()).check(&replay).await), "read-already-used");
    let other = CheckRequest { terminal: "desk-2".into(), ..question.clone() };
    assert_eq!(refused(world.desk(hospital()).check(&other).await), "exchange-already-used");
    let world = world.restart().await;
    assert_eq!(refused(world.desk(hospital()).check(&replay).await), "read-already-used");
    assert_eq!(world.desk(hospital()).check(&question).await.unwrap(), first);
}

#[tokio::test]
async fn a_read_of_another_desk_or_moment_is_refused() {
    let world = World::new().await;
    let card = member(&world).await;
    let desk = world.desk(hospital());
    let stolen = request(&world, hospital(), sealed(&world, clinic(), &card));
    assert_eq!(refused(desk.check(&stolen).await), "envelope-not-openable");
    let named = request(&world, clinic(), sealed(&world, clinic(), &card));
    assert_eq!(refused(desk.check(&named).await), "another-name");
    let old = sealed_at(&world, hospital(), &card, world.now().add_millis(-61_000));
    assert_eq!(refused(desk.check(&request(&world, hospital(), old)).await), "read-too-old");
    let ahead = sealed_at(&world, hospital(), &card, world.now().add_millis(6_000));
    assert_eq!(refused(desk.check(&request(&world, hospital(), ahead)).await), "read-in-the-future");
    let Presented::InsuranceCode { code: envelope, mut proof } = sealed(&world, hospital(), &card) else {
        panic!()
    };
    proof.nonce = "zz".into();
    let malformed = request(&world, hospital(), Presented::InsuranceCode { code: envelope, proof });
    assert_eq!(refused(desk.check(&malformed).await), "bad-field");
    let insurer_desk = world.desk(codes::OrgId::insurer(&insurer(1)));
    let as_insurer = request(&world, codes::OrgId::insurer(&insurer(1)), sealed(&world, hospital(), &card));
    assert_eq!(refused(insurer_desk.check(&as_insurer).await), "not-for-this-kind");
    world.directory.suspend(&hospital(), day("2026-11-01"), "調査中");
    let suspended = request(&world, hospital(), sealed(&world, hospital(), &card));
    assert_eq!(refused(desk.check(&suspended).await), "organisation-suspended");
    let unknown = org("institution/1310000009");
    let unknown_desk = world.desk(unknown);
    let asked = request(&world, unknown, sealed(&world, unknown, &card));
    assert_eq!(refused(unknown_desk.check(&asked).await), "unknown-organisation");
}

#[tokio::test]
async fn nobody_ever_reported_is_said_and_logged() {
    let world = World::new().await;
    let stranger = world.card(&my_number(77)).await;
    let question = request(&world, hospital(), sealed(&world, hospital(), &stranger));
    let before = world.role.service().ledger().size();
    let answer = world.desk(hospital()).check(&question).await.unwrap();
    assert_eq!((answer.validity, answer.explanation.reason), (Validity::None, Reason::NeverReported));
    assert!(answer.person_code.is_none() && answer.memberships.is_empty());
    assert!(!answer.explanation.next_ja.is_empty());
    assert_eq!(world.role.service().ledger().size(), before + 1);
}

#[tokio::test]
async fn by_certificate_validity_is_asked_and_pin_mode_needs_the_cards_signature() {
    let world = World::new().await;
    member(&world).await;
    let holder = world.sealed_link(&my_number(1));
    world.certify(CERTIFICATE, CertificateStatus::Good, Some(holder));
    let desk = world.desk(hospital());
    let ask =
        |der: &'static [u8], mode| request(&world, hospital(), certificate(&world, hospital(), der, mode));
    for mode in [ReaderMode::Pin, ReaderMode::Face, ReaderMode::Visual] {
        assert_eq!(desk.check(&ask(CERTIFICATE, mode)).await.unwrap().validity, Validity::Valid);
    }
    let mut unsigned = ask(CERTIFICATE, ReaderMode::Pin);
    let Presented::Certificate { signature, .. } = &mut unsigned.presented else { panic!() };
    *signature = None;
    assert_eq!(refused(desk.check(&unsigned).await), "signature-missing");
    let mut forged = ask(CERTIFICATE, ReaderMode::Pin);
    let Presented::Certificate { signature, .. } = &mut forged.presented else { panic!() };
    *signature = Some(sign(b"another moment"));
    assert_eq!(refused(desk.check(&forged).await), "signature-wrong");
    let expired = desk.check(&ask(EXPIRED, ReaderMode::Face)).await;
    assert_eq!(refused(expired), "certificate-expired");
    assert_eq!(refused(desk.check(&ask(SIGNING, ReaderMode::Face)).await), "certificate-wrong-kind");
    assert_eq!(refused(desk.check(&ask(b"0", ReaderMode::Face)).await), "certificate-unreadable");
    let at = Timestamp::from_seconds(1_700_000_000);
    let revoked = CertificateStatus::Revoked { at, reason: RevocationReason::KeyCompromise, successor: None };
    world.certify(CERTIFICATE, revoked, None);
    assert_eq!(refused(desk.check(&ask(CERTIFICATE, ReaderMode::Face)).await), "certificate-revoked");
    world.fakes.certificates.lock().unwrap().clear();
    assert_eq!(refused(desk.check(&ask(CERTIFICATE, ReaderMode::Face)).await), "certificate-unknown");
}

#[tokio::test]
async fn only_who_opted_in_gets_a_ticket_and_only_the_relay_opens_it() {
    let world = World::new().await;
    let card = member(&world).await;
    let link = codes::EnvelopeContext {
        recipient: org("relay/1"),
        purpose: purpose::MEDICAL_LINK.into(),
        expires_at: STANDING,
        exchange: exchange(&world),
        consent: None,
        binding: Vec::new(),
    };
    let link = protocol::Sealed::new(&world.relay.envelope_public_key().unwrap(), link, &[7; 16]).unwrap();
    let update = |link: Option<protocol::Sealed>| MedicalLinkUpdate {
        exchange: exchange(&world),
        person: world.sealed_link(&my_number(1)),
        link,
    };
    let issuer = world.desk(org("issuer/1"));
    assert_eq!(refused(world.desk(hospital()).set_medical_link(&update(None)).await), "not-for-this-kind");
    issuer.set_medical_link(&update(Some(link.clone()))).await.unwrap();
    let question = request(&world, hospital(), sealed(&world, hospital(), &card));
    let ticket = world.desk(hospital()).check(&question).await.unwrap().medical_ticket.unwrap();
    assert!(!serde_json::to_string(&ticket).unwrap().contains(&link.envelope.to_string()));
    let contents: TicketContents = serde_json::from_slice(&ticket.open(&*world.relay).unwrap()).unwrap();
    assert_eq!((contents.institution, contents.link), (hospital(), link));
    assert_ne!(ticket.context.exchange, question.exchange, "nothing ties the registration to the check");
    issuer.set_medical_link(&update(None)).await.unwrap();
    let after = request(&world, hospital(), sealed(&world, hospital(), &card));
    assert!(world.desk(hospital()).check(&after).await.unwrap().medical_ticket.is_none());
}

#[tokio::test]
async fn a_malformed_question_is_refused_with_its_place() {
    let world = World::new().await;
    let card = member(&world).await;
    let whole = request(&world, hospital(), sealed(&world, hospital(), &card));
    let whole = serde_json::to_value(&whole).unwrap();
    let client = world.http(hospital());
    let refused_at = |change: fn(&mut serde_json::Value)| {
        let mut question = whole.clone();
        change(&mut question);
        let (client, base) = (client.clone(), world.base().to_owned());
        async move {
            let answer = client.post::<_, serde_json::Value>(&base, "/checks", &question).await.unwrap_err();
            let problem = answer.problem().unwrap().clone();
            assert_eq!(problem.code(), "bad-field", "{problem}");
            problem.parts().place.clone().unwrap()
        }
    };
    assert_eq!(refused_at(|q| q["on"] = "2026-02-30".into()).await, "on");
    assert_eq!(refused_at(|q| q["institution"] = 7.into()).await, "institution");
    assert_eq!(refused_at(|q| q["presented"]["by"] = "magic".into()).await, "presented.by");
    assert_eq!(refused_at(|q| q["presented"]["proof"]["mode"] = "nod".into()).await, "presented.proof.mode");
    assert_eq!(
        refused_at(|q| q["presented"]["code"]["envelope"] = "x".into()).await,
        "presented.code.envelope"
    );
    assert_eq!(
        refused_at(|q| {
            q["presented"].as_object_mut().unwrap().remove("proof");
        })
        .await,
        "presented"
    );
    assert_eq!(refused_at(|q| q["terminal"] = "x".repeat(65).into()).await, "terminal");
    let large = client.post_bytes(world.base(), "/checks", "application/json", vec![b' '; 300_000]).await;
    assert_eq!(refused(large), "too-large");
    let plain = client.post_bytes(world.base(), "/checks", "text/plain", b"{}".to_vec()).await;
    assert_eq!(refused(plain), "not-json");
}
