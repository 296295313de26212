//! Slices (スライス): how the values of a list are told apart, as tests that run on a value.

use std::sync::OnceLock;

use super::{
    Definitions,
    schema::{Element, ROOT, Schema, Strength},
};
use crate::tree::{Node, Text};

/// How the values of an element are divided.
pub(crate) struct Slicing {
    /// Whether a value that no slice takes is an error.
    pub closed: bool,
    /// Whether such values come last.
    pub open_at_end: bool,
    /// Whether slices come in their order.
    pub ordered: bool,
    discriminators: Vec<(Kind, Text)>,
    /// Name and element of each slice.
    pub slices: Vec<(Text, usize)>,
    matchers: OnceLock<Vec<Matcher>>,
}

#[derive(Clone, Copy)]
enum Kind {
    Value,
    Exists,
    Type,
    Profile,
}

/// All these hold for a value of the slice; or why that cannot be told.
pub(crate) type Matcher = Result<Vec<(Vec<Step>, Test)>, String>;

/// A step on the way to what a discriminator looks at.
pub(crate) enum Step {
    Child(Text),
    Extension(Text),
    Resolve,
    OfType(Text),
}

/// What holds of one of the values there.
pub(crate) enum Test {
    Equals(Node),
    Contains(Node),
    OneOf(Text),
    Exists(bool),
    Types(Vec<Text>),
    Conforms(Vec<Text>),
}

impl Slicing {
    pub(super) fn new(slicing: &Node) -> Self {
        let discriminator = |d: &Node| {
            let kind = match d.text_at("type")? {
                "value" | "pattern" => Kind::Value,
                "exists" => Kind::Exists,
                "type" => Kind::Type,
                "profile" => Kind::Profile,
                _ => return None,
            };
            Some((kind, Text::new(d.text_at("path")?)))
        };
        Self {
            closed: slicing.text_at("rules") == Some("closed"),
            open_at_end: slicing.text_at("rules") == Some("openAtEnd"),
            ordered: slicing.at("ordered").and_then(Node::as_bool) == Some(true),
            discriminators: slicing.all("discriminator").into_iter().filter_map(discriminator).collect(),
            slices: Vec::new(),
            matchers: OnceLock::new(),
        }
    }

    /// Slices of an element that does not say how it is sliced: those of a choice, by type.
    pub(super) fn implied() -> Self {
        Self {
            closed: false,
            open_at_end: false,
            ordered: false,
            discriminators: vec![(Kind::Type, Text::new_static("$this"))],
            slices: Vec::new(),
            matchers: OnceLock::new(),
        }
    }

    /// The test of each slice, in their order.
    pub fn matchers(&self, all: &Definitions, schema: &Schema) -> &[Matcher] {
        self.matchers.get_or_init(|| {
            let slices = self.slices.iter();
            slices.map(|(_, slice)| self.discriminators_of(all, Place { schema, element: *slice })).collect()
        })
    }

    fn discriminators_of(&self, all: &Definitions, slice: Place<'_>) -> Matcher {
        if self.discriminators.is_empty() {
            return Err("the slicing has no discriminator".into());
        }
        // A discriminator at which a slice says nothing does not tell it apart; another one may (JP-CLINS slices codings by
        // system and display, and fixes the display of some).
        let (mut tests, mut silent) = (Vec::new(), None);
        for (kind, path) in &self.discriminators {
            match tests_of(all, slice, *kind, path) {
                Ok(more) => tests.extend(more),
                Err(why) => silent = Some(why),
            }
        }
        silent.filter(|_| tests.is_empty()).map_or(Ok(tests), Err)
    }
}

/// An element of a structure.
#[derive(Clone, Copy)]
struct Place<'a> {
    schema: &'a Schema,
    element: usize,
}

impl<'a> Place<'a> {
    fn get(self) -> Option<&'a Element> {
        self.schema.element(self.element)
    }

    /// The child of that name, in the structure itself or in that of its type.
    fn child(self, all: &'a Definitions, name: &str) -> Option<Self> {
        if let Some(element) = self.schema.child(self.element, name) {
            return Some(Self { element, ..self });
        }
        let schema = self.type_schema(all)?;
        Some(Self { schema, element: schema.child(ROOT, name)? })
    }

    fn type_schema(self, all: &'a Definitions) -> Option<&'a Schema> {
        let of = self.get()?.types.first()?;
        let id = of.profiles.first().and_then(|url| all.id_of(url)).or(of.schema)?;
        all.schema(id).ok()
    }
}

fn tests_of(all: &Definitions, slice: Place<'_>, kind: Kind, path: &str) -> Matcher {
    let steps = steps(path)?;
    let mut place = slice;
    let mut above = Vec::new();
    for step in &steps {
        above.push(place);
        let next = match step {
            Step::Child(name) => place.child(all, name),
            Step::Extension(url) => extension(all, place, url),
            Step::Resolve => resolve(all, place),
            Step::OfType(_) => Some(place),
        };
        match next {
            Some(next) => place = next,
            None => break,
        }
    }
    let reached = above.len() == steps.len() && (steps.is_empty() || place.get().is_some());
    let test = match kind {
        Kind::Value => {
            // What stands above may fix what the path looks at: a pattern on `code` fixes `code.coding.code`.
            if let Some(test) = fixed_above(&above, &steps) {
                return Ok(vec![(steps, test)]);
            }
            return values_below(all, place, steps, reached)
                .ok_or_else(|| format!("nothing is fixed at {path}"));
        }
        Kind::Exists => place.get().and_then(|element| match (element.min, element.max) {
            (_, Some(0)) => Some(Test::Exists(false)),
            (1.., _) => Some(Test::Exists(true)),
            _ => None,
        }),
        Kind::Type => {
            let types = place.get().map(|e| e.types.iter().map(|t| t.code.clone()).collect::<Vec<_>>());
            let root = (place.element == ROOT).then(|| vec![place.schema.type_name.clone()]);
            root.or(types).filter(|t| !t.is_empty()).map(Test::Types)
        }
        Kind::Profile => {
            let own =
                || place.get().into_iter().flat_map(|e| &e.types).flat_map(|t| t.profiles.iter().cloned());
            let profiles: Vec<Text> = match steps.last() {
                Some(Step::Resolve) => targets(above.last().copied()),
                _ => own().collect(),
            };
            Some(profiles).filter(|p| !p.is_empty()).map(Test::Conforms)
        }
    };
    test.map(|test| vec![(steps, test)]).ok_or_else(|| format!("nothing tells the slice at {path}"))
}

/// The steps of a discriminator's path, in the subset of FHIRPath that R4 allows there (§5.3.5).
fn steps(path: &str) -> Result<Vec<Step>, String> {
    let mut steps = Vec::new();
    for part in split(path) {
        let argument =
            |name: &str| part.strip_prefix(name)?.strip_suffix(')').map(|a| Text::new(a.trim_matches('\'')));
        if part == "resolve()" {
            steps.push(Step::Resolve);
        } else if let Some(url) = argument("extension(") {
            steps.push(Step::Extension(url));
        } else if let Some(of) = argument("ofType(") {
            steps.push(Step::OfType(of));
        } else if part.chars().all(|c| c.is_ascii_alphanumeric()) {
            steps.push(Step::Child(Text::new(part)));
        } else if part != "$this" {
            return Err(format!("{part} is not known in a discriminator"));
        }
    }
    Ok(steps)
}

/// Parts between dots, not those inside quotes.
fn split(path: &str) -> Vec<&str> {
    let mut quoted = false;
    path.split(move |c| {
        quoted ^= c == '\'';
        c == '.' && !quoted
    })
    .collect()
}

fn extension<'a>(all: &'a Definitions, place: Place<'a>, url: &str) -> Option<Place<'a>> {
    let list = place.child(all, "extension")?;
    let named = list.get()?.slicing.iter().flat_map(|s| &s.slices).find(|(_, slice)| {
        list.schema
            .element(*slice)
            .is_some_and(|e| e.types.iter().any(|t| t.profiles.iter().any(|p| p == url)))
    });
    named.map(|(_, element)| Place { element: *element, ..list })
}

fn resolve<'a>(all: &'a Definitions, place: Place<'a>) -> Option<Place<'a>> {
    let schema = targets(Some(place)).iter().find_map(|url| all.schema(all.id_of(url)?).ok())?;
    Some(Place { schema, element: ROOT })
}

fn targets(place: Option<Place<'_>>) -> Vec<Text> {
    let types = place.and_then(Place::get).into_iter().flat_map(|e| &e.types);
    types.flat_map(|t| t.targets.iter().cloned()).collect()
}

/// The part of a fixed value or pattern on the way that lies where the steps lead.
fn fixed_above(above: &[Place<'_>], steps: &[Step]) -> Option<Test> {
    above.iter().enumerate().find_map(|(n, place)| {
        let (value, _) = place.get()?.required_value()?;
        let rest: Vec<&str> = steps
            .get(n..)?
            .iter()
            .map(|step| match step {
                Step::Child(name) => Some(name.as_str()),
                _ => None,
            })
            .collect::<Option<_>>()?;
        value.at(&rest.join(".")).cloned().map(Test::Contains)
    })
}

/// The tests for what is fixed at an element or, if nothing is, at those below it.
fn values_below(
    all: &Definitions,
    place: Place<'_>,
    steps: Vec<Step>,
    reached: bool,
) -> Option<Vec<(Vec<Step>, Test)>> {
    if !reached {
        return None;
    }
    let element = place.get()?;
    if let Some((value, exact)) = element.required_value() {
        let test = if exact { Test::Equals(value.clone()) } else { Test::Contains(value.clone()) };
        return Some(vec![(steps, test)]);
    }
    // An extension is known by the URL of its definition.
    if let [one] = element.types.as_slice()
        && matches!(steps.as_slice(), [Step::Child(url)] if url == "url")
        && let Some(url) = one.profiles.first()
    {
        return Some(vec![(steps, Test::Equals(Node::from(url.clone())))]);
    }
    if let Some(binding) = element.binding.as_ref().filter(|b| b.strength == Strength::Required) {
        return Some(vec![(steps, Test::OneOf(binding.value_set.clone()))]);
    }
    let below = fixed_below(all, place, 3);
    let tests: Vec<_> = below
        .into_iter()
        .map(|(path, value)| {
            let mut all_steps: Vec<Step> = steps
                .iter()
                .map(|step| match step {
                    Step::Child(name) => Step::Child(name.clone()),
                    Step::Extension(url) => Step::Extension(url.clone()),
                    Step::Resolve => Step::Resolve,
                    Step::OfType(of) => Step::OfType(of.clone()),
                })
                .collect();
            all_steps.extend(path.into_iter().map(Step::Child));
            (all_steps, Test::Contains(value))
        })
        .collect();
    (!tests.is_empty()).then_some(tests)
}

fn fixed_below(all: &Definitions, place: Place<'_>, depth: u8) -> Vec<(Vec<Text>, Node)> {
    let Some(depth) = depth.checked_sub(1) else { return Vec::new() };
    let mut children: Vec<Place<'_>> =
        place.get().into_iter().flat_map(|e| &e.children).map(|c| Place { element: *c, ..place }).collect();
    if children.is_empty()
        && let Some(schema) = place.type_schema(all)
    {
        let root = schema.element(ROOT).map(|e| e.children.as_slice()).unwrap_or_default();
        children = root.iter().map(|c| Place { schema, element: *c }).collect();
    }
    let mut found = Vec::new();
    for child in children {
        let Some(element) = child.get() else { continue };
        if let Some((value, _)) = element.required_value() {
            found.push((vec![element.name.clone()], value.clone()));
        } else if element.min > 0 {
            for (mut path, value) in fixed_below(all, child, depth) {
                path.insert(0, element.name.clone());
                found.push((path, value));
            }
        }
    }
    found
}
