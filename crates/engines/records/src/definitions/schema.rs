//! A StructureDefinition made ready for walking: elements in one vector, each knowing its children and their JSON keys.

use std::collections::HashMap;

use super::{Definitions, SchemaId, slicing::Slicing, snapshot, unversioned};
use crate::{
    fhirpath::Expression,
    tree::{Node, Text},
};

/// How the expression of `dom-3` begins.
const DOM_3: &str = "contained.where((('#'+id in (%resource.descendants().reference | ";

/// The expression of `ref-1`.
const REF_1: &str = "reference.startsWith('#').not() or (reference.substring(1).trace('url') in %rootResource.contained.id.trace('ids'))";

/// The element that stands for the whole structure.
pub(crate) const ROOT: usize = 0;

/// One compiled structure (構造定義).
pub(crate) struct Schema {
    pub url: Text,
    /// The resource or data type that it describes.
    pub type_name: Text,
    pub is_resource: bool,
    /// Of an extension: the elements that it is made for; empty where that is not said, or not by naming elements.
    pub contexts: Vec<Text>,
    pub elements: Vec<Element>,
}

/// One element (要素) and what it asks of its values.
pub(crate) struct Element {
    /// The last part of the path, without `[x]`.
    pub name: Text,
    pub path: Text,
    pub choice: bool,
    pub min: usize,
    /// None: any number.
    pub max: Option<usize>,
    /// Whether JSON writes it as a list.
    pub list: bool,
    pub types: Vec<Type>,
    /// Explicit children; none: those of the type.
    pub children: Vec<usize>,
    /// JSON keys of the children, sorted.
    pub fields: Vec<Field>,
    pub slicing: Option<Slicing>,
    pub fixed: Option<Node>,
    pub pattern: Option<Node>,
    pub binding: Option<Binding>,
    pub constraints: Vec<Constraint>,
    /// Characters.
    pub max_length: Option<usize>,
    pub min_value: Option<Node>,
    pub max_value: Option<Node>,
    pub modifier: bool,
    /// The element whose children this one shares.
    same_as: Option<Text>,
}

/// A JSON key of an object: which child it is, with which of its types.
pub(crate) struct Field {
    pub key: Text,
    pub element: usize,
    pub of_type: usize,
}

/// A type that an element allows.
pub(crate) struct Type {
    pub code: Text,
    pub primitive: Option<Primitive>,
    pub schema: Option<SchemaId>,
    /// Profiles of the type; a value follows one of them.
    pub profiles: Vec<Text>,
    /// Profiles of what a reference leads to.
    pub targets: Vec<Text>,
}

/// The value set that codes are taken from.
pub(crate) struct Binding {
    pub strength: Strength,
    pub value_set: Text,
}

/// How binding a value set is; weaker ones are advice and not compiled.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strength {
    Required,
    Extensible,
}

/// An invariant (制約) in FHIRPath.
pub(crate) struct Constraint {
    pub key: Text,
    pub error: bool,
    pub human: Text,
    pub rule: Result<Rule, String>,
}

/// How an invariant is decided.
pub(crate) enum Rule {
    Expression(Expression),
    /// `dom-3`, that every contained resource is referred to: as an expression it walks the whole resource for each.
    ContainedIsReferredTo,
    /// `ref-1`, that `#id` leads to a contained resource: as an expression it walks them all for each reference.
    FragmentIsContained,
}

/// Data types whose value is one JSON scalar (R4 §2.24.0.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Primitive {
    Boolean,
    Integer,
    PositiveInt,
    UnsignedInt,
    Decimal,
    String,
    Markdown,
    Code,
    Id,
    Uri,
    Url,
    Canonical,
    Oid,
    Uuid,
    Base64,
    Date,
    DateTime,
    Instant,
    Time,
    Xhtml,
}

impl Primitive {
    /// The primitive of that name.
    pub fn of(code: &str) -> Option<Self> {
        Some(match code {
            "boolean" => Self::Boolean,
            "integer" => Self::Integer,
            "positiveInt" => Self::PositiveInt,
            "unsignedInt" => Self::UnsignedInt,
            "decimal" => Self::Decimal,
            "string" | "http://hl7.org/fhirpath/System.String" => Self::String,
            "markdown" => Self::Markdown,
            "code" => Self::Code,
            "id" => Self::Id,
            "uri" => Self::Uri,
            "url" => Self::Url,
            "canonical" => Self::Canonical,
            "oid" => Self::Oid,
            "uuid" => Self::Uuid,
            "base64Binary" => Self::Base64,
            "date" => Self::Date,
            "dateTime" => Self::DateTime,
            "instant" => Self::Instant,
            "time" => Self::Time,
            "xhtml" => Self::Xhtml,
            _ => return None,
        })
    }
}

impl Schema {
    pub fn element(&self, index: usize) -> Option<&Element> {
        self.elements.get(index)
    }

    /// The child that a path of FHIRPath names: `value` for `value[x]`.
    pub fn child(&self, parent: usize, name: &str) -> Option<usize> {
        let children = &self.element(parent)?.children;
        children.iter().copied().find(|c| self.element(*c).is_some_and(|e| e.name == name))
    }
}

impl Element {
    /// The child of a JSON key.
    pub fn field(&self, key: &str) -> Option<&Field> {
        let place = self.fields.binary_search_by(|field| field.key.as_str().cmp(key)).ok()?;
        self.fields.get(place)
    }

    /// Fixed value or pattern, whichever there is.
    pub fn required_value(&self) -> Option<(&Node, bool)> {
        self.fixed.as_ref().map(|f| (f, true)).or_else(|| self.pattern.as_ref().map(|p| (p, false)))
    }
}

/// Compile the snapshot of a structure, made from its differential where it has none.
pub(super) fn compile(all: &Definitions, definition: &Node) -> Result<Schema, String> {
    let snapshot = snapshot::elements(all, definition)?;
    let kind = definition.text_at("kind");
    let mut schema = Schema {
        url: Text::new(definition.text_at("url").unwrap_or_default()),
        type_name: Text::new(definition.text_at("type").unwrap_or_default()),
        is_resource: kind == Some("resource"),
        contexts: contexts(definition),
        elements: snapshot.iter().map(|element| compile_element(all, element)).collect(),
    };
    let ids: HashMap<Text, usize> = snapshot.iter().enumerate().map(|(n, e)| (snapshot::id(e), n)).collect();
    for (n, element) in snapshot.iter().enumerate() {
        attach(&mut schema, &ids, n, &snapshot::id(element));
    }
    // Resource.id is a System.String in R4's own definitions, which would let any text be an id.
    if schema.is_resource
        && let Some(id) = schema.child(ROOT, "id").and_then(|id| schema.elements.get_mut(id))
    {
        id.types.iter_mut().for_each(|t| t.primitive = Some(Primitive::Id));
    }
    share_children(&mut schema, &ids);
    for n in 0..schema.elements.len() {
        let fields = fields(&schema, n);
        if let Some(element) = schema.elements.get_mut(n) {
            element.fields = fields;
        }
    }
    if schema.elements.is_empty() { Err("the snapshot has no elements".into()) } else { Ok(schema) }
}

/// The elements that an extension is made for.
fn contexts(definition: &Node) -> Vec<Text> {
    let all = definition.all("context");
    let elements =
        all.iter().map(|c| c.text_at("expression").filter(|_| c.text_at("type") == Some("element")));
    elements.map(|e| e.map(Text::new)).collect::<Option<_>>().unwrap_or_default()
}

/// Give an element to its parent as a child, or to the element that it is a slice of.
fn attach(schema: &mut Schema, ids: &HashMap<Text, usize>, n: usize, id: &str) {
    let last = id.rsplit_once('.').map_or(id, |(_, last)| last);
    if let Some((_, slice)) = last.split_once(':') {
        let stem = id.len() - slice.len() - 1;
        let unsliced = id.get(..stem).unwrap_or_default();
        // `a/b` is a slice of slice `a`.
        let outer = id.rsplit_once('/').filter(|_| slice.contains('/')).map_or(unsliced, |(outer, _)| outer);
        let owner = ids.get(outer).or_else(|| ids.get(unsliced)).and_then(|n| schema.elements.get_mut(*n));
        if let Some(owner) = owner {
            owner.slicing.get_or_insert_with(Slicing::implied).slices.push((slice.into(), n));
            return;
        }
    }
    let parent = id.rsplit_once('.').and_then(|(parent, _)| ids.get(parent));
    if let Some(parent) = parent.and_then(|n| schema.elements.get_mut(*n)) {
        parent.children.push(n);
    }
}

/// Elements by content reference take the children of what they refer to; slices without children those of the unsliced.
fn share_children(schema: &mut Schema, ids: &HashMap<Text, usize>) {
    for n in 0..schema.elements.len() {
        let Some(element) = schema.elements.get(n) else { continue };
        if let Some(target) =
            element.same_as.as_ref().and_then(|id| ids.get(id)).and_then(|n| schema.elements.get(*n))
        {
            let children = target.children.clone();
            if let Some(element) = schema.elements.get_mut(n).filter(|e| e.children.is_empty()) {
                element.children = children;
            }
        }
    }
    for n in 0..schema.elements.len() {
        let Some(Element { slicing: Some(slicing), children, .. }) = schema.elements.get(n) else { continue };
        let (slices, children) = (slicing.slices.clone(), children.clone());
        for (_, slice) in slices {
            if let Some(slice) = schema.elements.get_mut(slice).filter(|s| s.children.is_empty()) {
                slice.children.clone_from(&children);
            }
        }
    }
}

fn fields(schema: &Schema, parent: usize) -> Vec<Field> {
    let mut fields = Vec::new();
    for child in schema.element(parent).map(|e| e.children.as_slice()).unwrap_or_default() {
        let Some(element) = schema.element(*child) else { continue };
        if !element.choice {
            fields.push(Field { key: element.name.clone(), element: *child, of_type: 0 });
            continue;
        }
        for (of_type, code) in element.types.iter().map(|t| &t.code).enumerate() {
            let mut letters = code.chars();
            let first = letters.next().map(|c| c.to_ascii_uppercase());
            let key = smol_str::format_smolstr!(
                "{}{}{}",
                element.name,
                first.unwrap_or_default(),
                letters.as_str()
            );
            fields.push(Field { key, element: *child, of_type });
        }
    }
    fields.sort_by(|a, b| a.key.cmp(&b.key));
    fields.dedup_by(|a, b| a.key == b.key);
    fields
}

fn compile_element(all: &Definitions, element: &Node) -> Element {
    let path = element.text_at("path").unwrap_or_default();
    let last = path.rsplit_once('.').map_or(path, |(_, last)| last);
    let max = element.text_at("max");
    let own = |prefix: &str| {
        let mut members = element.as_object()?.iter();
        members.find(|(key, _)| key.starts_with(prefix)).map(|(_, value)| value.clone())
    };
    Element {
        name: Text::new(last.strip_suffix("[x]").unwrap_or(last)),
        path: Text::new(path),
        choice: last.ends_with("[x]"),
        min: count(element.get("min")).unwrap_or(0),
        max: max.and_then(|m| m.parse().ok()),
        list: !matches!(element.text_at("base.max").or(max), Some("0" | "1") | None),
        types: element.all("type").into_iter().map(|t| compile_type(all, t)).collect(),
        children: Vec::new(),
        fields: Vec::new(),
        slicing: element.get("slicing").map(Slicing::new),
        fixed: own("fixed"),
        pattern: own("pattern"),
        binding: compile_binding(element),
        constraints: element.all("constraint").into_iter().filter_map(compile_constraint).collect(),
        max_length: count(element.get("maxLength")),
        min_value: own("minValue"),
        max_value: own("maxValue"),
        modifier: element.at("isModifier").and_then(Node::as_bool) == Some(true),
        same_as: element
            .text_at("contentReference")
            .and_then(|reference| reference.rsplit_once('#'))
            .map(|(_, id)| Text::new(id)),
    }
}

fn count(node: Option<&Node>) -> Option<usize> {
    node?.as_number()?.as_i64()?.try_into().ok()
}

fn compile_type(all: &Definitions, of: &Node) -> Type {
    let code = of.text_at("code").unwrap_or_default();
    let urls = |key: &str| {
        of.all(key).into_iter().filter_map(Node::as_str).map(|url| Text::new(unversioned(url))).collect()
    };
    Type {
        code: Text::new(code),
        primitive: Primitive::of(code),
        schema: all.id_of_type(code),
        profiles: urls("profile"),
        targets: urls("targetProfile"),
    }
}

fn compile_binding(element: &Node) -> Option<Binding> {
    let strength = match element.text_at("binding.strength")? {
        "required" => Strength::Required,
        "extensible" => Strength::Extensible,
        _ => return None,
    };
    Some(Binding { strength, value_set: Text::new(unversioned(element.text_at("binding.valueSet")?)) })
}

fn compile_constraint(constraint: &Node) -> Option<Constraint> {
    let expression = constraint.text_at("expression")?;
    Some(Constraint {
        key: Text::new(constraint.text_at("key")?),
        error: constraint.text_at("severity") != Some("warning"),
        human: Text::new(constraint.text_at("human").unwrap_or_default()),
        rule: match expression {
            _ if expression.starts_with(DOM_3) => Ok(Rule::ContainedIsReferredTo),
            REF_1 => Ok(Rule::FragmentIsContained),
            _ => Expression::parse(expression).map(Rule::Expression).map_err(|error| error.to_string()),
        },
    })
}
