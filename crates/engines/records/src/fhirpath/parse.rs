//! Tokens to expression, by operator precedence (FHIRPath §6.8).

use regex_lite::Regex;

use super::{
    functions::Function,
    lex::{Token, tokens},
};
use crate::tree::Text;

/// Parentheses and calls inside each other that an expression may have.
const DEEPEST: usize = 64;

/// Why a text is not an expression that can be evaluated here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("character {at} of the expression: {problem}")]
pub struct ExpressionError {
    /// Byte offset of the place.
    pub at: usize,
    /// What is wrong there.
    pub problem: String,
}

/// An expression.
#[derive(Debug)]
pub(super) enum Expr {
    /// `{}`
    Nothing,
    Text(Text),
    Integer(i64),
    Decimal(f64),
    Bool(bool),
    /// `$this`
    This,
    /// What a function is called on.
    Input,
    Index,
    Variable(Variable),
    /// A member of the input; at the start of a path it may be the type of the resource.
    Member(Text),
    /// The second on each result of the first.
    Path(Box<Expr>, Box<Expr>),
    At(Box<Expr>, Box<Expr>),
    Negative(Box<Expr>),
    Call(Function, Vec<Expr>, Option<Regex>),
    Is(Box<Expr>, Text),
    As(Box<Expr>, Text),
    Binary(Operator, Box<Expr>, Box<Expr>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Variable {
    Resource,
    RootResource,
    Context,
    Ucum,
    Loinc,
    Snomed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Multiply,
    Divide,
    Div,
    Mod,
    Add,
    Subtract,
    Join,
    Union,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Equal,
    NotEqual,
    Equivalent,
    NotEquivalent,
    In,
    Contains,
    And,
    Or,
    Xor,
    Implies,
}

pub(super) fn parse(text: &str) -> Result<Expr, ExpressionError> {
    let tokens =
        tokens(text).map_err(|at| ExpressionError { at, problem: "not a token of FHIRPath".into() })?;
    let mut parser = Parser { tokens, at: 0, end: text.len(), depth: 0 };
    let expr = parser.expression(0)?;
    if parser.peek().is_some() { Err(parser.error("something follows the expression")) } else { Ok(expr) }
}

struct Parser {
    tokens: Vec<(usize, Token)>,
    at: usize,
    end: usize,
    depth: usize,
}

impl Parser {
    /// An expression of operators that bind stronger than `floor`.
    fn expression(&mut self, floor: u8) -> Result<Expr, ExpressionError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.error("nested too deep"));
        }
        let mut left = self.unary()?;
        loop {
            if TYPE_POWER > floor && (self.peek_word("is") || self.peek_word("as")) {
                let is = self.peek_word("is");
                self.at += 1;
                let of = self.type_name()?;
                left = if is { Expr::Is(Box::new(left), of) } else { Expr::As(Box::new(left), of) };
                continue;
            }
            let Some((operator, power)) = self.operator().filter(|(_, power)| *power > floor) else { break };
            self.at += 1;
            let right = self.expression(power)?;
            left = Expr::Binary(operator, Box::new(left), Box::new(right));
        }
        self.depth -= 1;
        Ok(left)
    }

    fn operator(&self) -> Option<(Operator, u8)> {
        use Operator::{
            Add, And, Contains, Div, Divide, Equal, Equivalent, Greater, GreaterEqual, Implies, In, Join,
            Less, LessEqual, Mod, Multiply, NotEqual, NotEquivalent, Or, Subtract, Union, Xor,
        };
        Some(match self.peek()? {
            Token::Symbol(symbol) => match *symbol {
                "*" => (Multiply, 10),
                "/" => (Divide, 10),
                "+" => (Add, 9),
                "-" => (Subtract, 9),
                "&" => (Join, 9),
                "|" => (Union, 7),
                "<" => (Less, 6),
                "<=" => (LessEqual, 6),
                ">" => (Greater, 6),
                ">=" => (GreaterEqual, 6),
                "=" => (Equal, 5),
                "!=" => (NotEqual, 5),
                "~" => (Equivalent, 5),
                "!~" => (NotEquivalent, 5),
                _ => return None,
            },
            Token::Name(name) => match name.as_str() {
                "div" => (Div, 10),
                "mod" => (Mod, 10),
                "in" => (In, 4),
                "contains" => (Contains, 4),
                "and" => (And, 3),
                "or" => (Or, 2),
                "xor" => (Xor, 2),
                "implies" => (Implies, 1),
                _ => return None,
            },
            _ => return None,
        })
    }

    fn unary(&mut self) -> Result<Expr, ExpressionError> {
        if self.take("-") {
            return Ok(Expr::Negative(Box::new(self.postfix()?)));
        }
        self.take("+");
        self.postfix()
    }

    fn postfix(&mut self) -> Result<Expr, ExpressionError> {
        let mut expr = self.term()?;
        loop {
            if self.take(".") {
                let step = self.invocation()?;
                expr = Expr::Path(Box::new(expr), Box::new(step));
            } else if self.take("[") {
                let index = self.expression(0)?;
                self.need("]")?;
                expr = Expr::At(Box::new(expr), Box::new(index));
            } else {
                return Ok(expr);
            }
        }
    }

    fn term(&mut self) -> Result<Expr, ExpressionError> {
        let token = self.peek().cloned().ok_or_else(|| self.error("an expression is missing"))?;
        let simple = match token {
            Token::Symbol("(") => {
                self.at += 1;
                let inner = self.expression(0)?;
                self.need(")")?;
                return Ok(inner);
            }
            Token::Symbol("{") => {
                self.at += 1;
                self.need("}")?;
                return Ok(Expr::Nothing);
            }
            Token::Text(text) | Token::Date(text) => Expr::Text(text),
            Token::Number(digits) => match digits.parse() {
                Ok(integer) => Expr::Integer(integer),
                Err(_) => Expr::Decimal(digits.parse().map_err(|_| self.error("not a number"))?),
            },
            Token::Variable(name) => Expr::Variable(match name.as_str() {
                "resource" => Variable::Resource,
                "rootResource" => Variable::RootResource,
                "context" => Variable::Context,
                "ucum" => Variable::Ucum,
                "loinc" => Variable::Loinc,
                "sct" => Variable::Snomed,
                _ => return Err(self.error("not a variable that is known here")),
            }),
            Token::Name(name) if matches!(name.as_str(), "true" | "false") => Expr::Bool(name == "true"),
            _ => return self.invocation(),
        };
        self.at += 1;
        Ok(simple)
    }

    fn invocation(&mut self) -> Result<Expr, ExpressionError> {
        let token = self.peek().cloned();
        let name = match token {
            Some(Token::Special(name)) => {
                let special = match name.as_str() {
                    "this" => Expr::This,
                    "index" => Expr::Index,
                    _ => return Err(self.error("not known here")),
                };
                self.at += 1;
                return Ok(special);
            }
            Some(Token::Name(name) | Token::Quoted(name)) => name,
            _ => return Err(self.error("a name is missing")),
        };
        self.at += 1;
        if !matches!(self.peek(), Some(Token::Symbol("("))) {
            return Ok(Expr::Member(name));
        }
        let function = Function::of(&name)
            .ok_or_else(|| self.error(&format!("the function {name} is not known here")))?;
        self.at += 1;
        self.call(function)
    }

    fn call(&mut self, function: Function) -> Result<Expr, ExpressionError> {
        if let Some(of_type) = function.takes_a_type() {
            let of = self.type_name()?;
            self.need(")")?;
            return Ok(of_type(Box::new(Expr::Input), of));
        }
        let mut arguments = Vec::new();
        if !self.take(")") {
            loop {
                arguments.push(self.expression(0)?);
                if self.take(")") {
                    break;
                }
                self.need(",")?;
            }
        }
        if !function.arguments().contains(&arguments.len()) {
            return Err(self.error(&format!("{function:?} with {} arguments", arguments.len())));
        }
        let pattern = match (function.takes_a_pattern(), arguments.first()) {
            (true, Some(Expr::Text(text))) => Some(pattern(text).map_err(|problem| self.error(&problem))?),
            _ => None,
        };
        Ok(Expr::Call(function, arguments, pattern))
    }

    /// A type, without the name space in front of it.
    fn type_name(&mut self) -> Result<Text, ExpressionError> {
        let mut last = None;
        while let Some(Token::Name(name) | Token::Quoted(name)) = self.peek().cloned() {
            last = Some(name);
            self.at += 1;
            if !self.take(".") {
                break;
            }
        }
        last.ok_or_else(|| self.error("a type is missing"))
    }

    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at).map(|(_, token)| token)
    }

    fn peek_word(&self, word: &str) -> bool {
        matches!(self.peek(), Some(Token::Name(name)) if name == word)
    }

    fn take(&mut self, symbol: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Symbol(s)) if *s == symbol);
        self.at += usize::from(found);
        found
    }

    fn need(&mut self, symbol: &str) -> Result<(), ExpressionError> {
        if self.take(symbol) { Ok(()) } else { Err(self.error(&format!("{symbol} is missing"))) }
    }

    fn error(&self, problem: &str) -> ExpressionError {
        let at = self.tokens.get(self.at).map_or(self.end, |(at, _)| *at);
        ExpressionError { at, problem: problem.to_owned() }
    }
}

/// How strongly `is` and `as` bind: between addition and union.
const TYPE_POWER: u8 = 8;

/// A regular expression as FHIRPath reads it: a full stop takes a line break too.
pub(super) fn pattern(text: &str) -> Result<Regex, String> {
    Regex::new(&format!("(?s){text}")).map_err(|error| error.to_string())
}
