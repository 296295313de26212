//! The pages as a browser meets them: a proxy is announced to the person, and a card that is refused says no more than it must.

use std::sync::Arc;

use access::Organisation;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use axum::routing::post;
use axum::{Json, Router};
use calendar::Date;
use codes::{Custody as _, FileCustody, KeyName, OrgId, OrgKind};
use http_body_util::BodyExt as _;
use protocol::clients::paths;
use protocol::eligibility::{Presented, ReadProof};
use protocol::own_record::OwnTicketRequest;
use protocol::reader::{
    CardRead, ReadOrder, ReaderError, ReaderFacts, ReaderPort, ReaderStatement, TrayCard,
};
use tower::ServiceExt as _;
use wire::{Problem, Server, Shutdown};

use crate::Service;
use crate::model::{Entrance, MandateKey, Token};
use crate::people_tests::come_in;
use crate::store::people::{MandateRow, put_mandate};
use crate::tests::{House, house};

/// One browser: its cookies and the token of its forms.
struct Browser {
    router: Router,
    cookies: Vec<(String, String)>,
    csrf: String,
}

/// What came back: the page, or the address of a redirect.
struct Answer {
    status: StatusCode,
    text: String,
}

impl Browser {
    async fn of(service: &Service) -> Self {
        let mut browser =
            Self { router: crate::pages(service.clone()), cookies: Vec::new(), csrf: String::new() };
        browser.csrf = token(&browser.get("/login").await.text);
        browser
    }

    /// Somebody who is in already.
    async fn with(service: &Service, token: &Token) -> Self {
        let mut browser = Self::of(service).await;
        browser.cookies.push(("__Host-portal".to_owned(), token.text()));
        browser
    }

    async fn get(&mut self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let mut body = form_urlencoded::Serializer::new(String::new());
        body.append_pair("_csrf", &self.csrf).extend_pairs(fields);
        let request = Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(body.finish())).unwrap()).await
    }

    async fn send(&mut self, mut request: Request<Body>) -> Answer {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        request.headers_mut().insert(header::COOKIE, cookies.join("; ").parse().unwrap());
        request.headers_mut().insert(header::ACCEPT, "text/html".parse().unwrap());
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        for line in response.headers().get_all(header::SET_COOKIE) {
            let pair = line.to_str().unwrap().split(';').next().unwrap().to_owned();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.retain(|(known, _)| known != name);
            self.cookies.push((name.to_owned(), value.to_owned()));
        }
        if let Some(to) = response.headers().get(header::LOCATION) {
            return Answer { status, text: to.to_str().unwrap().to_owned() };
        }
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        Answer { status, text: String::from_utf8(bytes.to_vec()).unwrap() }
    }
}

/// The daughter (8) may act for the mother (7).
async fn mandate(house: &House) -> MandateKey {
    let portal = &house.portal;
    let (_, mother) = come_in(portal, 7, Entrance::Card).await;
    let (_, daughter) = come_in(portal, 8, Entrance::Card).await;
    let key = MandateKey([5; 16]);
    let sealed = portal.sealed(&[b"portal mandate".as_slice(), &key.0].concat(), &mother.subject()).unwrap();
    let row = MandateRow { key, principal: mother.person, proxy_id: "daughter".into(), sealed };
    portal.db.write(move |tx| put_mandate(tx, &daughter.person, &row)).await.unwrap();
    key
}

#[tokio::test]
async fn the_person_is_told_when_a_proxy_acts_once_a_visit_and_nobody_else() {
    let house = house();
    let portal = &house.portal;
    let key = mandate(&house).await;
    let (own, _) = come_in(portal, 7, Entrance::Card).await;
    let mut mother = Browser::with(portal, &own).await;
    assert!(!mother.get("/notices").await.text.contains("代理人の利用"));

    let (token, _) = come_in(portal, 8, Entrance::Card).await;
    let mut daughter = Browser::with(portal, &token).await;
    for whom in [key.text().as_str(), "own", key.text().as_str()] {
        let turned = daughter.post("/people", &[("mandate", whom)]).await;
        assert_eq!((turned.status, turned.text.as_str()), (StatusCode::SEE_OTHER, "/"));
    }
    let told = mother.get("/notices").await.text;
    assert_eq!(told.matches("代理人の利用").count(), 1, "to and fro within a visit is one notice: {told}");
    assert!(told.contains("あなたの代理人が、あなたに代わってポータルを使いました"), "{told}");
    daughter.post("/people", &[("mandate", "own")]).await;
    assert!(
        !daughter.get("/notices").await.text.contains("代理人の利用"),
        "it is the person's, not the proxy's"
    );

    let (token, _) = come_in(portal, 8, Entrance::Card).await;
    let mut again = Browser::with(portal, &token).await;
    again.post("/people", &[("mandate", &key.text())]).await;
    assert_eq!(mother.get("/notices").await.text.matches("代理人の利用").count(), 2, "each visit is told");
    let mandate = "ff".repeat(16);
    assert_eq!(again.post("/people", &[("mandate", &mandate)]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(mother.get("/notices").await.text.matches("代理人の利用").count(), 2, "nobody acted");
}

/// Cards that the eligibility service refuses, each for the cause that its name says.
struct Tray;

const CARDS: [&str; 4] =
    ["certificate-expired", "certificate-revoked", "certificate-unknown", "certificate-superseded"];

impl ReaderPort for Tray {
    fn tray(&self) -> Vec<TrayCard> {
        let card = |id: &&str| TrayCard {
            id: (*id).to_owned(),
            name: "林　七海".into(),
            birthdate: "1980-02-29".into(),
            note_ja: String::new(),
            note_en: String::new(),
        };
        CARDS.iter().map(card).collect()
    }

    fn read(&self, card: &str, order: &ReadOrder) -> Result<CardRead, ReaderError> {
        if order.pin.as_deref() == Some("0000") {
            return Err(ReaderError::PinBlocked);
        }
        let facts = ReaderFacts {
            institution: order.institution,
            terminal: order.terminal.clone(),
            mode: order.mode,
            at: order.at,
            nonce: "00".repeat(16),
            material: "00".repeat(32),
        };
        let proof = ReadProof {
            mode: order.mode,
            at: order.at,
            nonce: facts.nonce.clone(),
            statement: "00".repeat(32),
        };
        let statement = ReaderStatement { facts, reader: String::new(), signature: String::new() };
        let presented = Presented::Certificate { certificate: card.to_owned(), signature: None, proof };
        Ok(CardRead { presented, statement, face_name: "林　七海".into() })
    }

    fn device_keys(&self) -> Vec<String> {
        Vec::new()
    }
}

/// Refuses as the eligibility service does, in its words for a desk.
async fn refuse(Json(question): Json<OwnTicketRequest>) -> Problem {
    let Presented::Certificate { certificate, .. } = question.presented else { return Problem::internal() };
    Problem::new(422, certificate)
        .ja("電子証明書は失効しています。")
        .en("The certificate was revoked.")
        .detail(
            "2026-10-31 09:00に失効しました。カードの紛失届が出ている場合があります。",
            "It was revoked at 2026-10-31; the card may be reported lost.",
        )
        .at("presented.certificate")
}

/// A portal with that tray, whose eligibility service refuses.
async fn refusing(shutdown: &Shutdown) -> House {
    let mut house = house();
    let server = Server::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", server.local_addr());
    let routes = Router::new().route(paths::OWN_TICKETS, post(refuse));
    tokio::spawn(server.serve(wire::role_router("eligibility", routes), None, shutdown.clone()));
    let id = OrgId::new(OrgKind::Eligibility, "1").unwrap();
    let mut eligibility = Organisation::new(id, "資格", "eligibility", Date::new(2026, 1, 1).unwrap());
    let keys = FileCustody::ephemeral(&[KeyName::ENVELOPE]).unwrap();
    eligibility.api = Some(base);
    eligibility.envelope_key = Some(keys.envelope_public_key().unwrap());
    house.portal.policy.directory().put(eligibility);
    house.portal.reader = Some(Arc::new(Tray));
    house
}

#[tokio::test]
async fn a_card_that_is_refused_says_what_to_do_and_nothing_of_day_or_cause() {
    let shutdown = Shutdown::new();
    let house = refusing(&shutdown).await;
    let mut browser = Browser::of(&house.portal).await;
    let entries = house.portal.ledger.size();
    let mut said = Vec::new();
    for card in CARDS {
        browser.csrf = token(&browser.get(&format!("/login?pick={card}")).await.text);
        let refused = browser.post("/login", &[("card", card), ("pin", "1234")]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{card}");
        for secret in ["失効", "紛失", "2026-10-31", "revoked", "presented", "certificate-"] {
            let page =
                refused.text.replace(&format!("value=\"{card}\""), "").replace(&format!("pick={card}"), "");
            assert!(!page.contains(secret), "{card}: {secret}: {page}");
        }
        assert!(!browser.cookies.iter().any(|(name, _)| name == "__Host-portal"), "{card}: no visit begins");
        said.push(refused.text);
    }
    assert!(said[0].contains("有効期限が切れています") && said[0].contains("窓口で更新"), "{}", said[0]);
    for refused in &said[1..3] {
        assert!(
            refused.contains("このカードは使えません") && refused.contains("市区町村の窓口"),
            "{refused}"
        );
    }
    assert!(said[3].contains("新しいカードを使ってください"), "{}", said[3]);
    let alike = |page: &str, card: &str| page.replace(card, "");
    assert_eq!(alike(&said[1], CARDS[1]), alike(&said[2], CARDS[2]), "revoked and never issued answer alike");
    let blocked = browser.post("/login", &[("card", CARDS[0]), ("pin", "0000")]).await;
    assert!(
        blocked.text.contains("市区町村の窓口で再設定できます") && !blocked.text.contains("受付"),
        "{}",
        blocked.text
    );
    assert_eq!(house.portal.ledger.size(), entries, "nobody came in");
    let english = browser.post("/login?lang=en", &[("card", CARDS[1]), ("pin", "1234")]).await.text;
    assert!(english.contains("This card cannot be used"), "{english}");
    shutdown.trigger();
}

fn token(page: &str) -> String {
    page.split("name=\"_csrf\" value=\"").nth(1).unwrap().chars().take_while(|c| *c != '"').collect()
}
