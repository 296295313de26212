//! Web Push: RFC 8030 (delivery), 8188 and 8291 (encryption to the browser), 8292 (VAPID: who sends). The payload says that there is a
//! notice, and nothing of it.

use std::time::Duration;

use calendar::Timestamp;
use codes::KeyName;
use data_encoding::BASE64URL_NOPAD;
use ring::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::agreement::{ECDH_P256, EphemeralPrivateKey, UnparsedPublicKey, agree_ephemeral};
use ring::hmac::{HMAC_SHA256, Key, sign};
use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::json;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use wire::Problem;

use super::Service;
use super::channels::Subscription;
use crate::problems;
use crate::store::notices as sql;

/// The services of the browsers' makers: the portal sends to these alone, whatever a subscription says.
const SERVICES: &[&str] = &[
    "fcm.googleapis.com",
    "push.services.mozilla.com",
    "push.apple.com",
    "notify.windows.com",
    "wns.windows.com",
];

/// How long a service keeps a push for a browser that is away, in seconds.
const TTL_SECONDS: u32 = 2 * 86_400;

/// How long a token of ours is good, in seconds: RFC 8292 allows a day.
const TOKEN_SECONDS: i64 = 12 * 3_600;

/// How long a service may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Names the sealed key.
const KEY_AS: &[u8] = b"portal push key";

/// How pushes leave.
#[derive(Clone, Debug)]
pub struct PushRoad {
    /// Whom a service may ask about our pushes (`mailto:` or `https:`).
    pub contact: String,
    /// Whether a service of this machine may be used, without TLS: the town and tests.
    pub loopback: bool,
}

impl Default for PushRoad {
    fn default() -> Self {
        Self { contact: "mailto:portal@musubi.example".into(), loopback: false }
    }
}

/// Why a push did not arrive.
#[derive(Debug, thiserror::Error)]
pub enum PushError {
    /// A subscription that is none, or at a place where the portal sends nothing.
    #[error("not a subscription that can be used: {0}")]
    Subscription(&'static str),
    /// The browser is subscribed no more (404, 410).
    #[error("the subscription ended")]
    Gone,
    /// The service could not be reached, or refused.
    #[error("the push service: {0}")]
    Service(String),
    /// Keys or random numbers.
    #[error("the push could not be encrypted or signed")]
    Crypto,
}

impl From<ring::error::Unspecified> for PushError {
    fn from(_: ring::error::Unspecified) -> Self {
        Self::Crypto
    }
}

/// Where a subscription is.
struct Endpoint {
    tls: bool,
    host: String,
    port: u16,
    path: String,
}

impl PushRoad {
    /// Whether a subscription can be used.
    ///
    /// # Errors
    /// [`PushError::Subscription`].
    pub fn check(&self, subscription: &Subscription) -> Result<(), PushError> {
        self.endpoint(&subscription.endpoint)?;
        keys(subscription).map(drop)
    }

    /// Sends a push that says that there is a notice.
    ///
    /// # Errors
    /// [`PushError`].
    pub(super) async fn send(
        &self,
        key: &EcdsaKeyPair,
        subscription: &Subscription,
        urgent: bool,
        now: Timestamp,
    ) -> Result<(), PushError> {
        let endpoint = self.endpoint(&subscription.endpoint)?;
        let body = encrypted(subscription, WORD.as_bytes())?;
        let origin = format!("{}://{}", if endpoint.tls { "https" } else { "http" }, endpoint.authority());
        let token = self.token(key, &origin, now)?;
        let public = BASE64URL_NOPAD.encode(key.public_key().as_ref());
        let urgency = if urgent { "high" } else { "normal" };
        let head = format!(
            "POST {} HTTP/1.1\r\nHost: {}\r\nTTL: {TTL_SECONDS}\r\nUrgency: {urgency}\r\n\
             Content-Encoding: aes128gcm\r\nContent-Type: application/octet-stream\r\nContent-Length: {}\r\n\
             Authorization: vapid t={token}, k={public}\r\nConnection: close\r\n\r\n",
            endpoint.path,
            endpoint.authority(),
            body.len()
        );
        let answered = tokio::time::timeout(PATIENCE, endpoint.post(head.as_bytes(), &body)).await;
        let status = answered
            .map_err(|_| PushError::Service("no answer in time".into()))?
            .map_err(|error| PushError::Service(error.to_string()))?;
        match status {
            200..=299 => Ok(()),
            404 | 410 => Err(PushError::Gone),
            other => Err(PushError::Service(format!("status {other}"))),
        }
    }

    fn endpoint(&self, url: &str) -> Result<Endpoint, PushError> {
        let wrong = |why| PushError::Subscription(why);
        let (tls, rest) = match (url.strip_prefix("https://"), url.strip_prefix("http://")) {
            (Some(rest), _) => (true, rest),
            (None, Some(rest)) if self.loopback => (false, rest),
            _ => return Err(wrong("an https address is needed")),
        };
        let (authority, path) = rest.split_once('/').ok_or_else(|| wrong("it has no path"))?;
        let clean = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic()) && text.len() < 2_000;
        if !clean(authority) || !clean(path) || authority.contains('@') {
            return Err(wrong("the address is not understood"));
        }
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) => (host, port.parse().map_err(|_| wrong("the port is none"))?),
            None => (authority, if tls { 443 } else { 80 }),
        };
        let of_a_maker = SERVICES.iter().any(|service| {
            host == *service || host.strip_suffix(service).is_some_and(|rest| rest.ends_with('.'))
        });
        let near = self.loopback && matches!(host, "127.0.0.1" | "localhost");
        if !(tls && of_a_maker || near && !tls) {
            return Err(wrong("it is at no known push service"));
        }
        Ok(Endpoint { tls, host: host.to_owned(), port, path: format!("/{path}") })
    }

    /// Who sends (RFC 8292 §2).
    fn token(&self, key: &EcdsaKeyPair, audience: &str, now: Timestamp) -> Result<String, PushError> {
        let head = json!({ "typ": "JWT", "alg": "ES256" }).to_string();
        let expiry = now.as_seconds() + TOKEN_SECONDS;
        let claims = json!({ "aud": audience, "exp": expiry, "sub": self.contact }).to_string();
        let signed = format!(
            "{}.{}",
            BASE64URL_NOPAD.encode(head.as_bytes()),
            BASE64URL_NOPAD.encode(claims.as_bytes())
        );
        let signature = key.sign(&SystemRandom::new(), signed.as_bytes())?;
        Ok(format!("{signed}.{}", BASE64URL_NOPAD.encode(signature.as_ref())))
    }
}

impl Endpoint {
    fn authority(&self) -> String {
        let usual = if self.tls { 443 } else { 80 };
        if self.port == usual { self.host.clone() } else { format!("{}:{}", self.host, self.port) }
    }

    /// Posts and answers the status.
    async fn post(&self, head: &[u8], body: &[u8]) -> std::io::Result<u16> {
        let stream = TcpStream::connect((self.host.as_str(), self.port)).await?;
        if !self.tls {
            return exchange(stream, head, body).await;
        }
        let mut roots = rustls::RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        let config =
            rustls::ClientConfig::builder_with_provider(rustls::crypto::ring::default_provider().into())
                .with_safe_default_protocol_versions()
                .map_err(std::io::Error::other)?
                .with_root_certificates(roots)
                .with_no_client_auth();
        let name =
            rustls::pki_types::ServerName::try_from(self.host.clone()).map_err(std::io::Error::other)?;
        let connector = tokio_rustls::TlsConnector::from(std::sync::Arc::new(config));
        exchange(connector.connect(name, stream).await?, head, body).await
    }
}

async fn exchange(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    head: &[u8],
    body: &[u8],
) -> std::io::Result<u16> {
    stream.write_all(head).await?;
    stream.write_all(body).await?;
    stream.flush().await?;
    let mut answer = Vec::new();
    // The status line is all that is needed: `HTTP/1.1 201 Created`.
    while !answer.contains(&b'\n') && answer.len() < 1_024 {
        let mut bytes = [0; 256];
        let read = stream.read(&mut bytes).await?;
        if read == 0 {
            break;
        }
        answer.extend(bytes.iter().take(read));
    }
    let line = String::from_utf8_lossy(&answer);
    let status = line.split(' ').nth(1).and_then(|status| status.parse().ok());
    status.ok_or_else(|| std::io::Error::other("the answer is no HTTP"))
}

impl Service {
    /// The portal's public key, as browsers want it to subscribe.
    ///
    /// # Errors
    /// The store's.
    pub async fn push_public_key(&self) -> Result<String, Problem> {
        let key = self.push_key().await?;
        Ok(BASE64URL_NOPAD.encode(key.public_key().as_ref()))
    }

    /// The portal's key; made when there is none.
    pub(super) async fn push_key(&self) -> Result<EcdsaKeyPair, Problem> {
        if let Some(sealed) = self.read(sql::push_key).await? {
            return self.opened_key(&sealed);
        }
        let random = SystemRandom::new();
        let fresh = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random);
        let fresh = fresh.map_err(problems::internal)?;
        let sealed = self.custody.seal_row(&KeyName::ROW_SEAL, KEY_AS, fresh.as_ref());
        let sealed = sealed.map_err(problems::internal)?;
        self.write(move |tx| sql::put_push_key(tx, &sealed)).await?;
        // Another request may have been first: what stands in the table is the key.
        let sealed = self.read(sql::push_key).await?.ok_or_else(|| problems::internal("no push key"))?;
        self.opened_key(&sealed)
    }

    fn opened_key(&self, sealed: &[u8]) -> Result<EcdsaKeyPair, Problem> {
        let opened = self.custody.open_row(&KeyName::ROW_SEAL, KEY_AS, sealed).map_err(problems::internal)?;
        EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &opened, &SystemRandom::new())
            .map_err(problems::internal)
    }
}

/// What a push says.
const WORD: &str = r#"{"notice":true}"#;

/// Size of the one record (RFC 8188).
const RECORD: u32 = 4_096;

/// A payload as the browser opens it (RFC 8291 §3, RFC 8188 §2).
fn encrypted(subscription: &Subscription, payload: &[u8]) -> Result<Vec<u8>, PushError> {
    let (theirs, auth) = keys(subscription)?;
    let random = SystemRandom::new();
    let mut salt = [0; 16];
    random.fill(&mut salt)?;
    let ours = EphemeralPrivateKey::generate(&ECDH_P256, &random)?;
    let public = ours.compute_public_key()?;
    let peer = UnparsedPublicKey::new(&ECDH_P256, &theirs);
    let (key, nonce) =
        agree_ephemeral(ours, &peer, |secret| derived(secret, &auth, &theirs, public.as_ref(), &salt))?;
    let mut sealed = [payload, &[2]].concat();
    seal(&key, nonce, &mut sealed)?;
    let length = u8::try_from(public.as_ref().len()).map_err(|_| PushError::Crypto)?;
    Ok([&salt, RECORD.to_be_bytes().as_slice(), &[length], public.as_ref(), &sealed].concat())
}

fn seal(key: &[u8; 16], nonce: [u8; 12], bytes: &mut Vec<u8>) -> Result<(), PushError> {
    let key = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, key)?);
    Ok(key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), bytes)?)
}

/// Content key and nonce (RFC 8291 §3.4). HKDF in its two steps, each one HMAC: no output is longer than a digest.
fn derived(secret: &[u8], auth: &[u8], theirs: &[u8], ours: &[u8], salt: &[u8]) -> ([u8; 16], [u8; 12]) {
    let hmac = |key: &[u8], message: &[u8]| sign(&Key::new(HMAC_SHA256, key), message);
    let info = [b"WebPush: info\0".as_slice(), theirs, ours, &[1]].concat();
    let shared = hmac(hmac(auth, secret).as_ref(), &info);
    let master = hmac(salt, shared.as_ref());
    let key = hmac(master.as_ref(), b"Content-Encoding: aes128gcm\0\x01");
    let nonce = hmac(master.as_ref(), b"Content-Encoding: nonce\0\x01");
    (first(key.as_ref()), first(nonce.as_ref()))
}

fn first<const N: usize>(bytes: &[u8]) -> [u8; N] {
    bytes.first_chunk().copied().unwrap_or([0; N])
}

/// The browser's public key and secret.
fn keys(subscription: &Subscription) -> Result<(Vec<u8>, Vec<u8>), PushError> {
    let read = |text: &str| BASE64URL_NOPAD.decode(text.trim_end_matches('=').as_bytes()).ok();
    let public = read(&subscription.p256dh).filter(|key| key.len() == 65 && key.first() == Some(&4));
    let auth = read(&subscription.auth).filter(|auth| auth.len() == 16);
    public.zip(auth).ok_or(PushError::Subscription("its keys are not those of a browser"))
}

#[cfg(test)]
#[path = "push_tests.rs"]
mod tests;
