//! Names and streets, from the lists in `data/` (written for this crate from general knowledge).

use crate::day::Day;
use crate::dice::Dice;

/// A surname with its reading and the variant characters some families write it with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Surname {
    /// The usual writing.
    pub plain: &'static str,
    /// Reading in full-width katakana.
    pub kana: &'static str,
    /// Other writings (旧字・異体字, some outside CP932), joined by `|`; empty when none.
    variants: &'static str,
}

/// A surname as one family writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FamilyName {
    /// As in the resident register.
    pub written: &'static str,
    /// The usual writing, equal unless the family uses a variant.
    pub plain: &'static str,
    /// Reading in full-width katakana.
    pub kana: &'static str,
}

/// A given name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GivenName {
    /// As in the resident register.
    pub written: &'static str,
    /// Reading in full-width katakana.
    pub kana: &'static str,
}

/// The lists, read once.
pub struct Vocabulary {
    surnames: Vec<Surname>,
    /// Running sums of the weights of `surnames`.
    sums: Vec<u64>,
    given: Vec<GivenList>,
}

struct GivenList {
    sex: u8,
    from: i32,
    until: i32,
    names: Vec<GivenName>,
}

impl Vocabulary {
    /// Reads the lists.
    pub fn new() -> Self {
        let mut vocabulary = Self { surnames: Vec::new(), sums: Vec::new(), given: Vec::new() };
        let mut sum = 0;
        for (surname, weight) in rows(SURNAMES).filter_map(surname) {
            sum += weight;
            vocabulary.surnames.push(surname);
            vocabulary.sums.push(sum);
        }
        for (sex, from, until, name) in rows(GIVEN_NAMES).filter_map(given_name) {
            match vocabulary.given.last_mut() {
                Some(list) if (list.sex, list.from) == (sex, from) => list.names.push(name),
                _ => vocabulary.given.push(GivenList { sex, from, until, names: vec![name] }),
            }
        }
        vocabulary
    }

    /// A surname by frequency, in one of its writings: four families of ten with a variant use it.
    pub fn surname(&self, dice: &mut Dice) -> FamilyName {
        let at = dice.below(self.sums.last().copied().unwrap_or_default());
        let place = self.sums.partition_point(|&sum| sum <= at);
        let Some(surname) = self.surnames.get(place) else { return NOBODY };
        let variant = if surname.variants.is_empty() || !dice.chance(0.4) {
            None
        } else {
            let count = surname.variants.split('|').count() as u64;
            surname.variants.split('|').nth(dice.below(count) as usize)
        };
        FamilyName { written: variant.unwrap_or(surname.plain), plain: surname.plain, kana: surname.kana }
    }

    /// A given name usual for that sex and birth year.
    pub fn given(&self, dice: &mut Dice, sex: u8, birth: Day) -> GivenName {
        let year = birth.year().clamp(1915, 2030);
        let list = self.given.iter().find(|l| l.sex == sex && (l.from..=l.until).contains(&year));
        list.and_then(|l| dice.pick(&l.names))
            .copied()
            .unwrap_or(GivenName { written: "某", kana: "ボウ" })
    }
}

impl Default for Vocabulary {
    fn default() -> Self {
        Self::new()
    }
}

fn rows(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines().filter(|line| !line.starts_with('#') && !line.is_empty())
}

fn surname(line: &'static str) -> Option<(Surname, u64)> {
    let mut cells = line.split('\t');
    let (plain, kana, weight) = (cells.next()?, cells.next()?, cells.next()?.parse().ok()?);
    Some((Surname { plain, kana, variants: cells.next().unwrap_or_default() }, weight))
}

fn given_name(line: &'static str) -> Option<(u8, i32, i32, GivenName)> {
    let mut cells = line.split('\t');
    let (sex, from, until) = (cells.next()?, cells.next()?, cells.next()?);
    let name = GivenName { written: cells.next()?, kana: cells.next()? };
    Some((sex.parse().ok()?, from.parse().ok()?, until.parse().ok()?, name))
}

/// What an empty list would give; a test holds that the lists are not empty.
const NOBODY: FamilyName = FamilyName { written: "某", plain: "某", kana: "ボウ" };
const SURNAMES: &str = include_str!("../data/surnames.tsv");
const GIVEN_NAMES: &str = include_str!("../data/given-names.tsv");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_read_and_every_reading_is_katakana() {
        let vocabulary = Vocabulary::new();
        assert_eq!(vocabulary.surnames.len(), rows(SURNAMES).count());
        assert!(vocabulary.surnames.len() >= 300);
        let given: usize = vocabulary.given.iter().map(|l| l.names.len()).sum();
        assert_eq!(given, rows(GIVEN_NAMES).count());
        let readings = vocabulary
            .surnames
            .iter()
            .map(|s| s.kana)
            .chain(vocabulary.given.iter().flat_map(|l| l.names.iter().map(|n| n.kana)));
        for kana in readings {
            assert!(kana.chars().all(|c| ('ァ'..='ー').contains(&c)), "{kana}");
        }
    }

    #[test]
    fn each_sex_and_year_has_names() {
        let vocabulary = Vocabulary::new();
        let mut dice = Dice::of(1, 1, 1);
        for year in 1915..=2030 {
            for sex in [1, 2] {
                assert_ne!(vocabulary.given(&mut dice, sex, Day::new(year, 6, 1)).written, "某");
            }
        }
    }

    #[test]
    fn some_names_are_outside_cp932() {
        let outside = |s: &Surname| s.variants.chars().any(|c| c as u32 > 0xffff);
        assert!(Vocabulary::new().surnames.iter().filter(|&s| outside(s)).count() > 10);
    }
}
