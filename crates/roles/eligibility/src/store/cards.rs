//! The cards of persons: which run, which stopped.

use calendar::Timestamp;
use codes::{EnvelopeKey, InsuranceCode};
use ledger::Receipt;
use protocol::card::{CardId, CardStopReason};
use store::{Row, StoreError, params};

use super::Store;

/// A card as the service keeps it.
#[derive(Clone, Debug)]
pub struct Card {
    /// What the card says at a read.
    pub id: CardId,
    /// Since when it is answered no more, if it stopped.
    pub stopped: Option<Stopped>,
}

/// That a card stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stopped {
    /// Since when.
    pub at: Timestamp,
    /// Why.
    pub reason: CardStopReason,
}

impl Store {
    /// Keeps a card that is given its contents, unless this person's card of this applet is kept already; answers what
    /// is kept.
    ///
    /// # Errors
    /// The store's. So for all methods here.
    pub async fn keep_card(
        &self,
        person: InsuranceCode,
        applet: EnvelopeKey,
        fresh: CardId,
        at: Timestamp,
    ) -> Result<Option<Card>, StoreError> {
        const PUT: &str = "INSERT INTO card (person, applet_key, id, since) VALUES ($1, $2, $3, $4) \
            ON CONFLICT (person, applet_key) DO NOTHING";
        const GET: &str =
            "SELECT id, stopped_at, stop_reason FROM card WHERE person = $1 AND applet_key = $2";
        self.db()
            .write(move |tx| {
                let (person, applet) = (person.as_bytes(), applet.as_bytes());
                tx.execute(PUT, params![person, applet, fresh.as_bytes(), at.as_millis()])?;
                tx.query_one(GET, params![person, applet], |row| {
                    Ok(Card { id: CardId::from_bytes(row.array(0)?), stopped: stopped(row, 1)? })
                })
            })
            .await
    }

    /// Where the stops of a person's cards stand in the ledger, in the order of `applets`; the outer `None`: no such card.
    pub async fn card_stops(
        &self,
        person: InsuranceCode,
        applets: Vec<EnvelopeKey>,
    ) -> Result<Vec<Option<Option<Receipt>>>, StoreError> {
        const SQL: &str = "SELECT stop_receipt FROM card WHERE person = $1 AND applet_key = $2";
        let receipt = |row: &Row<'_>| {
            let receipt = row.opt_text(0)?.map(serde_json::from_str).transpose();
            receipt.map_err(|error| StoreError::decode(0, "a receipt", error))
        };
        self.db()
            .read(move |c| {
                let applets = applets.iter();
                applets.map(|a| c.query_one(SQL, params![person.as_bytes(), a.as_bytes()], receipt)).collect()
            })
            .await
    }

    /// Stops the cards of a person that still run; `receipt` (JSON) is the ledger's.
    pub async fn stop_cards(
        &self,
        person: InsuranceCode,
        applets: Vec<EnvelopeKey>,
        stop: Stopped,
        receipt: String,
    ) -> Result<(), StoreError> {
        const SQL: &str = "UPDATE card SET stopped_at = $3, stop_reason = $4, stop_receipt = $5 \
            WHERE person = $1 AND applet_key = $2 AND stopped_at IS NULL";
        self.db()
            .write(move |tx| {
                for applet in &applets {
                    let (at, reason) = (stop.at.as_millis(), stop.reason.as_str());
                    tx.execute(SQL, params![person.as_bytes(), applet.as_bytes(), at, reason, &receipt])?;
                }
                Ok(())
            })
            .await
    }
}

/// Reads `stopped_at` and, behind it, `stop_reason`.
pub(super) fn stopped(row: &Row<'_>, column: usize) -> Result<Option<Stopped>, StoreError> {
    let Some(at) = row.opt_int(column)? else { return Ok(None) };
    let word = row.text(column + 1)?;
    let reason = CardStopReason::from_word(word);
    let reason = reason.ok_or_else(|| StoreError::decode(column + 1, "a reason to stop a card", word))?;
    Ok(Some(Stopped { at: Timestamp::from_millis(at), reason }))
}
