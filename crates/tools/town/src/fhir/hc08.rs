//! 特定健診 as hc08: the same check as the FHIR report, with the answers and judgements that every check has.

use checkup::{
    Address, Code, Document, Identifier, Observation, Organisation, Section, Value,
    items::{self, ItemKind},
    oid,
};
use kotoba::to_full_kana;

use super::Scribe;
use super::checkup::Item;
use crate::checkups::compact;
use crate::clinical::chart::{Fact, VisitKind};
use crate::model::Family;

impl Scribe<'_> {
    /// The check-up as a document; none for another kind of visit.
    pub fn checkup_document(&self, family: &Family) -> Option<Document> {
        if self.visit.kind != VisitKind::Checkup {
            return None;
        }
        let day = compact(self.visit.day);
        let institution = Organisation {
            ids: vec![Identifier::new(oid::INSTITUTION, self.institution.code)],
            name: Some(self.institution.name.to_owned()),
            ..Organisation::default()
        };
        let mut document = Document {
            report: Code::new("10", oid::REPORT),
            program: Code::new("010", oid::PROGRAM),
            created: day.clone(),
            authored: day.clone(),
            date: day,
            author: institution.clone(),
            performer: institution,
            ..Document::default()
        };
        let row = self.row;
        let person = &mut document.person;
        let insurer = row.insurer_number.trim();
        let insurer = if insurer.is_empty() { String::new() } else { format!("{insurer:0>8}") };
        for (root, number) in [
            (oid::INSURER, insurer.as_str()),
            (oid::SYMBOL, row.symbol.trim()),
            (oid::NUMBER, row.number.trim()),
            (oid::BRANCH, row.branch.trim()),
        ] {
            person.ids.extend(Some(Identifier::new(root, number)).filter(|id| !id.extension.is_empty()));
        }
        person.name = Some(to_full_kana(&row.kana).replace(' ', "　"));
        person.sex = Code::new(row.sex.to_string(), oid::SEX);
        person.birth = compact(row.birth);
        person.address = Some(Address { postal_code: None, text: self.address.clone() });
        let mut observations: Vec<Observation> = self.items().iter().map(measured).collect();
        observations.extend(self.body_mass());
        observations.extend(self.answers(family));
        let code = Code::new("01010", oid::SECTION).named("検査・問診結果セクション");
        document.sections = vec![Section { title: code.name.clone(), code, observations }];
        judged(&mut document);
        Some(document)
    }

    fn body_mass(&self) -> Option<Observation> {
        let value =
            |code: &str| self.items().into_iter().find(|item| item.code == code).map(|item| item.value);
        let (height, weight) = (value("9N001000000000001")?, value("9N006000000000001")?);
        let value = format!("{:.1}", weight / (height / 100.0).powi(2));
        Some(observation("9N011000000000001", Value::Quantity { value, unit: "kg/m2".to_owned() }))
    }

    /// What the questionnaire and the doctor say where nothing else is known: nothing to note, and drugs for what the
    /// person is known to have.
    fn answers(&self, family: &Family) -> Vec<Observation> {
        let ill = |key: &str| {
            let own = family.visits.iter().filter(|visit| visit.slot == self.visit.slot);
            own.flat_map(|visit| &visit.facts).any(|fact| {
                matches!(fact, Fact::Diagnosis { disease, since, .. }
                    if disease.key == key && *since <= self.visit.day)
            })
        };
        let drugs = |key: &str| if ill(key) { "1" } else { "2" };
        let answers = [
            ("9N056000000000011", "2"),
            ("9N061000000000011", "2"),
            ("9N066000000000011", "2"),
            ("1A020000000191111", "1"),
            ("1A010000000191111", "1"),
            ("9N701000000000011", drugs("hypertension")),
            ("9N706000000000011", drugs("diabetes")),
            ("9N711000000000011", drugs("dyslipidemia")),
            // One in five smokes, the same ones every year.
            ("9N736000000000011", if self.person.number.is_multiple_of(5) { "1" } else { "3" }),
        ];
        answers.into_iter().map(|(code, answer)| answered(code, answer)).collect()
    }
}

/// The judgements that the measurements give, and the doctor who made them.
fn judged(document: &mut Document) {
    let judged = document.judge();
    let mut words = observation(
        "9N511000000000049",
        Value::Text {
            text: format!("メタボリックシンドローム判定：{}", judged.metabolic.ja())
        },
    );
    words.author = Some("健診　医師".to_owned());
    let all = [
        answered("9N501000000000011", judged.metabolic.code()),
        answered("9N506000000000011", judged.level.code()),
        words,
    ];
    if let Some(section) = document.sections.first_mut() {
        section.observations.extend(all);
    }
}

fn measured(item: &Item) -> Observation {
    let decimals = usize::from(item.decimals);
    let value = format!("{:.decimals$}", item.value);
    let known = items::item(item.code);
    let unit = known.map_or(item.ucum, |known| known.ucum.as_str()).to_owned();
    let mut found = observation(item.code, Value::Quantity { value, unit });
    let method = known.map(|known| known.method.as_str()).filter(|method| !method.is_empty());
    found.method = method.map(|method| Code::new(method, oid::METHOD));
    found
}

fn answered(code: &str, answer: &str) -> Observation {
    let item = items::item(code);
    let system = item.map(|item| item.system.as_str()).unwrap_or_default();
    let ordinal = item.is_some_and(|item| item.kind == ItemKind::Ordinal);
    observation(code, Value::Coded { code: Code::new(answer, system), ordinal })
}

fn observation(code: &str, value: Value) -> Observation {
    let name = items::item(code).map(|item| item.name.clone());
    let code = Code { code: code.to_owned(), system: oid::ITEM.to_owned(), name };
    Observation { code, value: Some(value), ..Observation::default() }
}
