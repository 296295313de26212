//! Requests in the field's own form, and what is wrong with others.

use calendar::Timestamp;
use protocol::eligibility::Presented;
use serde_json::{Value, json};

use super::{outcome, request, system};

fn now() -> Timestamp {
    "2026-11-22T10:00:00+09:00".parse().unwrap()
}

fn example() -> Value {
    json!({
        "resourceType": "CoverageEligibilityRequest",
        "status": "active",
        "purpose": ["validation"],
        "contained": [{
            "resourceType": "Patient",
            "id": "p",
            "identifier": [{ "system": system::MEMBER_ID, "value": "06130017:１２－３４:５６７８:01" }],
            "birthDate": "1980-05-06",
        }],
        "patient": { "reference": "#p" },
        "provider": { "identifier": { "system": system::INSTITUTION, "value": "1312345670" } },
        "servicedDate": "2026-11-20",
        "created": "2026-11-22",
    })
}

#[test]
fn a_request_by_number_is_read() {
    let read = request::read(&example(), now()).unwrap();
    assert_eq!(read.institution.to_string(), "institution/1312345670");
    assert_eq!(read.on.to_string(), "2026-11-20");
    let Presented::InsuredPerson { insured, birthdate } = read.presented else { panic!() };
    assert_eq!((insured.number.as_str(), birthdate.to_string().as_str()), ("５６７８", "1980-05-06"));
}

#[test]
fn what_is_missing_is_named_by_its_place() {
    let refused = |change: fn(&mut Value)| {
        let mut resource = example();
        change(&mut resource);
        let problem = request::read(&resource, now()).unwrap_err();
        let outcome = outcome(&problem);
        assert_eq!(outcome["issue"][0]["code"], "invalid");
        problem.parts().place.clone().unwrap_or_default()
    };
    assert_eq!(refused(|r| r["resourceType"] = json!("Patient")), "resourceType");
    assert!(refused(|r| r["provider"] = Value::Null).ends_with("provider.identifier"));
    assert!(refused(|r| r["contained"] = json!([])).ends_with("patient.identifier"));
    assert!(refused(|r| r["contained"][0]["birthDate"] = json!("1980-13-06")).ends_with("birthDate"));
    assert!(refused(|r| r["servicedDate"] = json!("2026-02-30")).ends_with("serviced"));
    assert!(
        refused(|r| r["identifier"] = json!([{ "system": system::EXCHANGE, "value": "x" }]))
            .contains("identifier")
    );
    assert!(refused(|r| r["status"] = json!("draft")).ends_with("status"));
}
