//! Resources: which structures one is checked against, and what it may refer to.

use std::collections::HashMap;

use super::{
    Run,
    problem::{Place, Problem},
    walk::Item,
};
use crate::{
    definitions::{ROOT, Schema, unversioned},
    fhirpath::type_in,
    tree::{Node, Text},
};

/// Bundles in bundles and the like; R4 nests two.
const DEEPEST: u8 = 8;

/// What surrounds a resource.
#[derive(Clone, Copy)]
pub(super) struct Frame<'f, 'a> {
    /// The resource itself: `%resource`.
    pub resource: &'a Node,
    /// The resource that contains it, or itself: `%rootResource`.
    pub root: &'a Node,
    /// What that one contains, by id.
    pub contained: Option<&'f HashMap<&'a str, &'a Node>>,
    /// The entries among which it stands.
    pub bundle: Option<&'f Entries<'a>>,
    /// Its own absolute URL there.
    pub full_url: Option<&'a str>,
}

impl<'a> Frame<'_, 'a> {
    /// What a reference leads to, among the contained resources and the entries of the bundle.
    pub fn resolve(&self, reference: &str) -> Option<&'a Node> {
        if let Some(id) = reference.strip_prefix('#') {
            if id.is_empty() {
                return Some(self.root);
            }
            return self.contained?.get(id).copied();
        }
        self.bundle?.find(reference, self.full_url)
    }
}

/// The resources of a bundle by what refers to them.
pub(super) struct Entries<'a> {
    by_url: HashMap<&'a str, &'a Node>,
    by_id: HashMap<(&'a str, &'a str), &'a Node>,
    /// A document is whole: what it refers to by URN is in it.
    pub document: bool,
}

impl<'a> Entries<'a> {
    fn of(bundle: &'a Node) -> Self {
        let mut entries = Self {
            by_url: HashMap::new(),
            by_id: HashMap::new(),
            document: bundle.text_at("type") == Some("document"),
        };
        for entry in bundle.get("entry").map(Node::items).unwrap_or_default() {
            let Some(resource) = entry.get("resource") else { continue };
            if let Some(url) = entry.text_at("fullUrl") {
                entries.by_url.insert(url, resource);
            }
            if let (Some(of), Some(id)) = (resource.text_at("resourceType"), resource.text_at("id")) {
                entries.by_id.insert((of, id), resource);
            }
        }
        entries
    }

    /// By the full URL; a relative reference also by the base of who refers (R4 §3.1.1.2), and by type and id.
    fn find(&self, reference: &str, from: Option<&str>) -> Option<&'a Node> {
        if let Some(found) = self.by_url.get(reference) {
            return Some(found);
        }
        let of = type_in(reference).filter(|_| !reference.contains(':'))?;
        let relative = reference.split_once("/_history/").map_or(reference, |(before, _)| before);
        let base = from.and_then(|url| Some(url.rsplit_once('/')?.0.rsplit_once('/')?.0));
        let absolute = base.and_then(|base| self.by_url.get(format!("{base}/{relative}").as_str()));
        absolute.or_else(|| self.by_id.get(&(of, relative.rsplit('/').next()?))).copied()
    }
}

impl<'a> Run<'a> {
    /// A document: a resource that nothing surrounds.
    pub(super) fn document(&mut self, node: &'a Node, profiles: &[Text]) {
        let name = node.text_at("resourceType").unwrap_or("$this");
        let frame = Frame { resource: node, root: node, contained: None, bundle: None, full_url: None };
        self.resource(node, profiles, &Place::root(name), &frame);
    }

    /// A resource against its type, the profiles that it claims, and those that are asked of it.
    pub(super) fn resource(
        &mut self,
        node: &'a Node,
        asked: &[Text],
        place: &Place<'_>,
        frame: &Frame<'_, 'a>,
    ) {
        let Some(of) = node.as_object().and_then(|o| o.get("resourceType")).and_then(Node::as_str) else {
            self.report(place, &Problem::NotAResource, None, None);
            return;
        };
        if self.depth >= DEEPEST {
            self.report(place, &Problem::TooDeep, None, None);
            return;
        }
        let base = self.all.id_of_type(of).and_then(|id| self.all.schema(id).ok()).filter(|s| s.is_resource);
        let Some(base) = base else {
            self.report(place, &Problem::UnknownType(of), None, None);
            return;
        };
        self.depth += 1;
        let entries = (of == "Bundle").then(|| Entries::of(node));
        let contained = contained_in(node);
        let frame = Frame {
            resource: node,
            contained: contained.as_ref().or(frame.contained),
            bundle: entries.as_ref().or(frame.bundle),
            ..*frame
        };
        let mut checked = Vec::new();
        let claimed = node.all("meta.profile").into_iter().filter_map(Node::as_str);
        for url in asked.iter().map(Text::as_str).chain(claimed).map(unversioned) {
            if checked.contains(&url) {
                continue;
            }
            match self.usable(url, place) {
                Some(schema) if schema.type_name == of => {
                    checked.push(url);
                    self.against(schema, node, place, &frame);
                }
                Some(schema) if !matches!(&*schema.type_name, "Resource" | "DomainResource") => {
                    self.report(place, &Problem::WrongProfile { profile: url, of }, None, None);
                }
                _ => {}
            }
            if self.done() {
                break;
            }
        }
        if checked.is_empty() && !self.done() {
            self.against(base, node, place, &frame);
        }
        self.depth -= 1;
    }

    /// A structure by its URL; what stands in the way is said.
    fn usable(&mut self, url: &str, place: &Place<'_>) -> Option<&'a Schema> {
        let Some(id) = self.all.id_of(url) else {
            self.report(place, &Problem::UnknownProfile(url), None, None);
            return None;
        };
        match self.all.schema(id) {
            Ok(schema) => Some(schema),
            Err(why) => {
                self.report(place, &Problem::BrokenDefinition { url, why: &why }, None, None);
                None
            }
        }
    }

    fn against(&mut self, schema: &'a Schema, node: &'a Node, place: &Place<'_>, frame: &Frame<'_, 'a>) {
        self.object(schema, ROOT, node, place, frame);
        let Some(root) = schema.element(ROOT) else { return };
        self.constraints(
            schema,
            &root.constraints,
            &[],
            &Item { value: Some(node), beside: None, of: None },
            place,
            frame,
        );
    }

    /// Whether a resource follows a profile: by what it claims, or else by trying.
    pub(super) fn conforms(&mut self, node: &'a Node, url: &str, frame: &Frame<'_, 'a>) -> bool {
        let claims =
            node.all("meta.profile").into_iter().filter_map(Node::as_str).any(|p| unversioned(p) == url);
        let Some(id) = self.all.id_of(url) else { return claims };
        let Ok(schema) = self.all.schema(id) else { return claims };
        let of = node.text_at("resourceType").unwrap_or_default();
        if schema.is_resource && schema.type_name != of {
            return matches!(&*schema.type_name, "Resource" | "DomainResource");
        }
        if claims {
            return true;
        }
        let key = (std::ptr::from_ref(node), id);
        if let Some(passed) = self.tried.get(&key) {
            return *passed;
        }
        let name = if of.is_empty() { "$this" } else { of };
        let own = contained_in(node);
        let frame = if of.is_empty() {
            *frame
        } else if frame.contained.is_some_and(|all| all.values().any(|c| std::ptr::eq(*c, node))) {
            Frame { resource: node, ..*frame }
        } else {
            Frame { resource: node, root: node, contained: own.as_ref(), ..*frame }
        };
        self.depth += 1;
        let passed =
            self.depth < DEEPEST && self.probe(|run| run.against(schema, node, &Place::root(name), &frame));
        self.depth -= 1;
        self.tried.insert(key, passed);
        passed
    }
}

/// Contained resources by their ids.
fn contained_in(node: &Node) -> Option<HashMap<&str, &Node>> {
    let by_id = |contained| Some((Node::text_at(contained, "id")?, contained));
    Some(node.get("contained")?.items().iter().filter_map(by_id).collect())
}
