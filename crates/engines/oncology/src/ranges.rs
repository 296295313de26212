//! Sets of codes as people write them: `8051-8084 8120-8131`.

use serde::de::{Deserialize, Deserializer, Error as _};

/// A set of numbers, as ascending ranges with both ends included.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ranges(Vec<(u16, u16)>);

impl Ranges {
    /// Whether a number is in it.
    pub(crate) fn contains(&self, number: u16) -> bool {
        let after = self.0.partition_point(|(first, _)| *first <= number);
        after.checked_sub(1).and_then(|place| self.0.get(place)).is_some_and(|(_, last)| number <= *last)
    }

    fn parse(text: &str) -> Option<Self> {
        let range = |part: &str| match part.split_once('-') {
            Some((first, last)) => Some((first.parse().ok()?, last.parse().ok()?)),
            None => part.parse().ok().map(|one: u16| (one, one)),
        };
        let mut ranges: Vec<(u16, u16)> = text.split_whitespace().map(range).collect::<Option<_>>()?;
        ranges.sort_unstable();
        ranges.iter().all(|(first, last)| first <= last).then_some(Self(ranges))
    }
}

impl<'de> Deserialize<'de> for Ranges {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text)
            .ok_or_else(|| D::Error::custom(format!("{text:?} is no list of numbers and ranges")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_included() {
        let set = Ranges::parse("8120-8131 8051-8084 9140").unwrap();
        for number in [8051, 8084, 8120, 8131, 9140] {
            assert!(set.contains(number), "{number}");
        }
        for number in [8050, 8085, 8119, 9139, 9141, 0] {
            assert!(!set.contains(number), "{number}");
        }
        assert_eq!(Ranges::parse("5-1"), None);
    }
}
