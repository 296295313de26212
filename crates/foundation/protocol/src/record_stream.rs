//! The sealed stream: first the encapsulated key, then chunks of one byte (1 for the last), four bytes of length and the
//! ciphertext of packed NDJSON lines, see [`crate::exchange::RECORD_STREAM`]; and [`fetch`], by which every asker gets one.

use codes::{Custody, StreamOpener, StreamSealer};
use wire::Client;

use crate::clients::paths;
use crate::exchange::{FetchRequest, HolderGrant};
use crate::packed::{pack, unpack};

/// Why a holder gave nothing, or not all (届かなかった理由).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unreached {
    /// It did not answer.
    Silent,
    /// It refused; the problem's code.
    Refused(String),
    /// The answer ended in the middle: the person withdrew, or the connection broke.
    Cut,
    /// The answer could not be opened or read.
    Unreadable,
}

/// What one holder answered: NDJSON lines, and why they are not all.
#[derive(Clone, Debug)]
pub struct Fetched {
    /// The holder.
    pub holder: codes::OrgId,
    /// FHIR resources, each on a line.
    pub lines: Vec<u8>,
    /// The same as they came, for who keeps them: [`crate::packed::unpack`] reads it.
    pub packed: Vec<u8>,
    /// Why it is not all; none when it is.
    pub unreached: Option<Unreached>,
}

/// Shows a grant to its holder at `base` and opens what comes; a holder that has no address is silent.
pub async fn fetch(
    client: &Client,
    base: Option<String>,
    custody: &dyn Custody,
    grant: HolderGrant,
    searches: Vec<String>,
) -> Fetched {
    let holder = grant.holder;
    let fetched = match base {
        Some(base) => fetch_from(client, &base, custody, grant, searches).await,
        None => Err(Unreached::Silent),
    };
    match fetched {
        Ok(Read { lines, packed, whole }) => {
            Fetched { holder, lines, packed, unreached: (!whole).then_some(Unreached::Cut) }
        }
        Err(unreached) => {
            Fetched { holder, lines: Vec::new(), packed: Vec::new(), unreached: Some(unreached) }
        }
    }
}

/// The resources of an answer, one a line.
pub fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty())
}

async fn fetch_from(
    client: &Client,
    base: &str,
    custody: &dyn Custody,
    grant: HolderGrant,
    searches: Vec<String>,
) -> Result<Read, Unreached> {
    let context = grant.grant.read().map_err(|_| Unreached::Unreadable)?.records_context();
    let question = FetchRequest { grant: grant.grant, searches };
    let body = serde_json::to_vec(&question).map_err(|_| Unreached::Unreadable)?;
    let answer = client.post_bytes(base, paths::RECORDS, "application/json", body).await;
    let answer = answer.map_err(|error| {
        tracing::warn!(holder = %grant.holder, %error, "a holder could not be asked");
        match error.problem() {
            Some(problem) => Unreached::Refused(problem.code().to_owned()),
            None => Unreached::Silent,
        }
    })?;
    let (head, rest) = split_head(&answer.body).map_err(|_| Unreached::Cut)?;
    let mut opener = custody.open_stream(head, &context).map_err(|_| Unreached::Unreadable)?;
    read(&mut opener, rest).map_err(|_| Unreached::Unreadable)
}

/// Bytes in front of each chunk: whether it is the last, and how long it is.
const HEAD: usize = 5;

/// The bytes that open a stream.
pub fn head(sealer: &StreamSealer) -> Vec<u8> {
    sealer.head().to_vec()
}

/// One chunk: resources, each on a line.
///
/// # Errors
/// When it is too long to seal.
pub fn chunk<'a>(
    sealer: &mut StreamSealer,
    resources: impl Iterator<Item = &'a [u8]>,
    last: bool,
) -> Result<Vec<u8>, codes::EnvelopeError> {
    let mut lines = Vec::new();
    for resource in resources {
        lines.extend_from_slice(resource);
        lines.push(b'\n');
    }
    let packed = pack(&lines).map_err(|_| codes::EnvelopeError::TooLong { length: lines.len() })?;
    let sealed = sealer.seal(&packed, last)?;
    let length =
        u32::try_from(sealed.len()).map_err(|_| codes::EnvelopeError::TooLong { length: sealed.len() })?;
    let mut bytes = Vec::with_capacity(HEAD + sealed.len());
    bytes.push(u8::from(last));
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.extend_from_slice(&sealed);
    Ok(bytes)
}

/// Why a stream cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StreamError {
    /// It is cut, or a length says more than there is.
    #[error("the stream is cut short")]
    Short,
    /// A chunk is sealed for another, altered, or out of order.
    #[error("a chunk of the stream does not open")]
    Sealed,
    /// A chunk opens, and what is in it does not unpack.
    #[error(transparent)]
    Packed(#[from] crate::packed::PackedError),
}

/// The encapsulated key in front of a stream, and the rest.
///
/// # Errors
/// When there is not even a key.
pub fn split_head(bytes: &[u8]) -> Result<(&[u8; 32], &[u8]), StreamError> {
    bytes.split_first_chunk::<32>().ok_or(StreamError::Short)
}

/// What came of a stream.
#[derive(Debug, Default)]
pub struct Read {
    /// The lines.
    pub lines: Vec<u8>,
    /// The same, packed.
    pub packed: Vec<u8>,
    /// Whether it came to its end: what was cut in the middle keeps its whole chunks.
    pub whole: bool,
}

/// Opens every chunk of a stream.
///
/// # Errors
/// A chunk that is sealed for another, altered, or out of order, or that does not unpack.
pub fn read(opener: &mut StreamOpener, mut rest: &[u8]) -> Result<Read, StreamError> {
    let mut found = Read::default();
    while let Some((head, body)) = rest.split_first_chunk::<HEAD>() {
        let [last, length @ ..] = *head;
        let length = usize::try_from(u32::from_be_bytes(length)).map_err(|_| StreamError::Short)?;
        let Some((sealed, after)) = body.split_at_checked(length) else { return Ok(found) };
        let packed = opener.open(sealed, last == 1).map_err(|_| StreamError::Sealed)?;
        found.lines.extend(unpack(&packed)?);
        found.packed.extend(packed);
        rest = after;
    }
    found.whole = opener.is_whole() && rest.is_empty();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use codes::{Custody, EnvelopeContext, ExchangeId, FileCustody, KeyName};
    use proptest::prelude::*;

    use super::*;

    fn ends() -> (StreamSealer, StreamOpener) {
        let custody = FileCustody::ephemeral(&[KeyName::ENVELOPE]).unwrap();
        let context = EnvelopeContext {
            recipient: "institution/2219900012".parse().unwrap(),
            purpose: "exchange.records".into(),
            expires_at: 0,
            exchange: ExchangeId::from_bytes([1; 16]),
            consent: None,
            binding: Vec::new(),
        };
        let sealer = StreamSealer::new(&custody.envelope_public_key().unwrap(), &context).unwrap();
        let opener = custody.open_stream(&sealer.head(), &context).unwrap();
        (sealer, opener)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn what_is_written_is_read_and_what_is_cut_is_known_to_be(chunks in prop::collection::vec(prop::collection::vec("[a-z]{0,40}", 0..5), 1..5), cut in any::<prop::sample::Index>()) {
            let (mut sealer, mut opener) = ends();
            let mut bytes = head(&sealer);
            for (place, lines) in chunks.iter().enumerate() {
                let last = place + 1 == chunks.len();
                bytes.extend(chunk(&mut sealer, lines.iter().map(|line| line.as_bytes()), last).unwrap());
            }
            let expected: String = chunks.iter().flatten().map(|line| format!("{line}\n")).collect();
            let (_, rest) = split_head(&bytes).unwrap();
            let found = read(&mut opener, rest).unwrap();
            prop_assert!(found.whole);
            prop_assert_eq!(unpack(&found.packed).unwrap(), found.lines.clone());
            prop_assert_eq!(String::from_utf8(found.lines).unwrap(), expected);
            let cut = cut.index(rest.len());
            let (mut sealer, mut opener) = ends();
            let again = chunk(&mut sealer, std::iter::once(&b"x"[..]), true).unwrap();
            let whole = read(&mut opener, &again[..cut.min(again.len() - 1)]).is_ok_and(|found| found.whole);
            prop_assert!(!whole);
        }

        #[test]
        fn anything_may_come(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let (_, mut opener) = ends();
            let _ = split_head(&bytes);
            prop_assert!(!read(&mut opener, &bytes).is_ok_and(|found| found.whole));
        }
    }
}
