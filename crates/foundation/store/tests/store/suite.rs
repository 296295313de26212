//! One suite, run on an SQLite file, in memory and on a PostgreSQL server.

use std::{
    future::Future as _,
    pin::pin,
    sync::mpsc,
    task::{Context, Waker},
    thread,
};

use crate::common::{SCHEMA, Server, ids, insert};
use musubi_store::{Constraint, Db, Migration, Reader, StoreError, Value, params};
use tempfile::TempDir;

type Case = (&'static str, fn(&Place));

/// Where a case runs.
struct Place {
    url: String,
    /// Whether a second `Db` sees the same data, and readers go on beside a writer.
    shared: bool,
}

impl Place {
    fn open(&self) -> Db {
        Db::open(&self.url, SCHEMA).unwrap()
    }
}

#[test]
fn sqlite_file() {
    run(|| {
        let directory = TempDir::new().unwrap();
        let url = format!("sqlite:{}", directory.path().join("test.db").display());
        (Place { url, shared: true }, Some(directory))
    });
}

#[test]
fn sqlite_memory() {
    run(|| (Place { url: "sqlite::memory:".to_owned(), shared: false }, None));
}

#[test]
fn postgres() {
    let Some(server) = Server::start() else { return };
    run(|| (Place { url: server.database(), shared: true }, None));
}

#[test]
fn a_closed_sqlite_file_is_whole_by_itself() {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("test.db");
    let db = Db::open(&format!("sqlite:{}", file.display()), SCHEMA).unwrap();
    db.write_blocking(|tx| insert(tx, 1)).unwrap();
    assert_eq!(ids(&db), [1]);
    drop(db);
    let copy = directory.path().join("copy.db");
    std::fs::copy(file, &copy).unwrap();
    assert_eq!(ids(&Db::open(&format!("sqlite:{}", copy.display()), SCHEMA).unwrap()), [1]);
}

fn run(fresh: impl Fn() -> (Place, Option<TempDir>)) {
    for (name, case) in CASES {
        println!("{name}");
        let (place, _directory) = fresh();
        case(&place);
    }
}

const CASES: &[Case] = &[
    ("values come back as they went", values),
    ("parameters go by their number", parameters),
    ("an error undoes its own closure", errors),
    ("a panic undoes its closure and nothing else", panics),
    ("a failed statement dooms its closure", doomed),
    ("constraints say which they are", constraints),
    ("upserts and RETURNING", upserts),
    ("a reader cannot write", read_only),
    ("a reader sees one snapshot", snapshots),
    ("a read of one statement is of one statement", one_statement),
    ("no transaction inside another", nesting),
    ("concurrent increments are not lost", increments),
    ("concurrent failures do not touch neighbours", neighbours),
    ("dropping the future of a write leaves nothing half done", cancellation),
    ("bulk rows", bulk),
    ("columns say what they hold", columns),
    ("migrations run once and never change", migrations),
];

fn values(place: &Place) {
    let db = place.open();
    type Item = (i64, &'static str, Option<&'static [u8]>, Option<i64>);
    let rows: [Item; 4] = [
        (i64::MIN, "", Some(b""), None),
        (i64::MAX, "髙橋 﨑子 \u{20BB7}", Some(&[0, 255, 0]), Some(0)),
        (0, "'; DROP TABLE items; --", None, Some(i64::MAX)),
        (-1, "\n\t\u{1}", Some(&[7; 5000]), Some(1)),
    ];
    db.write_blocking(move |tx| {
        for (id, name, code, amount) in rows {
            let sql = "INSERT INTO items (id, name, code, amount) VALUES ($1, $2, $3, $4)";
            assert_eq!(tx.execute(sql, params![id, name, code, amount])?, 1);
        }
        Ok::<_, StoreError>(())
    })
    .unwrap();
    for (id, name, code, amount) in rows {
        let found = db
            .read_blocking(|reader| {
                reader.query_one(
                    "SELECT id, name, code, amount FROM items WHERE id = $1",
                    params![id],
                    |row| {
                        Ok((
                            row.int(0)?,
                            row.text(1)?.to_owned(),
                            row.opt_bytes(2)?.map(<[u8]>::to_vec),
                            row.opt_int(3)?,
                        ))
                    },
                )
            })
            .unwrap();
        assert_eq!(found, Some((id, name.to_owned(), code.map(<[u8]>::to_vec), amount)));
    }
}

fn parameters(place: &Place) {
    let db = place.open();
    db.write_blocking(|tx| {
        tx.execute(
            "INSERT INTO items (name, id, amount, code) VALUES ($2, $1, $1, $3)",
            params![5, "five", None::<&[u8]>],
        )
    })
    .unwrap();
    let ask = |values: &[Value<'_>]| {
        db.read_blocking(|reader| {
            reader.query("SELECT id FROM items WHERE name = $2 AND id = $1 AND amount = $1", values, |row| {
                row.int(0)
            })
        })
    };
    assert_eq!(ask(params![5, "five"]), Ok(vec![5]));
    assert!(matches!(ask(params![5]), Err(StoreError::Parameters { expected: 2, found: 1, .. })));
    assert!(matches!(ask(params![5, "five", 5]), Err(StoreError::Parameters { expected: 2, found: 3, .. })));
    assert_eq!(ask(params![5, "a\0b"]), Err(StoreError::NulInText(2)));
}

fn errors(place: &Place) {
    #[derive(Debug, PartialEq)]
    enum Mine {
        Refused,
        Store(StoreError),
    }
    impl From<StoreError> for Mine {
        fn from(error: StoreError) -> Self {
            Self::Store(error)
        }
    }
    let db = place.open();
    db.write_blocking(|tx| insert(tx, 1)).unwrap();
    let refused = db.write_blocking(|tx| {
        insert(tx, 2)?;
        Err::<(), _>(Mine::Refused)
    });
    assert_eq!(refused, Err(Mine::Refused));
    db.write_blocking(|tx| insert(tx, 3)).unwrap();
    assert_eq!(ids(&db), [1, 3]);
}

fn panics(place: &Place) {
    let db = place.open();
    let caught = db.write_blocking(|tx| {
        insert(tx, 1)?;
        if tx.query("SELECT id FROM items", &[], |row| row.int(0))? == [1] {
            panic!("on purpose");
        }
        Ok::<_, StoreError>(())
    });
    assert_eq!(caught, Err(StoreError::Panicked("on purpose".to_owned())));
    let caught = db.read_blocking::<(), StoreError>(|_| panic!("on {}", "purpose"));
    assert_eq!(caught, Err(StoreError::Panicked("on purpose".to_owned())));
    db.write_blocking(|tx| insert(tx, 2)).unwrap();
    assert_eq!(ids(&db), [2]);
}

fn doomed(place: &Place) {
    let db = place.open();
    db.write_blocking(|tx| insert(tx, 1)).unwrap();
    let outcome = db.write_blocking(|tx| {
        insert(tx, 2)?;
        // The closure looks away from the failure; the store does not.
        let _ = insert(tx, 1);
        Ok::<_, StoreError>(())
    });
    assert!(matches!(outcome, Err(StoreError::Constraint { kind: Constraint::Unique, .. })), "{outcome:?}");
    assert_eq!(ids(&db), [1]);
}

fn constraints(place: &Place) {
    let db = place.open();
    db.write_blocking(|tx| insert(tx, 1)).unwrap();
    let kind = |values: &'static [Value<'static>]| {
        let sql = "INSERT INTO items (id, name, amount) VALUES ($1, $2, $3)";
        match db.write_blocking(move |tx| tx.execute(sql, values)) {
            Err(StoreError::Constraint { kind, detail }) => {
                assert!(!detail.contains("secret"), "the detail quotes a value: {detail}");
                kind
            }
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(kind(&[Value::Int(1), Value::Text("secret"), Value::Null]), Constraint::Unique);
    assert_eq!(kind(&[Value::Int(2), Value::Text("item 1"), Value::Null]), Constraint::Unique);
    assert_eq!(kind(&[Value::Int(2), Value::Null, Value::Null]), Constraint::NotNull);
    assert_eq!(kind(&[Value::Int(2), Value::Text("secret"), Value::Int(-1)]), Constraint::Check);
    let failed = db.read_blocking(|reader| reader.query("SELECT nothing FROM items", &[], |row| row.int(0)));
    assert!(matches!(failed, Err(StoreError::Statement { .. })), "{failed:?}");
}

fn upserts(place: &Place) {
    let db = place.open();
    let add = |amount: i64| {
        db.write_blocking(move |tx| {
            tx.query_one(
                "INSERT INTO items (id, name, amount) VALUES (1, 'one', $1) \
                 ON CONFLICT (id) DO UPDATE SET amount = items.amount + excluded.amount RETURNING amount",
                params![amount],
                |row| row.int(0),
            )
        })
    };
    assert_eq!(add(3), Ok(Some(3)));
    assert_eq!(add(4), Ok(Some(7)));
    let again = db.write_blocking(|tx| {
        tx.execute("INSERT INTO items (id, name) VALUES (1, 'x') ON CONFLICT DO NOTHING", &[])
    });
    assert_eq!(again, Ok(0));
}

fn read_only(place: &Place) {
    let db = place.open();
    let sql = "INSERT INTO items (id, name) VALUES (1, 'one') RETURNING id";
    let refused = db.read_blocking(|reader| reader.query(sql, &[], |row| row.int(0)));
    assert!(matches!(refused, Err(StoreError::ReadOnly(_))), "{refused:?}");
    assert_eq!(ids(&db), []);
}

fn one_statement(place: &Place) {
    let db = place.open();
    db.write_blocking(|tx| insert(tx, 1)).unwrap();
    runtime().block_on(async {
        assert_eq!(db.read_one(count).await, Ok(1));
        let twice = db.read_one(|reader| Ok::<_, StoreError>((count(reader)?, count(reader)?))).await;
        assert!(matches!(twice, Err(StoreError::Statement { .. })), "{twice:?}");
        let sql = "INSERT INTO items (id, name) VALUES (2, 'two') RETURNING id";
        let refused = db.read_one(move |reader| reader.query(sql, &[], |row| row.int(0))).await;
        assert!(matches!(refused, Err(StoreError::ReadOnly(_))), "{refused:?}");
        // What follows on the same connection is a whole snapshot again.
        assert_eq!(db.read(|reader| Ok::<_, StoreError>((count(reader)?, count(reader)?))).await, Ok((1, 1)));
    });
}

fn snapshots(place: &Place) {
    let db = place.open();
    db.write_blocking(|tx| insert(tx, 1)).unwrap();
    if !place.shared {
        return;
    }
    let writer = db.clone();
    db.read_blocking(|reader| {
        assert_eq!(count(reader)?, 1);
        thread::spawn(move || writer.write_blocking(|tx| insert(tx, 2))).join().unwrap()?;
        assert_eq!(count(reader)?, 1);
        Ok::<_, StoreError>(())
    })
    .unwrap();
    assert_eq!(ids(&db), [1, 2]);
}

fn nesting(place: &Place) {
    let db = place.open();
    let inner = db.clone();
    let outcome = db.write_blocking(move |tx| {
        insert(tx, 1)?;
        inner.write_blocking(|tx| insert(tx, 2))
    });
    assert_eq!(outcome, Err(StoreError::Nested));
    let outcome = db.read_blocking(|_| db.read_blocking(count));
    assert_eq!(outcome, Err(StoreError::Nested));
    db.write_blocking(|tx| insert(tx, 3)).unwrap();
    assert_eq!(ids(&db), [3]);
}

fn increments(place: &Place) {
    const TASKS: i64 = 8;
    const EACH: i64 = 15;
    let db = place.open();
    db.write_blocking(|tx| insert(tx, 1)).unwrap();
    runtime().block_on(async {
        let tasks: Vec<_> = (0..TASKS)
            .map(|_| {
                let db = db.clone();
                tokio::spawn(async move {
                    for _ in 0..EACH {
                        db.write(|tx| {
                            let sql = "SELECT amount FROM items WHERE id = 1";
                            let amount = tx.query_one(sql, &[], |row| row.int(0))?.unwrap();
                            tx.execute("UPDATE items SET amount = $1 WHERE id = 1", params![amount + 1])
                        })
                        .await
                        .unwrap();
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
    });
    let total =
        db.read_blocking(|reader| reader.query_one("SELECT amount FROM items", &[], |row| row.int(0)));
    assert_eq!(total, Ok(Some(TASKS * EACH)));
}

fn neighbours(place: &Place) {
    let db = place.open();
    let outcomes: Vec<Result<u64, StoreError>> = runtime().block_on(async {
        let tasks: Vec<_> = (0..90)
            .map(|id| {
                let db = db.clone();
                tokio::spawn(async move {
                    db.write(move |tx| {
                        insert(tx, id)?;
                        match id % 3 {
                            0 => Ok(1),
                            1 => Err(StoreError::Closed),
                            _ => panic!("on purpose"),
                        }
                    })
                    .await
                })
            })
            .collect();
        let mut outcomes = Vec::new();
        for task in tasks {
            outcomes.push(task.await.unwrap());
        }
        outcomes
    });
    for (id, outcome) in outcomes.iter().enumerate() {
        assert_eq!(outcome.is_ok(), id % 3 == 0, "{id}: {outcome:?}");
    }
    assert_eq!(ids(&db), (0..90).step_by(3).collect::<Vec<i64>>());
}

fn cancellation(place: &Place) {
    let db = place.open();
    let runtime = runtime();
    let _inside = runtime.enter();
    for id in 0..20 {
        let mut write = pin!(db.write(move |tx| {
            insert(tx, id * 2)?;
            insert(tx, id * 2 + 1)
        }));
        let _ = write.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    }
    // Everything enqueued before is done when this is.
    db.write_blocking(|tx| insert(tx, 1000)).unwrap();
    drop(db);
    drop(_inside);
    drop(runtime);
    if place.shared {
        let found = ids(&place.open());
        assert!(found.contains(&1000));
        for id in 0..20 {
            assert_eq!(found.contains(&(id * 2)), found.contains(&(id * 2 + 1)), "{id} is half done");
        }
    }
}

fn bulk(place: &Place) {
    const ROWS: i64 = 20_000;
    let db = place.open();
    let written = db
        .write_blocking(|tx| {
            let names: Vec<String> = (0..ROWS).map(|id| format!("name {id}")).collect();
            let rows = (0..ROWS).zip(&names).map(|(id, name)| [Value::Int(id), Value::from(name)]);
            tx.execute_many("INSERT INTO items (id, name) VALUES ($1, $2)", rows)
        })
        .unwrap();
    assert_eq!(written, ROWS as u64);
    let mut seen = 0;
    db.read_blocking(|reader| {
        reader.for_each("SELECT id FROM items ORDER BY id", &[], |row| {
            assert_eq!(row.int(0)?, seen);
            seen += 1;
            Ok(seen < 10_000)
        })?;
        assert_eq!(count(reader)?, ROWS);
        Ok::<_, StoreError>(())
    })
    .unwrap();
    assert_eq!(seen, 10_000);
    let outcome = db.write_blocking(|tx| {
        let rows =
            [(ROWS, "x"), (ROWS + 1, "y"), (5, "z")].map(|(id, name)| [Value::Int(id), Value::Text(name)]);
        tx.execute_many("INSERT INTO items (id, name) VALUES ($1, $2)", rows)
    });
    assert!(matches!(outcome, Err(StoreError::Constraint { .. })), "{outcome:?}");
    assert_eq!(db.read_blocking(count), Ok(ROWS));
}

fn columns(place: &Place) {
    let db = place.open();
    db.write_blocking(|tx| insert(tx, 7)).unwrap();
    db.read_blocking(|reader| {
        reader.query_one("SELECT id, name, code, name FROM items", &[], |row| {
            assert_eq!(row.array::<8>(2)?, 7_i64.to_be_bytes());
            assert!(matches!(row.array::<9>(2), Err(StoreError::Column { column: 2, .. })));
            assert!(matches!(row.int(1), Err(StoreError::Column { column: 1, .. })));
            assert!(matches!(row.text(0), Err(StoreError::Column { column: 0, .. })));
            assert!(matches!(row.bytes(9), Err(StoreError::Column { column: 9, .. })));
            assert!(matches!(row.parse::<u8>(1), Err(StoreError::Column { column: 1, .. })));
            Ok(())
        })?;
        let null = reader.query("SELECT amount FROM items WHERE amount IS NULL", &[], |row| row.int(0))?;
        assert_eq!(null, []);
        let truth =
            reader.query_one("SELECT EXISTS (SELECT 1 FROM items WHERE id = 7)", &[], |row| row.int(0))?;
        assert_eq!(truth, Some(1));
        Ok::<_, StoreError>(())
    })
    .unwrap();
}

fn migrations(place: &Place) {
    let first = Migration { version: 1, name: "a", sql: "CREATE TABLE a (x BIGINT)" };
    let second =
        Migration { version: 2, name: "b", sql: "CREATE TABLE b (x BIGINT); INSERT INTO b VALUES (7)" };
    let broken =
        Migration { version: 2, name: "b", sql: "CREATE TABLE b (x BIGINT); INSERT INTO missing VALUES (7)" };
    let refused = |migrations: &[Migration]| match Db::open(&place.url, migrations) {
        Err(StoreError::Migration { version, .. }) => version,
        other => panic!("{:?}", other.err()),
    };
    assert_eq!(refused(&[second, first]), 1);
    if !place.shared {
        return;
    }
    Db::open(&place.url, &[first]).unwrap();
    assert_eq!(refused(&[first, broken]), 2);
    let db = Db::open(&place.url, &[first, second]).unwrap();
    let sql = "SELECT x FROM b";
    assert_eq!(db.read_blocking(|reader| reader.query(sql, &[], |row| row.int(0))), Ok(vec![7]));
    drop(db);
    Db::open(&place.url, &[first, second]).unwrap();
    assert_eq!(refused(&[Migration { sql: "CREATE TABLE a (x TEXT)", ..first }, second]), 1);
    assert_eq!(refused(&[first]), 1);
    let (done, finished) = mpsc::channel();
    for _ in 0..3 {
        let (done, url) = (done.clone(), place.url.clone());
        let third = Migration { version: 3, name: "c", sql: "CREATE TABLE c (x BIGINT)" };
        thread::spawn(move || done.send(Db::open(&url, &[first, second, third]).map(drop)).unwrap());
    }
    assert!(finished.iter().take(3).all(|outcome| outcome.is_ok()), "several processes may start at once");
}

#[test]
fn urls_that_name_no_store_are_refused_without_their_secrets() {
    for url in ["", "mysql://u:secret@h/d", "sqlite:", "/tmp/secret"] {
        let error = Db::open(url, &[]).err().unwrap();
        assert!(matches!(error, StoreError::Url { .. }), "{error}");
        assert!(!error.to_string().contains("u:secret"), "{error}");
    }
    assert!(matches!(Db::open("sqlite:/nowhere/at/all.db", &[]), Err(StoreError::Open(_))));
}

fn count(reader: &mut Reader<'_>) -> Result<i64, StoreError> {
    Ok(reader.query_one("SELECT count(*) FROM items", &[], |row| row.int(0))?.unwrap())
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap()
}
