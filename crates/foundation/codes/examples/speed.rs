//! How fast codes are made on one core: `cargo run --release -p musubi-codes --example speed`.
//!
//! Each figure is the best of several runs, beside the bare AES-256 permutation of the same blocks in the same run.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use musubi_codes::{
    Custody, Direction, DomainCodes, FileCustody, IssuerCodes, KeyName, KeyVersion, Medical, OrgId, OrgKind,
    ResidentCode, RootBlockInput,
};

type Failure = Box<dyn std::error::Error>;

const PERSONS: usize = 1_000_000;

/// Codes in a call: what a message between organisations carries at most.
const BATCH: usize = 20_000;
const RUNS: usize = 15;

fn main() -> Result<(), Failure> {
    let keys = [KeyName::MEDICAL_K1, KeyName::MEDICAL_K2, KeyName::MEDICAL_ORG];
    let custody: Arc<dyn Custody> = Arc::new(FileCustody::ephemeral(&keys)?);
    let issuer = IssuerCodes::<Medical>::new(Arc::clone(&custody), KeyVersion::FIRST);
    let relay = DomainCodes::<Medical>::new(Arc::clone(&custody));
    let (a, b) =
        (OrgId::new(OrgKind::Institution, "1310000001")?, OrgId::new(OrgKind::Institution, "2710000002")?);

    let residents = (0..PERSONS).map(|n| ResidentCode::from_value(u64::try_from(n).unwrap_or_default() * 37));
    let inputs: Vec<_> = residents.map(|r| r.map(RootBlockInput::first)).collect::<Result<_, _>>()?;
    let links = issuer.link(&inputs)?;
    let roots = relay.roots(&links)?;
    let codes = relay.org_codes(&a, 0, &roots)?;

    let mut blocks: Vec<[u8; 16]> = roots.iter().map(|root| root.to_bytes()).collect();
    report("bare AES-256, in place", PERSONS, || {
        for batch in blocks.chunks_mut(512) {
            custody.permute(&KeyName::MEDICAL_K1, None, Direction::Encrypt, batch)?;
        }
        Ok(())
    })?;
    report("link codes from resident codes", PERSONS, || each(&inputs, |some| Ok(issuer.link(some)?)))?;
    report("root codes", PERSONS, || each(&links, |some| Ok(relay.roots(some)?)))?;
    report("organisation codes", PERSONS, || each(&roots, |some| Ok(relay.org_codes(&a, 0, some)?)))?;
    report("translation A to B, batch", PERSONS, || {
        each(&codes, |some| Ok(relay.translate(&a, &b, 1, some)?))
    })?;
    report("translation A to B, one by one", PERSONS, || {
        codes.iter().try_for_each(|code| relay.translate_one(&a, &b, 1, black_box(code)).map(|_| ()))?;
        Ok(())
    })?;
    let organisations: Vec<_> = (0..10_000)
        .map(|n| OrgId::new(OrgKind::Institution, &format!("13{n:08}")))
        .collect::<Result<_, _>>()?;
    report("translation among 10,000 organisations, one by one", PERSONS, || {
        for (code, org) in codes.iter().zip(organisations.iter().cycle()) {
            black_box(relay.translate_one(&a, org, 1, code)?);
        }
        Ok(())
    })
}

/// Every batch through `make`; what it makes is dropped, its allocation is part of what is measured.
fn each<T, U>(items: &[T], make: impl Fn(&[T]) -> Result<Vec<U>, Failure>) -> Result<(), Failure> {
    items.chunks(BATCH).try_for_each(|batch| make(black_box(batch)).map(|made| drop(black_box(made))))
}

/// Runs `work` several times and prints the best.
fn report(name: &str, items: usize, mut work: impl FnMut() -> Result<(), Failure>) -> Result<(), Failure> {
    let mut best = Duration::MAX;
    for _ in 0..RUNS {
        let start = Instant::now();
        work()?;
        best = best.min(start.elapsed());
    }
    let each = best.as_secs_f64() / f64::from(u32::try_from(items)?);
    println!("{name:52} {:8.2} ns each {:8.1} M/s", each * 1e9, 1e-6 / each);
    Ok(())
}
