//! Our answer beside the expected one.

use std::collections::BTreeMap;

use calendar::Date;

use super::TestCase;
use crate::{
    Finding, Knowledge, Workspace,
    model::GroupId,
    period,
    status::{EvaluationStatus, SeriesStatus},
};

/// Which of the expectations of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Expectation {
    /// The evaluation of a dose, by its number from 1.
    Evaluation(u8),
    /// The status of the series.
    Status,
    /// The number of the next dose.
    Number,
    /// The earliest date.
    Earliest,
    /// The recommended date.
    Recommended,
    /// The past due date.
    PastDue,
}

/// One case, judged.
#[derive(Debug, Clone, serde::Serialize)]
pub struct CaseResult {
    /// Its identifier.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its vaccine group.
    pub group: String,
    /// How many expectations it has.
    pub expectations: usize,
    /// Those that were not met: which, what was expected, what we say.
    pub unmet: Vec<(Expectation, String, String)>,
}

/// How many of what passed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Tally {
    /// Passed.
    pub passed: usize,
    /// Of how many.
    pub of: usize,
}

impl Tally {
    fn add(&mut self, passed: bool) {
        self.of += 1;
        self.passed += usize::from(passed);
    }
}

/// The whole workbook, judged.
#[derive(Debug, Clone, Default, serde::Serialize)]
pub struct Report {
    /// Cases, by vaccine group.
    pub groups: BTreeMap<String, Tally>,
    /// Expectations of each kind, by vaccine group.
    pub kinds: BTreeMap<String, BTreeMap<&'static str, Tally>>,
    /// All cases.
    pub cases: Tally,
    /// The cases that failed.
    pub failed: Vec<CaseResult>,
    /// Codes of cases that the knowledge does not have: the identifier of the case, what is wrong.
    pub unknown: Vec<(String, Finding)>,
}

/// Runs every case.
pub fn run(knowledge: &Knowledge, cases: &[TestCase]) -> Report {
    let mut workspace = Workspace::new();
    let mut report = Report::default();
    for case in cases {
        let result = judge(knowledge, &mut workspace, case, &mut report.kinds);
        let unknown = workspace.findings().iter().filter(|finding| {
            matches!(finding, Finding::UnknownObservation { .. } | Finding::UnknownVaccine { .. })
        });
        report.unknown.extend(unknown.map(|finding| (case.id.clone(), finding.clone())));
        let passed = result.unmet.is_empty();
        report.cases.add(passed);
        report.groups.entry(case.group.clone()).or_default().add(passed);
        if !passed {
            report.failed.push(result);
        }
    }
    report
}

fn judge(
    knowledge: &Knowledge,
    workspace: &mut Workspace,
    case: &TestCase,
    kinds: &mut BTreeMap<String, BTreeMap<&'static str, Tally>>,
) -> CaseResult {
    workspace.assess(knowledge, &case.person, case.assessment);
    let group = group_of(knowledge, &case.group);
    let mut result = CaseResult {
        id: case.id.clone(),
        name: case.name.clone(),
        group: case.group.clone(),
        expectations: 0,
        unmet: Vec::new(),
    };
    let tallies = kinds.entry(case.group.clone()).or_default();
    let mut check = |what: Expectation, kind: &'static str, expected: String, found: String| {
        result.expectations += 1;
        let same = expected.eq_ignore_ascii_case(&found);
        tallies.entry(kind).or_default().add(same);
        if !same {
            result.unmet.push((what, expected, found));
        }
    };
    for (number, (status, _)) in
        case.evaluations.iter().enumerate().filter(|(_, (status, _))| !status.is_empty())
    {
        let found = group.and_then(|group| workspace.evaluation_in_group(knowledge, group, number));
        let found = found.map_or("-", EvaluationStatus::en);
        let what = Expectation::Evaluation(u8::try_from(number + 1).unwrap_or(u8::MAX));
        check(what, "evaluation", status.clone(), found.to_owned());
    }
    let answers = workspace.groups.iter().filter(|g| Some(g.group) == group);
    let expected = Answer {
        status: case.status.clone(),
        number: case.number,
        dates: [case.earliest, case.recommended, case.past_due],
    };
    // The first forecast of a group speaks for it; a person with a condition has one for each best series (chapter
    // 9), and the case, which names one, is about that one.
    let considered = if case.person.observations.is_empty() { 1 } else { usize::MAX };
    let found = answers
        .take(considered)
        .map(|g| Answer {
            status: g.status.en().to_owned(),
            number: (g.status == SeriesStatus::NotComplete).then_some(g.number),
            dates: [g.earliest, g.recommended, g.past_due].map(|day| day.map(period::date)),
        })
        .max_by_key(|answer| answer.agreement(&expected))
        .unwrap_or(Answer { status: "-".to_owned(), number: None, dates: [None; 3] });
    check(Expectation::Status, "status", expected.status.clone(), found.status.clone());
    check(Expectation::Number, "number", shown(expected.number), shown(found.number));
    let [earliest, recommended, past_due] = expected.dates;
    let [found_earliest, found_recommended, found_past_due] = found.dates;
    check(Expectation::Earliest, "earliest", shown(earliest), shown(found_earliest));
    check(Expectation::Recommended, "recommended", shown(recommended), shown(found_recommended));
    check(Expectation::PastDue, "past due", shown(past_due), shown(found_past_due));
    result
}

struct Answer {
    status: String,
    number: Option<u8>,
    dates: [Option<Date>; 3],
}

impl Answer {
    fn agreement(&self, other: &Self) -> usize {
        let dates = self.dates.iter().zip(&other.dates).filter(|(a, b)| a == b).count();
        dates
            + 4 * usize::from(self.status.eq_ignore_ascii_case(&other.status))
            + usize::from(self.number == other.number)
    }
}

fn shown(value: Option<impl ToString>) -> String {
    value.map_or("-".to_owned(), |value| value.to_string())
}

/// The workbooks abbreviate the groups' names in their own ways.
fn group_of(knowledge: &Knowledge, name: &str) -> Option<GroupId> {
    const ALIASES: [(&str, &str); 14] = [
        ("dtap", "DTaP/Tdap/Td"),
        ("tdap", "DTaP/Tdap/Td"),
        ("td", "DTaP/Tdap/Td"),
        ("pol", "Polio"),
        ("pcv", "Pneumococcal"),
        ("ppsv", "Pneumococcal"),
        ("var", "Varicella"),
        ("rota", "Rotavirus"),
        ("mcv", "Meningococcal"),
        ("menacwy", "Meningococcal"),
        ("menb", "Meningococcal B"),
        ("flu", "Influenza"),
        ("je", "Japanese Encephalitis"),
        ("yf", "Yellow Fever"),
    ];
    let folded = |text: &str| -> String {
        text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    let wanted = folded(name);
    let full = ALIASES.iter().find(|(alias, _)| *alias == wanted).map_or(wanted, |(_, full)| folded(full));
    let position = knowledge.groups.iter().position(|group| folded(&group.name) == full)?;
    u16::try_from(position).ok()
}

impl Workspace {
    /// What the best series say of a dose of the history, in the group that is asked about, or where the vaccine
    /// does not belong to it, in its own. In a group of several antigens it is not valid if one of them says so,
    /// and extraneous only if all of them do.
    pub(crate) fn evaluation_in_group(
        &self,
        knowledge: &Knowledge,
        group: GroupId,
        dose: usize,
    ) -> Option<EvaluationStatus> {
        let shot = self.shots.iter().position(|shot| usize::from(shot.dose) == dose)?;
        let in_group = |number: GroupId| {
            let antigens = &knowledge.groups.get(usize::from(number))?.antigens;
            let said =
                antigens.iter().filter_map(|antigen| self.evaluation_of(knowledge, *antigen, number, shot));
            said.min_by_key(|status| match status {
                EvaluationStatus::SubStandard => 0,
                EvaluationStatus::NotValid => 1,
                EvaluationStatus::Valid => 2,
                EvaluationStatus::Extraneous => 3,
            })
        };
        let others =
            (0..knowledge.groups.len()).filter_map(|number| in_group(GroupId::try_from(number).ok()?));
        in_group(group).or_else(|| {
            others.min_by_key(|status| match status {
                EvaluationStatus::Valid => 0,
                _ => 1,
            })
        })
    }

    fn evaluation_of(
        &self,
        knowledge: &Knowledge,
        antigen: u16,
        group: GroupId,
        shot: usize,
    ) -> Option<EvaluationStatus> {
        let (first, last) = self.spans.get(usize::from(antigen)).copied()?;
        let series = &knowledge.antigens.get(usize::from(antigen))?.series;
        let own = self.candidates.get(first as usize..last as usize)?.iter().filter(|c| c.best);
        let of_group = own.filter(|c| series.get(usize::from(c.series)).is_some_and(|s| s.group == group));
        let said = of_group.filter_map(|candidate| {
            let evals = self.evals.get(candidate.first_eval as usize..candidate.last_eval as usize)?;
            evals.iter().find(|eval| usize::from(eval.shot) == shot).map(|eval| eval.status)
        });
        said.min_by_key(|status| match status {
            EvaluationStatus::Valid => 0,
            EvaluationStatus::NotValid => 1,
            EvaluationStatus::Extraneous => 2,
            EvaluationStatus::SubStandard => 3,
        })
    }
}
