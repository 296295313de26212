//! Devices and invitations: what opens once, what opens for whom, and what never does.

use codes::ExchangeId;
use data_encoding::BASE64;
use ledger::Receipt;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};

use crate::Service;
use crate::model::{Bearer, DeviceKey, Entrance, Hidden, Token, Visit};
use crate::tests::house;

/// Somebody who came in: their code is made of `who`.
pub(crate) async fn come_in(portal: &Service, who: u8, entrance: Entrance) -> (Token, Visit) {
    let receipt = Receipt { origin: "musubi/eligibility/1".into(), index: who.into(), at: 0 };
    let code = Some(codes::OrgCode::from_bytes([who; 17]));
    let bearer = Bearer {
        name: format!("人 {who}"),
        code,
        entrance,
        receipt,
        memberships: Vec::new(),
        checks: Vec::new(),
        checks_heads: None,
        checks_since: None,
    };
    let token = portal.begin(bearer, ExchangeId::new(0), "Firefox / Linux".into()).await.unwrap();
    let visit = portal.visit(&token).await.unwrap().unwrap();
    (token, visit)
}

struct Device(EcdsaKeyPair);

impl Device {
    fn new() -> Self {
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        Self(EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref(), &random).unwrap())
    }

    fn public(&self) -> String {
        BASE64.encode(self.0.public_key().as_ref())
    }

    fn key(&self) -> DeviceKey {
        DeviceKey::of(self.0.public_key().as_ref())
    }

    fn sign(&self, code: &str) -> String {
        let message = format!("musubi portal device login v1\n{code}");
        BASE64.encode(self.0.sign(&SystemRandom::new(), message.as_bytes()).unwrap().as_ref())
    }
}

async fn enter(portal: &Service, device: &Device, code: &str, signature: &str) -> Result<Token, String> {
    let entered = portal.enter_with_device(device.key(), code, signature, "?".into()).await;
    entered.map_err(|problem| problem.code().to_owned())
}

#[tokio::test]
async fn a_device_opens_with_a_code_that_it_signed_once_and_not_after_it_was_removed() {
    let house = house();
    let portal = &house.portal;
    let (_, visit) = come_in(portal, 7, Entrance::Card).await;
    let device = Device::new();
    portal.register_device(&visit, &device.public(), "Safari / iPhone".into()).await.unwrap();
    assert!(portal.register_device(&visit, "AAAA", "?".into()).await.is_err(), "no point on the curve");
    let code = portal.one_time_code().unwrap();
    let signature = device.sign(&code);
    let token = enter(portal, &device, &code, &signature).await.unwrap();
    let entered = portal.visit(&token).await.unwrap().unwrap();
    assert_eq!((entered.person, entered.bearer.entrance), (visit.person, Entrance::Device));
    let refused = |answer: Result<Token, String>| answer.err().unwrap();
    assert_eq!(refused(enter(portal, &device, &code, &signature).await), "device-refused", "signed once");
    let fresh = portal.one_time_code().unwrap();
    let stranger = Device::new();
    assert_eq!(refused(enter(portal, &stranger, &fresh, &stranger.sign(&fresh)).await), "device-refused");
    assert_eq!(refused(enter(portal, &device, &fresh, &stranger.sign(&fresh)).await), "device-refused");
    let forged = fresh.replace(fresh.split('.').nth(1).unwrap(), &"0".repeat(32));
    assert_eq!(refused(enter(portal, &device, &forged, &device.sign(&forged)).await), "device-refused");
    house.clock.advance(11 * 60_000);
    assert_eq!(refused(enter(portal, &device, &fresh, &device.sign(&fresh)).await), "device-refused", "old");
    let (_, visit) = come_in(portal, 7, Entrance::Card).await;
    assert!(
        portal.register_device(&entered, &stranger.public(), "?".into()).await.is_err(),
        "with the card only"
    );
    portal.remove_device(&visit, device.key()).await.unwrap();
    assert!(portal.visit(&token).await.unwrap().is_none(), "a visit of the lost device is over");
    let code = portal.one_time_code().unwrap();
    assert_eq!(refused(enter(portal, &device, &code, &device.sign(&code)).await), "device-refused");
}

#[tokio::test]
async fn tries_are_limited_for_devices_and_invitations() {
    let house = house();
    let portal = &house.portal;
    let device = Device::new();
    let mut answers = Vec::new();
    for _ in 0..31 {
        answers.push(enter(portal, &device, "", "").await.err().unwrap());
    }
    assert_eq!((answers[29].as_str(), answers[30].as_str()), ("device-refused", "too-many-tries"));
    let (_, visit) = come_in(portal, 8, Entrance::Card).await;
    let mut answers = Vec::new();
    for _ in 0..6 {
        answers.push(portal.take_up(&visit, "AAAABBBBCCCCDDDD").await.unwrap_err().code().to_owned());
    }
    assert_eq!((answers[4].as_str(), answers[5].as_str()), ("no-invitation", "too-many-tries"));
}

#[tokio::test]
async fn what_is_hidden_from_proxies_is_the_persons_alone_to_see_and_change() {
    let house = house();
    let portal = &house.portal;
    let (_, visit) = come_in(portal, 7, Entrance::Card).await;
    assert_eq!(portal.hidden(&visit).await.unwrap(), Hidden::default());
    let hidden = Hidden { everything: false, institutions: vec![house.clinic] };
    portal.hide(&visit, hidden.clone()).await.unwrap();
    assert!(hidden.hides(&house.clinic, &[]) && hidden.hides(&house.hospital, &[house.clinic]));
    assert!(!hidden.hides(&house.hospital, &[]));
    let (_, again) = come_in(portal, 7, Entrance::Card).await;
    assert_eq!(portal.hidden(&again).await.unwrap(), hidden);
    let principal = crate::model::Principal {
        mandate: crate::model::MandateKey([1; 16]),
        proxy: "daughter".parse().unwrap(),
        person: visit.person,
        subject: visit.subject(),
    };
    let (_, other) = come_in(portal, 8, Entrance::Card).await;
    let acting = Visit { acting: Some(principal), ..other };
    let refused = portal.hide(&acting, Hidden::default()).await.unwrap_err();
    assert_eq!(refused.code(), "only-the-person");
    let nobody = portal.invite(&acting, &"son".parse().unwrap()).await.unwrap_err();
    assert_eq!(nobody.code(), "only-the-person", "a proxy invites nobody");
}
