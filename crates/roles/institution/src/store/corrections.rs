//! What persons say is wrong with their records.

use ::store::{Row, StoreError, params};
use calendar::Timestamp;
use codes::{ExchangeId, OrgId};
use protocol::corrections::CorrectionState;

use super::Store;
use crate::model::LocalNumber;

/// One request (訂正の求め).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CorrectionCase {
    /// Its key.
    pub request: ExchangeId,
    /// When it came.
    pub at: Timestamp,
    /// Through which portal.
    pub portal: OrgId,
    /// Whose record.
    pub patient: LocalNumber,
    /// Which item, `Observation/1`.
    pub resource: String,
    /// How the person's page calls it.
    pub title: String,
    /// What the person says.
    pub said: String,
    /// How it stands.
    pub state: CorrectionState,
    /// What was answered.
    pub words: String,
    /// Who of the staff answered, and when.
    pub answered: Option<(String, Timestamp)>,
}

const COLUMNS: &str =
    "request, at, portal, patient, resource, title, said, state, words, answered_by, answered_at";

impl Store {
    /// Keeps a request; the same key again changes nothing. True for a new one.
    ///
    /// # Errors
    /// The store's. So for all here.
    pub async fn put_correction(&self, case: CorrectionCase) -> Result<bool, StoreError> {
        self.0
            .write(move |tx| {
                let new = tx.execute(
                    "INSERT INTO correction (request, at, portal, patient, resource, title, said, state, words) \
                     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (request) DO NOTHING",
                    params![
                        &case.request.to_string(),
                        case.at.as_millis(),
                        &case.portal.to_string(),
                        case.patient.as_str(),
                        &case.resource,
                        &case.title,
                        &case.said,
                        case.state.as_str(),
                        &case.words
                    ],
                )?;
                Ok(new == 1)
            })
            .await
    }

    /// The answer; false when it was answered before.
    pub async fn answer_correction(
        &self,
        request: ExchangeId,
        state: CorrectionState,
        words: String,
        by: String,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        self.0
            .write(move |tx| {
                let answered = tx.execute(
                    "UPDATE correction SET state = $2, words = $3, answered_by = $4, answered_at = $5 \
                     WHERE request = $1 AND answered_at IS NULL",
                    params![&request.to_string(), state.as_str(), &words, &by, at.as_millis()],
                )?;
                Ok(answered == 1)
            })
            .await
    }

    /// The newest requests: those that wait first.
    pub async fn corrections(&self, count: u32) -> Result<Vec<CorrectionCase>, StoreError> {
        self.0
            .read(move |reader| {
                let sql = format!(
                    "SELECT {COLUMNS} FROM correction \
                     ORDER BY CASE WHEN answered_at IS NULL THEN 0 ELSE 1 END, at DESC LIMIT $1"
                );
                reader.query(&sql, params![i64::from(count)], case)
            })
            .await
    }

    /// One request.
    pub async fn correction(&self, request: ExchangeId) -> Result<Option<CorrectionCase>, StoreError> {
        self.0
            .read(move |reader| {
                let sql = format!("SELECT {COLUMNS} FROM correction WHERE request = $1");
                reader.query_one(&sql, params![&request.to_string()], case)
            })
            .await
    }
}

fn case(row: &Row<'_>) -> Result<CorrectionCase, StoreError> {
    let state = CorrectionState::parse(row.text(7)?)
        .ok_or_else(|| StoreError::decode(7, "a state of a correction", row.text(7).unwrap_or_default()))?;
    let answered_by = row.opt_text(9)?.map(str::to_owned);
    let answered_at = row.opt_int(10)?.map(Timestamp::from_millis);
    Ok(CorrectionCase {
        request: row.parse(0)?,
        at: Timestamp::from_millis(row.int(1)?),
        portal: row.parse(2)?,
        patient: row.parse(3)?,
        resource: row.text(4)?.to_owned(),
        title: row.text(5)?.to_owned(),
        said: row.text(6)?.to_owned(),
        state,
        words: row.text(8)?.to_owned(),
        answered: answered_by.zip(answered_at),
    })
}
