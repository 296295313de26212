//! Entries of changes that the ledger may not have yet.

use ::store::{StoreError, Tx, Value, params};
use codes::ExchangeId;
use ledger::{Entry, PersonDigest};

use super::Store;

impl Store {
    /// The entries of changes that were made, in the order of the changes, each as an entry of `kind`.
    ///
    /// # Errors
    /// The store's.
    pub async fn unlogged(&self, kind: &'static str) -> Result<Vec<Entry>, StoreError> {
        const SQL: &str = "SELECT exchange, at, person, body FROM unlogged ORDER BY at, exchange, place";
        self.0
            .read(move |reader| {
                reader.query(SQL, params![], |row| {
                    let person = row.opt_bytes(2)?.map(|_| row.array(2)).transpose()?;
                    Ok(Entry {
                        kind,
                        person: person.map(PersonDigest),
                        exchange: ExchangeId::from_bytes(row.array(0)?),
                        at: row.int(1)?,
                        body: row.bytes(3)?.to_vec(),
                    })
                })
            })
            .await
    }

    /// The ledger has the entries of these exchanges.
    ///
    /// # Errors
    /// The store's.
    pub async fn forget_logged(&self, exchanges: Vec<ExchangeId>) -> Result<(), StoreError> {
        self.0
            .write(move |tx| {
                let keys = exchanges.iter().map(|exchange| [Value::Bytes(exchange.as_bytes())]);
                tx.execute_many("DELETE FROM unlogged WHERE exchange = $1", keys).map(drop)
            })
            .await
    }
}

/// Keeps the entries of a change until the ledger has them.
pub(in crate::store) fn keep(tx: &mut Tx<'_>, entries: &[Entry]) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO unlogged (exchange, place, at, person, body) VALUES ($1, $2, $3, $4, $5)";
    let rows = entries.iter().zip(0_i64..).map(|(entry, place)| {
        let person = entry.person.as_ref().map_or(Value::Null, |person| Value::Bytes(&person.0));
        let exchange = Value::Bytes(entry.exchange.as_bytes());
        [exchange, place.into(), entry.at.into(), person, Value::Bytes(&entry.body)]
    });
    tx.execute_many(SQL, rows).map(drop)
}
