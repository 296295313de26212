//! What can go wrong at a desk, said in both languages.

use ::store::StoreError;
use calendar::DateError;
use codes::{CustodyError, NumberError, OrgKind};
use ledger::LedgerError;
use protocol::reader::ReaderError;
use wire::Problem;

use crate::refuse::MyNumberFound;
use crate::store::{LinkConflict, LinkError};

/// A failure at the desk (窓口の失敗). Everything that a clerk can cause says what to do.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// The input holds a My Number.
    #[error(transparent)]
    MyNumber(#[from] MyNumberFound),
    /// Fields that do not hold what they should.
    #[error("{} fields are not as expected, the first is {}", .0.len(), .0.first().map_or("?", |f| f.field))]
    Fields(Vec<FieldError>),
    /// The card could not be read.
    #[error(transparent)]
    Reader(#[from] ReaderError),
    /// The reader stated something else than was ordered, or did not sign it.
    #[error("the reader's statement is not credible: {0}")]
    Statement(StatementError),
    /// This desk has no reader.
    #[error("no card reader is connected to this desk")]
    NoReader,
    /// There is no such visit.
    #[error("there is no such visit")]
    NoVisit,
    /// There is no such patient.
    #[error("there is no such patient in the local list")]
    NoPatient,
    /// The exchange was used for another question.
    #[error("this exchange was used for another question")]
    ExchangeTaken,
    /// The visit's answer names nobody whom one could ask about again or link.
    #[error("the answer names nobody")]
    Nobody,
    /// The local patient is linked to another person.
    #[error("this patient is linked to another person")]
    LinkTaken,
    /// The directory knows no organisation of a kind that is needed.
    #[error("the directory has no active {0}")]
    NoPeer(OrgKind),
    /// The patient list cannot be taken over.
    #[error("{} lines of the patient list are not as expected", .0.len())]
    PatientList(Vec<LineError>),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The ledger failed: without its entry nothing is asked.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// An envelope could not be opened.
    #[error(transparent)]
    Custody(#[from] CustodyError),
}

/// A field of a form or message that does not hold what it should.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// The field's name.
    pub field: &'static str,
    /// What is wrong and what was expected, Japanese.
    pub ja: String,
    /// The same in English.
    pub en: String,
}

impl FieldError {
    /// A field that must be filled in.
    pub fn missing(field: &'static str) -> Self {
        Self { field, ja: "入力してください。".into(), en: "This is needed.".into() }
    }

    /// A number that is not one.
    pub fn number(field: &'static str, error: &NumberError) -> Self {
        Self { field, ja: error.ja(), en: error.to_string() }
    }

    /// A date that is not one.
    pub fn date(field: &'static str, error: &DateError) -> Self {
        Self { field, ja: error.ja(), en: error.to_string() }
    }
}

/// A line of a patient list that cannot be taken over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineError {
    /// Line, counted from 1 with the header.
    pub line: u64,
    /// Column by its name.
    pub column: String,
    /// What is wrong and what was expected, Japanese.
    pub ja: String,
    /// The same in English.
    pub en: String,
}

/// Why a reader's statement is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StatementError {
    /// The device is not enrolled here.
    #[error("the reader is not one of this institution's")]
    UnknownReader,
    /// The signature does not fit.
    #[error("the signature does not fit")]
    Signature,
    /// It names another institution or terminal.
    #[error("it was made for another desk")]
    OtherDesk,
    /// The mode is not the one ordered.
    #[error("the bearer was verified in another way than ordered")]
    OtherMode,
    /// Nonce or time are not those of this read.
    #[error("it was made for another read")]
    OtherRead,
    /// What is presented is not what the statement covers.
    #[error("it covers another card read than the one presented")]
    OtherMaterial,
}

impl StatementError {
    /// The same in Japanese.
    pub fn ja(self) -> &'static str {
        match self {
            Self::UnknownReader => "この機関に登録されていない読取装置です",
            Self::Signature => "読取装置の署名が正しくありません",
            Self::OtherDesk => "別の窓口の読み取り結果です",
            Self::OtherMode => "指定と異なる方法で本人確認されています",
            Self::OtherRead => "今回の読み取りの結果ではありません",
            Self::OtherMaterial => "読み取った内容と署名された内容が一致しません",
        }
    }
}

impl From<LinkError> for DeskError {
    fn from(error: LinkError) -> Self {
        match error {
            LinkError::Conflict(LinkConflict::NoPatient) => Self::NoPatient,
            LinkError::Conflict(LinkConflict::Taken) => Self::LinkTaken,
            LinkError::Store(error) => Self::Store(error),
        }
    }
}

impl From<DeskError> for Problem {
    fn from(error: DeskError) -> Self {
        let en = error.to_string();
        match error {
            DeskError::MyNumber(found) => my_number(&found),
            DeskError::Fields(fields) => fields_problem(&fields),
            DeskError::Reader(error) => Problem::new(422, "card-read").ja(error.ja()).en(en),
            DeskError::Statement(error) => {
                Problem::new(422, "reader-statement").ja(error.ja()).en(en).detail(
                    "受付していません。もう一度カードを置き、続く場合は読取装置の管理者に連絡してください。",
                    "Nothing was received. Put the card on the reader again; if this stays, call whoever keeps the reader.",
                )
            }
            DeskError::NoReader => Problem::new(409, "no-reader").ja("この窓口にはカードリーダーがありません").en(en),
            DeskError::NoVisit => Problem::new(404, "no-visit").ja("この受付は見つかりません").en(en),
            DeskError::NoPatient => {
                Problem::new(404, "no-patient").ja("この患者番号は患者一覧にありません").en(en)
            }
            DeskError::ExchangeTaken => {
                Problem::new(409, "exchange-taken").ja("この交換番号は別の照会で使われています").en(en).at("exchange")
            }
            DeskError::Nobody => Problem::new(409, "nobody").ja("この回答には該当する方がいません").en(en),
            DeskError::LinkTaken => Problem::new(409, "link-taken")
                .ja("この患者番号はすでに別の方と結び付いています")
                .en(en)
                .detail(
                    "受付の記録で確認し、付け替える場合は「付け替える」を選んでください。",
                    "Look at the visits; to move the link, choose “move”.",
                ),
            DeskError::NoPeer(kind) => Problem::new(503, "no-peer")
                .ja(format!("接続先（{kind}）が名簿にありません"))
                .en(en)
                .detail("システム管理者に連絡してください。", "Call the administrator."),
            DeskError::PatientList(lines) => lines_problem(&lines),
            DeskError::Store(_) | DeskError::Ledger(_) | DeskError::Custody(_) => {
                tracing::error!(error = %en, "the desk failed");
                Problem::internal()
            }
        }
    }
}

/// The refusal of a My Number as a problem document.
pub fn my_number(found: &MyNumberFound) -> Problem {
    Problem::new(422, "my-number-refused")
        .ja(found.ja())
        .en(found.to_string())
        .detail(MyNumberFound::NEXT_JA, MyNumberFound::NEXT_EN)
        .at(found.place.clone())
}

/// The refusal of another organisation at the institution's own interface.
pub fn not_ours() -> Problem {
    Problem::new(403, "not-ours")
        .ja("この機関のシステムだけが使える窓口です")
        .en("Only the institution's own systems are served here")
        .detail(
            "この機関の証明書で接続してください。ほかの機関が記録を取り寄せる道は、情報連携基盤です。",
            "Connect with this institution's certificate. Other institutions ask for records through the relay.",
        )
}

fn fields_problem(fields: &[FieldError]) -> Problem {
    let join = |text: fn(&FieldError) -> &str| {
        fields.iter().map(|f| format!("{}: {}", f.field, text(f))).collect::<Vec<_>>().join(" / ")
    };
    Problem::new(422, "bad-fields")
        .ja("入力に誤りがあります")
        .en("Some fields are not as expected")
        .detail(join(|f| &f.ja), join(|f| &f.en))
        .at(fields.first().map_or("", |f| f.field))
}

fn lines_problem(lines: &[LineError]) -> Problem {
    let join = |text: fn(&LineError) -> &str, line: &str| {
        lines
            .iter()
            .map(|l| format!("{line} {} [{}]: {}", l.line, l.column, text(l)))
            .collect::<Vec<_>>()
            .join("\n")
    };
    let first = lines.first();
    Problem::new(422, "bad-patient-list")
        .ja("患者一覧に誤りがあります。何も取り込んでいません")
        .en("The patient list is not as expected; nothing was taken over")
        .detail(join(|l| &l.ja, "行"), join(|l| &l.en, "line"))
        .at(first.map_or_else(String::new, |l| format!("line {}, {}", l.line, l.column)))
}
