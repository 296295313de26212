//! The work lists: what the rules find, day by day, and what officers make of it.

use calendar::{Date, Timestamp};
use codes::{ExchangeId, OrgKind};
use protocol::clients::WatchedClient;
use protocol::exchange::{Corroboration, CorroborationRequest, WaitingReview};
use serde_json::json;
use wire::Problem;

use super::Service;
use crate::model::Finding;
use crate::store::{findings as sql, sides};

/// Kinds of the entries.
const FOUND: &str = "oversight.finding";
const FINDING_CLOSED: &str = "oversight.finding-closed";

/// Most findings that are shown.
const SHOWN_MAX: i64 = 300;

/// Most records that one evaluation looks at.
const RECORDS_MAX: i64 = 200_000;

impl Service {
    /// Evaluates the rules over today and yesterday.
    ///
    /// # Errors
    /// Store or ledger.
    pub async fn find(&self) -> Result<(), Problem> {
        let today = self.clock.today();
        for day in [today.add_days(-1), today] {
            self.find_on(day).await?;
        }
        Ok(())
    }

    async fn find_on(&self, day: Date) -> Result<(), Problem> {
        let from = Timestamp::start_of(day.add_days(-self.rules.base_days)).as_millis();
        let until = Timestamp::start_of(day.add_days(1)).as_millis();
        let records = self.read(move |c| sides::between(c, from, until, RECORDS_MAX)).await?;
        let found = self.rules.evaluate(&records, day, self.now());
        let known = self.findings().await?;
        for finding in found {
            let is_known = known.iter().any(|old| {
                (&old.rule, &old.subject, old.day) == (&finding.rule, &finding.subject, finding.day)
            });
            if !is_known {
                let body = json!({
                    "rule": finding.rule, "subject": finding.subject, "day": day, "value": finding.value.1,
                    "base": finding.base.1,
                });
                self.log(FOUND, None, self.exchange(), &body).await?;
            }
            self.write(move |tx| sql::put(tx, &finding)).await?;
        }
        Ok(())
    }

    /// What the rules found, open ones first.
    ///
    /// # Errors
    /// The store's.
    pub async fn findings(&self) -> Result<Vec<Finding>, Problem> {
        self.read(|c| sql::list(c, SHOWN_MAX)).await
    }

    /// An officer closes a finding: what it came to stands in the ledger.
    ///
    /// # Errors
    /// Officer or words are missing; no such open finding; store or ledger.
    pub async fn close_finding(
        &self,
        key: (String, String, String),
        officer: &str,
        words: &str,
    ) -> Result<(), Problem> {
        let (officer, words) = super::officer_and_words(officer, words)?;
        let (rule, subject, day) = &key;
        let body =
            json!({ "rule": rule, "subject": subject, "day": day, "officer": officer, "words": words });
        self.log(FINDING_CLOSED, None, self.exchange(), &body).await?;
        let closed = self.write(move |tx| sql::close(tx, &key, &officer, &words)).await?;
        if closed { Ok(()) } else { Err(Problem::not_found()) }
    }

    /// The emergencies at the relay that nothing corroborated within 72 hours.
    ///
    /// # Errors
    /// When the relay refuses or cannot be reached.
    pub async fn reviews(&self) -> Result<Vec<WaitingReview>, Problem> {
        let Some(address) = self.address_of(OrgKind::Relay) else { return Ok(Vec::new()) };
        Ok(WatchedClient::new(self.client.clone(), address).reviews().await?)
    }

    /// A reviewer's finding about an emergency: written down here and at the relay, where the person reads it.
    ///
    /// # Errors
    /// Officer or words are missing; the relay's refusal.
    pub async fn review(
        &self,
        declaration: ExchangeId,
        right: bool,
        officer: &str,
        words: &str,
    ) -> Result<(), Problem> {
        let (officer, words) = super::officer_and_words(officer, words)?;
        let address = self.address_of(OrgKind::Relay).ok_or_else(Problem::not_found)?;
        self.looked(declaration, None, &officer, &words).await?;
        let request = CorroborationRequest {
            exchange: self.exchange(),
            declaration,
            by: if right { Corroboration::Reviewed } else { Corroboration::Refuted },
            reference: format!("{officer}: {words}"),
        };
        protocol::clients::RelayClient::new(self.client.clone(), address).corroborate(&request).await?;
        Ok(())
    }

    pub(super) fn address_of(&self, kind: OrgKind) -> Option<String> {
        self.policy.directory().of_kind(kind).into_iter().find_map(|org| org.api.clone())
    }
}
