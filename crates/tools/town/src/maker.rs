//! What every household is made with: the plan, the lists, and numbers that never repeat.

use codes::{ResidentCode, my_number_check_digit};

use crate::day::Day;
use crate::dice::{Dice, Shuffle};
use crate::model::{Home, Person, Relation};
use crate::networks::Numbering;
use crate::organisations::{INSTITUTIONS, MUNICIPALITIES};
use crate::plan::TownPlan;
use crate::vocabulary::{FamilyName, GivenName, Vocabulary};

/// The means of making households of one plan.
pub struct Maker {
    /// The plan.
    pub plan: TownPlan,
    /// First day of the simulated history.
    pub history: Day,
    /// Names.
    pub vocabulary: Vocabulary,
    /// Patient numbers of the regional networks.
    pub network_numbers: Numbering,
    resident_codes: Shuffle,
    my_numbers: Shuffle,
    local_numbers: Vec<Shuffle>,
}

impl Maker {
    /// Prepares the lists and shuffles.
    pub fn new(plan: &TownPlan) -> Self {
        let local = |i| Shuffle::new(plan.seed, LOCAL + i as u64, 100_000_000);
        Self {
            plan: plan.clone(),
            history: plan.history_start(),
            vocabulary: Vocabulary::new(),
            network_numbers: Numbering::new(plan.seed),
            resident_codes: Shuffle::new(plan.seed, RESIDENT, 10_000_000_000),
            my_numbers: Shuffle::new(plan.seed, MY_NUMBER, 100_000_000_000),
            local_numbers: (0..INSTITUTIONS.len()).map(local).collect(),
        }
    }

    /// The throws for one purpose in one household.
    pub fn dice(&self, purpose: u64, household: u64) -> Dice {
        Dice::of(self.plan.seed, purpose, household)
    }

    /// The institution's own number of a person, 8 digits.
    pub fn local_number(&self, institution: usize, person: u64) -> String {
        let place = self.local_numbers.get(institution).map_or(person, |shuffle| shuffle.place(person));
        format!("{place:08}")
    }

    /// A new person in the next slot of household `household`, without work or events.
    pub fn person(&self, household: u64, slot: usize, who: Who) -> Person {
        let number = household * 16 + slot as u64;
        Person {
            slot: slot as u8,
            number,
            resident_code: self.resident_code(number),
            my_number: self.my_number(number),
            relation: who.relation,
            sex: who.sex,
            birth: who.birth,
            death: None,
            arrived: None,
            left: None,
            family: who.family,
            given: who.given,
            maiden: None,
            married: None,
            single_home: None,
            work: Vec::new(),
            supported: false,
            never_insured: false,
            burden: 30,
            limit: None,
            origin: who.birth,
        }
    }

    /// A dwelling from `from` on in that municipality.
    pub fn home(&self, dice: &mut Dice, from: Day, municipality: usize) -> Home {
        let Some(place) = MUNICIPALITIES.get(municipality).or(MUNICIPALITIES.first()) else {
            return Home { from, municipality, postal_code: String::new(), address: String::new() };
        };
        let quarter = dice.below(place.quarters.len() as u64) as usize;
        let (block, plot, house) = (dice.between(1, 6), dice.between(1, 28), dice.between(1, 19));
        let flat = if dice.chance(0.38) { flat(dice) } else { String::new() };
        let name = place.quarters.get(quarter).copied().unwrap_or_default();
        // In the country a plot number (番地) without blocks.
        let street = if name.starts_with('字') {
            format!("{}番地{house}", block * 100 + plot)
        } else {
            format!("{block}丁目{plot}番{house}号")
        };
        Home {
            from,
            municipality,
            postal_code: format!("{}{:02}", place.postal, quarter + 1),
            address: [place.prefecture, place.name, name, &street, &flat].concat(),
        }
    }

    fn resident_code(&self, number: u64) -> u64 {
        let body = self.resident_codes.place(number);
        ResidentCode::from_body(body).map_or(body * 10, ResidentCode::value)
    }

    fn my_number(&self, number: u64) -> u64 {
        let body = self.my_numbers.place(number);
        let mut digits = [0; 11];
        let mut rest = body;
        for digit in digits.iter_mut().rev() {
            *digit = (rest % 10) as u8;
            rest /= 10;
        }
        body * 10 + u64::from(my_number_check_digit(&digits))
    }
}

/// Who a new person is.
#[derive(Clone, Copy)]
pub struct Who {
    /// 続柄.
    pub relation: Relation,
    /// 1 male, 2 female.
    pub sex: u8,
    /// Day of birth.
    pub birth: Day,
    /// Surname.
    pub family: FamilyName,
    /// Given name.
    pub given: GivenName,
}

fn flat(dice: &mut Dice) -> String {
    let name = dice.pick(&FLATS).copied().unwrap_or_default();
    format!("　{name}{}{:02}", dice.between(1, 9), dice.between(1, 8))
}

/// Purposes that name streams of throws.
pub mod purpose {
    /// Who lives in the household, and its moves.
    pub const HOUSEHOLD: u64 = 1;
    /// Work.
    pub const CAREER: u64 = 2;
    /// Report days and errors.
    pub const REPORTING: u64 = 3;
    /// Cards.
    pub const CARDS: u64 = 4;
    /// Records at institutions.
    pub const PATIENTS: u64 = 5;
    /// Resident register events.
    pub const REGISTER: u64 = 6;
    /// Who takes part in which regional network.
    pub const NETWORKS: u64 = 7;
    /// Whether the household has clinical records.
    pub const CLINICAL: u64 = 8;
    /// Illnesses and visits, by person.
    pub const ILLNESS: u64 = 9;
    /// Laboratory values, by person.
    pub const VALUES: u64 = 10;
    /// Errors in claims, by person.
    pub const CLAIMS: u64 = 11;
}

const RESIDENT: u64 = 101;
const MY_NUMBER: u64 = 102;
const LOCAL: u64 = 200;
const FLATS: [&str; 10] = [
    "コーポ青葉",
    "メゾン若草",
    "ハイツ松風",
    "サンライズ本町",
    "グリーンヒル",
    "さくら荘",
    "第二みどり荘",
    "レジデンス泉",
    "シャトー夕凪",
    "パークサイド欅",
];
