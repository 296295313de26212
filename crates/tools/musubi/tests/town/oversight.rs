//! The overseer in the town: it cosigns every ledger, its orders are in force at once, and a second history raises an alarm.

use std::path::Path;

use calendar::{Clock as _, SystemClock};
use codes::{Custody as _, FileCustody, KeyName, OrgKind, Unlock};
use data_encoding::BASE64;
use ledger::{
    Algorithm, Checkpoint, Hash, NoteKey, NoteSignature, SignedNote, cosigned_at, verify_inclusion,
};
use protocol::clients::paths;
use protocol::eligibility::CheckAnswer;
use protocol::ledger::{InclusionProof, origin};
use protocol::oversight::{SignedOrders, witness_key};
use protocol::reader::Road;

use crate::browse::between;
use crate::house::{House, homes};
use crate::process::{Town, eventually};

const SITE: &str = "oversight.localhost";
const OFFICER: (&str, &str) = ("officer", "監督 花子");

/// Every role's head is cosigned, and whoever asks for a proof gets the overseer's word with it.
pub fn every_ledger_is_cosigned(town: &Town, dir: &Path, house: &House) {
    let ledgers = homes(dir).len();
    let mut page = town.browser(SITE);
    eventually("every ledger is cosigned", || {
        let shown = page.get("/witness").ok().body;
        (shown.matches("連続").count() == ledgers).then_some(())
    });
    let witness = witness_key(&house.directory).unwrap();
    let (hospital, portal) = (house.hospital().org, house.directory.of_kind(OrgKind::Portal)[0].id);
    let client = house.client(&portal);
    let proof: InclusionProof =
        house.runtime.block_on(client.get(&house.base(&hospital), "/ledger/proofs/0")).unwrap();
    let at = cosigned_at(&proof.checkpoint, &witness).unwrap().expect("the head comes cosigned");
    let age = SystemClock.now().as_seconds() - i64::try_from(at).unwrap();
    assert!(age < 120, "cosigned {age} s ago");
    let note: SignedNote = proof.checkpoint.parse().unwrap();
    let head: Checkpoint = note.text.parse().unwrap();
    let bundle = house.runtime.block_on(client.get_bytes(&house.base(&hospital), &entries_tile(head.size)));
    let path: Vec<Hash> = proof
        .path
        .iter()
        .map(|hash| Hash(BASE64.decode(hash.as_bytes()).unwrap().try_into().unwrap()))
        .collect();
    let leaf = Hash::leaf(first_entry(&bundle.unwrap().body));
    assert!(verify_inclusion(&leaf, 0, head.size, &path, &head.root), "the entry is under the cosigned head");
    println!("witness: {ledgers} ledgers cosigned, the newest proof's cosignature is {age} s old");
}

/// A hospital is suspended on the overseer's page and can ask no more; lifted, it can again.
pub fn a_suspension_is_in_force_at_once(town: &Town, house: &House) {
    let hospital = house.hospital().org;
    let story = "valid-employee";
    let ask = || -> Result<CheckAnswer, String> {
        let question = house.question(story, &hospital, Road::InsuranceCode, SystemClock.today());
        let answer = house.runtime.block_on(house.checks(&hospital).check(&question));
        answer.map_err(|error| error.problem().map_or_else(|| error.to_string(), |p| p.code().to_owned()))
    };
    ask().unwrap();
    let mut page = town.browser(SITE);
    let mut order = |act: &str| {
        page.get("/orders").ok();
        let id = hospital.to_string();
        let form = [("organisation", id.as_str()), ("act", act), OFFICER, ("words", "照会の理由を示さない")];
        assert_eq!(page.post("/orders", &form).location(), "/orders");
    };
    order("suspend");
    assert_eq!(ask().unwrap_err(), "organisation-suspended");
    let client = house.client(&house.clinic().org);
    let overseer = house.directory.of_kind(OrgKind::Oversight)[0].id;
    let signed: SignedOrders =
        house.runtime.block_on(client.get(&house.base(&overseer), paths::ORDERS)).unwrap();
    let orders = signed.verify(&house.directory).unwrap();
    assert_eq!(orders.suspended[0].organisation, hospital);
    order("lift");
    ask().unwrap();
}

/// The table of purposes is signed off, and the house goes on; the assessment says what runs.
pub fn the_table_is_signed_off(town: &Town, house: &House) {
    let mut page = town.browser(SITE);
    let shown = page.get("/purposes").ok().body;
    let digest = between(&shown, "name=\"digest\" value=\"", "\"").unwrap().to_owned();
    let form = [("digest", digest.as_str()), OFFICER, ("words", "審査した")];
    assert_eq!(page.post("/purposes", &form).location(), "/purposes");
    let signed = page.get("/purposes").ok().text();
    assert!(signed.contains("今の表は確認済みです"), "{signed}");
    let hospital = house.hospital().org;
    let question = house.question("valid-employee", &hospital, Road::InsuranceCode, SystemClock.today());
    house.runtime.block_on(house.checks(&hospital).check(&question)).unwrap();
    let assessment = eventually("the assessment is made", || {
        let shown = page.get("/assessment").ok().text();
        shown.contains("registration").then_some(shown)
    });
    assert!(assessment.contains("個人番号を含む"), "what holds My Numbers is marked");
}

/// Whoever holds the hospital's key signs a second history: the overseer does not cosign it, and says so.
pub fn a_second_history_raises_an_alarm(town: &Town, dir: &Path, house: &House) {
    let hospital = house.hospital();
    let home = dir.join(&hospital.slug);
    let keys = [KeyName::LEDGER_SIGN];
    let unlock = Unlock::KeyFile(home.join("unlock.key"));
    let custody = FileCustody::create_or_open(&home.join("keys.sealed"), unlock, &keys).unwrap();
    let log = origin(&hospital.org);
    let client = house.client(&hospital.org);
    let overseer = house.base(&house.directory.of_kind(OrgKind::Oversight)[0].id);
    let answer = eventually("the second history is at the size cosigned last", || {
        let cosigned =
            house.runtime.block_on(client.get_bytes(&house.base(&hospital.org), "/ledger/cosigned"));
        let note: SignedNote = String::from_utf8(cosigned.unwrap().body.to_vec()).unwrap().parse().unwrap();
        let head: Checkpoint = note.text.parse().unwrap();
        let forged = Checkpoint { root: Hash([7; 32]), ..head };
        let text = forged.to_string();
        let key =
            NoteKey::new(&log, Algorithm::Ed25519, custody.verifying_key(&KeyName::LEDGER_SIGN).unwrap())
                .unwrap();
        let bytes = custody.sign(&KeyName::LEDGER_SIGN, text.as_bytes()).unwrap().to_vec();
        let signature = NoteSignature { name: log.clone(), key_id: key.id(), bytes };
        let note = SignedNote { text, signatures: vec![signature] };
        let body = format!("old {}\n\n{note}", forged.size).into_bytes();
        let answer = client.post_raw(&overseer, paths::ADD_CHECKPOINT, "text/plain", body);
        let answer = house.runtime.block_on(answer).unwrap();
        // The true ledger may have grown meanwhile: then the witness names another size.
        (!answer.headers["content-type"].as_bytes().starts_with(b"text/x.tlog.size")).then_some(answer)
    });
    assert_eq!(answer.status.as_u16(), 409, "{answer:?}");
    let alarms = town.browser(SITE).get("/alarms").ok().text();
    assert!(alarms.contains("台帳の分岐") && alarms.contains(&hospital.name), "{alarms}");
}

/// The tile with the first entries of a log of this size.
fn entries_tile(size: u64) -> String {
    if size < 256 {
        format!("/ledger/tile/entries/000.p/{size}")
    } else {
        "/ledger/tile/entries/000".to_owned()
    }
}

fn first_entry(bundle: &[u8]) -> &[u8] {
    let length = usize::from(u16::from_be_bytes([bundle[0], bundle[1]]));
    &bundle[2..2 + length]
}
