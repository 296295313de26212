//! Codes and tokens (RFC 6749, 7636, 7009): short, known to the portal by their digests alone, a refresh token good once.

use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};
use wire::Problem;

use super::{ENDED, Reader, Scope, Service, digest, patient, random_text, scope};
use crate::store::apps::{self as sql, GrantRow, TokenRow};

/// Kinds of tokens.
pub(super) const CODE: &str = "code";
const ACCESS: &str = "access";
const REFRESH: &str = "refresh";

/// How long an access token is good, in milliseconds.
const ACCESS_MILLIS: i64 = 10 * 60_000;

/// What comes to the token endpoint.
#[derive(Clone, Debug, Deserialize)]
pub struct TokenRequest {
    /// `authorization_code` or `refresh_token`.
    #[serde(default)]
    pub grant_type: String,
    /// The code.
    #[serde(default)]
    pub code: String,
    /// Where the code was sent.
    #[serde(default)]
    pub redirect_uri: String,
    /// The app.
    #[serde(default)]
    pub client_id: String,
    /// What the challenge was made of.
    #[serde(default)]
    pub code_verifier: String,
    /// The refresh token.
    #[serde(default)]
    pub refresh_token: String,
}

/// What an app gets.
#[derive(Clone, Debug, Serialize)]
pub struct TokenAnswer {
    /// Good for ten minutes.
    pub access_token: String,
    /// `Bearer`.
    pub token_type: &'static str,
    /// In seconds.
    pub expires_in: i64,
    /// What was granted: perhaps less than was asked.
    pub scope: String,
    /// The person, as this app knows them.
    pub patient: String,
    /// To come back with; good once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
}

/// Why there is no token (RFC 6749 §5.2).
#[derive(Debug)]
pub enum TokenError {
    /// `invalid_grant`: wrong, used, late, another's.
    Grant,
    /// `unsupported_grant_type`.
    Kind,
    /// The house itself.
    Problem(Problem),
}

impl From<Problem> for TokenError {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl Service {
    /// Gives tokens for a code or a refresh token. Whoever shows one a second time ends the whole permission: either they or who was
    /// first stole it.
    ///
    /// # Errors
    /// [`TokenError`].
    pub async fn tokens(&self, request: &TokenRequest) -> Result<TokenAnswer, TokenError> {
        let (secret, kind) = match request.grant_type.as_str() {
            "authorization_code" => (&request.code, CODE),
            "refresh_token" => (&request.refresh_token, REFRESH),
            _ => return Err(TokenError::Kind),
        };
        let (key, now) = (digest(secret), self.now().as_millis());
        let found = self.read(move |c| sql::token(c, &key)).await?;
        let token = found.filter(|token| token.kind == kind).ok_or(TokenError::Grant)?;
        let id = token.grant;
        let grant = self.read(move |c| sql::grant(c, &id, now)).await?.ok_or(TokenError::Grant)?;
        let proven = kind == REFRESH || shows(&token, request);
        if token.until <= now || grant.app != request.client_id || !proven {
            return Err(TokenError::Grant);
        }
        if !self.write(move |tx| sql::use_up(tx, &key)).await? {
            self.write(move |tx| sql::end_grant(tx, &id)).await?;
            let body = json!({ "permission": id, "why": "a code or token was shown twice" });
            let authority = self.authority(&grant)?;
            self.log(ENDED, Some(&authority.code), self.exchange(), &body).await?;
            return Err(TokenError::Grant);
        }
        Ok(self.issue(&grant).await?)
    }

    /// Ends what a token stands for (RFC 7009); one that is none ends nothing, and that is no error.
    ///
    /// # Errors
    /// The store's.
    pub async fn revoke_token(&self, secret: &str) -> Result<(), Problem> {
        let key = digest(secret);
        if let Some(token) = self.read(move |c| sql::token(c, &key)).await? {
            self.write(move |tx| sql::end_grant(tx, &token.grant)).await?;
        }
        Ok(())
    }

    /// Whom the bearer of an access token reads for; none for a token that is none, late or ended.
    pub(super) async fn reader(&self, secret: &str) -> Result<Option<Reader>, Problem> {
        let (key, now) = (digest(secret), self.now().as_millis());
        let token = self.read(move |c| sql::token(c, &key)).await?;
        let Some(token) = token.filter(|token| token.kind == ACCESS && token.until > now) else {
            return Ok(None);
        };
        let grant = self.read(move |c| sql::grant(c, &token.grant, now)).await?;
        grant.map(|grant| self.reader_of(&grant)).transpose()
    }

    async fn issue(&self, grant: &GrantRow) -> Result<TokenAnswer, Problem> {
        let now = self.now().as_millis();
        let scopes = scope::scopes(&grant.scopes);
        let until = (now + ACCESS_MILLIS).min(grant.until.as_millis());
        let access = random_text::<32>()?;
        let refresh = scopes.contains(&Scope::Offline).then(random_text::<32>).transpose()?;
        let row = |secret: &str, kind: &str, until: i64| TokenRow {
            token: digest(secret),
            grant: grant.id,
            kind: kind.to_owned(),
            until,
            used: false,
            bound: String::new(),
        };
        let mut rows = vec![row(&access, ACCESS, until)];
        rows.extend(refresh.as_ref().map(|secret| row(secret, REFRESH, grant.until.as_millis())));
        self.write(move |tx| rows.iter().try_for_each(|row| sql::put_token(tx, row))).await?;
        Ok(TokenAnswer {
            access_token: access,
            token_type: "Bearer",
            expires_in: (until - now) / 1_000,
            scope: grant.scopes.clone(),
            patient: patient(grant),
            refresh_token: refresh,
        })
    }
}

/// Whether a request shows what a code is bound to: verifier (PKCE, S256) and address.
fn shows(token: &TokenRow, request: &TokenRequest) -> bool {
    let Some((challenge, redirect)) = token.bound.split_once(' ') else { return false };
    let long = (43..=128).contains(&request.code_verifier.len());
    let made = BASE64URL_NOPAD.encode(&Sha256::digest(request.code_verifier.as_bytes()));
    long && made == challenge && redirect == request.redirect_uri
}
