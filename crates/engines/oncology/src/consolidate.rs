//! One case of several reports (集約): for each item the best value, and why it is the best.

use serde::Serialize;

use crate::icdo::{Morphology, Topography};
use crate::layout::Layout;
use crate::report::Report;

/// A value that was chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Chosen {
    /// The item's key.
    pub item: String,
    /// The value.
    pub value: String,
    /// The line of the report that gave it.
    pub line: u64,
    /// Why.
    pub because: Because,
}

/// Why a value is the best.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Because {
    /// All reports that say something say this.
    Agreed,
    /// The earliest day.
    Earliest,
    /// The surest basis of diagnosis.
    SurestBasis,
    /// The most specific code; among those as specific, of the surest basis.
    MostSpecific,
    /// The institution where the first treatment began says so.
    FirstTreatment,
    /// One institution did it, whatever others know of.
    Done,
    /// What is known goes before what is not known.
    Known,
    /// The newest report of the institution that knows the patient best.
    BestKnown,
}

impl Because {
    /// The same in words.
    pub fn ja(self) -> &'static str {
        match self {
            Self::Agreed => "記入のある届出がすべて同じ",
            Self::Earliest => "最も早い日",
            Self::SurestBasis => "最も確かな診断根拠",
            Self::MostSpecific => "最も詳しく確かなコード",
            Self::FirstTreatment => "初回治療を開始した施設の届出",
            Self::Done => "どこかの施設で施行あり",
            Self::Known => "不明より判明を優先",
            Self::BestKnown => "患者を最もよく知る施設の届出",
        }
    }
}

/// Makes one case of the reports of one tumour; in the layout's order, items that nobody filled are left out.
pub fn consolidate(reports: &[Report], layout: &Layout) -> Vec<Chosen> {
    layout.items.iter().filter_map(|item| choose(&item.key, reports, layout)).collect()
}

fn choose(key: &str, reports: &[Report], layout: &Layout) -> Option<Chosen> {
    let given: Vec<&Report> = reports.iter().filter(|report| !report.get(layout, key).is_empty()).collect();
    let first = given.first()?;
    let value = |report: &Report| report.get(layout, key).to_owned();
    let chosen = |report: &Report, because| Chosen {
        item: key.to_owned(),
        value: value(report),
        line: report.line,
        because,
    };
    if given.iter().all(|report| report.get(layout, key) == first.get(layout, key)) {
        return Some(chosen(first, Because::Agreed));
    }
    let best = |rank: &dyn Fn(&Report) -> Rank| given.iter().min_by_key(|report| rank(report)).copied();
    let (report, because) = match key {
        "diagnosed" | "died" => (best(&|report| (days(report, layout, key), 0, 0)), Because::Earliest),
        "basis" => (best(&|report| (basis(report, layout), 0, 0)), Because::SurestBasis),
        "topography" => {
            let rank =
                |report: &Report| (site_vagueness(report.topography(layout)), basis(report, layout), 0);
            (best(&rank), Because::MostSpecific)
        }
        "morphology" => {
            let rank = |report: &Report| {
                let morphology = report.morphology(layout);
                (basis(report, layout), morphology_vagueness(morphology), higher_first(morphology))
            };
            (best(&rank), Because::MostSpecific)
        }
        "surgery" | "scopic_surgery" | "endoscopic" | "radiotherapy" | "chemotherapy" | "endocrine"
        | "other_treatment" => (best(&|report| (code(report, layout, key), 0, 0)), Because::Done),
        "laterality" | "detection" | "extent_of_surgery" => {
            (best(&|report| (unknown_last(report, layout, key), basis(report, layout), 0)), Because::Known)
        }
        "extent_before" | "extent_after" | "diagnosing" | "treating" => {
            let rank = |report: &Report| {
                (unknown_last(report, layout, key), treated_here(report, layout), basis(report, layout))
            };
            (best(&rank), Because::FirstTreatment)
        }
        _ => {
            let newest = |report: &Report| u32::MAX - u32::try_from(report.line).unwrap_or(u32::MAX);
            (
                best(&|report| (treated_here(report, layout), basis(report, layout), newest(report))),
                Because::BestKnown,
            )
        }
    };
    report.map(|report| chosen(report, because))
}

/// What goes first: smaller is better.
type Rank = (u32, u32, u32);

fn days(report: &Report, layout: &Layout, key: &str) -> u32 {
    report.date(layout, key).and_then(|day| u32::try_from(day.to_days() + 1_000_000).ok()).unwrap_or(u32::MAX)
}

fn code(report: &Report, layout: &Layout, key: &str) -> u32 {
    report.get(layout, key).parse().unwrap_or(u32::MAX)
}

/// 診断根拠 is numbered by how sure it is; 9 is not known.
fn basis(report: &Report, layout: &Layout) -> u32 {
    code(report, layout, "basis")
}

/// Codes that say "not known" or "does not apply" come after all that say something.
fn unknown_last(report: &Report, layout: &Layout, key: &str) -> u32 {
    u32::from(matches!(report.get(layout, key), "7" | "9" | "499" | "777" | "660" | ""))
}

/// 治療施設 2: the first treatment began there.
fn treated_here(report: &Report, layout: &Layout) -> u32 {
    match report.get(layout, "treating") {
        "2" => 0,
        "3" => 1,
        _ => 2,
    }
}

fn site_vagueness(site: Option<Topography>) -> u32 {
    match site {
        None => 4,
        Some(site) if site.category() == 80 => 3,
        Some(site) if site.category() == 76 => 2,
        Some(site) => u32::from(site.number() % 10 == 9),
    }
}

fn morphology_vagueness(morphology: Option<Morphology>) -> u32 {
    match morphology.map(|morphology| morphology.histology.number()) {
        None => 3,
        Some(8000..=8005) => 2,
        Some(8010..=8015 | 8020..=8022 | 8050 | 9590 | 9591 | 9800 | 9801) => 1,
        Some(_) => 0,
    }
}

fn higher_first(morphology: Option<Morphology>) -> u32 {
    morphology.map_or(u32::MAX, |morphology| u32::from(u16::MAX - morphology.histology.number()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(rows: &[&str]) -> Vec<(String, String, Because)> {
        let layout = Layout::national();
        let text = format!(
            "diagnosed,basis,topography,morphology,treating,surgery,laterality,extent_before\n{}",
            rows.join("\n")
        );
        let reports = crate::report::read(text.as_bytes(), layout).unwrap();
        consolidate(&reports, layout)
            .into_iter()
            .map(|chosen| (chosen.item, chosen.value, chosen.because))
            .collect()
    }

    fn value(case: &[(String, String, Because)], key: &str) -> (String, Because) {
        case.iter()
            .find(|(item, ..)| item == key)
            .map(|(_, value, because)| (value.clone(), *because))
            .unwrap()
    }

    #[test]
    fn the_best_value_of_each_item_is_taken_with_its_reason() {
        let case = case(&[
            "20200410,5,C349,8000/39,1,2,9,499",
            "20200420,1,C341,8140/32,2,1,1,410",
            "20200501,3,C341,8010/39,4,9,1,420",
        ]);
        assert_eq!(value(&case, "diagnosed"), ("20200410".into(), Because::Earliest));
        assert_eq!(value(&case, "basis"), ("1".into(), Because::SurestBasis));
        assert_eq!(value(&case, "topography"), ("C341".into(), Because::MostSpecific));
        assert_eq!(value(&case, "morphology"), ("8140/32".into(), Because::MostSpecific));
        assert_eq!(value(&case, "surgery"), ("1".into(), Because::Done));
        assert_eq!(value(&case, "laterality"), ("1".into(), Because::Known));
        assert_eq!(value(&case, "extent_before"), ("410".into(), Because::FirstTreatment));
    }

    #[test]
    fn one_report_agrees_with_itself() {
        let case = case(&["20200410,5,C349,8000/39,1,2,9,499"]);
        assert!(case.iter().all(|(.., because)| *because == Because::Agreed));
    }
}
