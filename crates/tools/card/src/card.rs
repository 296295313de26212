//! The card as a machine that answers command units.

use rand::Rng as _;
use zeroize::Zeroizing;

use crate::apdu::{Command, MAX_RESPONSE, Status};
use crate::applet::Applet;
use crate::layout::{Application, FileKind, PinName};
use crate::memory::Memory;

/// 個人番号カード: a My Number card in memory. What a reader sends goes into [`VirtualCard::transmit`]; what
/// comes out is what a card of FORMATS §6 answers.
pub struct VirtualCard {
    pub(crate) memory: Memory,
    session: Session,
    changed: bool,
}

/// What the card forgets when it leaves the reader.
#[derive(Default)]
struct Session {
    application: Option<Application>,
    file: Option<FileKind>,
    verified: Vec<PinName>,
    /// Bytes of an answer that did not fit, waiting for GET RESPONSE.
    waiting: Vec<u8>,
    /// Data of a command that arrives in several units.
    chained: Zeroizing<Vec<u8>>,
}

impl VirtualCard {
    pub(crate) fn new(memory: Memory) -> Self {
        Self { memory, session: Session::default(), changed: false }
    }

    /// Answers one command unit: data and status word. Any bytes are answered; nothing panics.
    pub fn transmit(&mut self, apdu: &[u8]) -> Vec<u8> {
        let (mut answer, status) = match Command::parse(apdu) {
            Ok(command) => self.answer(&command),
            Err(status) => (Vec::new(), status),
        };
        answer.extend_from_slice(&status.0.to_be_bytes());
        answer
    }

    /// Takes the card off the reader: selection, verified PINs and unfinished commands are gone.
    pub fn remove(&mut self) {
        self.session = Session::default();
    }

    /// True once after something was written that must survive (a try of a PIN, a new PIN, the applet).
    pub fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.changed)
    }

    fn answer(&mut self, command: &Command<'_>) -> (Vec<u8>, Status) {
        if command.instruction == GET_RESPONSE && command.class == 0 {
            return self.rest(command);
        }
        self.session.waiting.clear();
        match self.dispatch(command) {
            Ok((body, status)) => self.fit(body, status, command.expected),
            Err(status) => (Vec::new(), status),
        }
    }

    fn dispatch(&mut self, command: &Command<'_>) -> Result<(Vec<u8>, Status), Status> {
        let in_applet = self.session.application == Some(Application::Insurance);
        match (command.class, command.instruction) {
            (0x80 | 0x90, _) if in_applet => return self.applet(command).map(done),
            (0x10, _) | (0x90, _) => return Err(Status::NO_CHAINING),
            _ => self.session.chained.clear(),
        }
        match (command.class, command.instruction) {
            (0x00, SELECT) => self.select(command).map(done),
            (0x00, VERIFY) => self.verify(command).map(|()| done(Vec::new())),
            (0x00, CHANGE_PIN) => self.change_pin(command).map(|()| done(Vec::new())),
            (0x00, READ_BINARY) => self.read_binary(command),
            (0x00, READ_RECORD) => self.read_record(command).map(done),
            (0x00, GET_CHALLENGE) => challenge(command).map(done),
            (0x80, SIGN) => self.sign(command).map(done),
            (0x00 | 0x80, _) => Err(Status::UNKNOWN_INSTRUCTION),
            _ => Err(Status::UNKNOWN_CLASS),
        }
    }

    fn select(&mut self, command: &Command<'_>) -> Result<Vec<u8>, Status> {
        match (command.p1, command.data) {
            (BY_NAME, name) => {
                let application = Application::by_name(name).ok_or(Status::NOT_FOUND)?;
                self.session = Session { application: Some(application), ..Session::default() };
                Ok(if command.p2 & NO_CONTROL_INFORMATION == 0 {
                    control_information(application)
                } else {
                    Vec::new()
                })
            }
            (BY_FILE, &[high, low]) => {
                let application = self.session.application.ok_or(Status::NOT_FOUND)?;
                let file = application.file(u16::from_be_bytes([high, low])).ok_or(Status::NOT_FOUND)?;
                if matches!(file, FileKind::Data(name, _) if self.memory.file(name).is_none()) {
                    return Err(Status::NOT_FOUND);
                }
                self.session.file = Some(file);
                Ok(Vec::new())
            }
            (BY_FILE, _) => Err(Status::WRONG_LENGTH),
            _ => Err(Status::WRONG_PARAMETERS),
        }
    }

    fn read_binary(&mut self, command: &Command<'_>) -> Result<(Vec<u8>, Status), Status> {
        // A set high bit would name a file by its short identifier, which no driver seen does.
        if command.p1 & 0x80 != 0 {
            return Err(Status::WRONG_PARAMETERS);
        }
        if !command.data.is_empty() {
            return Err(Status::WRONG_LENGTH);
        }
        let Some(file) = self.session.file else { return Err(Status::NO_FILE) };
        let FileKind::Data(name, openers) = file else { return Err(Status::WRONG_FILE_KIND) };
        if !openers.is_empty() && !openers.iter().any(|pin| self.session.verified.contains(pin)) {
            return Err(Status::SECURITY);
        }
        let bytes = self.memory.file(name).ok_or(Status::NOT_FOUND)?;
        let rest =
            bytes.get(command.offset()..).filter(|rest| !rest.is_empty()).ok_or(Status::WRONG_OFFSET)?;
        let wanted = command.expected.unwrap_or(MAX_RESPONSE);
        let part = rest.get(..wanted).unwrap_or(rest).to_vec();
        // Le 00 asks for whatever is there; a shorter answer to any other length carries the warning.
        let status =
            if part.len() < wanted && wanted != MAX_RESPONSE { Status::END_OF_FILE } else { Status::OK };
        Ok((part, status))
    }

    fn read_record(&self, command: &Command<'_>) -> Result<Vec<u8>, Status> {
        if self.session.application != Some(Application::Serial) {
            return Err(Status::NO_FILE);
        }
        if command.p2 != FIRST_SHORT_FILE_BY_NUMBER {
            return Err(Status::WRONG_PARAMETERS);
        }
        if command.p1 != 1 {
            return Err(Status::RECORD_NOT_FOUND);
        }
        Ok(self.memory.face.serial_number.clone().into_bytes())
    }

    fn verify(&mut self, command: &Command<'_>) -> Result<(), Status> {
        let name = self.selected_pin(command, 0x00)?;
        let pin = self.memory.pins.named(name);
        if command.data.is_empty() {
            // A question, not a try: always answered with the counter, even when already verified.
            return Err(Status::tries_left(pin.left()));
        }
        self.changed = true;
        self.session.verified.retain(|verified| *verified != name);
        pin.verify(command.data)?;
        self.session.verified.push(name);
        Ok(())
    }

    fn change_pin(&mut self, command: &Command<'_>) -> Result<(), Status> {
        let name = self.selected_pin(command, 0x01)?;
        if !self.session.verified.contains(&name) {
            return Err(Status::SECURITY);
        }
        self.memory.pins.named(name).change(command.data)?;
        self.changed = true;
        Ok(())
    }

    fn selected_pin(&self, command: &Command<'_>, p1: u8) -> Result<PinName, Status> {
        if (command.p1, command.p2) != (p1, SELECTED_PIN) {
            return Err(Status::WRONG_PARAMETERS);
        }
        match self.session.file {
            Some(FileKind::Pin(name)) => Ok(name),
            Some(_) => Err(Status::WRONG_FILE_KIND),
            None => Err(Status::NO_FILE),
        }
    }

    fn sign(&self, command: &Command<'_>) -> Result<Vec<u8>, Status> {
        if (command.p1, command.p2) != (0x00, 0x80) {
            return Err(Status::WRONG_PARAMETERS);
        }
        let pin = match self.session.file {
            Some(FileKind::Key(pin)) => pin,
            Some(_) => return Err(Status::WRONG_FILE_KIND),
            None => return Err(Status::NO_FILE),
        };
        if !self.session.verified.contains(&pin) {
            return Err(Status::SECURITY);
        }
        if command.data.is_empty() {
            return Err(Status::WRONG_LENGTH);
        }
        let key = match pin {
            PinName::Signing => self.memory.signing.as_ref().ok_or(Status::CONDITIONS)?,
            _ => &self.memory.authentication,
        };
        key.sign_digest_info(command.data)
    }

    /// Commands of the insurance applet; data may arrive in several units (class 90, then 80).
    fn applet(&mut self, command: &Command<'_>) -> Result<Vec<u8>, Status> {
        if self.session.chained.len() + command.data.len() > MAX_CHAINED {
            self.session.chained.clear();
            return Err(Status::NO_MEMORY);
        }
        self.session.chained.extend_from_slice(command.data);
        if command.class == 0x90 {
            return Ok(Vec::new());
        }
        let data = std::mem::take(&mut self.session.chained);
        let applet: &mut Applet = &mut self.memory.applet;
        let answer = applet.execute(command.instruction, command.offset(), &data)?;
        self.changed |= answer.written;
        Ok(answer.body)
    }

    /// Cuts an answer to what the reader takes; the rest waits for GET RESPONSE.
    fn fit(&mut self, mut body: Vec<u8>, status: Status, expected: Option<usize>) -> (Vec<u8>, Status) {
        let room = expected.unwrap_or(0);
        if body.len() <= room {
            return (body, status);
        }
        self.session.waiting = body.split_off(room);
        (body, Status::more(self.session.waiting.len()))
    }

    fn rest(&mut self, command: &Command<'_>) -> (Vec<u8>, Status) {
        if self.session.waiting.is_empty() {
            return (Vec::new(), Status::CONDITIONS);
        }
        let body = std::mem::take(&mut self.session.waiting);
        self.fit(body, Status::OK, command.expected.or(Some(MAX_RESPONSE)))
    }
}

fn done(body: Vec<u8>) -> (Vec<u8>, Status) {
    (body, Status::OK)
}

fn challenge(command: &Command<'_>) -> Result<Vec<u8>, Status> {
    if (command.p1, command.p2) != (0, 0) {
        return Err(Status::WRONG_PARAMETERS);
    }
    let mut bytes = vec![0; command.expected.ok_or(Status::WRONG_LENGTH)?];
    rand::rng().fill_bytes(&mut bytes);
    Ok(bytes)
}

fn control_information(application: Application) -> Vec<u8> {
    let name = application.name();
    let mut out = vec![0x6F, name.len() as u8 + 2, 0x84, name.len() as u8];
    out.extend_from_slice(name);
    out
}

const SELECT: u8 = 0xA4;
const VERIFY: u8 = 0x20;
const CHANGE_PIN: u8 = 0x24;
const READ_BINARY: u8 = 0xB0;
const READ_RECORD: u8 = 0xB2;
const GET_CHALLENGE: u8 = 0x84;
const GET_RESPONSE: u8 = 0xC0;
const SIGN: u8 = 0x2A;
const BY_NAME: u8 = 0x04;
const BY_FILE: u8 = 0x02;
const NO_CONTROL_INFORMATION: u8 = 0x0C;
const SELECTED_PIN: u8 = 0x80;
const FIRST_SHORT_FILE_BY_NUMBER: u8 = 0x0C;
/// Eight further numbers with their links take about five thousand bytes.
const MAX_CHAINED: usize = 8192;
