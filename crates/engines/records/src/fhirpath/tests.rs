//! Expressions and what they are for one resource.

use super::*;
use crate::tree;

const OBSERVATION: &str = r#"{"resourceType":"Observation","id":"o","status":"final",
"code":{"coding":[{"system":"http://loinc.org","code":"1"},{"system":"http://a.example","code":"2"}],"text":"x y"},
"subject":{"reference":"Patient/1"},"effectivePeriod":{"start":"2024-01-01","end":"2024-03-01T00:00:00+09:00"},
"valueQuantity":{"value":1.50,"unit":"mg","system":"http://unitsofmeasure.org"},"_status":{"id":"s"},
"referenceRange":[{"low":{"value":1,"unit":"mg"},"high":{"value":2,"unit":"mg"}}],
"component":[{"code":{"text":"a"},"valueInteger":1},{"code":{"text":"b"},"valueString":"2"}],
"contained":[{"resourceType":"Patient","id":"p","active":true}]}"#;

fn value(expression: &str) -> String {
    let node = tree::parse(OBSERVATION.as_bytes()).unwrap();
    let parsed = match Expression::parse(expression) {
        Ok(parsed) => parsed,
        Err(error) => return format!("no expression: {error}"),
    };
    match parsed.of(&node) {
        Ok(values) => {
            let shown = |v: &Value<'_>| match v {
                Value::Node { node, .. } => node.to_string(),
                Value::Text(text) => format!("'{text}'"),
                Value::Bool(b) => b.to_string(),
                Value::Integer(n) => n.to_string(),
                Value::Decimal(n) => n.to_string(),
                Value::Elsewhere(of) => format!("→{of}"),
            };
            values.iter().map(shown).collect::<Vec<_>>().join(" ")
        }
        Err(error) => format!("error: {error}"),
    }
}

#[test]
fn values() {
    for (expression, wanted) in [
        ("status", "\"final\""),
        ("Observation.code.coding.code", "\"1\" \"2\""),
        ("Patient.name", ""),
        ("code.coding[1].code", "\"2\""),
        ("code.coding.where(system = 'http://loinc.org').code = '1'", "true"),
        ("code.coding.where($this.system.endsWith('example')).exists()", "true"),
        ("value.unit", "\"mg\""),
        ("value is Quantity", "true"),
        ("(value as Quantity).value", "1.50"),
        ("value.ofType(string)", ""),
        ("value.value > 1 and value.value <= 1.5", "true"),
        ("component.value", "1 \"2\""),
        ("component.value.ofType(integer) + 1", "2"),
        ("referenceRange.all(low <= high)", "true"),
        ("effective.start <= effective.end", "true"),
        ("effective.start = '2024-01-01'", "true"),
        ("subject.resolve()", "→Patient"),
        ("subject.where(resolve() is Patient).reference", "\"Patient/1\""),
        ("contained.where(resourceType = 'Patient').id", "\"p\""),
        ("contained.ofType(Patient).id", "\"p\""),
        ("'x' & {} & 'y'", "'xy'"),
        ("code.text.substring(0, code.text.indexOf(' '))", "'x'"),
        ("code.text.matches('^[a-z] [a-z]$')", "true"),
        ("code.text.replaceMatches(' .*', '')", "'x'"),
        ("{} and false", "false"),
        ("({} or false).empty()", "true"),
        ("{} implies true", "true"),
        ("true xor false", "true"),
        ("1 + 2 * 3 - 4 div 2", "5"),
        ("7 mod 2 = 1", "true"),
        ("1 / 0", ""),
        ("(1 | 2 | 2).count()", "2"),
        ("2 in (1 | 2)", "true"),
        ("(1 | 2) contains 3", "false"),
        ("iif(status = 'final', 'a', 'b')", "'a'"),
        ("component.select(code.text).isDistinct()", "true"),
        ("code.coding.code.intersect('1' | '3')", "\"1\""),
        ("status.hasValue()", "true"),
        ("status.id", "\"s\""),
        ("'A'.lower() ~ 'a'", "true"),
        (
            "descendants().where($this is Coding).count()",
            "error: the tree does not tell whether a value is of type Coding",
        ),
        ("code.coding.code.length()", "error: several values where one is needed: a text"),
        ("now()", "no expression: character 3 of the expression: the function now is not known here"),
        ("status =", "no expression: character 8 of the expression: an expression is missing"),
        ("contained.where('#'+id in %resource.descendants().reference)", ""),
        ("%resource.id = %rootResource.id", "true"),
        ("text.`div`.exists()", "false"),
        ("component.tail().code.text.first()", "\"b\""),
        ("response.count()", "0"),
    ] {
        assert_eq!(value(expression), wanted, "{expression}");
    }
}
