//! Acting for somebody (代理): a person appoints a proxy, hands over an invitation, and the proxy takes it up with their own
//! card. From then on the proxy chooses for whom they act; the relay checks card and mandate at each act.

use codes::{ExchangeId, KeyName};
use consent::{Proxy, ProxyId};
use data_encoding::BASE32_NOPAD;
use protocol::notices::NoticeKind;
use ring::rand::{SecureRandom, SystemRandom};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use wire::Problem;

use super::Service;
use super::notices::Said;
use crate::model::{Hidden, MandateKey, Principal, Subject, Visit};
use crate::problems;
use crate::store::people::{self as sql, MandateRow};

/// How long an invitation can be taken up, in milliseconds.
pub const INVITATION_MILLIS: i64 = 14 * 86_400_000;

/// Kinds of the entries that mandates leave.
const INVITED: &str = "portal.invitation";
const TAKEN_UP: &str = "portal.mandate";
const ACTED: &str = "portal.acting";
const HID: &str = "portal.hidden";

/// Wrong invitations that one visit may try in an hour.
const TRIES_MAX: usize = 5;

/// Names the sealed parts of rows.
const INVITATION_AS: &[u8] = b"portal invitation";
const MANDATE_AS: &[u8] = b"portal mandate";
const HIDDEN_AS: &[u8] = b"portal hidden";

/// What an invitation holds, sealed.
#[derive(Serialize, Deserialize)]
struct Invitation {
    subject: Subject,
    person: [u8; 32],
    proxy: ProxyId,
}

/// Somebody for whom a person may act here.
pub struct Mandated {
    /// The mandate.
    pub key: MandateKey,
    /// The person's name.
    pub name: String,
}

impl Service {
    /// An invitation for a proxy of the person: 16 characters to hand over, good once and for two weeks.
    ///
    /// # Errors
    /// A proxy that the will does not know, or the store's or ledger's.
    pub async fn invite(&self, visit: &Visit, proxy: &ProxyId) -> Result<String, Problem> {
        if visit.acting.is_some() {
            return Err(problems::only_the_person());
        }
        let will = self.will(visit).await?;
        let standing = |known: &&Proxy| known.id == *proxy && known.withdrawn_at.is_none();
        will.proxies.iter().find(standing).ok_or_else(problems::no_such_rule)?;
        let mut bytes = [0; 10];
        SystemRandom::new().fill(&mut bytes).map_err(problems::internal)?;
        let words = BASE32_NOPAD.encode(&bytes);
        let digest = digest(&words);
        let invitation = Invitation { subject: visit.subject(), person: visit.person, proxy: proxy.clone() };
        let sealed = self.sealed(&[INVITATION_AS, &digest].concat(), &invitation)?;
        let body = json!({ "visit": visit.key.text(), "proxy": proxy });
        self.log(INVITED, visit.bearer.code.as_ref(), self.exchange(), &body).await?;
        let until = self.now().as_millis() + INVITATION_MILLIS;
        self.write(move |tx| sql::put_one_time(tx, &digest, until, &sealed)).await?;
        Ok(words)
    }

    /// Takes an invitation up: from now on this person may act for the other.
    ///
    /// # Errors
    /// One answer for an invitation that never was, was used or is too old; too many tries; one's own invitation.
    pub async fn take_up(&self, visit: &Visit, words: &str) -> Result<(), Problem> {
        let now = self.now().as_millis();
        if !self.limits.allows(&visit.person, TRIES_MAX, now) {
            return Err(problems::too_many_tries());
        }
        visit.bearer.code.ok_or_else(problems::no_medical_id)?;
        let typed: String = words.chars().filter(char::is_ascii_alphanumeric).collect();
        let digest = digest(&typed.to_ascii_uppercase());
        let taken = self.write(move |tx| sql::take_one_time(tx, &digest, now)).await?;
        let sealed = taken.ok_or_else(problems::no_invitation)?;
        let invitation: Invitation = self.opened(&[INVITATION_AS, &digest].concat(), &sealed)?;
        if invitation.person == visit.person {
            return Err(problems::no_invitation());
        }
        let key = MandateKey(*ExchangeId::new(now).as_bytes());
        let sealed = self.sealed(&[MANDATE_AS, &key.0].concat(), &invitation.subject)?;
        let row =
            MandateRow { key, principal: invitation.person, proxy_id: invitation.proxy.to_string(), sealed };
        let body = json!({ "visit": visit.key.text(), "proxy": invitation.proxy });
        self.log(TAKEN_UP, invitation.subject.code.as_ref(), self.exchange(), &body).await?;
        let proxy = visit.person;
        self.write(move |tx| sql::put_mandate(tx, &proxy, &row)).await
    }

    /// For whom the person who came in may act.
    ///
    /// # Errors
    /// The store's.
    pub async fn mandates(&self, visit: &Visit) -> Result<Vec<Mandated>, Problem> {
        let person = visit.person;
        let rows = self.read(move |c| sql::mandates(c, &person)).await?;
        let named = |row: MandateRow| {
            let subject: Subject = self.opened(&[MANDATE_AS, &row.key.0].concat(), &row.sealed)?;
            Ok(Mandated { key: row.key, name: subject.name })
        };
        rows.into_iter().map(named).collect()
    }

    /// The proxies of the person who have taken up their mandate here.
    ///
    /// # Errors
    /// The store's.
    pub async fn taken_up(&self, visit: &Visit) -> Result<Vec<String>, Problem> {
        let person = visit.subject_person();
        self.read(move |c| sql::taken_up(c, &person)).await
    }

    /// Acts from now on for the person of a mandate, or for oneself again. Logged for both, and the person is told: once a
    /// visit of the proxy, before the proxy sees anything.
    ///
    /// # Errors
    /// A mandate that is not this person's; store or ledger.
    pub async fn act_for(&self, visit: &Visit, mandate: Option<MandateKey>) -> Result<(), Problem> {
        if let Some(mandate) = mandate {
            let principal = self.principal(&visit.person, mandate).await?.ok_or_else(Problem::not_found)?;
            let body = json!({ "visit": visit.key.text(), "proxy": principal.proxy });
            let exchange = self.exchange();
            self.log(ACTED, principal.subject.code.as_ref(), exchange, &body).await?;
            self.log(ACTED, visit.bearer.code.as_ref(), exchange, &body).await?;
            self.tell_of_proxy(visit, &principal, exchange).await?;
        }
        let key = visit.key.0;
        self.write(move |tx| sql::act(tx, &key, mandate.as_ref())).await
    }

    /// Puts word of the proxy's visit into the person's inbox.
    async fn tell_of_proxy(
        &self,
        visit: &Visit,
        principal: &Principal,
        about: ExchangeId,
    ) -> Result<(), Problem> {
        // Without a working medical ID nobody could be a proxy's principal: the will hangs on it.
        let Some(code) = &principal.subject.code else { return Ok(()) };
        let id = use_key(visit, principal.mandate);
        let said = Said { sender: self.org, kind: NoticeKind::ProxyUse, due: None, about: Some(about) };
        self.note(code, id, self.now(), said).await.map(drop)
    }

    /// The person of a mandate of `proxy`; none when it ended.
    pub(super) async fn principal(
        &self,
        proxy: &[u8; 32],
        mandate: MandateKey,
    ) -> Result<Option<Principal>, Problem> {
        let proxy = *proxy;
        let rows = self.read(move |c| sql::mandates(c, &proxy)).await?;
        let Some(row) = rows.into_iter().find(|row| row.key == mandate) else { return Ok(None) };
        let subject = self.opened(&[MANDATE_AS, &row.key.0].concat(), &row.sealed)?;
        let proxy = row.proxy_id.parse().map_err(problems::internal)?;
        Ok(Some(Principal { mandate, proxy, person: row.principal, subject }))
    }

    /// The portal forgets who a proxy is whose mandate ended.
    pub(super) async fn forget_proxy(&self, visit: &Visit, proxy: &ProxyId) -> Result<(), Problem> {
        let (person, proxy) = (visit.subject_person(), proxy.to_string());
        self.write(move |tx| sql::end_mandate(tx, &person, &proxy)).await
    }

    /// What the person keeps from proxies.
    ///
    /// # Errors
    /// The store's.
    pub async fn hidden(&self, visit: &Visit) -> Result<Hidden, Problem> {
        let person = visit.subject_person();
        match self.read(move |c| sql::hidden(c, &person)).await? {
            Some(sealed) => self.opened(&[HIDDEN_AS, &person].concat(), &sealed),
            None => Ok(Hidden::default()),
        }
    }

    /// Keeps this from proxies from now on. No proxy may change it, or learn of it.
    ///
    /// # Errors
    /// When a proxy asks, and the store's or ledger's.
    pub async fn hide(&self, visit: &Visit, hidden: Hidden) -> Result<(), Problem> {
        if visit.acting.is_some() {
            return Err(problems::only_the_person());
        }
        let person = visit.person;
        let sealed = self.sealed(&[HIDDEN_AS, &person].concat(), &hidden)?;
        let body = json!({ "visit": visit.key.text() });
        self.log(HID, visit.bearer.code.as_ref(), self.exchange(), &body).await?;
        self.write(move |tx| sql::put_hidden(tx, &person, &sealed)).await
    }

    pub(crate) fn sealed(&self, place: &[u8], what: &impl Serialize) -> Result<Vec<u8>, Problem> {
        let bytes = serde_json::to_vec(what).map_err(problems::internal)?;
        self.custody.seal_row(&KeyName::ROW_SEAL, place, &bytes).map_err(problems::internal)
    }

    pub(super) fn opened<T: serde::de::DeserializeOwned>(
        &self,
        place: &[u8],
        sealed: &[u8],
    ) -> Result<T, Problem> {
        let bytes = self.custody.open_row(&KeyName::ROW_SEAL, place, sealed).map_err(problems::internal)?;
        serde_json::from_slice(&bytes).map_err(problems::internal)
    }
}

/// Key of the notice that a proxy is here: turning to and fro within a visit tells nothing twice.
fn use_key(visit: &Visit, mandate: MandateKey) -> ExchangeId {
    let digest = Sha256::new().chain_update(b"portal proxy use").chain_update(visit.key.0);
    let digest = digest.chain_update(mandate.0).finalize();
    ExchangeId::from_bytes(digest.first_chunk().copied().unwrap_or_default())
}

fn digest(words: &str) -> [u8; 32] {
    Sha256::new().chain_update(b"portal invitation").chain_update(words).finalize().into()
}
