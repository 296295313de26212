//! XML as text, indented, in UTF-8.

use std::fmt::Write as _;

use crate::validate::Generation;

/// Writes elements one inside the other.
#[derive(Debug)]
pub(crate) struct XmlWriter {
    out: String,
    open: Vec<&'static str>,
}

impl XmlWriter {
    /// A document whose root has a namespace.
    pub(crate) fn new() -> Self {
        Self { out: String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"), open: Vec::new() }
    }

    /// One of the files around the documents, in the namespace of a generation.
    pub(crate) fn around(name: &'static str, schema: &str, generation: Generation) -> Self {
        let mut xml = Self::new();
        let location = format!("{} {schema}", generation.namespace());
        xml.open(
            name,
            &[
                ("xmlns", Some(generation.namespace())),
                ("xmlns:xsi", Some("http://www.w3.org/2001/XMLSchema-instance")),
                ("xsi:schemaLocation", Some(&location)),
            ],
        );
        xml
    }

    /// Opens an element; attributes without value are left out.
    pub(crate) fn open(&mut self, name: &'static str, attributes: &[(&str, Option<&str>)]) {
        self.start(name, attributes);
        self.out.push_str(">\n");
        self.open.push(name);
    }

    /// Closes the innermost element.
    pub(crate) fn close(&mut self) {
        let Some(name) = self.open.pop() else { return };
        self.indent();
        let _ = writeln!(self.out, "</{name}>");
    }

    /// An element with nothing inside.
    pub(crate) fn empty(&mut self, name: &'static str, attributes: &[(&str, Option<&str>)]) {
        self.start(name, attributes);
        self.out.push_str("/>\n");
    }

    /// An element with text inside.
    pub(crate) fn text(&mut self, name: &'static str, attributes: &[(&str, Option<&str>)], text: &str) {
        self.start(name, attributes);
        self.out.push('>');
        escape(text, &mut self.out);
        let _ = writeln!(self.out, "</{name}>");
    }

    /// An element with one element of text and more text behind it, as an address is.
    pub(crate) fn mixed(&mut self, name: &'static str, inner: Option<(&'static str, &str)>, text: &str) {
        self.start(name, &[]);
        self.out.push('>');
        if let Some((inner, value)) = inner {
            let _ = write!(self.out, "<{inner}>");
            escape(value, &mut self.out);
            let _ = write!(self.out, "</{inner}>");
        }
        escape(text, &mut self.out);
        let _ = writeln!(self.out, "</{name}>");
    }

    /// The document, everything still open closed.
    pub(crate) fn finish(mut self) -> String {
        while !self.open.is_empty() {
            self.close();
        }
        self.out
    }

    fn start(&mut self, name: &str, attributes: &[(&str, Option<&str>)]) {
        self.indent();
        self.out.push('<');
        self.out.push_str(name);
        for (name, value) in attributes {
            let Some(value) = value else { continue };
            let _ = write!(self.out, " {name}=\"");
            escape(value, &mut self.out);
            self.out.push('"');
        }
    }

    fn indent(&mut self) {
        for _ in &self.open {
            self.out.push_str("  ");
        }
    }
}

/// Text as it may stand in content and in attributes; characters that XML forbids become U+FFFD.
fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' => out.push_str("&#9;"),
            '\n' => out.push_str("&#10;"),
            '\r' => out.push_str("&#13;"),
            c if super::attributes::is_xml(c) => out.push(c),
            _ => out.push('\u{FFFD}'),
        }
    }
}
