use super::*;
use crate::store::person_notices::{Waiting, put, waiting};

#[tokio::test]
async fn a_notice_that_is_refused_does_not_hold_up_the_others() {
    let house = house();
    let notice = |number: &str| Waiting {
        exchange: house.exchange(),
        portal: org(OrgKind::Portal, number),
        message: "{}".to_owned(),
    };
    let (first, second) = (notice("1"), notice("2"));
    let put_both = [first.clone(), second.clone()];
    let write = house
        .relay
        .db
        .write(move |tx| put_both.iter().zip(1..).try_for_each(|(notice, at)| put(tx, notice, at)));
    write.await.unwrap();
    let order = async || {
        let found = house.relay.db.read(waiting).await.unwrap();
        found.into_iter().map(|notice| notice.portal).collect::<Vec<_>>()
    };
    assert_eq!(order().await, [first.portal, second.portal]);
    let (exchange, portal) = (first.exchange, first.portal);
    let now = house.clock.now().as_millis();
    let late =
        house.relay.db.write(move |tx| crate::store::person_notices::postpone(tx, &exchange, &portal, now));
    late.await.unwrap();
    assert_eq!(order().await, [second.portal, first.portal], "behind those that waited, not lost");
    house.clock.advance(1);
    house.relay.deliver_person_notices().await;
    assert_eq!(order().await.len(), 2, "neither portal is in the directory: both are tried, both stay");
}
