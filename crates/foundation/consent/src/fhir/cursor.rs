//! A place in a resource that knows its path.

use serde_json::{Map, Value};

use super::Refusal;

/// Most entries of one list.
const LIST: usize = 500;

/// A value and where it stands.
#[derive(Clone)]
pub(super) struct Cursor<'v> {
    pub(super) value: &'v Value,
    pub(super) path: String,
}

impl<'v> Cursor<'v> {
    pub(super) fn root(value: &'v Value) -> Self {
        Self { value, path: "Consent".into() }
    }

    /// A refusal at this place.
    pub(super) fn refuse(&self, ja: impl Into<String>, en: impl Into<String>) -> Refusal {
        Refusal { path: self.path.clone(), ja: ja.into(), en: en.into() }
    }

    /// The object here, refusing every field that is not named: what is not understood might limit what is.
    pub(super) fn object(&self, known: &[&str]) -> Result<&'v Map<String, Value>, Refusal> {
        let object = self
            .value
            .as_object()
            .ok_or_else(|| self.refuse("オブジェクトが必要です", "an object was expected"))?;
        match object.keys().find(|key| !known.contains(&key.as_str())) {
            None => Ok(object),
            Some(key) => {
                let key: String = key.chars().take(40).collect();
                Err(self.refuse(
                    format!("解釈できない要素です: {key}"),
                    format!("an element that is not understood: {key}"),
                ))
            }
        }
    }

    /// The field of this name, if present.
    pub(super) fn field(&self, name: &str) -> Option<Cursor<'v>> {
        let value = self.value.get(name)?;
        Some(Cursor { value, path: format!("{}.{name}", self.path) })
    }

    /// The field of this name.
    pub(super) fn required(&self, name: &str) -> Result<Cursor<'v>, Refusal> {
        self.field(name)
            .ok_or_else(|| self.refuse(format!("{name}がありません"), format!("{name} is missing")))
    }

    /// The entries of the list of this name; none if it is absent.
    pub(super) fn list(&self, name: &str) -> Result<Vec<Cursor<'v>>, Refusal> {
        let Some(field) = self.field(name) else { return Ok(Vec::new()) };
        let entries = field
            .value
            .as_array()
            .filter(|entries| !entries.is_empty() && entries.len() <= LIST)
            .ok_or_else(|| {
            field.refuse(
                format!("1件から{LIST}件の配列が必要です"),
                format!("a list of 1 to {LIST} entries was expected"),
            )
        })?;
        let at =
            |(index, value): (usize, &'v Value)| Cursor { value, path: format!("{}[{index}]", field.path) };
        Ok(entries.iter().enumerate().map(at).collect())
    }

    /// The only entry of the list of this name, if present.
    pub(super) fn single(&self, name: &str) -> Result<Option<Cursor<'v>>, Refusal> {
        let mut entries = self.list(name)?.into_iter();
        let first = entries.next();
        match entries.next() {
            None => Ok(first),
            Some(second) => Err(second.refuse("1件に限ります", "one entry at most is understood")),
        }
    }

    /// The text here.
    pub(super) fn text(&self) -> Result<&'v str, Refusal> {
        let text = self.value.as_str().filter(|text| !text.is_empty() && text.len() <= 1000);
        text.ok_or_else(|| {
            self.refuse("1000バイト以内の文字列が必要です", "a text of 1 to 1000 bytes was expected")
        })
    }

    /// The text of the field of this name.
    pub(super) fn text_of(&self, name: &str) -> Result<&'v str, Refusal> {
        self.required(name)?.text()
    }

    /// System and code of a Coding.
    pub(super) fn coding(&self) -> Result<(&'v str, &'v str), Refusal> {
        self.object(&["id", "extension", "system", "version", "code", "display", "userSelected"])?;
        Ok((self.text_of("system")?, self.text_of("code")?))
    }

    /// The codings of a CodeableConcept, at least one: a text alone is not understood.
    pub(super) fn codings(&self) -> Result<Vec<Cursor<'v>>, Refusal> {
        self.object(&["id", "extension", "coding", "text"])?;
        self.required("coding")?;
        self.list("coding")
    }
}
