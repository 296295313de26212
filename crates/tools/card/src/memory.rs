//! What a card keeps without power, and its sealed form on disk.

use calendar::Date;
use data_encoding::BASE64;
use my_number::MyNumber;
use protocol::eligibility::Sex;
use rsa::pkcs1v15::Pkcs1v15Sign;
use rsa::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _, EncodePublicKey as _};
use rsa::{RsaPrivateKey, RsaPublicKey};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::apdu::Status;
use crate::applet::Applet;
use crate::layout::DataName;
use crate::pin::PinSet;
use crate::{CardError, tlv};

/// What is printed on the card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Face {
    /// 氏名.
    pub name: String,
    /// 住所.
    pub address: String,
    /// 生年月日.
    pub birthdate: Date,
    /// 性別.
    pub sex: Sex,
    /// 有効期限 of the card.
    pub expires_on: Date,
    /// セキュリティコード: four digits.
    pub security_code: String,
    /// 製造番号: 15 characters.
    pub serial_number: String,
}

/// Everything that survives the card's leaving the reader.
#[derive(Serialize, Deserialize)]
pub(crate) struct Memory {
    pub face: Face,
    pub number: MyNumber,
    pub pins: PinSet,
    pub authentication: KeyFile,
    pub signing: Option<KeyFile>,
    pub applet: Applet,
    pub note_ja: String,
    pub note_en: String,
}

impl Memory {
    /// The bytes of a file; `None` when this card has no such file.
    pub(crate) fn file(&self, name: DataName) -> Option<Vec<u8>> {
        let signing = self.signing.as_ref();
        Some(match name {
            DataName::Token => TOKEN.to_vec(),
            DataName::AuthenticationCertificate => self.authentication.certificate.clone(),
            DataName::AuthenticationAuthority => self.authentication.authority.clone(),
            DataName::SigningCertificate => signing?.certificate.clone(),
            DataName::SigningAuthority => signing?.authority.clone(),
            DataName::MyNumber => self.number_file(),
            DataName::Attributes => self.attributes_file(),
            DataName::BasicInformation => tlv::group(0xFF40, &[&[1]]),
            DataName::Surface => self.surface_file(),
        })
    }

    /// 17 bytes: the number under its tag, and two of padding as drivers expect.
    fn number_file(&self) -> Vec<u8> {
        let mut out = Vec::new();
        tlv::put(&mut out, 0xDF10, digits(&self.number).as_bytes());
        out.extend_from_slice(&[0xFF, 0xFF]);
        out
    }

    fn attributes_file(&self) -> Vec<u8> {
        let face = &self.face;
        let birth = face.birthdate.to_compact();
        let fields = [face.name.as_bytes(), face.address.as_bytes(), birth.as_bytes(), sex(face.sex)];
        tlv::group(0xFF20, &fields)
    }

    /// The face as pictures. Names, address and photograph are blank pictures here, and the card authority's
    /// signature over them is left empty: nobody in the town takes the part of that authority.
    fn surface_file(&self) -> Vec<u8> {
        let face = &self.face;
        let birth = face.birthdate.to_compact();
        let expiry = face.expires_on.to_compact();
        let code = face.security_code.as_bytes();
        let fields: [&[u8]; 9] =
            [birth.as_bytes(), sex(face.sex), &[], BLANK_PNG, BLANK_PNG, &[], &[], expiry.as_bytes(), code];
        tlv::group(0xFF20, &fields)
    }
}

/// The digits of a number, erased when dropped.
pub(crate) fn digits(number: &MyNumber) -> Zeroizing<String> {
    Zeroizing::new(number.to_string())
}

fn sex(sex: Sex) -> &'static [u8] {
    // ISO 5218, as the text application writes it.
    match sex {
        Sex::Male => b"1",
        Sex::Female => b"2",
        Sex::Unset => b"9",
    }
}

/// A private key with its certificate and the certificate of who issued that.
#[derive(Serialize, Deserialize)]
pub(crate) struct KeyFile {
    #[serde(serialize_with = "write_key", deserialize_with = "read_key")]
    key: RsaPrivateKey,
    #[serde(serialize_with = "write_bytes", deserialize_with = "read_bytes")]
    pub certificate: Vec<u8>,
    #[serde(serialize_with = "write_bytes", deserialize_with = "read_bytes")]
    pub authority: Vec<u8>,
}

impl KeyFile {
    pub(crate) fn new(key: RsaPrivateKey, certificate: Vec<u8>, authority: Vec<u8>) -> Self {
        Self { key, certificate, authority }
    }

    /// PKCS#1 v1.5 over what the reader hashed and wrapped; the card takes it as it comes.
    pub(crate) fn sign_digest_info(&self, digest_info: &[u8]) -> Result<Vec<u8>, Status> {
        self.key
            .sign_with_rng(&mut rand::rng(), Pkcs1v15Sign::new_unprefixed(), digest_info)
            .map_err(|_| Status::WRONG_DATA)
    }
}

/// The public half as SubjectPublicKeyInfo, DER.
pub(crate) fn public_key_info(key: &RsaPrivateKey) -> Result<Vec<u8>, CardError> {
    let info =
        RsaPublicKey::from(key).to_public_key_der().map_err(|error| CardError::Key(error.to_string()))?;
    Ok(info.as_bytes().to_vec())
}

/// PKCS#1 v1.5 signature over `message` with SHA-256.
pub(crate) fn sign(key: &RsaPrivateKey, message: &[u8]) -> Result<Vec<u8>, CardError> {
    key.sign_with_rng(&mut rand::rng(), Pkcs1v15Sign::new_unprefixed(), &digest_info(message))
        .map_err(|error| CardError::Key(error.to_string()))
}

/// DigestInfo (RFC 8017 §9.2) of the SHA-256 of `message`.
pub(crate) fn digest_info(message: &[u8]) -> Vec<u8> {
    let mut out = DIGEST_INFO_SHA256.to_vec();
    out.extend_from_slice(&Sha256::digest(message));
    out
}

fn write_key<S: Serializer>(key: &RsaPrivateKey, serializer: S) -> Result<S::Ok, S::Error> {
    let pkcs8 = key.to_pkcs8_der().map_err(serde::ser::Error::custom)?;
    serializer.serialize_str(&Zeroizing::new(BASE64.encode(pkcs8.as_bytes())))
}

fn read_key<'de, D: Deserializer<'de>>(deserializer: D) -> Result<RsaPrivateKey, D::Error> {
    let text = Zeroizing::new(String::deserialize(deserializer)?);
    let pkcs8 = Zeroizing::new(BASE64.decode(text.as_bytes()).map_err(de::Error::custom)?);
    RsaPrivateKey::from_pkcs8_der(&pkcs8).map_err(de::Error::custom)
}

fn write_bytes<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&BASE64.encode(bytes))
}

fn read_bytes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    BASE64.decode(String::deserialize(deserializer)?.as_bytes()).map_err(de::Error::custom)
}

/// 32 bytes by which drivers know the application.
const TOKEN: &[u8; 32] = b"JPKIAPICCTOKEN2                 ";
const DIGEST_INFO_SHA256: [u8; 19] = [
    0x30, 0x31, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00,
    0x04, 0x20,
];
/// One white dot.
const BLANK_PNG: &[u8] = &[
    0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0x00, 0x00, 0x00, 0x0D, 0x49, 0x48, 0x44, 0x52, 0x00,
    0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x00, 0x00, 0x00, 0x00, 0x3A, 0x7E, 0x9B, 0x55, 0x00,
    0x00, 0x00, 0x0A, 0x49, 0x44, 0x41, 0x54, 0x78, 0xDA, 0x63, 0xF8, 0x0F, 0x00, 0x01, 0x01, 0x01, 0x00,
    0x1C, 0xB0, 0x8C, 0x99, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4E, 0x44, 0xAE, 0x42, 0x60, 0x82,
];
