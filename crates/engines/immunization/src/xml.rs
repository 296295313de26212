//! A small tree of the supporting data's XML: elements and their text, nothing else.

use quick_xml::{Reader, escape::resolve_xml_entity, events::Event};

use crate::LoadError;

/// Deeper than any schedule.
const DEEPEST: usize = 32;
/// More elements than ten times the largest antigen file of the supporting data.
const MOST_ELEMENTS: usize = 1_000_000;

/// An element: its name, its own text, its children.
#[derive(Debug, Default)]
pub(crate) struct Element {
    pub name: String,
    text: String,
    pub children: Vec<Element>,
}

impl Element {
    /// Its text, trimmed.
    pub(crate) fn text(&self) -> &str {
        self.text.trim()
    }

    /// The children of a name, but those that are empty altogether: the supporting data writes an empty element
    /// for one that is absent.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.children.iter().filter(move |child| child.name == name && child.is_filled())
    }

    /// The first such child.
    pub(crate) fn first(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name && child.is_filled())
    }

    /// The text of the first such child; empty when there is none, or it says `n/a`.
    pub(crate) fn value(&self, name: &str) -> &str {
        let text = self.first(name).map_or("", Element::text);
        if text.eq_ignore_ascii_case("n/a") { "" } else { text }
    }

    fn is_filled(&self) -> bool {
        !self.text().is_empty() || self.children.iter().any(Element::is_filled)
    }
}

/// Reads the one element of a file.
pub(crate) fn read(file: &str, text: &str) -> Result<Element, LoadError> {
    let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}'));
    let mut stack = vec![Element::default()];
    let mut elements = 0_usize;
    loop {
        let at = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        let fail = |problem: String| {
            let read = text.as_bytes().get(..at).unwrap_or(text.as_bytes());
            let line = read.iter().filter(|byte| **byte == b'\n').count() + 1;
            LoadError::Xml { file: file.to_owned(), line, problem }
        };
        match reader.read_event().map_err(|error| fail(error.to_string()))? {
            Event::Start(tag) => {
                elements += 1;
                if stack.len() > DEEPEST || elements > MOST_ELEMENTS {
                    return Err(fail("too many or too deep elements".to_owned()));
                }
                stack.push(named(tag.local_name().as_ref()));
            }
            Event::Empty(tag) => {
                let element = named(tag.local_name().as_ref());
                if let Some(parent) = stack.last_mut() {
                    parent.children.push(element);
                }
            }
            Event::End(_) => {
                let done = stack.pop().filter(|_| !stack.is_empty());
                match (done, stack.last_mut()) {
                    (Some(done), Some(parent)) => parent.children.push(done),
                    _ => return Err(fail("an end without a start".to_owned())),
                }
            }
            Event::Text(content) => push(&mut stack, &content.xml10_content()),
            Event::CData(content) => push(&mut stack, &content.xml10_content()),
            Event::GeneralRef(reference) => {
                let name: &str = &reference;
                let resolved = character(name).ok_or_else(|| fail(format!("unknown entity &{name};")))?;
                push(&mut stack, &resolved);
            }
            Event::DocType(_) => return Err(fail("a document type is not expected".to_owned())),
            Event::Eof if stack.len() == 1 => break,
            Event::Eof => return Err(fail("the file ends inside an element".to_owned())),
            _ => {}
        }
    }
    let mut root = stack.pop().unwrap_or_default();
    root.children.pop().ok_or_else(|| LoadError::Xml {
        file: file.to_owned(),
        line: 1,
        problem: "no element".to_owned(),
    })
}

fn named(name: impl AsRef<[u8]>) -> Element {
    Element { name: String::from_utf8_lossy(name.as_ref()).into_owned(), ..Element::default() }
}

fn push(stack: &mut [Element], text: &str) {
    if let Some(element) = stack.last_mut() {
        element.text.push_str(text);
    }
}

fn character(name: &str) -> Option<String> {
    if let Some(text) = resolve_xml_entity(name) {
        return Some(text.to_owned());
    }
    let number = name.strip_prefix('#')?;
    let code = match number.strip_prefix('x') {
        Some(hex) => u32::from_str_radix(hex, 16).ok()?,
        None => number.parse().ok()?,
    };
    char::from_u32(code).map(String::from)
}
