//! A document held against a table.

use std::collections::HashSet;

use super::{
    load::Schema,
    model::{Kind, Model, Particle, Type},
};
use crate::{
    finding::{Findings, Rule},
    xml::{Element, Id, Space, Tree},
};

/// Says where a document is not of the shape that the table gives it.
pub(crate) fn check(schema: &Schema, tree: &Tree<'_>, namespace: Option<&str>, findings: &mut Findings<'_>) {
    let root = tree.root();
    let Some(element) = tree.element(root) else { return };
    let known = schema.roots.iter().find(|(name, _, _)| *name == element.name);
    let Some((_, kind, target)) = known else {
        let names: Vec<&str> = schema.roots.iter().map(|(name, _, _)| *name).collect();
        let names = names.join(", ");
        return findings.add(
            tree,
            root,
            Rule::Structure,
            format!("the root is <{}>, expected {names}", element.name),
            format!("最も外側の要素が <{}> です（{names} であるべきです）", element.name),
        );
    };
    let target = namespace.unwrap_or(target);
    let mut checker = Checker { schema, tree, target, findings, identifiers: HashSet::new() };
    checker.element(root, Kind::Complex(*kind));
}

struct Checker<'s, 't, 'f, 'g> {
    schema: &'s Schema,
    tree: &'t Tree<'t>,
    target: &'t str,
    findings: &'f mut Findings<'g>,
    /// Values of `ID` attributes so far.
    identifiers: HashSet<&'t str>,
}

impl<'s, 't> Checker<'s, 't, '_, '_> {
    fn element(&mut self, id: Id, kind: Kind) {
        if self.findings.full() {
            return;
        }
        let Some(element) = self.tree.element(id) else { return };
        let namespace = self.tree.uri(element.space);
        if namespace != self.target {
            return self.add(
                id,
                format!("the namespace is “{namespace}”, expected “{}”", self.target),
                format!("名前空間が「{namespace}」です（「{}」であるべきです）", self.target),
            );
        }
        match kind {
            Kind::Simple(simple) => self.simple_element(id, element, simple),
            Kind::Complex(declared) => {
                let Some(kind) = self.kind_of(id, element, declared) else { return };
                self.attributes(id, kind);
                self.content(id, element, kind);
            }
        }
    }

    /// The type of an element: the declared one, or the one derived from it that `xsi:type` names.
    fn kind_of(&mut self, id: Id, element: &Element<'_>, declared: usize) -> Option<&'s Type> {
        let named = match &element.kind {
            None => Some(declared),
            Some((space, name)) if self.tree.uri(*space) == self.target => {
                self.schema.type_names.get(name.as_ref()).copied()
            }
            Some(_) => None,
        };
        let up = std::iter::successors(named, |at| self.schema.types.get(*at).and_then(|kind| kind.base));
        let derived = up.into_iter().any(|at| at == declared);
        let kind = named.and_then(|at| self.schema.types.get(at)).filter(|kind| derived && !kind.is_abstract);
        if kind.is_none() {
            let base = self.schema.types.get(declared).map_or("", |kind| kind.name);
            match &element.kind {
                Some((_, found)) => self.add(
                    id,
                    format!("xsi:type=\"{found}\" is not a type derived from {base}"),
                    format!("xsi:type=\"{found}\" は {base} から派生した型ではありません"),
                ),
                None => self.add(id, "xsi:type is missing".to_owned(), "xsi:type がありません".to_owned()),
            }
        }
        kind
    }

    fn attributes(&mut self, id: Id, kind: &'s Type) {
        let tree = self.tree;
        for attribute in tree.attributes(id) {
            if attribute.space == Space::XSI
                && matches!(attribute.name, "type" | "schemaLocation" | "noNamespaceSchemaLocation")
            {
                continue;
            }
            let rule = kind
                .attributes
                .iter()
                .find(|rule| rule.name == attribute.name && attribute.space == Space::NONE);
            let Some(rule) = rule else {
                self.add(
                    id,
                    format!("the attribute {} does not belong to this element", attribute.name),
                    format!("属性 {} はこの要素にありません", attribute.name),
                );
                continue;
            };
            let value = attribute.value.as_ref();
            if !self.schema.accepts(rule.simple, value) {
                let (en, ja) = self.schema.words(rule.simple);
                self.add(
                    id,
                    format!("{} is “{}”, expected {en}", rule.name, shown(value)),
                    format!("{} が「{}」です（{ja} であるべきです）", rule.name, shown(value)),
                );
            } else if let Some(fixed) =
                rule.fixed.filter(|fixed| !self.schema.equals(rule.simple, value, fixed))
            {
                self.add(
                    id,
                    format!("{} is “{}”, expected “{fixed}”", rule.name, shown(value)),
                    format!("{} が「{}」です（「{fixed}」であるべきです）", rule.name, shown(value)),
                );
            }
            if self.schema.is_identifier(rule.simple) && !self.identifiers.insert(value) {
                self.add(
                    id,
                    format!("the ID “{value}” stands twice"),
                    format!("ID「{value}」が重複しています"),
                );
            }
        }
        for rule in kind.attributes.iter().filter(|rule| rule.required) {
            if tree.attribute(id, rule.name).is_none() {
                self.add(
                    id,
                    format!("the attribute {} is missing", rule.name),
                    format!("属性 {} がありません", rule.name),
                );
            }
        }
    }

    fn simple_element(&mut self, id: Id, element: &Element<'_>, simple: usize) {
        for attribute in self.tree.attributes(id) {
            if attribute.space != Space::XSI {
                self.add(
                    id,
                    format!("the attribute {} does not belong to this element", attribute.name),
                    format!("属性 {} はこの要素にありません", attribute.name),
                );
            }
        }
        if let Some(child) = self.tree.children(id).next() {
            return self.unexpected(child, &[]);
        }
        if !self.schema.accepts(simple, &element.content) {
            let (en, ja) = self.schema.words(simple);
            let found = shown(&element.content);
            self.add(
                id,
                format!("found “{found}”, expected {en}"),
                format!("「{found}」は使えません（{ja}）"),
            );
        }
    }

    fn content(&mut self, id: Id, element: &Element<'_>, kind: &'s Type) {
        let text = self.tree.text(id);
        if !kind.mixed && !text.is_empty() {
            let found = shown(&element.content);
            self.add(
                id,
                format!("text “{found}” where only elements may stand"),
                format!("要素だけが入る場所に文字列「{found}」があります"),
            );
        }
        let mut cursor = Cursor { tree: self.tree, at: self.tree.children(id).next() };
        if !self.particle(&kind.content, &mut cursor, id) {
            return;
        }
        if let Some(child) = cursor.next() {
            self.unexpected(child, &[]);
        }
    }

    /// Walks over the elements that a part of the content takes; false when one does not fit.
    fn particle(&mut self, particle: &'s Particle, cursor: &mut Cursor<'_>, parent: Id) -> bool {
        let mut count = 0_usize;
        while cursor.peek().is_some_and(|child| particle.starts_with(self.tree.name(child))) {
            if count > 0 && !particle.many {
                break;
            }
            if !self.model(particle, cursor, parent) {
                return false;
            }
            count += 1;
        }
        if count == 0 && !particle.nullable {
            self.lacking(particle, cursor, parent);
            return false;
        }
        true
    }

    fn model(&mut self, particle: &'s Particle, cursor: &mut Cursor<'_>, parent: Id) -> bool {
        match &particle.model {
            Model::Element { kind, .. } => {
                if let Some(child) = cursor.next() {
                    self.element(child, *kind);
                }
                true
            }
            Model::Sequence(parts) => parts.iter().all(|part| self.particle(part, cursor, parent)),
            Model::Choice(parts) => {
                let name = cursor.peek().map_or("", |child| self.tree.name(child));
                match parts.iter().find(|part| part.starts_with(name)) {
                    Some(part) => self.particle(part, cursor, parent),
                    None => true,
                }
            }
            Model::All(parts) => {
                let mut seen = vec![false; parts.len()];
                while let Some(child) = cursor.peek() {
                    let name = self.tree.name(child);
                    let at = parts.iter().position(|part| part.starts_with(name));
                    let (Some(part), Some(seen)) =
                        (at.and_then(|at| parts.get(at)), at.and_then(|at| seen.get_mut(at)))
                    else {
                        break;
                    };
                    if std::mem::replace(seen, true) || !self.particle(part, cursor, parent) {
                        self.unexpected(child, &[]);
                        return false;
                    }
                }
                for (part, _) in parts.iter().zip(&seen).filter(|(part, seen)| !**seen && !part.nullable) {
                    self.lacking(part, cursor, parent);
                }
                true
            }
        }
    }

    fn lacking(&mut self, particle: &Particle, cursor: &Cursor<'_>, parent: Id) {
        match cursor.peek() {
            Some(child) => self.unexpected(child, &particle.first),
            None => {
                let names = particle.first.join(", ");
                self.add(
                    parent,
                    format!("the element {names} is missing"),
                    format!("要素 {names} がありません"),
                );
            }
        }
    }

    fn unexpected(&mut self, child: Id, expected: &[&str]) {
        let name = self.tree.name(child);
        let names = expected.join(", ");
        if names.is_empty() {
            self.add(
                child,
                format!("the element {name} may not stand here"),
                format!("要素 {name} はここには置けません"),
            );
        } else {
            self.add(
                child,
                format!("found the element {name}, expected {names}"),
                format!("要素 {name} があります（{names} であるべきです）"),
            );
        }
    }

    fn add(&mut self, id: Id, en: String, ja: String) {
        self.findings.add(self.tree, id, Rule::Structure, en, ja);
    }
}

/// The children of an element, one ahead.
struct Cursor<'c> {
    tree: &'c Tree<'c>,
    at: Option<Id>,
}

impl Cursor<'_> {
    fn peek(&self) -> Option<Id> {
        self.at
    }

    fn next(&mut self) -> Option<Id> {
        let next = self.at?;
        self.at = self.tree.next(next);
        Some(next)
    }
}

fn shown(value: &str) -> String {
    value.chars().take(60).collect()
}
