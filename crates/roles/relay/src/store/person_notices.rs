//! Notices for persons that wait for the portal.

use codes::{ExchangeId, OrgId};
use store::{Reader, StoreError, Tx, params};

/// The most that are sent in one round.
const ROUND_MAX: i64 = 500;

/// A notice on its way.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// Its key.
    pub exchange: ExchangeId,
    /// Where it goes.
    pub portal: OrgId,
    /// [`protocol::notices::Notice`] as JSON.
    pub message: String,
}

/// Puts a notice on its way; one that is there already stays as it is.
pub fn put(tx: &mut Tx<'_>, notice: &Waiting, at: i64) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO person_notice (exchange, portal, message, at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (exchange, portal) DO NOTHING",
        params![notice.exchange.as_bytes(), &notice.portal.to_string(), &notice.message, at],
    )?;
    Ok(())
}

/// What waits, oldest first.
pub fn waiting(c: &mut Reader<'_>) -> Result<Vec<Waiting>, StoreError> {
    c.query(
        "SELECT exchange, portal, message FROM person_notice ORDER BY at, exchange LIMIT $1",
        params![ROUND_MAX],
        |row| {
            let exchange = ExchangeId::from_bytes(row.array(0)?);
            Ok(Waiting { exchange, portal: row.parse(1)?, message: row.text(2)?.to_owned() })
        },
    )
}

/// Puts a notice behind those that wait now.
pub fn postpone(tx: &mut Tx<'_>, exchange: &ExchangeId, portal: &OrgId, at: i64) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE person_notice SET at = $1 WHERE exchange = $2 AND portal = $3",
        params![at, exchange.as_bytes(), &portal.to_string()],
    )?;
    Ok(())
}

/// The portal has it.
pub fn drop(tx: &mut Tx<'_>, exchange: &ExchangeId, portal: &OrgId) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM person_notice WHERE exchange = $1 AND portal = $2",
        params![exchange.as_bytes(), &portal.to_string()],
    )?;
    Ok(())
}
