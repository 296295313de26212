//! A plain table: one item a line, the person and the check on each.
//!
//! The columns are named in the first line and may stand in any order; lines of one `document` stand together. What has
//! no column (telephones, the ministry's narrative) is not carried. Format: `docs/formats/checkup.md`.

mod read;
mod write;

use std::collections::HashMap;

pub use read::CsvReader;
pub use write::CsvWriter;

use crate::oid;

/// Cells of a line by their columns.
type Cells = HashMap<&'static str, String>;

/// Columns of numbers with their OIDs.
const NUMBERS: [(&str, &str); 8] = [
    ("insurer", oid::INSURER),
    ("symbol", oid::SYMBOL),
    ("number", oid::NUMBER),
    ("branch", oid::BRANCH),
    ("new_insurer", oid::NEW_INSURER),
    ("new_symbol", oid::NEW_SYMBOL),
    ("new_number", oid::NEW_NUMBER),
    ("new_branch", oid::NEW_BRANCH),
];

/// The columns in the order in which they are written.
const COLUMNS: [&str; 39] = [
    "document",
    "report",
    "program",
    "created",
    "date",
    "institution",
    "institution_name",
    "insurer",
    "symbol",
    "number",
    "branch",
    "new_insurer",
    "new_symbol",
    "new_number",
    "new_branch",
    "name",
    "sex",
    "birth",
    "postal_code",
    "address",
    "ticket",
    "ticket_until",
    "section",
    "group",
    "relation",
    "item",
    "item_name",
    "state",
    "type",
    "value",
    "unit",
    "value_system",
    "value_name",
    "method",
    "low",
    "high",
    "interpretation",
    "doctor",
    "time",
];
