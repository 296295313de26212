//! What an insurer has to settle.

use access::{Action, Purpose};
use codes::{InsurerNumber, OrgId};
use protocol::eligibility::{WorkItem, WorkKind};
use wire::Problem;

use super::Service;
use crate::problems;

/// How many items one answer holds at most; the rest follows when these are settled.
const ITEMS_MAX: i64 = 1_000;

impl Service {
    /// The open items of the asking insurer, newest first.
    ///
    /// # Errors
    /// When the caller is no insurer.
    pub async fn work_list(&self, asker: &OrgId) -> Result<Vec<WorkItem>, Problem> {
        self.permit(asker, asker, Action::EligibilityReport, Purpose::MembershipReport)?;
        let insurer = InsurerNumber::parse_lenient(asker.number()).map_err(problems::internal)?;
        let rows = self.store.work_list(insurer, ITEMS_MAX).await.map_err(problems::internal)?;
        rows.into_iter()
            .map(|row| {
                Ok(WorkItem {
                    id: row.id,
                    kind: row.kind,
                    insured: row.insured.parse().map_err(problems::internal)?,
                    name: row.name,
                    other_insurer: row.other_insurer,
                    other_insurer_name: row.other_insurer.map(|other| self.insurer_name(other)),
                    from: row.from,
                    until: row.until,
                    opened_at: row.opened_at,
                    closed_at: row.closed_at,
                })
            })
            .collect()
    }

    /// Open items by kind, for the front page.
    ///
    /// # Errors
    /// The store's.
    pub async fn work_counts(&self) -> Result<Vec<(WorkKind, i64)>, Problem> {
        self.store.work_counts().await.map_err(problems::internal)
    }
}
