//! Writing a message.

use kotoba::{GETA, cp932_encode};

use crate::{
    charset::Charset,
    tree::{Element, Node, is_xml},
};

/// A message as bytes, with a report of the characters that the encoding does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The file.
    pub bytes: Vec<u8>,
    /// Characters that could not be written as they are; none in UTF-8.
    pub losses: Vec<TextLoss>,
}

/// A character that could not be written as it is.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct TextLoss {
    /// The tags that lead to its text.
    pub path: String,
    /// The character.
    pub original: char,
    /// What stands in its place; nothing for a variation selector.
    pub written: Option<char>,
}

/// Writes elements, indented by four spaces a level as the field's own files are.
pub(crate) struct Writer {
    out: Written,
    pub(crate) charset: Charset,
    path: Vec<String>,
}

impl Writer {
    pub(crate) fn new(charset: Charset) -> Self {
        let head = format!("<?xml version=\"1.0\" encoding=\"{charset}\" standalone=\"no\"?>");
        Self { out: Written { bytes: head.into_bytes(), losses: Vec::new() }, charset, path: Vec::new() }
    }

    pub(crate) fn finish(self) -> Written {
        self.out
    }

    /// An element that holds text.
    pub(crate) fn leaf(&mut self, tag: &str, attributes: &[(String, String)], text: &str) {
        self.indent();
        self.path.push(tag.to_owned());
        self.start(tag, attributes, text.is_empty());
        if !text.is_empty() {
            self.text(text);
            self.raw(&format!("</{tag}>"));
        }
        self.path.pop();
    }

    /// An element that holds elements.
    pub(crate) fn branch(
        &mut self,
        tag: &str,
        attributes: &[(String, String)],
        inside: impl FnOnce(&mut Self),
    ) {
        self.indent();
        self.path.push(tag.to_owned());
        self.start(tag, attributes, false);
        let before = self.out.bytes.len();
        inside(self);
        self.path.pop();
        if self.out.bytes.len() == before {
            self.out.bytes.pop();
            self.raw("/>");
        } else {
            self.indent();
            self.raw(&format!("</{tag}>"));
        }
    }

    /// Something that was kept as it stood.
    pub(crate) fn node(&mut self, node: &Node) {
        match node {
            Node::Element(element) => self.element(element),
            Node::Text(text) => self.text(text),
            Node::Comment(text) => {
                self.indent();
                self.raw(&format!("<!--{text}-->"));
            }
            Node::Instruction(text) => {
                self.indent();
                self.raw(&format!("<?{text}?>"));
            }
        }
    }

    fn element(&mut self, element: &Element) {
        if let Some(text) = element.text() {
            return self.leaf(&element.name, &element.attributes, text);
        }
        if element.content.iter().any(|node| matches!(node, Node::Text(_))) {
            self.indent();
            return self.mixed(element);
        }
        self.branch(&element.name, &element.attributes, |writer| {
            element.content.iter().for_each(|node| writer.node(node));
        });
    }

    /// An element in which text stands beside elements: nothing may be added between them.
    fn mixed(&mut self, element: &Element) {
        self.path.push(element.name.clone());
        self.start(&element.name, &element.attributes, element.content.is_empty());
        for node in &element.content {
            match node {
                Node::Element(inner) => self.mixed(inner),
                Node::Text(text) => self.text(text),
                Node::Comment(text) => self.raw(&format!("<!--{text}-->")),
                Node::Instruction(text) => self.raw(&format!("<?{text}?>")),
            }
        }
        if !element.content.is_empty() {
            self.raw(&format!("</{}>", element.name));
        }
        self.path.pop();
    }

    fn start(&mut self, tag: &str, attributes: &[(String, String)], empty: bool) {
        self.raw(&format!("<{tag}"));
        for (name, value) in attributes {
            self.raw(&format!(" {name}=\""));
            self.escaped(value, true);
            self.raw("\"");
        }
        self.raw(if empty { "/>" } else { ">" });
    }

    fn text(&mut self, text: &str) {
        self.escaped(text, false);
    }

    fn escaped(&mut self, text: &str, attribute: bool) {
        let mut escaped = String::with_capacity(text.len());
        for c in text.chars() {
            match c {
                '&' => escaped.push_str("&amp;"),
                '<' => escaped.push_str("&lt;"),
                '>' => escaped.push_str("&gt;"),
                '\r' => escaped.push_str("&#13;"),
                '"' if attribute => escaped.push_str("&quot;"),
                '\n' if attribute => escaped.push_str("&#10;"),
                '\t' if attribute => escaped.push_str("&#9;"),
                bad if !is_xml(bad) => {
                    let written = Some(if self.charset == Charset::Utf8 { '\u{FFFD}' } else { GETA });
                    self.lose(bad, written);
                    escaped.extend(written);
                }
                other => escaped.push(other),
            }
        }
        self.raw(&escaped);
    }

    /// Writes marked-up text in the encoding.
    fn raw(&mut self, text: &str) {
        if self.charset == Charset::Utf8 || text.is_ascii() {
            self.out.bytes.extend_from_slice(text.as_bytes());
            return;
        }
        let encoded = cp932_encode(text);
        self.out.bytes.extend_from_slice(&encoded.bytes);
        encoded.losses.iter().for_each(|loss| self.lose(loss.original, loss.written));
    }

    fn lose(&mut self, original: char, written: Option<char>) {
        self.out.losses.push(TextLoss { path: self.path.join("/"), original, written });
    }

    fn indent(&mut self) {
        self.out.bytes.push(b'\n');
        self.out.bytes.extend(std::iter::repeat_n(b' ', 4 * self.path.len()));
    }
}
