//! The elements of a message as they stand in the file.

use quick_xml::{
    Reader,
    escape::resolve_xml_entity,
    events::{BytesStart, Event},
};

use crate::{
    charset::Source,
    error::{Problem, ReadError},
};

/// How much of a message is read at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the file.
    pub bytes: usize,
    /// Levels of nesting.
    pub depth: usize,
    /// Elements, attributes, comments and instructions together.
    pub parts: usize,
}

impl Default for Limits {
    /// 1 MiB, 32 levels, 50,000 parts: a bulk answer of some 300 persons.
    fn default() -> Self {
        Self { bytes: 1 << 20, depth: 32, parts: 50_000 }
    }
}

/// An element as it stands in a file, its meaning aside.
#[derive(Debug, Clone, Eq, Default)]
pub struct Element {
    /// The tag, with its prefix if it has one.
    pub name: String,
    /// Names and values of the attributes in order.
    pub attributes: Vec<(String, String)>,
    /// What it contains, in order. The white space between elements is not kept.
    pub content: Vec<Node>,
    pub(crate) offset: usize,
}

/// Something inside an element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// An element.
    Element(Element),
    /// Text, references resolved.
    Text(String),
    /// A comment without its marks.
    Comment(String),
    /// A processing instruction without its marks.
    Instruction(String),
}

impl PartialEq for Element {
    /// Equal when they say the same, wherever they stand.
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.attributes == other.attributes && self.content == other.content
    }
}

impl Element {
    /// The elements inside.
    pub fn elements(&self) -> impl Iterator<Item = &Element> {
        self.content.iter().filter_map(|node| match node {
            Node::Element(element) => Some(element),
            _ => None,
        })
    }

    /// The text of an element that holds nothing but text, `""` when it is empty; `None` for any other.
    pub fn text(&self) -> Option<&str> {
        match self.content.as_slice() {
            [] => Some(""),
            [Node::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// How many elements this is, itself included.
    pub fn count(&self) -> usize {
        1 + self.elements().map(Element::count).sum::<usize>()
    }

    /// Adds text, joining it to text before it.
    fn push_text(&mut self, text: &str) {
        match self.content.last_mut() {
            Some(Node::Text(before)) => before.push_str(text),
            _ if text.is_empty() => {}
            _ => self.content.push(Node::Text(text.to_owned())),
        }
    }

    /// Drops the white space between elements.
    fn settle(&mut self) {
        let structured = self.content.iter().any(|node| !matches!(node, Node::Text(_)));
        let blank = |node: &Node| matches!(node, Node::Text(text) if text.trim_ascii().is_empty());
        if structured && self.content.iter().all(|node| !matches!(node, Node::Text(_)) || blank(node)) {
            self.content.retain(|node| !blank(node));
        }
    }
}

/// Reads the one element of a file.
pub(crate) fn read(source: &Source, limits: &Limits) -> Result<Element, ReadError> {
    let mut builder = Builder { source, limits, stack: Vec::new(), root: None, parts: 0 };
    let mut reader = Reader::from_str(&source.text);
    reader.config_mut().check_comments = true;
    loop {
        let at = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        match reader.read_event() {
            Ok(Event::Eof) => return builder.finish(at),
            Ok(event) => builder.take(event, at)?,
            Err(error) => {
                let at = usize::try_from(reader.error_position()).unwrap_or(at);
                return Err(builder.error(at, syntax(&error)));
            }
        }
    }
}

struct Builder<'a> {
    source: &'a Source,
    limits: &'a Limits,
    stack: Vec<Element>,
    root: Option<Element>,
    parts: usize,
}

impl Builder<'_> {
    fn take(&mut self, event: Event<'_>, at: usize) -> Result<(), ReadError> {
        match event {
            Event::Start(start) => self.open(&start, at),
            Event::Empty(start) => {
                self.open(&start, at)?;
                self.close();
                Ok(())
            }
            Event::End(_) => {
                self.close();
                Ok(())
            }
            Event::Text(text) => self.text(&text.xml10_content(), at),
            Event::CData(text) => self.text(&text.xml10_content(), at),
            Event::GeneralRef(reference) => {
                let name: &str = &reference;
                let resolved = self.resolve(name, at)?;
                self.text(&resolved, at)
            }
            Event::Comment(text) => self.aside(Node::Comment(text.xml10_content().into_owned()), at),
            Event::PI(text) => self.aside(Node::Instruction(text.into_inner().into_owned()), at),
            Event::DocType(_) => Err(self.error(at, Problem::Doctype)),
            Event::Decl(_) if at == 0 => Ok(()),
            Event::Decl(_) => {
                Err(self.error(at, Problem::Syntax("an XML declaration inside the file".to_owned())))
            }
            Event::Eof => Ok(()),
        }
    }

    fn open(&mut self, start: &BytesStart<'_>, at: usize) -> Result<(), ReadError> {
        if self.stack.is_empty() && self.root.is_some() {
            return Err(
                self.error(at, Problem::Root(format!("a second element <{}>", start.name().as_ref())))
            );
        }
        if self.stack.len() >= self.limits.depth {
            return Err(self.error(at, Problem::TooDeep { limit: self.limits.depth }));
        }
        self.count(at)?;
        let name = start.name().as_ref().to_owned();
        if !is_name(&name) {
            return Err(self.error(at, Problem::Syntax(format!("“{name}” is not a tag"))));
        }
        let mut element = Element { name, offset: at, ..Element::default() };
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|e| self.error(at, Problem::Syntax(e.to_string())))?;
            self.count(at)?;
            let value = self.attribute(attribute.value.as_ref(), at)?;
            let name = attribute.key.as_ref().to_owned();
            if !is_name(&name) {
                return Err(self.error(at, Problem::Syntax(format!("“{name}” is not an attribute"))));
            }
            element.attributes.push((name, value));
        }
        self.stack.push(element);
        Ok(())
    }

    fn close(&mut self) {
        let Some(mut element) = self.stack.pop() else { return };
        element.settle();
        match self.stack.last_mut() {
            Some(parent) => parent.content.push(Node::Element(element)),
            None => self.root = Some(element),
        }
    }

    fn text(&mut self, text: &str, at: usize) -> Result<(), ReadError> {
        if let Some(bad) = text.chars().find(|c| !is_xml(*c)) {
            return Err(self.error(at, Problem::Character(u32::from(bad))));
        }
        let Some(parent) = self.stack.last_mut() else {
            let blank = text.trim_start_matches('\u{FEFF}').trim_ascii().is_empty();
            let found = || Problem::Root("text outside of the message".to_owned());
            return if blank { Ok(()) } else { Err(self.error(at, found())) };
        };
        parent.push_text(text);
        Ok(())
    }

    /// A comment or an instruction; kept inside of an element, dropped outside.
    fn aside(&mut self, node: Node, at: usize) -> Result<(), ReadError> {
        self.count(at)?;
        if let Node::Comment(text) | Node::Instruction(text) = &node
            && let Some(bad) = text.chars().find(|c| !is_xml(*c))
        {
            return Err(self.error(at, Problem::Character(u32::from(bad))));
        }
        if let Some(parent) = self.stack.last_mut() {
            parent.content.push(node);
        }
        Ok(())
    }

    /// The value of an attribute: references resolved, white space as spaces.
    fn attribute(&self, raw: &str, at: usize) -> Result<String, ReadError> {
        let mut value = String::with_capacity(raw.len());
        let mut rest = raw;
        while let Some((head, tail)) = rest.split_once('&') {
            value.extend(head.chars().map(|c| if c.is_ascii_whitespace() { ' ' } else { c }));
            let unclosed = || self.error(at, Problem::Syntax("a reference without “;”".to_owned()));
            let (name, after) = tail.split_once(';').ok_or_else(unclosed)?;
            value.push_str(&self.resolve(name, at)?);
            rest = after;
        }
        value.extend(rest.chars().map(|c| if c.is_ascii_whitespace() { ' ' } else { c }));
        match value.chars().find(|c| !is_xml(*c)) {
            Some(bad) => Err(self.error(at, Problem::Character(u32::from(bad)))),
            None => Ok(value),
        }
    }

    /// The text of a reference: one of XML's five, or a character by its number.
    fn resolve(&self, name: &str, at: usize) -> Result<String, ReadError> {
        if let Some(text) = resolve_xml_entity(name) {
            return Ok(text.to_owned());
        }
        let Some(number) = name.strip_prefix('#') else {
            return Err(self.error(at, Problem::Entity(shown(name))));
        };
        let code = match number.strip_prefix('x') {
            Some(hex) if hex.bytes().all(|b| b.is_ascii_hexdigit()) => u32::from_str_radix(hex, 16).ok(),
            None if number.bytes().all(|b| b.is_ascii_digit()) => number.parse().ok(),
            _ => None,
        };
        match code.map(|code| (code, char::from_u32(code))) {
            Some((_, Some(c))) if is_xml(c) => Ok(c.to_string()),
            Some((code, _)) => Err(self.error(at, Problem::Character(code))),
            None => Err(self.error(at, Problem::Entity(shown(name)))),
        }
    }

    fn count(&mut self, at: usize) -> Result<(), ReadError> {
        self.parts += 1;
        if self.parts > self.limits.parts {
            return Err(self.error(at, Problem::TooMany { limit: self.limits.parts }));
        }
        Ok(())
    }

    fn finish(self, at: usize) -> Result<Element, ReadError> {
        if !self.stack.is_empty() || self.root.is_none() {
            return Err(self.error(at, Problem::Truncated));
        }
        self.root.ok_or_else(|| ReadError::new(self.source.place(at), "", Problem::Truncated))
    }

    fn error(&self, at: usize, problem: Problem) -> ReadError {
        let path: Vec<&str> = self.stack.iter().map(|element| element.name.as_str()).collect();
        ReadError::new(self.source.place(at), path.join("/"), problem)
    }
}

/// Whether XML 1.0 allows the character.
pub(crate) fn is_xml(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

/// Whether a tag or an attribute has a name of the interface's kind (ASCII), writable in either encoding.
fn is_name(name: &str) -> bool {
    let sound = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | ':');
    name.chars().all(sound) && name.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '_' | ':'))
}

fn syntax(error: &quick_xml::Error) -> Problem {
    let text = error.to_string();
    if text.contains("before end of input") { Problem::Truncated } else { Problem::Syntax(text) }
}

fn shown(name: &str) -> String {
    name.chars().take(40).collect()
}
