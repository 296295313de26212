//! The cards of the front page's tray: made at the municipal counter, on the days the town's file says.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use anyhow::Context;
use calendar::{Clock, Date, SystemClock, Timestamp};
use card::{Blank, Personal, Pins, ReaderAgent, Tray, VirtualCard, manufacture};
use codes::{EnvelopeKey, ExchangeId, FileCustody, KeyName, OrgKind, Unlock};
use my_number::MyNumber;
use protocol::{card::CardStopReason, reader::ReaderPort};
use protocol_admin::{clients::IssuerClient, issuer::CardStopRequest};
use town::formats::{CardRow, CardState, StoryRow};

use super::{Running, intake::counter, people, replay::ReplayClock, settle::Town};

/// The PINs of every card in the tray, shown on the front page: these people do not exist.
pub const PIN: &str = "1234";
const SIGNING_PIN: &str = "ABC123";

/// Opens the tray of the town: its cards lie in the order of the stories.
pub fn tray(town: &Town) -> anyhow::Result<Arc<Tray>> {
    let stories = town.rows::<StoryRow>("stories.csv")?.into_iter().map(|story| story.story);
    let tray = Tray::open(&town.dir.join("cards"), Arc::new(custody(town)?))?;
    Ok(Arc::new(tray.in_order(stories.collect())))
}

/// The reader agent that every desk of the town shares.
pub fn reader(town: &Town, tray: Arc<Tray>) -> anyhow::Result<Arc<dyn ReaderPort>> {
    let device = town.dir.join("cards").join("reader.device");
    Ok(Arc::new(ReaderAgent::open(tray, &device, &custody(town)?)?))
}

fn custody(town: &Town) -> anyhow::Result<FileCustody> {
    let dir = town.dir.join("cards");
    std::fs::create_dir_all(&dir)?;
    let unlock = Unlock::KeyFile(dir.join("unlock.key"));
    Ok(FileCustody::create_or_open(&dir.join("keys.sealed"), unlock, &[KeyName::ROW_SEAL])?)
}

/// A person of the tray with the card that the town's file describes.
struct Applicant {
    story: StoryRow,
    card: CardRow,
    number: MyNumber,
}

/// Makes the cards that are not in the tray yet.
pub async fn make(
    town: &Town,
    running: &Running,
    clock: &Arc<ReplayClock>,
    tray: &Arc<Tray>,
    say: &impl Fn(String),
) -> anyhow::Result<()> {
    let applicants = applicants(town, tray)?;
    if applicants.is_empty() {
        return Ok(());
    }
    say(format!("{} cards", applicants.len()));
    let count = applicants.len();
    let blanks = tokio::task::spawn_blocking(move || manufacture(count, false)).await??;
    let issuer = counter(town, running)?;
    let eligibility = key_of(town, OrgKind::Eligibility)?;
    let mut stopped = Vec::new();
    for (applicant, blank) in applicants.iter().zip(blanks) {
        clock.show(noon(applicant.certified_on()?));
        let card = issue(applicant, blank, &issuer, eligibility).await?;
        if applicant.card.state == CardState::Revoked {
            stopped.push((applicant.stopped_on()?, applicant, card));
        } else {
            tray.insert(&applicant.story.story, card)?;
        }
    }
    stopped.sort_by_key(|(on, ..)| *on);
    for (on, applicant, card) in stopped {
        clock.show(noon(on));
        let exchange = ExchangeId::new(SystemClock.now().as_millis());
        let (my_number, reason) = (applicant.number.clone(), applicant.reason());
        issuer.stop_card(&CardStopRequest { exchange, my_number, reason }).await?;
        // Only now: a card in the tray is finished, and a start that was cut off before makes it anew.
        tray.insert(&applicant.story.story, card)?;
    }
    clock.present();
    Ok(())
}

/// Who has no card in the tray yet, in the order in which their certificates were made.
fn applicants(town: &Town, tray: &Tray) -> anyhow::Result<Vec<Applicant>> {
    let there: HashSet<String> = tray.list().into_iter().map(|card| card.id).collect();
    let stories: Vec<StoryRow> =
        town.rows::<StoryRow>("stories.csv")?.into_iter().filter(|s| !there.contains(&s.story)).collect();
    let wanted: HashSet<String> = stories.iter().map(|s| s.resident_code.clone()).collect();
    let mut numbers = people::numbers(town, &wanted)?;
    let mut cards: HashMap<String, CardRow> = HashMap::new();
    for card in town.rows::<CardRow>("cards.csv")? {
        if wanted.contains(&card.resident_code) {
            cards.insert(card.resident_code.clone(), card);
        }
    }
    let mut found = Vec::new();
    for story in stories {
        let number = numbers.remove(&story.resident_code).context("a story of nobody on the register")?;
        let Some(card) = cards.remove(&story.resident_code) else { continue };
        found.push(Applicant { story, card, number });
    }
    found.sort_by_key(|a| a.card.renewed_on.unwrap_or(a.card.issued_on));
    Ok(found)
}

impl Applicant {
    /// The day on which the certificate now on the card was made.
    fn certified_on(&self) -> anyhow::Result<Date> {
        Ok(self.card.renewed_on.unwrap_or(self.card.issued_on).to_string().parse()?)
    }

    fn stopped_on(&self) -> anyhow::Result<Date> {
        Ok(self.card.revoked_on.context("a revoked card without a day")?.to_string().parse()?)
    }

    fn reason(&self) -> CardStopReason {
        CardStopReason::from_word(&self.card.revocation_reason).unwrap_or(CardStopReason::Returned)
    }
}

async fn issue(
    applicant: &Applicant,
    blank: Blank,
    issuer: &IssuerClient,
    eligibility: EnvelopeKey,
) -> anyhow::Result<VirtualCard> {
    let exchange = ExchangeId::new(SystemClock.now().as_millis());
    let request = blank.request(exchange, applicant.number.clone(), None)?;
    let contents = issuer.card(&request).await.with_context(|| applicant.story.story.clone())?;
    let personal = Personal {
        number: applicant.number.clone(),
        pins: Pins { authentication: PIN.into(), signing: SIGNING_PIN.into(), text: PIN.into() },
        expires_on: applicant.card.card_until.to_string().parse()?,
        eligibility,
        note_ja: applicant.story.title_ja.clone(),
        note_en: applicant.story.title_en.clone(),
    };
    Ok(blank.personalise(&contents, personal)?)
}

fn noon(day: Date) -> Timestamp {
    Timestamp::start_of(day).add_millis(12 * 3_600_000)
}

fn key_of(town: &Town, kind: OrgKind) -> anyhow::Result<EnvelopeKey> {
    let found = town.directory.of_kind(kind);
    found.first().and_then(|org| org.envelope_key).with_context(|| format!("no {kind} with a key"))
}
