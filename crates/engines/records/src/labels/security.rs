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

/// Writes labels into a resource's `meta.security`, beside what stands there: what leaves a holder says how sensitive
/// it is, also to a receiver that has no list.
pub fn stamp(resource: &mut Node, labels: Labels) {
    let Some(object) = resource.as_object_mut() else { return };
    if object.get("meta").is_none() {
        object.insert("meta", Node::Object(Object::new()));
    }
    let Some(meta) = object.get_mut("meta").and_then(Node::as_object_mut) else { return };
    let mut codings = match meta.remove("security") {
        Some(Node::Array(codings)) => codings,
        _ => Vec::new(),
    };
    for label in labels.iter().chain([labels.confidentiality()]).filter(|label| *label != Label::Normal) {
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
