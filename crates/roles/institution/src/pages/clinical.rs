//! The clinician's view of a patient: our own records and what other institutions gave, on one page.

use axum::Form;
use axum::extract::{Path, Query, State};
use axum::response::IntoResponse as _;
use codes::{ExchangeId, OrgId};
use consent::{Categories, InstitutionKind};
use maud::{Markup, html};
use serde::Deserialize;
use wire::page::{Lang, Tone, card, form, notice, problem_notice, t};
use wire::{Csrf, Problem};

use super::folder::{Folder, Source};
use super::parts::{day, moment, sex_words};
use super::staff::{Acting, badge};
use super::{Pages, Shown, history, mark, overview, see};
use crate::error::DeskError;
use crate::model::{LocalNumber, Patient};
use crate::service::exchange::{Gathered, Order, Unreached, Why};

/// What the address says.
#[derive(Deserialize)]
pub struct Seen {
    /// The exchange that was just asked.
    pub exchange: Option<ExchangeId>,
    /// A record was just marked, or its mark taken off.
    pub marked: Option<String>,
}

/// What is asked of others.
#[derive(Deserialize)]
pub struct Ask {
    /// Only these holders, separated by commas; empty for all.
    #[serde(default)]
    holders: String,
    /// The page it was asked from: `records` or `care`.
    #[serde(default)]
    of: String,
}

/// GET /patients/{patient}/records
pub async fn show(
    State(pages): State<Pages>,
    lang: Lang,
    csrf: Csrf,
    Acting(staff): Acting,
    Path(number): Path<String>,
    Query(seen): Query<Seen>,
) -> Shown {
    let (patient, _) = pages.service.patient(local(&number)?).await?;
    let folder = Folder::open(&pages, &staff, &patient.local_number).await?;
    let gathered = seen.exchange.and_then(|exchange| pages.gathered.get(&exchange, pages.service.moment()));
    let body = html! {
        (badge(lang, &csrf, &staff))
        (head(lang, &patient, &pages))
        (mark::done(lang, seen.marked.as_deref()))
        (overview::warnings(lang, &folder))
        (others(lang, &csrf, &pages, &patient, &folder, "records", gathered.as_ref()))
        (overview::medicines_and_problems(lang, &folder))
        (overview::trends(lang, &folder))
        (overview::documents(lang, &folder))
        (history::timeline(lang, &folder))
        (overview::next_steps(lang, &patient))
    };
    Ok(page(&pages, lang, &csrf, &patient, "records", body).into_response())
}

/// POST /patients/{patient}/records: asks the other institutions.
pub async fn gather(
    State(pages): State<Pages>,
    lang: Lang,
    csrf: Csrf,
    Acting(staff): Acting,
    Path(number): Path<String>,
    Form(ask): Form<Ask>,
) -> Shown {
    let patient = local(&number)?;
    let holders: Vec<OrgId> = ask.holders.split(',').filter_map(|id| id.trim().parse().ok()).collect();
    let order = Order {
        staff,
        patient: patient.clone(),
        why: why(&pages),
        looking_for: Categories::NONE,
        care: None,
        holders,
        searches: Vec::new(),
    };
    match pages.service.gather(order).await {
        Ok(gathered) => {
            let exchange = gathered.exchange;
            pages.gathered.put(exchange, gathered, pages.service.moment());
            let of = if ask.of == "care" { "care" } else { "records" };
            Ok(see(format!("/patients/{patient}/{of}?exchange={exchange}#others")))
        }
        Err(problem) if problem.status().is_client_error() => {
            refused(&pages, lang, &csrf, patient, &problem).await
        }
        Err(problem) => Err(problem),
    }
}

/// Treatment, or care where that is what the institution does.
pub fn why(pages: &Pages) -> Why {
    match pages.service.kind() {
        InstitutionKind::HomeNursing | InstitutionKind::CareProvider => Why::Care,
        _ => Why::Treatment,
    }
}

/// A patient number of an address.
///
/// # Errors
/// [`DeskError::NoPatient`] for what is no number.
pub fn local(number: &str) -> Result<LocalNumber, DeskError> {
    number.parse().map_err(|_| DeskError::NoPatient)
}

/// The page of a patient with its title.
pub fn page(
    pages: &Pages,
    lang: Lang,
    csrf: &Csrf,
    patient: &Patient,
    of: &str,
    body: Markup,
) -> wire::page::Page {
    let path = format!("/patients/{}/{of}", patient.local_number);
    let title = t(lang, format!("{} さん", patient.name), patient.name.clone());
    pages.page(lang, csrf, &path, &title).body(body)
}

async fn refused(pages: &Pages, lang: Lang, csrf: &Csrf, patient: LocalNumber, problem: &Problem) -> Shown {
    let (patient, _) = pages.service.patient(patient).await?;
    let body = html! {
        (problem_notice(lang, problem))
        p { a.button href={ "/patients/" (patient.local_number) "/records" } { (t(lang, "記録へ戻る", "Back to the record")) } }
    };
    Ok(page(pages, lang, csrf, &patient, "records", body).status(problem.status()).into_response())
}

/// Who it is, in one line.
pub fn head(lang: Lang, patient: &Patient, pages: &Pages) -> Markup {
    let age = patient.birthdate.everyday_age_on(pages.service.today());
    html! {
        p.patient-line {
            span lang="ja" { (patient.kana) } " "
            span.no-break { (day(patient.birthdate)) (t(lang, "生", "")) }
            @if let Some(age) = age { " " span.no-break { (age) (t(lang, "歳", " years")) } }
            " " (sex_words(lang, patient.sex))
            " " span.no-break { (t(lang, "患者番号", "number")) " " span.digits { (patient.local_number) } }
        }
    }
}

/// The one clear action: what others hold; and afterwards what came of it.
pub fn others(
    lang: Lang,
    csrf: &Csrf,
    pages: &Pages,
    patient: &Patient,
    folder: &Folder,
    of: &str,
    gathered: Option<&Gathered>,
) -> Markup {
    let path = format!("/patients/{}/records", patient.local_number);
    let given: Vec<&Source> = folder.sources.iter().skip(1).collect();
    let label = if given.is_empty() {
        t(lang, "他の機関の記録を見る", "See other institutions’ records")
    } else {
        t(lang, "もう一度問い合わせる", "Ask again")
    };
    let button = if given.is_empty() { "button" } else { "button quiet" };
    html! {
        div #others {
            (card(t(lang, "他の機関の記録", "Other institutions"), html! {
                @if let Some(gathered) = gathered { (outcome(lang, csrf, pages, &path, of, gathered)) }
                @if given.is_empty() && gathered.is_none() {
                    p { (t(lang,
                        "診療のために、ご本人が許した範囲の記録を、持っている機関から直接受け取ります。見たことは記録され、ご本人に知らされます。",
                        "For treatment, what the person permits is fetched from who holds it. The person is told who looked.")) }
                }
                @if !given.is_empty() {
                    ul.sources { @for source in &given {
                        li { span lang="ja" { (source.name(lang)) } span.muted { (source.count) (t(lang, "件", " records")) } }
                    } }
                }
                @if let Some(until) = folder.keep_until {
                    p.fine { (t(lang, "見られるのは次の時刻までです: ", "May be looked at until ")) (moment(until)) }
                }
                (form(&path, csrf, html! {
                    input type="hidden" name="of" value=(of);
                    button class=(button) type="submit" { (label) }
                }))
            }))
        }
    }
}

/// What the exchange brought; who did not answer is said, with the way to ask again.
pub fn outcome(lang: Lang, csrf: &Csrf, pages: &Pages, path: &str, of: &str, gathered: &Gathered) -> Markup {
    let missing: Vec<_> = gathered.sources.iter().filter_map(|s| Some((s, s.unreached.as_ref()?))).collect();
    let came: usize = gathered.sources.iter().map(|source| source.resources).sum();
    let ids: Vec<String> = missing.iter().map(|(source, _)| source.holder.to_string()).collect();
    html! {
        @if came == 0 && missing.is_empty() {
            (notice(Tone::Info, t(lang, "見られる記録はありませんでした。", "There was nothing to show."), html! {}))
        } @else if missing.is_empty() {
            (notice(Tone::Ok, &t(lang, format!("{came}件の記録を受け取りました。"), format!("{came} records came.")), html! {}))
        } @else {
            (notice(Tone::Warn, t(lang, "すべては届いていません。", "Not everything came."), html! {
                ul { @for (source, why) in &missing {
                    li { (pages.name_of(lang, &source.holder)) (t(lang, "：", ": ")) (unreached_words(lang, why)) }
                } }
                (form(path, csrf, html! {
                    input type="hidden" name="of" value=(of);
                    input type="hidden" name="holders" value=(ids.join(","));
                    button.button.quiet type="submit" { (t(lang, "届かなかった機関にもう一度問い合わせる", "Ask these again")) }
                }))
            }))
        }
    }
}

fn unreached_words(lang: Lang, why: &Unreached) -> &'static str {
    match why {
        Unreached::Silent => t(lang, "応答がありませんでした", "did not answer"),
        Unreached::Refused(_) => t(lang, "今は受け取れませんでした", "could not give it now"),
        Unreached::Cut => t(lang, "途中で終わりました", "ended in the middle"),
        Unreached::Unreadable => t(lang, "読み取れませんでした", "could not be read"),
    }
}
