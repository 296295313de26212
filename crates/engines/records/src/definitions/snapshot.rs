//! Snapshots where a package has only differentials: the base's elements, overlaid.

use super::Definitions;
use crate::tree::{Node, Object, Text};

/// Structures on the way to one that has a snapshot.
const LONGEST_CHAIN: u8 = 16;

/// The elements of a structure's snapshot.
pub(super) fn elements(all: &Definitions, definition: &Node) -> Result<Vec<Node>, String> {
    within(all, definition, LONGEST_CHAIN)
}

/// The id of an element; where a package gives none, its path and slice.
pub(super) fn id(element: &Node) -> Text {
    if let Some(id) = element.text_at("id") {
        return Text::new(id);
    }
    let path = element.text_at("path").unwrap_or_default();
    match element.text_at("sliceName") {
        Some(slice) => smol_str::format_smolstr!("{path}:{slice}"),
        None => Text::new(path),
    }
}

fn within(all: &Definitions, definition: &Node, chain: u8) -> Result<Vec<Node>, String> {
    if let Some(snapshot) = definition.get("snapshot").and_then(|s| s.get("element")) {
        return Ok(snapshot.items().to_vec());
    }
    let chain = chain.checked_sub(1).ok_or("the structure is based on itself")?;
    let base = definition.text_at("baseDefinition").ok_or("neither a snapshot nor a base")?;
    let base = all
        .id_of(base)
        .and_then(|id| all.definition(id))
        .ok_or_else(|| format!("its base {base} is not known"))?;
    let base = within(all, base, chain)?;
    let mut overlay = Overlay { all, elements: base.clone(), base, chain };
    for change in definition.all("differential.element") {
        let place = overlay.reach(&id(change), 0)?;
        if let Some(element) = overlay.elements.get_mut(place) {
            merge(element, change);
        }
    }
    Ok(overlay.elements)
}

struct Overlay<'a> {
    all: &'a Definitions,
    /// What the structure is based on, as it was: what an element refers to is not changed by the differential.
    base: Vec<Node>,
    elements: Vec<Node>,
    chain: u8,
}

impl Overlay<'_> {
    /// The place of an element, put there from its type or the unsliced element if it was not yet written out.
    fn reach(&mut self, id: &str, depth: usize) -> Result<usize, String> {
        if let Some(place) = self.place(id) {
            return Ok(place);
        }
        if depth > 32 {
            return Err(format!("{id}: nested too deep"));
        }
        let last = id.rsplit_once('.').map_or(id, |(_, last)| last);
        if let Some((_, slice)) = last.split_once(':') {
            let stem = id.get(..id.len() - slice.len() - 1).unwrap_or_default();
            self.reach(stem, depth + 1)?;
            return self.copy_as_slice(stem, id, slice);
        }
        let (parent, name) =
            id.rsplit_once('.').ok_or_else(|| format!("{id}: not an element of the base"))?;
        let parent_place = self.reach(parent, depth + 1)?;
        if let Some((choice, slice)) = self.choice(parent, name) {
            return self.reach(&format!("{parent}.{choice}[x]:{slice}"), depth + 1);
        }
        self.write_out(parent_place, parent)?;
        self.place(id).ok_or_else(|| format!("{id}: not an element of the base"))
    }

    fn place(&self, wanted: &str) -> Option<usize> {
        self.elements.iter().position(|e| id(e) == wanted)
    }

    /// `valueQuantity` of an older differential is the slice `value[x]:valueQuantity`.
    fn choice(&self, parent: &str, name: &str) -> Option<(String, String)> {
        self.elements.iter().find_map(|element| {
            let id = id(element);
            let stem = id.strip_prefix(parent)?.strip_prefix('.')?.strip_suffix("[x]")?;
            let of = name.strip_prefix(stem)?;
            of.starts_with(|c: char| c.is_ascii_uppercase()).then(|| (stem.to_owned(), name.to_owned()))
        })
    }

    /// The place after an element and all that belongs to it, its slices too.
    fn end_of(&self, place: usize, id_of: &str) -> usize {
        let belongs = |e: &Node| {
            let id = id(e);
            id.strip_prefix(id_of).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', ':', '/']))
        };
        place + self.elements.iter().skip(place).take_while(|e| belongs(e)).count()
    }

    fn copy_as_slice(&mut self, stem: &str, slice_id: &str, slice: &str) -> Result<usize, String> {
        let place = self.place(stem).ok_or_else(|| format!("{stem}: not an element of the base"))?;
        let end = self.end_of(place, stem);
        let mut copies = Vec::new();
        for (n, element) in self.elements.iter().enumerate().skip(place).take(end - place) {
            let id = id(element);
            let rest = id.strip_prefix(stem).unwrap_or_default();
            if rest.starts_with(':') {
                continue;
            }
            let Some(mut copy) = element.as_object().cloned() else { continue };
            copy.insert("id", format!("{slice_id}{rest}"));
            if n == place {
                copy.remove("slicing");
                copy.insert("sliceName", slice);
                // One slice need not be there because one of the list must.
                copy.insert("min", 0_i64);
            }
            copies.push(Node::Object(copy));
        }
        self.elements.splice(end..end, copies);
        Ok(end)
    }

    /// Put the children of an element's type, or of the element that it refers to, after it.
    fn write_out(&mut self, place: usize, parent: &str) -> Result<(), String> {
        let element = self.elements.get(place).cloned().unwrap_or(Node::Null);
        let (source, root) = match element.text_at("contentReference").and_then(|r| r.rsplit_once('#')) {
            Some((_, id)) => (self.base.clone(), id.to_owned()),
            None => {
                let of = element.get("type").ok_or_else(|| format!("{parent}: has no type"))?;
                let profile = of.text_at("profile").and_then(|url| self.all.id_of(url));
                let code = of.text_at("code").unwrap_or_default();
                let schema = profile.or_else(|| self.all.id_of_type(code));
                let definition = schema.and_then(|id| self.all.definition(id));
                let definition =
                    definition.ok_or_else(|| format!("{parent}: its type {code} is not known"))?;
                let elements = within(self.all, definition, self.chain)?;
                let root = elements.first().map(id).unwrap_or_default().to_string();
                (elements, root)
            }
        };
        let path = element.text_at("path").unwrap_or_default();
        let copies: Vec<Node> = source
            .iter()
            .filter_map(|child| {
                let id = id(child);
                let rest = id.strip_prefix(root.as_str())?;
                let path_rest = child.text_at("path")?.strip_prefix(unsliced(&root).as_str())?;
                let mut copy = child.as_object().filter(|_| rest.starts_with('.'))?.clone();
                copy.insert("id", format!("{parent}{rest}"));
                copy.insert("path", format!("{path}{path_rest}"));
                Some(Node::Object(copy))
            })
            .collect();
        self.elements.splice(place + 1..place + 1, copies);
        Ok(())
    }
}

/// The path of an element id.
fn unsliced(id: &str) -> String {
    id.split('.')
        .map(|part| part.split_once(':').map_or(part, |(name, _)| name))
        .collect::<Vec<_>>()
        .join(".")
}

/// What the differential says replaces what the base said; invariants are added.
fn merge(element: &mut Node, change: &Node) {
    let (Some(element), Some(change)) = (element.as_object_mut(), change.as_object()) else { return };
    for (key, value) in change.iter() {
        match key {
            "id" | "path" => {}
            "constraint" => add_constraints(element, value),
            _ => {
                element.insert(key, value.clone());
            }
        }
    }
}

fn add_constraints(element: &mut Object, added: &Node) {
    let mut all: Vec<Node> = element.get("constraint").map(|c| c.items().to_vec()).unwrap_or_default();
    all.retain(|old| added.items().iter().all(|new| new.text_at("key") != old.text_at("key")));
    all.extend(added.items().iter().cloned());
    element.insert("constraint", all);
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, fs::File, io::Read, path::Path};

    use flate2::read::GzDecoder;

    use super::*;
    use crate::definitions::package;

    /// JP-CLINS publishes snapshots with its differentials: ours, made from the differentials alone, ask the same.
    #[test]
    fn snapshots_made_here_ask_what_the_published_ones_ask() {
        let data = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../../shared/data/fhir/packages"));
        let packages = ["jp-core.r4-1.1.2-clins.tgz", "jp-clins.r4-1.5.2.tgz"].map(|name| data.join(name));
        if !packages.iter().all(|p| p.exists()) {
            println!("skipped: {} is not here", data.display());
            return;
        }
        let all = Definitions::load(&packages).unwrap();
        let (mut structures, mut same, mut elements_same, mut elements_all) = (0, 0, 0, 0);
        for definition in packages.iter().flat_map(|p| structures_of(p)) {
            let published = asked(&elements(&all, &definition).unwrap());
            let mut bare = definition.as_object().unwrap().clone();
            bare.remove("snapshot");
            let made = match elements(&all, &package::compact(&bare.into()).unwrap()) {
                Ok(made) => asked(&made),
                Err(why) => panic!("{:?}: {why}", definition.text_at("url")),
            };
            structures += 1;
            same += usize::from(made == published);
            elements_all += published.len();
            for (id, asks) in &published {
                let equal = made.get(id) == Some(asks);
                elements_same += usize::from(equal);
                if !equal && std::env::var("SHOW").is_ok() {
                    println!(
                        "{:?} {id}\n  published {asks}\n  made      {:?}",
                        definition.text_at("url"),
                        made.get(id)
                    );
                }
            }
        }
        println!(
            "{structures} structures, {same} the same; {elements_all} elements, {elements_same} the same"
        );
        assert!(elements_same * 100 > elements_all * 97, "{elements_same} of {elements_all}");
    }

    /// What each element asks of values.
    fn asked(elements: &[Node]) -> BTreeMap<Text, String> {
        let keys = ["min", "max", "type"];
        let asks = |e: &Node| {
            let mut asks: Object = keys.iter().filter_map(|k| Some((*k, e.get(k)?.clone()))).collect();
            for (key, value) in e.as_object().unwrap().iter() {
                if key.starts_with("fixed") || key.starts_with("pattern") {
                    asks.insert(key, value.clone());
                }
            }
            let binding = e.text_at("binding.strength") == Some("required");
            asks.insert("binding", e.text_at("binding.valueSet").filter(|_| binding).unwrap_or_default());
            String::from_utf8(Node::Object(asks).canonical()).unwrap()
        };
        elements.iter().map(|e| (id(e), asks(e))).collect()
    }

    fn structures_of(package: &Path) -> Vec<Node> {
        let mut archive = tar::Archive::new(GzDecoder::new(File::open(package).unwrap()));
        let files = archive.entries().unwrap().map(Result::unwrap);
        files
            .filter(|f| f.path().unwrap().to_string_lossy().contains("/StructureDefinition-"))
            .map(|mut file| {
                let mut bytes = Vec::new();
                file.read_to_end(&mut bytes).unwrap();
                let whole = crate::tree::parse(&bytes).unwrap();
                // What only a published snapshot has is compared in its compact form too.
                let mut compact = package::compact(&whole).unwrap().as_object().unwrap().clone();
                compact.insert("differential", whole.get("differential").unwrap().clone());
                Node::Object(compact)
            })
            .collect()
    }
}
