//! Making cards: keys on the card, the counter's request, and what is written afterwards.

use calendar::Date;
use codes::{EnvelopeKey, ExchangeId};
use data_encoding::BASE64;
use my_number::MyNumber;
use protocol::jpki::IssueAnswer;
use protocol_admin::issuer::{CardContents, CardKey, CardRequest};
use rand::RngExt as _;
use rsa::RsaPrivateKey;
use x509_cert::Certificate;
use x509_cert::der::{Decode as _, Encode as _};

use crate::applet::{Applet, PERSONALISE, WRITE_NUMBERS, personalise_data, sealed_data};
use crate::memory::{KeyFile, Memory, digits, public_key_info, sign};
use crate::pin::{PinSet, Pins};
use crate::terminal::Terminal;
use crate::{CardError, Face, INSURANCE_APPLET, VirtualCard};

/// A card that knows its keys and nobody yet.
pub struct Blank {
    authentication: RsaPrivateKey,
    signing: Option<RsaPrivateKey>,
    applet: Applet,
}

/// What the counter writes beside the authorities' answers.
pub struct Personal {
    /// The holder's number, printed on the back.
    pub number: MyNumber,
    /// Chosen by the holder.
    pub pins: Pins,
    /// 有効期限 of the card.
    pub expires_on: Date,
    /// The only key the applet will ever seal the insurance code to.
    pub eligibility: EnvelopeKey,
    /// What is special about this card (Japanese).
    pub note_ja: String,
    /// The same in English.
    pub note_en: String,
}

/// Makes `count` blank cards on all processors; `signing` adds the second key. Every key is new.
///
/// # Errors
/// [`CardError::Key`] when the generator fails.
pub fn manufacture(count: usize, signing: bool) -> Result<Vec<Blank>, CardError> {
    let workers = std::thread::available_parallelism().map_or(1, |cores| cores.get()).min(count.max(1));
    std::thread::scope(|scope| {
        let share = |worker: usize| count / workers + usize::from(worker < count % workers);
        let handles: Vec<_> = (0..workers)
            .map(|worker| scope.spawn(move || (0..share(worker)).map(|_| Blank::new(signing)).collect()))
            .collect();
        let mut cards = Vec::with_capacity(count);
        for handle in handles {
            let made: Result<Vec<Blank>, CardError> =
                handle.join().map_err(|_| CardError::Key("a worker stopped".into()))?;
            cards.extend(made?);
        }
        Ok(cards)
    })
}

impl Blank {
    fn new(signing: bool) -> Result<Self, CardError> {
        let signing = if signing { Some(fresh_key()?) } else { None };
        Ok(Self { authentication: fresh_key()?, signing, applet: Applet::blank() })
    }

    /// The counter's request for this card: its public keys, each with a proof over `exchange`.
    ///
    /// # Errors
    /// [`CardError::Key`] when a key cannot sign.
    pub fn request(
        &self,
        exchange: ExchangeId,
        my_number: MyNumber,
        replaces: Option<String>,
    ) -> Result<CardRequest, CardError> {
        let authentication = card_key(&self.authentication, &exchange)?;
        let signing = self.signing.as_ref().map(|key| card_key(key, &exchange)).transpose()?;
        let applet_key = self.applet.public_key();
        Ok(CardRequest { exchange, my_number, authentication, signing, applet_key, replaces })
    }

    /// Writes what the authorities answered. The certificates must be for this card's keys.
    ///
    /// # Errors
    /// [`CardError`] when something does not belong on this card or has the wrong form.
    pub fn personalise(self, contents: &CardContents, personal: Personal) -> Result<VirtualCard, CardError> {
        let signing = match (self.signing, &contents.signing) {
            (Some(key), Some(answer)) => Some(key_file(key, answer)?),
            _ => None,
        };
        let face = face(contents, &personal);
        let reference_b =
            format!("{}{:04}{}", face.birthdate.to_compact(), face.expires_on.year(), face.security_code);
        let pins =
            PinSet::new(&personal.pins, &digits(&personal.number), &reference_b).ok_or(CardError::PinForm)?;
        let mut card = VirtualCard::new(Memory {
            face,
            number: personal.number,
            pins,
            authentication: key_file(self.authentication, &contents.authentication)?,
            signing,
            applet: self.applet,
            note_ja: personal.note_ja,
            note_en: personal.note_en,
        });
        write_applet(&mut card, contents, &personal.eligibility)?;
        Ok(card)
    }
}

fn fresh_key() -> Result<RsaPrivateKey, CardError> {
    RsaPrivateKey::new(&mut rand::rng(), 2048).map_err(|error| CardError::Key(error.to_string()))
}

fn card_key(key: &RsaPrivateKey, exchange: &ExchangeId) -> Result<CardKey, CardError> {
    Ok(CardKey {
        public_key: BASE64.encode(&public_key_info(key)?),
        proof: BASE64.encode(&sign(key, exchange.to_string().as_bytes())?),
    })
}

fn key_file(key: RsaPrivateKey, answer: &IssueAnswer) -> Result<KeyFile, CardError> {
    let decode = |text: &str, what: &str| {
        BASE64.decode(text.as_bytes()).map_err(|_| CardError::Contents(format!("{what} is not base64")))
    };
    let certificate = decode(&answer.certificate, "the certificate")?;
    let parsed = Certificate::from_der(&certificate)
        .map_err(|error| CardError::Contents(format!("the certificate cannot be read: {error}")))?;
    let certified = parsed.tbs_certificate().subject_public_key_info().to_der();
    if certified.ok() != Some(public_key_info(&key)?) {
        return Err(CardError::Contents("the certificate is for another card's key".into()));
    }
    Ok(KeyFile::new(key, certificate, decode(&answer.authority, "the authority's certificate")?))
}

fn face(contents: &CardContents, personal: &Personal) -> Face {
    let person = &contents.person;
    let mut rng = rand::rng();
    Face {
        name: person.name.clone(),
        address: person.address.clone(),
        birthdate: person.birthdate,
        sex: person.sex,
        expires_on: personal.expires_on,
        security_code: format!("{:04}", rng.random_range(0..10_000)),
        serial_number: format!("MUSUBI{:09}", rng.random_range(0..1_000_000_000)),
    }
}

fn write_applet(
    card: &mut VirtualCard,
    contents: &CardContents,
    eligibility: &EnvelopeKey,
) -> Result<(), CardError> {
    let code = &contents.insurance_code.code;
    let data = personalise_data(eligibility, &code.envelope, &code.context);
    let mut terminal = Terminal::new(card);
    let refused = |command| move |status| CardError::Refused { command, status };
    terminal.select_application(&INSURANCE_APPLET).map_err(refused("SELECT"))?;
    terminal.command(PERSONALISE, &data).map_err(refused("PERSONALISE"))?;
    if let Some(numbers) = &contents.numbers {
        let data = sealed_data(&numbers.envelope, &numbers.context);
        terminal.command(WRITE_NUMBERS, &data).map_err(refused("WRITE NUMBERS"))?;
    }
    Ok(())
}
