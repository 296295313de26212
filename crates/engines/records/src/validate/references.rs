//! What references lead to.

use std::collections::HashSet;

use super::{
    Run,
    problem::{Place, Problem},
    resource::Frame,
};
use crate::{
    definitions::{Schema, Type},
    fhirpath::type_in,
    tree::{Node, Text},
};

const CORE: &str = "http://hl7.org/fhir/StructureDefinition/";

impl<'a> Run<'a> {
    /// A Reference: the type that it leads to, and whether what it leads to is here and follows a profile that is asked.
    pub(super) fn reference(
        &mut self,
        schema: &Schema,
        of: &'a Type,
        value: &'a Node,
        place: &Place<'_>,
        frame: &Frame<'_, 'a>,
    ) {
        let reference = value.text_at("reference");
        let found = reference.and_then(|reference| frame.resolve(reference));
        if let (Some(reference), None) = (reference, found) {
            self.unresolved(schema, reference, place, frame);
        }
        let named = value.text_at("type").map(|of| of.strip_prefix(CORE).unwrap_or(of));
        let actual = found.and_then(|f| f.text_at("resourceType")).or_else(|| type_in(reference?)).or(named);
        let Some(actual) = actual.filter(|_| !of.targets.is_empty()) else { return };
        let types: Vec<&str> = of.targets.iter().map(|url| self.type_of(url)).collect();
        // A word in small letters is nobody else's type, and the health-check report's profile asks for `specimen`.
        let is =
            |wanted: &str| wanted.eq_ignore_ascii_case(actual) || wanted == "Resource" || wanted.is_empty();
        if !types.iter().any(|wanted| is(wanted)) {
            self.report(
                place,
                &Problem::ReferenceType { of: actual, wanted: &types.join(", ") },
                Some(&schema.url),
                None,
            );
            return;
        }
        // Whoever probes does not probe further: two resources may refer to each other.
        let Some(target) = found.filter(|_| !self.probing) else { return };
        let fitting: Vec<&Text> =
            of.targets.iter().filter(|url| [actual, "Resource"].contains(&self.type_of(url))).collect();
        let plain = fitting.iter().any(|url| url.starts_with(CORE) || self.all.id_of(url).is_none());
        if !plain && !fitting.iter().any(|url| self.conforms(target, url, frame)) {
            let wanted: Vec<&str> = fitting.iter().map(|url| url.as_str()).collect();
            self.report(place, &Problem::ReferenceProfile(&wanted.join(", ")), Some(&schema.url), None);
        }
    }

    /// A URN leads nowhere but into the bundle that it is in. That `#id` leads to a contained resource is `ref-1`.
    fn unresolved(&mut self, schema: &Schema, reference: &str, place: &Place<'_>, frame: &Frame<'_, 'a>) {
        let urn = reference.starts_with("urn:uuid:") || reference.starts_with("urn:oid:");
        if let Some(bundle) = frame.bundle.filter(|_| urn) {
            let problem = Problem::ReferenceUnresolved { reference, document: bundle.document };
            self.report(place, &problem, Some(&schema.url), None);
        }
    }

    /// The resource type that a profile is for; empty if the profile is not known.
    fn type_of(&self, url: &'a str) -> &'a str {
        if let Some(name) = url.strip_prefix(CORE).filter(|name| self.all.id_of_type(name).is_none()) {
            return name;
        }
        self.all
            .id_of(url)
            .and_then(|id| self.all.schema(id).ok())
            .map(|s| s.type_name.as_str())
            .unwrap_or_default()
    }
}

/// Whether something in a resource refers to each resource that it contains, or that one refers to the whole (`dom-3`).
pub(super) fn contained_is_referred_to(resource: &Node) -> bool {
    let Some(contained) = resource.get("contained") else { return true };
    let mut fragments = HashSet::new();
    collect_fragments(resource, &mut fragments);
    contained.items().iter().all(|one| {
        let known = one.text_at("id").is_some_and(|id| fragments.contains(id));
        known || {
            let mut own = HashSet::new();
            collect_fragments(one, &mut own);
            own.contains("")
        }
    })
}

/// Texts that begin with `#`, without it.
fn collect_fragments<'n>(node: &'n Node, into: &mut HashSet<&'n str>) {
    match node {
        Node::String(text) => into.extend(text.strip_prefix('#')),
        Node::Array(items) => items.iter().for_each(|item| collect_fragments(item, into)),
        Node::Object(object) => object.iter().for_each(|(_, value)| collect_fragments(value, into)),
        _ => {}
    }
}
