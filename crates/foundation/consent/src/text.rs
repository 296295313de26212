//! Short validated texts: the names by which rules, teams, networks, people and records are told apart.

/// A text that is no name of its kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{kind}: expected 1 to {limit} characters of A-Z, a-z, 0-9 and -._~:/#@+ (英数字と -._~:/#@+ で1字から{limit}字), found {found:?}"
)]
pub struct NameError {
    /// What it should have been.
    pub kind: &'static str,
    /// Most characters allowed.
    pub limit: usize,
    /// The beginning of what it was.
    pub found: String,
}

pub(crate) fn check(kind: &'static str, limit: usize, text: &str) -> Result<Box<str>, NameError> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"-._~:/#@+".contains(&b);
    if text.is_empty() || text.len() > limit || !text.bytes().all(allowed) {
        return Err(NameError { kind, limit, found: text.chars().take(40).collect() });
    }
    Ok(text.into())
}

/// A short text with a type of its own, checked when made and when read.
macro_rules! name_type {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $limit:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Box<str>);

        impl $name {
            /// Most characters it may have.
            pub const LIMIT: usize = $limit;

            /// The name with this text.
            ///
            /// # Errors
            /// A text that is empty, too long, or has a character beyond `A-Z a-z 0-9 -._~:/#@+`.
            pub fn new(text: &str) -> Result<Self, crate::text::NameError> {
                crate::text::check($kind, Self::LIMIT, text).map(Self)
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = crate::text::NameError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::new(text)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                codes::parse_text(deserializer)
            }
        }
    };
}
pub(crate) use name_type;
