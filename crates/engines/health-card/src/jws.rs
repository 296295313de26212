//! The compact JWS: header, deflated payload, signature.

use std::io::Read;

use data_encoding::BASE64URL_NOPAD;
use flate2::read::DeflateDecoder;
use ring::signature;
use serde_json::Value;

use crate::{
    keys::Key,
    numeric::MOST_IN_ONE,
    problem::{Code, Problem},
};

/// More than any card inflates to: a guard against bombs.
const MOST_PAYLOAD: u64 = 4 * 1024 * 1024;

/// A JWS, taken apart.
pub(crate) struct Jws<'a> {
    /// What is signed.
    signed: &'a str,
    pub kid: Option<String>,
    signature: Vec<u8>,
    /// The payload, when it inflates and is JSON.
    pub payload: Option<Value>,
}

/// Takes a JWS apart; what is wrong with its shape is told.
pub(crate) fn read<'a>(text: &'a str, problems: &mut Vec<Problem>) -> Option<Jws<'a>> {
    let trimmed = text.trim_start_matches('\u{feff}').trim();
    if trimmed != text {
        problems.push(Problem::warning(Code::TrailingCharacters, "characters around the JWS"));
    }
    if trimmed.len() > MOST_IN_ONE {
        problems.push(Problem::warning(
            Code::JwsTooLong,
            format!("{} characters; one QR code holds {MOST_IN_ONE}", trimmed.len()),
        ));
    }
    let mut parts = trimmed.split('.');
    let (Some(header), Some(payload), Some(signature), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        problems.push(Problem::error(Code::JwsFormat, "three parts between dots are expected"));
        return None;
    };
    let decoded = [header, payload, signature].map(|part| BASE64URL_NOPAD.decode(part.as_bytes()).ok());
    let [Some(header_bytes), Some(payload_bytes), Some(signature_bytes)] = decoded else {
        problems.push(Problem::error(Code::JwsFormat, "a part is not base64url"));
        return None;
    };
    let kid = read_header(&header_bytes, problems);
    let payload_text = inflate(&payload_bytes, problems);
    let payload = payload_text.and_then(|text| match serde_json::from_slice(&text) {
        Ok(Value::Object(claims)) => Some(Value::Object(claims)),
        Ok(_) => {
            problems.push(Problem::error(Code::Json, "the payload is not a JSON object"));
            None
        }
        Err(error) => {
            problems.push(Problem::error(Code::Json, format!("the payload: {error}")));
            None
        }
    });
    let signed = trimmed.rsplit_once('.').map_or("", |(signed, _)| signed);
    Some(Jws { signed, kid, signature: signature_bytes, payload })
}

fn read_header(bytes: &[u8], problems: &mut Vec<Problem>) -> Option<String> {
    let header: Value = match serde_json::from_slice(bytes) {
        Ok(header) => header,
        Err(error) => {
            problems.push(Problem::error(Code::JwsHeader, format!("not JSON: {error}")));
            return None;
        }
    };
    let text = |name: &str| header.get(name).and_then(Value::as_str);
    let mut wrong = Vec::new();
    if text("alg") != Some("ES256") {
        wrong.push("alg ES256");
    }
    if text("zip") != Some("DEF") {
        wrong.push("zip DEF");
    }
    if text("kid").is_none() {
        wrong.push("kid");
    }
    if !wrong.is_empty() {
        problems.push(Problem::error(Code::JwsHeader, format!("expected: {}", wrong.join(", "))));
    }
    text("kid").map(str::to_owned)
}

fn inflate(bytes: &[u8], problems: &mut Vec<Problem>) -> Option<Vec<u8>> {
    let mut text = Vec::new();
    let read = DeflateDecoder::new(bytes).take(MOST_PAYLOAD + 1).read_to_end(&mut text);
    let problem = match read {
        Err(error) => Some(format!("the payload does not inflate: {error}")),
        Ok(_) if text.len() as u64 > MOST_PAYLOAD => Some("the payload inflates to too much".to_owned()),
        Ok(_) if text.is_empty() => Some("the payload is empty".to_owned()),
        Ok(_) => None,
    };
    match problem {
        None => Some(text),
        Some(problem) => {
            problems.push(Problem::error(Code::Inflation, problem));
            // What was not deflated at all may still be read, to say what else is wrong.
            bytes.starts_with(b"{").then(|| bytes.to_vec())
        }
    }
}

impl Jws<'_> {
    /// Whether one of the issuer's keys signed it.
    pub(crate) fn check(&self, keys: &[Key], problems: &mut Vec<Problem>) {
        if self.signature.len() != 64 {
            problems.push(Problem::error(
                Code::SignatureFormat,
                format!("{} bytes; 64 (r and s) are expected", self.signature.len()),
            ));
            return;
        }
        let key = self.kid.as_ref().and_then(|kid| keys.iter().find(|key| key.kid() == kid));
        let verified = key.is_some_and(|key| {
            signature::UnparsedPublicKey::new(&signature::ECDSA_P256_SHA256_FIXED, key.point())
                .verify(self.signed.as_bytes(), &self.signature)
                .is_ok()
        });
        if !verified {
            let text = match key {
                Some(_) => "the signature is not this key's over this content",
                None => "the issuer has no key of this kid",
            };
            problems.push(Problem::error(Code::Signature, text));
        }
    }
}
