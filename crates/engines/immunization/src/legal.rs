//! The second verdict: whether a dose is part of the programme by law (定期接種), by which article.
//!
//! A dose may be medically fine and yet lie outside: it is then a private one (任意接種), and another relief scheme
//! applies to it.

use serde::{Deserialize, Serialize};

use crate::{
    model::{AnchorId, SeriesDose, VaccineSet},
    period::{DayNumber, Period, date},
    person::Gender,
    run::{Case, Shot},
};

/// The legal class of a vaccination (予防接種法).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LegalClass {
    /// 定期接種 A類疾病: for the protection of all; recommended, with a duty to try.
    #[serde(rename = "A")]
    RoutineA,
    /// 定期接種 B類疾病: for one's own protection.
    #[serde(rename = "B")]
    RoutineB,
    /// 臨時接種
    #[serde(rename = "temporary")]
    Temporary,
    /// 任意接種
    #[serde(rename = "voluntary")]
    Voluntary,
}

impl LegalClass {
    /// In Japanese.
    pub fn ja(self) -> &'static str {
        match self {
            Self::RoutineA => "定期接種(A類)",
            Self::RoutineB => "定期接種(B類)",
            Self::Temporary => "臨時接種",
            Self::Voluntary => "任意接種",
        }
    }

    /// In English.
    pub fn en(self) -> &'static str {
        match self {
            Self::RoutineA => "routine (class A)",
            Self::RoutineB => "routine (class B)",
            Self::Temporary => "temporary",
            Self::Voluntary => "voluntary",
        }
    }
}

/// What the law says of a dose that was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LegalVerdict {
    /// The class: [`LegalClass::Voluntary`] when the dose lies outside every programme.
    pub class: LegalClass,
    /// True under a special measure (特例).
    pub special: bool,
    /// The article and section that it rests on, or that it misses.
    pub article: String,
    /// Key of the source in which the values were read.
    pub source: String,
    /// Why, in English.
    pub reason: String,
    /// Why, in Japanese.
    pub reason_ja: String,
}

/// The days between which the law offers a dose.
#[derive(Debug, Clone)]
pub(crate) struct LegalWindow {
    pub class: LegalClass,
    pub special: bool,
    pub from: Option<AnchorId>,
    /// The first day that is too late.
    pub until: Option<AnchorId>,
    pub article: String,
    pub source: String,
    pub genders: u8,
    pub born_from: DayNumber,
    pub born_until: DayNumber,
    pub effective: DayNumber,
    pub cessation: DayNumber,
    pub vaccines: Option<Box<VaccineSet>>,
    pub exception: Option<Exception>,
}

/// The window opens again after a long illness (長期療養の特例).
#[derive(Debug, Clone)]
pub(crate) struct Exception {
    /// The observation whose end opens it.
    pub observation: u16,
    pub span: Period,
    /// The first day that is too late whatever the illness.
    pub cap: Option<AnchorId>,
    pub article: String,
}

/// What the law offers for a dose from a day on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Offer {
    /// The dose is not regulated.
    Unregulated,
    /// No window is open any more, or none is for this person.
    Over,
    /// From a day until the first day that is too late.
    Window(DayNumber, DayNumber),
}

impl Case<'_> {
    /// The window of a dose that is open on a day, or opens next.
    pub(crate) fn offer(&self, dose: &SeriesDose, on: DayNumber) -> Offer {
        if dose.legal.is_empty() {
            return Offer::Unregulated;
        }
        let open = dose.legal.iter().filter(|window| self.concerns(window)).filter_map(|window| {
            let (from, until, _) = self.span(window);
            (until > on).then_some((from, until))
        });
        open.min().map_or(Offer::Over, |(from, until)| Offer::Window(from, until))
    }

    /// The verdict on a shot that was valid for a dose of a series.
    pub(crate) fn verdict(&self, dose: &SeriesDose, shot: Shot) -> LegalVerdict {
        let mut missed: Option<LegalVerdict> = None;
        let in_use = dose.preferable.iter().any(|rule| {
            rule.vaccine == shot.vaccine && rule.effective <= shot.day && shot.day <= rule.cessation
        });
        for window in &dose.legal {
            let outside = |reason: String, reason_ja: String| LegalVerdict {
                class: LegalClass::Voluntary,
                special: false,
                article: window.article.clone(),
                source: window.source.clone(),
                reason,
                reason_ja,
            };
            if !self.concerns(window) {
                let verdict = outside(
                    "the person does not belong to those whom the law names".to_owned(),
                    "法令の対象者(性別・生年月日)に当たらない".to_owned(),
                );
                missed.get_or_insert(verdict);
                continue;
            }
            let (from, until, extended) = self.span(window);
            if shot.day < from {
                missed = Some(outside(
                    format!("before {}", date(from)),
                    format!("対象期間の初日({})より前", date(from).to_wareki()),
                ));
            } else if shot.day >= until {
                let last = date(until - 1);
                missed = Some(outside(
                    format!("after {last}"),
                    format!("対象期間の末日({})より後", last.to_wareki()),
                ));
            } else if window.vaccines.as_ref().is_some_and(|set| !set.contains(shot.vaccine)) || !in_use {
                missed = Some(outside(
                    "the product is not one of the programme's".to_owned(),
                    "定期接種に用いる製品でない".to_owned(),
                ));
            } else {
                let base = self.plain_until(window);
                let by_exception = shot.day >= base;
                let article = match (&window.exception, by_exception) {
                    (Some(exception), true) => exception.article.clone(),
                    _ => window.article.clone(),
                };
                return LegalVerdict {
                    class: window.class,
                    special: window.special || (by_exception && extended),
                    article,
                    source: window.source.clone(),
                    reason: format!("between {} and {}", date(from), date(until - 1)),
                    reason_ja: format!(
                        "対象期間({}から{}まで)の内",
                        date(from).to_wareki(),
                        date(until - 1).to_wareki()
                    ),
                };
            }
        }
        missed.unwrap_or_else(|| LegalVerdict {
            class: LegalClass::Voluntary,
            special: false,
            article: String::new(),
            source: String::new(),
            reason: "no programme offers this dose".to_owned(),
            reason_ja: "定期接種に定めのない回".to_owned(),
        })
    }

    fn concerns(&self, window: &LegalWindow) -> bool {
        let gender = match self.person.gender {
            Gender::Female => 1,
            Gender::Male => 2,
            Gender::Unknown => 4,
        };
        window.genders & gender != 0 && (window.born_from..=window.born_until).contains(&self.birth)
    }

    fn plain_until(&self, window: &LegalWindow) -> DayNumber {
        let by_person = self.day(window.until).unwrap_or(crate::period::FAR_FUTURE);
        by_person.min(window.cessation.saturating_add(1))
    }

    /// First day, first day too late, and whether a long illness moved the latter.
    fn span(&self, window: &LegalWindow) -> (DayNumber, DayNumber, bool) {
        let from = self.day(window.from).unwrap_or(crate::period::FAR_PAST).max(window.effective);
        let until = self.plain_until(window);
        let reopened = window.exception.as_ref().and_then(|exception| {
            let observed = self.observed.get(usize::from(exception.observation))?;
            // The reason must have stood while the window was open.
            observed.date.filter(|begun| *begun < until)?;
            let ended = observed.ended.filter(|ended| *ended >= from)?;
            let late = exception.span.after(ended);
            Some(self.day(exception.cap).map_or(late, |cap| late.min(cap)))
        });
        match reopened {
            Some(late) if late > until => (from, late, true),
            _ => (from, until, false),
        }
    }
}
