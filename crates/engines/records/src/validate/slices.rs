//! Which slice a value belongs to.

use super::{
    Run,
    problem::{Place, Problem},
    resource::Frame,
    values::{has, same},
    walk::Item,
};
use crate::{
    definitions::{Membership, Schema, Slicing, Step, Test},
    tree::{Node, Text},
};

impl<'a> Run<'a> {
    /// The first slice whose tests a value passes. Where a value set that is not here would have to tell, and no other
    /// slice takes the value, it counts as taken; the slice's binding then says that it could not be decided.
    pub(super) fn slice_of(
        &mut self,
        schema: &'a Schema,
        slicing: &'a Slicing,
        item: &Item<'a>,
        place: &Place<'_>,
        frame: &Frame<'_, 'a>,
    ) -> Option<usize> {
        let mut open = None;
        for (n, matcher) in slicing.matchers(self.all, schema).iter().enumerate() {
            match matcher {
                Ok(tests) => match self.passes_all(tests, item, frame) {
                    Membership::Yes => return Some(n),
                    Membership::Unknown => open = open.or(Some(n)),
                    Membership::No => {}
                },
                Err(why) => {
                    let slice = slicing.slices.get(n).map(|(name, _)| name.as_str()).unwrap_or_default();
                    self.report(place, &Problem::SliceNotDecided { slice, why }, Some(&schema.url), None);
                }
            }
        }
        if slicing.closed && open.is_none() {
            self.report(place, &Problem::NoSlice, Some(&schema.url), None);
        }
        open
    }

    /// How often each slice may occur.
    pub(super) fn slice_counts(
        &mut self,
        schema: &Schema,
        slicing: &Slicing,
        found: &[Option<usize>],
        place: &Place<'_>,
    ) {
        for (n, (name, element)) in slicing.slices.iter().enumerate() {
            let Some(element) = schema.element(*element) else { continue };
            let found = found.iter().filter(|slice| **slice == Some(n)).count();
            if found < element.min {
                let problem = Problem::SliceTooFew { slice: name, min: element.min, found };
                self.report(place, &problem, Some(&schema.url), None);
            }
            if let Some(max) = element.max.filter(|max| found > *max) {
                self.report(
                    place,
                    &Problem::SliceTooMany { slice: name, max, found },
                    Some(&schema.url),
                    None,
                );
            }
        }
    }

    pub(super) fn slice_order(
        &mut self,
        schema: &Schema,
        slicing: &Slicing,
        found: &[Option<usize>],
        place: &Place<'_>,
    ) {
        let sliced: Vec<usize> = found.iter().copied().flatten().collect();
        let unordered = slicing.ordered && !sliced.is_sorted();
        let last_sliced = found.iter().rposition(Option::is_some);
        let early = slicing.open_at_end
            && found.iter().position(Option::is_none) < last_sliced
            && found.contains(&None);
        if unordered || early {
            self.report(place, &Problem::SliceOrder, Some(&schema.url), None);
        }
    }

    fn passes_all(
        &mut self,
        tests: &[(Vec<Step>, Test)],
        item: &Item<'a>,
        frame: &Frame<'_, 'a>,
    ) -> Membership {
        let mut answer = Membership::Yes;
        for (steps, test) in tests {
            match self.passes(steps, test, item, frame) {
                Membership::Yes => {}
                Membership::Unknown => answer = Membership::Unknown,
                Membership::No => return Membership::No,
            }
        }
        answer
    }

    fn passes(&mut self, steps: &[Step], test: &Test, item: &Item<'a>, frame: &Frame<'_, 'a>) -> Membership {
        let mut found = Vec::new();
        self.follow(steps, item, frame, &mut found);
        let passes = match test {
            Test::OneOf(set) => {
                let all = found.iter().filter_map(|i| i.value).map(|v| self.in_set(v, set));
                return all.max_by_key(|m| best(*m)).unwrap_or(Membership::No);
            }
            Test::Exists(wanted) => found.is_empty() != *wanted,
            Test::Equals(wanted) => found.iter().filter_map(|i| i.value).any(|v| same(v, wanted)),
            Test::Contains(wanted) => found.iter().filter_map(|i| i.value).any(|v| has(v, wanted)),
            Test::Types(types) => found.iter().any(|i| is_of(i, types)),
            Test::Conforms(profiles) => found
                .iter()
                .filter_map(|i| i.value)
                .any(|v| profiles.iter().any(|url| self.conforms(v, url, frame))),
        };
        if passes { Membership::Yes } else { Membership::No }
    }

    /// What is reached from a value.
    fn follow(&self, steps: &[Step], item: &Item<'a>, frame: &Frame<'_, 'a>, found: &mut Vec<Item<'a>>) {
        let Some((step, rest)) = steps.split_first() else {
            found.push(*item);
            return;
        };
        let plain = |value: &'a Node| Item { value: Some(value), beside: None, of: None };
        match step {
            Step::Child(name) => {
                for next in members(item, name) {
                    self.follow(rest, &next, frame, found);
                }
            }
            Step::Extension(url) => {
                let extensions =
                    item.value.and_then(|v| v.get("extension")).or_else(|| item.beside?.get("extension"));
                for extension in extensions.map(Node::items).unwrap_or_default() {
                    if extension.text_at("url") == Some(url) {
                        self.follow(rest, &plain(extension), frame, found);
                    }
                }
            }
            Step::Resolve => {
                let reference = item.value.and_then(|v| v.as_str().or_else(|| v.text_at("reference")));
                if let Some(target) = reference.and_then(|r| frame.resolve(r)) {
                    self.follow(rest, &plain(target), frame, found);
                }
            }
            Step::OfType(of) => {
                if item.of.is_none_or(|is| is == of) {
                    self.follow(rest, item, frame, found);
                }
            }
        }
    }

    fn in_set(&self, value: &Node, set: &Text) -> Membership {
        let codings = value.get("coding").map_or(std::slice::from_ref(value), Node::items);
        let codes = codings.iter().filter_map(|coding| {
            let code = coding.as_str().or_else(|| coding.text_at("code"))?;
            Some(self.all.membership(set, coding.text_at("system"), code))
        });
        codes.max_by_key(|m| best(*m)).unwrap_or(Membership::No)
    }
}

/// What one of several says that settles it: yes, else that it is not known.
fn best(membership: Membership) -> u8 {
    match membership {
        Membership::No => 0,
        Membership::Unknown => 1,
        Membership::Yes => 2,
    }
}

/// The values of a member; of a choice, with the type that its key names.
fn members<'a>(item: &Item<'a>, name: &str) -> Vec<Item<'a>> {
    let Some(object) = item.value.and_then(Node::as_object) else { return Vec::new() };
    let of_key = |key: &'a str| {
        let rest = key.strip_prefix(name)?;
        (rest.is_empty() || rest.starts_with(|c: char| c.is_ascii_uppercase())).then_some(rest)
    };
    let exact = object.get(name).is_some();
    let all = object
        .iter()
        .filter_map(|(key, value)| Some((of_key(key).filter(|rest| rest.is_empty() == exact)?, value)));
    all.flat_map(|(of, value)| {
        let of = (!of.is_empty()).then_some(of);
        value.items().iter().map(move |value| Item { value: Some(value), beside: None, of })
    })
    .collect()
}

fn is_of(item: &Item<'_>, types: &[Text]) -> bool {
    if let Some(of) = item.value.and_then(|v| v.text_at("resourceType")) {
        return types.iter().any(|t| t == of || t == "Resource");
    }
    match item.of {
        Some(of) => types.iter().any(|t| t.eq_ignore_ascii_case(of)),
        None => {
            let reference = item.value.is_some_and(|v| v.get("reference").is_some());
            types.iter().any(|t| (t == "Reference") == reference)
        }
    }
}
