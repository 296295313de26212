//! The networks' own patient numbers.

use consent::NetworkId;
use store::{Reader, StoreError, Tx, params};

use crate::model::PersonKey;

/// A number of a network.
#[derive(Clone)]
pub struct NumberRow {
    /// Whose.
    pub person: PersonKey,
    /// Keyed digest of the number.
    pub digest: [u8; 32],
    /// The number, sealed.
    pub number: Vec<u8>,
}

/// Writes down that the person bears the number; again is harmless.
pub fn put(tx: &mut Tx<'_>, network: &NetworkId, row: &NumberRow, at: i64) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO network_patient (network, person, digest, number, since) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (network, person, digest) DO NOTHING",
        params![network.as_str(), row.person.as_bytes(), &row.digest, &row.number, at],
    )?;
    Ok(())
}

/// All numbers of a network, by person.
pub fn of_network(c: &mut Reader<'_>, network: &NetworkId) -> Result<Vec<NumberRow>, StoreError> {
    c.query(
        "SELECT person, digest, number FROM network_patient WHERE network = $1 ORDER BY person, digest",
        params![network.as_str()],
        read,
    )
}

/// How many persons bear how many numbers of each network, by name.
pub fn counts(c: &mut Reader<'_>) -> Result<Vec<(NetworkId, i64, i64)>, StoreError> {
    c.query(
        "SELECT network, count(DISTINCT person), count(DISTINCT digest) FROM network_patient
         GROUP BY network ORDER BY network",
        params![],
        |row| Ok((row.parse(0)?, row.int(1)?, row.int(2)?)),
    )
}

/// The numbers that a person bears in a network.
pub fn of_person(
    c: &mut Reader<'_>,
    network: &NetworkId,
    person: &PersonKey,
) -> Result<Vec<NumberRow>, StoreError> {
    c.query(
        "SELECT person, digest, number FROM network_patient WHERE network = $1 AND person = $2 ORDER BY since, digest",
        params![network.as_str(), person.as_bytes()],
        read,
    )
}

/// Who bears the number.
pub fn by_number(
    c: &mut Reader<'_>,
    network: &NetworkId,
    digest: &[u8; 32],
) -> Result<Vec<NumberRow>, StoreError> {
    c.query(
        "SELECT person, digest, number FROM network_patient WHERE network = $1 AND digest = $2 ORDER BY person",
        params![network.as_str(), digest],
        read,
    )
}

/// Lets a person of a network that joins go on in the network that stays, under this number.
pub fn join(
    tx: &mut Tx<'_>,
    stays: &NetworkId,
    joins: &NetworkId,
    row: &NumberRow,
    at: i64,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO network_patient (network, person, digest, number, since, joined_from)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (network, person, digest) DO NOTHING",
        params![stays.as_str(), row.person.as_bytes(), &row.digest, &row.number, at, joins.as_str()],
    )?;
    Ok(())
}

fn read(row: &store::Row<'_>) -> Result<NumberRow, StoreError> {
    Ok(NumberRow {
        person: PersonKey::from_bytes(row.array(0)?),
        digest: row.array(1)?,
        number: row.bytes(2)?.to_vec(),
    })
}
