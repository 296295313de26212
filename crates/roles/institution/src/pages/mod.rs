//! The pages of the desk: Japanese first, large and plain, usable without a mouse.

mod answer;
mod care;
mod clinic;
mod clinical;
mod consent;
mod corrections;
mod desk;
mod emergency;
mod emergency_parts;
mod folder;
mod history;
mod linking;
mod lists;
mod mark;
mod memory;
mod networks;
mod number;
mod objections;
mod office;
mod office_lines;
mod overview;
mod parts;
mod patients;
mod record;
mod staff;
mod watch;

use std::sync::Arc;

use ::consent::{InstitutionKind, Profession};
use axum::Router;
use axum::extract::{FromRef, Multipart};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use codes::{ExchangeId, OrgId, OrgKind};
use protocol::exchange::Practitioner;
use wire::page::{Asset, Lang, Page, t};
use wire::{Csrf, Problem};

use crate::service::Service;
use crate::service::exchange::Gathered;
use memory::Memory;

/// What a page handler answers.
type Shown = Result<Response, Problem>;

/// The institution's name in both languages.
#[derive(Clone, Debug)]
pub struct Names {
    /// Japanese.
    pub ja: String,
    /// English.
    pub en: String,
}

/// What every page needs.
#[derive(Clone)]
struct Pages {
    service: Arc<Service>,
    names: Arc<Names>,
    /// Who sits at which session.
    staff: Memory<String, Practitioner>,
    /// What the latest exchanges brought, holder by holder.
    gathered: Memory<ExchangeId, Gathered>,
}

impl FromRef<Pages> for Arc<Service> {
    fn from_ref(pages: &Pages) -> Self {
        Arc::clone(&pages.service)
    }
}

/// All pages.
pub fn routes(service: &Arc<Service>, names: &Names) -> Router {
    Router::new()
        .route("/", get(desk::show))
        .route("/latest", get(desk::latest))
        .route("/read", post(desk::read))
        .route("/number", get(number::show).post(number::ask))
        .route("/visits", get(lists::day))
        .route("/visits/{visit}", get(answer::show))
        .route("/visits/{visit}/link", get(linking::search).post(linking::link))
        .route("/visits/{visit}/record", get(record::show).post(record::ask_again))
        .route("/search", get(lists::search))
        .route("/patients", get(patients::list).post(patients::import))
        .route("/patients/{patient}", get(patients::show))
        .route("/staff", get(staff::show).post(staff::enter))
        .route("/staff/leave", post(staff::leave))
        .route("/clinic", get(clinic::find))
        .route("/clinic/card", post(clinic::by_card))
        .route("/patients/{patient}/records", get(clinical::show).post(clinical::gather))
        .route("/patients/{patient}/records/mark", get(mark::show).post(mark::set))
        .route("/patients/{patient}/consent", get(consent::show).post(consent::decide))
        .route("/patients/{patient}/care", get(care::show))
        .route("/care", get(care::team))
        .route("/emergency", get(emergency::find))
        .route("/patients/{patient}/emergency", get(emergency::ask).post(emergency::declare))
        .route("/emergencies/{declaration}", get(emergency::show))
        .route("/emergencies/{declaration}/left", get(emergency::left))
        .route("/emergencies/{declaration}/widen", post(emergency::widen))
        .route("/emergencies/{declaration}/corroborate", post(office::corroborate))
        .route("/office", get(office::show))
        .route("/office.csv", get(office::download))
        .route("/office/corrections", get(corrections::show))
        .route("/office/corrections/{request}", post(corrections::answer))
        .route("/office/objections", get(objections::show))
        .route("/office/objections/{objection}", post(objections::answer))
        .route("/office/watch-list", get(watch::show).post(watch::replace))
        .route("/networks", get(networks::show).post(networks::upload))
        .with_state(Pages {
            service: Arc::clone(service),
            names: Arc::new(names.clone()),
            staff: Memory::default(),
            gathered: Memory::default(),
        })
        .merge(STYLE.routes())
}

static STYLE: Asset = Asset::style("/assets/institution.css", include_str!("../../assets/institution.css"));

impl Pages {
    /// The name of another institution, as [`Service::name_of`] knows it.
    fn name_of(&self, lang: Lang, id: &OrgId) -> String {
        let (ja, en) = self.service.name_of(id);
        t(lang, ja, en)
    }

    /// A page of this institution.
    fn page(&self, lang: Lang, csrf: &Csrf, path: &str, title: &str) -> Page {
        let cares =
            matches!(self.service.kind(), InstitutionKind::HomeNursing | InstitutionKind::CareProvider);
        let work = if cares {
            ("/care", t(lang, "担当の方", "People we care for"))
        } else {
            ("/clinic", t(lang, "診療", "Treatment"))
        };
        let nav = [
            ("/", t(lang, "受付", "Reception")),
            ("/number", t(lang, "番号で確認", "Check by number")),
            ("/visits", t(lang, "今日の来院", "Today’s visits")),
            ("/search", t(lang, "さがす", "Search")),
            ("/patients", t(lang, "患者一覧", "Patient list")),
            work,
            ("/emergency", t(lang, "緊急", "Emergency")),
            ("/office", t(lang, "記録室", "Records office")),
            ("/networks", t(lang, "ネットワーク", "Networks")),
        ];
        Page::new(lang, title)
            .organisation(t(lang, &self.names.ja, &self.names.en), OrgKind::Institution)
            .nav(nav)
            .at(path)
            .style(STYLE.href())
            .csrf(csrf)
    }

    /// The profession that most who sit here have.
    fn usual_profession(&self) -> Profession {
        match self.service.kind() {
            InstitutionKind::Dental => Profession::Dentist,
            InstitutionKind::Pharmacy => Profession::Pharmacist,
            InstitutionKind::HomeNursing => Profession::Nurse,
            InstitutionKind::CareProvider => Profession::CareWorker,
            _ => Profession::Physician,
        }
    }
}

/// The file of an upload.
///
/// # Errors
/// None was chosen, or it did not arrive whole.
async fn uploaded(mut parts: Multipart) -> Result<Vec<u8>, Problem> {
    let incomplete = |_| {
        Problem::new(400, "incomplete-body")
            .ja("ファイルの受信が途中で終わりました")
            .en("The file did not arrive whole")
    };
    let mut file = None;
    while let Some(part) = parts.next_field().await.map_err(incomplete)? {
        if part.name() == Some("file") {
            file = Some(part.bytes().await.map_err(incomplete)?);
        }
    }
    let chosen = file.filter(|bytes| !bytes.is_empty());
    let none = || Problem::new(422, "no-file").ja("ファイルを選んでください").en("Choose a file");
    chosen.map(|bytes| bytes.to_vec()).ok_or_else(none)
}

/// On to another page after a form; the browser's back button does not send the form again.
fn see(path: String) -> Response {
    axum::response::Redirect::to(&path).into_response()
}
