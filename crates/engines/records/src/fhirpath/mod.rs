//! FHIRPath (http://hl7.org/fhirpath/N1) over trees: what the invariants of R4, JP Core, JP-CLINS and IHE use, and the
//! expressions of search parameters.
//!
//! A tree has no types. Where an expression asks for one, it is known from the resource, from the key of a choice
//! (`valueQuantity`), or from the kind of JSON value; a text counts as each of the types that are written as one. Where that
//! does not settle it, the answer is an error and never a guess (decision 0111).

mod compare;
mod eval;
mod functions;
mod lex;
mod parse;
#[cfg(test)]
mod tests;
mod value;

use std::cell::Cell;

use crate::tree::Node;

pub(crate) use functions::type_in;
pub use parse::ExpressionError;
pub use value::Value;

/// An expression, ready to be evaluated any number of times.
#[derive(Debug)]
pub struct Expression(parse::Expr);

/// What an expression may refer to besides its input.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// `%resource`: the resource that holds the input.
    pub resource: &'a Node,
    /// `%rootResource`: the resource that contains that one, or itself.
    pub root: &'a Node,
    /// What `resolve()` finds at a reference.
    pub resolve: &'a dyn Fn(&str) -> Option<&'a Node>,
}

/// Why an expression has no value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EvaluationError {
    /// Several values where one is needed.
    #[error("several values where one is needed: {0}")]
    NotSingle(&'static str),
    /// Values of a kind that the operation does not take.
    #[error("values of a wrong kind: {0}")]
    WrongKind(&'static str),
    /// The tree does not say whether a value is of this type.
    #[error("the tree does not tell whether a value is of type {0}")]
    TypeNotKnown(String),
    /// A pattern is not a regular expression.
    #[error("not a regular expression: {0}")]
    Pattern(String),
    /// The work of this and the expressions before it exceeded its [`Budget`].
    #[error("it would take too long")]
    TooMuch,
}

/// Values that may be looked at before evaluation is given up: a document from outside must not cost what it likes.
/// Several evaluations may share one.
#[derive(Debug)]
pub struct Budget(Cell<u64>);

impl Budget {
    /// A budget of so many values; a million take about a tenth of a second.
    pub fn new(values: u64) -> Self {
        Self(Cell::new(values))
    }

    fn spend(&self, values: usize) -> Result<(), EvaluationError> {
        let left = self.0.get().checked_sub(values as u64).ok_or(EvaluationError::TooMuch);
        self.0.set(*left.as_ref().unwrap_or(&0));
        left.map(drop)
    }
}

impl Default for Budget {
    /// Ten million values.
    fn default() -> Self {
        Self::new(10_000_000)
    }
}

impl Expression {
    /// Read an expression.
    ///
    /// # Errors
    /// With the place, when it is not one or uses a function that is not known here.
    pub fn parse(text: &str) -> Result<Self, ExpressionError> {
        parse::parse(text).map(Self)
    }

    /// The values of the expression for an input.
    ///
    /// # Errors
    /// When it has none; see [`EvaluationError`].
    pub fn evaluate<'a>(
        &self,
        input: Value<'a>,
        context: &Context<'a>,
    ) -> Result<Vec<Value<'a>>, EvaluationError> {
        eval::evaluate(&self.0, input, context, &Budget::default())
    }

    /// Whether the expression holds for an input; nothing at all counts as holding, as invariants are read (R4 §5.3.3).
    ///
    /// # Errors
    /// As [`Expression::evaluate`], and when the value is not a truth value.
    pub fn holds<'a>(
        &self,
        input: Value<'a>,
        context: &Context<'a>,
        budget: &Budget,
    ) -> Result<bool, EvaluationError> {
        let values = eval::evaluate(&self.0, input, context, budget)?;
        Ok(value::truth(&values)?.unwrap_or(true))
    }

    /// The values for a whole resource, references leading nowhere but to the type that they name.
    ///
    /// # Errors
    /// As [`Expression::evaluate`].
    pub fn of<'a>(&self, resource: &'a Node) -> Result<Vec<Value<'a>>, EvaluationError> {
        self.evaluate(Value::of(resource), &Context { resource, root: resource, resolve: &|_| None })
    }
}
