//! JSON whose fields stay in the order in which they are written: equal plans give equal bytes, whatever other crates ask of
//! their JSON library.

use std::borrow::Cow;
use std::fmt::Write;

/// A piece of JSON.
#[derive(Clone, Debug)]
pub enum Json {
    /// Left out where it would be a field.
    Nothing,
    /// A text.
    Text(Cow<'static, str>),
    /// A number, as it is written.
    Number(String),
    /// True or false.
    Bool(bool),
    /// A list.
    List(Vec<Json>),
    /// An object.
    Object(Vec<(&'static str, Json)>),
}

impl Json {
    /// Writes it without spaces.
    pub fn write(&self, to: &mut String) {
        match self {
            Self::Nothing => to.push_str("null"),
            Self::Text(text) => quoted(text, to),
            Self::Number(number) => to.push_str(number),
            Self::Bool(value) => to.push_str(if *value { "true" } else { "false" }),
            Self::List(items) => {
                to.push('[');
                for (place, item) in items.iter().enumerate() {
                    if place > 0 {
                        to.push(',');
                    }
                    item.write(to);
                }
                to.push(']');
            }
            Self::Object(fields) => {
                to.push('{');
                let told = fields.iter().filter(|(_, value)| !matches!(value, Self::Nothing));
                for (place, (name, value)) in told.enumerate() {
                    if place > 0 {
                        to.push(',');
                    }
                    quoted(name, to);
                    to.push(':');
                    value.write(to);
                }
                to.push('}');
            }
        }
    }
}

fn quoted(text: &str, to: &mut String) {
    to.push('"');
    for c in text.chars() {
        match c {
            '"' => to.push_str("\\\""),
            '\\' => to.push_str("\\\\"),
            '\n' => to.push_str("\\n"),
            c if u32::from(c) < 0x20 => drop(write!(to, "\\u{:04x}", u32::from(c))),
            c => to.push(c),
        }
    }
    to.push('"');
}

impl From<&'static str> for Json {
    fn from(text: &'static str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Json {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl From<bool> for Json {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i32> for Json {
    fn from(value: i32) -> Self {
        Self::Number(value.to_string())
    }
}

impl From<Vec<Json>> for Json {
    fn from(items: Vec<Json>) -> Self {
        if items.is_empty() { Self::Nothing } else { Self::List(items) }
    }
}

impl<T: Into<Json>> From<Option<T>> for Json {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Nothing, Into::into)
    }
}

/// A number in so many decimal places, without zeros at its end.
pub fn decimal(value: f64, places: u8) -> Json {
    let text = format!("{value:.*}", usize::from(places));
    let short = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    Json::Number(short.to_owned())
}

/// An object: `object! { "name": value, … }`; fields of `Nothing` are left out.
macro_rules! object {
    ($($name:literal : $value:expr),* $(,)?) => {
        $crate::fhir::json::Json::Object(vec![$(($name, $crate::fhir::json::Json::from($value))),*])
    };
}
/// A list: `list![a, b]`.
macro_rules! list {
    ($($value:expr),* $(,)?) => {
        $crate::fhir::json::Json::List(vec![$($crate::fhir::json::Json::from($value)),*])
    };
}
pub(crate) use {list, object};

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn fields_keep_their_order_and_nothing_is_left_out() {
        let json = object! { "b": 1, "a": list!["x", decimal(3.50, 2)], "none": None::<String> };
        let mut text = String::new();
        json.write(&mut text);
        assert_eq!(text, r#"{"b":1,"a":["x",3.5]}"#);
    }

    proptest! {
        #[test]
        fn any_text_reads_back(text in "\\PC*|[\\x00-\\x1f\"\\\\]*") {
            let mut written = String::new();
            Json::from(text.clone()).write(&mut written);
            prop_assert_eq!(serde_json::from_str::<String>(&written).unwrap(), text);
        }
    }
}
