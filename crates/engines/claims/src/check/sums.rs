//! Do the lines give the sums?

use crate::{Claim, Finding, Month, Rule, Severity, Table};

use super::spec_place;

/// Checks 回数 against the days, and 合計点数 of every payer against the lines that it pays.
///
/// Medical and dental only: a DPC stay is paid by the group, a pharmacy's fees depend on each other.
pub fn check(claim: &Claim<'_>, found: &mut dyn FnMut(Finding)) {
    if !matches!(claim.table(), Table::Medical | Table::Dental) {
        return;
    }
    times(claim, found);
    payers(claim, found);
}

/// 回数 is the sum of the 31 days (since treatment of April 2012).
fn times(claim: &Claim<'_>, found: &mut dyn FnMut(Finding)) {
    let Some(month) = claim.month() else { return };
    for line in claim.cost_lines() {
        let beyond = (month.length() + 1..=31).find(|day| line.on(*day) > 0);
        if let Some(day) = beyond {
            let at = line.columns.days + usize::from(day) - 1;
            let place = spec_place(&line.record, claim.table(), claim.number(), at);
            let (en, ja) = (format!("a day of {month}"), format!("{month}の日であるべきです"));
            found(Finding::new(Severity::Error, Rule::Date, place).found(day.to_string()).expected(en, ja));
        }
        let sum: u64 = (1..=31).map(|day| line.on(day)).sum();
        let Some(said) = line.times().filter(|said| sum > 0 && *said != sum) else { continue };
        let severity = if month >= since() { Severity::Error } else { Severity::Warning };
        let place = spec_place(&line.record, claim.table(), claim.number(), line.columns.times);
        let (en, ja) = (format!("{sum}, the sum of the days"), format!("算定日の合計{sum}であるべきです"));
        found(Finding::new(severity, Rule::Count, place).found(said.to_string()).expected(en, ja));
    }
}

/// The first month of the day columns.
fn since() -> Month {
    Month::of(calendar::Date::new(2012, 4, 1).unwrap_or(calendar::Date::MIN))
}

fn payers(claim: &Claim<'_>, found: &mut dyn FnMut(Finding)) {
    let insurer = claim.insurer();
    let public: Vec<_> = claim.public_payers().take(4).collect();
    let mut sums = [0u64; 5];
    let mut lines = 0;
    for line in claim.cost_lines() {
        let Some(payers) = line.payers() else {
            let place = spec_place(&line.record, claim.table(), claim.number(), 2);
            let value = line.record.field(2).text(claim.charset()).into_owned();
            let finding = Finding::new(Severity::Warning, Rule::Code, place).found(value);
            found(finding.expected("a code of 負担区分", "負担区分コードであるべきです"));
            return;
        };
        let missing = (0..5).find(|payer| {
            payers.has(*payer) && if *payer == 0 { insurer.is_none() } else { *payer > public.len() }
        });
        if missing.is_some() {
            let place = spec_place(&line.record, claim.table(), claim.number(), 2);
            let value = line.record.field(2).text(claim.charset()).into_owned();
            let finding = Finding::new(Severity::Error, Rule::Code, place).found(value);
            found(finding.expected("payers that the claim has", "レセプトにある負担者であるべきです"));
            return;
        }
        lines += 1;
        let points = if line.is_meal() { None } else { line.points() };
        let amount = points.unwrap_or(0).saturating_mul(line.times().unwrap_or(0));
        for (_, sum) in sums.iter_mut().enumerate().filter(|(index, _)| payers.has(*index)) {
            *sum = sum.saturating_add(amount);
        }
    }
    // A claim of which only the sum was handed on has nothing to compare.
    if lines == 0 {
        return;
    }
    // Amounts in yen and parts of a stay that other claims hold are known of inpatients only.
    let severity = if claim.is_inpatient() { Severity::Warning } else { Severity::Error };
    let records =
        insurer.map(|i| (0, i.0)).into_iter().chain(public.iter().enumerate().map(|(i, p)| (i + 1, p.0)));
    for (index, record) in records {
        let (Some(said), Some(sum)) = (record.field(5).number(), sums.get(index).copied()) else { continue };
        if said == sum || (index > 0 && said == 0) {
            continue;
        }
        let finding =
            Finding::new(severity, Rule::Sum, spec_place(&record, claim.table(), claim.number(), 5));
        found(
            finding
                .found(said.to_string())
                .expected(format!("{sum}, what its lines come to"), format!("明細の合計{sum}であるべきです")),
        );
    }
}
