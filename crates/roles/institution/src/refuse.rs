//! The refusal of My Numbers (DESIGN law 1): nothing that comes in may hold one, whichever door it comes by.
//!
//! A text is refused when it holds twelve digits, in any width and with separators, whose check digit is right,
//! unless the field's declared type explains the digits: then the whole value must read as that type. The
//! number itself is never repeated: not in the error, not in a log, not in a store.

use calendar::Date;
use codes::{ExchangeId, find_my_number};
use serde_json::Value;

/// A My Number was found where none may be (個人番号の混入). Says where, never which.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place} holds what looks like a My Number; medical institutions must not hold one")]
pub struct MyNumberFound {
    /// Where: a field, a JSON path, a line and column, an XML element.
    pub place: String,
}

impl MyNumberFound {
    /// The same in Japanese.
    pub fn ja(&self) -> String {
        format!(
            "「{}」に個人番号（マイナンバー）と思われる12桁の数字があります。医療機関では個人番号を取り扱えません。",
            self.place
        )
    }

    /// What to do about it.
    pub const NEXT_JA: &str = "その数字を消して送り直してください。この内容はどこにも保存していません。";
    /// The same in English.
    pub const NEXT_EN: &str = "Remove the digits and send again. Nothing of this was stored.";
}

/// What a field is declared to hold. Digits that the declared type explains are no My Number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// Anything people write.
    Text,
    /// An exchange id.
    Exchange,
    /// A name that a receipt computer gave to a file or request: may end in `yyyyMMdd` and four digits.
    FileIdentifier,
    /// The institution's own patient number, where the institution says that its numbers have twelve digits.
    LocalNumber,
    /// A token of ours: 64 hexadecimal digits.
    Token,
    /// A key that is compared and neither kept nor logged.
    Secret,
}

impl Field {
    fn explains(self, text: &str) -> bool {
        match self {
            Self::Text => false,
            Self::Exchange => text.parse::<ExchangeId>().is_ok(),
            Self::FileIdentifier => is_dated_sequence(text),
            Self::Token => text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit()),
            Self::Secret => true,
            Self::LocalNumber => text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit()),
        }
    }
}

/// Refuses `text` when it holds a My Number that `field` does not explain; `place` is asked only then.
///
/// # Errors
/// [`MyNumberFound`] with the place.
pub fn scan(field: Field, text: &str, place: impl FnOnce() -> String) -> Result<(), MyNumberFound> {
    if find_my_number(text).is_none() || field.explains(text.trim()) {
        return Ok(());
    }
    Err(MyNumberFound { place: place() })
}

/// Refuses a JSON document when a key, a text or a number in it holds a My Number.
///
/// # Errors
/// [`MyNumberFound`] with the JSON path.
pub fn scan_json(document: &Value, declared: impl Fn(&str) -> Field + Copy) -> Result<(), MyNumberFound> {
    // An explicit stack: the depth of a hostile document must not become the depth of ours.
    let mut waiting = vec![(String::new(), Field::Text, document)];
    while let Some((path, field, value)) = waiting.pop() {
        match value {
            Value::String(text) => scan(field, text, || path)?,
            Value::Number(number) => scan(field, &number.to_string(), || path)?,
            Value::Array(items) => {
                waiting
                    .extend(items.iter().enumerate().map(|(i, item)| (format!("{path}[{i}]"), field, item)));
            }
            Value::Object(members) => {
                for (key, member) in members {
                    scan(Field::Text, key, || format!("{path} (name of a member)"))?;
                    let dot = if path.is_empty() { "" } else { "." };
                    waiting.push((format!("{path}{dot}{key}"), declared(key), member));
                }
            }
            Value::Null | Value::Bool(_) => {}
        }
    }
    Ok(())
}

/// Refuses a form or query string when a name or value in it holds a My Number.
///
/// # Errors
/// [`MyNumberFound`] with the field's name.
pub fn scan_pairs(encoded: &[u8], declared: impl Fn(&str) -> Field) -> Result<(), MyNumberFound> {
    for (name, value) in form_urlencoded::parse(encoded) {
        scan(Field::Text, &name, || "name of a field".to_owned())?;
        scan(declared(&name), &value, || name.clone().into_owned())?;
    }
    Ok(())
}

/// Refuses an XML text when an element, an attribute or a comment in it holds a My Number. Reads the raw text,
/// so that a document too broken to parse is looked at as well.
///
/// # Errors
/// [`MyNumberFound`] with the element's name.
pub fn scan_xml(xml: &str, declared: impl Fn(&str) -> Field) -> Result<(), MyNumberFound> {
    let mut element = "";
    for piece in xml.split_inclusive(['<', '>']) {
        let content = piece.trim_end_matches(['<', '>']);
        if piece.ends_with('>') {
            let name = content.trim_start_matches('/').split([' ', '\t', '\r', '\n', '/']).next();
            element = name.unwrap_or_default();
            let attributes = content.get(element.len()..).unwrap_or_default();
            scan(Field::Text, attributes, || format!("<{element}>"))?;
            scan(Field::Text, element, || "name of an element".to_owned())?;
        } else {
            scan(declared(element), content, || format!("<{element}>"))?;
        }
    }
    Ok(())
}

/// `…yyyyMMdd` and four digits, the one run of twelve that file names of the field end in.
fn is_dated_sequence(text: &str) -> bool {
    let Some(found) = find_my_number(text) else { return true };
    let Some(run) = text.get(found.clone()) else { return false };
    let alone = text.get(found.end..).is_some_and(|rest| find_my_number(rest).is_none());
    let day = run.get(..8).and_then(|day| Date::from_compact(day).ok());
    alone && run.len() == 12 && day.is_some_and(|day| (2020..2100).contains(&day.year()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MY_NUMBER: &str = "123456789018";

    fn text(_: &str) -> Field {
        Field::Text
    }

    #[test]
    fn a_number_is_found_in_every_spelling_and_never_repeated() {
        for spelling in [MY_NUMBER, "1234-5678-9018", "１２３４ ５６７８ ９０１８", "番号は123456789018です"]
        {
            let found = scan(Field::Text, spelling, || "name".into()).unwrap_err();
            assert_eq!(found.place, "name");
            assert!(!found.to_string().contains("9018") && !found.ja().contains("9018"));
        }
    }

    #[test]
    fn other_numbers_pass() {
        for fine in ["123456789012", "06130012", "2026-11-22", "090-1234-5678", "1234567890181", ""] {
            assert_eq!(scan(Field::Text, fine, || unreachable!()), Ok(()), "{fine}");
        }
    }

    #[test]
    fn json_paths_name_the_place() {
        let document: Value =
            serde_json::from_str(r#"{"a":[{"b":"x"},{"b":"1234 5678 9018"}],"n":1}"#).unwrap();
        assert_eq!(scan_json(&document, text).unwrap_err().place, "a[1].b");
        let number: Value = serde_json::from_str(r#"{"n":123456789018}"#).unwrap();
        assert_eq!(scan_json(&number, text).unwrap_err().place, "n");
        let key: Value = serde_json::from_str(r#"{"123456789018":1}"#).unwrap();
        assert!(!scan_json(&key, text).unwrap_err().place.contains("9018"));
    }

    #[test]
    fn forms_and_xml_name_the_field() {
        let form = b"name=%EF%BC%91&memo=1234-5678-9018";
        assert_eq!(scan_pairs(form, text).unwrap_err().place, "memo");
        assert!(!scan_pairs(b"123456789018=1", text).unwrap_err().place.contains("9018"));
        let xml = "<XmlMsg><Body><Memo>123456789018</Memo></Body></XmlMsg>";
        assert_eq!(scan_xml(xml, text).unwrap_err().place, "<Memo>");
        assert_eq!(scan_xml("<A b=\"123456789018\"/>", text).unwrap_err().place, "<A>");
        assert_eq!(scan_xml("<A><!-- 123456789018 --></A>", text).unwrap_err().place, "<!-->");
        assert_eq!(scan_xml("broken 123456789018", text).unwrap_err().place, "<>");
    }

    #[test]
    fn a_dated_sequence_is_no_my_number_only_where_it_is_declared() {
        // The sequence number whose last digit happens to be the right check digit.
        let run = (0..10).map(|d| format!("20261122000{d}")).find(|t| find_my_number(t).is_some()).unwrap();
        assert!(scan(Field::Text, &run, || "x".into()).is_err());
        assert_eq!(scan(Field::FileIdentifier, &run, || unreachable!()), Ok(()));
        assert!(scan(Field::FileIdentifier, MY_NUMBER, || "x".into()).is_err());
        assert_eq!(scan(Field::LocalNumber, MY_NUMBER, || unreachable!()), Ok(()));
    }
}
