//! The shapes of the documents, held against them: structure, cardinality, types and codes of every attribute.
//!
//! Not a general schema engine: a table of this field's documents in a notation of its own, and what reads it. The
//! table's content models are deterministic, as XML Schema demands of what they were taken from: one name ahead decides.

mod check;
mod load;
mod model;
mod simple;

use std::sync::LazyLock;

pub(crate) use check::check;
pub(crate) use load::Schema;

/// The table of hc08: the document of one check.
pub(crate) static HC08: LazyLock<Schema> =
    LazyLock::new(|| table(include_str!("../../data/hc08.schema"), ""));
/// hc08 of today, whose header takes its elements in any order.
pub(crate) static HC08_CURRENT: LazyLock<Schema> = LazyLock::new(|| {
    table(include_str!("../../data/hc08.schema"), include_str!("../../data/hc08_current.schema"))
});
/// The table of ix08, su08 and cc08: the files around the documents.
pub(crate) static EXCHANGE: LazyLock<Schema> =
    LazyLock::new(|| table(include_str!("../../data/exchange.schema"), ""));

#[expect(
    clippy::expect_used,
    reason = "the tables are part of this crate; the test below reads each of them"
)]
fn table(text: &'static str, changes: &'static str) -> Schema {
    Schema::parse(text, changes).expect("a table of this crate is malformed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_is_sound() {
        let sizes = [&*HC08, &*HC08_CURRENT, &*EXCHANGE].map(Schema::size);
        println!("types and simple types of the tables: {sizes:?}");
        assert!(sizes[0].0 > 150 && sizes[2].0 > 40);
    }
}
