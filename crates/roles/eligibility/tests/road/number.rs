//! By the printed number and the birth date.

use protocol::eligibility::{LossReason, Presented, Reason, Validity};
use protocol_admin::report::ReportAct;

use crate::check::refused;
use crate::person::*;
use crate::world::{World, hospital};

fn by_number(world: &World, insured: &str, birth: &str) -> protocol::eligibility::CheckRequest {
    let presented = Presented::InsuredPerson { insured: insured.parse().unwrap(), birthdate: day(birth) };
    request(world, hospital(), presented)
}

async fn ask(world: &World, insured: &str, birth: &str) -> protocol::eligibility::CheckAnswer {
    world.desk(hospital()).check(&by_number(world, insured, birth)).await.unwrap()
}

#[tokio::test]
async fn any_spelling_of_the_number_finds_the_member() {
    let world = World::new().await;
    world.insurer(1).report(&acquisition(1, 1, "2020-04-01")).await.unwrap();
    let number = insurer(1).padded8();
    for spelling in ["１２－３４:1:01", "12-34:1:01", "12‐34:１:", "12-34:1:1"] {
        let answer = ask(&world, &format!("{number}:{spelling}"), "1980-05-06").await;
        assert_eq!(answer.validity, Validity::Valid, "{spelling}");
        assert!(answer.person_code.is_some());
        assert!(answer.medical_ticket.is_none(), "a typed number proves no presence");
    }
}

#[tokio::test]
async fn a_wrong_birth_date_or_branch_or_number_is_said_as_what_it_is() {
    let world = World::new().await;
    world.insurer(1).report(&acquisition(1, 1, "2020-04-01")).await.unwrap();
    let number = insurer(1).padded8();
    let answer = ask(&world, &format!("{number}:12-34:1:01"), "1980-05-07").await;
    assert_eq!((answer.validity, answer.explanation.reason), (Validity::None, Reason::BirthdateDiffers));
    assert!(answer.person_code.is_none() && answer.memberships.is_empty());
    for unknown in ["12-34:1:02", "12-34:2:01"] {
        let answer = ask(&world, &format!("{number}:{unknown}"), "1980-05-06").await;
        assert_eq!((answer.validity, answer.explanation.reason), (Validity::None, Reason::NeverReported));
        assert_eq!(answer.explanation.insurer, Some(insurer(1)));
        assert!(answer.explanation.insurer_last_reported_at.is_some(), "when that insurer last reported");
    }
}

#[tokio::test]
async fn an_old_card_leads_to_the_newer_membership() {
    let world = World::new().await;
    world.insurer(1).report(&acquisition(1, 1, "2020-04-01")).await.unwrap();
    world
        .insurer(1)
        .report(&loss(1, 1, "2020-04-01", "2026-10-01", LossReason::OtherInsurance))
        .await
        .unwrap();
    world.insurer(2).report(&acquisition(1, 2, "2026-10-01")).await.unwrap();
    let answer = ask(&world, &format!("{}:12-34:1:01", insurer(1).padded8()), "1980-05-06").await;
    assert_eq!(
        (answer.validity, answer.explanation.reason),
        (Validity::InvalidNewer, Reason::EndedNewerKnown)
    );
    let shown: Vec<_> = answer.memberships.iter().map(|m| m.insured.insurer).collect();
    assert_eq!(shown, [insurer(1), insurer(2)], "the ended one first");
}

#[tokio::test]
async fn twins_without_a_branch_number_are_not_guessed() {
    let world = World::new().await;
    for (who, branch) in [(1, "01"), (2, "02")] {
        let mut report = acquisition(who, 1, "2020-04-01");
        report.insured = format!("{}:12-34:5:{branch}", insurer(1).padded8()).parse().unwrap();
        world.insurer(1).report(&report).await.unwrap();
    }
    let number = insurer(1).padded8();
    let question = by_number(&world, &format!("{number}:12-34:5:"), "1980-05-06");
    assert_eq!(refused(world.desk(hospital()).check(&question).await), "ambiguous-number");
    assert_eq!(ask(&world, &format!("{number}:12-34:5:02"), "1980-05-06").await.validity, Validity::Valid);
}

#[tokio::test]
async fn what_was_not_yet_known_is_said_so() {
    let world = World::new().await;
    let before = world.now();
    world.clock.advance(1_000);
    world.insurer(1).report(&acquisition(1, 1, "2020-04-01")).await.unwrap();
    let mut question = by_number(&world, &format!("{}:12-34:1:01", insurer(1).padded8()), "1980-05-06");
    question.known_at = Some(before);
    let answer = world.desk(hospital()).check(&question).await.unwrap();
    assert_eq!((answer.validity, answer.explanation.reason), (Validity::None, Reason::NotKnownThen));
}

#[tokio::test]
async fn in_the_hand_over_a_fact_is_known_since_the_insurer_knew_it() {
    let world = World::with(true).await;
    world.insurer(1).report(&acquisition(1, 1, "2020-04-01")).await.unwrap();
    world.role.service().open_for_service().await.unwrap();
    let mut change = acquisition(1, 1, "2020-04-01");
    change.report_id = "c-1".into();
    change.act = ReportAct::Change;
    change.effective_on = Some(day("2020-05-01"));
    change.terms.copayment_percent = Some(20);
    world.insurer(1).report(&change).await.unwrap();
    let ask = |known: &str| {
        let mut question = by_number(&world, &format!("{}:12-34:1:01", insurer(1).padded8()), "1980-05-06");
        question.on = day("2020-06-01");
        question.known_at = Some(known.parse().unwrap());
        question
    };
    let early = world.desk(hospital()).check(&ask("2020-04-03T12:00:00+09:00")).await.unwrap();
    assert_eq!(early.explanation.reason, Reason::NotKnownThen);
    let later = world.desk(hospital()).check(&ask("2020-04-04T12:00:00+09:00")).await.unwrap();
    assert_eq!(
        later.memberships[0].terms.copayment_percent,
        Some(30),
        "what came after the opening is not backdated"
    );
}
