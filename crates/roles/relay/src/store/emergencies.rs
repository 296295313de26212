//! Declared emergencies and what settled them.

use calendar::Timestamp;
use codes::{ExchangeId, OrgId};
use protocol::exchange::Corroboration;
use store::{Reader, Row, StoreError, Tx, params};

use crate::model::{Emergency, PersonKey};

const COLUMNS: &str = "declaration, person, organisation, at, until, widened, settled";

/// Writes a declaration down; again is harmless.
pub fn put(tx: &mut Tx<'_>, emergency: &Emergency) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO emergency (declaration, person, organisation, at, until, widened)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (declaration) DO NOTHING",
        params![
            emergency.declaration.as_bytes(),
            emergency.person.as_bytes(),
            &emergency.organisation.to_string(),
            emergency.at.as_millis(),
            emergency.until.as_millis(),
            i64::from(emergency.widened)
        ],
    )?;
    Ok(())
}

/// The emergency of that declaration.
pub fn get(c: &mut Reader<'_>, declaration: &ExchangeId) -> Result<Option<Emergency>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM emergency WHERE declaration = $1");
    c.query_one(&sql, params![declaration.as_bytes()], read)
}

/// Settles open emergencies of the person there that were declared since `since`: the card was read after all.
pub fn settle_by_card(
    tx: &mut Tx<'_>,
    person: &PersonKey,
    organisation: &OrgId,
    since: i64,
    at: i64,
) -> Result<u64, StoreError> {
    tx.execute(
        "UPDATE emergency SET settled = $1, settled_at = $2
         WHERE person = $3 AND organisation = $4 AND at >= $5 AND settled IS NULL",
        params![word(Corroboration::CardRead), at, person.as_bytes(), &organisation.to_string(), since],
    )
}

/// Settles one emergency; a reviewer's word replaces what was there, nothing else does.
pub fn settle(
    tx: &mut Tx<'_>,
    declaration: &ExchangeId,
    by: Corroboration,
    reference: &str,
    at: i64,
) -> Result<u64, StoreError> {
    let review = i64::from(matches!(by, Corroboration::Reviewed | Corroboration::Refuted));
    tx.execute(
        "UPDATE emergency SET settled = $1, settled_at = $2, reference = $3
         WHERE declaration = $4 AND (settled IS NULL OR $5 = 1)",
        params![word(by), at, reference, declaration.as_bytes(), review],
    )
}

/// Of the emergencies that an organisation declared between two instants: how many, and how many that nothing settled
/// by `overdue` or that a reviewer found wrong.
pub fn record_of(
    c: &mut Reader<'_>,
    organisation: &OrgId,
    since: i64,
    overdue: i64,
) -> Result<(i64, i64), StoreError> {
    let mut all = (0, 0);
    c.for_each(
        "SELECT settled, at FROM emergency WHERE organisation = $1 AND at >= $2",
        params![&organisation.to_string(), since],
        |row| {
            let open = row.opt_text(0)?.is_none() && row.int(1)? < overdue;
            let refuted = row.opt_text(0)? == Some(word(Corroboration::Refuted));
            all = (all.0 + 1, all.1 + i64::from(open || refuted));
            Ok(true)
        },
    )?;
    Ok(all)
}

/// Emergencies that nothing settled, declared before `before`: the review queue, oldest first.
pub fn unsettled(c: &mut Reader<'_>, before: i64, limit: i64) -> Result<Vec<Emergency>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM emergency WHERE settled IS NULL AND at < $1 ORDER BY at, declaration LIMIT $2"
    );
    c.query(&sql, params![before, limit], read)
}

/// Every emergency declared between two instants.
pub fn between(
    c: &mut Reader<'_>,
    from: i64,
    until: i64,
) -> Result<Vec<(Emergency, Option<i64>)>, StoreError> {
    let sql = format!("SELECT {COLUMNS}, settled_at FROM emergency WHERE at >= $1 AND at < $2 ORDER BY at");
    c.query(&sql, params![from, until], |row| Ok((read(row)?, row.opt_int(7)?)))
}

fn read(row: &Row<'_>) -> Result<Emergency, StoreError> {
    let settled = row
        .opt_text(6)?
        .map(|text| of_word(text).ok_or_else(|| StoreError::decode(6, "a corroboration", text)));
    Ok(Emergency {
        declaration: ExchangeId::from_bytes(row.array(0)?),
        person: PersonKey::from_bytes(row.array(1)?),
        organisation: row.parse(2)?,
        at: Timestamp::from_millis(row.int(3)?),
        until: Timestamp::from_millis(row.int(4)?),
        widened: row.int(5)? == 1,
        settled: settled.transpose()?,
    })
}

const WORDS: [(Corroboration, &str); 5] = [
    (Corroboration::CardRead, "card-read"),
    (Corroboration::Ambulance, "ambulance"),
    (Corroboration::Claim, "claim"),
    (Corroboration::Reviewed, "reviewed"),
    (Corroboration::Refuted, "refuted"),
];

fn word(by: Corroboration) -> &'static str {
    WORDS.iter().find(|(known, _)| *known == by).map_or("", |(_, word)| word)
}

fn of_word(text: &str) -> Option<Corroboration> {
    WORDS.iter().find(|(_, word)| *word == text).map(|(known, _)| *known)
}
