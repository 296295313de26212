//! Notices (お知らせ): the inbox, and the word by e-mail or push that something is in it. Neither carries medical content, nor who
//! the sender is.

mod channels;
mod deliver;
mod mail;
mod push;

use access::{Action, Asking, Purpose};
use calendar::{Date, Timestamp};
use codes::{ExchangeId, KeyName, Medical, OrgCode, OrgId};
use protocol::notices::{Notice, NoticeKind};
use protocol::relay::Acknowledged;
use protocol::sealed::purpose;
use serde::{Deserialize, Serialize};
use serde_json::json;
use wire::Problem;

use super::Service;
use crate::model::Visit;
use crate::problems;
use crate::store::notices::{self as sql, ChannelRow, DeliveryRow, NoticeRow};

pub use channels::{Channel, ChannelKind, Preferences, Subscription};
pub use mail::{MailRoad, Smtp};
pub use push::PushRoad;

/// Kind of the entry that a notice leaves when it arrives.
const ARRIVED: &str = "portal.notice";

/// Notices that the inbox shows.
const SHOWN_MAX: i64 = 300;

/// How long a word that something is in the inbox is worth sending, in milliseconds.
const DELIVERY_MILLIS: i64 = 3 * 86_400_000;

/// By which roads the portal reaches people outside its pages.
#[derive(Clone, Debug, Default)]
pub struct Roads {
    /// E-mail; none when the portal sends none.
    pub mail: Option<MailRoad>,
    /// Web Push.
    pub push: PushRoad,
}

/// A notice as its person reads it.
#[derive(Clone, Debug)]
pub struct Received {
    /// Its key.
    pub id: ExchangeId,
    /// When it came.
    pub at: Timestamp,
    /// Whether it was read before.
    pub read: bool,
    /// What it says.
    pub said: Said,
}

/// What a notice says; sealed in the inbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// Whose notice it is.
    pub sender: OrgId,
    /// What it is about.
    pub kind: NoticeKind,
    /// The day until or on which something is due.
    pub due: Option<Date>,
    /// What it belongs to.
    pub about: Option<ExchangeId>,
}

impl Service {
    /// Takes in a notice that the relay brings; the same one twice is one.
    ///
    /// # Errors
    /// Another than the relay; an address that does not open; store or ledger.
    pub async fn arrive(&self, peer: &OrgId, notice: Notice) -> Result<Acknowledged, Problem> {
        let asking = Asking {
            asker: peer,
            action: Action::PortalNotice,
            purpose: Purpose::OwnAccess,
            on: self.now().date(),
        };
        self.policy.decide(&asking).into_result().map_err(protocol::refusal::denied)?;
        let code = self.addressee(&notice)?;
        let said = Said { sender: notice.sender, kind: notice.kind, due: notice.due, about: notice.about };
        let receipt = self.note(&code, notice.exchange, notice.at, said).await?;
        Ok(Acknowledged { exchange: notice.exchange, receipt })
    }

    /// Puts a notice into a person's inbox and sends word by the channels that they want for it.
    ///
    /// # Errors
    /// Store or ledger.
    pub async fn note(
        &self,
        code: &OrgCode<Medical>,
        id: ExchangeId,
        at: Timestamp,
        said: Said,
    ) -> Result<ledger::Receipt, Problem> {
        let person = self.ledger.person_digest(&code.to_bytes()).0;
        let body = json!({ "by": said.sender, "kind": said.kind });
        let receipt = self.log(ARRIVED, Some(code), id, &body).await?;
        let sealed = self.seal_notice(&person, &id, &said)?;
        let row = NoticeRow { id, at, read_at: None, sealed };
        let wanted = self.wanted(&person, said.kind).await?;
        let now = self.now().as_millis();
        let until = now + DELIVERY_MILLIS;
        let new = self
            .write(move |tx| {
                let new = sql::put(tx, &person, &row)?;
                for channel in wanted.iter().filter(|_| new) {
                    let delivery = DeliveryRow { notice: id, channel: *channel, person, tries: 0, until };
                    sql::put_delivery(tx, &delivery, now)?;
                }
                Ok(new)
            })
            .await?;
        if new {
            let portal = self.clone();
            tokio::spawn(async move { portal.deliver_due().await });
        }
        Ok(receipt)
    }

    /// The person's inbox, newest first.
    ///
    /// # Errors
    /// The store's, or a row that was altered.
    pub async fn inbox(&self, visit: &Visit) -> Result<Vec<Received>, Problem> {
        let person = visit.person;
        let rows = self.read(move |c| sql::inbox(c, &person, SHOWN_MAX)).await?;
        let opened = |row: NoticeRow| {
            let said = self.open_notice(&person, &row.id, &row.sealed)?;
            Ok(Received { id: row.id, at: row.at, read: row.read_at.is_some(), said })
        };
        rows.into_iter().map(opened).collect()
    }

    /// How many notices the person has not read.
    ///
    /// # Errors
    /// The store's.
    pub async fn unread(&self, visit: &Visit) -> Result<i64, Problem> {
        let person = visit.person;
        self.read(move |c| sql::unread(c, &person)).await
    }

    /// What is in the inbox was read.
    ///
    /// # Errors
    /// The store's.
    pub async fn read_notices(&self, visit: &Visit) -> Result<(), Problem> {
        let (person, now) = (visit.person, self.now().as_millis());
        self.write(move |tx| sql::read_all(tx, &person, now)).await.map(drop)
    }

    /// Deletes a notice.
    ///
    /// # Errors
    /// The store's.
    pub async fn delete_notice(&self, visit: &Visit, id: ExchangeId) -> Result<(), Problem> {
        let person = visit.person;
        self.write(move |tx| sql::delete(tx, &person, &id)).await.map(drop)
    }

    /// The channels by which a person wants to hear of this kind.
    async fn wanted(&self, person: &[u8; 32], kind: NoticeKind) -> Result<Vec<ExchangeId>, Problem> {
        let person = *person;
        let (channels, muted) =
            self.read(move |c| Ok((sql::channels(c, &person)?, sql::muted(c, &person)?))).await?;
        let wants = |channel: &&ChannelRow| {
            channel.verified
                && !muted.iter().any(|(notice, by)| notice == kind.as_str() && *by == channel.kind)
        };
        Ok(channels.iter().filter(wants).map(|channel| channel.id).collect())
    }

    /// The portal's code inside a notice's address.
    fn addressee(&self, notice: &Notice) -> Result<OrgCode<Medical>, Problem> {
        let context = &notice.to.context;
        let ours = context.recipient == self.org
            && context.exchange == notice.exchange
            && notice.to.is_current(purpose::NOTICE, self.now().as_seconds());
        if !ours {
            return Err(problems::another_answer());
        }
        let opened = notice.to.open(&*self.custody).map_err(problems::internal)?;
        let bytes = <[u8; 17]>::try_from(opened.as_slice()).map_err(|_| problems::another_answer())?;
        Ok(OrgCode::from_bytes(bytes))
    }

    fn seal_notice(&self, person: &[u8; 32], id: &ExchangeId, said: &Said) -> Result<Vec<u8>, Problem> {
        let bytes = serde_json::to_vec(said).map_err(problems::internal)?;
        self.custody.seal_row(&KeyName::ROW_SEAL, &place(person, id), &bytes).map_err(problems::internal)
    }

    fn open_notice(&self, person: &[u8; 32], id: &ExchangeId, sealed: &[u8]) -> Result<Said, Problem> {
        let opened = self.custody.open_row(&KeyName::ROW_SEAL, &place(person, id), sealed);
        serde_json::from_slice(&opened.map_err(problems::internal)?).map_err(problems::internal)
    }
}

fn place(person: &[u8; 32], id: &ExchangeId) -> Vec<u8> {
    [b"portal notice".as_slice(), person, id.as_bytes()].concat()
}
