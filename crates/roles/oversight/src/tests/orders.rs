use access::{Action, Asking, DenialRule, Purpose, Status};
use protocol::oversight::SignedOrders;

use super::*;
use crate::model::Act;

impl House {
    fn may_register(&self, directory: &Directory) -> Result<(), DenialRule> {
        let asking = Asking {
            asker: &self.hospital,
            action: Action::RelayRegister,
            purpose: Purpose::PatientRegistration,
            on: self.clock.today(),
        };
        let policy = Policy::builtin(directory.clone()).unwrap();
        policy.decide(&asking).into_result().map(drop).map_err(|denial| denial.rule)
    }

    /// The directory of another role, which follows the orders as they are now.
    async fn follower(&self) -> Directory {
        let elsewhere = Directory::from_toml(&self.directory.to_toml().unwrap()).unwrap();
        self.overseer.signed_orders().await.unwrap().verify(&elsewhere).unwrap().apply(&elsewhere);
        elsewhere
    }
}

#[tokio::test]
async fn a_suspension_is_in_force_at_once_here_and_where_orders_are_followed() {
    let house = house();
    let before = Directory::from_toml(&house.directory.to_toml().unwrap()).unwrap();
    assert_eq!(house.may_register(&house.directory), Ok(()));
    house.overseer.order(&house.hospital, Act::Suspend, "監督 花子", "照会の理由を示さない").await.unwrap();
    assert_eq!(house.may_register(&house.directory), Err(DenialRule::Suspended), "in this process");
    assert_eq!(house.may_register(&before), Ok(()), "a role that has not asked yet");
    house.overseer.signed_orders().await.unwrap().verify(&before).unwrap().apply(&before);
    assert_eq!(house.may_register(&before), Err(DenialRule::Suspended));
    let status = &before.get(&house.hospital).unwrap().status;
    assert!(matches!(status, Status::Suspended { reason, .. } if reason == "照会の理由を示さない"));

    house.overseer.order(&house.hospital, Act::Inspect, "監督 花子", "記録を見せること").await.unwrap();
    assert_eq!(
        house.may_register(&house.directory),
        Err(DenialRule::Suspended),
        "an inspection lifts nothing"
    );
    house.overseer.order(&house.hospital, Act::Lift, "監督 花子", "是正された").await.unwrap();
    assert_eq!(house.may_register(&house.follower().await), Ok(()));
    let twice = house.overseer.order(&house.hospital, Act::Lift, "監督 花子", "もう一度").await;
    assert_eq!(twice.unwrap_err().code(), "nothing-to-lift");
    let itself = house.overseer.order(&house.org, Act::Suspend, "監督 花子", "?").await;
    assert_eq!(itself.unwrap_err().code(), "not-itself");
    let orders = house.entries().into_iter().filter(|kind| kind == "oversight.order").count();
    assert_eq!(orders, 3, "each stands in the ledger, and what was refused does not");
}

#[tokio::test]
async fn orders_that_were_changed_on_the_way_are_not_followed() {
    let house = house();
    house.overseer.order(&house.hospital, Act::Suspend, "監督 花子", "理由").await.unwrap();
    let signed = house.overseer.signed_orders().await.unwrap();
    let changed = SignedOrders { note: signed.note.replacen("musubi orders 1\ne", "musubi orders 1\nf", 1) };
    assert_ne!(changed, signed);
    assert!(changed.verify(&house.directory).is_err());
    let mut forger = house.overseer.clone();
    forger.custody = Arc::new(FileCustody::ephemeral(KEYS).unwrap());
    assert!(forger.signed_orders().await.unwrap().verify(&house.directory).is_err(), "another's key");
}

#[tokio::test]
async fn a_rule_that_reads_otherwise_waits_for_its_sign_off() {
    let house = house();
    let state = house.overseer.purposes().await.unwrap();
    assert!(!state.is_signed_off() && state.signed.is_empty());
    let stale = house.overseer.sign_off("00", "監督 花子", "審査した").await.unwrap_err();
    assert_eq!(stale.code(), "another-table");
    house.overseer.sign_off(&state.digest, "監督 花子", "審査した").await.unwrap();
    assert!(house.overseer.purposes().await.unwrap().is_signed_off());
    let follower = house.follower().await;
    assert_eq!(house.may_register(&follower), Ok(()), "what was signed off is in force");

    // A newer version of the software comes with another wording.
    let text = include_str!("../../../../foundation/access/purposes.toml");
    let changed = text.replace("医療等IDを持つ患者の受診を登録できる", "すべての患者の受診を登録できる");
    assert_ne!(changed, text);
    let table = access::Table::parse(&changed).unwrap();
    let policy = Policy::new(table, follower);
    let asking = |purpose| Asking {
        asker: &house.hospital,
        action: Action::RelayRegister,
        purpose,
        on: house.clock.today(),
    };
    let denied = policy.decide(&asking(Purpose::PatientRegistration)).into_result().unwrap_err();
    assert_eq!(denied.rule, DenialRule::NotSignedOff);
    let check = Asking {
        action: Action::EligibilityCheck,
        purpose: Purpose::TreatmentReception,
        ..asking(Purpose::TreatmentReception)
    };
    assert!(policy.decide(&check).is_permit(), "the other rules go on");
}
