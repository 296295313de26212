//! Reports one by one: own members only, resends, refusals, the work lists of both insurers.

use std::sync::atomic::Ordering;

use protocol::eligibility::{LossReason, WorkKind};
use protocol_admin::report::{ReportAct, ReportResult};

use crate::check::refused;
use crate::person::*;
use crate::world::{World, hospital};

fn refusal(result: &ReportResult) -> (&str, &str) {
    match result {
        ReportResult::Refused { code, field, ja, en } => {
            assert!(!ja.is_empty() && !en.is_empty());
            (code, field)
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_insurer_reports_its_own_members_and_resends_without_harm() {
    let world = World::new().await;
    let report = acquisition(1, 1, "2020-04-01");
    let first = world.insurer(1).report(&report).await.unwrap();
    let ReportResult::Accepted { person_code } = first.result else { panic!("{first:?}") };
    assert_eq!(world.insurer(1).report(&report).await.unwrap().result, ReportResult::Repeated);
    assert_eq!(world.fakes.links_asked.load(Ordering::SeqCst), 1, "a known person is not asked about again");
    assert_eq!(refused(world.insurer(2).report(&report).await), "another-name");
    let mut other = report.clone();
    other.person.name = "別の名".into();
    let outcome = world.insurer(1).report(&other).await.unwrap();
    assert_eq!(refusal(&outcome.result), ("report-id-reused", "report_id"));
    let second = world.insurer(2).report(&acquisition(1, 2, "2019-04-01")).await.unwrap();
    let ReportResult::Accepted { person_code: others } = second.result else { panic!("{second:?}") };
    assert_ne!(person_code, others, "each insurer has its own code for the person");
    let desk = protocol_admin::clients::ReportClient::new(world.http(hospital()), world.base());
    assert_eq!(refused(desk.report(&report).await), "another-name");
}

#[tokio::test]
async fn impossible_reports_are_refused_with_field_and_words() {
    let world = World::new().await;
    let mut unknown = acquisition(1, 1, "2020-04-01");
    unknown.my_number = my_number::MyNumber::from_body(99_999_999_999).unwrap();
    let outcome = world.insurer(1).report(&unknown).await.unwrap();
    assert_eq!(refusal(&outcome.result), ("not-on-register", "my_number"));
    let mut backwards = loss(1, 1, "2020-04-01", "2020-05-01", LossReason::Other);
    backwards.disqualified_on = Some(day("2019-05-01"));
    let outcome = world.insurer(1).report(&backwards).await.unwrap();
    assert_eq!(refusal(&outcome.result), ("bad-day", "disqualified_on"));
    let early = loss(1, 1, "2020-04-01", "2020-05-01", LossReason::Other);
    let outcome = world.insurer(1).report(&early).await.unwrap();
    assert_eq!(refusal(&outcome.result), ("unknown-membership", "qualified_on"));
    let mut leaking = acquisition(1, 1, "2020-04-01");
    leaking.person.address = format!("東京都 {}", my_number(5));
    let outcome = world.insurer(1).report(&leaking).await.unwrap();
    assert_eq!(refusal(&outcome.result), ("my-number-in-text", "address"));
    let text = serde_json::to_string(&outcome).unwrap();
    assert!(!text.contains(&my_number(5).to_string()));
}

#[tokio::test]
async fn an_overlap_stands_on_both_work_lists_until_it_is_settled() {
    let world = World::new().await;
    world.insurer(1).report(&acquisition(1, 1, "2020-04-01")).await.unwrap();
    world.insurer(2).report(&acquisition(1, 2, "2026-11-01")).await.unwrap();
    let list = |which: u8| {
        let desk = world.desk(codes::OrgId::insurer(&insurer(which)));
        async move { desk.work_list().await.unwrap() }
    };
    let (one, two) = (list(1).await, list(2).await);
    assert_eq!((one.len(), two.len(), list(3).await.len()), (1, 1, 0));
    assert_eq!(one[0].id, two[0].id);
    assert_eq!((one[0].kind, one[0].other_insurer), (WorkKind::Overlap, Some(insurer(2))));
    assert_eq!(two[0].other_insurer, Some(insurer(1)));
    assert_eq!((one[0].from, one[0].until), (day("2026-11-01"), None));
    assert_eq!(one[0].insured.insurer, insurer(1));
    world
        .insurer(1)
        .report(&loss(1, 1, "2020-04-01", "2026-11-01", LossReason::OtherInsurance))
        .await
        .unwrap();
    assert!(list(1).await.is_empty() && list(2).await.is_empty());
    assert_eq!(refused(world.desk(hospital()).work_list().await), "not-for-this-kind");
}

#[tokio::test]
async fn an_insurer_that_overlaps_itself_is_told_once() {
    let world = World::new().await;
    world.insurer(1).report(&acquisition(1, 1, "2026-10-01")).await.unwrap();
    world.insurer(1).report(&acquisition(1, 1, "2026-11-01")).await.unwrap();
    let desk = world.desk(codes::OrgId::insurer(&insurer(1)));
    let list = desk.work_list().await.unwrap();
    assert_eq!((list.len(), list[0].kind, list[0].other_insurer), (1, WorkKind::Overlap, None));
    world.insurer(1).report(&loss(1, 1, "2026-10-01", "2026-11-01", LossReason::Other)).await.unwrap();
    assert!(desk.work_list().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_late_report_is_listed_until_it_is_put_right() {
    let world = World::new().await;
    let mut late = acquisition(1, 1, "2026-10-01");
    late.notified_on = day("2026-10-16");
    world.insurer(1).report(&late).await.unwrap();
    let desk = world.desk(codes::OrgId::insurer(&insurer(1)));
    let list = desk.work_list().await.unwrap();
    assert_eq!((list.len(), list[0].kind, list[0].from), (1, WorkKind::LateReport, day("2026-10-01")));
    let mut correction = late.clone();
    correction.report_id = "k-1".into();
    correction.act = ReportAct::Correction;
    world.insurer(1).report(&correction).await.unwrap();
    assert!(desk.work_list().await.unwrap().is_empty());
}

#[tokio::test]
async fn what_was_acknowledged_is_there_after_a_restart() {
    let world = World::new().await;
    world.insurer(1).report(&acquisition(1, 1, "2020-04-01")).await.unwrap();
    let at = world.now();
    let world = world.restart().await;
    let card = world.card(&my_number(1)).await;
    let question = request(&world, hospital(), sealed(&world, hospital(), &card));
    let answer = world.desk(hospital()).check(&question).await.unwrap();
    assert_eq!(answer.explanation.insurer_last_reported_at, Some(at));
}
