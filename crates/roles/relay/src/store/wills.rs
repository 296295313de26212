//! What people decided about sharing, and the grants and notices that a change of mind must reach.

use codes::{ExchangeId, OrgId};
use store::{Reader, StoreError, Tx, params};

use crate::model::PersonKey;

/// A message that must reach a holder.
#[derive(Clone, Debug)]
pub struct Notice {
    /// Key of the message.
    pub exchange: ExchangeId,
    /// To whom.
    pub holder: OrgId,
    /// The JSON message.
    pub message: String,
}

/// The sealed will of a person; none when nothing was decided.
pub fn sealed(c: &mut Reader<'_>, person: &PersonKey) -> Result<Option<Vec<u8>>, StoreError> {
    c.query_one("SELECT sealed FROM consents WHERE person = $1", params![person.as_bytes()], |row| {
        Ok(row.bytes(0)?.to_vec())
    })
}

/// Keeps the will of a person.
pub fn keep(tx: &mut Tx<'_>, person: &PersonKey, sealed: &[u8], at: i64) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO consents (person, sealed, changed_at) VALUES ($1, $2, $3)
         ON CONFLICT (person) DO UPDATE SET sealed = excluded.sealed, changed_at = excluded.changed_at",
        params![person.as_bytes(), sealed, at],
    )?;
    Ok(())
}

/// Remembers a grant until it ends.
pub fn grant(
    tx: &mut Tx<'_>,
    person: &PersonKey,
    id: &ExchangeId,
    holder: &OrgId,
    expires_at: i64,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO live_grant (person, id, holder, expires_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (person, id) DO NOTHING",
        params![person.as_bytes(), id.as_bytes(), &holder.to_string(), expires_at],
    )?;
    Ok(())
}

/// Takes the grants about the person that may still be used: id, holder and end of each.
pub fn take_grants(
    tx: &mut Tx<'_>,
    person: &PersonKey,
    now: i64,
) -> Result<Vec<(ExchangeId, OrgId, i64)>, StoreError> {
    let live = tx.query(
        "SELECT id, holder, expires_at FROM live_grant WHERE person = $1 AND expires_at > $2 ORDER BY holder, id",
        params![person.as_bytes(), now],
        |row| Ok((ExchangeId::from_bytes(row.array(0)?), row.parse(1)?, row.int(2)?)),
    )?;
    tx.execute("DELETE FROM live_grant WHERE person = $1", params![person.as_bytes()])?;
    Ok(live)
}

/// Forgets grants that have ended by themselves.
pub fn forget_grants(tx: &mut Tx<'_>, now: i64) -> Result<u64, StoreError> {
    tx.execute("DELETE FROM live_grant WHERE expires_at <= $1", params![now])
}

/// Puts a message to a holder on its way.
pub fn put_notice(tx: &mut Tx<'_>, notice: &Notice, until: i64) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO notice (exchange, holder, message, until) VALUES ($1, $2, $3, $4)
         ON CONFLICT (exchange, holder) DO NOTHING",
        params![notice.exchange.as_bytes(), &notice.holder.to_string(), &notice.message, until],
    )?;
    Ok(())
}

/// The messages still on their way; those whose grants ended by themselves are none any more.
pub fn notices(c: &mut Reader<'_>, now: i64) -> Result<Vec<Notice>, StoreError> {
    c.query(
        "SELECT exchange, holder, message FROM notice WHERE until > $1 ORDER BY exchange, holder",
        params![now],
        |row| {
            let exchange = ExchangeId::from_bytes(row.array(0)?);
            Ok(Notice { exchange, holder: row.parse(1)?, message: row.text(2)?.to_owned() })
        },
    )
}

/// The holder has it.
pub fn drop_notice(tx: &mut Tx<'_>, notice: &Notice) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM notice WHERE exchange = $1 AND holder = $2",
        params![notice.exchange.as_bytes(), &notice.holder.to_string()],
    )?;
    Ok(())
}

/// Forgets messages about grants that have ended by themselves.
pub fn forget_notices(tx: &mut Tx<'_>, now: i64) -> Result<u64, StoreError> {
    tx.execute("DELETE FROM notice WHERE until <= $1", params![now])
}
