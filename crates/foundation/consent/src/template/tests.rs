use super::*;
use crate::{ActReason, Category, Consents, Label, Purposes, RuleId, What, Who};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn hospital() -> OrgId {
    OrgId::new(codes::OrgKind::Institution, "1310000001").unwrap()
}

fn names(organisation: &OrgId) -> Option<Text> {
    (*organisation == hospital()).then(|| Text { ja: "北病院".into(), en: "North Hospital".into() })
}

#[test]
fn a_permission_says_everything_in_both_languages() {
    let rule = Rule {
        who: vec![Who { profession: Some(crate::Profession::Physician), ..Who::organisation(hospital()) }],
        what: What {
            labels: crate::Labels::of(&[Label::Normal]),
            ..What::categories(&[Category::Laboratory])
        },
        purposes: Purposes::of(&[ActReason::Treat]),
        until: Some(at("2027-04-01T00:00:00+09:00")),
        keep_until: Some("2028-03-31".parse().unwrap()),
        ..Rule::new(RuleId::new("r1").unwrap(), Effect::Permit, at("2026-11-22T10:00:00+09:00"))
    };
    let text = document(&rule, &names).unwrap();
    for word in [
        "北病院の医師",
        "検査結果",
        "通常",
        "診療（救急を含む）",
        "2027-04-01",
        "令和10年3月31日",
        "permit@1",
    ] {
        assert!(text.ja.contains(word), "{word}: {}", text.ja);
    }
    for word in ["North Hospital, physician", "laboratory results", "normal", "2028-03-31", "at any time"] {
        assert!(text.en.contains(word), "{word}: {}", text.en);
    }
}

#[test]
fn refusal_withdrawal_and_opt_out_are_documents() {
    let given = at("2026-11-22T10:00:00+09:00");
    let rule = Rule::new(RuleId::new("r1").unwrap(), Effect::Deny, given);
    assert!(document(&rule, &names).unwrap().ja.starts_with("情報を見せないことの申出書"));
    let text = withdrawal(&rule, at("2026-12-01T09:00:00+09:00"), &names).unwrap();
    assert!(
        text.ja.contains("撤回書")
            && text.ja.contains("2026-11-22 10:00")
            && text.ja.contains("2026-12-01 09:00")
    );
    assert!(opt_out(true, given).unwrap().ja.contains("救急のときにも見せません"));
    assert!(opt_out(false, given).unwrap().en.contains("as far as the law says"));
}

#[test]
fn every_template_has_a_name_a_day_and_words() {
    for one in TEMPLATES {
        let id = TemplateVersion::new(one.id).unwrap();
        assert_eq!(template(&id), Some(one));
        assert!(one.in_use_since().is_some() && one.id.contains('@'));
        assert!(!one.before_ja.is_empty() && !one.before_en.is_empty());
    }
    let law: Vec<_> = crate::law::rules().iter().filter_map(|rule| document(rule, &names)).collect();
    assert!(law.is_empty() && Consents::default().rules.is_empty());
}
