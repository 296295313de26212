//! Files: whole or nothing, refused rows listed, the same file again, nothing in clear on disk.

use protocol::eligibility::{LossReason, Validity};
use protocol_admin::report::FileOutcome;
use protocol_admin::report::{MembershipReport, ReportResult};
use protocol_admin::report_file::{FileHeader, Writer};

use crate::check::refused;
use crate::person::*;
use crate::world::{World, hospital};

pub fn file(id: &str, which: u8, reports: &[MembershipReport]) -> Vec<u8> {
    let header = FileHeader {
        insurer: insurer(which),
        file_id: id.into(),
        written_at: "2026-11-22T09:00:00+09:00".parse().unwrap(),
    };
    let mut writer = Writer::new(Vec::new(), &header).unwrap();
    for report in reports {
        writer.write(report).unwrap();
    }
    writer.finish().unwrap()
}

fn members(count: u64) -> Vec<MembershipReport> {
    (1..=count).map(|who| acquisition(who, 1, "2020-04-01")).collect()
}

fn figures(outcome: &FileOutcome) -> (u64, u64, u64, u64) {
    (outcome.rows, outcome.accepted, outcome.repeated, outcome.refused_rows)
}

#[tokio::test]
async fn a_file_is_taken_whole_and_again_without_harm() {
    let world = World::new().await;
    let mut reports = members(300);
    reports.push(loss(7, 1, "2020-04-01", "2026-10-01", LossReason::Other));
    let bytes = file("f-1", 1, &reports);
    let first = world.insurer(1).report_file(bytes.clone()).await.unwrap();
    assert_eq!(figures(&first), (301, 301, 0, 0));
    let again = world.insurer(1).report_file(bytes).await.unwrap();
    assert_eq!(figures(&again), (301, 0, 301, 0));
    let renamed = world.insurer(1).report_file(file("f-2", 1, &reports)).await.unwrap();
    assert_eq!(figures(&renamed), (301, 0, 301, 0));
    let reused = world.insurer(1).report_file(file("f-1", 1, &members(2))).await;
    assert_eq!(refused(reused), "file-id-reused");
    for (who, validity) in [(1, Validity::Valid), (7, Validity::Invalid), (300, Validity::Valid)] {
        let question =
            request(&world, hospital(), sealed(&world, hospital(), &world.card(&my_number(who)).await));
        assert_eq!(world.desk(hospital()).check(&question).await.unwrap().validity, validity);
    }
    assert_eq!(std::fs::read_dir(world.dir.path().join("spool")).unwrap().count(), 0);
}

#[tokio::test]
async fn a_cut_or_broken_file_leaves_nothing_behind() {
    let world = World::new().await;
    let whole = file("f-1", 1, &members(50));
    for cut in [whole.len() - 3, whole.len() / 2, 10] {
        let answer = world.insurer(1).report_file(whole[..cut].to_vec()).await;
        assert_eq!(refused(answer), "report-file-refused", "cut at {cut}");
    }
    let miscounted = String::from_utf8(whole.clone()).unwrap().replace("end,50", "end,51");
    assert_eq!(refused(world.insurer(1).report_file(miscounted.into_bytes()).await), "report-file-refused");
    let counts = world.role.service().counts().await.unwrap();
    assert_eq!(counts, (0, 0), "nothing of a refused file is applied");
    assert_eq!(figures(&world.insurer(1).report_file(whole).await.unwrap()), (50, 50, 0, 0));
}

#[tokio::test]
async fn wrong_rows_are_listed_with_line_and_column_and_the_rest_is_applied() {
    let world = World::new().await;
    let mut reports = members(5);
    reports[1].my_number = my_number::MyNumber::from_body(99_999_999_999).unwrap();
    reports[2].person.address = format!("電話 {}", my_number(9));
    reports.push(loss(77, 1, "2020-04-01", "2026-10-01", LossReason::Other));
    let text = String::from_utf8(file("f-1", 1, &reports)).unwrap();
    let spoiled = text.replacen("1980-05-06", "1980-02-30", 1);
    let outcome = world.insurer(1).report_file(spoiled.into_bytes()).await.unwrap();
    assert_eq!(figures(&outcome), (6, 2, 0, 4));
    let listed: Vec<_> = outcome.refused.iter().map(|row| (row.line, row.field.as_str())).collect();
    assert_eq!(listed, [(3, "birthdate"), (4, "my_number"), (5, "address"), (8, "qualified_on")]);
    let said = serde_json::to_string(&outcome).unwrap();
    assert!(!said.contains(&my_number(9).to_string()) && !said.contains("99999999999"));
}

#[tokio::test]
async fn whose_number_was_changed_has_the_same_history() {
    let world = World::new().await;
    world.insurer(1).report_file(file("f-1", 1, &members(3))).await.unwrap();
    let mut single = loss(1, 1, "2020-04-01", "2026-10-01", LossReason::Other);
    single.my_number = later_number(1);
    let outcome = world.insurer(1).report(&single).await.unwrap();
    assert!(matches!(outcome.result, ReportResult::Accepted { .. }), "{outcome:?}");
    let later = |who| {
        let mut report = loss(who, 1, "2020-04-01", "2026-10-01", LossReason::Other);
        report.my_number = later_number(who);
        report
    };
    let outcome = world.insurer(1).report_file(file("f-2", 1, &[later(2), later(3), single])).await.unwrap();
    assert_eq!(figures(&outcome), (3, 2, 1, 0), "{outcome:?}");
}

#[tokio::test]
async fn another_insurers_file_is_refused() {
    let world = World::new().await;
    let answer = world.insurer(2).report_file(file("f-1", 1, &members(1))).await;
    assert_eq!(refused(answer), "another-name");
    let answer = world.http(codes::OrgId::insurer(&insurer(1)));
    let answer = answer.post_bytes(world.base(), "/report-files", "text/plain", b"x".to_vec()).await;
    assert_eq!(refused(answer), "not-csv");
}

#[tokio::test]
async fn no_my_number_stands_on_disk_in_clear() {
    let world = World::new().await;
    world.insurer(1).report_file(file("f-1", 1, &members(40))).await.unwrap();
    let number = my_number(17).to_string();
    let mut files = 0;
    for path in ["eligibility.db", "eligibility.db-wal"] {
        let Ok(bytes) = std::fs::read(world.dir.path().join(path)) else { continue };
        files += 1;
        assert!(!bytes.windows(12).any(|window| window == number.as_bytes()), "{path}");
    }
    assert!(files > 0);
}
