//! Every SQL statement of the issuer.

use codes::{EnvelopeKey, ExchangeId};
use my_number::SealedMyNumber;
use protocol::card::CardStopReason;
use store::{Migration, Reader, Row, StoreError, Tx, params};

use crate::model::{Card, MedicalId, MedicalIdState, Outgoing};

/// The issuer's tables.
pub const MIGRATIONS: &[Migration] = &[
    Migration { version: 1, name: "register", sql: include_str!("../migrations/0001_register.sql") },
    Migration { version: 2, name: "cards", sql: include_str!("../migrations/0002_cards.sql") },
];

/// A row of the register, sealed.
pub struct SealedResident {
    /// Key of the row.
    pub my_number: SealedMyNumber,
    /// The resident code, sealed by permutation.
    pub resident: [u8; 16],
    /// Name, birth, sex, address, sealed row by row.
    pub person: Vec<u8>,
    /// Day of death, ISO.
    pub died_on: Option<String>,
}

const PUT_RESIDENT: &str =
    "INSERT INTO resident (my_number, resident, person, died_on) VALUES ($1, $2, $3, $4)
     ON CONFLICT (my_number) DO UPDATE
     SET resident = excluded.resident, person = excluded.person, died_on = excluded.died_on";

/// Puts rows of the register; a row loaded before is replaced.
pub fn put_residents(tx: &mut Tx<'_>, rows: &[SealedResident]) -> Result<(), StoreError> {
    for row in rows {
        tx.execute(
            PUT_RESIDENT,
            params![row.my_number.as_bytes(), &row.resident, &row.person, row.died_on.as_deref()],
        )?;
    }
    Ok(())
}

/// The sealed resident codes of `numbers`, in their order; `None` where the register has no such person.
pub fn residents_of(
    c: &mut Reader<'_>,
    numbers: &[SealedMyNumber],
) -> Result<Vec<Option<[u8; 16]>>, StoreError> {
    numbers
        .iter()
        .map(|n| {
            c.query_one("SELECT resident FROM resident WHERE my_number = $1", params![n.as_bytes()], |row| {
                row.array::<16>(0)
            })
        })
        .collect()
}

/// Resident code and person of one row, both sealed.
pub type SealedRow = ([u8; 16], Vec<u8>);

/// Resident code and person of one row, sealed.
pub fn resident(c: &mut Reader<'_>, number: &SealedMyNumber) -> Result<Option<SealedRow>, StoreError> {
    c.query_one(
        "SELECT resident, person FROM resident WHERE my_number = $1",
        params![number.as_bytes()],
        |row| Ok((row.array::<16>(0)?, row.bytes(1)?.to_vec())),
    )
}

/// The issue row of a person.
pub fn medical_id(c: &mut Reader<'_>, number: &SealedMyNumber) -> Result<Option<MedicalId>, StoreError> {
    c.query_one(
        "SELECT state, generation, since FROM medical_id WHERE my_number = $1",
        params![number.as_bytes()],
        medical_id_row,
    )
}

fn medical_id_row(row: &Row<'_>) -> Result<MedicalId, StoreError> {
    let state = MedicalIdState::from_word(row.text(0)?).unwrap_or(MedicalIdState::Revoked);
    Ok(MedicalId { state, generation: u16::try_from(row.int(1)?).unwrap_or(u16::MAX), since: row.int(2)? })
}

/// Sets the issue row of a person.
pub fn put_medical_id(tx: &mut Tx<'_>, number: &SealedMyNumber, id: &MedicalId) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO medical_id (my_number, state, generation, since) VALUES ($1, $2, $3, $4)
         ON CONFLICT (my_number) DO UPDATE
         SET state = excluded.state, generation = excluded.generation, since = excluded.since",
        params![number.as_bytes(), id.state.as_str(), id.generation, id.since],
    )?;
    Ok(())
}

/// The cards of a person that are in use.
pub fn cards_in_use(c: &mut Reader<'_>, number: &SealedMyNumber) -> Result<Vec<Card>, StoreError> {
    c.query(
        "SELECT applet_key, authentication, signing FROM card WHERE my_number = $1 AND stopped_at IS NULL",
        params![number.as_bytes()],
        |row| {
            Ok(Card {
                applet: EnvelopeKey::from_bytes(row.array(0)?),
                authentication: row.text(1)?.to_owned(),
                signing: row.opt_text(2)?.map(str::to_owned),
            })
        },
    )
}

/// Keeps a card that was made; the same card with new certificates replaces what was kept of it.
pub fn put_card(tx: &mut Tx<'_>, number: &SealedMyNumber, card: &Card, at: i64) -> Result<(), StoreError> {
    let (applet, signing) = (card.applet.as_bytes(), card.signing.as_deref());
    tx.execute(
        "INSERT INTO card (my_number, applet_key, authentication, signing, made_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (my_number, applet_key) DO UPDATE
         SET authentication = excluded.authentication, signing = excluded.signing, made_at = excluded.made_at",
        params![number.as_bytes(), applet, &card.authentication, signing, at],
    )?;
    Ok(())
}

/// Notes that a card is in use no more.
pub fn stop_card(
    tx: &mut Tx<'_>,
    number: &SealedMyNumber,
    applet: &EnvelopeKey,
    reason: CardStopReason,
    at: i64,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE card SET stopped_at = $3, reason = $4 WHERE my_number = $1 AND applet_key = $2",
        params![number.as_bytes(), applet.as_bytes(), at, reason.as_str()],
    )?;
    Ok(())
}

/// The answer given to an exchange before, with the digest of its question.
pub fn act(c: &mut Reader<'_>, exchange: &ExchangeId) -> Result<Option<([u8; 32], String)>, StoreError> {
    c.query_one("SELECT question, answer FROM act WHERE exchange = $1", params![exchange.as_bytes()], |row| {
        Ok((row.array::<32>(0)?, row.text(1)?.to_owned()))
    })
}

/// Records an answer under its exchange.
pub fn put_act(
    tx: &mut Tx<'_>,
    exchange: &ExchangeId,
    question: &[u8; 32],
    answer: &str,
    at: i64,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO act (exchange, question, answer, at) VALUES ($1, $2, $3, $4)",
        params![exchange.as_bytes(), question, answer, at],
    )?;
    Ok(())
}

/// Keeps a message until its recipient acknowledged it.
pub fn put_outgoing(tx: &mut Tx<'_>, exchange: &ExchangeId, out: &Outgoing) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO outbox (exchange, step, recipient, path, message) VALUES ($1, $2, $3, $4, $5)",
        params![exchange.as_bytes(), out.step, &out.recipient.to_string(), out.path, &out.message],
    )?;
    Ok(())
}

/// A message waiting in the outbox.
pub struct Waiting {
    /// The exchange it belongs to.
    pub exchange: [u8; 16],
    /// Order within the exchange.
    pub step: i64,
    /// To whom.
    pub recipient: codes::OrgId,
    /// Which endpoint.
    pub path: String,
    /// The JSON message.
    pub message: String,
}

/// What waits, oldest exchange first (exchange keys grow with time); of one exchange or of all.
pub fn outgoing(c: &mut Reader<'_>, exchange: Option<&ExchangeId>) -> Result<Vec<Waiting>, StoreError> {
    const COLUMNS: &str = "SELECT exchange, step, recipient, path, message FROM outbox";
    let row = |row: &Row<'_>| {
        Ok(Waiting {
            exchange: row.array(0)?,
            step: row.int(1)?,
            recipient: row.parse(2)?,
            path: row.text(3)?.to_owned(),
            message: row.text(4)?.to_owned(),
        })
    };
    match exchange {
        Some(one) => {
            c.query(&format!("{COLUMNS} WHERE exchange = $1 ORDER BY step"), params![one.as_bytes()], row)
        }
        None => c.query(&format!("{COLUMNS} ORDER BY exchange, step LIMIT 100"), params![], row),
    }
}

/// Forgets an acknowledged message.
pub fn delivered(tx: &mut Tx<'_>, exchange: &[u8; 16], step: i64) -> Result<(), StoreError> {
    tx.execute("DELETE FROM outbox WHERE exchange = $1 AND step = $2", params![exchange, step])?;
    Ok(())
}

/// Residents and working medical IDs: numbers for the front page.
pub fn counts(c: &mut Reader<'_>) -> Result<(i64, i64), StoreError> {
    let one = |row: &Row<'_>| row.int(0);
    let residents = c.query_one("SELECT count(*) FROM resident", params![], one)?;
    let active = c.query_one(
        "SELECT count(*) FROM medical_id WHERE state = $1",
        params![MedicalIdState::Active.as_str()],
        one,
    )?;
    Ok((residents.unwrap_or(0), active.unwrap_or(0)))
}
