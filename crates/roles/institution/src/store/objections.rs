//! Whose the objections are that came through the portal.

use ::store::{StoreError, params};
use codes::ExchangeId;

use super::Store;
use crate::model::LocalNumber;

impl Store {
    /// Remembers about whom an objection is; the same key again changes nothing.
    ///
    /// # Errors
    /// The store's. So for all here.
    pub async fn put_objection(&self, objection: ExchangeId, patient: LocalNumber) -> Result<(), StoreError> {
        self.0
            .write(move |tx| {
                tx.execute(
                    "INSERT INTO objection (objection, patient) VALUES ($1, $2) ON CONFLICT (objection) DO NOTHING",
                    params![&objection.to_string(), patient.as_str()],
                )
                .map(drop)
            })
            .await
    }

    /// About whom an objection is; none when it came without, or by the overseer alone.
    pub async fn patient_of_objection(&self, objection: ExchangeId) -> Result<Option<String>, StoreError> {
        self.0
            .read(move |c| {
                c.query_one(
                    "SELECT patient FROM objection WHERE objection = $1",
                    params![&objection.to_string()],
                    |row| Ok(row.text(0)?.to_owned()),
                )
            })
            .await
    }
}
