//! Results of one test over time.

use std::collections::BTreeMap;

use crate::Node;
use calendar::Date;

use super::words::{concept, quantity};

/// How a value stands to what is usual.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flag {
    /// Above the usual range.
    High,
    /// Below it.
    Low,
    /// Found, where it should not be.
    Positive,
    /// Not as usual, in whatever way.
    Abnormal,
    /// Dangerous: an allergy of high risk.
    Grave,
}

impl Flag {
    /// What the resource says, or what its own range says.
    pub fn of(observation: &Node) -> Option<Self> {
        let codes = observation.all("interpretation.coding.code");
        let said = codes.into_iter().filter_map(Node::as_str).find_map(|code| match code {
            "H" | "HH" | "HU" | "HX" => Some(Self::High),
            "L" | "LL" | "LU" | "LX" => Some(Self::Low),
            "POS" | "DET" | "RR" => Some(Self::Positive),
            "A" | "AA" | "R" => Some(Self::Abnormal),
            _ => None,
        });
        said.or_else(|| {
            let value = number(observation, "valueQuantity.value")?;
            let (low, high) = range(observation);
            let above = high.is_some_and(|high| value > high).then_some(Self::High);
            above.or_else(|| low.is_some_and(|low| value < low).then_some(Self::Low))
        })
    }
}

/// One result.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// Day of the test.
    pub day: Date,
    /// For drawing.
    pub value: f64,
    /// As it was written, with its unit.
    pub text: String,
    /// Usual from.
    pub low: Option<f64>,
    /// Usual up to.
    pub high: Option<f64>,
    /// How it stands.
    pub flag: Option<Flag>,
    /// Which institution, as the caller numbers them.
    pub source: usize,
}

/// A test over time, oldest first.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// The test.
    pub title: String,
    /// Its unit.
    pub unit: String,
    /// The results.
    pub points: Vec<Point>,
}

/// The laboratory results and measurements among resources, test by test: those whose last result stands out first, then
/// those with most results. `resources` are each with the number of its institution.
pub fn series<'a>(resources: impl Iterator<Item = (usize, Date, &'a Node)>) -> Vec<Series> {
    let mut by_test: BTreeMap<(String, String), Series> = BTreeMap::new();
    for (source, day, observation) in resources {
        if observation.text_at("resourceType") != Some("Observation") {
            continue;
        }
        put(&mut by_test, source, day, observation.get("code"), observation);
        for component in observation.all("component") {
            put(&mut by_test, source, day, component.get("code"), component);
        }
    }
    let mut all: Vec<Series> = by_test.into_values().collect();
    for one in &mut all {
        one.points.sort_by_key(|point| point.day);
        one.points.dedup_by(|a, b| a.day == b.day && a.text == b.text && a.source == b.source);
    }
    let stands_out = |one: &Series| one.points.last().is_some_and(|point| point.flag.is_some());
    all.sort_by_key(|one| (!stands_out(one), std::cmp::Reverse(one.points.len())));
    all
}

fn put(
    by_test: &mut BTreeMap<(String, String), Series>,
    source: usize,
    day: Date,
    code: Option<&Node>,
    node: &Node,
) -> Option<()> {
    let value = number(node, "valueQuantity.value")?;
    let text = node.get("valueQuantity").and_then(quantity)?;
    let unit =
        node.text_at("valueQuantity.unit").or_else(|| node.text_at("valueQuantity.code")).unwrap_or_default();
    let title = concept(code?)?;
    let (low, high) = range(node);
    let point = Point { day, value, text, low, high, flag: Flag::of(node), source };
    let key = (test_key(code?).unwrap_or_else(|| title.clone()), unit.to_owned());
    let series =
        by_test.entry(key).or_insert_with(|| Series { title, unit: unit.to_owned(), points: Vec::new() });
    series.points.push(point);
    Some(())
}

/// What tells the test across institutions: its JLAC10 or LOINC code. A house's own code tells nothing to others.
fn test_key(code: &Node) -> Option<String> {
    let shared =
        |system: &str| system.contains("JLAC") || system.contains("loinc.org") || system.ends_with("4.504");
    let codings = code.all("coding");
    let coding = codings.iter().find(|coding| coding.text_at("system").is_some_and(shared))?;
    coding.text_at("code").map(str::to_owned)
}

fn range(node: &Node) -> (Option<f64>, Option<f64>) {
    (number(node, "referenceRange.low.value"), number(node, "referenceRange.high.value"))
}

fn number(node: &Node, path: &str) -> Option<f64> {
    node.at(path)?.as_number().map(crate::Number::as_f64).filter(|value| value.is_finite())
}
