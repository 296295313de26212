//! Rules across resources.

use std::collections::HashMap;

use codes::InstitutionCode;

use crate::{
    search::Span,
    tree::{Node, Text},
    validate::{Issue, Severity},
};

/// What the implementation guides ask of a resource or bundle and no profile says. Each finding names its rule:
///
/// - `clins-institution` the institution's number fails its check digit (a warning: the guides' own examples do);
/// - `clins-address` an entry of a bundle has no `fullUrl`, or one that another has;
/// - `clins-patient` a bundle has not exactly one patient, or an entry is about another;
/// - `clins-only` a CLINS bundle has other resources than its tag says and the patient;
/// - `clins-laboratory` a result of the laboratory has no local code (検査項目のコーディング規則: each has the house's own, or
///   the code that says that there is none, beside the standard one);
/// - `clins-sender` the number in the bundle's identifier is not that of an entry's institution;
/// - `clins-dangling` a document refers to an entry that it does not have;
/// - `clins-document` a document's author, custodian or patient is missing;
/// - `clins-name` a patient's name lacks ideographs or kana;
/// - `clins-order` something ends before it begins, or is known before it was written;
/// - `clins-amount` a prescription's total is not its daily dose times its days.
pub fn check(resource: &Node) -> Vec<Issue> {
    let mut issues = Issues(Vec::new());
    let path = resource.text_at("resourceType").unwrap_or("Resource").to_owned();
    if path == "Bundle" {
        bundle(resource, &mut issues);
    } else {
        single(resource, &path, &mut issues);
    }
    issues.0
}

struct Issues(Vec<Issue>);

impl Issues {
    fn add(
        &mut self,
        severity: Severity,
        code: &'static str,
        rule: &str,
        path: String,
        ja: String,
        en: String,
    ) {
        self.0.push(Issue { severity, code, path, ja, en, profile: None, rule: Some(Text::new(rule)) });
    }

    fn error(&mut self, code: &'static str, rule: &str, path: String, ja: String, en: String) {
        self.add(Severity::Error, code, rule, path, ja, en);
    }

    fn warn(&mut self, rule: &str, path: String, ja: String, en: String) {
        self.add(Severity::Warning, "business-rule", rule, path, ja, en);
    }
}

fn single(resource: &Node, path: &str, issues: &mut Issues) {
    institution(resource, path, issues);
    order(resource, path, issues);
    match resource.text_at("resourceType") {
        Some("Patient") => names(resource, path, issues),
        Some("MedicationRequest") => amounts(resource, path, issues),
        Some("Observation") if claims(resource, LAB_RESULT) => local_code(resource, path, issues),
        _ => {}
    }
}

/// Whether a resource says that it follows a profile, of whatever version.
fn claims(resource: &Node, profile: &str) -> bool {
    let profiles = resource.all("meta.profile");
    profiles.into_iter().filter_map(Node::as_str).any(|url| url.split('|').next() == Some(profile))
}

fn local_code(result: &Node, path: &str, issues: &mut Issues) {
    let systems = result.all("code.coding.system");
    let is_local = |system: &&Node| {
        system
            .as_str()
            .is_some_and(|s| s.ends_with("/JP_CLINS_ObsLabResult_LocalCode_CS") || s.contains("LocalUncoded"))
    };
    if !systems.iter().any(is_local) {
        let ja = "検査項目のローカルコード（ない場合はその旨のコード LUNCODED）がありません".to_owned();
        let en = "no local code of the test, nor the code that says there is none (LUNCODED)".to_owned();
        issues.error("required", "clins-laboratory", format!("{path}.code.coding"), ja, en);
    }
}

fn institution(resource: &Node, path: &str, issues: &mut Issues) {
    let extensions = resource.get("extension").map(Node::items).unwrap_or_default();
    let by_extension = extensions.iter().enumerate().filter_map(|(n, extension)| {
        let is_number = extension.text_at("url")?.ends_with("/JP_eCS_InstitutionNumber");
        let value = extension.text_at("valueIdentifier.value").filter(|_| is_number)?;
        Some((format!("{path}.extension[{n}].valueIdentifier.value"), value))
    });
    for (path, value) in by_extension {
        if value.parse::<InstitutionCode>().is_err() {
            let ja = format!("医療機関番号「{value}」の検証番号が合いません");
            let en = format!("the institution's number {value:?} fails its check digit");
            issues.warn("clins-institution", path, ja, en);
        }
    }
}

fn names(patient: &Node, path: &str, issues: &mut Issues) {
    let names = patient.get("name").map(Node::items).unwrap_or_default();
    let writings: Vec<&str> =
        names.iter().flat_map(|name| name.all("extension.valueCode")).filter_map(Node::as_str).collect();
    for (writing, ja, en) in [("IDE", "漢字", "ideographs"), ("SYL", "カナ", "kana")] {
        if !writings.contains(&writing) {
            let ja = format!("{ja}氏名（iso21090-EN-representation {writing}）がありません");
            let en = format!("no name in {en} (iso21090-EN-representation {writing})");
            issues.warn("clins-name", format!("{path}.name"), ja, en);
        }
    }
}

fn order(resource: &Node, path: &str, issues: &mut Issues) {
    let span = |key: &str| resource.text_at(key).and_then(Span::parse);
    if let (Some(onset), Some(abatement)) = (span("onsetDateTime"), span("abatementDateTime"))
        && abatement.until <= onset.from
    {
        let ja = "終了日が開始日より前です".to_owned();
        let en = "it ended before it began".to_owned();
        issues.error("business-rule", "clins-order", format!("{path}.abatementDateTime"), ja, en);
    }
    let Some(written) = span("meta.lastUpdated") else { return };
    for key in ["effectiveDateTime", "authoredOn", "recordedDate", "issued"] {
        if span(key).is_some_and(|at| at.from >= written.until) {
            let ja = "最終更新日時（meta.lastUpdated）より後の日時です".to_owned();
            let en = "later than the resource was written (meta.lastUpdated)".to_owned();
            issues.warn("clins-order", format!("{path}.{key}"), ja, en);
        }
    }
}

/// Daily dose times days is the total, where all three are there in one unit.
fn amounts(request: &Node, path: &str, issues: &mut Issues) {
    let [dosage] = request.get("dosageInstruction").map(Node::items).unwrap_or_default() else { return };
    if dosage.get("asNeededBoolean").and_then(Node::as_bool) == Some(true) {
        return;
    }
    let daily = dosage.at("doseAndRate.rateRatio.numerator");
    let total = request.at("dispenseRequest.quantity");
    let days = request.at("dispenseRequest.expectedSupplyDuration");
    let (Some(daily), Some(total), Some(days)) = (daily, total, days) else { return };
    let number = |node: &Node| node.get("value").and_then(Node::as_number).map(|number| number.as_f64());
    let (Some(dose), Some(whole), Some(length)) = (number(daily), number(total), number(days)) else {
        return;
    };
    let same_unit = daily.text_at("code") == total.text_at("code") && days.text_at("code") == Some("d");
    // Days off are not counted in the text of a usage: only a total that is too small or too large by more than a day
    // is worth a word.
    if same_unit && (dose * length - whole).abs() > dose + f64::EPSILON {
        let ja = format!("総量{whole}が1日量{dose}×{length}日分と合いません");
        let en = format!("the total {whole} is not {dose} a day for {length} days");
        issues.warn("clins-amount", format!("{path}.dispenseRequest.quantity"), ja, en);
    }
}

fn bundle(bundle: &Node, issues: &mut Issues) {
    let entries = bundle.get("entry").map(Node::items).unwrap_or_default();
    let mut addresses: HashMap<&str, usize> = HashMap::new();
    for (n, entry) in entries.iter().enumerate() {
        let path = format!("Bundle.entry[{n}].fullUrl");
        match entry.text_at("fullUrl") {
            None => issues.error(
                "required",
                "clins-address",
                path,
                "fullUrlがありません".into(),
                "no fullUrl".into(),
            ),
            Some(url) if addresses.insert(url, n).is_some() => {
                let (ja, en) =
                    ("同じfullUrlが二度あります".to_owned(), "this fullUrl is there twice".to_owned());
                issues.error("duplicate", "clins-address", path, ja, en);
            }
            Some(_) => {}
        }
        if let Some(resource) = entry.get("resource") {
            single(resource, &format!("Bundle.entry[{n}].resource"), issues);
        }
    }
    patients(entries, &addresses, issues);
    sender(bundle, entries, issues);
    match bundle.text_at("type") {
        Some("document") => document(entries, &addresses, issues),
        Some("collection") => only_tagged(bundle, entries, issues),
        _ => {}
    }
}

/// One patient, and every entry is about that one.
fn patients(entries: &[Node], addresses: &HashMap<&str, usize>, issues: &mut Issues) {
    let is_patient = |(_, entry): &(usize, &Node)| entry.text_at("resource.resourceType") == Some("Patient");
    let patients: Vec<(usize, &Node)> = entries.iter().enumerate().filter(is_patient).collect();
    let [(place, patient)] = patients.as_slice() else {
        let (ja, en) = (
            "Patientがちょうど1つ必要です".to_owned(),
            format!("expected one Patient, found {}", patients.len()),
        );
        issues.error("business-rule", "clins-patient", "Bundle.entry".to_owned(), ja, en);
        return;
    };
    let own_name = format!("Patient/{}", patient.text_at("resource.id").unwrap_or_default());
    for (n, entry) in entries.iter().enumerate() {
        for key in ["subject", "patient", "beneficiary"] {
            let Some(subject) = entry.get("resource").and_then(|resource| resource.get(key)) else {
                continue;
            };
            let same = match subject.text_at("reference") {
                Some(reference) => addresses.get(reference) == Some(place) || reference == own_name,
                None => subject.text_at("identifier.value").is_none_or(|value| {
                    patient.all("resource.identifier.value").iter().any(|own| own.as_str() == Some(value))
                }),
            };
            if !same {
                let ja = "バンドルの患者と異なる患者を参照しています".to_owned();
                let en = "about another patient than the bundle's".to_owned();
                issues.error(
                    "business-rule",
                    "clins-patient",
                    format!("Bundle.entry[{n}].resource.{key}"),
                    ja,
                    en,
                );
            }
        }
    }
}

/// `1318814790^2024^…`: the institution in the bundle's identifier is the one that made the entries.
fn sender(bundle: &Node, entries: &[Node], issues: &mut Issues) {
    let is_clins =
        bundle.text_at("identifier.system") == Some("http://jpfhir.jp/fhir/clins/bundle-identifier");
    let Some((sender, _)) =
        bundle.text_at("identifier.value").filter(|_| is_clins).and_then(|id| id.split_once('^'))
    else {
        return;
    };
    for (n, entry) in entries.iter().enumerate() {
        let extensions = entry.get("resource").map(|resource| resource.all("extension")).unwrap_or_default();
        let numbers = extensions.into_iter().filter(|extension| {
            extension.text_at("url").is_some_and(|url| url.ends_with("/JP_eCS_InstitutionNumber"))
        });
        for number in numbers.filter_map(|extension| extension.text_at("valueIdentifier.value")) {
            if number != sender {
                let ja = format!("バンドルの送信元{sender}と医療機関番号{number}が異なります");
                let en = format!("made by {number}, but the bundle is of {sender}");
                issues.warn("clins-sender", format!("Bundle.entry[{n}].resource.extension"), ja, en);
            }
        }
    }
}

fn only_tagged(bundle: &Node, entries: &[Node], issues: &mut Issues) {
    let tags = bundle.all("meta.tag");
    let tag = tags
        .iter()
        .find(|tag| tag.text_at("system").is_some_and(|system| system.ends_with("/BundleResourceType_CS")));
    let Some(tagged) = tag.and_then(|tag| tag.text_at("code")) else { return };
    for (n, entry) in entries.iter().enumerate().skip(1) {
        let kind = entry.text_at("resource.resourceType").unwrap_or_default();
        if kind != tagged {
            let ja = format!("meta.tagの{tagged}と異なる{kind}が含まれています");
            let en = format!("{kind} in a bundle whose tag says {tagged}");
            issues.error("business-rule", "clins-only", format!("Bundle.entry[{n}].resource"), ja, en);
        }
    }
}

fn document(entries: &[Node], addresses: &HashMap<&str, usize>, issues: &mut Issues) {
    if let Some(composition) = entries.first().and_then(|entry| entry.get("resource")) {
        for (key, ja, en) in [
            ("author", "作成者", "an author"),
            ("custodian", "作成・管理機関", "a custodian"),
            ("subject", "患者", "a subject"),
        ] {
            if composition.get(key).is_none() {
                let path = format!("Bundle.entry[0].resource.{key}");
                issues.error(
                    "required",
                    "clins-document",
                    path,
                    format!("{ja}がありません"),
                    format!("the document has not {en}"),
                );
            }
        }
    }
    for (n, entry) in entries.iter().enumerate() {
        if let Some(resource) = entry.get("resource") {
            dangling(resource, &format!("Bundle.entry[{n}].resource"), addresses, issues);
        }
    }
}

fn dangling(node: &Node, path: &str, addresses: &HashMap<&str, usize>, issues: &mut Issues) {
    match node {
        Node::Array(items) => {
            for (n, item) in items.iter().enumerate() {
                dangling(item, &format!("{path}[{n}]"), addresses, issues);
            }
        }
        Node::Object(object) => {
            for (key, value) in object.iter() {
                let path = format!("{path}.{key}");
                match value.as_str() {
                    Some(reference) if key == "reference" => {
                        if reference.starts_with("urn:") && !addresses.contains_key(reference) {
                            let ja = format!("参照先「{reference}」のentryがありません");
                            let en = format!("no entry has the address {reference:?}");
                            issues.error("not-found", "clins-dangling", path, ja, en);
                        }
                    }
                    _ => dangling(value, &path, addresses, issues),
                }
            }
        }
        _ => {}
    }
}

/// The profile of a laboratory result.
const LAB_RESULT: &str = "http://jpfhir.jp/fhir/eCS/StructureDefinition/JP_Observation_LabResult_eCS";
