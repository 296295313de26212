use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use tower::ServiceExt as _;
use wire::Desk;

use super::*;
use crate::model::Act;

async fn get(site: &Router, path: &str) -> (StatusCode, String) {
    let request = Request::get(path).header("host", "oversight.localhost").body(Body::empty()).unwrap();
    let response = site.clone().oneshot(request).await.unwrap();
    let status = response.status();
    let body = axum::body::to_bytes(response.into_body(), 10_000_000).await.unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn every_page_is_there_in_both_languages_and_the_desk_is_kept() {
    let house = house();
    house.overseer.order(&house.hospital, Act::Suspend, "監督 花子", "調査のため").await.unwrap();
    house.overseer.keep_assessment().await.unwrap();
    let open = crate::site(house.overseer.clone(), &Desk::open());
    let published = ["/", "/statistics/2026-09", "/assessment", "/assessment/1", "/witness", "/rules"];
    let kept = ["/desk", "/alarms", "/findings", "/reviews", "/objections", "/orders", "/purposes"];
    for path in published.iter().chain(&kept) {
        let (status, page) = get(&open, path).await;
        assert_eq!(status, StatusCode::OK, "{path}: {page}");
        let (_, english) = get(&open, &format!("{path}?lang=en")).await;
        assert_ne!(page, english, "{path}");
    }
    let closed = crate::site(house.overseer.clone(), &Desk::new("a key of sixteen characters"));
    for path in kept {
        let (status, page) = get(&closed, path).await;
        assert!(!status.is_success() && !page.contains("調査のため"), "{path}: {status}");
    }
    for path in published {
        assert_eq!(get(&closed, path).await.0, StatusCode::OK, "{path}");
    }
    assert_eq!(get(&open, "/statistics/2026-13").await.0, StatusCode::NOT_FOUND);
    assert_eq!(get(&open, "/assessment/9").await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_assessment_says_what_runs_and_what_changed() {
    let house = house();
    house.overseer.keep_assessment().await.unwrap();
    house.overseer.keep_assessment().await.unwrap();
    assert_eq!(house.overseer.assessments().await.unwrap().len(), 1, "nothing changed");
    let newcomer = OrgId::new(OrgKind::Institution, "1310000034").unwrap();
    house.directory.put(Organisation::new(
        newcomer,
        "新病院",
        "New Hospital",
        Date::new(2026, 1, 1).unwrap(),
    ));
    house.overseer.keep_assessment().await.unwrap();
    let versions = house.overseer.assessments().await.unwrap();
    assert_eq!((versions.len(), versions[0].differences.len()), (2, 1));
    let changed = versions[0].differences[0].after.as_ref().unwrap();
    assert_eq!(changed.text.0, "3機関");
    let (_, page) = get(&crate::site(house.overseer.clone(), &Desk::open()), "/assessment").await;
    assert!(page.contains("3機関") && page.contains("2機関"), "both readings are shown");
}
