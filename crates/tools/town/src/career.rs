//! Who works when, and for whom: throws that give roughly the rates of the Japanese labour force.

use crate::day::Day;
use crate::dice::Dice;
use crate::model::{Spell, Work};
use crate::organisations::employer_insurer;

/// What a career depends on.
#[derive(Clone, Copy)]
pub struct Start {
    /// 1 male, 2 female.
    pub sex: u8,
    /// Day of birth.
    pub birth: Day,
    /// The municipality where jobs are looked for.
    pub municipality: usize,
    /// Married with children at home: women work less in insured jobs.
    pub with_children: bool,
}

/// Work from before `history` to `today`. Jobs are numbered from 0; at most 8 are held.
pub fn career(dice: &mut Dice, start: Start, history: Day, today: Day) -> Vec<Spell> {
    let mut spells = Vec::new();
    let leaves_school = leaves_school(dice, start.birth);
    let retires = retires(dice, start.birth);
    if leaves_school > today {
        return spells;
    }
    let mut job = 0;
    let mut day = if leaves_school >= history {
        leaves_school
    } else {
        history.plus(-dice.wait(2500.0)).max(leaves_school)
    };
    while day <= today && spells.len() < 12 {
        let work = if day >= retires { after_retirement(dice) } else { working_life(dice, start, day) };
        let (work, lasts) = match work {
            Kind::Employed if job < 8 => {
                job += 1;
                let insurer = employer_insurer(dice, start.municipality);
                (Work::Employed { insurer, job: job - 1 }, dice.wait(3900.0).max(20))
            }
            Kind::Own | Kind::Employed => (Work::Own, dice.wait(5000.0).max(90)),
            Kind::None => (Work::None, dice.wait(1900.0).max(30)),
        };
        spells.push(Spell { from: day, work });
        let mut end = day.plus(lasts);
        if day < retires && end > retires {
            end = retires;
        }
        day = between_jobs(dice, &mut spells, work, end, today);
    }
    spells
}

enum Kind {
    None,
    Own,
    Employed,
}

/// After a job mostly the next begins at once; else some days without one.
fn between_jobs(dice: &mut Dice, spells: &mut Vec<Spell>, ended: Work, end: Day, today: Day) -> Day {
    let gap =
        if matches!(ended, Work::Employed { .. }) && dice.chance(0.4) { dice.between(3, 120) } else { 0 };
    if gap > 0 && end <= today {
        spells.push(Spell { from: end, work: Work::None });
    }
    end.plus(gap)
}

fn working_life(dice: &mut Dice, start: Start, day: Day) -> Kind {
    let age = start.birth.age_on(day);
    let (employed, own) = match (start.sex, age) {
        (_, ..=21) => (0.72, 0.12),
        (1, 22..=59) => (0.86, 0.10),
        (1, _) => (0.66, 0.18),
        (_, 25..=49) if start.with_children => (0.52, 0.10),
        (_, 22..=54) => (0.70, 0.09),
        (_, 55..=59) => (0.56, 0.12),
        _ => (0.40, 0.15),
    };
    match dice.unit() {
        u if u < employed => Kind::Employed,
        u if u < employed + own => Kind::Own,
        _ => Kind::None,
    }
}

fn after_retirement(dice: &mut Dice) -> Kind {
    match dice.unit() {
        u if u < 0.22 => Kind::Employed,
        u if u < 0.34 => Kind::Own,
        _ => Kind::None,
    }
}

/// 1 April after the 18th, 20th, 22nd or 24th birthday.
fn leaves_school(dice: &mut Dice, birth: Day) -> Day {
    let age = [18, 20, 22, 24].get(dice.weighted(&[33, 17, 44, 6])).copied().unwrap_or(18);
    birth.plus_years(age).next_april()
}

/// The end of the fiscal year of the 60th to the 70th birthday, most at 65.
fn retires(dice: &mut Dice, birth: Day) -> Day {
    let age = [60, 63, 65, 68, 70].get(dice.weighted(&[22, 10, 46, 10, 12])).copied().unwrap_or(65);
    birth.plus_years(age).next_april()
}
