//! The insurance applet: holds the insurance code and the card's id and gives them out only sealed (docs/formats/card-applet.md).

use access::Presence;
use calendar::Timestamp;
use codes::envelope::EnvelopeSecret;
use codes::{Envelope, EnvelopeContext, EnvelopeKey, ExchangeId, OrgId};
use data_encoding::HEXLOWER;
use protocol::Sealed;
use protocol::card::{AppletContents, AppletReading, CARD_NUMBERS_MAX, CardNumbers, CardTicket};
use protocol::eligibility::{PROOF_LIFE_SECONDS, ReadProof};
use protocol::sealed::purpose;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::apdu::Status;

/// The applet's memory.
#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
pub(crate) struct Applet {
    /// What the applet's X25519 key is derived from.
    seed: [u8; 32],
    #[zeroize(skip)]
    held: Option<Held>,
    /// The person's further numbers, when the issuer wrote some.
    #[zeroize(skip)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    further: Option<CardNumbers>,
}

/// What personalisation wrote.
#[derive(Serialize, Deserialize)]
struct Held {
    contents: AppletContents,
    /// The only key they are ever sealed to, so that a reader of ill will gets nothing it can open.
    recipient: EnvelopeKey,
}

/// An answer of the applet.
pub(crate) struct AppletAnswer {
    pub body: Vec<u8>,
    /// Memory changed.
    pub written: bool,
}

impl Applet {
    pub(crate) fn blank() -> Self {
        Self { seed: rand::random(), held: None, further: None }
    }

    pub(crate) fn public_key(&self) -> EnvelopeKey {
        EnvelopeSecret::derive(&self.seed).public()
    }

    pub(crate) fn execute(
        &mut self,
        instruction: u8,
        parameters: usize,
        data: &[u8],
    ) -> Result<AppletAnswer, Status> {
        if parameters != 0 {
            return Err(Status::WRONG_PARAMETERS);
        }
        let read = |body| AppletAnswer { body, written: false };
        match instruction {
            STATUS => Ok(read(vec![VERSION, u8::from(self.held.is_some())])),
            PUBLIC_KEY => Ok(read(self.public_key().as_bytes().to_vec())),
            PERSONALISE => {
                self.personalise(data)?;
                Ok(AppletAnswer { body: Vec::new(), written: true })
            }
            READ_SEALED => self.read_sealed(data).map(read),
            WRITE_NUMBERS => {
                self.write_numbers(data)?;
                Ok(AppletAnswer { body: Vec::new(), written: true })
            }
            LIST_NUMBERS => Ok(read(self.numbers().flat_map(u16::to_be_bytes).collect())),
            READ_FOR => self.read_for(data).map(read),
            _ => Err(Status::UNKNOWN_INSTRUCTION),
        }
    }

    /// Opens the sealed contents and pins the key they may be sealed to. A second time only by who knows them.
    fn personalise(&mut self, data: &[u8]) -> Result<(), Status> {
        let mut reader = Fields(data);
        let recipient = EnvelopeKey::from_bytes(reader.array()?);
        let opened = self.open(reader, purpose::CARD_PERSONALISE)?;
        let contents = AppletContents::from_bytes(&opened).ok_or(Status::WRONG_DATA)?;
        if self.held.as_ref().is_some_and(|held| held.contents != contents) {
            return Err(Status::CONDITIONS);
        }
        self.held = Some(Held { contents, recipient });
        Ok(())
    }

    /// Takes the person's further numbers in place of those that were there. Only from who wrote the first ones, and never
    /// older ones than those.
    fn write_numbers(&mut self, data: &[u8]) -> Result<(), Status> {
        let opened = self.open(Fields(data), purpose::CARD_NUMBERS)?;
        let fresh: CardNumbers = serde_json::from_slice(&opened).map_err(|_| Status::WRONG_DATA)?;
        if fresh.numbers.len() > CARD_NUMBERS_MAX {
            return Err(Status::NO_MEMORY);
        }
        let replaces =
            |held: &CardNumbers| held.writer == fresh.writer && held.written_at <= fresh.written_at;
        if !self.further.as_ref().is_none_or(replaces) {
            return Err(Status::CONDITIONS);
        }
        self.further = Some(fresh);
        Ok(())
    }

    /// The further numbers, by their own count.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = u16> {
        self.further.iter().flat_map(|further| further.numbers.iter().map(|held| held.number))
    }

    /// Opens an envelope to this applet: its length (2), itself, its context.
    fn open(&self, mut reader: Fields<'_>, purpose: &str) -> Result<Zeroizing<Vec<u8>>, Status> {
        let envelope = reader.envelope()?;
        let context = reader.context()?;
        if context.purpose != purpose {
            return Err(Status::WRONG_DATA);
        }
        EnvelopeSecret::derive(&self.seed).open(&envelope, &context).map_err(|_| Status::WRONG_DATA)
    }

    fn read_sealed(&self, data: &[u8]) -> Result<Vec<u8>, Status> {
        let (key, order) = SealOrder::decode(data)?;
        self.seal(&key, &order, None)
    }

    /// A read that does not use the ordinary number. The eligibility service gets a commitment to a fresh secret; with a
    /// number the relay gets a ticket with the secret and that number's link, sealed here.
    fn read_for(&self, data: &[u8]) -> Result<Vec<u8>, Status> {
        let (order, number) = data.split_last_chunk::<2>().ok_or(Status::WRONG_DATA)?;
        let (key, order) = SealOrder::decode(order)?;
        let secret: [u8; 32] = rand::random();
        let commitment = Presence::commitment(&order.institution, &secret);
        let envelope = self.seal(&key, &order, Some(commitment))?;
        let mut out = (envelope.len() as u16).to_be_bytes().to_vec();
        out.extend_from_slice(&envelope);
        let number = u16::from_be_bytes(*number);
        if number == NO_NUMBER {
            return Ok(out);
        }
        let further = self.further.as_ref().ok_or(Status::RECORD_NOT_FOUND)?;
        let held = further.numbers.iter().find(|held| held.number == number);
        let link = held.ok_or(Status::RECORD_NOT_FOUND)?.link.clone();
        let ticket = CardTicket { institution: order.institution, secret: HEXLOWER.encode(&secret), link };
        let ticket = Zeroizing::new(serde_json::to_vec(&ticket).map_err(|_| Status::INTERNAL)?);
        let context = order.ticket_context(further.relay);
        let ticket = codes::seal(&further.relay_key, &context, &ticket).map_err(|_| Status::INTERNAL)?;
        let ticket = ticket.to_bytes();
        out.extend_from_slice(&(ticket.len() as u16).to_be_bytes());
        out.extend_from_slice(&ticket);
        out.extend_from_slice(&context.encode());
        Ok(out)
    }

    fn seal(
        &self,
        key: &EnvelopeKey,
        order: &SealOrder,
        commitment: Option<[u8; 32]>,
    ) -> Result<Vec<u8>, Status> {
        let held = self.held.as_ref().ok_or(Status::CONDITIONS)?;
        if held.recipient != *key {
            return Err(Status::SECURITY);
        }
        let reading = AppletReading { contents: held.contents, commitment };
        let envelope =
            codes::seal(key, &order.context(), &reading.to_bytes()).map_err(|_| Status::INTERNAL)?;
        Ok(envelope.to_bytes())
    }
}

/// What one read is bound to: the reader sends it, the applet seals under it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SealOrder {
    pub exchange: ExchangeId,
    pub at: Timestamp,
    pub nonce: [u8; 16],
    pub recipient: OrgId,
    pub institution: OrgId,
}

impl SealOrder {
    /// The context of the envelope; the card makes it itself from the fields, so it cannot be made to seal
    /// for another purpose.
    pub(crate) fn context(&self) -> EnvelopeContext {
        EnvelopeContext {
            recipient: self.recipient,
            purpose: purpose::CARD_READ.into(),
            expires_at: self.at.as_seconds() + PROOF_LIFE_SECONDS,
            exchange: self.exchange,
            consent: None,
            binding: ReadProof::binding(&self.institution, self.at, &HEXLOWER.encode(&self.nonce)),
        }
    }

    /// The context of the card's own ticket. Its exchange has nothing in common with the read's, and only the day in it.
    fn ticket_context(&self, relay: OrgId) -> EnvelopeContext {
        EnvelopeContext {
            recipient: relay,
            purpose: purpose::CARD_TICKET.into(),
            expires_at: self.at.as_seconds() + TICKET_LIFE_SECONDS,
            exchange: ExchangeId::new(Timestamp::start_of(self.at.date()).as_millis()),
            consent: None,
            binding: Vec::new(),
        }
    }

    /// The data field of READ SEALED.
    pub(crate) fn encode(&self, key: &EnvelopeKey) -> Vec<u8> {
        let mut out = key.as_bytes().to_vec();
        out.extend_from_slice(self.exchange.as_bytes());
        out.extend_from_slice(&self.at.as_millis().to_be_bytes());
        out.extend_from_slice(&self.nonce);
        for name in [&self.recipient, &self.institution] {
            let text = name.to_string();
            out.push(text.len() as u8);
            out.extend_from_slice(text.as_bytes());
        }
        out
    }

    fn decode(data: &[u8]) -> Result<(EnvelopeKey, Self), Status> {
        let mut reader = Fields(data);
        let key = EnvelopeKey::from_bytes(reader.array()?);
        let exchange = ExchangeId::from_bytes(reader.array()?);
        let at = i64::from_be_bytes(reader.array()?);
        if !(0..=LAST_MILLISECOND).contains(&at) {
            return Err(Status::WRONG_DATA);
        }
        let nonce = reader.array()?;
        let recipient = reader.organisation()?;
        let institution = reader.organisation()?;
        reader.end()?;
        Ok((key, Self { exchange, at: Timestamp::from_millis(at), nonce, recipient, institution }))
    }
}

/// The data field of PERSONALISE: the key to pin, the envelope, its context as it is authenticated.
pub(crate) fn personalise_data(
    recipient: &EnvelopeKey,
    envelope: &Envelope,
    context: &EnvelopeContext,
) -> Vec<u8> {
    let mut out = recipient.as_bytes().to_vec();
    out.extend_from_slice(&sealed_data(envelope, context));
    out
}

/// The data field of WRITE NUMBERS, and the rest of PERSONALISE's: the envelope, its context as it is authenticated.
pub(crate) fn sealed_data(envelope: &Envelope, context: &EnvelopeContext) -> Vec<u8> {
    let envelope = envelope.to_bytes();
    let mut out = (envelope.len() as u16).to_be_bytes().to_vec();
    out.extend_from_slice(&envelope);
    out.extend_from_slice(&context.encode());
    out
}

/// The answer of READ FOR: the envelope for the eligibility service, and the ticket when a number was asked for.
pub(crate) fn read_for_answer(body: &[u8]) -> Result<(Envelope, Option<Sealed>), Status> {
    let mut reader = Fields(body);
    let envelope = reader.envelope()?;
    if reader.0.is_empty() {
        return Ok((envelope, None));
    }
    let ticket = reader.envelope()?;
    let context = reader.context()?;
    Ok((envelope, Some(Sealed { envelope: ticket, context })))
}

/// Fields of a data field, one after the other.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], Status> {
        let (part, rest) = self.0.split_at_checked(count).ok_or(Status::WRONG_DATA)?;
        self.0 = rest;
        Ok(part)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Status> {
        self.take(N)?.try_into().map_err(|_| Status::WRONG_DATA)
    }

    fn envelope(&mut self) -> Result<Envelope, Status> {
        let length = u16::from_be_bytes(self.array()?);
        Envelope::from_bytes(self.take(usize::from(length))?).map_err(|_| Status::WRONG_DATA)
    }

    fn organisation(&mut self) -> Result<OrgId, Status> {
        let [count] = self.array()?;
        text(self.take(usize::from(count))?)?.parse().map_err(|_| Status::WRONG_DATA)
    }

    fn end(&self) -> Result<(), Status> {
        if self.0.is_empty() { Ok(()) } else { Err(Status::WRONG_DATA) }
    }

    /// The layout of [`EnvelopeContext::encode`]: six parts with a 64-bit length, then whether a consent is
    /// named.
    fn context(&mut self) -> Result<EnvelopeContext, Status> {
        let recipient = text(self.part()?)?.parse().map_err(|_| Status::WRONG_DATA)?;
        let purpose = text(self.part()?)?.to_owned();
        let expires = self.part()?.try_into().map_err(|_| Status::WRONG_DATA)?;
        let exchange = self.part()?.try_into().map_err(|_| Status::WRONG_DATA)?;
        let consent = text(self.part()?)?.to_owned();
        let binding = self.part()?.to_vec();
        let [named] = self.array()?;
        self.end()?;
        Ok(EnvelopeContext {
            recipient,
            purpose,
            expires_at: i64::from_be_bytes(expires),
            exchange: ExchangeId::from_bytes(exchange),
            consent: (named == 1).then_some(consent),
            binding,
        })
    }

    fn part(&mut self) -> Result<&'a [u8], Status> {
        let count = u64::from_be_bytes(self.array()?);
        self.take(usize::try_from(count).map_err(|_| Status::WRONG_DATA)?)
    }
}

fn text(bytes: &[u8]) -> Result<&str, Status> {
    std::str::from_utf8(bytes).map_err(|_| Status::WRONG_DATA)
}

pub(crate) const STATUS: u8 = 0x16;
pub(crate) const PUBLIC_KEY: u8 = 0x10;
pub(crate) const PERSONALISE: u8 = 0x12;
pub(crate) const READ_SEALED: u8 = 0x14;
pub(crate) const WRITE_NUMBERS: u8 = 0x18;
pub(crate) const LIST_NUMBERS: u8 = 0x1A;
pub(crate) const READ_FOR: u8 = 0x1C;
/// READ FOR without any number.
pub(crate) const NO_NUMBER: u16 = 0;
/// How long the card's own ticket can be used, in seconds: as long as the eligibility service's.
const TICKET_LIFE_SECONDS: i64 = 300;
const VERSION: u8 = 1;
/// The end of the year 9999.
const LAST_MILLISECOND: i64 = 253_402_300_799_999;
