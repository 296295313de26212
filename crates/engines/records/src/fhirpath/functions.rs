//! Functions of expressions.

use std::ops::RangeInclusive;

use regex_lite::Regex;

use super::{
    EvaluationError, compare,
    eval::{Scope, single},
    parse::{Expr, pattern},
    value::{Value, truth},
};
use crate::{tree::Text, validate::narrative};

type Values<'a> = Vec<Value<'a>>;
type Result<T> = std::result::Result<T, EvaluationError>;

macro_rules! functions {
    ($($variant:ident $name:literal $arguments:expr;)*) => {
        /// A function, by its name in FHIRPath.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Function { $($variant),* }

        impl Function {
            pub(super) fn of(name: &str) -> Option<Self> {
                Some(match name { $($name => Self::$variant,)* _ => return None })
            }

            /// How many arguments it takes.
            pub(super) fn arguments(self) -> RangeInclusive<usize> {
                match self { $(Self::$variant => $arguments),* }
            }
        }
    };
}

functions! {
    All "all" 1..=1;
    AllTrue "allTrue" 0..=0;
    AnyTrue "anyTrue" 0..=0;
    As "as" 1..=1;
    Children "children" 0..=0;
    Combine "combine" 1..=1;
    Contains "contains" 1..=1;
    Count "count" 0..=0;
    Descendants "descendants" 0..=0;
    Distinct "distinct" 0..=0;
    Empty "empty" 0..=0;
    EndsWith "endsWith" 1..=1;
    Exclude "exclude" 1..=1;
    Exists "exists" 0..=1;
    Extension "extension" 1..=1;
    First "first" 0..=0;
    HasValue "hasValue" 0..=0;
    HtmlChecks "htmlChecks" 0..=0;
    Iif "iif" 2..=3;
    IndexOf "indexOf" 1..=1;
    Intersect "intersect" 1..=1;
    Is "is" 1..=1;
    IsDistinct "isDistinct" 0..=0;
    Last "last" 0..=0;
    Length "length" 0..=0;
    Lower "lower" 0..=0;
    Matches "matches" 1..=1;
    Not "not" 0..=0;
    OfType "ofType" 1..=1;
    Repeat "repeat" 1..=1;
    ReplaceMatches "replaceMatches" 2..=2;
    Resolve "resolve" 0..=0;
    Select "select" 1..=1;
    Single "single" 0..=0;
    Skip "skip" 1..=1;
    StartsWith "startsWith" 1..=1;
    SubsetOf "subsetOf" 1..=1;
    Substring "substring" 1..=2;
    Tail "tail" 0..=0;
    Take "take" 1..=1;
    ToInteger "toInteger" 0..=0;
    ToText "toString" 0..=0;
    Trace "trace" 1..=2;
    Union "union" 1..=1;
    Upper "upper" 0..=0;
    Where "where" 1..=1;
}

impl Function {
    /// How a function whose argument is a type is written as an operator.
    pub(super) fn takes_a_type(self) -> Option<fn(Box<Expr>, Text) -> Expr> {
        match self {
            Function::Is => Some(Expr::Is),
            Function::As | Function::OfType => Some(Expr::As),
            _ => None,
        }
    }

    pub(super) fn takes_a_pattern(self) -> bool {
        matches!(self, Function::Matches | Function::ReplaceMatches)
    }
}

/// The result of a function.
pub(super) fn call<'a>(
    scope: &Scope<'_, 'a>,
    function: Function,
    input: &[Value<'a>],
    arguments: &[Expr],
    compiled: Option<&Regex>,
) -> Result<Values<'a>> {
    use Function::{
        All, AllTrue, AnyTrue, Children, Combine, Count, Descendants, Distinct, Empty, Exclude, Exists,
        First, HasValue, HtmlChecks, Iif, Intersect, IsDistinct, Last, Not, Repeat, Resolve, Select, Single,
        Skip, SubsetOf, Tail, Take, Trace, Union, Where,
    };
    let argument = arguments.first().unwrap_or(&Expr::Nothing);
    let bool = |value: bool| vec![Value::Bool(value)];
    let other = || scope.argument(argument);
    Ok(match function {
        Exists if arguments.is_empty() => bool(!input.is_empty()),
        Exists => bool(!filter(scope, input, argument)?.is_empty()),
        Empty => bool(input.is_empty()),
        Not => truth(input)?.map(|b| Value::Bool(!b)).into_iter().collect(),
        All => {
            for (n, value) in input.iter().enumerate() {
                if scope.test(argument, value, n)? != Some(true) {
                    return Ok(bool(false));
                }
            }
            bool(true)
        }
        AllTrue => bool(input.iter().all(|v| v.as_bool() == Some(true))),
        AnyTrue => bool(input.iter().any(|v| v.as_bool() == Some(true))),
        Where => filter(scope, input, argument)?,
        Select => select(scope, input, argument)?,
        Repeat => repeat(scope, input, argument)?,
        Children => children(input),
        Descendants => descendants(scope, input)?,
        Count => vec![Value::Integer(i64::try_from(input.len()).unwrap_or(i64::MAX))],
        First => input.first().cloned().into_iter().collect(),
        Last => input.last().cloned().into_iter().collect(),
        Tail => input.iter().skip(1).cloned().collect(),
        Skip | Take => {
            let n = single(&other()?, "a number")?.and_then(Value::as_integer).unwrap_or(0);
            let n = usize::try_from(n).unwrap_or(0);
            if function == Skip {
                input.iter().skip(n).cloned().collect()
            } else {
                input.iter().take(n).cloned().collect()
            }
        }
        Single => single(input, "single()")?.cloned().into_iter().collect(),
        Distinct => compare::distinct(input.iter().cloned()),
        IsDistinct => bool(compare::distinct(input.iter().cloned()).len() == input.len()),
        Combine => input.iter().cloned().chain(other()?).collect(),
        Union => compare::distinct(input.iter().cloned().chain(other()?)),
        Intersect => {
            let other = other()?;
            scope.budget.spend(input.len() * other.len())?;
            compare::distinct(input.iter().filter(|v| compare::contains(&other, v)).cloned())
        }
        Exclude => {
            let other = other()?;
            scope.budget.spend(input.len() * other.len())?;
            input.iter().filter(|v| !compare::contains(&other, v)).cloned().collect()
        }
        SubsetOf => {
            let other = other()?;
            scope.budget.spend(input.len() * other.len())?;
            bool(input.iter().all(|v| compare::contains(&other, v)))
        }
        HasValue => bool(matches!(input, [one] if one.has_value())),
        Trace => input.to_vec(),
        Iif => {
            let holds = truth(&scope.eval(argument, input, true)?)?.unwrap_or(false);
            match arguments.get(if holds { 1 } else { 2 }) {
                Some(branch) => scope.eval(branch, input, true)?,
                None => Vec::new(),
            }
        }
        Resolve => input.iter().filter_map(|v| resolve(scope, v)).collect(),
        Function::Extension => {
            let url = single(&other()?, "a URL")?.and_then(compare::text).unwrap_or_default();
            let mut all = Vec::new();
            input.iter().for_each(|v| v.member("extension", &mut all));
            all.retain(|v| v.node().and_then(|n| n.text_at("url")) == Some(&url));
            all
        }
        HtmlChecks => {
            bool(input.iter().all(|v| v.as_str().is_none_or(|text| narrative::problem(text).is_none())))
        }
        _ => return text_function(scope, function, input, arguments, compiled),
    })
}

/// Functions of one text.
fn text_function<'a>(
    scope: &Scope<'_, 'a>,
    function: Function,
    input: &[Value<'a>],
    arguments: &[Expr],
    compiled: Option<&Regex>,
) -> Result<Values<'a>> {
    let Some(value) = single(input, "a text")? else { return Ok(Vec::new()) };
    let Some(text) = compare::text(value) else { return Ok(Vec::new()) };
    let argument = |n: usize| -> Result<Option<Value<'a>>> {
        let Some(expr) = arguments.get(n) else { return Ok(None) };
        Ok(single(&scope.argument(expr)?, "an argument")?.cloned())
    };
    let given = |n: usize| -> Result<Option<Text>> { Ok(argument(n)?.as_ref().and_then(compare::text)) };
    let answer = match function {
        Function::ToText => Value::Text(text),
        Function::ToInteger => return Ok(text.parse().ok().map(Value::Integer).into_iter().collect()),
        Function::Length => Value::Integer(i64::try_from(text.chars().count()).unwrap_or(i64::MAX)),
        Function::Upper => Value::Text(text.to_uppercase().into()),
        Function::Lower => Value::Text(text.to_lowercase().into()),
        Function::Substring => {
            let place = |v: Option<Value<'_>>| {
                v.as_ref().and_then(Value::as_integer).and_then(|n| usize::try_from(n).ok())
            };
            let Some(from) = place(argument(0)?).filter(|from| *from < text.chars().count()) else {
                return Ok(Vec::new());
            };
            let length = if arguments.len() > 1 { place(argument(1)?).unwrap_or(0) } else { usize::MAX };
            Value::Text(text.chars().skip(from).take(length).collect::<String>().into())
        }
        _ => {
            let Some(other) = given(0)? else { return Ok(Vec::new()) };
            match function {
                Function::StartsWith => Value::Bool(text.starts_with(other.as_str())),
                Function::EndsWith => Value::Bool(text.ends_with(other.as_str())),
                Function::Contains => Value::Bool(text.contains(other.as_str())),
                Function::IndexOf => {
                    let place = text
                        .find(other.as_str())
                        .and_then(|n| text.get(..n))
                        .map(|before| before.chars().count());
                    Value::Integer(place.and_then(|n| i64::try_from(n).ok()).unwrap_or(-1))
                }
                _ => {
                    let made;
                    let regex = match compiled {
                        Some(regex) => regex,
                        None => {
                            made = pattern(&other).map_err(EvaluationError::Pattern)?;
                            &made
                        }
                    };
                    if function == Function::Matches {
                        Value::Bool(regex.is_match(&text))
                    } else {
                        let replacement = given(1)?.unwrap_or_default();
                        Value::Text(regex.replace_all(&text, replacement.as_str()).as_ref().into())
                    }
                }
            }
        }
    };
    Ok(vec![answer])
}

fn filter<'a>(scope: &Scope<'_, 'a>, input: &[Value<'a>], criteria: &Expr) -> Result<Values<'a>> {
    let mut kept = Vec::new();
    for (n, value) in input.iter().enumerate() {
        if scope.test(criteria, value, n)? == Some(true) {
            kept.push(value.clone());
        }
    }
    Ok(kept)
}

fn select<'a>(scope: &Scope<'_, 'a>, input: &[Value<'a>], projection: &Expr) -> Result<Values<'a>> {
    let mut found = Vec::new();
    for (index, value) in input.iter().enumerate() {
        found.extend(scope.each(projection, value, index)?);
    }
    Ok(found)
}

fn repeat<'a>(scope: &Scope<'_, 'a>, input: &[Value<'a>], projection: &Expr) -> Result<Values<'a>> {
    let mut found: Values<'a> = Vec::new();
    let mut todo = input.to_vec();
    while !todo.is_empty() {
        let next = select(scope, &todo, projection)?;
        todo = next.into_iter().filter(|v| !compare::contains(&found, v)).collect();
        found.extend(todo.iter().cloned());
        scope.budget.spend(found.len() * todo.len())?;
    }
    Ok(found)
}

fn children<'a>(input: &[Value<'a>]) -> Values<'a> {
    let mut found = Vec::new();
    input.iter().for_each(|v| v.children(&mut found));
    found
}

/// A tree has no circles, so that all below is found in one walk.
fn descendants<'a>(scope: &Scope<'_, 'a>, input: &[Value<'a>]) -> Result<Values<'a>> {
    let mut found = children(input);
    let mut at = 0;
    while let Some(value) = found.get(at).cloned() {
        value.children(&mut found);
        at += 1;
        scope.budget.spend(1)?;
    }
    Ok(found)
}

/// What a reference leads to; where it is not here, the type that the reference names.
fn resolve<'a>(scope: &Scope<'_, 'a>, value: &Value<'a>) -> Option<Value<'a>> {
    let node = value.node()?;
    let reference = node.as_str().or_else(|| node.text_at("reference"))?;
    if let Some(found) = (scope.context.resolve)(reference) {
        return Some(Value::of(found));
    }
    let named = node.text_at("type").or_else(|| type_in(reference))?;
    Some(Value::Elsewhere(named))
}

/// The resource type in a literal reference: `Patient/123`, `https://…/Patient/123/_history/2`.
pub(crate) fn type_in(reference: &str) -> Option<&str> {
    let reference = reference.split_once("/_history/").map_or(reference, |(before, _)| before);
    let mut parts = reference.rsplit('/');
    let (id, of) = (parts.next()?, parts.next()?);
    let word = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_alphabetic());
    (!id.is_empty() && word(of) && of.starts_with(|c: char| c.is_ascii_uppercase())).then_some(of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_in_references() {
        assert_eq!(type_in("Patient/1"), Some("Patient"));
        assert_eq!(type_in("https://a.example/fhir/Patient/1/_history/2"), Some("Patient"));
        for none in ["", "#a", "urn:uuid:1", "Patient", "http://a/b", "Patient/"] {
            assert_eq!(type_in(none), None, "{none}");
        }
    }
}
