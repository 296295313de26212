//! Both sides of every exchange, held against each other by its id.

use std::collections::{BTreeMap, BTreeSet};

use calendar::Timestamp;
use codes::{ExchangeId, OrgId, OrgKind};
use protocol::oversight::Side;
use serde_json::json;
use wire::Problem;

use super::Service;
use crate::model::{Kept, Mismatch, Unmatched};
use crate::store::{findings as looks, sides as sql};

/// Kind of the entry that an officer's look into an exchange leaves.
const LOOK: &str = "oversight.look";

/// How long the sides have to write down what they did, and we to read it, before it counts as missing, in milliseconds.
const GRACE_MILLIS: i64 = 10 * 60_000;

/// How far back exchanges are matched, in milliseconds: a month.
const SPAN_MILLIS: i64 = 31 * 86_400_000;

/// Most records that one matching looks at.
const RECORDS_MAX: i64 = 200_000;

impl Service {
    /// The exchanges of the last month whose sides do not agree, newest first.
    ///
    /// # Errors
    /// The store's.
    pub async fn unmatched(&self) -> Result<Vec<Unmatched>, Problem> {
        let now = self.now().as_millis();
        let (from, until) = (now - SPAN_MILLIS, now + 1);
        let records = self.read(move |c| sql::between(c, from, until, RECORDS_MAX)).await?;
        let read: BTreeMap<OrgId, Timestamp> = self
            .progress()
            .await?
            .into_iter()
            .filter(|progress| progress.trouble.is_none())
            .map(|progress| (progress.organisation, progress.at))
            .collect();
        Ok(match_exchanges(records, &read))
    }

    /// All sides of one exchange, for an officer who gives a reason. The look is in the ledger first; the person reads it.
    ///
    /// # Errors
    /// Officer or reason are missing; store or ledger.
    pub async fn look_into(
        &self,
        exchange: ExchangeId,
        officer: &str,
        reason: &str,
    ) -> Result<Vec<Kept>, Problem> {
        let (officer, words) = super::officer_and_words(officer, reason)?;
        self.looked(exchange, None, &officer, &words).await?;
        self.read(move |c| sql::of_exchange(c, &exchange)).await
    }

    /// Writes down that an officer looked.
    pub(super) async fn looked(
        &self,
        exchange: ExchangeId,
        person: Option<ledger::PersonDigest>,
        officer: &str,
        why: &str,
    ) -> Result<(), Problem> {
        let body = json!({ "officer": officer, "why": why });
        let receipt = self.log(LOOK, person, exchange, &body).await?;
        let officer = officer.to_owned();
        self.write(move |tx| looks::looked(tx, &exchange, receipt.at, &officer, receipt.index)).await
    }
}

/// Sides by exchange, in the order of the exchanges' ids.
pub fn of_exchange(records: Vec<Kept>) -> BTreeMap<ExchangeId, Vec<Kept>> {
    let mut exchanges: BTreeMap<ExchangeId, Vec<Kept>> = BTreeMap::new();
    for kept in records {
        exchanges.entry(kept.record.exchange).or_default().push(kept);
    }
    exchanges
}

/// The exchanges whose sides do not agree, newest first. A side counts as missing only where its ledger was read, by `read`,
/// after it had its time.
pub fn match_exchanges(records: Vec<Kept>, read: &BTreeMap<OrgId, Timestamp>) -> Vec<Unmatched> {
    let mut found: Vec<Unmatched> = of_exchange(records)
        .into_iter()
        .filter_map(|(exchange, sides)| matched(exchange, &sides, read))
        .collect();
    found.sort_by_key(|unmatched| std::cmp::Reverse((unmatched.at, unmatched.exchange)));
    found
}

fn matched(exchange: ExchangeId, sides: &[Kept], read: &BTreeMap<OrgId, Timestamp>) -> Option<Unmatched> {
    let first = sides.iter().min_by_key(|kept| kept.record.at)?;
    let due = first.record.at.add_millis(GRACE_MILLIS);
    let was_read = |org: &OrgId| read.get(org).is_some_and(|at| *at > due);
    let relay_read = read.iter().any(|(org, at)| org.kind() == OrgKind::Relay && *at > due);
    let of = |side: Side| sides.iter().filter(move |kept| kept.record.side == side);
    let decided: Vec<&Kept> = of(Side::Decided).collect();
    let granted = decided.iter().any(|kept| kept.record.refused.is_none());
    let named: BTreeSet<OrgId> =
        decided.iter().flat_map(|kept| kept.record.holders.iter().copied()).collect();
    let gave = |kept: &&Kept| !named.contains(&kept.organisation);
    let asked_at_home =
        decided.iter().all(|kept| of(Side::Asked).any(|asked| asked.organisation == kept.record.asker));
    // Only institutions keep the asker's side; the portal asks for the person.
    let asker_read = decided
        .iter()
        .any(|kept| kept.record.asker.kind() == OrgKind::Institution && was_read(&kept.record.asker));
    let mismatch = if of(Side::Gave).next().is_some() && !granted && relay_read {
        Mismatch::GaveWithoutDecision
    } else if granted && of(Side::Gave).any(|kept| gave(&kept)) {
        Mismatch::GaveUnnamed
    } else if granted && !asked_at_home && asker_read {
        Mismatch::DecidedUnasked
    } else if of(Side::Asked).next().is_some() && decided.is_empty() && relay_read {
        Mismatch::AskedUndecided
    } else {
        return None;
    };
    Some(Unmatched {
        exchange,
        at: first.record.at,
        asker: decided.first().copied().unwrap_or(first).record.asker,
        sides: sides.iter().map(|kept| (kept.record.side, kept.organisation)).collect(),
        mismatch,
    })
}
