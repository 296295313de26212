//! Which applications and files the card has, and what opens them (FORMATS §6.1).

/// An application on the card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Application {
    /// JPKI: 公的個人認証.
    Jpki,
    /// 券面事項入力補助: number and text of the card's face.
    Text,
    /// 券面確認: the card's face as pictures.
    Surface,
    /// The unnamed one with the 製造番号.
    Serial,
    /// Ours: the insurance code (docs/formats/card-applet.md).
    Insurance,
}

/// A PIN of the card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PinName {
    /// 利用者証明用: four digits.
    Authentication,
    /// 署名用: six to sixteen capitals and digits.
    Signing,
    /// 券面事項入力補助用: four digits.
    Text,
    /// 照合番号A of the text application: the My Number.
    TextA,
    /// 照合番号B of the text application: birth, expiry, security code.
    TextB,
    /// 照合番号A of the surface application.
    SurfaceA,
    /// 照合番号B of the surface application.
    SurfaceB,
}

/// A file with bytes in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DataName {
    Token,
    AuthenticationCertificate,
    AuthenticationAuthority,
    SigningCertificate,
    SigningAuthority,
    MyNumber,
    Attributes,
    BasicInformation,
    Surface,
}

/// What a file identifier leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileKind {
    /// Bytes, readable after one of these PINs; after none when the list is empty.
    Data(DataName, &'static [PinName]),
    /// A PIN.
    Pin(PinName),
    /// A private key, usable after this PIN.
    Key(PinName),
}

impl Application {
    pub(crate) fn by_name(name: &[u8]) -> Option<Self> {
        NAMES.iter().find(|(known, _)| *known == name).map(|(_, application)| *application)
    }

    /// The application's own name.
    pub(crate) fn name(self) -> &'static [u8] {
        NAMES.iter().find(|(_, application)| *application == self).map_or(&[], |(name, _)| name)
    }

    pub(crate) fn file(self, id: u16) -> Option<FileKind> {
        use DataName as D;
        use FileKind::{Data, Key, Pin};
        use PinName as P;
        Some(match (self, id) {
            (Self::Jpki, 0x0006) => Data(D::Token, &[]),
            (Self::Jpki, 0x000A) => Data(D::AuthenticationCertificate, &[]),
            (Self::Jpki, 0x000B) => Data(D::AuthenticationAuthority, &[]),
            (Self::Jpki, 0x0001) => Data(D::SigningCertificate, &[P::Signing]),
            (Self::Jpki, 0x0002) => Data(D::SigningAuthority, &[]),
            (Self::Jpki, 0x0017) => Key(P::Authentication),
            (Self::Jpki, 0x0018) => Pin(P::Authentication),
            (Self::Jpki, 0x001A) => Key(P::Signing),
            (Self::Jpki, 0x001B) => Pin(P::Signing),
            (Self::Text, 0x0001) => Data(D::MyNumber, &[P::Text, P::TextA]),
            (Self::Text, 0x0002) => Data(D::Attributes, &[P::Text, P::TextB]),
            (Self::Text, 0x0005) => Data(D::BasicInformation, &[]),
            (Self::Text, 0x0011) => Pin(P::Text),
            (Self::Text, 0x0014) => Pin(P::TextA),
            (Self::Text, 0x0015) => Pin(P::TextB),
            (Self::Surface, 0x0002) => Data(D::Surface, &[P::SurfaceA, P::SurfaceB]),
            (Self::Surface, 0x0003) => Data(D::MyNumber, &[P::SurfaceA]),
            (Self::Surface, 0x0012) => Pin(P::SurfaceB),
            (Self::Surface, 0x0013) => Pin(P::SurfaceA),
            _ => return None,
        })
    }
}

/// Name of the insurance applet: proprietary and unregistered (`F0`, ISO 7816-5), `MUSUBI`, version 1.
pub const INSURANCE_APPLET: [u8; 8] = *b"\xF0MUSUBI\x01";

const NAMES: [(&[u8], Application); 5] = [
    (&[0xD3, 0x92, 0xF0, 0x00, 0x26, 0x01, 0x00, 0x00, 0x00, 0x01], Application::Jpki),
    (&[0xD3, 0x92, 0x10, 0x00, 0x31, 0x00, 0x01, 0x01, 0x04, 0x08], Application::Text),
    (&[0xD3, 0x92, 0x10, 0x00, 0x31, 0x00, 0x01, 0x01, 0x04, 0x02], Application::Surface),
    (&[0xD3, 0x92, 0x10, 0x00, 0x31, 0x00, 0x01, 0x01, 0x01, 0x00], Application::Serial),
    (&INSURANCE_APPLET, Application::Insurance),
];
