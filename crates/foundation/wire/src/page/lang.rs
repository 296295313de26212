//! Japanese or English.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};

use crate::session::cookie;

/// The cookie that remembers the choice.
const COOKIE: &str = "lang";

/// The language of a page (表示言語). As an extractor: `?lang=`, then the cookie, then Accept-Language, then Japanese.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lang {
    /// 日本語
    #[default]
    Ja,
    /// English
    En,
}

/// The text in the language asked for: `t(lang, "受付", "Reception")`.
pub fn t<T>(lang: Lang, ja: T, en: T) -> T {
    match lang {
        Lang::Ja => ja,
        Lang::En => en,
    }
}

impl Lang {
    /// As in the `lang` attribute of HTML.
    pub fn code(self) -> &'static str {
        t(self, "ja", "en")
    }

    /// The other one, for the switch.
    pub fn other(self) -> Self {
        t(self, Lang::En, Lang::Ja)
    }

    /// From a request's query and headers.
    pub fn of(headers: &HeaderMap, query: Option<&str>) -> Self {
        Self::chosen(query)
            .or_else(|| cookie(headers, COOKIE).and_then(Self::parse))
            .or_else(|| Self::accepted(headers))
            .unwrap_or_default()
    }

    /// The language that the query names with `lang=`.
    pub(crate) fn chosen(query: Option<&str>) -> Option<Self> {
        query?.split('&').find_map(|pair| pair.strip_prefix("lang=")).and_then(Self::parse)
    }

    /// The Set-Cookie value that remembers this language for a year.
    pub(crate) fn cookie(self) -> String {
        format!("{COOKIE}={}; Path=/; Max-Age=31536000; SameSite=Lax", self.code())
    }

    fn parse(code: &str) -> Option<Self> {
        match code {
            "ja" => Some(Lang::Ja),
            "en" => Some(Lang::En),
            _ => None,
        }
    }

    /// The first of Accept-Language that we speak; browsers list by preference.
    fn accepted(headers: &HeaderMap) -> Option<Self> {
        let list = headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()?;
        list.split(',').find_map(|range| {
            let tag = range.split([';', '-']).next().unwrap_or_default().trim();
            Self::parse(&tag.to_ascii_lowercase())
        })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Lang {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Lang::of(&parts.headers, parts.uri.query()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderName, HeaderValue};

    fn headers(list: &[(HeaderName, &'static str)]) -> HeaderMap {
        list.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn the_order_of_wishes() {
        let all = headers(&[(header::COOKIE, "a=b; lang=en"), (header::ACCEPT_LANGUAGE, "ja")]);
        assert_eq!(Lang::of(&all, Some("x=1&lang=ja")), Lang::Ja);
        assert_eq!(Lang::of(&all, Some("lang=xx")), Lang::En);
        let accept = headers(&[(header::ACCEPT_LANGUAGE, "fr, en-GB;q=0.9, ja;q=0.1")]);
        assert_eq!(Lang::of(&accept, None), Lang::En);
        assert_eq!(Lang::of(&headers(&[]), None), Lang::Ja);
    }
}
