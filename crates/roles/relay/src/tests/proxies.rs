//! Those who act for a person: what the relay believes of them, and the record by months.

use consent::{Effect, GivenBy, Proxy, ProxyKind, Purposes, Rule, What};
use protocol::consents::{ConsentAct, ConsentStatusRequest, ConsentUpdate};
use protocol::exchange::{Acting, Evidence, OwnExchangesRequest};

use super::exchange::{Member, arrive, own_request};
use super::*;

fn daughter(house: &House) -> Proxy {
    let now = house.clock.now();
    Proxy {
        id: "daughter".parse().unwrap(),
        kind: ProxyKind::Chosen,
        decides: What::everything(),
        purposes: Purposes::NONE,
        may_permit: false,
        sees: Some(What::everything()),
        only_incapable: false,
        from: now.date(),
        until: None,
        recorded_at: now,
        withdrawn_at: None,
    }
}

async fn decide(
    house: &House,
    at: &Member,
    code: OrgCode<Medical>,
    evidence: Evidence,
    act: ConsentAct,
) -> Result<(), String> {
    let exchange = house.exchange();
    let update = ConsentUpdate { exchange, institution: at.0, code, act, received_by: None, evidence };
    let done = house.relay.consent(&at.0, update).await;
    house.clock.advance(1);
    done.map(drop).map_err(|problem| problem.code().to_owned())
}

fn rule(house: &House, name: &str, effect: Effect, given_by: GivenBy) -> ConsentAct {
    ConsentAct::Record(Box::new(Rule {
        given_by,
        ..Rule::new(name.parse().unwrap(), effect, house.clock.now())
    }))
}

/// Person 7 with a proxy, person 8, both known at the portal; the proxy's card was read there.
async fn appointed(house: &House, portal: &Member) -> (OrgCode<Medical>, Acting) {
    for person in [7, 8] {
        house.set(person, PersonState::Active).await;
    }
    let (code, evidence) = arrive(house, portal, 7).await;
    let proxy = ConsentAct::Proxy(Box::new(daughter(house)));
    decide(house, portal, code, evidence, proxy).await.unwrap();
    let (own, evidence) = arrive(house, portal, 8).await;
    let Evidence::Presence { receipt } = evidence else { panic!("a card was read") };
    (code, Acting { proxy: "daughter".parse().unwrap(), code: own, receipt })
}

#[tokio::test]
async fn a_proxy_decides_in_their_own_name_within_their_mandate_with_their_own_card() {
    let house = house();
    let portal = house.hospital.clone();
    let (code, acting) = appointed(&house, &portal).await;
    let by = || GivenBy::Proxy(acting.proxy.clone());
    let evidence = |acting: &Acting| Evidence::Proxy { acting: acting.clone() };
    let refuse = rule(&house, "hide", Effect::Deny, by());
    decide(&house, &portal, code, evidence(&acting), refuse).await.unwrap();
    for (act, why) in [
        (rule(&house, "as-person", Effect::Deny, GivenBy::Person), "in the person's name"),
        (ConsentAct::OptOut { emergencies_too: true }, "the end of all sharing"),
        (
            ConsentAct::Proxy(Box::new(Proxy { id: "son".parse().unwrap(), ..daughter(&house) })),
            "another proxy",
        ),
    ] {
        assert_eq!(
            decide(&house, &portal, code, evidence(&acting), act).await.unwrap_err(),
            "no-mandate",
            "{why}"
        );
    }
    let permit = rule(&house, "permit", Effect::Permit, by());
    assert!(decide(&house, &portal, code, evidence(&acting), permit).await.is_err(), "may refuse only");
    let forged = Acting { code, ..acting.clone() };
    let again = rule(&house, "again", Effect::Deny, by());
    assert!(decide(&house, &portal, code, evidence(&forged), again.clone()).await.is_err(), "another's card");
    house.clock.advance(2 * 86_400_000);
    assert!(decide(&house, &portal, code, evidence(&acting), again).await.is_err(), "a card of days ago");
}

#[tokio::test]
async fn a_proxy_reads_while_the_mandate_stands_and_the_person_sees_that_it_was_they() {
    let house = house();
    let portal = house.hospital.clone();
    let (code, acting) = appointed(&house, &portal).await;
    let at_relay = |code: &OrgCode<Medical>| {
        let root = house.relay.codes.open(&portal.0, code).unwrap();
        house.relay.codes.org_code_one(&house.relay_id, 0, &root).unwrap()
    };
    let status = |acting: Option<Acting>| ConsentStatusRequest {
        exchange: house.exchange(),
        institution: portal.0,
        code,
        acting,
    };
    house.relay.consent_status(&portal.0, status(Some(acting.clone()))).await.unwrap();
    house.clock.advance(1);
    let stranger = Acting { proxy: "son".parse().unwrap(), ..acting.clone() };
    let refused = house.relay.consent_status(&portal.0, status(Some(stranger))).await.unwrap_err();
    assert_eq!(refused.code(), "no-mandate");
    let own = own_request(house.exchange(), house.relay_id, at_relay(&code));
    let told = house.relay.own_exchanges(&house.relay_id, own).await.unwrap();
    let read = told.entries.iter().find(|entry| entry.what == "consent-read").unwrap();
    assert_eq!(read.proxy.as_ref(), Some(&acting.proxy));
}

#[tokio::test]
async fn the_record_is_read_by_month_and_organisation_each_entry_with_its_proof() {
    let house = house();
    house.set(7, PersonState::Active).await;
    let (mut code, _) = arrive(&house, &house.hospital, 7).await;
    for _ in 0..3 {
        house.clock.advance(31 * 86_400_000);
        (code, _) = arrive(&house, &house.hospital, 7).await;
    }
    arrive(&house, &house.clinic, 7).await;
    let root = house.relay.codes.open(&house.hospital.0, &code).unwrap();
    let code = house.relay.codes.org_code_one(&house.relay_id, 0, &root).unwrap();
    let ask = |request: OwnExchangesRequest| {
        let house = &house;
        async move {
            house.clock.advance(1);
            house.relay.own_exchanges(&house.relay_id, request).await.unwrap()
        }
    };
    let all = ask(own_request(house.exchange(), house.relay_id, code)).await;
    let mut months: Vec<Date> = all
        .entries
        .iter()
        .map(|entry| entry.at.date())
        .map(|day| day.add_days(1 - i32::from(day.day())))
        .collect();
    months.dedup();
    assert_eq!(all.months, months, "every month in which something happened");
    let mut found = 0;
    for month in &all.months {
        let period = Some((Timestamp::start_of(*month), Timestamp::start_of(month.add_months(1))));
        let request = OwnExchangesRequest { period, ..own_request(house.exchange(), house.relay_id, code) };
        let answer = ask(request).await;
        let kept = |entry: &&protocol::exchange::OwnExchange| entry.what != "own-exchanges";
        assert!(answer.entries.iter().all(|entry| entry.at.date().month() == month.month()));
        found += answer.entries.iter().filter(kept).count();
    }
    assert_eq!(found, all.entries.iter().filter(|entry| entry.what != "own-exchanges").count());
    let organisation = Some(house.clinic.0);
    let request = OwnExchangesRequest { organisation, ..own_request(house.exchange(), house.relay_id, code) };
    let of_clinic = ask(request).await;
    assert_eq!(of_clinic.entries.iter().map(|entry| entry.what.as_str()).collect::<Vec<_>>(), ["register"]);
    let key = house.relay.custody.verifying_key(&KeyName::LEDGER_SIGN).unwrap();
    let heads = all.heads.open(&house.relay_id, key, None).unwrap();
    assert!(all.entries.iter().all(|entry| heads.proves(&entry.proof)));
    let mut moved = all.entries[0].proof.clone();
    moved.index += 1;
    assert!(!heads.proves(&moved));
}
