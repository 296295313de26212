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

pub(crate) fn only_the_person() -> Problem {
    Problem::new(403, "only-the-person")
        .ja("これは、ご本人だけができます。")
        .en("Only the person can do this.")
        .detail(
            "代理をやめて、ご自身のことに戻ってください。",
            "Stop acting for the other, and return to your own affairs.",
        )
}

pub(crate) fn card_needed() -> Problem {
    Problem::new(403, "card-needed")
        .ja("決めるには、カードで入り直してください。")
        .en("To decide, come in with your card.")
        .detail(
            "端末だけで入っているときは、読むことと、申し立てることができます。",
            "With the device alone you may read and object.",
        )
}

pub(crate) fn too_many_tries() -> Problem {
    Problem::new(429, "too-many-tries")
        .ja("続けて間違えたので、しばらく受け付けません。")
        .en("There were too many wrong tries.")
        .detail("1時間たってから、もう一度お試しください。", "Try again in an hour.")
}

pub(crate) fn no_invitation() -> Problem {
    Problem::new(422, "no-invitation")
        .ja("この招待は使えません。")
        .en("This invitation cannot be used.")
        .detail(
            "文字が違うか、すでに使われたか、期限（2週間）を過ぎています。ご本人に、出し直してもらってください。",
            "It was mistyped, is used, or is older than two weeks: ask the person for another.",
        )
        .at("invitation")
}

pub(crate) fn too_many_devices() -> Problem {
    Problem::new(409, "too-many-devices")
        .ja("登録できる端末は10台までです。")
        .en("No more than ten devices can be registered.")
        .detail("使わない端末を、一覧から外してください。", "Remove one that you no longer use.")
}

pub(crate) fn no_device() -> Problem {
    Problem::new(422, "no-device-key")
        .ja("この端末では登録できませんでした。")
        .en("This device could not be registered.")
        .detail("ブラウザを新しくしてから、もう一度お試しください。", "Update your browser and try again.")
}

pub(crate) fn device_refused() -> Problem {
    Problem::new(403, "device-refused")
        .ja("この端末では入れませんでした。")
        .en("You could not come in with this device.")
        .detail(
            "登録が外れているか、画面を開いてから時間がたっています。開き直すか、カードで入ってください。",
            "It is registered no more, or the page is too old: open it again, or use your card.",
        )
}

pub(crate) fn no_party() -> Problem {
    Problem::new(422, "no-such-organisation")
        .ja("その機関は見つかりません。")
        .en("There is no such organisation.")
        .at("who")
}

pub(crate) fn no_overseer() -> Problem {
    Problem::new(503, "no-overseer")
        .ja("いま、監督機関に届けられません。")
        .en("The overseer cannot be reached now.")
        .detail("しばらくしてから、もう一度お試しください。", "Try again in a little while.")
}

pub(crate) fn objection_text() -> Problem {
    Problem::new(422, "objection-text")
        .ja("何がおかしいか、分からないかを、1文字から2,000文字で書いてください。")
        .en("Say what is wrong or unclear, in 1 to 2,000 characters.")
        .at("text")
}

pub(crate) fn too_many_copies(most: usize) -> Problem {
    Problem::new(409, "too-many-copies")
        .ja(format!("控えは{most}件までです。"))
        .en(format!("At most {most} copies can be kept."))
        .detail(
            "いらない控えを消してから、もう一度お試しください。",
            "Delete one that you do not need, then try again.",
        )
}

pub(crate) fn no_holder() -> Problem {
    Problem::new(404, "no-such-holder")
        .ja("この機関には、いま届けられません。")
        .en("This institution cannot be reached now.")
        .detail(
            "あとでもう一度お試しください。急ぐときは、その機関に直接お尋ねください。",
            "Try again later, or ask the institution itself.",
        )
}

pub(crate) fn too_many_channels(most: usize) -> Problem {
    Problem::new(409, "too-many-channels")
        .ja(format!("宛先は{most}件までです。"))
        .en(format!("At most {most} addresses and devices."))
        .detail("使わないものをやめてから、もう一度お試しください。", "Remove one that you do not use.")
}

pub(crate) fn wrong_code() -> Problem {
    Problem::new(422, "wrong-code")
        .ja("確認番号が違うか、30分を過ぎています。")
        .en("The code is wrong, or older than 30 minutes.")
        .detail(
            "メールの6桁の数字を確かめてください。5回間違えると使えなくなります。そのときは宛先を入れ直してください。",
            "Look at the six digits again. After five wrong ones, add the address anew.",
        )
        .at("code")
}

pub(crate) fn no_mail() -> Problem {
    Problem::new(503, "no-mail")
        .ja("このポータルは、いまメールを送れません。")
        .en("This portal sends no mail at present.")
}

pub(crate) fn not_sent(error: impl std::fmt::Display) -> Problem {
    tracing::warn!(%error, "a letter did not leave");
    Problem::new(422, "mail-not-sent")
        .ja("このアドレスには送れませんでした。")
        .en("Nothing could be sent to this address.")
        .detail("アドレスを確かめて、もう一度お試しください。", "Check the address and try again.")
        .at("address")
}

pub(crate) fn no_push(error: impl std::fmt::Display) -> Problem {
    tracing::warn!(%error, "a subscription was refused");
    Problem::new(422, "no-push")
        .ja("この端末には通知できません。")
        .en("Nothing can be pushed to this device.")
}

pub(crate) fn no_such_app() -> Problem {
    Problem::new(400, "no-such-app")
        .ja("このアプリは、登録されていないか、登録と違うところから来ています。")
        .en("This app is not registered, or does not come from where it was registered.")
        .detail(
            "何も渡していません。アプリの作り手にお尋ねください。",
            "Nothing was given to it. Ask who makes the app.",
        )
}

pub(crate) fn app_asks_wrong() -> Problem {
    Problem::new(400, "app-asks-wrong")
        .ja("アプリの求め方に誤りがあります。")
        .en("The app asks in a way that is not safe or not known here.")
        .detail(
            "何も渡していません。アプリには、PKCE（S256）、このサーバーの aud、patient/ で始まるスコープが必要です。",
            "Nothing was given to it. PKCE (S256), this server as aud, and scopes that begin with patient/ are needed.",
        )
}
