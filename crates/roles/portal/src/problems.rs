//! The portal's refusals, each with its next step.

use wire::Problem;

/// A fault of the house itself: logged here, said without detail outside.
pub(crate) fn internal(error: impl std::fmt::Display) -> Problem {
    tracing::error!(%error, "portal");
    Problem::internal()
}

pub(crate) fn no_reader() -> Problem {
    Problem::new(404, "no-reader")
        .ja("カードを読み取る装置がありません。")
        .en("There is no card reader here.")
        .detail("お近くの窓口をご利用ください。", "Please use a counter near you.")
}

pub(crate) fn card(error: &protocol::reader::ReaderError) -> Problem {
    Problem::new(422, "card-not-read").ja(error.ja()).en(error.to_string()).at("pin")
}

pub(crate) fn another_answer() -> Problem {
    internal("an answer to another question")
}

pub(crate) fn no_medical_id() -> Problem {
    Problem::new(404, "no-medical-id")
        .ja("いま使われている医療等IDがありません。")
        .en("There is no medical ID in use.")
        .detail(
            "医療等IDがなければ、機関のあいだで記録は共有されません。決めることもありません。",
            "Without one no records are shared between institutions, and there is nothing to decide.",
        )
}

pub(crate) fn unfinished(place: &str, ja: &str, en: &str) -> Problem {
    Problem::new(422, "answer-missing").ja(ja).en(en).at(place)
}

pub(crate) fn no_question() -> Problem {
    Problem::not_found()
}

pub(crate) fn no_such_rule() -> Problem {
    Problem::new(404, "no-such-decision")
        .ja("この決定は見つかりません。")
        .en("There is no such decision.")
        .detail(
            "すでにやめたか、別の画面で変わった可能性があります。一覧から選び直してください。",
            "It may have been taken back or changed elsewhere: choose again from the list.",
        )
}
