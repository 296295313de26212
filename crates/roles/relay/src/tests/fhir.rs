//! The FHIR doors, held against IHE's own definitions and examples.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use consent::ActReason;
use protocol::audit::{About, Event};
use protocol::exchange::{CorroborationRequest, Evidence};
use protocol::networks::NetworkJoin;
use records::definitions::Definitions;
use records::validate::{Severity, Validator};
use serde_json::{Value, json};
use tower::ServiceExt as _;
use wire::Peer;

use super::*;

#[path = "../../../../../tests/fhir-clients/said.rs"]
mod said;

const IHE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../../shared/data/fhir/ihe");
const OURS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../docs/fhir");
const CODE: &str = "https://musubi.example/fhir/sid/organisation-code";

/// A validator of IHE's and our definitions; nothing where IHE's are not at hand.
fn validator() -> Option<Validator> {
    let packages: Vec<PathBuf> = ["BALP", "PIXm"].map(|name| Path::new(IHE).join(name)).to_vec();
    if packages.iter().any(|package| !package.exists()) {
        println!("skipped: {IHE} is not here");
        return None;
    }
    let packages: Vec<PathBuf> = packages.into_iter().chain([PathBuf::from(OURS)]).collect();
    Some(Validator::new(Arc::new(Definitions::load(&packages).unwrap())))
}

fn errors(validator: &Validator, resource: &Value, profiles: &[&str]) -> Vec<String> {
    let node = records::tree::parse(resource.to_string().as_bytes()).unwrap();
    let issues = validator.validate(&node, profiles).into_iter();
    issues.filter(|issue| issue.severity == Severity::Error).map(|issue| format!("{issue:?}")).collect()
}

async fn send(house: &House, peer: OrgId, request: Request<Body>) -> (StatusCode, Value) {
    let mut request = request;
    request.extensions_mut().insert(Peer(peer));
    let router = crate::fhir::routes().with_state(house.relay.clone());
    let response = router.oneshot(request).await.unwrap();
    let status = response.status();
    house.clock.advance(1);
    let said = serde_json::from_slice(&to_bytes(response.into_body(), 1 << 22).await.unwrap()).unwrap();
    said::keep(&said);
    (status, said)
}

async fn get(house: &House, peer: OrgId, path: &str) -> (StatusCode, Value) {
    send(house, peer, Request::get(path).body(Body::empty()).unwrap()).await
}

async fn post(house: &House, peer: OrgId, path: &str, body: &Value) -> (StatusCode, Value) {
    let request = Request::post(path).header(header::CONTENT_TYPE, "application/fhir+json");
    send(house, peer, request.body(Body::from(body.to_string())).unwrap()).await
}

/// An example with the person, the card read and the staff that pass it on.
fn passed_on(example: &Value, code: OrgCode<Medical>, evidence: &Evidence) -> Value {
    let Evidence::Presence { receipt } = evidence else { panic!() };
    let who = json!({ "identifier": { "system": CODE, "value": code.to_string() } });
    let mut consent = example.clone();
    consent["patient"] = who.clone();
    consent["performer"] = json!([who]);
    consent["extension"] = json!([
        {
            "url": "https://musubi.example/fhir/StructureDefinition/consent-presence-receipt",
            "extension": [
                { "url": "origin", "valueString": receipt.origin },
                { "url": "index", "valueString": receipt.index.to_string() },
                { "url": "at", "valueInstant": Timestamp::from_millis(receipt.at).to_rfc3339() },
            ],
        },
        {
            "url": "https://musubi.example/fhir/StructureDefinition/consent-received-by",
            "extension": [
                { "url": "id", "valueString": "d-1" },
                { "url": "profession", "valueCode": exchange::doctor().profession.code() },
                { "url": "name", "valueString": "北 一郎" },
            ],
        },
    ]);
    consent
}

fn file(path: PathBuf) -> Value {
    serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap()
}

fn hospital_example(house: &House) -> Value {
    let text = std::fs::read_to_string(Path::new(OURS).join("Consent-example-hospital.json")).unwrap();
    serde_json::from_str(&text.replace("institution/1310000001", &house.hospital.0.to_string())).unwrap()
}

#[tokio::test]
async fn a_consent_comes_and_goes_as_fhir() {
    let house = house();
    let (code, evidence) = exchange::visit(&house).await;
    let consent = passed_on(&hospital_example(&house), code, &evidence);
    let (status, written) = post(&house, house.hospital.0, "/fhir/Consent", &consent).await;
    assert_eq!(status, StatusCode::CREATED, "{written}");
    let search = format!("/fhir/Consent?patient.identifier={CODE}|{code}");
    let (status, found) = get(&house, house.hospital.0, &search).await;
    assert_eq!(
        (status, found["total"].as_u64()),
        (StatusCode::OK, Some(2)),
        "the deny names no organisation: {found}"
    );
    if let Some(validator) = validator() {
        for resource in [&consent, &written, &found] {
            assert_eq!(errors(&validator, resource, &[]), Vec::<String>::new(), "{resource}");
        }
    }
    let again = post(&house, house.hospital.0, "/fhir/Consent", &consent).await;
    assert_eq!(again.0, StatusCode::UNPROCESSABLE_ENTITY);
    // What was found says which rule it is; sent back as inactive it ends that rule.
    let entries = found["entry"].as_array().unwrap();
    let share = entries.iter().find(|entry| entry["resource"]["id"] == "example-hospital").unwrap();
    let mut ended = passed_on(&share["resource"], code, &evidence);
    ended["status"] = "inactive".into();
    ended["extension"].as_array_mut().unwrap().push(json!({
        "url": "https://musubi.example/fhir/StructureDefinition/consent-withdrawn",
        "valueDateTime": house.clock.now().to_rfc3339(),
    }));
    let (status, answer) = post(&house, house.hospital.0, "/fhir/Consent", &ended).await;
    assert_eq!(status, StatusCode::CREATED, "{answer}");
    let (_, active) = get(&house, house.hospital.0, &format!("{search}&status=active")).await;
    assert_eq!(active["total"], 1, "{active}");
}

#[tokio::test]
async fn a_consent_without_its_evidence_is_refused_and_none_is_half_applied() {
    let house = house();
    let (code, evidence) = exchange::visit(&house).await;
    let good = passed_on(&hospital_example(&house), code, &evidence);
    let invented = passed_on(&good, code, &Evidence::Presence { receipt: house.check() });
    let mut without = good.clone();
    without.as_object_mut().unwrap().remove("extension");
    let mut stranger = good.clone();
    stranger["patient"] = json!({ "reference": "Patient/1" });
    stranger["performer"] = json!([{ "reference": "Patient/1" }]);
    let mut half = good.clone();
    half["provision"]["provision"][0]["id"] = "share".into();
    let mut strange = good.clone();
    strange["provision"]["action"] = json!([{ "text": "?" }]);
    let cases = [
        (invented, StatusCode::FORBIDDEN, "forbidden"),
        (without, StatusCode::BAD_REQUEST, "required"),
        (stranger, StatusCode::BAD_REQUEST, "required"),
        (half, StatusCode::UNPROCESSABLE_ENTITY, "business-rule"),
        (strange, StatusCode::UNPROCESSABLE_ENTITY, "value"),
    ];
    for (consent, expected, code) in cases {
        let (status, outcome) = post(&house, house.hospital.0, "/fhir/Consent", &consent).await;
        assert_eq!((status, outcome["issue"][0]["code"].as_str()), (expected, Some(code)), "{outcome}");
    }
    let search = format!("/fhir/Consent?patient.identifier={CODE}|{code}");
    assert_eq!(get(&house, house.hospital.0, &search).await.1["total"], 1, "only what stood before");
    assert_eq!(get(&house, house.hospital.0, "/fhir/Consent").await.0, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn consents_of_ihe_pcf_are_passed_on() {
    let Ok(folder) = std::fs::read_dir(Path::new(IHE).join("PCF")) else {
        return println!("skipped: {IHE}/PCF is not here");
    };
    let (mut taken, mut refused) = (0, 0);
    for path in folder.map(|entry| entry.unwrap().path()) {
        let mut example = file(path.clone());
        if example["resourceType"] != "Consent" {
            continue;
        }
        let house = house();
        let (code, evidence) = exchange::visit(&house).await;
        example["policy"] = json!([{ "uri": "https://musubi.example/fhir/consent-template/own-words" }]);
        let (status, answer) =
            post(&house, house.hospital.0, "/fhir/Consent", &passed_on(&example, code, &evidence)).await;
        match status {
            StatusCode::CREATED => taken += 1,
            // A recipient, author or purpose that only their own server knows; an end that is past.
            StatusCode::UNPROCESSABLE_ENTITY => refused += 1,
            other => panic!("{}: {other} {answer}", path.display()),
        }
    }
    println!("{taken} of {} consents of PCF taken", taken + refused);
    assert!(taken >= 10, "{taken}");
}

/// The parameters of one of IHE's requests, from their XML.
fn ihe_request(name: &str) -> Option<Value> {
    let path = Path::new(IHE).join("PIXm").join(name);
    let Ok(text) = std::fs::read_to_string(&path) else {
        println!("skipped: {} is not here", path.display());
        return None;
    };
    let after = |text: &str, start: &str| Some(text.split_once(start)?.1.split_once('"')?.0.to_owned());
    let parameters: Vec<Value> = text
        .split("<parameter>")
        .skip(1)
        .map(|one| {
            let value = after(one, "<valueString value=\"").unwrap();
            json!({ "name": after(one, "<name value=\"").unwrap(), "valueString": value })
        })
        .collect();
    let profile = after(&text, "<profile value=\"").unwrap();
    Some(json!({ "resourceType": "Parameters", "meta": { "profile": [profile] }, "parameter": parameters }))
}

#[tokio::test]
async fn identifiers_are_cross_referenced_as_pixm_says() {
    let (Some(validator), Some(all), Some(to_blue)) = (
        validator(),
        ihe_request("pixm-request-mohralice-red-all.xml"),
        ihe_request("pixm-request-mohralice-red-to-blue.xml"),
    ) else {
        return;
    };
    let house = house();
    networks::join_member(&house, &house.hospital.0, &["east", "west"]);
    for (network, number) in [("east", "IHERED-994"), ("west", "IHEBLUE-994")] {
        networks::number(&house, &house.hospital, network, 7, number).await;
    }
    let of = |network: &str| format!("https://musubi.example/fhir/sid/network/{network}");
    let ours = |request: &Value, systems: [&str; 3]| -> Value {
        let (red, blue, green) = (
            "urn:oid:1.3.6.1.4.1.21367.13.20.1000",
            "urn:oid:1.3.6.1.4.1.21367.13.20.3000",
            "urn:oid:1.3.6.1.4.1.21367.13.20.2000",
        );
        let text =
            request.to_string().replace(red, systems[0]).replace(blue, systems[1]).replace(green, systems[2]);
        serde_json::from_str(&text.replace("application/fhir+xml", "application/fhir+json")).unwrap()
    };
    let (east, west, other) = (of("east"), of("west"), of("other"));
    let requests = [ours(&all, [&east, &west, &east]), ours(&to_blue, [&east, &west, &east])];
    for (request, found) in requests.iter().zip([2, 2]) {
        assert_eq!(errors(&validator, request, &[]), Vec::<String>::new());
        let (status, answer) = post(&house, house.hospital.0, "/fhir/Patient/$ihe-pix", request).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        assert_eq!(errors(&validator, &answer, &[]), Vec::<String>::new(), "{answer}");
        assert_eq!(answer["parameter"].as_array().unwrap().len(), found, "{answer}");
    }
    let form = format!("sourceIdentifier={east}%7CIHERED-994&targetSystem={west}");
    let by_form = Request::post("/fhir/Patient/$ihe-pix")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let by_form = send(&house, house.hospital.0, by_form.body(Body::from(form.clone())).unwrap()).await;
    let by_get = get(&house, house.hospital.0, &format!("/fhir/Patient/$ihe-pix?{form}")).await;
    assert_eq!(by_form, by_get);
    assert_eq!(
        by_get.1["parameter"][0]["valueIdentifier"],
        json!({ "system": west, "value": "IHEBLUE-994" })
    );
    let expected = file(Path::new(IHE).join("PIXm/OperationOutcome-pixm-response-error-not-found.json"));
    let cases = [
        (
            format!("sourceIdentifier={east}%7CNOBODY"),
            404,
            "not-found",
            expected["issue"][0]["details"]["text"].as_str().unwrap(),
        ),
        (
            format!("sourceIdentifier={}", "urn:oid:1.2.3%7C994"),
            400,
            "code-invalid",
            "sourceIdentifier Assigning Authority not found",
        ),
        (
            format!("sourceIdentifier={east}%7CIHERED-994&targetSystem={other}"),
            403,
            "code-invalid",
            "targetSystem not found",
        ),
        (format!("targetSystem={west}"), 400, "required", "something that is needed is missing"),
    ];
    for (query, status, code, text) in cases {
        let (found, outcome) =
            get(&house, house.hospital.0, &format!("/fhir/Patient/$ihe-pix?{query}")).await;
        let issue = &outcome["issue"][0];
        assert_eq!(
            (found.as_u16(), issue["code"].as_str(), issue["details"]["text"].as_str()),
            (status, Some(code), Some(text))
        );
        assert_eq!(errors(&validator, &outcome, &[]), Vec::<String>::new(), "{outcome}");
    }
    let stranger = get(&house, house.clinic.0, &format!("/fhir/Patient/$ihe-pix?{form}")).await;
    let nobody =
        get(&house, house.hospital.0, &format!("/fhir/Patient/$ihe-pix?sourceIdentifier={east}%7CNOBODY"))
            .await;
    assert_eq!(stranger.1["issue"][0]["details"], nobody.1["issue"][0]["details"]);
    let (status, _) =
        get(&house, house.hospital.0, &format!("/fhir/Patient/$ihe-pix?{form}&_format=application/fhir+xml"))
            .await;
    assert_eq!(status, StatusCode::NOT_ACCEPTABLE);
    let (_, statement) = get(&house, house.hospital.0, "/fhir/metadata").await;
    assert_eq!(errors(&validator, &statement, &[]), Vec::<String>::new());
    assert!(statement["instantiates"].to_string().contains("IHE.PIXm.Manager"));
}

/// Everything that leaves an entry, once; the person's code at the hospital.
async fn everything(house: &House) -> OrgCode<Medical> {
    networks::join_member(house, &house.hospital.0, &["east"]);
    networks::number(house, &house.hospital, "east", 7, "E7").await;
    let (code, evidence) = exchange::visit(house).await;
    exchange::ask(house, &house.hospital, code, evidence.clone(), ActReason::Treat).await.unwrap();
    let invented = Evidence::Presence { receipt: house.check() };
    exchange::ask(house, &house.hospital, code, invented, ActReason::Treat).await.unwrap_err();
    let first =
        house.relay.emergency(&house.hospital.0, exchange::emergency(house, code, None)).await.unwrap();
    house.clock.advance(1);
    let wider = exchange::emergency(house, code, Some(first.exchange));
    house.relay.emergency(&house.hospital.0, wider).await.unwrap();
    let settled = CorroborationRequest {
        exchange: house.exchange(),
        declaration: first.exchange,
        by: protocol::exchange::Corroboration::Ambulance,
        reference: "119-7".into(),
    };
    house.relay.corroborate(&house.hospital.0, settled).await.unwrap();
    house.translate(code).await.unwrap();
    let consent = passed_on(&hospital_example(house), code, &evidence);
    post(house, house.hospital.0, "/fhir/Consent", &consent).await;
    get(house, house.hospital.0, &format!("/fhir/Consent?patient.identifier={CODE}|{code}")).await;
    let east = "https://musubi.example/fhir/sid/network/east%7CE7";
    get(house, house.hospital.0, &format!("/fhir/Patient/$ihe-pix?sourceIdentifier={east}")).await;
    get(house, house.hospital.0, &format!("/fhir/Patient?identifier={east}")).await;
    get(
        house,
        house.hospital.0,
        "/fhir/Patient?identifier=https://musubi.example/fhir/sid/network/east%7CE8",
    )
    .await;
    let join = NetworkJoin {
        exchange: house.exchange(),
        stays: "east".parse().unwrap(),
        joins: "west".parse().unwrap(),
        dry_run: false,
    };
    house.relay.join_networks(&house.relay_id, join).await.unwrap();
    code
}

/// The relay's own code of the person: its desk asks for the person here, as the portal does.
fn at_relay(house: &House, code: OrgCode<Medical>) -> OrgCode<Medical> {
    let root = house.relay.codes.open(&house.hospital.0, &code).unwrap();
    house.relay.codes.org_code_one(&house.relay_id, 0, &root).unwrap()
}

#[tokio::test]
async fn every_entry_of_the_ledger_is_an_audit_event_of_a_profile_of_ihe() {
    let Some(validator) = validator() else { return };
    let house = house();
    let code = everything(&house).await;
    let own = super::exchange::own_request(house.exchange(), house.relay_id, at_relay(&house, code));
    house.relay.own_exchanges(&house.relay_id, own).await.unwrap();
    let oversight = org(OrgKind::Oversight, "1");
    house.relay.policy.directory().put(member(oversight, None));
    let (status, audited) = get(&house, oversight, "/fhir/AuditEvent?_count=500").await;
    assert_eq!(status, StatusCode::OK, "{audited}");
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for place in 0..house.relay.ledger.size() {
        let entry = house.relay.ledger.read_entry(place).unwrap();
        let digest = entry.person.map(|person| person.0);
        for about in
            [digest.map_or(About::Nobody, About::Person), digest.map_or(About::Nobody, |_| About::Withheld)]
        {
            let event = crate::service::audit_event(&entry, house.relay_id, about)
                .unwrap_or_else(|| panic!("{} is no event", entry.kind));
            let resource = Event::to_fhir(&event);
            assert_eq!(
                errors(&validator, &resource, &[]),
                Vec::<String>::new(),
                "{} {resource:#}",
                entry.kind
            );
            let profile = resource["meta"]["profile"][0].as_str().unwrap().rsplit('/').next().unwrap();
            *counts.entry(format!("{} = {profile}", entry.kind)).or_default() += 1;
        }
    }
    println!("{counts:#?}");
    for kind in [
        "exchange ",
        "exchange-refused",
        "emergency ",
        "consent ",
        "register",
        "own-exchanges",
        "cross-reference",
    ] {
        assert!(
            counts.keys().any(|known| known.starts_with(&format!("relay.{kind}"))),
            "{kind} in {counts:?}"
        );
    }
    assert_eq!(errors(&validator, &audited, &[]), Vec::<String>::new());
}

#[tokio::test]
async fn the_person_reads_their_events_and_the_overseer_reads_nobodys() {
    let house = house();
    let code = everything(&house).await;
    let oversight = org(OrgKind::Oversight, "1");
    house.relay.policy.directory().put(member(oversight, None));
    let own = format!("/fhir/AuditEvent?patient.identifier={CODE}|{}", at_relay(&house, code));
    let (status, events) = get(&house, house.relay_id, &own).await;
    assert_eq!(status, StatusCode::OK, "{events}");
    let all = events["entry"].as_array().unwrap().len();
    assert!(all >= 12, "{all}");
    let mut paged = 0;
    let mut path = format!("{own}&_count=5&date=ge2026-01-01");
    loop {
        let (_, page) = get(&house, house.relay_id, &path).await;
        let entries = page["entry"].as_array().map_or(0, Vec::len);
        paged += entries;
        let Some(next) =
            page["link"].as_array().and_then(|links| links.first()).map(|link| link["url"].clone())
        else {
            break;
        };
        assert_eq!(entries, 5);
        path = next.as_str().unwrap().strip_prefix("https://localhost").unwrap().to_owned();
    }
    assert!(paged > all, "each reading is an entry too, behind the page that began it: {paged} {all}");
    assert_eq!(get(&house, house.relay_id, &format!("{own}&date=lt2026-01-01")).await.1.get("entry"), None);
    let (_, without) = get(&house, oversight, "/fhir/AuditEvent").await;
    let root = house.relay.codes.open(&house.hospital.0, &code).unwrap();
    let key = house.relay.codes.org_code_one(&house.relay_id, 0, &root).unwrap();
    let digest = data_encoding::HEXLOWER.encode(&house.relay.ledger.person_digest(&key.to_bytes()).0);
    assert!(events.to_string().contains(&digest) && !without.to_string().contains(&digest));
    assert!(!without.to_string().contains("share") && without.to_string().contains("masked"));
    for (peer, path) in
        [(oversight, own.as_str()), (house.hospital.0, own.as_str()), (house.hospital.0, "/fhir/AuditEvent")]
    {
        assert_eq!(get(&house, peer, path).await.0, StatusCode::FORBIDDEN, "{peer} {path}");
    }
    assert_eq!(get(&house, oversight, "/fhir/AuditEvent?agent=x").await.0, StatusCode::BAD_REQUEST);
}
