//! The walk through a tree along a structure.

use super::{
    Run,
    problem::{Place, Problem},
    references,
    resource::Frame,
};
use crate::{
    definitions::{Constraint, Element, ROOT, Rule, Schema, Type},
    fhirpath::{Context, Value},
    tree::Node,
};

static NULL: Node = Node::Null;

/// One value of an element.
#[derive(Clone, Copy)]
pub(super) struct Item<'a> {
    pub value: Option<&'a Node>,
    /// What a primitive's `_name` holds.
    pub beside: Option<&'a Node>,
    /// The type, where the key of a choice names it.
    pub of: Option<&'a str>,
}

impl<'a> Item<'a> {
    pub fn input(&self) -> Value<'a> {
        Value::Node { node: self.value.unwrap_or(&NULL), beside: self.beside, of: self.of }
    }
}

/// A key of an object with its values.
struct Member<'s, 'a> {
    schema: &'a Schema,
    child: usize,
    of_type: usize,
    key: &'s str,
    value: Option<&'a Node>,
    beside: Option<&'a Node>,
}

impl<'a> Run<'a> {
    /// An object against the children of an element.
    pub(super) fn object(
        &mut self,
        schema: &'a Schema,
        parent: usize,
        node: &'a Node,
        place: &Place<'_>,
        frame: &Frame<'_, 'a>,
    ) {
        let Some(element) = schema.element(parent) else { return };
        let Some(object) = node.as_object() else {
            self.report(place, &Problem::NotAnObject, Some(&schema.url), None);
            return;
        };
        if !object.iter().any(|(key, _)| key != "id") {
            self.report(place, &Problem::Empty, Some(&schema.url), None);
        }
        let mut counts = vec![0_usize; element.children.len()];
        for (key, value) in object.iter() {
            if self.done() {
                return;
            }
            let bare = key.strip_prefix('_').unwrap_or(key);
            let Some(field) = element.field(bare) else {
                if !(key == "resourceType" && parent == ROOT && schema.is_resource) {
                    self.unknown_key(schema, element, key, place);
                }
                continue;
            };
            let beside = bare.len() < key.len();
            if beside && object.get(bare).is_some() {
                continue;
            }
            let primitive = schema
                .element(field.element)
                .and_then(|e| e.types.get(field.of_type))
                .is_some_and(|t| t.primitive.is_some());
            if beside && !primitive {
                self.unknown_key(schema, element, key, place);
                continue;
            }
            let shadow = if beside {
                Some(value)
            } else if primitive {
                shadow(object, key)
            } else {
                None
            };
            let value = (!beside).then_some(value);
            let member = Member {
                schema,
                child: field.element,
                of_type: field.of_type,
                key: bare,
                value,
                beside: shadow,
            };
            let found = self.member(&member, place, frame);
            let slot = element.children.iter().position(|c| *c == field.element);
            if let Some(count) = slot.and_then(|slot| counts.get_mut(slot)) {
                *count += found;
            }
        }
        for (child, found) in element.children.iter().zip(counts) {
            self.cardinality(schema, *child, found, place);
        }
    }

    fn unknown_key(&mut self, schema: &Schema, parent: &Element, key: &str, place: &Place<'_>) {
        let bare = key.strip_prefix('_').unwrap_or(key);
        let choice = parent.children.iter().filter_map(|c| schema.element(*c)).any(|child| {
            let rest = bare.strip_prefix(child.name.as_str()).unwrap_or_default();
            child.choice && rest.starts_with(|c: char| c.is_ascii_uppercase())
        });
        let problem = if choice { Problem::TypeNotAllowed(key) } else { Problem::UnknownKey(key) };
        self.report(place, &problem, Some(&schema.url), None);
    }

    fn cardinality(&mut self, schema: &Schema, child: usize, found: usize, place: &Place<'_>) {
        let Some(element) = schema.element(child) else { return };
        if found < element.min {
            let problem = Problem::TooFew { name: &element.name, min: element.min, found };
            self.report(place, &problem, Some(&schema.url), None);
        }
        if let Some(max) = element.max.filter(|max| found > *max) {
            self.report(
                place,
                &Problem::TooMany { name: &element.name, max, found },
                Some(&schema.url),
                None,
            );
        }
        if found == 0
            && let Some(slicing) = &element.slicing
        {
            self.slice_counts(schema, slicing, &[], &place.inner(&element.name, None));
        }
    }

    /// The values of a key; how many there are.
    fn member(&mut self, member: &Member<'_, 'a>, place: &Place<'_>, frame: &Frame<'_, 'a>) -> usize {
        let Some(element) = member.schema.element(member.child) else { return 0 };
        let here = place.inner(member.key, None);
        let given = member.value.or(member.beside);
        let list = given.and_then(Node::as_array);
        match (element.list, list) {
            (true, None) => self.report(&here, &Problem::NotAList, Some(&member.schema.url), None),
            (false, Some(_)) => self.report(&here, &Problem::AList, Some(&member.schema.url), None),
            (true, Some([])) => self.report(&here, &Problem::EmptyList, Some(&member.schema.url), None),
            _ => {}
        }
        let values = member.value.map(Node::items).unwrap_or_default();
        let besides = member.beside.map(Node::items).unwrap_or_default();
        let count = values.len().max(besides.len());
        let of = element.choice.then(|| element.types.get(member.of_type)).flatten().map(|t| t.code.as_str());
        let slicing = element.slicing.as_ref().filter(|s| s.closed || !s.slices.is_empty());
        let mut slices = Vec::new();
        for n in 0..count {
            let beside = besides.get(n).filter(|b| **b != Node::Null);
            let value = values.get(n).filter(|v| **v != Node::Null);
            let here = place.inner(member.key, list.map(|_| n));
            if value.is_none() && beside.is_none() {
                self.report(&here, &Problem::NullValue, Some(&member.schema.url), None);
                continue;
            }
            let item = Item { value, beside, of };
            let slice =
                slicing.and_then(|slicing| self.slice_of(member.schema, slicing, &item, &here, frame));
            let applied = slice
                .and_then(|slice| slicing?.slices.get(slice))
                .map_or(member.child, |(_, element)| *element);
            self.item(member.schema, applied, (member.child, member.of_type), &item, &here, frame);
            if slicing.is_some() {
                slices.push(slice);
            }
            if self.done() {
                return count;
            }
        }
        if let Some(slicing) = slicing {
            self.slice_counts(member.schema, slicing, &slices, &here);
            self.slice_order(member.schema, slicing, &slices, &here);
        }
        count
    }

    /// One value against its element. `base` is the unsliced element and the type that the key named there.
    fn item(
        &mut self,
        schema: &'a Schema,
        applied: usize,
        base: (usize, usize),
        item: &Item<'a>,
        place: &Place<'_>,
        frame: &Frame<'_, 'a>,
    ) {
        let Some(element) = schema.element(applied) else { return };
        // The types of an element that shares another's structure are not written again.
        let code = schema.element(base.0).and_then(|e| e.types.get(base.1)).map(|t| &t.code);
        // A slice of `contained` narrows Resource to one kind of it.
        let kind = item.value.and_then(|v| v.text_at("resourceType"));
        let fits = |t: &&Type| Some(&t.code) == code || kind == Some(&t.code);
        let of = element.types.iter().find(fits);
        if of.is_none() && code.is_some() && !element.types.is_empty() {
            self.report(place, &Problem::TypeNotAllowed(place.name), Some(&schema.url), None);
            return;
        }
        let mut done_by_type: &[Constraint] = &[];
        match of {
            Some(of) if of.primitive.is_some() => self.primitive(schema, applied, of, item, place, frame),
            Some(of) => {
                if let (Some(value), Some(type_schema)) =
                    (item.value, self.complex(schema, applied, of, item, place, frame))
                {
                    done_by_type =
                        type_schema.element(ROOT).map(|e| e.constraints.as_slice()).unwrap_or_default();
                    self.typed(schema, element, of, value, place, frame);
                }
            }
            None => {
                if let Some(value) = item.value {
                    self.object(schema, applied, value, place, frame);
                }
            }
        }
        if let (Some((wanted, exact)), Some(value)) = (element.required_value(), item.value) {
            self.required_value(schema, wanted, exact, value, place);
        }
        self.constraints(schema, &element.constraints, &[], item, place, frame);
        self.constraints(schema, done_by_type, &element.constraints, item, place, frame);
    }

    /// What is asked of values of particular types.
    fn typed(
        &mut self,
        schema: &'a Schema,
        element: &'a Element,
        of: &'a Type,
        value: &'a Node,
        place: &Place<'_>,
        frame: &Frame<'_, 'a>,
    ) {
        if of.code == "Reference" {
            self.reference(schema, of, value, place, frame);
        }
        if let Some(binding) = &element.binding {
            self.binding(schema, binding, value, place);
        }
        if of.code == "Quantity" {
            self.range(schema, element, value, place);
        }
    }

    /// A value of a complex type; the schema of the type, if the value was one.
    fn complex(
        &mut self,
        schema: &'a Schema,
        applied: usize,
        of: &'a Type,
        item: &Item<'a>,
        place: &Place<'_>,
        frame: &Frame<'_, 'a>,
    ) -> Option<&'a Schema> {
        let (value, element) = (item.value?, schema.element(applied)?);
        let type_schema = of.schema.and_then(|id| self.all.schema(id).ok());
        if type_schema.is_some_and(|s| s.is_resource) {
            self.inner_resource(of, value, place, frame);
            return None;
        }
        if of.code == "Extension" {
            self.extension(of, (schema, applied), value, place, frame);
            // A named extension was walked along its own definition; what the profile adds comes on top.
            if element.children.is_empty() {
                return None;
            }
        }
        if !element.children.is_empty() {
            self.object(schema, applied, value, place, frame);
        } else if of.profiles.is_empty()
            && let Some(type_schema) = type_schema
        {
            self.object(type_schema, ROOT, value, place, frame);
        }
        if of.code != "Extension" {
            self.type_profiles(of, value, item, place, frame);
        }
        type_schema
    }

    /// A data type's value against the profile that the element asks for, or one of them.
    fn type_profiles(
        &mut self,
        of: &'a Type,
        value: &'a Node,
        item: &Item<'a>,
        place: &Place<'_>,
        frame: &Frame<'_, 'a>,
    ) {
        let known: Vec<&'a Schema> =
            of.profiles.iter().filter_map(|url| self.all.schema(self.all.id_of(url)?).ok()).collect();
        if let [one] = known.as_slice() {
            self.object(one, ROOT, value, place, frame);
            let root = one.element(ROOT).map(|e| e.constraints.as_slice()).unwrap_or_default();
            self.constraints(one, root, &[], item, place, frame);
        } else if known.len() > 1 && !of.profiles.iter().any(|url| self.conforms(value, url, frame)) {
            self.report(place, &Problem::NoProfileFits(&of.profiles.join(", ")), None, None);
        }
    }

    fn inner_resource(&mut self, of: &'a Type, value: &'a Node, place: &Place<'_>, frame: &Frame<'_, 'a>) {
        let contained = place.name == "contained";
        let full_url = if place.name == "resource" { full_url(frame.resource, place) } else { None };
        let root = if contained { frame.resource } else { value };
        let frame = Frame {
            resource: value,
            root,
            contained: frame.contained.filter(|_| contained),
            bundle: frame.bundle,
            full_url: if contained { frame.full_url } else { full_url },
        };
        if let [one] = of.profiles.as_slice() {
            self.resource(value, std::slice::from_ref(one), place, &frame);
            return;
        }
        if !of.profiles.is_empty() && !of.profiles.iter().any(|url| self.conforms(value, url, &frame)) {
            self.report(place, &Problem::NoProfileFits(&of.profiles.join(", ")), None, None);
        }
        self.resource(value, &[], place, &frame);
    }

    /// Invariants of an element, but those that another level has evaluated.
    pub(super) fn constraints(
        &mut self,
        schema: &Schema,
        constraints: &[Constraint],
        evaluated: &[Constraint],
        item: &Item<'a>,
        place: &Place<'_>,
        frame: &Frame<'_, 'a>,
    ) {
        if constraints.is_empty() {
            return;
        }
        let resolve = |reference: &str| frame.resolve(reference);
        let context = Context { resource: frame.resource, root: frame.root, resolve: &resolve };
        for constraint in constraints {
            if self.done() || evaluated.iter().any(|e| e.key == constraint.key) {
                continue;
            }
            let answer = match &constraint.rule {
                Ok(Rule::ContainedIsReferredTo) => {
                    Ok(item.value.is_none_or(references::contained_is_referred_to))
                }
                Ok(Rule::FragmentIsContained) => {
                    let fragment =
                        item.value.and_then(|v| v.text_at("reference")).and_then(|r| r.strip_prefix('#'));
                    Ok(fragment.is_none_or(|id| {
                        id.is_empty() || frame.contained.is_some_and(|all| all.contains_key(id))
                    }))
                }
                Ok(Rule::Expression(expression)) => {
                    expression.holds(item.input(), &context, &self.budget).map_err(|error| error.to_string())
                }
                Err(error) => Err(error.clone()),
            };
            let problem = match &answer {
                Ok(true) => continue,
                Ok(false) => Problem::Invariant { human: &constraint.human, error: constraint.error },
                Err(why) => Problem::InvariantNotDecided(why),
            };
            self.report(place, &problem, Some(&schema.url), Some(&constraint.key));
        }
    }
}

/// The `_name` beside a primitive.
fn shadow<'a>(object: &'a crate::tree::Object, key: &str) -> Option<&'a Node> {
    object.iter().find(|(k, _)| k.strip_prefix('_') == Some(key)).map(|(_, value)| value)
}

/// The URL of the entry that a place `entry[n].resource` stands in.
fn full_url<'a>(bundle: &'a Node, place: &Place<'_>) -> Option<&'a str> {
    let entry = place.up?;
    bundle.get("entry")?.items().get(entry.index?)?.text_at("fullUrl")
}
