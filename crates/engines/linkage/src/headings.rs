//! Whether the first line of a file names its columns, or is a record already.

use crate::suggest::is_known;

/// The cell by which a first line shows that it names no columns; `None` where it may.
///
/// Names of columns that are known speak for it. Against it speak a date, a number where the records below have one of the same
/// shape, and a value that comes again in its column.
pub fn data_among(first: &[String], records: &[Vec<String>]) -> Option<String> {
    let known = first.iter().filter(|cell| is_known(cell)).count();
    // One word may be a heading by chance: a person called First, a town called Street.
    if known > 1 || known == 1 && first.len() < 4 {
        return None;
    }
    if let Some(day) = first.iter().find(|cell| is_day(cell)) {
        return Some(day.clone());
    }
    if known > 0 {
        return None;
    }
    let column = |at: usize| records.iter().filter_map(move |record| record.get(at)).map(String::as_str);
    let number = |at: usize, cell: &str| {
        let shape = shape(cell);
        let mut below = column(at).take(LOOKED_AT).peekable();
        shape.contains("00") && below.peek().is_some() && below.all(|other| self::shape(other) == shape)
    };
    let again = |at: usize, cell: &str| !cell.is_empty() && column(at).any(|other| other == cell);
    // Columns may be named by numbers: 1, 2, 3.
    let numbered = first.iter().zip(1..).all(|(cell, at)| cell.parse() == Ok(at));
    let speaking = first.iter().enumerate().find(|(at, cell)| number(*at, cell) || again(*at, cell));
    speaking.filter(|_| !numbered).map(|(_, cell)| cell.clone())
}

/// Records whose shape is compared.
const LOOKED_AT: usize = 5;

fn is_day(cell: &str) -> bool {
    let digits = cell.chars().filter(|c| c.is_numeric()).count();
    digits > 3 && calendar::Date::parse(cell).is_ok()
}

/// A text with every digit as 0, other characters by their kind, and what repeats but digits once.
fn shape(text: &str) -> String {
    let kind = |c: char| match c {
        c if c.is_numeric() => '0',
        c if c.is_ascii_alphabetic() => 'a',
        c if c.is_alphabetic() => 'あ',
        other => other,
    };
    let mut kinds: Vec<char> = text.chars().map(kind).collect();
    kinds.dedup_by(|a, b| a == b && *a != '0');
    kinds.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(lines: &str) -> Option<String> {
        let mut rows = lines.lines().map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
        data_among(&rows.next().unwrap(), &rows.collect::<Vec<_>>())
    }

    #[test]
    fn records_are_not_taken_for_headings() {
        for (lines, by) in [
            ("佐藤,一郎,1980-03-12\n鈴木,花子,1975-01-02", "1980-03-12"),
            ("佐藤,一郎,昭和55年3月12日", "昭和55年3月12日"),
            ("smith,anna,town,19800312,4051", "19800312"),
            ("smith,anna,4051\njones,bert,4102", "4051"),
            ("佐藤,一郎\n鈴木,花子\n佐藤,桜", "佐藤"),
            ("A-001,x\nA-002,y", "A-001"),
        ] {
            assert_eq!(told(lines).as_deref(), Some(by), "{lines}");
        }
    }

    #[test]
    fn headings_are_headings() {
        for lines in [
            "氏,名,生年月日\n佐藤,一郎,1980-03-12",
            "surname,given_name,2020-01-01\nsmith,anna,1",
            "colour,size\nred,12\nblue,13",
            "1,2,3\n佐藤,一郎,4",
            "q10,q11\na,b",
            "alpha,beta\nsmith,john\njones,mary",
            "visit 1,visit 2\n12,13",
            "colour,size",
        ] {
            assert_eq!(told(lines), None, "{lines}");
        }
    }
}
