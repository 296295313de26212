//! The rules applied to one check.

use calendar::Date;

use super::{
    Judged, Outcome, Reason,
    rules::{Comparison, FACTORS, Factor, MEASURES_OF, MeasureRow, OUTCOMES, Threshold},
};
use crate::{
    check::age_in_fiscal_year,
    model::{Document, Items},
};

/// Judges a check; `items` are those of the document.
pub(crate) fn judge(document: &Document, items: &Items<'_>) -> Judged {
    let day = |text: &str| Date::from_compact(text.get(..8).unwrap_or(text)).ok();
    let mut judge = Judge { document, items, date: day(&document.date), reasons: Vec::new() };
    let level = judge.level(day(&document.person.birth));
    let metabolic = judge.metabolic();
    let verified = judge.reasons.iter().all(|reason| reason.verified);
    Judged { level, metabolic, reasons: judge.reasons, verified }
}

struct Judge<'d> {
    document: &'d Document,
    items: &'d Items<'d>,
    date: Option<Date>,
    reasons: Vec<Reason>,
}

/// What is known of a factor: met, not met, or not measured.
type Known = Option<bool>;

impl Judge<'_> {
    /// 階層化.
    fn level(&mut self, birth: Option<Date>) -> Outcome {
        let waist = self.factor("level", "waist");
        let bmi = self.factor("level", "bmi");
        let risks = ["pressure", "lipid", "glucose"].map(|factor| self.factor("level", factor));
        let smoking = self.yes("level", "smoking", "喫煙", "smoking", "9N736000000000011");
        let medicine = self.medicines();
        let least = possible(waist, bmi, &risks, smoking, false);
        let most = possible(waist, bmi, &risks, smoking, true);
        let (mut low, mut high) = (outcome("level", least), outcome("level", most));
        self.count("level", least, most);
        match medicine {
            Some(true) => (low, high) = (Outcome::Information, Outcome::Information),
            Some(false) => {}
            None => low = Outcome::Information,
        }
        let age = birth.zip(self.date).and_then(|(birth, date)| age_in_fiscal_year(birth, date));
        let on_the_day = birth.zip(self.date).and_then(|(birth, date)| birth.everyday_age_on(date));
        self.by_age(&mut low, &mut high, age, on_the_day);
        if low == high { low } else { Outcome::Undecidable }
    }

    /// 65 and older get motivational support at most; under 40 and over 74 nobody is chosen.
    fn by_age(&mut self, low: &mut Outcome, high: &mut Outcome, age: Option<u16>, on_the_day: Option<u16>) {
        let outside = age.is_some_and(|age| age < 40) || on_the_day.is_some_and(|age| age >= 75);
        let (en, ja) = match age {
            None => ("the age is not known".to_owned(), "年齢が分かりません".to_owned()),
            Some(age) if outside => {
                (format!("{age} within the fiscal year: not chosen"), format!("年度内に{age}歳：対象外"))
            }
            Some(age) if age >= 65 => (
                format!("{age} within the fiscal year: motivational support at most"),
                format!("年度内に{age}歳：積極的支援は動機付け支援とする"),
            ),
            Some(age) => (format!("{age} within the fiscal year"), format!("年度内に{age}歳")),
        };
        let met = age.map(|age| age >= 65 || outside);
        self.say("level", "age", met, en, ja);
        for outcome in [low, high] {
            if outside {
                *outcome = Outcome::Information;
            } else if age.is_some_and(|age| age >= 65) && *outcome == Outcome::Active {
                *outcome = Outcome::Motivational;
            } else if age.is_none() && *outcome == Outcome::Active {
                *outcome = Outcome::Undecidable;
            }
        }
    }

    /// メタボリックシンドローム判定; drugs count as what they treat.
    fn metabolic(&mut self) -> Outcome {
        let waist = self.factor("metabolic", "waist");
        let treated = [
            ("pressure", "服薬（血圧）", "drugs for blood pressure", "9N701000000000011"),
            ("lipid", "服薬（脂質）", "drugs for lipids", "9N711000000000011"),
            ("glucose", "服薬（血糖）", "drugs for glucose", "9N706000000000011"),
        ];
        let risks = treated.map(|(factor, ja, en, code)| {
            let measured = self.factor("metabolic", factor);
            let drug = self.yes("metabolic", "medicine", ja, en, code);
            if drug == Some(true) { Some(true) } else { measured }
        });
        let counted = |unknown: bool| risks.iter().filter(|risk| risk.unwrap_or(unknown)).count();
        let body = |unknown: bool| if waist.unwrap_or(unknown) { "waist" } else { "none" };
        let least = (body(false), counted(false));
        let most = (body(true), counted(true));
        self.count("metabolic", least, most);
        let (low, high) = (outcome("metabolic", least), outcome("metabolic", most));
        if low == high { low } else { Outcome::Undecidable }
    }

    /// Whether a factor is met, by the thresholds of the day.
    fn factor(&mut self, judgement: &'static str, factor: &'static str) -> Known {
        let sex = self.document.person.sex.code.as_str();
        let date = self.date;
        let in_force = |rule: &&&Threshold| {
            (rule.sex.is_empty() || rule.sex == sex)
                && date.is_none_or(|day| rule.from <= day && rule.until.is_none_or(|until| day <= until))
        };
        let Factor { rules, groups } = FACTORS.get(&(judgement, factor))?;
        let mut known = Vec::new();
        let mut decided: Option<&str> = None;
        for rule in rules.iter().filter(in_force) {
            if decided == Some(rule.group.as_str()) {
                continue;
            }
            let Some((value, row)) = self.measured(&rule.measure) else { continue };
            decided = Some(&rule.group);
            let met = rule.comparison.holds(value, rule.threshold);
            known.push(met);
            self.threshold(judgement, factor, rule, row, value, met);
        }
        let known_of_all = known.len() >= *groups;
        let result = if known.contains(&true) {
            Some(true)
        } else if known_of_all && !known.is_empty() {
            Some(false)
        } else {
            None
        };
        if result.is_none() {
            let (en, ja) = name_of_factor(factor);
            self.say(
                judgement,
                factor,
                None,
                format!("{en}: not measured"),
                format!("{ja}：測定値がありません"),
            );
        }
        result
    }

    fn threshold(
        &mut self,
        judgement: &'static str,
        factor: &'static str,
        rule: &'static Threshold,
        row: &MeasureRow,
        value: f64,
        met: bool,
    ) {
        let (sign, sign_ja) = match (rule.comparison, met) {
            (Comparison::AtLeast, true) => ("at least", "以上"),
            (Comparison::AtLeast, false) => ("below", "未満"),
            (Comparison::Below, true) => ("below", "未満"),
            (Comparison::Below, false) => ("at least", "以上"),
        };
        let (limit, unit) = (rule.threshold, &row.unit);
        self.reasons.push(Reason {
            judgement,
            factor,
            rule: Some(&rule.id),
            met: Some(met),
            verified: rule.verified == "yes",
            en: format!("{} {value} {unit}: {sign} {limit}", row.name_en),
            ja: format!("{} {value} {unit}：{limit} {sign_ja}", row.name_ja),
        });
    }

    /// The value of a measure: of its best item, or the mean of those of one rank.
    fn measured(&self, measure: &str) -> Option<(f64, &'static MeasureRow)> {
        if measure.ends_with("-casual") && self.answer("9N141000000000011") == Some("4") {
            return None;
        }
        let mut sum = (0.0, 0.0, None);
        for row in MEASURES_OF.get(measure)?.iter().copied() {
            if sum.2.is_some_and(|first: &MeasureRow| first.rank != row.rank) {
                break;
            }
            let found = self.items.value(&row.code);
            if let Some(value) = found.and_then(|value| value.number()) {
                sum = (sum.0 + value, sum.1 + 1.0, Some(row));
            }
        }
        sum.2.map(|row| (sum.0 / sum.1, row))
    }

    /// Drugs for any of the three; those that the insurer confirmed later count too.
    fn medicines(&mut self) -> Known {
        let asked = [
            ("服薬（血圧）", "drugs for blood pressure", "9N701000000000011", "9N702167200000049"),
            ("服薬（血糖）", "drugs for glucose", "9N706000000000011", "9N707167200000049"),
            ("服薬（脂質）", "drugs for lipids", "9N711000000000011", "9N712167200000049"),
        ];
        let known = asked.map(|(ja, en, code, confirmed)| {
            let answer = self.yes("level", "medicine", ja, en, code);
            if self.answer(confirmed).is_some() {
                let (en, ja) = (format!("{en}: the insurer confirmed it"), format!("{ja}：保険者が確認"));
                // What the insurer's confirmation does to the level was not seen in the ministry's text.
                let reason = self.reason("level", "medicine", Some(true), en, ja);
                self.reasons.push(Reason { verified: false, ..reason });
                return Some(true);
            }
            answer
        });
        if known.contains(&Some(true)) {
            Some(true)
        } else if known.contains(&None) {
            None
        } else {
            Some(false)
        }
    }

    /// An answer of はい.
    fn yes(
        &mut self,
        judgement: &'static str,
        factor: &'static str,
        name_ja: &str,
        name_en: &str,
        code: &str,
    ) -> Known {
        let answer = self.answer(code).map(|answer| answer == "1");
        let (en, ja) = match answer {
            Some(true) => ("yes", "はい"),
            Some(false) => ("no", "いいえ"),
            None => ("not answered", "回答がありません"),
        };
        self.say(judgement, factor, answer, format!("{name_en}: {en}"), format!("{name_ja}：{ja}"));
        answer
    }

    fn answer(&self, code: &str) -> Option<&str> {
        self.items.value(code)?.answer()
    }

    fn count(&mut self, judgement: &'static str, least: (&str, usize), most: (&str, usize)) {
        let range = |a: usize, b: usize| if a == b { a.to_string() } else { format!("{a}–{b}") };
        let count = range(least.1, most.1);
        let body = if least.0 == most.0 { body_words(least.0) } else { ("open", "不明") };
        self.say(
            judgement,
            "count",
            None,
            format!("body: {}, risks counted: {count}", body.0),
            format!("体格：{}、リスクの数：{count}", body.1),
        );
    }

    fn say(&mut self, judgement: &'static str, factor: &'static str, met: Known, en: String, ja: String) {
        let reason = self.reason(judgement, factor, met, en, ja);
        self.reasons.push(reason);
    }

    fn reason(
        &self,
        judgement: &'static str,
        factor: &'static str,
        met: Known,
        en: String,
        ja: String,
    ) -> Reason {
        Reason { judgement, factor, rule: None, met, verified: true, en, ja }
    }
}

/// The body and the count of risks, what is unknown taken as met or as not.
fn possible(
    waist: Known,
    bmi: Known,
    risks: &[Known; 3],
    smoking: Known,
    unknown: bool,
) -> (&'static str, usize) {
    let body = match (waist.unwrap_or(unknown), bmi.unwrap_or(unknown)) {
        (true, _) => "waist",
        (false, true) => "bmi",
        (false, false) => "none",
    };
    let counted = risks.iter().filter(|risk| risk.unwrap_or(unknown)).count();
    let smoker = usize::from(counted > 0 && smoking.unwrap_or(unknown));
    (body, counted + smoker)
}

fn outcome(judgement: &str, (body, count): (&str, usize)) -> Outcome {
    let row = OUTCOMES.iter().find(|row| {
        row.judgement == judgement
            && row.body == body
            && (usize::from(row.least)..=usize::from(row.most)).contains(&count)
    });
    row.map_or(Outcome::Undecidable, |row| row.outcome.into())
}

fn name_of_factor(factor: &str) -> (&'static str, &'static str) {
    match factor {
        "waist" => ("waist", "腹囲"),
        "bmi" => ("BMI", "BMI"),
        "pressure" => ("blood pressure", "血圧"),
        "lipid" => ("lipids", "脂質"),
        _ => ("glucose", "血糖"),
    }
}

fn body_words(body: &str) -> (&'static str, &'static str) {
    match body {
        "waist" => ("waist at or over the threshold", "腹囲が基準値以上"),
        "bmi" => ("BMI at or over the threshold", "BMIが基準値以上"),
        _ => ("within the thresholds", "基準値未満"),
    }
}
