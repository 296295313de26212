//! The counter's pages: certificates in force, one certificate, revocation.

mod certificate;
mod list;

use axum::Router;
use axum::routing::{get, post};
use codes::OrgKind;
use maud::Markup;
use protocol::jpki::{CertificateKind, CertificateStatus, RevocationReason};
use wire::{Lang, Page, page, page::Tone, t};

use crate::service::Service;

/// The counter's pages, to be protected by a desk.
pub(crate) fn routes(service: Service) -> Router {
    Router::new()
        .route("/", get(list::list))
        .route("/certificates/{serial}", get(certificate::show))
        .route("/certificates/{serial}/revocation", post(certificate::revoke))
        .with_state(service)
}

fn frame(lang: Lang, title: &str, path: &str) -> Page {
    Page::new(lang, title)
        .organisation(t(lang, "公的個人認証サービス", "Public certification service"), OrgKind::Jpki)
        .nav([
            ("/", t(lang, "電子証明書", "Certificates")),
            (
                "/crl/authentication.crl",
                t(lang, "失効リスト（利用者証明用）", "Revocation list (authentication)"),
            ),
            ("/crl/signing.crl", t(lang, "失効リスト（署名用）", "Revocation list (signing)")),
        ])
        .at(path)
}

fn kind(lang: Lang, kind: CertificateKind) -> &'static str {
    match kind {
        CertificateKind::Authentication => t(lang, "利用者証明用", "Authentication"),
        CertificateKind::Signing => t(lang, "署名用", "Signing"),
    }
}

fn reason(lang: Lang, reason: RevocationReason) -> &'static str {
    match reason {
        RevocationReason::Unspecified => t(lang, "理由なし", "No reason given"),
        RevocationReason::KeyCompromise => t(lang, "カードの紛失・盗難", "Card lost or stolen"),
        RevocationReason::AffiliationChanged => {
            t(lang, "氏名・住所の変更、死亡", "Name or address changed, death")
        }
        RevocationReason::Superseded => t(lang, "更新", "Renewed"),
        RevocationReason::CessationOfOperation => t(lang, "本人の申請", "At the holder's request"),
    }
}

fn badge(lang: Lang, status: &CertificateStatus) -> Markup {
    match status {
        CertificateStatus::Good => page::badge(Tone::Ok, t(lang, "有効", "Valid")),
        CertificateStatus::Revoked { .. } => page::badge(Tone::Bad, t(lang, "失効", "Revoked")),
        CertificateStatus::Expired { .. } => page::badge(Tone::Warn, t(lang, "期限切れ", "Expired")),
        CertificateStatus::Unknown => page::badge(Tone::Bad, t(lang, "不明", "Unknown")),
    }
}

/// A serial number in groups of four, to be read aloud.
fn serial(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    letters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}
