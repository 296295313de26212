//! Reading a person's history: the desk's hot path.

use codes::InsuranceCode;
use protocol::card::CardId;
use store::{Reader, StoreError, params};

use super::{Card, Incoming, Store, cards::stopped, damaged};
use crate::model::{Version, codec};

/// All that a check needs to know of a person.
#[derive(Clone, Debug)]
pub struct Found {
    /// Accepted reports in order of arrival.
    pub history: Vec<Version>,
    /// The envelope for the relay (JSON), of one who opted in.
    pub medical_link: Option<String>,
    /// The card that was asked about, if it is this person's; if it is not, nothing else is known here.
    pub card: Option<Card>,
}

/// A person who carried the number asked about.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Who.
    pub code: InsuranceCode,
    /// What is known.
    pub found: Found,
}

impl Store {
    /// A person's history and medical link in one snapshot; where a card was read, the card, and nothing but for its holder.
    ///
    /// # Errors
    /// The store's, or damaged rows. So for all methods here.
    pub async fn person(&self, code: InsuranceCode, card: Option<CardId>) -> Result<Found, StoreError> {
        match card {
            Some(id) => self.db().read_one(move |c| found_by_card(c, &code, id)).await,
            None => self.db().read(move |c| found(c, &code)).await,
        }
    }

    /// Everybody who ever carried a number (normalised, without branch). At most 200 share one.
    pub async fn carriers(&self, number: String) -> Result<Vec<Candidate>, StoreError> {
        const SQL: &str = "SELECT person FROM insured WHERE number = $1 LIMIT 200";
        self.db()
            .read(move |c| {
                let persons = c.query(SQL, params![&number], |row| row.array::<16>(0))?;
                let candidates = persons.into_iter().map(|person| {
                    let code = InsuranceCode::from_bytes(person);
                    Ok(Candidate { code, found: found(c, &code)? })
                });
                candidates.collect()
            })
            .await
    }

    /// The insurance codes of sealed My Numbers, in their order; for bulk work, on the calling thread.
    pub fn codes_blocking(&self, sealed: &[[u8; 16]]) -> Result<Vec<Option<[u8; 16]>>, StoreError> {
        self.db().read_blocking(|c| codes(c, sealed))
    }

    /// Notes of the bearers of unknown numbers whether they were reported before; for bulk work, on the calling thread.
    pub fn note_reported_blocking(&self, incoming: &mut [Incoming]) -> Result<(), StoreError> {
        const SQL: &str = "SELECT 1 FROM history WHERE person = $1 LIMIT 1";
        self.db().read_blocking(|c| {
            for one in incoming.iter_mut().filter(|one| !one.known) {
                one.reported = c.query_one(SQL, params![&one.person], |_| Ok(()))?.is_some();
            }
            Ok(())
        })
    }

    /// The insurance code of one sealed My Number.
    pub async fn code(&self, sealed: [u8; 16]) -> Result<Option<[u8; 16]>, StoreError> {
        self.db().read(move |c| codes(c, &[sealed])).await.map(|found| found.into_iter().next().flatten())
    }
}

/// The accepted reports of a person, in order of arrival.
pub(super) fn history(c: &mut Reader<'_>, person: &[u8; 16]) -> Result<Vec<Version>, StoreError> {
    const SQL: &str = "SELECT r.id, r.body FROM history h JOIN report r ON r.id = h.report \
        WHERE h.person = $1 ORDER BY h.report";
    c.query(SQL, params![person], |row| codec::decode(row.int(0)?, row.bytes(1)?).map_err(damaged))
}

/// The history and the medical link of a person.
fn found(c: &mut Reader<'_>, code: &InsuranceCode) -> Result<Found, StoreError> {
    const LINK: &str = "SELECT link FROM medical_link WHERE person = $1";
    let history = history(c, code.as_bytes())?;
    let medical_link = c.query_one(LINK, params![code.as_bytes()], |row| Ok(row.text(0)?.to_owned()))?;
    Ok(Found { history, medical_link, card: None })
}

/// The same with the card that the person showed, in one statement; nothing of it when the person has no such card.
fn found_by_card(c: &mut Reader<'_>, code: &InsuranceCode, id: CardId) -> Result<Found, StoreError> {
    const SQL: &str = "SELECT c.stopped_at, c.stop_reason, m.link, r.id, r.body FROM card c \
        LEFT JOIN medical_link m ON m.person = c.person LEFT JOIN history h ON h.person = c.person \
        LEFT JOIN report r ON r.id = h.report WHERE c.person = $1 AND c.id = $2";
    let mut found = Found { history: Vec::new(), medical_link: None, card: None };
    c.for_each(SQL, params![code.as_bytes(), id.as_bytes()], |row| {
        if found.card.is_none() {
            found.card = Some(Card { id, stopped: stopped(row, 0)? });
            found.medical_link = row.opt_text(2)?.map(str::to_owned);
        }
        if let Some(report) = row.opt_int(3)? {
            found.history.push(codec::decode(report, row.bytes(4)?).map_err(damaged)?);
        }
        Ok(true)
    })?;
    found.history.sort_unstable_by_key(|version| version.id);
    Ok(found)
}

fn codes(c: &mut Reader<'_>, sealed: &[[u8; 16]]) -> Result<Vec<Option<[u8; 16]>>, StoreError> {
    const SQL: &str = "SELECT code FROM person WHERE my_number = $1";
    sealed.iter().map(|one| c.query_one(SQL, params![one], |row| row.array(0))).collect()
}
