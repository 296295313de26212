//! A file in batches, with few rows held back or many, leaves what its reports leave one by one.

use calendar::Date;
use proptest::prelude::*;
use protocol::eligibility::{LossReason, Person, Relation, Sex, Terms};
use protocol_admin::report::ReportAct;
use store::Db;

use super::super::{MIGRATIONS, Store};
use super::*;

/// A report by chance: whose, to which of two insurers, the year, whether it is of the end.
type Draw = (u8, u8, i32, bool);

fn draws() -> impl Strategy<Value = Vec<Draw>> {
    prop::collection::vec((0..5u8, 1..3u8, 2019..2023, any::<bool>()), 1..60)
}

fn day(year: i32, month: u8) -> Date {
    format!("{year}-{month:02}-01").parse().unwrap()
}

fn report((who, insurer, year, end): Draw) -> Report {
    let insurer = InsurerNumber::from_body(&format!("06130{insurer:02}")).unwrap();
    Report {
        report_id: format!("{who}-{year}-{end}"),
        act: if end { ReportAct::Loss } else { ReportAct::Acquisition },
        insured: format!("{}:1:{who}:00", insurer.padded8()).parse().unwrap(),
        qualified_on: day(year, 4),
        disqualified_on: end.then(|| day(year, 10)),
        loss_reason: end.then_some(LossReason::Other),
        relation: Relation::Insured,
        person: Person {
            name: "髙﨑　花子".into(),
            kana: "タカサキ　ハナコ".into(),
            sex: Sex::Female,
            birthdate: day(1980, 5),
            postal_code: String::new(),
            address: String::new(),
        },
        terms: Terms { classification: "01".into(), ..Terms::default() },
        effective_on: None,
        notified_on: day(year, 11),
    }
}

fn incoming(line: u64, draw: Draw) -> Incoming {
    let (report, known_from) = (report(draw), Timestamp::from_millis(1));
    let mut body = Vec::new();
    codec::encode(known_from, &report, &mut body);
    let number = report.insured.normalized().without_branch().to_owned();
    // Each person was given another number in between.
    let (sealed, person) = ([draw.0 + if draw.2 < 2021 { 0 } else { 100 }; 16], [7 * draw.0; 16]);
    Incoming { line, sealed, person, known: false, reported: true, known_from, report, body, number }
}

fn taking(file: bool) -> Taking {
    Taking { at: Timestamp::from_millis(1), handover: true, file }
}

/// Takes each report in a transaction of its own.
async fn one_by_one(db: &Db, draws: &[Draw], first: u64) -> Vec<Fate> {
    let mut fates = Vec::new();
    for (line, draw) in (first..).zip(draws.iter().copied()) {
        let one = move |tx: &mut Tx<'_>| {
            take_in(tx, taking(false), |intake| intake.take(vec![incoming(line, draw)]))
        };
        fates.extend(db.write(one).await.unwrap());
    }
    fates
}

/// Takes all in one transaction, `batch` at a time, with at most about `held_max` rows held back.
async fn as_file(store: &Store, draws: &[Draw], first: u64, (batch, held_max): (usize, usize)) -> Vec<Fate> {
    let mut rows: Vec<_> = (first..).zip(draws).map(|(line, draw)| incoming(line, *draw)).collect();
    store.note_reported_blocking(&mut rows).unwrap();
    let take = move |tx: &mut Tx<'_>| {
        let mut intake = Intake::begin(tx, taking(true), held_max);
        let mut fates = Vec::new();
        for batch in rows.chunks(batch) {
            fates.extend(intake.take(batch.to_vec())?);
        }
        intake.write_held()?;
        Ok::<_, StoreError>(fates)
    };
    store.db().write(take).await.unwrap()
}

/// Every row that tells of a person.
async fn rows(db: &Db) -> Vec<String> {
    let said = |c: &mut store::Reader<'_>| {
        let mut rows = Vec::new();
        for (sql, columns) in [
            ("SELECT my_number, code FROM person ORDER BY my_number", 2),
            (
                "SELECT h.person, r.body FROM history h JOIN report r ON r.id = h.report ORDER BY h.person, r.id",
                2,
            ),
            ("SELECT person FROM insured ORDER BY number, person", 1),
        ] {
            rows.extend(c.query(sql, &[], |row| {
                (0..columns)
                    .map(|n| Ok(format!("{:?}", row.bytes(n)?)))
                    .collect::<Result<String, StoreError>>()
            })?);
        }
        rows.extend(c.query("SELECT name, value FROM tally ORDER BY name", &[], |row| {
            Ok(format!("{} {}", row.text(0)?, row.int(1)?))
        })?);
        Ok::<_, StoreError>(rows)
    };
    db.read(said).await.unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn a_file_leaves_what_its_reports_leave_one_by_one(
        before in draws(), file in draws(), batch in 1..20usize, held_max in 1..40usize,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let open = || Store::new(Db::open("sqlite::memory:", MIGRATIONS).unwrap());
            let (ones, filed) = (open(), open());
            for store in [&ones, &filed] {
                one_by_one(store.db(), &before, 1).await;
            }
            let first = before.len() as u64 + 1;
            let expected = one_by_one(ones.db(), &file, first).await;
            prop_assert_eq!(as_file(&filed, &file, first, (batch, held_max)).await, expected);
            prop_assert_eq!(rows(filed.db()).await, rows(ones.db()).await);
            Ok(())
        })?;
    }
}

#[test]
fn who_was_here_is_never_denied_and_who_was_not_seldom_taken_for_it() {
    let code = |n: u32| *Sha256::digest(n.to_le_bytes()).first_chunk::<16>().unwrap();
    let mut seen = Seen::nobody();
    let mistaken = (0..300_000).filter(|n| seen.add(&code(*n))).count();
    assert!(mistaken < 30, "{mistaken} of 300,000");
    assert!((0..300_000).all(|n| seen.add(&code(n))));
}
