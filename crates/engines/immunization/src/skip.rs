//! 6.2, 7.1, 7.6: whether a target dose need not be met.

use crate::{
    model::{Condition, Context, Count, SeriesDose, SkipSet},
    period::{DayNumber, FAR_FUTURE, FAR_PAST},
    run::Run,
    status::EvaluationStatus,
    trace::{Words, shown},
};

impl Run<'_> {
    /// Whether a dose of the series can be skipped on a day (tables 6-6 to 6-11); `before` is the shot that is
    /// being judged, none in a forecast.
    pub(crate) fn can_skip(
        &self,
        dose: &SeriesDose,
        evaluating: bool,
        on: DayNumber,
        before: Option<u16>,
    ) -> bool {
        let wanted = if evaluating { Context::Evaluation } else { Context::Forecast };
        let effective_on = if evaluating { on } else { self.case.assessment };
        dose.skips.iter().filter(|skip| skip.context == Context::Both || skip.context == wanted).any(|skip| {
            let mut sets = skip
                .sets
                .iter()
                .filter(|set| set.effective <= effective_on && effective_on <= set.cessation)
                .peekable();
            if sets.peek().is_none() {
                false
            } else if skip.all_sets {
                sets.all(|set| self.set_met(set, on, before))
            } else {
                sets.any(|set| self.set_met(set, on, before))
            }
        })
    }

    /// The conditions that were met, for the trace; where the schedule puts them in words of its own, those besides.
    pub(crate) fn skip_reason(&self, dose: &SeriesDose, on: DayNumber, before: Option<u16>) -> Words {
        let sets = dose.skips.iter().flat_map(|skip| &skip.sets);
        let (mut en, mut ja) = (Vec::new(), Vec::new());
        for set in sets.filter(|set| self.set_met(set, on, before)) {
            let met = set.conditions.iter().filter(|condition| self.condition_met(condition, on, before));
            for words in met.map(|condition| self.condition_words(condition, before)) {
                en.push(words.en);
                ja.push(words.ja);
            }
            if !set.description.is_empty() {
                en.push(set.description.clone());
                ja.push(format!("(原文) “{}”", set.description));
            }
        }
        Words::new(en.join("; "), ja.join("、"))
    }

    fn condition_words(&self, condition: &Condition, before: Option<u16>) -> Words {
        let between = |begin, end: Option<_>| {
            let last = end.map(|end: DayNumber| end - 1);
            match (begin, last) {
                (None, None) => Words::new("at any time", "全期間"),
                (begin, None) => {
                    Words::new(format!("from {}", shown(begin)), format!("{}以降", shown(begin)))
                }
                (None, last) => Words::new(format!("until {}", shown(last)), format!("{}まで", shown(last))),
                (begin, last) => {
                    let (begin, last) = (shown(begin), shown(last));
                    Words::new(format!("from {begin} to {last}"), format!("{begin}から{last}まで"))
                }
            }
        };
        match condition {
            Condition::Age { begin, end } => {
                let days = between(self.case.day(*begin), self.case.day(*end));
                Words::new(format!("the age: {}", days.en), format!("年齢: {}", days.ja))
            }
            Condition::Completed { .. } => {
                Words::new("another series is complete", "別のスケジュールを終えている")
            }
            Condition::Interval(_) => {
                Words::new("long enough after the dose before", "前の接種から十分に間がある")
            }
            Condition::Count(count) => {
                let from = (count.from > FAR_PAST).then_some(count.from);
                let until = (count.until < FAR_FUTURE).then_some(count.until);
                let begin = self.case.day(count.begin).max(from);
                let end = [self.case.day(count.end), until].into_iter().flatten().min();
                let days = between(begin, end);
                let found = self.count(count, before);
                let (en, ja) =
                    if count.only_valid { ("valid doses", "有効な接種") } else { ("doses", "接種") };
                Words::new(format!("{en} {}: {found}", days.en), format!("{ja}({}): {found}回", days.ja))
            }
        }
    }

    fn set_met(&self, set: &SkipSet, on: DayNumber, before: Option<u16>) -> bool {
        if set.all_conditions {
            set.conditions.iter().all(|condition| self.condition_met(condition, on, before))
        } else {
            set.conditions.iter().any(|condition| self.condition_met(condition, on, before))
        }
    }

    fn condition_met(&self, condition: &Condition, on: DayNumber, before: Option<u16>) -> bool {
        match condition {
            Condition::Age { begin, end } => self.case.within(on, *begin, *end),
            Condition::Completed { groups } => {
                groups.iter().any(|group| *group < 64 && self.completed >> group & 1 == 1)
            }
            Condition::Interval(span) => {
                let earlier =
                    self.records.iter().rev().find(|number| before.is_none_or(|before| **number < before));
                let previous = earlier.and_then(|number| self.shot(*number));
                previous.is_some_and(|shot| on >= span.after(shot.day))
            }
            Condition::Count(count) => self.count(count, before).cmp(&count.number) == count.than,
        }
    }

    /// CONDSKIP-1: the number of doses of some vaccines, between ages and dates.
    fn count(&self, count: &Count, before: Option<u16>) -> u32 {
        let mut found = 0;
        for number in self.records.iter().take_while(|number| before.is_none_or(|before| **number < before)) {
            let Some(shot) = self.shot(*number) else { continue };
            let of_type = count.vaccines.as_ref().is_none_or(|set| set.contains(shot.vaccine));
            let in_time = count.from <= shot.day && shot.day < count.until;
            if of_type && in_time && self.case.within(shot.day, count.begin, count.end) {
                let valid = || {
                    let this = self.own_evals().iter().find(|eval| eval.shot == *number);
                    this.is_some_and(|eval| eval.status == EvaluationStatus::Valid)
                };
                if !count.only_valid || valid() {
                    found += 1;
                }
            }
        }
        found
    }
}
