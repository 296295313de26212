//! Devices, one-time codes, mandates, and what is kept from proxies.

use calendar::Timestamp;
use store::{Reader, StoreError, Tx, params};

use crate::model::{DeviceKey, DeviceLine, MandateKey};

/// A device's row.
pub struct DeviceRow {
    /// Whose, by the portal's digest.
    pub person: [u8; 32],
    /// The public key: an uncompressed point on P-256.
    pub public_key: Vec<u8>,
    /// The bearer, sealed.
    pub sealed: Vec<u8>,
}

/// A mandate's row.
pub struct MandateRow {
    /// Its name.
    pub key: MandateKey,
    /// The person for whom.
    pub principal: [u8; 32],
    /// The name of the proxy in that person's will.
    pub proxy_id: String,
    /// The person's code and name, sealed.
    pub sealed: Vec<u8>,
}

/// Registers a device; the same key again replaces it.
pub fn put_device(
    tx: &mut Tx<'_>,
    key: &DeviceKey,
    row: &DeviceRow,
    name: &str,
    now: i64,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO device (device, person, public_key, name, registered_at, used_at, sealed)
         VALUES ($1, $2, $3, $4, $5, $5, $6)
         ON CONFLICT (device) DO UPDATE SET person = excluded.person, name = excluded.name,
         registered_at = excluded.registered_at, used_at = excluded.used_at, sealed = excluded.sealed",
        params![&key.0, &row.person, &row.public_key, name, now, &row.sealed],
    )?;
    Ok(())
}

/// A registered device.
pub fn device(c: &mut Reader<'_>, key: &DeviceKey) -> Result<Option<DeviceRow>, StoreError> {
    c.query_one("SELECT person, public_key, sealed FROM device WHERE device = $1", params![&key.0], |row| {
        Ok(DeviceRow {
            person: row.array(0)?,
            public_key: row.bytes(1)?.to_vec(),
            sealed: row.bytes(2)?.to_vec(),
        })
    })
}

/// Notes that a device was used; false when it is registered no more.
pub fn use_device(tx: &mut Tx<'_>, key: &DeviceKey, now: i64) -> Result<bool, StoreError> {
    tx.execute("UPDATE device SET used_at = $1 WHERE device = $2", params![now, &key.0]).map(|rows| rows > 0)
}

/// A person's devices, newest first.
pub fn devices(c: &mut Reader<'_>, person: &[u8; 32]) -> Result<Vec<DeviceLine>, StoreError> {
    c.query(
        "SELECT device, name, registered_at, used_at FROM device WHERE person = $1 ORDER BY registered_at DESC",
        params![person],
        |row| {
            Ok(DeviceLine {
                key: DeviceKey(row.array(0)?),
                name: row.text(1)?.to_owned(),
                registered_at: Timestamp::from_millis(row.int(2)?),
                used_at: Timestamp::from_millis(row.int(3)?),
            })
        },
    )
}

/// Removes a device of a person; false when it is none of theirs.
pub fn remove_device(tx: &mut Tx<'_>, key: &DeviceKey, person: &[u8; 32]) -> Result<bool, StoreError> {
    tx.execute("DELETE FROM device WHERE device = $1 AND person = $2", params![&key.0, person])
        .map(|rows| rows > 0)
}

/// Keeps a one-time code by its digest; false when it was there before.
pub fn put_one_time(
    tx: &mut Tx<'_>,
    digest: &[u8; 32],
    until: i64,
    sealed: &[u8],
) -> Result<bool, StoreError> {
    let rows = tx.execute(
        "INSERT INTO one_time (digest, until, sealed) VALUES ($1, $2, $3) ON CONFLICT (digest) DO NOTHING",
        params![digest, until, sealed],
    )?;
    Ok(rows == 1)
}

/// Takes a one-time code: it is there once, and not after its time.
pub fn take_one_time(tx: &mut Tx<'_>, digest: &[u8; 32], now: i64) -> Result<Option<Vec<u8>>, StoreError> {
    let found = tx.query_one(
        "SELECT sealed FROM one_time WHERE digest = $1 AND until > $2",
        params![digest, now],
        |row| Ok(row.bytes(0)?.to_vec()),
    )?;
    let taken = tx.execute("DELETE FROM one_time WHERE digest = $1", params![digest])?;
    Ok(found.filter(|_| taken == 1))
}

/// Forgets one-time codes whose time is over.
pub fn sweep_one_time(tx: &mut Tx<'_>, now: i64) -> Result<u64, StoreError> {
    tx.execute("DELETE FROM one_time WHERE until <= $1", params![now])
}

/// Writes down who acts for whom.
pub fn put_mandate(tx: &mut Tx<'_>, proxy: &[u8; 32], row: &MandateRow) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM mandate WHERE principal = $1 AND proxy_id = $2",
        params![&row.principal, &row.proxy_id],
    )?;
    tx.execute(
        "INSERT INTO mandate (mandate, proxy, principal, proxy_id, sealed) VALUES ($1, $2, $3, $4, $5)",
        params![&row.key.0, proxy, &row.principal, &row.proxy_id, &row.sealed],
    )?;
    Ok(())
}

/// For whom a person acts.
pub fn mandates(c: &mut Reader<'_>, proxy: &[u8; 32]) -> Result<Vec<MandateRow>, StoreError> {
    c.query(
        "SELECT mandate, principal, proxy_id, sealed FROM mandate WHERE proxy = $1 ORDER BY mandate",
        params![proxy],
        |row| {
            Ok(MandateRow {
                key: MandateKey(row.array(0)?),
                principal: row.array(1)?,
                proxy_id: row.text(2)?.to_owned(),
                sealed: row.bytes(3)?.to_vec(),
            })
        },
    )
}

/// The proxies of a person who have taken up their mandate here.
pub fn taken_up(c: &mut Reader<'_>, principal: &[u8; 32]) -> Result<Vec<String>, StoreError> {
    c.query("SELECT proxy_id FROM mandate WHERE principal = $1", params![principal], |row| {
        Ok(row.text(0)?.to_owned())
    })
}

/// Ends what the portal knows of a proxy of a person.
pub fn end_mandate(tx: &mut Tx<'_>, principal: &[u8; 32], proxy_id: &str) -> Result<(), StoreError> {
    tx.execute("DELETE FROM mandate WHERE principal = $1 AND proxy_id = $2", params![principal, proxy_id])
        .map(drop)
}

/// The visit acts from now on for the person of a mandate; none: for its own person.
pub fn act(tx: &mut Tx<'_>, visit: &[u8; 32], mandate: Option<&MandateKey>) -> Result<(), StoreError> {
    let mandate = mandate.map(|mandate| &mandate.0);
    tx.execute("UPDATE visit SET acting = $1 WHERE token = $2", params![mandate, visit]).map(drop)
}

/// What a person keeps from proxies, sealed.
pub fn hidden(c: &mut Reader<'_>, person: &[u8; 32]) -> Result<Option<Vec<u8>>, StoreError> {
    c.query_one("SELECT sealed FROM hidden WHERE person = $1", params![person], |row| {
        Ok(row.bytes(0)?.to_vec())
    })
}

/// Keeps it.
pub fn put_hidden(tx: &mut Tx<'_>, person: &[u8; 32], sealed: &[u8]) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO hidden (person, sealed) VALUES ($1, $2)
         ON CONFLICT (person) DO UPDATE SET sealed = excluded.sealed",
        params![person, sealed],
    )
    .map(drop)
}
