//! CoverageEligibilityRequest in.

use calendar::{Date, Timestamp};
use codes::{ExchangeId, InstitutionCode, InsuredPersonId, OrgId};
use protocol::eligibility::{CheckRequest, Presented};
use serde_json::Value;
use wire::Problem;

use super::system;

/// Reads a request. The exchange's key comes from its identifier; without one it gets a new key and a retry counts as
/// a second question.
///
/// # Errors
/// What is missing or wrong, with its FHIRPath.
pub(super) fn read(resource: &Value, now: Timestamp) -> Result<CheckRequest, Problem> {
    const TYPE: &str = "CoverageEligibilityRequest";
    if text(resource, "resourceType") != Some(TYPE) {
        return Err(wrong(
            "resourceType",
            "CoverageEligibilityRequest が必要です。",
            "Expected a CoverageEligibilityRequest.",
        ));
    }
    if text(resource, "status").is_some_and(|status| status != "active") {
        let place = "CoverageEligibilityRequest.status";
        return Err(wrong(place, "status は active が必要です。", "Expected the status active."));
    }
    Ok(CheckRequest {
        exchange: exchange(resource, now)?,
        institution: institution(resource)?,
        terminal: resource.pointer("/enterer/display").and_then(Value::as_str).unwrap_or("fhir").to_owned(),
        on: serviced(resource, now)?,
        known_at: known_at(resource)?,
        presented: presented(resource)?,
    })
}

fn exchange(resource: &Value, now: Timestamp) -> Result<ExchangeId, Problem> {
    let Some(key) = identifier(resource, system::EXCHANGE) else {
        return Ok(ExchangeId::new(now.as_millis()));
    };
    let place = "CoverageEligibilityRequest.identifier.value";
    key.parse()
        .map_err(|_| wrong(place, "照会番号が正しくありません。", "The exchange id is not well-formed."))
}

fn institution(resource: &Value) -> Result<OrgId, Problem> {
    let place = "CoverageEligibilityRequest.provider.identifier";
    let provider = resource.get("provider").unwrap_or(&Value::Null);
    let organisation = resolve(resource, provider).unwrap_or(provider);
    let own = provider.get("identifier").filter(|i| text(i, "system") == Some(system::INSTITUTION));
    let code = own.and_then(|i| text(i, "value")).or_else(|| identifier(organisation, system::INSTITUTION));
    let code = code.ok_or_else(|| {
        wrong(
            place,
            "医療機関コード10桁が必要です。",
            "Expected the ten-digit institution code (insurance-medical-institution-no).",
        )
    })?;
    // The check digit is not looked at: published examples of the field have wrong ones.
    let (code, _) = InstitutionCode::parse_warn(code).map_err(|e| wrong(place, &e.ja(), &e.to_string()))?;
    Ok(OrgId::institution(&code))
}

fn serviced(resource: &Value, now: Timestamp) -> Result<Date, Problem> {
    let day = text(resource, "servicedDate").or_else(|| resource.pointer("/servicedPeriod/start")?.as_str());
    let Some(day) = day else { return Ok(now.date()) };
    let place = "CoverageEligibilityRequest.serviced";
    day.get(..10).unwrap_or(day).parse().map_err(|_| {
        wrong(place, "受診日は YYYY-MM-DD が必要です。", "Expected the day of service as YYYY-MM-DD.")
    })
}

fn known_at(resource: &Value) -> Result<Option<Timestamp>, Problem> {
    let Some(extension) = extension(resource, system::KNOWN_AT) else { return Ok(None) };
    let instant = text(extension, "valueInstant").and_then(|text| text.parse().ok());
    let place = "CoverageEligibilityRequest.extension.valueInstant";
    instant.map(Some).ok_or_else(|| wrong(place, "日時（instant）が必要です。", "Expected an instant."))
}

fn presented(resource: &Value) -> Result<Presented, Problem> {
    if let Some(extension) = extension(resource, system::PRESENTED) {
        return wire::decode(text(extension, "valueString").unwrap_or_default().as_bytes());
    }
    let patient = resource.get("patient").unwrap_or(&Value::Null);
    let person = resolve(resource, patient).unwrap_or(patient);
    let inline = patient.get("identifier").filter(|i| text(i, "system") == Some(system::MEMBER_ID));
    let member = identifier(person, system::MEMBER_ID).or_else(|| inline.and_then(|i| text(i, "value")));
    let place = "CoverageEligibilityRequest.patient.identifier";
    let member = member.ok_or_else(|| {
        wrong(place, "JP_Insurance_memberID が必要です。", "Expected an identifier of JP_Insurance_memberID.")
    })?;
    let (insured, _) =
        InsuredPersonId::parse_warn(member).map_err(|e| wrong(place, &e.ja(), &e.to_string()))?;
    let birthdate = text(person, "birthDate").and_then(|day| day.parse().ok()).ok_or_else(|| {
        let place = "CoverageEligibilityRequest.patient.birthDate";
        wrong(
            place,
            "生年月日（contained の Patient.birthDate）が必要です。",
            "Expected Patient.birthDate in the contained Patient.",
        )
    })?;
    Ok(Presented::InsuredPerson { insured, birthdate })
}

/// The contained resource that a reference names.
fn resolve<'a>(resource: &'a Value, reference: &Value) -> Option<&'a Value> {
    let id = text(reference, "reference")?.strip_prefix('#')?;
    resource.get("contained")?.as_array()?.iter().find(|c| text(c, "id") == Some(id))
}

fn identifier<'a>(resource: &'a Value, system: &str) -> Option<&'a str> {
    let all = resource.get("identifier")?.as_array()?;
    all.iter().find(|i| text(i, "system") == Some(system)).and_then(|i| text(i, "value"))
}

fn extension<'a>(resource: &'a Value, url: &str) -> Option<&'a Value> {
    resource.get("extension")?.as_array()?.iter().find(|e| text(e, "url") == Some(url))
}

fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key)?.as_str()
}

fn wrong(place: &str, ja: &str, en: &str) -> Problem {
    Problem::new(400, "bad-field")
        .ja("項目の内容が正しくありません。")
        .en("A field is not as expected.")
        .detail(ja, en)
        .at(place)
}
