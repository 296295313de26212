//! The authority's refusals, in Japanese and English.

use wire::Problem;

use crate::ca::CaError;

pub(crate) fn not_base64(place: &'static str) -> Problem {
    Problem::new(400, "not-base64").ja("base64 ではありません。").en("not base64").at(place)
}

pub(crate) fn key(error: &CaError) -> Problem {
    Problem::new(422, "key-not-proven")
        .ja("公開鍵が使えないか、対応する秘密鍵を持つことが示されていません。")
        .en("the public key is unfit or its private half was not shown to be held")
        .detail("RSA 2048ビットの鍵で、照会番号の文字列に署名してください。", error.to_string())
        .at("public_key")
}

pub(crate) fn identity(place: &'static str) -> Problem {
    Problem::new(422, "identity-mismatch")
        .ja("署名用には基本4情報が必要で、利用者証明用には入れられません。")
        .en("a signing certificate needs the four facts, an authentication certificate may not have them")
        .detail("氏名・住所は200文字までで、空にできません。", "name and address have 1 to 200 characters")
        .at(place)
}

pub(crate) fn holder() -> Problem {
    Problem::new(422, "holder-envelope")
        .ja("本人の符号の封書は、資格確認サービスあてでなければなりません。")
        .en("the holder's envelope must be sealed to the eligibility service")
        .at("holder")
}

pub(crate) fn no_such_certificate(place: &'static str) -> Problem {
    Problem::new(404, "no-such-certificate")
        .ja("その発行番号の証明書はありません。")
        .en("no certificate has this serial number")
        .detail(
            "発行番号は16進数です。証明書またはカードから読み直してください。",
            "serial numbers are hexadecimal: read it again from the certificate or the card",
        )
        .at(place)
}

pub(crate) fn already_replaced() -> Problem {
    Problem::new(409, "already-renewed")
        .ja("この証明書は、すでに更新されています。")
        .en("this certificate was already renewed")
        .detail(
            "新しい証明書の発行番号で手続きしてください。",
            "use the serial number of the newer certificate",
        )
        .at("replaces")
}

pub(crate) fn key_taken() -> Problem {
    Problem::new(409, "key-already-certified")
        .ja("この公開鍵には、すでに証明書があります。")
        .en("this public key is already in a certificate")
        .detail("カードで新しい鍵を作ってください。", "let the card make a new key: keys are never shared")
        .at("public_key")
}

pub(crate) fn already_revoked() -> Problem {
    Problem::new(409, "already-revoked")
        .ja("この証明書は、別の理由ですでに失効しています。")
        .en("this certificate is already revoked for another reason")
        .at("serial")
}

pub(crate) fn only_by_renewal() -> Problem {
    Problem::new(422, "superseded-by-renewal")
        .ja("「更新」を理由とする失効は、更新の手続きで行われます。")
        .en("superseded is what a renewal makes of the old certificate")
        .detail(
            "新しい証明書の発行を、古い発行番号を添えて依頼してください。",
            "ask for a new certificate that replaces this one",
        )
        .at("reason")
}

pub(crate) fn spent() -> Problem {
    Problem::new(409, "exchange-already-used")
        .ja("この照会番号は使用済みです。")
        .en("this exchange was used for another question")
        .detail(
            "同じ照会番号で内容の異なる要求が届きました。新しい照会番号で送ってください。",
            "the key came before with another content; send under a new key",
        )
        .at("exchange")
}

pub(crate) fn too_many(limit: usize) -> Problem {
    Problem::new(422, "too-many-certificates")
        .ja("一度に照会できる証明書の数を超えています。")
        .en("more certificates than one question may name")
        .detail(format!("1件から{limit}件までにしてください。"), format!("name 1 to {limit}"))
        .at("certificates")
}

pub(crate) fn store(error: store::StoreError) -> Problem {
    tracing::error!(%error, "store");
    Problem::internal()
}

pub(crate) fn ledger(error: ledger::LedgerError) -> Problem {
    tracing::error!(%error, "ledger");
    Problem::internal()
}

pub(crate) fn authority(error: CaError) -> Problem {
    tracing::error!(%error, "certificate authority");
    Problem::internal()
}
