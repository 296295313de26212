//! Objections and what was said in them.

use calendar::Timestamp;
use codes::{ExchangeId, OrgId};
use ledger::Receipt;
use protocol::oversight::{Disputed, ObjectionGround, ObjectionState};
use store::{Reader, Row, StoreError, Tx, params};

use super::witness::int;

/// An objection's row; its text is sealed.
#[derive(Clone, Debug)]
pub struct ObjectionRow {
    /// Its key.
    pub objection: ExchangeId,
    /// Digest of the message: filed again, it must be the same.
    pub question: [u8; 32],
    /// When it was filed.
    pub at: Timestamp,
    /// Through which portal.
    pub portal: OrgId,
    /// Whom it concerns.
    pub concerns: OrgId,
    /// This overseer's code of the person.
    pub person: Option<Vec<u8>>,
    /// What it is about.
    pub about: Option<Disputed>,
    /// Why.
    pub ground: ObjectionGround,
    /// The person's words, sealed.
    pub text: Vec<u8>,
    /// How far it is.
    pub state: ObjectionState,
    /// Where it stands in the ledger.
    pub receipt: Receipt,
}

/// Keeps an objection; false when one of this key is there already.
pub fn put(tx: &mut Tx<'_>, row: &ObjectionRow) -> Result<bool, StoreError> {
    let about = row.about.as_ref().map(serde_json::to_string).transpose();
    let about = about.map_err(|error| StoreError::decode(6, "what it is about", error))?;
    let receipt = serde_json::to_string(&row.receipt);
    let receipt = receipt.map_err(|error| StoreError::decode(10, "a receipt", error))?;
    let fresh = tx.execute(
        "INSERT INTO objection (objection, question, at, portal, concerns, person, about, ground, text, state, receipt)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (objection) DO NOTHING",
        params![
            &row.objection.to_string(),
            &row.question,
            row.at.as_millis(),
            &row.portal.to_string(),
            &row.concerns.to_string(),
            row.person.as_deref(),
            about.as_deref(),
            row.ground.as_str(),
            &row.text,
            row.state.as_str(),
            &receipt
        ],
    )?;
    Ok(fresh == 1)
}

/// One objection.
pub fn get(c: &mut Reader<'_>, objection: &ExchangeId) -> Result<Option<ObjectionRow>, StoreError> {
    c.query_one(&format!("{SELECT} WHERE objection = $1"), params![&objection.to_string()], row)
}

/// The newest that concern an organisation; of all where none is named. Open ones first.
pub fn list(
    c: &mut Reader<'_>,
    concerns: Option<&OrgId>,
    most: i64,
) -> Result<Vec<ObjectionRow>, StoreError> {
    let order = "ORDER BY CASE WHEN state = 'closed' THEN 1 ELSE 0 END, at DESC LIMIT";
    match concerns {
        Some(org) => {
            c.query(&format!("{SELECT} WHERE concerns = $1 {order} $2"), params![&org.to_string(), most], row)
        }
        None => c.query(&format!("{SELECT} {order} $1"), params![most], row),
    }
}

/// How many are not closed.
pub fn open(c: &mut Reader<'_>) -> Result<i64, StoreError> {
    let one =
        c.query_one("SELECT count(*) FROM objection WHERE state <> 'closed'", params![], |row| row.int(0))?;
    Ok(one.unwrap_or(0))
}

/// Keeps a word, sealed, and how far the objection is by it; false when the word is there already.
pub fn say(
    tx: &mut Tx<'_>,
    objection: &ExchangeId,
    exchange: &ExchangeId,
    place: u64,
    said: &[u8],
    state: ObjectionState,
) -> Result<bool, StoreError> {
    let fresh = tx.execute(
        "INSERT INTO said (objection, exchange, place, said) VALUES ($1, $2, $3, $4)
         ON CONFLICT (objection, exchange) DO NOTHING",
        params![&objection.to_string(), &exchange.to_string(), int(place), said],
    )?;
    if fresh == 1 {
        tx.execute(
            "UPDATE objection SET state = $1 WHERE objection = $2",
            params![state.as_str(), &objection.to_string()],
        )?;
    }
    Ok(fresh == 1)
}

/// What was said, sealed, oldest first.
pub fn said(c: &mut Reader<'_>, objection: &ExchangeId) -> Result<Vec<(ExchangeId, Vec<u8>)>, StoreError> {
    c.query(
        "SELECT exchange, said FROM said WHERE objection = $1 ORDER BY place",
        params![&objection.to_string()],
        |row| Ok((row.parse(0)?, row.bytes(1)?.to_vec())),
    )
}

const SELECT: &str = "SELECT objection, question, at, portal, concerns, person, about, ground, text, state, receipt FROM objection";

fn row(row: &Row<'_>) -> Result<ObjectionRow, StoreError> {
    let json = |text: Option<&str>| {
        let read = text.map(serde_json::from_str::<Disputed>).transpose();
        read.map_err(|error| StoreError::decode(6, "what it is about", error))
    };
    let (ground, state) = (row.text(7)?, row.text(9)?);
    let ground = ObjectionGround::ALL.into_iter().find(|known| known.as_str() == ground);
    let state = ObjectionState::ALL.into_iter().find(|known| known.as_str() == state);
    Ok(ObjectionRow {
        objection: row.parse(0)?,
        question: row.array(1)?,
        at: Timestamp::from_millis(row.int(2)?),
        portal: row.parse(3)?,
        concerns: row.parse(4)?,
        person: row.opt_bytes(5)?.map(<[u8]>::to_vec),
        about: json(row.opt_text(6)?)?,
        ground: ground.ok_or_else(|| StoreError::decode(7, "a ground", "unknown"))?,
        text: row.bytes(8)?.to_vec(),
        state: state.ok_or_else(|| StoreError::decode(9, "a state", "unknown"))?,
        receipt: serde_json::from_str(row.text(10)?)
            .map_err(|error| StoreError::decode(10, "a receipt", error))?,
    })
}
