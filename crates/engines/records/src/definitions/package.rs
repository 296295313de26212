//! FHIR packages: an npm archive, a directory, or our own compact file of definitions.

use std::{
    fs::File,
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
};

use flate2::read::GzDecoder;

use crate::tree::{self, Node, Object, ParseError};

/// Bytes that one file of a package may have once unpacked.
const LARGEST_FILE: u64 = 64 << 20;

/// Why a package cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum PackageError {
    /// The file system refused, or the archive is damaged.
    #[error("{}: {source}", path.display())]
    Read {
        /// The package, or the file in it.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A file of the package is not JSON.
    #[error("{}: {source}", path.display())]
    Json {
        /// The package and the file in it.
        path: PathBuf,
        /// The place.
        source: ParseError,
    },
}

impl PackageError {
    /// The message in Japanese.
    pub fn ja(&self) -> String {
        match self {
            PackageError::Read { path, source } => format!("{}: 読めません: {source}", path.display()),
            PackageError::Json { path, source } => format!("{}: {}", path.display(), source.ja()),
        }
    }
}

/// The definitions of a package, each reduced by [`compact`]: from `.tgz` (npm), `.ndjson.gz` (one definition a line)
/// or a directory of `.json` files, with or without the folder `package` in between.
///
/// # Errors
/// When it cannot be read, or a definition in it is not JSON. Examples and other files are passed over.
pub fn read(path: &Path) -> Result<Vec<Node>, PackageError> {
    let failed = |source| PackageError::Read { path: path.to_owned(), source };
    if path.is_dir() {
        return read_directory(path);
    }
    let file = BufReader::new(File::open(path).map_err(failed)?);
    if path.to_string_lossy().ends_with(".ndjson.gz") {
        return read_lines(file, path);
    }
    let mut found = Vec::new();
    let mut archive = tar::Archive::new(GzDecoder::new(file));
    for entry in archive.entries().map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.path().map_err(failed)?.into_owned();
        if name.extension().is_some_and(|e| e == "json") {
            let mut bytes = Vec::new();
            entry.take(LARGEST_FILE).read_to_end(&mut bytes).map_err(failed)?;
            found.extend(definition(&bytes, &path.join(name))?);
        }
    }
    Ok(found)
}

/// The definitions in a compact file: one a line, compressed by gzip.
///
/// # Errors
/// As [`read`].
pub fn read_lines(compressed: impl Read, path: &Path) -> Result<Vec<Node>, PackageError> {
    let lines = BufReader::new(GzDecoder::new(compressed)).split(b'\n');
    lines
        .map(|line| {
            let line = line.map_err(|source| PackageError::Read { path: path.to_owned(), source })?;
            tree::parse(&line).map_err(|source| PackageError::Json { path: path.to_owned(), source })
        })
        .collect()
}

fn read_directory(path: &Path) -> Result<Vec<Node>, PackageError> {
    let inner = path.join("package");
    let directory = if inner.is_dir() { inner } else { path.to_owned() };
    let failed = |source| PackageError::Read { path: directory.clone(), source };
    let mut files: Vec<PathBuf> = std::fs::read_dir(&directory)
        .and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect())
        .map_err(failed)?;
    // The order of a directory is the file system's whim, and the last definition of a URL wins.
    files.sort();
    let mut found = Vec::new();
    for file in files.iter().filter(|f| f.extension().is_some_and(|e| e == "json")) {
        let bytes =
            std::fs::read(file).map_err(|source| PackageError::Read { path: file.clone(), source })?;
        found.extend(definition(&bytes, file)?);
    }
    Ok(found)
}

/// The definition that a file holds; none if it holds something else.
fn definition(bytes: &[u8], path: &Path) -> Result<Option<Node>, PackageError> {
    if !looks_like_definition(bytes) {
        return Ok(None);
    }
    let node = tree::parse(bytes).map_err(|source| PackageError::Json { path: path.to_owned(), source })?;
    Ok(compact(&node))
}

/// Whether the first `resourceType` of a file is one of ours: a package of examples is 190 MB, of which we need a fifth.
fn looks_like_definition(bytes: &[u8]) -> bool {
    const KEY: &[u8] = b"\"resourceType\"";
    let Some(place) = bytes.windows(KEY.len()).position(|window| window == KEY) else { return false };
    let after = bytes.iter().skip(place + KEY.len()).skip_while(|b| !b.is_ascii_alphabetic());
    let name: Vec<u8> = after.take_while(|b| b.is_ascii_alphabetic()).copied().collect();
    matches!(&*name, b"StructureDefinition" | b"ValueSet" | b"CodeSystem" | b"SearchParameter")
}

/// What of a definition a validator needs, in the same form; none if the resource is not a definition, has no URL, or
/// defines a logical model. A fifteenth of the original.
pub fn compact(definition: &Node) -> Option<Node> {
    definition.get("url")?.as_str()?;
    let keys: &[&str] = match definition.text_at("resourceType")? {
        "StructureDefinition" if definition.text_at("kind") == Some("logical") => return None,
        "StructureDefinition" => {
            &["url", "version", "type", "kind", "abstract", "derivation", "baseDefinition", "context"]
        }
        "ValueSet" => &["url", "version", "compose"],
        "CodeSystem" => &["url", "version", "content", "caseSensitive", "valueSet"],
        "SearchParameter" => &["url", "name", "code", "base", "type", "expression", "target", "component"],
        _ => return None,
    };
    let mut object = Object::new();
    for key in std::iter::once(&"resourceType").chain(keys) {
        if let Some(value) = definition.get(key) {
            object.insert(*key, value.clone());
        }
    }
    match definition.text_at("resourceType")? {
        "StructureDefinition" => {
            // A snapshot says all that its differential says.
            let view = if definition.get("snapshot").is_some() { "snapshot" } else { "differential" };
            let elements =
                definition.get(view)?.get("element")?.items().iter().map(compact_element).collect();
            object.insert(view, Object::from_iter([("element", Node::Array(elements))]));
        }
        "ValueSet" => compact_value_set(definition, &mut object),
        "CodeSystem" => {
            object.insert("concept", Node::Array(concepts(definition)));
        }
        _ => {}
    }
    Some(Node::Object(object))
}

fn compact_element(element: &Node) -> Node {
    let mut object = Object::new();
    for (key, value) in element.as_object().into_iter().flat_map(Object::iter) {
        let value = match key {
            "id" | "path" | "sliceName" | "min" | "max" | "contentReference" | "isModifier" | "maxLength"
            | "slicing" => value.clone(),
            "base" => keep(value, &["max"]),
            "binding" => keep(value, &["strength", "valueSet"]),
            "type" => Node::Array(value.items().iter().map(compact_type).collect()),
            "constraint" => Node::Array(value.items().iter().filter_map(compact_constraint).collect()),
            _ if ["fixed", "pattern", "minValue", "maxValue"].iter().any(|p| key.starts_with(p)) => {
                value.clone()
            }
            _ => continue,
        };
        if value.as_array().is_none_or(|items| !items.is_empty()) {
            object.insert(key, value);
        }
    }
    Node::Object(object)
}

/// A type without its prose. `System.String` of FHIRPath is given the FHIR type that an extension names (R4 §5.3).
fn compact_type(of: &Node) -> Node {
    let Node::Object(mut object) = keep(of, &["code", "profile", "targetProfile"]) else { return Node::Null };
    let named = of.all("extension").into_iter().find(|extension| {
        extension.text_at("url")
            == Some("http://hl7.org/fhir/StructureDefinition/structuredefinition-fhir-type")
    });
    if let Some(code) = named.and_then(|e| e.text_at("valueUrl").or_else(|| e.text_at("valueUri"))) {
        object.insert("code", code);
    }
    Node::Object(object)
}

/// An invariant without its XPath. `ele-1` stands on every element; the validator has it built in.
fn compact_constraint(constraint: &Node) -> Option<Node> {
    (constraint.text_at("key") != Some("ele-1"))
        .then(|| keep(constraint, &["key", "severity", "human", "expression"]))
}

fn compact_value_set(definition: &Node, object: &mut Object) {
    if definition.get("compose").is_none()
        && let Some(contains) = definition.get("expansion").and_then(|e| e.get("contains"))
    {
        let listed = flatten(contains).into_iter().map(|c| keep(c, &["system", "code"])).collect();
        object.insert("expansion", Object::from_iter([("contains", Node::Array(listed))]));
    }
    let Some(compose) = object.get_mut("compose").and_then(Node::as_object_mut) else { return };
    for (_, part) in compose.iter_mut() {
        for include in part.as_array_mut().into_iter().flatten() {
            if let Some(concepts) = include.get_mut("concept").and_then(Node::as_array_mut) {
                concepts.iter_mut().for_each(|c| *c = keep(c, &["code"]));
            }
        }
    }
}

fn flatten(contains: &Node) -> Vec<&Node> {
    let items = contains.items().iter();
    items
        .flat_map(|item| std::iter::once(item).chain(item.get("contains").map(flatten).unwrap_or_default()))
        .collect()
}

fn concepts(of: &Node) -> Vec<Node> {
    let Some(list) = of.get("concept") else { return Vec::new() };
    let one = |concept: &Node| {
        let Node::Object(mut object) = keep(concept, &["code", "property"]) else { return Node::Null };
        let inner = concepts(concept);
        if !inner.is_empty() {
            object.insert("concept", inner);
        }
        Node::Object(object)
    };
    list.items().iter().map(one).collect()
}

fn keep(node: &Node, keys: &[&str]) -> Node {
    let members = keys.iter().filter_map(|key| Some((*key, node.get(key)?.clone())));
    Node::Object(members.collect())
}
