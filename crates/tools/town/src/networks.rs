//! The regional networks (地域医療連携ネットワーク): who takes part, under which numbers, and what a network's clerk keyed in.

use crate::day::Day;
use crate::dice::{Dice, Shuffle};
use crate::formats::{ErrorKind, NetworkPatientRow, NetworkRow, TruthNetworkPatientRow};
use crate::maker::{Maker, purpose};
use crate::model::{Family, Patient, Person};
use crate::organisations::INSTITUTIONS;

/// A regional network.
#[derive(Debug)]
pub struct Network {
    /// Short name.
    pub slug: &'static str,
    /// Name.
    pub name: &'static str,
    /// Name in English.
    pub name_en: &'static str,
    /// What its patient numbers begin with.
    pub prefix: &'static str,
    /// Indices into [`INSTITUTIONS`] of its members.
    pub members: &'static [usize],
    /// Of those with a record at one member, and of those with records at several, how many take part.
    pub joined: [f64; 2],
    /// First day of the network.
    pub since: [i32; 3],
}

/// The networks: two neighbours in 静岡, which the psychiatric hospital and many patients share, and one in 東京.
pub static NETWORKS: [Network; 3] = [
    Network {
        slug: "shiokaze-net",
        name: "しおかぜ医療ネット",
        name_en: "Shiokaze Health Network",
        prefix: "S",
        members: &[0, 1, 4, 5, 8, 10, 17, 18],
        joined: [0.25, 0.6],
        since: [2014, 4, 1],
    },
    Network {
        slug: "midori-net",
        name: "みどり茶ネット",
        name_en: "Midori-cha Network",
        prefix: "M",
        members: &[2, 9, 10, 11, 12, 15, 19],
        joined: [0.3, 0.65],
        since: [2017, 10, 1],
    },
    Network {
        slug: "tamagawa-net",
        name: "多摩川れんけいネット",
        name_en: "Tamagawa Renkei Network",
        prefix: "T",
        members: &[3, 6, 7, 13, 14, 16],
        joined: [0.3, 0.65],
        since: [2016, 7, 1],
    },
];

/// Households of the exchange demonstrations (`data/exchange-stories.tsv`): they take part wherever they have records, so that the
/// joining of two networks has somebody to show.
const DEMONSTRATED: [u64; 6] = [1, 13, 16, 22, 23, 24];

/// Who of them has two numbers in every network with several records: the old lady cared for at home.
const TWICE: u64 = 16;

/// Gives numbers to the patients who take part: computed, so that none repeats.
pub struct Numbering(Vec<Shuffle>);

impl Numbering {
    /// The numbering of every network of a town.
    pub fn new(seed: u64) -> Self {
        Self((0..NETWORKS.len() as u64).map(|i| Shuffle::new(seed, NUMBERS + i, 1_000_000_000)).collect())
    }

    /// The number of that person's `entry`th registration (0 the first, 1 a duplicate).
    fn number(&self, network: usize, person: u64, entry: u64) -> String {
        let place = self.0.get(network).map_or(person, |shuffle| shuffle.place(person * 2 + entry));
        let prefix = NETWORKS.get(network).map_or("", |n| n.prefix);
        format!("{prefix}{place:09}")
    }
}

/// The rows of `networks.csv`.
pub fn rows() -> impl Iterator<Item = NetworkRow> {
    NETWORKS.iter().flat_map(|network| {
        let [year, month, day] = network.since;
        network.members.iter().filter_map(|&i| INSTITUTIONS.get(i)).map(move |institution| NetworkRow {
            network: network.slug.to_owned(),
            name: network.name.to_owned(),
            name_en: network.name_en.to_owned(),
            institution_code: institution.code.to_owned(),
            since: Day::new(year, month.unsigned_abs(), day.unsigned_abs()),
        })
    })
}

/// What the networks know of a household, with the truth beside it.
pub fn registrations(maker: &Maker, family: &Family) -> Vec<(NetworkPatientRow, TruthNetworkPatientRow)> {
    let mut dice = maker.dice(purpose::NETWORKS, family.index);
    let mut rows = Vec::new();
    for person in &family.persons {
        for (index, network) in NETWORKS.iter().enumerate() {
            let records: Vec<&Patient> = network
                .members
                .iter()
                .flat_map(|&i| family.patients.iter().filter(move |p| p.institution == i))
                // A record kept apart is unknown to the network: that is what it is for.
                .filter(|p| p.slot == person.slot && p.facet == 0)
                .collect();
            let [one, several] = network.joined;
            let rate = if records.len() > 1 { several } else { one };
            let joined = dice.chance(rate) || DEMONSTRATED.contains(&family.index);
            if joined && !records.is_empty() {
                register(maker, &mut dice, person, index, &records, &mut rows);
            }
        }
    }
    rows
}

/// One registration for all records, or now and then a second one because a clerk did not find the first.
fn register(
    maker: &Maker,
    dice: &mut Dice,
    person: &Person,
    network: usize,
    records: &[&Patient],
    rows: &mut Vec<(NetworkPatientRow, TruthNetworkPatientRow)>,
) {
    let several = records.len() > 1;
    let unfound = several && (dice.chance(0.06) || person.number == TWICE);
    let split = if unfound { dice.between(1, records.len() as i32 - 1) } else { 0 };
    let first = keyed(maker, dice, person, 0.02);
    let second = keyed(maker, dice, person, 0.5);
    for (place, patient) in records.iter().enumerate() {
        let duplicate = split > 0 && place >= split as usize;
        let (known, error) = if duplicate { &second } else { &first };
        let (slug, code) = (
            NETWORKS.get(network).map_or("", |n| n.slug),
            INSTITUTIONS.get(patient.institution).map_or("", |i| i.code),
        );
        let number = maker.network_numbers.number(network, person.number, u64::from(duplicate));
        let row = NetworkPatientRow {
            network: slug.to_owned(),
            network_number: number.clone(),
            institution_code: code.to_owned(),
            local_number: patient.local_number.clone(),
            ..known.clone()
        };
        let truth = TruthNetworkPatientRow {
            network: slug.to_owned(),
            network_number: number,
            person: person.number,
            duplicate,
            error: *error,
        };
        rows.push((row, truth));
    }
}

/// What the clerk keyed in, and what is wrong with it.
fn keyed(
    maker: &Maker,
    dice: &mut Dice,
    person: &Person,
    wrong: f64,
) -> (NetworkPatientRow, Option<ErrorKind>) {
    let day = person.death.unwrap_or(maker.plan.today).plus(-dice.between(1, 1500)).max(person.birth);
    let name = person.family_on(day);
    let mut row = NetworkPatientRow {
        network: String::new(),
        network_number: String::new(),
        institution_code: String::new(),
        local_number: String::new(),
        name: [name.plain, "\u{3000}", person.given.written].concat(),
        kana: kotoba::to_half_kana(&person.kana_on(day)).replace('\u{3000}', " "),
        birth: person.birth,
        sex: person.sex,
    };
    if !dice.chance(wrong) {
        return (row, None);
    }
    let error = [ErrorKind::KanaTypo, ErrorKind::BirthTypo, ErrorKind::NameVariant]
        .get(dice.weighted(&[50, 30, 20]))
        .copied();
    match error {
        Some(ErrorKind::KanaTypo) => row.kana = mistyped(dice, &row.kana),
        Some(ErrorKind::BirthTypo) => row.birth = row.birth.plus(if dice.chance(0.5) { 10 } else { -1 }),
        _ => row.name = row.name.replace('\u{3000}', ""),
    }
    (row, error)
}

/// The reading without one of its inner characters.
fn mistyped(dice: &mut Dice, kana: &str) -> String {
    let count = kana.chars().count() as i32;
    let at = dice.between(1, (count - 2).max(1)) as usize;
    kana.chars().enumerate().filter(|(place, _)| *place != at).map(|(_, c)| c).collect()
}

const NUMBERS: u64 = 300;
