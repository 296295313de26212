//! The insurer's desk.

mod form;
mod imports;
mod invite;
mod member;
mod members;
mod reports;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    routing::{get, post},
};
use calendar::{Date, Timestamp};
use codes::OrgKind;
use maud::Markup;
use protocol::eligibility::{LossReason, Relation, Sex};
use wire::{Lang, Page, page, t};

use crate::service::Service;

/// Most bytes of an uploaded file.
const UPLOAD: usize = 64 * 1024 * 1024;

/// The desk's pages.
pub fn router(service: Service) -> Router {
    let pages = Router::new()
        .route("/", get(members::list))
        .route("/members/new", get(form::new).post(form::acquire))
        .route("/members/{number}/{day}", get(member::show))
        .route("/members/{number}/{day}/invitation", get(invite::ask).post(invite::send))
        .route("/members/{number}/{day}/loss", get(form::loss).post(form::lose))
        .route("/members/{number}/{day}/change", get(form::change).post(form::changed))
        .route("/members/{number}/{day}/correction", get(form::correction).post(form::corrected))
        .route("/members/{number}/{day}/cancellation", get(form::cancellation).post(form::cancelled))
        .route("/reports", get(reports::list))
        .route("/reports/send", post(reports::send))
        .route("/work-list", get(reports::work_list))
        .route("/files", get(imports::list).post(imports::take))
        .layer(DefaultBodyLimit::max(UPLOAD))
        .with_state(service);
    wire::role_router_with("insurer-desk", pages, wire::Allowance { body: UPLOAD, ..Default::default() })
}

fn frame(service: &Service, lang: Lang, title: &str, path: &str) -> Page {
    let (ja, en) = &service.name;
    Page::new(lang, title)
        .organisation(t(lang, ja, en).clone(), OrgKind::Insurer)
        .nav([
            ("/", t(lang, "加入者", "Members")),
            ("/members/new", t(lang, "資格取得の届出", "New membership")),
            ("/work-list", t(lang, "確認リスト", "Work list")),
            ("/reports", t(lang, "報告", "Reports")),
            ("/files", t(lang, "ファイル取込", "Files")),
        ])
        .at(path)
}

/// A date in both calendars.
fn date(day: Date) -> Markup {
    page::dates(&day.to_wareki(), &day.to_string())
}

fn time(millis: i64) -> Markup {
    wire::page::time(Timestamp::from_millis(millis))
}

fn sex(lang: Lang, sex: Sex) -> &'static str {
    match sex {
        Sex::Male => t(lang, "男", "Male"),
        Sex::Female => t(lang, "女", "Female"),
        Sex::Unset => t(lang, "未設定", "Not set"),
    }
}

fn relation(lang: Lang, relation: Relation) -> &'static str {
    match relation {
        Relation::Insured => t(lang, "本人", "Insured"),
        Relation::Dependant => t(lang, "家族", "Dependant"),
    }
}

fn loss_reason(lang: Lang, reason: LossReason) -> &'static str {
    match reason {
        LossReason::Death => t(lang, "死亡", "Death"),
        LossReason::PublicAssistance => t(lang, "生活保護", "Public assistance"),
        LossReason::OtherInsurance => t(lang, "他保険取得", "Other insurance"),
        LossReason::Other => t(lang, "その他", "Other"),
    }
}
