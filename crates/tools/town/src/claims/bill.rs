//! The claims of a household: what was done in a month at an institution, one claim an insurer.

use crate::clinical::chart::{Visit, VisitKind};
use crate::day::Day;
use crate::model::{Family, Membership, Person};
use crate::organisations::{INSTITUTIONS, INSURERS, Institution, InsurerKind};
use crate::plan::TownPlan;

use super::deeds::{self, Deed, Handed, Named, Scheme};

/// A claim before it is written.
#[derive(Clone, Debug)]
pub struct Bill {
    /// Whose.
    pub slot: u8,
    /// Index into [`INSTITUTIONS`].
    pub institution: usize,
    /// First day of the month.
    pub month: Day,
    /// Fee table.
    pub scheme: Scheme,
    /// A stay in hospital.
    pub inpatient: bool,
    /// Days of care, in order.
    pub days: Vec<Day>,
    /// Services.
    pub deeds: Vec<Deed>,
    /// Medicines of a pharmacy.
    pub handed: Vec<Handed>,
    /// Diseases.
    pub diseases: Vec<Named>,
    /// First day of the stay.
    pub admitted: Option<Day>,
    /// At a pharmacy: index of who prescribed, where that is known.
    pub prescriber: Option<usize>,
    /// Whom it is addressed to.
    pub to: Addressee,
    /// False on days on which nobody insures the person: no claim is made then, but by mistake to the last insurer.
    pub covered: bool,
    /// What the person is called and when born.
    pub patient: Patient,
}

/// The person as the institution's computer has them.
#[derive(Clone, Debug)]
pub struct Patient {
    /// 氏名.
    pub name: String,
    /// カナ氏名, without space.
    pub kana: String,
    /// 男女区分.
    pub sex: u8,
    /// 生年月日.
    pub birth: Day,
    /// カルテ番号.
    pub chart: String,
}

/// The insurer and the number that a claim names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addressee {
    /// 保険者番号, 8 or 6 digits.
    pub insurer: String,
    /// 記号.
    pub symbol: String,
    /// 番号.
    pub number: String,
    /// 枝番.
    pub branch: String,
    /// Digits 2 and 4 of レセプト種別: the scheme, and whose claim it is (that of an outpatient).
    pub kind: [u8; 2],
}

impl Addressee {
    /// The insurer of a membership.
    pub fn of(membership: &Membership, person: &Person, month: Day) -> Option<Self> {
        let insurer = INSURERS.get(membership.insurer)?;
        let late = insurer.kind == InsurerKind::Koki;
        let age = person.birth.age_on(month);
        let school = crate::reporting::school_from(person.birth);
        let whose = match age {
            _ if (late || age >= 70) && person.burden == 30 => b'0',
            _ if late || age >= 70 => b'8',
            _ if month < school => b'4',
            _ if membership.relation == 2 => b'6',
            _ => b'2',
        };
        Some(Self {
            insurer: insurer.number.to_owned(),
            symbol: membership.symbol.clone(),
            number: membership.number.clone(),
            branch: membership.branch.clone(),
            kind: [if late { b'3' } else { b'1' }, whose],
        })
    }

    /// The agency: 2 国保連合会 for 国保 and 後期高齢者医療, else 1 支払基金.
    pub fn agency(&self) -> u8 {
        if self.insurer.len() == 6 || self.insurer.starts_with("39") { 2 } else { 1 }
    }
}

/// The true membership of someone on a day.
pub fn membership_on(family: &Family, slot: u8, day: Day) -> Option<&Membership> {
    let mine = family.memberships.iter().filter(|m| m.slot == slot);
    mine.rev().find(|m| m.from <= day && m.until.is_none_or(|until| day < until))
}

/// The right claims of a household in the months from `from` on.
pub fn claims(plan: &TownPlan, family: &Family, from: Day, months: u32) -> Vec<Bill> {
    let mut all: Vec<Bill> = Vec::new();
    let until = (0..months).fold(from, |month, _| month.first_of_next_month());
    for (place, visit) in family.visits.iter().enumerate().filter(|(_, visit)| deeds::is_billed(visit)) {
        let Some((institution, scheme)) = where_at(family, visit) else { continue };
        let before = family.visits.iter().take(place);
        let seen =
            |v: &Visit| v.patient == visit.patient && v.day.plus(180) >= visit.day && v.day < visit.day;
        let first = !before.filter(|v| deeds::is_billed(v)).any(seen);
        for day in deeds::days(visit).filter(|day| (from..until).contains(day) && *day < plan.today) {
            let deeds = match scheme {
                Scheme::Dispensing => Vec::new(),
                _ => deeds::deeds(scheme, visit, first),
            };
            let deeds = deeds.into_iter().filter(|deed| deed.day == day).collect();
            let handed = if scheme == Scheme::Dispensing && day == visit.day {
                deeds::handed(visit)
            } else {
                Vec::new()
            };
            if let Some(bill) = claim_of(&mut all, family, visit, (institution, scheme), day) {
                bill.take(visit, day, deeds, handed);
            }
        }
    }
    all
}

fn where_at(family: &Family, visit: &Visit) -> Option<(usize, Scheme)> {
    let index = family.patients.get(visit.patient)?.institution;
    let institution: &Institution = INSTITUTIONS.get(index)?;
    Some((index, Scheme::of(institution)?))
}

/// The claim that a day of care belongs to, made when there is none; `None` for those whom nobody insures.
fn claim_of<'a>(
    all: &'a mut Vec<Bill>,
    family: &Family,
    visit: &Visit,
    (institution, scheme): (usize, Scheme),
    day: Day,
) -> Option<&'a mut Bill> {
    let person = family.person(visit.slot)?;
    let now = membership_on(family, visit.slot, day);
    let membership = now.or_else(|| lately(family, visit.slot, day))?;
    let month = first_of(day);
    let to = Addressee::of(membership, person, month)?;
    let inpatient = matches!(visit.kind, VisitKind::Inpatient { .. });
    let same = |bill: &Bill| {
        let whose = (bill.slot, bill.institution, bill.month, bill.inpatient);
        let to_same = bill.to.insurer == to.insurer && bill.to.number == to.number;
        whose == (visit.slot, institution, month, inpatient) && to_same && bill.covered == now.is_some()
    };
    let place = all.iter().position(same).unwrap_or(all.len());
    if place == all.len() {
        all.push(Bill {
            slot: visit.slot,
            institution,
            month,
            scheme,
            inpatient,
            days: Vec::new(),
            deeds: Vec::new(),
            handed: Vec::new(),
            diseases: Vec::new(),
            admitted: inpatient.then_some(visit.day),
            prescriber: prescriber(family, visit),
            to,
            covered: now.is_some(),
            patient: Patient {
                name: person.name_on(day),
                kana: person.kana_on(day).replace('\u{3000}', ""),
                sex: person.sex,
                birth: person.birth,
                chart: family.patients.get(visit.patient).map(|p| p.local_number.clone()).unwrap_or_default(),
            },
        });
    }
    all.get_mut(place)
}

impl Bill {
    fn take(&mut self, visit: &Visit, day: Day, deeds: Vec<Deed>, handed: Vec<Handed>) {
        if !self.days.contains(&day) {
            self.days.push(day);
            self.days.sort_unstable();
        }
        self.deeds.extend(deeds);
        self.handed.extend(handed);
        for disease in deeds::diseases(visit) {
            if !self.diseases.iter().any(|known| known.code == disease.code) {
                self.diseases.push(disease);
            }
        }
    }

    /// Takes another claim's days in: what happens when one card is shown for both.
    pub fn absorb(&mut self, other: Bill) {
        self.days.extend(other.days);
        self.days.sort_unstable();
        self.days.dedup();
        self.deeds.extend(other.deeds);
        self.handed.extend(other.handed);
        for disease in other.diseases {
            if !self.diseases.iter().any(|known| known.code == disease.code) {
                self.diseases.push(disease);
            }
        }
    }
}

/// The first day of a day's month.
pub fn first_of(day: Day) -> Day {
    let (year, month, _) = day.ymd();
    Day::new(year, month, 1)
}

/// The membership that ended in the half year before a day without any.
fn lately(family: &Family, slot: u8, day: Day) -> Option<&Membership> {
    let ended = |m: &&Membership| m.until.is_some_and(|until| until <= day && day <= until.plus(180));
    family.memberships.iter().filter(|m| m.slot == slot).filter(ended).max_by_key(|m| m.until)
}

/// Who saw the person last before a pharmacy did.
fn prescriber(family: &Family, visit: &Visit) -> Option<usize> {
    let before = family.visits.iter().filter(|v| v.slot == visit.slot && v.day <= visit.day);
    let mut seen =
        before.filter_map(|v| where_at(family, v)).filter(|(_, scheme)| *scheme == Scheme::Medical);
    seen.next_back().map(|(institution, _)| institution)
}
