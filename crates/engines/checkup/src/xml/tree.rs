//! The elements of a document, read once and lent to whoever looks.

use std::{borrow::Cow, collections::HashSet};

use quick_xml::{Reader, events::Event};

use super::{
    attributes::{attributes, first_unsound, is_name, is_space, reference, shown},
    source::{Limits, Problem, ReadError, Source, place},
};

/// The number of an element in its [`Tree`]; the root is 0.
pub type Id = u32;

/// A namespace of a document; its name is [`Tree::uri`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Space(u16);

impl Space {
    /// No namespace.
    pub const NONE: Self = Self(0);
    /// That of `xml:lang`.
    const XML: Self = Self(1);
    /// That of `xsi:type`.
    pub const XSI: Self = Self(2);
}

/// The names of those that every document has.
const KNOWN: [&str; 3] =
    ["", "http://www.w3.org/XML/1998/namespace", "http://www.w3.org/2001/XMLSchema-instance"];
/// More namespaces in force at a time than any document of the field has.
const MOST_SPACES: usize = 256;

/// A document's elements in the order of their opening tags.
#[derive(Debug)]
pub struct Tree<'a> {
    text: &'a str,
    elements: Vec<Element<'a>>,
    attributes: Vec<Attribute<'a>>,
    spaces: Vec<Cow<'a, str>>,
    /// Comments and processing instructions: the element they stand in, and whether it is a comment.
    asides: Vec<(Option<Id>, bool)>,
}

/// One element.
#[derive(Debug)]
pub struct Element<'a> {
    /// Its name without prefix.
    pub name: &'a str,
    /// Its namespace.
    pub space: Space,
    /// The type that `xsi:type` gives it: namespace and name.
    pub kind: Option<(Space, Cow<'a, str>)>,
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
    /// Its namespace, [`Space::NONE`] for one without prefix.
    pub space: Space,
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
        let unsound = first_unsound(&source.text);
        loop {
            let at = position(reader.buffer_position());
            match reader.read_event() {
                Ok(Event::Eof) => return builder.finish(at),
                Ok(event) => {
                    let end = position(reader.buffer_position());
                    if let Some((offset, bad)) = unsound.filter(|(offset, _)| *offset < end) {
                        return Err(builder.error(offset, Problem::Character(u32::from(bad))));
                    }
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
        self.attributes(id)
            .iter()
            .find(|a| a.name == name && a.space == Space::NONE)
            .map(|a| a.value.as_ref())
    }

    /// The name of a namespace.
    pub fn uri(&self, space: Space) -> &str {
        self.spaces.get(usize::from(space.0)).map_or("", |uri| uri)
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

    /// The places of comments and processing instructions, each once: paths as XPath writes them.
    pub fn asides(&self) -> Vec<String> {
        let path = |(within, comment): &(Option<Id>, bool)| {
            let within = within.map(|id| self.path(id)).unwrap_or_default();
            format!("{within}/{}", if *comment { "comment()" } else { "processing-instruction()" })
        };
        let mut paths: Vec<String> = Vec::new();
        for path in self.asides.iter().map(path) {
            if paths.last() != Some(&path) {
                paths.push(path);
            }
        }
        paths
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
    scope: Vec<(usize, &'a str, Space)>,
    closed: bool,
}

impl<'a> Builder<'a> {
    fn new(text: &'a str, limits: Limits) -> Self {
        let elements = Vec::with_capacity((text.len() / 60).min(limits.parts));
        let attributes = Vec::with_capacity((text.len() / 40).min(limits.parts));
        let spaces = KNOWN.map(Cow::Borrowed).to_vec();
        let tree = Tree { text, elements, attributes, spaces, asides: Vec::new() };
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
            Event::Comment(_) => {
                self.aside(true);
                Ok(())
            }
            Event::PI(_) => {
                self.aside(false);
                Ok(())
            }
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
        let (space, name) = self.qualified(name, true)?;
        let kind = match kind {
            Some(Cow::Borrowed(kind)) => {
                let (prefix, local) = kind.split_once(':').unwrap_or(("", kind));
                Some((self.space(prefix)?, Cow::Borrowed(local)))
            }
            Some(Cow::Owned(kind)) => {
                let (prefix, local) = kind.split_once(':').unwrap_or(("", &kind));
                Some((self.space(prefix)?, Cow::Owned(local.to_owned())))
            }
            None => None,
        };
        let id = Id::try_from(self.tree.elements.len()).unwrap_or(Id::MAX);
        let parent = self.stack.last().map(|(parent, _)| *parent);
        self.tree.elements.push(Element {
            name,
            space,
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
    fn attributes(&mut self, rest: &'a str, from: usize) -> Result<Option<Cow<'a, str>>, Problem> {
        if rest.is_empty() {
            return Ok(None);
        }
        let depth = self.stack.len();
        let mut declared = Vec::new();
        let list = &mut self.tree.attributes;
        attributes(rest, |raw| {
            if raw.name == "xmlns" {
                declared.push(("", raw.value));
            } else if let Some(prefix) = raw.name.strip_prefix("xmlns:") {
                declared.push((prefix, raw.value));
            } else {
                list.push(Attribute { name: raw.name, space: Space::NONE, value: raw.value });
            }
        })?;
        for (prefix, uri) in declared {
            let space = self.intern(uri)?;
            self.scope.push((depth, prefix, space));
        }
        let mut kind = None;
        for at in from..self.tree.attributes.len() {
            let Some(name) = self.tree.attributes.get(at).map(|a| a.name) else { break };
            let (space, local) = self.qualified(name, false)?;
            let Some(attribute) = self.tree.attributes.get_mut(at) else { break };
            (attribute.space, attribute.name) = (space, local);
            if space == Space::XSI && local == "type" {
                kind = Some(match &attribute.value {
                    Cow::Borrowed(kind) => Cow::Borrowed(kind.trim_matches(is_space)),
                    Cow::Owned(kind) => Cow::Owned(kind.trim_matches(is_space).to_owned()),
                });
            }
        }
        match twice(self.tree.attributes.get(from..).unwrap_or_default()) {
            Some(name) => Err(Problem::Syntax(format!("the attribute {} stands twice", shown(name)))),
            None => Ok(kind),
        }
    }

    /// The namespace and the local part of a name.
    fn qualified(&self, name: &'a str, element: bool) -> Result<(Space, &'a str), Problem> {
        let colon = name.bytes().position(|b| b == b':');
        match colon.and_then(|at| Some((name.get(..at)?, name.get(at + 1..)?))) {
            Some(("xml", local)) => Ok((Space::XML, local)),
            Some((prefix, local)) => Ok((self.space(prefix)?, local)),
            None if element => Ok((self.space("")?, name)),
            None => Ok((Space::NONE, name)),
        }
    }

    fn space(&self, prefix: &str) -> Result<Space, Problem> {
        match self.scope.iter().rev().find(|(_, known, _)| *known == prefix) {
            Some((_, _, space)) => Ok(*space),
            None if prefix.is_empty() => Ok(Space::NONE),
            None => Err(Problem::Prefix(shown(prefix))),
        }
    }

    /// The number of a namespace.
    fn intern(&mut self, uri: Cow<'a, str>) -> Result<Space, Problem> {
        let spaces = &mut self.tree.spaces;
        if self.scope.len() >= MOST_SPACES || spaces.len() >= MOST_SPACES {
            return Err(Problem::Syntax(format!("more than {MOST_SPACES} namespaces")));
        }
        let at = spaces.iter().position(|known| *known == uri).unwrap_or_else(|| {
            spaces.push(uri);
            spaces.len() - 1
        });
        Ok(Space(u16::try_from(at).unwrap_or(0)))
    }

    fn close(&mut self) {
        self.stack.pop();
        let depth = self.stack.len();
        while self.scope.last().is_some_and(|(declared, _, _)| *declared >= depth) {
            self.scope.pop();
        }
        self.closed = self.stack.is_empty();
    }

    fn aside(&mut self, comment: bool) {
        self.tree.asides.push((self.stack.last().map(|(id, _)| *id), comment));
    }

    fn content(&mut self, text: Cow<'a, str>) -> Result<(), Problem> {
        let Some((id, _)) = self.stack.last() else {
            let blank = is_blank(text.trim_start_matches('\u{FEFF}'));
            return if blank {
                Ok(())
            } else {
                Err(Problem::Syntax("text outside of the document".to_owned()))
            };
        };
        let Some(element) = self.tree.elements.get_mut(*id as usize) else { return Ok(()) };
        if is_blank(&element.content) {
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

/// The name of an attribute that stands twice.
fn twice<'a>(attributes: &[Attribute<'a>]) -> Option<&'a str> {
    if attributes.len() > 16 {
        let mut seen = HashSet::new();
        return attributes.iter().find(|a| !seen.insert((a.space.0, a.name))).map(|a| a.name);
    }
    let stands_before = |(at, a): &(usize, &Attribute<'a>)| {
        attributes.iter().take(*at).any(|b| a.name == b.name && a.space == b.space)
    };
    attributes.iter().enumerate().find(stands_before).map(|(_, a)| a.name)
}

/// Nothing but white space.
fn is_blank(text: &str) -> bool {
    text.bytes().all(|b| matches!(b, b' ' | b'\t' | b'\n' | b'\r'))
}

fn position(offset: u64) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}

fn syntax(error: &quick_xml::Error) -> Problem {
    let text = error.to_string();
    let cut = text.contains("before end of input") || text.contains("not closed") && text.contains("end");
    if cut { Problem::Truncated } else { Problem::Syntax(text) }
}
