//! Chapter 6: each dose administered against the target dose it could satisfy.

use crate::{
    model::{IntervalRule, SeriesDose, VaccineRule},
    period::{DayNumber, date},
    run::{Eval, Run, Shot},
    status::{EvaluationStatus, Reasons, TargetStatus},
    trace::{Words, shown},
};

impl Run<'_> {
    /// Walks history and series together (4.4): whichever ends first ends the evaluation.
    pub(crate) fn evaluate(&mut self) {
        for position in 0..self.records.len() {
            let Some(number) = self.records.get(position).copied() else { break };
            let Some(shot) = self.shot(number) else { break };
            if shot.substandard {
                self.judge(number, shot, EvaluationStatus::SubStandard, Reasons::SUB_STANDARD, "Table 6-3");
                continue;
            }
            while let Some(dose) = self.next_dose() {
                if !self.can_skip(dose, true, shot.day, Some(number)) {
                    break;
                }
                self.skip(shot.day, Some(number));
            }
            let Some(dose) = self.next_dose() else {
                self.judge(number, shot, EvaluationStatus::Extraneous, Reasons::SERIES_OVER, "Figure 4-6");
                continue;
            };
            let (status, reasons) = self.against(dose, number, shot);
            self.judge(number, shot, status, reasons, "Table 6-31");
            if status == EvaluationStatus::Valid {
                self.push_target(TargetStatus::Satisfied, number);
                // A recurring dose is followed by itself.
                if !dose.recurring {
                    self.next += 1;
                }
            }
        }
    }

    /// The target dose at hand need not be met.
    pub(crate) fn skip(&mut self, on: DayNumber, before: Option<u16>) {
        if let Some(dose) = self.next_dose().filter(|_| self.trace.steps.is_some()) {
            let reason = self.skip_reason(dose, on, before);
            let (label, on) = (&dose.label, date(on));
            self.note("Table 6-11", || {
                let inputs = Words::new(format!("{label} on {on}"), format!("{on}における{label}"));
                (inputs, Words::new(format!("skipped: {}", reason.en), format!("省く: {}", reason.ja)))
            });
        }
        self.push_target(TargetStatus::Skipped, u16::MAX);
        self.next += 1;
    }

    fn judge(
        &mut self,
        number: u16,
        shot: Shot,
        status: EvaluationStatus,
        reasons: Reasons,
        rule: &'static str,
    ) {
        let dose = u8::try_from(self.next).unwrap_or(u8::MAX);
        let case = self.case;
        let label = self.next_dose().map(|dose| dose.label.as_str());
        self.note(rule, || {
            let vaccine = case.knowledge.vaccines.get(usize::from(shot.vaccine));
            let name = vaccine.map_or("", |v| if v.name_ja.is_empty() { &v.name } else { &v.name_ja });
            let with = |status: &str, reasons: String| {
                if reasons.is_empty() { status.to_owned() } else { format!("{status}: {reasons}") }
            };
            let day = date(shot.day);
            let inputs = Words::new(
                format!("{name} on {day} against {}", label.unwrap_or("nothing left")),
                format!("{day}の{name}を{}として", label.unwrap_or("余りの接種")),
            );
            let outcome = Words::new(
                with(status.en(), reasons.en().collect::<Vec<_>>().join("; ")),
                with(status.ja(), reasons.ja().collect::<Vec<_>>().join("、")),
            );
            (inputs, outcome)
        });
        self.evals.push(Eval { shot: number, status, reasons, dose });
    }

    /// 6.3 to 6.10 for one dose and one target dose.
    fn against(&mut self, dose: &SeriesDose, number: u16, shot: Shot) -> (EvaluationStatus, Reasons) {
        if dose.inadvertent.contains(shot.vaccine) {
            return (EvaluationStatus::NotValid, Reasons::INADVERTENT);
        }
        let age = self.age(dose, shot.day);
        let mut reasons = age;
        let (in_time, interval) = self.intervals(dose, number, shot.day);
        reasons = reasons.with(interval);
        let conflict = self.conflict(number, shot);
        if conflict {
            reasons = reasons.with(Reasons::CONFLICT);
        }
        let (fits, vaccine) = self.vaccine(dose, shot);
        reasons = reasons.with(vaccine);
        let status = if age.has(Reasons::TOO_OLD) {
            EvaluationStatus::Extraneous
        } else if age.has(Reasons::TOO_YOUNG) || !in_time || conflict || !fits {
            EvaluationStatus::NotValid
        } else {
            EvaluationStatus::Valid
        };
        (status, reasons)
    }

    /// 6.4: the age at administration (table 6-15).
    fn age(&mut self, dose: &SeriesDose, day: DayNumber) -> Reasons {
        let Some(rule) = dose.ages.iter().find(|rule| rule.effective <= day && day <= rule.cessation) else {
            return Reasons::default();
        };
        let (absolute, min) = (self.case.day(rule.absolute_min), self.case.day(rule.min));
        let max = self.case.day(rule.max);
        let reasons = if absolute.is_some_and(|absolute| day < absolute) {
            Reasons::TOO_YOUNG
        } else if max.is_some_and(|max| day >= max) {
            Reasons::TOO_OLD
        } else if min.is_some_and(|min| day < min) && absolute.is_some() {
            Reasons::GRACE_AGE
        } else {
            Reasons::default()
        };
        self.note("Table 6-15", || {
            let (day, absolute, min, max) = (date(day), shown(absolute), shown(min), shown(max));
            let inputs = Words::new(
                format!("given {day}; absolute minimum {absolute}, minimum {min}, maximum {max}"),
                format!("接種日 {day}、最短日 {min}(猶予を入れて {absolute})、超過となる日 {max}"),
            );
            (inputs, reasons.words("valid age", "年齢は適切"))
        });
        reasons
    }

    /// 6.5 and 6.6: all preferable intervals, or all allowable ones.
    fn intervals(&mut self, dose: &SeriesDose, number: u16, day: DayNumber) -> (bool, Reasons) {
        let mut reasons = Reasons::default();
        let mut satisfied = true;
        for rule in dose.intervals.iter().filter(|rule| rule.effective <= day && day <= rule.cessation) {
            let found = self.interval(rule, number, day, "Table 6-18");
            // Where the law has a verdict of its own, a late dose still protects.
            let late = found.has(Reasons::TOO_LATE) && !self.case.knowledge.has_law;
            if found.has(Reasons::TOO_SOON) || late {
                satisfied = false;
            }
            reasons = reasons.with(found);
        }
        if satisfied {
            return (true, reasons);
        }
        let mut rules = dose
            .allowable_intervals
            .iter()
            .filter(|rule| rule.effective <= day && day <= rule.cessation)
            .peekable();
        let any = rules.peek().is_some();
        let allowed =
            any && rules.all(|rule| !self.interval(rule, number, day, "Table 6-21").has(Reasons::TOO_SOON));
        if allowed { (true, Reasons::default()) } else { (false, reasons) }
    }

    fn interval(&mut self, rule: &IntervalRule, number: u16, day: DayNumber, table: &'static str) -> Reasons {
        let Some(reference) = self.reference(&rule.from, Some(number)) else {
            return Reasons::default();
        };
        let absolute = rule.absolute_min.map(|span| span.after(reference));
        let min = rule.min.map(|span| span.after(reference));
        let max = rule.max.map(|span| span.after(reference));
        let reasons = if absolute.is_some_and(|absolute| day < absolute) {
            Reasons::TOO_SOON
        } else if max.is_some_and(|max| day >= max) {
            Reasons::TOO_LATE
        } else if min.is_some_and(|min| day < min) {
            Reasons::GRACE_INTERVAL
        } else {
            Reasons::default()
        };
        self.note(table, || {
            let (day, from) = (date(day), date(reference));
            let (absolute, min, max) = (shown(absolute), shown(min), shown(max));
            let inputs = Words::new(
                format!(
                    "given {day}; counted from {from}: absolute minimum {absolute}, minimum {min}, too late \
                     from {max}"
                ),
                format!(
                    "接種日 {day}、{from}から数えて最短日 {min}(猶予を入れて {absolute})、超過となる日 {max}"
                ),
            );
            (inputs, reasons.words("valid interval", "間隔は適切"))
        });
        reasons
    }

    /// 6.7: whether a vaccine given before is too near (CONFLICT-3).
    fn conflict(&mut self, number: u16, shot: Shot) -> bool {
        let Some(conflicts) = self.case.knowledge.conflicts.get(usize::from(shot.vaccine)) else {
            return false;
        };
        let earlier = self.case.shots.get(..usize::from(number)).unwrap_or_default();
        for conflict in conflicts.iter().filter(|c| c.effective <= shot.day && shot.day <= c.cessation) {
            for (previous, before) in earlier.iter().enumerate().rev() {
                if !conflict.previous.contains(before.vaccine) || conflict.begin.after(before.day) > shot.day
                {
                    continue;
                }
                let end = match self.standing(previous) {
                    None | Some(EvaluationStatus::Valid) => conflict.min_end,
                    Some(_) => conflict.end,
                };
                let end = end.after(before.day);
                if shot.day < end {
                    let from = before.day;
                    self.note("CONFLICT-3", || {
                        let (day, from, end) = (date(shot.day), date(from), date(end));
                        let inputs = Words::new(
                            format!("given {day}; a conflicting vaccine on {from}"),
                            format!("接種日 {day}、間隔を置くべきワクチンの接種日 {from}"),
                        );
                        let ja = format!("間隔が短い: {end}より前には受けられない");
                        (inputs, Words::new(format!("too soon: not before {end}"), ja))
                    });
                    return true;
                }
            }
        }
        false
    }

    /// What has been said of an earlier shot: by this series where it carries the antigen, else by others.
    fn standing(&self, shot: usize) -> Option<EvaluationStatus> {
        let own = self.own_evals().iter().find(|eval| usize::from(eval.shot) == shot);
        match own {
            Some(eval) => Some(eval.status),
            None => self.case.elsewhere.get(shot).copied().flatten(),
        }
    }

    /// 6.8 and 6.9: whether the vaccine is preferable, or at least allowable, for the dose.
    fn vaccine(&mut self, dose: &SeriesDose, shot: Shot) -> (bool, Reasons) {
        let given = self.case.person.doses.get(usize::from(shot.dose));
        let mut reasons = Reasons::default();
        // Where the law has a verdict of its own, the days of a product's use are the law's.
        let has_law = self.case.knowledge.has_law;
        let of_type = |rule: &&VaccineRule| {
            let in_use = rule.effective <= shot.day && shot.day <= rule.cessation;
            rule.vaccine == shot.vaccine && (in_use || has_law)
        };
        let none: &[VaccineRule] = &[];
        let preferable = if dose.preferable_set.contains(shot.vaccine) { &dose.preferable } else { none };
        let allowable = if dose.allowable_set.contains(shot.vaccine) { &dose.allowable } else { none };
        for rule in preferable.iter().filter(of_type) {
            if !self.case.within(shot.day, rule.begin, rule.end) {
                reasons = reasons.with(Reasons::VACCINE_AGE);
                continue;
            }
            let made_by = given.and_then(|dose| dose.manufacturer.as_deref()).unwrap_or("");
            if rule.manufacturer.as_deref().is_some_and(|wanted| !wanted.eq_ignore_ascii_case(made_by)) {
                reasons = reasons.with(Reasons::TRADE_NAME);
                continue;
            }
            let volume = given.and_then(|dose| dose.volume_ml).map(|ml| (ml * 100.0).round() as u32);
            let little = matches!((volume, rule.volume), (Some(given), Some(wanted)) if given < wanted);
            return (true, if little { Reasons::VOLUME } else { Reasons::default() });
        }
        for rule in allowable.iter().filter(of_type) {
            if self.case.within(shot.day, rule.begin, rule.end) {
                return (true, Reasons::default());
            }
            reasons = reasons.with(Reasons::VACCINE_AGE);
        }
        self.note("Table 6-29", || {
            let day = date(shot.day);
            let inputs = Words::new(format!("vaccine given {day}"), format!("{day}のワクチン"));
            let ja = "この回に望ましくも許容されてもいない";
            (inputs, Words::new("neither preferable nor allowable", ja))
        });
        (false, reasons.with(Reasons::WRONG_VACCINE))
    }
}
