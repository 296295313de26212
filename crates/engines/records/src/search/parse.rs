//! Text to query.

use std::fmt;

use super::{
    parameters::{Kind, Parameter, parameter, parameters, served_types},
    query::{Clause, Include, Modifier, Query, Sort, Summary, Total},
    terms::{Term, split},
};

/// A query that is not served: which parameter, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{parameter}: {problem}")]
pub struct QueryError {
    /// The parameter as it was written, cut to 60 characters.
    pub parameter: String,
    problem: Problem,
}

impl QueryError {
    /// The message in Japanese.
    pub fn ja(&self) -> String {
        format!("{}：{}", self.parameter, self.problem.ja())
    }

    /// The code of an OperationOutcome's issue (FHIR issue-type).
    pub fn issue_type(&self) -> &'static str {
        match self.problem {
            Problem::Unknown(_) | Problem::Modifier(_) => "not-supported",
            Problem::TooMuch(..) => "too-costly",
            Problem::Type(_) | Problem::Value { .. } | Problem::Ambiguous => "invalid",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Problem {
    /// No such parameter of this type.
    Unknown(String),
    /// No such modifier of this parameter.
    Modifier(String),
    /// No such type.
    Type(String),
    /// A chain over a reference that may be of several types says which by `:Type`.
    Ambiguous,
    /// Not a value of the parameter.
    Value { found: String, expected: &'static str },
    /// More than is answered.
    TooMuch(&'static str, usize),
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(of) => write!(f, "not a search parameter of {of} that is served"),
            Self::Modifier(found) => write!(f, "the modifier :{found} is not served for this parameter"),
            Self::Type(found) => write!(f, "{found:?} is not a resource type that is searched here"),
            Self::Ambiguous => {
                f.write_str("the reference may be of several types, expected :Type before the dot")
            }
            Self::Value { found, expected } => write!(f, "expected {expected}, found {found:?}"),
            Self::TooMuch(what, most) => write!(f, "more than {most} {what}"),
        }
    }
}

impl Problem {
    fn ja(&self) -> String {
        match self {
            Self::Unknown(of) => format!("{of} の検索パラメータとして対応していません"),
            Self::Modifier(found) => format!("修飾子 :{found} には対応していません"),
            Self::Type(found) => format!("「{found}」は検索できるリソース型ではありません"),
            Self::Ambiguous => "参照先の型が複数あり得ます。点の前に :型 を書いてください".to_owned(),
            Self::Value { found, expected } => format!("「{found}」ではなく {expected} が必要です"),
            Self::TooMuch(what, most) => format!("多すぎます（{what} は{most}まで）"),
        }
    }
}

impl Query {
    /// Reads the query part of a URL (or the body of a `POST _search`), percent-encoded.
    ///
    /// # Errors
    /// [`QueryError`] with the parameter.
    pub fn parse(resource_type: &str, text: &str) -> Result<Self, QueryError> {
        if text.len() > LENGTH {
            return Err(error("(query)", Problem::TooMuch("bytes", LENGTH)));
        }
        let pairs = form_urlencoded::parse(text.as_bytes());
        Self::from_pairs(resource_type, pairs)
    }

    /// Reads names and values that are decoded already.
    ///
    /// # Errors
    /// [`QueryError`] with the parameter.
    pub fn from_pairs<N: AsRef<str>, V: AsRef<str>>(
        resource_type: &str,
        pairs: impl IntoIterator<Item = (N, V)>,
    ) -> Result<Self, QueryError> {
        let mut query = Query {
            resource_type: known_type("(type)", resource_type)?,
            clauses: Vec::new(),
            include: Vec::new(),
            revinclude: Vec::new(),
            sort: Vec::new(),
            count: None,
            summary: Summary::False,
            elements: Vec::new(),
            total: Total::Unsaid,
        };
        for (n, (name, value)) in pairs.into_iter().enumerate() {
            if n >= PARAMETERS {
                return Err(error(name.as_ref(), Problem::TooMuch("parameters", PARAMETERS)));
            }
            // A parameter without a value asks nothing (R4 §3.1.1.1).
            if !value.as_ref().is_empty() {
                query.add(name.as_ref(), value.as_ref())?;
            }
        }
        Ok(query)
    }

    fn add(&mut self, name: &str, value: &str) -> Result<(), QueryError> {
        let wrong = |expected| error(name, Problem::Value { found: shown(value), expected });
        match name {
            // The form of the answer is negotiated elsewhere.
            "_format" | "_pretty" => {}
            "_count" => self.count = Some(value.parse().map_err(|_| wrong("a number of matches"))?),
            "_summary" => {
                self.summary = match value {
                    "false" => Summary::False,
                    "true" => Summary::True,
                    "text" => Summary::Text,
                    "data" => Summary::Data,
                    "count" => Summary::Count,
                    _ => return Err(wrong("true, false, text, data or count")),
                }
            }
            "_total" => {
                self.total = match value {
                    "none" => Total::None,
                    "estimate" => Total::Estimate,
                    "accurate" => Total::Accurate,
                    _ => return Err(wrong("none, estimate or accurate")),
                }
            }
            "_elements" => self.elements.extend(values(name, value)?.into_iter().map(str::to_owned)),
            "_sort" => {
                for step in values(name, value)? {
                    let (descending, step) =
                        step.strip_prefix('-').map_or((false, step), |step| (true, step));
                    let parameter = find(&self.resource_type, step)?;
                    self.sort.push(Sort { parameter, descending });
                }
            }
            _ => match name.split_once(':').map_or(name, |(base, _)| base) {
                "_include" => self.include.push(include(name, value)?),
                "_revinclude" => self.revinclude.push(include(name, value)?),
                _ => self.clauses.push(clause(&self.resource_type, name, name, value, DEPTH)?),
            },
        }
        Ok(())
    }
}

/// One condition; `whole` is the parameter as it was written, for messages.
fn clause(of: &str, whole: &str, name: &str, value: &str, depth: usize) -> Result<Clause, QueryError> {
    let depth =
        depth.checked_sub(1).ok_or_else(|| error(whole, Problem::TooMuch("links of a chain", DEPTH)))?;
    if let Some(rest) = name.strip_prefix("_has:") {
        let mut parts = rest.splitn(3, ':');
        let (Some(source), Some(reference), Some(rest)) = (parts.next(), parts.next(), parts.next()) else {
            let expected = "_has:Type:reference:parameter";
            return Err(error(whole, Problem::Value { found: shown(name), expected }));
        };
        let source = known_type(whole, source)?;
        let parameter = reference_of(&source, whole, reference)?;
        if !parameter.targets.is_empty() && !parameter.targets.contains(&of) {
            return Err(error(whole, Problem::Type(shown(of))));
        }
        let clause = Box::new(clause(&source, whole, rest, value, depth)?);
        return Ok(Clause::Has { source, parameter, clause });
    }
    if let Some((link, rest)) = name.split_once('.') {
        let (link, stated) = link.split_once(':').map_or((link, None), |(link, stated)| (link, Some(stated)));
        let parameter = reference_of(of, whole, link)?;
        let target = match (stated, parameter.targets) {
            (Some(stated), targets) if targets.is_empty() || targets.contains(&stated) => {
                known_type(whole, stated)?
            }
            (Some(stated), _) => return Err(error(whole, Problem::Type(shown(stated)))),
            (None, [only]) => (*only).to_owned(),
            (None, _) => return Err(error(whole, Problem::Ambiguous)),
        };
        let clause = Box::new(clause(&target, whole, rest, value, depth)?);
        return Ok(Clause::Chain { parameter, target, clause });
    }
    let (base, modifier) =
        name.split_once(':').map_or((name, None), |(base, modifier)| (base, Some(modifier)));
    let parameter = parameter(of, base).ok_or_else(|| error(whole, Problem::Unknown(of.to_owned())))?;
    if modifier == Some("missing") {
        let missing = match value {
            "true" => true,
            "false" => false,
            _ => return Err(error(whole, Problem::Value { found: shown(value), expected: "true or false" })),
        };
        return Ok(Clause::Missing { parameter, missing });
    }
    let modifier = read_modifier(parameter, whole, modifier)?;
    let terms = values(whole, value)?.into_iter().map(|text| {
        Term::parse(parameter.kind, &modifier, text)
            .map_err(|expected| error(whole, Problem::Value { found: shown(text), expected }))
    });
    Ok(Clause::Match { parameter, terms: terms.collect::<Result<_, _>>()?, modifier })
}

fn read_modifier(parameter: &Parameter, whole: &str, found: Option<&str>) -> Result<Modifier, QueryError> {
    Ok(match (found, parameter.kind) {
        (None, _) => Modifier::None,
        (Some("exact"), Kind::String) => Modifier::Exact,
        (Some("contains"), Kind::String) => Modifier::Contains,
        (Some("text"), Kind::Token) => Modifier::Text,
        (Some("not"), Kind::Token) => Modifier::Not,
        (Some("identifier"), Kind::Reference) => Modifier::Identifier,
        (Some(kind), Kind::Reference) if parameter.targets.contains(&kind) => Modifier::Type(kind.to_owned()),
        (Some(kind), Kind::Reference) if parameter.targets.is_empty() && is_type(kind) => {
            Modifier::Type(kind.to_owned())
        }
        (Some(other), _) => return Err(error(whole, Problem::Modifier(shown(other)))),
    })
}

/// `Type:parameter`, `Type:parameter:Target` or `Type:*`.
fn include(name: &str, value: &str) -> Result<Include, QueryError> {
    let iterate = match name.split_once(':').map(|(_, modifier)| modifier) {
        None => false,
        Some("iterate" | "recurse") => true,
        Some(other) => return Err(error(name, Problem::Modifier(shown(other)))),
    };
    let mut parts = value.splitn(3, ':');
    let source = known_type(name, parts.next().unwrap_or_default())?;
    let parameter = match parts.next() {
        Some("*") => None,
        Some(reference) => Some(reference_of(&source, name, reference)?),
        None => {
            let expected = "Type:parameter, Type:parameter:Target or Type:*";
            return Err(error(name, Problem::Value { found: shown(value), expected }));
        }
    };
    let target = parts.next().map(|target| known_type(name, target)).transpose()?;
    Ok(Include { source, parameter, target, iterate })
}

fn values<'a>(name: &str, value: &'a str) -> Result<Vec<&'a str>, QueryError> {
    let values: Vec<_> = split(value, ',').into_iter().filter(|value| !value.is_empty()).collect();
    match values.len() {
        0 => Err(error(name, Problem::Value { found: shown(value), expected: "a value" })),
        1..=VALUES => Ok(values),
        _ => Err(error(name, Problem::TooMuch("values", VALUES))),
    }
}

fn find(of: &str, name: &str) -> Result<&'static Parameter, QueryError> {
    parameter(of, name).ok_or_else(|| error(name, Problem::Unknown(of.to_owned())))
}

fn reference_of(of: &str, whole: &str, name: &str) -> Result<&'static Parameter, QueryError> {
    let found = parameters(of).find(|parameter| parameter.name == name && parameter.kind == Kind::Reference);
    found.ok_or_else(|| error(whole, Problem::Unknown(of.to_owned())))
}

/// Any name that a type may have: a type that has no parameters of its own is found by the common ones.
fn known_type(parameter: &str, name: &str) -> Result<String, QueryError> {
    if served_types().any(|served| served == name) || is_type(name) {
        Ok(name.to_owned())
    } else {
        Err(error(parameter, Problem::Type(shown(name))))
    }
}

fn is_type(name: &str) -> bool {
    (3..=40).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_uppercase())
        && name.bytes().all(|b| b.is_ascii_alphabetic())
}

fn error(parameter: &str, problem: Problem) -> QueryError {
    QueryError { parameter: shown(parameter), problem }
}

fn shown(text: &str) -> String {
    text.chars().take(60).collect()
}

/// Bytes of a query.
const LENGTH: usize = 65_536;
/// Parameters of a query.
const PARAMETERS: usize = 64;
/// Values of a parameter, one of which must be met: a page of ids in one question.
const VALUES: usize = 1000;
/// Links of a chain, and of `_has` in `_has`.
const DEPTH: usize = 4;
