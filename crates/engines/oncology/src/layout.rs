//! The items of a report, as configuration: `data/report.toml` is the national one.

use std::sync::LazyLock;

use serde::Deserialize;

/// The items of a report in their order (届出票の項目).
#[derive(Clone, Debug, Deserialize)]
pub struct Layout {
    /// Where it was read.
    pub source: String,
    /// The items.
    pub items: Vec<Item>,
}

/// One item.
#[derive(Clone, Debug, Deserialize)]
pub struct Item {
    /// Its name in programs.
    pub key: String,
    /// Its number in the national layout, where that was read.
    pub number: Option<u16>,
    /// Its name on the form.
    pub ja: String,
    /// Its name in English.
    pub en: String,
    /// The most characters it has.
    pub length: usize,
    /// Whether it must be filled.
    pub required: bool,
    /// Whether number, length and codes were read in the source.
    pub verified: bool,
    /// What stands in it.
    pub kind: Kind,
    /// Its codes, when it has some.
    #[serde(default)]
    pub codes: Vec<Code>,
}

/// What stands in an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Any text.
    Text,
    /// Full-width text.
    Wide,
    /// Surname and given name in full width, one space between.
    Name,
    /// The same in katakana.
    KanaName,
    /// A day, `yyyymmdd`.
    Date,
    /// One of the item's codes.
    Code,
    /// 01 to 47, 88 abroad, 99 not known.
    Prefecture,
    /// A site of ICD-O.
    Topography,
    /// Histology, behaviour and grade of ICD-O.
    Morphology,
}

/// One code of an item.
#[derive(Clone, Debug, Deserialize)]
pub struct Code {
    /// The code.
    pub code: String,
    /// What it says.
    pub ja: String,
    /// The same in English.
    pub en: String,
}

impl Layout {
    /// The national one.
    #[expect(clippy::expect_used, reason = "the file is part of the program and read by every test")]
    pub fn national() -> &'static Self {
        static LAYOUT: LazyLock<Layout> = LazyLock::new(|| {
            Layout::parse(include_str!("../data/report.toml")).expect("the layout of a report")
        });
        &LAYOUT
    }

    /// One of a registry's own.
    ///
    /// # Errors
    /// When the text is no layout; the message says where.
    pub fn parse(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }

    /// The place of an item.
    pub fn place(&self, key: &str) -> Option<usize> {
        self.items.iter().position(|item| item.key == key)
    }

    /// The item that a column's heading names: key, Japanese name or number.
    pub(crate) fn named(&self, heading: &str) -> Option<usize> {
        let heading = heading.trim();
        self.items.iter().position(|item| {
            item.key == heading
                || item.ja == heading
                || item.number.is_some_and(|number| number.to_string() == heading)
        })
    }
}
