//! Terms of a query as conditions on the index tables; each says what [`records::search::Term::meets`] says.

use records::search::{Kind, Modifier, Parameter, Prefix, Span, Term, TokenSystem, fold, served_types};

use super::rows::{Bound, ordered, reference_target, system_key};
use super::sql::Sql;

/// The table that holds a parameter's values.
pub(super) fn table(parameter: &Parameter, modifier: &Modifier) -> &'static str {
    match parameter.kind {
        _ if *modifier == Modifier::Identifier => "resource_token",
        Kind::Token | Kind::Uri => "resource_token",
        Kind::String => "resource_string",
        Kind::Date => "resource_date",
        Kind::Reference => "resource_reference",
        Kind::Quantity => "resource_quantity",
    }
}

impl Sql {
    /// That some row `v` of the parameter's table meets a term.
    pub(super) fn any_term(
        &mut self,
        v: &str,
        parameter: &Parameter,
        modifier: &Modifier,
        terms: &[Term],
    ) -> String {
        let conditions: Vec<String> =
            terms.iter().map(|term| self.term(v, parameter, modifier, term)).collect();
        match conditions.as_slice() {
            [] => "1 = 0".to_owned(),
            [only] => only.clone(),
            several => format!("({})", several.join(" OR ")),
        }
    }

    fn term(&mut self, v: &str, parameter: &Parameter, modifier: &Modifier, term: &Term) -> String {
        match term {
            Term::Token { system, code } => self.token(v, system, code.as_deref()),
            Term::Uri(uri) => format!("{v}.code = {}", self.text(uri)),
            Term::Text(text) => self.string(v, parameter.kind, modifier, text),
            Term::Reference { resource_type, id } => {
                self.reference(v, parameter, resource_type.as_deref(), id)
            }
            Term::Date { prefix, span } => {
                let (low, high) = (format!("{v}.low"), format!("{v}.high"));
                self.date(&low, &high, *prefix, *span)
            }
            Term::Quantity { .. } => self.quantity(v, term),
        }
    }

    fn token(&mut self, v: &str, system: &TokenSystem, code: Option<&str>) -> String {
        let mut conditions = Vec::new();
        if let Some(code) = code {
            conditions.push(format!("{v}.code = {}", self.text(code)));
        }
        match system {
            TokenSystem::Any => {}
            TokenSystem::None => conditions.push(format!("{v}.system = 0")),
            TokenSystem::Is(system) => {
                conditions.push(format!("{v}.system = {}", self.bind(Bound::Int(system_key(Some(system))))));
            }
        }
        if conditions.is_empty() { "1 = 1".to_owned() } else { format!("({})", conditions.join(" AND ")) }
    }

    fn string(&mut self, v: &str, kind: Kind, modifier: &Modifier, text: &str) -> String {
        if kind == Kind::Token {
            return format!("{v}.shown LIKE {} ESCAPE '\\'", self.text(&crate::store::containing(text)));
        }
        match modifier {
            Modifier::Exact => {
                let folded = self.bind(Bound::Bytes(fold(text).as_bytes().to_vec()));
                format!("({v}.folded = {folded} AND {v}.exact = {})", self.text(text))
            }
            Modifier::Contains => {
                format!("{v}.loose LIKE {} ESCAPE '\\'", self.text(&crate::store::containing(text)))
            }
            _ if text.is_empty() => "1 = 1".to_owned(),
            _ => {
                let from = self.bind(Bound::Bytes(text.as_bytes().to_vec()));
                let until = self.bind(Bound::Bytes(after(text)));
                format!("({v}.folded >= {from} AND {v}.folded < {until})")
            }
        }
    }

    fn reference(&mut self, v: &str, parameter: &Parameter, resource_type: Option<&str>, id: &str) -> String {
        let targets = self.targets(parameter, resource_type, id);
        if let [only] = targets.as_slice() {
            return format!("{v}.target = {}", self.text(only));
        }
        let list: Vec<String> = targets.iter().map(|target| self.text(target)).collect();
        format!("{v}.target IN ({})", list.join(", "))
    }

    /// A reference that does not say its type is met by one that says any, and the other way round.
    fn targets(&self, parameter: &Parameter, resource_type: Option<&str>, id: &str) -> Vec<String> {
        let mut targets = vec![id.to_owned()];
        let is_id = !id.contains([':', '/']);
        match resource_type {
            Some(resource_type) => targets.insert(0, reference_target(Some(resource_type), id)),
            None if !is_id => {}
            None if parameter.targets.is_empty() => {
                targets.extend(served_types().map(|resource_type| reference_target(Some(resource_type), id)));
            }
            None => targets.extend(parameter.targets.iter().map(|target| reference_target(Some(target), id))),
        }
        targets
    }

    /// A span of time between two columns or expressions against one that is asked for.
    pub(super) fn date(&mut self, low: &str, high: &str, prefix: Prefix, asked: Span) -> String {
        let mut bind = |at: i64| self.bind(Bound::Int(at));
        match prefix {
            Prefix::Eq => format!("({low} >= {} AND {high} <= {})", bind(asked.from), bind(asked.until)),
            Prefix::Ne => format!("({low} < {} OR {high} > {})", bind(asked.from), bind(asked.until)),
            Prefix::Gt => format!("{high} > {}", bind(asked.until)),
            Prefix::Lt => format!("{low} < {}", bind(asked.from)),
            Prefix::Ge => {
                let (from, until) = (bind(asked.from), bind(asked.until));
                format!("({high} > {until} OR ({low} >= {from} AND {high} <= {until}))")
            }
            Prefix::Le => {
                let (from, until) = (bind(asked.from), bind(asked.until));
                format!("({low} < {from} OR ({low} >= {from} AND {high} <= {until}))")
            }
            Prefix::Sa => format!("{low} >= {}", bind(asked.until)),
            Prefix::Eb => format!("{high} <= {}", bind(asked.from)),
            Prefix::Ap => format!("({low} < {} AND {high} > {})", bind(asked.until), bind(asked.from)),
        }
    }

    fn quantity(&mut self, v: &str, term: &Term) -> String {
        let Term::Quantity { prefix, value, low, high, system, code } = term else {
            return "1 = 0".to_owned();
        };
        let (from, until) = if *prefix == Prefix::Ap {
            (value - value.abs() / 10.0, value + value.abs() / 10.0)
        } else {
            (*low, *high)
        };
        let mut number = |number: f64| self.bind(Bound::Int(ordered(number)));
        let column = format!("{v}.value");
        let compared = match prefix {
            Prefix::Eq => format!("({column} >= {} AND {column} < {})", number(from), number(until)),
            Prefix::Ne => format!("({column} < {} OR {column} >= {})", number(from), number(until)),
            Prefix::Gt | Prefix::Sa => format!("{column} > {}", number(*value)),
            Prefix::Lt | Prefix::Eb => format!("{column} < {}", number(*value)),
            Prefix::Ge => format!("{column} >= {}", number(*value)),
            Prefix::Le => format!("{column} <= {}", number(*value)),
            Prefix::Ap => format!("({column} >= {} AND {column} <= {})", number(from), number(until)),
        };
        let mut conditions = vec![compared];
        if let Some(system) = system {
            conditions.push(format!("{v}.system = {}", self.bind(Bound::Int(system_key(Some(system))))));
        }
        match (system, code) {
            (Some(_), Some(code)) => conditions.push(format!("{v}.code = {}", self.text(code))),
            (None, Some(code)) => {
                let code = self.text(code);
                conditions.push(format!("({v}.code = {code} OR {v}.unit = {code})"));
            }
            (_, None) => {}
        }
        format!("({})", conditions.join(" AND "))
    }
}

/// The first bytes after all that begin with a text: its last byte, one higher. UTF-8 has no byte 0xFF.
fn after(text: &str) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    if let Some(last) = bytes.last_mut() {
        *last = last.saturating_add(1);
    }
    bytes
}
