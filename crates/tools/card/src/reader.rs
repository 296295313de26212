//! 資格確認端末: the agent that reads a card for a desk and signs what it did.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use codes::{Custody, ExchangeId, KeyName};
use data_encoding::{BASE64, HEXLOWER};
use ed25519_dalek::{Signer as _, SigningKey};
use protocol::Sealed;
use protocol::eligibility::{Presented, ReadProof};
use protocol::reader::{
    CardRead, NumberChoice, ReadOrder, ReaderError, ReaderFacts, ReaderMode, ReaderPort, ReaderStatement,
    Road, TrayCard,
};
use sha2::{Digest as _, Sha256};

use crate::apdu::Status;
use crate::applet::{
    NO_NUMBER, READ_FOR, READ_SEALED, SealOrder, WRITE_NUMBERS, read_for_answer, sealed_data,
};
use crate::terminal::Terminal;
use crate::tray::{Tray, file_error, write_whole};
use crate::{CardError, INSURANCE_APPLET, VirtualCard};

/// A reader at a desk, with a device key of its own. Face and visual comparison happen outside the card
/// (no command for it is public); the reader states, signed, which of them it was.
pub struct ReaderAgent {
    tray: Arc<Tray>,
    device: SigningKey,
}

/// What the card gave.
enum Material {
    Code(Sealed),
    Certificate(Vec<u8>),
}

impl ReaderAgent {
    /// A reader over `tray` whose device key lies sealed in `device_file`; made when absent.
    ///
    /// # Errors
    /// [`CardError`] when the file cannot be read, opened or written.
    pub fn open(tray: Arc<Tray>, device_file: &Path, custody: &dyn Custody) -> Result<Self, CardError> {
        let sealed_error = |error: codes::CustodyError| CardError::Sealed {
            path: device_file.into(),
            reason: error.to_string(),
        };
        if device_file.exists() {
            let sealed = fs::read(device_file).map_err(file_error(device_file))?;
            let seed = custody.open_row(&KeyName::ROW_SEAL, DEVICE, &sealed).map_err(sealed_error)?;
            let seed = seed.as_slice().try_into().map_err(|_| CardError::Sealed {
                path: device_file.into(),
                reason: "not a device key of 32 bytes".into(),
            })?;
            return Ok(Self { tray, device: SigningKey::from_bytes(seed) });
        }
        let device = SigningKey::from_bytes(&rand::random());
        let sealed = custody.seal_row(&KeyName::ROW_SEAL, DEVICE, device.as_bytes()).map_err(sealed_error)?;
        write_whole(device_file, &sealed)?;
        Ok(Self { tray, device })
    }

    fn read_card(
        &self,
        card: &mut VirtualCard,
        order: &ReadOrder,
        number: NumberChoice,
    ) -> Result<(CardRead, Option<Sealed>), ReaderError> {
        let face_name = card.memory.face.name.clone();
        let nonce = HEXLOWER.encode(&order.nonce);
        let binding = ReadProof::binding(&order.institution, order.at, &nonce);
        let mut terminal = Terminal::new(card);
        let signature = match order.mode {
            ReaderMode::Pin => Some(sign_with_pin(&mut terminal, order, &binding)?),
            ReaderMode::Face | ReaderMode::Visual => None,
        };
        let (material, ticket) = match (number, order.road) {
            (NumberChoice::Ordinary, Road::InsuranceCode) => {
                (Material::Code(read_code(&mut terminal, order)?), None)
            }
            (NumberChoice::Ordinary, Road::Certificate) => {
                (Material::Certificate(read_certificate(&mut terminal)?), None)
            }
            // Another number is in the applet alone.
            (NumberChoice::Further(number), _) => read_code_for(&mut terminal, order, number)?,
            (NumberChoice::Unused, _) => read_code_for(&mut terminal, order, NO_NUMBER)?,
        };
        let statement = self.state(order, &nonce, &material, signature.as_deref());
        let proof = ReadProof { mode: order.mode, at: order.at, nonce, statement: statement.digest() };
        let presented = match material {
            Material::Code(code) => Presented::InsuranceCode { code, proof },
            Material::Certificate(der) => Presented::Certificate {
                certificate: BASE64.encode(&der),
                signature: signature.map(|bytes| BASE64.encode(&bytes)),
                proof,
            },
        };
        Ok((CardRead { presented, statement, face_name }, ticket))
    }

    fn at_card<T>(
        &self,
        card: &str,
        work: impl FnOnce(&mut VirtualCard) -> Result<T, ReaderError>,
    ) -> Result<T, ReaderError> {
        match self.tray.with_card(card, work) {
            Ok(Some(result)) => result,
            Ok(None) => Err(ReaderError::NoCard),
            Err(_) => Err(ReaderError::Card { command: "write", status: MEMORY_FAILURE }),
        }
    }

    fn state(
        &self,
        order: &ReadOrder,
        nonce: &str,
        material: &Material,
        signature: Option<&[u8]>,
    ) -> ReaderStatement {
        let mut digest = Sha256::new();
        match material {
            Material::Code(code) => digest.update(code.envelope.to_bytes()),
            Material::Certificate(der) => digest.update(der),
        }
        digest.update(signature.unwrap_or_default());
        let facts = ReaderFacts {
            institution: order.institution,
            terminal: order.terminal.clone(),
            mode: order.mode,
            at: order.at,
            nonce: nonce.to_owned(),
            material: HEXLOWER.encode(&digest.finalize()),
        };
        let signature = self.device.sign(&facts.canonical_bytes());
        ReaderStatement {
            facts,
            reader: HEXLOWER.encode(self.device.verifying_key().as_bytes()),
            signature: HEXLOWER.encode(&signature.to_bytes()),
        }
    }
}

impl ReaderPort for ReaderAgent {
    fn tray(&self) -> Vec<TrayCard> {
        self.tray.list()
    }

    fn read(&self, card: &str, order: &ReadOrder) -> Result<CardRead, ReaderError> {
        self.read_for(card, order, NumberChoice::Ordinary).map(|(read, _)| read)
    }

    fn numbers(&self, card: &str) -> Vec<u16> {
        // What the reader would learn by LIST NUMBERS while the card lies on it.
        let listed = self.tray.with_card(card, |card| card.memory.applet.numbers().collect());
        listed.ok().flatten().unwrap_or_default()
    }

    fn read_for(
        &self,
        card: &str,
        order: &ReadOrder,
        number: NumberChoice,
    ) -> Result<(CardRead, Option<Sealed>), ReaderError> {
        self.at_card(card, |card| self.read_card(card, order, number))
    }

    fn write_numbers(&self, card: &str, numbers: &Sealed) -> Result<(), ReaderError> {
        self.at_card(card, |card| {
            let mut terminal = Terminal::new(card);
            terminal
                .select_application(&INSURANCE_APPLET)
                .map_err(missing("insurance applet (保険資格AP)"))?;
            let data = sealed_data(&numbers.envelope, &numbers.context);
            terminal.command(WRITE_NUMBERS, &data).map(drop).map_err(card_error("WRITE NUMBERS"))
        })
    }

    fn device_keys(&self) -> Vec<String> {
        vec![HEXLOWER.encode(self.device.verifying_key().as_bytes())]
    }
}

/// PIN mode: the card checks the four digits and signs the desk's challenge with the authentication key.
fn sign_with_pin(
    terminal: &mut Terminal<'_>,
    order: &ReadOrder,
    binding: &[u8],
) -> Result<Vec<u8>, ReaderError> {
    // Anything but four digits would cost the holder a try for nothing.
    let pin =
        order.pin.as_deref().filter(|pin| pin.len() == 4 && pin.bytes().all(|byte| byte.is_ascii_digit()));
    let pin = pin.ok_or(ReaderError::PinNeeded)?;
    open_jpki(terminal)?;
    terminal.select_file(AUTHENTICATION_PIN).map_err(card_error("SELECT PIN"))?;
    terminal.verify(pin.as_bytes()).map_err(|status| match status.0 {
        0x63C0 | 0x6984 => ReaderError::PinBlocked,
        wrong if wrong & 0xFFF0 == 0x63C0 => ReaderError::WrongPin { tries_left: (wrong & 0x0F) as u8 },
        status => ReaderError::Card { command: "VERIFY", status },
    })?;
    terminal.select_file(AUTHENTICATION_KEY).map_err(card_error("SELECT KEY"))?;
    terminal.sign(binding).map_err(card_error("SIGN"))
}

fn read_certificate(terminal: &mut Terminal<'_>) -> Result<Vec<u8>, ReaderError> {
    open_jpki(terminal)?;
    terminal.select_file(AUTHENTICATION_CERTIFICATE).map_err(card_error("SELECT CERTIFICATE"))?;
    terminal.read_der_file().map_err(card_error("READ BINARY"))
}

/// What the card is told of a desk's order.
fn sealing(order: &ReadOrder) -> SealOrder {
    SealOrder {
        exchange: ExchangeId::new(order.at.as_millis()),
        at: order.at,
        nonce: order.nonce,
        recipient: order.eligibility_id,
        institution: order.institution,
    }
}

fn read_code_for(
    terminal: &mut Terminal<'_>,
    order: &ReadOrder,
    number: u16,
) -> Result<(Material, Option<Sealed>), ReaderError> {
    terminal.select_application(&INSURANCE_APPLET).map_err(missing("insurance applet (保険資格AP)"))?;
    let sealing = sealing(order);
    let mut data = sealing.encode(&order.eligibility);
    data.extend_from_slice(&number.to_be_bytes());
    let read = terminal.command(READ_FOR, &data).and_then(|body| read_for_answer(&body));
    let (envelope, ticket) = read.map_err(|status| match status {
        Status::CONDITIONS => ReaderError::Missing("insurance code (保険資格符号)"),
        Status::RECORD_NOT_FOUND => ReaderError::Missing("further number (別の番号)"),
        status => ReaderError::Card { command: "READ FOR", status: status.0 },
    })?;
    Ok((Material::Code(Sealed { envelope, context: sealing.context() }), ticket))
}

fn read_code(terminal: &mut Terminal<'_>, order: &ReadOrder) -> Result<Sealed, ReaderError> {
    terminal.select_application(&INSURANCE_APPLET).map_err(missing("insurance applet (保険資格AP)"))?;
    let sealing = sealing(order);
    let bytes = terminal.command(READ_SEALED, &sealing.encode(&order.eligibility)).map_err(|status| {
        if status == Status::CONDITIONS {
            ReaderError::Missing("insurance code (保険資格符号)")
        } else {
            ReaderError::Card { command: "READ SEALED", status: status.0 }
        }
    })?;
    let envelope = codes::Envelope::from_bytes(&bytes)
        .map_err(|_| ReaderError::Card { command: "READ SEALED", status: Status::WRONG_DATA.0 })?;
    Ok(Sealed { envelope, context: sealing.context() })
}

fn open_jpki(terminal: &mut Terminal<'_>) -> Result<(), ReaderError> {
    terminal.select_application(&JPKI).map_err(missing("authentication certificate (利用者証明用電子証明書)"))
}

fn missing(what: &'static str) -> impl Fn(Status) -> ReaderError {
    move |status| match status {
        Status::NOT_FOUND => ReaderError::Missing(what),
        other => ReaderError::Card { command: "SELECT", status: other.0 },
    }
}

fn card_error(command: &'static str) -> impl Fn(Status) -> ReaderError {
    move |status| ReaderError::Card { command, status: status.0 }
}

const JPKI: [u8; 10] = [0xD3, 0x92, 0xF0, 0x00, 0x26, 0x01, 0x00, 0x00, 0x00, 0x01];
const AUTHENTICATION_CERTIFICATE: u16 = 0x000A;
const AUTHENTICATION_KEY: u16 = 0x0017;
const AUTHENTICATION_PIN: u16 = 0x0018;
const MEMORY_FAILURE: u16 = 0x6581;
const DEVICE: &[u8] = b"reader/device";
