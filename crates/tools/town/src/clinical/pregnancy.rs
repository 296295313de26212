//! Births: the children who were born into the household during the ten years, and what their mothers' records say of it.

use super::Life;
use super::catalogue::{find_disease, find_drug, find_test};
use super::chart::{Fact, Letter, Measure, VisitKind};
use super::values;
use crate::day::Day;
use crate::model::Relation;

/// The pregnancies of a mother, and the first days of a child.
pub fn births(life: &mut Life<'_>) {
    if life.person.birth >= life.maker.history && life.person.birth.plus(6) < life.until {
        newborn(life);
    }
    if life.person.sex != 2 || !matches!(life.person.relation, Relation::Head | Relation::Spouse) {
        return;
    }
    let children = life.family.persons.iter().filter(|p| p.relation == Relation::Child);
    let mine = |day: &Day| *day >= life.from && (17.0..47.0).contains(&life.age(*day));
    let born: Vec<Day> = children.map(|child| child.birth).filter(mine).collect();
    for birth in born {
        pregnancy(life, birth);
    }
}

fn pregnancy(life: &mut Life<'_>, birth: Day) {
    let Some(disease) = find_disease("pregnancy") else { return };
    let here = life.place("specialist", birth);
    let began = birth.plus(-266);
    for (place, before) in [230, 160, 90, 30].into_iter().enumerate() {
        let day = birth.plus(-before);
        let mut facts = vec![Fact::Diagnosis { disease, since: began, until: None }];
        if place == 0 {
            let tests = ["HBsAg", "HCVAb", "TPHA", "HIVAb"].iter().filter_map(|key| find_test(key));
            facts.extend(tests.map(|test| Fact::Laboratory { test, value: 0.0 }));
        }
        if let Some(test) = find_test("Hb") {
            let value = values::value(life.maker.plan.seed, life.person, test, None, day) - 1.6;
            let value = values::rounded(value, 1);
            facts.push(Fact::Laboratory { test, value });
            let weak = find_drug("iron").filter(|_| value < 10.5);
            facts.extend(weak.map(|drug| Fact::Prescription { drug, days: 28 }));
        }
        life.visit(here, day, VisitKind::Outpatient, facts);
    }
    let way = if life.dice.chance(0.18) { "caesarean" } else { "delivery" };
    let Some(way) = find_disease(way) else { return };
    let facts = vec![
        Fact::Diagnosis { disease, since: began, until: Some(birth) },
        Fact::Diagnosis { disease: way, since: birth, until: Some(birth.plus(5)) },
    ];
    let stay = VisitKind::Inpatient { until: birth.plus(5) };
    life.letter(here, birth, stay, facts, Letter::Discharge);
}

fn newborn(life: &mut Life<'_>) {
    let Some(disease) = find_disease("newborn") else { return };
    let birth = life.person.birth;
    let here = life.place("specialist", birth);
    let weight = values::rounded(3.0 + values::bell(&mut life.dice) * 0.4, 2);
    let facts = vec![
        Fact::Diagnosis { disease, since: birth, until: Some(birth.plus(5)) },
        Fact::Measurement { what: Measure::Weight, value: weight },
        Fact::Measurement { what: Measure::Height, value: values::rounded(44.0 + weight * 1.6, 1) },
    ];
    life.visit(here, birth, VisitKind::Outpatient, facts);
}
