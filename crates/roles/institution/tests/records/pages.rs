//! What clinicians and carers see of the institution's own records; records of others travel in the town's own tests.

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use http_body_util::BodyExt as _;
use serde_json::json;
use tower::ServiceExt as _;

use crate::http::House;
use crate::samples::{condition, observation, patient};
use crate::town::answers::PATIENTS;

struct Desk {
    router: Router,
    cookie: String,
    token: String,
}

impl Desk {
    async fn of(house: &House) -> Self {
        let mut desk = Self { router: house.town.role.pages(), cookie: String::new(), token: String::new() };
        let (_, page) = desk.get("/staff").await;
        let at = page.find("name=\"_csrf\" value=\"").unwrap();
        desk.token = page[at + 20..].chars().take_while(|c| *c != '"').collect();
        desk
    }

    async fn get(&mut self, path: &str) -> (StatusCode, String) {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    async fn post(&mut self, path: &str, form: &[(&str, &str)]) -> (StatusCode, String) {
        let mut body = form_urlencoded::Serializer::new(String::new());
        body.append_pair("_csrf", &self.token).extend_pairs(form);
        let request = Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(body.finish())).unwrap()).await
    }

    /// The page, or the address that a redirect leads to.
    async fn send(&mut self, mut request: Request<Body>) -> (StatusCode, String) {
        request.headers_mut().insert(header::ACCEPT, "text/html".parse().unwrap());
        request.headers_mut().insert(header::COOKIE, self.cookie.parse().unwrap());
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let mut set =
            response.headers().get_all(header::SET_COOKIE).iter().map(|cookie| cookie.to_str().unwrap());
        if let Some(session) = set.rfind(|cookie| cookie.starts_with("desk=")) {
            self.cookie = session.split(';').next().unwrap().to_owned();
        }
        if let Some(to) = response.headers().get(header::LOCATION) {
            return (status, to.to_str().unwrap().to_owned());
        }
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(bytes.to_vec()).unwrap())
    }

    async fn sit_down(&mut self) {
        let form = [
            ("staff_id", "D0123"),
            ("staff_name", "石川 聡"),
            ("profession", "physician"),
            ("back", "/clinic"),
        ];
        let (status, to) = self.post("/staff", &form).await;
        assert_eq!((status, to.as_str()), (StatusCode::SEE_OTHER, "/clinic"));
    }
}

#[track_caller]
fn holds(page: &str, all: &[&str]) {
    for text in all {
        assert!(page.contains(text), "{text:?} is missing in {page}");
    }
}

/// The number of a patient of the list, with records of that patient.
async fn filled() -> (House, &'static str) {
    let house = House::open().await;
    house.town.role.service().import_patients(PATIENTS.into()).await.unwrap();
    let number = "00000017";
    let mut person = patient("p1", "髙橋");
    person["identifier"][0]["value"] = json!(number);
    house.put(&person).await.is(201);
    for (n, value) in [4.0, 5.5, 9.25].into_iter().enumerate() {
        let day = format!("2026-0{}-11", n + 4);
        let mut lab = observation(&format!("o{n}"), "p1", "3F015000002327101", value, &day);
        lab["code"]["text"] = json!("総コレステロール");
        lab["referenceRange"] = json!([{ "low": { "value": 3.0 }, "high": { "value": 6.0 } }]);
        house.put(&lab).await.is(201);
    }
    let mut disease = condition("c1", "p1", "F329");
    disease["code"]["text"] = json!("うつ病エピソード");
    house.put(&disease).await.is(201);
    let allergy = json!({
        "resourceType": "AllergyIntolerance", "id": "a1", "category": ["medication"], "criticality": "high",
        "clinicalStatus": { "coding": [{
            "system": "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical", "code": "active" }] },
        "code": { "text": "ペニシリン" }, "patient": { "reference": "Patient/p1" },
        "reaction": [{ "manifestation": [{ "text": "<b>アナフィラキシー</b>" }] }],
    });
    house.put(&allergy).await.is(201);
    (house, number)
}

#[tokio::test]
async fn nobody_looks_at_records_without_a_name() {
    let (house, number) = filled().await;
    let mut desk = Desk::of(&house).await;
    let path = format!("/patients/{number}/records");
    for page in ["/clinic", "/care", "/emergency", &path, &format!("/patients/{number}/consent")] {
        let (status, to) = desk.get(page).await;
        assert_eq!(status, StatusCode::SEE_OTHER, "{page}");
        assert!(to.starts_with("/staff?back=%2F"), "{to}");
    }
    let (status, page) = desk
        .post("/staff", &[("staff_id", "石川"), ("staff_name", "石川"), ("profession", "physician")])
        .await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    holds(&page, &["半角の英数字"]);
    let elsewhere = [
        ("staff_id", "D1"),
        ("staff_name", "石川"),
        ("profession", "physician"),
        ("back", "//evil.example/"),
    ];
    assert_eq!(desk.post("/staff", &elsewhere).await.1, "/clinic");
    assert_eq!(desk.get("/clinic").await.0, StatusCode::OK);
    desk.post("/staff/leave", &[]).await;
    assert_eq!(desk.get("/clinic").await.0, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_clinician_finds_the_patient_and_sees_warnings_problems_trends_and_history() {
    let (house, number) = filled().await;
    let mut desk = Desk::of(&house).await;
    desk.sit_down().await;
    let (_, found) = desk.get("/clinic?q=00000017").await;
    holds(&found, &["見つかった患者さん", "/patients/00000017/records", "石川 聡"]);
    let before = house.town.role.service().ledger().size();
    let (status, page) = desk.get(&format!("/patients/{number}/records")).await;
    assert_eq!(status, StatusCode::OK);
    holds(
        &page,
        &[
            "アレルギー・禁忌",
            "ペニシリン",
            "&lt;b&gt;アナフィラキシー&lt;/b&gt;",
            "薬剤禁忌",
            "重い",
            "うつ病エピソード",
            "精神・心療",
            "総コレステロール",
            "9.25 mg/dL",
            "trend-band",
            "高い",
            "令和8年6月11日",
            "2026-06-11",
            "北町総合病院",
            "他の機関の記録を見る",
            "同意の手続き",
        ],
    );
    assert!(!page.contains(" style=") && !page.contains("<script>"), "the policy refuses what is inline");
    assert!(house.town.role.service().ledger().size() > before, "who looked is written down first");
    let (_, english) = desk.get(&format!("/patients/{number}/records?lang=en")).await;
    holds(
        &english,
        &["Allergies and contraindications", "See other institutions’ records", "high", "mental health"],
    );
    let (_, care) = desk.get(&format!("/patients/{number}/care")).await;
    holds(&care, &["ペニシリン", "計画の記録はありません"]);
}

#[tokio::test]
async fn without_a_medical_id_others_cannot_be_asked_and_the_page_says_what_to_do() {
    let (house, number) = filled().await;
    let mut desk = Desk::of(&house).await;
    desk.sit_down().await;
    let (status, page) = desk.post(&format!("/patients/{number}/records"), &[("holders", "")]).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    holds(&page, &["この患者さんの記録は照会できません", "カードで受付"]);
    let (_, page) = desk.get(&format!("/patients/{number}/consent")).await;
    holds(&page, &["まだ同意の手続きができません"]);
    let declared = [("reason", "unconscious"), ("words", "救急搬送、意識なし"), ("sure", "yes")];
    let (status, page) = desk.post(&format!("/patients/{number}/emergency"), &declared).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    holds(&page, &["この患者さんの記録は照会できません", "救急搬送、意識なし"]);
}

#[tokio::test]
async fn an_emergency_needs_reason_words_and_confirmation() {
    let (house, number) = filled().await;
    let mut desk = Desk::of(&house).await;
    desk.sit_down().await;
    let path = format!("/patients/{number}/emergency");
    let (_, page) = desk.get(&path).await;
    holds(
        &page,
        &["意識がない", "脳卒中の疑い", "ご本人に、きょうのうちに知らされます", "緊急として記録を見る"],
    );
    for (form, words) in [
        (&[("words", "意識がありません"), ("sure", "yes")][..], "理由を選んでください"),
        (&[("reason", "stroke"), ("words", "麻痺"), ("sure", "yes")], "5字以上"),
        (&[("reason", "stroke"), ("words", "右半身の麻痺")], "確認の欄"),
    ] {
        let (status, page) = desk.post(&path, form).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        holds(&page, &[words]);
    }
}

#[tokio::test]
async fn the_records_office_filters_and_saves_and_the_network_page_refuses_a_my_number() {
    let (house, number) = filled().await;
    let mut desk = Desk::of(&house).await;
    desk.sit_down().await;
    let (status, page) =
        desk.get("/office?what=refused&from=昨日".replace("昨日", "%E6%98%A8%E6%97%A5").as_str()).await;
    assert_eq!(status, StatusCode::OK);
    holds(&page, &["該当する記録はありません", "role=\"alert\""]);
    let (status, csv) = desk.get("/office.csv?what=asked").await;
    assert_eq!(status, StatusCode::OK);
    assert!(csv.contains("日時,種類,照会番号,患者番号"), "{csv}");
    let service = house.town.role.service();
    let file = format!(
        "network,network_number,institution_code,local_number,name\nn,123456789018,{},{number},x\n",
        crate::town::CODE
    );
    let refused = service.tell_network_numbers(file.as_bytes()).await.unwrap_err();
    assert_eq!(refused.code(), "my-number-refused");
    assert!(!format!("{refused:?}").contains("9018"));
    let stranger = file.replace("123456789018", "N1");
    assert_eq!(
        service.tell_network_numbers(stranger.as_bytes()).await.unwrap_err().code(),
        "bad-patient-list"
    );
    let (_, page) = desk.get("/networks").await;
    holds(&page, &["参加しているネットワークはありません"]);
}
