//! The overseer's refusals and failures.

use wire::Problem;

/// A failure of ours: its cause stands in the log.
pub fn internal(error: impl std::fmt::Display) -> Problem {
    tracing::error!(%error, "the overseer failed");
    Problem::internal()
}

/// An objection's text is empty or too long.
pub fn text() -> Problem {
    let most = protocol::oversight::OBJECTION_TEXT_LIMIT;
    Problem::new(422, "objection-text")
        .ja("文章がありません、または長すぎます。")
        .en("The text is missing or too long.")
        .detail(format!("1〜{most}文字で書いてください。"), format!("Write 1 to {most} characters."))
        .at("text")
}

/// The envelope with the person's code is not for us.
pub fn envelope() -> Problem {
    Problem::new(422, "objection-person")
        .ja("本人の符号の封書を開けません。")
        .en("The envelope with the person's code cannot be opened.")
        .detail(
            "目的「objection」で情報連携基盤から受け取った、監督機関宛ての封書を送ってください。",
            "Send the relay's envelope to the overseer, asked for with the purpose objection.",
        )
        .at("person")
}

/// No such objection for this organisation.
pub fn no_objection() -> Problem {
    Problem::new(404, "no-such-objection")
        .ja("この申立ては見つかりません。")
        .en("There is no such objection.")
}

/// The word is not the sender's to say, or the objection is closed.
pub fn not_now(ja: &str, en: &str) -> Problem {
    Problem::new(409, "objection-state").ja(ja).en(en)
}

/// A form of the officers' pages was not filled in.
pub fn form() -> Problem {
    Problem::new(422, "officer-and-words")
        .ja("担当者の名前と、判断の理由を書いてください。")
        .en("Give the officer's name and the reason.")
}

/// The order names no organisation of the directory.
pub fn no_organisation() -> Problem {
    Problem::new(422, "no-such-organisation")
        .ja("この機関は名簿にありません。")
        .en("No such organisation takes part.")
        .at("organisation")
}

/// The overseer itself, and nobody else, may not be suspended by its own order.
pub fn not_itself() -> Problem {
    Problem::new(422, "not-itself")
        .ja("監督機関が自らを停止することはできません。")
        .en("The overseer does not suspend itself.")
}

/// An act that changes nothing.
pub fn nothing_to_lift() -> Problem {
    Problem::new(409, "nothing-to-lift")
        .ja("この機関は、監督機関の命令では停止されていません。")
        .en("This organisation is not suspended by an order.")
}

/// The page was made for another version than the one that would be signed off now.
pub fn another_table() -> Problem {
    Problem::new(409, "another-table")
        .ja("表示後に目的の表が変わりました。もう一度確かめてください。")
        .en("The table changed after it was shown: look at it again.")
}
