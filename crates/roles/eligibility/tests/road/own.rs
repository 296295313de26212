//! The person reads what was disclosed about them.

use axum::Router;
use data_encoding::BASE64;
use ledger::{Hash, verify_inclusion};
use protocol::jpki::CertificateStatus;
use protocol::own_record::{OwnRecordAnswer, OwnRecordRequest};
use protocol::reader::ReaderMode;
use wire::{Client, ClientError, Server, Shutdown};

use crate::check::refused;
use crate::person::*;
use crate::world::{World, hospital};

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
    let lines: Vec<&str> = answer.checkpoint.lines().collect();
    let hash = |text: &str| Hash(BASE64.decode(text.as_bytes()).unwrap().try_into().unwrap());
    let path: Vec<Hash> = entry.proof.iter().map(|text| hash(text)).collect();
    let size = lines[1].parse().unwrap();
    assert!(verify_inclusion(&hash(&entry.leaf_hash), entry.index, size, &path, &hash(lines[2])));
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
