//! The person reads what was disclosed about them.

use axum::Router;
use codes::OrgId;
use data_encoding::BASE64;
use ledger::{Hash, verify_inclusion};
use protocol::eligibility::{LossReason, TicketContents};
use protocol::jpki::CertificateStatus;
use protocol::own_record::{OwnRecordAnswer, OwnRecordRequest, OwnTicketRequest};
use protocol::reader::ReaderMode;
use wire::{Client, ClientError, Server, Shutdown};

use crate::check::refused;
use crate::person::*;
use crate::world::{World, hospital, portal};

async fn public(router: Router) -> String {
    let server = Server::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", server.local_addr());
    tokio::spawn(server.serve(router, None, Shutdown::new()));
    base
}

async fn read(world: &World, base: &str, mode: ReaderMode) -> Result<OwnRecordAnswer, ClientError> {
    let presented = certificate(world, world.eligibility, CERTIFICATE, mode);
    let question = OwnRecordRequest { exchange: exchange(world), presented };
    Client::plain().post(base, protocol::clients::paths::OWN_RECORD, &question).await
}

#[tokio::test]
async fn the_person_sees_every_disclosure_proven_and_the_reading_is_logged() {
    let world = World::new().await;
    for who in [1, 2] {
        world.insurer(1).report(&acquisition(who, 1, "2020-04-01")).await.unwrap();
        let question =
            request(&world, hospital(), sealed(&world, hospital(), &world.card(&my_number(who)).await));
        world.desk(hospital()).check(&question).await.unwrap();
    }
    world.certify(CERTIFICATE, CertificateStatus::Good, Some(world.sealed_link(&my_number(1))));
    let base = public(world.role.pages()).await;
    assert_eq!(refused(read(&world, &base, ReaderMode::Face).await), "pin-needed");
    let before = world.role.service().ledger().size();
    let answer = read(&world, &base, ReaderMode::Pin).await.unwrap();
    assert_eq!(world.role.service().ledger().size(), before + 1, "the reading is an entry of its own");
    assert_eq!(answer.entries.len(), 1, "only the person's own");
    let entry = &answer.entries[0];
    assert_eq!((entry.organisation, entry.mode), (hospital(), Some(ReaderMode::Face)));
    assert!(entry.basis.contains("健康保険法"), "{}", entry.basis);
    let lines: Vec<&str> = answer.heads.signed.lines().collect();
    let hash = |text: &str| Hash(BASE64.decode(text.as_bytes()).unwrap().try_into().unwrap());
    let path: Vec<Hash> = entry.proof.path.iter().map(|text| hash(text)).collect();
    let size = lines[1].parse().unwrap();
    assert_eq!(entry.proof.size, size);
    assert!(verify_inclusion(&hash(&entry.proof.hash), entry.proof.index, size, &path, &hash(lines[2])));
}

#[tokio::test]
async fn somebody_elses_read_or_a_read_for_a_desk_opens_nothing() {
    let world = World::new().await;
    world.certify(CERTIFICATE, CertificateStatus::Good, Some(world.sealed_link(&my_number(1))));
    let base = public(world.role.pages()).await;
    let presented = certificate(&world, hospital(), CERTIFICATE, ReaderMode::Pin);
    let question = OwnRecordRequest { exchange: exchange(&world), presented };
    let answer = Client::plain().post::<_, OwnRecordAnswer>(&base, "/own-record", &question).await;
    assert_eq!(refused(answer), "signature-wrong");
}

#[tokio::test]
async fn the_portal_gets_a_ticket_for_who_came_in_with_card_and_pin_and_nobody_else_does() {
    let world = World::new().await;
    world.certify(CERTIFICATE, CertificateStatus::Good, Some(world.sealed_link(&my_number(1))));
    let question = |institution, mode| OwnTicketRequest {
        exchange: exchange(&world),
        institution,
        presented: certificate(&world, institution, CERTIFICATE, mode),
    };
    let face = world.desk(portal()).own_ticket(&question(portal(), ReaderMode::Face)).await;
    assert_eq!(refused(face), "pin-needed");
    let desk = world.desk(hospital()).own_ticket(&question(hospital(), ReaderMode::Pin)).await;
    assert_eq!(refused(desk), "not-for-this-kind");
    let elsewhere = world.desk(portal()).own_ticket(&question(hospital(), ReaderMode::Pin)).await;
    assert_eq!(refused(elsewhere), "another-name");
    let before = world.role.service().ledger().size();
    let answer = world.desk(portal()).own_ticket(&question(portal(), ReaderMode::Pin)).await.unwrap();
    assert!(answer.medical_ticket.is_none(), "who asked for no medical ID has none");
    assert_eq!((answer.receipt.index, world.role.service().ledger().size()), (before, before + 1));
    world.opt_in(&my_number(1)).await;
    world.insurer(1).report(&acquisition(1, 1, "2020-04-01")).await.unwrap();
    world.insurer(1).report(&loss(1, 1, "2020-04-01", "2026-11-01", LossReason::Other)).await.unwrap();
    world.insurer(2).report(&acquisition(1, 2, "2026-11-01")).await.unwrap();
    world.insurer(3).report(&acquisition(2, 3, "2026-11-01")).await.unwrap();
    let answer = world.desk(portal()).own_ticket(&question(portal(), ReaderMode::Pin)).await.unwrap();
    let insured: Vec<_> = answer.memberships.iter().map(|m| (m.insurer, m.from, m.until)).collect();
    let org = |which| OrgId::insurer(&insurer(which));
    let wanted = [(org(2), day("2026-11-01"), None), (org(1), day("2020-04-01"), Some(day("2026-10-31")))];
    assert_eq!(insured, wanted, "the person's own, newest first, the last day covered");
    assert_eq!(answer.memberships[0].known_from, world.now());
    let ticket = answer.medical_ticket.unwrap();
    let contents: TicketContents = serde_json::from_slice(&ticket.open(&*world.relay).unwrap()).unwrap();
    assert_eq!((contents.institution, contents.receipt), (portal(), answer.receipt));
}
