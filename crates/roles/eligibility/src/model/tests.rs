//! The rules, on histories written by hand and by chance.

use calendar::{Date, Timestamp};
use codes::InsurerNumber;
use proptest::prelude::*;
use protocol::eligibility::{LossReason, Person, Reason, Relation, Sex, Terms, Validity};
use protocol_admin::report::ReportAct;

use super::admit::{Admission, admit, check_alone};
use super::codec::{decode, encode};
use super::overlap::overlaps;
use super::standing::{Asked, Standing, standing};
use super::{Report, Version, fold};

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn insurer(which: u8) -> InsurerNumber {
    InsurerNumber::from_body(&format!("06130{which:02}")).unwrap()
}

fn acquisition(which: u8, from: &str) -> Report {
    Report {
        report_id: format!("a-{which}-{from}"),
        act: ReportAct::Acquisition,
        insured: format!("{}:12-34:567:00", insurer(which).padded8()).parse().unwrap(),
        qualified_on: day(from),
        disqualified_on: None,
        loss_reason: None,
        relation: Relation::Insured,
        person: Person {
            name: "髙﨑　花子".into(),
            kana: "タカサキ　ハナコ".into(),
            sex: Sex::Female,
            birthdate: day("1980-05-06"),
            postal_code: "123-4567".into(),
            address: "東京都千代田区1-1".into(),
        },
        terms: Terms { classification: "01".into(), copayment_percent: Some(30), ..Terms::default() },
        effective_on: None,
        notified_on: day(from).add_days(3),
    }
}

fn loss(which: u8, from: &str, end: &str, reason: LossReason) -> Report {
    Report {
        report_id: format!("l-{which}-{from}"),
        act: ReportAct::Loss,
        disqualified_on: Some(day(end)),
        loss_reason: Some(reason),
        notified_on: day(end).add_days(2),
        ..acquisition(which, from)
    }
}

/// Versions known at noon of each report's day of notice.
fn history(reports: Vec<Report>) -> Vec<Version> {
    let mut all = Vec::new();
    for report in reports {
        assert_eq!(admit(&all, &report), Admission::Fresh, "{report:?}");
        let known_from = Timestamp::start_of(report.notified_on).add_millis(12 * 3_600_000);
        all.push(Version { id: all.len() as i64 + 1, known_from, report });
    }
    all
}

fn asked<'a>(history: &'a [Version], on: &str) -> Standing<'a> {
    standing(history, day(on), None, Asked::Person)
}

fn verdict(standing: &Standing<'_>) -> (Validity, Reason) {
    (standing.validity, standing.reason)
}

#[test]
fn a_membership_covers_from_its_first_day_to_the_day_before_its_end() {
    let h =
        history(vec![acquisition(1, "2020-04-01"), loss(1, "2020-04-01", "2022-04-01", LossReason::Other)]);
    assert_eq!(verdict(&asked(&h, "2020-04-04")), (Validity::Valid, Reason::Covered));
    assert_eq!(verdict(&asked(&h, "2022-03-31")), (Validity::Valid, Reason::Covered));
    assert_eq!(verdict(&asked(&h, "2022-04-01")), (Validity::Invalid, Reason::EndedNewMayBeOnItsWay));
    assert_eq!(verdict(&asked(&h, "2022-04-15")), (Validity::Invalid, Reason::EndedNewMayBeOnItsWay));
    assert_eq!(verdict(&asked(&h, "2022-04-16")), (Validity::Invalid, Reason::EndedNothingNew));
    assert_eq!(verdict(&asked(&h, "2020-03-25")), (Validity::Invalid, Reason::NotYetBegun));
}

#[test]
fn nobody_is_not_a_bare_not_found() {
    let empty = asked(&[], "2022-01-01");
    assert_eq!(verdict(&empty), (Validity::None, Reason::NeverReported));
}

#[test]
fn what_was_known_then_is_answered_then_and_later() {
    let h = history(vec![
        acquisition(1, "2020-04-01"),
        loss(1, "2020-04-01", "2022-04-01", LossReason::OtherInsurance),
        acquisition(2, "2022-04-01"),
    ]);
    let at = |text: &str| Some(Timestamp::start_of(day(text)));
    let then = |on: &str, known: &str| verdict(&standing(&h, day(on), at(known), Asked::Person));
    assert_eq!(then("2020-04-01", "2020-04-02"), (Validity::None, Reason::NotKnownThen));
    assert_eq!(then("2022-04-02", "2022-04-02"), (Validity::Valid, Reason::Covered));
    assert_eq!(then("2022-04-02", "2022-04-04"), (Validity::Invalid, Reason::EndedNewMayBeOnItsWay));
    assert_eq!(then("2022-04-02", "2022-04-05"), (Validity::Valid, Reason::CoveredReportedLate));
    assert_eq!(asked(&h, "2022-04-06").shown[0].insurer(), insurer(2));
}

#[test]
fn late_reports_say_so() {
    let mut late = acquisition(1, "2020-04-01");
    late.notified_on = day("2020-04-16");
    assert!(late.is_late(), "the fifteenth day after the fact is late");
    let h = history(vec![late]);
    assert_eq!(verdict(&asked(&h, "2021-01-01")), (Validity::Valid, Reason::CoveredReportedLate));
    let mut lawful = acquisition(1, "2020-04-01");
    lawful.notified_on = day("2020-04-15");
    assert!(!lawful.is_late());
    let mut handed_over = acquisition(1, "2020-04-01");
    handed_over.disqualified_on = Some(day("2022-04-01"));
    handed_over.notified_on = day("2022-04-10");
    assert!(!handed_over.is_late(), "what is over when it is first told is measured from its end");
    handed_over.notified_on = day("2022-04-16");
    assert!(handed_over.is_late());
}

#[test]
fn two_insurers_on_a_day_are_several_and_settle_by_a_loss() {
    let mut reports = vec![acquisition(1, "2020-04-01"), acquisition(2, "2022-04-01")];
    let h = history(reports.clone());
    let standing = asked(&h, "2022-05-01");
    assert_eq!(verdict(&standing), (Validity::Several, Reason::SeveralClaim));
    assert_eq!(standing.shown.iter().map(|m| m.insurer()).collect::<Vec<_>>(), [insurer(2), insurer(1)]);
    let found = overlaps(&fold::memberships(&h));
    assert_eq!((found.len(), found[0].days.from, found[0].days.until), (1, day("2022-04-01"), None));
    reports.push(loss(1, "2020-04-01", "2022-04-01", LossReason::OtherInsurance));
    let h = history(reports);
    assert!(overlaps(&fold::memberships(&h)).is_empty());
    assert_eq!(verdict(&asked(&h, "2022-05-01")), (Validity::Valid, Reason::Covered));
}

#[test]
fn an_insurer_that_overlaps_itself_insures_by_the_later_membership() {
    let mut reports = vec![acquisition(1, "2020-04-01"), acquisition(1, "2021-04-01")];
    let h = history(reports.clone());
    let standing = asked(&h, "2021-05-01");
    assert_eq!(standing.validity, Validity::Valid);
    assert_eq!(standing.shown[0].qualified_on(), day("2021-04-01"));
    assert_eq!(overlaps(&fold::memberships(&h)).len(), 1, "and has something to settle");
    reports.push(loss(1, "2020-04-01", "2021-04-01", LossReason::Other));
    assert!(overlaps(&fold::memberships(&history(reports))).is_empty());
}

#[test]
fn the_dead_are_not_insured_but_the_living_contradict() {
    let death = loss(1, "2020-04-01", "2022-04-02", LossReason::Death);
    let h = history(vec![acquisition(1, "2020-04-01"), acquisition(2, "2021-01-01"), death.clone()]);
    assert_eq!(verdict(&asked(&h, "2022-04-02")), (Validity::Invalid, Reason::Died));
    assert_eq!(verdict(&asked(&h, "2022-04-01")).0, Validity::Several);
    let h = history(vec![acquisition(1, "2020-04-01"), death, acquisition(2, "2022-06-01")]);
    assert_eq!(verdict(&asked(&h, "2022-06-05")), (Validity::Valid, Reason::Covered));
}

#[test]
fn a_printed_number_that_ended_leads_to_the_newer_membership() {
    let h = history(vec![
        acquisition(1, "2020-04-01"),
        loss(1, "2020-04-01", "2022-04-01", LossReason::OtherInsurance),
        acquisition(2, "2022-04-01"),
    ]);
    let by = |which: u8, on: &str| {
        let number = acquisition(which, "2020-04-01").insured;
        let found = standing(&h, day(on), None, Asked::Number(&number));
        (found.validity, found.reason, found.shown.iter().map(|m| m.insurer()).collect::<Vec<_>>())
    };
    let newer = (Validity::InvalidNewer, Reason::EndedNewerKnown, vec![insurer(1), insurer(2)]);
    assert_eq!(by(1, "2022-05-01"), newer);
    assert_eq!(by(2, "2022-05-01"), (Validity::Valid, Reason::Covered, vec![insurer(2)]));
    assert_eq!(by(1, "2021-05-01"), (Validity::Valid, Reason::Covered, vec![insurer(1)]));
}

#[test]
fn changes_and_corrections_show_what_was_true_on_the_day() {
    let mut change = acquisition(1, "2020-04-01");
    change.report_id = "c-1".into();
    change.act = ReportAct::Change;
    change.effective_on = Some(day("2021-04-01"));
    change.terms.copayment_percent = Some(20);
    let mut earlier = change.clone();
    earlier.report_id = "c-2".into();
    earlier.effective_on = Some(day("2020-10-01"));
    earlier.terms.copayment_percent = Some(10);
    let mut reports = vec![acquisition(1, "2020-04-01"), change, earlier];
    let share = |h: &[Version], on: &str| asked(h, on).shown[0].facts_on(day(on)).terms.copayment_percent;
    let h = history(reports.clone());
    assert_eq!(share(&h, "2020-09-30"), Some(30));
    assert_eq!(share(&h, "2020-10-01"), Some(10));
    assert_eq!(share(&h, "2021-04-01"), Some(20), "a change that arrives later may begin earlier");
    let mut correction = acquisition(1, "2020-04-01");
    correction.report_id = "k-1".into();
    correction.act = ReportAct::Correction;
    correction.terms.copayment_percent = Some(0);
    reports.push(correction);
    let h = history(reports);
    assert_eq!(share(&h, "2021-04-01"), Some(0), "a correction was always so");
    assert_eq!(fold::memberships(&h)[0].known_from(), h[0].known_from);
}

#[test]
fn contradictions_are_refused_with_the_field_and_a_way_out() {
    let h =
        history(vec![acquisition(1, "2020-04-01"), loss(1, "2020-04-01", "2022-04-01", LossReason::Other)]);
    let refused = |report: &Report| match admit(&h, report) {
        Admission::Refused(refusal) => refusal.code,
        other => panic!("{other:?}"),
    };
    let again = |mut report: Report| {
        report.report_id = "x".into();
        report
    };
    assert_eq!(refused(&again(loss(1, "2020-04-01", "2022-05-01", LossReason::Other))), "already-lost");
    assert_eq!(refused(&again(loss(1, "2020-05-01", "2022-05-01", LossReason::Other))), "unknown-membership");
    let mut other = acquisition(1, "2020-04-01");
    other.person.name = "別人".into();
    assert_eq!(refused(&again(other.clone())), "already-acquired");
    assert_eq!(refused(&other), "report-id-reused");
    let mut change = again(acquisition(1, "2020-04-01"));
    change.act = ReportAct::Change;
    change.effective_on = Some(day("2022-04-01"));
    assert_eq!(refused(&change), "change-after-loss");
    let same = again(loss(1, "2020-04-01", "2022-04-01", LossReason::Other));
    assert_eq!(admit(&h, &same), Admission::Repeated);
}

#[test]
fn impossible_reports_are_refused_alone() {
    let today = day("2026-11-22");
    let refused = |change: fn(&mut Report)| {
        let mut report = acquisition(1, "2020-04-01");
        change(&mut report);
        check_alone(&report, today).err().map(|refusal| (refusal.code, refusal.field))
    };
    assert_eq!(refused(|_| ()), None);
    assert_eq!(refused(|r| r.person.birthdate = day("2027-01-01")), Some(("bad-day", "birthdate")));
    assert_eq!(refused(|r| r.qualified_on = day("1970-01-01")), Some(("bad-day", "qualified_on")));
    assert_eq!(refused(|r| r.act = ReportAct::Loss), Some(("missing", "disqualified_on")));
    assert_eq!(refused(|r| r.loss_reason = Some(LossReason::Other)), Some(("missing", "disqualified_on")));
    assert_eq!(
        refused(|r| r.person.address = "電話 1234 5678 9018".into()),
        Some(("my-number-in-text", "address"))
    );
    assert_eq!(refused(|r| r.person.name = "あ\u{7}".into()), Some(("control-character", "name")));
    assert_eq!(refused(|r| r.person.name = "あ".repeat(101)), Some(("too-long", "name")));
    assert_eq!(refused(|r| r.report_id = "a b".into()), Some(("bad-report-id", "report_id")));
}

/// Reports of chance about one person: few insurers and days, so that they meet.
fn reports() -> impl Strategy<Value = Vec<Report>> {
    let one = (0u8..5, 0u8..3, 0i32..6, 0i32..8, 0u8..3, any::<bool>()).prop_map(
        |(act, which, from, end, share, death)| {
            let act = [
                ReportAct::Acquisition,
                ReportAct::Loss,
                ReportAct::Change,
                ReportAct::Correction,
                ReportAct::Cancellation,
            ][usize::from(act)];
            let from = day("2020-01-01").add_days(from * 100);
            let mut report = acquisition(which, &from.to_string());
            report.act = act;
            report.terms.copayment_percent = Some(share * 10);
            report.notified_on = from.add_days(end);
            if act == ReportAct::Loss || (act != ReportAct::Change && end > 5) {
                report.disqualified_on = Some(from.add_days(end * 60));
                report.loss_reason = Some(if death { LossReason::Death } else { LossReason::Other });
            }
            report.effective_on = (act == ReportAct::Change).then(|| from.add_days(end * 20));
            report
        },
    );
    proptest::collection::vec(one, 0..24).prop_map(|mut reports| {
        for (i, report) in reports.iter_mut().enumerate() {
            report.report_id = format!("r{i}");
        }
        reports
    })
}

fn take(history: &mut Vec<Version>, report: &Report, at: i64) -> Admission {
    let admission = admit(history, report);
    if admission == Admission::Fresh {
        let known_from = Timestamp::from_millis(1_600_000_000_000 + at);
        history.push(Version { id: history.len() as i64 + 1, known_from, report: report.clone() });
    }
    admission
}

/// Everything that can be asked, as text.
fn everything(history: &[Version], known_at: Option<i64>) -> Vec<String> {
    let known_at = known_at.map(|ms| Timestamp::from_millis(1_600_000_000_000 + ms));
    let days = (0..14).map(|i| day("2019-12-01").add_days(i * 60));
    days.map(|on| {
        let found = standing(history, on, known_at, Asked::Person);
        let shown: Vec<_> = found
            .shown
            .iter()
            .map(|m| (m.insurer(), m.span(), m.facts_on(on).terms.copayment_percent, m.known_from()))
            .collect();
        format!("{on} {:?} {shown:?}", found.validity)
    })
    .collect()
}

proptest! {
    #[test]
    fn replaying_gives_the_same_present_and_the_past_never_changes(reports in reports()) {
        let mut history = Vec::new();
        let mut earlier: Vec<(i64, Vec<String>)> = Vec::new();
        for (i, report) in reports.iter().enumerate() {
            take(&mut history, report, i as i64 * 10);
            let now = i as i64 * 10 + 5;
            prop_assert_eq!(everything(&history, None), everything(&history, Some(now)));
            earlier.push((now, everything(&history, None)));
        }
        for (at, answers) in &earlier {
            prop_assert_eq!(&everything(&history, Some(*at)), answers, "known at {}", at);
        }
        let mut replayed = Vec::new();
        for version in &history {
            let mut bytes = Vec::new();
            encode(version.known_from, &version.report, &mut bytes);
            replayed.push(decode(version.id, &bytes).unwrap());
        }
        prop_assert_eq!(&replayed, &history);
        prop_assert_eq!(everything(&replayed, None), everything(&history, None));
    }

    #[test]
    fn resends_change_nothing(reports in reports()) {
        let mut history = Vec::new();
        for report in &reports {
            take(&mut history, report, 0);
        }
        let before = history.clone();
        for (report, accepted) in reports.iter().map(|r| (r, before.iter().any(|v| v.report == *r))) {
            if accepted {
                prop_assert_eq!(take(&mut history, report, 1), Admission::Repeated);
            }
        }
        prop_assert_eq!(history, before);
    }

    #[test]
    fn overlaps_are_days_that_both_cover_and_several_means_two_insurers(reports in reports()) {
        let mut history = Vec::new();
        for report in &reports {
            take(&mut history, report, 0);
            let known = fold::memberships(&history);
            for overlap in overlaps(&known) {
                prop_assert!(overlap.one < overlap.other && !overlap.days.is_empty());
                let covering = known.iter().filter(|m| m.span().covers(&overlap.days)).count();
                prop_assert!(covering >= 2);
            }
            let found = standing(&history, day("2021-01-01"), None, Asked::Person);
            let insurers: std::collections::BTreeSet<_> = found.shown.iter().map(|m| m.insurer()).collect();
            prop_assert_eq!(found.validity == Validity::Several, insurers.len() > 1);
        }
    }

    #[test]
    fn stored_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300), cut in 0usize..200) {
        let _ = decode(1, &bytes);
        let mut good = Vec::new();
        encode(Timestamp::from_millis(0), &acquisition(1, "2020-04-01"), &mut good);
        good.truncate(cut);
        prop_assert!(decode(1, &good).is_err() || cut >= good.len());
    }
}
