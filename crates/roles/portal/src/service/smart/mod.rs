//! Apps of the person's choice (SMART on FHIR 2.x): registered, permitted scope by scope, reading live under the person's authority, ended
//! at will. The portal is authorisation server and read-only façade; the records come from the holders at each read.

mod facade;
pub mod scope;
mod tokens;

use calendar::Timestamp;
use codes::{ExchangeId, KeyName, Medical, OrgCode};
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use protocol::exchange::Evidence;
use ring::rand::{SecureRandom, SystemRandom};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};
use wire::Problem;

use super::Service;
use super::record::{APP_MARK, OnBehalf};
use crate::model::Visit;
use crate::problems;
use crate::store::apps::{self as sql, AppRow, GrantRow, TokenRow};
use scope::Scope;

pub use facade::Answer;
pub use tokens::{TokenAnswer, TokenError, TokenRequest};

/// Kinds of the entries that apps leave.
const REGISTERED: &str = "portal.app-registered";
const PERMITTED: &str = "portal.app-permitted";
const ENDED: &str = "portal.app-ended";

/// How long a permission lasts after the card was read, in milliseconds: as long as the relay takes that read as evidence.
const PERMISSION_MILLIS: i64 = 90 * 86_400_000;

/// How long a permission without coming back later lasts, in milliseconds.
const ONLINE_MILLIS: i64 = 60 * 60_000;

/// How long a code is good, in milliseconds.
const CODE_MILLIS: i64 = 60_000;

/// Longest name of an app, in characters.
const NAME_MAX: usize = 60;

/// Apps that one person may register in an hour.
const REGISTRATIONS_MAX: usize = 10;

/// What an app asks for (RFC 6749 §4.1.1 with PKCE, SMART App Launch).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Wish {
    /// `code`.
    #[serde(default)]
    pub response_type: String,
    /// Which app.
    #[serde(default)]
    pub client_id: String,
    /// Where it is answered.
    #[serde(default)]
    pub redirect_uri: String,
    /// What it wants.
    #[serde(default)]
    pub scope: String,
    /// What it gets back as it is.
    #[serde(default)]
    pub state: String,
    /// The FHIR server it wants to read from.
    #[serde(default)]
    pub aud: String,
    /// The challenge, base64url of a SHA-256.
    #[serde(default)]
    pub code_challenge: String,
    /// `S256`.
    #[serde(default)]
    pub code_challenge_method: String,
}

/// An app that may ask, and what of its wish can be granted.
#[derive(Clone, Debug)]
pub struct Asking {
    /// What it calls itself.
    pub name: String,
    /// What can be granted.
    pub scopes: Vec<Scope>,
}

/// A permission as its person sees it.
#[derive(Clone, Debug)]
pub struct Permission {
    /// Its key.
    pub id: ExchangeId,
    /// What the app calls itself.
    pub name: String,
    /// What it may.
    pub scopes: Vec<Scope>,
    /// Since when.
    pub at: Timestamp,
    /// Until when.
    pub until: Timestamp,
    /// When it read last, and how often.
    pub used: (Option<Timestamp>, i64),
}

/// What is sealed of a permission.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Authority {
    code: OrgCode<Medical>,
    evidence: Evidence,
    name: String,
}

/// Whom an app reads for, and what it may.
struct Reader {
    behalf: OnBehalf,
    scopes: Vec<Scope>,
    /// The person as this app knows them: no other app has the same.
    patient: String,
    name: String,
    grant: ExchangeId,
}

impl Service {
    /// Registers an app for everybody: a public client that proves itself by PKCE alone. Answers its client id.
    ///
    /// # Errors
    /// A name or address that does not do; too many in an hour.
    pub async fn register_app(&self, visit: &Visit, name: &str, redirects: &str) -> Result<String, Problem> {
        let name = name.trim();
        let clean = (1..=NAME_MAX).contains(&name.chars().count())
            && !name.chars().any(|c| c.is_control() || matches!(c, '「' | '」'));
        let redirects: Vec<&str> = redirects.split_whitespace().collect();
        if !clean {
            return Err(problems::unfinished(
                "name",
                "アプリの名前を入れてください。",
                "Give the app a name.",
            ));
        }
        if redirects.is_empty() || redirects.len() > 5 || !redirects.iter().all(|uri| is_redirect(uri)) {
            return Err(problems::unfinished(
                "redirect",
                "https で始まるアドレス（または、この端末の http://localhost…）を入れてください。",
                "Give an address that begins with https (or http://localhost… on this device).",
            ));
        }
        let limit: [u8; 32] = Sha256::digest([b"app ".as_slice(), &visit.person].concat()).into();
        if !self.limits.allows(&limit, REGISTRATIONS_MAX, self.now().as_millis()) {
            return Err(problems::too_many_tries());
        }
        let id = format!("app-{}", random_text::<12>()?);
        let row =
            AppRow { id: id.clone(), name: name.to_owned(), redirects: redirects.join("\n"), at: self.now() };
        let body = json!({ "app": id, "name": name, "redirects": redirects });
        self.log(REGISTERED, visit.bearer.code.as_ref(), self.exchange(), &body).await?;
        self.write(move |tx| sql::put_app(tx, &row)).await?;
        Ok(id)
    }

    /// Looks at what an app wants, before the person is asked. `base` is the address of this FHIR server.
    ///
    /// # Errors
    /// An app or address that is not registered, another server, no PKCE, nothing that can be granted: said to the person, and
    /// never by sending them on to an address that was not registered.
    pub async fn asking(&self, wish: &Wish, base: &str) -> Result<Asking, Problem> {
        let id = wish.client_id.clone();
        let app = self.read(move |c| sql::app(c, &id)).await?.ok_or_else(problems::no_such_app)?;
        let known = app.redirects.lines().any(|uri| uri == wish.redirect_uri);
        let here = wish.aud.trim_end_matches('/') == base.trim_end_matches('/');
        let proves = wish.code_challenge_method == "S256" && wish.code_challenge.len() == 43;
        if !known {
            return Err(problems::no_such_app());
        }
        if wish.response_type != "code" || !here || !proves {
            return Err(problems::app_asks_wrong());
        }
        let scopes = scope::scopes(&wish.scope);
        if !scopes.iter().any(|scope| matches!(scope, Scope::Read(_))) {
            return Err(problems::app_asks_wrong());
        }
        Ok(Asking { name: app.name, scopes })
    }

    /// The person permits an app these scopes. Answers the code for it.
    ///
    /// # Errors
    /// As [`Self::asking`]; nothing permitted that can be read; no working medical ID; store or ledger.
    pub async fn permit(
        &self,
        visit: &Visit,
        wish: &Wish,
        base: &str,
        permitted: &[String],
    ) -> Result<String, Problem> {
        let asking = self.asking(wish, base).await?;
        let scopes: Vec<&Scope> =
            asking.scopes.iter().filter(|scope| permitted.contains(&scope.to_string())).collect();
        if !scopes.iter().any(|scope| matches!(scope, Scope::Read(_))) {
            return Err(problems::unfinished(
                "scope",
                "見せてよいものを、一つは選んでください。許さないときは「許さない」を押してください。",
                "Choose at least one thing it may see, or refuse.",
            ));
        }
        let code = visit.bearer.code.ok_or_else(problems::no_medical_id)?;
        let now = self.now();
        let offline = scopes.contains(&&Scope::Offline);
        let read_at = visit.bearer.receipt.at;
        let until = if offline { read_at + PERMISSION_MILLIS } else { now.as_millis() + ONLINE_MILLIS };
        let scopes: Vec<String> = scopes.iter().map(ToString::to_string).collect();
        let id = self.exchange();
        let authority = Authority { code, evidence: visit.evidence(), name: asking.name };
        let bytes = serde_json::to_vec(&authority).map_err(problems::internal)?;
        let sealed = self.custody.seal_row(&KeyName::ROW_SEAL, &place(&id), &bytes);
        let body = json!({ "app": wish.client_id, "name": authority.name, "scopes": scopes, "until": until });
        self.log(PERMITTED, Some(&code), id, &body).await?;
        let grant = GrantRow {
            id,
            person: visit.person,
            app: wish.client_id.clone(),
            scopes: scopes.join(" "),
            at: now,
            until: Timestamp::from_millis(until),
            used_at: None,
            reads: 0,
            sealed: sealed.map_err(problems::internal)?,
        };
        let secret = random_text::<32>()?;
        let token = TokenRow {
            token: digest(&secret),
            grant: id,
            kind: tokens::CODE.into(),
            until: now.as_millis() + CODE_MILLIS,
            used: false,
            bound: format!("{} {}", wish.code_challenge, wish.redirect_uri),
        };
        self.write(move |tx| {
            sql::put_grant(tx, &grant)?;
            sql::put_token(tx, &token)
        })
        .await?;
        Ok(secret)
    }

    /// What the person permits which apps.
    ///
    /// # Errors
    /// The store's.
    pub async fn permissions(&self, visit: &Visit) -> Result<Vec<Permission>, Problem> {
        let (person, now) = (visit.person, self.now().as_millis());
        let rows = self.read(move |c| sql::grants(c, &person, now)).await?;
        let shown = |row: GrantRow| {
            let authority = self.authority(&row)?;
            Ok(Permission {
                id: row.id,
                name: authority.name,
                scopes: scope::scopes(&row.scopes),
                at: row.at,
                until: row.until,
                used: (row.used_at, row.reads),
            })
        };
        rows.into_iter().map(shown).collect()
    }

    /// Ends a permission at once.
    ///
    /// # Errors
    /// One that is not this person's; store or ledger.
    pub async fn end_permission(&self, visit: &Visit, id: ExchangeId) -> Result<(), Problem> {
        let now = self.now().as_millis();
        let found = self.read(move |c| sql::grant(c, &id, now)).await?;
        found.filter(|grant| grant.person == visit.person).ok_or_else(Problem::not_found)?;
        self.write(move |tx| sql::end_grant(tx, &id)).await?;
        let body = json!({ "permission": id });
        self.log(ENDED, visit.bearer.code.as_ref(), self.exchange(), &body).await.map(drop)
    }

    fn authority(&self, row: &GrantRow) -> Result<Authority, Problem> {
        let opened = self.custody.open_row(&KeyName::ROW_SEAL, &place(&row.id), &row.sealed);
        serde_json::from_slice(&opened.map_err(problems::internal)?).map_err(problems::internal)
    }

    fn reader_of(&self, row: &GrantRow) -> Result<Reader, Problem> {
        let authority = self.authority(row)?;
        let name = format!("{APP_MARK}{}」", authority.name);
        Ok(Reader {
            behalf: OnBehalf { code: authority.code, evidence: authority.evidence, name },
            scopes: scope::scopes(&row.scopes),
            patient: patient(row),
            name: authority.name,
            grant: row.id,
        })
    }
}

/// The person as an app knows them.
fn patient(row: &GrantRow) -> String {
    let digest = Sha256::digest([b"app patient ".as_slice(), &row.person, row.app.as_bytes()].concat());
    HEXLOWER.encode(digest.first_chunk::<16>().map_or(&[], <[u8; 16]>::as_slice))
}

/// Where an app may be answered: over TLS, on this device, or by a scheme of its own (RFC 8252).
fn is_redirect(uri: &str) -> bool {
    let plain = uri.bytes().all(|byte| byte.is_ascii_graphic()) && uri.len() < 300 && !uri.contains('#');
    let near = |rest: &str| {
        let host = rest.split(['/', '?']).next().unwrap_or_default();
        let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
        host == "localhost" || host == "127.0.0.1" || host.ends_with(".localhost")
    };
    let secure = uri.strip_prefix("https://").is_some_and(|rest| !rest.is_empty() && !rest.contains('@'));
    let local = uri.strip_prefix("http://").is_some_and(near);
    let own = uri.split_once(":/").is_some_and(|(scheme, _)| {
        scheme.contains('.') && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.')
    });
    plain && (secure || local || own)
}

fn place(id: &ExchangeId) -> Vec<u8> {
    [b"portal app ".as_slice(), id.as_bytes()].concat()
}

fn digest(secret: &str) -> [u8; 32] {
    Sha256::digest([b"portal app token ".as_slice(), secret.as_bytes()].concat()).into()
}

fn random_text<const N: usize>() -> Result<String, Problem> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(problems::internal)?;
    Ok(BASE64URL_NOPAD.encode(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_app_is_answered_only_where_nobody_else_listens() {
        for good in [
            "https://app.example/cb",
            "http://localhost:9000/cb",
            "http://127.0.0.1/cb",
            "http://app.localhost:8080/cb",
            "jp.example.app:/cb",
        ] {
            assert!(is_redirect(good), "{good}");
        }
        for bad in [
            "http://app.example/cb",
            "http://localhost.evil.example/cb",
            "javascript:/alert(1)",
            "https://a@b/",
            "https://a/#x",
            "https://",
            "data:/x",
        ] {
            assert!(!is_redirect(bad), "{bad}");
        }
    }
}
