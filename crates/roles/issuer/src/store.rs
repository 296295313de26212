//! Every SQL statement of the issuer.

use codes::{EnvelopeKey, ExchangeId, Facet};
use my_number::SealedMyNumber;
use protocol::card::CardStopReason;
use protocol_admin::issuer::{MedicalIdAct, NumberState};
use store::{Migration, Reader, Row, StoreError, Tx, params};

use crate::model::{Act, Card, Number, Outgoing};

/// The issuer's tables.
pub const MIGRATIONS: &[Migration] = &[
    Migration { version: 1, name: "register", sql: include_str!("../migrations/0001_register.sql") },
    Migration { version: 2, name: "cards", sql: include_str!("../migrations/0002_cards.sql") },
    Migration { version: 3, name: "numbers", sql: include_str!("../migrations/0003_numbers.sql") },
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

/// A person's numbers, the ordinary one first.
pub fn numbers(c: &mut Reader<'_>, person: &SealedMyNumber) -> Result<Vec<Number>, StoreError> {
    c.query(
        "SELECT number, state, generation, since, stamp, label FROM medical_number WHERE my_number = $1
         ORDER BY number",
        params![person.as_bytes()],
        |row| {
            Ok(Number {
                number: Facet(u16::try_from(row.int(0)?).unwrap_or_default()),
                state: NumberState::from_word(row.text(1)?).unwrap_or(NumberState::Revoked),
                generation: u16::try_from(row.int(2)?).unwrap_or(u16::MAX),
                since: row.int(3)?,
                stamp: row.int(4)?,
                label: row.opt_bytes(5)?.map(<[u8]>::to_vec),
            })
        },
    )
}

/// Sets one of a person's numbers; what it is called stays.
pub fn put_number(tx: &mut Tx<'_>, person: &SealedMyNumber, number: &Number) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO medical_number (my_number, number, state, generation, since, stamp, label)
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (my_number, number) DO UPDATE
         SET state = excluded.state, generation = excluded.generation, since = excluded.since,
             stamp = excluded.stamp",
        params![
            person.as_bytes(),
            i64::from(number.number.0),
            number.state.as_str(),
            number.generation,
            number.since,
            number.stamp,
            number.label.as_deref()
        ],
    )?;
    Ok(())
}

/// Keeps what a person had done.
pub fn put_history(tx: &mut Tx<'_>, person: &SealedMyNumber, act: &Act) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO history (my_number, entry, at, act, number, counter) VALUES ($1, $2, $3, $4, $5, $6)",
        params![
            person.as_bytes(),
            i64::try_from(act.entry).unwrap_or(i64::MAX),
            act.at,
            act.act.as_str(),
            i64::from(act.number.0),
            &act.by.to_string()
        ],
    )?;
    Ok(())
}

/// Everything that a person ever had done, oldest first.
pub fn history(c: &mut Reader<'_>, person: &SealedMyNumber) -> Result<Vec<Act>, StoreError> {
    c.query(
        "SELECT entry, at, act, number, counter FROM history WHERE my_number = $1 ORDER BY entry",
        params![person.as_bytes()],
        |row| {
            let word = row.text(2)?;
            let act = MedicalIdAct::from_word(word);
            Ok(Act {
                entry: u64::try_from(row.int(0)?).unwrap_or_default(),
                at: row.int(1)?,
                act: act.ok_or_else(|| StoreError::decode(2, "an act on a medical ID", word))?,
                number: Facet(u16::try_from(row.int(3)?).unwrap_or_default()),
                by: row.parse(4)?,
            })
        },
    )
}

/// Whose card in use holds the authentication certificate with this SHA-256.
pub fn holder_of(c: &mut Reader<'_>, certificate: &[u8; 32]) -> Result<Option<SealedMyNumber>, StoreError> {
    c.query_one(
        "SELECT my_number FROM card WHERE certificate = $1 AND stopped_at IS NULL",
        params![certificate],
        |row| row.array(0).map(SealedMyNumber::from_bytes),
    )
}

/// The cards of a person that are in use.
pub fn cards_in_use(c: &mut Reader<'_>, number: &SealedMyNumber) -> Result<Vec<Card>, StoreError> {
    c.query(
        "SELECT applet_key, authentication, signing, certificate FROM card WHERE my_number = $1 AND stopped_at IS NULL",
        params![number.as_bytes()],
        |row| {
            Ok(Card {
                applet: EnvelopeKey::from_bytes(row.array(0)?),
                authentication: row.text(1)?.to_owned(),
                signing: row.opt_text(2)?.map(str::to_owned),
                certificate: row.opt_bytes(3)?.and_then(|digest| digest.try_into().ok()),
            })
        },
    )
}

/// Keeps a card that was made; the same card with new certificates replaces what was kept of it.
pub fn put_card(tx: &mut Tx<'_>, number: &SealedMyNumber, card: &Card, at: i64) -> Result<(), StoreError> {
    let (applet, signing) = (card.applet.as_bytes(), card.signing.as_deref());
    let certificate = card.certificate.as_ref().map(<[u8; 32]>::as_slice);
    tx.execute(
        "INSERT INTO card (my_number, applet_key, authentication, signing, made_at, certificate)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (my_number, applet_key) DO UPDATE
         SET authentication = excluded.authentication, signing = excluded.signing, made_at = excluded.made_at,
             certificate = excluded.certificate",
        params![number.as_bytes(), applet, &card.authentication, signing, at, certificate],
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
        "SELECT count(*) FROM medical_number WHERE number = 0 AND state = $1",
        params![NumberState::Active.as_str()],
        one,
    )?;
    Ok((residents.unwrap_or(0), active.unwrap_or(0)))
}
