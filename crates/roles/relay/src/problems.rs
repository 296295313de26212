//! The relay's refusals. What is not there and what may not be known answer alike.

use wire::Problem;

pub(crate) fn no_such_person() -> Problem {
    Problem::new(404, "no-such-person").ja("該当する方はいません。").en("no such person").detail(
        "この符号で利用できる医療等IDはありません。本人がカードで受付すると、利用できる場合は登録されます。",
        "no working medical ID under this code; a card read at the desk registers it where there is one",
    )
}

pub(crate) fn ticket() -> Problem {
    Problem::new(422, "ticket-not-valid")
        .ja("登録票が使えません。")
        .en("the ticket is not valid")
        .detail(
            "登録票の期限（5分）が切れたか、別の機関・別の照会のものです。もう一度資格確認をしてください。",
            "it is older than five minutes, or another institution's or exchange's: check eligibility again",
        )
        .at("ticket")
}

pub(crate) fn envelope() -> Problem {
    Problem::new(422, "envelope-not-valid")
        .ja("封書を開けません。")
        .en("the envelope cannot be opened")
        .detail(
            "この機関あてに封じられた、期限内の封書を送ってください。",
            "send one that is sealed to this relay, for this purpose, and still current",
        )
        .at("link")
}

pub(crate) fn store(error: store::StoreError) -> Problem {
    tracing::error!(%error, "store");
    Problem::internal()
}

pub(crate) fn ledger(error: ledger::LedgerError) -> Problem {
    tracing::error!(%error, "ledger");
    Problem::internal()
}

pub(crate) fn code(error: codes::CodeError) -> Problem {
    tracing::error!(%error, "codes");
    Problem::internal()
}
