//! What a validation finds, and the OperationOutcome that says it.

use crate::{
    node,
    tree::{Node, Text},
};

/// How grave an issue is (重大度).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Something could not be decided here.
    Information,
    /// Allowed, but not as it should be.
    Warning,
    /// Not allowed.
    Error,
}

impl Severity {
    /// The code of FHIR's `issue-severity`.
    pub fn code(self) -> &'static str {
        match self {
            Severity::Information => "information",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

/// One finding (指摘).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// How grave it is.
    pub severity: Severity,
    /// The code of FHIR's `issue-type`: `structure`, `required`, `value`, `invariant`, `code-invalid`, …
    pub code: &'static str,
    /// Where, in FHIRPath: `Patient.name[0].family`.
    pub path: String,
    /// What, in Japanese.
    pub ja: String,
    /// What, in English.
    pub en: String,
    /// The structure that asks for it.
    pub profile: Option<Text>,
    /// The key of the invariant.
    pub rule: Option<Text>,
}

/// Whether there is an error among issues.
pub fn has_errors(issues: &[Issue]) -> bool {
    issues.iter().any(|issue| issue.severity == Severity::Error)
}

/// Issues as an OperationOutcome: the text in English, in Japanese as its translation; without issues, that all is well.
pub fn operation_outcome(issues: &[Issue]) -> Node {
    const TRANSLATION: &str = "http://hl7.org/fhir/StructureDefinition/translation";
    let told = |en: &str, ja: &str| {
        let part = |url: &str, key: &'static str, value: &str| {
            Node::Object([("url", Node::from(url)), (key, Node::from(value))].into_iter().collect())
        };
        let parts = node!([part("lang", "valueCode", "ja"), part("content", "valueString", ja)]);
        let translation = node!({ "url": TRANSLATION, "extension": parts });
        node!({ "text": en, "_text": node!({ "extension": node!([translation]) }) })
    };
    let one = |issue: &Issue| {
        let rule = issue.rule.as_ref().map(|rule| format!("{rule}: ")).unwrap_or_default();
        let mut said = node!({
            "severity": issue.severity.code(),
            "code": issue.code,
            "details": told(&format!("{rule}{}", issue.en), &format!("{rule}{}", issue.ja)),
        });
        if let (false, Some(object)) = (issue.path.is_empty(), said.as_object_mut()) {
            object.insert("expression", node!([issue.path.as_str()]));
        }
        if let (Some(profile), Some(object)) = (&issue.profile, said.as_object_mut()) {
            object.insert("diagnostics", profile.clone());
        }
        said
    };
    let issues: Vec<Node> = if issues.is_empty() {
        vec![node!({
            "severity": "information",
            "code": "informational",
            "details": told("No issues", "問題はありません"),
        })]
    } else {
        issues.iter().map(one).collect()
    };
    node!({ "resourceType": "OperationOutcome", "issue": issues })
}
