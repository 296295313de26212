//! The folders of the receipt computer: a request is dropped, the answer appears.

use std::{fs, path::Path};

use calendar::{Clock, SystemClock};
use eligibility_xml::{
    CharacterCode, Charset, Header, PaddedInsurerNumber, QualificationConfirmSearchInfo, Request,
    RequestBody, Response,
};
use protocol::{eligibility::Membership, reader::Road};

use crate::{house::House, process::eventually};

/// Asked by symbol and number, in both character sets; the names come back with their rare characters where they can.
pub fn answers(dir: &Path, house: &House) {
    let mut asked = 0;
    for story in ["late-elderly", "rare-characters", "latin-name", "dependant-child"] {
        let membership = membership_of(house, story);
        for charset in [Charset::Utf8, Charset::ShiftJis] {
            let id = format!("{story}-{}", if charset == Charset::Utf8 { "utf8" } else { "sjis" });
            let response =
                exchange(dir, house, &id, &request(house, &membership, &id, charset).write(charset).bytes);
            let validity = response.body.qualification_validity.as_ref().map(|v| v.code().to_owned());
            assert_eq!(validity.as_deref(), Some("1"), "{id}: {response:?}");
            let result = response.results().first().unwrap_or_else(|| panic!("{id}: no result"));
            let name = result.name.clone().unwrap_or_default();
            match charset {
                Charset::Utf8 => assert_eq!(name, membership.person.name, "{id}"),
                // What Shift_JIS cannot write is marked, never dropped.
                Charset::ShiftJis => {
                    assert_eq!(name.chars().count(), membership.person.name.chars().count(), "{id}: {name}")
                }
            }
            assert_eq!(response.header.arbitrary_file_identifier.as_deref(), Some(id.as_str()));
            asked += 1;
        }
    }
    println!("OQS folder: {asked} of {asked} requests answered, in UTF-8 and Shift_JIS");
}

/// Drops a file and waits for its answer.
pub fn exchange(dir: &Path, house: &House, id: &str, bytes: &[u8]) -> Response {
    let oqs = dir.join(&house.hospital().slug).join("oqs");
    fs::write(oqs.join("req").join(format!("OQSsiquc01req_{id}.xml")), bytes).unwrap();
    let answer = oqs.join("res").join(format!("OQSsiquc01res_{id}.xml"));
    let bytes = eventually("an answer in the folder", || fs::read(&answer).ok());
    Response::read(&bytes).unwrap()
}

/// The request of a receipt computer about a member.
pub fn request(house: &House, membership: &Membership, id: &str, charset: Charset) -> Request {
    let insured = &membership.insured;
    let search = QualificationConfirmSearchInfo {
        insurer_number: Some(PaddedInsurerNumber::from(&insured.insurer)),
        insured_card_symbol: Some(insured.symbol.to_string()).filter(|symbol| !symbol.is_empty()),
        insured_identification_number: Some(insured.number.to_string()),
        insured_branch_number: insured.branch.map(|branch| branch.to_string()),
        birthdate: Some(membership.person.birthdate),
        ..Default::default()
    };
    Request {
        header: Header {
            qualification_confirmation_date: Some(SystemClock.today()),
            medical_institution_code: Some(house.hospital().org.number().to_owned()),
            arbitrary_file_identifier: Some(id.to_owned()),
            character_code_identifier: Some(CharacterCode::from_code(charset.identifier())),
            ..Default::default()
        },
        body: RequestBody { search: Some(search), ..Default::default() },
        ..Default::default()
    }
}

/// What the card's answer says of the person's membership.
pub fn membership_of(house: &House, story: &str) -> Membership {
    let hospital = house.hospital().org;
    let question = house.question(story, &hospital, Road::InsuranceCode, SystemClock.today());
    let answer = house.runtime.block_on(house.checks(&hospital).check(&question)).unwrap();
    answer.memberships.into_iter().next().unwrap()
}
