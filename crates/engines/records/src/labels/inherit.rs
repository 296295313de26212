//! Labels along references.

use std::collections::HashMap;

use consent::Labels;

use crate::tree::Node;

/// The labels of resources that are at hand together, each with those of what it refers to: a prescription whose reason
/// is an HIV infection, a report of a labelled result, a document of a labelled entry. `own` are the labels of each by
/// itself, in the same order; references are by `Type/id` or by what `addresses` says (a bundle's `fullUrl`s).
///
/// Nothing is inherited from people, places and visits: a whole visit would be hidden by one entry of it.
pub fn inherit(resources: &[&Node], own: &[Labels], addresses: &HashMap<String, usize>) -> Vec<Labels> {
    let mut labels = own.to_vec();
    labels.resize(resources.len(), Labels::NONE);
    let names: HashMap<String, usize> =
        resources.iter().enumerate().map(|(n, node)| (name(node), n)).collect();
    let mut links = Vec::new();
    for (n, resource) in resources.iter().enumerate() {
        let mut link = |reference: &str| {
            let to = addresses.get(reference).or_else(|| names.get(reference)).copied();
            if let Some(to) = to.filter(|to| resources.get(*to).is_some_and(|node| gives(node))) {
                links.push((n, to));
            }
        };
        references(resource, &mut link);
    }
    // Labels only grow and there are few of them: this ends, whatever circle the references make.
    loop {
        let mut changed = false;
        for (from, to) in &links {
            let given = labels.get(*to).copied().unwrap_or_default();
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

fn gives(node: &Node) -> bool {
    !matches!(
        node.text_at("resourceType").unwrap_or_default(),
        "Patient"
            | "RelatedPerson"
            | "Practitioner"
            | "PractitionerRole"
            | "Organization"
            | "Location"
            | "Device"
            | "Encounter"
            | "EpisodeOfCare"
            | "Coverage"
            | "CareTeam"
    )
}

fn name(node: &Node) -> String {
    format!("{}/{}", node.text_at("resourceType").unwrap_or_default(), node.text_at("id").unwrap_or_default())
}

fn references(node: &Node, found: &mut impl FnMut(&str)) {
    match node {
        Node::Array(items) => items.iter().for_each(|item| references(item, found)),
        Node::Object(object) => {
            for (key, value) in object.iter() {
                match value {
                    Node::String(reference) if key == "reference" => found(reference),
                    other => references(other, found),
                }
            }
        }
        _ => {}
    }
}
