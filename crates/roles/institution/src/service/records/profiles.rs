//! Which definitions a resource is held against: R4 itself, and the packages of the role's settings.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use records::clins;
use records::definitions::Definitions;
use records::validate::{Issue, Severity, Validator};
use records::{Node, Text};

use super::error::RecordError;

/// Validators: R4's, and one of each set of packages. Sets stand apart because packages of Japan define one URL differently: the
/// health-check report's patient is not JP-CLINS's (decision 0126).
#[derive(Clone)]
pub struct Profiles {
    core: Validator,
    sets: Vec<Validator>,
}

impl Profiles {
    /// R4, and sets of packages, each read in its order: npm archives, directories, or compact files.
    ///
    /// # Errors
    /// [`RecordError::Unreadable`] with the file that cannot be read.
    pub fn open(sets: &[Vec<PathBuf>]) -> Result<Self, RecordError> {
        let sets = sets.iter().map(|set| validator(set)).collect::<Result<_, _>>()?;
        Ok(Self { core: validator(&[])?, sets })
    }

    /// What is wrong with a resource, by its type, the profiles that it claims, and those named here; of profiles of Japan also
    /// the rules that no profile says ([`clins::check`]).
    pub fn check(&self, resource: &Node, also: &[&str]) -> Vec<Issue> {
        let mut claimed = claims(resource);
        claimed.extend(also);
        let Some(validator) = self.of(&claimed) else { return self.core.validate(resource, also) };
        let mut issues = validator.validate(resource, also);
        if claimed.iter().any(|url| url.starts_with("http://jpfhir.jp/fhir/")) {
            issues.extend(clins::check(resource));
        }
        issues
    }

    /// The profiles that a resource claims and that nothing here defines: nobody looked whether it keeps them.
    pub fn unchecked(&self, resource: &Node) -> Vec<String> {
        let claimed = claims(resource);
        let validator = self.of(&claimed).unwrap_or(&self.core);
        let mut unknown: Vec<String> = claimed
            .into_iter()
            .filter(|url| !validator.definitions().knows(url))
            .map(str::to_owned)
            .collect();
        unknown.sort_unstable();
        unknown.dedup();
        unknown
    }

    /// The first set that knows most of what is claimed; none when nothing is, or no set knows any of it.
    fn of(&self, claimed: &[&str]) -> Option<&Validator> {
        if claimed.is_empty() {
            return None;
        }
        let known = |set: &Validator| claimed.iter().filter(|url| set.definitions().knows(url)).count();
        let counted = self.sets.iter().map(|set| (known(set), set));
        let best = counted.fold(None, |best: Option<(usize, &Validator)>, (count, set)| match best {
            Some((most, _)) if most >= count => best,
            _ => Some((count, set)),
        });
        best.filter(|(count, _)| *count > 0).map(|(_, set)| set)
    }
}

/// The warning for a profile that nobody looked at.
pub fn unchecked_issue(resource_type: &str, profile: &str) -> Issue {
    Issue {
        severity: Severity::Warning,
        code: "not-found",
        path: format!("{resource_type}.meta.profile"),
        ja: format!("プロファイル「{profile}」の定義がこの施設にないため、合っているかは確かめていません"),
        en: format!("no package here defines {profile}: whether the resource keeps it was not checked"),
        profile: Some(Text::new(profile)),
        rule: None,
    }
}

/// Every profile that a resource claims, with what it contains; of a bundle, with its entries.
fn claims(node: &Node) -> Vec<&str> {
    fn of<'n>(node: &'n Node, found: &mut Vec<&'n str>) {
        let profiles = node.at("meta").and_then(|meta| meta.get("profile")).map(Node::items);
        found.extend(profiles.unwrap_or_default().iter().filter_map(Node::as_str));
        node.get("contained").map(Node::items).unwrap_or_default().iter().for_each(|inner| of(inner, found));
        let entries = node.get("entry").map(Node::items).unwrap_or_default();
        entries.iter().filter_map(|entry| entry.get("resource")).for_each(|inner| of(inner, found));
    }
    let mut found = Vec::new();
    of(node, &mut found);
    found
}

/// Definitions take a moment to read and are the same for all institutions of a process.
fn validator(packages: &[PathBuf]) -> Result<Validator, RecordError> {
    static KNOWN: LazyLock<Mutex<HashMap<Vec<PathBuf>, Validator>>> = LazyLock::new(Mutex::default);
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(validator) = known.get(packages) {
        return Ok(validator.clone());
    }
    let definitions = Definitions::load(packages).map_err(|error| RecordError::Unreadable {
        ja: format!("FHIRの定義を読めません（{error}）"),
        en: format!("definitions cannot be read: {error}"),
    })?;
    let validator = Validator::new(Arc::new(definitions));
    known.insert(packages.to_vec(), validator.clone());
    Ok(validator)
}
