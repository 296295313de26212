//! Issuers' keys: JSON Web Key Sets, from files.

use std::collections::BTreeMap;

use data_encoding::BASE64URL_NOPAD;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::{
    certificate,
    problem::{Code, Problem},
};

/// A public key on P-256.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    kid: String,
    /// `04 ‖ x ‖ y`.
    point: Vec<u8>,
    /// The version of its revocation list, where it has one.
    revocation_version: Option<u64>,
}

impl Key {
    /// Its identifier: the thumbprint.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    pub(crate) fn point(&self) -> &[u8] {
        &self.point
    }

    pub(crate) fn revocation_version(&self) -> Option<u64> {
        self.revocation_version
    }

    /// The thumbprint of a point (RFC 7638).
    pub(crate) fn thumbprint(point: &[u8]) -> String {
        let x = BASE64URL_NOPAD.encode(point.get(1..33).unwrap_or_default());
        let y = BASE64URL_NOPAD.encode(point.get(33..65).unwrap_or_default());
        let canonical = format!("{{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"{x}\",\"y\":\"{y}\"}}");
        BASE64URL_NOPAD.encode(&Sha256::digest(canonical.as_bytes()))
    }
}

/// The keys that are known, by issuer.
#[derive(Debug, Clone, Default)]
pub struct KeySet {
    issuers: BTreeMap<String, Vec<Key>>,
}

impl KeySet {
    /// Takes an issuer's key set (`{"keys": […]}`, or one key alone); keys with an error are left out. What is
    /// wrong is told.
    pub fn add(&mut self, issuer: &str, text: &str) -> Vec<Problem> {
        let mut problems = Vec::new();
        let parsed: Value = match serde_json::from_str(text) {
            Ok(parsed) => parsed,
            Err(error) => return vec![Problem::error(Code::Json, format!("the key set: {error}"))],
        };
        let single = [parsed.clone()];
        let keys = match parsed.get("keys").and_then(Value::as_array) {
            Some(keys) => keys.as_slice(),
            None if parsed.get("kty").is_some() => &single,
            None => return vec![Problem::error(Code::Schema, "the key set has no keys")],
        };
        for key in keys {
            if let Some(key) = read(key, issuer, &mut problems) {
                self.issuers.entry(issuer.to_owned()).or_default().push(key);
            }
        }
        problems
    }

    /// The keys of an issuer.
    pub fn of(&self, issuer: &str) -> Option<&[Key]> {
        self.issuers.get(issuer).map(Vec::as_slice)
    }
}

fn read(jwk: &Value, issuer: &str, problems: &mut Vec<Problem>) -> Option<Key> {
    let text = |name: &str| jwk.get(name).and_then(Value::as_str);
    let before = problems.len();
    let mut wrong = |code, text: String| problems.push(Problem::error(code, text));
    if text("kty") != Some("EC") {
        wrong(Code::KeyType, format!("kty is {:?}, EC is expected", text("kty")));
        return None;
    }
    if text("use") != Some("sig") {
        wrong(Code::KeyUse, format!("use is {:?}, sig is expected", text("use")));
    }
    if text("alg") != Some("ES256") || text("crv") != Some("P-256") {
        wrong(
            Code::KeyAlgorithm,
            format!("{:?} on {:?}; ES256 on P-256 is expected", text("alg"), text("crv")),
        );
        return None;
    }
    if jwk.get("d").is_some() {
        wrong(Code::KeyPrivate, "d is not to be published".to_owned());
    }
    let number = |name: &str| {
        let bytes = BASE64URL_NOPAD.decode(text(name)?.as_bytes()).ok()?;
        (bytes.len() == 32).then_some(bytes)
    };
    let (Some(x), Some(y)) = (number("x"), number("y")) else {
        wrong(Code::KeyAlgorithm, "x and y of 32 bytes are expected".to_owned());
        return None;
    };
    let point = [[4].as_slice(), &x, &y].concat();
    let thumbprint = Key::thumbprint(&point);
    if text("kid") != Some(thumbprint.as_str()) {
        wrong(Code::KeyId, format!("kid is {:?}, the thumbprint is {thumbprint}", text("kid")));
    }
    if let Some(chain) = jwk.get("x5c") {
        let chain: Vec<&str> =
            chain.as_array().map(|all| all.iter().filter_map(Value::as_str).collect()).unwrap_or_default();
        if let Err(text) = certificate::check(&chain, &point, issuer) {
            problems.push(Problem::error(Code::KeyCertificate, text));
        }
    }
    let revocation_version = jwk.get("crlVersion").and_then(Value::as_u64);
    (problems.len() == before).then_some(Key { kid: thumbprint, point, revocation_version })
}
