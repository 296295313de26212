//! What is wrong with a card.

use serde::Serialize;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// The card is not to be accepted.
    Error,
    /// The card may be accepted; its issuer should mend it.
    Warning,
}

/// Kinds of problems, after those of the reference validator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Code {
    /// White space or a byte order mark around the content.
    TrailingCharacters,
    /// Not JSON.
    Json,
    /// The file's name does not end in `.smart-health-card`.
    FileExtension,
    /// Longer than one QR code holds.
    JwsTooLong,
    /// The JWS has not three parts, or one of them is not base64url.
    JwsFormat,
    /// The header lacks alg, kid or zip, or they are not ES256 and DEF.
    JwsHeader,
    /// The payload does not inflate, or to too much.
    Inflation,
    /// The signature is not 64 bytes of r and s.
    SignatureFormat,
    /// The signature is not the key's, or there is no such key.
    Signature,
    /// The issuer is not a plain https URL without a trailing slash.
    IssuerUrl,
    /// No keys are known of the issuer.
    IssuerKeys,
    /// `shc:/` with chunk numbers that do not fit.
    NumericHeader,
    /// The digits are not pairs between 00 and 77, or too many for one code.
    Numeric,
    /// A chunk is missing.
    MissingChunk,
    /// Several chunks where one would do.
    UnnecessaryChunks,
    /// Chunks of different lengths.
    UnbalancedChunks,
    /// A claim or a member is missing or of the wrong kind.
    Schema,
    /// The FHIR content is not valid.
    Fhir,
    /// Not valid yet.
    NotYetValid,
    /// Not valid any more.
    Expired,
    /// The issuer has revoked it.
    Revoked,
    /// A revocation list is not what the specification says.
    RevocationList,
    /// The key is not an EC key.
    KeyType,
    /// The key is not for ES256 on P-256.
    KeyAlgorithm,
    /// The key is not for signatures.
    KeyUse,
    /// The key's identifier is not its thumbprint.
    KeyId,
    /// The private part of a key is where only the public one belongs.
    KeyPrivate,
    /// The certificates of a key do not belong to it, to its issuer, or to each other.
    KeyCertificate,
}

/// One problem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// How bad it is.
    pub severity: Severity,
    /// Its kind.
    pub code: Code,
    /// Where and what, in English.
    pub text: String,
}

impl Problem {
    pub(crate) fn error(code: Code, text: impl Into<String>) -> Self {
        Self { severity: Severity::Error, code, text: text.into() }
    }

    pub(crate) fn warning(code: Code, text: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, code, text: text.into() }
    }

    /// Its kind in Japanese.
    pub fn ja(&self) -> &'static str {
        match self.code {
            Code::TrailingCharacters => "前後に余分な文字があります",
            Code::Json => "JSONではありません",
            Code::FileExtension => "拡張子が .smart-health-card ではありません",
            Code::JwsTooLong => "一つのQRコードに収まりません",
            Code::JwsFormat => "JWSの形ではありません",
            Code::JwsHeader => "JWSのヘッダー(alg, kid, zip)が正しくありません",
            Code::Inflation => "内容を展開できません",
            Code::SignatureFormat => "署名の形式が正しくありません",
            Code::Signature => "署名が一致しません",
            Code::IssuerUrl => "発行者のURLが正しくありません",
            Code::IssuerKeys => "発行者の鍵がありません",
            Code::NumericHeader => "QRの番号(shc:/n/m/)が正しくありません",
            Code::Numeric => "QRの数字列が正しくありません",
            Code::MissingChunk => "分割されたQRが足りません",
            Code::UnnecessaryChunks => "分割の必要がないQRです",
            Code::UnbalancedChunks => "分割の長さが揃っていません",
            Code::Schema => "項目が足りないか、種類が違います",
            Code::Fhir => "FHIRの内容が正しくありません",
            Code::NotYetValid => "まだ有効ではありません",
            Code::Expired => "有効期限が切れています",
            Code::Revoked => "失効しています",
            Code::RevocationList => "失効リストが正しくありません",
            Code::KeyType => "鍵の種類がECではありません",
            Code::KeyAlgorithm => "鍵がES256・P-256のものではありません",
            Code::KeyUse => "署名用の鍵ではありません",
            Code::KeyId => "鍵の識別子が指紋と一致しません",
            Code::KeyPrivate => "公開鍵の場所に秘密鍵があります",
            Code::KeyCertificate => "鍵の証明書が正しくありません",
        }
    }
}
