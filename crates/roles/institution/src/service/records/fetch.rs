//! What an outside asker may have: a search inside a restriction (DESIGN law 3).

use std::collections::{HashSet, VecDeque};

use codes::OrgId;
use consent::{Labels, Restriction};
use records::search::{Clause, Modifier, Query, Term, TokenSystem, parameter};

use super::error::RecordError;
use super::prepare::is_id;
use crate::model::LocalNumber;
use crate::service::Service;
use crate::store::{Find, Place, Scope, Store, labels};

/// A resource that may be disclosed (開示する記録).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disclosed {
    /// `Observation/123`.
    pub name: String,
    /// When it was stored, milliseconds since 1970.
    pub updated_at: i64,
    /// Its labels, those that it inherits among them.
    pub labels: Labels,
    /// The resource as JSON.
    pub body: Vec<u8>,
}

/// Searches on their way, page by page (取り寄せ). What the restriction does not permit is not searched: it is neither
/// found, nor counted, nor at the end of a chain, nor does it decide an order.
///
/// It writes nothing down: whoever discloses a page logs it first, under the exchange that it answers.
pub struct Fetch {
    store: Store,
    scope: Scope,
    waiting: VecDeque<Query>,
    place: Place,
    page: u32,
    known: HashSet<String>,
}

impl Service {
    /// Prepares to search what a restriction permits of one patient; queries are answered in their order, and no
    /// resource twice. A page has about `page` matches, and what comes along with them.
    ///
    /// # Errors
    /// The store's. A patient who is not known has nothing to be found.
    pub async fn fetch(
        &self,
        patient: &LocalNumber,
        restriction: &Restriction,
        queries: Vec<Query>,
        page: u32,
    ) -> Result<Fetch, RecordError> {
        let patients =
            if restriction.permits_nothing() { Vec::new() } else { self.patient_ids(patient).await? };
        Ok(Fetch {
            store: self.store.clone(),
            scope: Scope::Person { patients, restriction: restriction.clone() },
            waiting: queries.into(),
            place: Place::Skip(0),
            page: page.max(1),
            known: HashSet::new(),
        })
    }

    /// Ids of the Patient resources of a local number: those that bear it as the institution's patient number, and the
    /// one whose id it is.
    ///
    /// # Errors
    /// The store's.
    pub async fn patient_ids(&self, patient: &LocalNumber) -> Result<Vec<String>, RecordError> {
        let system = self.patient_system();
        let mut query = Query::parse("Patient", "")?;
        query.clauses.extend(parameter("Patient", "identifier").map(|parameter| Clause::Match {
            parameter,
            modifier: Modifier::None,
            terms: vec![Term::Token { system: TokenSystem::Is(system), code: Some(patient.to_string()) }],
        }));
        let find = Find { query, scope: Scope::Everything, place: Place::Skip(0), count: PATIENTS };
        let own = Some(patient.as_str()).filter(|own| is_id(own)).map(|own| format!("Patient/{own}"));
        let names = self.store.names_of(find, own).await?;
        let ids = names.iter().filter_map(|name| name.strip_prefix("Patient/")).map(str::to_owned).collect();
        Ok(ids)
    }

    /// The system of the institution's own patient numbers (JP Core: the institution's ten digits behind a 1).
    pub fn patient_system(&self) -> String {
        format!("urn:oid:1.2.392.100495.20.3.51.1{}", self.code)
    }

    /// The institution that the records are of.
    pub fn holder(&self) -> &OrgId {
        &self.org
    }
}

/// Patient resources that one person may have here.
const PATIENTS: u32 = 100;

impl Fetch {
    /// The next resources, or `None` when all was said. A page may be empty.
    ///
    /// # Errors
    /// The store's.
    pub async fn next(&mut self) -> Result<Option<Vec<Disclosed>>, RecordError> {
        let Some(query) = self.waiting.front() else { return Ok(None) };
        let is_ordered = !query.sort.is_empty();
        let most = query.count;
        let count = most.map_or(self.page, |most| most.min(self.page));
        let find = Find { query: query.clone(), scope: self.scope.clone(), place: self.place.clone(), count };
        let found = self.store.find_resources(find).await?;
        // `_count` of an outside query is all that it wants.
        let rest = most.map(|most| most.saturating_sub(count));
        let goes_on = found.more && rest != Some(0);
        let last = found.matches.last().filter(|_| goes_on);
        match (last, &self.place) {
            (None, _) => {
                self.waiting.pop_front();
                self.place = Place::Skip(0);
            }
            (Some(_), Place::Skip(skip)) if is_ordered => {
                self.place = Place::Skip(skip.saturating_add(count))
            }
            (Some(last), _) => self.place = Place::After(last.updated_at, last.name.clone()),
        }
        if let (true, Some(query)) = (goes_on, self.waiting.front_mut()) {
            query.count = rest;
        }
        let all = found.matches.into_iter().chain(found.included);
        let fresh = all.filter(|version| self.known.insert(version.name.clone()));
        let disclosed = fresh.map(|version| Disclosed {
            name: version.name,
            updated_at: version.updated_at,
            labels: labels(version.labels),
            body: version.body,
        });
        Ok(Some(disclosed.collect()))
    }
}
