//! Tables that become lists on a phone.

use maud::{Markup, html};

/// A table with a caption (一覧). On narrow screens each row becomes a block and each cell shows its column's name.
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct Table {
    caption: String,
    columns: Vec<(String, bool)>,
    rows: Vec<Vec<Markup>>,
}

impl Table {
    /// A table about `caption`, which screen readers announce; it is not shown when empty.
    pub fn new(caption: impl Into<String>) -> Self {
        Table { caption: caption.into(), ..Table::default() }
    }

    /// Adds a column of text.
    pub fn column(mut self, name: impl Into<String>) -> Self {
        self.columns.push((name.into(), false));
        self
    }

    /// Adds a column of numbers: right-aligned.
    pub fn number(mut self, name: impl Into<String>) -> Self {
        self.columns.push((name.into(), true));
        self
    }

    /// Adds a row; the first cell is its heading.
    pub fn row(mut self, cells: impl IntoIterator<Item = Markup>) -> Self {
        self.rows.push(cells.into_iter().collect());
        self
    }

    /// Adds many rows.
    pub fn rows<R: IntoIterator<Item = Markup>>(mut self, rows: impl IntoIterator<Item = R>) -> Self {
        self.rows.extend(rows.into_iter().map(|row| row.into_iter().collect()));
        self
    }

    /// Whether it has no rows: show an [`empty_state`](super::empty_state) instead.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The markup.
    pub fn render(&self) -> Markup {
        html! {
            table role="table" {
                @if !self.caption.is_empty() { caption { (self.caption) } }
                thead role="rowgroup" { tr role="row" {
                    @for (name, number) in &self.columns { th scope="col" role="columnheader" class=[number.then_some("number")] { (name) } }
                } }
                tbody role="rowgroup" { @for row in &self.rows { tr role="row" { @for (place, cell) in row.iter().enumerate() {
                    (self.cell(place, cell))
                } } } }
            }
        }
    }

    fn cell(&self, place: usize, cell: &Markup) -> Markup {
        let (name, number) =
            self.columns.get(place).map_or(("", false), |(name, number)| (name.as_str(), *number));
        let class = number.then_some("number");
        html! {
            @if place == 0 { th scope="row" role="rowheader" data-label=(name) class=[class] { (cell) } }
            @else { td role="cell" data-label=(name) class=[class] { (cell) } }
        }
    }
}
