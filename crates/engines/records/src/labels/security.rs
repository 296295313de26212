//! Security labels of a resource (`meta.security`, HL7 v3 ActCode and Confidentiality, HL7 v2 table 0177).

use consent::{Label, Labels};

use crate::{
    node,
    tree::{Node, Object},
};

/// The label that a code of the sender means; none for one that says nothing about sensitivity.
pub(super) fn label_of(system: &str, code: &str) -> Option<Label> {
    if system.ends_with("v3-Confidentiality") {
        return match code {
            "R" => Some(Label::Restricted),
            "V" => Some(Label::VeryRestricted),
            _ => None,
        };
    }
    if system.ends_with("/JP_ehrshrs_indication") {
        // 未告知・未提供: the sender keeps it from somebody, and whom is not ours to guess.
        return matches!(code, "UNINFORMED" | "UNDELIVERED").then_some(Label::Restricted);
    }
    if !system.ends_with("v3-ActCode") && !system.ends_with("v2-0177") {
        return None;
    }
    match code {
        "PSY" | "PSYTHPN" | "MH" | "BH" => Some(Label::Psychiatry),
        "HIV" | "AID" => Some(Label::Hiv),
        "STD" => Some(Label::Std),
        "GDIS" => Some(Label::Genetics),
        "SEX" | "PREGNANT" | "UWM" => Some(Label::Reproduction),
        "ETH" | "ETHUD" | "SUD" | "ALC" | "OPIOIDUD" => Some(Label::SubstanceUse),
        "SDV" | "VIO" | "DV" | "DVD" => Some(Label::Violence),
        "PRS" => Some(Label::OwnMark),
        "R" | "TBOO" | "SENS" | "SICKLE" => Some(Label::Restricted),
        "V" => Some(Label::VeryRestricted),
        _ => None,
    }
}

/// Puts the person's own mark (本人の指定, `PRS`) on a resource, or takes it off; what else stands in `meta.security` stays.
/// Whether that changed anything.
pub fn mark(resource: &mut Node, on: bool) -> bool {
    let own = |coding: &Node| {
        let (system, code) = (coding.text_at("system"), coding.text_at("code"));
        system.zip(code).and_then(|(system, code)| label_of(system, code)) == Some(Label::OwnMark)
    };
    let marks = resource.all("meta.security").into_iter().filter(|coding| own(coding)).count();
    if on == (marks > 0) {
        return false;
    }
    if on {
        put(resource, &[Label::OwnMark]);
        return true;
    }
    let Some(meta) = resource.as_object_mut().and_then(|object| object.get_mut("meta")?.as_object_mut())
    else {
        return false;
    };
    if let Some(Node::Array(codings)) = meta.remove("security") {
        let others: Vec<Node> = codings.into_iter().filter(|coding| !own(coding)).collect();
        if !others.is_empty() {
            meta.insert("security", others);
        }
    }
    true
}

/// Writes labels into a resource's `meta.security`, beside what stands there: what leaves a holder says how sensitive
/// it is, also to a receiver that has no list.
pub fn stamp(resource: &mut Node, labels: Labels) {
    let confidentiality = Some(labels.confidentiality()).filter(|label| *label != Label::Normal);
    let labels: Vec<Label> =
        labels.iter().filter(|label| *label != Label::Normal).chain(confidentiality).collect();
    put(resource, &labels);
}

fn put(resource: &mut Node, labels: &[Label]) {
    if labels.is_empty() {
        return;
    }
    let Some(object) = resource.as_object_mut() else { return };
    if object.get("meta").is_none() {
        object.insert("meta", Node::Object(Object::new()));
    }
    let Some(meta) = object.get_mut("meta").and_then(Node::as_object_mut) else { return };
    let mut codings = match meta.remove("security") {
        Some(Node::Array(codings)) => codings,
        _ => Vec::new(),
    };
    for label in labels {
        let (system, code) = (label.system(), label.code());
        let there =
            |coding: &Node| coding.text_at("system") == Some(system) && coding.text_at("code") == Some(code);
        if !codings.iter().any(there) {
            codings.push(node!({ "system": system, "code": code, "display": label.en() }));
        }
    }
    if !codings.is_empty() {
        meta.insert("security", codings);
    }
}
