//! Labels along references.

use std::collections::HashMap;

use consent::{Label, Labels};

use crate::tree::Node;

/// A resource among those that hand labels to each other (受け継ぎの対象).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing<'a> {
    /// `Observation/1`.
    pub name: &'a str,
    /// Its labels by itself, [`Lists::labels`](super::Lists::labels).
    pub own: Labels,
    /// Those that somebody gave it as a whole, [`Lists::said`](super::Lists::said).
    pub said: Labels,
    /// What it has from resources that are not among these.
    pub given: Labels,
    /// Names of what it refers to, whether among these or not.
    pub refers_to: Vec<&'a str>,
}

/// The labels of resources, each with those of what it refers to: a prescription whose reason is an HIV infection, a report of
/// a labelled result, a document of a labelled entry; and the parts with what was said of the whole. In the order of `all`.
pub fn inherit(all: &[Standing<'_>]) -> Vec<Labels> {
    let places: HashMap<&str, usize> = all.iter().enumerate().map(|(n, one)| (one.name, n)).collect();
    let links: Vec<(usize, usize)> = all
        .iter()
        .enumerate()
        .flat_map(|(from, one)| one.refers_to.iter().map(move |to| (from, *to)))
        .filter_map(|(from, to)| Some((from, *places.get(to)?)))
        .collect();
    let mut labels: Vec<Labels> = all.iter().map(|one| one.own.union(one.given)).collect();
    for (whole, part) in &links {
        if let (Some(whole), Some(labels)) = (all.get(*whole), labels.get_mut(*part)) {
            *labels = labels.union(passes_to_parts(whole.name, whole.said));
        }
    }
    // Labels only grow and there are few of them: this ends, whatever circle the references make.
    loop {
        let mut changed = false;
        for (from, to) in &links {
            let (Some(one), Some(has)) = (all.get(*to), labels.get(*to).copied()) else { continue };
            let given = passes_to_referrers(one.name, one.own, has);
            if let Some(has) = labels.get_mut(*from)
                && !given.is_within(*has)
            {
                *has = has.union(given);
                changed = true;
            }
        }
        if !changed {
            return labels;
        }
    }
}

/// What a resource hands to those that refer to it, of its labels by itself (`own`) and all that it has.
///
/// People and places hand nothing on. A visit hands on what it has by itself (a psychiatric department, a mark), not what it
/// has from one of its entries: else that one would hide the whole visit.
pub fn passes_to_referrers(name: &str, own: Labels, all: Labels) -> Labels {
    match resource_type(name) {
        "Patient" | "RelatedPerson" | "Practitioner" | "PractitionerRole" | "Organization" | "Location"
        | "Device" | "Coverage" | "CareTeam" => Labels::NONE,
        "Encounter" | "EpisodeOfCare" => own,
        _ => all,
    }
}

/// What a whole hands to the parts that it refers to: a mark on a document or report is meant for what stands in it. What was
/// read off its words is not: a summary names many things.
pub fn passes_to_parts(name: &str, said: Labels) -> Labels {
    match resource_type(name) {
        "Composition" | "DiagnosticReport" => said,
        _ => Labels::NONE,
    }
}

fn resource_type(name: &str) -> &str {
    name.split_once('/').map_or(name, |(resource_type, _)| resource_type)
}

/// Names of the resources that a resource refers to and whose labels concern it. A document bundle has none: what it refers to it
/// contains.
pub fn links(resource: &Node) -> Vec<&str> {
    let mut links = Vec::new();
    if resource.text_at("resourceType") != Some("Bundle") {
        references(resource, &mut links);
        links.sort_unstable();
        links.dedup();
    }
    links
}

fn references<'a>(node: &'a Node, found: &mut Vec<&'a str>) {
    match node {
        Node::Array(items) => items.iter().for_each(|item| references(item, found)),
        Node::Object(object) => {
            for (key, value) in object.iter() {
                match value {
                    Node::String(reference) if key == "reference" => found.extend(link(reference)),
                    other => references(other, found),
                }
            }
        }
        _ => {}
    }
}

/// `Type/id`, with or without a version behind it, of a type that hands labels on.
fn link(reference: &str) -> Option<&str> {
    let name = reference.split_once("/_history/").map_or(reference, |(name, _)| name);
    let (resource_type, id) = name.split_once('/')?;
    let is_name = resource_type.starts_with(|c: char| c.is_ascii_uppercase()) && !id.contains('/');
    let something = Labels::of(&[Label::Restricted]);
    (is_name && !passes_to_referrers(name, something, something).is_empty()).then_some(name)
}
