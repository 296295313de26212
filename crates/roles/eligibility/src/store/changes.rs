//! Persons to be told that their insurer changed.

use calendar::{Date, Timestamp};
use codes::{ExchangeId, InsuranceCode, InsurerNumber};
use store::{StoreError, Tx, params};

use super::Store;

/// How long it is tried to tell a person, in milliseconds: after a month it is no news.
const UNTIL_MILLIS: i64 = 30 * 86_400_000;

/// A person to be told.
#[derive(Clone, Debug)]
pub struct Change {
    /// Who.
    pub person: InsuranceCode,
    /// Key of the notice.
    pub exchange: ExchangeId,
    /// The insurer that took them in.
    pub insurer: InsurerNumber,
    /// First day with it.
    pub qualified_on: Date,
    /// How often it was tried.
    pub tries: i64,
    /// When it is given up.
    pub until: Timestamp,
}

impl Store {
    /// Who is to be told at `now`, the longest waiting first, at most `limit`.
    ///
    /// # Errors
    /// The store's. So for all methods here.
    pub async fn changes_due(&self, now: Timestamp, limit: i64) -> Result<Vec<Change>, StoreError> {
        const SQL: &str = "SELECT person, exchange, insurer, qualified_on, tries, until FROM insurer_change \
            WHERE due <= $1 ORDER BY due LIMIT $2";
        self.db()
            .read(move |c| {
                c.query(SQL, params![now.as_millis(), limit], |row| {
                    Ok(Change {
                        person: InsuranceCode::from_bytes(row.array(0)?),
                        exchange: ExchangeId::from_bytes(row.array(1)?),
                        insurer: row.parse(2)?,
                        qualified_on: super::work::day(row.int(3)?, 3)?,
                        tries: row.int(4)?,
                        until: Timestamp::from_millis(row.int(5)?),
                    })
                })
            })
            .await
    }

    /// The relay has it, or there is nothing to tell any more.
    pub async fn drop_change(&self, change: &Change) -> Result<(), StoreError> {
        const SQL: &str = "DELETE FROM insurer_change WHERE person = $1 AND exchange = $2";
        let (person, exchange) = (change.person, change.exchange);
        self.db()
            .write(move |tx| tx.execute(SQL, params![person.as_bytes(), exchange.as_bytes()]).map(drop))
            .await
    }

    /// It is tried again at `due`.
    pub async fn change_again(&self, change: &Change, due: Timestamp) -> Result<(), StoreError> {
        const SQL: &str = "UPDATE insurer_change SET due = $3, tries = tries + 1 \
            WHERE person = $1 AND exchange = $2";
        let (person, exchange) = (change.person, change.exchange);
        self.db()
            .write(move |tx| {
                let values = params![person.as_bytes(), exchange.as_bytes(), due.as_millis()];
                tx.execute(SQL, values).map(drop)
            })
            .await
    }
}

/// Puts down that a person is to be told; once a change.
pub(super) fn put(
    tx: &mut Tx<'_>,
    person: &[u8; 16],
    exchange: &ExchangeId,
    (insurer, qualified_on): (InsurerNumber, Date),
    at: Timestamp,
) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO insurer_change (person, exchange, insurer, qualified_on, due, tries, until) \
        VALUES ($1, $2, $3, $4, $5, 0, $6) ON CONFLICT (person, exchange) DO NOTHING";
    let (insurer, until) = (insurer.to_string(), at.as_millis() + UNTIL_MILLIS);
    let values = params![
        person,
        exchange.as_bytes(),
        &insurer,
        i64::from(qualified_on.to_days()),
        at.as_millis(),
        until
    ];
    tx.execute(SQL, values).map(drop)
}
