//! The list by which look-ups are marked: put in its place by the records office, all of it or nothing.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use consent::Profession;
use protocol::exchange::Practitioner;

use crate::pages::{Browser, holds};
use crate::town::Town;

const HEADER: &str = "kind,staff_id,patient_number,postal_code";

async fn upload(browser: &mut Browser, file: &str) -> (StatusCode, String) {
    let token = &browser.token;
    let body = format!(
        "--x\r\nContent-Disposition: form-data; name=\"_csrf\"\r\n\r\n{token}\r\n--x\r\n\
         Content-Disposition: form-data; name=\"file\"; filename=\"watch-list.csv\"\r\n\
         Content-Type: text/csv\r\n\r\n{file}\r\n--x--\r\n"
    );
    let request = Request::post("/office/watch-list");
    let request = request.header(header::CONTENT_TYPE, "multipart/form-data; boundary=x");
    browser.send(request.body(Body::from(body)).unwrap()).await
}

#[tokio::test]
async fn the_office_replaces_the_list_and_sees_how_many_it_names_and_not_whom() {
    let town = Town::new().await;
    let mut browser = Browser::new(&town).await;
    assert_eq!(browser.get("/office/watch-list").await.0, StatusCode::SEE_OTHER, "not without a name");
    browser.post("/staff", "staff_id=R1&staff_name=Kiroku&profession=clerk&back=%2Foffice").await;
    let (_, page) = browser.get("/office/watch-list").await;
    holds(&page, &["照会の見守り名簿", "0人"]);
    let file = format!("{HEADER}\nstaff,D1,00000017,380-0001\nstaff,N7,,3800002\nfamous,,00000018,\n");
    let (status, page) = upload(&mut browser, &file).await;
    assert_eq!(status, StatusCode::OK, "{page}");
    holds(&page, &["名簿を入れ替えました", "1人", "2人"]);
    for whom in ["00000017", "00000018", "380-0001", "N7"] {
        assert!(!page.contains(whom), "{whom} is shown: {page}");
    }
    let ledger = town.role.service().ledger();
    let entry = ledger.read_entry(ledger.size() - 1).unwrap();
    let body = String::from_utf8(entry.body).unwrap();
    assert_eq!(entry.kind, "watch-list.replaced");
    assert!(body.contains("R1") && body.contains("\"famous\":1") && !body.contains("00000018"), "{body}");

    let before = ledger.size();
    for (file, words) in [
        (format!("{HEADER}\nfriend,,00000017,\n"), "2行目"),
        (format!("{HEADER}\nfamous,,123456789018,\n"), "個人番号"),
        ("name,number\na,b\n".to_owned(), "4列"),
        (String::new(), "ファイルを選んでください"),
    ] {
        let (status, page) = upload(&mut browser, &file).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{page}");
        holds(&page, &[words, "2人"]);
        assert!(!page.contains("9018"), "{page}");
    }
    assert_eq!(ledger.size(), before, "what was refused changed nothing");
    town.holds_nowhere("123456789018");
    let (_, page) = upload(&mut browser, &format!("{HEADER}\n")).await;
    holds(&page, &["名簿を入れ替えました"]);
    assert_eq!(town.role.service().watch_counts().unwrap().homes, 0, "a list of nobody is a list");
    let (_, english) = browser.get("/office/watch-list?lang=en").await;
    holds(&english, &["Watch list", "Patients in the public eye"]);
}

#[tokio::test]
async fn the_list_is_there_after_a_restart() {
    let town = Town::new().await;
    let staff =
        Practitioner {
            id: "R1".parse().unwrap(), profession: Profession::Clerk, name: "記録 花子".into()
        };
    let file = format!("{HEADER}\nfamous,,00000018,\n");
    let service = town.role.service();
    for _ in 0..2 {
        let counts = service.replace_watch_list(&staff, file.clone().into_bytes()).await.unwrap();
        assert_eq!(counts.famous, 1, "again is harmless");
    }
    let path = town.dir.path().join("watch-list.csv");
    assert_eq!(std::fs::read_to_string(path).unwrap(), file, "beside the ledger, as it came");
    assert!(!town.dir.path().join("watch-list.csv.new").exists());
}
