//! The refusal of My Numbers at every HTTP door, and the interface behind it.

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::town::answers::PATIENTS;
use crate::town::{Options, Town};

const MY_NUMBER: &str = "123456789018";

async fn send(router: &Router, method: &str, path: &str, kind: &str, body: String) -> (StatusCode, String) {
    let mut request = Request::builder().method(method).uri(path);
    if !kind.is_empty() {
        request = request.header(header::CONTENT_TYPE, kind);
    }
    let response = router.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
    let status = response.status();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(bytes.to_vec()).unwrap())
}

async fn call(router: &Router, method: &str, path: &str, body: Value) -> (StatusCode, Value) {
    let text = if body.is_null() { String::new() } else { body.to_string() };
    let (status, text) = send(router, method, path, "application/json", text).await;
    (status, serde_json::from_str(&text).unwrap_or(Value::Null))
}

fn question() -> Value {
    json!({ "by": "number", "insurer_number": "06130017", "symbol": "12-34", "number": "101", "branch": "01",
            "birthdate": "1980-02-29" })
}

#[tokio::test]
async fn the_interface_checks_lists_links_and_finds() {
    let town = Town::new().await;
    let api = town.role.api();
    let (status, text) = send(&api, "PUT", "/desk/patients", "text/csv", PATIENTS.into()).await;
    assert_eq!(status, StatusCode::OK, "{text}");
    let (status, visit) = call(&api, "POST", "/desk/checks", question()).await;
    assert_eq!((status, &visit["state"]), (StatusCode::OK, &json!("answered")), "{visit}");
    assert_eq!(visit["answer"]["validity"], "valid");
    let id = visit["visit"].as_str().unwrap();
    let link = json!({ "patient": "00000017" });
    let (status, linked) = call(&api, "PUT", &format!("/desk/visits/{id}/link"), link).await;
    assert_eq!((status, &linked["patient"]), (StatusCode::OK, &json!("00000017")));
    let (_, list) = call(&api, "GET", "/desk/visits?day=2026-11-22", Value::Null).await;
    assert_eq!(list[0]["visit"].as_str(), Some(id));
    let (_, patient) = call(&api, "GET", "/desk/patients/00000017", Value::Null).await;
    assert_eq!(
        (&patient["patient"]["kana"], &patient["visits"][0]["validity"]),
        (&json!("タカハシ ハナコ"), &json!("valid"))
    );
    let card = json!({ "by": "card", "card": "ended", "mode": "visual" });
    let (_, ended) = call(&api, "POST", "/desk/checks", card).await;
    assert!(!ended["answer"]["explanation"]["next_ja"].as_str().unwrap().is_empty());
    let (status, _) = call(&api, "GET", "/desk/patients/nobody", Value::Null).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let mut wrong = question();
    wrong["insurer_number"] = json!("06130018");
    let (status, problem) = call(&api, "POST", "/desk/checks", wrong).await;
    assert_eq!((status, &problem["place"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("insurer_number")));
}

#[tokio::test]
async fn no_door_lets_a_my_number_in() {
    let town = Town::new().await;
    let (api, pages) = (town.role.api(), town.role.pages());
    let form = "application/x-www-form-urlencoded";
    let mut in_body = question();
    in_body["memo"] = json!([{ "note": "1234 5678 9018" }]);
    let mut as_number = question();
    as_number["number"] = json!(123_456_789_018_u64);
    let csv = format!("local_number,name,kana,birth,sex\n1,{MY_NUMBER},ﾅﾏｴ,1980-01-01,1\n");
    let doors = [
        (&api, "POST", "/desk/checks".to_owned(), "application/json", in_body.to_string(), "memo[0].note"),
        (&api, "POST", "/desk/checks".to_owned(), "application/json", as_number.to_string(), "number"),
        (
            &api,
            "POST",
            "/desk/checks".to_owned(),
            "application/json",
            format!("{{broken {MY_NUMBER}"),
            "body",
        ),
        (&api, "GET", format!("/desk/visits?day={MY_NUMBER}"), "", String::new(), "day"),
        (&api, "GET", format!("/desk/patients/{MY_NUMBER}"), "", String::new(), "address, part 3"),
        (&api, "PUT", "/desk/patients".to_owned(), "text/csv", csv, "line 2, name"),
        (&pages, "GET", "/search?q=%EF%BC%91%EF%BC%92%EF%BC%93456789018".to_owned(), "", String::new(), "q"),
        (&pages, "POST", "/number".to_owned(), form, format!("number={MY_NUMBER}"), "number"),
        (&pages, "POST", "/read".to_owned(), form, format!("card={MY_NUMBER}"), "card"),
        (&pages, "GET", format!("/?tray={MY_NUMBER}"), "", String::new(), "tray"),
    ];
    for (router, method, path, kind, body, place) in doors {
        let (status, text) = send(router, method, &path, kind, body).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{method} {path}: {text}");
        assert!(text.contains("my-number-refused") && text.contains(place), "{method} {path}: {text}");
        assert!(!text.contains("9018"), "the number is not repeated: {text}");
    }
    town.holds_nowhere(MY_NUMBER);
    assert_eq!(town.role.service().ledger().size(), 0);
}

#[tokio::test]
async fn twelve_digit_patient_numbers_are_taken_where_the_institution_says_so() {
    let town = Town::with(Options { twelve_digit_patients: true, ..Options::default() }).await;
    let api = town.role.api();
    let csv = format!("local_number,name,kana,birth,sex\n{MY_NUMBER},山田,ﾔﾏﾀﾞ,1980-01-01,1\n");
    let (status, text) = send(&api, "PUT", "/desk/patients", "text/csv", csv).await;
    assert_eq!(status, StatusCode::OK, "{text}");
    let (status, _) = call(&api, "GET", &format!("/desk/patients/{MY_NUMBER}"), Value::Null).await;
    assert_eq!(status, StatusCode::OK);
    let (status, _) = call(&api, "GET", &format!("/desk/visits?day={MY_NUMBER}"), Value::Null).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "nowhere else");
}
