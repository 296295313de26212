use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use tower::ServiceExt as _;

use super::*;
use crate::model::CORROBORATION_MILLIS;

/// A browser at the relay's site: it keeps its session.
struct Browser {
    site: axum::Router,
    cookie: String,
    token: String,
}

impl Browser {
    fn new(house: &House) -> Self {
        let site = crate::site(house.relay.clone(), &wire::Desk::open());
        Self { site, cookie: String::new(), token: String::new() }
    }

    async fn get(&mut self, path: &str) -> (StatusCode, String) {
        self.send(Request::get(path), String::new()).await
    }

    async fn post(&mut self, path: &str, fields: &str) -> (StatusCode, String) {
        let form = Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let body = format!("_csrf={}&{fields}", self.token);
        self.send(form, body).await
    }

    async fn send(&mut self, request: axum::http::request::Builder, body: String) -> (StatusCode, String) {
        let request = request.header(header::COOKIE, &self.cookie).header(header::ACCEPT, "text/html");
        let answer = self.site.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
        if let Some(set) = answer.headers().get(header::SET_COOKIE) {
            self.cookie = set.to_str().unwrap().split(';').next().unwrap().to_owned();
        }
        let status = answer.status();
        let text =
            String::from_utf8(to_bytes(answer.into_body(), usize::MAX).await.unwrap().to_vec()).unwrap();
        if let Some((_, rest)) = text.split_once("name=\"_csrf\" value=\"") {
            self.token = rest.split('"').next().unwrap().to_owned();
        }
        (status, text)
    }
}

/// An unconscious person at the hospital, four days ago; the card was never read there.
async fn emergency(house: &House) {
    house.set(7, PersonState::Active).await;
    let code = house.register(&house.hospital, 7).await;
    house.clock.advance(CORROBORATION_MILLIS);
    let declared = exchange::emergency(house, code, None);
    house.relay.emergency(&house.hospital.0, declared).await.unwrap();
    house.clock.advance(CORROBORATION_MILLIS + 1);
}

#[tokio::test]
async fn the_figures_are_for_everybody_and_name_no_person() {
    let house = house();
    let day = house.clock.now().date();
    house.set(7, PersonState::Active).await;
    let code = house.register(&house.hospital, 7).await;
    let mut browser = Browser::new(&house);
    let (status, page) = browser.get("/").await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains(&house.hospital.0.to_string()) && page.contains("途中"), "{page}");
    assert!(!page.contains(&code.to_string()));
    let (_, csv) = browser.get(&format!("/figures/{day}.csv")).await;
    assert_eq!(csv.lines().count(), 2, "{csv}");
    let (_, json) = browser.get(&format!("/figures/{day}.json")).await;
    let figures: protocol::networks::Figures = serde_json::from_str(&json).unwrap();
    assert_eq!(figures, house.relay.figures(day).await.unwrap());
    for wrong in ["/figures/2999-01-01", "/figures/yesterday", &format!("/figures/{day}.xml")] {
        assert_eq!(browser.get(wrong).await.0, StatusCode::NOT_FOUND, "{wrong}");
    }
    let (_, later) = browser.get(&format!("/figures/{}?lang=en", day.add_days(-1))).await;
    assert!(later.contains("Nothing was asked on this day"));
}

#[tokio::test]
async fn a_day_is_counted_on_from_where_it_was_and_stands_when_it_is_over() {
    let house = house();
    let day = house.clock.now().date();
    let presences = async || {
        let figures = house.relay.figures(day).await.unwrap();
        figures.institutions.iter().map(|row| row.presences).sum::<u64>()
    };
    assert_eq!(presences().await, 0);
    for person in [1, 2] {
        house.set(person, PersonState::Active).await;
        house.register(&house.hospital, person).await;
        assert_eq!(presences().await, person);
    }
    house.clock.advance(2 * 86_400_000);
    house.set(3, PersonState::Active).await;
    house.register(&house.hospital, 3).await;
    assert_eq!((presences().await, presences().await), (2, 2));
}

#[tokio::test]
async fn suspended_organisations_are_named_with_the_reason() {
    let house = house();
    house.relay.policy.directory().suspend(&house.clinic.0, house.clock.now().date(), "照会の目的を確認中");
    let (_, page) = Browser::new(&house).get("/").await;
    assert!(page.contains("照会の目的を確認中") && page.contains(&house.clinic.0.to_string()));
}

#[tokio::test]
async fn a_reviewer_reads_what_was_declared_and_the_finding_is_counted() {
    let house = house();
    emergency(&house).await;
    let mut browser = Browser::new(&house);
    let (_, page) = browser.get("/review").await;
    assert!(page.contains("路上で倒れ") && page.contains("北 一郎"), "{page}");
    let [waiting] = house.relay.waiting_for_review().await.unwrap().try_into().unwrap();
    let path = format!("/review/{}", waiting.declaration);
    let (status, page) = browser.post(&path, "finding=right&reviewer=&words=").await;
    assert!(status == StatusCode::UNPROCESSABLE_ENTITY && page.contains("審査した人"));
    let (status, _) = browser.post(&path, "finding=right&reviewer=A&words=records+seen").await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    assert!(house.relay.waiting_for_review().await.unwrap().is_empty());
    let figures = house.relay.figures(waiting.at.date()).await.unwrap();
    let row = figures.institutions.iter().find(|row| row.emergencies == 1).unwrap();
    assert_eq!((row.corroborated, row.overdue), (1, 0));
}

#[tokio::test]
async fn the_operators_pages_open_with_the_desks_key_alone() {
    let house = house();
    let key = "a key of sixteen and more";
    let site = crate::site(house.relay.clone(), &wire::Desk::new(key));
    let mut browser = Browser { site, cookie: String::new(), token: String::new() };
    for path in ["/review", "/networks"] {
        assert_eq!(browser.get(path).await.0, StatusCode::FORBIDDEN);
    }
    assert_eq!(browser.get("/").await.0, StatusCode::OK);
    let joined = browser.post("/networks/join", "stays=east&joins=west").await;
    assert_eq!(joined.0, StatusCode::FORBIDDEN);
    let (status, _) = browser.get("/?key=a+key+of+sixteen+and+more").await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    assert_eq!(browser.get("/review?key=a+key+of+sixteen+and+more").await.0, StatusCode::OK);
    assert_eq!(browser.get("/networks").await.0, StatusCode::OK);
}

#[tokio::test]
async fn networks_are_joined_after_a_look() {
    let house = house();
    networks::two_networks(&house).await;
    let mut browser = Browser::new(&house);
    browser.get("/networks").await;
    let (_, page) = browser.post("/networks/plan", "stays=east&joins=west").await;
    assert!(page.contains("W5") && page.contains("/networks/join"), "{page}");
    let (_, page) = browser.post("/networks/join", "stays=east&joins=west").await;
    assert!(page.contains("台帳に記録しました"));
    let (status, _) = browser.post("/networks/plan", "stays=east&joins=east").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
}
