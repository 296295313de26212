//! 介護: care plans, home nursing, short stays, for those who need them and live where the town has them.

use super::Life;
use super::catalogue::find_disease;
use super::chart::{Fact, Letter, Measure, VisitKind};
use super::course::pressure;
use super::places::{by_slug, same_prefecture};
use super::values;
use crate::day::Day;

const SERVICES: [&[&str]; 3] = [
    &["訪問看護 週1回", "通所介護 週2回", "福祉用具貸与 手すり・歩行器"],
    &["訪問介護 週3回（生活援助・身体介護）", "訪問看護 週1回", "短期入所 月1回"],
    &["訪問介護 毎日", "訪問看護 週2回", "通所介護 週3回", "短期入所 月2回"],
];
const GOALS: [&str; 3] = [
    "住み慣れた自宅で、転ばずに身の回りのことを続ける。",
    "服薬と食事の見守りを受け、自宅での暮らしを続ける。",
    "家族の負担を軽くしながら、穏やかに自宅で過ごす。",
];
const LEVELS: [&str; 6] = ["要支援2", "要介護1", "要介護2", "要介護3", "要介護4", "要介護5"];
const DEMENTIA: [&str; 5] = ["Ⅰ", "Ⅱa", "Ⅱb", "Ⅲa", "Ⅳ"];

/// Care begins: reviewed every half year, two of a nurse's visits told between, a stay once a year.
pub fn begin(life: &mut Life<'_>, day: Day) {
    let (Some(manager), Some(nurses), Some(home)) =
        (by_slug("asunaro-care"), by_slug("hidamari-nursing"), by_slug("yuhi-roken"))
    else {
        return;
    };
    let lives_near = same_prefecture(life.place("clinic", day), manager);
    let already = life.visits.iter().any(|v| v.facts.iter().any(|f| matches!(f, Fact::CarePlan { .. })));
    if !lives_near || already {
        return;
    }
    let mut review = day.max(life.from);
    let mut round = 0;
    while review < life.until {
        let facts = plan(life, round);
        life.visit(manager, review, VisitKind::Care, facts);
        for months in [1, 4] {
            let facts = nursing(life);
            life.visit(nurses, review.plus(months * 30), VisitKind::Care, facts);
        }
        if round % 2 == 1 {
            stay(life, home, review.plus(45));
        }
        (review, round) = (review.plus(182), round + 1);
    }
}

/// What the care manager writes at a review.
pub fn plan(life: &mut Life<'_>, round: usize) -> Vec<Fact> {
    let stage = (round / 3).min(2);
    let level = LEVELS.get((1 + round / 2).min(5)).copied().unwrap_or_default();
    let clear = DEMENTIA.get((round / 2).min(4)).copied().unwrap_or_default();
    let (Some(goal), Some(services)) = (GOALS.get(stage), SERVICES.get(stage)) else { return Vec::new() };
    let carer = if life.dice.chance(0.5) { "長女（別居）" } else { "配偶者（同居）" };
    vec![
        Fact::CarePlan { goal, services },
        Fact::Finding { title: "要介護度", text: level.to_owned() },
        Fact::Finding { title: "認知症高齢者の日常生活自立度", text: clear.to_owned() },
        Fact::Finding { title: "主な介護者", text: carer.to_owned() },
    ]
}

/// What a nurse writes at a home visit.
pub fn nursing(life: &mut Life<'_>) -> Vec<Fact> {
    let mut facts = vec![pressure(life, 132.0)];
    let warm = 36.4 + values::bell(&mut life.dice) * 0.25;
    facts.push(Fact::Measurement { what: Measure::Temperature, value: values::rounded(warm, 1) });
    let text = match life.dice.weighted(&[60, 25, 15]) {
        0 => "全身状態に変わりなし。服薬は一包化し、飲み残しなし。",
        1 => "食事量がやや減っている。水分を勧め、家族へ声かけを依頼した。",
        _ => "仙骨部に発赤あり。体位交換と保護を行い、主治医へ報告した。",
    };
    facts.push(Fact::Finding { title: "訪問看護記録", text: text.to_owned() });
    facts
}

/// A short stay with its summary.
pub fn stay(life: &mut Life<'_>, home: usize, day: Day) {
    let Some(disease) = find_disease("dementia") else { return };
    let facts = vec![
        Fact::Diagnosis { disease, since: day, until: None },
        Fact::Finding {
            title: "ADL", text: "歩行は見守り、入浴は一部介助、食事は自立。".to_owned()
        },
        Fact::Finding {
            title: "食事形態", text: "常食・一口大。水分にとろみは不要。".to_owned()
        },
    ];
    life.letter(home, day, VisitKind::Care, facts, Letter::CareSummary);
}
