//! Registrations at the relay and the medical codes that came of them.

use ::store::{StoreError, params};
use calendar::Timestamp;
use codes::{ExchangeId, Insurance, Medical, OrgCode};
use ledger::Receipt;
use protocol::Sealed;

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
                tx.query_one(
                    "UPDATE registration SET attempts = attempts + 1, next_try_at = $2 \
                     WHERE exchange = $1 AND state = 'pending' RETURNING person_code, ticket",
                    params![&exchange.to_string(), retry_at.as_millis()],
                    |row| Ok(Registration { exchange, person_code: row.parse(0)?, ticket: json(row, 1)? }),
                )
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
