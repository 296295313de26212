//! Who sits at a desk, and that a form was really sent from its page.
//!
//! A desk is opened once with its key (`/?key=…`, from the organisation's own configuration). From then on a signed
//! cookie carries the session; every request that changes something must show the session's CSRF token as well.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use data_encoding::HEXLOWER;
use maud::html;
use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};

use crate::Problem;
use crate::page::{Lang, Page, t};

/// The form field that carries the token.
pub const CSRF_FIELD: &str = "_csrf";

/// The header that carries it for requests of the page's script.
const CSRF_HEADER: &str = "x-csrf-token";
const COOKIE: &str = "desk";
/// A long working day.
const LIFE: Duration = Duration::from_secs(12 * 3_600);
/// Most bytes of a form; the router's own allowance is usually smaller.
const FORM_BYTES: usize = 64 * 1024 * 1024;

/// The guard of a desk's pages (窓口の鍵).
#[derive(Clone)]
pub struct Desk(Arc<Inner>);

struct Inner {
    mac: hmac::Key,
    /// Whether anybody may sit down, as at the town's front page.
    open: bool,
    secure: bool,
}

/// A person at a desk, known by the signed cookie (窓口の利用者). As an extractor it refuses with 403 on routes that no
/// [`Desk`] protects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeskSession {
    id: String,
}

/// The token that a form must send back; put it into forms with [`form`](crate::page::form).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Csrf(String);

impl Desk {
    /// A desk that opens with `key`, at least 16 characters of secret. Changing the key ends all sessions.
    pub fn new(key: &str) -> Self {
        Self::with_key(key.as_bytes(), false)
    }

    /// A desk without a key: anybody gets a session at the first visit. Forms are protected all the same.
    pub fn open() -> Self {
        let mut secret = [0_u8; 32];
        if SystemRandom::new().fill(&mut secret).is_err() {
            // Without randomness no signature is worth anything; an unguessable key is the only safe one.
            tracing::error!("the system gives no random numbers: sessions last no longer than a request");
            return Self::with_key(format!("{:?}", std::time::Instant::now()).as_bytes(), false);
        }
        Self::with_key(&secret, true)
    }

    /// Marks the cookie `Secure`: for desks served over HTTPS.
    pub fn over_https(self) -> Self {
        let Inner { mac, open, .. } = &*self.0;
        Desk(Arc::new(Inner { mac: mac.clone(), open: *open, secure: true }))
    }

    /// Protects all routes of `router`: without a session they answer with a page that says what to do; without the
    /// token nothing is changed. Handlers may take [`DeskSession`] and [`Csrf`].
    pub fn protect(&self, router: Router) -> Router {
        router.layer(from_fn_with_state(self.clone(), guard))
    }

    fn with_key(key: &[u8], open: bool) -> Self {
        let master = hmac::Key::new(hmac::HMAC_SHA256, b"musubi desk session v1");
        let derived = hmac::sign(&master, key);
        Desk(Arc::new(Inner {
            mac: hmac::Key::new(hmac::HMAC_SHA256, derived.as_ref()),
            open,
            secure: false,
        }))
    }

    fn opens(&self, key: &str) -> bool {
        let candidate = Self::with_key(key.as_bytes(), false);
        let proof = hmac::sign(&candidate.0.mac, b"key");
        !self.0.open && hmac::verify(&self.0.mac, b"key", proof.as_ref()).is_ok()
    }

    fn begin(&self, now: SystemTime) -> Result<(DeskSession, HeaderValue), Problem> {
        let mut id = [0_u8; 16];
        SystemRandom::new().fill(&mut id).map_err(|_| Problem::internal())?;
        let session = DeskSession { id: HEXLOWER.encode(&id) };
        let signed = format!("{}.{}", session.id, seconds(now + LIFE));
        let mac = HEXLOWER.encode(self.sign("session", &signed).as_ref());
        let secure = if self.0.secure { "; Secure" } else { "" };
        let life = LIFE.as_secs();
        let cookie =
            format!("{COOKIE}={signed}.{mac}; Path=/; Max-Age={life}; HttpOnly; SameSite=Strict{secure}");
        HeaderValue::from_str(&cookie).map(|cookie| (session, cookie)).map_err(|_| Problem::internal())
    }

    /// The session of a cookie's value, if we signed it and it has not expired.
    fn session(&self, value: &str, now: SystemTime) -> Option<DeskSession> {
        let (signed, mac) = value.rsplit_once('.')?;
        let mac = HEXLOWER.decode(mac.as_bytes()).ok()?;
        hmac::verify(&self.0.mac, format!("session:{signed}").as_bytes(), &mac).ok()?;
        let (id, until) = signed.split_once('.')?;
        (until.parse::<u64>().ok()? > seconds(now)).then(|| DeskSession { id: id.to_owned() })
    }

    fn csrf(&self, session: &DeskSession) -> Csrf {
        Csrf(HEXLOWER.encode(self.sign("csrf", &session.id).as_ref()))
    }

    fn is_token_of(&self, session: &DeskSession, token: &str) -> bool {
        HEXLOWER.decode(token.as_bytes()).is_ok_and(|token| {
            hmac::verify(&self.0.mac, format!("csrf:{}", session.id).as_bytes(), &token).is_ok()
        })
    }

    fn sign(&self, purpose: &str, text: &str) -> hmac::Tag {
        hmac::sign(&self.0.mac, format!("{purpose}:{text}").as_bytes())
    }
}

impl DeskSession {
    /// The session's id, for the log of who did what; no secret and no authority by itself.
    pub fn id(&self) -> &str {
        &self.id
    }
}

impl Csrf {
    /// The token's text.
    pub fn token(&self) -> &str {
        &self.0
    }
}

impl<S: Send + Sync> FromRequestParts<S> for DeskSession {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get::<DeskSession>().cloned().ok_or_else(no_session)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Csrf {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Csrf>().cloned().ok_or_else(no_session)
    }
}

impl std::fmt::Debug for Desk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Desk").field("open", &self.0.open).finish_non_exhaustive()
    }
}

/// The value of cookie `name`.
pub(crate) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(key, value)| (key == name).then_some(value))
}

async fn guard(State(desk): State<Desk>, mut request: Request, next: Next) -> Response {
    let now = SystemTime::now();
    if let Some(key) = query_value(&request, "key") {
        return if desk.opens(&key) { enter(&desk, &request, now) } else { wrong_key().into_response() };
    }
    let known = cookie(request.headers(), COOKIE).and_then(|value| desk.session(value, now));
    let (session, cookie) = match known {
        Some(session) => (session, None),
        None if desk.0.open && is_safe(request.method()) => match desk.begin(now) {
            Ok((session, cookie)) => (session, Some(cookie)),
            Err(problem) => return problem.into_response(),
        },
        None => return no_session().into_response(),
    };
    if !is_safe(request.method()) {
        request = match check_token(&desk, &session, request).await {
            Ok(request) => request,
            Err(problem) => return problem.into_response(),
        };
    }
    request.extensions_mut().insert(desk.csrf(&session));
    request.extensions_mut().insert(session);
    let mut response = next.run(request).await;
    if let Some(cookie) = cookie {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// Sets the cookie with a page that goes on by itself. A redirect would not do: when the visit began on another site
/// (the town's front page, a mail), the browser withholds a SameSite=Strict cookie along the whole chain of redirects.
fn enter(desk: &Desk, request: &Request, now: SystemTime) -> Response {
    let lang = Lang::of(request.headers(), request.uri().query());
    let path = request.uri().path().to_owned();
    let (cookie, refresh) = match (desk.begin(now), HeaderValue::from_str(&format!("0; url={path}"))) {
        (Ok((_, cookie)), Ok(refresh)) => (cookie, refresh),
        (Err(problem), _) => return problem.into_response(),
        (_, Err(_)) => return Problem::internal().into_response(),
    };
    let page = Page::new(lang, t(lang, "窓口を開いています", "Opening the desk"))
        .at(path.clone())
        .body(html! { p { a.button href=(path) { (t(lang, "続ける", "Continue")) } } });
    let mut response = page.into_response();
    response.headers_mut().insert(header::SET_COOKIE, cookie);
    response.headers_mut().insert(header::REFRESH, refresh);
    response
}

async fn check_token(desk: &Desk, session: &DeskSession, request: Request) -> Result<Request, Problem> {
    if let Some(token) = request.headers().get(CSRF_HEADER).and_then(|value| value.to_str().ok()) {
        return if desk.is_token_of(session, token) { Ok(request) } else { Err(wrong_token()) };
    }
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, FORM_BYTES).await.map_err(|_| Problem::new(413, "too-large"))?;
    let kind = parts.headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    let token =
        if kind.starts_with(b"multipart/form-data") { multipart_token(&body) } else { form_token(&body) };
    if token.is_some_and(|token| desk.is_token_of(session, &token)) {
        Ok(Request::from_parts(parts, Body::from(body)))
    } else {
        Err(wrong_token())
    }
}

fn form_token(body: &Bytes) -> Option<String> {
    form_urlencoded::parse(body).find_map(|(name, value)| (name == CSRF_FIELD).then(|| value.into_owned()))
}

/// The token's part of a multipart body: our own forms put it first.
fn multipart_token(body: &[u8]) -> Option<String> {
    let head = body.get(..body.len().min(4_096))?;
    let text = String::from_utf8_lossy(head);
    let after = text.split_once(&format!("name=\"{CSRF_FIELD}\"\r\n\r\n"))?.1;
    after.split_once("\r\n").map(|(token, _)| token.to_owned())
}

fn query_value(request: &Request, name: &str) -> Option<String> {
    let query = request.uri().query()?.as_bytes();
    form_urlencoded::parse(query).find_map(|(key, value)| (key == name).then(|| value.into_owned()))
}

fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

fn no_session() -> Problem {
    Problem::new(403, "no-desk-session")
        .ja("窓口が開いていません")
        .en("The desk is not open")
        .detail(
            "窓口の担当者に渡された入口（鍵のついたアドレス）から開いてください。開いてから12時間で閉じます。",
            "Open it through the entrance given to the desk (the address with its key). It closes 12 hours after.",
        )
}

fn wrong_key() -> Problem {
    Problem::new(403, "wrong-desk-key").ja("窓口の鍵が違います").en("That is not this desk's key").detail(
        "鍵は変更されることがあります。機関の管理者に新しい入口をお尋ねください。",
        "Keys are changed from time to time: ask your administrator for the present entrance.",
    )
}

fn wrong_token() -> Problem {
    Problem::new(403, "wrong-form-token")
        .ja("この操作は画面から送られたものと確認できませんでした")
        .en("It could not be confirmed that this was sent from its page")
        .detail(
            "何も変更されていません。前の画面を開き直して、もう一度操作してください。",
            "Nothing was changed. Open the page again and repeat what you did.",
        )
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value_of(cookie: &HeaderValue) -> String {
        let line = cookie.to_str().unwrap();
        line.split(';').next().unwrap().strip_prefix("desk=").unwrap().to_owned()
    }

    #[test]
    fn a_session_lives_a_working_day_and_no_longer() {
        let desk = Desk::new("correct horse battery");
        let now = SystemTime::now();
        let (session, cookie) = desk.begin(now).unwrap();
        let value = value_of(&cookie);
        assert_eq!(desk.session(&value, now + LIFE - Duration::from_secs(2)), Some(session));
        assert_eq!(desk.session(&value, now + LIFE), None);
        assert_eq!(Desk::new("another key of a desk").session(&value, now), None);
    }

    #[test]
    fn any_change_of_the_cookie_ends_it() {
        let desk = Desk::new("correct horse battery");
        let now = SystemTime::now();
        let value = value_of(&desk.begin(now).unwrap().1);
        for place in 0..value.len() {
            let mut bytes = value.clone().into_bytes();
            bytes[place] = if bytes[place] == b'1' { b'2' } else { b'1' };
            assert_eq!(desk.session(std::str::from_utf8(&bytes).unwrap(), now), None, "byte {place}");
        }
        for bad in ["", ".", "..", "a.b.c", "é"] {
            assert_eq!(desk.session(bad, now), None);
        }
    }

    #[test]
    fn a_token_belongs_to_one_session() {
        let desk = Desk::open();
        let (one, _) = desk.begin(SystemTime::now()).unwrap();
        let (two, _) = desk.begin(SystemTime::now()).unwrap();
        assert!(desk.is_token_of(&one, desk.csrf(&one).token()));
        assert!(!desk.is_token_of(&two, desk.csrf(&one).token()));
        assert!(!desk.is_token_of(&one, "zz"));
    }

    #[test]
    fn only_the_key_opens() {
        let desk = Desk::new("correct horse battery");
        assert!(desk.opens("correct horse battery"));
        assert!(!desk.opens("correct horse batterz"));
        assert!(!Desk::open().opens(""));
    }

    #[test]
    fn finds_the_token_in_a_multipart_form() {
        let body = b"--x\r\nContent-Disposition: form-data; name=\"_csrf\"\r\n\r\nabc\r\n--x--\r\n";
        assert_eq!(multipart_token(body).as_deref(), Some("abc"));
        assert_eq!(multipart_token(b"--x--"), None);
    }
}
