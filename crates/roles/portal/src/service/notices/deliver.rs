//! Word goes out: by each channel that wants it, tried again for three days.

use codes::ExchangeId;
use protocol::notices::NoticeKind;
use wire::{Problem, Shutdown};

use super::channels::Address;
use super::push::PushError;
use super::{MailRoad, Service, mail};
use crate::problems;
use crate::store::notices::{self as sql, DeliveryRow};

/// Deliveries of one round.
const ROUND_MAX: i64 = 200;

/// The first pause before a delivery is tried again, in milliseconds; doubled each time.
const PAUSE_MILLIS: i64 = 30_000;

/// How often the portal looks for deliveries that are due.
const ROUND: std::time::Duration = std::time::Duration::from_secs(20);

/// What became of one try.
enum Outcome {
    Arrived,
    /// The channel is no more: the browser took its permission back.
    Gone,
    Later,
}

impl Service {
    /// Sends word of notices until shutdown.
    pub async fn run_deliveries(self, shutdown: Shutdown) {
        loop {
            self.deliver_due().await;
            tokio::select! {
                () = shutdown.wait() => return,
                () = tokio::time::sleep(ROUND) => {}
            }
        }
    }

    /// Sends what is due.
    pub(crate) async fn deliver_due(&self) {
        let _one_at_a_time = self.delivering.lock().await;
        let now = self.now().as_millis();
        let due = match self.read(move |c| sql::due(c, now, ROUND_MAX)).await {
            Ok(due) => due,
            Err(problem) => return tracing::error!(%problem, "deliveries could not be read"),
        };
        for delivery in due {
            if let Err(problem) = self.deliver(delivery).await {
                tracing::error!(%problem, "a delivery could not be settled");
            }
        }
    }

    async fn deliver(&self, row: DeliveryRow) -> Result<(), Problem> {
        let person = row.person;
        let channels = self.read(move |c| sql::channels(c, &person)).await?;
        let channel = channels.into_iter().find(|channel| channel.id == row.channel && channel.verified);
        let Some(channel) = channel else {
            return self.write(move |tx| sql::drop_delivery(tx, &row)).await.map(drop);
        };
        let outcome = match self.open_channel(&person, &channel)? {
            Address::Mail(address) => match self.mail_road()?.send(&address, mail::word_letter()).await {
                Ok(()) => Outcome::Arrived,
                Err(error) => {
                    tracing::warn!(%error, "a letter did not leave");
                    Outcome::Later
                }
            },
            Address::Push(subscription) => {
                let urgent = self.is_urgent(&person, &row.notice).await?;
                let key = self.push_key().await?;
                match self.roads.push.send(&key, &subscription, urgent, self.now()).await {
                    Ok(()) => Outcome::Arrived,
                    Err(PushError::Gone) => Outcome::Gone,
                    Err(error) => {
                        tracing::warn!(%error, "a push did not arrive");
                        Outcome::Later
                    }
                }
            }
        };
        let now = self.now().as_millis();
        self.write(move |tx| match outcome {
            Outcome::Arrived => sql::drop_delivery(tx, &row),
            Outcome::Gone => sql::drop_channel(tx, &row.person, &row.channel).map(u64::from),
            Outcome::Later if now >= row.until => sql::drop_delivery(tx, &row),
            Outcome::Later => {
                let pause = PAUSE_MILLIS << row.tries.clamp(0, 10);
                sql::again(tx, &row, now + pause)
            }
        })
        .await
        .map(drop)
    }

    /// By which road letters leave.
    pub(super) fn mail_road(&self) -> Result<MailRoad, Problem> {
        self.roads.mail.clone().ok_or_else(problems::no_mail)
    }

    async fn is_urgent(&self, person: &[u8; 32], notice: &ExchangeId) -> Result<bool, Problem> {
        let (person, wanted) = (*person, *notice);
        let rows = self.read(move |c| sql::inbox(c, &person, super::SHOWN_MAX)).await?;
        let Some(row) = rows.into_iter().find(|row| row.id == wanted) else { return Ok(false) };
        let said = self.open_notice(&person, &row.id, &row.sealed)?;
        Ok(matches!(said.kind, NoticeKind::EmergencyAccess | NoticeKind::ProxyUse))
    }
}
