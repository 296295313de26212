//! Symbol and number as they are keyed in, read or refused field by field.

use calendar::Date;
use codes::{InsuredPersonId, InsurerNumber, NumberError};
use protocol::eligibility::Presented;
use serde::{Deserialize, Serialize};

use crate::error::FieldError;

/// What a clerk or a receipt computer keyed in from a certificate (資格確認書の記載).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct NumberEntry {
    /// 保険者番号: 8, 6 or 4 digits, padded or not.
    pub insurer_number: String,
    /// 記号; may be empty.
    pub symbol: String,
    /// 番号.
    pub number: String,
    /// 枝番: two digits; may be empty.
    pub branch: String,
    /// 生年月日 in any usual spelling, 和暦 as well.
    pub birthdate: String,
    /// Day of service in any usual spelling; empty = today.
    pub on: String,
}

/// An entry that can be asked.
#[derive(Clone, Debug)]
pub struct ReadEntry {
    /// What goes into the question.
    pub presented: Presented,
    /// Day of service.
    pub on: Date,
}

impl NumberEntry {
    /// Reads every field; `today` stands for an empty day of service.
    ///
    /// # Errors
    /// One [`FieldError`] for each field that does not hold what it should.
    pub fn read(&self, today: Date) -> Result<ReadEntry, Vec<FieldError>> {
        let insurer = needed("insurer_number", &self.insurer_number, InsurerNumber::parse_lenient);
        let symbol = self.symbol.parse().map_err(|e: NumberError| FieldError::number("symbol", &e));
        let number = needed("number", &self.number, str::parse);
        let branch = match self.branch.trim() {
            "" => Ok(None),
            text => text.parse().map(Some).map_err(|e: NumberError| FieldError::number("branch", &e)),
        };
        let birthdate = birthdate(&self.birthdate, today);
        let on = match self.on.trim() {
            "" => Ok(today),
            text => Date::parse(text).map_err(|error| FieldError::date("on", &error)),
        };
        match (insurer, symbol, number, branch, birthdate, on) {
            (Ok(insurer), Ok(symbol), Ok(number), Ok(branch), Ok(birthdate), Ok(on)) => {
                let insured = InsuredPersonId { insurer, symbol, number, branch };
                Ok(ReadEntry { presented: Presented::InsuredPerson { insured, birthdate }, on })
            }
            (insurer, symbol, number, branch, birthdate, on) => {
                let errors =
                    [insurer.err(), symbol.err(), number.err(), branch.err(), birthdate.err(), on.err()];
                Err(errors.into_iter().flatten().collect())
            }
        }
    }
}

fn needed<T>(
    field: &'static str,
    text: &str,
    read: impl FnOnce(&str) -> Result<T, NumberError>,
) -> Result<T, FieldError> {
    if text.trim().is_empty() {
        return Err(FieldError::missing(field));
    }
    read(text.trim()).map_err(|error| FieldError::number(field, &error))
}

fn birthdate(text: &str, today: Date) -> Result<Date, FieldError> {
    const FIELD: &str = "birthdate";
    if text.trim().is_empty() {
        return Err(FieldError::missing(FIELD));
    }
    let day = Date::parse(text).map_err(|error| FieldError::date(FIELD, &error))?;
    if day > today {
        let (ja, en) = ("生年月日が今日より後です。".into(), "This birth date lies in the future.".into());
        return Err(FieldError { field: FIELD, ja, en });
    }
    Ok(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn today() -> Date {
        Date::parse("2026-11-22").unwrap()
    }

    fn entry() -> NumberEntry {
        NumberEntry {
            insurer_number: "  138057".into(),
            symbol: "１２－３４".into(),
            number: "567".into(),
            branch: "01".into(),
            birthdate: "昭和55年1月1日".into(),
            on: String::new(),
        }
    }

    #[test]
    fn the_spellings_of_the_field_are_read() {
        let read = entry().read(today()).unwrap();
        assert_eq!(read.on, today());
        let Presented::InsuredPerson { insured, birthdate } = read.presented else { panic!() };
        assert_eq!(insured.to_string(), "00138057:１２－３４:567:01");
        assert_eq!(birthdate.to_string(), "1980-01-01");
    }

    #[test]
    fn every_wrong_field_is_named_with_what_was_expected() {
        let wrong = NumberEntry {
            insurer_number: "138058".into(),
            number: " ".into(),
            branch: "x".into(),
            birthdate: "2027-01-01".into(),
            ..entry()
        };
        let errors = wrong.read(today()).unwrap_err();
        let fields: Vec<_> = errors.iter().map(|e| e.field).collect();
        assert_eq!(fields, ["insurer_number", "number", "branch", "birthdate"]);
        assert!(errors.first().unwrap().ja.contains('7'), "the expected digit is said: {}", errors[0].ja);
    }
}
