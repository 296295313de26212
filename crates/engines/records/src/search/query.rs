//! A query, read.

use super::{parameters::Parameter, terms::Term};

/// A query (検索): every clause must hold.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// The type that is searched.
    pub resource_type: String,
    /// The conditions.
    pub clauses: Vec<Clause>,
    /// What comes along: resources that the matches refer to (`_include`).
    pub include: Vec<Include>,
    /// What comes along: resources that refer to the matches (`_revinclude`).
    pub revinclude: Vec<Include>,
    /// The order, the weightiest first.
    pub sort: Vec<Sort>,
    /// Matches a page (`_count`); none leaves it to the server.
    pub count: Option<u32>,
    /// How much of each resource (`_summary`).
    pub summary: Summary,
    /// The elements that are asked for (`_elements`); empty for all.
    pub elements: Vec<String>,
    /// Whether the number of matches is asked for (`_total`).
    pub total: Total,
}

/// A condition.
#[derive(Debug, Clone, PartialEq)]
pub enum Clause {
    /// Some value of the parameter meets some term; with [`Modifier::Not`] none does.
    Match {
        /// The parameter.
        parameter: &'static Parameter,
        /// How.
        modifier: Modifier,
        /// The terms.
        terms: Vec<Term>,
    },
    /// The parameter has no value (`:missing=true`), or has one.
    Missing {
        /// The parameter.
        parameter: &'static Parameter,
        /// Whether it is to be missing.
        missing: bool,
    },
    /// The resource refers by this parameter to one of the type of which the clause holds (`patient.name`).
    Chain {
        /// The reference parameter of the searched type.
        parameter: &'static Parameter,
        /// The type referred to.
        target: String,
        /// What holds of it.
        clause: Box<Clause>,
    },
    /// A resource of the type refers by this parameter to the resource, and the clause holds of it (`_has`).
    Has {
        /// The type that refers.
        source: String,
        /// The reference parameter of that type.
        parameter: &'static Parameter,
        /// What holds of it.
        clause: Box<Clause>,
    },
}

/// What a parameter's name is followed by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Modifier {
    /// Nothing.
    None,
    /// `:exact`: the text as it is written.
    Exact,
    /// `:contains`: anywhere in the text.
    Contains,
    /// `:text`: a part of how a code is shown.
    Text,
    /// `:not`: no value meets a term.
    Not,
    /// `:identifier`: the reference's identifier.
    Identifier,
    /// `:Patient`: the reference's type.
    Type(String),
}

/// What comes along with the matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Include {
    /// The type that refers.
    pub source: String,
    /// By which parameter; none for all (`*`).
    pub parameter: Option<&'static Parameter>,
    /// Only to resources of this type.
    pub target: Option<String>,
    /// Also from and to what came along (`:iterate`).
    pub iterate: bool,
}

/// One step of the order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sort {
    /// By this parameter.
    pub parameter: &'static Parameter,
    /// The highest first.
    pub descending: bool,
}

/// How much of each resource.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Summary {
    /// All of it.
    #[default]
    False,
    /// What R4 marks as summary.
    True,
    /// Text, id, meta and what must be there.
    Text,
    /// All but the text.
    Data,
    /// Only the number of matches.
    Count,
}

/// Whether the number of matches is asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Total {
    /// As the server likes.
    #[default]
    Unsaid,
    /// No.
    None,
    /// Roughly.
    Estimate,
    /// Exactly.
    Accurate,
}
