//! Chapter 7: the next target dose, its dates, or the reason why there is none.

use crate::{
    legal::Offer,
    model::{AgeRule, IntervalRule, SeriesDose},
    period::{DayNumber, FAR_FUTURE, FAR_PAST, date},
    run::Run,
    status::{Reasons, SeriesStatus, TargetStatus},
    trace::{Words, shown},
};

/// What a series says of the next dose (a patient series forecast).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Forecast {
    pub status: SeriesStatus,
    pub reason: &'static str,
    /// The dose of the series that is forecast.
    pub dose: u8,
    pub number: u8,
    pub earliest: DayNumber,
    pub recommended: DayNumber,
    pub past_due: Option<DayNumber>,
    pub latest: Option<DayNumber>,
    pub priority: bool,
    /// The earliest day on which the whole series can be finished (SELECTB-12).
    pub finish: DayNumber,
    pub completable: bool,
}

/// Why nothing is forecast, in Japanese: each reason of this page once.
const REASONS_JA: [(&str, &str); 9] = [
    ("patient series is complete", "必要な接種は終わっている"),
    (
        "not recommended at this time due to past immunization history",
        "これまでの接種歴から、いまは勧められない",
    ),
    ("patient has evidence of immunity", "免疫がある"),
    ("patient has a contraindication", "禁忌に当たる"),
    ("past seasonal recommendation end date", "この季節の接種期間は終わった"),
    ("outside the period in which the law offers the dose", "定期接種の対象期間ではない"),
    ("patient has exceeded the maximum age", "接種できる年齢を過ぎた"),
    (UNABLE, "上限の年齢までに終えられない"),
    ("recommended", "勧められる"),
];
const UNABLE: &str = "patient is unable to finish the series prior to the maximum age";

impl Forecast {
    /// The reason in Japanese.
    pub(crate) fn reason_ja(&self) -> &'static str {
        REASONS_JA.iter().find(|(en, _)| *en == self.reason).map_or("", |(_, ja)| ja)
    }

    fn none(status: SeriesStatus, reason: &'static str, dose: usize) -> Self {
        Self {
            status,
            reason,
            dose: u8::try_from(dose).unwrap_or(u8::MAX),
            number: 0,
            earliest: FAR_PAST,
            recommended: FAR_PAST,
            past_due: None,
            latest: None,
            priority: false,
            finish: FAR_PAST,
            completable: false,
        }
    }
}

impl Run<'_> {
    /// 7.1 to 7.6. Target doses that are skipped on the way are recorded as such.
    pub(crate) fn forecast(&mut self) -> Forecast {
        let mut on = self.case.assessment;
        loop {
            while let Some(dose) = self.next_dose() {
                if !self.can_skip(dose, false, on, None) {
                    break;
                }
                self.skip(on, None);
            }
            let forecast = self.forecast_next();
            self.note_forecast(&forecast);
            // 7.6: a dose that would be skipped on its own earliest day is not worth recommending.
            match self.next_dose() {
                Some(dose)
                    if forecast.status == SeriesStatus::NotComplete
                        && self.can_skip(dose, false, forecast.earliest, None) =>
                {
                    on = forecast.earliest;
                }
                _ => return forecast,
            }
        }
    }

    /// 7.4 and 7.5 for the target dose at hand.
    fn forecast_next(&self) -> Forecast {
        let Some(dose) = self.next_dose() else {
            let satisfied = self.own_targets().iter().any(|t| t.status == TargetStatus::Satisfied);
            return if satisfied {
                Forecast::none(SeriesStatus::Complete, "patient series is complete", self.next)
            } else {
                let reason = "not recommended at this time due to past immunization history";
                Forecast::none(SeriesStatus::NotRecommended, reason, self.next)
            };
        };
        let none = |status, reason| Forecast::none(status, reason, self.next);
        if self.immune {
            return none(SeriesStatus::Immune, "patient has evidence of immunity");
        }
        if self.is_contraindicated() {
            return none(SeriesStatus::Contraindicated, "patient has a contraindication");
        }
        let assessment = self.case.assessment;
        if dose.season.is_some_and(|(_, end)| assessment > end) {
            return none(SeriesStatus::NotRecommended, "past seasonal recommendation end date");
        }
        let age = dose.ages.iter().find(|rule| rule.effective <= assessment && assessment <= rule.cessation);
        let offer = self.case.offer(dose, assessment);
        if offer == Offer::Over {
            return none(SeriesStatus::AgedOut, "outside the period in which the law offers the dose");
        }
        let max = self.last_day_after(dose, age, offer);
        if max.is_some_and(|max| assessment >= max) {
            return none(SeriesStatus::AgedOut, "patient has exceeded the maximum age");
        }
        let earliest = self.earliest(dose, age, offer);
        if max.is_some_and(|max| earliest >= max) {
            return none(SeriesStatus::AgedOut, UNABLE);
        }
        self.dates(dose, age, earliest, max)
    }

    /// Table 7-7.
    fn is_contraindicated(&self) -> bool {
        if self.antigen_contraindicated {
            return true;
        }
        if self.contraindicated.is_empty() {
            return false;
        }
        let mut preferable = self.series.doses.iter().flat_map(|dose| &dose.preferable).peekable();
        preferable.peek().is_some() && preferable.all(|rule| self.contraindicated.contains(rule.vaccine))
    }

    /// FORECASTDTCAN-1.
    fn earliest(&self, dose: &SeriesDose, age: Option<&AgeRule>, offer: Offer) -> DayNumber {
        let mut earliest = self.case.birth;
        let mut later = |day: Option<DayNumber>| {
            if let Some(day) = day {
                earliest = earliest.max(day);
            }
        };
        later(age.and_then(|age| self.case.day(age.min)));
        for (reference, rule) in self.reference_days(dose) {
            later(rule.min.or(rule.absolute_min).map(|span| span.after(reference)));
        }
        later(self.conflict_end(dose));
        later(dose.season.map(|(start, _)| start));
        if let Offer::Window(from, _) = offer {
            later(Some(from));
        }
        // Doses given, inadvertent ones too.
        later(self.records.last().and_then(|number| self.shot(*number)).map(|shot| shot.day));
        earliest
    }

    /// The intervals in force and the days that they are counted from.
    fn reference_days<'s>(
        &'s self,
        dose: &'s SeriesDose,
    ) -> impl Iterator<Item = (DayNumber, &'s IntervalRule)> {
        let assessment = self.case.assessment;
        dose.intervals
            .iter()
            .filter(move |rule| rule.effective <= assessment && assessment <= rule.cessation)
            .filter_map(|rule| Some((self.reference(&rule.from, None)?, rule)))
    }

    /// CALCDTCONFLICT-3: the last day of every conflict with a preferable vaccine of the dose.
    fn conflict_end(&self, dose: &SeriesDose) -> Option<DayNumber> {
        let assessment = self.case.assessment;
        let conflicts = dose
            .preferable
            .iter()
            .filter_map(|rule| self.case.knowledge.conflicts.get(usize::from(rule.vaccine)))
            .flatten()
            .filter(|conflict| conflict.effective <= assessment && assessment <= conflict.cessation);
        let ends = conflicts.filter_map(|conflict| {
            let last = self.case.shots.iter().rev().find(|shot| conflict.previous.contains(shot.vaccine))?;
            Some(conflict.end.after(last.day))
        });
        ends.max()
    }

    /// The first day that is too late: by age, by law, by the longest interval.
    fn last_day_after(&self, dose: &SeriesDose, age: Option<&AgeRule>, offer: Offer) -> Option<DayNumber> {
        let by_age = age.and_then(|age| self.case.day(age.max));
        let by_law = match offer {
            Offer::Window(_, until) if until < FAR_FUTURE => Some(until),
            _ => None,
        };
        let by_interval =
            self.reference_days(dose).filter_map(|(reference, rule)| Some(rule.max?.after(reference))).min();
        [by_age, by_law, by_interval].into_iter().flatten().min()
    }

    /// FORECASTDT-1 to 6, FORECASTDN-1, SELECTB-3 and 12.
    fn dates(
        &self,
        dose: &SeriesDose,
        age: Option<&AgeRule>,
        earliest: DayNumber,
        max: Option<DayNumber>,
    ) -> Forecast {
        let by_interval = |span: fn(&IntervalRule) -> Option<crate::period::Period>| -> Option<DayNumber> {
            self.reference_days(dose).filter_map(|(day, rule)| Some(span(rule)?.after(day))).max()
        };
        let unadjusted_recommended = age
            .and_then(|age| self.case.day(age.earliest))
            .or_else(|| by_interval(|rule| rule.earliest))
            .unwrap_or(earliest);
        let unadjusted_past_due = age
            .and_then(|age| self.case.day(age.latest))
            .or_else(|| by_interval(|rule| rule.latest))
            .map(|day| day - 1);
        let finish = earliest + self.remaining_days();
        let last_max = self
            .series
            .doses
            .last()
            .and_then(|dose| dose.ages.iter().rev().find_map(|age| self.case.day(age.max)));
        // Where the law ends before the standard period begins, the dose is wanted as soon as it may be given.
        let last_day = max.map(|max| max - 1).filter(|_| self.case.knowledge.has_law);
        let recommended = match unadjusted_recommended.max(earliest) {
            day if last_day.is_some_and(|last| day > last) => earliest,
            day => day,
        };
        let past_due = unadjusted_past_due.map(|day| day.max(earliest));
        Forecast {
            status: SeriesStatus::NotComplete,
            reason: "recommended",
            dose: u8::try_from(self.next).unwrap_or(u8::MAX),
            number: self.dose_number(),
            earliest,
            recommended,
            past_due: past_due.map(|day| last_day.map_or(day, |last| day.min(last))),
            latest: max.map(|max| max - 1),
            priority: !dose.intervals.is_empty() && dose.intervals.iter().all(|rule| rule.priority),
            finish,
            completable: last_max.is_none_or(|max| finish < max),
        }
    }

    /// The longest minimum interval of the doses that remain after the one forecast, in days.
    fn remaining_days(&self) -> DayNumber {
        let rest = self.series.doses.iter().skip(self.next + 1).flat_map(|dose| &dose.intervals);
        let spans = rest.filter_map(|rule| rule.min).map(|span| span.after(0));
        spans.max().unwrap_or(0)
    }

    /// FORECASTDN-1.
    fn dose_number(&self) -> u8 {
        let counted = self.own_targets().iter().filter(|target| {
            let season = self.series.doses.get(usize::from(target.dose)).and_then(|dose| dose.season);
            let given = self.shot(target.shot).map(|shot| shot.day);
            target.status == TargetStatus::Satisfied
                && season.is_none_or(|(start, _)| given.is_some_and(|day| day >= start))
        });
        u8::try_from(counted.count() + 1).unwrap_or(u8::MAX)
    }

    fn note_forecast(&mut self, forecast: &Forecast) {
        let label = self.next_dose().map(|dose| dose.label.as_str());
        let assessment = self.case.assessment;
        let inadvertent =
            self.own_evals().iter().filter(|eval| eval.reasons.has(Reasons::INADVERTENT)).count();
        let (status, reason, reason_ja) = (forecast.status, forecast.reason, forecast.reason_ja());
        let (earliest, recommended) = (forecast.earliest, forecast.recommended);
        let (past_due, latest) = (forecast.past_due, forecast.latest);
        self.note("Table 7-10", || {
            let on = date(assessment);
            let inputs = Words::new(
                format!("{} on {on}; inadvertent doses {inadvertent}", label.unwrap_or("no dose left")),
                format!("{on}現在の{}、誤った接種{inadvertent}回", label.unwrap_or("残りの回なし")),
            );
            if status != SeriesStatus::NotComplete {
                let en = format!("{}: {reason}", status.en());
                return (inputs, Words::new(en, format!("{}: {reason_ja}", status.ja())));
            }
            let (earliest, recommended) = (date(earliest), date(recommended));
            let (past_due, latest) = (shown(past_due), shown(latest));
            let outcome = Words::new(
                format!(
                    "{}: earliest {earliest}, recommended {recommended}, past due {past_due}, latest {latest}",
                    status.en()
                ),
                format!(
                    "{}: 最短 {earliest}、推奨 {recommended}、標準の終わり {past_due}、最終 {latest}",
                    status.ja()
                ),
            );
            (inputs, outcome)
        });
    }
}
