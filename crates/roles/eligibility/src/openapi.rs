//! The JSON API described in OpenAPI, at `/openapi.json`.

use axum::Router;
use axum::routing::get;
use utoipa::OpenApi;
use wire::Json;

pub(crate) fn routes() -> Router {
    Router::new().route("/openapi.json", get(|| async { Json(Api::openapi()) }))
}

/// The document. Institutions, insurers and the issuer each see what they may call; all over mTLS.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Musubi eligibility service (資格確認サービス機関)",
        description = "Errors are RFC 9457 problem documents with `title_ja` and `detail_ja` beside the English."
    ),
    paths(
        check,
        report,
        report_file,
        work_list,
        personalise,
        stop_cards,
        medical_link,
        own_record,
        own_ticket
    )
)]
struct Api;

macro_rules! described {
    ($(#[$doc:meta])* $name:ident, $method:ident, $path:literal, $tag:literal, $request:ty, $answer:ty) => {
        $(#[$doc])*
        #[utoipa::path(
            $method,
            path = $path,
            tag = $tag,
            request_body = $request,
            responses(
                (status = 200, body = $answer),
                (status = 400, description = "The request is not well-formed"),
                (status = 403, description = "Not permitted, or asked in another's name"),
                (status = 409, description = "A replay, or a contradiction"),
                (status = 422, description = "Understood, but not acceptable: says why and what to do"),
            )
        )]
        #[allow(dead_code)]
        fn $name() {}
    };
}

described!(
    /// Asks whether a person is insured on a day, by whom and on what terms (institution).
    check, post, "/checks", "institution",
    protocol::eligibility::CheckRequest, protocol::eligibility::CheckAnswer
);
described!(
    /// Reports one membership; sending it again is harmless (insurer, own members only).
    report, post, "/reports", "insurer",
    protocol_admin::report::MembershipReport, protocol_admin::report::ReportOutcome
);
described!(
    /// Reports a file of memberships, `text/csv`; sending it again is harmless (insurer, own members only).
    report_file, post, "/report-files", "insurer",
    String, protocol_admin::report::FileOutcome
);
described!(
    /// Asks for a card's insurance code, sealed to the card (issuer).
    personalise, post, "/personalisations", "issuer",
    protocol::eligibility::PersonaliseRequest, protocol::eligibility::PersonaliseAnswer
);
described!(
    /// Answers cards of a person no more (issuer).
    stop_cards, post, "/card-stops", "issuer",
    protocol::card::CardStop, protocol::relay::Acknowledged
);
described!(
    /// Leaves, replaces or withdraws the envelope that leads to a medical ID (issuer).
    medical_link, post, "/medical-links", "issuer",
    protocol::eligibility::MedicalLinkUpdate, protocol::relay::Acknowledged
);
described!(
    /// Reads what was disclosed about oneself, by certificate and PIN (the person, public listener).
    own_record, post, "/own-record", "person",
    protocol::own_record::OwnRecordRequest, protocol::own_record::OwnRecordAnswer
);
described!(
    /// Logs a person in by certificate and PIN: the ticket to the asker's own code, and what was disclosed (portal).
    own_ticket, post, "/own-tickets", "portal",
    protocol::own_record::OwnTicketRequest, protocol::own_record::OwnTicketAnswer
);

/// The asking insurer's open work items, newest first (insurer).
#[utoipa::path(get, path = "/work-list", tag = "insurer",
    responses((status = 200, body = Vec<protocol::eligibility::WorkItem>)))]
#[allow(dead_code)]
fn work_list() {}
