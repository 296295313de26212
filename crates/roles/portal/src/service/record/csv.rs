//! The record as a table (CSV): one line an item, with its source and its date. UTF-8 with a mark, as spreadsheets expect it.

use records::view::{Value, show};

use super::Gathered;
use crate::service::Service;
use wire::page::{Lang, t};

/// The columns, Japanese and English.
const COLUMNS: [(&str, &str); 8] = [
    ("機関", "institution"),
    ("日付", "date"),
    ("種類", "kind"),
    ("項目", "item"),
    ("内容", "value"),
    ("くわしく", "details"),
    ("記録の番号", "resource"),
    ("集めた日時", "gathered at"),
];

/// The file.
pub fn table(service: &Service, lang: Lang, gathered: &Gathered) -> Vec<u8> {
    let mut text = String::from('\u{feff}');
    line(&mut text, COLUMNS.iter().map(|(ja, en)| t(lang, *ja, *en).to_owned()));
    for item in &gathered.items {
        let shown = show(item.resource.node());
        let holder = gathered.holder(item).map(|holder| service.name(holder));
        let details: Vec<String> = shown
            .facts
            .iter()
            .map(|fact| format!("{}: {}", t(lang, &fact.name.0, &fact.name.1), words(lang, &fact.value)))
            .chain(
                shown
                    .chapters
                    .iter()
                    .map(|chapter| format!("{}: {}", chapter.title, chapter.paragraphs.join(" "))),
            )
            .collect();
        line(
            &mut text,
            [
                holder.map(|name| t(lang, name.ja, name.en)).unwrap_or_default(),
                shown.day.map(|day| day.to_string()).unwrap_or_default(),
                t(lang, shown.kind.ja(), shown.kind.en()).to_owned(),
                shown.title,
                shown.value,
                details.join(" / "),
                shown.name,
                gathered.at.to_string(),
            ],
        );
    }
    text.into_bytes()
}

/// A value in words.
pub(super) fn words(lang: Lang, value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        Value::Day(day) => day.to_string(),
        Value::Words(ja, en) => t(lang, *ja, *en).to_owned(),
    }
}

fn line(text: &mut String, cells: impl IntoIterator<Item = String>) {
    for (place, cell) in cells.into_iter().enumerate() {
        if place > 0 {
            text.push(',');
        }
        // A cell that a spreadsheet would take for a formula gets a mark in front.
        let risky =
            cell.starts_with(['=', '+', '@', '\t']) || cell.starts_with('-') && cell.parse::<f64>().is_err();
        let cell = if risky { format!("'{cell}") } else { cell };
        if cell.contains(['"', ',', '\n', '\r']) {
            text.push('"');
            text.push_str(&cell.replace('"', "\"\""));
            text.push('"');
        } else {
            text.push_str(&cell);
        }
    }
    text.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_start_no_formula() {
        let mut text = String::new();
        line(&mut text, ["=1+1", "-7.1", "-a", "a,b", "say \"x\"", "plain"].map(str::to_owned));
        assert_eq!(text, "'=1+1,-7.1,'-a,\"a,b\",\"say \"\"x\"\"\",plain\r\n");
    }
}
