//! The front page, and the person's own record by card and PIN.

use axum::Router;
use axum::body::Body;
use axum::http::{Request, header};
use http_body_util::BodyExt;
use protocol::eligibility::{Presented, ReadProof};
use protocol::jpki::{CertificateStatus, RevocationReason};
use protocol::reader::{
    CardRead, ReadOrder, ReaderError, ReaderFacts, ReaderMode, ReaderPort, ReaderStatement, TrayCard,
};
use tower::ServiceExt;

use crate::person::*;
use crate::world::{World, hospital};

/// One card with the PIN 1234.
pub struct OneCard;

impl ReaderPort for OneCard {
    fn tray(&self) -> Vec<TrayCard> {
        let (name, birthdate) = ("髙﨑　花子".into(), "1980-05-06".into());
        vec![TrayCard {
            id: "hanako".into(), name, birthdate, note_ja: "試し".into(), note_en: "try".into()
        }]
    }

    fn read(&self, card: &str, order: &ReadOrder) -> Result<CardRead, ReaderError> {
        if card != "hanako" {
            return Err(ReaderError::NoCard);
        }
        if order.pin.as_deref() != Some("1234") {
            return Err(ReaderError::WrongPin { tries_left: 2 });
        }
        let nonce = data_encoding::HEXLOWER.encode(&order.nonce);
        let signature = sign(&ReadProof::binding(&order.institution, order.at, &nonce));
        let proof = ReadProof {
            mode: ReaderMode::Pin,
            at: order.at,
            nonce: nonce.clone(),
            statement: "ab".repeat(32),
        };
        let certificate = data_encoding::BASE64.encode(CERTIFICATE);
        let facts = ReaderFacts {
            institution: order.institution,
            terminal: order.terminal.clone(),
            mode: order.mode,
            at: order.at,
            nonce,
            material: String::new(),
        };
        let statement = ReaderStatement { facts, reader: String::new(), signature: String::new() };
        let presented = Presented::Certificate { certificate, signature: Some(signature), proof };
        Ok(CardRead { presented, statement, face_name: "髙﨑　花子".into() })
    }

    fn device_keys(&self) -> Vec<String> {
        Vec::new()
    }
}

async fn send(router: &Router, request: Request<Body>) -> (String, String) {
    let response = router.clone().oneshot(request).await.unwrap();
    let cookie = response.headers().get(header::SET_COOKIE).map(|c| c.to_str().unwrap().to_owned());
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (String::from_utf8(body.to_vec()).unwrap(), cookie.unwrap_or_default())
}

fn get(path: &str) -> Request<Body> {
    Request::get(path).header(header::ACCEPT, "text/html").body(Body::empty()).unwrap()
}

#[tokio::test]
async fn the_front_page_says_who_reported_and_nothing_of_persons() {
    let world = World::new().await;
    world.insurer(1).report(&acquisition(1, 1, "2020-04-01")).await.unwrap();
    let (page, _) = send(&world.role.pages(), get("/")).await;
    assert!(page.contains("資格確認サービス機関") && page.contains("の名"), "{page}");
    assert!(!page.contains("花子"));
    let (english, _) = send(&world.role.pages(), get("/?lang=en")).await;
    assert!(english.contains("Latest reports"));
}

#[tokio::test]
async fn a_person_taps_the_card_and_reads_the_record() {
    let world = World::new().await;
    world.insurer(1).report(&acquisition(1, 1, "2020-04-01")).await.unwrap();
    let question = request(&world, hospital(), sealed(&world, hospital(), &world.card(&my_number(1)).await));
    world.desk(hospital()).check(&question).await.unwrap();
    world.certify(CERTIFICATE, CertificateStatus::Good, Some(world.sealed_link(&my_number(1))));
    let pages = world.role.own_pages();
    let (tray, _) = send(&pages, get("/")).await;
    assert!(tray.contains("髙﨑　花子"), "{tray}");
    let wrong = tap(&pages, "0000").await;
    assert!(wrong.contains("あと2回"), "{wrong}");
    let record = tap(&pages, "1234").await;
    assert!(record.contains("institution/1310000001の名が、令和8年11月22日の資格を確かめました"), "{record}");
    assert!(record.contains("署名済み台帳で確認済み") && record.contains("健康保険法"), "{record}");
}

/// Puts the card down and types a PIN; the page that comes.
async fn tap(pages: &Router, pin: &str) -> String {
    let (form, cookie) = send(pages, get("/?pick=hanako")).await;
    let token = form.split("name=\"_csrf\" value=\"").nth(1).and_then(|t| t.split('"').next()).unwrap();
    let post = Request::post("/")
        .header(header::ACCEPT, "text/html")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::COOKIE, cookie.split(';').next().unwrap())
        .body(Body::from(format!("_csrf={token}&card=hanako&pin={pin}")))
        .unwrap();
    let (page, _) = send(pages, post).await;
    page.replace(token, "")
}

#[tokio::test]
async fn whose_card_is_refused_reads_what_to_do_and_nothing_of_day_or_cause() {
    let world = World::new().await;
    let pages = world.role.own_pages();
    let at = world.now();
    let revoked =
        |successor| CertificateStatus::Revoked { at, reason: RevocationReason::KeyCompromise, successor };
    let mut said = Vec::new();
    for status in [
        CertificateStatus::Expired { at },
        revoked(None),
        CertificateStatus::Unknown,
        revoked(Some("ab".repeat(32))),
    ] {
        world.certify(CERTIFICATE, status, None);
        let page = tap(&pages, "1234").await;
        for told in ["失効", "紛失", "令和", "2026-", "記号", "保険資格符号", "presented", "certificate-"]
        {
            assert!(!page.contains(told), "{told}: {page}");
        }
        said.push(page);
    }
    assert!(said[0].contains("有効期限が切れています") && said[0].contains("窓口で更新"), "{}", said[0]);
    assert!(said[1].contains("このカードは使えません") && said[1].contains("市区町村の窓口"), "{}", said[1]);
    assert_eq!(said[1], said[2], "revoked and never issued look alike");
    assert!(said[3].contains("新しいカードを使ってください"), "{}", said[3]);
}
