//! Registrations at the relay and the medical codes that came of them.

use ::store::{StoreError, Tx, params};
use access::Presence;
use calendar::Timestamp;
use codes::{ExchangeId, Insurance, Medical, OrgCode};
use ledger::Receipt;
use protocol::{Sealed, eligibility::CheckAnswer};

use super::{Store, json, to_json};
use crate::model::Trouble;

/// A registration that waits for the relay.
#[derive(Clone, Debug)]
pub struct Registration {
    /// The exchange of the check that brought the ticket.
    pub exchange: ExchangeId,
    /// Whom it concerns.
    pub person_code: OrgCode<Insurance>,
    /// The ticket, sealed to the relay.
    pub ticket: Sealed,
    /// With a card's own ticket: that the card was read.
    pub presence: Option<Presence>,
}

/// Keeps the card's own ticket until the eligibility service has answered.
pub(super) fn put_waiting(tx: &mut Tx<'_>, exchange: ExchangeId, ticket: &Sealed) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO registration (exchange, visit, person_code, ticket, state, attempts) \
         VALUES ($1, $1, '', $2, 'waiting', 0)",
        params![&exchange.to_string(), &to_json(ticket)?],
    )?;
    Ok(())
}

/// Forgets a ticket that waited for an answer which was a refusal.
pub(super) fn drop_waiting(tx: &mut Tx<'_>, exchange: ExchangeId) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM registration WHERE exchange = $1 AND state = 'waiting'",
        params![&exchange.to_string()],
    )?;
    Ok(())
}

/// What an answer lets begin: with the service's ticket or the card's own.
pub(super) fn begin(
    tx: &mut Tx<'_>,
    visit: &str,
    answer: &CheckAnswer,
    ticket: Option<&Sealed>,
    at: Timestamp,
) -> Result<(), StoreError> {
    let Some(code) = &answer.person_code else { return drop_waiting(tx, answer.exchange) };
    let (exchange, code) = (answer.exchange.to_string(), code.to_string());
    match (ticket, &answer.presence) {
        (_, Some(_)) => tx.execute(
            "UPDATE registration SET person_code = $2, state = 'pending', next_try_at = $3 \
             WHERE exchange = $1 AND state = 'waiting'",
            params![&exchange, &code, at.as_millis()],
        )?,
        // Where the person is known by a further number, a card that is put down without a choice does not bring all that
        // is kept here under the ordinary one.
        (Some(_), None) if by_further_number(tx, &code)? => 0,
        (Some(ticket), None) => tx.execute(
            "INSERT INTO registration (exchange, visit, person_code, ticket, state, attempts, next_try_at) \
             VALUES ($1, $2, $3, $4, 'pending', 0, $5) ON CONFLICT (exchange) DO NOTHING",
            params![&exchange, visit, &code, &to_json(ticket)?, at.as_millis()],
        )?,
        (None, None) => 0,
    };
    Ok(())
}

/// Whether the newest registration of a person was for a further number.
fn by_further_number(tx: &mut Tx<'_>, person: &str) -> Result<bool, StoreError> {
    let last = tx.query_one(
        "SELECT q.answer FROM registration r JOIN question q ON q.exchange = r.exchange \
         WHERE r.person_code = $1 AND r.state = 'registered' AND q.answer IS NOT NULL \
         ORDER BY r.exchange DESC LIMIT 1",
        params![person],
        |row| json::<CheckAnswer>(row, 0),
    )?;
    Ok(last.is_some_and(|answer| answer.presence.is_some()))
}

impl Store {
    /// Takes a registration for one attempt, or `None` when it is done.
    ///
    /// # Errors
    /// The store's.
    pub async fn take_registration(
        &self,
        exchange: ExchangeId,
        retry_at: Timestamp,
    ) -> Result<Option<Registration>, StoreError> {
        self.0
            .write(move |tx| {
                let taken = tx.query_one(
                    "UPDATE registration SET attempts = attempts + 1, next_try_at = $2 \
                     WHERE exchange = $1 AND state = 'pending' RETURNING person_code, ticket",
                    params![&exchange.to_string(), retry_at.as_millis()],
                    |row| Ok((row.parse(0)?, json(row, 1)?)),
                )?;
                let Some((person_code, ticket)) = taken else { return Ok(None) };
                let presence = tx.query_one(
                    "SELECT answer FROM question WHERE exchange = $1 AND answer IS NOT NULL",
                    params![&exchange.to_string()],
                    |row| json::<CheckAnswer>(row, 0).map(|answer| answer.presence),
                )?;
                Ok(Some(Registration { exchange, person_code, ticket, presence: presence.flatten() }))
            })
            .await
    }

    /// Registrations that are due, at most `limit`.
    ///
    /// # Errors
    /// The store's.
    pub async fn due_registrations(&self, now: Timestamp, limit: u32) -> Result<Vec<ExchangeId>, StoreError> {
        self.0
            .read(move |reader| {
                reader.query(
                    "SELECT exchange FROM registration WHERE next_try_at IS NOT NULL AND next_try_at <= $1 \
                     ORDER BY next_try_at LIMIT $2",
                    params![now.as_millis(), limit],
                    |row| row.parse(0),
                )
            })
            .await
    }

    /// Keeps the medical code and forgets the ticket.
    ///
    /// # Errors
    /// The store's.
    pub async fn registered(
        &self,
        registration: Registration,
        code: OrgCode<Medical>,
        receipt: Receipt,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.0
            .write(move |tx| {
                tx.execute(
                    "UPDATE registration SET state = 'registered', ticket = NULL, trouble = NULL, \
                     next_try_at = NULL WHERE exchange = $1",
                    params![&registration.exchange.to_string()],
                )?;
                tx.execute(
                    "INSERT INTO medical (person_code, code, registered_at, receipt) VALUES ($1, $2, $3, $4) \
                     ON CONFLICT (person_code) DO UPDATE SET code = excluded.code, \
                     registered_at = excluded.registered_at, receipt = excluded.receipt",
                    params![
                        &registration.person_code.to_string(),
                        &code.to_string(),
                        at.as_millis(),
                        &to_json(&receipt)?
                    ],
                )?;
                Ok(())
            })
            .await
    }

    /// Keeps why the relay gave nothing: to be tried again at `retry_at`, or given up and the ticket forgotten.
    ///
    /// # Errors
    /// The store's.
    pub async fn unregistered(
        &self,
        exchange: ExchangeId,
        trouble: Trouble,
        retry_at: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        let trouble = to_json(&trouble)?;
        self.0
            .write(move |tx| {
                let sql = if retry_at.is_some() {
                    "UPDATE registration SET trouble = $2, next_try_at = $3 WHERE exchange = $1 AND state = 'pending'"
                } else {
                    "UPDATE registration SET trouble = $2, next_try_at = $3, ticket = NULL, state = 'expired' \
                     WHERE exchange = $1 AND state = 'pending'"
                };
                tx.execute(sql, params![&exchange.to_string(), &trouble, retry_at.map(Timestamp::as_millis)])?;
                Ok(())
            })
            .await
    }

    /// The medical code of a person, when one is kept.
    ///
    /// # Errors
    /// The store's.
    pub async fn medical_code(
        &self,
        person: OrgCode<Insurance>,
    ) -> Result<Option<OrgCode<Medical>>, StoreError> {
        self.0
            .read(move |reader| {
                reader.query_one(
                    "SELECT code FROM medical WHERE person_code = $1",
                    params![&person.to_string()],
                    |row| row.parse(0),
                )
            })
            .await
    }
}
