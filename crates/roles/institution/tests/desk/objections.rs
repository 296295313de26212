//! What persons object to, at the records office: who may bring it, who reads it, who answers.

use std::sync::{Arc, Mutex};

use access::Organisation;
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{Request, StatusCode, header};
use axum::routing::post;
use calendar::{Date, Timestamp};
use codes::{Custody as _, EnvelopeContext, ExchangeId, FileCustody, KeyName, Medical, OrgCode, OrgId};
use http_body_util::BodyExt as _;
use ledger::Receipt;
use protocol::Sealed;
use protocol::clients::paths;
use protocol::oversight::{
    Objection, ObjectionGround, ObjectionState, ObjectionStatus, ObjectionWord, ObjectionsAnswer,
    ObjectionsRequest, Said, Speaker, WordKind,
};
use protocol::relay::Acknowledged;
use protocol::sealed::{STANDING, purpose};
use tower::ServiceExt as _;
use wire::{Desk, Json, Peer, Problem, role_router};

use crate::pages::{Browser, holds};
use crate::reception::receive;
use crate::town::answers::PATIENTS;
use crate::town::{CODE, Options, Town, organisation, serve};

const SAID: &str = "この日は受診していません。<b>なぜ</b>ですか。";

/// The overseer, as far as an institution meets it: each organisation reads and answers what concerns itself alone.
#[derive(Default)]
struct Overseer {
    objections: Mutex<Vec<ObjectionStatus>>,
    words: Mutex<Vec<ObjectionWord>>,
}

fn org(text: &str) -> OrgId {
    text.parse().unwrap()
}

fn us() -> OrgId {
    org(&format!("institution/{CODE}"))
}

fn receipt() -> Receipt {
    Receipt { origin: "musubi.test/oversight/1".into(), index: 3, at: 0 }
}

async fn status(
    State(overseer): State<Arc<Overseer>>,
    Json(request): Json<ObjectionsRequest>,
) -> Json<ObjectionsAnswer> {
    let all = overseer.objections.lock().unwrap();
    let objections = all.iter().filter(|one| one.concerns == request.asker).cloned().collect();
    Json(ObjectionsAnswer { exchange: request.exchange, objections, receipt: receipt() })
}

async fn say(
    State(overseer): State<Arc<Overseer>>,
    Json(word): Json<ObjectionWord>,
) -> Result<Json<Acknowledged>, Problem> {
    let mut all = overseer.objections.lock().unwrap();
    let mine = all.iter_mut().find(|one| one.objection == word.objection && one.concerns == word.sender);
    let none =
        || Problem::new(404, "no-objection").ja("その申立てはありません。").en("There is no such objection.");
    let one = mine.ok_or_else(none)?;
    one.state = ObjectionState::Answered;
    one.said.push(Said {
        at: one.at,
        speaker: Speaker::Organisation,
        organisation: word.sender,
        staff: word.staff.clone(),
        officer: None,
        kind: word.kind,
        text: word.text.clone(),
        receipt: receipt(),
    });
    let exchange = word.exchange;
    overseer.words.lock().unwrap().push(word);
    Ok(Json(Acknowledged { exchange, receipt: receipt() }))
}

fn objection(number: u8, concerns: OrgId) -> ObjectionStatus {
    ObjectionStatus {
        objection: ExchangeId::from_bytes([number; 16]),
        at: Timestamp::from_millis(1_790_000_000_000),
        concerns,
        about: None,
        ground: ObjectionGround::NotUnderstood,
        text: SAID.into(),
        state: ObjectionState::Received,
        said: Vec::new(),
        receipt: receipt(),
    }
}

/// A town with an overseer and a portal, where the person of a linked visit objects.
async fn town() -> (Town, Arc<Overseer>) {
    let town = Town::new().await;
    let overseer = Arc::new(Overseer::default());
    let routes = Router::new()
        .route(paths::OBJECTION_STATUS, post(status))
        .route(paths::OBJECTION_WORDS, post(say))
        .with_state(Arc::clone(&overseer));
    let base = serve(role_router("fake-overseer", routes), &town.shutdown).await;
    let keys = FileCustody::ephemeral(&[KeyName::ENVELOPE]).unwrap();
    town.directory.put(organisation(org("oversight/1"), base, keys.envelope_public_key().unwrap()));
    for other in ["portal/1", "institution/1310000018"] {
        let since = Date::parse("2020-01-01").unwrap();
        town.directory.put(Organisation::new(org(other), "機関", "Organisation", since));
    }
    town.role.service().import_patients(PATIENTS.into()).await.unwrap();
    let visit = receive(&town, "valid").await;
    town.role.service().link(visit.id, Some("00000017".parse().unwrap()), false).await.unwrap();
    (town, overseer)
}

/// The objection as the portal sends it: with our code of the person, as the relay sealed it to us.
fn filed(town: &Town, number: u8, concerns: OrgId) -> Objection {
    let mut code = [0_u8; 17];
    code[1] = 0x2A;
    let exchange = ExchangeId::from_bytes([number; 16]);
    let context = EnvelopeContext {
        recipient: us(),
        purpose: purpose::ORG_CODE.into(),
        expires_at: STANDING,
        exchange,
        consent: None,
        binding: Vec::new(),
    };
    let code = OrgCode::<Medical>::from_bytes(code);
    Objection {
        exchange,
        portal: org("portal/1"),
        concerns,
        person: Some(Sealed::new(&town.relay.institution_key, context, code.as_bytes()).unwrap()),
        about: None,
        ground: ObjectionGround::NotUnderstood,
        text: SAID.into(),
    }
}

/// What the institution's interface answers to `peer`.
async fn send(town: &Town, peer: &str, objection: &Objection) -> (StatusCode, String) {
    let body = Body::from(serde_json::to_vec(objection).unwrap());
    let mut request =
        Request::post(paths::OBJECTIONS).header(header::CONTENT_TYPE, "application/json").body(body).unwrap();
    request.extensions_mut().insert(Peer(org(peer)));
    let answer = town.role.api().oneshot(request).await.unwrap();
    let status = answer.status();
    let bytes = answer.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(bytes.to_vec()).unwrap())
}

async fn sit(browser: &mut Browser) {
    let form = "staff_id=R1&staff_name=%E8%A8%98%E9%8C%B2+%E8%8A%B1%E5%AD%90&profession=clerk&back=%2Foffice%2Fobjections";
    let (status, to) = browser.post("/staff", form).await;
    assert_eq!((status, to.as_str()), (StatusCode::SEE_OTHER, "/office/objections"));
}

#[tokio::test]
async fn an_objection_is_read_and_answered_under_a_name() {
    let (town, overseer) = town().await;
    let (answered, text) = send(&town, "portal/1", &filed(&town, 1, us())).await;
    assert_eq!(answered, StatusCode::OK, "{text}");
    overseer.objections.lock().unwrap().push(objection(1, us()));
    let mut browser = Browser::new(&town).await;
    let (status, to) = browser.get("/office/objections").await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    assert!(to.starts_with("/staff?back=%2Foffice%2Fobjections"), "nobody reads without a name: {to}");
    sit(&mut browser).await;
    let (status, page) = browser.get("/office/objections").await;
    assert_eq!(status, StatusCode::OK);
    holds(
        &page,
        &[
            "この日は受診していません。",
            "&lt;b&gt;なぜ",
            "何のことか分からない",
            "/patients/00000017/records",
            "受け付けました",
        ],
    );

    let path = format!("/office/objections/{}", ExchangeId::from_bytes([1; 16]));
    for wrong in ["text=", &format!("text={}", "a".repeat(2_001))] {
        let (status, page) = browser.post(&path, wrong).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        holds(&page, &["回答を、2,000文字までで書いてください"]);
    }
    assert!(overseer.words.lock().unwrap().is_empty());
    let before = town.role.service().ledger().size();
    let (status, to) = browser
        .post(&path, "text=%E5%8F%97%E4%BB%98%E3%81%AE%E8%AA%A4%E3%82%8A%E3%81%A7%E3%81%99%E3%80%82")
        .await;
    assert_eq!((status, to.as_str()), (StatusCode::SEE_OTHER, "/office/objections"));
    assert_eq!(town.role.service().ledger().size(), before + 1, "the answer is written down first");
    let (_, page) = browser.get("/office/objections").await;
    holds(&page, &["受付の誤りです。", "記録 花子", "回答がありました"]);
    let words = overseer.words.lock().unwrap().clone();
    let staff = words[0].staff.as_ref().unwrap();
    assert_eq!((words[0].kind, words[0].sender, staff.name.as_str()), (WordKind::Answer, us(), "記録 花子"));
    let (_, english) = browser.get("/office/objections?lang=en").await;
    holds(&english, &["I do not understand this", "Answered", "The organisation"]);
}

#[tokio::test]
async fn what_concerns_another_organisation_is_neither_shown_nor_answered_here() {
    let (town, overseer) = town().await;
    let other = org("institution/1310000018");
    overseer.objections.lock().unwrap().push(objection(2, other));
    let mut browser = Browser::new(&town).await;
    sit(&mut browser).await;
    let (_, page) = browser.get("/office/objections").await;
    holds(&page, &["申立てはありません"]);
    let path = format!("/office/objections/{}", ExchangeId::from_bytes([2; 16]));
    let (status, page) = browser.post(&path, "text=x").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    holds(&page, &["その申立てはありません。"]);
    assert!(!page.contains("この日は受診していません"), "{page}");
    assert!(overseer.words.lock().unwrap().is_empty());

    // Over the interface: another institution files nothing here, in whosever name, and nobody files another's.
    let entries = town.role.service().ledger().size();
    for (peer, objection, code) in [
        ("institution/1310000018", filed(&town, 3, us()), "another-name"),
        ("institution/1310000018", Objection { portal: other, ..filed(&town, 3, us()) }, "not-for-this-kind"),
        ("portal/1", filed(&town, 3, other), "another-name"),
    ] {
        let (status, text) = send(&town, peer, &objection).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{peer}: {text}");
        assert!(text.contains(code), "{peer}: {text}");
    }
    let mut torn = filed(&town, 4, us());
    torn.person.as_mut().unwrap().context.recipient = other;
    let (status, text) = send(&town, "portal/1", &torn).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{text}");
    assert!(text.contains("objection-person"), "{text}");
    assert_eq!(town.role.service().ledger().size(), entries, "nothing of it was taken in");
}

#[tokio::test]
async fn staff_of_another_organisation_do_not_reach_the_page() {
    let key = "a key of sixteen letters and more";
    let options = |key: &str| Options { desk: Desk::new(key), ..Options::default() };
    let (ours, theirs) =
        (Town::with(options(key)).await, Town::with(options("another key of another house")).await);
    let mut browser = Browser { router: theirs.role.pages(), cookie: String::new(), token: String::new() };
    let (status, _) = browser.get("/?key=another%20key%20of%20another%20house").await;
    assert_eq!(status, StatusCode::OK, "at home the key opens");
    assert_eq!(browser.get("/").await.0, StatusCode::OK);
    browser.router = ours.role.pages();
    for path in ["/office/objections", "/office/watch-list", "/"] {
        let (status, page) = browser.get(path).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{path}: {page}");
    }
    let (status, _) = browser.post("/office/objections/01010101-0101-0101-0101-010101010101", "text=x").await;
    assert_eq!(status, StatusCode::FORBIDDEN);
}
