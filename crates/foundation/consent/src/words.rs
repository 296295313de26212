//! Closed vocabularies, each word with its code of the standard and its name in Japanese and English, and sets of them.

/// A text that is no word of its vocabulary.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no such {kind} ({kind}にない語です): {found:?}")]
pub struct UnknownWord {
    /// Which vocabulary.
    pub kind: &'static str,
    /// The beginning of the text.
    pub found: String,
}

/// An enum of words: code, Japanese, English; serialised as its code.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident, $kind:literal {
        $($(#[$word_doc:meta])* $word:ident = $code:literal, $ja:literal, $en:literal;)+
    }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum $name { $($(#[$word_doc])* $word,)+ }

        impl $name {
            /// Every word, in order.
            pub const ALL: &'static [Self] = &[$(Self::$word,)+];

            /// Its code.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self { $(Self::$word => $code,)+ }
            }

            /// Its name in Japanese.
            #[must_use]
            pub fn ja(self) -> &'static str {
                match self { $(Self::$word => $ja,)+ }
            }

            /// Its name in English.
            #[must_use]
            pub fn en(self) -> &'static str {
                match self { $(Self::$word => $en,)+ }
            }

            /// The word with this code.
            #[must_use]
            pub fn from_code(code: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|word| word.code() == code)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.code())
            }
        }

        impl std::str::FromStr for $name {
            type Err = crate::words::UnknownWord;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::from_code(text).ok_or_else(|| crate::words::UnknownWord {
                    kind: $kind,
                    found: text.chars().take(40).collect(),
                })
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.code())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                codes::parse_text(deserializer)
            }
        }
    };
}
pub(crate) use words;

/// A set of such words in one integer; serialised as the list of their codes.
macro_rules! word_set {
    ($(#[$doc:meta])* $name:ident of $word:ty, $bits:ty) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name($bits);

        impl $name {
            /// No word.
            pub const NONE: Self = Self(0);

            /// The set with these words.
            #[must_use]
            pub fn of(words: &[$word]) -> Self {
                words.iter().copied().collect()
            }

            /// This set and one more word.
            #[must_use]
            pub const fn with(self, word: $word) -> Self {
                Self(self.0 | 1 << word as u8)
            }

            /// Whether the word is in it.
            #[must_use]
            pub const fn contains(self, word: $word) -> bool {
                self.0 & 1 << word as u8 != 0
            }

            /// Whether no word is in it.
            #[must_use]
            pub const fn is_empty(&self) -> bool {
                self.0 == 0
            }

            /// Whether every word of it is in the other.
            #[must_use]
            pub const fn is_within(self, other: Self) -> bool {
                self.0 & !other.0 == 0
            }

            /// Whether both have a word in common.
            #[must_use]
            pub const fn meets(self, other: Self) -> bool {
                self.0 & other.0 != 0
            }

            /// The words of both.
            #[must_use]
            pub const fn union(self, other: Self) -> Self {
                Self(self.0 | other.0)
            }

            /// The words that are in it and not in the other.
            #[must_use]
            pub const fn without(self, other: Self) -> Self {
                Self(self.0 & !other.0)
            }

            /// Its words, in order.
            pub fn iter(self) -> impl Iterator<Item = $word> {
                <$word>::ALL.iter().copied().filter(move |word| self.contains(*word))
            }
        }

        impl FromIterator<$word> for $name {
            fn from_iter<I: IntoIterator<Item = $word>>(words: I) -> Self {
                words.into_iter().fold(Self::NONE, Self::with)
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_set().entries(self.iter()).finish()
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_seq(self.iter())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let words = <Vec<$word> as serde::Deserialize>::deserialize(deserializer)?;
                Ok(words.into_iter().collect())
            }
        }
    };
}
pub(crate) use word_set;
