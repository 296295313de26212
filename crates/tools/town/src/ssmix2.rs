//! The SS-MIX2 standardised storage (標準化ストレージ) of the hospitals that have one: HL7 v2.5 messages in a tree of files.
//!
//! Written from the storage's specification 1.2 and apart from the reader in `records`, so that each checks the other. Of a
//! record: `ADT-00`, `ADT-61` and `PPR-01` without a day; of a visit: `OMP-01` and `OML-11`. Documents, measurements and
//! findings have no place in these kinds.

use std::collections::BTreeMap;

use crate::clinical::catalogue::{Allergen, Disease, Drug, Test};
use crate::clinical::chart::{Fact, VisitKind};
use crate::day::Day;
use crate::fhir::{Scribe, department_name};
use crate::formats::{PatientRow, TruthClinicalRow};

/// A file of the storage.
pub struct Stored {
    /// Path below the root of the storage.
    pub path: String,
    /// The message.
    pub bytes: Vec<u8>,
    /// The truth about each fact in it.
    pub truth: Vec<TruthClinicalRow>,
}

/// What a record's files without a day will say, gathered over its visits.
#[derive(Default)]
pub struct Lasting {
    /// By disease and first day: the latest that was written of it.
    problems: BTreeMap<(&'static str, Day), Problem>,
    allergies: BTreeMap<&'static str, (&'static Allergen, Day, TruthClinicalRow)>,
}

struct Problem {
    disease: &'static Disease,
    until: Option<Day>,
    first_seen: Day,
    inpatient: bool,
    truth: TruthClinicalRow,
}

impl Lasting {
    /// Takes in what a visit says of diagnoses and allergies.
    pub fn visit(&mut self, scribe: &Scribe<'_>) {
        for fact in &scribe.visit.facts {
            match fact {
                Fact::Diagnosis { disease, since, until } => {
                    let inpatient = matches!(scribe.visit.kind, VisitKind::Inpatient { .. });
                    let truth = scribe.row_of("condition", disease.icd10, fact, "");
                    let new =
                        Problem { disease, until: *until, first_seen: scribe.visit.day, inpatient, truth };
                    let known = self.problems.entry((disease.key, *since)).or_insert(new);
                    known.until = until.or(known.until);
                }
                Fact::Allergy { allergen, since } => {
                    let kind = if allergen.category == "medication" { "contraindication" } else { "allergy" };
                    let truth = scribe.row_of(kind, allergen.code, fact, "");
                    self.allergies.entry(allergen.key).or_insert((allergen, *since, truth));
                }
                _ => {}
            }
        }
    }

    /// The files of the record, as they stand after its last visit.
    pub fn files(self, row: &PatientRow, address: &str, written: Day) -> Vec<Stored> {
        let about = About { row, day: None, written, department: "-" };
        let mut files = vec![about.file("ADT-00", NO_ORDER, patient_message(&about, address), Vec::new())];
        if !self.allergies.is_empty() {
            let message = allergy_message(&about, self.allergies.values().map(|(a, since, _)| (*a, *since)));
            let truth = self.allergies.into_values().map(|(_, _, truth)| truth).collect();
            files.push(about.file("ADT-61", NO_ORDER, message, truth));
        }
        if !self.problems.is_empty() {
            let message = problem_message(&about, &self.problems);
            let truth = self.problems.into_values().map(|problem| problem.truth).collect();
            files.push(about.file("PPR-01", NO_ORDER, message, truth));
        }
        files
    }
}

/// The files of a visit: its prescriptions and its laboratory results.
pub fn visit_files(scribe: &Scribe<'_>) -> Vec<Stored> {
    let visit = scribe.visit;
    let about =
        About { row: scribe.row, day: Some(visit.day), written: visit.day, department: visit.department };
    let tail = scribe.row.local_number.get(3..).unwrap_or_default();
    let (year, month, day) = visit.day.ymd();
    let order = |kind: u8| format!("{year:04}{month:02}{day:02}{}{kind}{tail}", scribe.nth % 10);
    let mut files = Vec::new();
    let (mut drugs, mut tests) = ((Vec::new(), Vec::new()), (Vec::new(), Vec::new()));
    for fact in &visit.facts {
        match fact {
            Fact::Prescription { drug, days } => {
                drugs.0.push((*drug, *days));
                drugs.1.push(scribe.row_of("prescription", drug.code, fact, ""));
            }
            Fact::Laboratory { test, value } => {
                let kind = if test.kind == "infection" { "infection" } else { "laboratory" };
                tests.0.push((*test, *value));
                tests.1.push(scribe.row_of(kind, test.jlac10, fact, ""));
            }
            _ => {}
        }
    }
    if !drugs.0.is_empty() {
        let order = order(1);
        files.push(about.file(
            "OMP-01",
            &order,
            prescription_message(&about, scribe, &order, &drugs.0),
            drugs.1,
        ));
    }
    if !tests.0.is_empty() {
        let order = order(2);
        files.push(about.file(
            "OML-11",
            &order,
            laboratory_message(&about, scribe, &order, &tests.0),
            tests.1,
        ));
    }
    files
}

/// Whose file it is, and when it was written.
struct About<'a> {
    row: &'a PatientRow,
    day: Option<Day>,
    written: Day,
    department: &'static str,
}

impl About<'_> {
    fn file(&self, kind: &str, order: &str, message: String, mut truth: Vec<TruthClinicalRow>) -> Stored {
        let patient = &self.row.local_number;
        let day = self.day.map_or_else(|| "-".to_owned(), compact);
        let sent = format!("{}180000000", compact(self.written));
        let name = format!("{patient}_{day}_{kind}_{order}_{sent}_{}_1", self.department);
        for row in &mut truth {
            row.resource.clone_from(&name);
        }
        let part = |from, to| patient.get(from..to).unwrap_or("-");
        let path = format!("{}/{}/{patient}/{day}/{kind}/{name}", part(0, 3), part(3, 6));
        Stored { path, bytes: encoded(&message), truth }
    }

    /// MSH, where the charset is filled in when it is known, and PID.
    fn head(&self, kind: &str, control: &str) -> String {
        let at = format!("{}180000", compact(self.written));
        let mut message = String::new();
        let sending = format!("{}{control}", self.row.local_number);
        let header = format!(
            "MSH|^~\\&|TOWN|HIS|GW|SSMIX2|{at}||{kind}|{sending}|P|2.5||||||{CHARSET}||ISO 2022-1994\r"
        );
        message.push_str(&header);
        message
    }

    fn pid(&self) -> String {
        format!("PID|0001||{}^^^^PI||", self.row.local_number)
    }
}

fn patient_message(about: &About<'_>, address: &str) -> String {
    let row = about.row;
    let split = |name: &str| {
        let (family, given) = name.split_once(['\u{3000}', ' ']).unwrap_or((name, ""));
        format!("{}^{}", escaped(family), escaped(given))
    };
    let kana = kotoba::to_full_kana(&row.kana);
    let mut message = about.head("ADT^A08^ADT_A01", "A");
    message.push_str(&format!("EVN||{}180000\r", compact(about.written)));
    message.push_str(&about.pid());
    let phone = if row.phone.is_empty() { String::new() } else { format!("^PRN^PH^^^^^^^^^{}", row.phone) };
    message.push_str(&format!(
        "{}^^^^^L^I~{}^^^^^L^P||{}|{}|||^^^^^JPN^H^{}||{phone}\r",
        split(&row.name),
        split(&kana),
        compact(row.birth),
        if row.sex == 2 { "F" } else { "M" },
        escaped(address),
    ));
    message.push_str("PV1|0001|N\r");
    let insurer = row.insurer_number.trim();
    if !insurer.is_empty() {
        let plan = match (insurer.len(), insurer.get(..2)) {
            (8, Some("01")) => "01^全国健康保険協会管掌健康保険",
            (8, Some("06")) => "06^組合管掌健康保険",
            (8, Some("39")) => "39^後期高齢者医療",
            (8, _) => "34^公立学校共済組合",
            _ => "C0^国民健康保険",
        };
        let insured = [&row.symbol, &row.number, &row.branch].map(|part| escaped(part)).join("~");
        message.push_str(&format!("IN1|1|{plan}^JHSD0001|{insurer}|||||||{insured}\r"));
    }
    message
}

fn allergy_message(about: &About<'_>, allergies: impl Iterator<Item = (&'static Allergen, Day)>) -> String {
    let mut message =
        about.head("ADT^A60^ADT_A60", "L") + &format!("EVN||{}180000\r", compact(about.written));
    message.push_str(&format!("{}\r", about.pid()));
    for (number, (allergen, since)) in allergies.enumerate() {
        let kind = match allergen.category {
            "medication" => "DA^薬剤アレルギー^HL70127",
            "food" => "FA^食品アレルギー^HL70127",
            _ => "EA^環境アレルギー^HL70127",
        };
        let severe = allergen.list == "C" || allergen.reaction.contains("アナフィラキシー");
        let severity = if severe { "SV^重度^HL70128" } else { "MO^中等度^HL70128" };
        message.push_str(&format!(
            "IAM|{}|{kind}|{}^{}^99XYZ|{severity}|{}|A^追加^HL70323|||||||{}\r",
            number + 1,
            allergen.code,
            escaped(allergen.name),
            escaped(allergen.reaction),
            compact(since),
        ));
    }
    message
}

fn problem_message(about: &About<'_>, problems: &BTreeMap<(&'static str, Day), Problem>) -> String {
    let mut message = about.head("PPR^ZD1^PPR_ZD1", "P");
    message.push_str(&format!("{}\r", about.pid()));
    for (number, ((_, since), problem)) in problems.iter().enumerate() {
        let Disease { medis, icd10, name, department, .. } = problem.disease;
        let ended = problem.until.filter(|day| *day <= about.written);
        let outcome = if ended.is_some() { "F^治癒^JHSD0006" } else { "" };
        let stay = if problem.inpatient { "I" } else { "O" };
        message.push_str(&format!(
            "PRB|AD|{}180000|{medis}^{name}^MDCDX2|{}.{}|||{}||{}|{icd10}^{name}^I10||||{outcome}||{}|{name}\r",
            compact(about.written),
            about.row.local_number,
            number + 1,
            compact(problem.first_seen),
            ended.map(compact).unwrap_or_default(),
            compact(*since),
        ));
        message.push_str(&format!("ZPR||{medis}^{name}^MDCDX2\r"));
        message.push_str(&format!(
            "ORC|NW||||||||||||||||{department}^{}^HL70069||||||||||||{stay}^^HL70482\r",
            department_name(department)
        ));
    }
    message
}

/// ORC up to its department and kind of visit.
fn order_control(code: &str, order: &str, group: &str, about: &About<'_>, scribe: &Scribe<'_>) -> String {
    let stay = matches!(scribe.visit.kind, VisitKind::Inpatient { .. });
    let (doctor, _) = scribe.doctor();
    let (family, given) = doctor.split_once(' ').unwrap_or((doctor, ""));
    format!(
        "ORC|{code}|{order}||{group}|||||{}100000|||D{department}^{family}^{given}^^^^^^^^^^^^I|||||{department}^{}^HL70069||||||||||||{}^^HL70482\r",
        compact(about.written),
        department_name(about.department),
        if stay { "I" } else { "O" },
        department = about.department,
    )
}

fn visit_segment(scribe: &Scribe<'_>) -> &'static str {
    if matches!(scribe.visit.kind, VisitKind::Inpatient { .. }) { "PV1|0001|I\r" } else { "PV1|0001|O\r" }
}

fn prescription_message(
    about: &About<'_>,
    scribe: &Scribe<'_>,
    order: &str,
    drugs: &[(&'static Drug, u16)],
) -> String {
    let mut message = about.head("RDE^O11^RDE_O11", order);
    message.push_str(&format!("{}\r{}", about.pid(), visit_segment(scribe)));
    for (number, (drug, days)) in drugs.iter().enumerate() {
        let group = format!("{order}_{:02}", number + 1);
        message.push_str(&order_control("NW", order, &group, about, scribe));
        // A general name is the house's own code here: the storage asks for a product.
        let code = if drug.system == "Y" {
            format!("{}^{}^YJ", drug.code, drug.name)
        } else {
            format!("D-{}^{}^99XYZ", drug.key, drug.name)
        };
        let unit = format!("{}^{}^MR9P", drug.unit_code, drug.unit);
        let (times, length) = (u32::from(drug.times), u32::from(*days));
        let daily = u32::from(drug.dose) * times;
        let weekly = drug.usage == "x";
        let total = if weekly {
            length.div_ceil(if drug.unit_code == "KIT" { 30 } else { 7 })
        } else {
            daily * length
        };
        let rate =
            if weekly { String::new() } else { format!("{daily}^{}&{}&MR9P", drug.unit_code, drug.unit) };
        let stay = matches!(scribe.visit.kind, VisitKind::Inpatient { .. });
        let kind = if stay { "DCG^退院処方^MR9P" } else { "OHP^外来処方^MR9P" };
        message.push_str(&format!(
            "RXE||{code}|{}||{unit}|||||{total}|{unit}||||||||{rate}||{kind}\r",
            drug.dose
        ));
        let (usage, words) = scribe.usage(drug);
        let usage = if weekly { format!("&{words}&99XYZ") } else { format!("{usage}&{words}&JAMISDP01") };
        message
            .push_str(&format!("TQ1|1||{usage}|||{days}^d|{}\rRXR|PO^口^HL70162\r", compact(about.written)));
    }
    message
}

fn laboratory_message(
    about: &About<'_>,
    scribe: &Scribe<'_>,
    order: &str,
    tests: &[(&'static Test, f64)],
) -> String {
    let at = compact(about.written);
    let mut message = about.head("OUL^R22^OUL_R22", order);
    message.push_str(&format!("{}\r{}", about.pid(), visit_segment(scribe)));
    for (number, (test, value)) in tests.iter().enumerate() {
        let place = number + 1;
        message.push_str(&format!(
            "SPM|{place}|||{}^{}^JC10|||||||||||||{at}090000\r",
            specimen(test),
            test.specimen
        ));
        let result = format!("{at}120000");
        message.push_str(&format!("OBR|{place}|{order}|{order}||||{at}090000|||||||||||||||{result}\r"));
        message.push_str(&order_control("SC", order, "", about, scribe));
        let local = format!("L-{}^{}^99XYZ", test.key, test.name);
        let code = if test.kind == "local" {
            local
        } else {
            format!("{}^{}^JC10^{local}", test.jlac10, test.display)
        };
        let [low, high] = test.range_of(scribe.person.sex);
        let places = usize::from(test.decimals);
        let (kind, shown, range, flag) = if test.is_qualitative() {
            let positive = *value > 0.5;
            (
                "ST",
                if positive { "(+)" } else { "(-)" }.to_owned(),
                String::new(),
                if positive { "A" } else { "N" },
            )
        } else {
            let flag = if *value < low {
                "L"
            } else if *value > high {
                "H"
            } else {
                "N"
            };
            ("NM", format!("{value:.places$}"), format!("{low:.places$}-{high:.places$}"), flag)
        };
        let unit = if test.unit.is_empty() {
            String::new()
        } else {
            format!("{u}^{u}^99XYZ", u = escaped(test.unit))
        };
        message.push_str(&format!(
            "OBX|{place}|{kind}|{code}||{shown}|{unit}|{range}|{flag}|||F|||{at}090000\r"
        ));
    }
    message
}

/// 材料コード of JLAC10.
fn specimen(test: &Test) -> &'static str {
    match test.specimen {
        "全血" => "019",
        "血漿" => "022",
        "尿" => "001",
        _ => "023",
    }
}

/// The characters that HL7 needs for itself.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '|' => out.push_str("\\F\\"),
            '^' => out.push_str("\\S\\"),
            '&' => out.push_str("\\T\\"),
            '~' => out.push_str("\\R\\"),
            '\\' => out.push_str("\\E\\"),
            c => out.push(c),
        }
    }
    out
}

/// ISO-2022-JP, or UTF-8 where a character is outside it; MSH-18 says which.
fn encoded(message: &str) -> Vec<u8> {
    let jis = message.replace(CHARSET, "~ISO IR87");
    let (bytes, _, lost) = encoding_rs::ISO_2022_JP.encode(&jis);
    if lost { message.replace(CHARSET, "UNICODE UTF-8").into_bytes() } else { bytes.into_owned() }
}

/// `yyyyMMdd`.
fn compact(day: Day) -> String {
    let (year, month, day) = day.ymd();
    format!("{year:04}{month:02}{day:02}")
}

/// Stands for MSH-18 until the characters of the message are known.
const CHARSET: &str = "\u{1}";
/// The order's number where there is no order.
const NO_ORDER: &str = "999999999999999";
