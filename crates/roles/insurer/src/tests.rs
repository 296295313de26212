use std::{io::Write as _, sync::Arc};

use access::{Directory, Organisation};
use axum::{Router, body::Bytes, extract::State, routing::post};
use calendar::{Date, FixedClock, Timestamp};
use codes::{ExchangeId, FileCustody, InsurerNumber, OrgId, OrgKind};
use my_number::MyNumber;
use protocol::{
    clients::paths,
    eligibility::{LossReason, Person, Relation, Sex, Terms},
};
use protocol_admin::{
    report::{FileOutcome, MembershipReport, ReportAct, ReportOutcome, ReportResult},
    report_file::Reader,
};
use tokio::sync::Mutex;
use wire::{Json, Server, Shutdown};

use crate::{
    Config, KEYS, Service,
    file::FileError,
    model::{Record, ReportState},
    open,
    service::DeskAct,
};

/// What a stand-in of the eligibility service received.
type Received = Arc<Mutex<Vec<MembershipReport>>>;

/// An insurer that reports to a stand-in, which refuses the report of whoever is called 拒否.
struct House {
    insurer: Service,
    received: Received,
    shutdown: Shutdown,
    _dir: tempfile::TempDir,
}

impl Drop for House {
    fn drop(&mut self) {
        self.shutdown.trigger();
    }
}

async fn one(
    State(received): State<Received>,
    Json(report): Json<MembershipReport>,
) -> axum::Json<ReportOutcome> {
    let result = if report.person.name == "拒否" {
        ReportResult::Refused { code: "x".into(), field: "name".into(), ja: "だめ".into(), en: "no".into() }
    } else {
        ReportResult::Repeated
    };
    let report_id = report.report_id.clone();
    received.lock().await.push(report);
    axum::Json(ReportOutcome { report_id, result })
}

async fn many(State(received): State<Received>, body: Bytes) -> axum::Json<FileOutcome> {
    let mut reader = Reader::new(body.as_ref()).unwrap();
    let header = reader.header().clone();
    let mut rows = 0;
    while let Some(row) = reader.next_row().unwrap() {
        rows += 1;
        received.lock().await.push(row.report.unwrap());
    }
    axum::Json(FileOutcome {
        file_id: header.file_id,
        insurer: header.insurer,
        rows,
        accepted: rows,
        repeated: 0,
        refused_rows: 0,
        refused: Vec::new(),
        at: header.written_at,
        exchange: ExchangeId::new(0),
    })
}

fn number() -> InsurerNumber {
    InsurerNumber::from_body("0613001").unwrap()
}

async fn house(reachable: bool) -> House {
    let dir = tempfile::tempdir().unwrap();
    let received = Received::default();
    let shutdown = Shutdown::new();
    let server = Server::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", server.local_addr());
    if reachable {
        let routes = Router::new()
            .route(paths::REPORTS, post(one))
            .route(paths::REPORT_FILES, post(many))
            .with_state(received.clone());
        tokio::spawn(server.serve(routes, None, shutdown.clone()));
    }
    let service = OrgId::new(OrgKind::Eligibility, "1").unwrap();
    let mut eligibility = Organisation::new(service, "資格", "eligibility", Date::new(2026, 1, 1).unwrap());
    eligibility.api = Some(address);
    let insurer = open(Config {
        number: number(),
        name: ("試験健保".into(), "Test".into()),
        store: "sqlite::memory:".into(),
        ledger: dir.path().join("ledger"),
        custody: Arc::new(FileCustody::ephemeral(KEYS).unwrap()),
        directory: Directory::of([eligibility]).unwrap(),
        client: wire::Client::plain(),
        clock: Arc::new(FixedClock::new(Timestamp::from_millis(1_790_000_000_000))),
    })
    .unwrap();
    House { insurer, received, shutdown, _dir: dir }
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn record(name: &str) -> Record {
    Record {
        insured: format!("{}:12:345:01", number().padded8()).parse().unwrap(),
        qualified_on: day("2026-04-01"),
        disqualified_on: None,
        loss_reason: None,
        relation: Relation::Insured,
        person: Person {
            name: name.into(),
            kana: "ヤマダ　タロウ".into(),
            sex: Sex::Male,
            birthdate: day("1990-01-01"),
            postal_code: String::new(),
            address: String::new(),
        },
        terms: Terms { classification: "01".into(), copayment_percent: Some(30), ..Terms::default() },
        notified_on: day("2026-04-03"),
    }
}

fn acquire(name: &str) -> DeskAct {
    DeskAct::Acquire { my_number: my_number(), record: Box::new(record(name)) }
}

fn my_number() -> MyNumber {
    "123456789018".parse().unwrap()
}

fn key(house: &House) -> (my_number::SealedMyNumber, Date) {
    (my_number().seal(&*house.insurer.custody).unwrap(), day("2026-04-01"))
}

#[tokio::test]
async fn an_act_at_the_desk_is_kept_and_reported_at_once() {
    let house = house(true).await;
    let outcome = house.insurer.act("clerk", acquire("山田　太郎")).await.unwrap();
    assert!(matches!(outcome.answer, Some(ReportResult::Repeated)));
    let lose = DeskAct::Lose {
        member: key(&house),
        on: day("2026-06-01"),
        reason: LossReason::OtherInsurance,
        notified_on: day("2026-06-02"),
    };
    house.insurer.act("clerk", lose).await.unwrap();
    let found = house.insurer.search("ﾔﾏﾀﾞ").await.unwrap();
    assert_eq!(found[0].record.disqualified_on, Some(day("2026-06-01")));
    let received = house.received.lock().await;
    assert_eq!(received.iter().map(|r| r.act).collect::<Vec<_>>(), [ReportAct::Acquisition, ReportAct::Loss]);
    assert_eq!(house.insurer.member(key(&house).0, key(&house).1).await.unwrap().changes.len(), 2);
}

#[tokio::test]
async fn a_report_that_cannot_be_sent_waits_and_nothing_is_lost() {
    let house = house(false).await;
    let outcome = house.insurer.act("clerk", acquire("山田　太郎")).await.unwrap();
    assert!(outcome.answer.is_none());
    assert_eq!(house.insurer.counts().await.unwrap().waiting, 1);
    assert_eq!(house.insurer.search("山田").await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_refused_report_is_shown_as_refused() {
    let house = house(true).await;
    house.insurer.act("clerk", acquire("拒否")).await.unwrap();
    let refused = house.insurer.reports(ReportState::Refused).await.unwrap();
    assert_eq!(refused.len(), 1);
    assert!(refused[0].outcome.as_deref().unwrap().contains("だめ"));
}

#[tokio::test]
async fn impossible_entries_change_nothing() {
    let house = house(true).await;
    let mut backwards = record("山田　太郎");
    backwards.person.birthdate = day("2026-05-01");
    let act = DeskAct::Acquire { my_number: my_number(), record: Box::new(backwards) };
    assert_eq!(
        house.insurer.act("clerk", act).await.unwrap_err().parts().place.as_deref(),
        Some("qualified_on")
    );
    house.insurer.act("clerk", acquire("山田　太郎")).await.unwrap();
    assert_eq!(house.insurer.act("clerk", acquire("山田　太郎")).await.unwrap_err().code(), "already-member");
    let early = DeskAct::Lose {
        member: key(&house),
        on: day("2026-03-01"),
        reason: LossReason::Other,
        notified_on: day("2026-03-01"),
    };
    assert!(house.insurer.act("clerk", early).await.is_err());
    assert_eq!(house.received.lock().await.len(), 1);
}

const HEADER: &str = "insurer_number,symbol,number,branch,my_number,name,kana,birth,sex,relation,postal_code,address,acquired_on,lost_on,loss_reason,ratio,preschool,elderly_from,elderly_until,elderly_ratio,limit_class,limit_flag,limit_from,limit_until,acquisition_reported_on,reported_on";

fn file(rows: &[String]) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    writeln!(file, "{HEADER}").unwrap();
    rows.iter().for_each(|row| writeln!(file, "{row}").unwrap());
    file
}

fn row(i: u64, birth: &str) -> String {
    let number = MyNumber::from_body(10_000_000_000 + i).unwrap();
    let insurer = self::number();
    format!(
        "{insurer},1,{i},01,{number},髙橋　{i},タカハシ,{birth},1,1,1230045,,2026-04-01,,,030,,,,,,,,,2026-04-02,2026-04-02"
    )
}

#[tokio::test]
async fn a_file_is_taken_in_once_and_reported_as_a_file() {
    let house = house(true).await;
    let rows: Vec<String> = (0..50).map(|i| row(i, "1990-01-01")).collect();
    let file = file(&rows);
    let first = house.insurer.import(file.path(), "members.csv").await.unwrap();
    assert_eq!((first.rows, first.repeated), (50, false));
    let again = house.insurer.import(file.path(), "members.csv").await.unwrap();
    assert!(again.repeated);
    assert_eq!(house.insurer.send_reports().await.unwrap(), 50);
    assert_eq!(house.insurer.send_reports().await.unwrap(), 0);
    let received = house.received.lock().await;
    let order: Vec<String> = received.iter().map(|r| r.insured.number.to_string()).collect();
    assert_eq!(order, (0..50).map(|i| i.to_string()).collect::<Vec<_>>(), "in the order of the lines");
    assert_eq!(house.insurer.search("高橋").await.unwrap().len(), 50, "a variant of the name finds it");
}

#[tokio::test]
async fn a_membership_that_was_over_at_the_first_load_is_reported_with_both_days() {
    let house = house(true).await;
    let ended = row(1, "1990-01-01")
        .replace(",2026-04-01,,,030", ",2026-04-01,2026-06-01,03,030")
        .replace(",2026-04-02,2026-04-02", ",2026-04-02,2026-06-05");
    let file = file(&[ended, row(2, "1990-01-01")]);
    house.insurer.import(file.path(), "members.csv").await.unwrap();
    assert_eq!(house.insurer.send_reports().await.unwrap(), 3);
    let received = house.received.lock().await;
    let told: Vec<_> = received.iter().map(|r| (r.act, r.disqualified_on, r.notified_on)).collect();
    let begun = (ReportAct::Acquisition, None, day("2026-04-02"));
    assert_eq!(told, [begun, (ReportAct::Loss, Some(day("2026-06-01")), day("2026-06-05")), begun]);
    let kept = house.insurer.search("高橋").await.unwrap();
    assert_eq!(kept.iter().filter(|m| m.record.disqualified_on.is_some()).count(), 1);
}

#[tokio::test]
async fn one_wrong_row_refuses_the_whole_file_and_is_named() {
    let house = house(true).await;
    let file = file(&[row(1, "1990-01-01"), row(2, "1990-02-30")]);
    let error = house.insurer.import(file.path(), "members.csv").await.unwrap_err();
    assert!(matches!(error, FileError::Field { line: 3, column: "birth", .. }), "{error}");
    assert_eq!(house.insurer.counts().await.unwrap(), Default::default());
}

#[tokio::test]
async fn a_shift_jis_file_reads_like_a_utf8_one() {
    let house = house(true).await;
    let text = format!("{HEADER}\r\n{}\r\n", row(1, "1990-01-01").replace('髙', "高"));
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(&encoding_rs::SHIFT_JIS.encode(&text).0).unwrap();
    house.insurer.import(file.path(), "members.sjis.csv").await.unwrap();
    let person = house.insurer.search("高橋").await.unwrap()[0].record.person.clone();
    assert_eq!((person.kana.as_str(), person.postal_code.as_str()), ("タカハシ", "123-0045"));
}

#[tokio::test]
async fn no_my_number_lies_open_in_the_store() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("store.db");
    let mut house = house(true).await;
    house.insurer.db =
        ::store::Db::open(&format!("sqlite:{}", path.display()), crate::store::MIGRATIONS).unwrap();
    house.insurer.act("clerk", acquire("山田　太郎")).await.unwrap();
    for entry in std::fs::read_dir(dir.path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        assert!(!bytes.windows(12).any(|w| w == b"123456789018"));
    }
}
