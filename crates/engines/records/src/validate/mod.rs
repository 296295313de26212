//! Validation (検証): whether a resource is what StructureDefinitions say.
//!
//! Checked: keys, cardinality, types of choices, forms of primitive values, codes of value sets that are known, what references
//! lead to, slices, fixed values and patterns, invariants, extensions, narratives; contained resources and entries of a bundle
//! as resources of their own, each against the type and all profiles that it claims. What cannot be decided here (a list that
//! no package has, an invariant that the tree does not settle) is said as such and never passed over.

mod codes;
mod extensions;
mod issue;
pub(crate) mod narrative;
mod primitive;
mod problem;
mod references;
mod resource;
mod slices;
mod values;
mod walk;

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use crate::{
    definitions::{Definitions, SchemaId},
    fhirpath::Budget,
    tree::{Node, Text},
};

pub use issue::{Issue, Severity, has_errors, operation_outcome};

/// Issues that are reported for one document, and as many errors again: whoever has more mends these first.
const MOST_ISSUES: usize = 10_000;

/// Values that the invariants of one document may look at: twenty times what the 35 MB of R4's own definitions take.
const BUDGET: u64 = 20_000_000;

/// Holds definitions and checks resources against them; one serves all threads.
#[derive(Clone)]
pub struct Validator {
    definitions: Arc<Definitions>,
}

impl Validator {
    /// A validator of these definitions.
    pub fn new(definitions: Arc<Definitions>) -> Self {
        Self { definitions }
    }

    /// What it validates against.
    pub fn definitions(&self) -> &Arc<Definitions> {
        &self.definitions
    }

    /// Check a resource against its type, the profiles in its `meta.profile`, and those named here. Empty: nothing to say.
    /// Errors come with what they are about, in the order of the document.
    pub fn validate(&self, resource: &Node, profiles: &[&str]) -> Vec<Issue> {
        let profiles: Vec<Text> = profiles.iter().map(Text::new).collect();
        let mut run = Run::new(&self.definitions);
        run.document(resource, &profiles);
        run.issues
    }
}

/// One validation on its way.
struct Run<'a> {
    all: &'a Definitions,
    issues: Vec<Issue>,
    /// What was said, that two profiles do not say the same twice.
    said: HashSet<(String, String)>,
    /// What all invariants of the document may cost.
    budget: Budget,
    /// Whether a resource follows a profile, by its place in memory: many may refer to one.
    tried: HashMap<(*const Node, SchemaId), bool>,
    /// Probing asks only whether there is an error, and stops at the first.
    probing: bool,
    failed: bool,
    /// Resources inside resources that are on the way: the level at which another one is refused.
    depth: u8,
}

impl<'a> Run<'a> {
    fn new(all: &'a Definitions) -> Self {
        Self {
            all,
            issues: Vec::new(),
            said: HashSet::new(),
            budget: Budget::new(BUDGET),
            tried: HashMap::new(),
            probing: false,
            failed: false,
            depth: 0,
        }
    }

    /// Whether something is without error, silently.
    fn probe(&mut self, check: impl FnOnce(&mut Self)) -> bool {
        let (probing, failed) = (self.probing, self.failed);
        (self.probing, self.failed) = (true, false);
        check(self);
        let passed = !self.failed;
        (self.probing, self.failed) = (probing, failed);
        passed
    }

    /// Whether nothing more need be asked.
    fn done(&self) -> bool {
        self.probing && self.failed
    }
}
