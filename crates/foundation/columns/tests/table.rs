//! Tables come back as they were written, and only whole.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use calendar::Date;
use musubi_columns::{Cell, Column, Format, Table, TableProblem};

const COLUMNS: [Column; 4] = [
    Column::text("name"),
    Column::integer("points").or_empty(),
    Column::real("quantity").or_empty(),
    Column::day("day").or_empty(),
];

fn day() -> Date {
    Date::new(2021, 10, 8).unwrap()
}

fn write(table: &mut Table) {
    table.row(&["結, \"び\"".into(), 288.into(), 2.5.into(), day().into()]).unwrap();
    table.row(&["".into(), None::<i64>.into(), Some(1e-7).into(), Cell::Empty]).unwrap();
}

#[test]
fn csv_is_quoted_where_needed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t.csv");
    let mut table = Table::create(&path, Format::Csv, &COLUMNS).unwrap();
    write(&mut table);
    assert!(!path.exists(), "a table has its name only when it is whole");
    assert_eq!(table.finish().unwrap(), 2);
    let text = std::fs::read_to_string(&path).unwrap();
    assert_eq!(text, "name,points,quantity,day\n\"結, \"\"び\"\"\",288,2.5,2021-10-08\n,,0.0000001,\n");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[test]
fn what_does_not_fit_is_refused_with_its_place() {
    let dir = tempfile::tempdir().unwrap();
    let mut table = Table::create(&dir.path().join("t.csv"), Format::Csv, &COLUMNS).unwrap();
    let short = table.row(&["x".into()]).unwrap_err();
    assert!(matches!(short.problem, TableProblem::Width { row: 1, found: 1, expected: 4 }));
    let kind = table.row(&[1.into(), Cell::Empty, Cell::Empty, Cell::Empty]).unwrap_err();
    assert!(kind.to_string().ends_with("row 1, column name: found Integer(1), expected a text"), "{kind}");
    assert!(
        kind.ja().ends_with("1行目のnameはInteger(1)です。文字列であるべきです（省略不可）"),
        "{}",
        kind.ja()
    );
    drop(table);
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "an unfinished table leaves nothing");
}

#[cfg(not(feature = "parquet"))]
#[test]
fn parquet_needs_its_feature() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t.parquet");
    let Err(error) = Table::create(&path, Format::Parquet, &COLUMNS) else {
        panic!("not built, and yet written")
    };
    assert!(error.to_string().contains("--features parquet"));
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[cfg(feature = "parquet")]
#[test]
fn parquet_reads_back() {
    use parquet::file::reader::{FileReader, SerializedFileReader};

    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t.parquet");
    let mut table = Table::create(&path, Format::Parquet, &COLUMNS).unwrap();
    write(&mut table);
    table.finish().unwrap();
    let reader = SerializedFileReader::new(std::fs::File::open(&path).unwrap()).unwrap();
    assert_eq!(reader.metadata().file_metadata().num_rows(), 2);
    let rows: Vec<String> = reader.get_row_iter(None).unwrap().map(|row| row.unwrap().to_string()).collect();
    assert_eq!(rows[0], "{name: \"結, \"び\"\", points: 288, quantity: 2.5, day: 2021-10-08}");
    assert_eq!(rows[1], "{name: \"\", points: null, quantity: 0.0000001, day: null}");
}

/// Beyond one row group.
#[cfg(feature = "parquet")]
#[test]
fn parquet_in_several_row_groups() {
    use parquet::file::reader::{FileReader, SerializedFileReader};

    const ONE: [Column; 1] = [Column::integer("n")];
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t.parquet");
    let mut table = Table::create(&path, Format::Parquet, &ONE).unwrap();
    for n in 0..300_000 {
        table.row(&[Cell::Integer(n)]).unwrap();
    }
    table.finish().unwrap();
    let reader = SerializedFileReader::new(std::fs::File::open(&path).unwrap()).unwrap();
    assert_eq!(reader.metadata().num_row_groups(), 2);
    let sum: i64 = reader
        .get_row_iter(None)
        .unwrap()
        .map(|row| match row.unwrap().get_column_iter().next().unwrap().1 {
            parquet::record::Field::Long(n) => *n,
            other => panic!("{other:?}"),
        })
        .sum();
    assert_eq!(sum, 300_000 * 299_999 / 2);
}
