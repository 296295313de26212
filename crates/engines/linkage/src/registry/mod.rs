//! The rule of the national cancer registry (全国がん登録の同定): beside the probabilistic one, on the same records.
//!
//! Four indicators (surname and given name in kanji, day of birth, address) in twenty combinations make candidates; seven
//! reference items with weights decide what becomes of a candidate: the same person, another person, or a human's decision
//! (報告書 2016年診断症例 5年生存率 p. 18). Which twenty combinations and which weights are not published: those here are a
//! [`Profile`] that says which were taken, and a registry replaces it by its own.

mod beside;

pub use beside::{Beside, Cell, beside};

use serde::{Deserialize, Serialize};

use crate::{error::LinkError, text::Scratch};

/// What the rule looks at, as a report has it. Empty texts are missing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Person {
    /// 漢字氏.
    pub surname: String,
    /// 漢字名.
    pub given: String,
    /// 生年月日, `yyyyMMdd`.
    pub birth: String,
    /// 住所 as a key of the whole address.
    pub address: String,
    /// 大字までの住所 as a key.
    pub town: String,
    /// 病院コード.
    pub hospital: String,
    /// 診療録番号.
    pub chart: String,
    /// 死亡日.
    pub death: String,
    /// 局在 (topography).
    pub site: String,
    /// カナ氏名 as a key.
    pub kana: String,
    /// 性別.
    pub sex: String,
}

impl Person {
    /// A person by the texts of a report; names, kana, days and addresses are brought into one form.
    #[expect(clippy::too_many_arguments, reason = "the items of a report, in its order")]
    pub fn new(
        hospital: &str,
        chart: &str,
        kana: &str,
        surname: &str,
        given: &str,
        sex: &str,
        birth: &str,
        address: &str,
        site: &str,
        death: &str,
    ) -> Self {
        let day = |text: &str| {
            calendar::Date::parse(text).map_or(text.trim().to_owned(), calendar::Date::to_compact)
        };
        let place = kotoba::Address::parse(address);
        Self {
            surname: kotoba::fold_name_form(surname),
            given: kotoba::fold_name_form(given),
            birth: day(birth),
            address: place.lot_key(),
            town: place.town_key(),
            hospital: hospital.trim().to_owned(),
            chart: chart.trim().to_owned(),
            death: day(death),
            site: site.trim().to_uppercase(),
            kana: kotoba::fold_kana(kana),
            sex: sex.trim().to_owned(),
        }
    }
}

/// How far an indicator must agree in a combination.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ask {
    /// The same.
    Same,
    /// The same, or nearly: a name with a confusable character or its beginning, a day in two of year, month and day, an address to the quarter.
    Near,
    /// Whatever it is.
    Any,
}

/// One combination of the four indicators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Combination {
    /// 漢字氏.
    pub surname: Ask,
    /// 漢字名.
    pub given: Ask,
    /// 生年月日.
    pub birth: Ask,
    /// 住所.
    pub address: Ask,
}

/// Combinations, weights and thresholds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    /// The combinations; a pair that fits one is a candidate.
    pub combinations: Vec<Combination>,
    /// The weights of the reference items.
    pub weights: Weights,
    /// From this sum on the same person.
    pub same_from: i32,
    /// Up to this sum another person.
    pub different_to: i32,
}

/// For each reference item what agreement adds and disagreement takes; missing adds nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Weights {
    /// 病院コード＋診療録番号.
    pub chart: (i32, i32),
    /// 死亡日.
    pub death: (i32, i32),
    /// 局在.
    pub site: (i32, i32),
    /// カナ氏名.
    pub kana: (i32, i32),
    /// 性別.
    pub sex: (i32, i32),
    /// 病院コード.
    pub hospital: (i32, i32),
    /// 大字までの住所.
    pub town: (i32, i32),
}

/// What becomes of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// No combination fits: no candidate.
    NoCandidate,
    /// 自動非同一.
    Different,
    /// 人が判断.
    Review,
    /// 自動同一.
    Same,
}

/// The decision upon a pair and its reasons.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Decided {
    /// The outcome.
    pub outcome: Outcome,
    /// The first combination that fits, from 1.
    pub combination: Option<usize>,
    /// The items with what they added.
    pub items: Vec<(&'static str, i32)>,
    /// Their sum.
    pub sum: i32,
}

impl Default for Profile {
    /// Twenty combinations in which three indicators agree or nearly do, or two agree exactly of which one is the day of birth
    /// or the address; weights by the items' power to tell people apart. Ours, for want of published ones.
    fn default() -> Self {
        use Ask::{Any, Near, Same};
        let c = |surname, given, birth, address| Combination { surname, given, birth, address };
        Self {
            combinations: vec![
                c(Same, Same, Same, Same),
                c(Same, Same, Same, Near),
                c(Same, Same, Same, Any),
                c(Same, Same, Near, Same),
                c(Same, Same, Near, Near),
                c(Same, Same, Near, Any),
                c(Same, Same, Any, Same),
                c(Same, Same, Any, Near),
                c(Same, Near, Same, Same),
                c(Same, Near, Same, Near),
                c(Same, Near, Same, Any),
                c(Near, Same, Same, Same),
                c(Near, Same, Same, Near),
                c(Near, Same, Same, Any),
                c(Near, Near, Same, Same),
                c(Near, Near, Same, Near),
                c(Any, Same, Same, Same),
                c(Any, Same, Same, Near),
                c(Any, Same, Same, Any),
                c(Same, Any, Same, Same),
            ],
            weights: Weights {
                chart: (10, 0),
                death: (6, -8),
                site: (2, 0),
                kana: (4, -3),
                sex: (1, -6),
                hospital: (1, 0),
                town: (4, -1),
            },
            same_from: 6,
            different_to: -3,
        }
    }
}

impl Profile {
    /// Reads a registry's own profile.
    ///
    /// # Errors
    /// When it is not TOML of this form, has no combinations, or its thresholds cross.
    pub fn from_toml(text: &str) -> Result<Self, LinkError> {
        let profile: Self = toml::from_str(text).map_err(|e| LinkError::Toml(e.to_string()))?;
        if profile.combinations.is_empty() || profile.different_to >= profile.same_from {
            return Err(LinkError::Toml(
                "expected combinations, and different_to below same_from".to_owned(),
            ));
        }
        Ok(profile)
    }

    /// Decides upon a pair.
    pub fn decide(&self, scratch: &mut Scratch, a: &Person, b: &Person) -> Decided {
        let fits = |c: &Combination| {
            name(c.surname, &a.surname, &b.surname)
                && name(c.given, &a.given, &b.given)
                && birth(c.birth, &a.birth, &b.birth)
                && address(c.address, a, b)
        };
        let combination = self.combinations.iter().position(fits).map(|at| at + 1);
        if combination.is_none() {
            return Decided { outcome: Outcome::NoCandidate, combination, items: Vec::new(), sum: 0 };
        }
        let w = &self.weights;
        let both = |x: &str, y: &str| !x.is_empty() && !y.is_empty();
        let item = |agree: bool, known: bool, weight: (i32, i32)| match (known, agree) {
            (false, _) => 0,
            (true, true) => weight.0,
            (true, false) => weight.1,
        };
        let same = |x: &str, y: &str, weight| item(x == y, both(x, y), weight);
        let charts = both(&a.chart, &b.chart) && both(&a.hospital, &b.hospital);
        let kana_near = both(&a.kana, &b.kana) && scratch.edits(&a.kana, &b.kana) <= 1;
        let items = vec![
            ("病院コード＋診療録番号", item(a.hospital == b.hospital && a.chart == b.chart, charts, w.chart)),
            ("死亡日", same(&a.death, &b.death, w.death)),
            ("局在", item(a.site.get(..3) == b.site.get(..3), both(&a.site, &b.site), w.site)),
            ("カナ氏名", item(kana_near, both(&a.kana, &b.kana), w.kana)),
            ("性別", same(&a.sex, &b.sex, w.sex)),
            ("病院コード", same(&a.hospital, &b.hospital, w.hospital)),
            ("大字までの住所", same(&a.town, &b.town, w.town)),
        ];
        let sum = items.iter().map(|(_, points)| points).sum();
        let outcome = if sum >= self.same_from {
            Outcome::Same
        } else if sum <= self.different_to {
            Outcome::Different
        } else {
            Outcome::Review
        };
        Decided { outcome, combination, items, sum }
    }
}

fn name(ask: Ask, a: &str, b: &str) -> bool {
    match ask {
        Ask::Any => true,
        _ if a.is_empty() || b.is_empty() => false,
        Ask::Same => a == b,
        Ask::Near => {
            a == b || kotoba::fold_name(a) == kotoba::fold_name(b) || a.chars().next() == b.chars().next()
        }
    }
}

fn birth(ask: Ask, a: &str, b: &str) -> bool {
    match ask {
        Ask::Any => true,
        _ if a.len() != 8 || b.len() != 8 => false,
        Ask::Same => a == b,
        Ask::Near => {
            let part = |range: std::ops::Range<usize>| u8::from(a.get(range.clone()) == b.get(range));
            part(0..4) + part(4..6) + part(6..8) >= 2
        }
    }
}

fn address(ask: Ask, a: &Person, b: &Person) -> bool {
    match ask {
        Ask::Any => true,
        Ask::Same => !a.address.is_empty() && a.address == b.address,
        Ask::Near => !a.town.is_empty() && a.town == b.town,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(surname: &str, given: &str, birth: &str, address: &str, death: &str) -> Person {
        Person::new("1310001", "123", "ヤマダ　ハナコ", surname, given, "2", birth, address, "C509", death)
    }

    #[test]
    fn three_outcomes_and_none() {
        let profile = Profile::default();
        assert_eq!(profile.combinations.len(), 20);
        let mut scratch = Scratch::default();
        let mut decide = |b: &Person| {
            profile
                .decide(
                    &mut scratch,
                    &person("山田", "花子", "昭和55年3月12日", "東京都新宿区西新宿2-8-1", "20200101"),
                    b,
                )
                .outcome
        };
        assert_eq!(
            decide(&person("山田", "花子", "19800312", "新宿区西新宿二丁目８番１号", "20200101")),
            Outcome::Same
        );
        let mut elsewhere = person("山田", "花子", "19800312", "大阪府高槻市登町1-1", "");
        (elsewhere.hospital, elsewhere.kana) = ("1310002".into(), String::new());
        assert_eq!(decide(&elsewhere), Outcome::Review);
        let mut other = person("山田", "花子", "19800312", "大阪府高槻市登町1-1", "20211231");
        (other.chart, other.kana) = ("999".into(), "スズキハナコ".into());
        assert_eq!(decide(&other), Outcome::Different);
        assert_eq!(
            decide(&person("鈴木", "一郎", "19500101", "大阪府高槻市登町1-1", "")),
            Outcome::NoCandidate
        );
        assert!(Profile::from_toml("x = 1").is_err());
    }
}
