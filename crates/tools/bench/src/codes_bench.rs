//! Codes on one core: our permutation beside libpep's polymorphic ElGamal, in the same process and minute.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use codes::{
    Custody, DomainCodes, EnvelopeContext, ExchangeId, FileCustody, Insurance, IssuerCodes, KeyName,
    KeyVersion, Medical, OrgCode, OrgId, OrgKind, ResidentCode, RootBlockInput, RootCode,
};
use libpep::prelude::{self as pep, ElGamalEncryptable as _};

use crate::clock::{Cost, repeat};
use crate::table::{Goal, Table};

/// Codes handed over in one call: what one message between organisations carries at most.
const MESSAGE: usize = 20_000;

/// Envelopes in one run.
const ENVELOPES: usize = 1_000;

/// Translations that libpep makes in one run.
const PEP_RUN: usize = 500;

/// Options of `bench codes`.
#[derive(clap::Args)]
pub struct Arguments {
    /// Persons whose codes are made.
    #[arg(long, default_value_t = 1_000_000)]
    persons: usize,
    /// Seconds for each figure.
    #[arg(long, default_value_t = 3.0)]
    seconds: f64,
}

/// Measures it all.
///
/// # Errors
/// When a key or code cannot be made.
pub fn run(arguments: &Arguments) -> anyhow::Result<Table> {
    let mut table = Table::new("codes, one thread");
    let time = Duration::from_secs_f64(arguments.seconds);
    let house = House::new(arguments.persons)?;
    let translation = house.measure(time, &mut table)?;
    envelopes(time, &mut table)?;
    let peer = Peer::new().measure(time, &mut table)?;
    let ratio = |ours: f64| peer / ours;
    table
        .add("libpep's time / ours, translation in batch", ratio(translation.batch), "times")
        .goal(Goal::AtLeast(1_000.0));
    table.add("libpep's time / ours, translation one by one", ratio(translation.single), "times");
    Ok(table)
}

/// Nanoseconds of CPU time a translation.
struct Translation {
    batch: f64,
    single: f64,
}

/// The two custodians and everybody's codes.
struct House {
    issuer: IssuerCodes<Medical>,
    relay: DomainCodes<Medical>,
    eligibility: DomainCodes<Insurance>,
    from: OrgId,
    to: OrgId,
    inputs: Vec<RootBlockInput>,
    roots: Vec<RootCode<Medical>>,
    codes: Vec<OrgCode<Medical>>,
}

impl House {
    fn new(persons: usize) -> anyhow::Result<Self> {
        let keys = [
            KeyName::MEDICAL_K1,
            KeyName::MEDICAL_K2,
            KeyName::MEDICAL_ORG,
            KeyName::INSURANCE_K2,
            KeyName::INSURANCE_ORG,
        ];
        let custody: Arc<dyn Custody> = Arc::new(FileCustody::ephemeral(&keys)?);
        let issuer = IssuerCodes::new(Arc::clone(&custody), KeyVersion::FIRST);
        let relay = DomainCodes::new(Arc::clone(&custody));
        let (from, to) = (institution(1)?, institution(2)?);
        let inputs = (0..persons as u64)
            .map(|person| Ok(RootBlockInput::first(ResidentCode::from_value(person * 37)?)))
            .collect::<anyhow::Result<Vec<_>>>()?;
        let roots = relay.roots(&issuer.link(&inputs)?)?;
        let codes = relay.org_codes(&from, 0, &roots)?;
        Ok(Self { issuer, relay, eligibility: DomainCodes::new(custody), from, to, inputs, roots, codes })
    }

    fn measure(&self, time: Duration, table: &mut Table) -> anyhow::Result<Translation> {
        let persons = self.inputs.len();
        let derive = repeat(time, || {
            messages(&self.inputs, |some| Ok(self.relay.roots(&self.issuer.link(some)?)?))
        })?;
        batch(table, "root codes from resident codes (link, then root)", persons, derive);
        let made =
            repeat(time, || messages(&self.roots, |some| Ok(self.relay.org_codes(&self.from, 0, some)?)))?;
        batch(table, "organisation codes from root codes, batch", persons, made)
            .goal(Goal::AtLeast(100_000_000.0));
        let moved = repeat(time, || {
            messages(&self.codes, |some| Ok(self.relay.translate(&self.from, &self.to, 1, some)?))
        })?;
        batch(table, "translation A to B, batch", persons, moved);
        let single = repeat(time, || self.one_by_one(std::slice::from_ref(&self.to)))?;
        each(table, "translation A to B, one by one", persons, single).goal(Goal::AtMost(200.0));
        let many = (0..10_000).map(institution).collect::<anyhow::Result<Vec<_>>>()?;
        self.one_by_one(&many)?;
        let spread = repeat(time, || self.one_by_one(&many))?;
        each(table, "translation A to 10,000 others in turn, one by one", persons, spread);
        let insured = repeat(time, || self.insurance_codes())?;
        each(table, "institution's insurance code, one by one", persons, insured);
        Ok(Translation { batch: moved.cpu_nanos(persons), single: single.cpu_nanos(persons) })
    }

    fn one_by_one(&self, others: &[OrgId]) -> anyhow::Result<()> {
        for (code, to) in self.codes.iter().zip(others.iter().cycle()) {
            black_box(self.relay.translate_one(&self.from, to, 1, black_box(code))?);
        }
        Ok(())
    }

    /// What one eligibility check derives.
    fn insurance_codes(&self) -> anyhow::Result<()> {
        for root in &self.roots {
            let root = RootCode::<Insurance>::from_bytes(root.to_bytes());
            black_box(self.eligibility.org_code_one(&self.from, 0, black_box(&root))?);
        }
        Ok(())
    }
}

/// What a card and the eligibility service do at every read.
fn envelopes(time: Duration, table: &mut Table) -> anyhow::Result<()> {
    let custody = FileCustody::ephemeral(&[KeyName::ENVELOPE])?;
    let key = custody.envelope_public_key()?;
    let context = EnvelopeContext {
        recipient: OrgId::new(OrgKind::Eligibility, "1")?,
        purpose: "card.read".to_owned(),
        expires_at: 1_795_000_060,
        exchange: ExchangeId::new(1_795_000_000_000),
        consent: None,
        binding: vec![0x5a; 80],
    };
    let seal = repeat(time, || {
        (0..ENVELOPES).try_for_each(|_| Ok(black_box(codes::seal(&key, &context, &[7; 16])).map(drop)?))
    })?;
    each(table, "envelope sealed (the card's side)", ENVELOPES, seal);
    let envelope = codes::seal(&key, &context, &[7; 16])?;
    let open = repeat(time, || {
        (0..ENVELOPES)
            .try_for_each(|_| Ok(custody.open_envelope(black_box(&envelope), &context).map(drop)?))
    })?;
    each(table, "envelope opened (the service's side)", ENVELOPES, open);
    Ok(())
}

/// libpep with one transcryptor and two domains: the least work it can do for a translation.
struct Peer {
    transcryptor: pep::Transcryptor,
    info: pep::TranscryptionInfo,
    keys: pep::SessionKeys,
    encrypted: Vec<pep::EncryptedPseudonym>,
}

impl Peer {
    fn new() -> Self {
        let rng = &mut rand::rng();
        let (_, global) = pep::make_global_keys(rng);
        let transcryptor = pep::Transcryptor::new(
            pep::PseudonymizationSecret::from(b"pseudonymization secret".to_vec()),
            pep::RekeyingSecret::from(b"rekeying secret".to_vec()),
        );
        let (from, to) = (pep::PseudonymizationDomain::from("a"), pep::PseudonymizationDomain::from("b"));
        let (here, there) = (pep::EncryptionContext::from("here"), pep::EncryptionContext::from("there"));
        let keys = pep::make_session_keys(&global, &here, transcryptor.rekeying_secret());
        let info = transcryptor.transcryption_info(&from, &to, &here, &there);
        let encrypted =
            (0..PEP_RUN).map(|_| pep::encrypt(&pep::Pseudonym::random(rng), &keys.public(), rng)).collect();
        Self { transcryptor, info, keys, encrypted }
    }

    /// Nanoseconds of CPU time a translation, of the faster of its two ways.
    fn measure(&self, time: Duration, table: &mut Table) -> anyhow::Result<f64> {
        let rng = &mut rand::rng();
        let key = self.keys.public();
        let single = repeat(time, || {
            for one in &self.encrypted {
                black_box(self.transcryptor.transcrypt(black_box(one), &self.info, &key, rng));
            }
            Ok(())
        })?;
        each(table, "libpep 0.14: translation A to B, one by one", PEP_RUN, single);
        let batch = repeat(time, || Ok(pep::transcrypt_batch(&self.encrypted, &self.info, &key, rng)?))?;
        each(table, "libpep 0.14: translation A to B, batch", PEP_RUN, batch);
        Ok(single.cpu_nanos(PEP_RUN).min(batch.cpu_nanos(PEP_RUN)))
    }
}

fn institution(number: u64) -> anyhow::Result<OrgId> {
    Ok(OrgId::new(OrgKind::Institution, &format!("13{number:08}"))?)
}

/// Every message through `make`; the allocation of what it makes is part of what is measured.
fn messages<T, U>(items: &[T], make: impl Fn(&[T]) -> anyhow::Result<Vec<U>>) -> anyhow::Result<()> {
    items.chunks(MESSAGE).try_for_each(|some| make(black_box(some)).map(|made| drop(black_box(made))))
}

fn batch<'t>(table: &'t mut Table, name: &str, items: usize, cost: Cost) -> &'t mut crate::table::Figure {
    let nanos = cost.nanos(items);
    let note = format!("{nanos:.2} ns each; {:.2} ns of CPU time on average", cost.cpu_nanos(items));
    table.add(name, 1e9 / nanos, "1/s").note(note)
}

fn each<'t>(table: &'t mut Table, name: &str, items: usize, cost: Cost) -> &'t mut crate::table::Figure {
    let nanos = cost.nanos(items);
    let note = format!("{:.0}/s; {:.0} ns of CPU time on average", 1e9 / nanos, cost.cpu_nanos(items));
    table.add(name, nanos, "ns").note(note)
}
