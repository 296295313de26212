//! Coming in with card and PIN, the visits in progress, and leaving.

use codes::{ExchangeId, KeyName, Medical, OrgCode, OrgKind};
use protocol::Sealed;
use protocol::own_record::{OwnRecordEntry, OwnTicketRequest};
use protocol::reader::{CardRead, ReadOrder, ReaderMode, Road};
use protocol::refusal;
use protocol::relay::RegisterRequest;
use protocol::sealed::purpose;
use ring::rand::{SecureRandom, SystemRandom};
use serde_json::json;
use wire::Problem;

use super::Service;
use crate::model::{
    Bearer, Check, Entrance, IDLE_MILLIS, MandateKey, Token, VISIT_MILLIS, Visit, VisitKey, VisitLine,
};
use crate::problems;
use crate::store::{self as sql, VisitRow};

/// Kinds of the entries that a visit leaves.
const LOGIN: &str = "portal.login";
const LOGOUT: &str = "portal.logout";

/// The name of the portal's reader.
const TERMINAL: &str = "portal";

/// Names the sealed part of a visit's row.
const SEALED_AS: &[u8] = b"portal visit";

/// A visit's end moves with each look, but is not written more often than this, in milliseconds.
const TOUCH_MILLIS: i64 = 30_000;

impl Service {
    /// Lets a person in: the card checks the PIN and signs, the eligibility service verifies both, and the relay gives
    /// the portal its own code of them, where they have a working medical ID. Logged before anything is shown.
    ///
    /// # Errors
    /// No reader, a failed read (wrong PIN, blocked), a worthless certificate, or a service that cannot be reached.
    pub async fn login(&self, card: &str, pin: &str, device: String) -> Result<Token, Problem> {
        let read = self.read_card(card, pin).await?;
        let exchange = self.exchange();
        let question = OwnTicketRequest { exchange, institution: self.org, presented: read.presented };
        let answer = self.eligibility()?.own_ticket(&question).await;
        let answer = answer.map_err(|refused| refusal::own_card_refused(refused.into()))?;
        if answer.exchange != exchange {
            return Err(problems::another_answer());
        }
        let code = match answer.medical_ticket {
            Some(ticket) => self.own_code(ticket).await?,
            None => None,
        };
        let bearer = Bearer {
            name: read.face_name,
            code,
            entrance: Entrance::Card,
            receipt: answer.receipt,
            memberships: answer.memberships,
            checks_since: answer.record.covered_since,
            checks_heads: Some(answer.record.heads),
            checks: answer.record.entries.into_iter().map(check).collect(),
        };
        self.begin(bearer, exchange, device).await
    }

    /// The visit of a cookie; none when it has ended. Looking at a page keeps it going for a while.
    ///
    /// # Errors
    /// The store's, or a row that was altered.
    pub async fn visit(&self, token: &Token) -> Result<Option<Visit>, Problem> {
        let (key, now) = (token.key(), self.now().as_millis());
        let Some(row) = self.read(move |c| sql::visit(c, &key, now)).await? else { return Ok(None) };
        let (begun, seen, _) = row.times;
        if now - seen > TOUCH_MILLIS {
            let until = (begun + VISIT_MILLIS).min(now + IDLE_MILLIS);
            self.write(move |tx| sql::touch(tx, &key, now, until)).await?;
        }
        let opened = self.custody.open_row(&KeyName::ROW_SEAL, &sealed_as(&key), &row.sealed);
        let bearer = serde_json::from_slice(&opened.map_err(problems::internal)?);
        let bearer = bearer.map_err(problems::internal)?;
        let acting = match row.acting {
            Some(mandate) => self.principal(&row.person, MandateKey(mandate)).await?,
            None => None,
        };
        Ok(Some(Visit { key, person: row.person, bearer, acting }))
    }

    /// The person's visits in progress.
    ///
    /// # Errors
    /// The store's.
    pub async fn visits(&self, visit: &Visit) -> Result<Vec<VisitLine>, Problem> {
        let (person, now) = (visit.person, self.now().as_millis());
        self.read(move |c| sql::visits(c, &person, now)).await
    }

    /// Ends a visit of the same person, on this device or another.
    ///
    /// # Errors
    /// The store's or the ledger's.
    pub async fn end(&self, visit: &Visit, which: VisitKey) -> Result<(), Problem> {
        let person = visit.person;
        let ended = self.write(move |tx| sql::end(tx, &which, &person)).await?;
        if ended {
            let body = json!({ "visit": which.text(), "by": visit.key.text() });
            self.log(LOGOUT, visit.bearer.code.as_ref(), self.exchange(), &body).await?;
        }
        Ok(())
    }

    pub(crate) async fn sweep(&self) -> Result<(), Problem> {
        let now = self.now().as_millis();
        let swept = self.write(move |tx| {
            sql::sweep(tx, now)?;
            sql::people::sweep_one_time(tx, now)?;
            sql::apps::sweep(tx, now)?;
            sql::record::forget_gathered(tx)
        });
        swept.await.map(drop)
    }

    /// Begins a visit of somebody who was verified: by [`Self::login`], or by a device.
    ///
    /// # Errors
    /// The ledger's, the store's, or custody's; or the system gives no random numbers.
    pub async fn begin(
        &self,
        bearer: Bearer,
        exchange: ExchangeId,
        device: String,
    ) -> Result<Token, Problem> {
        let token = Token::fresh().ok_or_else(|| problems::internal("no random numbers"))?;
        let key = token.key();
        // Without a code nothing ties this person's visits together, and nothing needs to.
        let person = bearer.code.as_ref().map_or(key.0, |code| self.ledger.person_digest(&code.to_bytes()).0);
        let body = json!({ "visit": key.text(), "check": bearer.receipt });
        self.log(LOGIN, bearer.code.as_ref(), exchange, &body).await?;
        let bytes = serde_json::to_vec(&bearer).map_err(problems::internal)?;
        let sealed = self.custody.seal_row(&KeyName::ROW_SEAL, &sealed_as(&key), &bytes);
        let now = self.now().as_millis();
        let row = VisitRow {
            person,
            times: (now, now, now + IDLE_MILLIS),
            sealed: sealed.map_err(problems::internal)?,
            acting: None,
        };
        self.write(move |tx| sql::begin(tx, &key, &row, &device)).await?;
        Ok(token)
    }

    async fn read_card(&self, card: &str, pin: &str) -> Result<CardRead, Problem> {
        let reader = self.reader.clone().ok_or_else(problems::no_reader)?;
        let directory = self.policy.directory();
        let service = directory.of_kind(OrgKind::Eligibility).into_iter().next();
        let service = service.ok_or_else(|| problems::internal("no eligibility service"))?;
        let mut nonce = [0; 16];
        SystemRandom::new().fill(&mut nonce).map_err(problems::internal)?;
        let order = ReadOrder {
            institution: self.org,
            terminal: TERMINAL.to_owned(),
            mode: ReaderMode::Pin,
            pin: Some(pin.to_owned()),
            road: Road::Certificate,
            nonce,
            at: self.now(),
            eligibility: service.envelope_key.ok_or_else(|| problems::internal("no envelope key"))?,
            eligibility_id: service.id,
        };
        let card = card.to_owned();
        let read = tokio::task::spawn_blocking(move || reader.read(&card, &order));
        read.await.map_err(problems::internal)?.map_err(|error| refusal::own_card_unread(&error))
    }

    /// The portal's own code behind a ticket; none when the medical ID does not work, whatever the cause.
    async fn own_code(&self, ticket: Sealed) -> Result<Option<OrgCode<Medical>>, Problem> {
        let exchange = ticket.context.exchange;
        let question = RegisterRequest { exchange, institution: self.org, ticket, presence: None };
        let answer = match self.relay()?.register(&question).await {
            Ok(answer) => answer,
            Err(refused) if refused.problem().is_some_and(|p| p.code() == "no-such-person") => {
                return Ok(None);
            }
            Err(other) => return Err(other.into()),
        };
        let context = &answer.code.context;
        let ours = context.recipient == self.org
            && context.exchange == exchange
            && answer.code.is_current(purpose::ORG_CODE, self.now().as_seconds());
        if !ours {
            return Err(problems::another_answer());
        }
        let opened = answer.code.open(&*self.custody).map_err(problems::internal)?;
        let bytes = <[u8; 17]>::try_from(opened.as_slice()).map_err(|_| problems::another_answer())?;
        Ok(Some(OrgCode::from_bytes(bytes)))
    }
}

/// A visit's row opens under its own key alone.
fn sealed_as(key: &VisitKey) -> Vec<u8> {
    [SEALED_AS, &key.0].concat()
}

fn check(entry: OwnRecordEntry) -> Check {
    Check {
        at: entry.at,
        organisation: entry.organisation,
        on: entry.on,
        mode: entry.mode,
        validity: entry.validity,
        basis: entry.basis,
        exchange: entry.exchange,
        proof: entry.proof,
    }
}
