//! Documents: referral letters, discharge summaries, health-check reports, care summaries; read chapter by chapter.

use crate::Node;
use data_encoding::BASE64;

use super::words::{any, concept, day, join};
use super::{Chapter, Shown, Value, show};

/// A document bundle: its composition, whose chapters name their entries.
pub fn bundle(resource: &Node, shown: &mut Shown) -> &'static [&'static str] {
    let entries: Vec<(&str, &Node)> = resource
        .all("entry")
        .into_iter()
        .filter_map(|entry| Some((entry.text_at("fullUrl").unwrap_or_default(), entry.get("resource")?)))
        .collect();
    let Some((_, composition)) =
        entries.iter().find(|(_, r)| r.text_at("resourceType") == Some("Composition"))
    else {
        return &[];
    };
    head(composition, shown);
    authors(composition, &entries, shown);
    chapters(composition, &entries, 0, shown);
    &["type", "entry", "timestamp", "total", "link", "signature"]
}

/// A composition alone: what it refers to lies elsewhere.
pub fn composition(resource: &Node, shown: &mut Shown) -> &'static [&'static str] {
    head(resource, shown);
    authors(resource, &[], shown);
    chapters(resource, &[], 0, shown);
    &[
        "title",
        "type",
        "category",
        "status",
        "date",
        "author",
        "custodian",
        "event",
        "section",
        "confidentiality",
        "attester",
    ]
}

/// A document kept as a file: its text where it is one.
pub fn reference(resource: &Node, shown: &mut Shown) -> &'static [&'static str] {
    let title = resource
        .at("type")
        .and_then(concept)
        .or_else(|| resource.at("content.attachment.title").and_then(any));
    shown.title = title.or_else(|| resource.text_at("description").map(str::to_owned)).unwrap_or_default();
    shown.text_fact("説明", "Description", resource.text_at("description").map(str::to_owned));
    for attachment in resource.all("content.attachment") {
        let title = attachment.text_at("title").unwrap_or("本文");
        match plain_text(attachment) {
            Some(text) => {
                shown.chapters.push(Chapter { title: title.to_owned(), paragraphs: lines(&text), depth: 0 })
            }
            None => {
                let kind = attachment.text_at("contentType").unwrap_or_default();
                let told =
                    attachment.text_at("url").unwrap_or("この画面では開けない形式です（not shown here）");
                shown.text_fact("添付", "Attachment", Some(format!("{title}（{kind}）{told}")));
            }
        }
    }
    shown.text_fact("作成者", "Author", join(resource.all("author").into_iter().filter_map(any), "、"));
    &["type", "description", "content", "author", "date", "status", "docStatus", "category", "custodian"]
}

fn head(composition: &Node, shown: &mut Shown) {
    let title = composition.text_at("title").map(str::to_owned);
    shown.title = title.or_else(|| composition.get("type").and_then(concept)).unwrap_or_default();
    let written = composition.text_at("date").and_then(day);
    shown.day = written.or(shown.day);
    shown.fact("作成日", "Written", written.map(Value::Day));
}

fn authors(composition: &Node, entries: &[(&str, &Node)], shown: &mut Shown) {
    let name = |author: &Node| {
        let found = author.text_at("reference").and_then(|reference| entry(entries, reference));
        let named =
            found.and_then(|found| found.get("name").and_then(|name| name.items().first().and_then(any)));
        named.or_else(|| any(author)).filter(|text| !text.starts_with("urn:"))
    };
    shown.text_fact("作成者", "Author", join(composition.all("author").into_iter().filter_map(name), "、"));
}

fn chapters(of: &Node, entries: &[(&str, &Node)], depth: usize, shown: &mut Shown) {
    for section in of.all("section") {
        let title = section.text_at("title").map(str::to_owned);
        let title = title.or_else(|| section.get("code").and_then(concept)).unwrap_or_default();
        let mut paragraphs = section.text_at("text.div").map(|div| lines(&strip(div))).unwrap_or_default();
        // A narrative that only adds to what is coded says less than its entries: these are told as well.
        for reference in section.all("entry.reference").into_iter().filter_map(Node::as_str) {
            paragraphs.extend(entry(entries, reference).and_then(told));
        }
        paragraphs.dedup();
        shown.chapters.push(Chapter { title, paragraphs, depth });
        if depth < DEPTH {
            chapters(section, entries, depth + 1, shown);
        }
    }
}

fn entry<'a>(entries: &[(&str, &'a Node)], reference: &str) -> Option<&'a Node> {
    let is_it = |url: &str| url == reference || (url.ends_with(reference) && reference.contains('/'));
    entries.iter().find(|(url, _)| is_it(url)).map(|(_, resource)| *resource)
}

/// An entry in one line; people and institutions are named elsewhere.
fn told(resource: &Node) -> Option<String> {
    let kind = resource.text_at("resourceType")?;
    if matches!(
        kind,
        "Patient" | "Practitioner" | "PractitionerRole" | "Organization" | "Encounter" | "DocumentReference"
    ) {
        return None;
    }
    let inner = show(resource);
    join([inner.title, inner.value].into_iter(), "：")
}

/// The text of an attachment, if it is one.
fn plain_text(attachment: &Node) -> Option<String> {
    let kind = attachment.text_at("contentType")?;
    let is_utf8 = kind.starts_with("text/plain") && !kind.to_ascii_lowercase().contains("shift");
    let data = attachment.text_at("data").filter(|_| is_utf8)?;
    String::from_utf8(BASE64.decode(data.as_bytes()).ok()?).ok()
}

/// The text of a narrative: its tags taken out, blocks on lines of their own.
fn strip(div: &str) -> String {
    let mut text = String::with_capacity(div.len());
    for piece in div.split_inclusive(['<', '>']) {
        let content = piece.trim_end_matches(['<', '>']);
        if piece.ends_with('>') {
            let tag = content.trim_start_matches('/').split([' ', '/', '\n']).next().unwrap_or_default();
            match tag {
                "br" | "p" | "div" | "li" | "tr" | "h1" | "h2" | "h3" | "h4" | "table" | "ul" | "ol" => {
                    text.push('\n')
                }
                "td" | "th" => text.push(' '),
                _ => {}
            }
        } else {
            text.push_str(content);
        }
    }
    let named = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'");
    named.replace("&nbsp;", " ").replace("&#160;", " ").replace("&amp;", "&")
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

/// Chapters within chapters.
const DEPTH: usize = 6;
