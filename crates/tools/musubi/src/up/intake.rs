//! Taking in the town's files by the doors that real files take: register, members, events, patients, medical IDs.

use std::{
    collections::{HashMap, HashSet},
    fs::{self, File},
    sync::Arc,
};

use anyhow::Context;
use codes::{ExchangeId, OrgKind};
use consent::Profession;
use my_number::MyNumber;
use protocol::exchange::Practitioner;
use protocol_admin::{
    clients::IssuerClient,
    issuer::{MedicalIdAct, MedicalIdRequest},
};
use sha2::{Digest as _, Sha256};
use tokio::sync::Semaphore;
use town::formats::{CardRow, MedicalIdState};
use wire::{Client, Patience};

use super::{Running, people, settle::Town};
use crate::open::Opened;

/// Set when the intake is complete: a second start does not read the files again.
const DONE: &str = "intake-complete";
/// People at the counter at once.
const COUNTERS: usize = 64;

/// True when the town's files were taken in completely before.
pub fn is_done(town: &Town) -> bool {
    town.dir.join(DONE).exists()
}

/// Takes in whatever was not taken in before.
pub async fn take_in(town: &Town, running: &Running, say: &impl Fn(String)) -> anyhow::Result<()> {
    if is_done(town) {
        return Ok(());
    }
    say("the resident register".into());
    let residents = town.files.join("residents.csv");
    running.issuer()?.load_residents(move || File::open(&residents)).await?;
    say("members of the insurers".into());
    members(town, running).await?;
    running.eligibility()?.service().open_for_service().await.map_err(anyhow::Error::new)?;
    say("patients of the institutions".into());
    patients(town, running).await?;
    say("medical IDs".into());
    medical_ids(town, running).await?;
    fs::write(town.dir.join(DONE), b"")?;
    Ok(())
}

async fn members(town: &Town, running: &Running) -> anyhow::Result<()> {
    let mut insurers = tokio::task::JoinSet::new();
    for service in running.insurers() {
        let number = service.number.to_string();
        let files = ["members", "events"].map(|kind| format!("{kind}-{number}.csv"));
        let (service, dir) = (service.clone(), town.files.clone());
        insurers.spawn(async move {
            for file in files {
                service.import(&dir.join(&file), &file).await.with_context(|| file.clone())?;
            }
            Ok::<_, anyhow::Error>(())
        });
    }
    while let Some(done) = insurers.join_next().await {
        done??;
    }
    // The eligibility service takes in one file at a time.
    for service in running.insurers() {
        service.send_reports().await.map_err(anyhow::Error::new).with_context(|| service.org.to_string())?;
    }
    Ok(())
}

async fn patients(town: &Town, running: &Running) -> anyhow::Result<()> {
    for (settings, opened, _) in &running.roles {
        let Opened::Institution(role) = opened else { continue };
        let file = town.files.join(format!("patients-{}.csv", settings.organisation.number()));
        let bytes = fs::read(&file).with_context(|| file.display().to_string())?;
        role.service().import_patients(bytes).await.with_context(|| file.display().to_string())?;
        let list = town.files.join(format!("watch-list-{}.csv", settings.organisation.number()));
        if list.exists() {
            let bytes = fs::read(&list).with_context(|| list.display().to_string())?;
            let kept = role.service().replace_watch_list(&office()?, bytes).await;
            kept.map_err(anyhow::Error::new).with_context(|| list.display().to_string())?;
        }
    }
    Ok(())
}

/// Who keeps a hospital's watch list.
fn office() -> anyhow::Result<Practitioner> {
    Ok(Practitioner { id: "office-1".parse()?, profession: Profession::Clerk, name: "記録 花子".into() })
}

async fn medical_ids(town: &Town, running: &Running) -> anyhow::Result<()> {
    let cards: Vec<CardRow> = town.rows("cards.csv")?;
    let asked: Vec<CardRow> =
        cards.into_iter().filter(|card| card.medical_id != MedicalIdState::None).collect();
    let wanted: HashSet<String> = asked.iter().map(|card| card.resident_code.clone()).collect();
    let numbers: HashMap<String, MyNumber> = people::numbers(town, &wanted)?;
    let issuer = counter(town, running)?;
    let places = Arc::new(Semaphore::new(COUNTERS));
    let mut visits = tokio::task::JoinSet::new();
    for card in asked {
        let number = numbers.get(&card.resident_code).context("a card of nobody on the register")?.clone();
        let place = places.clone().acquire_owned().await?;
        let issuer = issuer.clone();
        visits.spawn(async move {
            let done = visit(&issuer, number, &card).await;
            drop(place);
            done
        });
    }
    while let Some(done) = visits.join_next().await {
        done??;
    }
    Ok(())
}

/// One person at the counter: opts in, changes the number as often as the file says, and stops if it says so.
async fn visit(issuer: &IssuerClient, number: MyNumber, card: &CardRow) -> anyhow::Result<()> {
    let changes = std::iter::repeat_n(MedicalIdAct::Change, usize::from(card.generation));
    let stop = (card.medical_id == MedicalIdState::Revoked).then_some(MedicalIdAct::Revoke);
    for (step, act) in std::iter::once(MedicalIdAct::OptIn).chain(changes).chain(stop).enumerate() {
        let request = MedicalIdRequest::new(exchange(card, step), number.clone(), act);
        issuer.medical_id(&request).await?;
    }
    Ok(())
}

/// The same act of the same card has the same exchange: an intake that was interrupted between two acts meets people
/// who have been at the counter already, and what they did is not done again.
fn exchange(card: &CardRow, step: usize) -> ExchangeId {
    let digest = Sha256::digest(format!("musubi town intake {} {step}", card.card_serial));
    let mut bytes = [0; 16];
    bytes.copy_from_slice(digest.get(..16).unwrap_or(&[0; 16]));
    ExchangeId::from_bytes(bytes)
}

/// The municipal counter's way to the issuer: with the municipality's own certificate.
pub fn counter(town: &Town, running: &Running) -> anyhow::Result<IssuerClient> {
    let tls = town.ca.issue_once(&town.counter, &[])?.tls()?;
    let client = Client::build(Some(&tls), running.shared.hosts.clone(), Patience::default());
    let issuer = town.directory.of_kind(OrgKind::Issuer);
    let base = issuer.first().and_then(|org| org.api.clone()).context("no issuer with an address")?;
    Ok(IssuerClient::new(client, base))
}
