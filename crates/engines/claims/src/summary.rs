//! Claims as tables: who was treated for what, with what, when.

use std::collections::BTreeMap;
use std::path::Path;

use columns::{Cell, Column, Format, Table as Sheet, TableError};

use crate::eligibility::{Claimed, fold};
use crate::layouts::{dental, dispensing, dpc, medical};
use crate::lines::CostLine;
use crate::{Claim, Group, GroupKind, Month, Record, Table};

/// Writes five tables as claims come: `claims`, `diagnoses`, `procedures`, `medicines`, `visits` (columns:
/// `docs/formats/claims-tables.md`).
///
/// A row sums up one claim: the same code of one person, month and institution is one row. Nothing is kept between claims,
/// so memory does not grow with the files.
pub struct Summary {
    claims: Sheet,
    diagnoses: Sheet,
    procedures: Sheet,
    medicines: Sheet,
    visits: Sheet,
    /// The institution whose claims these are: prefecture, table and number.
    institution: String,
}

/// Rows written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct SummaryCounts {
    /// Of `claims`.
    pub claims: u64,
    /// Of `diagnoses`.
    pub diagnoses: u64,
    /// Of `procedures`.
    pub procedures: u64,
    /// Of `medicines`.
    pub medicines: u64,
    /// Of `visits`.
    pub visits: u64,
}

impl Summary {
    /// Begins the tables in this directory.
    ///
    /// # Errors
    /// When a file cannot be created, or the program was built without the format.
    pub fn create(dir: &Path, format: Format) -> Result<Self, TableError> {
        let sheet = |name: &str, columns: &'static [Column]| {
            Sheet::create(&dir.join(format!("{name}.{}", format.extension())), format, columns)
        };
        Ok(Self {
            claims: sheet("claims", &CLAIMS)?,
            diagnoses: sheet("diagnoses", &DIAGNOSES)?,
            procedures: sheet("procedures", &SERVICES)?,
            medicines: sheet("medicines", &SERVICES)?,
            visits: sheet("visits", &VISITS)?,
            institution: String::new(),
        })
    }

    /// Takes in the next group.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn group(&mut self, group: &Group<'_>) -> Result<(), TableError> {
        if let Some(institution) = group.records().find_map(|record| institution(&record)) {
            self.institution = institution;
        }
        if group.kind() != GroupKind::Receipt {
            return Ok(());
        }
        match Claim::of(*group).and_then(|claim| Some((claim, claim.month()?))) {
            Some((claim, month)) => self.claim(&claim, month),
            None => Ok(()),
        }
    }

    /// Finishes the tables; says how many rows they have.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn finish(self) -> Result<SummaryCounts, TableError> {
        Ok(SummaryCounts {
            claims: self.claims.finish()?,
            diagnoses: self.diagnoses.finish()?,
            procedures: self.procedures.finish()?,
            medicines: self.medicines.finish()?,
            visits: self.visits.finish()?,
        })
    }

    fn claim(&mut self, claim: &Claim<'_>, month: Month) -> Result<(), TableError> {
        let person = person(claim);
        let first = month.first();
        let head @ [whose, _, at] = [Cell::Text(&person), Cell::Day(first), Cell::Text(&self.institution)];
        let days = claim.days();
        self.claims.row(&[
            whose,
            Cell::Day(first),
            at,
            Cell::Text(claim.table().ja()),
            Cell::from(claim.number().and_then(signed)),
            Cell::from(claim.birth()),
            Cell::from(claim.receipt().sex().number().and_then(signed)),
            Cell::Integer(i64::from(claim.is_inpatient())),
            Cell::Integer(i64::from(days.count())),
            Cell::from(claim.points().and_then(signed)),
        ])?;
        for disease in claim.records().filter_map(|record| disease(&record, claim)) {
            let row = [Cell::Text(&disease.code), Cell::Text(&disease.modifiers), Cell::Text(&disease.name)];
            let tail = [
                Cell::from(disease.since),
                Cell::from(disease.outcome),
                Cell::Integer(i64::from(disease.main)),
                Cell::from(disease.icd10.as_deref()),
            ];
            self.diagnoses.row(&[&head[..], &row[..], &tail[..]].concat())?;
        }
        for ((medicine, code), sum) in services(claim) {
            let row = [
                Cell::Text(&code),
                Cell::Real(sum.quantity),
                Cell::from(signed(sum.times)),
                Cell::from(sum.points.and_then(signed)),
            ];
            let sheet = if medicine { &mut self.medicines } else { &mut self.procedures };
            sheet.row(&[&head[..], &row[..]].concat())?;
        }
        for day in days.iter().filter_map(|day| month.day(day)) {
            self.visits.row(&[whose, Cell::Day(day), at])?;
        }
        Ok(())
    }
}

/// 保険者番号:記号:番号:枝番, or 負担者番号::受給者番号: without health insurance, in one spelling.
fn person(claim: &Claim<'_>) -> String {
    match Claimed::of(claim) {
        Some(claimed) => {
            let branch = claimed.branch.unwrap_or_default();
            format!("{}:{}:{}:{branch}", claimed.insurer, fold(&claimed.symbol), fold(&claimed.number))
        }
        None => claim.public_payers().next().map_or_else(String::new, |payer| {
            let text = |value: crate::Value<'_>| value.text(claim.charset()).into_owned();
            format!("{}::{}:", text(payer.payer()), text(payer.recipient()))
        }),
    }
}

fn institution(record: &Record<'_>) -> Option<String> {
    let at = match &record.code() {
        b"IR" | b"UK" | b"YK" | b"HM" => [2, 3, 4],
        b"HI" => [3, 4, 5],
        _ => return None,
    };
    Some(at.map(|at| String::from_utf8_lossy(record.field(at).trimmed()).into_owned()).concat())
}

struct DiseaseRow {
    code: String,
    modifiers: String,
    name: String,
    since: Option<calendar::Date>,
    outcome: Option<i64>,
    main: bool,
    icd10: Option<String>,
}

fn disease(record: &Record<'_>, claim: &Claim<'_>) -> Option<DiseaseRow> {
    let text = |value: crate::Value<'_>| value.text(claim.charset()).into_owned();
    let number = |value: crate::Value<'_>| value.number().and_then(signed);
    Some(match (&record.code(), claim.table()) {
        (b"SY", _) => {
            let own = medical::Disease(*record);
            DiseaseRow {
                code: text(own.code()),
                modifiers: text(own.modifiers()),
                name: text(own.name()),
                since: own.since().date(),
                outcome: number(own.outcome()),
                main: number(own.main()) == Some(1),
                icd10: None,
            }
        }
        (b"HS", Table::Dental) => {
            let own = dental::Disease(*record);
            DiseaseRow {
                code: text(own.code()),
                modifiers: text(own.modifiers()),
                name: text(own.name()),
                since: own.since().date(),
                outcome: number(own.outcome()),
                main: number(own.main()) == Some(1),
                icd10: None,
            }
        }
        (b"SB", Table::Dpc) => {
            let own = dpc::Illness(*record);
            DiseaseRow {
                code: text(own.code()),
                modifiers: text(own.modifiers()),
                name: text(own.name()),
                since: None,
                outcome: None,
                // 傷病名区分 11: 主傷病名.
                main: number(own.part()) == Some(11),
                icd10: Some(text(own.icd10())),
            }
        }
        _ => return None,
    })
}

/// What the lines of one code come to.
#[derive(Default)]
struct Sum {
    quantity: f64,
    times: u64,
    points: Option<u64>,
}

impl Sum {
    fn add(&mut self, quantity: f64, times: u64, points: Option<u64>) {
        self.quantity += quantity * times as f64;
        self.times += times;
        if let Some(points) = points {
            self.points = Some(self.points.unwrap_or(0) + points * times);
        }
    }
}

/// By whether it is a medicine, and by code. Materials (`TO`) are procedures too: their codes begin with 7.
fn services(claim: &Claim<'_>) -> BTreeMap<(bool, String), Sum> {
    let mut all: BTreeMap<(bool, String), Sum> = BTreeMap::new();
    let mut entry = |code: &[u8], quantity: Option<f64>, times: u64, points: Option<u64>| {
        let medicine = code.first() == Some(&b'6');
        let code = String::from_utf8_lossy(code).into_owned();
        if !code.is_empty() {
            all.entry((medicine, code)).or_default().add(quantity.unwrap_or(1.0), times, points);
        }
    };
    for CostLine { record, columns, .. } in claim.cost_lines() {
        let times = record.field(columns.times).number().unwrap_or(0);
        entry(
            record.field(3).trimmed(),
            record.field(4).decimal(),
            times,
            record.field(columns.points).number(),
        );
    }
    // How often the prescription at hand was dispensed.
    let mut dispensed = 0;
    for record in claim.records() {
        match (&record.code(), claim.table()) {
            (b"SH", Table::Dispensing) => dispensed = 0,
            (b"CZ", Table::Dispensing) => {
                let own = dispensing::Dispensing(record);
                dispensed += own.quantity().number().unwrap_or(0);
                for (code, points) in [
                    (own.code(), own.points()),
                    (own.care(), own.care_points()),
                    (own.support(), own.support_points()),
                ] {
                    entry(code.trimmed(), None, 1, points.number());
                }
            }
            (b"IY" | b"TO", Table::Dispensing) => {
                entry(record.field(2).trimmed(), record.field(3).decimal(), dispensed, None);
            }
            (b"KI", Table::Dispensing) => {
                let own = dispensing::Fees(record);
                entry(own.basic().trimmed(), None, 1, own.basic_points().number());
                let fees: Vec<_> = own.counselling().chain(own.remarked()).chain(own.additions()).collect();
                for fee in fees.chunks_exact(4) {
                    if let [_, code, times, points] = fee {
                        entry(code.trimmed(), None, times.number().unwrap_or(0), points.number());
                    }
                }
            }
            (b"CD", Table::Dpc) => {
                let own = dpc::Coding(record);
                let quantity = own.quantity().decimal().or_else(|| own.count().decimal());
                entry(own.code().trimmed(), quantity, own.times().number().unwrap_or(0), None);
            }
            _ => {}
        }
    }
    all
}

fn signed(number: u64) -> Option<i64> {
    i64::try_from(number).ok()
}

const CLAIMS: [Column; 10] = [
    Column::text("person"),
    Column::day("month"),
    Column::text("institution"),
    Column::text("table"),
    Column::integer("number").or_empty(),
    Column::day("birth").or_empty(),
    Column::integer("sex").or_empty(),
    Column::integer("inpatient"),
    Column::integer("days"),
    Column::integer("points").or_empty(),
];

const DIAGNOSES: [Column; 10] = [
    Column::text("person"),
    Column::day("month"),
    Column::text("institution"),
    Column::text("code"),
    Column::text("modifiers"),
    Column::text("name"),
    Column::day("since").or_empty(),
    Column::integer("outcome").or_empty(),
    Column::integer("main"),
    Column::text("icd10").or_empty(),
];

const SERVICES: [Column; 7] = [
    Column::text("person"),
    Column::day("month"),
    Column::text("institution"),
    Column::text("code"),
    Column::real("quantity"),
    Column::integer("times").or_empty(),
    Column::integer("points").or_empty(),
];

const VISITS: [Column; 3] = [Column::text("person"), Column::day("day"), Column::text("institution")];
