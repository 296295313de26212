//! Models of Splink (PyPI `splink` 4 and 5: one JSON form) read and written.
//!
//! What Splink says in SQL is read where it is one of its library's comparisons: equality, Jaro, Jaro–Winkler, Levenshtein and
//! Damerau–Levenshtein, joined by AND and OR. Anything else is refused with the condition and what was expected: a weight that
//! belongs to another condition than it says is worse than none.

use serde_json::{Value, json};

use crate::{
    config::{ComparisonConfig, Config, FieldConfig, LevelConfig},
    error::LinkError,
    expr::{self, Slip, Term},
    model::{ComparisonModel, LevelModel, Model},
    suggest,
};

/// Reads a Splink model: the configuration and the weights.
///
/// # Errors
/// When it is not JSON of Splink's form, or a condition is not one that can be read.
pub fn import(text: &str) -> Result<(Config, Model), LinkError> {
    let json: Value = serde_json::from_str(text).map_err(|e| damaged(&e.to_string()))?;
    let prior = at(&json, "probability_two_random_records_match").as_f64();
    let prior = prior
        .filter(|p| *p > 0.0 && *p < 1.0)
        .ok_or_else(|| damaged("no probability_two_random_records_match"))?;
    let mut config =
        Config { id: at(&json, "unique_id_column_name").as_str().map(str::to_owned), ..Config::default() };
    let mut model = Model { version: Model::VERSION, prior, comparisons: Vec::new(), relatives: Vec::new() };
    let comparisons = at(&json, "comparisons").as_array().ok_or_else(|| damaged("no comparisons"))?;
    for comparison in comparisons {
        let name = at(comparison, "output_column_name").as_str().unwrap_or_default().to_owned();
        let place = format!("comparison {name}");
        let (mut levels, mut learned) = (Vec::new(), Vec::new());
        for level in at(comparison, "comparison_levels").as_array().into_iter().flatten() {
            if *at(level, "is_null_level") == json!(true) {
                continue;
            }
            let sql = at(level, "sql_condition").as_str().unwrap_or_default();
            let share = |key: &str| at(level, key).as_f64().filter(|p| *p > 0.0 && *p <= 1.0).unwrap_or(1e-9);
            let (m, u) = (share("m_probability"), share("u_probability"));
            if sql.trim().eq_ignore_ascii_case("else") {
                learned.push(LevelModel { when: "else".to_owned(), m, u });
                continue;
            }
            let when = condition(&place, sql)?;
            let tf = at(level, "tf_adjustment_column").as_str().map(str::to_owned).into_iter().collect();
            for term in expr::condition(&place, &when)?.iter().flatten() {
                term.views().into_iter().for_each(|column| field(&mut config, column));
            }
            learned.push(LevelModel { when: when.clone(), m, u });
            levels.push(LevelConfig { when, tf });
        }
        if learned.last().is_none_or(|level| level.when != "else") {
            return Err(damaged(&format!("{place}: the last level is not ELSE")));
        }
        config.comparison.push(ComparisonConfig {
            name: name.clone(),
            level: levels,
            else_at_most: None,
            unless: None,
        });
        model.comparisons.push(ComparisonModel { name, levels: learned });
    }
    for rule in at(&json, "blocking_rules_to_generate_predictions").as_array().into_iter().flatten() {
        let sql = at(rule, "blocking_rule").as_str().or(rule.as_str()).unwrap_or_default();
        // A rule that is more than equal columns is left to be chosen from the data.
        if let Some(columns) = equal_columns(sql) {
            columns.iter().for_each(|column| field(&mut config, column));
            config.block.push(columns.join(" & "));
        }
    }
    Ok((config, model))
}

/// A member of an object; null where there is none.
fn at<'a>(json: &'a Value, key: &str) -> &'a Value {
    json.get(key).unwrap_or(&Value::Null)
}

/// Writes a model as Splink reads it. Views have columns of their own (`birth.year` is `birth_year`), which the tables given to
/// Splink must have. Relatives have no place in Splink and are left out.
///
/// # Errors
/// When the model is not of the configuration, or a condition has no counterpart in SQL.
pub fn export(config: &Config, model: &Model, linking: bool) -> Result<String, LinkError> {
    let mut comparisons = Vec::new();
    for (comparison, learned) in config.comparison.iter().zip(&model.comparisons) {
        let mut columns: Vec<String> = Vec::new();
        let mut levels = Vec::new();
        let unless =
            comparison.unless.as_ref().map(|text| expr::condition(&comparison.name, text)).transpose()?;
        for (level, learned) in comparison.level.iter().zip(&learned.levels) {
            let terms = expr::condition(&comparison.name, &level.when)?;
            let compared = terms.iter().flatten().filter(|term| !matches!(term, Term::Is(..)));
            for view in compared.flat_map(Term::views).map(column) {
                if !columns.contains(&view) {
                    columns.push(view);
                }
            }
            let sql = terms.iter().map(|clause| clause.iter().map(sql).collect::<Vec<_>>().join(" AND "));
            let sql: Vec<String> = sql.map(|clause| format!("({clause})")).collect();
            let mut json = json!({ "sql_condition": sql.join(" OR "), "label_for_charts": level.when,
                "m_probability": learned.m, "u_probability": learned.u });
            // Splink adjusts by one column.
            if let [tf] = &level.tf[..] {
                let adjusted =
                    [("tf_adjustment_column", json!(column(tf))), ("tf_adjustment_weight", json!(1.0))];
                if let Value::Object(level) = &mut json {
                    level.extend(adjusted.map(|(key, value)| (key.to_owned(), value)));
                }
            }
            levels.push(json);
        }
        let missing: Vec<String> =
            columns.iter().map(|c| format!("(\"{c}_l\" IS NULL OR \"{c}_r\" IS NULL)")).collect();
        let mut missing = missing.join(" AND ");
        for clause in unless.into_iter().flatten() {
            missing =
                format!("({missing}) OR ({})", clause.iter().map(sql).collect::<Vec<_>>().join(" AND "));
        }
        levels.insert(
            0,
            json!({ "sql_condition": missing, "label_for_charts": "missing", "is_null_level": true }),
        );
        if let Some(last) = learned.levels.last() {
            levels.push(json!({ "sql_condition": "ELSE", "label_for_charts": "else", "m_probability": last.m, "u_probability": last.u }));
        }
        comparisons.push(json!({ "output_column_name": comparison.name, "comparison_description": comparison.name, "comparison_levels": levels }));
    }
    let rule = |text: &String| {
        let equal: Vec<String> = expr::rule(text).iter().map(|view| equal_sql(view)).collect();
        json!({ "blocking_rule": equal.join(" AND "), "sql_dialect": "duckdb" })
    };
    let settings = json!({
        "link_type": if linking { "link_only" } else { "dedupe_only" },
        "sql_dialect": "duckdb",
        "unique_id_column_name": config.id.clone().unwrap_or_else(|| "unique_id".to_owned()),
        "probability_two_random_records_match": model.prior,
        "comparisons": comparisons,
        "blocking_rules_to_generate_predictions": config.block.iter().map(rule).collect::<Vec<_>>(),
        "retain_matching_columns": true,
        "retain_intermediate_calculation_columns": false,
    });
    serde_json::to_string_pretty(&settings).map_err(|e| damaged(&e.to_string()))
}

fn damaged(problem: &str) -> LinkError {
    LinkError::Damaged { what: "Splink model".to_owned(), problem: problem.to_owned() }
}

fn field(config: &mut Config, column: &str) {
    if !config.field.iter().any(|field| field.name == column) {
        let field = FieldConfig {
            name: column.to_owned(),
            kind: suggest::kind_of(column),
            columns: vec![column.to_owned()],
            parts: Vec::new(),
        };
        config.field.push(field);
    }
}

fn column(view: &str) -> String {
    view.replace('.', "_")
}

/// Agreement on a column of a rule.
fn equal_sql(view: &str) -> String {
    let equal = |a: &str, b: &str| format!("l.\"{}\" = r.\"{}\"", column(a), column(b));
    match view.split_once('~') {
        None => equal(view, view),
        Some((a, b)) => {
            format!("(({} AND {}) OR ({} AND {}))", equal(a, a), equal(b, b), equal(a, b), equal(b, a))
        }
    }
}

fn sql(term: &Term) -> String {
    let pair = |view: &str| (format!("\"{}_l\"", column(view)), format!("\"{}_r\"", column(view)));
    match term {
        Term::Same(v) => {
            let (l, r) = pair(v);
            format!("{l} = {r}")
        }
        Term::Differ(v) => {
            let (l, r) = pair(v);
            format!("{l} <> {r}")
        }
        Term::Swapped(a, b) => {
            let ((al, ar), (bl, br)) = (pair(a), pair(b));
            format!("({al} = {br} AND {bl} = {ar})")
        }
        Term::Crossed(a, b) => {
            let ((al, ar), (bl, br)) = (pair(a), pair(b));
            format!("({al} = {br} OR {bl} = {ar})")
        }
        Term::JaroWinkler(v, at) => {
            let (l, r) = pair(v);
            format!("jaro_winkler_similarity({l}, {r}) >= {at}")
        }
        Term::Jaro(v, at) => {
            let (l, r) = pair(v);
            format!("jaro_similarity({l}, {r}) >= {at}")
        }
        Term::Edits(v, most) => {
            let (l, r) = pair(v);
            format!("damerau_levenshtein({l}, {r}) <= {most}")
        }
        Term::Begins(v) => {
            let (l, r) = pair(v);
            format!("(starts_with({l}, {r}) OR starts_with({r}, {l}))")
        }
        Term::DateSlip(v, Slip::DayMonth) => {
            let (l, r) = pair(v);
            format!(
                "(substr({l}, 1, 4) = substr({r}, 1, 4) AND substr({l}, 5, 2) = substr({r}, 7, 2) AND substr({l}, 7, 2) = substr({r}, 5, 2))"
            )
        }
        Term::DateSlip(v, Slip::Digits) => {
            let (l, r) = pair(v);
            format!("damerau_levenshtein({l}, {r}) <= 1")
        }
        Term::DateSlip(v, Slip::Era) => {
            let (l, r) = pair(v);
            format!(
                "(substr({l}, 5) = substr({r}, 5) AND abs(cast(substr({l}, 1, 4) AS INT) - cast(substr({r}, 1, 4) AS INT)) IN (14, 30, 44, 63, 77, 93, 107))"
            )
        }
        Term::Days(v, most) => {
            let (l, r) = pair(v);
            format!("abs(date_diff('day', strptime({l}, '%Y%m%d'), strptime({r}, '%Y%m%d'))) <= {most}")
        }
        Term::Is(v, value) => {
            let (l, r) = pair(v);
            format!("coalesce({l}, {r}) = '{}'", value.replace('\'', "''"))
        }
        Term::Years(v, most) => {
            let (l, r) = pair(v);
            format!("abs(cast(substr({l}, 1, 4) AS INT) - cast(substr({r}, 1, 4) AS INT)) <= {most}")
        }
    }
}

/// Our condition for one of Splink's.
fn condition(place: &str, sql: &str) -> Result<String, LinkError> {
    let clauses: Result<Vec<String>, LinkError> = split(sql, " OR ")
        .iter()
        .map(|clause| {
            let terms: Result<Vec<String>, LinkError> =
                split(bare(clause), " AND ").iter().map(|t| term(place, bare(t))).collect();
            Ok(terms?.join(" & "))
        })
        .collect();
    Ok(clauses?.join(" | "))
}

fn term(place: &str, sql: &str) -> Result<String, LinkError> {
    let refuse = || {
        LinkError::Expression {
        place: place.to_owned(),
        found: sql.to_owned(),
        expected: "\"x_l\" = \"x_r\", or jaro_similarity, jaro_winkler_similarity (>=), levenshtein, damerau_levenshtein (<=) of one column".to_owned(),
    }
    };
    if let Some((left, right)) = sql.split_once('=').filter(|_| !sql.contains(['<', '>', '('])) {
        return same_column(left, right).map(|c| format!("same({c})")).ok_or_else(refuse);
    }
    let (name, rest) = sql.split_once('(').ok_or_else(refuse)?;
    let (arguments, tail) = rest.split_once(')').ok_or_else(refuse)?;
    let (left, right) = arguments.split_once(',').ok_or_else(refuse)?;
    let column = same_column(left, right).ok_or_else(refuse)?;
    let (number, tail) = (tail.trim().trim_start_matches(['<', '>', '=']).trim(), tail.trim());
    match (name.trim().to_lowercase().as_str(), tail.get(..2)) {
        ("jaro_winkler_similarity" | "jaro_winkler", Some(">=")) => {
            Ok(format!("jaro_winkler({column}) >= {number}"))
        }
        ("jaro_similarity" | "jaro_sim", Some(">=")) => Ok(format!("jaro({column}) >= {number}")),
        ("levenshtein" | "damerau_levenshtein", Some("<=")) => Ok(format!("edits({column}) <= {number}")),
        _ => Err(refuse()),
    }
}

/// The column of `"x_l"` and `"x_r"`.
fn same_column(left: &str, right: &str) -> Option<String> {
    let plain = |side: &str| side.trim().trim_matches(['"', '`']).to_owned();
    let (left, right) = (plain(left), plain(right));
    let name = left.strip_suffix("_l")?;
    (right.strip_suffix("_r") == Some(name) && !name.is_empty()).then(|| name.to_owned())
}

/// The columns of `l.x = r.x AND …`, two in either order as one; none when it is anything else.
fn equal_columns(sql: &str) -> Option<Vec<String>> {
    split(sql, " AND ")
        .iter()
        .map(|part| {
            if let Some((one, _)) = bare(part).split_once(" OR ") {
                let view = equal_columns(bare(one)).filter(|columns| columns.len() == 2)?.join("~");
                return (bare(&equal_sql(&view)) == bare(part)).then_some(view);
            }
            let (left, right) = bare(part).split_once('=')?;
            let plain = |side: &str, table: &str| {
                Some(side.trim().strip_prefix(table)?.trim_matches(['"', '`']).to_owned())
            };
            let (left, right) = (plain(left, "l.")?, plain(right, "r.")?);
            (left == right).then_some(left)
        })
        .collect()
}

/// Splits at a word outside of brackets.
fn split<'a>(sql: &'a str, word: &str) -> Vec<&'a str> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0_i32, 0);
    let upper = sql.to_ascii_uppercase();
    for (at, c) in sql.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ if depth == 0 && at >= start && upper.get(at..).is_some_and(|rest| rest.starts_with(word)) => {
                parts.extend(sql.get(start..at));
                start = at + word.len();
            }
            _ => {}
        }
    }
    parts.extend(sql.get(start..));
    parts
}

/// Without brackets around the whole.
fn bare(sql: &str) -> &str {
    let sql = sql.trim();
    let inner = sql.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
    match inner {
        Some(inner) if balanced(inner) => bare(inner),
        _ => sql,
    }
}

fn balanced(sql: &str) -> bool {
    let mut depth = 0_i32;
    sql.chars().all(|c| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        depth >= 0
    }) && depth == 0
}
