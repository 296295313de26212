//! One certificate: what it is, what came before and after it, and its revocation.

use axum::Form;
use axum::extract::{Path, State};
use axum::response::Redirect;
use codes::ExchangeId;
use maud::{Markup, html};
use protocol::jpki::{CertificateStatus, RevocationReason, RevokeRequest};
use serde::Deserialize;
use wire::page::{self, Choice, Tone, time};
use wire::{Csrf, Lang, Page, Problem, t};

use super::{badge, frame, kind, reason, serial};
use crate::service::{Service, Shown};

/// The form of a revocation.
#[derive(Deserialize)]
pub struct Revocation {
    reason: RevocationReason,
}

pub async fn show(
    State(service): State<Service>,
    lang: Lang,
    csrf: Csrf,
    Path(number): Path<String>,
) -> Result<Page, Problem> {
    let shown = service.show(&number).await?;
    let status = shown.certificate.status(service.clock.now());
    let path = format!("/certificates/{}", shown.certificate.serial);
    let body = html! {
        (verdict(lang, &status))
        (page::card(t(lang, "証明書", "Certificate"), particulars(lang, &shown, &status)))
        @if status == CertificateStatus::Good {
            (page::card(t(lang, "失効させる", "Revoke"), revocation_form(lang, &csrf, &path)))
        }
    };
    let title = format!("{} {}", kind(lang, shown.certificate.kind), serial(&shown.certificate.serial));
    Ok(frame(lang, &title, &path).csrf(&csrf).body(body))
}

pub async fn revoke(
    State(service): State<Service>,
    Path(number): Path<String>,
    Form(form): Form<Revocation>,
) -> Result<Redirect, Problem> {
    let exchange = ExchangeId::new(service.clock.now().as_millis());
    let path = format!("/certificates/{number}");
    let request = RevokeRequest { exchange, serial: number, reason: form.reason };
    service.revoke(&service.org, request).await?;
    Ok(Redirect::to(&path))
}

fn verdict(lang: Lang, status: &CertificateStatus) -> Markup {
    match status {
        CertificateStatus::Good => page::verdict(Tone::Ok, t(lang, "有効です", "Valid"), "", html! {}),
        CertificateStatus::Revoked { at, reason: why, .. } => {
            page::verdict(Tone::Bad, t(lang, "失効しています", "Revoked"), reason(lang, *why), time(*at))
        }
        CertificateStatus::Expired { at } => {
            page::verdict(Tone::Warn, t(lang, "有効期間が終わっています", "Expired"), "", time(*at))
        }
        CertificateStatus::Unknown => {
            page::verdict(Tone::Bad, t(lang, "不明な証明書です", "Unknown"), "", html! {})
        }
    }
}

fn particulars(lang: Lang, shown: &Shown, status: &CertificateStatus) -> Markup {
    let certificate = &shown.certificate;
    let link = |number: &str| html! { a href=(format!("/certificates/{number}")) { (serial(number)) } };
    let mut rows = vec![
        (t(lang, "状態", "Standing"), badge(lang, status)),
        (t(lang, "発行番号", "Serial number"), html! { (serial(&certificate.serial)) }),
        (t(lang, "種類", "Kind"), html! { (kind(lang, certificate.kind)) }),
        (t(lang, "主体者（CN）", "Subject (CN)"), html! { code { (certificate.common_name) } }),
        (t(lang, "発行", "Issued"), time(certificate.issued_at)),
        (t(lang, "有効期限", "Valid until"), time(certificate.not_after)),
    ];
    if let Some(name) = &certificate.name {
        rows.push((t(lang, "氏名", "Name"), html! { (name) }));
    }
    if let Some(before) = &certificate.predecessor {
        rows.push((t(lang, "更新前の証明書", "Took the place of"), link(before)));
    }
    if shown.newest != certificate.serial {
        rows.push((t(lang, "最新の証明書", "Newest in its line"), link(&shown.newest)));
    }
    page::definitions(&rows)
}

fn revocation_form(lang: Lang, csrf: &Csrf, path: &str) -> Markup {
    let reasons = [
        ("key-compromise", RevocationReason::KeyCompromise),
        ("affiliation-changed", RevocationReason::AffiliationChanged),
        ("cessation-of-operation", RevocationReason::CessationOfOperation),
    ];
    let choices = reasons.map(|(value, why)| Choice { value: value.into(), label: reason(lang, why).into() });
    page::form(
        &format!("{path}/revocation"),
        csrf,
        html! {
            p { (t(lang, "失効は取り消せません。必要なときは、窓口で新しい証明書を発行します。",
                "A revocation cannot be undone; the counter issues a new certificate when one is needed.")) }
            (page::select(lang, "reason", t(lang, "理由", "Reason"), &choices, "key-compromise"))
            (page::button(t(lang, "失効させる", "Revoke")))
        },
    )
}
