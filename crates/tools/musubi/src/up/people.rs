//! The people of the town's files that the counter needs: who has which number.

use std::collections::{HashMap, HashSet};

use my_number::MyNumber;
use town::formats::ResidentRow;

use super::settle::Town;

/// My Numbers of the residents in `wanted`, by resident code; the register's file is read as a stream.
pub fn numbers(town: &Town, wanted: &HashSet<String>) -> anyhow::Result<HashMap<String, MyNumber>> {
    let mut found = HashMap::with_capacity(wanted.len());
    for row in csv::Reader::from_path(town.files.join("residents.csv"))?.deserialize() {
        let row: ResidentRow = row?;
        if wanted.contains(&row.resident_code) {
            found.insert(row.resident_code, row.my_number.parse()?);
        }
    }
    Ok(found)
}
