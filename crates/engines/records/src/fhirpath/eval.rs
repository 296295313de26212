//! Evaluation.

use super::{
    Budget, Context, EvaluationError, compare, functions,
    parse::{Expr, Operator, Variable},
    value::{Value, truth},
};
use crate::tree::Text;

type Values<'a> = Vec<Value<'a>>;
type Result<T> = std::result::Result<T, EvaluationError>;

/// What an expression is evaluated in.
pub(super) struct Scope<'e, 'a> {
    pub context: &'e Context<'a>,
    pub budget: &'e Budget,
    /// `%context`: what the whole expression was given.
    pub start: &'e Value<'a>,
    /// `$this`: the value that a function over values is at; outside of one, the input.
    pub this: &'e [Value<'a>],
    /// `$index`, inside a function over values.
    pub index: usize,
}

pub(super) fn evaluate<'a>(
    expr: &Expr,
    input: Value<'a>,
    context: &Context<'a>,
    budget: &Budget,
) -> Result<Values<'a>> {
    let this = std::slice::from_ref(&input);
    Scope { context, budget, start: &input, this, index: 0 }.eval(expr, this, true)
}

impl<'a> Scope<'_, 'a> {
    /// `first`: the expression begins a path, where a type may stand for the resource.
    pub(super) fn eval(&self, expr: &Expr, input: &[Value<'a>], first: bool) -> Result<Values<'a>> {
        self.budget.spend(1 + input.len())?;
        Ok(match expr {
            Expr::Nothing => Vec::new(),
            Expr::Text(text) => vec![Value::Text(text.clone())],
            Expr::Integer(value) => vec![Value::Integer(*value)],
            Expr::Decimal(value) => vec![Value::Decimal(*value)],
            Expr::Bool(value) => vec![Value::Bool(*value)],
            Expr::This => self.this.to_vec(),
            Expr::Input => input.to_vec(),
            Expr::Index => vec![Value::Integer(i64::try_from(self.index).unwrap_or(i64::MAX))],
            Expr::Variable(variable) => vec![self.variable(*variable)],
            Expr::Member(name) => member(name, input, first)?,
            Expr::Path(from, step) => {
                let from = self.eval(from, input, first)?;
                if from.is_empty() && !matches!(**step, Expr::Call(..)) {
                    return Ok(Vec::new());
                }
                self.eval(step, &from, false)?
            }
            Expr::At(from, index) => {
                let from = self.eval(from, input, first)?;
                let index = self.eval(index, self.this, true)?;
                let index = single(&index, "an index")?.and_then(Value::as_integer);
                index.and_then(|n| from.get(usize::try_from(n).ok()?)).cloned().into_iter().collect()
            }
            Expr::Negative(of) => self.negative(&self.eval(of, input, first)?)?,
            Expr::Call(function, arguments, pattern) => {
                functions::call(self, *function, input, arguments, pattern.as_ref())?
            }
            Expr::Is(of, wanted) => {
                let of = self.eval(of, input, first)?;
                single(&of, "is")?.map(|v| v.is(wanted)).transpose()?.map(Value::Bool).into_iter().collect()
            }
            Expr::As(of, wanted) => {
                let mut kept = Vec::new();
                for value in self.eval(of, input, first)? {
                    if value.is(wanted)? {
                        kept.push(value);
                    }
                }
                kept
            }
            Expr::Binary(operator, left, right) => self.binary(*operator, left, right, input, first)?,
        })
    }

    /// The truth of an expression for one value.
    pub(super) fn test(&self, expr: &Expr, value: &Value<'a>, index: usize) -> Result<Option<bool>> {
        truth(&self.each(expr, value, index)?)
    }

    /// The values of an expression for one value.
    pub(super) fn each(&self, expr: &Expr, value: &Value<'a>, index: usize) -> Result<Values<'a>> {
        let this = std::slice::from_ref(value);
        Scope { context: self.context, budget: self.budget, start: self.start, this, index }
            .eval(expr, this, true)
    }

    /// The values of an argument that is not a function over values.
    pub(super) fn argument(&self, expr: &Expr) -> Result<Values<'a>> {
        self.eval(expr, self.this, true)
    }

    fn variable(&self, variable: Variable) -> Value<'a> {
        match variable {
            Variable::Resource => Value::of(self.context.resource),
            Variable::RootResource => Value::of(self.context.root),
            Variable::Context => self.start.clone(),
            Variable::Ucum => Value::Text(Text::new_static("http://unitsofmeasure.org")),
            Variable::Loinc => Value::Text(Text::new_static("http://loinc.org")),
            Variable::Snomed => Value::Text(Text::new_static("http://snomed.info/sct")),
        }
    }

    fn negative(&self, of: &[Value<'a>]) -> Result<Values<'a>> {
        let Some(value) = single(of, "a number")? else { return Ok(Vec::new()) };
        match (value.as_integer(), value.as_decimal()) {
            (Some(n), _) => Ok(n.checked_neg().map(Value::Integer).into_iter().collect()),
            (None, Some(n)) => Ok(vec![Value::Decimal(-n)]),
            _ => Err(EvaluationError::WrongKind("a number")),
        }
    }

    fn binary(
        &self,
        operator: Operator,
        left: &Expr,
        right: &Expr,
        input: &[Value<'a>],
        first: bool,
    ) -> Result<Values<'a>> {
        use Operator::{
            And, Contains, Equal, Equivalent, Implies, In, NotEqual, NotEquivalent, Or, Union, Xor,
        };
        let left = self.eval(left, input, first)?;
        // What the left side settles, the right side need not be asked.
        if matches!(operator, And | Or | Implies) {
            let known = truth(&left)?;
            match (operator, known) {
                (And, Some(false)) => return Ok(vec![Value::Bool(false)]),
                (Or, Some(true)) | (Implies, Some(false)) => return Ok(vec![Value::Bool(true)]),
                _ => {}
            }
            let other = truth(&self.eval(right, input, first)?)?;
            return Ok(logic(operator, known, other).map(Value::Bool).into_iter().collect());
        }
        let right = self.eval(right, input, first)?;
        let answer = match operator {
            Xor => logic(Xor, truth(&left)?, truth(&right)?),
            Equal => compare::equal(&left, &right),
            NotEqual => compare::equal(&left, &right).map(|e| !e),
            Equivalent => Some(compare::equivalent(&left, &right)),
            NotEquivalent => Some(!compare::equivalent(&left, &right)),
            In => {
                self.budget.spend(right.len())?;
                single(&left, "in")?.map(|v| compare::contains(&right, v))
            }
            Contains => {
                self.budget.spend(left.len())?;
                single(&right, "contains")?.map(|v| compare::contains(&left, v))
            }
            Union => {
                return Ok(compare::distinct(left.into_iter().chain(right)));
            }
            _ => return arithmetic(operator, single(&left, "an operand")?, single(&right, "an operand")?),
        };
        Ok(answer.map(Value::Bool).into_iter().collect())
    }
}

fn member<'a>(name: &str, input: &[Value<'a>], first: bool) -> Result<Values<'a>> {
    let mut found = Vec::new();
    for value in input {
        if first && name.starts_with(|c: char| c.is_ascii_uppercase()) && matches!(value.is(name), Ok(true)) {
            found.push(value.clone());
        } else {
            value.member(name, &mut found);
        }
    }
    Ok(found)
}

/// Three-valued logic (FHIRPath §6.5).
fn logic(operator: Operator, left: Option<bool>, right: Option<bool>) -> Option<bool> {
    match (operator, left, right) {
        (Operator::And, Some(a), Some(b)) => Some(a && b),
        (Operator::And, Some(false), _) | (Operator::And, _, Some(false)) => Some(false),
        (Operator::Or, Some(a), Some(b)) => Some(a || b),
        (Operator::Or, Some(true), _) | (Operator::Or, _, Some(true)) => Some(true),
        (Operator::Xor, Some(a), Some(b)) => Some(a != b),
        (Operator::Implies, Some(a), Some(b)) => Some(!a || b),
        (Operator::Implies, Some(false), _) | (Operator::Implies, _, Some(true)) => Some(true),
        _ => None,
    }
}

fn arithmetic<'a>(
    operator: Operator,
    left: Option<&Value<'a>>,
    right: Option<&Value<'a>>,
) -> Result<Values<'a>> {
    if operator == Operator::Join {
        let text = |v: Option<&Value<'_>>| v.map(compare::text).unwrap_or_default().unwrap_or_default();
        return Ok(vec![Value::Text(smol_str::format_smolstr!("{}{}", text(left), text(right)))]);
    }
    let (Some(left), Some(right)) = (left, right) else { return Ok(Vec::new()) };
    if let Some(order) = compare::order(operator, left, right)? {
        return Ok(order.map(Value::Bool).into_iter().collect());
    }
    if let (Operator::Add, Some(a), Some(b)) = (operator, left.as_str(), right.as_str()) {
        return Ok(vec![Value::Text(smol_str::format_smolstr!("{a}{b}"))]);
    }
    if let (Some(a), Some(b)) = (left.as_integer(), right.as_integer()) {
        let whole = match operator {
            Operator::Add => a.checked_add(b),
            Operator::Subtract => a.checked_sub(b),
            Operator::Multiply => a.checked_mul(b),
            Operator::Div => a.checked_div(b),
            Operator::Mod => a.checked_rem(b),
            _ => None,
        };
        if whole.is_some() || operator != Operator::Divide {
            return Ok(whole.map(Value::Integer).into_iter().collect());
        }
    }
    let (Some(a), Some(b)) = (left.as_decimal(), right.as_decimal()) else {
        return Err(EvaluationError::WrongKind("a number"));
    };
    let result = match operator {
        Operator::Add => a + b,
        Operator::Subtract => a - b,
        Operator::Multiply => a * b,
        Operator::Divide => a / b,
        Operator::Div => (a / b).trunc(),
        _ => a % b,
    };
    // Division by zero has no value (FHIRPath §6.6.2).
    Ok(result.is_finite().then_some(Value::Decimal(result)).into_iter().collect())
}

/// The one value of a collection, if it has any.
pub(super) fn single<'v, 'a>(values: &'v [Value<'a>], what: &'static str) -> Result<Option<&'v Value<'a>>> {
    match values {
        [] => Ok(None),
        [one] => Ok(Some(one)),
        _ => Err(EvaluationError::NotSingle(what)),
    }
}
