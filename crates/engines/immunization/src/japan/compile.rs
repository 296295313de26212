//! From the files to the form that is computed in.

use std::{cmp::Ordering, collections::HashSet};

use calendar::Date;

use super::{
    format,
    grammar::{at_least, beyond, dated, day_after, first_day, wrong},
};
use crate::{
    Knowledge, LoadError,
    adverse::AdverseCriterion,
    builder::Builder,
    legal::{Exception, LegalWindow},
    model::{
        AgeRule, Association, Condition, Conflict, Context, Contraindication, Count, From, Indication,
        IntervalRule, MOST_DOSES, Series, SeriesDose, SeriesKind, Skip, SkipSet, VaccineContraindication,
        VaccineId, VaccineRule, VaccineSet,
    },
    period::{FAR_FUTURE, FAR_PAST, Period},
};

type Files<'a> = [(&'a str, &'a format::File)];

/// The knowledge of a day: what all files in force say.
pub(super) fn knowledge(name: &str, day: Date, files: &Files<'_>) -> Result<Knowledge, LoadError> {
    let mut builder = Builder::default();
    builder.knowledge.name = name.to_owned();
    builder.knowledge.version = day.to_string();
    builder.knowledge.has_law = true;
    names(&mut builder, files)?;
    let known: HashSet<&str> =
        files.iter().flat_map(|(_, file)| &file.source).map(|source| source.key.as_str()).collect();
    let check = |file: &str, key: &str| {
        known.contains(key).then_some(()).ok_or_else(|| LoadError::Knowledge {
            file: file.to_owned(),
            problem: format!("no file in force has the source {key:?}"),
        })
    };
    for (file, content) in files {
        for series in &content.series {
            let keys = series.dose.iter().flat_map(|d| &d.legal).map(|l| &l.source);
            keys.chain(series.exception.iter().map(|e| &e.source)).try_for_each(|key| check(file, key))?;
            Compiler { file, builder: &mut builder }.series(series)?;
        }
        for contraindication in &content.contraindication {
            check(file, &contraindication.source)?;
            Compiler { file, builder: &mut builder }.contraindication(contraindication)?;
        }
        for adverse in &content.adverse {
            check(file, &adverse.source)?;
            Compiler { file, builder: &mut builder }.adverse(adverse)?;
        }
        for conflict in &content.conflict {
            check(file, &conflict.source)?;
            conflicts(&mut builder, file, conflict)?;
        }
    }
    Ok(builder.finish())
}

/// Vaccines, groups, observations and sources come first: series name those of other files.
fn names(builder: &mut Builder, files: &Files<'_>) -> Result<(), LoadError> {
    for (file, content) in files {
        builder.knowledge.sources.extend(content.source.iter().cloned());
        for observation in &content.observation {
            let id = builder.observation(&observation.code, &observation.title)?;
            if let Some(kind) = builder.knowledge.observations.get_mut(usize::from(id)) {
                kind.looks_ahead = observation.looks_ahead;
                let pair = |coded: &String| coded.split_once('|').map(|(s, c)| (s.to_owned(), c.to_owned()));
                kind.coded.extend(observation.coded.iter().filter_map(pair));
            }
        }
        for group in &content.group {
            let id = builder.group(&group.name)?;
            let mut antigens = Vec::new();
            for antigen in &group.antigens {
                antigens.push(builder.antigen(antigen)?);
            }
            if let Some(held) = builder.knowledge.groups.get_mut(usize::from(id)) {
                held.name_ja = group.name_ja.clone();
                held.full = group.full;
                held.antigens = antigens;
            }
        }
        for vaccine in &content.vaccine {
            let id = builder.vaccine(&vaccine.code, &vaccine.name)?;
            let begin = match &vaccine.counts_from {
                Some(word) => Some(first_day(builder, file, word)?),
                None => None,
            };
            let mut antigens = Vec::new();
            for antigen in &vaccine.antigens {
                // "Zoster from 50y": not what the same product meant for a child.
                let (antigen, begin) = match antigen.split_once(" from ") {
                    Some((antigen, word)) => (antigen, Some(first_day(builder, file, word)?)),
                    None => (antigen.as_str(), begin),
                };
                antigens.push(Association { antigen: builder.antigen(antigen)?, begin, end: None });
            }
            if let Some(held) = builder.knowledge.vaccines.get_mut(usize::from(id)) {
                held.name_ja = vaccine.name_ja.clone();
                held.kind = vaccine.kind;
                held.cvx = vaccine.cvx.first().cloned();
                held.antigens = antigens;
            }
            for code in &vaccine.cvx {
                builder.knowledge.vaccine_index.insert(crate::builder::vaccine_key(code), id);
            }
            for code in &vaccine.codes {
                builder.knowledge.vaccine_index.insert(code.clone(), id);
            }
        }
    }
    Ok(())
}

/// "N日以上の間隔" between kinds of vaccines, for every pair of different vaccines of these kinds.
fn conflicts(builder: &mut Builder, file: &str, rule: &format::Conflict) -> Result<(), LoadError> {
    let end = at_least(file, &rule.gap)?;
    let count = builder.knowledge.vaccines.len();
    builder.knowledge.conflicts.resize_with(count, Vec::new);
    for current in 0..count {
        let Some(kind) = builder.knowledge.vaccines.get(current).map(|v| v.kind) else { continue };
        if !rule.current.contains(&kind) {
            continue;
        }
        let mut previous = VaccineSet::default();
        for (number, vaccine) in builder.knowledge.vaccines.iter().enumerate() {
            // Doses of one vaccine have intervals of their own.
            if number != current && rule.previous.contains(&vaccine.kind) {
                previous.insert(VaccineId::try_from(number).unwrap_or(VaccineId::MAX));
            }
        }
        if let Some(held) = builder.knowledge.conflicts.get_mut(current) {
            held.push(Conflict {
                previous,
                begin: Period::days(1),
                min_end: end,
                end,
                effective: rule.valid_from.map_or(FAR_PAST, Date::to_days),
                cessation: rule.valid_until.map_or(FAR_FUTURE, Date::to_days),
            });
        }
    }
    Ok(())
}

struct Compiler<'a> {
    file: &'a str,
    builder: &'a mut Builder,
}

impl Compiler<'_> {
    fn series(&mut self, source: &format::Series) -> Result<(), LoadError> {
        for antigen in &source.antigens {
            let id = self.builder.antigen(antigen)?;
            let mut indications = Vec::new();
            for code in &source.indications {
                let observation = self.observation(code)?;
                indications.push(Indication { observation, begin: None, end: None, guidance: String::new() });
            }
            let start_until = match &source.start_until {
                Some(word) => Some(day_after(self.builder, self.file, word)?),
                None => None,
            };
            let several = source.antigens.len() > 1;
            let mut series = Series {
                name: if several { format!("{}({antigen})", source.name) } else { source.name.clone() },
                group: self.builder.group(&source.group)?,
                kind: match source.kind {
                    Some(format::Kind::Risk) => SeriesKind::Risk,
                    Some(format::Kind::EvaluationOnly) => SeriesKind::EvaluationOnly,
                    _ => SeriesKind::Standard,
                },
                guidance: source.guidance.clone(),
                equivalent: source.equivalent.clone(),
                genders: genders(source.sex),
                is_default: source.default,
                product_path: source.product_path,
                series_group: source.series_group.unwrap_or(1),
                priority: b'A',
                preference: source.preference.unwrap_or(1),
                max_age_to_start: start_until,
                indications,
                born_from: source.born_from.map_or(FAR_PAST, Date::to_days),
                born_until: source.born_until.map_or(FAR_FUTURE, Date::to_days),
                doses: Vec::new(),
                uses_completed_series: false,
            };
            if source.dose.len() > MOST_DOSES {
                return Err(LoadError::TooMany { what: "doses of a series", most: MOST_DOSES });
            }
            for dose in &source.dose {
                series.doses.push(self.dose(source, dose)?);
            }
            if let Some(held) = self.builder.knowledge.antigens.get_mut(usize::from(id)) {
                held.series.push(series);
            }
        }
        Ok(())
    }

    fn dose(&mut self, series: &format::Series, source: &format::Dose) -> Result<SeriesDose, LoadError> {
        let mut dose = SeriesDose {
            label: source.label.clone(),
            recurring: source.recurring,
            season: source.season.map(|[start, end]| (start.to_days(), end.to_days())),
            ..SeriesDose::default()
        };
        let (file, builder) = (self.file, &mut *self.builder);
        let mut first = |word: &Option<String>| match word {
            Some(word) => first_day(builder, file, word).map(Some),
            None => Ok(None),
        };
        let min = first(&source.min)?;
        let standard = source.standard.as_ref();
        let earliest = first(&standard.map(|[from, _]| from.clone()))?;
        let latest = match standard {
            Some([_, until]) => Some(day_after(self.builder, self.file, until)?),
            None => None,
        };
        let max = match &source.max {
            Some(word) => Some(day_after(self.builder, self.file, word)?),
            None => None,
        };
        dose.ages.push(AgeRule {
            // There is no grace period.
            absolute_min: min,
            min,
            earliest,
            latest,
            max,
            effective: FAR_PAST,
            cessation: FAR_FUTURE,
        });
        for interval in &source.interval {
            dose.intervals.push(self.interval(interval)?);
        }
        for word in &source.vaccines {
            let (code, effective, cessation) = dated(self.file, word)?;
            let vaccine = self.vaccine(&code)?;
            dose.preferable.push(VaccineRule {
                vaccine,
                begin: None,
                end: None,
                manufacturer: None,
                volume: None,
                forecast: true,
                effective,
                cessation,
            });
            dose.preferable_set.insert(vaccine);
        }
        for skip in &source.skip {
            dose.skips.push(self.skip(skip)?);
        }
        for legal in &source.legal {
            dose.legal.push(self.legal(series, legal)?);
        }
        Ok(dose)
    }

    fn interval(&mut self, source: &format::Interval) -> Result<IntervalRule, LoadError> {
        let from = match source.from.split_once(' ') {
            None if source.from == "previous" => From::Previous,
            Some(("dose", number)) => {
                From::Target(number.parse().map_err(|_| wrong(self.file, &source.from))?)
            }
            Some(("observation", code)) => From::Observation(vec![self.observation(code)?]),
            _ => return Err(wrong(self.file, &source.from)),
        };
        let shortest = |word: &Option<String>| match word {
            Some(word) => at_least(self.file, word).map(Some),
            None => Ok(None),
        };
        let longest = |word: Option<&String>| match word {
            Some(word) => beyond(self.file, word).map(Some),
            None => Ok(None),
        };
        let min = shortest(&source.min)?;
        Ok(IntervalRule {
            from,
            absolute_min: min,
            min,
            earliest: shortest(&source.standard.as_ref().map(|[from, _]| from.clone()))?,
            latest: longest(source.standard.as_ref().map(|[_, until]| until))?,
            max: longest(source.max.as_ref())?,
            priority: false,
            effective: FAR_PAST,
            cessation: FAR_FUTURE,
        })
    }

    fn skip(&mut self, source: &format::Skip) -> Result<Skip, LoadError> {
        let begin = match &source.from {
            Some(word) => Some(first_day(self.builder, self.file, word)?),
            None => None,
        };
        let end = match &source.until {
            Some(word) => Some(day_after(self.builder, self.file, word)?),
            None => None,
        };
        let count = |than, number, only_valid, begin, end| {
            Condition::Count(Box::new(Count {
                vaccines: None,
                begin,
                end,
                from: FAR_PAST,
                until: FAR_FUTURE,
                only_valid,
                than,
                number,
            }))
        };
        let mut conditions = Vec::new();
        match source.doses {
            Some(doses) => {
                conditions.push(count(Ordering::Greater, doses.saturating_sub(1), true, begin, end));
            }
            None => conditions.push(Condition::Age { begin, end }),
        }
        if source.no_doses == Some(true) {
            conditions.push(count(Ordering::Equal, 0, true, None, None));
        }
        let set = SkipSet {
            description: String::new(),
            effective: FAR_PAST,
            cessation: FAR_FUTURE,
            all_conditions: true,
            conditions,
        };
        let context = match source.when {
            format::When::Evaluation => Context::Evaluation,
            format::When::Forecast => Context::Forecast,
            format::When::Both => Context::Both,
        };
        Ok(Skip { context, all_sets: false, sets: vec![set] })
    }

    fn legal(&mut self, series: &format::Series, source: &format::Legal) -> Result<LegalWindow, LoadError> {
        let mut vaccines = VaccineSet::default();
        for code in &source.vaccines {
            vaccines.insert(self.vaccine(code)?);
        }
        let exception = match &series.exception {
            Some(exception) => Some(Exception {
                observation: self.observation(&exception.observation)?,
                // 起算して2年を経過する日: the first day counts.
                span: Period::months(exception.years.clamp(0, 100) * 12),
                cap: match &exception.cap {
                    Some(word) => Some(day_after(self.builder, self.file, word)?),
                    None => None,
                },
                article: exception.article.clone(),
            }),
            None => None,
        };
        Ok(LegalWindow {
            class: source.class,
            special: source.special,
            from: Some(first_day(self.builder, self.file, &source.from)?),
            until: Some(day_after(self.builder, self.file, &source.until)?),
            article: source.article.clone(),
            source: source.source.clone(),
            genders: genders(source.sex.or(series.sex)),
            born_from: source.born_from.map_or(FAR_PAST, Date::to_days),
            born_until: source.born_until.map_or(FAR_FUTURE, Date::to_days),
            effective: source.valid_from.map_or(FAR_PAST, Date::to_days),
            cessation: source.valid_until.map_or(FAR_FUTURE, Date::to_days),
            vaccines: (!vaccines.is_empty()).then(|| Box::new(vaccines)),
            exception,
        })
    }

    fn contraindication(&mut self, source: &format::Contraindication) -> Result<(), LoadError> {
        let observation = self.observation(&source.observation)?;
        for antigen in &source.antigens {
            let base = Contraindication { observation, begin: None, end: None, text: source.text.clone() };
            let id = self.builder.antigen(antigen)?;
            let mut vaccines = Vec::new();
            for code in &source.vaccines {
                vaccines.push((self.vaccine(code)?, None, None));
            }
            if let Some(held) = self.builder.knowledge.antigens.get_mut(usize::from(id)) {
                if vaccines.is_empty() {
                    held.contraindications.push(base);
                } else {
                    held.vaccine_contraindications.push(VaccineContraindication { base, vaccines });
                }
            }
        }
        Ok(())
    }

    fn adverse(&mut self, source: &format::Adverse) -> Result<(), LoadError> {
        let mut vaccines = VaccineSet::default();
        for code in &source.vaccines {
            vaccines.insert(self.vaccine(code)?);
        }
        self.builder.knowledge.adverse.push(AdverseCriterion {
            vaccines,
            symptom: source.symptom.clone(),
            symptom_ja: source.symptom_ja.clone(),
            minutes: source.minutes.or(source.hours.map(|hours| hours.saturating_mul(60))),
            article: source.article.clone(),
            source: source.source.clone(),
        });
        Ok(())
    }

    /// A vaccine that some file in force defines.
    fn vaccine(&self, code: &str) -> Result<VaccineId, LoadError> {
        self.builder.knowledge.vaccine(code).ok_or_else(|| self.unknown("vaccine", code))
    }

    fn observation(&self, code: &str) -> Result<u16, LoadError> {
        self.builder.knowledge.observation(code).ok_or_else(|| self.unknown("observation", code))
    }

    fn unknown(&self, what: &str, code: &str) -> LoadError {
        LoadError::Knowledge {
            file: self.file.to_owned(),
            problem: format!("no file in force defines the {what} {code:?}"),
        }
    }
}

fn genders(sex: Option<format::Sex>) -> u8 {
    match sex {
        Some(format::Sex::Female) => 1,
        Some(format::Sex::Male) => 2,
        None => 7,
    }
}
