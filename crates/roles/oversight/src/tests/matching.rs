use std::collections::BTreeMap;

use protocol::oversight::{Side, SideRecord};

use super::*;
use crate::model::{Kept, Mismatch};
use crate::service::match_exchanges;

struct Exchange<'a> {
    house: &'a House,
    id: ExchangeId,
}

impl Exchange<'_> {
    fn side(&self, side: Side, at: OrgId, asker: OrgId, holders: &[OrgId]) -> Kept {
        let record = SideRecord {
            index: 0,
            at: self.house.clock.now(),
            side,
            exchange: self.id,
            asker,
            holders: holders.to_vec(),
            purpose: None,
            reason: None,
            rule: None,
            staff: None,
            person: None,
            count: None,
            refused: None,
            flags: Vec::new(),
            leaf: String::new(),
        };
        Kept { organisation: at, record }
    }
}

fn found(house: &House, records: Vec<Kept>, read: &[OrgId], later_millis: i64) -> Vec<Mismatch> {
    let at = house.clock.now().add_millis(later_millis);
    let read: BTreeMap<OrgId, Timestamp> = read.iter().map(|org| (*org, at)).collect();
    match_exchanges(records, &read).into_iter().map(|unmatched| unmatched.mismatch).collect()
}

const LATER: i64 = 3_600_000;

#[tokio::test]
async fn both_sides_agree_or_it_is_said_how_not() {
    let house = house();
    let (relay, asker, holder) = (house.relay, house.hospital, house.clinic);
    let exchange = Exchange { house: &house, id: house.exchange() };
    let decided = exchange.side(Side::Decided, relay, asker, &[holder]);
    let asked = exchange.side(Side::Asked, asker, asker, &[]);
    let gave = exchange.side(Side::Gave, holder, asker, &[holder]);
    let all = [relay, asker, holder];
    let of = |records: &[&Kept], read: &[OrgId]| {
        found(&house, records.iter().map(|kept| (*kept).clone()).collect(), read, LATER)
    };
    assert_eq!(of(&[&decided, &asked, &gave], &all), []);
    assert_eq!(of(&[&decided, &asked], &all), [], "a grant need not be used");
    assert_eq!(of(&[&asked, &gave], &all), [Mismatch::GaveWithoutDecision]);
    assert_eq!(of(&[&decided, &gave], &all), [Mismatch::DecidedUnasked]);
    assert_eq!(of(&[&asked], &all), [Mismatch::AskedUndecided]);
    let elsewhere = exchange.side(Side::Decided, relay, asker, &[house.portal]);
    assert_eq!(of(&[&elsewhere, &asked, &gave], &all), [Mismatch::GaveUnnamed]);
    let mut refused = decided.clone();
    refused.record.refused = Some("no-evidence".into());
    assert_eq!(of(&[&refused, &asked, &gave], &all), [Mismatch::GaveWithoutDecision]);
    assert_eq!(of(&[&refused, &asked], &all), []);
    // The portal asks for the person: its own side is the person's own reading.
    let own = exchange.side(Side::Decided, relay, house.portal, &[holder]);
    assert_eq!(of(&[&own, &gave], &all), []);
}

#[tokio::test]
async fn a_side_is_missing_only_once_its_ledger_was_read() {
    let house = house();
    let (relay, asker, holder) = (house.relay, house.hospital, house.clinic);
    let exchange = Exchange { house: &house, id: house.exchange() };
    let gave = exchange.side(Side::Gave, holder, asker, &[holder]);
    let decided = exchange.side(Side::Decided, relay, asker, &[holder]);
    assert_eq!(found(&house, vec![gave.clone()], &[holder], LATER), [], "the relay was not read");
    assert_eq!(found(&house, vec![gave.clone()], &[relay, holder], 1_000), [], "it had no time yet");
    assert_eq!(found(&house, vec![gave], &[relay, holder], LATER), [Mismatch::GaveWithoutDecision]);
    assert_eq!(found(&house, vec![decided], &[relay], LATER), [], "the asker was not read");
}
