//! What the command shows of a file.

use serde::Serialize;

use crate::{
    charset::Charset,
    error::ReadError,
    group::{Facts, Group},
    message::{self, Message, Request, Response},
    tree::{Element, Limits, Node},
    write::Written,
};

/// What a file holds, line by line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// `request` or `response`.
    pub kind: &'static str,
    /// The encoding.
    pub charset: Charset,
    /// The size in bytes.
    pub bytes: usize,
    /// How many elements.
    pub elements: usize,
    /// How many memberships an answer holds.
    pub results: usize,
    /// How many elements this library does not know.
    pub unknown: usize,
    /// Every value in the order of the file.
    pub lines: Vec<Line>,
}

/// One value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// The tags that lead to it.
    pub path: String,
    /// The Japanese name of the field; absent for an unknown one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ja: Option<&'static str>,
    /// The value as written.
    pub value: String,
    /// What it means: the meaning of a code, the era of a date.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meaning: Option<String>,
}

/// Reads a message and tells what it holds.
///
/// # Errors
/// When the file is no well-formed message; the error tells the place.
pub fn inspect(bytes: &[u8], limits: &Limits) -> Result<Report, ReadError> {
    let opened = message::open(bytes, limits)?;
    let mut report = Report {
        kind: if matches!(opened.message, Message::Request(_)) { "request" } else { "response" },
        charset: opened.charset,
        bytes: bytes.len(),
        elements: opened.root.count(),
        results: match &opened.message {
            Message::Response(response) => response.results().len() + response.body.bulk_confirm_units.len(),
            Message::Request(_) => 0,
        },
        unknown: 0,
        lines: Vec::new(),
    };
    let facts = match opened.message {
        Message::Request(_) => Request::FACTS,
        Message::Response(_) => Response::FACTS,
    };
    report.add(&opened.root, &opened.root.name, Some(facts));
    Ok(report)
}

/// Writes a message in another encoding. Everything it says is kept, unknown elements too; the characters that the
/// encoding does not have are reported.
///
/// # Errors
/// When the file is no well-formed message; the error tells the place.
pub fn convert(bytes: &[u8], to: Charset, limits: &Limits) -> Result<Written, ReadError> {
    Message::read_within(bytes, limits).map(|message| message.write(to))
}

impl Report {
    /// Adds the values inside an element; `facts` are its fields when it is known.
    fn add(&mut self, element: &Element, path: &str, facts: Option<&[Facts]>) {
        for child in element.elements() {
            let known = facts.and_then(|facts| facts.iter().find(|facts| facts.tag == child.name));
            self.unknown += usize::from(known.is_none());
            let path = format!("{path}/{}", child.name);
            match child.text() {
                Some(value) if known.is_none_or(|facts| facts.inner.is_none()) => self.lines.push(Line {
                    path,
                    ja: known.map(|facts| facts.ja),
                    value: value.to_owned(),
                    meaning: known.and_then(|facts| (facts.meaning)(value)),
                }),
                _ => {
                    self.add_mixed(child, &path);
                    self.add(child, &path, known.and_then(|facts| facts.inner));
                }
            }
        }
    }

    /// Adds the text that stands between the elements of an unknown element.
    fn add_mixed(&mut self, element: &Element, path: &str) {
        let text = element.content.iter().filter_map(|node| match node {
            Node::Text(text) => Some(text.as_str()),
            _ => None,
        });
        let value: String = text.collect();
        if !value.trim_ascii().is_empty() {
            self.lines.push(Line { path: path.to_owned(), ja: None, value, meaning: None });
        }
    }
}
