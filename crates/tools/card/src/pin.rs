//! PINs: their form, their tries, their end.

use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroize;

use crate::apdu::Status;
use crate::layout::PinName;

/// What a PIN may look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Form {
    /// Exactly so many digits.
    Digits(u8),
    /// 6 to 16 capitals and digits.
    Capitals,
}

/// One PIN with its retry counter.
#[derive(Serialize, Deserialize)]
pub(crate) struct Pin {
    value: String,
    form: Form,
    tries: u8,
    left: u8,
    changeable: bool,
}

impl Pin {
    fn new(value: &str, form: Form, tries: u8, changeable: bool) -> Option<Self> {
        form.fits(value.as_bytes()).then(|| Self {
            value: value.into(),
            form,
            tries,
            left: tries,
            changeable,
        })
    }

    /// Compares; a wrong value costs a try, a right one restores them all.
    pub(crate) fn verify(&mut self, presented: &[u8]) -> Result<(), Status> {
        if self.left == 0 {
            return Err(Status::BLOCKED);
        }
        if bool::from(self.value.as_bytes().ct_eq(presented)) {
            self.left = self.tries;
            return Ok(());
        }
        self.left -= 1;
        Err(Status::tries_left(self.left))
    }

    /// Tries left, 0 when blocked.
    pub(crate) fn left(&self) -> u8 {
        self.left
    }

    /// Puts a new value in place of the old one, which the caller has verified.
    pub(crate) fn change(&mut self, value: &[u8]) -> Result<(), Status> {
        if !self.changeable {
            return Err(Status::CONDITIONS);
        }
        let text = std::str::from_utf8(value).ok().filter(|text| self.form.fits(text.as_bytes()));
        let text = text.ok_or(Status::WRONG_DATA)?;
        self.value.zeroize();
        self.value.push_str(text);
        Ok(())
    }
}

impl Form {
    fn fits(self, value: &[u8]) -> bool {
        match self {
            Self::Digits(count) => value.len() == usize::from(count) && value.iter().all(u8::is_ascii_digit),
            Self::Capitals => {
                (6..=16).contains(&value.len())
                    && value.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
            }
        }
    }
}

impl Drop for Pin {
    fn drop(&mut self) {
        self.value.zeroize();
    }
}

/// The values to start with.
#[derive(Clone)]
pub struct Pins {
    /// 利用者証明用: four digits.
    pub authentication: String,
    /// 署名用: six to sixteen capitals and digits.
    pub signing: String,
    /// 券面事項入力補助用: four digits.
    pub text: String,
}

impl Drop for Pins {
    fn drop(&mut self) {
        self.authentication.zeroize();
        self.signing.zeroize();
        self.text.zeroize();
    }
}

/// All PINs of a card.
#[derive(Serialize, Deserialize)]
pub(crate) struct PinSet {
    authentication: Pin,
    signing: Pin,
    text: Pin,
    text_a: Pin,
    text_b: Pin,
    surface_a: Pin,
    surface_b: Pin,
}

impl PinSet {
    /// `number` is the My Number's digits (照合番号A), `face` birth `YYYYMMDD`, expiry `YYYY` and the
    /// four-digit security code (照合番号B). `None` when a value has not the form of its PIN.
    pub(crate) fn new(pins: &Pins, number: &str, face: &str) -> Option<Self> {
        let reference_a = || Pin::new(number, Form::Digits(12), REFERENCE_TRIES, false);
        let reference_b = || Pin::new(face, Form::Digits(16), REFERENCE_TRIES, false);
        Some(Self {
            authentication: Pin::new(&pins.authentication, Form::Digits(4), 3, true)?,
            signing: Pin::new(&pins.signing, Form::Capitals, 5, true)?,
            text: Pin::new(&pins.text, Form::Digits(4), 3, true)?,
            text_a: reference_a()?,
            text_b: reference_b()?,
            surface_a: reference_a()?,
            surface_b: reference_b()?,
        })
    }

    pub(crate) fn named(&mut self, name: PinName) -> &mut Pin {
        match name {
            PinName::Authentication => &mut self.authentication,
            PinName::Signing => &mut self.signing,
            PinName::Text => &mut self.text,
            PinName::TextA => &mut self.text_a,
            PinName::TextB => &mut self.text_b,
            PinName::SurfaceA => &mut self.surface_a,
            PinName::SurfaceB => &mut self.surface_b,
        }
    }
}

/// Reference numbers are printed on the card, so they allow more slips than a secret does.
const REFERENCE_TRIES: u8 = 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_blocks_after_its_tries_and_a_right_one_restores_them() {
        let mut pin = Pin::new("1234", Form::Digits(4), 3, true).unwrap();
        assert_eq!(pin.verify(b"0000"), Err(Status::tries_left(2)));
        assert_eq!(pin.verify(b"1234"), Ok(()));
        for left in [2, 1, 0] {
            assert_eq!(pin.verify(b"12345"), Err(Status::tries_left(left)));
        }
        assert_eq!(pin.verify(b"1234"), Err(Status::BLOCKED));
    }

    #[test]
    fn a_new_value_must_have_the_form() {
        let mut pin = Pin::new("ABC123", Form::Capitals, 5, true).unwrap();
        assert_eq!(pin.change(b"abc123"), Err(Status::WRONG_DATA));
        assert_eq!(pin.change(b"ABCDEFGHIJKLMNOPQ"), Err(Status::WRONG_DATA));
        assert_eq!(pin.change(b"XYZ789"), Ok(()));
        assert_eq!(pin.verify(b"XYZ789"), Ok(()));
        let mut number = Pin::new("123456789012", Form::Digits(12), 10, false).unwrap();
        assert_eq!(number.change(b"123456789013"), Err(Status::CONDITIONS));
        assert!(Pin::new("12345", Form::Digits(4), 3, true).is_none());
    }
}
