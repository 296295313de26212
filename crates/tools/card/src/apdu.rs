//! Command and response units of ISO 7816-4, short form only: the card has no extended ones.

/// A status word, the last two bytes of every answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Status(pub u16);

impl Status {
    /// Done.
    pub const OK: Self = Self(0x9000);
    /// Fewer bytes than asked for: the file ends here.
    pub const END_OF_FILE: Self = Self(0x6282);
    /// Wrong length.
    pub const WRONG_LENGTH: Self = Self(0x6700);
    /// Command chaining is not known here.
    pub const NO_CHAINING: Self = Self(0x6884);
    /// The file is not of the kind that the command needs.
    pub const WRONG_FILE_KIND: Self = Self(0x6981);
    /// A PIN must be verified first.
    pub const SECURITY: Self = Self(0x6982);
    /// The PIN is blocked.
    pub const BLOCKED: Self = Self(0x6984);
    /// Not in this state.
    pub const CONDITIONS: Self = Self(0x6985);
    /// No file is selected.
    pub const NO_FILE: Self = Self(0x6986);
    /// The data field is wrong.
    pub const WRONG_DATA: Self = Self(0x6A80);
    /// No such application or file.
    pub const NOT_FOUND: Self = Self(0x6A82);
    /// No such record.
    pub const RECORD_NOT_FOUND: Self = Self(0x6A83);
    /// More data than the card takes.
    pub const NO_MEMORY: Self = Self(0x6A84);
    /// P1 or P2 are wrong.
    pub const WRONG_PARAMETERS: Self = Self(0x6A86);
    /// The offset is behind the end of the file.
    pub const WRONG_OFFSET: Self = Self(0x6B00);
    /// Instruction unknown.
    pub const UNKNOWN_INSTRUCTION: Self = Self(0x6D00);
    /// Class unknown.
    pub const UNKNOWN_CLASS: Self = Self(0x6E00);
    /// The card failed inside.
    pub const INTERNAL: Self = Self(0x6F00);

    /// Wrong PIN (or a question about it): how many tries are left, 0 to 15.
    pub const fn tries_left(tries: u8) -> Self {
        Self(0x63C0 | (tries & 0x0F) as u16)
    }

    /// More bytes wait for GET RESPONSE; 256 and more are written as 0.
    pub(crate) fn more(waiting: usize) -> Self {
        Self(0x6100 | u16::try_from(waiting).ok().filter(|count| *count < 256).unwrap_or(0))
    }
}

/// A command as the reader sent it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Command<'a> {
    /// CLA.
    pub class: u8,
    /// INS.
    pub instruction: u8,
    /// P1.
    pub p1: u8,
    /// P2.
    pub p2: u8,
    /// Data field, 0 to 255 bytes.
    pub data: &'a [u8],
    /// Le: how many bytes the reader takes, 1 to 256.
    pub expected: Option<usize>,
}

impl<'a> Command<'a> {
    /// Reads a command unit.
    ///
    /// # Errors
    /// [`Status::WRONG_LENGTH`] when the lengths disagree or the unit is an extended one.
    pub fn parse(apdu: &'a [u8]) -> Result<Self, Status> {
        let (&[class, instruction, p1, p2], rest) =
            apdu.split_first_chunk::<4>().ok_or(Status::WRONG_LENGTH)?;
        let (data, expected) = match *rest {
            [] => (&[][..], None),
            [le] => (&[][..], Some(length(le))),
            [0, ..] => return Err(Status::WRONG_LENGTH),
            [lc, ref tail @ ..] => {
                let (data, after) = tail.split_at_checked(usize::from(lc)).ok_or(Status::WRONG_LENGTH)?;
                match *after {
                    [] => (data, None),
                    [le] => (data, Some(length(le))),
                    _ => return Err(Status::WRONG_LENGTH),
                }
            }
        };
        Ok(Self { class, instruction, p1, p2, data, expected })
    }

    /// P1 and P2 as one number.
    pub(crate) fn offset(&self) -> usize {
        usize::from(self.p1) << 8 | usize::from(self.p2)
    }
}

fn length(le: u8) -> usize {
    if le == 0 { MAX_RESPONSE } else { usize::from(le) }
}

/// What one answer can carry before its status word.
pub(crate) const MAX_RESPONSE: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_four_short_cases_and_nothing_else() {
        let parse = Command::parse;
        assert_eq!(parse(&[0, 0x84, 0, 0]).unwrap().expected, None);
        assert_eq!(parse(&[0, 0x84, 0, 0, 0]).unwrap().expected, Some(256));
        assert_eq!(parse(&[0, 0xA4, 2, 12, 2, 0, 1]).unwrap().data, [0, 1]);
        assert_eq!(parse(&[0, 0xA4, 2, 12, 2, 0, 1, 4]).unwrap().expected, Some(4));
        for wrong in [&[][..], &[0, 1, 2], &[0, 0xA4, 2, 12, 3, 0, 1], &[0, 0xB0, 0, 0, 0, 1, 0], &[0; 9]] {
            assert_eq!(parse(wrong), Err(Status::WRONG_LENGTH), "{wrong:02X?}");
        }
    }
}
