//! The same claim, or the same file, twice.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::{Claim, Finding, Group, Rule, Severity, Table};

use super::{place, shown};

/// Digests of what was seen: of the claims of the institution at hand, at most [`CLAIMS`], and of the institutions' records.
#[derive(Default)]
pub struct Duplicates {
    whole: HashSet<u64>,
    persons: HashSet<u64>,
    institutions: HashSet<u64>,
}

impl Duplicates {
    /// A new institution's claims are compared with each other only.
    pub fn institution(&mut self, group: &Group<'_>, found: &mut dyn FnMut(Finding)) {
        self.whole.clear();
        self.persons.clear();
        if self.institutions.len() >= CLAIMS {
            self.institutions.clear();
        }
        let Some(record) = group.records().next() else { return };
        if !self.institutions.insert(digest(record.text())) {
            found(
                Finding::new(Severity::Warning, Rule::Duplicate, place(&record, None))
                    .found(shown(&record, group.charset()))
                    .expected(
                        "an institution, month and volume once",
                        "同じ医療機関・請求年月・ボリュームは一度だけであるべきです",
                    ),
            );
        }
    }

    pub fn claim(&mut self, claim: &Claim<'_>, found: &mut dyn FnMut(Finding)) {
        if self.whole.len() >= CLAIMS {
            self.whole.clear();
            self.persons.clear();
        }
        let record = claim.receipt().0;
        let again = !self.whole.insert(whole(claim));
        // A claim and the parts that it sums up are of one person and month.
        let same_person = !claim.is_part() && !self.persons.insert(person(claim));
        if !again && !same_person {
            return;
        }
        let (severity, en, ja) = match again {
            true => (Severity::Error, "every claim once", "同じレセプトは一度だけであるべきです"),
            false => (
                Severity::Warning,
                "one claim a person, month and kind",
                "同じ患者・診療年月・種別のレセプトは通常一件です",
            ),
        };
        found(
            Finding::new(severity, Rule::Duplicate, place(&record, claim.number()))
                .found(claim.name())
                .expected(en, ja),
        );
    }
}

/// Everything but the claim's number.
fn whole(claim: &Claim<'_>) -> u64 {
    let mut hasher = DefaultHasher::new();
    for record in claim.records().filter(|record| !matches!(&record.code(), b"MN" | b"RC" | b"EX")) {
        let from = if record.is("RE") { 2 } else { 0 };
        (from..record.len()).for_each(|at| record.field(at).bytes().hash(&mut hasher));
        0xFFu8.hash(&mut hasher);
    }
    hasher.finish()
}

/// The person, the month, the kind of claim, and at a pharmacy who prescribed.
fn person(claim: &Claim<'_>) -> u64 {
    let mut hasher = DefaultHasher::new();
    let receipt = claim.receipt();
    for at in 2..=6 {
        receipt.0.field(at).trimmed().hash(&mut hasher);
    }
    if claim.table() == Table::Dispensing {
        (9..=11).for_each(|at| receipt.0.field(at).trimmed().hash(&mut hasher));
    }
    claim.kana().hash(&mut hasher);
    if let Some(insurer) = claim.insurer() {
        (1..=3).for_each(|at| insurer.0.field(at).trimmed().hash(&mut hasher));
    }
    for payer in claim.public_payers() {
        (1..=2).for_each(|at| payer.0.field(at).trimmed().hash(&mut hasher));
    }
    hasher.finish()
}

fn digest(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    hasher.finish()
}

/// How many digests are kept: more claims than any institution makes in a month.
const CLAIMS: usize = 1 << 18;
