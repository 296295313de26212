//! Cards: made, replaced, lost; on both roads.

use std::sync::Arc;

use axum::{Router, extract::State, routing::post};
use calendar::Timestamp;
use codes::{Custody, EnvelopeContext, EnvelopeKey, ExchangeId, FileCustody, KeyName, OrgId, OrgKind};
use protocol::{
    Sealed,
    card::{CardStop, CardStopReason},
    clients::paths,
    eligibility::{PersonaliseAnswer, PersonaliseRequest},
    jpki::{CertificateKind, IssueAnswer, IssueRequest, RevocationReason, RevokeRequest},
    relay::Acknowledged,
    sealed::{STANDING, purpose},
};
use protocol_admin::issuer::{CardContents, CardKey, CardRequest, CardStopRequest};
use tokio::sync::Mutex;
use wire::{Json, Problem};

use super::{House, acknowledged, house, number, org, register};

/// What the stand-ins of eligibility service and certificate authority heard of cards.
#[derive(Clone, Default)]
pub struct Heard {
    stops: Arc<Mutex<Vec<CardStop>>>,
    revoked: Arc<Mutex<Vec<RevokeRequest>>>,
}

/// Gives out certificates numbered by their keys, and any code.
pub fn stand_ins(heard: Heard) -> Router {
    Router::new()
        .route(paths::CERTIFICATES, post(issue))
        .route(paths::REVOCATIONS, post(revoke))
        .route(paths::PERSONALISATIONS, post(personalise))
        .route(paths::CARD_STOPS, post(stop))
        .with_state(heard)
}

async fn issue(Json(request): Json<IssueRequest>) -> axum::Json<IssueAnswer> {
    let kind = if request.kind == CertificateKind::Signing { "sign" } else { "auth" };
    let serial = format!("{kind}-{}", request.public_key);
    let not_after = Timestamp::from_seconds(0);
    axum::Json(IssueAnswer { certificate: String::new(), authority: String::new(), serial, not_after })
}

async fn personalise(Json(request): Json<PersonaliseRequest>) -> axum::Json<PersonaliseAnswer> {
    let context = EnvelopeContext {
        recipient: org(OrgKind::Eligibility),
        purpose: purpose::CARD_PERSONALISE.into(),
        expires_at: STANDING,
        exchange: request.exchange,
        consent: None,
        binding: Vec::new(),
    };
    axum::Json(PersonaliseAnswer { code: Sealed::new(&request.card_key, context, &[7; 32]).unwrap() })
}

async fn stop(State(heard): State<Heard>, Json(stop): Json<CardStop>) -> axum::Json<Acknowledged> {
    let exchange = stop.exchange;
    heard.stops.lock().await.push(stop);
    acknowledged(exchange)
}

/// The holder gave up the signing certificate of the first card before.
async fn revoke(
    State(heard): State<Heard>,
    Json(request): Json<RevokeRequest>,
) -> Result<axum::Json<Acknowledged>, Problem> {
    if request.serial == "sign-first" {
        return Err(Problem::new(409, "already-revoked"));
    }
    let exchange = request.exchange;
    heard.revoked.lock().await.push(request);
    Ok(acknowledged(exchange))
}

fn applet() -> EnvelopeKey {
    FileCustody::ephemeral(&[KeyName::ENVELOPE]).unwrap().envelope_public_key().unwrap()
}

impl House {
    pub(super) async fn card(&self, i: u64, key: &str, applet: EnvelopeKey) -> Result<CardContents, Problem> {
        self.issuer.card(&counter(), self.card_request(i, key, applet)).await
    }

    fn card_request(&self, i: u64, key: &str, applet_key: EnvelopeKey) -> CardRequest {
        let key = || CardKey { public_key: key.into(), proof: String::new() };
        CardRequest {
            exchange: self.exchange(),
            my_number: number(i),
            authentication: key(),
            signing: Some(key()),
            applet_key,
            replaces: None,
        }
    }

    fn loss(&self, i: u64, reason: CardStopReason) -> CardStopRequest {
        CardStopRequest { exchange: self.exchange(), my_number: number(i), reason }
    }

    async fn revoked(&self) -> Vec<(String, RevocationReason)> {
        let revoked = self.heard.cards.revoked.lock().await;
        revoked.iter().map(|request| (request.serial.clone(), request.reason)).collect()
    }
}

fn counter() -> OrgId {
    org(OrgKind::Municipality)
}

#[tokio::test]
async fn a_lost_card_stops_on_both_roads_once() {
    let house = house(true).await;
    house.load(register(2)).await.unwrap();
    let key = applet();
    house.card(0, "first", key).await.unwrap();
    house.card(1, "other", applet()).await.unwrap();
    let loss = house.loss(0, CardStopReason::Lost);
    let answer = house.issuer.stop_card(&counter(), loss.clone()).await.unwrap();
    assert_eq!(answer.cards, 1);
    let stops = house.heard.cards.stops.lock().await.clone();
    assert_eq!(stops.len(), 1);
    assert_eq!((stops[0].cards.clone(), stops[0].reason), (vec![key], CardStopReason::Lost));
    assert_eq!((stops[0].exchange, stops[0].at), (loss.exchange, answer.at));
    assert!(
        stops[0].person.open(&*house.eligibility).is_ok(),
        "whose it is, only the eligibility service reads"
    );
    // The signing certificate was given up before: that it is so already is no reason to say it for ever.
    assert_eq!(house.revoked().await, [("auth-first".into(), RevocationReason::KeyCompromise)]);

    let again = house.issuer.stop_card(&counter(), loss.clone()).await.unwrap();
    assert_eq!(again.at, answer.at);
    assert_eq!(house.heard.cards.stops.lock().await.len(), 1, "told once");
    let other = CardStopRequest { reason: CardStopReason::Death, ..loss };
    assert_eq!(house.issuer.stop_card(&counter(), other).await.unwrap_err().code(), "exchange-already-used");
    let none = house.loss(0, CardStopReason::Death);
    assert_eq!(house.issuer.stop_card(&counter(), none).await.unwrap_err().code(), "act-not-possible");
}

#[tokio::test]
async fn a_new_card_stops_the_earlier_one_and_the_same_card_does_not() {
    let house = house(true).await;
    house.load(register(1)).await.unwrap();
    let (old, new) = (applet(), applet());
    house.card(0, "old", old).await.unwrap();
    house.card(0, "renewed", old).await.unwrap();
    assert!(house.heard.cards.stops.lock().await.is_empty(), "new certificates on the same card");
    let request = house.card_request(0, "new", new);
    house.issuer.card(&counter(), request.clone()).await.unwrap();
    house.issuer.card(&counter(), request).await.unwrap();
    let stops = house.heard.cards.stops.lock().await.clone();
    assert_eq!(stops.len(), 1, "a retry tells nothing again");
    assert_eq!((stops[0].cards.clone(), stops[0].reason), (vec![old], CardStopReason::Replaced));
    let given_up = |serial: &str| (serial.to_owned(), RevocationReason::CessationOfOperation);
    assert_eq!(house.revoked().await, [given_up("auth-renewed"), given_up("sign-renewed")]);
    let lost = house.loss(0, CardStopReason::Lost);
    assert_eq!(house.issuer.stop_card(&counter(), lost).await.unwrap().cards, 1);
    assert_eq!(house.heard.cards.stops.lock().await[1].cards, [new]);
}

#[tokio::test]
async fn who_may_stop_a_card_and_for_what() {
    let house = house(true).await;
    house.load(register(1)).await.unwrap();
    house.card(0, "first", applet()).await.unwrap();
    let refused = async |who: OrgKind, reason| {
        let loss = house.loss(0, reason);
        house.issuer.stop_card(&org(who), loss).await.unwrap_err().code().to_owned()
    };
    assert_eq!(refused(OrgKind::Institution, CardStopReason::Lost).await, "not-for-this-kind");
    assert_eq!(refused(OrgKind::Municipality, CardStopReason::Replaced).await, "replaced-by-a-new-card");
    assert!(house.heard.cards.stops.lock().await.is_empty());
}

#[tokio::test]
async fn a_loss_that_cannot_reach_the_others_is_kept_and_said_so() {
    let house = house(false).await;
    house.load(register(1)).await.unwrap();
    let sealed = number(0).seal(&*house.issuer.custody).unwrap();
    let made = crate::model::Card {
        applet: applet(),
        authentication: "auth".into(),
        signing: None,
        certificate: None,
    };
    house.issuer.db.write(move |tx| crate::store::put_card(tx, &sealed, &made, 0)).await.unwrap();
    let loss = house.loss(0, CardStopReason::Lost);
    let problem = house.issuer.stop_card(&counter(), loss.clone()).await.unwrap_err();
    assert_eq!((problem.parts().status, problem.code()), (503, "not-yet-everywhere"));
    let exchange: ExchangeId = loss.exchange;
    let waiting = house.issuer.db.read(move |c| crate::store::outgoing(c, Some(&exchange))).await.unwrap();
    let paths: Vec<&str> = waiting.iter().map(|message| message.path.as_str()).collect();
    assert_eq!(paths, [paths::CARD_STOPS, paths::REVOCATIONS], "recorded, in order");
}
