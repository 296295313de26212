//! This role's refusals, each with its next step, in Japanese and English.

use calendar::Timestamp;
use protocol::card::CardStopReason;
use protocol_admin::report_file::FileError;
use wire::Problem;

use crate::store::Stopped;

/// A refusal inside a transaction; the store's own faults become an internal problem.
#[derive(Debug)]
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

/// A fault of the house itself: logged here, said without detail outside.
pub(crate) fn internal(error: impl std::fmt::Display) -> Problem {
    tracing::error!(%error, "eligibility");
    Problem::internal()
}

pub(crate) fn busy() -> Problem {
    Problem::new(409, "exchange-in-progress")
        .ja("同じ照会を処理しています。")
        .en("The same question is being answered.")
        .detail(
            "少し待って同じ照会番号でもう一度送ってください。",
            "Send the same question again in a moment.",
        )
        .at("exchange")
}

pub(crate) fn proof_used() -> Problem {
    Problem::new(409, "read-already-used")
        .ja("このカードの読み取りは、別の照会で使用済みです。")
        .en("This read of the card was used for another question.")
        .detail("カードをもう一度置いてください。", "Put the card on the reader again.")
        .at("presented.proof.nonce")
}

pub(crate) fn proof_expired(at: Timestamp) -> Problem {
    Problem::new(422, "read-too-old")
        .ja("カードの読み取りから時間が経ちすぎています。")
        .en("The card was read too long ago.")
        .detail(
            format!(
                "読み取りは{}です。60秒以内に照会してください。カードをもう一度置いてください。",
                at.to_minutes()
            ),
            format!("It was read at {at}; ask within 60 seconds. Put the card on the reader again."),
        )
        .at("presented.proof.at")
}

pub(crate) fn proof_ahead(now: Timestamp) -> Problem {
    Problem::new(422, "read-in-the-future")
        .ja("カードの読み取り時刻が未来です。")
        .en("The card was read in the future.")
        .detail(
            format!("端末の時計を合わせてください（こちらの時刻は{}）。", now.to_minutes()),
            format!("Set the terminal's clock: it is {now} here."),
        )
        .at("presented.proof.at")
}

pub(crate) fn bad_hex(place: &str, bytes: usize) -> Problem {
    Problem::new(400, "bad-field")
        .ja("16進数の項目が正しくありません。")
        .en("A hexadecimal field is not as expected.")
        .detail(
            format!("{bytes}バイトの16進数が必要です。"),
            format!("Expected {bytes} bytes in hexadecimal."),
        )
        .at(place)
}

pub(crate) fn bad_day(place: &str, ja: &str, en: &str) -> Problem {
    Problem::new(400, "bad-day")
        .ja("日付が正しくありません。")
        .en("The day cannot be asked about.")
        .detail(ja, en)
        .at(place)
}

pub(crate) fn known_at_future() -> Problem {
    bad_day(
        "known_at",
        "知っていた時点は現在より後にできません。",
        "What was known can only be asked of the past.",
    )
}

pub(crate) fn known_at_unsettled() -> Problem {
    Problem::new(503, "known-at-unsettled")
        .ja("その時点に届いた報告を書き込んでいる最中です。")
        .en("Reports that arrived at that time are still being written.")
        .detail("少し待ってもう一度照会してください。", "Ask again in a moment.")
        .at("known_at")
}

pub(crate) fn bad_terminal() -> Problem {
    Problem::new(400, "bad-field")
        .ja("端末名が正しくありません。")
        .en("The terminal's name is not as expected.")
        .detail(
            "制御文字を含まない1〜64文字にしてください。",
            "1 to 64 characters without control characters.",
        )
        .at("terminal")
}

pub(crate) fn envelope(place: &str) -> Problem {
    Problem::new(422, "envelope-not-openable")
        .ja("封書を開けません。")
        .en("The envelope cannot be opened.")
        .detail(
            "別の機関・時刻・用途に封じられたか、途中で変更されています。カードをもう一度置いてください。",
            "It was sealed for another organisation, moment or purpose, or altered. Read the card again.",
        )
        .at(place)
}

/// A card that is answered no more; `place` is where it was shown.
pub(crate) fn card_stopped(stop: Stopped, place: &str) -> Problem {
    let at = stop.at.to_minutes();
    if stop.reason == CardStopReason::Replaced {
        return Problem::new(422, "card-replaced")
            .ja("このカードは再交付の前の古いカードです。")
            .en("This card was replaced by a newer one.")
            .detail(
                format!(
                    "{at}に新しいカードが作られました。新しいカードを読み取ってください。なければ記号・番号で確認してください。"
                ),
                format!("A new card was made at {at}. Read that one; without it, ask by number."),
            )
            .at(place);
    }
    Problem::new(422, "card-stopped")
        .ja("このカードは利用を停止されています。")
        .en("This card has been stopped.")
        .detail(
            format!(
                "{at}に停止されました。紛失届が出ている場合があります。本人確認をやり直し、記号・番号で確認してください。"
            ),
            format!(
                "It was stopped at {at} and may be reported lost. Verify the person by other means, and ask by number."
            ),
        )
        .at(place)
}

pub(crate) fn card_unknown() -> Problem {
    Problem::new(422, "card-unknown")
        .ja("このカードには保険資格符号が交付されていません。")
        .en("This card was never given an insurance code.")
        .detail(
            "電子証明書か記号・番号で確認し、本人に市町村の窓口での確認を勧めてください。",
            "Ask by certificate or number; the municipality's counter looks into the card.",
        )
        .at("presented.code")
}

pub(crate) fn no_such_card() -> Problem {
    Problem::new(422, "no-such-card")
        .ja("この方に交付したカードではありません。")
        .en("No such card was given to this person.")
        .detail("カードの公開鍵を確かめてください。", "Check the applets' public keys.")
        .at("cards")
}

pub(crate) fn certificate_unreadable(what: &str) -> Problem {
    Problem::new(400, "certificate-unreadable")
        .ja("電子証明書を読めません。")
        .en("The certificate cannot be read.")
        .detail(
            "DER形式（base64）の利用者証明用電子証明書が必要です。",
            format!("Expected DER in base64: {what}"),
        )
        .at("presented.certificate")
}

pub(crate) fn certificate_wrong_kind() -> Problem {
    Problem::new(422, "certificate-wrong-kind")
        .ja("利用者証明用電子証明書ではありません。")
        .en("This is not an authentication certificate.")
        .detail(
            "署名用電子証明書は氏名などを含むため受け付けません。利用者証明用を読み取ってください。",
            "A signing certificate names the person and is not accepted; read the authentication certificate.",
        )
        .at("presented.certificate")
}

pub(crate) fn certificate_expired(at: Timestamp) -> Problem {
    Problem::new(422, "certificate-expired")
        .ja("電子証明書の有効期限が切れています。")
        .en("The certificate has expired.")
        .detail(
            format!(
                "{}に切れました。保険資格符号か記号・番号で確認し、本人に市町村での更新を勧めてください。",
                at.to_minutes()
            ),
            format!(
                "It ended at {at}. Ask by insurance code or number; the municipality's counter renews it."
            ),
        )
        .at("presented.certificate")
}

pub(crate) fn certificate_revoked(at: Timestamp, renewed: bool) -> Problem {
    if renewed {
        return Problem::new(422, "certificate-superseded")
            .ja("電子証明書は更新済みで、カードには古いものが残っています。")
            .en("The certificate was renewed; the card still shows the old one.")
            .detail(
                "新しいカードがあればそれを読み取ってください。なければ保険資格符号か記号・番号で確認してください。",
                "Read the new card if there is one; otherwise ask by insurance code or number.",
            )
            .at("presented.certificate");
    }
    Problem::new(422, "certificate-revoked")
        .ja("電子証明書は失効しています。")
        .en("The certificate was revoked.")
        .detail(
            format!(
                "{}に失効しました。カードの紛失届が出ている場合があります。本人確認をやり直してください。",
                at.to_minutes()
            ),
            format!(
                "It was revoked at {at}; the card may be reported lost. Verify the person by other means."
            ),
        )
        .at("presented.certificate")
}

pub(crate) fn certificate_unknown() -> Problem {
    Problem::new(422, "certificate-unknown")
        .ja("公的個人認証サービスが発行した証明書ではありません。")
        .en("The certification service did not issue this certificate.")
        .detail("別のカードか確かめてください。", "Make sure that this is a My Number card.")
        .at("presented.certificate")
}

pub(crate) fn signature_missing() -> Problem {
    Problem::new(422, "signature-missing")
        .ja("暗証番号での確認には、カードの署名が必要です。")
        .en("PIN mode needs the card's signature.")
        .detail("暗証番号を入力して読み取り直してください。", "Read the card again with the PIN.")
        .at("presented.signature")
}

pub(crate) fn signature_wrong() -> Problem {
    Problem::new(422, "signature-wrong")
        .ja("カードの署名が、この読み取りのものではありません。")
        .en("The card's signature is not of this read.")
        .detail("カードをもう一度置いて暗証番号を入力してください。", "Read the card again with the PIN.")
        .at("presented.signature")
}

pub(crate) fn ambiguous_number() -> Problem {
    Problem::new(409, "ambiguous-number")
        .ja("同じ記号・番号・生年月日の方が複数います。")
        .en("More than one person has this number and birth date.")
        .detail(
            "枝番を付けて照会するか、カードで照会してください。",
            "Give the branch number, or ask by card.",
        )
        .at("presented.insured")
}

pub(crate) fn own_record_needs_pin() -> Problem {
    Problem::new(422, "pin-needed")
        .ja("ご自分の記録を見るには、カードと暗証番号が必要です。")
        .en("Your own record needs your card and PIN.")
        .detail("暗証番号の4桁を入力して読み取ってください。", "Read the card with the four-digit PIN.")
        .at("presented")
}

pub(crate) fn file(error: &FileError) -> Problem {
    Problem::new(422, "report-file-refused")
        .ja("報告ファイルを受け付けられません。1件も登録していません。")
        .en("The report file is not accepted; nothing of it was applied.")
        .detail(error.ja(), error.to_string())
}

pub(crate) fn file_reused(file_id: &str) -> Problem {
    Problem::new(409, "file-id-reused")
        .ja("このファイル名は、別の内容ですでに届いています。")
        .en("A file of this name arrived before with other contents.")
        .detail(
            format!("「{file_id}」を新しい名前にして送ってください。"),
            format!("Give `{file_id}` a new name."),
        )
        .at("file_id")
}

pub(crate) fn files_busy() -> Problem {
    Problem::new(503, "another-file-in-progress")
        .ja("別の報告ファイルを登録しています。")
        .en("Another report file is being taken in.")
        .detail("少し待ってもう一度送ってください。", "Send it again in a little while.")
}

pub(crate) fn links_damaged() -> Problem {
    Problem::new(502, "links-not-understood")
        .ja("付番機関の回答を読めません。")
        .en("The issuer's answer is not understood.")
        .detail("しばらくしてからもう一度送ってください。", "Send it again in a little while.")
}

/// A number that no member of the asking insurer carries.
pub(crate) fn no_such_member() -> Problem {
    Problem::new(404, "no-such-member")
        .ja("この記号・番号の加入者は、この保険者にいません。")
        .en("this insurer has no member with this symbol and number")
        .detail("記号・番号・枝番を確かめてください。", "check symbol, number and branch")
        .at("insured")
}
