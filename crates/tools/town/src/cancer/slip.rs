//! The reports of a cancer as institutions write them, some with errors of real life.

use super::course::{Cancer, Course, LAST_DAY};
use crate::{
    day::Day,
    dice::Dice,
    registry_lists::{Places, compact},
    vocabulary::Vocabulary,
};

/// The items of a report, in the order of the national form.
pub(super) const COLUMNS: [&str; 27] = [
    "病院等の名称",
    "診療録番号",
    "カナ氏名",
    "氏名",
    "性別",
    "生年月日",
    "診断時都道府県コード",
    "診断時住所",
    "側性",
    "局在コード",
    "形態・性状・分化度コード",
    "診断施設",
    "治療施設",
    "診断根拠",
    "診断日",
    "発見経緯",
    "進展度・治療前",
    "進展度・術後病理学的",
    "外科的治療の有無",
    "鏡視下治療の有無",
    "内視鏡的治療の有無",
    "観血的治療の範囲",
    "放射線療法の有無",
    "化学療法の有無",
    "内分泌療法の有無",
    "その他の治療の有無",
    "死亡日",
];

/// Places among the columns that errors touch.
const KANA: usize = 2;
const SEX: usize = 4;
const BIRTH: usize = 5;
const SIDE: usize = 8;
const MORPHOLOGY: usize = 10;
const DIAGNOSED: usize = 14;
const SURGERY_LEFT: usize = 21;

/// Who is reported.
pub(super) struct Who {
    pub(super) name: String,
    pub(super) kana: String,
    pub(super) address: String,
    prefecture: u8,
}

impl Who {
    pub(super) fn throw(dice: &mut Dice, course: &Course, vocabulary: &Vocabulary, places: &Places) -> Self {
        let family = vocabulary.surname(dice);
        let given = vocabulary.given(dice, course.sex_code(), course.born);
        let home = places.home(dice);
        let [chome, banchi, go] = home.numbers.map(wide);
        Self {
            name: format!("{}\u{3000}{}", family.written, given.written),
            kana: format!("{}\u{3000}{}", family.kana, given.kana),
            address: format!("{}{}{chome}－{banchi}－{go}", home.city, home.quarter),
            prefecture: 1 + dice.below(47) as u8,
        }
    }
}

/// A number in full width.
fn wide(number: i32) -> String {
    let digit = |c: char| char::from_u32(u32::from(c) - u32::from('0') + u32::from('０')).unwrap_or(c);
    number.to_string().chars().map(digit).collect()
}

/// The reports of one cancer.
pub(super) struct Slips {
    pub(super) slips: Vec<Slip>,
    /// Whether the registry heard of it by the death certificate first.
    pub(super) known_by_death: bool,
    /// Reports that came unasked, and those that were asked for.
    pub(super) unasked: usize,
    pub(super) follow_back: usize,
    /// The surest basis of diagnosis.
    pub(super) basis: u8,
}

/// One report.
pub(super) struct Slip {
    pub(super) values: Vec<String>,
    /// The rule that the error in it breaks.
    pub(super) error: Option<&'static str>,
}

impl Slips {
    pub(super) fn throw(dice: &mut Dice, who: &Who, course: &Course, cancer: &Cancer) -> Self {
        let lived = course.died.map_or(i32::MAX, |died| days_between(cancer.diagnosed, died));
        let killed = course.killed_by.is_some();
        let unreported = killed && dice.chance(if lived < 60 { 0.25 } else { 0.02 });
        let follow_back = usize::from(unreported && dice.chance(0.4));
        let unasked = if unreported { 0 } else { 1 + dice.weighted(&[48, 34, 14, 4]) };
        let basis = if dice.chance(0.88) {
            1
        } else {
            [3, 5, 6].get(dice.weighted(&[3, 6, 3])).copied().unwrap_or(5)
        };
        let mut slips = Vec::with_capacity(unasked + follow_back);
        for nth in 0..unasked + follow_back {
            slips.push(Slip::throw(dice, who, course, cancer, nth, basis));
        }
        Self {
            known_by_death: unreported,
            unasked,
            follow_back,
            basis: if slips.is_empty() { 9 } else { basis },
            slips,
        }
    }
}

fn days_between(from: Day, until: Day) -> i32 {
    until.0 - from.0
}

impl Slip {
    fn throw(dice: &mut Dice, who: &Who, course: &Course, cancer: &Cancer, nth: usize, basis: u8) -> Self {
        let treated = dice.chance(0.8);
        let seen = cancer.diagnosed.plus(if nth == 0 { 0 } else { dice.between(0, 25) });
        let seen = seen.min(course.died.unwrap_or(LAST_DAY));
        // Without histology or cytology the histology is not told, but for the liver.
        let unspecific = basis > 3 && cancer.histology != 8170;
        let histology = if unspecific { 8000 } else { cancer.histology };
        let systemic = cancer.site.systemic;
        let (histology, grade) = match (systemic, unspecific) {
            (true, true) if cancer.site.name == "leukaemia" => (9800, 9),
            (true, true) => (9590, 9),
            (_, true) => (histology, 9),
            _ => (histology, cancer.grade),
        };
        let surgery = !systemic && treated && dice.chance(0.6);
        let scopic = surgery && dice.chance(0.4);
        let endoscopic = !systemic && cancer.extent == 400 && dice.chance(0.5);
        let operated = surgery || endoscopic;
        let after = match (systemic, operated) {
            (true, _) => 777,
            (_, true) => cancer.extent,
            _ => 660,
        };
        let yes = |done: bool| if done { "1" } else { "2" }.to_owned();
        let own = nth == 0;
        let values = vec![
            format!("第{}病院", wide(dice.between(1, 400))),
            format!("{:08}", dice.below(100_000_000)),
            who.kana.clone(),
            who.name.clone(),
            course.sex_code().to_string(),
            compact(course.born),
            format!("{:02}", who.prefecture),
            who.address.clone(),
            cancer.side.to_string(),
            cancer.topography(),
            format!("{histology}/{}{grade}", cancer.behaviour),
            if own { "1" } else { "2" }.to_owned(),
            if treated { if own { "2" } else { "3" } } else { "1" }.to_owned(),
            basis.to_string(),
            compact(seen),
            ["1", "3", "8"].get(dice.weighted(&[20, 35, 45])).copied().unwrap_or("8").to_owned(),
            cancer.extent.to_string(),
            after.to_string(),
            yes(surgery && !scopic),
            yes(scopic),
            yes(endoscopic),
            if operated { "1" } else { "6" }.to_owned(),
            yes(treated && dice.chance(0.15)),
            yes(treated && dice.chance(0.35)),
            yes(treated && dice.chance(0.1)),
            yes(false),
            String::new(),
        ];
        let mut slip = Self { values, error: None };
        if dice.chance(ERRORS) {
            slip.spoil(dice, cancer, operated);
        }
        slip
    }

    /// Puts one error of real life into the report, if it fits this cancer.
    fn spoil(&mut self, dice: &mut Dice, cancer: &Cancer, operated: bool) {
        let category = cancer.site.category;
        let one_sex = matches!(category, 51..=58 | 60..=63);
        let (rule, place, value) = match dice.weighted(&[40, 10, 10, 12, 8, 12, 8]) {
            0 => ("half-width", KANA, Some("ﾔﾏﾀﾞ\u{3000}ﾀﾛｳ".to_owned())),
            1 => ("missing", SEX, Some(String::new())),
            2 if (51..=58).contains(&category) => ("sex-site-female", SEX, Some("1".to_owned())),
            2 if (60..=63).contains(&category) => ("sex-site-male", SEX, Some("2".to_owned())),
            3 if cancer.site.paired => ("laterality-paired", SIDE, Some("7".to_owned())),
            3 => ("laterality-unpaired", SIDE, Some("1".to_owned())),
            4 => (
                "value",
                DIAGNOSED,
                self.values.get(DIAGNOSED).map(|day| format!("{}31", day.get(..4).unwrap_or("2020")) + "02"),
            ),
            5 if cancer.behaviour == 3 && !cancer.site.systemic => {
                let wrong = self.values.get(MORPHOLOGY).map(|code| code.replacen("/3", "/2", 1));
                ("behaviour-in-situ", MORPHOLOGY, wrong)
            }
            6 if !operated => ("nothing-left-without-surgery", SURGERY_LEFT, Some("1".to_owned())),
            _ => ("value", BIRTH, Some("19500230".to_owned())),
        };
        // A missing sex hides nothing else, but a site of one sex says it anyway.
        if rule == "missing" && one_sex {
            return;
        }
        if let (Some(slot), Some(value)) = (self.values.get_mut(place), value) {
            *slot = value;
            self.error = Some(rule);
        }
    }
}

/// Reports with an error, of all.
const ERRORS: f64 = 0.02;
