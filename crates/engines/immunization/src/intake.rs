//! What is known of a person becomes days and numbers; what cannot be judged is reported.

use calendar::Date;

use crate::{
    Finding, Knowledge, Person, Workspace,
    model::Anchor,
    period::day_number,
    run::{Observed, Shot},
    workspace::MOST_SHOTS,
};

impl Workspace {
    pub(crate) fn observe(&mut self, knowledge: &Knowledge, person: &Person) {
        self.observed.resize(knowledge.observations.len(), Observed::default());
        for observation in &person.observations {
            let Some(id) = knowledge.observation(&observation.code) else {
                self.findings.push(Finding::UnknownObservation { code: observation.code.clone() });
                continue;
            };
            let Some(held) = self.observed.get_mut(usize::from(id)) else { continue };
            let until = observation.until.map(Date::to_days);
            let date = observation.date.map(Date::to_days);
            let looks_ahead =
                knowledge.observations.get(usize::from(id)).is_some_and(|kind| kind.looks_ahead);
            if looks_ahead {
                held.active |= date.is_some_and(|date| date >= self.assessment);
                held.date = held.date.max(date);
                continue;
            }
            if date.is_some_and(|date| date > self.assessment) {
                // Known only after the day for which is asked; its date still anchors what is planned.
                held.date = held.date.max(date);
                continue;
            }
            held.active |= until.is_none_or(|until| until >= self.assessment);
            held.date = held.date.max(date);
            held.ended = held.ended.max(until);
        }
    }

    pub(crate) fn resolve_anchors(&mut self, knowledge: &Knowledge, person: &Person) {
        let birth = person.birth.to_days();
        for anchor in &knowledge.anchors {
            let day = match anchor {
                Anchor::Age(span) => Some(span.after(birth)),
                Anchor::FiscalYear { age, years } => {
                    let attained = person.birth.attains_age(*age).fiscal_year();
                    Some(day_number(i32::from(attained) + years, 4, 1))
                }
                Anchor::School { years } => {
                    Some(day_number(i32::from(person.birth.school_entry_year()) + years, 4, 1))
                }
                Anchor::Observation(id, span) => {
                    let observed = self.observed.get(usize::from(*id));
                    observed.and_then(|o| o.date).map(|day| span.after(day))
                }
                Anchor::Day(day) => Some(*day),
            };
            self.anchors.push(day);
        }
    }

    /// 4.2: the history in order, what cannot be judged reported.
    pub(crate) fn gather(&mut self, knowledge: &Knowledge, person: &Person) {
        if person.doses.len() > MOST_SHOTS {
            self.findings.push(Finding::TooManyDoses { found: person.doses.len(), most: MOST_SHOTS });
        }
        for (number, dose) in person.doses.iter().enumerate().take(MOST_SHOTS) {
            let day = dose.date.to_days();
            if dose.planned {
                continue;
            }
            let Some(vaccine) = knowledge.vaccine(&dose.vaccine) else {
                self.findings.push(Finding::UnknownVaccine { dose: number, code: dose.vaccine.clone() });
                continue;
            };
            if dose.date < person.birth {
                self.findings.push(Finding::BeforeBirth { dose: number, date: dose.date });
                continue;
            }
            if day > self.assessment {
                self.findings.push(Finding::InTheFuture { dose: number, date: dose.date });
                continue;
            }
            let same = |shot: &&Shot| shot.day == day && shot.vaccine == vaccine;
            if let Some(shot) = self.shots.iter().find(same) {
                let of = usize::from(shot.dose);
                let contradictory = person.doses.get(of).is_some_and(|other| {
                    other.manufacturer != dose.manufacturer
                        || other.substandard != dose.substandard
                        || other.lot_expires != dose.lot_expires
                        || other.volume_ml != dose.volume_ml
                });
                self.findings.push(Finding::Duplicate { dose: number, of, contradictory });
                continue;
            }
            let expired = dose.lot_expires.is_some_and(|last| dose.date > last);
            self.shots.push(Shot {
                day,
                vaccine,
                dose: u16::try_from(number).unwrap_or(u16::MAX),
                substandard: dose.substandard || expired,
            });
        }
        // Insertion order is kept within a day: `sort_by_key` may allocate, a history is short.
        for position in 1..self.shots.len() {
            let mut at = position;
            while at > 0 && self.shots.get(at - 1).map(|s| s.day) > self.shots.get(at).map(|s| s.day) {
                self.shots.swap(at - 1, at);
                at -= 1;
            }
        }
        self.elsewhere.resize(self.shots.len(), None);
    }
}
