//! Objections: filed through the portal, answered by who is concerned, followed and closed here.

use access::{Action, Purpose};
use calendar::Timestamp;
use codes::{ExchangeId, KeyName, OrgId, OrgKind};
use ledger::PersonDigest;
use protocol::Sealed;
use protocol::oversight::{
    Look, LooksAnswer, LooksRequest, OBJECTION_TEXT_LIMIT, OBJECTIONS_MAX, Objection, ObjectionState,
    ObjectionStatus, ObjectionWord, ObjectionsAnswer, ObjectionsRequest, Said, Speaker, WordKind,
};
use protocol::relay::Acknowledged;
use protocol::sealed::purpose;
use serde::Serialize;
use serde_json::json;
use sha2::{Digest, Sha256};
use wire::Problem;

use super::Service;
use crate::problems;
use crate::store::findings as looks;
use crate::store::objections::{self as sql, ObjectionRow};

/// Kinds of the entries.
const OBJECTION: &str = "oversight.objection";
const WORD: &str = "oversight.objection-word";
const READ: &str = "oversight.objections-read";

/// Most exchanges in one question about looks.
const LOOKS_MAX: usize = 1_000;

/// Most objections that officers see at once.
const SHOWN_MAX: i64 = 200;

/// An objection as an officer reads it (申立ての案件).
#[derive(Clone, Debug)]
pub struct Case {
    /// The objection with everything said in it.
    pub status: ObjectionStatus,
    /// Through which portal it came.
    pub portal: OrgId,
    /// Who of the officers looked before: time and name.
    pub looks: Vec<(Timestamp, String)>,
}

/// A line of the list: nothing of what the person wrote.
pub type CaseLine = (ExchangeId, Timestamp, OrgId, protocol::oversight::ObjectionGround, ObjectionState);

impl Service {
    /// Takes an objection. Filed again under its key it is the same one.
    ///
    /// # Errors
    /// A sender that is no portal, an unknown organisation, a text or an envelope that is not as it must be; the key of
    /// another objection; store or ledger.
    pub async fn object(&self, peer: &OrgId, objection: Objection) -> Result<Acknowledged, Problem> {
        Self::own_name(peer, &objection.portal, "portal")?;
        let permit = self.decide(peer, Action::OversightObjection, Purpose::Objection)?;
        if peer.kind() != OrgKind::Portal {
            return Err(problems::no_objection());
        }
        check_text(&objection.text)?;
        let known = self.policy.directory().get(&objection.concerns);
        known.ok_or_else(problems::no_organisation)?;
        let key = objection.exchange;
        // The envelope is another at each try: it says nothing of whether this is the same objection.
        let question = digest(&Objection { person: None, ..objection.clone() })?;
        if let Some(before) = self.read(move |c| sql::get(c, &key)).await? {
            return same(before.question == question, key, before.receipt);
        }
        let person = objection.person.as_ref().map(|sealed| self.own_code(sealed)).transpose()?;
        let digest = person.as_ref().map(|code| self.ledger.person_digest(code));
        let body = json!({
            "by": peer, "rule": permit.rule_id(), "concerns": objection.concerns, "about": objection.about,
            "ground": objection.ground, "text": objection.text,
        });
        let receipt = self.log(OBJECTION, digest, key, &body).await?;
        let row = ObjectionRow {
            objection: key,
            question,
            at: Timestamp::from_millis(receipt.at),
            portal: objection.portal,
            concerns: objection.concerns,
            person: person.map(|code| code.to_vec()),
            about: objection.about,
            ground: objection.ground,
            text: self.seal(&key, objection.text.as_bytes())?,
            state: ObjectionState::Received,
            receipt: receipt.clone(),
        };
        let fresh = self.write(move |tx| sql::put(tx, &row)).await?;
        if fresh {
            return Ok(Acknowledged { exchange: key, receipt });
        }
        let before = self.read(move |c| sql::get(c, &key)).await?.ok_or_else(problems::no_objection)?;
        same(before.question == question, key, before.receipt)
    }

    /// Takes a word from the person (through the portal that filed it) or from the organisation concerned.
    ///
    /// # Errors
    /// An objection that is not the sender's; a word that is not theirs to say; a closed objection; store or ledger.
    pub async fn say(&self, peer: &OrgId, word: ObjectionWord) -> Result<Acknowledged, Problem> {
        Self::own_name(peer, &word.sender, "sender")?;
        self.decide(peer, Action::OversightObjection, Purpose::Objection)?;
        check_text(&word.text)?;
        let key = word.objection;
        let row = self.read(move |c| sql::get(c, &key)).await?;
        let row = row.ok_or_else(problems::no_objection)?;
        let speaker = match peer {
            peer if *peer == row.portal => Speaker::Person,
            peer if *peer == row.concerns => Speaker::Organisation,
            _ => return Err(problems::no_objection()),
        };
        if speaker == Speaker::Organisation && word.kind == WordKind::Close {
            return Err(problems::not_now(
                "申立てを終えられるのは、本人と監督機関だけです。",
                "Only the person and the overseer end an objection.",
            ));
        }
        let said = Said {
            at: self.now(),
            speaker,
            organisation: *peer,
            staff: word.staff,
            officer: None,
            kind: word.kind,
            text: word.text,
            receipt: self.receipt(0, self.now()),
        };
        self.keep_word(&row, word.exchange, said).await
    }

    /// How objections stand: for the portal those it filed, for an organisation those that concern it.
    ///
    /// # Errors
    /// One who may not ask; store or ledger.
    pub async fn objections(
        &self,
        peer: &OrgId,
        request: ObjectionsRequest,
    ) -> Result<ObjectionsAnswer, Problem> {
        Self::own_name(peer, &request.asker, "asker")?;
        let permit = self.decide(peer, Action::OversightObjection, Purpose::Objection)?;
        let body = json!({ "by": peer, "rule": permit.rule_id() });
        let receipt = self.log(READ, None, request.exchange, &body).await?;
        let (asker, wanted) = (*peer, request.objections);
        let rows = self
            .read(move |c| {
                if wanted.is_empty() {
                    return sql::list(c, Some(&asker), OBJECTIONS_MAX as i64);
                }
                let mut rows = Vec::new();
                for objection in wanted.iter().take(OBJECTIONS_MAX) {
                    rows.extend(sql::get(c, objection)?);
                }
                Ok(rows)
            })
            .await?;
        let mut objections = Vec::with_capacity(rows.len());
        for row in rows.iter().filter(|row| row.portal == asker || row.concerns == asker) {
            objections.push(self.status(row).await?);
        }
        Ok(ObjectionsAnswer { exchange: request.exchange, objections, receipt })
    }

    /// Which of a person's exchanges and objections officers looked into.
    ///
    /// # Errors
    /// One who may not ask; the store's.
    pub async fn looks(&self, peer: &OrgId, request: LooksRequest) -> Result<LooksAnswer, Problem> {
        Self::own_name(peer, &request.portal, "portal")?;
        self.decide(peer, Action::OversightObjection, Purpose::Objection)?;
        let wanted = request.exchanges;
        let found = self
            .read(move |c| {
                let mut found = Vec::new();
                for exchange in wanted.iter().take(LOOKS_MAX) {
                    found.extend(looks::looks(c, exchange)?.into_iter().map(|look| (*exchange, look)));
                }
                Ok(found)
            })
            .await?;
        let look = |(exchange, (at, officer, place))| Look {
            exchange,
            at,
            officer,
            receipt: self.receipt(place, at),
        };
        let mut looks: Vec<Look> = found.into_iter().map(look).collect();
        looks.sort_by_key(|look| std::cmp::Reverse(look.at));
        Ok(LooksAnswer { exchange: request.exchange, looks })
    }

    /// The objections as officers list them: without what the persons wrote.
    ///
    /// # Errors
    /// The store's.
    pub async fn case_lines(&self) -> Result<Vec<CaseLine>, Problem> {
        let rows = self.read(|c| sql::list(c, None, SHOWN_MAX)).await?;
        Ok(rows.into_iter().map(|row| (row.objection, row.at, row.concerns, row.ground, row.state)).collect())
    }

    /// Opens an objection for an officer. The look is in the ledger first; the person reads it.
    ///
    /// # Errors
    /// Officer or reason are missing; no such objection; store or ledger.
    pub async fn open_case(&self, key: ExchangeId, officer: &str, why: &str) -> Result<Case, Problem> {
        let (officer, why) = super::officer_and_words(officer, why)?;
        let row = self.read(move |c| sql::get(c, &key)).await?.ok_or_else(problems::no_objection)?;
        self.looked(key, self.digest_of(&row), &officer, &why).await?;
        let seen = self.read(move |c| looks::looks(c, &key)).await?;
        Ok(Case {
            status: self.status(&row).await?,
            portal: row.portal,
            looks: seen.into_iter().map(|(at, officer, _)| (at, officer)).collect(),
        })
    }

    /// An officer asks, answers or closes.
    ///
    /// # Errors
    /// Officer or words are missing; a closed objection; store or ledger.
    pub async fn officer_says(
        &self,
        key: ExchangeId,
        kind: WordKind,
        officer: &str,
        text: &str,
    ) -> Result<(), Problem> {
        let (officer, text) = super::officer_and_words(officer, text)?;
        check_text(&text)?;
        let row = self.read(move |c| sql::get(c, &key)).await?.ok_or_else(problems::no_objection)?;
        let said = Said {
            at: self.now(),
            speaker: Speaker::Overseer,
            organisation: self.org,
            staff: None,
            officer: Some(officer),
            kind,
            text,
            receipt: self.receipt(0, self.now()),
        };
        self.keep_word(&row, self.exchange(), said).await.map(drop)
    }

    async fn keep_word(
        &self,
        row: &ObjectionRow,
        exchange: ExchangeId,
        mut said: Said,
    ) -> Result<Acknowledged, Problem> {
        let key = row.objection;
        let before = self.read(move |c| sql::said(c, &key)).await?;
        if let Some((_, sealed)) = before.iter().find(|(known, _)| *known == exchange) {
            let known: Said = self.open_said(&key, sealed)?;
            let alike = (known.speaker, known.kind, &known.text) == (said.speaker, said.kind, &said.text);
            return same(alike, exchange, known.receipt);
        }
        if row.state == ObjectionState::Closed {
            return Err(problems::not_now("この申立ては終了しています。", "This objection is closed."));
        }
        let state = match (said.speaker, said.kind) {
            (_, WordKind::Close) => ObjectionState::Closed,
            (_, WordKind::Question) => ObjectionState::Asked,
            (Speaker::Organisation | Speaker::Overseer, WordKind::Answer) => ObjectionState::Answered,
            (Speaker::Person, WordKind::Answer) => ObjectionState::Received,
        };
        let body = json!({ "objection": key, "said": said, "state": state });
        let receipt = self.log(WORD, self.digest_of(row), exchange, &body).await?;
        said.receipt = receipt.clone();
        said.at = Timestamp::from_millis(receipt.at);
        let bytes = serde_json::to_vec(&said).map_err(problems::internal)?;
        let sealed = self.seal(&key, &bytes)?;
        let place = receipt.index;
        self.write(move |tx| sql::say(tx, &key, &exchange, place, &sealed, state)).await?;
        Ok(Acknowledged { exchange, receipt })
    }

    async fn status(&self, row: &ObjectionRow) -> Result<ObjectionStatus, Problem> {
        let key = row.objection;
        let said = self.read(move |c| sql::said(c, &key)).await?;
        let said = said.iter().map(|(_, sealed)| self.open_said(&key, sealed));
        let text = self.open(&key, &row.text)?;
        Ok(ObjectionStatus {
            objection: key,
            at: row.at,
            concerns: row.concerns,
            about: row.about.clone(),
            ground: row.ground,
            text: String::from_utf8(text).map_err(problems::internal)?,
            state: row.state,
            said: said.collect::<Result<_, _>>()?,
            receipt: row.receipt.clone(),
        })
    }

    /// This overseer's own code of the person, as the relay sealed it to us.
    fn own_code(&self, sealed: &Sealed) -> Result<[u8; 17], Problem> {
        let ours = sealed.context.recipient == self.org
            && sealed.is_current(purpose::ORG_CODE, self.now().as_seconds());
        if !ours {
            return Err(problems::envelope());
        }
        let opened = sealed.open(&*self.custody).map_err(|_| problems::envelope())?;
        opened.as_slice().try_into().map_err(|_| problems::envelope())
    }

    fn digest_of(&self, row: &ObjectionRow) -> Option<PersonDigest> {
        row.person.as_ref().map(|code| self.ledger.person_digest(code))
    }

    fn seal(&self, key: &ExchangeId, bytes: &[u8]) -> Result<Vec<u8>, Problem> {
        let sealed = self.custody.seal_row(&KeyName::ROW_SEAL, &sealed_as(key), bytes);
        Ok(sealed.map_err(problems::internal)?.to_vec())
    }

    fn open(&self, key: &ExchangeId, sealed: &[u8]) -> Result<Vec<u8>, Problem> {
        let opened = self.custody.open_row(&KeyName::ROW_SEAL, &sealed_as(key), sealed);
        Ok(opened.map_err(problems::internal)?.to_vec())
    }

    fn open_said(&self, key: &ExchangeId, sealed: &[u8]) -> Result<Said, Problem> {
        serde_json::from_slice(&self.open(key, sealed)?).map_err(problems::internal)
    }
}

/// Ties a sealed text to its objection.
fn sealed_as(key: &ExchangeId) -> Vec<u8> {
    format!("objection {key}").into_bytes()
}

fn same(alike: bool, exchange: ExchangeId, receipt: ledger::Receipt) -> Result<Acknowledged, Problem> {
    if alike { Ok(Acknowledged { exchange, receipt }) } else { Err(protocol::refusal::exchange_used()) }
}

fn check_text(text: &str) -> Result<(), Problem> {
    let fits = !text.trim().is_empty() && text.chars().count() <= OBJECTION_TEXT_LIMIT;
    if fits { Ok(()) } else { Err(problems::text()) }
}

fn digest(question: &impl Serialize) -> Result<[u8; 32], Problem> {
    Ok(Sha256::digest(serde_json::to_vec(question).map_err(problems::internal)?).into())
}
