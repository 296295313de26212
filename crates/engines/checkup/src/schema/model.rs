//! What a table says.

use super::simple::Simple;

/// A type that elements have.
#[derive(Debug, Clone)]
pub(super) struct Type {
    pub name: &'static str,
    pub base: Option<usize>,
    /// Only types derived from it may stand in a document.
    pub is_abstract: bool,
    /// Text may stand between its elements.
    pub mixed: bool,
    pub attributes: Vec<AttributeRule>,
    pub content: Particle,
}

/// An attribute that a type allows.
#[derive(Debug, Clone)]
pub(super) struct AttributeRule {
    pub name: &'static str,
    pub required: bool,
    pub simple: usize,
    pub fixed: Option<&'static str>,
}

/// A part of the content: how often it stands, and what it may begin with.
#[derive(Debug, Clone)]
pub(super) struct Particle {
    pub model: Model,
    pub many: bool,
    /// Whether it may also be absent.
    pub nullable: bool,
    /// The names of the elements that it may begin with.
    pub first: Vec<&'static str>,
}

/// A part of the content of a type.
#[derive(Debug, Clone)]
pub(super) enum Model {
    Element {
        name: &'static str,
        kind: Kind,
    },
    Sequence(Vec<Particle>),
    Choice(Vec<Particle>),
    /// Each once at most, in any order.
    All(Vec<Particle>),
}

/// The type of an element.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Complex(usize),
    Simple(usize),
}

impl Particle {
    /// A part that stands `at_least_once` or not, once or `many` times.
    pub(super) fn new(model: Model, at_least_once: bool, many: bool) -> Self {
        let (inner, first) = match &model {
            Model::Element { name, .. } => (false, vec![*name]),
            Model::Sequence(parts) => {
                let leading = parts.iter().take_while(|p| p.nullable).count();
                let first = parts.iter().take(leading + 1).flat_map(|p| p.first.iter().copied()).collect();
                (parts.iter().all(|p| p.nullable), first)
            }
            Model::Choice(parts) => (
                parts.iter().any(|p| p.nullable),
                parts.iter().flat_map(|p| p.first.iter().copied()).collect(),
            ),
            Model::All(parts) => (
                parts.iter().all(|p| p.nullable),
                parts.iter().flat_map(|p| p.first.iter().copied()).collect(),
            ),
        };
        Self { model, many, nullable: inner || !at_least_once, first }
    }

    /// Whether it may begin with an element of the name.
    pub(super) fn starts_with(&self, name: &str) -> bool {
        self.first.contains(&name)
    }
}

/// A type of attributes and of elements without elements, with its name.
#[derive(Debug, Clone)]
pub(super) struct Named {
    pub name: &'static str,
    pub simple: Simple,
}
