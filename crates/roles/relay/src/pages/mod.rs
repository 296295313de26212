//! The relay's pages: what it publishes, for anybody; reviews and networks, for its operator behind the desk key.

mod figures;
mod networks;
mod review;

use axum::Router;
use axum::routing::{get, post};
use codes::{OrgId, OrgKind};
use wire::{Desk, Lang, Page, t};

use crate::service::Service;

/// The whole site.
pub(crate) fn router(service: Service, desk: &Desk) -> Router {
    let published = Router::new()
        .route("/", get(figures::today))
        .route("/figures", get(figures::chosen))
        .route("/figures/{day}", get(figures::of_day))
        .with_state(service.clone());
    let operated = Router::new()
        .route("/review", get(review::queue))
        .route("/review/{declaration}", post(review::found))
        .route("/networks", get(networks::list))
        .route("/networks/plan", post(networks::plan))
        .route("/networks/join", post(networks::join))
        .with_state(service);
    wire::role_router("relay-site", published.merge(desk.protect(operated)))
}

fn frame(service: &Service, lang: Lang, title: &str, path: &str) -> Page {
    Page::new(lang, title)
        .organisation(name(service, lang, &service.org), OrgKind::Relay)
        .nav([
            ("/", t(lang, "公表値", "Published figures")),
            ("/review", t(lang, "緊急時の照会の審査", "Review of emergencies")),
            ("/networks", t(lang, "ネットワークの統合", "Joining networks")),
        ])
        .at(path)
}

/// An organisation's name in the directory; its id where the directory no longer has it.
fn name(service: &Service, lang: Lang, org: &OrgId) -> String {
    let (ja, en) = service.policy.directory().name(org);
    t(lang, ja, en)
}
