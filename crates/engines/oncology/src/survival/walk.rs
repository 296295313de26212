//! All patients day by day, in sums: those in one cell of the life table have one hazard and need not be looked at one by one.

use super::{LifeTable, Patient};

/// Nobody.
const NONE: u32 = u32::MAX;

/// What happened at the end of a day.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Day {
    /// Under observation through the day.
    pub(super) at_risk: f64,
    /// Died at its end.
    pub(super) deaths: f64,
    /// Left at its end, alive.
    pub(super) censored: f64,
    /// Sum of the population's hazards through the day.
    pub(super) hazard: f64,
    /// Sums at the beginning and at the end of the day: weights, and weights times hazards. A patient's weight is one over
    /// the probability of still being alive in the population.
    pub(super) weights: [f64; 2],
    pub(super) weighted_hazards: [f64; 2],
    /// Sum of the weights of the dead, and of their squares.
    pub(super) dead: f64,
    pub(super) dead_squared: f64,
}

/// The walk: one [`Day`] after another.
pub(super) struct Walk<'a> {
    table: &'a LifeTable,
    patients: &'a [Patient],
    /// Growth of a weight through a day, cell by cell.
    growth: Vec<f64>,
    cells: Vec<Cell>,
    /// Cells in which somebody is or was.
    used: Vec<u32>,
    places: Vec<Place>,
    /// Patients by the day on which they leave, and where each day's begin.
    exits: Vec<u32>,
    first_exit: Vec<u32>,
    /// For each day the patients who come into another cell as it begins: head of a list through `next`.
    moves: Vec<u32>,
    next: Vec<u32>,
    /// Days that are over.
    pub(super) day: u32,
    under_observation: f64,
}

#[derive(Clone, Copy, Default)]
struct Cell {
    count: u32,
    listed: bool,
    weight: f64,
}

#[derive(Clone, Copy)]
struct Place {
    cell: u32,
    since: u32,
    /// Logarithm of the weight when the cell was entered.
    log_weight: f64,
}

impl<'a> Walk<'a> {
    /// Everybody at their diagnosis.
    pub(super) fn new(table: &'a LifeTable, patients: &'a [Patient]) -> Self {
        let last = patients.iter().map(Patient::observed).max().unwrap_or(0) as usize;
        let (exits, first_exit) = by_exit(patients, last);
        let mut walk = Self {
            table,
            patients,
            growth: table.hazards().iter().map(|hazard| hazard.exp()).collect(),
            cells: vec![Cell::default(); table.hazards().len()],
            used: Vec::new(),
            places: Vec::with_capacity(patients.len()),
            exits,
            first_exit,
            moves: vec![NONE; last + 1],
            next: vec![NONE; patients.len()],
            day: 0,
            under_observation: patients.len() as f64,
        };
        for index in 0..patients.len() as u32 {
            walk.places.push(Place { cell: NONE, since: 0, log_weight: 0.0 });
            walk.enter(index, 0, 0.0);
        }
        walk
    }

    /// The next day; none when nobody is left.
    pub(super) fn step(&mut self) -> Option<Day> {
        if self.day as usize + 1 >= self.first_exit.len() {
            return None;
        }
        self.change_cells();
        let mut day = Day { at_risk: self.under_observation, ..Day::default() };
        for cell in &self.used {
            let place = *cell as usize;
            let (Some(cell), Some(hazard), Some(growth)) =
                (self.cells.get_mut(place), self.table.hazards().get(place), self.growth.get(place))
            else {
                continue;
            };
            day.hazard += f64::from(cell.count) * hazard;
            day.weights[0] += cell.weight;
            day.weighted_hazards[0] += cell.weight * hazard;
            cell.weight *= growth;
            day.weights[1] += cell.weight;
            day.weighted_hazards[1] += cell.weight * hazard;
        }
        self.day += 1;
        self.leave(&mut day);
        Some(day)
    }

    /// The sums of a part of the next day, without taking it.
    pub(super) fn part_of_day(&mut self, part: f64) -> Day {
        self.change_cells();
        let mut day = Day { at_risk: self.under_observation, ..Day::default() };
        for place in &self.used {
            let place = *place as usize;
            let (Some(cell), Some(hazard)) = (self.cells.get(place), self.table.hazards().get(place)) else {
                continue;
            };
            let later = cell.weight * (hazard * part).exp();
            day.hazard += f64::from(cell.count) * hazard * part;
            day.weights[0] += cell.weight;
            day.weighted_hazards[0] += cell.weight * hazard;
            day.weights[1] += later;
            day.weighted_hazards[1] += later * hazard;
        }
        day
    }

    fn change_cells(&mut self) {
        let Some(head) = self.moves.get_mut(self.day as usize) else { return };
        let mut index = std::mem::replace(head, NONE);
        while index != NONE {
            let following = self.next.get(index as usize).copied().unwrap_or(NONE);
            let weight = self.take_out(index);
            self.enter(index, self.day, weight);
            index = following;
        }
    }

    fn leave(&mut self, day: &mut Day) {
        let at = self.day as usize;
        let from = self.first_exit.get(at).copied().unwrap_or_default();
        let until = self.first_exit.get(at + 1).copied().unwrap_or(self.exits.len() as u32);
        for place in from..until {
            let Some(index) = self.exits.get(place as usize).copied() else { continue };
            let weight = self.take_out(index).exp();
            self.under_observation -= 1.0;
            if self.patients.get(index as usize).is_some_and(|patient| patient.died) {
                day.deaths += 1.0;
                day.dead += weight;
                day.dead_squared += weight * weight;
            } else {
                day.censored += 1.0;
            }
        }
    }

    /// Takes a patient out of the cell; the logarithm of the weight today.
    fn take_out(&mut self, index: u32) -> f64 {
        let Some(place) = self.places.get(index as usize).copied() else { return 0.0 };
        let hazard = self.table.hazards().get(place.cell as usize).copied().unwrap_or_default();
        let log_weight = place.log_weight + hazard * f64::from(self.day - place.since);
        if let Some(cell) = self.cells.get_mut(place.cell as usize) {
            cell.count -= 1;
            // An empty cell weighs nothing: what rounding left is not carried on.
            cell.weight = if cell.count == 0 { 0.0 } else { cell.weight - log_weight.exp() };
        }
        log_weight
    }

    /// Puts a patient into the cell of today and notes the day of the next change, unless it comes after the last.
    fn enter(&mut self, index: u32, today: u32, log_weight: f64) {
        let Some(patient) = self.patients.get(index as usize) else { return };
        let age = f64::from(patient.age_in_days) + f64::from(today);
        let day = f64::from(patient.diagnosed) + f64::from(today);
        let (cell, stays) = self.table.cell(patient.sex, age, day);
        if let Some(place) = self.places.get_mut(index as usize) {
            *place = Place { cell: cell as u32, since: today, log_weight };
        }
        if let Some(entered) = self.cells.get_mut(cell) {
            entered.count += 1;
            entered.weight += log_weight.exp();
            if !std::mem::replace(&mut entered.listed, true) {
                self.used.push(cell as u32);
            }
        }
        let change = today.saturating_add(stays);
        if change < patient.observed()
            && let Some(head) = self.moves.get_mut(change as usize)
            && let Some(next) = self.next.get_mut(index as usize)
        {
            *next = std::mem::replace(head, index);
        }
    }
}

/// Patients by the day on which they leave, and where those of each day begin; one day more than the last.
fn by_exit(patients: &[Patient], last: usize) -> (Vec<u32>, Vec<u32>) {
    let mut first = vec![0_u32; last + 2];
    for patient in patients {
        if let Some(count) = first.get_mut(patient.observed() as usize + 1) {
            *count += 1;
        }
    }
    let mut sum = 0;
    for count in &mut first {
        sum += *count;
        *count = sum;
    }
    let mut at = first.clone();
    let mut order = vec![0_u32; patients.len()];
    for (index, patient) in patients.iter().enumerate() {
        if let Some(place) = at.get_mut(patient.observed() as usize) {
            if let Some(slot) = order.get_mut(*place as usize) {
                *slot = index as u32;
            }
            *place += 1;
        }
    }
    first.pop();
    (order, first)
}
