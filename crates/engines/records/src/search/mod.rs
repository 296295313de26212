//! Search (FHIR R4 §3.1.1): which parameters are served, what a resource is found by, and what a query asks.
//!
//! [`index`] gives the values under which a store keeps a resource; [`Query::parse`] reads a query into clauses over the
//! same values, each of which is one condition of SQL. A query that says something that is not served is refused and the
//! parameter named: to pass over it would answer another, wider question. [`Corpus`] answers in memory and is what the
//! SQL is tested against.

mod index;
mod matcher;
mod parameters;
mod parse;
mod query;
mod table;
mod terms;
mod time;

pub use index::{Entry, Value, fold, index};
pub use matcher::Corpus;
pub use parameters::{Kind, Parameter, parameter, parameters, served_types};
pub use parse::QueryError;
pub use query::{Clause, Include, Modifier, Query, Sort, Summary, Total};
pub use terms::{Prefix, Term, TokenSystem};
pub use time::Span;
