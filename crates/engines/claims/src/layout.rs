//! What the 記録条件仕様 say of each kind of record: its fields, their names, forms and sizes.

use serde::Serialize;

use crate::Record;
use crate::layouts::{common, dental, dispensing, dpc, medical, returned};

/// By which 記録条件仕様 a record is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Table {
    /// 医科.
    Medical,
    /// DPC.
    Dpc,
    /// 歯科.
    Dental,
    /// 調剤.
    Dispensing,
    /// 訪問看護: its records are kept and counted, their fields are not looked into.
    Nursing,
}

impl Table {
    /// Its name in Japanese.
    #[must_use]
    pub fn ja(self) -> &'static str {
        match self {
            Self::Medical => "医科",
            Self::Dpc => "DPC",
            Self::Dental => "歯科",
            Self::Dispensing => "調剤",
            Self::Nursing => "訪問看護",
        }
    }
}

/// A kind of record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// レコード識別情報.
    pub code: [u8; 2],
    /// Name in the specification.
    pub name: &'static str,
    /// Its fields in order; runs of equal fields are one entry.
    pub fields: &'static [FieldSpec],
}

impl Layout {
    /// The layout of this kind in this table; `None` for a kind that is not known there.
    #[must_use]
    pub fn of(table: Table, code: [u8; 2]) -> Option<&'static Self> {
        let own: &[&[Layout]] = match table {
            Table::Medical => &[medical::LAYOUTS, common::LAYOUTS],
            Table::Dpc => &[dpc::LAYOUTS, medical::LAYOUTS, common::LAYOUTS],
            Table::Dental => &[dental::LAYOUTS, common::LAYOUTS],
            Table::Dispensing => &[dispensing::LAYOUTS, common::LAYOUTS],
            Table::Nursing => return None,
        };
        own.iter().copied().flatten().chain(returned::LAYOUTS).find(|layout| layout.code == code)
    }

    /// The layout of this record: that of its kind, but for kinds that are written in two ways.
    #[must_use]
    pub fn of_record(table: Table, record: &Record<'_>) -> Option<&'static Self> {
        if table == Table::Dental && record.is("IR") && dental::is_named(record) {
            return Some(&dental::NamedInstitution::LAYOUT);
        }
        Self::of(table, record.code())
    }

    /// How many fields the record has, the kind included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.fields.last().map_or(1, |field| usize::from(field.to) + 1)
    }

    /// True for a kind without fields; no known kind is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// The field at this position.
    #[must_use]
    pub fn field(&self, at: usize) -> Option<&'static FieldSpec> {
        self.fields.iter().find(|field| (usize::from(field.at)..=usize::from(field.to)).contains(&at))
    }
}

/// A field, or a run of equal ones (31 days, 35 additions).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldSpec {
    /// Position, counted from 0, the kind.
    pub at: u16,
    /// Position of the last of the run; equal to `at` for one field.
    pub to: u16,
    /// Name in the specification.
    pub name: &'static str,
    /// What is recorded.
    pub form: Form,
    /// The most bytes in CP932.
    pub max: u16,
    /// Whether it must be recorded.
    pub required: bool,
}

/// What is recorded in a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// 数字: digits, in some fields with a decimal point.
    Number,
    /// 英数: printable ASCII, half-width kana among it in practice.
    Alnum,
    /// 漢字: full-width characters.
    Kanji,
    /// 英数 or 漢字.
    Text,
    /// 年月.
    Month,
    /// 年月日.
    Date,
    /// 予備: left out.
    Reserved,
}

/// The two bytes of a kind.
pub(crate) const fn two(code: &str) -> [u8; 2] {
    match code.as_bytes() {
        [a, b] => [*a, *b],
        _ => [b'?'; 2],
    }
}

/// A kind of record: a type over [`Record`](crate::Record) with a method a field, and its [`Layout`].
///
/// `at name "項目名" Form max` is a field, `at..=to` a run of equal fields, `must` at the end means that it must be recorded.
macro_rules! record {
    ($(#[$doc:meta])* $name:ident $code:literal $ja:literal {
        $( $at:literal $(..= $to:literal)? $field:ident $label:literal $form:ident $max:literal $($must:ident)? ;)*
    }) => {
        #[doc = concat!($ja, " `", $code, "`.")]
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub struct $name<'a>(pub $crate::Record<'a>);

        impl<'a> $name<'a> {
            /// What the specification says of the record.
            pub const LAYOUT: $crate::layout::Layout = $crate::layout::Layout {
                code: $crate::layout::two($code),
                name: $ja,
                fields: &[ $( $crate::layout::FieldSpec {
                    at: $at,
                    to: $crate::layout::last!($at $($to)?),
                    name: $label,
                    form: $crate::layout::Form::$form,
                    max: $max,
                    required: $crate::layout::must!($($must)?),
                } ),* ],
            };

            $( $crate::layout::accessor!($field $label $at $($to)?); )*
        }
    };
}

macro_rules! last {
    ($at:literal) => {
        $at
    };
    ($at:literal $to:literal) => {
        $to
    };
}

macro_rules! must {
    () => {
        false
    };
    (must) => {
        true
    };
}

macro_rules! accessor {
    ($field:ident $label:literal $at:literal) => {
        #[doc = concat!($label, " (", stringify!($at), ").")]
        #[must_use]
        pub fn $field(&self) -> $crate::Value<'a> {
            self.0.field($at)
        }
    };
    ($field:ident $label:literal $at:literal $to:literal) => {
        #[doc = concat!($label, " (", stringify!($at), " to ", stringify!($to), "), in order.")]
        pub fn $field(&self) -> impl Iterator<Item = $crate::Value<'a>> {
            let record = self.0;
            ($at..=$to).map(move |at| record.field(at))
        }
    };
}

pub(crate) use {accessor, last, must, record};

#[cfg(test)]
mod tests {
    use super::*;

    /// No position is left out or given twice, so that a wrong number is seen at once.
    #[test]
    fn positions_follow_each_other() {
        let all = [medical::LAYOUTS, dpc::LAYOUTS, dental::LAYOUTS, dispensing::LAYOUTS, common::LAYOUTS];
        let all = all.into_iter().chain([returned::LAYOUTS]);
        let mut fields = 0;
        for layout in all.clone().flatten() {
            let mut next = 1;
            for field in layout.fields {
                assert_eq!(field.at, next, "{} {}", layout.name, field.name);
                assert!(field.to >= field.at && field.max > 0, "{} {}", layout.name, field.name);
                next = field.to + 1;
                fields += usize::from(field.to - field.at) + 1;
            }
        }
        println!("layouts: {} records, {fields} fields", all.flatten().count());
    }

    #[test]
    fn sizes_that_the_sample_and_the_specifications_give() {
        for (table, code, fields) in [
            (Table::Medical, "IR", 10),
            (Table::Medical, "RE", 38),
            (Table::Medical, "HO", 15),
            (Table::Medical, "KO", 12),
            (Table::Medical, "SN", 9),
            (Table::Medical, "SY", 8),
            (Table::Medical, "SI", 44),
            (Table::Medical, "IY", 44),
            (Table::Medical, "TO", 48),
            (Table::Medical, "CO", 5),
            (Table::Medical, "SJ", 3),
            (Table::Medical, "GO", 4),
            (Table::Dpc, "BU", 6),
            (Table::Dpc, "SI", 44),
            (Table::Dental, "RE", 27),
            (Table::Dental, "SS", 109),
            (Table::Dental, "SI", 38),
            (Table::Dispensing, "CZ", 71),
            (Table::Dispensing, "KI", 114),
            (Table::Dispensing, "RE", 42),
        ] {
            assert_eq!(Layout::of(table, two(code)).unwrap().len(), fields, "{table:?} {code}");
        }
        assert!(Layout::of(Table::Medical, *b"XX").is_none());
    }
}
