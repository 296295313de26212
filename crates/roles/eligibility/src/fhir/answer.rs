//! CoverageEligibilityResponse out.

use protocol::eligibility::{CheckAnswer, CheckRequest, Membership, Person, Relation, Sex, Validity};
use serde_json::{Map, Value, json};

use super::system;

/// An answer as a CoverageEligibilityResponse; patient, coverages and insurers are contained.
pub(super) fn write(request: &CheckRequest, answer: &CheckAnswer) -> Value {
    let mut contained = vec![patient(answer)];
    let mut insurance = Vec::new();
    for (i, membership) in answer.memberships.iter().enumerate() {
        let inforce = answer.validity == Validity::Valid
            || answer.validity == Validity::Several
            || (answer.validity == Validity::InvalidNewer && i == 1);
        contained.push(coverage(i, membership, inforce));
        contained.push(insurer(i, membership));
        let mut entry = Map::new();
        entry.insert("coverage".into(), json!({ "reference": format!("#coverage-{i}") }));
        entry.insert("inforce".into(), json!(inforce));
        entry.insert("benefitPeriod".into(), period(membership));
        insurance.push(Value::Object(entry));
    }
    let mut response = Map::new();
    response.insert("resourceType".into(), json!("CoverageEligibilityResponse"));
    response.insert("contained".into(), Value::Array(contained));
    response.insert("extension".into(), Value::Array(extensions(answer)));
    response.insert("identifier".into(), identifier(system::EXCHANGE, &answer.exchange.to_string()));
    response.insert("status".into(), json!("active"));
    response.insert("purpose".into(), json!(["validation"]));
    response.insert("patient".into(), json!({ "reference": "#patient" }));
    response.insert("servicedDate".into(), json!(answer.on));
    response.insert("created".into(), json!(answer.answered_at));
    let asked = json!({ "system": system::EXCHANGE, "value": request.exchange.to_string() });
    response.insert("request".into(), json!({ "type": "CoverageEligibilityRequest", "identifier": asked }));
    response.insert("outcome".into(), json!("complete"));
    response.insert("disposition".into(), json!(answer.explanation.ja));
    response.insert("insurer".into(), payer(answer));
    if !insurance.is_empty() {
        response.insert("insurance".into(), Value::Array(insurance));
    }
    Value::Object(response)
}

fn extensions(answer: &CheckAnswer) -> Vec<Value> {
    let explanation = &answer.explanation;
    let mut all = vec![
        json!({ "url": system::VALIDITY, "valueCode": answer.validity.code().to_string() }),
        json!({ "url": system::REASON, "valueCode": explanation.reason }),
        json!({ "url": system::NEXT_STEP, "valueString": explanation.next_ja }),
        json!({ "url": system::RECEIPT, "valueString": format!("{}#{}", answer.receipt.origin, answer.receipt.index) }),
    ];
    if let Some(at) = explanation.insurer_last_reported_at {
        all.push(json!({ "url": system::LAST_REPORTED, "valueInstant": at }));
    }
    if let Some(ticket) = answer.medical_ticket.as_ref().and_then(|t| serde_json::to_string(t).ok()) {
        all.push(json!({ "url": system::TICKET, "valueString": ticket }));
    }
    all
}

fn patient(answer: &CheckAnswer) -> Value {
    let mut patient = Map::new();
    patient.insert("resourceType".into(), json!("Patient"));
    patient.insert("id".into(), json!("patient"));
    let mut identifiers = Vec::new();
    if let Some(code) = &answer.person_code {
        identifiers.push(json!({ "system": system::PERSON_CODE, "value": code.to_string() }));
    }
    if let Some(current) = answer.memberships.last() {
        let member = current.insured.to_string();
        identifiers.push(json!({ "system": system::MEMBER_ID, "value": member }));
        person(&mut patient, &current.person);
    }
    if !identifiers.is_empty() {
        patient.insert("identifier".into(), Value::Array(identifiers));
    }
    Value::Object(patient)
}

fn person(patient: &mut Map<String, Value>, person: &Person) {
    let representation = |code: &str| json!([{ "url": "http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation", "valueCode": code }]);
    let mut names = vec![name(&person.name, representation("IDE"))];
    if !person.kana.is_empty() {
        names.push(name(&person.kana, representation("SYL")));
    }
    patient.insert("name".into(), Value::Array(names));
    let gender = match person.sex {
        Sex::Male => "male",
        Sex::Female => "female",
        Sex::Unset => "unknown",
    };
    patient.insert("gender".into(), json!(gender));
    patient.insert("birthDate".into(), json!(person.birthdate));
    if !person.address.is_empty() {
        let mut address = json!({ "text": person.address, "country": "JP" });
        if let (false, Some(address)) = (person.postal_code.is_empty(), address.as_object_mut()) {
            address.insert("postalCode".into(), json!(person.postal_code));
        }
        patient.insert("address".into(), json!([address]));
    }
}

fn name(text: &str, extension: Value) -> Value {
    let mut parts = text.split('\u{3000}');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(family), Some(given), None) => {
            json!({ "extension": extension, "use": "official", "text": text, "family": family, "given": [given] })
        }
        _ => json!({ "extension": extension, "use": "official", "text": text }),
    }
}

fn coverage(i: usize, membership: &Membership, inforce: bool) -> Value {
    let insured = &membership.insured;
    let wide = kotoba::to_full_width;
    let (symbol, number) = (wide(insured.symbol.as_str()), wide(insured.number.as_str()));
    let branch = insured.branch.map(|b| b.to_string());
    let printed = branch.as_deref().unwrap_or_default();
    let id = format!("\"{}\",\"{symbol}\",\"{number}\",\"{printed}\"", insured.insurer.padded8());
    let mut coverage = json!({
        "resourceType": "Coverage",
        "id": format!("coverage-{i}"),
        "meta": { "profile": [system::COVERAGE] },
        "extension": insured_extensions(&symbol, &number, branch.as_deref()),
        "identifier": [
            { "system": system::COVERAGE_ID, "value": id },
            { "system": system::MEMBER_ID, "value": insured.to_string() },
        ],
        "status": if inforce { "active" } else { "cancelled" },
        "type": { "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "PUBLICPOL" }] },
        "subscriberId": format!("\"{symbol}\",\"{number}\""),
        "beneficiary": { "reference": "#patient" },
        "relationship": relationship(membership.relation),
        "period": period(membership),
        "payor": [{ "reference": format!("#insurer-{i}") }],
    });
    if let Some(coverage) = coverage.as_object_mut() {
        if let Some(branch) = &branch {
            coverage.insert("dependent".into(), json!(wide(branch)));
        }
        if let Some(percent) = membership.terms.copayment_percent {
            coverage.insert("costToBeneficiary".into(), json!([share(percent)]));
        }
    }
    coverage
}

fn insured_extensions(symbol: &str, number: &str, branch: Option<&str>) -> Value {
    let mut all = Vec::new();
    if !symbol.is_empty() {
        all.push(json!({ "url": system::SYMBOL, "valueString": symbol }));
    }
    all.push(json!({ "url": system::NUMBER, "valueString": number }));
    if let Some(branch) = branch {
        all.push(json!({ "url": system::BRANCH, "valueString": kotoba::to_full_width(branch) }));
    }
    Value::Array(all)
}

fn relationship(relation: Relation) -> Value {
    let code = match relation {
        Relation::Insured => "self",
        Relation::Dependant => "other",
    };
    json!({ "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/subscriber-relationship", "code": code }] })
}

fn share(percent: u8) -> Value {
    json!({
        "type": { "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/coverage-copay-type", "code": "copaypct" }] },
        "valueQuantity": { "value": percent, "unit": "%", "system": "http://unitsofmeasure.org", "code": "%" },
    })
}

fn insurer(i: usize, membership: &Membership) -> Value {
    json!({
        "resourceType": "Organization",
        "id": format!("insurer-{i}"),
        "identifier": [{ "system": system::INSURER, "value": membership.insured.insurer.padded8() }],
        "name": membership.insurer_name,
    })
}

/// FHIR periods name the last day covered; a membership that ended on its first day has none.
fn period(membership: &Membership) -> Value {
    let mut period = json!({ "start": membership.qualified_on });
    if let (Some(end), Some(period)) = (membership.disqualified_on, period.as_object_mut()) {
        period.insert("end".into(), json!(end.add_days(-1).max(membership.qualified_on)));
    }
    period
}

/// The insurer that the answer rests on or awaits; when none is known, the service itself answers.
fn payer(answer: &CheckAnswer) -> Value {
    match answer.explanation.insurer {
        Some(insurer) => json!({ "identifier": { "system": system::INSURER, "value": insurer.padded8() } }),
        None => json!({ "display": "資格確認サービス機関" }),
    }
}

fn identifier(system: &str, value: &str) -> Value {
    json!([{ "system": system, "value": value }])
}
