//! Searching for the institution's own systems.

use std::fmt;
use std::str::FromStr;

use records::search::{Query, Summary, Total};

use super::error::RecordError;
use super::log::Caller;
use crate::service::Service;
use crate::store::{Find, FoundPage, Place, Scope};

/// A page of a search.
pub struct SearchPage {
    /// Matches and what comes along.
    pub found: FoundPage,
    /// How many there are in all, where it was asked for.
    pub total: Option<u64>,
    /// Where the next page begins.
    pub next: Option<PageToken>,
}

/// Where a page begins, as a text in its address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageToken(Place);

impl Default for PageToken {
    fn default() -> Self {
        Self(Place::Skip(0))
    }
}

impl PageToken {
    /// The page after a match, in the order of time and name.
    pub(super) fn after(at: i64, name: String) -> Self {
        Self(Place::After(at, name))
    }

    /// The place.
    pub(super) fn place(&self) -> &Place {
        &self.0
    }
}

impl fmt::Display for PageToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Place::Skip(skip) => write!(f, "{skip}"),
            Place::After(at, name) => write!(f, "{at}~{name}"),
        }
    }
}

impl FromStr for PageToken {
    type Err = RecordError;

    fn from_str(text: &str) -> Result<Self, RecordError> {
        let place = match text.split_once('~') {
            Some((at, name)) => at.parse().ok().map(|at| Place::After(at, name.to_owned())),
            None => text.parse().ok().map(Place::Skip),
        };
        place.map(Self).ok_or_else(|| {
            let (ja, en) = ("ページの指定が正しくありません", "not a page of ours");
            RecordError::request(400, "value", ja, en).at(PAGE)
        })
    }
}

/// The parameter that holds a [`PageToken`].
pub const PAGE: &str = "_page";
/// Matches on a page, where nothing else is asked.
const COUNT: u32 = 50;
/// Matches on a page at most.
const MOST: u32 = 1_000;

impl Service {
    /// A page of a search.
    ///
    /// # Errors
    /// The store's or the ledger's.
    pub async fn search_records(
        &self,
        caller: &Caller,
        query: Query,
        page: PageToken,
    ) -> Result<SearchPage, RecordError> {
        let wants_total = query.summary == Summary::Count
            || query.total == Total::Accurate
            || query.total == Total::Estimate;
        let total = match wants_total {
            true => Some(self.store.count_resources(query.clone(), Scope::Everything).await?),
            false => None,
        };
        let count = query.count.unwrap_or(COUNT).min(MOST);
        if query.summary == Summary::Count || count == 0 {
            let total = match total {
                Some(total) => total,
                None => self.store.count_resources(query, Scope::Everything).await?,
            };
            return Ok(SearchPage { found: FoundPage::default(), total: Some(total), next: None });
        }
        let is_ordered = !query.sort.is_empty();
        let place = page.0.clone();
        let find = Find { query, scope: Scope::Everything, place: place.clone(), count };
        let found = self.store.find_resources(find).await?;
        let next = next(&found, &place, is_ordered);
        let first = matches!(place, Place::Skip(0));
        let total = total.or_else(|| (first && next.is_none()).then_some(found.matches.len() as u64));
        let read = found.matches.iter().chain(&found.included);
        self.log_read(
            caller,
            "search",
            read.map(|version| (version.patient.as_str(), version.name.as_str())),
        )
        .await?;
        Ok(SearchPage { found, total, next })
    }
}

/// Where the next page begins, if there is one.
fn next(found: &FoundPage, place: &Place, is_ordered: bool) -> Option<PageToken> {
    let last = found.matches.last().filter(|_| found.more)?;
    if !is_ordered {
        return Some(PageToken(Place::After(last.updated_at, last.name.clone())));
    }
    let skipped = match place {
        Place::Skip(skip) => *skip,
        Place::After(..) => 0,
    };
    let more = u32::try_from(found.matches.len()).unwrap_or(u32::MAX);
    Some(PageToken(Place::Skip(skipped.saturating_add(more))))
}
