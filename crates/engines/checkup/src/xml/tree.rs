//! The elements of a document, read once and lent to whoever looks.

use std::borrow::Cow;

use quick_xml::{Reader, events::Event};

use super::{
    attributes::{attributes, is_name, is_space, reference, shown, sound},
    source::{Limits, Problem, ReadError, Source, place},
};

/// The number of an element in its [`Tree`]; the root is 0.
pub type Id = u32;

/// Elements without a namespace.
pub const NONE: &str = "";
/// The namespace of HL7 V3.
pub const HL7: &str = "urn:hl7-org:v3";
/// The namespace of `xsi:type`.
pub const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// A document's elements in the order of their opening tags.
#[derive(Debug)]
pub struct Tree<'a> {
    text: &'a str,
    elements: Vec<Element<'a>>,
    attributes: Vec<Attribute<'a>>,
}

/// One element.
#[derive(Debug)]
pub struct Element<'a> {
    /// Its name without prefix.
    pub name: &'a str,
    /// Its namespace.
    pub namespace: Cow<'a, str>,
    /// The type that `xsi:type` gives it: namespace and name.
    pub kind: Option<(Cow<'a, str>, String)>,
    /// Its own text, that of the elements inside left out.
    pub content: Cow<'a, str>,
    /// Where its tag begins in the text.
    pub offset: usize,
    parent: Option<Id>,
    first: Option<Id>,
    next: Option<Id>,
    from: usize,
    to: usize,
}

/// One attribute; `xmlns` and `xmlns:…` are not kept.
#[derive(Debug)]
pub struct Attribute<'a> {
    /// Its name without prefix.
    pub name: &'a str,
    /// Its namespace, [`NONE`] for one without prefix.
    pub namespace: Cow<'a, str>,
    /// Its value.
    pub value: Cow<'a, str>,
}

impl<'a> Tree<'a> {
    /// Reads a document.
    ///
    /// # Errors
    /// When it is not well-formed, has a DOCTYPE, uses an entity of its own or exceeds `limits`.
    pub fn read(source: &'a Source<'_>, limits: &Limits) -> Result<Self, ReadError> {
        let mut builder = Builder::new(&source.text, *limits);
        let mut reader = Reader::from_str(&source.text);
        reader.config_mut().check_comments = true;
        loop {
            let at = position(reader.buffer_position());
            match reader.read_event() {
                Ok(Event::Eof) => return builder.finish(at),
                Ok(event) => {
                    let end = position(reader.buffer_position());
                    if let Err(problem) = builder.take(&event, at, end) {
                        return Err(builder.error(at, problem));
                    }
                }
                Err(error) => {
                    let at = position(reader.error_position());
                    return Err(builder.error(at, syntax(&error)));
                }
            }
        }
    }

    /// The root.
    pub fn root(&self) -> Id {
        0
    }

    /// An element by its number; the root for a number that none has.
    pub fn element(&self, id: Id) -> Option<&Element<'a>> {
        self.elements.get(id as usize)
    }

    /// Its attributes in order.
    pub fn attributes(&self, id: Id) -> &[Attribute<'a>] {
        self.element(id).and_then(|e| self.attributes.get(e.from..e.to)).unwrap_or_default()
    }

    /// The value of its attribute without prefix.
    pub fn attribute(&self, id: Id, name: &str) -> Option<&str> {
        self.attributes(id).iter().find(|a| a.name == name && a.namespace == NONE).map(|a| a.value.as_ref())
    }

    /// The elements inside, in order.
    pub fn children(&self, id: Id) -> impl Iterator<Item = Id> + '_ {
        let first = self.element(id).and_then(|e| e.first);
        std::iter::successors(first, |id| self.element(*id).and_then(|e| e.next))
    }

    /// The element behind it in the same parent.
    pub fn next(&self, id: Id) -> Option<Id> {
        self.element(id)?.next
    }

    /// The first element inside with a name.
    pub fn child(&self, id: Id, name: &str) -> Option<Id> {
        self.named(id, name).next()
    }

    /// The elements inside with a name.
    pub fn named<'s>(&'s self, id: Id, name: &'s str) -> impl Iterator<Item = Id> + 's {
        self.children(id).filter(move |child| self.name(*child) == name)
    }

    /// The first element at a path of names.
    pub fn at(&self, id: Id, path: &[&str]) -> Option<Id> {
        path.iter().try_fold(id, |id, name| self.child(id, name))
    }

    /// The name of an element.
    pub fn name(&self, id: Id) -> &'a str {
        self.element(id).map_or("", |e| e.name)
    }

    /// Its own text, trimmed.
    pub fn text(&self, id: Id) -> &str {
        self.element(id).map_or("", |e| e.content.trim_matches(is_space))
    }

    /// The names that lead to an element, from the root.
    pub fn path(&self, id: Id) -> String {
        let up = std::iter::successors(Some(id), |id| self.element(*id).and_then(|e| e.parent));
        let mut names: Vec<&str> = up.map(|id| self.name(id)).collect();
        names.reverse();
        names.join("/")
    }

    /// Where an element begins.
    pub fn place(&self, id: Id) -> super::Place {
        place(self.text, self.element(id).map_or(0, |e| e.offset))
    }

    /// How many elements.
    pub fn len(&self) -> usize {
        self.elements.len()
    }

    /// Whether there is none; a document that was read has at least its root.
    pub fn is_empty(&self) -> bool {
        self.elements.is_empty()
    }
}

struct Builder<'a> {
    text: &'a str,
    limits: Limits,
    tree: Tree<'a>,
    /// Open elements with their last child.
    stack: Vec<(Id, Option<Id>)>,
    /// Prefixes and their namespaces, with the depth that declared them.
    scope: Vec<(usize, &'a str, Cow<'a, str>)>,
    closed: bool,
}

impl<'a> Builder<'a> {
    fn new(text: &'a str, limits: Limits) -> Self {
        let elements = Vec::with_capacity((text.len() / 60).min(limits.parts));
        let attributes = Vec::with_capacity((text.len() / 40).min(limits.parts));
        let tree = Tree { text, elements, attributes };
        Self { text, limits, tree, stack: Vec::new(), scope: Vec::new(), closed: false }
    }

    fn take(&mut self, event: &Event<'a>, at: usize, end: usize) -> Result<(), Problem> {
        match event {
            Event::Start(start) => self.open(start.name().as_ref().len(), at, end - 1),
            Event::Empty(start) => {
                self.open(start.name().as_ref().len(), at, end - 2)?;
                self.close();
                Ok(())
            }
            Event::End(_) => {
                self.close();
                Ok(())
            }
            Event::Text(text) => self.content(text.xml10_content()),
            Event::CData(text) => self.content(text.xml10_content()),
            Event::GeneralRef(name) => {
                let name: &str = name;
                let text = reference(name)?;
                self.content(text)
            }
            Event::Comment(text) => sound(&text.xml10_content()),
            Event::PI(text) => sound(text.content()),
            Event::DocType(_) => Err(Problem::Doctype),
            Event::Decl(_) if self.tree.is_empty() && self.stack.is_empty() && at == 0 => Ok(()),
            Event::Decl(_) => Err(Problem::Syntax("an XML declaration inside the file".to_owned())),
            Event::Eof => Ok(()),
        }
    }

    fn open(&mut self, name: usize, at: usize, end: usize) -> Result<(), Problem> {
        if self.closed {
            return Err(Problem::Syntax("a second root element".to_owned()));
        }
        if self.stack.len() >= self.limits.depth {
            return Err(Problem::TooDeep { limit: self.limits.depth });
        }
        let tag = self.text.get(at + 1..end).unwrap_or_default();
        let (name, rest) = tag.split_at_checked(name).unwrap_or((tag, ""));
        if !is_name(name) {
            return Err(Problem::Syntax(format!("“{}” is not a tag", shown(name))));
        }
        let from = self.tree.attributes.len();
        let kind = self.attributes(rest, from)?;
        let (namespace, name) = self.qualified(name, true)?;
        let kind = match kind {
            Some(kind) => {
                let (prefix, local) = kind.split_once(':').unwrap_or(("", &kind));
                Some((self.namespace(prefix)?, local.to_owned()))
            }
            None => None,
        };
        let id = Id::try_from(self.tree.elements.len()).unwrap_or(Id::MAX);
        let parent = self.stack.last().map(|(parent, _)| *parent);
        self.tree.elements.push(Element {
            name,
            namespace,
            kind,
            content: Cow::Borrowed(""),
            offset: at,
            parent,
            first: None,
            next: None,
            from,
            to: self.tree.attributes.len(),
        });
        self.link(id);
        self.stack.push((id, None));
        if self.tree.elements.len() + self.tree.attributes.len() > self.limits.parts {
            return Err(Problem::TooMany { limit: self.limits.parts });
        }
        Ok(())
    }

    /// Hangs a new element under the open one.
    fn link(&mut self, id: Id) {
        let Some((parent, last)) = self.stack.last_mut() else { return };
        let before = last.replace(id);
        let (slot, first) = match before {
            Some(before) => (before, false),
            None => (*parent, true),
        };
        if let Some(element) = self.tree.elements.get_mut(slot as usize) {
            *(if first { &mut element.first } else { &mut element.next }) = Some(id);
        }
    }

    /// Reads the attributes of a tag; the text of `xsi:type`, if there is one.
    fn attributes(&mut self, rest: &'a str, from: usize) -> Result<Option<String>, Problem> {
        if rest.is_empty() {
            return Ok(None);
        }
        let depth = self.stack.len();
        let (scope, list) = (&mut self.scope, &mut self.tree.attributes);
        attributes(rest, |raw| {
            if raw.name == "xmlns" {
                scope.push((depth, "", raw.value));
            } else if let Some(prefix) = raw.name.strip_prefix("xmlns:") {
                scope.push((depth, prefix, raw.value));
            } else {
                list.push(Attribute { name: raw.name, namespace: Cow::Borrowed(NONE), value: raw.value });
            }
            Ok(())
        })?;
        let mut kind = None;
        for at in from..self.tree.attributes.len() {
            let Some(name) = self.tree.attributes.get(at).map(|a| a.name) else { break };
            let (namespace, local) = self.qualified(name, false)?;
            if namespace == XSI && local == "type" {
                kind = self.tree.attributes.get(at).map(|a| a.value.trim_matches(is_space).to_owned());
            }
            let twice = |a: &Attribute<'_>| a.name == local && a.namespace == namespace;
            if self.tree.attributes.get(from..at).unwrap_or_default().iter().any(twice) {
                return Err(Problem::Syntax(format!("the attribute {} stands twice", shown(name))));
            }
            if let Some(attribute) = self.tree.attributes.get_mut(at) {
                (attribute.namespace, attribute.name) = (namespace, local);
            }
        }
        Ok(kind)
    }

    /// The namespace and the local part of a name.
    fn qualified(&self, name: &'a str, element: bool) -> Result<(Cow<'a, str>, &'a str), Problem> {
        let colon = name.bytes().position(|b| b == b':');
        match colon.and_then(|at| Some((name.get(..at)?, name.get(at + 1..)?))) {
            Some(("xml", local)) => Ok((Cow::Borrowed("http://www.w3.org/XML/1998/namespace"), local)),
            Some((prefix, local)) => Ok((self.namespace(prefix)?, local)),
            None if element => Ok((self.namespace("")?, name)),
            None => Ok((Cow::Borrowed(NONE), name)),
        }
    }

    fn namespace(&self, prefix: &str) -> Result<Cow<'a, str>, Problem> {
        match self.scope.iter().rev().find(|(_, known, _)| *known == prefix) {
            Some((_, _, namespace)) => Ok(namespace.clone()),
            None if prefix.is_empty() => Ok(Cow::Borrowed(NONE)),
            None => Err(Problem::Prefix(shown(prefix))),
        }
    }

    fn close(&mut self) {
        self.stack.pop();
        let depth = self.stack.len();
        while self.scope.last().is_some_and(|(declared, _, _)| *declared >= depth) {
            self.scope.pop();
        }
        self.closed = self.stack.is_empty();
    }

    fn content(&mut self, text: Cow<'a, str>) -> Result<(), Problem> {
        sound(&text)?;
        let Some((id, _)) = self.stack.last() else {
            let blank = text.trim_start_matches('\u{FEFF}').trim_matches(is_space).is_empty();
            return if blank {
                Ok(())
            } else {
                Err(Problem::Syntax("text outside of the document".to_owned()))
            };
        };
        let Some(element) = self.tree.elements.get_mut(*id as usize) else { return Ok(()) };
        if element.content.trim_matches(is_space).is_empty() {
            element.content = text;
        } else {
            element.content.to_mut().push_str(&text);
        }
        Ok(())
    }

    fn finish(self, at: usize) -> Result<Tree<'a>, ReadError> {
        if self.closed { Ok(self.tree) } else { Err(self.error(at, Problem::Truncated)) }
    }

    fn error(&self, at: usize, problem: Problem) -> ReadError {
        let path: Vec<&str> = self.stack.iter().map(|(id, _)| self.tree.name(*id)).collect();
        ReadError { place: place(self.text, at), path: path.join("/"), problem }
    }
}

fn position(offset: u64) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}

fn syntax(error: &quick_xml::Error) -> Problem {
    let text = error.to_string();
    let cut = text.contains("before end of input") || text.contains("not closed") && text.contains("end");
    if cut { Problem::Truncated } else { Problem::Syntax(text) }
}
