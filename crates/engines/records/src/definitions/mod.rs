//! Definitions (定義): what resources, types, profiles, extensions and code lists say, from packages, made ready for use.
//!
//! The core of R4 is built in (`definitions/r4-core.ndjson.gz`, decision 0110). Each structure is compiled when it is
//! first needed, and then shared: a [`Definitions`] is immutable and goes into an `Arc`.

pub mod package;
mod schema;
mod slicing;
mod snapshot;
mod terminology;

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use crate::tree::{Node, Text};

pub use package::PackageError;
pub(crate) use schema::{Binding, Constraint, Element, Primitive, ROOT, Rule, Schema, Strength, Type};
pub(crate) use slicing::{Slicing, Step, Test};
pub(crate) use terminology::Membership;
use terminology::ValueSet;

const CORE: &[u8] = include_bytes!("../../definitions/r4-core.ndjson.gz");
const CORE_URL: &str = "http://hl7.org/fhir/StructureDefinition/";

/// The place of a structure in its [`Definitions`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct SchemaId(u32);

/// Structures, code lists and search parameters by their canonical URL.
pub struct Definitions {
    structures: Vec<Structure>,
    by_url: HashMap<Text, SchemaId>,
    value_sets: HashMap<Text, (Node, OnceLock<ValueSet>)>,
    code_systems: HashMap<Text, terminology::CodeSystem>,
    search_parameters: Vec<Node>,
}

struct Structure {
    definition: Node,
    compiled: OnceLock<Result<Schema, String>>,
}

impl Definitions {
    /// The core of R4.
    ///
    /// # Errors
    /// Never in a program that passed its tests: the core is part of the program.
    pub fn r4() -> Result<Self, PackageError> {
        Self::load::<&Path>(&[])
    }

    /// The core of R4 and the packages, in their order: a later definition of a URL replaces an earlier one.
    ///
    /// # Errors
    /// When a package cannot be read; see [`package::read`].
    pub fn load<P: AsRef<Path>>(packages: &[P]) -> Result<Self, PackageError> {
        let mut all = package::read_lines(CORE, &PathBuf::from("r4-core.ndjson.gz"))?;
        for path in packages {
            all.extend(package::read(path.as_ref())?);
        }
        Ok(Self::from_definitions(all))
    }

    /// Definitions from resources that passed [`package::compact`].
    pub fn from_definitions(definitions: impl IntoIterator<Item = Node>) -> Self {
        let mut all = Self {
            structures: Vec::new(),
            by_url: HashMap::new(),
            value_sets: HashMap::new(),
            code_systems: HashMap::new(),
            search_parameters: Vec::new(),
        };
        for definition in definitions {
            let Some(url) = definition.text_at("url").map(Text::new) else { continue };
            match definition.text_at("resourceType") {
                Some("StructureDefinition") => all.put_structure(url, definition),
                Some("ValueSet") => drop(all.value_sets.insert(url, (definition, OnceLock::new()))),
                Some("CodeSystem") => {
                    let system = terminology::CodeSystem::new(&url, &definition);
                    all.code_systems.insert(url, system);
                }
                Some("SearchParameter") => all.search_parameters.push(definition),
                _ => {}
            }
        }
        all
    }

    fn put_structure(&mut self, url: Text, definition: Node) {
        let structure = Structure { definition, compiled: OnceLock::new() };
        if let Some(place) = self.by_url.get(&url).and_then(|id| self.structures.get_mut(id.0 as usize)) {
            *place = structure;
            return;
        }
        self.by_url.insert(url, SchemaId(u32::try_from(self.structures.len()).unwrap_or(u32::MAX)));
        self.structures.push(structure);
    }

    /// Whether a profile, type or extension is known; a version after `|` is passed over.
    pub fn knows(&self, url: &str) -> bool {
        self.id_of(url).is_some()
    }

    /// Canonical URLs of the structures.
    pub fn structures(&self) -> impl Iterator<Item = &str> {
        self.structures.iter().filter_map(|s| s.definition.text_at("url"))
    }

    /// The search parameters of a resource type, as FHIR resources with their `code`, `type` and `expression`; those of
    /// `Resource` and `DomainResource` are among them.
    pub fn search_parameters(&self, resource_type: &str) -> impl Iterator<Item = &Node> {
        self.search_parameters.iter().filter(move |parameter| {
            let bases = parameter.all("base");
            bases
                .into_iter()
                .filter_map(Node::as_str)
                .any(|b| matches!(b, "Resource" | "DomainResource") || b == resource_type)
        })
    }

    /// Compile a structure and say what is wrong with its definition: an invariant that cannot be parsed, a type that is
    /// not known. Empty: all is well.
    ///
    /// # Errors
    /// When the structure is not known or has no usable snapshot.
    pub fn check(&self, url: &str) -> Result<Vec<String>, String> {
        let id = self.id_of(url).ok_or_else(|| format!("{url}: not known"))?;
        let schema = self.schema(id)?;
        let constraints = schema.elements.iter().flat_map(|e| e.constraints.iter().map(move |c| (e, c)));
        let wrong = constraints.filter_map(|(element, constraint)| {
            let error = constraint.rule.as_ref().err()?;
            Some(format!("{}: {}: {error}", element.path, constraint.key))
        });
        Ok(wrong.collect())
    }

    pub(crate) fn id_of(&self, url: &str) -> Option<SchemaId> {
        self.by_url.get(unversioned(url)).copied()
    }

    pub(crate) fn id_of_type(&self, name: &str) -> Option<SchemaId> {
        self.by_url.get(&*smol_str::format_smolstr!("{CORE_URL}{name}")).copied()
    }

    pub(crate) fn schema(&self, id: SchemaId) -> Result<&Schema, String> {
        let structure = self.structures.get(id.0 as usize).ok_or_else(|| "no such structure".to_owned())?;
        structure
            .compiled
            .get_or_init(|| schema::compile(self, &structure.definition))
            .as_ref()
            .map_err(Clone::clone)
    }

    /// The definition as it came, for what needs its elements and not their compiled form.
    fn definition(&self, id: SchemaId) -> Option<&Node> {
        Some(&self.structures.get(id.0 as usize)?.definition)
    }

    /// Whether a value set holds a code; see [`Membership`].
    pub(crate) fn membership(&self, value_set: &str, system: Option<&str>, code: &str) -> Membership {
        self.membership_within(value_set, system, code, 8)
    }

    fn membership_within(&self, value_set: &str, system: Option<&str>, code: &str, depth: u8) -> Membership {
        let Some((definition, compiled)) = self.value_sets.get(unversioned(value_set)) else {
            return Membership::Unknown;
        };
        let Some(depth) = depth.checked_sub(1) else { return Membership::Unknown };
        compiled.get_or_init(|| ValueSet::new(definition)).membership(self, system, code, depth)
    }
}

/// A canonical URL without its version.
pub(crate) fn unversioned(url: &str) -> &str {
    url.split_once('|').map_or(url, |(url, _)| url)
}
