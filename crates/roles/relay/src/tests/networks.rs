use consent::NetworkId;
use protocol::networks::{NetworkJoin, NetworkPatient, NetworkPatients};

use super::*;

fn network(name: &str) -> NetworkId {
    name.parse().unwrap()
}

pub(super) fn join_member(house: &House, who: &OrgId, networks: &[&str]) {
    let directory = house.relay.policy.directory();
    let mut organisation = Organisation::clone(&directory.get(who).unwrap());
    organisation.networks = networks.iter().map(|name| network(name)).collect();
    directory.put(organisation);
}

pub(super) async fn number(
    house: &House,
    who: &(OrgId, Arc<FileCustody>),
    name: &str,
    person: u64,
    number: &str,
) {
    house.set(person, PersonState::Active).await;
    let code = house.register(who, person).await;
    let request = NetworkPatients {
        exchange: house.exchange(),
        institution: who.0,
        network: network(name),
        patients: vec![NetworkPatient { code, number: number.to_owned() }],
    };
    let answer = house.relay.network_patients(&who.0, request).await.unwrap();
    assert_eq!((answer.registered, answer.unknown), (1, 0));
    house.clock.advance(1);
}

fn joining(house: &House, dry_run: bool) -> NetworkJoin {
    NetworkJoin { exchange: house.exchange(), stays: network("east"), joins: network("west"), dry_run }
}

/// East knows 1, 2 and 3; west 2, 4, 5 and 6, the last two under one number.
pub(super) async fn two_networks(house: &House) {
    join_member(house, &house.hospital.0, &["east"]);
    join_member(house, &house.clinic.0, &["west"]);
    for (person, at) in [(1, "E1"), (2, "E2"), (3, "E3")] {
        number(house, &house.hospital, "east", person, at).await;
    }
    for (person, at) in [(2, "W2"), (4, "W4"), (5, "W5"), (6, "W5")] {
        number(house, &house.clinic, "west", person, at).await;
    }
}

#[tokio::test]
async fn two_networks_become_one_after_a_dry_run_and_doubtful_numbers_wait() {
    let house = house();
    two_networks(&house).await;
    let dry = house.relay.join_networks(&house.relay_id, joining(&house, true)).await.unwrap();
    assert_eq!((dry.overlap, dry.only_stays, dry.only_joins, dry.done), (1, 2, 3, false));
    let doubtful: Vec<_> = dry.several_persons.iter().map(|c| (c.number.as_str(), c.persons)).collect();
    assert_eq!(doubtful, [("W5", 2)]);
    let done = house.relay.join_networks(&house.relay_id, joining(&house, false)).await.unwrap();
    assert!(done.done && done.receipt.is_some());
    house.clock.advance(1);
    let again = house.relay.join_networks(&house.relay_id, joining(&house, true)).await.unwrap();
    assert_eq!((again.overlap, again.only_joins), (2, 2), "W4 is joined, W5 waits for somebody to look");
    let denied = house.relay.join_networks(&house.hospital.0, joining(&house, false)).await.unwrap_err();
    assert_eq!(denied.code(), "not-for-this-kind");
}

#[tokio::test]
async fn identifiers_lead_to_identifiers_and_never_to_demographics() {
    let house = house();
    join_member(&house, &house.hospital.0, &["east"]);
    number(&house, &house.hospital, "east", 7, "E7").await;
    let system = "https://musubi.example/fhir/sid/network/east";
    let found = house.relay.cross_reference(&house.hospital.0, &format!("{system}|E7"), &[]).await.unwrap();
    assert_eq!(found["parameter"][0]["valueIdentifier"]["value"], "E7");
    let patient = house.relay.patient(&house.hospital.0, &format!("{system}|E7")).await.unwrap();
    let keys: Vec<_> = patient["entry"][0]["resource"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(keys, ["active", "identifier", "resourceType"]);
    let nobody = house.relay.cross_reference(&house.hospital.0, &format!("{system}|E8"), &[]).await;
    let stranger = house.relay.cross_reference(&house.clinic.0, &format!("{system}|E7"), &[]).await;
    assert_eq!(nobody.unwrap_err().to_string(), stranger.unwrap_err().to_string());
    // Another organisation's code: only where an exchange would be permitted, and sealed.
    house.register(&house.clinic, 7).await;
    house.clock.advance(1);
    let target = format!("https://musubi.example/fhir/sid/organisation-code/{}", house.clinic.0);
    let source = format!("{system}|E7");
    let before =
        house.relay.cross_reference(&house.hospital.0, &source, std::slice::from_ref(&target)).await.unwrap();
    assert!(before.get("parameter").is_none(), "an empty list is no FHIR");
    let code = house.register(&house.hospital, 7).await;
    house.clock.advance(1);
    exchange::permit(&house, &house.hospital, code).await;
    let after =
        house.relay.cross_reference(&house.hospital.0, &source, std::slice::from_ref(&target)).await.unwrap();
    let value = after["parameter"][0]["valueIdentifier"]["value"].as_str().unwrap();
    assert!(value.starts_with("env_"), "{value}");
}
