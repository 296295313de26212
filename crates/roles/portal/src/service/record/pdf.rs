//! The record as a PDF, written here: text on A4 pages. The letters are not in the file; the viewer takes its own Japanese font by the
//! standard encoding UniJIS-UTF16-H (Adobe-Japan1), which every viewer for Japanese has.

use std::fmt::Write as _;

use records::view::show;
use wire::Problem;
use wire::page::{Lang, t};

use super::Gathered;
use super::csv::words;
use crate::model::Visit;
use crate::problems;
use crate::service::Service;

/// A4 in points.
const WIDTH: f64 = 595.0;
const HEIGHT: f64 = 842.0;
const MARGIN: f64 = 50.0;

/// A line of text.
struct Line {
    size: f64,
    indent: f64,
    text: String,
}

/// The document.
///
/// # Errors
/// Never in practice: writing to memory.
pub fn document(
    service: &Service,
    lang: Lang,
    visit: &Visit,
    gathered: &Gathered,
) -> Result<Vec<u8>, Problem> {
    let title = t(lang, "わたしの記録", "My record");
    let mut text = Vec::new();
    put(&mut text, 18.0, 0.0, title);
    put(&mut text, 11.0, 0.0, &visit.subject().name);
    let when = gathered.at.to_string();
    put(&mut text, 9.0, 0.0, &t(lang, format!("集めた日時: {when}"), format!("gathered: {when}")));
    for (place, source) in gathered.sources.iter().enumerate() {
        let known = service.name(&source.holder);
        put(&mut text, 14.0, 0.0, " ");
        put(&mut text, 14.0, 0.0, &t(lang, known.ja, known.en));
        if source.unreached.is_some() {
            let missing = t(lang, "（すべては届いていません）", "(not everything came)");
            put(&mut text, 9.0, 0.0, missing);
        }
        let mut items: Vec<_> = gathered
            .items
            .iter()
            .filter(|item| item.source == place)
            .map(|item| show(item.resource.node()))
            .collect();
        items.sort_by_key(|shown| (shown.kind, std::cmp::Reverse(shown.day)));
        for of_kind in items.chunk_by(|a, b| a.kind == b.kind) {
            let Some(first) = of_kind.first() else { continue };
            put(&mut text, 11.5, 8.0, t(lang, first.kind.ja(), first.kind.en()));
            for shown in of_kind {
                let day = shown.day.map(|day| format!("{day}（{}）", day.to_wareki())).unwrap_or_default();
                put(&mut text, 9.5, 16.0, &format!("{day}　{}　{}", shown.title, shown.value));
                for fact in &shown.facts {
                    let name = t(lang, &fact.name.0, &fact.name.1);
                    put(&mut text, 8.0, 28.0, &format!("{name}: {}", words(lang, &fact.value)));
                }
                for chapter in &shown.chapters {
                    put(&mut text, 9.0, 28.0, &chapter.title);
                    chapter.paragraphs.iter().for_each(|one| put(&mut text, 8.0, 36.0, one));
                }
            }
        }
    }
    write(title, &text).map_err(problems::internal)
}

/// Puts a text, on as many lines as it needs.
fn put(lines: &mut Vec<Line>, size: f64, indent: f64, text: &str) {
    let room = WIDTH - 2.0 * MARGIN - indent;
    let (mut line, mut used) = (String::new(), 0.0);
    for character in text.chars().map(|c| if c.is_control() { ' ' } else { c }) {
        let width = advance(character) * size;
        if used + width > room && !line.is_empty() {
            lines.push(Line { size, indent, text: std::mem::take(&mut line) });
            used = 0.0;
        }
        line.push(character);
        used += width;
    }
    if !line.is_empty() {
        lines.push(Line { size, indent, text: line });
    }
}

/// How wide a letter is, in ems: half for Latin ones, as [`FONT`] says.
fn advance(character: char) -> f64 {
    if character.is_ascii() || ('\u{ff61}'..='\u{ff9f}').contains(&character) { 0.5 } else { 1.0 }
}

const FONT: &str = "<< /Type /Font /Subtype /Type0 /BaseFont /HeiseiKakuGo-W5-UniJIS-UTF16-H /Encoding /UniJIS-UTF16-H \
                    /DescendantFonts [4 0 R] >>";
const DESCENDANT: &str = "<< /Type /Font /Subtype /CIDFontType0 /BaseFont /HeiseiKakuGo-W5 \
                          /CIDSystemInfo << /Registry (Adobe) /Ordering (Japan1) /Supplement 6 >> \
                          /DW 1000 /W [1 95 500 231 632 500] /FontDescriptor 5 0 R >>";
const DESCRIPTOR: &str = "<< /Type /FontDescriptor /FontName /HeiseiKakuGo-W5 /Flags 4 /FontBBox [-92 -250 1010 922] \
                          /ItalicAngle 0 /Ascent 752 /Descent -221 /CapHeight 737 /StemV 114 >>";

/// Objects before the pages: catalogue, tree of pages, font in three parts, information.
const FIXED: usize = 6;

fn write(title: &str, lines: &[Line]) -> Result<Vec<u8>, std::fmt::Error> {
    let pages = pages(lines);
    let mut objects: Vec<String> =
        vec![String::new(), String::new(), FONT.into(), DESCENDANT.into(), DESCRIPTOR.into()];
    objects.push(format!("<< /Title <FEFF{}> /Producer (Musubi) >>", hex(title)));
    let kids: Vec<String> = (0..pages.len()).map(|page| format!("{} 0 R", FIXED + 1 + page * 2)).collect();
    for (place, page) in pages.iter().enumerate() {
        let content = content(page, place + 1, pages.len())?;
        objects.push(format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {WIDTH} {HEIGHT}] /Resources << /Font << /F 3 0 R >> >> \
             /Contents {} 0 R >>",
            FIXED + 2 + place * 2
        ));
        objects.push(format!("<< /Length {} >>\nstream\n{content}\nendstream", content.len()));
    }
    if let Some(catalogue) = objects.first_mut() {
        *catalogue =
            "<< /Type /Catalog /Pages 2 0 R /Lang (ja-JP) /ViewerPreferences << /DisplayDocTitle true >> >>"
                .into();
    }
    if let Some(tree) = objects.get_mut(1) {
        *tree = format!("<< /Type /Pages /Kids [{}] /Count {} >>", kids.join(" "), pages.len());
    }
    assemble(&objects)
}

/// The file: header, objects, table of their places, trailer (ISO 32000-1 §7.5).
fn assemble(objects: &[String]) -> Result<Vec<u8>, std::fmt::Error> {
    let mut file = String::from("%PDF-1.7\n");
    let mut places = Vec::with_capacity(objects.len());
    for (number, object) in objects.iter().enumerate() {
        places.push(file.len());
        write!(file, "{} 0 obj\n{object}\nendobj\n", number + 1)?;
    }
    let table = file.len();
    write!(file, "xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1)?;
    for place in places {
        writeln!(file, "{place:010} 00000 n ")?;
    }
    write!(
        file,
        "trailer\n<< /Size {} /Root 1 0 R /Info 6 0 R >>\nstartxref\n{table}\n%%EOF\n",
        objects.len() + 1
    )?;
    Ok(file.into_bytes())
}

/// The lines of each page.
fn pages(lines: &[Line]) -> Vec<Vec<&Line>> {
    let mut pages: Vec<Vec<&Line>> = vec![Vec::new()];
    let mut used = 0.0;
    for line in lines {
        let height = line.size * LEADING;
        if used + height > HEIGHT - 2.0 * MARGIN - 20.0 {
            pages.push(Vec::new());
            used = 0.0;
        }
        if let Some(page) = pages.last_mut() {
            page.push(line);
        }
        used += height;
    }
    pages
}

/// Height of a line for its letters' size.
const LEADING: f64 = 1.5;

fn content(lines: &[&Line], number: usize, of: usize) -> Result<String, std::fmt::Error> {
    let mut content = String::from("BT\n");
    let mut y = HEIGHT - MARGIN;
    for line in lines {
        y -= line.size * LEADING;
        let x = MARGIN + line.indent;
        writeln!(content, "/F {} Tf 1 0 0 1 {x:.1} {y:.1} Tm <{}> Tj", line.size, hex(&line.text))?;
    }
    let foot = format!("{number} / {of}");
    let x = WIDTH / 2.0 - 12.0;
    writeln!(content, "/F 8 Tf 1 0 0 1 {x:.1} {:.1} Tm <{}> Tj", MARGIN - 20.0, hex(&foot))?;
    content.push_str("ET");
    Ok(content)
}

/// A text as UTF-16, big-endian, in hexadecimal digits.
fn hex(text: &str) -> String {
    let mut hex = String::with_capacity(text.len() * 4);
    for unit in text.encode_utf16() {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{unit:04X}");
    }
    hex
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_names_where_each_object_begins() {
        let mut lines = Vec::new();
        for _ in 0..200 {
            put(&mut lines, 10.0, 0.0, "血液検査 HbA1c 7.1 % 𠮷野家（基準値 4.9〜6.0）");
        }
        put(&mut lines, 10.0, 0.0, &"長い文".repeat(60));
        let file = String::from_utf8(write("わたしの記録", &lines).unwrap()).unwrap();
        let start: usize =
            file.rsplit_once("startxref\n").unwrap().1.split('\n').next().unwrap().parse().unwrap();
        let table = &file[start..];
        let places: Vec<usize> = table
            .lines()
            .filter(|line| line.ends_with(" n "))
            .map(|line| line[..10].parse().unwrap())
            .collect();
        for (number, place) in places.iter().enumerate() {
            assert!(file[*place..].starts_with(&format!("{} 0 obj", number + 1)), "{number}");
        }
        assert!(file.contains("/Count 5") || file.contains("/Count 6"), "several pages");
        assert!(file.contains("D842DFB7"), "a letter beyond the first plane is a pair");
        assert!(lines.iter().all(|line| {
            line.text.chars().map(|c| advance(c) * line.size).sum::<f64>() <= WIDTH - 2.0 * MARGIN
        }));
    }
}
