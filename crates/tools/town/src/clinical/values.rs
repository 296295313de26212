//! What the laboratory finds: each person has values of their own, which illness and time move.

use super::catalogue::{Test, Trend};
use crate::day::Day;
use crate::dice::Dice;
use crate::maker::purpose;
use crate::model::Person;

/// The value of a test on a day; with a trend, of an illness that began on `since`.
pub fn value(seed: u64, person: &Person, test: &Test, trend: Option<(Trend, Day)>, day: Day) -> f64 {
    let name =
        test.jlac10.bytes().fold(person.number, |sum, b| sum.wrapping_mul(31).wrapping_add(u64::from(b)));
    let own = bell(&mut Dice::of(seed, purpose::VALUES, name));
    let today =
        bell(&mut Dice::of(seed, purpose::VALUES, name.wrapping_add(u64::from(day.0.unsigned_abs()) << 40)));
    let value = match trend {
        None => {
            let [low, high] = test.range_of(person.sex);
            let middle = f64::midpoint(low, high);
            // Nineteen of twenty are within the range, as it is defined.
            middle + (high - low) / 4.0 * (own * 0.85 + today * 0.55)
        }
        Some((trend, since)) => {
            let years = f64::from((day.0 - since.0).max(0)) / 365.25;
            let start = trend.settled + (trend.first - trend.settled) * (-years / 0.6).exp();
            start + trend.slope * years + trend.spread * (own * 0.8 + today * 0.6)
        }
    };
    rounded(value.max(0.0), test.decimals)
}

/// A value in the decimal places of its test.
pub fn rounded(value: f64, decimals: u8) -> f64 {
    let scale = 10f64.powi(i32::from(decimals));
    (value * scale).round() / scale
}

/// A number that is bell-shaped around 0 with a spread of 1: twelve throws, so at most 6 away.
pub fn bell(dice: &mut Dice) -> f64 {
    (0..12).map(|_| dice.unit()).sum::<f64>() - 6.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clinical::catalogue::{ILLNESSES, find_test};
    use crate::{Families, TownPlan};

    #[test]
    fn treatment_brings_a_value_down_and_health_keeps_it_in_range() {
        let plan = TownPlan::new(1, 300, Day::new(2026, 11, 22));
        let diabetes = ILLNESSES.iter().find(|i| i.key == "diabetes").unwrap();
        let (test, trend) = diabetes.tests[0];
        let since = Day::new(2020, 4, 1);
        let (mut first, mut later, mut outside, mut all) = (0.0, 0.0, 0, 0);
        for person in Families::new(&plan).unwrap().flat_map(|f| f.persons) {
            let at = |day| value(1, &person, test, trend.map(|t| (t, since)), day);
            first += at(since);
            later += at(since.plus_years(3));
            let potassium = find_test("K").unwrap();
            let healthy = value(1, &person, potassium, None, since);
            let [low, high] = potassium.range_of(person.sex);
            outside += usize::from(!(low..=high).contains(&healthy));
            all += 1;
        }
        assert!(first / f64::from(all) > 8.0 && later / f64::from(all) < 7.5);
        assert!(outside * 100 / (all as usize) < 9, "{outside} of {all}");
    }
}
