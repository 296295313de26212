//! Which ledger entries tell of a person: an index that the ledger itself can rebuild.

use store::{StoreError, Value, params};

use super::{Store, tally};

impl Store {
    /// How many ledger entries the index has read.
    ///
    /// # Errors
    /// The store's. So for all methods here.
    pub async fn indexed(&self) -> Result<u64, StoreError> {
        self.db().read(|c| tally(c, "indexed")).await.map(|n| u64::try_from(n).unwrap_or_default())
    }

    /// Adds what the entries up to (not including) `next` tell of whom, and remembers to go on from there.
    pub async fn index_entries(&self, entries: Vec<([u8; 32], u64)>, next: u64) -> Result<(), StoreError> {
        const ENTRY: &str =
            "INSERT INTO own_entry (person, entry) VALUES ($1, $2) ON CONFLICT (person, entry) DO NOTHING";
        const NEXT: &str = "INSERT INTO tally (name, value) VALUES ('indexed', $1) \
            ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE tally.value < excluded.value";
        let mut rows: Vec<([u8; 32], i64)> = entries.into_iter().map(|(p, e)| (p, signed(e))).collect();
        rows.sort_unstable();
        self.db()
            .write(move |tx| {
                tx.execute_many(ENTRY, rows.iter().map(|(p, e)| [Value::from(p), Value::from(*e)]))?;
                tx.execute(NEXT, params![signed(next)]).map(|_| ())
            })
            .await
    }

    /// The newest entries about a person, newest first.
    pub async fn own_entries(&self, person: [u8; 32], limit: i64) -> Result<Vec<u64>, StoreError> {
        const SQL: &str = "SELECT entry FROM own_entry WHERE person = $1 ORDER BY entry DESC LIMIT $2";
        self.db()
            .read(move |c| {
                c.query(
                    SQL,
                    params![&person, limit],
                    |row| Ok(u64::try_from(row.int(0)?).unwrap_or_default()),
                )
            })
            .await
    }
}

fn signed(index: u64) -> i64 {
    i64::try_from(index).unwrap_or(i64::MAX)
}
