//! Delayed display (結果の説明まで本人への表示を待つこと): a doctor may hold an item back from the person's own pages until a day, so that
//! hard findings are told by somebody and not by a screen. The doctor's system says so in an extension of the resource.

use calendar::{Date, Timestamp};
use codes::ExchangeId;
use consent::Labels;
use records::{Node, node, tree};

use crate::service::records::Disclosed;

/// The extension: `valueDate`, or `date` (valueDate) and `tell` (valueBoolean, true unless said) inside.
pub const NOT_BEFORE: &str = "https://musubi.example/fhir/StructureDefinition/display-not-before";

/// The longest that something is held back after it was stored, in days: a hold is to be talked about, not a way to hide.
const DAYS_MAX: i32 = 90;

/// What a person's own question has held back so far.
#[derive(Debug, Default)]
pub struct Delay {
    names: Vec<String>,
    until: Option<Date>,
}

impl Delay {
    /// Takes out what may not be shown to the person today, and what refers to it.
    pub fn hold_back(&mut self, resources: Vec<Disclosed>, today: Date) -> Vec<Disclosed> {
        let mut shown = Vec::with_capacity(resources.len());
        for resource in resources {
            match self.held(&resource, today) {
                true => self.names.push(resource.name),
                false => shown.push(resource),
            }
        }
        shown
    }

    /// What stands for all that was held back, where its doctors let that be said: a day and nothing else.
    pub fn stand_in(&self, exchange: ExchangeId, at: Timestamp) -> Option<Disclosed> {
        let until = self.until?;
        let coding = node!({ "system": "https://musubi.example/fhir/CodeSystem/record", "code": "held" });
        let basic = node!({
            "resourceType": "Basic",
            "id": format!("held-{exchange}"),
            "code": node!({ "coding": node!([coding]) }),
            "created": until.to_string(),
        });
        Some(Disclosed {
            name: format!("Basic/held-{exchange}"),
            updated_at: at.as_millis(),
            labels: Labels::NONE,
            body: basic.to_vec(),
        })
    }

    fn held(&mut self, resource: &Disclosed, today: Date) -> bool {
        let text = String::from_utf8_lossy(&resource.body);
        if self.names.iter().any(|name| text.contains(&format!("{name}\""))) {
            return true;
        }
        if !text.contains(NOT_BEFORE) {
            return false;
        }
        let Ok(parsed) = tree::parse(&resource.body) else { return false };
        let stored = Timestamp::from_millis(resource.updated_at).date();
        let Some((until, tell)) = hold(&parsed) else { return false };
        let until = until.min(stored.add_days(DAYS_MAX));
        if until <= today {
            return false;
        }
        if tell {
            self.until = Some(self.until.map_or(until, |before| before.max(until)));
        }
        true
    }
}

/// The latest day of all holds in a tree, and whether every one of them may be told.
fn hold(node: &Node) -> Option<(Date, bool)> {
    let both = |a: (Date, bool), b: (Date, bool)| (a.0.max(b.0), a.1 && b.1);
    match node {
        Node::Array(items) => items.iter().filter_map(hold).reduce(both),
        Node::Object(object) => {
            let own = (node.text_at("url") == Some(NOT_BEFORE)).then(|| said(node)).flatten();
            object.iter().filter_map(|(_, value)| hold(value)).chain(own).reduce(both)
        }
        _ => None,
    }
}

fn said(extension: &Node) -> Option<(Date, bool)> {
    let part =
        |name: &str| extension.all("extension").into_iter().find(|part| part.text_at("url") == Some(name));
    let date = extension.text_at("valueDate").or_else(|| part("date")?.text_at("valueDate"))?;
    let tell = part("tell").and_then(|tell| tell.get("valueBoolean")?.as_bool());
    Some((Date::parse(date).ok()?, tell.unwrap_or(true)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resource(name: &str, json: &str) -> Disclosed {
        let stored = Timestamp::start_of("2026-11-01".parse().unwrap());
        let body = json.as_bytes().to_vec();
        Disclosed { name: name.into(), updated_at: stored.as_millis(), labels: Labels::NONE, body }
    }

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn what_a_doctor_holds_back_is_held_with_what_refers_to_it_until_its_day() {
        let held = format!(
            r#"{{"resourceType":"Observation","id":"1","extension":[{{"url":"{NOT_BEFORE}","valueDate":"2026-11-25"}}]}}"#
        );
        let all = || {
            vec![
                resource("Observation/1", &held),
                resource("Observation/10", r#"{"resourceType":"Observation","id":"10"}"#),
                resource(
                    "DiagnosticReport/2",
                    r#"{"resourceType":"DiagnosticReport","result":[{"reference":"Observation/1"}]}"#,
                ),
                resource(
                    "DiagnosticReport/3",
                    r#"{"resourceType":"DiagnosticReport","result":[{"reference":"Observation/10"}]}"#,
                ),
            ]
        };
        let mut delay = Delay::default();
        let shown = delay.hold_back(all(), day("2026-11-22"));
        let names: Vec<&str> = shown.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names, ["Observation/10", "DiagnosticReport/3"]);
        let told = delay.stand_in(ExchangeId::new(0), Timestamp::from_millis(0)).unwrap();
        let told = String::from_utf8(told.body).unwrap();
        assert!(told.contains("2026-11-25") && !told.contains("Observation"), "{told}");
        let mut delay = Delay::default();
        assert_eq!(delay.hold_back(all(), day("2026-11-25")).len(), 4, "its day has come");
        assert!(delay.stand_in(ExchangeId::new(0), Timestamp::from_millis(0)).is_none());
    }

    #[test]
    fn a_hold_may_be_silent_and_never_lasts_for_ever() {
        let silent = format!(
            r#"{{"resourceType":"Bundle","entry":[{{"resource":{{"resourceType":"Condition","extension":[{{"url":"{NOT_BEFORE}","extension":[
            {{"url":"date","valueDate":"2040-01-01"}},{{"url":"tell","valueBoolean":false}}]}}]}}}}]}}"#
        );
        let mut delay = Delay::default();
        assert!(delay.hold_back(vec![resource("Bundle/1", &silent)], day("2026-12-01")).is_empty());
        assert!(delay.stand_in(ExchangeId::new(0), Timestamp::from_millis(0)).is_none());
        let mut delay = Delay::default();
        assert_eq!(delay.hold_back(vec![resource("Bundle/1", &silent)], day("2027-02-01")).len(), 1);
    }
}
