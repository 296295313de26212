//! SS-MIX2: what is written is read again the same, what a guideline shows is read, and nothing makes it panic.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use calendar::{Date, Timestamp};
use musubi_records::{
    hl7v2::Message,
    ssmix2::{
        Allergy, Amount, Coded, DataKind, Doctor, FileName, Flag, Insurance, LabItem, LabValue, Laboratory,
        Modifier, Name, Person, Prescription, PrescriptionItem, Problem, Problems, Sex, Source, Storage,
        StorageProblem, Visit, convert, write,
    },
    tree::Number,
};
use proptest::prelude::*;

fn source() -> Source {
    Source { institution: "1311234567".to_owned() }
}

fn file(kind: DataKind, date: Option<&str>, order: &str) -> FileName {
    FileName {
        patient_id: "00001234".to_owned(),
        date: date.map(|day| Date::from_compact(day).unwrap()),
        kind,
        order: order.to_owned(),
        occurred: "2026-11-20T10:15:30.123+09:00".parse().unwrap(),
        department: Some("01".to_owned()),
        flag: Flag::Valid,
    }
}

/// A text as people type it, without the blanks around that a message may lose.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zA-Z0-9|^~&\\\\]{1,8}",
        "[ぁ-んァ-ヶ一-龥]{1,8}",
        "[①㈱髙﨑ｱ-ﾝ\u{20BB7}]{1,4}",
        "[a-z一-龥]{1,4}\n[a-z]{1,4}",
    ]
}

fn maybe_text() -> impl Strategy<Value = String> {
    prop_oneof![Just(String::new()), text()]
}

fn plain_coded() -> impl Strategy<Value = Coded> {
    (text(), text(), "[A-Z0-9]{2,6}").prop_map(|(code, name, system)| Coded::new(&code, &name, &system))
}

fn coded() -> impl Strategy<Value = Coded> {
    (plain_coded(), proptest::option::of(plain_coded()))
        .prop_map(|(own, other)| Coded { alternate: other.map(Box::new), ..own })
}

fn day() -> impl Strategy<Value = Date> {
    (1930i16..2027, 1i8..13, 1i8..29).prop_map(|(y, m, d)| Date::new(y, m, d).unwrap())
}

fn instant() -> impl Strategy<Value = Timestamp> {
    (0i64..1_900_000_000_000).prop_map(Timestamp::from_millis)
}

fn number() -> impl Strategy<Value = Number> {
    prop_oneof![Just("0.5"), Just("1"), Just("1.50"), Just("-3.2"), Just("1400"), Just("12.000")]
        .prop_map(|text| Number::new(text).unwrap())
}

fn amount() -> impl Strategy<Value = Amount> {
    (number(), proptest::option::of(coded())).prop_map(|(value, unit)| Amount { value, unit })
}

fn visit() -> impl Strategy<Value = Visit> {
    let doctor = (text(), text(), maybe_text())
        .prop_map(|(id, family, given)| Doctor { id, name: Name { family, given } });
    (any::<bool>(), proptest::option::of(coded()), proptest::option::of(doctor))
        .prop_map(|(inpatient, department, doctor)| Visit { inpatient, department, doctor })
}

fn person() -> impl Strategy<Value = Person> {
    let insurance = (coded(), "[0-9]{8}", maybe_text(), text(), "[0-9]{2}", proptest::option::of(day()))
        .prop_map(|(plan, insurer, symbol, number, branch, from)| Insurance {
            plan,
            insurer,
            symbol,
            number,
            branch,
            from,
        });
    let allergy =
        (coded(), coded(), proptest::option::of(coded()), maybe_text(), proptest::option::of(day()))
            .prop_map(|(kind, allergen, severity, reaction, identified)| Allergy {
                kind,
                allergen,
                severity,
                reaction,
                identified,
            });
    (
        (text(), text(), text(), text()),
        proptest::option::of(day()),
        prop_oneof![Just(Sex::Male), Just(Sex::Female), Just(Sex::Other), Just(Sex::Unknown)],
        ("[0-9]{3}-[0-9]{4}", text(), maybe_text()),
        proptest::collection::vec(insurance, 0..3),
        proptest::collection::vec(allergy, 0..3),
    )
        .prop_map(
            |((f, g, fk, gk), birth, sex, (postal_code, address, phone), insurances, allergies)| Person {
                patient_id: "00001234".to_owned(),
                name: Name { family: f, given: g },
                kana: Name { family: fk, given: gk },
                birth,
                sex,
                postal_code,
                address,
                phone,
                insurances,
                allergies,
            },
        )
}

fn prescription() -> impl Strategy<Value = Prescription> {
    let item = (
        (1u32..4, coded(), proptest::option::of(plain_coded())),
        (proptest::option::of(amount()), proptest::option::of(amount()), proptest::option::of(amount())),
        (proptest::option::of(plain_coded()), proptest::option::of(1u32..91), proptest::option::of(1u32..20)),
        (
            proptest::option::of(day()),
            proptest::option::of(coded()),
            proptest::collection::vec(coded(), 0..3),
        ),
    )
        .prop_map(
            |(
                (group, drug, yj),
                (dose, daily, quantity),
                (usage, days, times),
                (start, route, categories),
            )| {
                let yj = yj.map(|yj| Coded { system: "YJ".to_owned(), ..yj });
                PrescriptionItem {
                    group,
                    drug,
                    yj,
                    dose,
                    daily,
                    quantity,
                    usage,
                    days,
                    times,
                    start,
                    route,
                    categories,
                }
            },
        );
    (instant(), visit(), proptest::collection::vec(item, 1..5)).prop_map(|(ordered, visit, items)| {
        Prescription {
            patient_id: "00001234".to_owned(),
            order: "000000011000185".to_owned(),
            ordered,
            visit,
            items,
        }
    })
}

fn laboratory() -> impl Strategy<Value = Laboratory> {
    let value = prop_oneof![
        number().prop_map(|n| LabValue::Number(None, n)),
        (prop_oneof![Just("<"), Just("<="), Just(">="), Just(">")], number())
            .prop_map(|(comparator, n)| LabValue::Number(Some(comparator), n)),
        coded().prop_map(LabValue::Coded),
        text().prop_map(LabValue::Text),
        Just(LabValue::Absent),
    ];
    let flags = proptest::collection::vec(prop_oneof![Just("H".to_owned()), Just("L".to_owned())], 0..2);
    let item = (
        (coded(), "[0-9]{0,2}", value),
        (proptest::option::of(coded()), maybe_text(), flags),
        (prop_oneof![Just("F"), Just("P"), Just("C")], instant(), proptest::option::of(coded())),
    )
        .prop_map(|((test, sub_id, value), (unit, range, flags), (status, observed, specimen))| {
            LabItem { test, sub_id, value, unit, range, flags, status: status.to_owned(), observed, specimen }
        });
    (instant(), visit(), proptest::collection::vec(item, 1..5)).prop_map(|(reported, visit, items)| {
        Laboratory {
            patient_id: "00001234".to_owned(),
            order: "000000011000354".to_owned(),
            reported,
            visit,
            items,
        }
    })
}

fn problems() -> impl Strategy<Value = Problems> {
    let modifier = (any::<bool>(), coded()).prop_map(|(before, coded)| Modifier { before, coded });
    let entry = (
        (coded(), maybe_text(), proptest::option::of(coded()), proptest::option::of(plain_coded())),
        (maybe_text(), proptest::collection::vec(modifier, 0..3), any::<bool>(), visit()),
        (proptest::option::of(day()), proptest::option::of(day()), proptest::option::of(day())),
        (proptest::option::of(coded()), proptest::option::of(coded()), proptest::option::of(coded())),
    )
        .prop_map(
            |(
                (disease, instance, exchange, icd10),
                (text, mut modifiers, suspected, visit),
                (onset, diagnosed, resolved),
                (outcome, ranking, confidentiality),
            )| {
                modifiers.sort_by_key(|modifier| !modifier.before);
                Problem {
                    disease,
                    instance,
                    exchange,
                    icd10,
                    text,
                    modifiers,
                    onset,
                    diagnosed,
                    resolved,
                    outcome,
                    suspected,
                    ranking,
                    confidentiality,
                    visit,
                }
            },
        );
    proptest::collection::vec(entry, 1..4)
        .prop_map(|entries| Problems { patient_id: "00001234".to_owned(), entries })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_person_comes_back(person in person()) {
        let name = file(DataKind::Adt00, None, FileName::NO_ORDER);
        let bytes = person.write(&name, "北病院");
        prop_assert_eq!(Person::read(&Message::parse(&bytes).unwrap(), &name).unwrap(), person.clone());
        let converted = convert(&name, &bytes, &source()).unwrap();
        prop_assert_eq!(converted.resources.len(), 1 + person.allergies.len());
        let patient = &converted.resources[0];
        prop_assert_eq!(patient.get("name.family"), Some(person.name.family.as_str()));
        prop_assert_eq!(patient.get("birthDate").map(str::to_owned), person.birth.map(|b| b.to_string()));
        prop_assert_eq!(convert(&name, &bytes, &source()).unwrap(), converted);
    }

    #[test]
    fn a_prescription_comes_back(prescription in prescription()) {
        let name = file(DataKind::Omp01, Some("20261120"), &prescription.order);
        let bytes = prescription.write(&name, "北病院");
        prop_assert_eq!(Prescription::read(&Message::parse(&bytes).unwrap(), &name).unwrap(), prescription.clone());
        let converted = convert(&name, &bytes, &source()).unwrap();
        prop_assert_eq!(converted.resources.len(), prescription.items.len());
        for (resource, item) in converted.resources.iter().zip(&prescription.items) {
            prop_assert_eq!(resource.get("medicationCodeableConcept.coding.code"), Some(item.drug.code.as_str()));
            let total = resource.node().at("dispenseRequest.quantity.value").and_then(|n| n.as_number());
            prop_assert_eq!(total, item.quantity.as_ref().map(|quantity| &quantity.value));
        }
        all_differ(&converted.resources);
    }

    #[test]
    fn results_come_back(laboratory in laboratory()) {
        let name = file(DataKind::Oml11, Some("20261120"), &laboratory.order);
        let bytes = laboratory.write(&name, "北病院");
        prop_assert_eq!(Laboratory::read(&Message::parse(&bytes).unwrap(), &name).unwrap(), laboratory.clone());
        let converted = convert(&name, &bytes, &source()).unwrap();
        prop_assert_eq!(converted.resources.len(), laboratory.items.len());
        for (resource, item) in converted.resources.iter().zip(&laboratory.items) {
            prop_assert_eq!(resource.get("code.coding.code"), Some(item.test.code.as_str()));
            let value = resource.node().at("valueQuantity.value").and_then(|n| n.as_number());
            let expected = match &item.value { LabValue::Number(_, n) => Some(n), _ => None };
            prop_assert_eq!(value, expected);
        }
        all_differ(&converted.resources);
    }

    #[test]
    fn a_problem_list_comes_back(problems in problems()) {
        let name = file(DataKind::Ppr01, None, FileName::NO_ORDER);
        let bytes = problems.write(&name, "北病院");
        prop_assert_eq!(Problems::read(&Message::parse(&bytes).unwrap(), &name).unwrap(), problems.clone());
        let converted = convert(&name, &bytes, &source()).unwrap();
        prop_assert_eq!(converted.resources.len(), problems.entries.len());
        all_differ(&converted.resources);
    }

    #[test]
    fn damage_is_an_error_or_another_message_and_never_a_panic(
        prescription in prescription(),
        cut in 0usize..4000,
        at in 0usize..4000,
        byte in any::<u8>(),
    ) {
        let name = file(DataKind::Omp01, Some("20261120"), "1");
        let mut bytes = prescription.write(&name, "北病院");
        let length = bytes.len();
        bytes[at % length] = byte;
        bytes.truncate(cut.max(1));
        if let Err(error) = convert(&name, &bytes, &source()) {
            prop_assert!(!error.to_string().is_empty() && !error.ja().is_empty());
        }
    }
}

fn all_differ(resources: &[musubi_records::Resource]) {
    let ids: std::collections::HashSet<_> = resources.iter().map(|resource| resource.id().unwrap()).collect();
    assert_eq!(ids.len(), resources.len(), "two resources of one file have one id");
}

/// The shape of the guideline's own messages (HOT9, JAMISDP01, JC10, MDCDX2, kanji by ISO 2022), with our persons.
#[test]
fn a_hospital_s_messages_are_read() {
    let header = |kind: &str| {
        format!(
            "MSH|^~\\&|HIS123|SEND|GW|RCV|20261120101530.123||{kind}|20261120000001|P|2.5||||||~ISO IR87||ISO 2022-1994\r"
        )
    };
    let pid = "PID|0001||00001234^^^^PI||\x1B$B45<T\x1B(B^\x1B$BB@O:\x1B(B^^^^^L^I~\x1B$B%+%s%8%c\x1B(B^\x1B$B%?%m%&\x1B(B^^^^^L^P||19480405|M\r";
    let omp = format!(
        "{}{pid}PV1|0001|O|01^^^^^C\r\nORC|NW|000000011000185||1|||||20261120103045|||110^A^B|||||01^C^99XY1||||||||||||O^D^HL70482\r\n\
         RXE||103835401^X^HOT9|1||TAB^T^MR9P|||||9|TAB^T^MR9P||||||||3^TAB&T&MR9P||OHP^E^MR9P~OHI^F^MR9P\n\
         TQ1|1||1013044400000000&U&JAMISDP01|||3^d|20261120\nRXR|PO^P^HL70162\nZZZ|what we do not know\n",
        header("RDE^O11^RDE_O11"),
    );
    let converted =
        convert(&file(DataKind::Omp01, Some("20261120"), "000000011000185"), omp.as_bytes(), &source())
            .unwrap();
    let request = &converted.resources[0];
    assert_eq!(converted.passed_over, ["ZZZ"]);
    assert_eq!(request.get("authoredOn"), Some("2026-11-20T10:30:45+09:00"));
    assert_eq!(
        request.get("medicationCodeableConcept.coding.system"),
        Some("http://medis.or.jp/CodeSystem/master-HOT9")
    );
    assert_eq!(request.get("dosageInstruction.route.coding.code"), Some("PO"));
    assert_eq!(
        request
            .node()
            .at("dosageInstruction.timing.repeat.boundsDuration.value")
            .unwrap()
            .as_number()
            .unwrap()
            .as_str(),
        "3"
    );

    let oml = format!(
        "{}{pid}PV1|0001|O|01^^^^^C\rSPM|1|1||023^S^JC10|||||||||||||202611191500\rOBR|1|354|354|E001^H^99O03|||20261119||||||||||||||||20261120103059\r\
         ORC|SC|354||||||||||607^A\rOBX|1|NM|3A015000002327101^ALB^JC10||4.9|g/dl^g/dl^99XYZ|3.7-5.5|H|||F|||202611191500\r\
         OBX|2|SN|5F500145302287501^HIV^JC10||<^20|||||F\rOBX|3|ST|X1^?^99LAB||(-)||||||F\r",
        header("OUL^R22^OUL_R22"),
    );
    let converted =
        convert(&file(DataKind::Oml11, Some("20261119"), "354"), oml.as_bytes(), &source()).unwrap();
    let [albumin, hiv, local] = converted.resources.as_slice() else { panic!("three results") };
    assert_eq!(albumin.node().at("referenceRange.high.value").unwrap().as_number().unwrap().as_str(), "5.5");
    assert_eq!(albumin.get("effectiveDateTime"), Some("2026-11-19T15:00:00+09:00"));
    assert_eq!(albumin.get("interpretation.coding.code"), Some("H"));
    assert_eq!(hiv.get("valueQuantity.comparator"), Some("<"));
    assert_eq!(local.node().all("code.coding.code").len(), 2, "its own code and the word that there is none");

    let ppr = format!(
        "{}{pid}PRB|AD|20260915|20054174^K^MDCDX2|123|||20260831||20260915|K297^^I10^O^G^JHSD0004||||N^N^HL70241|20260915|20260831|K|1^M^JHSD0007|||||||V^V^HL70177\r\
         ZPR||20054174^K^MDCDX2|||TSQF^K^MDCDX2\rZI1|1\rPRB|DE|20260915|1^old^MDCDX2|124\rZPR||1^old^MDCDX2\r",
        header("PPR^ZD1^PPR_ZD1"),
    );
    let converted =
        convert(&file(DataKind::Ppr01, None, FileName::NO_ORDER), ppr.as_bytes(), &source()).unwrap();
    let [gastritis] = converted.resources.as_slice() else { panic!("one diagnosis: the other was deleted") };
    assert_eq!(gastritis.node().all("code.coding").len(), 3);
    assert_eq!(gastritis.get("clinicalStatus.coding.code"), Some("inactive"), "con-4: it has ended");
    assert_eq!(gastritis.get("meta.security.code"), Some("V"));
}

#[test]
fn a_fault_is_named_with_segment_and_field() {
    let name = file(DataKind::Omp01, Some("20261120"), "1");
    let message = |body: &str| format!("MSH|^~\\&|A|B|||20261120||RDE^O11|1|P|2.5\rPID|1||{body}\r");
    for (body, place) in [
        (
            "00009999\rORC|NW|1",
            "segment 2, PID-3: expected the patient's number of the file's name, found \"00009999\"",
        ),
        ("1234", "message: expected ORC"),
        ("1234\rORC|NW|1||x\rRXE||1^X^HOT9", "segment 3, ORC-4: expected a group's number, found \"x\""),
        ("1234\rORC|NW|1\rRXE||", "segment 4, RXE-2: expected a drug"),
        ("1234\rORC|NW|1\rRXE||1^X^HOT9|many", "segment 4, RXE-3: expected a number, found \"many\""),
        (
            "1234\rORC|NW|1\rRXE||1^X^HOT9\rTQ1|||||||2026",
            "segment 5, TQ1-7: expected a day as yyyyMMdd, found \"2026\"",
        ),
        ("1234\rORC|NW|1|||||||99", "segment 3, ORC-9: expected a time as yyyyMMddHHmmss, found \"99\""),
        (
            "1234\rORC|NW\rlower",
            "segment 4 (): \"lower\" is not a segment's name, expected three capital letters or digits",
        ),
        ("\x1B$Bxx\x01", "segment 2, PID-3: byte 0x01 is not ISO-2022-JP"),
        ("\x1B%G", "segment 2, PID-3: byte 0x1B is not an escape of ISO-2022-JP"),
    ] {
        let error = convert(&name, message(body).as_bytes(), &source()).unwrap_err();
        assert_eq!(error.to_string(), place);
        assert!(!error.ja().is_empty());
    }
    let error = convert(&name, message("1234").replace("PID", "P\u{30}D").as_bytes(), &source()).unwrap_err();
    assert_eq!(error.to_string(), "message: expected PID");
    let mut shift_jis = message("1234").into_bytes();
    shift_jis.extend([0x8A, 0xB3]);
    assert!(
        convert(&name, &shift_jis, &source())
            .unwrap_err()
            .to_string()
            .contains("byte 0x8A is not ISO-2022-JP")
    );
}

#[test]
fn a_storage_gives_of_each_order_the_file_that_counts() {
    let root = tempfile::tempdir().unwrap();
    let mut problems = Problems { patient_id: "00001234".to_owned(), entries: Vec::new() };
    let problem = |code: &str| Problem {
        disease: Coded::new(code, "胃炎", "MDCDX2"),
        instance: code.to_owned(),
        exchange: None,
        icd10: None,
        text: String::new(),
        modifiers: Vec::new(),
        onset: None,
        diagnosed: None,
        resolved: None,
        outcome: None,
        suspected: false,
        ranking: None,
        confidentiality: None,
        visit: Visit::default(),
    };
    let mut name = file(DataKind::Ppr01, None, FileName::NO_ORDER);
    problems.entries.push(problem("1"));
    write(root.path(), &name, &problems.write(&name, "A")).unwrap();
    problems.entries.push(problem("2"));
    name.occurred = name.occurred.add_millis(60_000);
    write(root.path(), &name, &problems.write(&name, "A")).unwrap();
    let deleted = file(DataKind::Omp01, Some("20261120"), "7");
    write(root.path(), &deleted, b"never read").unwrap();
    write(root.path(), &FileName { flag: Flag::Deleted, ..deleted }, b"").unwrap();
    let folder = root.path().join("000/012/00001234/20261120/OMP-01");
    std::fs::write(folder.join("notes.txt"), "?").unwrap();
    std::fs::write(folder.join("00009999_20261120_OMP-01_1_20261120101530123_01_1"), "?").unwrap();
    std::fs::write(folder.join("00001234_20261120_OMP-01_9_20261120101530123_01_1"), "MSH|^~\\&|A\rPID|||")
        .unwrap();

    let mut converted = Vec::new();
    let mut errors = Vec::new();
    for stored in Storage::open(root.path()).unwrap() {
        match stored.and_then(|stored| stored.convert(&source())) {
            Ok(one) => converted.push(one),
            Err(error) => errors.push(error),
        }
    }
    assert_eq!(
        converted.iter().map(|one| one.resources.len()).collect::<Vec<_>>(),
        [2, 0],
        "the later list; the deletion"
    );
    assert!(errors.iter().any(|e| matches!(e.problem, StorageProblem::Name(_))));
    assert!(errors.iter().any(|e| matches!(e.problem, StorageProblem::Misplaced(_))));
    let message = errors.iter().find(|e| matches!(e.problem, StorageProblem::Message(_))).unwrap();
    assert_eq!(
        message.to_string(),
        "000/012/00001234/20261120/OMP-01/00001234_20261120_OMP-01_9_20261120101530123_01_1: segment 2, PID-3: \
         expected the patient's number"
    );
    assert_eq!(errors.len(), 3);
    assert!(errors.iter().all(|error| !error.ja().is_empty()));
    // The same import again gives the same ids: it changes nothing.
    let again: Vec<_> =
        Storage::open(root.path()).unwrap().flatten().filter_map(|s| s.convert(&source()).ok()).collect();
    assert_eq!(again, converted);
}
