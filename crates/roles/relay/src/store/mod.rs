//! Every SQL statement of the relay: registrations and exchanges here, what people decided and declared beside.

pub mod emergencies;
pub mod exchanges;
pub mod networks;
pub mod person_notices;
pub mod wills;

use codes::{ExchangeId, OrgId};
use protocol::relay::PersonState;
use store::{Migration, Reader, StoreError, Tx, params};

use crate::model::{PersonKey, Seen};

/// The relay's tables.
pub const MIGRATIONS: &[Migration] = &[
    Migration {
        version: 1,
        name: "registrations",
        sql: include_str!("../../migrations/0001_registrations.sql"),
    },
    Migration { version: 2, name: "exchange", sql: include_str!("../../migrations/0002_exchange.sql") },
    Migration {
        version: 3,
        name: "person_notices",
        sql: include_str!("../../migrations/0003_person_notices.sql"),
    },
];

/// Sets a person's state as of `at` (Unix milliseconds); an older decision never overwrites a newer one.
pub fn set_state(tx: &mut Tx<'_>, person: &PersonKey, state: PersonState, at: i64) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO person (person, state, since) VALUES ($1, $2, $3)
         ON CONFLICT (person) DO UPDATE SET state = excluded.state, since = excluded.since
         WHERE person.since <= excluded.since",
        params![person.as_bytes(), state_text(state), at],
    )?;
    Ok(())
}

/// True when the code works now. An unknown person and a revoked one are the same to the caller.
pub fn is_active(c: &mut Reader<'_>, person: &PersonKey) -> Result<bool, StoreError> {
    let state =
        c.query_one("SELECT state FROM person WHERE person = $1", params![person.as_bytes()], |row| {
            Ok(row.text(0)? == state_text(PersonState::Active))
        })?;
    Ok(state.unwrap_or(false))
}

/// True when `organisation` registered the person.
pub fn is_registered(
    c: &mut Reader<'_>,
    person: &PersonKey,
    organisation: &OrgId,
) -> Result<bool, StoreError> {
    let found = c.query_one(
        "SELECT 1 FROM registration WHERE person = $1 AND organisation = $2",
        params![person.as_bytes(), &organisation.to_string()],
        |row| row.int(0),
    )?;
    Ok(found.is_some())
}

/// The organisations that registered the person, in the order of their names.
pub fn registered_at(c: &mut Reader<'_>, person: &PersonKey) -> Result<Vec<OrgId>, StoreError> {
    c.query(
        "SELECT organisation FROM registration WHERE person = $1 ORDER BY organisation",
        params![person.as_bytes()],
        |row| row.parse(0),
    )
}

/// Records that `organisation` knows the person; again is harmless.
pub fn register(
    tx: &mut Tx<'_>,
    person: &PersonKey,
    organisation: &OrgId,
    at: i64,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO registration (person, organisation, since) VALUES ($1, $2, $3)
         ON CONFLICT (person, organisation) DO NOTHING",
        params![person.as_bytes(), &organisation.to_string(), at],
    )?;
    Ok(())
}

/// Records an exchange with the digest of its question and says how the key was used before.
pub fn record_exchange(
    tx: &mut Tx<'_>,
    exchange: &ExchangeId,
    organisation: &OrgId,
    question: &[u8; 32],
    at: i64,
) -> Result<Seen, StoreError> {
    let organisation = organisation.to_string();
    let fresh = tx.execute(
        "INSERT INTO exchange (exchange, organisation, question, at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (exchange, organisation) DO NOTHING",
        params![exchange.as_bytes(), &organisation, question, at],
    )?;
    if fresh == 1 {
        return Ok(Seen::New);
    }
    let before = tx.query_one(
        "SELECT question FROM exchange WHERE exchange = $1 AND organisation = $2",
        params![exchange.as_bytes(), &organisation],
        |row| row.array::<32>(0),
    )?;
    Ok(if before.as_ref() == Some(question) { Seen::Same } else { Seen::Other })
}

/// How many registrations and active persons there are: numbers for the front page.
pub fn counts(c: &mut Reader<'_>) -> Result<(i64, i64), StoreError> {
    let one = |row: &store::Row<'_>| row.int(0);
    let persons = c.query_one(
        "SELECT count(*) FROM person WHERE state = $1",
        params![state_text(PersonState::Active)],
        one,
    )?;
    let registrations = c.query_one("SELECT count(*) FROM registration", params![], one)?;
    Ok((persons.unwrap_or(0), registrations.unwrap_or(0)))
}

fn state_text(state: PersonState) -> &'static str {
    match state {
        PersonState::Active => "active",
        PersonState::Sealed => "sealed",
        PersonState::Revoked => "revoked",
    }
}
