//! The reader's side of the wire: commands as drivers send them, short units only.

use crate::VirtualCard;
use crate::apdu::Status;
use crate::memory::digest_info;

/// A card in the reader; leaves it when dropped.
pub(crate) struct Terminal<'a>(&'a mut VirtualCard);

impl<'a> Terminal<'a> {
    pub(crate) fn new(card: &'a mut VirtualCard) -> Self {
        card.remove();
        Self(card)
    }

    pub(crate) fn select_application(&mut self, name: &[u8]) -> Result<(), Status> {
        self.send(&unit([0x00, 0xA4, 0x04, 0x0C], name)).map(drop)
    }

    pub(crate) fn select_file(&mut self, id: u16) -> Result<(), Status> {
        self.send(&unit([0x00, 0xA4, 0x02, 0x0C], &id.to_be_bytes())).map(drop)
    }

    pub(crate) fn verify(&mut self, pin: &[u8]) -> Result<(), Status> {
        self.send(&unit([0x00, 0x20, 0x00, 0x80], pin)).map(drop)
    }

    /// Signs `message` (SHA-256, PKCS#1 v1.5) with the selected key.
    pub(crate) fn sign(&mut self, message: &[u8]) -> Result<Vec<u8>, Status> {
        let mut command = unit([0x80, 0x2A, 0x00, 0x80], &digest_info(message));
        command.push(0);
        self.send(&command)
    }

    /// Reads the selected file, whose first bytes say how long it is.
    pub(crate) fn read_der_file(&mut self) -> Result<Vec<u8>, Status> {
        let header = self.send(&[0x00, 0xB0, 0, 0, 4])?;
        let total = match *header.as_slice() {
            [_, short @ 0..=0x7F, ..] => usize::from(short) + 2,
            [_, 0x81, long, ..] => usize::from(long) + 3,
            [_, 0x82, high, low] => usize::from(u16::from_be_bytes([high, low])) + 4,
            _ => return Err(Status::WRONG_DATA),
        };
        let mut bytes = Vec::with_capacity(total);
        while bytes.len() < total {
            let at = u16::try_from(bytes.len()).map_err(|_| Status::WRONG_OFFSET)?.to_be_bytes();
            let part = self.send(&[0x00, 0xB0, at[0], at[1], 0])?;
            bytes.extend_from_slice(&part);
        }
        bytes.truncate(total);
        Ok(bytes)
    }

    /// A command of the insurance applet, its data in as many units as it takes.
    pub(crate) fn command(&mut self, instruction: u8, data: &[u8]) -> Result<Vec<u8>, Status> {
        let mut parts = data.chunks(255).peekable();
        while let Some(part) = parts.next() {
            let class = if parts.peek().is_some() { 0x90 } else { 0x80 };
            let mut command = unit([class, instruction, 0, 0], part);
            if class == 0x80 {
                command.push(0);
                return self.send(&command);
            }
            self.send(&command)?;
        }
        self.send(&[0x80, instruction, 0, 0, 0])
    }

    fn send(&mut self, command: &[u8]) -> Result<Vec<u8>, Status> {
        let mut body = Vec::new();
        let mut answer = self.0.transmit(command);
        loop {
            let (part, status) = answer.split_last_chunk::<2>().ok_or(Status::INTERNAL)?;
            body.extend_from_slice(part);
            match *status {
                [0x90, 0x00] => return Ok(body),
                [0x61, more] => answer = self.0.transmit(&[0x00, 0xC0, 0, 0, more]),
                status => return Err(Status(u16::from_be_bytes(status))),
            }
        }
    }
}

impl Drop for Terminal<'_> {
    fn drop(&mut self) {
        self.0.remove();
    }
}

/// A command unit with data of at most 255 bytes; longer data would be cut, and no caller has any.
fn unit(header: [u8; 4], data: &[u8]) -> Vec<u8> {
    let mut out = header.to_vec();
    out.push(data.len() as u8);
    out.extend_from_slice(data);
    out
}
