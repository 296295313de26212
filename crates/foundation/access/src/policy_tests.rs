use proptest::prelude::*;

use super::*;
use crate::directory::Organisation;

fn day(year: i16, month: i8, day: i8) -> Date {
    Date::new(year, month, day).unwrap()
}

fn org(kind: OrgKind) -> OrgId {
    OrgId::new(kind, "1").unwrap()
}

/// One active organisation of each kind, since 2015.
fn policy() -> Policy {
    let all = OrgKind::ALL.map(|kind| Organisation::new(org(kind), "機関", "Organisation", day(2015, 1, 1)));
    Policy::builtin(Directory::of(all).unwrap()).unwrap()
}

fn ask(policy: &Policy, kind: OrgKind, action: Action, purpose: Purpose) -> Decision {
    policy.decide(&Asking { asker: &org(kind), action, purpose, on: day(2026, 11, 22) })
}

fn reason(decision: Decision) -> DenialRule {
    decision.into_result().unwrap_err().rule
}

#[test]
fn an_institution_may_check_at_reception() {
    let permit = ask(&policy(), OrgKind::Institution, Action::EligibilityCheck, Purpose::TreatmentReception)
        .into_result()
        .unwrap();
    assert_eq!(permit.rule_id(), "check-at-reception");
    assert!(permit.basis.iter().any(|law| law.ja.contains("健康保険法第63条第3項")));
}

#[test]
fn only_the_eligibility_service_gets_codes_of_certificates() {
    let policy = policy();
    for kind in OrgKind::ALL {
        let decision = ask(&policy, kind, Action::JpkiCertificateCode, Purpose::TreatmentReception);
        assert_eq!(decision.is_permit(), kind == OrgKind::Eligibility, "{kind}");
    }
}

#[test]
fn an_insurer_may_not_check_and_an_institution_may_not_report() {
    let policy = policy();
    let check = ask(&policy, OrgKind::Insurer, Action::EligibilityCheck, Purpose::TreatmentReception);
    assert_eq!(reason(check), DenialRule::KindMismatch);
    let report = ask(&policy, OrgKind::Institution, Action::EligibilityReport, Purpose::MembershipReport);
    assert_eq!(reason(report), DenialRule::KindMismatch);
}

#[test]
fn an_institution_asking_under_anothers_name_is_told_so() {
    let policy = policy();
    let (peer, other) = (org(OrgKind::Institution), OrgId::new(OrgKind::Institution, "2").unwrap());
    let asking = Asking {
        asker: &peer,
        action: Action::EligibilityCheck,
        purpose: Purpose::TreatmentReception,
        on: day(2026, 11, 22),
    };
    assert!(policy.decide_in_name_of(&asking, &peer).is_permit());
    let denial = policy.decide_in_name_of(&asking, &other).into_result().unwrap_err();
    assert_eq!(denial.rule, DenialRule::AnotherName);
    assert!(denial.en.contains("institution/1") && denial.en.contains("institution/2"), "{denial}");
    assert!(denial.ja.contains("institution/1") && denial.ja.contains("institution/2"), "{denial}");
}

#[test]
fn a_rule_holds_from_its_first_day_until_before_its_last() {
    let text = include_str!("../purposes.toml").replacen(
        "from = \"2014-12-10\"",
        "from = \"2020-04-01\"\nuntil = \"2021-04-01\"",
        1,
    );
    let policy = Policy::new(Table::parse(&text).unwrap(), policy().directory().clone());
    let on = |on| {
        let asker = org(OrgKind::Institution);
        let (action, purpose) = (Action::EligibilityCheck, Purpose::TreatmentReception);
        policy.decide(&Asking { asker: &asker, action, purpose, on }).is_permit()
    };
    assert!(!on(day(2020, 3, 31)) && on(day(2020, 4, 1)) && on(day(2021, 3, 31)) && !on(day(2021, 4, 1)));
}

#[test]
fn suspension_begins_on_its_day() {
    let policy = policy();
    let hospital = org(OrgKind::Institution);
    policy.directory().suspend(&hospital, day(2026, 11, 22), "証明書の紛失");
    let on = |on| {
        let (action, purpose) = (Action::EligibilityCheck, Purpose::TreatmentReception);
        policy.decide(&Asking { asker: &hospital, action, purpose, on })
    };
    assert!(on(day(2026, 11, 21)).is_permit());
    let denial = on(day(2026, 11, 22)).into_result().unwrap_err();
    assert_eq!(denial.rule, DenialRule::Suspended);
    assert!(denial.ja.contains("令和8年11月22日") && denial.ja.contains("証明書の紛失"), "{}", denial.ja);
    assert_eq!(
        reason(policy.decide_in_name_of(
            &Asking {
                asker: &hospital,
                action: Action::EligibilityCheck,
                purpose: Purpose::TreatmentReception,
                on: day(2026, 12, 1)
            },
            &hospital,
        )),
        DenialRule::Suspended
    );
}

fn any_action() -> impl Strategy<Value = Action> {
    proptest::sample::select(Action::ALL)
}

fn any_purpose() -> impl Strategy<Value = Purpose> {
    proptest::sample::select(Purpose::ALL)
}

fn any_kind() -> impl Strategy<Value = OrgKind> {
    proptest::sample::select(OrgKind::ALL.to_vec())
}

proptest! {
    /// Permit exactly when a row of the table says so; nothing else opens, nothing else closes.
    #[test]
    fn the_table_alone_decides(kind in any_kind(), action in any_action(), purpose in any_purpose()) {
        let policy = policy();
        let row = policy.table().rules().into_iter().find(|r| r.action == action && r.purpose == purpose);
        let expected = row.is_some_and(|rule| rule.asker.contains(&kind));
        match ask(&policy, kind, action, purpose) {
            Decision::Permit(permit) => {
                prop_assert!(expected);
                prop_assert!(!permit.rule_id().is_empty() && !permit.basis.is_empty());
                prop_assert_eq!(permit.rule.action, action);
            }
            Decision::Deny(denial) => {
                prop_assert!(!expected);
                prop_assert!(!denial.ja.is_empty() && !denial.en.is_empty());
                prop_assert_eq!(denial.rule == DenialRule::NoRule, row.is_none());
            }
        }
    }

    #[test]
    fn the_suspended_and_the_unknown_get_nothing(
        kind in any_kind(), action in any_action(), purpose in any_purpose(), later in 0_i32..4_000,
    ) {
        let policy = policy();
        let since = day(2020, 1, 1);
        policy.directory().suspend(&org(kind), since, "停止");
        let on = since.add_days(later);
        let suspended = policy.decide(&Asking { asker: &org(kind), action, purpose, on });
        prop_assert_eq!(reason(suspended), DenialRule::Suspended);
        let stranger = OrgId::new(kind, "999").unwrap();
        let unknown = policy.decide(&Asking { asker: &stranger, action, purpose, on });
        prop_assert_eq!(reason(unknown), DenialRule::UnknownOrganisation);
    }

    #[test]
    fn nobody_asks_before_taking_part(
        kind in any_kind(), action in any_action(), purpose in any_purpose(), earlier in 1_i32..4_000,
    ) {
        let on = day(2015, 1, 1).add_days(-earlier);
        let decision = policy().decide(&Asking { asker: &org(kind), action, purpose, on });
        prop_assert_eq!(reason(decision), DenialRule::NotYetActive);
    }
}
