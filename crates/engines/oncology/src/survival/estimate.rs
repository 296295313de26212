//! The estimators, from the days of a walk.

use super::walk::{Day, Walk};
use super::{LifeTable, Patient};

/// How survival is estimated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Estimator {
    /// Of whatever cause (実測生存率): Kaplan and Meier.
    KaplanMeier,
    /// Relative to those of the population who are like the ones still observed (相対生存率): Ederer II.
    EdererTwo,
    /// If the cancer were the only cause of death (純生存率): Pohar Perme.
    PoharPerme,
}

/// Survival at one time.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Point {
    /// Days since diagnosis.
    pub days: f64,
    /// Under observation just before.
    pub at_risk: u64,
    /// Deaths until then.
    pub deaths: u64,
    /// Survival; net and relative survival may rise above what they were, and above 1.
    pub survival: f64,
    /// Its standard error.
    pub standard_error: f64,
    /// Lower end of the 95 % confidence interval, on the logarithm's scale.
    pub lower: f64,
    /// Upper end.
    pub upper: f64,
}

/// Survival of a group of patients at the times that were asked for, as far as somebody was observed.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Curve {
    /// How.
    pub estimator: Estimator,
    /// How many patients.
    pub patients: u64,
    /// Time after time, ascending.
    pub points: Vec<Point>,
}

/// Estimates survival at `times`, in days; times after the last observation have no point.
pub fn estimate(estimator: Estimator, table: &LifeTable, patients: &[Patient], times: &[f64]) -> Curve {
    let mut wanted = times.to_vec();
    wanted.retain(|time| time.is_finite() && *time >= 0.0);
    wanted.sort_unstable_by(f64::total_cmp);
    let mut walk = Walk::new(table, patients);
    let mut state = State::new(estimator);
    let mut points = Vec::with_capacity(wanted.len());
    let mut wanted = wanted.into_iter().peekable();
    loop {
        let today = f64::from(walk.day);
        while let Some(time) = wanted.next_if(|time| *time < today + 1.0) {
            let part = time - today;
            let rest = (part > 0.0).then(|| walk.part_of_day(part));
            points.push(state.point(time, rest.map(|day| (day, part))));
        }
        if wanted.peek().is_none() {
            break;
        }
        match walk.step() {
            Some(day) => state.take(&day),
            None => break,
        }
    }
    points.retain(|point| point.days == 0.0 || point.at_risk > 0);
    Curve { estimator, patients: patients.len() as u64, points }
}

/// An estimate as it grows.
struct State {
    estimator: Estimator,
    survival: f64,
    /// Sum of the variance's increments, relative to the survival.
    variance: f64,
    deaths: f64,
    at_risk: f64,
    since: Since,
}

/// What has gathered since somebody left.
#[derive(Clone, Copy, Default)]
struct Since {
    hazard: f64,
    weights: [f64; 2],
    weighted_hazards: [f64; 2],
    integral: f64,
}

impl Since {
    fn add(&mut self, day: &Day, length: f64) {
        self.hazard += day.hazard;
        for end in 0..2 {
            if let (Some(sum), Some(more)) = (self.weights.get_mut(end), day.weights.get(end)) {
                *sum += more;
            }
            if let (Some(sum), Some(more)) =
                (self.weighted_hazards.get_mut(end), day.weighted_hazards.get(end))
            {
                *sum += more;
            }
        }
        let [before, after] = self.weights;
        let [hazard_before, hazard_after] = self.weighted_hazards;
        if before > 0.0 && after > 0.0 {
            self.integral += (hazard_before / before + hazard_after / after) / 2.0 * length;
        }
    }
}

impl State {
    fn new(estimator: Estimator) -> Self {
        Self { estimator, survival: 1.0, variance: 0.0, deaths: 0.0, at_risk: 0.0, since: Since::default() }
    }

    fn take(&mut self, day: &Day) {
        self.since.add(day, 1.0);
        self.at_risk = day.at_risk;
        if day.deaths + day.censored == 0.0 {
            return;
        }
        let (hazard, variance) = self.increment(day);
        self.survival *= 1.0 - hazard;
        self.variance += variance;
        self.deaths += day.deaths;
        self.since = Since::default();
    }

    /// The hazard since somebody left, and what it adds to the variance.
    fn increment(&self, day: &Day) -> (f64, f64) {
        let (deaths, at_risk) = (day.deaths, day.at_risk);
        match self.estimator {
            Estimator::KaplanMeier => {
                let rest = at_risk - deaths;
                (deaths / at_risk, if rest > 0.0 { deaths / (at_risk * rest) } else { 0.0 })
            }
            Estimator::EdererTwo => ((deaths - self.since.hazard) / at_risk, deaths / (at_risk * at_risk)),
            Estimator::PoharPerme => {
                let [_, weights] = day.weights;
                (day.dead / weights - self.since.integral, day.dead_squared / (weights * weights))
            }
        }
    }

    /// The estimate now, or a part of a day later.
    fn point(&self, days: f64, rest: Option<(Day, f64)>) -> Point {
        let mut since = self.since;
        let mut at_risk = self.at_risk;
        if let Some((day, part)) = &rest {
            since.add(day, *part);
            at_risk = day.at_risk;
        }
        // Net survival is continuous between the days on which somebody leaves; the other two are steps.
        let quiet = if self.estimator == Estimator::PoharPerme { since.integral } else { 0.0 };
        let survival = self.survival * (1.0 + quiet);
        let error = self.variance.sqrt();
        let (lower, upper) = (survival * (-Z * error).exp(), survival * (Z * error).exp());
        Point {
            days,
            at_risk: at_risk as u64,
            deaths: self.deaths as u64,
            survival,
            standard_error: survival * error,
            lower,
            upper,
        }
    }
}

/// The normal distribution's quantile of 97.5 %.
const Z: f64 = 1.959_963_984_540_054;
