//! Where a person wants to be told: addresses that they have shown to be theirs, browsers that they let push, and what not.

use codes::{ExchangeId, KeyName};
use protocol::notices::NoticeKind;
use ring::rand::{SecureRandom, SystemRandom};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use wire::Problem;

use super::Service;
use super::mail;
use crate::model::Visit;
use crate::problems;
use crate::store::notices::{self as sql, ChannelRow};

/// The most channels of one person.
const CHANNELS_MAX: usize = 10;

/// How often the code of an address may be tried.
const TRIES_MAX: i64 = 5;

/// How long the code of an address is good, in milliseconds.
const PROOF_MILLIS: i64 = 30 * 60_000;

/// How many messages with a code may be asked for in an hour.
const CODES_MAX: usize = 5;

/// By what kind of road.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChannelKind {
    /// E-mail.
    Mail,
    /// A push to a browser.
    Push,
}

impl ChannelKind {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Mail, Self::Push];

    /// As tables and forms have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Push => "push",
        }
    }
}

/// A channel as its person sees it.
#[derive(Clone, Debug)]
pub struct Channel {
    /// Its key.
    pub id: ExchangeId,
    /// What kind it is.
    pub kind: ChannelKind,
    /// Whether it was shown to be theirs.
    pub verified: bool,
    /// The address, or what the browser calls itself.
    pub name: String,
}

/// What a person does not want.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preferences(Vec<(NoticeKind, ChannelKind)>);

impl Preferences {
    /// Nothing but these pairs is unwanted.
    pub fn without(pairs: Vec<(NoticeKind, ChannelKind)>) -> Self {
        Self(pairs)
    }

    /// Whether a kind of notice is told by a kind of channel.
    pub fn wants(&self, notice: NoticeKind, channel: ChannelKind) -> bool {
        !self.0.contains(&(notice, channel))
    }
}

/// A browser that takes pushes (RFC 8030): what `PushManager.subscribe` gives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    /// Where to send.
    pub endpoint: String,
    /// The browser's public key, base64url, 65 bytes uncompressed P-256.
    pub p256dh: String,
    /// The shared secret, base64url, 16 bytes.
    pub auth: String,
    /// What the browser calls itself.
    #[serde(default)]
    pub name: String,
}

/// What is sealed of a channel.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Address {
    Mail(String),
    Push(Subscription),
}

impl Service {
    /// The person's channels.
    ///
    /// # Errors
    /// The store's, or a row that was altered.
    pub async fn channels(&self, visit: &Visit) -> Result<Vec<Channel>, Problem> {
        let person = visit.person;
        let rows = self.read(move |c| sql::channels(c, &person)).await?;
        let shown = |row: ChannelRow| {
            let (kind, name) = match self.open_channel(&person, &row)? {
                Address::Mail(address) => (ChannelKind::Mail, address),
                Address::Push(subscription) => (ChannelKind::Push, subscription.name),
            };
            Ok(Channel { id: row.id, kind, verified: row.verified, name })
        };
        rows.into_iter().map(shown).collect()
    }

    /// Adds an address and sends a code to it. Nothing else is sent there until its owner has typed the code here.
    ///
    /// # Errors
    /// No address, too many, too often; mail that cannot be sent.
    pub async fn add_mail(&self, visit: &Visit, address: &str) -> Result<(), Problem> {
        let address = mail::address(address).ok_or_else(|| {
            problems::unfinished("address", "メールアドレスを確かめてください。", "Check the address.")
        })?;
        self.room_for_one(visit).await?;
        let limit: [u8; 32] = Sha256::digest([b"mail code ".as_slice(), &visit.person].concat()).into();
        if !self.limits.allows(&limit, CODES_MAX, self.now().as_millis()) {
            return Err(problems::too_many_tries());
        }
        let code = six_digits()?;
        self.mail_road()?.send(&address, mail::code_letter(&code)).await.map_err(problems::not_sent)?;
        let id = self.exchange();
        let sealed = self.seal_channel(&visit.person, &id, &Address::Mail(address))?;
        let row = ChannelRow {
            id,
            kind: ChannelKind::Mail.as_str().into(),
            verified: false,
            proof: Some(proof(&id, &code)),
            tries: 0,
            at: self.now(),
            sealed,
        };
        let person = visit.person;
        self.write(move |tx| sql::put_channel(tx, &person, &row)).await
    }

    /// Takes the code that came to an address.
    ///
    /// # Errors
    /// One answer for a wrong code, one that is too old, and one that was tried too often.
    pub async fn verify_mail(&self, visit: &Visit, id: ExchangeId, code: &str) -> Result<(), Problem> {
        let (person, now) = (visit.person, self.now());
        let known = self.read(move |c| sql::channels(c, &person)).await?;
        let row = known.iter().find(|row| row.id == id && !row.verified).ok_or_else(Problem::not_found)?;
        let code: String = code.chars().filter(char::is_ascii_digit).collect();
        let fresh = row.tries < TRIES_MAX && now.as_millis() - row.at.as_millis() < PROOF_MILLIS;
        let right = fresh && row.proof == Some(proof(&id, &code));
        self.write(move |tx| sql::verify(tx, &person, &id, right)).await?;
        if right { Ok(()) } else { Err(problems::wrong_code()) }
    }

    /// Adds this browser.
    ///
    /// # Errors
    /// A subscription that is none, or at a place where the portal sends nothing.
    pub async fn add_push(&self, visit: &Visit, subscription: Subscription) -> Result<(), Problem> {
        self.roads.push.check(&subscription).map_err(problems::no_push)?;
        self.room_for_one(visit).await?;
        let id = self.exchange();
        let sealed = self.seal_channel(&visit.person, &id, &Address::Push(subscription))?;
        let row = ChannelRow {
            id,
            kind: ChannelKind::Push.as_str().into(),
            verified: true,
            proof: None,
            tries: 0,
            at: self.now(),
            sealed,
        };
        let person = visit.person;
        self.write(move |tx| sql::put_channel(tx, &person, &row)).await
    }

    /// Takes a channel away.
    ///
    /// # Errors
    /// The store's.
    pub async fn drop_channel(&self, visit: &Visit, id: ExchangeId) -> Result<(), Problem> {
        let person = visit.person;
        self.write(move |tx| sql::drop_channel(tx, &person, &id)).await.map(drop)
    }

    /// What the person does not want.
    ///
    /// # Errors
    /// The store's.
    pub async fn preferences(&self, visit: &Visit) -> Result<Preferences, Problem> {
        let person = visit.person;
        let muted = self.read(move |c| sql::muted(c, &person)).await?;
        let pair = |(notice, channel): &(String, String)| {
            let channel = ChannelKind::ALL.into_iter().find(|kind| kind.as_str() == channel)?;
            Some((NoticeKind::parse(notice)?, channel))
        };
        Ok(Preferences(muted.iter().filter_map(pair).collect()))
    }

    /// Keeps what the person wants.
    ///
    /// # Errors
    /// The store's.
    pub async fn set_preferences(&self, visit: &Visit, wanted: Preferences) -> Result<(), Problem> {
        let person = visit.person;
        let of = |(notice, channel): &(NoticeKind, ChannelKind)| {
            (notice.as_str().to_owned(), channel.as_str().to_owned())
        };
        let muted: Vec<(String, String)> = wanted.0.iter().map(of).collect();
        self.write(move |tx| sql::set_muted(tx, &person, &muted)).await
    }

    pub(super) fn open_channel(&self, person: &[u8; 32], row: &ChannelRow) -> Result<Address, Problem> {
        let opened = self.custody.open_row(&KeyName::ROW_SEAL, &place(person, &row.id), &row.sealed);
        serde_json::from_slice(&opened.map_err(problems::internal)?).map_err(problems::internal)
    }

    fn seal_channel(
        &self,
        person: &[u8; 32],
        id: &ExchangeId,
        address: &Address,
    ) -> Result<Vec<u8>, Problem> {
        let bytes = serde_json::to_vec(address).map_err(problems::internal)?;
        self.custody.seal_row(&KeyName::ROW_SEAL, &place(person, id), &bytes).map_err(problems::internal)
    }

    async fn room_for_one(&self, visit: &Visit) -> Result<(), Problem> {
        // Without a code nothing ties the person's visits together, and no notice is addressed to them.
        visit.bearer.code.ok_or_else(problems::no_medical_id)?;
        let person = visit.person;
        let known = self.read(move |c| sql::channels(c, &person)).await?;
        if known.len() < CHANNELS_MAX { Ok(()) } else { Err(problems::too_many_channels(CHANNELS_MAX)) }
    }
}

/// Six digits, each code as likely as any other to within a part in a million.
fn six_digits() -> Result<String, Problem> {
    let mut bytes = [0; 8];
    SystemRandom::new().fill(&mut bytes).map_err(problems::internal)?;
    Ok(format!("{:06}", u64::from_be_bytes(bytes) % 1_000_000))
}

fn proof(id: &ExchangeId, code: &str) -> [u8; 32] {
    Sha256::digest([b"portal mail code ".as_slice(), id.as_bytes(), code.as_bytes()].concat()).into()
}

fn place(person: &[u8; 32], id: &ExchangeId) -> Vec<u8> {
    [b"portal channel".as_slice(), person, id.as_bytes()].concat()
}
