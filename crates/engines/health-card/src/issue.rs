//! Making a card.

use std::io::Write;

use data_encoding::BASE64URL_NOPAD;
use flate2::{Compression, write::DeflateEncoder};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use serde_json::{Value, json};
use thiserror::Error;

use crate::{keys::Key, numeric::MOST_IN_ONE};

/// The most characters of a card that one QR code holds.
pub const MOST_SINGLE_QR: usize = MOST_IN_ONE;

/// Why no card could be made.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum IssueError {
    /// The key is not a private JWK on P-256.
    #[error("the key is not a private JWK on P-256: {0}")]
    Key(String),
    /// The issuer is not a URL that keys can be published under.
    #[error("the issuer {0:?} is not an https URL without a trailing slash")]
    Issuer(String),
    /// The system would not sign.
    #[error("the card could not be signed")]
    Signing,
}

impl IssueError {
    /// The same in Japanese.
    pub fn ja(&self) -> String {
        match self {
            Self::Key(text) => format!("鍵がP-256の秘密鍵(JWK)ではありません: {text}"),
            Self::Issuer(url) => format!("発行者「{url}」は末尾に/のないhttpsのURLではありません"),
            Self::Signing => "署名できませんでした".to_owned(),
        }
    }
}

/// Somebody who issues cards.
pub struct Issuer {
    url: String,
    pair: EcdsaKeyPair,
    kid: String,
}

impl Issuer {
    /// An issuer by its URL and its private key, a JWK with `d`.
    ///
    /// # Errors
    /// When the URL or the key is not of the kind that cards need.
    pub fn new(url: &str, private_jwk: &str) -> Result<Self, IssueError> {
        if !crate::payload::is_issuer(url) {
            return Err(IssueError::Issuer(url.to_owned()));
        }
        let jwk: Value =
            serde_json::from_str(private_jwk).map_err(|error| IssueError::Key(error.to_string()))?;
        let jwk = jwk.get("keys").and_then(|keys| keys.get(0)).unwrap_or(&jwk);
        let number = |name: &str| {
            let text = jwk.get(name).and_then(Value::as_str).unwrap_or("");
            BASE64URL_NOPAD
                .decode(text.as_bytes())
                .ok()
                .filter(|bytes| bytes.len() == 32)
                .ok_or_else(|| IssueError::Key(format!("{name} of 32 bytes is expected")))
        };
        let (x, y, d) = (number("x")?, number("y")?, number("d")?);
        let point = [[4].as_slice(), &x, &y].concat();
        let pair = EcdsaKeyPair::from_private_key_and_public_key(
            &ECDSA_P256_SHA256_FIXED_SIGNING,
            &d,
            &point,
            &SystemRandom::new(),
        )
        .map_err(|error| IssueError::Key(error.to_string()))?;
        let kid = Key::thumbprint(&point);
        Ok(Self { url: url.to_owned(), pair, kid })
    }

    /// The key set to publish under `.well-known/jwks.json`, and to archive: cards outlive their issuers.
    pub fn public_keys(&self) -> Value {
        let point = self.pair.public_key().as_ref();
        let part = |from, to| BASE64URL_NOPAD.encode(point.get(from..to).unwrap_or_default());
        json!({"keys": [{
            "kty": "EC", "kid": self.kid, "use": "sig", "alg": "ES256", "crv": "P-256",
            "x": part(1, 33), "y": part(33, 65),
        }]})
    }

    /// A card over a FHIR bundle: the compact JWS. `issued` is in seconds since 1970; `rid` is the identifier by which
    /// it may be revoked; `types` are added to the health card's own.
    ///
    /// # Errors
    /// When the system would not sign.
    pub fn issue(
        &self,
        bundle: &Value,
        issued: i64,
        types: &[&str],
        rid: Option<&str>,
    ) -> Result<String, IssueError> {
        let mut all = vec!["https://smarthealth.cards#health-card"];
        all.extend(types);
        let mut vc = json!({
            "type": all,
            "credentialSubject": {"fhirVersion": "4.0.1", "fhirBundle": bundle},
        });
        if let (Some(rid), Some(members)) = (rid, vc.as_object_mut()) {
            members.insert("rid".to_owned(), Value::from(rid));
        }
        let payload = json!({"iss": self.url, "nbf": issued, "vc": vc}).to_string();
        let mut deflater = DeflateEncoder::new(Vec::new(), Compression::best());
        let deflated = deflater.write_all(payload.as_bytes()).and_then(|()| deflater.finish());
        let deflated = deflated.map_err(|_| IssueError::Signing)?;
        let header = json!({"zip": "DEF", "alg": "ES256", "kid": self.kid}).to_string();
        let signed =
            format!("{}.{}", BASE64URL_NOPAD.encode(header.as_bytes()), BASE64URL_NOPAD.encode(&deflated));
        let signature =
            self.pair.sign(&SystemRandom::new(), signed.as_bytes()).map_err(|_| IssueError::Signing)?;
        Ok(format!("{signed}.{}", BASE64URL_NOPAD.encode(signature.as_ref())))
    }
}
