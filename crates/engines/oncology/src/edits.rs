//! Edits (論理チェック): what cannot be, or is unlikely, between the items of a report. The rules are `data/edits.toml`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use calendar::Date;
use serde::Deserialize;

use crate::layout::Layout;
use crate::ranges::Ranges;
use crate::report::{Finding, Report, Severity};

/// Finds what is wrong in a report: each value alone, the rules between them, and the order of its days. `today` is the last day that
/// can have been.
pub fn check(report: &Report, layout: &Layout, today: Date) -> Vec<Finding> {
    let mut findings = crate::report::check_values(report, layout);
    let facts = Facts::of(report, layout);
    findings.extend(
        RULES.rules.iter().filter(|rule| rule.finds(&facts)).map(|rule| rule.finding(report, layout)),
    );
    findings.extend(days(report, layout, today));
    findings
}

/// How many rules there are, and how many of them were read in their source.
pub fn rules() -> (usize, usize) {
    (RULES.rules.len(), RULES.rules.iter().filter(|rule| rule.verified).count())
}

#[derive(Deserialize)]
struct Rules {
    rules: Vec<Rule>,
}

#[derive(Deserialize)]
struct Rule {
    id: String,
    severity: Severity,
    items: Vec<String>,
    ja: String,
    en: String,
    source: String,
    verified: bool,
    when: BTreeMap<Fact, Ranges>,
    #[serde(default)]
    unless: BTreeMap<Fact, Ranges>,
}

#[expect(clippy::expect_used, reason = "the file is part of the program and read by every test")]
static RULES: LazyLock<Rules> =
    LazyLock::new(|| toml::from_str(include_str!("../data/edits.toml")).expect("the edits of a report"));

/// What a condition is about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Fact {
    Sex,
    Age,
    Site,
    Histology,
    Behaviour,
    Grade,
    Laterality,
    Basis,
    ExtentBefore,
    ExtentAfter,
    Surgery,
    ScopicSurgery,
    Endoscopic,
    ExtentOfSurgery,
}

/// The facts of a report, as numbers; what is missing or unreadable is none.
struct Facts(Vec<(Fact, u16)>);

impl Facts {
    fn of(report: &Report, layout: &Layout) -> Self {
        let mut facts = Vec::with_capacity(14);
        let mut add = |fact, number: Option<u16>| facts.extend(number.map(|number| (fact, number)));
        let code = |key: &str| report.get(layout, key).parse().ok();
        add(Fact::Sex, code("sex"));
        let (birth, diagnosed) = (report.date(layout, "birth"), report.date(layout, "diagnosed"));
        add(Fact::Age, birth.zip(diagnosed).and_then(|(birth, diagnosed)| birth.age_on(diagnosed)));
        add(Fact::Site, report.topography(layout).map(crate::icdo::Topography::number));
        if let Some(morphology) = report.morphology(layout) {
            add(Fact::Histology, Some(morphology.histology.number()));
            add(
                Fact::Behaviour,
                morphology.behaviour.digit().to_digit(10).and_then(|digit| digit.try_into().ok()),
            );
            add(Fact::Grade, Some(u16::from(morphology.grade)));
        }
        add(Fact::Laterality, code("laterality"));
        add(Fact::Basis, code("basis"));
        add(Fact::ExtentBefore, code("extent_before"));
        add(Fact::ExtentAfter, code("extent_after"));
        add(Fact::Surgery, code("surgery"));
        add(Fact::ScopicSurgery, code("scopic_surgery"));
        add(Fact::Endoscopic, code("endoscopic"));
        add(Fact::ExtentOfSurgery, code("extent_of_surgery"));
        Self(facts)
    }

    fn hold(&self, conditions: &BTreeMap<Fact, Ranges>) -> bool {
        conditions.iter().all(|(fact, codes)| {
            self.0.iter().any(|(known, number)| known == fact && codes.contains(*number))
        })
    }

    /// Whether every fact that conditions speak of is known.
    fn know(&self, conditions: &BTreeMap<Fact, Ranges>) -> bool {
        conditions.keys().all(|fact| self.0.iter().any(|(known, _)| known == fact))
    }
}

impl Rule {
    fn finds(&self, facts: &Facts) -> bool {
        let excepted = || !self.unless.is_empty() && (facts.hold(&self.unless) || !facts.know(&self.unless));
        facts.hold(&self.when) && !excepted()
    }

    fn finding(&self, report: &Report, layout: &Layout) -> Finding {
        let value = |key: &String| {
            let place = layout.place(key)?;
            Some((layout.items.get(place)?.ja.clone(), report.value(place).to_owned()))
        };
        let unverified = if self.verified { "" } else { "（規則は出典と未照合）" };
        Finding {
            line: report.line,
            rule: self.id.clone(),
            severity: self.severity,
            values: self.items.iter().filter_map(value).collect(),
            ja: format!("{}{unverified} 出典: {}", self.ja, self.source),
            en: format!("{} ({})", self.en, self.source),
        }
    }
}

/// The order of a report's days: born, diagnosed, died, today.
fn days(report: &Report, layout: &Layout, today: Date) -> Vec<Finding> {
    const KEYS: [&str; 3] = ["birth", "diagnosed", "died"];
    let day = |key: &&'static str| Some((*key, report.date(layout, key)?));
    let known: Vec<(&str, Date)> = KEYS.iter().filter_map(day).collect();
    let name =
        |key: &str| layout.place(key).and_then(|place| layout.items.get(place)).map_or("", |item| &item.ja);
    let finding = |rule: &str, keys: &[&str], ja: String, en: String| Finding {
        line: report.line,
        rule: rule.to_owned(),
        severity: Severity::Error,
        values: keys.iter().map(|key| (name(key).to_owned(), report.get(layout, key).to_owned())).collect(),
        ja,
        en,
    };
    let mut findings = Vec::new();
    for pair in known.windows(2) {
        if let [(first, earlier), (second, later)] = pair
            && later < earlier
        {
            let ja = format!("{}が{}より前です。", name(second), name(first));
            findings.push(finding(
                "order-of-days",
                &[first, second],
                ja,
                format!("{second} is before {first}"),
            ));
        }
    }
    for (key, date) in known {
        if date > today {
            let ja = format!("{}が未来の日です。", name(key));
            findings.push(finding("day-to-come", &[key], ja, format!("{key} is still to come")));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(changes: &[(&str, &str)]) -> String {
        let layout = Layout::national();
        let base = [
            ("record", "12345"),
            ("kana", "ヤマダ　タロウ"),
            ("name", "山田　太郎"),
            ("sex", "1"),
            ("birth", "19500101"),
            ("prefecture", "13"),
            ("address", "千代田区丸の内"),
            ("laterality", "7"),
            ("topography", "C16.2"),
            ("morphology", "8140/32"),
            ("diagnosing", "1"),
            ("treating", "2"),
            ("basis", "1"),
            ("diagnosed", "20200401"),
            ("detection", "1"),
            ("extent_before", "410"),
            ("extent_after", "410"),
            ("surgery", "1"),
            ("scopic_surgery", "2"),
            ("endoscopic", "2"),
            ("extent_of_surgery", "1"),
            ("radiotherapy", "2"),
            ("chemotherapy", "2"),
            ("endocrine", "2"),
            ("other_treatment", "2"),
            ("died", ""),
        ];
        let value = |key: &str| {
            let changed = changes.iter().find(|(name, _)| *name == key);
            changed.or_else(|| base.iter().find(|(name, _)| *name == key)).map_or("", |(_, value)| *value)
        };
        layout.items.iter().map(|item| value(&item.key)).collect::<Vec<_>>().join(",")
    }

    fn found(changes: &[(&str, &str)]) -> Vec<String> {
        let layout = Layout::national();
        let reports = crate::report::read(row(changes).as_bytes(), layout).unwrap();
        let today = Date::new(2026, 1, 1).unwrap();
        reports.iter().flat_map(|report| check(report, layout, today)).map(|finding| finding.rule).collect()
    }

    #[test]
    fn rules_find_what_they_are_for_and_nothing_else() {
        type Case<'a> = (&'a [(&'a str, &'a str)], &'a [&'a str]);
        let cases: &[Case<'_>] = &[
            (&[], &[]),
            (&[("topography", "C53.9"), ("morphology", "8070/33")], &["sex-site-female"]),
            (&[("sex", "2"), ("topography", "C61.9"), ("morphology", "8140/33")], &["sex-site-male"]),
            (&[("topography", "C34.1"), ("laterality", "1"), ("morphology", "8170/39")], &["family-07"]),
            (&[("topography", "C22.0"), ("morphology", "8170/39")], &[]),
            (&[("topography", "C49.9"), ("morphology", "8140/33")], &["not-family-02"]),
            (&[("morphology", "8140/29"), ("extent_before", "400"), ("extent_after", "400")], &[]),
            (&[("morphology", "8140/29")], &["behaviour-in-situ"]),
            (&[("extent_before", "400")], &["extent-in-situ"]),
            (
                &[("topography", "C34.1"), ("laterality", "7"), ("morphology", "8070/33")],
                &["laterality-paired"],
            ),
            (&[("laterality", "2")], &["laterality-unpaired"]),
            (&[("morphology", "8140/36")], &["grade-solid"]),
            (&[("surgery", "2"), ("extent_of_surgery", "6"), ("extent_after", "777")], &[]),
            (&[("surgery", "2")], &["extent-without-surgery", "nothing-left-without-surgery"]),
            (&[("diagnosed", "19490401")], &["order-of-days"]),
            (&[("died", "20200331")], &["order-of-days"]),
            (&[("diagnosed", "20270101")], &["day-to-come"]),
            (&[("topography", "C61.9"), ("birth", "19850101")], &["age-prostate"]),
        ];
        for (changes, expected) in cases {
            assert_eq!(found(changes), *expected, "{changes:?}");
        }
        println!("edits: {} rules, {} of them read in their source", rules().0, rules().1);
    }

    #[test]
    fn what_is_unreadable_meets_no_rule() {
        assert_eq!(found(&[("topography", "X")]), ["value"]);
    }
}
