//! Who lives together, and what became of them in ten years: shapes and ages give roughly the census of 2020.

use crate::career::{Start, career};
use crate::day::Day;
use crate::dice::Dice;
use crate::maker::{Maker, Who, purpose};
use crate::model::{Family, Limit, Person, Relation, Spell, Work};
use crate::organisations::municipality;
use crate::vocabulary::FamilyName;

/// Makes household `index`: one person alone when `fill`, else of any shape.
pub fn raise(maker: &Maker, index: u64, fill: bool) -> Family {
    let mut dice = maker.dice(purpose::HOUSEHOLD, index);
    let place = municipality(&mut dice);
    let from = maker.history.plus(-dice.wait(4000.0));
    let mut family = Family { index, homes: vec![maker.home(&mut dice, from, place)], ..Family::default() };
    let shape = if fill { 0 } else { dice.weighted(&SHAPES) };
    let name = maker.vocabulary.surname(&mut dice);
    let mut room = Room { maker, family: &mut family, dice: &mut dice, name };
    match shape {
        0 => room.single(fill),
        1 => room.couple(),
        2 => room.couple_with_children(),
        3 => room.single_parent(),
        4 => room.three_generations(),
        _ => room.gone(),
    }
    if !fill {
        room.moves();
        room.assistance(shape);
    }
    finish(maker, &mut family);
    family
}

/// Gives work, origins and certificates to everyone; shared with the constructed households.
pub fn finish(maker: &Maker, family: &mut Family) {
    let mut dice = maker.dice(purpose::CAREER, family.index);
    let today = maker.plan.today;
    let place = family.homes.first().map_or(0, |h| h.municipality);
    let with_children = family.persons.iter().any(|p| p.relation == Relation::Child && p.left.is_none());
    for person in &mut family.persons {
        let end = person.death.unwrap_or(today);
        let start = Start { sex: person.sex, birth: person.birth, municipality: place, with_children };
        if person.work.is_empty() {
            person.work = career(&mut dice, start, maker.history, end);
        }
        if let Some(since) = family.welfare_since {
            person.work.retain(|spell| spell.from < since);
            person.work.push(Spell { from: since, work: Work::None });
        }
        person.origin = origin(&mut dice, person, maker.history);
        person.burden = [10, 20, 30].get(dice.weighted(&[72, 20, 8])).copied().unwrap_or(10);
        if person.limit.is_none() {
            person.limit = limit(&mut dice, person, today);
        }
    }
}

/// Until when nothing is told: birth, or the job held when the history begins, or some years before it.
fn origin(dice: &mut Dice, person: &Person, history: Day) -> Day {
    let lookback = history.plus(-dice.wait(2200.0)).max(person.birth);
    let late = person.late_elderly_from();
    match person.work.first() {
        _ if person.birth >= history => person.birth,
        _ if late <= history => late,
        Some(spell) if spell.from < history => spell.from.max(person.birth),
        _ => lookback,
    }
}

fn limit(dice: &mut Dice, person: &Person, today: Day) -> Option<Limit> {
    let age = person.birth.age_on(today);
    if !dice.chance(if age < 70 { 0.015 } else { 0.10 }) {
        return None;
    }
    let until = today.coming_july_end();
    let year_start = until.plus_years(-1).plus(1);
    let from = year_start.plus(dice.between(0, (today.0 - year_start.0).max(0)));
    let (class, flag) = if age < 70 {
        [("01", "A01"), ("01", "A02"), ("01", "A03"), ("01", "A04"), ("02", "A05")]
            .get(dice.weighted(&[4, 10, 30, 40, 16]))
    } else {
        [("02", "B05"), ("02", "B06"), ("01", "B02"), ("01", "B03")].get(dice.weighted(&[50, 30, 8, 12]))
    }
    .copied()?;
    // The certificate of someone who turns 70 this year is not carried over the change of flags.
    (person.birth.age_on(from) >= 70 || age < 70).then_some(Limit { class, flag, from, until })
}

/// A household being filled.
struct Room<'a> {
    maker: &'a Maker,
    family: &'a mut Family,
    dice: &'a mut Dice,
    name: FamilyName,
}

impl Room<'_> {
    fn single(&mut self, fill: bool) {
        let band = self.dice.weighted(&[22, 16, 21, 13, 28]);
        let (low, high) =
            [(18, 29), (30, 44), (45, 64), (65, 74), (75, 97)].get(band).copied().unwrap_or((18, 29));
        let age = self.dice.between(low, high);
        let sex = if self.dice.chance(if age < 65 { 0.42 } else { 0.66 }) { 2 } else { 1 };
        let birth = self.born(age);
        self.add(Relation::Head, sex, birth);
        if fill {
            return;
        }
        if age >= 65 && self.dice.chance(0.55) {
            self.dead_partner(Relation::Spouse, sex, birth);
        }
        if self.dice.chance(0.0006)
            && let Some(head) = self.family.persons.first_mut()
        {
            head.never_insured = true;
        }
    }

    fn couple(&mut self) {
        let band = self.dice.weighted(&[13, 23, 32, 32]);
        let (low, high) = [(24, 44), (45, 64), (65, 74), (75, 91)].get(band).copied().unwrap_or((24, 44));
        let age = self.dice.between(low, high);
        let married_at = self.dice.between(22, 38).min(age - 1);
        self.pair(age, married_at);
        if (46..=68).contains(&age) && self.dice.chance(0.5) {
            self.grown_child(age);
        }
    }

    fn couple_with_children(&mut self) {
        let band = self.dice.weighted(&[7, 24, 28, 23, 18]);
        let (low, high) =
            [(27, 34), (35, 44), (45, 54), (55, 64), (65, 76)].get(band).copied().unwrap_or((35, 44));
        let age = self.dice.between(low, high);
        let first = self.dice.between((age - 41).max(0), (age - 25).clamp(0, 38));
        let married_at = (age - first - self.dice.between(1, 3)).max(19);
        self.pair(age, married_at);
        self.children(first);
        if age >= 48 && self.dice.chance(0.35) {
            self.grown_child(age);
        }
    }

    fn single_parent(&mut self) {
        let sex = if self.dice.chance(0.84) { 2 } else { 1 };
        if self.dice.chance(0.5) {
            let age = self.dice.between(26, 52);
            let birth = self.born(age);
            self.add(Relation::Head, sex, birth);
            let first = self.dice.between((age - 40).max(0), (age - 22).clamp(0, 24));
            self.children(first);
        } else {
            let parent_age = self.dice.between(68, 95);
            let child_age = parent_age - self.dice.between(24, 36);
            let child_sex = if self.dice.chance(0.4) { 2 } else { 1 };
            let child = self.born(child_age);
            self.add(Relation::Head, child_sex, child);
            let parent = self.born(parent_age);
            self.add_parent(sex, parent);
            if self.dice.chance(0.4) {
                self.dead_partner(Relation::Parent, sex, parent);
            }
        }
    }

    fn three_generations(&mut self) {
        let age = self.dice.between(33, 58);
        let first = self.dice.between((age - 40).max(0), (age - 25).clamp(0, 24));
        self.pair(age, (age - first - 2).max(19));
        self.children(first);
        let parent_age = age + self.dice.between(23, 35);
        let parent = self.born(parent_age);
        let both = self.dice.chance(0.42);
        self.add_parent(2, parent);
        if both {
            let father = parent.plus(-self.dice.between(-400, 2200));
            self.add_parent(1, father);
        } else if self.dice.chance(0.6) {
            self.dead_partner(Relation::Parent, 2, parent);
        }
    }

    /// A household that is no more: its people died, or all moved away.
    fn gone(&mut self) {
        if self.dice.chance(0.65) {
            let age = self.dice.between(72, 101);
            let birth = self.born(age);
            let sex = if self.dice.chance(0.6) { 2 } else { 1 };
            self.add(Relation::Head, sex, birth);
            let death = self.day_in_history();
            if let Some(head) = self.family.persons.first_mut() {
                head.death = Some(death.max(birth.plus_years(60)));
            }
        } else {
            self.couple_with_children();
            let any = self.day_in_history();
            // They leave after the last thing that made them a household.
            let events = self.family.persons.iter().flat_map(|p| [Some(p.birth), p.married, p.arrived]);
            let left = events.flatten().fold(any, |left, day| left.max(day.plus(10)));
            for person in &mut self.family.persons {
                person.left = Some(person.left.map_or(left, |own| own.min(left)));
            }
        }
    }

    /// Head and spouse; married within the history, the spouse came from elsewhere and changed the name.
    fn pair(&mut self, age: i32, married_at: i32) {
        let head_sex = if self.dice.chance(0.9) { 1 } else { 2 };
        let head = self.born(age);
        self.add(Relation::Head, head_sex, head);
        let spouse_age = (age - self.dice.between(-4, 7) * if head_sex == 1 { 1 } else { -1 }).max(20);
        let spouse = self.born(spouse_age);
        let slot = self.add(Relation::Spouse, 3 - head_sex, spouse);
        let married =
            head.plus_years(married_at).plus(self.dice.between(0, 364)).min(self.maker.plan.today.plus(-30));
        let married = married.max(spouse.plus_years(18)).max(head.plus_years(18));
        for person in &mut self.family.persons {
            person.married = Some(married);
        }
        if married > self.maker.history {
            self.move_together(slot, married);
        }
    }

    fn move_together(&mut self, slot: usize, married: Day) {
        let maiden = self.maker.vocabulary.surname(self.dice);
        let outside = self.dice.chance(0.4);
        let place = municipality(self.dice);
        let from = self.maker.history.plus(-self.dice.wait(1500.0));
        let home = self.maker.home(self.dice, from, place);
        if let Some(spouse) = self.family.persons.get_mut(slot) {
            spouse.maiden = Some((maiden, married));
            if outside {
                spouse.arrived = Some(married);
            } else {
                spouse.single_home = Some((home, married));
            }
        }
    }

    fn children(&mut self, first_age: i32) {
        let count = [1, 2, 3, 4].get(self.dice.weighted(&[44, 43, 11, 2])).copied().unwrap_or(1);
        let mut age = first_age;
        for _ in 0..count {
            let sex = if self.dice.chance(0.512) { 1 } else { 2 };
            let birth = self.born(age);
            self.add(Relation::Child, sex, birth);
            age -= self.dice.between(2, 4);
            if age < 0 {
                return;
            }
        }
    }

    /// A child who left the town at 18 to 24.
    fn grown_child(&mut self, head_age: i32) {
        let age = self.dice.between(19, 33).min(head_age - 22);
        let birth = self.born(age);
        let left = birth.plus_years(self.dice.between(18, 24)).next_april().plus(-self.dice.between(1, 25));
        if left > self.maker.history.plus(30) && left <= self.maker.plan.today {
            let sex = if self.dice.chance(0.5) { 1 } else { 2 };
            let slot = self.add(Relation::Child, sex, birth);
            if let Some(child) = self.family.persons.get_mut(slot) {
                child.left = Some(left);
            }
        }
    }

    /// The partner of an old person, who died within the history.
    fn dead_partner(&mut self, relation: Relation, sex: u8, birth: Day) {
        let partner = birth.plus(self.dice.between(-1800, 1100));
        let death = self.day_in_history();
        let slot = self.add(relation, 3 - sex, partner);
        for person in &mut self.family.persons {
            if person.slot as usize == slot {
                person.death = Some(death);
            }
            if relation == Relation::Spouse {
                person.married = Some(birth.plus_years(27));
            }
        }
    }

    /// In some years the whole household came, or moved on within the town.
    fn moves(&mut self) {
        if self.dice.chance(0.15) {
            let day = self.day_in_history();
            // Nobody arrives after death or departure; who is born later is born here.
            let first_end = self.family.persons.iter().filter_map(|p| p.death.or(p.left)).min();
            if first_end.is_none_or(|end| day < end) {
                for person in self.family.persons.iter_mut().filter(|p| p.birth < day && p.arrived.is_none())
                {
                    person.arrived = Some(day);
                    person.single_home = person.single_home.take().filter(|(_, until)| *until > day);
                }
            }
        }
        if self.dice.chance(0.26) {
            let day = self.day_in_history();
            let here = self.family.homes.first().map_or(0, |h| h.municipality);
            let place = if self.dice.chance(0.65) { here } else { municipality(self.dice) };
            let home = self.maker.home(self.dice, day, place);
            self.family.homes.push(home);
        }
    }

    fn assistance(&mut self, shape: usize) {
        let rate = [0.032, 0.004, 0.002, 0.045, 0.002].get(shape).copied().unwrap_or(0.0);
        if self.dice.chance(rate) {
            let since = self.day_in_history();
            self.family.welfare_since = Some(since);
        }
    }

    fn add_parent(&mut self, sex: u8, birth: Day) {
        let slot = self.add(Relation::Parent, sex, birth);
        let supported = self.dice.chance(0.35);
        if let Some(parent) = self.family.persons.get_mut(slot) {
            parent.supported = supported;
        }
    }

    fn add(&mut self, relation: Relation, sex: u8, birth: Day) -> usize {
        let slot = self.family.persons.len().min(15);
        let given = self.maker.vocabulary.given(self.dice, sex, birth);
        let who = Who { relation, sex, birth, family: self.name, given };
        self.family.persons.push(self.maker.person(self.family.index, slot, who));
        slot
    }

    fn born(&mut self, age: i32) -> Day {
        let today = self.maker.plan.today;
        today.plus_years(-age).plus(-self.dice.between(0, 364))
    }

    fn day_in_history(&mut self) -> Day {
        let length = self.maker.plan.today.0 - self.maker.history.0;
        self.maker.history.plus(self.dice.between(1, length - 1))
    }
}

/// Of 1,000 households: single, couple, couple with children, single parent, three generations, gone.
const SHAPES: [u32; 6] = [354, 214, 230, 84, 54, 64];
