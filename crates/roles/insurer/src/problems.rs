//! The insurer's refusals at the desk.

use wire::Problem;

/// A refusal inside a transaction; the store's own faults become an internal problem.
pub(crate) struct Refusal(pub Problem);

impl From<store::StoreError> for Refusal {
    fn from(error: store::StoreError) -> Self {
        Self(internal(error))
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

pub(crate) fn no_such_member() -> Problem {
    Problem::new(404, "no-such-member").ja("この加入者は見つかりません。").en("no such member").detail(
        "一覧から選び直してください。取り消された資格は表示されません。",
        "choose again from the list; a cancelled membership is not shown",
    )
}

pub(crate) fn already_member() -> Problem {
    Problem::new(409, "already-member")
        .ja("同じ取得日の資格がすでにあります。")
        .en("a membership beginning that day exists already")
        .detail(
            "内容が違う場合は「訂正」を使ってください。",
            "use a correction where something in it is wrong",
        )
        .at("qualified_on")
}

pub(crate) fn field(place: &str, ja: impl Into<String>, en: impl Into<String>) -> Problem {
    Problem::new(422, "field")
        .ja("入力を確かめてください。")
        .en("please check the entry")
        .detail(ja, en)
        .at(place)
}

/// A fault of the house itself: logged here, said without detail outside.
pub(crate) fn internal(error: impl std::fmt::Display) -> Problem {
    tracing::error!(%error, "insurer");
    Problem::internal()
}
