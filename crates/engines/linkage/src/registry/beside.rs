//! The registry's rule and the probabilistic one on the same pairs.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Outcome, Person, Profile};
use crate::{
    blocking::visit_pairs,
    evaluate::{self, Quality},
    explain::Decision,
    link::{Linkage, Scored},
    table::Table,
    text::Scratch,
};

/// What both rules say about the pairs that blocking made.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Beside {
    /// Pairs by the registry's outcome and by ours.
    pub counts: Vec<Cell>,
    /// Where the truth is known: the registry's rule, 自動同一 alone.
    pub automatic: Option<Quality>,
    /// The same with every pair that goes to a human decided rightly.
    pub with_humans: Option<Quality>,
    /// Ours, the pairs that are links.
    pub ours: Option<Quality>,
}

/// Pairs on which the two rules say this.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Cell {
    /// The registry's outcome.
    pub registry: Outcome,
    /// Whether ours is a link.
    pub link: bool,
    /// The pairs.
    pub pairs: u64,
    /// How many of them are true, where that is known.
    pub right: u64,
}

/// Pairs by the rule's outcome and by whether the linkage links them: how many, and how many of them are true.
type Counts = BTreeMap<(Outcome, bool), (u64, u64)>;

/// Applies a profile to every pair that the linkage looked at. Fields that are not there are missing in every report.
pub fn beside(linkage: &Linkage, profile: &Profile) -> Beside {
    let people = People::of(&linkage.table);
    let start = || (Scratch::default(), Counts::new());
    let visit = |state: &mut (Scratch, Counts), a: u32, b: u32| {
        let outcome = profile.decide(&mut state.0, &people.person(a), &people.person(b)).outcome;
        let pair = Scored { a, b, weight: f32::MIN };
        let link = linkage.decision_of(&pair) == Decision::Link;
        let count = state.1.entry((outcome, link)).or_default();
        count.0 += 1;
        count.1 += u64::from(evaluate::is_true(&linkage.table, &pair));
    };
    let (states, _) = visit_pairs(&linkage.table, &linkage.rules, 1, start, visit, &|_, _| {});
    let mut sums = Counts::new();
    for (_, counts) in states {
        for (key, (pairs, right)) in counts {
            let sum = sums.entry(key).or_default();
            *sum = (sum.0 + pairs, sum.1 + right);
        }
    }
    let counts: Vec<Cell> = sums
        .into_iter()
        .map(|((registry, link), (pairs, right))| Cell { registry, link, pairs, right })
        .collect();
    if !linkage.table.knows_truth() {
        return Beside { counts, ..Beside::default() };
    }
    let truths = evaluate::true_pairs(&linkage.table);
    let of = |outcome: Outcome| {
        let cells = counts.iter().filter(move |cell| cell.registry == outcome);
        cells.fold((0, 0), |sum, cell| (sum.0 + cell.pairs, sum.1 + cell.right))
    };
    let ((same, same_right), (_, review_right)) = (of(Outcome::Same), of(Outcome::Review));
    Beside {
        automatic: Some(Quality::of(same_right, same, truths)),
        with_humans: Some(Quality::of(same_right + review_right, same + review_right, truths)),
        ours: Some(evaluate::of_pairs(&linkage.table, linkage.links.iter())),
        counts,
    }
}

/// Where a table has what the rule looks at.
struct People<'a> {
    table: &'a Table,
    columns: [Option<usize>; 12],
}

impl<'a> People<'a> {
    fn of(table: &'a Table) -> Self {
        let names = [
            "surname",
            "given",
            "birth",
            "address.lot",
            "address.town",
            "hospital",
            "chart",
            "death",
            "site",
            "surname_kana",
            "given_kana",
            "sex",
        ];
        Self { table, columns: names.map(|name| table.column(name).ok()) }
    }

    fn person(&self, record: u32) -> Person {
        let texts = self.columns.map(|column| column.map_or("", |column| self.table.text(record, column)));
        let [
            surname,
            given,
            birth,
            address,
            town,
            hospital,
            chart,
            death,
            site,
            surname_kana,
            given_kana,
            sex,
        ] = texts;
        Person {
            surname: surname.to_owned(),
            given: given.to_owned(),
            birth: birth.to_owned(),
            address: address.to_owned(),
            town: town.to_owned(),
            hospital: hospital.to_owned(),
            chart: chart.to_owned(),
            death: death.to_owned(),
            site: site.to_owned(),
            kana: [surname_kana, given_kana].concat(),
            sex: sex.to_owned(),
        }
    }
}
