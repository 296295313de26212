//! Apps, what persons permitted them, and their tokens by digest.

use calendar::Timestamp;
use codes::ExchangeId;
use store::{Reader, Row, StoreError, Tx, params};

/// A registered app.
#[derive(Clone, Debug)]
pub struct AppRow {
    /// Its client id.
    pub id: String,
    /// What it calls itself.
    pub name: String,
    /// Where it may be answered: one address a line.
    pub redirects: String,
    /// When it was registered.
    pub at: Timestamp,
}

/// What a person permitted an app.
#[derive(Clone, Debug)]
pub struct GrantRow {
    /// Its key.
    pub id: ExchangeId,
    /// Whose.
    pub person: [u8; 32],
    /// The app's client id.
    pub app: String,
    /// The scopes, separated by spaces.
    pub scopes: String,
    /// Since when.
    pub at: Timestamp,
    /// Until when.
    pub until: Timestamp,
    /// When the app read last.
    pub used_at: Option<Timestamp>,
    /// How often it read.
    pub reads: i64,
    /// Code and evidence, sealed.
    pub sealed: Vec<u8>,
}

/// A code or token.
#[derive(Clone, Debug)]
pub struct TokenRow {
    /// Its digest.
    pub token: [u8; 32],
    /// The permission it stands for.
    pub grant: ExchangeId,
    /// `code`, `access` or `refresh`.
    pub kind: String,
    /// Until when, Unix milliseconds.
    pub until: i64,
    /// Whether it was used, for those that are good once.
    pub used: bool,
    /// Of a code: challenge and address, separated by a space.
    pub bound: String,
}

/// Registers an app.
pub fn put_app(tx: &mut Tx<'_>, row: &AppRow) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO app (id, name, redirects, at) VALUES ($1, $2, $3, $4)",
        params![&row.id, &row.name, &row.redirects, row.at.as_millis()],
    )?;
    Ok(())
}

/// A registered app.
pub fn app(c: &mut Reader<'_>, id: &str) -> Result<Option<AppRow>, StoreError> {
    c.query_one("SELECT id, name, redirects, at FROM app WHERE id = $1", params![id], |row| {
        Ok(AppRow {
            id: row.text(0)?.to_owned(),
            name: row.text(1)?.to_owned(),
            redirects: row.text(2)?.to_owned(),
            at: Timestamp::from_millis(row.int(3)?),
        })
    })
}

/// Writes a permission down.
pub fn put_grant(tx: &mut Tx<'_>, row: &GrantRow) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO app_grant (id, person, app, scopes, at, until, reads, sealed)
         VALUES ($1, $2, $3, $4, $5, $6, 0, $7)",
        params![
            row.id.as_bytes(),
            &row.person,
            &row.app,
            &row.scopes,
            row.at.as_millis(),
            row.until.as_millis(),
            &row.sealed
        ],
    )?;
    Ok(())
}

const GRANT: &str = "id, person, app, scopes, at, until, used_at, reads, sealed";

/// The permissions of a person that stand, newest first.
pub fn grants(c: &mut Reader<'_>, person: &[u8; 32], now: i64) -> Result<Vec<GrantRow>, StoreError> {
    let sql = format!("SELECT {GRANT} FROM app_grant WHERE person = $1 AND until > $2 ORDER BY at DESC");
    c.query(&sql, params![person, now], grant_of)
}

/// A permission that stands.
pub fn grant(c: &mut Reader<'_>, id: &ExchangeId, now: i64) -> Result<Option<GrantRow>, StoreError> {
    let sql = format!("SELECT {GRANT} FROM app_grant WHERE id = $1 AND until > $2");
    c.query_one(&sql, params![id.as_bytes(), now], grant_of)
}

fn grant_of(row: &Row<'_>) -> Result<GrantRow, StoreError> {
    Ok(GrantRow {
        id: ExchangeId::from_bytes(row.array(0)?),
        person: row.array(1)?,
        app: row.text(2)?.to_owned(),
        scopes: row.text(3)?.to_owned(),
        at: Timestamp::from_millis(row.int(4)?),
        until: Timestamp::from_millis(row.int(5)?),
        used_at: row.opt_int(6)?.map(Timestamp::from_millis),
        reads: row.int(7)?,
        sealed: row.bytes(8)?.to_vec(),
    })
}

/// The app read something.
pub fn used(tx: &mut Tx<'_>, id: &ExchangeId, now: i64) -> Result<u64, StoreError> {
    tx.execute(
        "UPDATE app_grant SET used_at = $2, reads = reads + 1 WHERE id = $1",
        params![id.as_bytes(), now],
    )
}

/// Ends a permission with all its tokens; false when there is none.
pub fn end_grant(tx: &mut Tx<'_>, id: &ExchangeId) -> Result<bool, StoreError> {
    tx.execute("DELETE FROM app_token WHERE app_grant = $1", params![id.as_bytes()])?;
    Ok(tx.execute("DELETE FROM app_grant WHERE id = $1", params![id.as_bytes()])? > 0)
}

/// Keeps a code or token.
pub fn put_token(tx: &mut Tx<'_>, row: &TokenRow) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO app_token (token, app_grant, kind, until, used, bound) VALUES ($1, $2, $3, $4, 0, $5)",
        params![&row.token, row.grant.as_bytes(), &row.kind, row.until, &row.bound],
    )?;
    Ok(())
}

/// A code or token.
pub fn token(c: &mut Reader<'_>, token: &[u8; 32]) -> Result<Option<TokenRow>, StoreError> {
    c.query_one(
        "SELECT token, app_grant, kind, until, used, bound FROM app_token WHERE token = $1",
        params![token],
        |row| {
            Ok(TokenRow {
                token: row.array(0)?,
                grant: ExchangeId::from_bytes(row.array(1)?),
                kind: row.text(2)?.to_owned(),
                until: row.int(3)?,
                used: row.int(4)? != 0,
                bound: row.text(5)?.to_owned(),
            })
        },
    )
}

/// Uses up a code or token; false when somebody was first.
pub fn use_up(tx: &mut Tx<'_>, token: &[u8; 32]) -> Result<bool, StoreError> {
    Ok(tx.execute("UPDATE app_token SET used = 1 WHERE token = $1 AND used = 0", params![token])? == 1)
}

/// Forgets permissions and tokens whose time is over.
pub fn sweep(tx: &mut Tx<'_>, now: i64) -> Result<u64, StoreError> {
    tx.execute("DELETE FROM app_token WHERE until <= $1", params![now])?;
    tx.execute(
        "DELETE FROM app_token WHERE app_grant IN (SELECT id FROM app_grant WHERE until <= $1)",
        params![now],
    )?;
    tx.execute("DELETE FROM app_grant WHERE until <= $1", params![now])
}
