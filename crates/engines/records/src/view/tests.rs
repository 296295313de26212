//! What people read of each kind of resource.

use super::*;
use crate::tree::parse;

fn shown(json: &str) -> Shown {
    show(&parse(json.as_bytes()).unwrap())
}

fn fact(shown: &Shown, name: &str) -> String {
    let found = shown.facts.iter().find(|fact| fact.name.0 == name || fact.name.1 == name);
    match found.map(|fact| &fact.value) {
        Some(Value::Text(text)) => text.clone(),
        Some(Value::Day(day)) => day.to_string(),
        Some(Value::Words(ja, _)) => (*ja).to_owned(),
        None => panic!("no {name} among {:?}", shown.facts),
    }
}

const LAB: &str = r#"{"resourceType":"Observation","id":"o1","status":"final",
    "category":[{"coding":[{"code":"laboratory"}]}],
    "code":{"coding":[{"system":"http://medis.or.jp/CodeSystem/master-JLAC10-17digits","code":"3D046000001920402","display":"HbA1c(NGSP)"}],"text":"HbA1c"},
    "subject":{"reference":"Patient/1"},"effectiveDateTime":"2026-04-01T09:00:00+09:00",
    "valueQuantity":{"value":7.10,"unit":"%"},"referenceRange":[{"low":{"value":4.9},"high":{"value":6.0}}],
    "specimen":{"display":"血液"},"note":[{"text":"再検"}]}"#;

#[test]
fn a_result_has_its_value_to_the_digit_its_range_and_how_it_stands() {
    let shown = shown(LAB);
    assert_eq!((shown.title.as_str(), shown.value.as_str()), ("HbA1c", "7.10 %"));
    assert_eq!((shown.flag, shown.kind), (Some(Flag::High), Category::Laboratory));
    assert_eq!(fact(&shown, "基準値"), "4.9〜6.0");
    assert_eq!((fact(&shown, "検体"), fact(&shown, "メモ")), ("血液".into(), "再検".into()));
    assert_eq!(shown.day.unwrap().to_string(), "2026-04-01");
}

#[test]
fn components_and_missing_values_are_told() {
    let pressure = shown(
        r#"{"resourceType":"Observation","id":"o","status":"final","code":{"text":"血圧"},"component":[
        {"code":{"text":"収縮期"},"valueQuantity":{"value":142,"unit":"mmHg"}},
        {"code":{"text":"拡張期"},"valueQuantity":{"value":88,"unit":"mmHg"}}]}"#,
    );
    assert_eq!(pressure.value, "収縮期 142 mmHg、拡張期 88 mmHg");
    let absent = shown(
        r#"{"resourceType":"Observation","id":"o","status":"registered","code":{"text":"尿糖"},"dataAbsentReason":{"text":"検体不良"}}"#,
    );
    assert_eq!((absent.value.as_str(), fact(&absent, "状態").as_str()), ("値なし（検体不良）", "結果待ち"));
}

#[test]
fn an_allergy_says_what_happens_and_a_refuted_one_is_over() {
    let allergy = |status: &str| {
        shown(&format!(
            r#"{{"resourceType":"AllergyIntolerance","id":"a","category":["medication"],"criticality":"high",
            "verificationStatus":{{"coding":[{{"code":"{status}"}}]}},"code":{{"text":"ペニシリン"}},
            "reaction":[{{"manifestation":[{{"text":"アナフィラキシー"}}],"severity":"severe"}}]}}"#
        ))
    };
    let known = allergy("confirmed");
    assert_eq!((known.title.as_str(), known.value.as_str()), ("ペニシリン", "アナフィラキシー"));
    assert_eq!((known.flag, known.kind, known.over), (Some(Flag::Grave), Category::Contraindication, false));
    assert!(allergy("refuted").over);
}

#[test]
fn a_prescription_says_how_it_is_taken_and_how_long() {
    let drug = shown(
        r#"{"resourceType":"MedicationRequest","id":"m","status":"completed","intent":"order",
        "medicationCodeableConcept":{"coding":[{"display":"アムロジピン錠5mg"}]},"authoredOn":"2026-04-01",
        "dosageInstruction":[{"text":"１日１回朝食後"}],"dispenseRequest":{"expectedSupplyDuration":{"value":28,"unit":"日"}},
        "requester":{"display":"石川 聡"},"priority":"urgent"}"#,
    );
    assert_eq!((drug.title.as_str(), drug.value.as_str()), ("アムロジピン錠5mg", "１日１回朝食後"));
    assert_eq!((fact(&drug, "日数"), fact(&drug, "処方した人")), ("28日".into(), "石川 聡".into()));
    assert_eq!(fact(&drug, "priority"), "urgent", "a field that has no form is shown all the same");
}

#[test]
fn a_document_is_read_chapter_by_chapter_with_what_it_refers_to() {
    let document = shown(
        r#"{"resourceType":"Bundle","id":"d","type":"document","timestamp":"2026-03-01T10:00:00+09:00","entry":[
        {"fullUrl":"urn:uuid:1","resource":{"resourceType":"Composition","id":"c","status":"final","title":"診療情報提供書",
         "type":{"coding":[{"code":"57133-1"}]},"date":"2026-03-01","author":[{"reference":"urn:uuid:2"}],
         "section":[{"title":"構造情報","section":[{"title":"傷病名","text":{"div":"<div>高血圧<br/>糖尿病 &amp; 他</div>"},
          "entry":[{"reference":"urn:uuid:3"}]}]}]}},
        {"fullUrl":"urn:uuid:2","resource":{"resourceType":"Practitioner","id":"p","name":[{"text":"石川 聡"}]}},
        {"fullUrl":"urn:uuid:3","resource":{"resourceType":"Condition","id":"x","code":{"text":"２型糖尿病"}}}]}"#,
    );
    assert_eq!((document.title.as_str(), document.kind), ("診療情報提供書", Category::Referral));
    assert_eq!(
        (fact(&document, "作成日"), fact(&document, "作成者")),
        ("2026-03-01".into(), "石川 聡".into())
    );
    let chapters: Vec<_> = document.chapters.iter().map(|c| (c.title.as_str(), c.depth)).collect();
    assert_eq!(chapters, [("構造情報", 0), ("傷病名", 1)]);
    assert_eq!(document.chapters[1].paragraphs, ["高血圧", "糖尿病 & 他", "２型糖尿病"]);
}

#[test]
fn a_file_of_text_is_read_and_any_other_named() {
    let text = shown(
        r#"{"resourceType":"DocumentReference","id":"r","status":"current","type":{"text":"経過"},"content":[
        {"attachment":{"contentType":"text/plain; charset=utf-8","data":"6Imv5aW9","title":"入院中経過"}},
        {"attachment":{"contentType":"application/pdf","title":"検査報告"}}]}"#,
    );
    assert_eq!(text.chapters[0].paragraphs, ["良好"]);
    assert!(fact(&text, "添付").contains("検査報告"));
}

#[test]
fn nothing_is_dropped_of_what_the_program_does_not_know() {
    let unknown = shown(
        r#"{"resourceType":"VisionPrescription","id":"v","status":"active","created":"2026-02-03","lensSpecification":[
        {"eye":"right","sphere":-2.25,"prism":[{"amount":0.5,"base":"up"}]}],"modifierExtension":[{"url":"x","valueBoolean":true}]}"#,
    );
    assert_eq!(unknown.title, "VisionPrescription");
    assert_eq!(fact(&unknown, "lensSpecification 1.sphere"), "-2.25");
    assert_eq!(fact(&unknown, "lensSpecification 1.prism 1.base"), "up");
    assert_eq!(fact(&unknown, "created"), "令和8年2月3日（2026-02-03）");
    assert!(fact(&unknown, "modifierExtension 1.valueBoolean").contains("はい"));
}

#[test]
fn series_of_two_institutions_are_one_by_the_shared_code_and_drawn() {
    let first = parse(LAB.as_bytes()).unwrap();
    let second = parse(
        LAB.replace("\"text\":\"HbA1c\"", "\"text\":\"ヘモグロビンA1c\"").replace("7.10", "5.5").as_bytes(),
    )
    .unwrap();
    let day = |text: &str| text.parse::<Date>().unwrap();
    let all = series([(0, day("2026-04-01"), &first), (1, day("2026-08-01"), &second)].into_iter());
    assert_eq!(all.len(), 1);
    let values: Vec<_> = all[0].points.iter().map(|p| (p.text.as_str(), p.flag, p.source)).collect();
    assert_eq!(values, [("7.10 %", Some(Flag::High), 0), ("5.5 %", None, 1)]);
    let svg = chart(&all[0], "HbA1cの推移", |point| {
        format!("{} {} {}", point.day.to_wareki(), point.text, ["北病院", "みなと病院"][point.source])
    })
    .into_string();
    for text in [
        "trend-band",
        "令和8年4月1日 7.10 % 北病院",
        "令和8年8月1日 5.5 % みなと病院",
        "tabindex=\"0\"",
        "<title>",
    ] {
        assert!(svg.contains(text), "{text}: {svg}");
    }
    assert!(!svg.contains("style=") && !svg.contains("NaN"), "{svg}");
}

#[test]
fn a_hostile_resource_is_shown_and_no_more() {
    for json in [
        r#"{"resourceType":"Observation"}"#,
        r#"{"resourceType":"Observation","valueQuantity":{"value":1e400}}"#,
        r#"{"resourceType":"Bundle","type":"document","entry":[{"resource":{"resourceType":"Composition","section":[{"entry":[{"reference":"x"}]}]}}]}"#,
        r#"{"resourceType":"DocumentReference","content":[{"attachment":{"contentType":"text/plain","data":"%%%"}}]}"#,
        r#"{"resourceType":"Patient","name":["x",{"text":"<script>"}]}"#,
    ] {
        let node = parse(json.as_bytes()).unwrap();
        assert!(!show(&node).title.is_empty(), "{json}");
        series([(0, "2026-04-01".parse().unwrap(), &node)].into_iter());
    }
}
