//! Linkage without names: keyed Bloom filters (CLK, cryptographic long-term keys) as PyPI `clkhash` makes them, and the
//! comparison of such encodings by Dice's coefficient as `anonlink` does it.
//!
//! One filter a record: the n-grams of every field set bits chosen by a keyed hash (BLAKE2b, `blakeHash` of clkhash's linkage
//! schema 3; its older double hashing with MD5 and SHA-1 is not made here, but filters made with it are compared all the same),
//! folded by XOR where the schema says so. A filter is no anonymous value: who has the key, or enough filters and a register of
//! the same people, can find names again. It goes only to a partner who was told so.

#![expect(clippy::indexing_slicing, reason = "bits are taken modulo the size of the filter that holds them")]

mod alike;

use std::io::Read;

use blake2::Blake2bMac512;
use data_encoding::BASE64;
use hmac::{Hmac, KeyInit, Mac};
use serde::Deserialize;
use sha2::Sha256;

pub use self::alike::{Clk, one_to_one, similar};
use crate::{
    config::{Config, FieldConfig, Kind},
    error::LinkError,
    rows::Rows,
};

/// How records are encoded: clkhash's linkage schema, version 3, with n-gram and exact comparisons.
#[derive(Clone, Debug, PartialEq)]
pub struct Schema {
    /// Bits of a filter after folding; a power of two.
    pub bits: usize,
    /// How often the filter is folded to half its size by XOR.
    pub folds: u32,
    salt: Vec<u8>,
    info: Vec<u8>,
    key_size: usize,
    /// The fields in their order; those that are not hashed too.
    pub fields: Vec<FieldSchema>,
}

/// How one field is encoded.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldSchema {
    /// Its name.
    pub name: String,
    /// Its comparison and strategy; absent for a field that is left out.
    pub hashing: Option<(Tokens, Strategy)>,
    /// A text that says that the value is missing, and what is encoded instead of it.
    pub missing: Option<(String, String)>,
}

/// What a text is taken apart into.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Tokens {
    /// n-grams, and whether their place in the text counts.
    Ngrams(usize, bool),
    /// The text as one.
    Exact,
}

/// How many bits a field sets.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Strategy {
    /// So many for each token.
    BitsPerToken(u32),
    /// So many for the whole field, shared among its tokens.
    BitsPerFeature(u32),
}

/// The keys of a schema, one for each field.
pub struct Keys(Vec<Vec<u8>>);

impl Schema {
    /// Reads a linkage schema.
    ///
    /// # Errors
    /// When it is not JSON of version 3, or asks for what is not made here.
    pub fn from_json(text: &str) -> Result<Self, LinkError> {
        let wrong = |problem: String| LinkError::Damaged { what: "CLK schema".to_owned(), problem };
        let json: Json = serde_json::from_str(text).map_err(|e| wrong(e.to_string()))?;
        let config = json.clk_config;
        let (bits, folds) = (config.l, config.xor_folds);
        if json.version != 3 || folds > 8 || !(64..=1 << 16).contains(&bits) || !bits.is_power_of_two() {
            return Err(wrong(
                "expected version 3, l a power of two from 64 to 65536, at most 8 folds".to_owned(),
            ));
        }
        if config.kdf.kind != "HKDF"
            || config.kdf.hash != "SHA256"
            || !(1..=64).contains(&config.kdf.key_size)
        {
            return Err(wrong(
                "expected the key derivation HKDF with SHA256 and keys of 1 to 64 bytes".to_owned(),
            ));
        }
        let base64 = |text: &str| BASE64.decode(text.as_bytes()).map_err(|e| wrong(e.to_string()));
        let mut fields = Vec::new();
        for feature in json.features {
            let name = feature.identifier;
            let (mut hashing, mut missing) = (None, None);
            if let Some(asked) = feature.hashing {
                hashing = Some((asked.tokens(&name).map_err(wrong)?, asked.strategy));
                missing =
                    asked.missing_value.map(|m| (m.sentinel.clone(), m.replace_with.unwrap_or(m.sentinel)));
            }
            fields.push(FieldSchema { name, hashing, missing });
        }
        let kdf = &config.kdf;
        Ok(Self {
            bits,
            folds,
            salt: base64(&kdf.salt)?,
            info: base64(&kdf.info)?,
            key_size: kdf.key_size,
            fields,
        })
    }

    /// The records of a CSV file, their values in the order of the schema's fields.
    ///
    /// # Errors
    /// When it cannot be read or lacks a column of the schema.
    pub fn rows<R: Read>(&self, file: &str, id: Option<&str>, input: R) -> Result<Rows<R>, LinkError> {
        let field = self.fields.iter().map(|field| FieldConfig {
            name: field.name.clone(),
            kind: Kind::Text,
            columns: vec![field.name.clone()],
            parts: Vec::new(),
        });
        let config = Config { id: id.map(str::to_owned), field: field.collect(), ..Config::default() };
        Rows::new(file, &config, input)
    }

    /// The keys that a secret makes (HKDF, RFC 5869): two for each field, of which BLAKE2 uses the first.
    pub fn keys(&self, secret: &[u8]) -> Keys {
        let out = hkdf(secret, &self.salt, &self.info, self.fields.len() * 2 * self.key_size);
        Keys(out.chunks(2 * self.key_size).map(|pair| pair[..self.key_size].to_vec()).collect())
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Json {
    version: u32,
    clk_config: ClkConfig,
    features: Vec<Feature>,
}

#[derive(Deserialize)]
struct ClkConfig {
    l: usize,
    #[serde(default)]
    xor_folds: u32,
    kdf: Kdf,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Kdf {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default = "sha256")]
    hash: String,
    #[serde(default)]
    salt: String,
    #[serde(default)]
    info: String,
    #[serde(default = "full")]
    key_size: usize,
}

fn sha256() -> String {
    "SHA256".to_owned()
}

fn full() -> usize {
    64
}

#[derive(Deserialize)]
struct Feature {
    identifier: String,
    hashing: Option<Hashing>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Hashing {
    comparison: Comparison,
    strategy: Strategy,
    #[serde(default)]
    hash: Option<HashKind>,
    #[serde(default)]
    missing_value: Option<MissingValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MissingValue {
    sentinel: String,
    #[serde(default)]
    replace_with: Option<String>,
}

#[derive(Deserialize)]
struct Comparison {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    n: usize,
    #[serde(default)]
    positional: bool,
}

#[derive(Deserialize)]
struct HashKind {
    #[serde(rename = "type")]
    kind: String,
}

impl Hashing {
    fn tokens(&self, name: &str) -> Result<Tokens, String> {
        if self.hash.as_ref().is_some_and(|hash| hash.kind != "blakeHash") {
            return Err(format!("feature {name}: expected the hash blakeHash"));
        }
        match (self.comparison.kind.as_str(), self.comparison.n) {
            ("ngram", n @ 1..=8) => Ok(Tokens::Ngrams(n, self.comparison.positional)),
            ("exact", _) => Ok(Tokens::Exact),
            (kind, n) => Err(format!(
                "feature {name}: comparison {kind} {n}: expected exact, or ngram with n from 1 to 8"
            )),
        }
    }
}

/// Encodes a record: the texts of its fields in the schema's order.
///
/// # Errors
/// When there are not as many texts as fields, or the keys are of another schema.
pub fn encode(schema: &Schema, keys: &Keys, texts: &[&str]) -> Result<Clk, LinkError> {
    if texts.len() != schema.fields.len() || keys.0.len() != texts.len() {
        let problem =
            format!("{} texts and {} keys for {} fields", texts.len(), keys.0.len(), schema.fields.len());
        return Err(LinkError::Damaged { what: "CLK schema".to_owned(), problem });
    }
    let size = schema.bits << schema.folds;
    let mut filter = vec![0_u8; size / 8];
    for ((field, key), text) in schema.fields.iter().zip(&keys.0).zip(texts) {
        let Some((tokens, strategy)) = field.hashing else { continue };
        let text =
            field.missing.as_ref().filter(|(sign, _)| sign == text).map_or(*text, |(_, instead)| instead);
        let tokens = taken_apart(tokens, text);
        for (at, token) in tokens.iter().enumerate() {
            let times = match strategy {
                Strategy::BitsPerToken(k) => k,
                Strategy::BitsPerFeature(all) => {
                    // A whole share for each, the first ones one more.
                    let (share, more) = (all / tokens.len() as u32, all % tokens.len() as u32);
                    share + u32::from((at as u32) < more)
                }
            };
            for bit in places(token, key, times).map(|place| usize::from(place) % size) {
                filter[bit / 8] |= 0x80 >> (bit % 8);
            }
        }
    }
    for _ in 0..schema.folds {
        let (left, right) = filter.split_at(filter.len() / 2);
        filter = left.iter().zip(right).map(|(a, b)| a ^ b).collect();
    }
    Ok(Clk::from_bytes(&filter))
}

/// Numbers that a keyed BLAKE2b makes of a token: 32 of 16 bits a digest, the digests told apart by their salt.
fn places(token: &str, key: &[u8], times: u32) -> impl Iterator<Item = u16> {
    let digests = (0..times.div_ceil(32)).flat_map(move |round| {
        let salt = round.to_string();
        // Keys are 1 to 64 bytes and salts below 16: what the function takes.
        let digest =
            Blake2bMac512::new_with_salt_and_personal(Some(key), salt.as_bytes(), b"").map(|mut mac| {
                mac.update(token.as_bytes());
                mac.finalize().into_bytes().to_vec()
            });
        let bytes = digest.unwrap_or_default();
        let (pairs, _) = bytes.as_chunks::<2>();
        pairs.iter().map(|pair| u16::from_le_bytes(*pair)).collect::<Vec<_>>()
    });
    digests.take(times as usize)
}

/// The tokens of a text: n-grams with n − 1 blanks at each end, with their place before them where it counts.
fn taken_apart(tokens: Tokens, text: &str) -> Vec<String> {
    let Tokens::Ngrams(n, positional) = tokens else {
        return [text].iter().filter(|t| !t.is_empty()).map(|t| (*t).to_owned()).collect();
    };
    if text.is_empty() {
        return Vec::new();
    }
    let blanks = std::iter::repeat_n(' ', n - 1);
    let letters: Vec<char> = blanks.clone().chain(text.chars()).chain(blanks).collect();
    let grams = letters.windows(n).map(|window| window.iter().collect::<String>());
    if positional {
        grams.enumerate().map(|(at, gram)| format!("{} {gram}", at + 1)).collect()
    } else {
        grams.collect()
    }
}

fn mac(key: &[u8], message: &[u8]) -> [u8; 32] {
    // HMAC takes keys of any length.
    <Hmac<Sha256> as KeyInit>::new_from_slice(key).map_or([0; 32], |mut mac| {
        Mac::update(&mut mac, message);
        mac.finalize().into_bytes().into()
    })
}

fn hkdf(secret: &[u8], salt: &[u8], info: &[u8], length: usize) -> Vec<u8> {
    let prk = mac(if salt.is_empty() { &[0; 32] } else { salt }, secret);
    let (mut out, mut last) = (Vec::with_capacity(length + 32), Vec::new());
    let mut round = 1_u8;
    while out.len() < length {
        let message = [last.as_slice(), info, &[round]].concat();
        last = mac(&prk, &message).to_vec();
        out.extend_from_slice(&last);
        round = round.wrapping_add(1);
    }
    out.truncate(length);
    out
}
