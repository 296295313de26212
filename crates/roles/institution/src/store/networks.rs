//! Numbers of regional networks that this institution told the relay about its patients.

use ::store::{StoreError, params};
use calendar::Timestamp;

use super::Store;
use crate::model::LocalNumber;

impl Store {
    /// Keeps that a patient bears a network's number. Again is harmless.
    ///
    /// # Errors
    /// The store's. So for all here.
    pub async fn keep_network_number(
        &self,
        patient: LocalNumber,
        network: String,
        number: String,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.0
            .write(move |tx| {
                tx.execute(
                    "INSERT INTO network_number (patient, network, number, told_at) VALUES ($1, $2, $3, $4) \
                     ON CONFLICT (patient, network, number) DO NOTHING",
                    params![patient.as_str(), &network, &number, at.as_millis()],
                )?;
                Ok(())
            })
            .await
    }

    /// How many patients bear a number of each network.
    pub async fn network_counts(&self) -> Result<Vec<(String, u64)>, StoreError> {
        self.0
            .read(|reader| {
                reader.query(
                    "SELECT network, COUNT(DISTINCT patient) FROM network_number GROUP BY network ORDER BY network",
                    &[],
                    |row| Ok((row.text(0)?.to_owned(), u64::try_from(row.int(1)?).unwrap_or_default())),
                )
            })
            .await
    }
}
