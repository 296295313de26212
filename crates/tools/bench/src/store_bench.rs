//! The embedded store: durable transactions, bulk rows and lookups, beside the disk and bare SQLite.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::ensure;
use rusqlite::Connection;
use store::{Db, Migration, StoreError, Value, params};

use crate::crowd::crowd;
use crate::disk::{Place, syncs_per_second};
use crate::mix::mix;
use crate::table::Table;

/// A table as those that grow with the population.
const SCHEMA: &str = "CREATE TABLE item (person BYTES NOT NULL, body BYTES NOT NULL, PRIMARY KEY (person)) \
    /*sqlite:WITHOUT ROWID*/;";
const INSERT: &str = "INSERT INTO item (person, body) VALUES ($1, $2)";
const SELECT: &str = "SELECT body FROM item WHERE person = $1";
const MIGRATIONS: &[Migration] = &[Migration { version: 1, name: "item", sql: SCHEMA }];

/// Bytes of a row's body: about those of a stored membership report.
const BODY: usize = 250;

/// Rows in one transaction of a bulk load.
const BULK: u64 = 20_000;

/// Options of `bench store`.
#[derive(clap::Args)]
pub struct Arguments {
    /// Seconds for each figure.
    #[arg(long, default_value_t = 5.0)]
    seconds: f64,
    /// Rows of the bulk load, which the lookups then find.
    #[arg(long, default_value_t = 1_000_000)]
    rows: u64,
    #[command(flatten)]
    place: Place,
}

/// Measures it all.
///
/// # Errors
/// When the store fails or loses a row.
pub fn run(arguments: &Arguments) -> anyhow::Result<Table> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(measure(arguments))
}

async fn measure(arguments: &Arguments) -> anyhow::Result<Table> {
    let mut table = Table::new(format!("embedded store, rows of 16 and {BODY} bytes"));
    let time = Duration::from_secs_f64(arguments.seconds);
    let place = arguments.place.fresh()?;
    let syncs = syncs_per_second(place.path(), time)?;
    table.add("the disk: 4 KiB and fdatasync, one after another", syncs, "1/s");
    writes(&place.path().join("writes.db"), time, syncs, &mut table).await?;
    let ours = place.path().join("rows.db");
    let db = open(&ours)?;
    let rows = arguments.rows;
    let rate = load(rows, |from, to| {
        db.write_blocking(move |tx| {
            let rows: Vec<_> = (from..to).map(|n| (key(n), [b'x'; BODY])).collect();
            let rows = rows.iter().map(|(key, body)| [Value::from(key), Value::from(body)]);
            tx.execute_many(INSERT, rows).map(drop)
        })?;
        Ok(())
    })?;
    table.add(format!("{rows} rows in random order, {BULK} a transaction"), rate, "1/s");
    let peer = Peer::open(&place.path().join("peer.db"))?;
    let bare = load(rows, |from, to| peer.insert(from, to))?;
    table.add("the same with bare SQLite", bare, "1/s").note(format!("ours is {:.2} of it", rate / bare));
    let rate = lookups(rows, time, |n| {
        let key = key(n);
        let found = db.read_blocking(move |c| {
            c.query_one(SELECT, params![&key], |row| Ok::<_, StoreError>(row.bytes(0)?.len()))
        })?;
        Ok(found == Some(BODY))
    })?;
    table.add(format!("point lookups among {rows}, one thread"), rate, "1/s");
    let bare = lookups(rows, time, |n| peer.find(n))?;
    table.add("the same with bare SQLite", bare, "1/s").note(format!("ours is {:.2} of it", rate / bare));
    Ok(table)
}

async fn writes(path: &Path, time: Duration, syncs: f64, table: &mut Table) -> anyhow::Result<()> {
    let db = open(path)?;
    let mut acknowledged = 0;
    for (round, callers) in [1, 64, 256].into_iter().enumerate() {
        let shared = db.clone();
        let pace = crowd(callers, time, move |caller, call| {
            let key = key((round as u64) << 56 | caller << 40 | call);
            let db = shared.clone();
            async move {
                db.write(move |tx| tx.execute(INSERT, params![&key, &[b'x'; BODY]])).await?;
                Ok(())
            }
        })
        .await?;
        acknowledged += pace.answers;
        let note = format!("{:.1} a sync, {:.1} us of CPU time each", pace.rate / syncs, pace.cpu_micros);
        table.add(format!("durable transactions of a row, {callers} callers"), pace.rate, "1/s").note(note);
    }
    let count = db.read_blocking(|c| c.query_one("SELECT count(*) FROM item", &[], |row| row.int(0)))?;
    ensure!(count == Some(acknowledged as i64), "{count:?} rows for {acknowledged} acknowledged");
    Ok(())
}

fn open(path: &Path) -> anyhow::Result<Db> {
    Ok(Db::open(&format!("sqlite:{}", path.display()), MIGRATIONS)?)
}

/// rusqlite alone, with the same durability.
struct Peer(Connection);

impl Peer {
    fn open(path: &Path) -> anyhow::Result<Self> {
        let connection = Connection::open(path)?;
        connection.execute_batch(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA mmap_size=68719476736; \
             PRAGMA cache_size=-65536; \
             CREATE TABLE item (person BLOB NOT NULL, body BLOB NOT NULL, PRIMARY KEY (person)) WITHOUT ROWID;",
        )?;
        Ok(Self(connection))
    }

    fn insert(&self, from: u64, to: u64) -> anyhow::Result<()> {
        self.0.execute_batch("BEGIN IMMEDIATE")?;
        let mut statement = self.0.prepare_cached(INSERT)?;
        for n in from..to {
            statement.execute(rusqlite::params![key(n), [b'x'; BODY]])?;
        }
        Ok(self.0.execute_batch("COMMIT")?)
    }

    fn find(&self, n: u64) -> anyhow::Result<bool> {
        let mut statement = self.0.prepare_cached(SELECT)?;
        let length = statement.query_row([key(n)], |row| Ok(row.get_ref(0)?.as_blob()?.len()))?;
        Ok(length == BODY)
    }
}

/// Rows a second of a load in transactions.
fn load(rows: u64, mut insert: impl FnMut(u64, u64) -> anyhow::Result<()>) -> anyhow::Result<f64> {
    let begun = Instant::now();
    let mut from = 0;
    while from < rows {
        let to = rows.min(from + BULK);
        insert(from, to)?;
        from = to;
    }
    Ok(rows as f64 / begun.elapsed().as_secs_f64())
}

/// Lookups a second, of rows in random order.
fn lookups(
    rows: u64,
    time: Duration,
    mut find: impl FnMut(u64) -> anyhow::Result<bool>,
) -> anyhow::Result<f64> {
    let (begun, mut asked) = (Instant::now(), 0_u64);
    while begun.elapsed() < time {
        for _ in 0..1_000 {
            ensure!(find(mix(asked) % rows)?, "a row that was written is not found");
            asked += 1;
        }
    }
    Ok(asked as f64 / begun.elapsed().as_secs_f64())
}

/// 16 bytes that look random, as codes do.
fn key(n: u64) -> [u8; 16] {
    let mut key = [0; 16];
    let halves = mix(n).to_be_bytes().into_iter().chain(mix(!n).to_be_bytes());
    key.iter_mut().zip(halves).for_each(|(to, from)| *to = from);
    key
}
