//! My record: live from the holders, kept and taken away by choice, said to be wrong, read by an app; and the notices of it.

use std::fs;
use std::path::Path;

use codes::{ExchangeId, OrgId};
use data_encoding::BASE64URL_NOPAD;
use protocol::clients::RelayClient;
use protocol::notices::{Addressee, NoticeKind, NoticeRequest};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::{
    browse::{Browser, Reply, between},
    exchange::{Demonstration, asker, declare, demonstration},
    house::{House, Place},
    process::{Town, eventually},
};

const SITE: &str = "portal.localhost";

/// The diabetic gathers the record, sees everything that is his, psychiatry as well, and takes it away in three forms.
pub fn is_gathered_shown_and_taken_away(town: &Town, dir: &Path, house: &House) {
    let story = demonstration(dir, house, "two-hospitals");
    let mut portal = town.browser(SITE);
    enter(&mut portal, &story.card);
    let before = portal.get("/record").ok().text();
    assert!(before.contains("このポータルにはありません") && !before.contains("検査の値"), "{before}");
    assert_eq!(portal.post("/record", &[]).location(), "/record");
    let overview = portal.get("/record").ok().text();
    for holder in ["潮風中央医療センター", "つばめ内科クリニック", "みどりの丘"] {
        assert!(overview.contains(holder), "{holder}: {overview}");
    }
    let tests = portal.get("/record/tests").ok();
    assert!(
        tests.body.contains("trend-band") && tests.text().contains("ヘモグロビンA1c"),
        "{}",
        tests.text()
    );
    assert!(
        portal.get("/record/diagnoses").ok().text().contains("うつ"),
        "what is withheld from others is his"
    );
    assert!(portal.get("/record/allergies").ok().text().contains("イオヘキソール"));
    let looked = portal.get("/").ok().text();
    assert!(looked.contains("あなたが、") && looked.contains("にあるあなたの記録を見ました"), "{looked}");

    let csv = portal.get("/record/export/csv");
    assert!(csv.body.lines().count() > 20 && csv.body.contains("ヘモグロビンA1c"), "{}", csv.status);
    let pdf = portal.get("/record/export/pdf");
    assert!(pdf.body.starts_with("%PDF-1.7") && pdf.body.trim_end().ends_with("%%EOF"), "{}", pdf.status);
    let summary: Value = serde_json::from_str(&portal.get("/record/export/fhir").body).unwrap();
    assert_eq!(summary["type"], "document");
    let sections = summary["entry"][0]["resource"]["section"].as_array().unwrap().len();
    if let Some(place) = std::env::var_os("MUSUBI_SUMMARY") {
        fs::write(place, summary.to_string()).unwrap();
    }

    assert_eq!(portal.post("/record/keep", &[("keep", "yes")]).location(), "/record/copies");
    assert_eq!(portal.post("/logout", &[]).location(), "/login");
    enter(&mut portal, &story.card);
    let fresh = portal.get("/record").ok().text();
    assert!(fresh.contains("このポータルにはありません"), "what was gathered went with the visit");
    let copies = portal.get("/record/copies").ok();
    let copy = between(&copies.body, "/record?copy=", "\"").unwrap().to_owned();
    assert!(portal.get(&format!("/record?copy={copy}")).ok().text().contains("とっておいた控えを見ています"));
    let mut stranger = town.browser(SITE);
    enter(&mut stranger, &demonstration(dir, house, "emergency").card);
    assert_eq!(stranger.get(&format!("/record?copy={copy}")).status, 404, "a copy is its owner's alone");
    portal.get("/record/copies").ok();
    assert_eq!(portal.post("/record/copies", &[("delete", &copy)]).location(), "/record/copies");
    assert_eq!(portal.get(&format!("/record?copy={copy}")).status, 404);
    println!(
        "my record: {} lines of CSV, {} bytes of PDF, {sections} sections in the summary, overview {} bytes",
        csv.body.lines().count(),
        pdf.body.len(),
        overview.len()
    );
}

/// "This is wrong" goes to the holder's office, is answered there, and the answer comes back with a notice.
pub fn what_is_wrong_is_answered(town: &Town, dir: &Path, house: &House) {
    let story = demonstration(dir, house, "two-hospitals");
    let mut portal = town.browser(SITE);
    enter(&mut portal, &story.card);
    portal.get("/record").ok();
    portal.post("/record", &[]);
    let list = portal.get("/record/allergies").ok();
    let item = between(&list.body, "href=\"/record/item?", "\"").unwrap().replace("&amp;", "&");
    let page = portal.get(&format!("/record/item?{item}")).ok();
    let field =
        |name: &str| between(&page.body, &format!("name=\"{name}\" value=\""), "\"").unwrap().to_owned();
    let (key, holder, resource, title) = (field("key"), field("holder"), field("resource"), field("title"));
    let said = "このアレルギーは、わたしのものではありません。";
    let fields = [
        ("key", key.as_str()),
        ("holder", &holder),
        ("resource", &resource),
        ("title", &title),
        ("said", said),
    ];
    assert_eq!(portal.post("/record/wrong", &fields).location(), "/record/wrong");
    assert_eq!(portal.post("/record/wrong", &fields).location(), "/record/wrong", "sent twice, one request");
    let mine = portal.get("/record/wrong").ok().text();
    assert_eq!(mine.matches(said).count(), 1, "{mine}");
    assert!(mine.contains("届きました"), "{mine}");

    let place = place(house, &holder.parse().unwrap());
    let mut office = town.browser(&place.site());
    office.get("/staff").ok();
    sit(&mut office, "記録 花子", "clerk");
    let cases = office.get("/office/corrections").ok();
    assert!(cases.text().contains(said), "{}", cases.text());
    let answer = [("state", "corrected"), ("words", "ご指摘のとおりでした。削除しました。")];
    let answered = office.post(&format!("/office/corrections/{key}"), &answer);
    assert_eq!(answered.location(), "/office/corrections");

    let back = portal.get("/record/wrong").ok().text();
    assert!(back.contains("記録を直しました") && back.contains("削除しました"), "{back}");
    let told = eventually("the notice of the answer", || {
        let inbox = portal.get("/notices").ok().text();
        inbox.contains("申し出への回答").then_some(inbox)
    });
    assert!(told.contains(&place.name), "{told}");
    println!("a correction: asked, answered and told");
}

/// A doctor holds a result back for some days: the person is told that, and not what.
pub fn a_finding_waits_for_the_doctor(town: &Town, dir: &Path, house: &House) {
    let story = demonstration(dir, house, "two-hospitals");
    let (desk, number) = asker(&story);
    let subject = json!({
        "resourceType": "Patient", "id": "held-patient",
        "identifier": [{
            "system": format!("urn:oid:1.2.392.100495.20.3.51.1{}", desk.number()), "value": number,
        }],
    });
    let held = json!({
        "resourceType": "Observation", "id": "held-1", "status": "final", "code": { "text": "病理診断" },
        "category": [{ "coding": [{
            "system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "laboratory",
        }] }],
        "subject": { "reference": "Patient/held-patient" },
        "effectiveDateTime": "2026-11-20", "valueString": "腺癌",
        "extension": [{
            "url": "https://musubi.example/fhir/StructureDefinition/display-not-before",
            "valueDate": "2036-01-01",
        }],
    });
    let put = |resource: &Value| {
        let name =
            format!("{}/{}", resource["resourceType"].as_str().unwrap(), resource["id"].as_str().unwrap());
        json!({ "fullUrl": format!("urn:{name}"), "resource": resource, "request": { "method": "PUT", "url": name } })
    };
    let bundle =
        json!({ "resourceType": "Bundle", "type": "transaction", "entry": [put(&subject), put(&held)] });
    let (client, base) = (house.client(&desk), house.base(&desk));
    let stored = client.post_bytes(&base, "/fhir", "application/fhir+json", bundle.to_string().into_bytes());
    house.runtime.block_on(stored).unwrap();
    let mut portal = town.browser(SITE);
    enter(&mut portal, &story.card);
    portal.get("/record").ok();
    portal.post("/record", &[]);
    let overview = portal.get("/record").ok().text();
    assert!(overview.contains("先生の説明を待っている結果があります"), "{overview}");
    let tests = portal.get("/record/tests").ok().text();
    assert!(!tests.contains("病理診断") && !tests.contains("腺癌"), "{tests}");
}

/// An emergency is in the inbox at once, with word by mail and nothing in it; a purpose that is not in the table is refused.
pub fn notices_arrive(town: &Town, dir: &Path, house: &House) {
    let story = demonstration(dir, house, "emergency");
    let mut portal = town.browser(SITE);
    enter(&mut portal, &story.card);
    let inbox = eventually("the notice of the emergency", || {
        let inbox = portal.get("/notices").ok().text();
        inbox.contains("救急での閲覧").then_some(inbox)
    });
    assert!(inbox.contains("救急であなたの記録を開くと宣言しました"), "{inbox}");

    portal.get("/notices/settings").ok();
    assert_eq!(
        portal.post("/notices/mail", &[("address", "hana@example.jp")]).location(),
        "/notices/settings"
    );
    let letter = letters(dir).pop().unwrap();
    let code = decoded(&letter).split("確認番号: ").nth(1).unwrap()[..6].to_owned();
    let settings = portal.get("/notices/settings").ok();
    let id = between(&settings.body, "name=\"id\" value=\"", "\"").unwrap().to_owned();
    let wrong = if code == "000000" { "000001" } else { "000000" };
    assert_eq!(portal.post("/notices/mail/verify", &[("id", &id), ("code", wrong)]).status, 422);
    portal.get("/notices/settings").ok();
    assert_eq!(
        portal.post("/notices/mail/verify", &[("id", &id), ("code", &code)]).location(),
        "/notices/settings?done=mail"
    );
    refuse_what_is_not_listed(house, &story);
    let before = letters(dir).len();
    let (desk, number) = asker(&story);
    declare(house, &desk, &number, None);
    let word = eventually("the word by mail", || {
        let letters = letters(dir);
        (letters.len() > before).then(|| letters.last().cloned().unwrap())
    });
    let word = decoded(&word);
    for hint in ["救急", "病院", "診療", "http"] {
        assert!(!word.contains(hint), "{hint}: {word}");
    }
    println!("notices: an emergency in the inbox and by mail; a purpose that is not listed is refused");
}

fn refuse_what_is_not_listed(house: &House, story: &Demonstration) {
    let (desk, _) = asker(story);
    let relay = house.directory.of_kind(codes::OrgKind::Relay)[0].id;
    let client = RelayClient::new(house.client(&desk), house.base(&relay));
    let notice = NoticeRequest {
        exchange: ExchangeId::new(1),
        sender: desk,
        on_behalf: None,
        to: Addressee::Code(codes::OrgCode::from_bytes([0; 17])),
        kind: NoticeKind::HealthCheckInvitation,
        due: None,
        about: None,
    };
    let refused = house.runtime.block_on(client.notify(&notice)).unwrap_err();
    let problem = refused.problem().unwrap();
    assert_eq!(problem.parts().status, 403, "{problem}");
    assert!(problem.to_string().contains("insurer"), "it says who may: {problem}");
}

/// An app of the person's choice: permitted scope by scope, reading what it may and no more, ended at will.
pub fn an_app_reads_what_it_may(town: &Town, dir: &Path, house: &House) {
    let story = demonstration(dir, house, "two-hospitals");
    let (mut portal, app) = (town.browser(SITE), town.browser(SITE));
    enter(&mut portal, &story.card);
    portal.get("/apps").ok();
    let redirect = "http://localhost:9999/cb";
    let registered = portal.post("/apps/register", &[("name", "血糖手帳"), ("redirect", redirect)]).ok();
    let client = between(&registered.body, "id=\"client\">", "<").unwrap().to_owned();
    let base = between(&registered.body, "id=\"server\">", "<").unwrap().to_owned();
    let verifier = "a-verifier-that-is-long-enough-for-rfc-7636-0123456789";
    let challenge = BASE64URL_NOPAD.encode(&Sha256::digest(verifier));
    let laboratory = "patient/Observation.rs?category=laboratory";
    let scope = format!("launch/patient offline_access {laboratory} patient/Condition.rs");
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs([
            ("response_type", "code"),
            ("client_id", &client),
            ("redirect_uri", redirect),
            ("scope", &scope),
            ("state", "xyz"),
            ("aud", &base),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ])
        .finish();
    let sent_on = portal.get(&format!("/oauth/authorize?{query}")).ok();
    assert!(sent_on.header("refresh").unwrap().contains("/apps/consent?"), "{:?}", sent_on.headers);
    let question = portal.get(&format!("/apps/consent?{query}")).ok();
    assert!(
        question.text().contains("検査の値だけ") && question.text().contains("病名"),
        "{}",
        question.text()
    );
    let wish = between(&question.body, "name=\"wish\" value=\"", "\"")
        .unwrap()
        .replace("&quot;", "\"")
        .replace("&amp;", "&");
    let permitted = [
        ("wish", wish.as_str()),
        ("scope", "launch/patient"),
        ("scope", "offline_access"),
        ("scope", laboratory),
        ("decision", "yes"),
    ];
    let back = portal.post("/apps/consent", &permitted).ok();
    let onward = back.header("refresh").unwrap();
    assert!(onward.contains(redirect) && onward.contains("state=xyz"), "{onward}");
    let code = onward.split("code=").nth(1).unwrap().split('&').next().unwrap().to_owned();

    let exchange = |verifier: &str| {
        post(
            &app,
            "/oauth/token",
            &[
                ("grant_type", "authorization_code"),
                ("code", &code),
                ("redirect_uri", redirect),
                ("client_id", &client),
                ("code_verifier", verifier),
            ],
        )
    };
    assert_eq!(exchange("another-verifier-that-is-long-enough-for-rfc-7636-00").status, 400, "PKCE");
    let tokens: Value = serde_json::from_str(&exchange(verifier).body).unwrap();
    assert_eq!(tokens["expires_in"], 600);
    let (access, patient) = (tokens["access_token"].as_str().unwrap(), tokens["patient"].as_str().unwrap());
    let found = fhir(&app, access, &format!("/fhir/Observation?patient={patient}"));
    let entries = found["entry"].as_array().unwrap();
    assert!(entries.len() > 3, "{found}");
    let text = found.to_string();
    assert!(
        !text.contains("vital-signs") && text.contains(&format!("Patient/{patient}")),
        "laboratory alone"
    );
    let first = entries[0]["resource"]["id"].as_str().unwrap();
    assert_eq!(fhir(&app, access, &format!("/fhir/Observation/{first}"))["id"], first);
    assert_eq!(read(&app, access, "/fhir/Condition").status, 403, "what he took away");
    assert_eq!(read(&app, access, "/fhir/Observation?_include=Observation:subject").status, 400);
    assert_eq!(read(&app, "none", "/fhir/Observation").status, 401);
    let looked = portal.get("/").ok().text();
    assert!(looked.contains("アプリ「血糖手帳」"), "{looked}");

    let refresh = |token: &str| {
        post(
            &app,
            "/oauth/token",
            &[("grant_type", "refresh_token"), ("refresh_token", token), ("client_id", &client)],
        )
    };
    let renewed: Value =
        serde_json::from_str(&refresh(tokens["refresh_token"].as_str().unwrap()).body).unwrap();
    let access = renewed["access_token"].as_str().unwrap().to_owned();
    assert_eq!(read(&app, &access, "/fhir/Observation").status, 200);
    let apps = portal.get("/apps").ok();
    let grant = between(&apps.body, "name=\"end\" value=\"", "\"").unwrap().to_owned();
    assert_eq!(portal.post("/apps", &[("end", &grant)]).location(), "/apps");
    assert_eq!(read(&app, &access, "/fhir/Observation").status, 401, "ended at once");
    assert_eq!(refresh(renewed["refresh_token"].as_str().unwrap()).status, 400);
    println!("an app: {} laboratory values, nothing else, ended at will", entries.len());
}

fn fhir(portal: &Browser, token: &str, path: &str) -> Value {
    serde_json::from_str(&read(portal, token, path).ok().body).unwrap()
}

fn read(portal: &Browser, token: &str, path: &str) -> Reply {
    portal.send("GET", path, &[("authorization", &format!("Bearer {token}"))], b"").unwrap()
}

fn post(portal: &Browser, path: &str, fields: &[(&str, &str)]) -> Reply {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let kind = [("content-type", "application/x-www-form-urlencoded")];
    portal.send("POST", path, &kind, body.as_bytes()).unwrap()
}

/// Says who sits at a desk.
fn sit(desk: &mut Browser, name: &str, profession: &str) {
    desk.get("/staff").ok();
    let fields = [("staff_id", "D1"), ("staff_name", name), ("profession", profession), ("back", "/")];
    assert_eq!(desk.post("/staff", &fields).status, 303);
}

/// The letters in the portal's outbox, oldest first.
fn letters(dir: &Path) -> Vec<String> {
    let Ok(files) = fs::read_dir(dir.join("portal/outbox")) else { return Vec::new() };
    let mut letters: Vec<_> = files
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some_and(|kind| kind == "eml"))
        .map(|path| (fs::metadata(&path).unwrap().modified().unwrap(), fs::read_to_string(path).unwrap()))
        .collect();
    letters.sort();
    letters.into_iter().map(|(_, letter)| letter).collect()
}

/// The text of a letter whose body is base64.
fn decoded(letter: &str) -> String {
    let (_, body) = letter.split_once("\r\n\r\n").unwrap();
    let body: String = body.split_whitespace().collect();
    let bytes = data_encoding::BASE64.decode(body.as_bytes());
    bytes.map_or(letter.to_owned(), |bytes| String::from_utf8(bytes).unwrap())
}

fn enter(portal: &mut Browser, card: &str) {
    portal.get(&format!("/login?pick={card}")).ok();
    assert_eq!(portal.post("/login", &[("card", card), ("pin", "1234")]).location(), "/");
}

fn place<'a>(house: &'a House, org: &OrgId) -> &'a Place {
    house.institutions.iter().find(|place| place.org == *org).unwrap()
}
