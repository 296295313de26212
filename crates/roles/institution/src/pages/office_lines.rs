//! What the records office lists, in one shape, and as CSV.

use calendar::Timestamp;
use codes::{ExchangeId, OrgId};
use consent::ActReason;
use protocol::exchange::EmergencyReason;
use wire::Problem;
use wire::page::{Lang, t};

use super::Pages;
use super::parts::listed;
use crate::model::LocalNumber;
use crate::store::GivenState;

/// One line (取扱いの記録).
#[derive(Clone, Debug)]
pub struct Line {
    /// When.
    pub at: Timestamp,
    /// What it was.
    pub what: What,
    /// The exchange, or the declaration.
    pub exchange: ExchangeId,
    /// About which patient; none where the person is no patient here.
    pub patient: Option<LocalNumber>,
    /// Who of the staff: ours, or theirs as they named them.
    pub staff: String,
    /// The other institutions.
    pub others: Vec<OrgId>,
    /// How many records.
    pub count: u64,
    /// How it ended.
    pub outcome: Outcome,
    /// Words of a declaration.
    pub words: String,
    reason: Reason,
}

#[derive(Clone, Copy, Debug)]
enum Reason {
    Purpose(ActReason),
    Emergency(EmergencyReason),
}

/// What kind of line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// Asked of others.
    Asked,
    /// Given to another.
    Given,
    /// An emergency declared here.
    Emergency,
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All of it.
    Whole,
    /// The person ended it.
    Ended,
    /// It stopped in the middle.
    Cut,
    /// Nothing was granted.
    Refused,
    /// An emergency, narrow.
    Declared,
    /// An emergency's second act.
    Widened,
}

impl What {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Asked, Self::Given, Self::Emergency];

    /// As addresses and files say it.
    pub fn code(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Given => "given",
            Self::Emergency => "emergency",
        }
    }

    /// As people say it, Japanese and English.
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Asked => ("照会した", "asked"),
            Self::Given => ("提供した", "given"),
            Self::Emergency => ("緊急の宣言", "emergency"),
        }
    }
}

impl Outcome {
    /// As people say it, Japanese and English.
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Whole => ("全部", "whole"),
            Self::Ended => ("途中で終了", "ended"),
            Self::Cut => ("途中で切れた", "cut short"),
            Self::Refused => ("断られた", "refused"),
            Self::Declared => ("宣言", "declared"),
            Self::Widened => ("範囲を広げた", "widened"),
        }
    }
}

impl Line {
    /// What for.
    pub fn reason_words(&self, lang: Lang) -> &'static str {
        match self.reason {
            Reason::Purpose(reason) => t(lang, reason.ja(), reason.en()),
            Reason::Emergency(reason) => t(lang, reason.words().0, reason.words().1),
        }
    }
}

/// Every line, newest first.
///
/// # Errors
/// The store's.
pub async fn lines(pages: &Pages, limit: u32) -> Result<Vec<Line>, Problem> {
    let all = pages.service.exchanges(None, limit).await?;
    let asked = all.asked.into_iter().map(|one| Line {
        at: one.at,
        what: What::Asked,
        exchange: one.exchange,
        patient: Some(one.patient),
        staff: one.staff.name,
        others: one.holders,
        count: one.received,
        outcome: if one.refused.is_some() { Outcome::Refused } else { Outcome::Whole },
        words: String::new(),
        reason: Reason::Purpose(one.reason),
    });
    let given = all.given.into_iter().map(|one| Line {
        at: one.at,
        what: What::Given,
        exchange: one.exchange,
        patient: one.patient,
        staff: one.staff,
        others: vec![one.asker],
        count: one.given,
        outcome: match one.state {
            GivenState::Cut => Outcome::Cut,
            GivenState::Whole => Outcome::Whole,
            GivenState::Ended => Outcome::Ended,
        },
        words: String::new(),
        reason: Reason::Purpose(one.reason),
    });
    let emergencies = all.emergencies.into_iter().map(|one| Line {
        at: one.at,
        what: What::Emergency,
        exchange: one.declaration,
        patient: Some(one.patient),
        staff: one.staff.name,
        others: Vec::new(),
        count: 0,
        outcome: if one.widened { Outcome::Widened } else { Outcome::Declared },
        words: one.words,
        reason: Reason::Emergency(one.reason),
    });
    let mut lines: Vec<Line> = asked.chain(given).chain(emergencies).collect();
    lines.sort_by_key(|line| std::cmp::Reverse((line.at, line.exchange)));
    Ok(lines)
}

/// The lines as CSV, with a byte order mark: spreadsheet programs read it as UTF-8. `name` names another institution.
pub fn csv(lang: Lang, name: impl Fn(&OrgId) -> String, lines: &[Line]) -> Vec<u8> {
    const JA: [&str; 10] = [
        "日時",
        "種類",
        "照会番号",
        "患者番号",
        "担当者",
        "目的・理由",
        "相手の機関",
        "件数",
        "結果",
        "宣言のことば",
    ];
    const EN: [&str; 10] = [
        "When",
        "Kind",
        "Exchange",
        "Patient",
        "Staff",
        "Why",
        "Other institutions",
        "Records",
        "Result",
        "Words of the declaration",
    ];
    let mut writer = csv::Writer::from_writer(b"\xEF\xBB\xBF".to_vec());
    // Writing to memory cannot fail.
    let _ = writer.write_record(t(lang, JA, EN));
    for line in lines {
        let others: Vec<String> = line.others.iter().map(&name).collect();
        let said = |(ja, en): (&str, &str)| t(lang, ja, en).to_owned();
        let _ = writer.write_record([
            line.at.to_rfc3339(),
            said(line.what.words()),
            line.exchange.to_string(),
            line.patient.as_ref().map(LocalNumber::to_string).unwrap_or_default(),
            cell(&line.staff),
            line.reason_words(lang).to_owned(),
            cell(&listed(lang, others.iter().map(String::as_str))),
            line.count.to_string(),
            said(line.outcome.words()),
            cell(&line.words),
        ]);
    }
    writer.into_inner().unwrap_or_default()
}

/// A text that no spreadsheet program takes for a formula.
fn cell(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_for_spreadsheets_holds_no_formula() {
        let line = Line {
            at: Timestamp::from_seconds(1_800_000_000),
            what: What::Emergency,
            exchange: ExchangeId::new(0),
            patient: "00000017".parse().ok(),
            staff: "=HYPERLINK(\"x\")".into(),
            others: vec!["institution/1310000001".parse().unwrap()],
            count: 0,
            outcome: Outcome::Widened,
            words: "倒れた, 意識なし".into(),
            reason: Reason::Emergency(EmergencyReason::Unconscious),
        };
        let text =
            |lang| String::from_utf8(csv(lang, |_| "北病院".into(), std::slice::from_ref(&line))).unwrap();
        let ja = text(Lang::Ja);
        assert!(
            ja.starts_with("\u{feff}日時,種類,照会番号,患者番号")
                && ja.contains("\"'=HYPERLINK(\"\"x\"\")\""),
            "{ja}"
        );
        assert!(
            ja.contains("00000017")
                && ja.contains("\"倒れた, 意識なし\"")
                && ja.contains("北病院,0,範囲を広げた"),
            "{ja}"
        );
        let en = text(Lang::En);
        assert!(en.starts_with("\u{feff}When,Kind,") && en.contains(",widened,"), "{en}");
    }
}
