//! The house as cargo sees it: packages, their floors, and what they depend on.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

/// One package of the dependency graph.
#[derive(Clone, Debug)]
pub struct Package {
    /// Name as in its manifest.
    pub name: String,
    /// Version.
    pub version: String,
    /// SPDX expression; empty when the manifest has none.
    pub licence: String,
    /// Directory of the manifest.
    pub dir: PathBuf,
    /// Packages that it needs to be built and run (normal and build dependencies), by id.
    pub needs: BTreeSet<String>,
    /// Packages that only its tests need, by id.
    pub tests_need: BTreeSet<String>,
}

/// The workspace and everything it depends on.
#[derive(Debug)]
pub struct House {
    /// Root directory of the workspace.
    pub root: PathBuf,
    /// Every package by id.
    pub packages: BTreeMap<String, Package>,
    /// Ids of the house's own packages.
    pub members: BTreeSet<String>,
}

/// The floors of the house, from the ground up: arrows go down only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Floor {
    /// `crates/foundation`: knows no use case.
    Foundation,
    /// `crates/engines`: the field's computations.
    Engines,
    /// `crates/roles`: one crate an organisation kind.
    Roles,
    /// `crates/tools` and the tests.
    Tools,
}

impl House {
    /// Asks `cargo metadata`.
    ///
    /// # Errors
    /// What cargo said, or which part of its answer is not there.
    pub fn read() -> Result<Self, String> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let answer = Command::new(cargo)
            .args([
                "metadata",
                "--format-version=1",
                "--offline",
                "--filter-platform=x86_64-unknown-linux-gnu",
            ])
            .current_dir(&root)
            .output()
            .map_err(|error| format!("cargo metadata: {error}"))?;
        if !answer.status.success() {
            return Err(String::from_utf8_lossy(&answer.stderr).into_owned());
        }
        let metadata: Value = serde_json::from_slice(&answer.stdout).map_err(|error| error.to_string())?;
        Self::of(&metadata).ok_or_else(|| "cargo metadata: an unexpected form".to_owned())
    }

    fn of(metadata: &Value) -> Option<Self> {
        let mut packages = BTreeMap::new();
        for package in metadata.get("packages")?.as_array()? {
            packages.insert(text(package, "id")?, Package::of(package)?);
        }
        for node in metadata.get("resolve")?.get("nodes")?.as_array()? {
            let package = packages.get_mut(&text(node, "id")?)?;
            for dependency in node.get("deps")?.as_array()? {
                let id = text(dependency, "pkg")?;
                let kinds = dependency.get("dep_kinds")?.as_array()?;
                let only_tests =
                    kinds.iter().all(|kind| kind.get("kind").and_then(Value::as_str) == Some("dev"));
                let set = if only_tests { &mut package.tests_need } else { &mut package.needs };
                set.insert(id);
            }
        }
        let members = metadata.get("workspace_members")?.as_array()?;
        let members = members.iter().filter_map(|id| Some(id.as_str()?.to_owned())).collect();
        let root = PathBuf::from(text(metadata, "workspace_root")?);
        Some(Self { root, packages, members })
    }

    /// The house's own packages.
    pub fn own(&self) -> impl Iterator<Item = (&String, &Package)> {
        self.packages.iter().filter(|(id, _)| self.members.contains(*id))
    }

    /// On which floor one of the house's own packages stands.
    pub fn floor(&self, package: &Package) -> Floor {
        let place = package.dir.strip_prefix(&self.root).unwrap_or(&package.dir);
        match place.iter().nth(1).and_then(|part| part.to_str()) {
            Some("foundation") => Floor::Foundation,
            Some("engines") => Floor::Engines,
            Some("roles") => Floor::Roles,
            _ => Floor::Tools,
        }
    }

    /// A package of the house by name.
    pub fn named(&self, name: &str) -> Option<&Package> {
        self.own().map(|(_, package)| package).find(|package| package.name == name)
    }

    /// Everything that `package` needs to run, directly or through others.
    pub fn closure(&self, package: &Package) -> Vec<&Package> {
        let mut seen = BTreeSet::new();
        let mut waiting: Vec<&String> = package.needs.iter().collect();
        while let Some(id) = waiting.pop() {
            if seen.insert(id)
                && let Some(found) = self.packages.get(id)
            {
                waiting.extend(&found.needs);
            }
        }
        seen.into_iter().filter_map(|id| self.packages.get(id)).collect()
    }
}

impl Package {
    fn of(package: &Value) -> Option<Self> {
        Some(Self {
            name: text(package, "name")?,
            version: text(package, "version")?,
            licence: text(package, "license").unwrap_or_default(),
            dir: PathBuf::from(text(package, "manifest_path")?).parent()?.to_owned(),
            needs: BTreeSet::new(),
            tests_need: BTreeSet::new(),
        })
    }
}

fn text(value: &Value, field: &str) -> Option<String> {
    Some(value.get(field)?.as_str()?.to_owned())
}
