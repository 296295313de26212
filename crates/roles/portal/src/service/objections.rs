//! "I do not understand" and "I object" (異議・不明の申立て): filed at the organisation and at the overseer under one key, and
//! followed until it is closed.

use access::Purpose;
use codes::{ExchangeId, OrgId, OrgKind};
use protocol::Sealed;
use protocol::clients::OversightClient;
use protocol::oversight::{
    Disputed, Look, LooksRequest, OBJECTION_TEXT_LIMIT, OBJECTIONS_MAX, Objection, ObjectionGround,
    ObjectionStatus, ObjectionWord, ObjectionsRequest, WordKind,
};
use protocol::relay::TranslateRequest;
use serde_json::json;
use wire::Problem;

use super::Service;
use super::looked::Event;
use crate::model::Visit;
use crate::problems;
use crate::store::looked as sql;

/// Kinds of the entries that an objection leaves.
const OBJECTED: &str = "portal.objection";
const SAID: &str = "portal.objection-word";

/// Most events about which the overseer is asked whether it looked.
const LOOKS_MAX: usize = 1_000;

/// How long the first page waits for that.
const LOOKS_PATIENCE: std::time::Duration = std::time::Duration::from_millis(800);

/// Objections and words that one person may send in an hour.
const MOST: usize = 20;

/// What a person objects to, and why.
pub struct Objecting {
    /// Names the objection: sent twice, it is one.
    pub key: ExchangeId,
    /// The organisation that it concerns.
    pub concerns: OrgId,
    /// What it is about.
    pub about: Option<Disputed>,
    /// Why.
    pub ground: ObjectionGround,
    /// In the person's words.
    pub text: String,
}

impl Service {
    /// Files an objection at the overseer and at the organisation; false when the organisation could not be reached, and
    /// has it from the overseer.
    ///
    /// # Errors
    /// A text that is empty or too long, an unknown organisation, or an overseer that cannot be reached.
    pub async fn object(&self, visit: &Visit, objecting: Objecting) -> Result<bool, Problem> {
        checked(&objecting.text)?;
        self.not_too_often(visit)?;
        let concerned = self.policy.directory().get(&objecting.concerns).ok_or_else(problems::no_party)?;
        let overseer = self.policy.directory().of_kind(OrgKind::Oversight).into_iter().next();
        let overseer = overseer.ok_or_else(problems::no_overseer)?;
        let code = visit.subject().code;
        let proxy = visit.acting.as_ref().map(|principal| &principal.proxy);
        let body = json!({ "visit": visit.key.text(), "proxy": proxy, "concerns": objecting.concerns });
        self.log(OBJECTED, code.as_ref(), objecting.key, &body).await?;
        let filed = |person| Objection {
            exchange: objecting.key,
            portal: self.org,
            concerns: objecting.concerns,
            person,
            about: objecting.about.clone(),
            ground: objecting.ground,
            text: objecting.text.trim().to_owned(),
        };
        let at_overseer = filed(self.code_for(visit, overseer.id).await?);
        self.oversight()?.object(&at_overseer).await?;
        let (person, key, now) = (visit.subject_person(), objecting.key, self.now().as_millis());
        self.write(move |tx| sql::put_objection(tx, &person, &key, now)).await?;
        // The overseer has it: what fails from here on loses nothing.
        let Some(address) = concerned.api.clone().filter(|_| concerned.id.kind() == OrgKind::Institution)
        else {
            return Ok(true);
        };
        let at_organisation = filed(self.code_for(visit, concerned.id).await?);
        let told = OversightClient::new(self.client.clone(), address).object(&at_organisation).await;
        Ok(told
            .inspect_err(|error| tracing::warn!(%error, "an objection did not reach its organisation"))
            .is_ok())
    }

    /// How the person's objections stand, newest first.
    ///
    /// # Errors
    /// The store's, or an overseer that cannot be reached.
    pub async fn objections(&self, visit: &Visit) -> Result<Vec<ObjectionStatus>, Problem> {
        let person = visit.subject_person();
        let keys = self.read(move |c| sql::objections(c, &person, OBJECTIONS_MAX)).await?;
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let question = ObjectionsRequest { exchange: self.exchange(), asker: self.org, objections: keys };
        Ok(self.oversight()?.objections(&question).await?.objections)
    }

    /// Says something more in an objection of the person's, or ends it.
    ///
    /// # Errors
    /// An objection of somebody else, a text that is empty or too long, or what the overseer refuses.
    pub async fn say(
        &self,
        visit: &Visit,
        objection: ExchangeId,
        kind: WordKind,
        text: String,
    ) -> Result<(), Problem> {
        checked(&text)?;
        self.not_too_often(visit)?;
        let person = visit.subject_person();
        let keys = self.read(move |c| sql::objections(c, &person, OBJECTIONS_MAX)).await?;
        if !keys.contains(&objection) {
            return Err(Problem::not_found());
        }
        let exchange = self.exchange();
        let body = json!({ "visit": visit.key.text(), "objection": objection });
        self.log(SAID, visit.subject().code.as_ref(), exchange, &body).await?;
        let word = ObjectionWord { exchange, sender: self.org, objection, kind, text, staff: None };
        self.oversight()?.say(&word).await?;
        Ok(())
    }

    /// Where the overseer's officers looked into one of these events, or into an objection of the person's.
    ///
    /// # Errors
    /// An overseer that cannot be reached in a moment; the store's.
    pub(super) async fn overseer_looks(&self, visit: &Visit, events: &[Event]) -> Result<Vec<Look>, Problem> {
        // Where no overseer takes part, nobody looked.
        let Ok(overseer) = self.oversight() else { return Ok(Vec::new()) };
        let person = visit.subject_person();
        let mut exchanges = self.read(move |c| sql::objections(c, &person, OBJECTIONS_MAX)).await?;
        exchanges.extend(events.iter().filter_map(|event| match event {
            Event::Exchange(entry) => Some(entry.exchange),
            Event::Check(_) => None,
        }));
        exchanges.truncate(LOOKS_MAX);
        if exchanges.is_empty() {
            return Ok(Vec::new());
        }
        let question = LooksRequest { exchange: self.exchange(), portal: self.org, exchanges };
        // The page does not wait for an overseer that is slow.
        match tokio::time::timeout(LOOKS_PATIENCE, overseer.looks(&question)).await {
            Ok(answer) => Ok(answer?.looks),
            Err(_) => Err(Problem::new(504, "upstream-late")),
        }
    }

    /// The receiver's own code of the person, sealed to it by the relay.
    async fn code_for(&self, visit: &Visit, to: OrgId) -> Result<Option<Sealed>, Problem> {
        let Some(code) = visit.subject().code else { return Ok(None) };
        let question = TranslateRequest {
            exchange: self.exchange(),
            institution: self.org,
            code,
            to,
            purpose: Purpose::Objection,
        };
        Ok(Some(self.relay()?.translate(&question).await?.code))
    }

    fn oversight(&self) -> Result<OversightClient, Problem> {
        Ok(OversightClient::new(self.client.clone(), self.address_of(OrgKind::Oversight)?))
    }

    fn not_too_often(&self, visit: &Visit) -> Result<(), Problem> {
        let mut name = visit.person;
        name.iter_mut().zip(b"objection").for_each(|(byte, letter)| *byte ^= letter);
        if self.limits.allows(&name, MOST, self.now().as_millis()) {
            Ok(())
        } else {
            Err(problems::too_many_tries())
        }
    }
}

fn checked(text: &str) -> Result<(), Problem> {
    let length = text.trim().chars().count();
    if (1..=OBJECTION_TEXT_LIMIT).contains(&length) { Ok(()) } else { Err(problems::objection_text()) }
}
