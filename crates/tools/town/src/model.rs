//! A household with its people and all that happened to them: the unit in which the town is made.

use crate::clinical::chart::Visit;
use crate::day::Day;
use crate::formats::{CardState, ErrorKind, LossReason, MedicalIdState};
use crate::vocabulary::{FamilyName, GivenName};

/// A household over ten years: who belongs or belonged to it, where it lived, and what the files will say.
#[derive(Clone, Debug, Default)]
pub struct Family {
    /// Index of the household; names its throws.
    pub index: u64,
    /// Where it lived, oldest first; never empty in a finished family.
    pub homes: Vec<Home>,
    /// Its people by slot, the dead and those who left included.
    pub persons: Vec<Person>,
    /// Receives 生活保護 since.
    pub welfare_since: Option<Day>,
    /// True memberships with what the insurers learned of them, by person, oldest first.
    pub memberships: Vec<Membership>,
    /// My Number cards.
    pub cards: Vec<Card>,
    /// Records at institutions.
    pub patients: Vec<Patient>,
    /// What institutions wrote down at visits, by person and day; empty where the plan has no clinical records.
    pub visits: Vec<Visit>,
    /// Errors put in on purpose, beyond those that follow from the memberships.
    pub errors: Vec<InjectedError>,
}

impl Family {
    /// How many of its people live in the town on `today`.
    pub fn residents(&self, today: Day) -> u64 {
        self.persons.iter().filter(|p| p.is_resident(today)).count() as u64
    }

    /// The person in that slot.
    pub fn person(&self, slot: u8) -> Option<&Person> {
        self.persons.get(usize::from(slot))
    }

    /// Where that person lived on `day`.
    pub fn home_of<'a>(&'a self, person: &'a Person, day: Day) -> Option<&'a Home> {
        if let Some((home, _)) = person.single_home.as_ref().filter(|(_, until)| day < *until) {
            return Some(home);
        }
        self.homes.iter().rev().find(|h| h.from <= day).or(self.homes.first())
    }
}

/// A dwelling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    /// First day there.
    pub from: Day,
    /// Index into [`crate::organisations::MUNICIPALITIES`].
    pub municipality: usize,
    /// 7 digits.
    pub postal_code: String,
    /// From the prefecture on.
    pub address: String,
}

/// What someone is to the head of the household (続柄).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// 世帯主.
    Head,
    /// 妻・夫.
    Spouse,
    /// 子.
    Child,
    /// 父・母.
    Parent,
}

impl Relation {
    /// The word in `residents.csv`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Head => "head",
            Self::Spouse => "spouse",
            Self::Child => "child",
            Self::Parent => "parent",
        }
    }
}

/// A person.
#[derive(Clone, Debug)]
pub struct Person {
    /// Place in [`Family::persons`], 0 to 15.
    pub slot: u8,
    /// The simulation's own number: household index × 16 + slot.
    pub number: u64,
    /// 住民票コード, 11 digits.
    pub resident_code: u64,
    /// 個人番号, 12 digits.
    pub my_number: u64,
    /// 続柄.
    pub relation: Relation,
    /// 1 male, 2 female.
    pub sex: u8,
    /// Day of birth.
    pub birth: Day,
    /// Day of death.
    pub death: Option<Day>,
    /// Came into the town on; `None` when there from the beginning or from birth.
    pub arrived: Option<Day>,
    /// Left the town on.
    pub left: Option<Day>,
    /// Surname now.
    pub family: FamilyName,
    /// Given name.
    pub given: GivenName,
    /// Surname before the marriage, and the day of it.
    pub maiden: Option<(FamilyName, Day)>,
    /// Day of the marriage with the other of head and spouse.
    pub married: Option<Day>,
    /// Home before the marriage, and its end.
    pub single_home: Option<(Home, Day)>,
    /// Work, oldest first; before the first entry none.
    pub work: Vec<Spell>,
    /// A parent whom the working head supports (被扶養者) while under 75.
    pub supported: bool,
    /// Should be insured and never was.
    pub never_insured: bool,
    /// 一部負担 from 70 on, in per cent: 10 (taken as 20 under 75), 20 or 30.
    pub burden: u8,
    /// 限度額適用認定証 valid today.
    pub limit: Option<Limit>,
    /// First day of the simulated life: nothing before it is told.
    pub origin: Day,
}

impl Person {
    /// True when alive and living in the town on `day`.
    pub fn is_resident(&self, day: Day) -> bool {
        self.is_alive(day)
            && self.arrived.is_none_or(|arrived| arrived <= day)
            && self.left.is_none_or(|left| day < left)
    }

    /// True from birth to the day before death.
    pub fn is_alive(&self, day: Day) -> bool {
        self.birth <= day && self.death.is_none_or(|death| day < death)
    }

    /// Surname on `day`.
    pub fn family_on(&self, day: Day) -> FamilyName {
        match self.maiden {
            Some((maiden, until)) if day < until => maiden,
            _ => self.family,
        }
    }

    /// 氏名 on `day`, as in the resident register.
    pub fn name_on(&self, day: Day) -> String {
        [self.family_on(day).written, "\u{3000}", self.given.written].concat()
    }

    /// カナ氏名 on `day`.
    pub fn kana_on(&self, day: Day) -> String {
        [self.family_on(day).kana, "\u{3000}", self.given.kana].concat()
    }

    /// Work on `day`.
    pub fn work_on(&self, day: Day) -> Work {
        self.work.iter().rev().find(|spell| spell.from <= day).map_or(Work::None, |spell| spell.work)
    }

    /// The day on which 後期高齢者医療 begins: the 75th birthday.
    pub fn late_elderly_from(&self) -> Day {
        self.birth.plus_years(75)
    }
}

/// Work from a day on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spell {
    /// First day.
    pub from: Day,
    /// What.
    pub work: Work,
}

/// What someone lives by, as far as insurance asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// Not working: child, student, at home, retired. Depends on an employed spouse or parent, else 国保.
    None,
    /// Self-employed or short hours: 国保.
    Own,
    /// Employed with insurance.
    Employed {
        /// Index into [`crate::organisations::INSURERS`].
        insurer: usize,
        /// Which of the person's jobs, 0 to 7: a new job is a new membership.
        job: u8,
    },
}

/// 限度額適用認定証.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Class: 01, 02, 03.
    pub class: &'static str,
    /// Flag: A01 to A05, B01 to B06.
    pub flag: &'static str,
    /// First day.
    pub from: Day,
    /// Last day.
    pub until: Day,
}

/// A membership as it truly was, with what the insurer learned of it and when.
#[derive(Clone, Debug)]
pub struct Membership {
    /// Whose.
    pub slot: u8,
    /// The insured person through whom; equal to `slot` for oneself.
    pub holder: u8,
    /// Index into [`crate::organisations::INSURERS`].
    pub insurer: usize,
    /// 記号.
    pub symbol: String,
    /// 番号.
    pub number: String,
    /// 枝番.
    pub branch: String,
    /// 1 the insured person, 2 a dependant.
    pub relation: u8,
    /// First day.
    pub from: Day,
    /// First day not covered.
    pub until: Option<Day>,
    /// Why it ended.
    pub loss_reason: Option<LossReason>,
    /// When the insurer learned of the beginning; `None` when never (or after the plan's day).
    pub from_reported: Option<Day>,
    /// When the insurer learned of the end; `None` when never (or after the plan's day), or while open.
    pub until_reported: Option<Day>,
    /// A wrong value in the insurer's record.
    pub typo: Option<Typo>,
    /// What changed while it ran: (happened on, reported on), by report.
    pub changes: Vec<(Day, Day)>,
}

/// A wrong value in an insurer's record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Typo {
    /// `KanaTypo`, `BirthTypo` or `NameVariant`.
    pub kind: ErrorKind,
    /// When the insurer put it right; `None` when not by the plan's day.
    pub corrected: Option<Day>,
}

/// A My Number card.
#[derive(Clone, Debug)]
pub struct Card {
    /// Whose.
    pub slot: u8,
    /// 15 characters.
    pub serial: String,
    /// Applied for on.
    pub applied: Day,
    /// Handed over on.
    pub issued: Day,
    /// Last day of the card.
    pub card_until: Day,
    /// Last day of the certificate.
    pub certificate_until: Day,
    /// Certificate renewed on.
    pub renewed: Option<Day>,
    /// State today.
    pub state: CardState,
    /// Revoked on, and why (`lost`, `death`).
    pub revoked: Option<(Day, &'static str)>,
    /// 医療等ID.
    pub medical_id: MedicalIdState,
    /// Asked for on.
    pub medical_id_on: Option<Day>,
    /// How often its number was changed.
    pub generation: u16,
}

/// A record at an institution.
#[derive(Clone, Debug)]
pub struct Patient {
    /// Whose.
    pub slot: u8,
    /// Index into [`crate::organisations::INSTITUTIONS`].
    pub institution: usize,
    /// 患者番号.
    pub local_number: String,
    /// Last visit.
    pub last_visit: Day,
    /// The clerk keyed the plain form of the surname.
    pub plain_name: bool,
    /// The clerk mistyped the birthday.
    pub birth_typo: bool,
    /// The clerk typed symbols full width.
    pub full_width: bool,
    /// 使い分け: 0 the person's own record, else a record kept apart under a medical ID of its own.
    pub facet: u8,
}

/// An error that does not follow from a membership's report days.
#[derive(Clone, Debug)]
pub struct InjectedError {
    /// Whose.
    pub slot: u8,
    /// What.
    pub kind: ErrorKind,
    /// First wrong day.
    pub from: Day,
    /// What is wrong.
    pub detail: String,
}
