//! Reports to a registry about people who are reported once to five times, with the errors of the field; the truth apart.
//!
//! Two files: `registry-reports.csv` as hospitals would send it, and `truth/registry-reports.csv` that says whose report each is.
//! Among the people are the traps of linkage: twins, households, parents and children of one name.

use std::path::Path;

use crate::{
    day::Day,
    dice::Dice,
    plan::TownError,
    registry_slips::{self, Report},
    sheet::Sheet,
    vocabulary::Vocabulary,
};

/// Writes `reports` reports into `out`. Equal seeds give equal files; memory does not grow with their number.
///
/// # Errors
/// When a file cannot be written.
pub fn registry_lists(seed: u64, reports: u64, out: &Path) -> Result<u64, TownError> {
    let truth = out.join("truth");
    std::fs::create_dir_all(&truth).map_err(|source| TownError::Write { path: truth.clone(), source })?;
    let mut sheet = Sheet::create(out, "registry-reports", &COLUMNS, false)?;
    let mut truths = Sheet::create(&truth, "registry-reports", &["届出番号", "person"], false)?;
    let (vocabulary, places) = (Vocabulary::new(), Places::new());
    let (mut written, mut household) = (0, 0);
    while written < reports {
        let mut dice = Dice::of(seed, PURPOSE, household);
        for (slot, person) in people(&mut dice, &vocabulary, &places).into_iter().enumerate() {
            for nth in 0..1 + dice.weighted(&[40, 28, 17, 10, 5]) {
                if written == reports {
                    break;
                }
                let mut report = person.clone();
                // The first report is of the register's own form more often than later ones.
                registry_slips::apply(&mut dice, &mut report, nth > 0, &vocabulary, &places);
                let number = format!("R{written:09}");
                sheet.row(&row(&number, &report))?;
                truths.row(&(&number, format!("P{}", household * 8 + slot as u64)))?;
                written += 1;
            }
        }
        household += 1;
    }
    sheet.finish()?;
    truths.finish()
}

/// The columns of a report: the items of the registry that are about the person, with date and place of the tumour.
pub const COLUMNS: [&str; 15] = [
    "届出番号",
    "病院コード",
    "診療録番号",
    "カナ氏",
    "カナ名",
    "氏",
    "名",
    "旧姓",
    "性別",
    "生年月日",
    "郵便番号",
    "住所",
    "診断日",
    "局在",
    "死亡日",
];

fn row<'a>(number: &'a str, r: &'a Report) -> [&'a str; 15] {
    [
        number,
        &r.hospital,
        &r.chart,
        &r.surname_kana,
        &r.given_kana,
        &r.surname,
        &r.given,
        &r.former,
        &r.sex,
        &r.birth,
        &r.postal,
        &r.address,
        &r.diagnosed,
        &r.site,
        &r.death,
    ]
}

/// The people of one household who are reported.
fn people(dice: &mut Dice, vocabulary: &Vocabulary, places: &Places) -> Vec<Report> {
    let family = vocabulary.surname(dice);
    let home = places.home(dice);
    let size = 1 + dice.weighted(&[75, 17, 8]);
    let mut people: Vec<Report> = Vec::with_capacity(size + 1);
    for slot in 0..size {
        let man = if slot == 1 { people.first().is_some_and(|p| p.sex == "2") } else { dice.chance(0.5) };
        let birth = Day::new(dice.between(1925, 1995), 1, 1).plus(dice.between(0, 364));
        let (given, given_kana) = places.given(dice, man);
        let died = dice.chance(0.25);
        let mut person = Report {
            surname: family.written.to_owned(),
            surname_kana: family.kana.to_owned(),
            given,
            given_kana,
            sex: if man { "1" } else { "2" }.to_owned(),
            day: birth,
            home: home.clone(),
            diagnosed: String::new(),
            death: if died {
                compact(Day::new(dice.between(2017, 2025), 1, 1).plus(dice.between(0, 364)))
            } else {
                String::new()
            },
            ..Report::default()
        };
        if !man && dice.chance(0.5) {
            person.maiden = Some(vocabulary.surname(dice));
        }
        // A child with the name of a parent: about one household in two hundred.
        if slot == 2
            && dice.chance(0.06)
            && let Some(parent) = people.first()
        {
            (person.given, person.given_kana, person.sex) =
                (parent.given.clone(), parent.given_kana.clone(), parent.sex.clone());
            person.day = parent.day.plus_years(dice.between(22, 38)).plus(dice.between(0, 364));
        }
        people.push(person);
    }
    if dice.chance(0.006)
        && let Some(first) = people.first().cloned()
    {
        let (given, given_kana) = places.given(dice, first.sex == "1");
        people.push(Report { given, given_kana, ..first });
    }
    people
}

/// `yyyyMMdd`.
pub(crate) fn compact(day: Day) -> String {
    let (year, month, day) = day.ymd();
    format!("{year:04}{month:02}{day:02}")
}

/// Where people live, and the parts of their names.
pub(crate) struct Places {
    quarters: Vec<(&'static str, &'static str, Vec<&'static str>)>,
    parts: [Vec<(&'static str, &'static str)>; 3],
}

/// A dwelling in its parts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dwelling {
    pub prefecture: &'static str,
    pub city: &'static str,
    pub quarter: &'static str,
    pub numbers: [i32; 3],
    pub room: Option<i32>,
    pub postal: String,
}

impl Places {
    pub(crate) fn new() -> Self {
        let rows = |text: &'static str| text.lines().filter(|line| !line.starts_with('#'));
        let quarters = rows(PLACES).filter_map(|line| {
            let mut cells = line.split('\t');
            Some((cells.next()?, cells.next()?, cells.next()?.split(' ').collect()))
        });
        let mut parts: [Vec<(&str, &str)>; 3] = Default::default();
        for line in rows(NAMES) {
            let mut cells = line.split('\t');
            if let (Some(place), Some(kanji), Some(kana)) = (cells.next(), cells.next(), cells.next())
                && let Some(list) = place.parse::<usize>().ok().and_then(|at| parts.get_mut(at - 1))
            {
                list.push((kanji, kana));
            }
        }
        Self { quarters: quarters.collect(), parts }
    }

    pub(crate) fn home(&self, dice: &mut Dice) -> Dwelling {
        let at = dice.below(self.quarters.len() as u64);
        let Some((prefecture, city, quarters)) = self.quarters.get(at as usize) else {
            return Dwelling::default();
        };
        let place = dice.below(quarters.len() as u64);
        Dwelling {
            prefecture,
            city,
            quarter: quarters.get(place as usize).copied().unwrap_or_default(),
            numbers: [dice.between(1, 7), dice.between(1, 40), dice.between(1, 30)],
            room: dice.chance(0.35).then(|| dice.between(1, 12) * 100 + dice.between(1, 12)),
            postal: format!("{:03}{:02}{:02}", 100 + at * 7, place, 11),
        }
    }

    fn given(&self, dice: &mut Dice, man: bool) -> (String, String) {
        let [first, men, women] = &self.parts;
        // Low numbers are more usual: names are not equally frequent.
        let mut pick = |list: &[(&'static str, &'static str)]| {
            let at = (dice.unit() * dice.unit() * list.len() as f64) as usize;
            list.get(at).copied().unwrap_or(("某", "ボウ"))
        };
        let (a, b) = (pick(first), pick(if man { men } else { women }));
        ([a.0, b.0].concat(), [a.1, b.1].concat())
    }
}

const PURPOSE: u64 = 301;
const PLACES: &str = include_str!("../data/registry-places.tsv");
const NAMES: &str = include_str!("../data/registry-names.tsv");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_seeds_give_equal_files_with_the_truth_apart() {
        let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        assert_eq!(registry_lists(7, 500, a.path()).unwrap(), 500);
        registry_lists(7, 500, b.path()).unwrap();
        for name in ["registry-reports.csv", "truth/registry-reports.csv"] {
            let read = |dir: &Path| std::fs::read_to_string(dir.join(name)).unwrap();
            assert_eq!(read(a.path()), read(b.path()));
            assert_eq!(read(a.path()).lines().count(), 501);
        }
    }
}
