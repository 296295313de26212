//! Claims for the insurer that has to pay them.

use serde::Serialize;

use crate::edit::{Draft, RecordDraft};
use crate::eligibility::{Judged, Membership, Outcome};
use crate::split::split;
use crate::{Claim, Table};

/// What becomes of a judged claim.
pub enum Corrected {
    /// It stays as it is.
    Stays,
    /// It goes to other insurers, one claim each, with the agency that each goes through.
    Goes(Vec<(u8, Draft)>),
    /// It should go, but a program cannot rewrite it.
    Cannot(CannotRewrite),
}

/// Why a claim cannot be rewritten by a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CannotRewrite {
    /// It has an amount that the old insurer's rules gave (負担金額, 減免).
    InsurersAmount,
    /// It has an amount of a public scheme that cannot be divided.
    PublicAmount,
    /// It has meals, which no line gives by day.
    Meals,
    /// Its table divides no claims by day (DPC, 調剤, 訪問看護).
    Table,
    /// Lines without days, or with days that differ within a unit.
    Days,
    /// Its sums or 診療実日数 do not agree with its lines.
    Sums,
    /// The new symbol or number cannot be written in the file's character set.
    Charset,
}

/// What becomes of a claim by its verdict.
#[must_use]
pub fn correct(claim: &Claim<'_>, judged: &Judged) -> Corrected {
    let parts = match &judged.verdict.outcome {
        Outcome::OtherInsurer { .. } => Ok(vec![Draft::of(claim)]),
        Outcome::Split { at } => split(claim, *at).map(Vec::from),
        _ => return Corrected::Stays,
    };
    let mut insurers: Vec<&Membership> = judged.memberships.iter().collect();
    // A new number within the same insurer is no part of its own.
    insurers.dedup_by_key(|membership| membership.insurer);
    let addressed = parts.and_then(|parts| {
        let both = parts.into_iter().zip(insurers);
        both.map(|(part, to)| Ok((agency(to), address(part, to)?))).collect::<Result<Vec<_>, _>>()
    });
    addressed.map_or_else(Corrected::Cannot, Corrected::Goes)
}

/// The agency through which an insurer is reached: 2 国保連合会 for 国保 and 後期高齢者医療, else 1 支払基金.
#[must_use]
pub fn agency(membership: &Membership) -> u8 {
    if membership.insurer.is_national_health() || membership.insurer.law() == Some(LATE_ELDERLY) {
        2
    } else {
        1
    }
}

/// Puts another insurer's name on a claim.
fn address(mut draft: Draft, to: &Membership) -> Result<Draft, CannotRewrite> {
    let charset = draft.charset;
    let wide = |text: &str| charset.encode(&kotoba::to_full_width(text)).ok_or(CannotRewrite::Charset);
    let (symbol, number) = (wide(&to.symbol)?, wide(&to.number)?);
    let amounts: &[usize] = match draft.table {
        Table::Medical | Table::Dpc => &[11, 12, 13, 14],
        Table::Dental => &[10, 11, 12, 13],
        Table::Dispensing => &[9, 11, 12, 13],
        Table::Nursing => return Err(CannotRewrite::Table),
    };
    let Some(insurer) = draft.find("HO") else { return Err(CannotRewrite::Table) };
    if amounts.iter().any(|at| !insurer.field(*at).trim_ascii().is_empty()) {
        return Err(CannotRewrite::InsurersAmount);
    }
    insurer.set(1, format!("{:>8}", to.insurer.to_string()));
    insurer.set(2, symbol.clone());
    insurer.set(3, number.clone());
    let checks =
        draft.records.iter_mut().filter(|record| record.is("SN") && record.field(1).trim_ascii() == b"1");
    for check in checks {
        if !check.field(3).trim_ascii().is_empty() {
            check.set(3, format!("{:>8}", to.insurer.to_string()));
            check.set(4, symbol.clone());
            check.set(5, number.clone());
        }
        check.set(6, to.branch.clone());
    }
    if let Some(receipt) = draft.find("RE") {
        let kind = kind(receipt, to);
        receipt.set(2, kind);
        // 給付割合 is the old insurer's.
        receipt.set(7, "");
    }
    Ok(draft)
}

/// レセプト種別 under another insurer: digit 2 says 後期高齢者 or not, digit 4 whose claim it is.
fn kind(receipt: &RecordDraft, to: &Membership) -> Vec<u8> {
    let mut kind = receipt.field(2).to_vec();
    let late = to.insurer.law() == Some(LATE_ELDERLY);
    if let [_, scheme @ (b'1' | b'3' | b'4'), _, whose @ b'0'..=b'9'] = kind.as_mut_slice() {
        let was_late = *scheme == b'3';
        *scheme = if late { b'3' } else { b'1' };
        let inpatient = matches!(*whose, b'1' | b'3' | b'5' | b'7' | b'9');
        let pair = match *whose {
            // 高齢受給者 and late elderly differ by their share, which stays.
            b'9' | b'0' if late || !was_late => [b'9', b'0'],
            _ if late => [b'7', b'8'],
            b'7' | b'8' if !was_late => [b'7', b'8'],
            b'3' | b'4' => [b'3', b'4'],
            _ if to.dependant => [b'5', b'6'],
            _ => [b'1', b'2'],
        };
        let [inside, outside] = pair;
        *whose = if inpatient { inside } else { outside };
    }
    kind
}

/// 法別番号 of 後期高齢者医療.
const LATE_ELDERLY: u8 = 39;
