//! A change of mind reaches the holders: grants that are out end before their time.

use std::time::Duration;

use calendar::Timestamp;
use codes::{ExchangeId, OrgId};
use protocol::clients::paths;
use protocol::exchange::WithdrawalNotice;
use protocol::relay::Acknowledged;
use store::{StoreError, Tx};
use wire::Shutdown;

use super::Service;
use crate::model::PersonKey;
use crate::store::wills::{self, Notice};

/// How often messages that did not arrive are sent again, and old grants forgotten.
const ROUND: Duration = Duration::from_secs(5);

/// How long the person's act waits for the holders: who does not answer in this time is told again and again until
/// the grant has ended by itself.
const PATIENCE: Duration = Duration::from_secs(3);

/// Ends the grants about a person: their holders must hear of it.
pub(super) fn end_grants(
    tx: &mut Tx<'_>,
    person: &PersonKey,
    exchange: ExchangeId,
    now: Timestamp,
) -> Result<(), StoreError> {
    let live = wills::take_grants(tx, person, now.as_millis())?;
    for of_holder in live.chunk_by(|(_, a, _), (_, b, _)| a == b) {
        let Some((_, holder, _)) = of_holder.first() else { continue };
        let until = of_holder.iter().map(|(_, _, until)| *until).max().unwrap_or_default();
        let grants = of_holder.iter().map(|(id, _, _)| *id).collect();
        let message = WithdrawalNotice { exchange, grants, at: now };
        let message =
            serde_json::to_string(&message).map_err(|error| StoreError::decode(2, "a notice", error))?;
        wills::put_notice(tx, &Notice { exchange, holder: *holder, message }, until)?;
    }
    Ok(())
}

impl Service {
    /// Sends what is on its way until the service ends.
    pub async fn run_notices(self, shutdown: Shutdown) {
        loop {
            tokio::select! {
                () = shutdown.wait() => return,
                () = tokio::time::sleep(ROUND) => {}
            }
            self.deliver_notices().await;
            self.deliver_person_notices().await;
            let now = self.now().as_millis();
            let forgotten = self
                .write(move |tx| {
                    wills::forget_notices(tx, now)?;
                    wills::forget_grants(tx, now)
                })
                .await;
            if let Err(error) = forgotten {
                tracing::warn!(%error, "old grants could not be forgotten");
            }
        }
    }

    /// Sends every message that is on its way, all holders at once; what does not arrive stays for the next round.
    pub(super) async fn deliver_notices(&self) {
        let now = self.now().as_millis();
        let waiting = match self.read(move |c| wills::notices(c, now)).await {
            Ok(waiting) => waiting,
            Err(error) => return tracing::warn!(%error, "the notices could not be read"),
        };
        let mut sent = tokio::task::JoinSet::new();
        for notice in waiting {
            let service = self.clone();
            sent.spawn(async move { service.deliver(notice).await });
        }
        let all = async { while sent.join_next().await.is_some() {} };
        if tokio::time::timeout(PATIENCE, all).await.is_err() {
            tracing::warn!("holders did not acknowledge a withdrawal in time; they are told again");
        }
    }

    async fn deliver(&self, notice: Notice) {
        let Some(base) = self.address_of(&notice.holder) else {
            return tracing::warn!(holder = %notice.holder, "the directory has no address to withdraw grants at");
        };
        let message: WithdrawalNotice = match serde_json::from_str(&notice.message) {
            Ok(message) => message,
            Err(error) => return tracing::error!(%error, "a kept notice cannot be read"),
        };
        let sent: Result<Acknowledged, _> =
            self.client.post_idempotent(&base, paths::WITHDRAWALS, &message).await;
        match sent {
            Ok(_) => {
                if let Err(error) = self.write(move |tx| wills::drop_notice(tx, &notice)).await {
                    tracing::warn!(%error, "an acknowledged notice could not be removed; it is sent again");
                }
            }
            Err(error) => tracing::warn!(holder = %notice.holder, %error, "a withdrawal did not arrive"),
        }
    }

    fn address_of(&self, org: &OrgId) -> Option<String> {
        self.policy.directory().get(org).and_then(|organisation| organisation.api.clone())
    }
}
