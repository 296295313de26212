//! The tables' notation.

use std::collections::HashMap;

use super::{
    model::{AttributeRule, Kind, Model, Named, Particle, Type},
    simple::{Form, Simple},
};

/// A table: the roots of documents, the types of their elements, the types of their texts.
#[derive(Debug, Default)]
pub(crate) struct Schema {
    pub(super) types: Vec<Type>,
    pub(super) simples: Vec<Named>,
    /// Root element, type, namespace.
    pub(super) roots: Vec<(&'static str, usize, &'static str)>,
    pub(super) type_names: HashMap<&'static str, usize>,
}

impl Schema {
    /// Reads a table; the lines of `changes` replace those of the same name.
    ///
    /// # Errors
    /// The line that is malformed or names what the table does not have.
    pub(super) fn parse(text: &'static str, changes: &'static str) -> Result<Self, String> {
        let lines: Vec<Vec<&'static str>> = [text, changes]
            .iter()
            .flat_map(|part| part.lines())
            .filter(|line| !line.starts_with('#') && !line.trim().is_empty())
            .map(|line| line.split_whitespace().collect())
            .collect();
        let mut names = Names::default();
        for line in &lines {
            match line.as_slice() {
                ["simple", name, ..] => names.simple(name),
                ["type", name, ..] => names.complex(name),
                _ => {}
            }
        }
        for built_in in BUILT_IN {
            names.simple(built_in);
        }
        let mut schema = Self { type_names: names.types.clone(), ..Self::default() };
        let mut types: Vec<Option<Type>> = vec![None; names.types.len()];
        let mut simples: Vec<Option<Named>> = vec![None; names.simples.len()];
        for (&name, &at) in &names.simples {
            let built_in = Simple::built_in(name).map(|simple| Named { name, simple });
            if let Some(slot) = simples.get_mut(at) {
                *slot = built_in;
            }
        }
        for line in &lines {
            let malformed = || line.join(" ");
            match line.as_slice() {
                ["root", element, kind, namespace] => {
                    schema.roots.push((element, names.kind(kind).ok_or_else(malformed)?, namespace));
                }
                ["simple", name, "=", rest @ ..] => {
                    let simple = names.read_simple(rest).ok_or_else(malformed)?;
                    let slot = names.simples.get(name).and_then(|at| simples.get_mut(*at));
                    *slot.ok_or_else(malformed)? = Some(Named { name, simple });
                }
                ["type", name, rest @ ..] => {
                    let read = names.read_type(name, rest).ok_or_else(malformed)?;
                    let slot = names.types.get(name).and_then(|at| types.get_mut(*at));
                    *slot.ok_or_else(malformed)? = Some(read);
                }
                _ => return Err(malformed()),
            }
        }
        schema.types = types.into_iter().collect::<Option<_>>().ok_or("a type without a line")?;
        schema.simples = simples.into_iter().collect::<Option<_>>().ok_or("a simple type without a line")?;
        Ok(schema)
    }

    /// How many types and simple types.
    #[cfg(test)]
    pub(super) fn size(&self) -> (usize, usize) {
        (self.types.len(), self.simples.len())
    }
}

/// The names of a table with their numbers.
#[derive(Default)]
struct Names {
    types: HashMap<&'static str, usize>,
    simples: HashMap<&'static str, usize>,
}

impl Names {
    fn simple(&mut self, name: &'static str) {
        let next = self.simples.len();
        self.simples.entry(name).or_insert(next);
    }

    fn complex(&mut self, name: &'static str) {
        let next = self.types.len();
        self.types.entry(name).or_insert(next);
    }

    fn kind(&self, name: &str) -> Option<usize> {
        self.types.get(name).copied()
    }

    fn read_simple(&self, words: &[&'static str]) -> Option<Simple> {
        let named = |names: &[&str]| {
            names.iter().map(|name| self.simples.get(name).copied()).collect::<Option<Vec<_>>>()
        };
        match words {
            ["enum", codes @ ..] => Some(Simple::Codes { codes: sorted(codes), exact: false }),
            ["exact", codes @ ..] => Some(Simple::Codes { codes: sorted(codes), exact: true }),
            ["union", members @ ..] => Some(Simple::Union(named(members)?)),
            ["list", item] => Some(Simple::List(*self.simples.get(item)?)),
            [base] => Some(Simple::Derived { base: *self.simples.get(base)?, form: Form::Any }),
            [base, "form", form] => {
                Some(Simple::Derived { base: *self.simples.get(base)?, form: Form::named(form)? })
            }
            [base, "minLength", n] => {
                let form = Form::Length { min: n.parse().ok()?, max: usize::MAX };
                Some(Simple::Derived { base: *self.simples.get(base)?, form })
            }
            [base, "maxLength", n] => {
                let form = Form::Length { min: 0, max: n.parse().ok()? };
                Some(Simple::Derived { base: *self.simples.get(base)?, form })
            }
            [base, "minInclusive", low, "maxInclusive", high] => {
                let form = Form::Between { low: low.parse().ok()?, high: high.parse().ok()? };
                Some(Simple::Derived { base: *self.simples.get(base)?, form })
            }
            _ => None,
        }
    }

    fn read_type(&self, name: &'static str, words: &[&'static str]) -> Option<Type> {
        let open = words.iter().position(|word| *word == "{")?;
        let (head, content) = (words.get(..open)?, words.get(open + 1..words.len() - 1)?);
        let base = match head {
            [":", base, ..] => Some(self.kind(base)?),
            _ => None,
        };
        let attributes = head.iter().filter_map(|word| word.strip_prefix('@'));
        let attributes = attributes.map(|word| self.read_attribute(word)).collect::<Option<_>>()?;
        let mut cursor = content.iter().copied().peekable();
        let parts = self.read_parts(&mut cursor, None)?;
        Some(Type {
            name,
            base,
            is_abstract: head.contains(&"abstract"),
            mixed: head.contains(&"mixed"),
            attributes,
            content: Particle::new(parts, true, false),
        })
    }

    fn read_attribute(&self, word: &'static str) -> Option<AttributeRule> {
        let (name, rest) = word.split_once(':')?;
        let (kind, fixed) = rest.split_once('=').map_or((rest, None), |(kind, fixed)| (kind, Some(fixed)));
        let simple = *self.simples.get(kind)?;
        let required = name.ends_with('!');
        Some(AttributeRule { name: name.trim_end_matches('!'), required, simple, fixed })
    }

    /// The parts up to the closing word; `|` makes them a choice, `&` a set.
    fn read_parts(
        &self,
        words: &mut std::iter::Peekable<impl Iterator<Item = &'static str>>,
        close: Option<char>,
    ) -> Option<Model> {
        let (mut parts, mut choice, mut all) = (Vec::new(), false, false);
        while let Some(word) = words.peek().copied() {
            if close.is_some() && word.starts_with(')') {
                break;
            }
            words.next();
            match word {
                "|" => choice = true,
                "&" => all = true,
                "(" => {
                    let inner = self.read_parts(words, Some(')'))?;
                    let (at_least_once, many) = occurrence(words.next()?.strip_prefix(')')?)?;
                    parts.push(Particle::new(inner, at_least_once, many));
                }
                word => {
                    let bare = word.trim_end_matches(['?', '*', '+']);
                    let (at_least_once, many) = occurrence(word.get(bare.len()..)?)?;
                    let (name, kind) = bare.split_once(':')?;
                    let complex = self.kind(kind).map(Kind::Complex);
                    let kind = complex.or_else(|| self.simples.get(kind).copied().map(Kind::Simple))?;
                    parts.push(Particle::new(Model::Element { name, kind }, at_least_once, many));
                }
            }
        }
        Some(match (choice, all) {
            (true, _) => Model::Choice(parts),
            (_, true) => Model::All(parts),
            _ => Model::Sequence(parts),
        })
    }
}

/// Whether at least one stands, and whether many may.
fn occurrence(mark: &str) -> Option<(bool, bool)> {
    match mark {
        "" => Some((true, false)),
        "?" => Some((false, false)),
        "*" => Some((false, true)),
        "+" => Some((true, true)),
        _ => None,
    }
}

fn sorted(codes: &[&'static str]) -> Vec<&'static str> {
    let mut codes = codes.to_vec();
    codes.sort_unstable();
    codes
}

const BUILT_IN: [&str; 13] = [
    "string",
    "token",
    "NMTOKEN",
    "NMTOKENS",
    "ID",
    "IDREF",
    "IDREFS",
    "boolean",
    "integer",
    "decimal",
    "double",
    "anyURI",
    "base64Binary",
];
