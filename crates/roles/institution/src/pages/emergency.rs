//! Emergencies: big, few words. Pick the patient, say why, confirm; the narrow set is there at once.

use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use codes::ExchangeId;
use consent::Categories;
use maud::html;
use protocol::exchange::{EmergencyReason, Practitioner};
use serde::Deserialize;
use wire::page::{Fragment, Lang, card, form, live, problem_notice, t};
use wire::{Csrf, Problem};

use super::clinic::{nobody, patients, search_form};
use super::clinical::{head, local, outcome, page};
use super::emergency_parts::{
    narrow, reason_code, remaining, second_person, sure, widening, will_be_told, words_field,
};
use super::folder::Folder;
use super::staff::{Acting, badge, practitioner};
use super::{Pages, Shown, history, overview, see};
use crate::model::Patient;
use crate::service::exchange::{Declaration, Order, Why};
use crate::store::DeclaredEmergency;

/// Who is looked for.
#[derive(Default, Deserialize)]
pub struct Wanted {
    #[serde(default)]
    q: String,
}

/// What is declared.
#[derive(Default, Deserialize)]
pub struct Declared {
    #[serde(default)]
    reason: String,
    #[serde(default)]
    words: String,
    #[serde(default)]
    sure: String,
    #[serde(default)]
    with_id: String,
    #[serde(default)]
    with_name: String,
    #[serde(default)]
    with_profession: String,
}

/// GET /emergency: who is it?
pub async fn find(
    State(pages): State<Pages>,
    lang: Lang,
    csrf: Csrf,
    Acting(staff): Acting,
    Query(wanted): Query<Wanted>,
) -> Shown {
    let found = pages.service.search(&wanted.q).await?;
    let body = html! {
        (badge(lang, &csrf, &staff))
        (search_form(lang, "/emergency", &wanted.q))
        @if !wanted.q.trim().is_empty() {
            @if found.patients.is_empty() { (nobody(lang)) }
            @else { (card(t(lang, "だれですか", "Who is it?"), patients(lang, &found.patients, "emergency"))) }
        }
    };
    let lead = t(
        lang,
        "命にかかわるとき、同意を得られない方の記録を見ます。",
        "When life is at stake and the person cannot be asked.",
    );
    Ok(pages
        .page(lang, &csrf, "/emergency", t(lang, "緊急", "Emergency"))
        .lead(lead)
        .body(body)
        .into_response())
}

/// GET /patients/{patient}/emergency: why?
pub async fn ask(
    State(pages): State<Pages>,
    lang: Lang,
    csrf: Csrf,
    Acting(staff): Acting,
    Path(number): Path<String>,
) -> Shown {
    let (patient, _) = pages.service.patient(local(&number)?).await?;
    let open = open_one(&pages, &patient).await?;
    if let Some(open) = open {
        return Ok(see(format!("/emergencies/{}", open.declaration)));
    }
    Ok(form_page(&pages, lang, &csrf, &staff, &patient, &Declared::default(), None).into_response())
}

/// POST /patients/{patient}/emergency: declares, and fetches the narrow set at once.
pub async fn declare(
    State(pages): State<Pages>,
    lang: Lang,
    csrf: Csrf,
    Acting(staff): Acting,
    Path(number): Path<String>,
    Form(declared): Form<Declared>,
) -> Shown {
    let (patient, _) = pages.service.patient(local(&number)?).await?;
    let emergency = match act(&pages, &staff, &patient, &declared, None).await {
        Ok(emergency) => emergency,
        Err(problem) if problem.status().is_client_error() => {
            let page = form_page(&pages, lang, &csrf, &staff, &patient, &declared, Some(&problem));
            return Ok(page.status(problem.status()).into_response());
        }
        Err(problem) => return Err(problem),
    };
    fetch(&pages, staff, &emergency).await?;
    Ok(see(format!("/emergencies/{}", emergency.declaration)))
}

/// GET /emergencies/{declaration}
pub async fn show(
    State(pages): State<Pages>,
    lang: Lang,
    csrf: Csrf,
    Acting(staff): Acting,
    Path(declaration): Path<ExchangeId>,
) -> Shown {
    let emergency = declared(&pages, declaration).await?;
    render(&pages, lang, &csrf, &staff, &emergency, None).await
}

/// GET /emergencies/{declaration}/left: the part that counts the minutes.
pub async fn left(State(pages): State<Pages>, lang: Lang, Path(declaration): Path<ExchangeId>) -> Shown {
    let emergency = declared(&pages, declaration).await?;
    Ok(Fragment(remaining(lang, &pages, &emergency)).into_response())
}

/// POST /emergencies/{declaration}/widen: the second act.
pub async fn widen(
    State(pages): State<Pages>,
    lang: Lang,
    csrf: Csrf,
    Acting(staff): Acting,
    Path(declaration): Path<ExchangeId>,
    Form(asked): Form<Declared>,
) -> Shown {
    let first = declared(&pages, declaration).await?;
    let (patient, _) = pages.service.patient(first.patient.clone()).await?;
    let asked = Declared { reason: reason_code(first.reason), ..asked };
    match act(&pages, &staff, &patient, &asked, Some(first.declaration)).await {
        Ok(second) => {
            fetch(&pages, staff, &second).await?;
            Ok(see(format!("/emergencies/{}", second.declaration)))
        }
        Err(problem) if problem.status().is_client_error() => {
            render(&pages, lang, &csrf, &staff, &first, Some(&problem)).await
        }
        Err(problem) => Err(problem),
    }
}

async fn act(
    pages: &Pages,
    staff: &Practitioner,
    patient: &Patient,
    declared: &Declared,
    widens: Option<ExchangeId>,
) -> Result<DeclaredEmergency, Problem> {
    let reason = EmergencyReason::ALL.into_iter().find(|one| reason_code(*one) == declared.reason);
    let reason = reason.ok_or_else(|| missing("理由を選んでください。", "Choose a reason."))?;
    if declared.words.trim().chars().count() < WORDS_MIN {
        return Err(missing(
            "状況を5字以上で書いてください。",
            "Say what happened, in five characters or more.",
        ));
    }
    if declared.sure != "yes" {
        return Err(missing("確認の欄に印を付けてください。", "Tick the confirmation."));
    }
    let with = if declared.with_id.trim().is_empty() {
        None
    } else {
        let second = practitioner(&declared.with_id, &declared.with_name, &declared.with_profession);
        Some(second.map_err(|_| {
            missing("二人目の職員の番号と氏名を確かめてください。", "Check the second member of staff.")
        })?)
    };
    let declaration = Declaration {
        staff: staff.clone(),
        patient: patient.local_number.clone(),
        reason,
        words: declared.words.trim().to_owned(),
        widens,
        with,
    };
    pages.service.declare_emergency(declaration).await
}

/// Asks the other institutions under the declaration; what came of it is remembered with it.
async fn fetch(pages: &Pages, staff: Practitioner, emergency: &DeclaredEmergency) -> Result<(), Problem> {
    let id = emergency.declaration;
    let why = if emergency.widened { Why::BreakGlass(id) } else { Why::Emergency(id) };
    let order = Order {
        staff,
        patient: emergency.patient.clone(),
        why,
        looking_for: Categories::NONE,
        care: None,
        holders: Vec::new(),
        searches: Vec::new(),
    };
    let gathered = pages.service.gather(order).await?;
    pages.gathered.put(id, gathered, pages.service.moment());
    Ok(())
}

/// The patient's emergency that still runs: the widest, else the newest.
async fn open_one(pages: &Pages, patient: &Patient) -> Result<Option<DeclaredEmergency>, Problem> {
    let all = pages.service.exchanges(Some(patient.local_number.clone()), LIST).await?.emergencies;
    let now = pages.service.moment();
    Ok(all.into_iter().filter(|one| one.until > now).max_by_key(|one| (one.widened, one.at)))
}

async fn declared(pages: &Pages, declaration: ExchangeId) -> Result<DeclaredEmergency, Problem> {
    let all = pages.service.exchanges(None, LIST).await?.emergencies;
    all.into_iter().find(|one| one.declaration == declaration).ok_or_else(|| {
        Problem::new(404, "no-emergency")
            .ja("この緊急の宣言は見つかりません")
            .en("There is no such emergency here")
    })
}

fn form_page(
    pages: &Pages,
    lang: Lang,
    csrf: &Csrf,
    staff: &Practitioner,
    patient: &Patient,
    declared: &Declared,
    problem: Option<&Problem>,
) -> wire::page::Page {
    let path = format!("/patients/{}/emergency", patient.local_number);
    let body = html! {
        (badge(lang, csrf, staff))
        (head(lang, patient, pages))
        @if let Some(problem) = problem { (problem_notice(lang, problem)) }
        div.emergency { (form(&path, csrf, html! {
            fieldset {
                legend { (t(lang, "理由", "Why")) }
                div.reasons { @for reason in EmergencyReason::ALL {
                    label.segment {
                        input type="radio" name="reason" value=(reason_code(reason)) required checked[declared.reason == reason_code(reason)];
                        span.segment-label { (t(lang, reason.words().0, reason.words().1)) }
                    }
                } }
            }
            (words_field(lang, t(lang, "状況（短く）", "What happened, briefly"), &declared.words))
            (second_person(lang, &declared.with_id, &declared.with_name, &declared.with_profession))
            (sure(lang, t(lang, "同意を得る時間がなく、いま必要です", "There is no time to ask, and it is needed now")))
            (will_be_told(lang, staff))
            button.button.big.danger type="submit" { (t(lang, "緊急として記録を見る", "Declare and see")) }
        })) }
    };
    page(pages, lang, csrf, patient, "emergency", body)
}

async fn render(
    pages: &Pages,
    lang: Lang,
    csrf: &Csrf,
    staff: &Practitioner,
    emergency: &DeclaredEmergency,
    problem: Option<&Problem>,
) -> Shown {
    let (patient, _) = pages.service.patient(emergency.patient.clone()).await?;
    let folder = Folder::open(pages, staff, &patient.local_number).await?;
    let gathered = pages.gathered.get(&emergency.declaration, pages.service.moment());
    let path = format!("/patients/{}/records", patient.local_number);
    let at = format!("/emergencies/{}", emergency.declaration);
    let running = emergency.until > pages.service.moment();
    let body = html! {
        (badge(lang, csrf, staff))
        (live("left", &format!("{at}/left"), 30, remaining(lang, pages, emergency)))
        (head(lang, &patient, pages))
        @if let Some(problem) = problem { (problem_notice(lang, problem)) }
        @if let Some(gathered) = &gathered { (outcome(lang, csrf, pages, &path, "records", gathered)) }
        div.emergency {
            (overview::warnings(lang, &folder))
            (narrow(lang, &folder))
            @if emergency.widened { (overview::trends(lang, &folder)) (overview::documents(lang, &folder)) (history::timeline(lang, &folder)) }
            @else if running { (widening(lang, csrf, &at)) }
        }
        (card(t(lang, "ご本人への知らせ", "What the person is told"), will_be_told(lang, staff)))
        p { a.button.quiet href="/office?what=emergency" { (t(lang, "裏付けを届け出る", "Give the corroboration")) } }
    };
    let status = problem.map_or(StatusCode::OK, Problem::status);
    Ok(page(pages, lang, csrf, &patient, "emergency", body).status(status).into_response())
}

fn missing(ja: &str, en: &str) -> Problem {
    Problem::new(422, "incomplete-declaration").ja(ja).en(en)
}

/// Shortest words.
const WORDS_MIN: usize = 5;
/// Declarations looked through.
const LIST: u32 = 1_000;
