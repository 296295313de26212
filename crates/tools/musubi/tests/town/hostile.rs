//! What nobody should send, sent to the running town: each is refused with a reason, and the town goes on.

use std::{fs, path::Path};

use calendar::{Clock, SystemClock};
use codes::{Envelope, OrgId};
use eligibility_xml::Charset;
use protocol::{
    clients::paths,
    eligibility::{CheckRequest, Presented},
    reader::{ReaderMode, Road},
};
use serde_json::{Value, json};
use wire::{ClientError, Problem};

use crate::{
    browse::Reply,
    folder::{exchange as drop_file, membership_of, request},
    house::{House, exchange, question},
    process::{Town, eventually},
};

/// A number with the right check digit that belongs to nobody.
const MY_NUMBER: &str = "123456789018";

/// At the desks' pages.
pub fn pages(town: &Town, house: &House) {
    let mut desk = town.browser(&house.hospital().site());
    desk.get("/").ok();
    let number = |field: &str| {
        let mut fields = vec![("insurer_number", "01229913"), ("number", "1"), ("birthdate", "1980-01-01")];
        fields.retain(|(name, _)| *name != field);
        fields
    };
    let mut refused = 0;
    let mut refuse = |what: &str, reply: Reply, status: &[u16]| {
        assert!(status.contains(&reply.status), "{what}: {} {}", reply.status, reply.text());
        assert!(!reply.text().is_empty(), "{what}: an empty page says nothing");
        assert!(!reply.body.contains(MY_NUMBER), "{what}: the number is repeated");
        refused += 1;
    };
    refuse("My Number searched for", desk.get(&format!("/search?q={MY_NUMBER}")), &[422]);
    refuse("My Number in an address", desk.get("/patients/1234-5678-9018"), &[422]);
    for field in ["symbol", "number", "birthdate", "insurer_number"] {
        let mut fields = number(field);
        fields.push((field, "１２３４ ５６７８ ９０１８"));
        refuse(&format!("My Number typed as {field}"), desk.post("/number", &fields), &[422]);
    }
    let wrong =
        desk.post("/number", &[("insurer_number", "01229914"), ("number", "1"), ("birthdate", "S55.13.1")]);
    assert!(wrong.text().contains('3'), "the expected check digit is named");
    refuse("wrong check digit and a month that cannot be", wrong, &[422]);
    refuse("no such mode", desk.post("/read", &[("mode", "telepathy"), ("card", "opted-in")]), &[400, 422]);
    refuse("no such card", desk.post("/read", &[("mode", "face"), ("card", "nobody")]), &[422]);
    refuse(
        "wrong PIN",
        desk.post("/read", &[("mode", "pin"), ("pin", "0000"), ("card", "kana-typo")]),
        &[422],
    );
    refuse("PIN mode without a PIN", desk.post("/read", &[("mode", "pin"), ("card", "kana-typo")]), &[422]);
    refuse("no such visit", desk.get("/visits/00000000000000000000000000"), &[404]);
    refuse("a visit that is none", desk.get("/visits/..%2f..%2fetc"), &[400, 404]);
    refuse("no such page", desk.get("/nowhere"), &[404]);
    let form = [("content-type", "application/x-www-form-urlencoded")];
    refuse("a form without its token", desk.send("POST", "/read", &form, b"card=opted-in").unwrap(), &[403]);
    let other = town.browser(&house.clinic().site());
    refuse("a form without a session", other.send("POST", "/read", &form, b"card=opted-in").unwrap(), &[403]);
    let large = vec![b'a'; 33 << 20];
    refuse("a form of 33 MiB", desk.send("POST", "/read", &form, &large).unwrap(), &[413]);
    refuse("another method", desk.send("DELETE", "/", &[], b"").unwrap(), &[403, 405]);
    town.browser("localhost").get("/").ok();
    desk.get("/").ok();
    println!("hostile pages: {refused} of {refused} refused with a reason, the town goes on");
}

/// At the mTLS interfaces.
pub fn interfaces(house: &House) {
    let (hospital, clinic) = (house.hospital().org, house.clinic().org);
    let mut refused = 0;
    let mut refuse = |what: &str, answer: Problem, codes: &[&str]| {
        assert!(codes.contains(&answer.code()), "{what}: {answer}");
        let parts = answer.parts();
        assert!(
            !parts.title_ja.is_empty() && !parts.title_en.is_empty(),
            "{what}: says why in both languages"
        );
        refused += 1;
    };
    let ask =
        |asker: &OrgId, question: &CheckRequest| house.runtime.block_on(house.checks(asker).check(question));
    let problem = |asker: &OrgId, question: &CheckRequest| match ask(asker, question) {
        Err(ClientError::Problem { problem, .. }) => problem,
        other => panic!("{other:?}"),
    };

    let today = SystemClock.today();
    let honest = house.question("kana-typo", &hospital, Road::InsuranceCode, today);
    let answer = ask(&hospital, &honest).unwrap();
    assert_eq!(
        ask(&hospital, &honest).unwrap().receipt,
        answer.receipt,
        "a retry is the same answer, logged once"
    );
    let replay = CheckRequest { exchange: exchange(), ..honest.clone() };
    refuse("a replayed read", problem(&hospital, &replay), &["read-already-used"]);
    let other = CheckRequest { on: today.add_days(-1), ..honest.clone() };
    refuse(
        "another question under the same exchange",
        problem(&hospital, &other),
        &["exchange-already-used"],
    );

    let fresh = || house.question("kana-typo", &hospital, Road::InsuranceCode, today);
    refuse("another institution's name", problem(&clinic, &fresh()), NOT_ALLOWED);
    let stolen = CheckRequest { institution: clinic, ..fresh() };
    refuse("another institution's read", problem(&clinic, &stolen), &["envelope-not-openable"]);
    refuse("an insurer asks", problem(&house.insurers[0].org, &fresh()), NOT_ALLOWED);
    let at = |seconds: i64| {
        let at = SystemClock.now().add_millis(seconds * 1_000);
        let read = house.read("kana-typo", &hospital, ReaderMode::Face, Road::InsuranceCode, at);
        question(&hospital, read.presented, today)
    };
    refuse(
        "a read of two minutes ago",
        problem(&hospital, &at(-120)),
        &["read-too-old", "envelope-not-openable"],
    );
    refuse("a read of tomorrow", problem(&hospital, &at(86_400)), &["read-in-the-future"]);
    refuse("an altered envelope", problem(&hospital, &altered(fresh())), &["envelope-not-openable"]);
    let pin = house.read("kana-typo", &hospital, ReaderMode::Pin, Road::Certificate, SystemClock.now());
    let unsigned = question(&hospital, without_signature(pin.presented), today);
    refuse("PIN mode without the card's signature", problem(&hospital, &unsigned), &["signature-missing"]);

    let service = house.base(&house.eligibility());
    let send = |base: &str, path: &str, kind: &str, body: Vec<u8>| {
        // A connection of its own: the server closes one on which it refused to read on.
        match house.runtime.block_on(house.client(&hospital).post_bytes(base, path, kind, body)) {
            Err(ClientError::Problem { problem, .. }) => problem,
            other => panic!("{path}: {other:?}"),
        }
    };
    const JSON: &str = "application/json";
    let mut wrong_type: Value = serde_json::to_value(fresh()).unwrap();
    wrong_type["on"] = json!(20261122);
    let answer = send(&service, paths::CHECKS, JSON, wrong_type.to_string().into_bytes());
    assert_eq!(answer.parts().place.as_deref(), Some("on"), "{answer}");
    refuse("a number where a date belongs", answer, BAD_JSON);
    refuse("JSON cut off", send(&service, paths::CHECKS, JSON, b"{\"exchange\":\"".to_vec()), BAD_JSON);
    refuse("JSON nested 100,000 deep", send(&service, paths::CHECKS, JSON, vec![b'['; 100_000]), BAD_JSON);
    refuse(
        "not JSON",
        send(&service, paths::CHECKS, "text/plain", b"hello".to_vec()),
        &["not-json", "unsupported-media-type"],
    );
    refuse("a megabyte", send(&service, paths::CHECKS, JSON, vec![b' '; 1 << 20]), &["too-large"]);
    let report = json!({ "my_number": MY_NUMBER });
    let answer = send(&service, paths::REPORTS, JSON, report.to_string().into_bytes());
    assert!(!answer.to_string().contains(MY_NUMBER));
    refuse("a hospital reports a membership", answer, &[NOT_ALLOWED, BAD_JSON].concat());
    let desk = house.base(&hospital);
    let typed = json!({ "by": "number", "insurer_number": "01229913", "number": MY_NUMBER, "birthdate": "1980-01-01" });
    let answer = send(&desk, "/desk/checks", JSON, typed.to_string().into_bytes());
    assert!(!answer.to_string().contains(MY_NUMBER));
    refuse("a My Number at the hospital's interface", answer, &["my-number-refused"]);
    let neighbour = house.client(&clinic);
    match house.runtime.block_on(neighbour.get::<Value>(&desk, "/desk/visits")) {
        Err(ClientError::Problem { problem, .. }) => {
            refuse("the neighbour reads the hospital's visits", problem, NOT_ALLOWED)
        }
        other => panic!("the neighbour reads the hospital's visits: {other:?}"),
    }
    println!("hostile interfaces: {refused} of {refused} refused with a reason");
}

const NOT_ALLOWED: &[&str] =
    &["another-name", "acting-as-another", "kind-not-permitted", "not-permitted", "not-ours"];
const BAD_JSON: &[&str] = &["bad-json", "bad-body", "bad-field"];

fn altered(question: CheckRequest) -> CheckRequest {
    let CheckRequest { presented, .. } = &question;
    let Presented::InsuranceCode { code, proof } = presented else { panic!("a read for the insurance code") };
    let mut bytes = code.envelope.to_bytes();
    *bytes.last_mut().unwrap() ^= 1;
    let mut code = code.clone();
    code.envelope = Envelope::from_bytes(&bytes).unwrap();
    let presented = Presented::InsuranceCode { code, proof: proof.clone() };
    CheckRequest { presented, ..question }
}

fn without_signature(presented: Presented) -> Presented {
    let Presented::Certificate { certificate, proof, .. } = presented else {
        panic!("a read of the certificate")
    };
    Presented::Certificate { certificate, signature: None, proof }
}

/// In the folders of the receipt computer.
pub fn folders(dir: &Path, house: &House) {
    let membership = membership_of(house, "kana-typo");
    let whole = request(house, &membership, "hostile", Charset::Utf8).write(Charset::Utf8).bytes;
    let text = String::from_utf8(whole.clone()).unwrap();
    let bomb = "<!DOCTYPE b [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;\">]>";
    let number =
        format!("<InsuredIdentificationNumber>{}</InsuredIdentificationNumber>", membership.insured.number);
    assert!(text.contains(&number), "{text}");
    let doubled = text.replace(&number, &format!("{number}{number}"));
    let cut = whole[..whole.len() / 2].to_vec();
    let mut broken = whole.clone();
    broken.splice(whole.len() / 2..whole.len() / 2, [0xFF, 0xFE, 0x00]);
    let other = text.replace(house.hospital().org.number(), house.clinic().org.number());
    let impossible = text.replace(&membership.person.birthdate.to_compact(), "19800230");
    assert_ne!(impossible, text);
    let files: Vec<(&str, Vec<u8>, &str)> = vec![
        (
            "bomb",
            text.replacen("<XmlMsg", &format!("{bomb}<XmlMsg"), 1).replacen("?>", "?>\n", 1).into_bytes(),
            "MSB001",
        ),
        ("cut", cut, "MSB001"),
        ("empty", Vec::new(), "MSB001"),
        ("broken", broken, "MSB001"),
        ("twice", doubled.into_bytes(), "MSB001"),
        ("deep", "<a>".repeat(200_000).into_bytes(), "MSB001"),
        ("large", [whole.clone(), vec![b' '; 2 << 20]].concat(), "MSB001"),
        ("other", other.into_bytes(), "MSB003"),
        ("impossible", impossible.into_bytes(), "MSB00"),
        (
            "mynumber",
            text.replace(&number, &number.replace(membership.insured.number.as_str(), MY_NUMBER))
                .into_bytes(),
            "MSB002",
        ),
    ];
    let oqs = dir.join(&house.hospital().slug).join("oqs");
    for (id, bytes, expected) in &files {
        let response = drop_file(dir, house, &format!("hostile-{id}"), bytes);
        let code = response.header.error_code.clone().unwrap_or_default();
        let message = response.header.error_message.clone().unwrap_or_default();
        assert!(code.starts_with(expected) && !message.is_empty(), "{id}: {code} {message}");
        assert!(!message.contains(MY_NUMBER), "{id}: the number is repeated");
        let waiting = oqs.join("req").join(format!("OQSsiquc01req_hostile-{id}.xml"));
        eventually("the request leaves its folder", || (!waiting.exists()).then_some(()));
        let kept = oqs.join("bad").join(format!("OQSsiquc01req_hostile-{id}.xml"));
        assert_eq!(kept.exists(), *id != "mynumber", "{id}: kept aside, unless it holds a My Number");
    }
    let after = drop_file(
        dir,
        house,
        "after-all",
        &request(house, &membership, "after-all", Charset::Utf8).write(Charset::Utf8).bytes,
    );
    assert_eq!(after.body.qualification_validity.map(|v| v.code().to_owned()).as_deref(), Some("1"));
    for kept in fs::read_dir(oqs.join("bad")).unwrap() {
        assert!(!String::from_utf8_lossy(&fs::read(kept.unwrap().path()).unwrap()).contains(MY_NUMBER));
    }
    println!(
        "hostile folders: {} of {} files answered with an error, and the next good one with its result",
        files.len(),
        files.len()
    );
}
