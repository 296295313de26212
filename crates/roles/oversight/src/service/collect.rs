//! Reading the watched ledgers, as far as the overseer may: again and again, from where it stopped.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use access::Organisation;
use codes::{OrgId, OrgKind};
use protocol::clients::WatchedClient;
use protocol::oversight::SideRecordsRequest;
use wire::{Problem, Shutdown};

use super::Service;
use crate::model::Progress;
use crate::{problems, store::sides as sql};

/// Who is watched: those who ask, decide, give and check.
const WATCHED: [OrgKind; 3] = [OrgKind::Relay, OrgKind::Eligibility, OrgKind::Institution];

/// How often their ledgers are read.
const PAUSE: Duration = Duration::from_secs(10);

/// Pages of one ledger in one round: a long past does not keep the others waiting.
const PAGES: usize = 20;

impl Service {
    /// Reads the watched ledgers and evaluates the rules, until shutdown.
    pub async fn run(self, shutdown: Shutdown) {
        loop {
            let round = async {
                self.collect().await?;
                self.find().await?;
                self.keep_assessment().await
            };
            if let Err(problem) = round.await {
                tracing::error!(%problem, "a round of the overseer failed");
            }
            tokio::select! { () = shutdown.wait() => return, () = tokio::time::sleep(PAUSE) => {} }
        }
    }

    /// Reads what is new in every watched ledger. One that cannot be read is noted, and tried again in the next round.
    ///
    /// # Errors
    /// The store's.
    pub async fn collect(&self) -> Result<(), Problem> {
        let known = self.read(sql::progress).await?;
        let known: HashMap<OrgId, u64> = known.into_iter().map(|of| (of.organisation, of.next)).collect();
        for kind in WATCHED {
            for organisation in self.policy.directory().of_kind(kind) {
                let from = known.get(&organisation.id).copied().unwrap_or(0);
                if let Err(problem) = self.collect_from(&organisation, from).await {
                    let (id, at) = (organisation.id, self.now().as_millis());
                    let why = problem.to_string();
                    self.write(move |tx| sql::trouble(tx, &id, &why, at)).await?;
                }
            }
        }
        Ok(())
    }

    /// How far every ledger was read.
    ///
    /// # Errors
    /// The store's.
    pub async fn progress(&self) -> Result<Vec<Progress>, Problem> {
        self.read(sql::progress).await
    }

    async fn collect_from(&self, organisation: &Arc<Organisation>, from: u64) -> Result<(), Problem> {
        let Some(address) = &organisation.api else { return Ok(()) };
        let client = WatchedClient::new(self.client.clone(), address.clone());
        let mut next = from;
        for _ in 0..PAGES {
            let question = SideRecordsRequest { exchange: self.exchange(), overseer: self.org, from: next };
            let answer = client.side_records(&question).await?;
            let moved = answer.next > next;
            next = answer.next;
            let mut records = Vec::with_capacity(answer.records.len());
            for record in answer.records {
                let body = serde_json::to_string(&record).map_err(problems::internal)?;
                records.push((record, body));
            }
            let (id, at) = (organisation.id, self.now().as_millis());
            self.write(move |tx| sql::put(tx, &id, &records, next, at)).await?;
            if !moved || next >= answer.size {
                break;
            }
        }
        Ok(())
    }
}
