//! A JSON tree that keeps what FHIR needs kept: the digits of a number and the order of keys (FHIR R4 §2.6.2).
//!
//! `1.0` and `1.00` are different measurements, so a [`Number`] is its text. A document that says the same key twice has
//! two readings, and two readers may take one each: it is refused.

mod parse;
mod resource;
mod write;

pub use parse::{Limits, ParseError, Problem, parse, parse_within};
pub use resource::{NotAResource, Resource};

/// Text of a tree: up to 23 bytes are held in place, and a clone costs nothing.
pub type Text = smol_str::SmolStr;

/// One value of a JSON document (節点).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// `null`; FHIR knows it only as the filler of an array whose element has but extensions.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, as it was written.
    Number(Number),
    /// A text.
    String(Text),
    /// A list.
    Array(Vec<Node>),
    /// Members by key, in their order.
    Object(Object),
}

/// A number as it was written: `1.50` stays `1.50` (数値の表記).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Number(Text);

impl Number {
    /// The number that `text` writes in the JSON grammar (RFC 8259 §6), of at most 100 characters.
    pub fn new(text: &str) -> Option<Self> {
        (text.len() <= parse::NUMBER_LENGTH && parse::number_length(text.as_bytes()) == Some(text.len()))
            .then(|| Self(Text::new(text)))
    }

    /// The digits as they were written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The number as an integer, if it was written as one that fits.
    pub fn as_i64(&self) -> Option<i64> {
        self.0.parse().ok()
    }

    /// The nearest double: for comparing and drawing, never for writing back.
    pub fn as_f64(&self) -> f64 {
        self.0.parse().unwrap_or(f64::NAN)
    }
}

/// Members of an object in the order they were written; a key occurs once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Object(Vec<(Text, Node)>);

impl Object {
    /// No members.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.0.iter().find(|(k, _)| k == key).map(|(_, value)| value)
    }

    /// The value of a key, to change it.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        self.0.iter_mut().find(|(k, _)| k == key).map(|(_, value)| value)
    }

    /// Put a value in the place of the one that its key had, or at the end; the value it replaced.
    pub fn insert(&mut self, key: impl Into<Text>, value: impl Into<Node>) -> Option<Node> {
        let (key, value) = (key.into(), value.into());
        if let Some(old) = self.get_mut(&key) {
            return Some(std::mem::replace(old, value));
        }
        self.0.push((key, value));
        None
    }

    /// Take a member out; the others keep their order.
    pub fn remove(&mut self, key: &str) -> Option<Node> {
        let place = self.0.iter().position(|(k, _)| k == key)?;
        Some(self.0.remove(place).1)
    }

    /// The members in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Node)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value))
    }

    /// The members in their order, their values to change.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&str, &mut Node)> {
        self.0.iter_mut().map(|(key, value)| (key.as_str(), value))
    }

    /// How many members.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no members.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<K: Into<Text>, V: Into<Node>> FromIterator<(K, V)> for Object {
    /// A later member replaces an earlier one of the same key.
    fn from_iter<I: IntoIterator<Item = (K, V)>>(members: I) -> Self {
        let mut object = Self::new();
        for (key, value) in members {
            object.insert(key, value);
        }
        object
    }
}

impl Node {
    /// The member of an object; none for what is not an object.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.as_object()?.get(key)
    }

    /// The member of an object, to change it.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        self.as_object_mut()?.get_mut(key)
    }

    /// The first node at a path of keys (`subject.reference`), the first element of a list being taken on the way.
    pub fn at(&self, path: &str) -> Option<&Node> {
        path.split('.').try_fold(self, |node, key| node.items().first()?.get(key))?.items().first()
    }

    /// The text at a path of keys; see [`Node::at`].
    pub fn text_at(&self, path: &str) -> Option<&str> {
        self.at(path)?.as_str()
    }

    /// All nodes at a path of keys, every element of every list on the way.
    pub fn all(&self, path: &str) -> Vec<&Node> {
        path.split('.').fold(self.items().iter().collect(), |nodes, key| {
            nodes.into_iter().filter_map(|node| node.get(key)).flat_map(Node::items).collect()
        })
    }

    /// The elements of a list; of anything else, itself alone.
    pub fn items(&self) -> &[Node] {
        match self {
            Node::Array(items) => items,
            other => std::slice::from_ref(other),
        }
    }

    /// The text, if this is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Node::String(text) => Some(text),
            _ => None,
        }
    }

    /// The number, if this is one.
    pub fn as_number(&self) -> Option<&Number> {
        match self {
            Node::Number(number) => Some(number),
            _ => None,
        }
    }

    /// The truth value, if this is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Node::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The list, if this is one.
    pub fn as_array(&self) -> Option<&[Node]> {
        match self {
            Node::Array(items) => Some(items),
            _ => None,
        }
    }

    /// The list, to change it.
    pub fn as_array_mut(&mut self) -> Option<&mut Vec<Node>> {
        match self {
            Node::Array(items) => Some(items),
            _ => None,
        }
    }

    /// The object, if this is one.
    pub fn as_object(&self) -> Option<&Object> {
        match self {
            Node::Object(object) => Some(object),
            _ => None,
        }
    }

    /// The object, to change it.
    pub fn as_object_mut(&mut self) -> Option<&mut Object> {
        match self {
            Node::Object(object) => Some(object),
            _ => None,
        }
    }
}

/// A tree written as JSON: `node!({"resourceType": "Patient", "name": node!([node!({"text": name})])})`.
#[macro_export]
macro_rules! node {
    ({ $($key:literal : $value:expr),* $(,)? }) => {
        $crate::tree::Node::Object([$(($key, $crate::tree::Node::from($value))),*].into_iter().collect())
    };
    ([ $($value:expr),* $(,)? ]) => {
        $crate::tree::Node::Array(vec![$($crate::tree::Node::from($value)),*])
    };
}

impl From<&str> for Node {
    fn from(text: &str) -> Self {
        Node::String(Text::new(text))
    }
}

impl From<String> for Node {
    fn from(text: String) -> Self {
        Node::String(text.into())
    }
}

impl From<Text> for Node {
    fn from(text: Text) -> Self {
        Node::String(text)
    }
}

impl From<bool> for Node {
    fn from(value: bool) -> Self {
        Node::Bool(value)
    }
}

impl From<i64> for Node {
    fn from(value: i64) -> Self {
        Node::Number(value.into())
    }
}

impl From<Number> for Node {
    fn from(number: Number) -> Self {
        Node::Number(number)
    }
}

impl From<Object> for Node {
    fn from(object: Object) -> Self {
        Node::Object(object)
    }
}

impl From<Vec<Node>> for Node {
    fn from(items: Vec<Node>) -> Self {
        Node::Array(items)
    }
}

impl From<i64> for Number {
    fn from(value: i64) -> Self {
        Self(smol_str::format_smolstr!("{value}"))
    }
}
