//! The id that ties a request to its log lines, its ledger entries and the calls it causes at other roles.

use std::fmt;
use std::future::Future;
use std::hash::{BuildHasher, RandomState};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::http::{HeaderMap, HeaderName, HeaderValue};

/// The header that carries the id, in and out.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Longest id taken from outside, characters.
const LONGEST: usize = 64;

tokio::task_local! {
    static CURRENT: RequestId;
}

/// A request's id: 1 to 64 of `A-Z a-z 0-9 - _ .` (要求番号). Copied, never allocated: every request has one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RequestId {
    length: u8,
    text: [u8; LONGEST],
}

impl RequestId {
    /// A new id, unique in this process and, with overwhelming probability, among processes.
    pub fn new() -> Self {
        static PROCESS: OnceLock<u64> = OnceLock::new();
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let process = *PROCESS.get_or_init(|| RandomState::new().hash_one(std::process::id()));
        let mut text = [b'-'; LONGEST];
        write_base32(process, text.get_mut(..13));
        write_base32(NEXT.fetch_add(1, Ordering::Relaxed), text.get_mut(14..27));
        RequestId { length: 27, text }
    }

    /// The id that the caller sent, if it is well-formed; otherwise a new one. What is not well-formed could forge
    /// log lines, so it is not even repeated.
    pub fn from_headers(headers: &HeaderMap) -> Self {
        headers.get(REQUEST_ID).and_then(|value| Self::parse(value.as_bytes())).unwrap_or_default()
    }

    /// The id of the request being handled by this task, if any.
    pub fn current() -> Option<Self> {
        CURRENT.try_with(|id| *id).ok()
    }

    /// Runs `work` as part of this request: [`current`](Self::current) and the [`Client`](crate::Client) see the id.
    pub async fn scope<F: Future>(self, work: F) -> F::Output {
        CURRENT.scope(self, work).await
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        let text = self.text.get(..usize::from(self.length)).unwrap_or_default();
        std::str::from_utf8(text).unwrap_or_default()
    }

    /// As a header's value.
    pub fn to_header(&self) -> HeaderValue {
        HeaderValue::from_str(self.as_str()).unwrap_or_else(|_| HeaderValue::from_static("-"))
    }

    fn parse(id: &[u8]) -> Option<Self> {
        let mut text = [0; LONGEST];
        text.get_mut(..id.len())?.copy_from_slice(id);
        let length = u8::try_from(id.len()).ok()?;
        well_formed(id).then_some(RequestId { length, text })
    }
}

impl Default for RequestId {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

fn well_formed(id: &[u8]) -> bool {
    !id.is_empty() && id.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

/// 13 digits hold 64 bits.
fn write_base32(mut value: u64, digits: Option<&mut [u8]>) {
    for digit in digits.unwrap_or_default().iter_mut().rev() {
        let five = u8::try_from(value & 31).unwrap_or_default();
        *digit = if five < 10 { b'0' + five } else { b'a' + five - 10 };
        value >>= 5;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(REQUEST_ID, HeaderValue::from_static(value))])
    }

    #[test]
    fn well_formed_ids_are_kept() {
        assert_eq!(RequestId::from_headers(&with("desk-1_2.3")).as_str(), "desk-1_2.3");
    }

    #[test]
    fn ill_formed_ids_are_replaced() {
        let long: &'static str = "x".repeat(65).leak();
        for bad in ["", "a b", "a;b", "<script>", long] {
            let id = RequestId::from_headers(&with(bad));
            assert_ne!(id.as_str(), bad);
            assert!(well_formed(id.as_str().as_bytes()));
        }
    }

    #[test]
    fn new_ids_differ() {
        assert_ne!(RequestId::new(), RequestId::new());
    }

    #[tokio::test]
    async fn a_task_knows_its_request() {
        assert_eq!(RequestId::current(), None);
        let id = RequestId::new();
        let seen = id.scope(async { RequestId::current() }).await;
        assert_eq!(seen, Some(id));
    }
}
