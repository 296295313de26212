//! The doses of a series: ages, intervals, vaccines, skips.

use std::cmp::Ordering;

use super::{Loader, folded, is_yes, numbers};
use crate::{
    LoadError,
    model::{
        AgeRule, Condition, Context, Count, From, IntervalRule, SeriesDose, Skip, SkipSet, VaccineRule,
        VaccineSet,
    },
    period::{FAR_FUTURE, FAR_PAST},
    xml::Element,
};

impl Loader<'_> {
    pub(super) fn dose(&mut self, element: &Element) -> Result<SeriesDose, LoadError> {
        let mut dose = SeriesDose {
            label: element.value("doseNumber").to_owned(),
            recurring: is_yes(element.value("recurringDose")),
            ..SeriesDose::default()
        };
        for age in element.all("age") {
            dose.ages.push(AgeRule {
                absolute_min: self.age(age, "absMinAge")?,
                min: self.age(age, "minAge")?,
                earliest: self.age(age, "earliestRecAge")?,
                latest: self.age(age, "latestRecAge")?,
                max: self.age(age, "maxAge")?,
                effective: self.day(age, "effectiveDate")?.unwrap_or(FAR_PAST),
                cessation: self.day(age, "cessationDate")?.unwrap_or(FAR_FUTURE),
            });
        }
        for interval in element.all("interval") {
            dose.intervals.extend(self.interval(interval)?);
        }
        for interval in element.all("allowableInterval") {
            dose.allowable_intervals.extend(self.interval(interval)?);
        }
        for vaccine in element.all("preferableVaccine") {
            dose.preferable.extend(self.vaccine_rule(vaccine)?);
        }
        for rule in &dose.preferable {
            dose.preferable_set.insert(rule.vaccine);
        }
        for vaccine in element.all("allowableVaccine") {
            dose.allowable.extend(self.vaccine_rule(vaccine)?);
        }
        for rule in &dose.allowable {
            dose.allowable_set.insert(rule.vaccine);
        }
        for vaccine in element.all("inadvertentVaccine").filter(|v| !v.value("cvx").is_empty()) {
            dose.inadvertent
                .insert(self.builder.vaccine(vaccine.value("cvx"), vaccine.value("vaccineType"))?);
        }
        for skip in element.all("conditionalSkip") {
            dose.skips.extend(self.skip(skip)?);
        }
        if let Some(season) = element.first("seasonalRecommendation") {
            let start = self.day(season, "startDate")?;
            let end = self.day(season, "endDate")?;
            if start.is_some() || end.is_some() {
                dose.season = Some((start.unwrap_or(FAR_PAST), end.unwrap_or(FAR_FUTURE)));
            }
        }
        Ok(dose)
    }

    fn interval(&mut self, element: &Element) -> Result<Option<IntervalRule>, LoadError> {
        let from = if is_yes(element.value("fromPrevious")) {
            From::Previous
        } else if let Some(target) = numbers(element.value("fromTargetDose")).first() {
            From::Target(*target)
        } else if !element.value("fromMostRecent").is_empty() {
            From::MostRecent(Box::new(self.vaccines(element.value("fromMostRecent"))?))
        } else if element.first("fromRelevantObs").is_some() {
            let mut observations = Vec::new();
            for observation in element.all("fromRelevantObs") {
                let (text, code) = match observation.first("code") {
                    Some(code) => (observation.value("text"), code.text()),
                    None => ("", observation.text()),
                };
                observations.push(self.builder.observation(code, text)?);
            }
            From::Observation(observations)
        } else {
            return Ok(None);
        };
        Ok(Some(IntervalRule {
            from,
            absolute_min: self.period(element, "absMinInt")?,
            min: self.period(element, "minInt")?,
            earliest: self.period(element, "earliestRecInt")?,
            latest: self.period(element, "latestRecInt")?,
            max: None,
            priority: matches!(folded(element.value("intervalPriority")).as_str(), "override" | "y" | "yes"),
            effective: self.day(element, "effectiveDate")?.unwrap_or(FAR_PAST),
            cessation: self.day(element, "cessationDate")?.unwrap_or(FAR_FUTURE),
        }))
    }

    fn vaccine_rule(&mut self, element: &Element) -> Result<Option<VaccineRule>, LoadError> {
        if element.value("cvx").is_empty() {
            return Ok(None);
        }
        let manufacturer = Some(element.value("mvx").to_ascii_uppercase()).filter(|mvx| !mvx.is_empty());
        // Millilitres are held in hundredths.
        let volume = element.value("volume").parse::<f32>().ok().map(|ml| (ml * 100.0).round() as u32);
        Ok(Some(VaccineRule {
            vaccine: self.builder.vaccine(element.value("cvx"), element.value("vaccineType"))?,
            begin: self.age(element, "beginAge")?,
            end: self.age(element, "endAge")?,
            manufacturer,
            volume,
            forecast: is_yes(element.value("forecastVaccineType")),
            effective: FAR_PAST,
            cessation: FAR_FUTURE,
        }))
    }

    fn skip(&mut self, element: &Element) -> Result<Option<Skip>, LoadError> {
        let context = match folded(element.value("context")).as_str() {
            "evaluation" => Context::Evaluation,
            "forecast" => Context::Forecast,
            "both" | "" => Context::Both,
            _ => return Err(self.wrong(element, "context", "Evaluation, Forecast or Both")),
        };
        let mut sets = Vec::new();
        for set in element.all("set") {
            let mut conditions = Vec::new();
            for condition in set.all("condition") {
                conditions.push(self.condition(condition)?);
            }
            sets.push(SkipSet {
                description: set.value("setDescription").to_owned(),
                effective: self.day(set, "effectiveDate")?.unwrap_or(FAR_PAST),
                cessation: self.day(set, "cessationDate")?.unwrap_or(FAR_FUTURE),
                all_conditions: folded(set.value("conditionLogic")) != "or",
                conditions,
            });
        }
        let all_sets = folded(element.value("setLogic")) == "and";
        Ok((!sets.is_empty()).then_some(Skip { context, all_sets, sets }))
    }

    fn condition(&mut self, element: &Element) -> Result<Condition, LoadError> {
        let kind = folded(element.value("conditionType"));
        match kind.as_str() {
            "age" => Ok(Condition::Age {
                begin: self.age(element, "beginAge")?,
                end: self.age(element, "endAge")?,
            }),
            "completed series" => Ok(Condition::Completed { groups: numbers(element.value("seriesGroups")) }),
            "interval" => match self.period(element, "interval")? {
                Some(period) => Ok(Condition::Interval(period)),
                None => Err(self.wrong(element, "interval", "a span such as \"6 months - 4 days\"")),
            },
            _ if kind.starts_with("vaccine count") => self.count(element),
            _ => Err(self.wrong(
                element,
                "conditionType",
                "Age, Completed Series, Interval, or Vaccine Count by Age and/or Date",
            )),
        }
    }

    fn count(&mut self, element: &Element) -> Result<Condition, LoadError> {
        let vaccines = element.value("vaccineTypes");
        let number = element.value("doseCount");
        let than = match folded(element.value("doseCountLogic")).as_str() {
            "greater than" => Ordering::Greater,
            "equal to" | "equal" | "equals" => Ordering::Equal,
            "less than" => Ordering::Less,
            _ => return Err(self.wrong(element, "doseCountLogic", "greater than, equal to or less than")),
        };
        Ok(Condition::Count(Box::new(Count {
            vaccines: if vaccines.is_empty() { None } else { Some(self.vaccines(vaccines)?) },
            begin: self.age(element, "beginAge")?,
            end: self.age(element, "endAge")?,
            from: self.day(element, "startDate")?.unwrap_or(FAR_PAST),
            until: self.day(element, "endDate")?.unwrap_or(FAR_FUTURE),
            only_valid: folded(element.value("doseType")) == "valid",
            than,
            number: number.parse().map_err(|_| self.wrong(element, "doseCount", "a number"))?,
        })))
    }

    /// A list of CVX codes between semicolons or commas.
    fn vaccines(&mut self, list: &str) -> Result<VaccineSet, LoadError> {
        let mut set = VaccineSet::default();
        for code in list.split([';', ',']).map(str::trim).filter(|code| !code.is_empty()) {
            set.insert(self.builder.vaccine(code, "")?);
        }
        Ok(set)
    }
}
