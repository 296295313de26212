//! What a clerk sees and does.

use std::sync::atomic::Ordering;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;
use wire::Desk;

use crate::reception::receive;
use crate::town::answers::{PATIENTS, PEOPLE};
use crate::town::{Options, Town};

pub struct Browser {
    pub router: Router,
    pub cookie: String,
    pub token: String,
}

impl Browser {
    pub async fn new(town: &Town) -> Self {
        let mut browser = Self { router: town.role.pages(), cookie: String::new(), token: String::new() };
        let (_, page) = browser.get("/").await;
        let at = page.find("name=\"_csrf\" value=\"").unwrap();
        browser.token = page[at + 20..].chars().take_while(|c| *c != '"').collect();
        browser
    }

    pub async fn get(&mut self, path: &str) -> (StatusCode, String) {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    pub async fn post(&mut self, path: &str, form: &str) -> (StatusCode, String) {
        let body = Body::from(format!("_csrf={}&{form}", self.token));
        let kind = "application/x-www-form-urlencoded";
        self.send(Request::post(path).header(header::CONTENT_TYPE, kind).body(body).unwrap()).await
    }

    /// The page, or the address that a redirect leads to.
    pub async fn send(&mut self, mut request: Request<Body>) -> (StatusCode, String) {
        let headers = request.headers_mut();
        headers.insert(header::ACCEPT, "text/html".parse().unwrap());
        headers.insert(header::COOKIE, self.cookie.parse().unwrap());
        let response = self.router.clone().oneshot(request).await.unwrap();
        let mut cookies = response.headers().get_all(header::SET_COOKIE).iter().map(|c| c.to_str().unwrap());
        if let Some(session) = cookies.rfind(|cookie| cookie.starts_with("desk=")) {
            self.cookie = session.split(';').next().unwrap().to_owned();
        }
        let status = response.status();
        if let Some(to) = response.headers().get(header::LOCATION) {
            return (status, to.to_str().unwrap().to_owned());
        }
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(bytes.to_vec()).unwrap())
    }
}

pub fn holds(page: &str, all: &[&str]) {
    for text in all {
        assert!(page.contains(text), "{text:?} is missing in {page}");
    }
}

#[tokio::test]
async fn the_desk_shows_the_tray_and_one_tap_leads_to_the_answer() {
    let town = Town::new().await;
    let mut browser = Browser::new(&town).await;
    let (_, desk) = browser.get("/").await;
    holds(&desk, &["顔認証", "目視", "暗証番号", "昭和55年2月29日", "本日の受付はまだありません"]);
    assert!(PEOPLE.iter().all(|person| desk.contains(person.name)));
    let (status, visit) = browser.post("/read", "card=valid&mode=face&road=insurance-code&pin=").await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    let (_, answer) = browser.get(&visit).await;
    holds(
        &answer,
        &[
            "有効",
            "髙橋　花子",
            "タカハシ　ハナコ",
            "窓口負担",
            ">3<",
            "割",
            "結電機健康保険組合",
            "06130017",
            "１２－３４",
            "令和元年10月1日",
            "2019-10-01",
            "次の方の受付へ",
            "医療等IDで登録しました",
            "当院の患者番号",
        ],
    );
    let (_, english) = browser.get(&format!("{visit}?lang=en")).await;
    holds(&english, &["Valid", "30", "Pays at the desk", "Next person", "Kitamachi General Hospital"]);
    let (_, latest) = browser.get("/latest").await;
    holds(&latest, &["髙橋　花子", "有効"]);
    let (_, filtered) = browser.get("/?tray=%E9%AB%98%E6%A9%8B").await;
    assert!(filtered.contains("髙橋　花子") && !filtered.contains("伊藤　桜"));
}

#[tokio::test]
async fn a_wrong_pin_says_how_many_tries_are_left_and_keeps_the_choice() {
    let town = Town::new().await;
    let mut browser = Browser::new(&town).await;
    let (status, page) = browser.post("/read", "card=valid&mode=pin&road=certificate&pin=0000").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    holds(&page, &["あと2回", "value=\"pin\" checked", "value=\"certificate\" checked"]);
    assert!(!page.contains("0000"), "what was typed is not shown again");
}

#[tokio::test]
async fn a_negative_answer_says_why_what_next_and_how_fresh_it_is() {
    let town = Town::new().await;
    let mut browser = Browser::new(&town).await;
    for (id, words) in [
        (
            "ended",
            &[
                "無効",
                "次にすること",
                "14日",
                "保険者が最後に報告した日時",
                "令和8年11月1日",
                "ほかの保険に加入",
            ][..],
        ),
        ("newer", &["無効（新しい資格あり）", "新しい資格", "こちらで受付", "結市国民健康保険"][..]),
        ("none", &["該当する資格なし", "次にすること", "福祉事務所"][..]),
        ("several", &["複数の資格が該当", "資格 1", "資格 2", "ご本人に確認"][..]),
        ("limit", &["限度額適用区分", "ウ", "人工透析", "10,000円", "令和9年7月31日まで"][..]),
        ("elderly", &["高齢受給者証による", ">2<"][..]),
        ("child", &["未就学", "家族", ">2<"][..]),
    ] {
        let visit = receive(&town, id).await;
        let (_, page) = browser.get(&format!("/visits/{}", visit.id)).await;
        holds(&page, words);
    }
    town.service.down.store(true, Ordering::SeqCst);
    let visit = receive(&town, "valid").await;
    let (_, page) = browser.get(&format!("/visits/{}", visit.id)).await;
    holds(&page, &["未確認", "つながりません", "自動で確認", "data-refresh=\"5\"", "髙橋　花子"]);
}

#[tokio::test]
async fn linking_takes_one_click_and_can_be_corrected() {
    let town = Town::new().await;
    town.role.service().import_patients(PATIENTS.into()).await.unwrap();
    let mut browser = Browser::new(&town).await;
    let visit = receive(&town, "valid").await;
    let path = format!("/visits/{}", visit.id);
    let (_, page) = browser.get(&path).await;
    holds(&page, &["00000017", "この患者に結び付ける", "生年月日", "一致", "不一致"]);
    let (status, to) = browser.post(&format!("{path}/link"), "patient=00000017&act=link").await;
    assert_eq!((status, to), (StatusCode::SEE_OTHER, format!("{path}#patient")));
    let (_, page) = browser.get(&path).await;
    holds(&page, &["結び付け済み", "00000017", "結び付けを直す"]);
    let other = receive(&town, "elderly").await;
    let link = format!("/visits/{}/link", other.id);
    let (status, page) = browser.post(&link, "patient=00000017&act=link").await;
    assert_eq!(status, StatusCode::CONFLICT);
    holds(&page, &["すでに別の方と結び付いています", "付け替える"]);
    let (_, page) = browser.get(&format!("{link}?q=%E3%82%84%E3%81%BE%E3%81%96%E3%81%8D")).await;
    holds(&page, &["00000021", "山崎 ふみ"]);
    let (status, page) = browser.post(&link, "patient=%20&act=link").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    holds(&page, &["患者番号は英数字"]);
    let (status, _) = browser.post(&link, "patient=N-1&act=new").await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    let (_, patient) = browser.get("/patients/N-1").await;
    holds(&patient, &["山﨑　ふみ", "昭和28年1月15日"]);
}

#[tokio::test]
async fn a_wrong_number_is_marked_at_its_field_with_the_expected_digit() {
    let town = Town::new().await;
    let mut browser = Browser::new(&town).await;
    let (status, page) = browser
        .post("/number", "insurer_number=06130018&symbol=12&number=&branch=1&birthdate=S55.2.30&on=")
        .await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    holds(
        &page,
        &[
            "3か所の入力を直してください",
            "正しくは7です",
            "#field-number",
            "aria-invalid",
            "value=\"06130018\"",
        ],
    );
    let (status, visit) = browser
        .post("/number", "insurer_number=06130017&symbol=12&number=101&branch=1&birthdate=S55.2.29&on=")
        .await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    let (_, page) = browser.get(&visit).await;
    holds(&page, &["有効", "髙橋　花子"]);
}

#[tokio::test]
async fn the_record_shows_what_was_signed_and_what_was_known_when() {
    let town = Town::new().await;
    let mut browser = Browser::new(&town).await;
    let visit = receive(&town, "ended").await;
    let path = format!("/visits/{}/record", visit.id);
    town.clock.advance(3_600_000);
    let (status, to) = browser.post(&path, "known_at=").await;
    assert_eq!((status, to), (StatusCode::SEE_OTHER, format!("{path}#known")));
    let (status, _) = browser.post(&path, "known_at=2026-11-22T09:00").await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    let (_, page) = browser.get(&path).await;
    holds(
        &page,
        &[
            "受付のとき",
            "あとから照会",
            "ある時点の内容を照会",
            "読取装置が署名した内容",
            "musubi.test/institution/1",
            "musubi.test/eligibility/1",
            "顔認証",
        ],
    );
    assert!(page.contains(&visit.id.to_string()));
    let (status, page) = browser.post(&path, "known_at=soon").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    holds(&page, &["日付として読めません"]);
}

#[tokio::test]
async fn lists_and_search_and_the_patient_list() {
    let town = Town::new().await;
    let mut browser = Browser::new(&town).await;
    receive(&town, "valid").await;
    let (_, day) = browser.get("/visits").await;
    holds(&day, &["今日の来院", "髙橋　花子", "要対応", "カード（顔認証）", "09:41"]);
    let (_, yesterday) = browser.get("/visits?day=2026-11-21").await;
    holds(&yesterday, &["この日の来院はありません", "令和8年11月21日"]);
    let (_, wrong) = browser.get("/visits?day=x").await;
    holds(&wrong, &["日付として読めません"]);
    let (_, found) = browser.get("/search?q=%E3%81%9F%E3%81%8B%E3%81%AF%E3%81%97").await;
    holds(&found, &["髙橋　花子"]);
    let boundary = "x";
    let body = format!(
        "--x\r\nContent-Disposition: form-data; name=\"_csrf\"\r\n\r\n{}\r\n--x\r\nContent-Disposition: form-data; \
         name=\"file\"; filename=\"p.csv\"\r\nContent-Type: text/csv\r\n\r\n{PATIENTS}\r\n--x--\r\n",
        browser.token
    );
    let kind = format!("multipart/form-data; boundary={boundary}");
    let upload = |body: String| {
        Request::post("/patients").header(header::CONTENT_TYPE, &kind).body(Body::from(body)).unwrap()
    };
    let (status, page) = browser.send(upload(body.clone())).await;
    assert_eq!(status, StatusCode::OK, "{page}");
    holds(&page, &["5人を取り込みました", "いま 5 人"]);
    let (status, page) = browser.send(upload(body.replace("田中 次郎", "123456789018"))).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    holds(&page, &["line 6, name", "個人番号"]);
    assert!(!page.contains("9018"));
}

#[tokio::test]
async fn without_the_desks_key_there_is_no_page_and_without_the_token_no_change() {
    let desk = Desk::new("a long enough desk key");
    let town = Town::with(Options { desk, ..Options::default() }).await;
    let mut browser = Browser { router: town.role.pages(), cookie: String::new(), token: "x".into() };
    let (status, page) = browser.get("/").await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert!(!page.contains("髙橋"));
    let (status, _) = browser.get("/?key=a%20long%20enough%20desk%20key").await;
    assert_eq!(status, StatusCode::OK);
    let (status, _) = browser.get("/").await;
    assert_eq!(status, StatusCode::OK);
    let (status, _) = browser.post("/read", "card=valid&mode=face").await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert_eq!(town.service.asked.load(Ordering::SeqCst), 0);
}
