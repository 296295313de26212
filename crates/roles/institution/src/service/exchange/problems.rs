//! The holder's refusals.

use access::GrantError;
use codes::OrgId;
use records::search::QueryError;
use wire::Problem;

pub(super) fn grant(error: &GrantError) -> Problem {
    let (ja, en) = match error {
        GrantError::Relay(relay) => return no_relay(relay),
        GrantError::Time { .. } => (
            "照会許可証の期限（5分）が切れています。もう一度照会してください。",
            "it is older than five minutes, or not yet good: ask the relay again",
        ),
        _ => (
            "情報連携基盤が署名した、この機関あての照会許可証を、受け取った機関がそのまま送ってください。",
            "show a grant signed by the relay, for this holder, as the organisation it was given to",
        ),
    };
    Problem::new(403, "grant-not-valid")
        .ja("照会許可証が使えません。")
        .en("the grant is not valid")
        .detail(ja, en)
        .at("grant")
}

pub(super) fn used() -> Problem {
    Problem::new(409, "grant-used")
        .ja("この照会許可証は使用済みか、取り消されました。")
        .en("the grant was used before or has ended")
        .detail("もう一度照会してください。", "ask the relay again")
        .at("grant")
}

pub(super) fn query(error: &QueryError) -> Problem {
    Problem::new(422, "search-not-served")
        .ja("この検索はできません。")
        .en("this search is not served")
        .detail(error.ja(), error.to_string())
        .at("searches")
}

fn no_relay(relay: &OrgId) -> Problem {
    Problem::new(403, "grant-not-valid")
        .ja("照会許可証に署名した情報連携基盤がわかりません。")
        .en("the relay that signed the grant is not known here")
        .detail("機関一覧を確かめてください。", format!("the directory has no grant key of {relay}"))
        .at("grant")
}

pub(super) fn internal(error: impl std::fmt::Display) -> Problem {
    tracing::error!(%error, "an exchange failed");
    Problem::internal()
}
