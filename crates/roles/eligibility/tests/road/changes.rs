//! Whoever is with another insurer from now on is told: after a single report and after a file, by one road, whatever ends between.

use std::collections::HashSet;
use std::sync::atomic::Ordering;

use codes::{ExchangeId, OrgId};
use protocol::eligibility::LossReason;
use protocol::notices::{NoticeKind, NoticeRequest};
use protocol_admin::report::{MembershipReport, ReportAct};

use crate::file::file;
use crate::person::*;
use crate::world::World;

/// Waits until the relay was asked `count` times.
async fn told(world: &World, count: usize) -> Vec<NoticeRequest> {
    loop {
        let heard = world.fakes.telling.notified();
        let told = world.fakes.told.lock().unwrap().clone();
        if told.len() >= count {
            return told;
        }
        heard.await;
    }
}

fn keys(told: &[NoticeRequest]) -> HashSet<ExchangeId> {
    told.iter().map(|request| request.exchange).collect()
}

/// Members of the first insurer, each with a medical ID.
async fn members(world: &World, count: u64) {
    for who in 1..=count {
        world.insurer(1).report(&acquisition(who, 1, "2020-04-01")).await.unwrap();
        world.opt_in(&my_number(who)).await;
    }
}

fn joiners(who: impl Iterator<Item = u64>) -> Vec<MembershipReport> {
    who.map(|who| acquisition(who, 2, "2026-11-01")).collect()
}

#[tokio::test]
async fn a_report_and_a_file_tell_alike_and_tell_nobody_who_has_no_change() {
    let world = World::new().await;
    members(&world, 6).await;
    world.insurer(2).report(&acquisition(1, 2, "2026-11-01")).await.unwrap();
    let first = told(&world, 1).await;
    let mut reports = joiners(2..=4);
    // Over before it was reported; new to every insurer; a change of somebody who stays; taken back in the same file.
    let mut over = acquisition(5, 2, "2021-04-01");
    (over.disqualified_on, over.loss_reason) = (Some(day("2021-10-01")), Some(LossReason::Other));
    reports.extend([over, acquisition(99, 2, "2026-11-01"), acquisition(6, 2, "2026-11-02")]);
    let mut back = acquisition(6, 2, "2026-11-02");
    (back.act, back.report_id) = (ReportAct::Cancellation, "c-6".into());
    reports.push(back);
    let outcome = world.insurer(2).report_file(file("f-1", 2, &reports)).await.unwrap();
    assert_eq!((outcome.accepted, outcome.refused_rows), (7, 0), "{outcome:?}");
    let all = told(&world, 4).await;
    assert_eq!((first.len(), all.len(), keys(&all).len()), (1, 4, 4));
    for request in &all {
        assert_eq!(request.kind, NoticeKind::InsurerChange);
        assert_eq!(request.on_behalf, Some(OrgId::insurer(&insurer(2))));
        assert_eq!(request.due, Some(day("2026-11-01")));
    }
    // Said again, one by one or as another file, it is no news.
    world.insurer(2).report(&acquisition(1, 2, "2026-11-01")).await.unwrap();
    world.insurer(2).report_file(file("f-2", 2, &reports)).await.unwrap();
    world.insurer(3).report(&acquisition(2, 3, "2026-11-20")).await.unwrap();
    assert_eq!(told(&world, 5).await.len(), 5, "the next that is told is the next change");
}

#[tokio::test]
async fn who_was_to_be_told_is_told_after_the_process_ended_in_between() {
    let world = World::new().await;
    members(&world, 3).await;
    // The relay hears of everybody, its answers are lost: for the service nothing of it arrived.
    world.fakes.answers_lost.store(true, Ordering::SeqCst);
    world.insurer(2).report_file(file("f-1", 2, &joiners(1..=3))).await.unwrap();
    let before = told(&world, 3).await;
    world.fakes.answers_lost.store(false, Ordering::SeqCst);
    let world = world.restart().await;
    world.clock.advance(60_000);
    // Whatever is reported next rings.
    world.insurer(1).report(&acquisition(50, 1, "2026-11-01")).await.unwrap();
    let after = told(&world, 6).await;
    assert_eq!(after.len(), 6);
    assert_eq!(keys(&before), keys(&after), "the same keys again: whoever passes them on tells once");
}

#[tokio::test]
async fn in_the_hand_over_of_the_registers_nobody_is_told() {
    let world = World::with(true).await;
    members(&world, 2).await;
    world.insurer(2).report_file(file("f-1", 2, &joiners(1..=1))).await.unwrap();
    world.role.service().open_for_service().await.unwrap();
    world.insurer(2).report(&acquisition(2, 2, "2026-11-02")).await.unwrap();
    let told = told(&world, 1).await;
    assert_eq!((told.len(), told[0].due), (1, Some(day("2026-11-02"))));
}
