//! What the tests of this crate share.

#![allow(dead_code, reason = "each test binary uses its part")]

use std::path::PathBuf;

use musubi_checkup::{
    Address, Code, Document, Identifier, Observation, Organisation, Person, Range, Related, Section, Ticket,
    Value, oid,
};

/// A folder of the shared test data; says so when it is missing.
pub fn shared(path: &str) -> Option<PathBuf> {
    let found = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../../shared/data")).join(path);
    if found.exists() {
        return Some(found);
    }
    println!("skipped: {} is missing", found.display());
    None
}

/// A quantity item.
pub fn quantity(code: &str, value: &str, unit: &str) -> Observation {
    Observation {
        code: Code::new(code, oid::ITEM),
        value: Some(Value::Quantity { value: value.to_owned(), unit: unit.to_owned() }),
        ..Observation::default()
    }
}

/// A coded item.
pub fn answer(code: &str, answer: &str, system: &str) -> Observation {
    let code_system = format!("{}{system}", oid::ROOT);
    Observation {
        code: Code::new(code, oid::ITEM),
        value: Some(Value::Coded { code: Code::new(answer, code_system), ordinal: false }),
        ..Observation::default()
    }
}

/// An item in words.
pub fn words(code: &str, text: &str) -> Observation {
    Observation {
        code: Code::new(code, oid::ITEM),
        value: Some(Value::Text { text: text.to_owned() }),
        ..Observation::default()
    }
}

/// A whole check: a man of 52, everything that phase 4 requires.
pub fn whole() -> Document {
    let institution = Organisation {
        ids: vec![Identifier::new(oid::INSTITUTION, "1311234569")],
        name: Some("北病院".to_owned()),
        telecoms: vec!["tel:03-0000-0000".to_owned()],
        address: Some(Address {
            postal_code: Some("100-0001".to_owned()),
            text: "東京都千代田区千代田９－９".to_owned(),
        }),
    };
    Document {
        report: Code::new("10", oid::REPORT),
        created: "20261120".to_owned(),
        authored: "20261120".to_owned(),
        person: Person {
            ids: vec![
                Identifier::new(oid::INSURER, "01130012"),
                Identifier::new(oid::SYMBOL, "１２３"),
                Identifier::new(oid::NUMBER, "４５６"),
            ],
            name: Some("ケンシン　タロウ".to_owned()),
            written_name: None,
            relationship: None,
            sex: Code::new("1", oid::SEX),
            birth: "19740504".to_owned(),
            address: Some(Address {
                postal_code: Some("123-4567".to_owned()),
                text: "港区１－２－３".to_owned(),
            }),
            telecoms: Vec::new(),
        },
        author: institution.clone(),
        ticket: Some(Ticket {
            kind: Code::new("1", oid::TICKET_KIND),
            ids: vec![Identifier::new("1.2.392.200119.6.209.101130012", "26100000123")],
            until: Some("20270331".to_owned()),
            insurer: Some(Identifier::new(oid::INSURER, "01130012")),
        }),
        program: Code::new("010", oid::PROGRAM),
        date: "20261101".to_owned(),
        performer: institution,
        sections: vec![Section {
            code: Code::new("01010", oid::SECTION).named("検査・問診結果セクション"),
            title: Some("検査・問診結果セクション".to_owned()),
            observations: items(),
        }],
        ..Document::default()
    }
}

fn items() -> Vec<Observation> {
    let mut triglyceride = quantity("3F015000002327101", "160", "mg/dL");
    triglyceride.method = Some(Code::new("3F01510000", oid::METHOD));
    triglyceride.interpretations = vec![Code::new("H", "2.16.840.1.113883.5.83")];
    triglyceride.range =
        Some(Range { low: Some("50".into()), high: Some("149".into()), unit: "mg/dL".into() });
    let mut doctor = words("9N511000000000049", "生活習慣を見直しましょう。");
    doctor.author = Some("東京　太郎".to_owned());
    let history = Observation {
        related: vec![
            Related { relation: "COMP".into(), observation: answer("9N056000000000011", "1", "2001") },
            Related { relation: "COMP".into(), observation: words("9N056160400000049", "ヘルニア") },
        ],
        ..Observation::default()
    };
    let mut protein = answer("1A010000000191111", "1", "2102");
    protein.value =
        Some(Value::Coded { code: Code::new("1", "1.2.392.200119.6.2102").named("－"), ordinal: true });
    let sugar = Observation {
        code: Code::new("1A020000000191111", oid::ITEM),
        value: Some(Value::Missing { kind: "CO".to_owned(), flavour: "NI".to_owned() }),
        ..Observation::default()
    };
    vec![
        quantity("9N001000000000001", "170.0", "cm"),
        quantity("9N006000000000001", "78.0", "kg"),
        quantity("9N011000000000001", "27.0", "kg/m2"),
        quantity("9N016160100000001", "91.0", "cm"),
        history,
        answer("9N061000000000011", "2", "2001"),
        answer("9N066000000000011", "2", "2001"),
        quantity("9A751000000000001", "134", "mm[Hg]"),
        quantity("9A761000000000001", "82", "mm[Hg]"),
        triglyceride,
        quantity("3F070000002327101", "48", "mg/dL"),
        quantity("3F077000002327101", "118", "mg/dL"),
        quantity("3B035000002327201", "24", "U/L"),
        quantity("3B045000002327201", "31", "U/L"),
        quantity("3B090000002327101", "40", "U/L"),
        quantity("3D010000001926101", "104", "mg/dL"),
        quantity("3D046000001906202", "5.5", "%"),
        sugar,
        protein,
        Observation {
            code: Code::new("9A110160700000011", oid::ITEM),
            not_done: true,
            ..Observation::default()
        },
        answer("9N501000000000011", "1", "1008"),
        answer("9N506000000000011", "1", "3001"),
        doctor,
        answer("9N701000000000011", "2", "2003"),
        answer("9N706000000000011", "2", "2003"),
        answer("9N711000000000011", "2", "2003"),
        answer("9N736000000000011", "3", "24060"),
    ]
}
