//! Codes against the value sets that elements are bound to.

use super::{
    Run,
    problem::{Place, Problem},
};
use crate::{
    definitions::{Binding, Membership, Schema, Strength},
    tree::Node,
};

impl Run<'_> {
    /// A code, Coding, CodeableConcept or Quantity against a binding.
    pub(super) fn binding(&mut self, schema: &Schema, binding: &Binding, value: &Node, place: &Place<'_>) {
        let extensible = binding.strength == Strength::Extensible;
        let set = binding.value_set.as_str();
        let concept = value.get("coding");
        let codings = concept.map_or(std::slice::from_ref(value), Node::items);
        let is_concept = concept.is_some() || value.get("text").is_some();
        let (mut wrong, mut open) = (None, None);
        for coding in codings {
            let Some(code) = coding.as_str().or_else(|| coding.text_at("code")) else { continue };
            match self.all.membership(set, coding.text_at("system"), code) {
                Membership::Yes => return,
                Membership::No => wrong = Some(coding),
                Membership::Unknown => open = Some(code),
            }
        }
        let problem = match (open, wrong) {
            // One that cannot be decided may be the one that is right.
            (Some(code), _) if !extensible => Problem::CodeNotDecided { code, set },
            (Some(_), _) => return,
            (None, Some(coding)) => {
                let code = coding.as_str().or_else(|| coding.text_at("code")).unwrap_or_default();
                let shown = coding
                    .text_at("system")
                    .map_or_else(|| code.to_owned(), |system| format!("{system}#{code}"));
                self.report(
                    place,
                    &Problem::CodeNotInSet { code: &shown, set, extensible },
                    Some(&schema.url),
                    None,
                );
                return;
            }
            // Words alone say what no code of the set says; where the set is required, that is not enough.
            (None, None) if extensible && is_concept || value.get("extension").is_some() => return,
            (None, None) => Problem::NoCode { set, extensible },
        };
        self.report(place, &problem, Some(&schema.url), None);
    }
}
