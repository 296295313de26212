//! My record (わたしの記録): asked for by the person, fetched live from the holders, shown with source and date, and forgotten with
//! the visit unless the person keeps a copy.

mod copies;
mod corrections;
pub mod csv;
pub mod ips;
pub mod pdf;
mod shelf;

use calendar::{Date, Timestamp};
use codes::{ExchangeId, Medical, OrgCode, OrgId};
use consent::{ActReason, Categories, Profession};
use ledger::Receipt;
use protocol::exchange::{Evidence, ExchangeAnswer, ExchangeRequest, Practitioner};
use protocol::record_stream::{Fetched, Unreached, fetch, lines};
use records::{Node, Resource};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::task::JoinSet;
use wire::Problem;

use super::Service;
use crate::model::Visit;
use crate::problems;

pub use corrections::{Correction, Wrong};
pub use shelf::Shelf;

/// Kind of the entry of a look at the record, before it is asked for.
const ASKED: &str = "portal.record-asked";

/// Kind of the entry of a record that leaves as a file.
const EXPORTED: &str = "portal.record-exported";

/// The code of what a holder gives in the place of what its doctor holds back for a while; `created` is the day.
pub const HELD: &str = "held";

/// What came of a question (集めた記録).
#[derive(Clone, Debug)]
pub struct Gathered {
    /// When it was asked.
    pub at: Timestamp,
    /// The exchange, under which both sides wrote it down.
    pub exchange: ExchangeId,
    /// Holder by holder.
    pub sources: Vec<Source>,
    /// What they gave.
    pub items: Vec<Item>,
}

/// What one holder gave.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Source {
    /// The holder.
    pub holder: OrgId,
    /// Why it is not all; none when it is.
    pub unreached: Option<Missing>,
    /// Until when something is held back, as far as the doctor lets that be said.
    pub held_until: Option<Date>,
}

/// Why a holder gave nothing, or not all, as it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Missing {
    /// It did not answer.
    Silent,
    /// It refused.
    Refused,
    /// The answer ended in the middle or could not be read.
    Broken,
}

/// One resource of one holder.
#[derive(Clone, Debug)]
pub struct Item {
    /// Place of its holder among the sources.
    pub source: usize,
    /// The resource.
    pub resource: Resource,
}

/// How the name of an app begins in what the holders and the person read: nobody's own name begins so.
pub const APP_MARK: &str = "アプリ「";

/// For whom records are fetched, and on what evidence.
#[derive(Clone, Debug)]
pub struct OnBehalf {
    /// The portal's code of the person.
    pub code: OrgCode<Medical>,
    /// That the person was there.
    pub evidence: Evidence,
    /// As the person and the holders read it: the person, or the app that the person permitted.
    pub name: String,
}

impl Service {
    /// Asks who holds something of the person and fetches it, all holders at once; none named means all.
    ///
    /// # Errors
    /// No working medical ID; the relay's refusal; the ledger. A holder that does not answer is no error: it is named.
    pub async fn gather(&self, visit: &Visit, holders: Vec<OrgId>) -> Result<Gathered, Problem> {
        let behalf = self.own_behalf(visit)?;
        self.gather_for(&behalf, Categories::NONE, holders, Vec::new()).await
    }

    /// The person at this visit, or the proxy who acts for them.
    ///
    /// # Errors
    /// No working medical ID.
    pub fn own_behalf(&self, visit: &Visit) -> Result<OnBehalf, Problem> {
        let code = visit.subject().code.ok_or_else(problems::no_medical_id)?;
        Ok(OnBehalf { code, evidence: visit.evidence(), name: visit.bearer.name.clone() })
    }

    /// As [`Self::gather`], of some kinds of information or by FHIR searches alone.
    ///
    /// # Errors
    /// As [`Self::gather`].
    pub async fn gather_for(
        &self,
        behalf: &OnBehalf,
        looking_for: Categories,
        holders: Vec<OrgId>,
        searches: Vec<String>,
    ) -> Result<Gathered, Problem> {
        let answer = self.grants(behalf, looking_for, holders).await?;
        let mut asked = JoinSet::new();
        for (place, grant) in answer.grants.iter().cloned().enumerate() {
            let (client, directory, custody) =
                (self.client.clone(), self.policy.directory().clone(), self.custody.clone());
            let searches = searches.clone();
            asked.spawn(async move {
                let base = directory.get(&grant.holder).and_then(|org| org.api.clone());
                (place, fetch(&client, base, &*custody, grant, searches).await)
            });
        }
        let mut fetched: Vec<(usize, Fetched)> = asked.join_all().await;
        fetched.sort_by_key(|(place, _)| *place);
        let mut gathered =
            Gathered { at: self.now(), exchange: answer.exchange, sources: Vec::new(), items: Vec::new() };
        for (_, fetched) in fetched {
            gathered.take(fetched);
        }
        Ok(gathered)
    }

    /// Writes down that the record left as a file.
    ///
    /// # Errors
    /// The ledger's: then it does not leave.
    pub async fn exported(&self, visit: &Visit, format: &str, gathered: &Gathered) -> Result<(), Problem> {
        let body =
            json!({ "format": format, "resources": gathered.items.len(), "exchange": gathered.exchange });
        self.log(EXPORTED, visit.subject().code.as_ref(), self.exchange(), &body).await.map(drop)
    }

    /// Grants for the person's own access; written down here before they are asked for.
    async fn grants(
        &self,
        behalf: &OnBehalf,
        looking_for: Categories,
        holders: Vec<OrgId>,
    ) -> Result<ExchangeAnswer, Problem> {
        let exchange = self.exchange();
        let body = json!({ "by": behalf.name, "evidence": behalf.evidence, "holders": holders });
        self.log(ASKED, Some(&behalf.code), exchange, &body).await?;
        let id = "person".parse().map_err(problems::internal)?;
        let asked_by = Practitioner { id, profession: Profession::Oneself, name: behalf.name.clone() };
        let request = ExchangeRequest {
            exchange,
            institution: self.org,
            code: behalf.code,
            reason: ActReason::PatientRequest,
            asked_by,
            evidence: behalf.evidence.clone(),
            looking_for,
            care: None,
            holders,
        };
        Ok(self.relay()?.exchange(&request).await?)
    }
}

impl Gathered {
    /// Takes what one holder gave; what is no resource is left out and said to be missing.
    fn take(&mut self, fetched: Fetched) {
        let source = self.sources.len();
        let mut unreached = fetched.unreached.as_ref().map(Missing::of);
        let mut held_until: Option<Date> = None;
        for line in lines(&fetched.lines) {
            let resource = records::tree::parse(line).ok().and_then(|node| Resource::new(node).ok());
            match resource {
                Some(resource) => match held(resource.node()) {
                    Some(until) => held_until = Some(held_until.map_or(until, |before| before.max(until))),
                    None => self.items.push(Item { source, resource }),
                },
                None => unreached = Some(Missing::Broken),
            }
        }
        self.sources.push(Source { holder: fetched.holder, unreached, held_until });
    }

    /// With what some of the holders gave now in the place of what they gave before.
    #[must_use]
    pub fn renewed(mut self, newer: Self) -> Self {
        let again: Vec<OrgId> = newer.sources.iter().map(|source| source.holder).collect();
        let (at, exchange) = (newer.at, newer.exchange);
        let mut kept = Self { at, exchange, sources: Vec::new(), items: Vec::new() };
        for (place, source) in std::mem::take(&mut self.sources).into_iter().enumerate() {
            if again.contains(&source.holder) {
                continue;
            }
            let source_place = kept.sources.len();
            let own = self.items.iter().filter(|item| item.source == place);
            kept.items.extend(own.map(|item| Item { source: source_place, resource: item.resource.clone() }));
            kept.sources.push(source);
        }
        let offset = kept.sources.len();
        kept.items.extend(newer.items.into_iter().map(|item| Item { source: item.source + offset, ..item }));
        kept.sources.extend(newer.sources);
        kept
    }

    /// How many resources a source gave.
    pub fn count(&self, source: usize) -> usize {
        self.items.iter().filter(|item| item.source == source).count()
    }

    /// The item of a holder with this name, `Observation/1`.
    pub fn find(&self, holder: &OrgId, name: &str) -> Option<&Item> {
        let source = self.sources.iter().position(|source| source.holder == *holder)?;
        self.items.iter().find(|item| item.source == source && item.name() == name)
    }

    /// The holder of an item.
    pub fn holder(&self, item: &Item) -> Option<&OrgId> {
        self.sources.get(item.source).map(|source| &source.holder)
    }
}

impl Item {
    /// `Observation/1`.
    pub fn name(&self) -> String {
        format!("{}/{}", self.resource.resource_type(), self.resource.id().unwrap_or_default())
    }
}

impl Missing {
    fn of(why: &Unreached) -> Self {
        match why {
            Unreached::Silent => Self::Silent,
            Unreached::Refused(_) => Self::Refused,
            Unreached::Cut | Unreached::Unreadable => Self::Broken,
        }
    }
}

/// The day of what stands for something that is held back.
fn held(node: &Node) -> Option<Date> {
    let is_it =
        node.text_at("resourceType") == Some("Basic") && node.text_at("code.coding.code") == Some(HELD);
    is_it.then(|| node.text_at("created")?.parse().ok()).flatten()
}

/// Where a person's receipt stands: for what rests on a visit that is over.
pub fn presence(receipt: Receipt) -> Evidence {
    Evidence::Presence { receipt }
}
