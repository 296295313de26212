//! The inbox, where a person wants to be told, and the deliveries that wait.

use calendar::Timestamp;
use codes::ExchangeId;
use store::{Reader, StoreError, Tx, params};

/// A notice as the table has it.
#[derive(Clone, Debug)]
pub struct NoticeRow {
    /// Its key.
    pub id: ExchangeId,
    /// When it came.
    pub at: Timestamp,
    /// When it was read.
    pub read_at: Option<Timestamp>,
    /// Sender, kind, day, sealed.
    pub sealed: Vec<u8>,
}

/// A channel as the table has it.
#[derive(Clone, Debug)]
pub struct ChannelRow {
    /// Its key.
    pub id: ExchangeId,
    /// `mail` or `push`.
    pub kind: String,
    /// Whether its owner has shown that it is theirs.
    pub verified: bool,
    /// Digest of what shows it.
    pub proof: Option<[u8; 32]>,
    /// How often it was tried.
    pub tries: i64,
    /// Since when.
    pub at: Timestamp,
    /// Address or subscription, sealed.
    pub sealed: Vec<u8>,
}

/// A delivery that waits.
#[derive(Clone, Debug)]
pub struct DeliveryRow {
    /// The notice.
    pub notice: ExchangeId,
    /// By which channel.
    pub channel: ExchangeId,
    /// Whose.
    pub person: [u8; 32],
    /// How often it was tried.
    pub tries: i64,
    /// When it is given up.
    pub until: i64,
}

/// Puts a notice into the inbox; false when it is there already.
pub fn put(tx: &mut Tx<'_>, person: &[u8; 32], row: &NoticeRow) -> Result<bool, StoreError> {
    let new = tx.execute(
        "INSERT INTO notice (person, id, at, sealed) VALUES ($1, $2, $3, $4) ON CONFLICT (person, id) DO NOTHING",
        params![person, row.id.as_bytes(), row.at.as_millis(), &row.sealed],
    )?;
    Ok(new == 1)
}

/// The inbox, newest first.
pub fn inbox(c: &mut Reader<'_>, person: &[u8; 32], most: i64) -> Result<Vec<NoticeRow>, StoreError> {
    c.query(
        "SELECT id, at, read_at, sealed FROM notice WHERE person = $1 ORDER BY at DESC, id LIMIT $2",
        params![person, most],
        |row| {
            Ok(NoticeRow {
                id: ExchangeId::from_bytes(row.array(0)?),
                at: Timestamp::from_millis(row.int(1)?),
                read_at: row.opt_int(2)?.map(Timestamp::from_millis),
                sealed: row.bytes(3)?.to_vec(),
            })
        },
    )
}

/// How many were not read.
pub fn unread(c: &mut Reader<'_>, person: &[u8; 32]) -> Result<i64, StoreError> {
    let sql = "SELECT count(*) FROM notice WHERE person = $1 AND read_at IS NULL";
    Ok(c.query_one(sql, params![person], |row| row.int(0))?.unwrap_or(0))
}

/// All that came until now were read.
pub fn read_all(tx: &mut Tx<'_>, person: &[u8; 32], now: i64) -> Result<u64, StoreError> {
    tx.execute("UPDATE notice SET read_at = $2 WHERE person = $1 AND read_at IS NULL", params![person, now])
}

/// Deletes one.
pub fn delete(tx: &mut Tx<'_>, person: &[u8; 32], id: &ExchangeId) -> Result<u64, StoreError> {
    tx.execute("DELETE FROM notice WHERE person = $1 AND id = $2", params![person, id.as_bytes()])
}

/// The person's channels, oldest first.
pub fn channels(c: &mut Reader<'_>, person: &[u8; 32]) -> Result<Vec<ChannelRow>, StoreError> {
    c.query(
        "SELECT id, kind, verified, proof, tries, at, sealed FROM channel WHERE person = $1 ORDER BY at",
        params![person],
        |row| {
            Ok(ChannelRow {
                id: ExchangeId::from_bytes(row.array(0)?),
                kind: row.text(1)?.to_owned(),
                verified: row.int(2)? != 0,
                proof: row.opt_bytes(3)?.and_then(|bytes| bytes.try_into().ok()),
                tries: row.int(4)?,
                at: Timestamp::from_millis(row.int(5)?),
                sealed: row.bytes(6)?.to_vec(),
            })
        },
    )
}

/// Adds a channel.
pub fn put_channel(tx: &mut Tx<'_>, person: &[u8; 32], row: &ChannelRow) -> Result<(), StoreError> {
    let proof = row.proof.as_ref().map(<[u8; 32]>::as_slice);
    tx.execute(
        "INSERT INTO channel (person, id, kind, verified, proof, tries, at, sealed)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        params![
            person,
            row.id.as_bytes(),
            &row.kind,
            i64::from(row.verified),
            proof,
            row.tries,
            row.at.as_millis(),
            &row.sealed
        ],
    )?;
    Ok(())
}

/// Counts a try to show whose a channel is, and takes it when it is right.
pub fn verify(tx: &mut Tx<'_>, person: &[u8; 32], id: &ExchangeId, right: bool) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE channel SET tries = tries + 1, verified = $3, proof = CASE WHEN $3 = 1 THEN NULL ELSE proof END
         WHERE person = $1 AND id = $2",
        params![person, id.as_bytes(), i64::from(right)],
    )?;
    Ok(())
}

/// Takes a channel away, and what waits for it.
pub fn drop_channel(tx: &mut Tx<'_>, person: &[u8; 32], id: &ExchangeId) -> Result<bool, StoreError> {
    tx.execute("DELETE FROM delivery WHERE channel = $1 AND person = $2", params![id.as_bytes(), person])?;
    let gone =
        tx.execute("DELETE FROM channel WHERE person = $1 AND id = $2", params![person, id.as_bytes()])?;
    Ok(gone > 0)
}

/// What the person does not want: pairs of notice and kind of channel.
pub fn muted(c: &mut Reader<'_>, person: &[u8; 32]) -> Result<Vec<(String, String)>, StoreError> {
    c.query("SELECT notice, channel FROM muted WHERE person = $1", params![person], |row| {
        Ok((row.text(0)?.to_owned(), row.text(1)?.to_owned()))
    })
}

/// Puts what the person does not want in the place of what it was.
pub fn set_muted(tx: &mut Tx<'_>, person: &[u8; 32], muted: &[(String, String)]) -> Result<(), StoreError> {
    tx.execute("DELETE FROM muted WHERE person = $1", params![person])?;
    for (notice, channel) in muted {
        tx.execute(
            "INSERT INTO muted (person, notice, channel) VALUES ($1, $2, $3)
             ON CONFLICT (person, notice, channel) DO NOTHING",
            params![person, notice, channel],
        )?;
    }
    Ok(())
}

/// Puts a delivery on its way.
pub fn put_delivery(tx: &mut Tx<'_>, row: &DeliveryRow, due: i64) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO delivery (notice, channel, person, due, tries, until) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (notice, channel) DO NOTHING",
        params![row.notice.as_bytes(), row.channel.as_bytes(), &row.person, due, row.tries, row.until],
    )?;
    Ok(())
}

/// What is due, the oldest first.
pub fn due(c: &mut Reader<'_>, now: i64, most: i64) -> Result<Vec<DeliveryRow>, StoreError> {
    c.query(
        "SELECT notice, channel, person, tries, until FROM delivery WHERE due <= $1 ORDER BY due LIMIT $2",
        params![now, most],
        |row| {
            Ok(DeliveryRow {
                notice: ExchangeId::from_bytes(row.array(0)?),
                channel: ExchangeId::from_bytes(row.array(1)?),
                person: row.array(2)?,
                tries: row.int(3)?,
                until: row.int(4)?,
            })
        },
    )
}

/// It arrived, or is given up.
pub fn drop_delivery(tx: &mut Tx<'_>, row: &DeliveryRow) -> Result<u64, StoreError> {
    tx.execute(
        "DELETE FROM delivery WHERE notice = $1 AND channel = $2",
        params![row.notice.as_bytes(), row.channel.as_bytes()],
    )
}

/// It is tried again at `due`.
pub fn again(tx: &mut Tx<'_>, row: &DeliveryRow, due: i64) -> Result<u64, StoreError> {
    tx.execute(
        "UPDATE delivery SET due = $3, tries = tries + 1 WHERE notice = $1 AND channel = $2",
        params![row.notice.as_bytes(), row.channel.as_bytes(), due],
    )
}

/// The key for Web Push, sealed.
pub fn push_key(c: &mut Reader<'_>) -> Result<Option<Vec<u8>>, StoreError> {
    c.query_one("SELECT sealed FROM push_key WHERE id = 1", params![], |row| Ok(row.bytes(0)?.to_vec()))
}

/// Keeps the key for Web Push, unless there is one.
pub fn put_push_key(tx: &mut Tx<'_>, sealed: &[u8]) -> Result<(), StoreError> {
    let sql = "INSERT INTO push_key (id, sealed) VALUES (1, $1) ON CONFLICT (id) DO NOTHING";
    tx.execute(sql, params![sealed])?;
    Ok(())
}
