//! Apps of the person's choice: what they may, what they read, and the end of it; the question whether an app may; and the endpoints that
//! apps themselves call.

mod consent;
mod fhir;
mod oauth;

use axum::Router;
use axum::extract::{Form, State};
use axum::http::{HeaderMap, header};
use axum::response::IntoResponse as _;
use axum::routing::{get, post};
use codes::ExchangeId;
use maud::{Markup, html};
use serde::Deserialize;
use wire::page::{
    Field, Lang, Page, Tone, button, button_quiet, card, card_with, details, empty_state, form, notice,
    problem_notice, t, when,
};
use wire::{Csrf, Problem};

use super::{Here, Shown, inside, see};
use crate::model::Visit;
use crate::service::Service;
use crate::service::smart::Permission;
use crate::service::smart::scope::{Reading, Scope};

pub(super) use oauth::onward;

/// Pages for people.
pub(super) fn routes() -> Router<Service> {
    Router::new()
        .route("/apps", get(show).post(end))
        .route("/apps/register", post(register))
        .route("/apps/consent", get(consent::ask).post(consent::decide))
        .route("/oauth/authorize", get(oauth::authorize))
}

/// Endpoints for apps: no session, no form token; each request proves itself.
pub(super) fn endpoints(service: Service) -> Router {
    Router::new()
        .route("/oauth/token", post(oauth::token).options(fhir::preflight))
        .route("/oauth/revoke", post(oauth::revoke).options(fhir::preflight))
        .route("/.well-known/smart-configuration", get(oauth::configuration))
        .merge(fhir::routes())
        .with_state(service)
        .layer(axum::middleware::from_fn(fhir::anywhere))
}

#[derive(Deserialize)]
struct Ending {
    end: ExchangeId,
}

/// GET /apps
async fn show(
    State(service): State<Service>,
    lang: Lang,
    csrf: Csrf,
    Here(visit): Here,
) -> Result<Page, Problem> {
    apps_page(&service, lang, &csrf, &visit, html! {}).await
}

async fn end(State(service): State<Service>, Here(visit): Here, Form(ending): Form<Ending>) -> Shown {
    service.end_permission(&visit, ending.end).await?;
    Ok(see("/apps"))
}

#[derive(Deserialize)]
struct Registering {
    #[serde(default)]
    name: String,
    #[serde(default)]
    redirect: String,
}

async fn register(
    State(service): State<Service>,
    lang: Lang,
    csrf: Csrf,
    headers: HeaderMap,
    Here(visit): Here,
    Form(wanted): Form<Registering>,
) -> Shown {
    match service.register_app(&visit, &wanted.name, &wanted.redirect).await {
        Ok(id) => {
            let said = notice(
                Tone::Ok,
                t(lang, "登録しました", "Registered"),
                html! {
                    p { (t(lang, "アプリに、次の二つを入れてください。", "Give the app these two:")) }
                    p { (t(lang, "クライアントID: ", "client id: ")) code #client { (id) } }
                    p { (t(lang, "サーバー: ", "server: ")) code #server { (base(&headers)) } }
                },
            );
            Ok(apps_page(&service, lang, &csrf, &visit, said).await?.into_response())
        }
        Err(problem) if problem.status().is_client_error() => {
            let page = apps_page(&service, lang, &csrf, &visit, problem_notice(lang, &problem)).await?;
            Ok(page.status(problem.status()).into_response())
        }
        Err(problem) => Err(problem),
    }
}

async fn apps_page(
    service: &Service,
    lang: Lang,
    csrf: &Csrf,
    visit: &Visit,
    said: Markup,
) -> Result<Page, Problem> {
    let permissions = service.permissions(visit).await?;
    let body = html! {
        (said)
        @if permissions.is_empty() {
            (empty_state(
                t(lang, "記録を見せているアプリはありません", "No app may read your record"),
                t(lang, "アプリのほうから「マイ・ポータルにつなぐ」を選ぶと、何を見せるかをここで決められます。", "Choose to connect in the app; you decide here what it may see."),
                html! {},
            ))
        }
        @for permission in &permissions { (one(lang, csrf, permission)) }
        (card(t(lang, "アプリを登録する", "Register an app"), html! {
            p { (t(lang,
                "SMART on FHIR に対応したアプリなら、自分で登録してつなげます。アプリの説明書にある「リダイレクト先」を入れてください。",
                "Any app that speaks SMART on FHIR can be connected. Enter the redirect address that its manual names.")) }
            (details(t(lang, "登録する", "Register"), form("/apps/register", csrf, html! {
                (Field::text("name", t(lang, "アプリの名前", "Name of the app")).required().render(lang))
                (Field::text("redirect", t(lang, "リダイレクト先", "Redirect address")).hint("https://…").required().render(lang))
                (button(t(lang, "登録する", "Register")))
            })))
        }))
    };
    Ok(inside(lang, csrf, visit, t(lang, "アプリ", "My apps"), "/apps", body))
}

fn one(lang: Lang, csrf: &Csrf, permission: &Permission) -> Markup {
    let (used_at, reads) = permission.used;
    card_with(
        &permission.name,
        html! {},
        html! {
            p { (t(lang, "見せているもの", "It may see")) }
            ul { @for scope in permission.scopes.iter().filter(|scope| matches!(scope, Scope::Read(_))) { li { (words(lang, scope)) } } }
            p.note { (t(lang, format!("{} から {} まで。", when(lang, permission.at), when(lang, permission.until)), format!("From {} until {}.", when(lang, permission.at), when(lang, permission.until)))) }
            p.note { @match used_at {
                Some(at) => (t(lang, format!("これまでに{reads}回読みました。最後は {} です。", when(lang, at)), format!("It read {reads} times, last {}.", when(lang, at)))),
                None => (t(lang, "まだ一度も読んでいません。", "It has read nothing yet.")),
            } }
            (form("/apps", csrf, button_quiet(t(lang, "いますぐやめる", "End it now"), "end", &permission.id.to_string())))
        },
    )
}

/// A scope as people read it.
fn words(lang: Lang, scope: &Scope) -> String {
    let reading = match scope {
        Scope::LaunchPatient => {
            return t(lang, "あなたがだれか（アプリごとに別の符号）", "who you are, by a code of its own")
                .to_owned();
        }
        Scope::Offline => {
            return t(lang, "あなたがいないときも読む（カードで入ってから90日まで。いつでもやめられます）", "read while you are away, at most 90 days after your card was read; you can end it at any time").to_owned();
        }
        Scope::Read(reading) => reading,
    };
    let kind = kind_words(lang, reading);
    match &reading.query {
        None => kind.to_owned(),
        Some(query) if query.ends_with("laboratory") => {
            t(lang, format!("{kind}のうち、検査の値だけ"), format!("{kind}: laboratory values only"))
        }
        Some(query) if query.ends_with("vital-signs") => {
            t(lang, format!("{kind}のうち、血圧・体重などだけ"), format!("{kind}: vital signs only"))
        }
        Some(query) => {
            t(lang, format!("{kind}のうち、「{query}」にあたるものだけ"), format!("{kind}: only {query}"))
        }
    }
}

fn kind_words(lang: Lang, reading: &Reading) -> &'static str {
    match reading.kind {
        None => t(lang, "わたしの記録のすべて", "my whole record"),
        Some("AllergyIntolerance") => t(lang, "アレルギー・使えない薬", "allergies"),
        Some("Condition") => t(lang, "病名", "diagnoses"),
        Some("MedicationRequest") => t(lang, "処方された薬", "prescriptions"),
        Some("MedicationDispense") => t(lang, "受け取った薬", "dispensed medicines"),
        Some("MedicationStatement") => t(lang, "飲んでいる薬", "medicines taken"),
        Some("Observation") => t(lang, "検査・測定の結果", "results"),
        Some("DiagnosticReport") => t(lang, "検査の報告書", "reports"),
        Some("Immunization") => t(lang, "予防接種", "vaccinations"),
        Some("Procedure") => t(lang, "処置・手術", "procedures"),
        Some("Encounter") => t(lang, "受診・入院", "visits"),
        Some("CarePlan") => t(lang, "介護・ケアの計画", "care plans"),
        Some("DocumentReference") => t(lang, "文書", "documents"),
        Some(_) => t(lang, "氏名・生年月日・性別", "name, birth date, sex"),
    }
}

/// The address of the FHIR server, as the caller reached this house.
fn base(headers: &HeaderMap) -> String {
    format!("{}/fhir", origin(headers))
}

/// The address of this house, as the caller reached it.
fn origin(headers: &HeaderMap) -> String {
    let text = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let host = text(header::HOST).unwrap_or_default();
    let bare = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let near = bare == "localhost" || bare.ends_with(".localhost") || bare == "127.0.0.1";
    format!("{}://{host}", if near { "http" } else { "https" })
}
