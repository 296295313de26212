//! All patients day by day, in sums: those in one cell of the life table have one hazard and need not be looked at one by one.
//!
//! A patient is touched when a birthday or a new year changes the cell, and at the end: some twice a year. Everything a touch needs
//! lies in one place, and patients lie in the order of their diagnosis, so that those who change with the year are neighbours.

use super::life_table::Cell;
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
    /// Growth of a weight through a day, cell by cell.
    growth: Vec<f64>,
    cells: Vec<Sum>,
    /// Cells in which somebody is or was.
    used: Vec<u32>,
    /// Everybody, by the day of diagnosis.
    people: Vec<Person>,
    /// For each day those who leave at its end, or come into another cell as it begins: head of a list through `next`.
    exits: Vec<u32>,
    moves: Vec<u32>,
    /// Days that are over.
    pub(super) day: u32,
    under_observation: f64,
}

/// Those in one cell.
#[derive(Clone, Copy, Default)]
struct Sum {
    count: u32,
    listed: bool,
    weight: f64,
}

#[derive(Clone, Copy)]
struct Person {
    patient: Patient,
    cell: Cell,
    /// Day on which the cell was entered.
    since: u32,
    next: u32,
    /// Logarithm of the weight on that day.
    log_weight: f64,
}

impl<'a> Walk<'a> {
    /// Everybody at their diagnosis.
    pub(super) fn new(table: &'a LifeTable, patients: &[Patient]) -> Self {
        let last = patients.iter().map(Patient::observed).max().unwrap_or(0) as usize;
        let mut patients = patients.to_vec();
        patients.sort_unstable_by_key(|patient| patient.diagnosed);
        let person = |patient: Patient| {
            let cell = table.cell(patient.sex, patient.age_in_days, patient.diagnosed);
            Person { patient, cell, since: 0, next: NONE, log_weight: 0.0 }
        };
        let mut walk = Self {
            table,
            growth: table.hazards().iter().map(|hazard| hazard.exp()).collect(),
            cells: vec![Sum::default(); table.hazards().len()],
            used: Vec::new(),
            under_observation: patients.len() as f64,
            people: patients.into_iter().map(person).collect(),
            exits: vec![NONE; last + 1],
            moves: vec![NONE; last + 1],
            day: 0,
        };
        for index in 0..walk.people.len() {
            if let Some(cell) = walk.people.get(index).map(|person| person.cell.place) {
                walk.put_in(cell, 1.0);
                walk.plan(index);
            }
        }
        walk
    }

    /// The next day; none when nobody is left.
    pub(super) fn step(&mut self) -> Option<Day> {
        if self.day as usize + 1 >= self.exits.len() {
            return None;
        }
        self.change_cells();
        let mut day = Day { at_risk: self.under_observation, ..Day::default() };
        for place in &self.used {
            let place = *place as usize;
            let (Some(sum), Some(hazard), Some(growth)) =
                (self.cells.get_mut(place), self.table.hazards().get(place), self.growth.get(place))
            else {
                continue;
            };
            day.begin(sum, *hazard, 1.0);
            sum.weight *= growth;
            day.end(sum.weight, *hazard);
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
            if let (Some(sum), Some(hazard)) = (self.cells.get(place), self.table.hazards().get(place)) {
                day.begin(sum, *hazard, part);
                day.end(sum.weight * (hazard * part).exp(), *hazard);
            }
        }
        day
    }

    fn change_cells(&mut self) {
        let Some(head) = self.moves.get_mut(self.day as usize) else { return };
        let mut index = std::mem::replace(head, NONE);
        while let Some(person) = self.people.get_mut(index as usize) {
            let following = person.next;
            let (old, weight) = person.carry(self.table, self.day);
            let cell = self.table.following(person.cell, &person.patient, self.day);
            person.cell = cell;
            self.take_out(old, weight);
            self.put_in(cell.place, weight);
            self.plan(index as usize);
            index = following;
        }
    }

    fn leave(&mut self, day: &mut Day) {
        let Some(head) = self.exits.get_mut(self.day as usize) else { return };
        let mut index = std::mem::replace(head, NONE);
        while let Some(person) = self.people.get_mut(index as usize) {
            index = person.next;
            let died = person.patient.died;
            let (cell, weight) = person.carry(self.table, self.day);
            self.take_out(cell, weight);
            self.under_observation -= 1.0;
            if died {
                day.deaths += 1.0;
                day.dead += weight;
                day.dead_squared += weight * weight;
            } else {
                day.censored += 1.0;
            }
        }
    }

    fn put_in(&mut self, cell: u32, weight: f64) {
        if let Some(sum) = self.cells.get_mut(cell as usize) {
            sum.count += 1;
            sum.weight += weight;
            if !std::mem::replace(&mut sum.listed, true) {
                self.used.push(cell);
            }
        }
    }

    fn take_out(&mut self, cell: u32, weight: f64) {
        if let Some(sum) = self.cells.get_mut(cell as usize) {
            sum.count -= 1;
            // An empty cell weighs nothing: what rounding left is not carried on.
            sum.weight = if sum.count == 0 { 0.0 } else { sum.weight - weight };
        }
    }

    /// Puts a person on the list of the day of the next change: of the cell, or the last.
    fn plan(&mut self, index: usize) {
        let Some(person) = self.people.get_mut(index) else { return };
        let (change, exit) = (person.cell.until, person.patient.observed());
        let (list, day) = if change < exit { (&mut self.moves, change) } else { (&mut self.exits, exit) };
        if let Some(head) = list.get_mut(day as usize) {
            person.next = std::mem::replace(head, index as u32);
        }
    }
}

impl Person {
    /// Carries the weight on to today; the cell, and the weight.
    fn carry(&mut self, table: &LifeTable, today: u32) -> (u32, f64) {
        let hazard = table.hazards().get(self.cell.place as usize).copied().unwrap_or_default();
        self.log_weight += hazard * f64::from(today - self.since);
        self.since = today;
        (self.cell.place, self.log_weight.exp())
    }
}

impl Day {
    fn begin(&mut self, sum: &Sum, hazard: f64, part: f64) {
        self.hazard += f64::from(sum.count) * hazard * part;
        let ([weights, _], [hazards, _]) = (&mut self.weights, &mut self.weighted_hazards);
        *weights += sum.weight;
        *hazards += sum.weight * hazard;
    }

    fn end(&mut self, weight: f64, hazard: f64) {
        let ([_, weights], [_, hazards]) = (&mut self.weights, &mut self.weighted_hazards);
        *weights += weight;
        *hazards += weight * hazard;
    }
}
