//! The parameters that are served, by type of resource.

use Kind::{Date, Quantity, Reference, String, Token, Uri};

use super::table::{COMMON, TABLE};

/// How a parameter's values compare (R4 §3.1.1.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A code in a system.
    Token,
    /// A span of time.
    Date,
    /// A text, by its beginning, width and case aside.
    String,
    /// Another resource.
    Reference,
    /// A measured number with its unit.
    Quantity,
    /// A URI, whole.
    Uri,
}

impl Kind {
    /// Its name in a CapabilityStatement.
    pub fn code(self) -> &'static str {
        match self {
            Token => "token",
            Date => "date",
            String => "string",
            Reference => "reference",
            Quantity => "quantity",
            Uri => "uri",
        }
    }
}

/// A parameter (検索パラメータ).
#[derive(Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its name in a query.
    pub name: &'static str,
    /// How its values compare.
    pub kind: Kind,
    /// Where they are, keys by dots; every element of a list on the way.
    pub paths: &'static [&'static str],
    /// Types that a reference may have; empty for any.
    pub targets: &'static [&'static str],
}

/// The parameter of a type; none where it is not served.
pub fn parameter(resource_type: &str, name: &str) -> Option<&'static Parameter> {
    parameters(resource_type).find(|parameter| parameter.name == name)
}

/// All parameters of a type: those of every resource, then its own.
pub fn parameters(resource_type: &str) -> impl Iterator<Item = &'static Parameter> + use<> {
    let own = TABLE.iter().find(|(name, _)| *name == resource_type).map_or(&[][..], |(_, own)| own);
    COMMON.iter().chain(own)
}

/// The types that have parameters of their own. Any other type is found by the common ones.
pub fn served_types() -> impl Iterator<Item = &'static str> {
    TABLE.iter().map(|(name, _)| *name)
}
