//! The official supporting data of CDSi (Clinical Decision Support for Immunization), read unchanged.

use std::{cmp::Ordering, fs, path::Path};

use crate::{
    LoadError,
    builder::Builder,
    model::{
        AgeRule, Anchor, AnchorId, AntigenId, Association, Condition, Conflict, Context, Contraindication, Count,
        From, ImmuneBirth, Indication, IntervalRule, Knowledge, MOST_DOSES, Series, SeriesDose, SeriesKind, Skip,
        SkipSet, VaccineContraindication, VaccineRule, VaccineSet,
    },
    period::{DayNumber, FAR_FUTURE, FAR_PAST, Period, day_number},
    xml::{self, Element},
};

/// Reads a folder of supporting data: `ScheduleSupportingData.xml` and the antigens' files.
///
/// # Errors
/// When a file cannot be read, is not well formed, or holds a value that the specification does not know.
pub fn load_folder(folder: &Path, version: &str) -> Result<Knowledge, LoadError> {
    let shown = folder.display().to_string();
    let entries = fs::read_dir(folder)
        .map_err(|error| LoadError::File { file: shown.clone(), problem: error.to_string() })?;
    let mut paths: Vec<_> = entries.filter_map(|entry| entry.ok().map(|e| e.path())).collect();
    paths.sort();
    let mut schedule = None;
    let mut antigens = Vec::new();
    for path in paths {
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let kind = name.to_ascii_lowercase();
        if !kind.ends_with(".xml") {
            continue;
        }
        let is_schedule = kind.contains("schedulesupportingdata");
        if !is_schedule && !kind.contains("antigensupportingdata") {
            continue;
        }
        let bytes = fs::read(&path)
            .map_err(|error| LoadError::File { file: path.display().to_string(), problem: error.to_string() })?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if is_schedule {
            schedule = Some((name, text));
        } else {
            antigens.push((name, text));
        }
    }
    let schedule = schedule
        .ok_or(LoadError::Missing { folder: shown.clone(), expected: "ScheduleSupportingData*.xml" })?;
    if antigens.is_empty() {
        return Err(LoadError::Missing { folder: shown, expected: "AntigenSupportingData*.xml" });
    }
    load(version, &schedule, &antigens)
}

/// Reads supporting data from texts: (file name, content) of the schedule file and of each antigen file.
///
/// # Errors
/// As [`load_folder`].
pub fn load(
    version: &str,
    schedule: &(String, String),
    antigens: &[(String, String)],
) -> Result<Knowledge, LoadError> {
    let mut builder = Builder::default();
    builder.knowledge.name = "cdsi".to_owned();
    builder.knowledge.version = version.to_owned();
    let root = xml::read(&schedule.0, &schedule.1)?;
    Loader { file: &schedule.0, builder: &mut builder }.schedule(&root)?;
    for (file, text) in antigens {
        let root = xml::read(file, text)?;
        Loader { file, builder: &mut builder }.antigen(&root)?;
    }
    Ok(builder.finish())
}

struct Loader<'a> {
    file: &'a str,
    builder: &'a mut Builder,
}

impl Loader<'_> {
    fn schedule(&mut self, root: &Element) -> Result<(), LoadError> {
        for list in root.all("vaccineGroups") {
            for group in list.all("vaccineGroup") {
                let id = self.builder.group(group.value("name"))?;
                if let Some(held) = self.builder.knowledge.groups.get_mut(usize::from(id)) {
                    held.full = is_yes(group.value("administerFullVaccineGroup"));
                }
            }
        }
        for list in root.all("vaccineGroupToAntigenMap") {
            for map in list.all("vaccineGroupMap") {
                let id = self.builder.group(map.value("name"))?;
                for antigen in map.all("antigen") {
                    let antigen = self.builder.antigen(antigen.text())?;
                    if let Some(held) = self.builder.knowledge.groups.get_mut(usize::from(id)) {
                        held.antigens.push(antigen);
                    }
                }
            }
        }
        for list in root.all("cvxToAntigenMap") {
            for map in list.all("cvxMap") {
                self.associations(map)?;
            }
        }
        for list in root.all("observations") {
            for observation in list.all("observation") {
                self.observation(observation)?;
            }
        }
        self.builder.knowledge.conflicts.clear();
        for list in root.all("liveVirusConflicts") {
            for conflict in list.all("liveVirusConflict") {
                self.conflict(conflict)?;
            }
        }
        Ok(())
    }

    fn associations(&mut self, map: &Element) -> Result<(), LoadError> {
        let vaccine = self.builder.vaccine(map.value("cvx"), map.value("shortDescription"))?;
        for association in map.all("association") {
            let antigen = self.builder.antigen(association.value("antigen"))?;
            let begin = self.age(association, "associationBeginAge")?;
            let end = self.age(association, "associationEndAge")?;
            if let Some(held) = self.builder.knowledge.vaccines.get_mut(usize::from(vaccine)) {
                held.antigens.push(Association { antigen, begin, end });
            }
        }
        Ok(())
    }

    fn observation(&mut self, element: &Element) -> Result<(), LoadError> {
        let id =
            self.builder.observation(element.value("observationCode"), element.value("observationTitle"))?;
        for values in element.all("codedValues") {
            for coded in values.all("codedValue") {
                let pair = (coded.value("codeSystem").to_owned(), coded.value("code").to_owned());
                if let Some(kind) = self.builder.knowledge.observations.get_mut(usize::from(id)) {
                    kind.coded.push(pair);
                }
            }
        }
        Ok(())
    }

    fn conflict(&mut self, element: &Element) -> Result<(), LoadError> {
        let vaccine = |builder: &mut Builder, name: &str| match element.first(name) {
            Some(part) => builder.vaccine(part.value("cvx"), part.value("vaccineType")).map(Some),
            None => Ok(None),
        };
        let (Some(previous), Some(current)) =
            (vaccine(self.builder, "previous")?, vaccine(self.builder, "current")?)
        else {
            return Ok(());
        };
        let begin = self.period(element, "conflictBeginInterval")?.unwrap_or(Period::days(1));
        let end = self.period(element, "conflictEndInterval")?.unwrap_or(Period::days(28));
        let min_end = self.period(element, "minConflictEndInterval")?.unwrap_or(end);
        let conflicts = &mut self.builder.knowledge.conflicts;
        if conflicts.len() <= usize::from(current) {
            conflicts.resize_with(usize::from(current) + 1, Vec::new);
        }
        let Some(held) = conflicts.get_mut(usize::from(current)) else { return Ok(()) };
        let same = |c: &&mut Conflict| (c.begin, c.min_end, c.end) == (begin, min_end, end);
        match held.iter_mut().find(same) {
            Some(conflict) => conflict.previous.insert(previous),
            None => {
                let mut set = VaccineSet::default();
                set.insert(previous);
                held.push(Conflict {
                    previous: set,
                    begin,
                    min_end,
                    end,
                    effective: FAR_PAST,
                    cessation: FAR_FUTURE,
                });
            }
        }
        Ok(())
    }

    fn antigen(&mut self, root: &Element) -> Result<(), LoadError> {
        // The files name their antigen only in the series (targetDisease).
        let name = root.all("series").map(|series| series.value("targetDisease")).find(|name| !name.is_empty());
        let Some(name) = name else {
            return Err(LoadError::Missing { folder: self.file.to_owned(), expected: "series with a targetDisease" });
        };
        let id = self.builder.antigen(name)?;
        for immunity in root.all("immunity") {
            self.immunity(id, immunity)?;
        }
        for list in root.all("contraindications") {
            for element in list.all("vaccineGroup").flat_map(|group| group.all("contraindication")) {
                let contraindication = self.contraindication(element)?;
                if let Some(antigen) = self.builder.knowledge.antigens.get_mut(usize::from(id)) {
                    antigen.contraindications.push(contraindication);
                }
            }
            for element in list.all("vaccine").flat_map(|vaccine| vaccine.all("contraindication")) {
                self.vaccine_contraindication(id, element)?;
            }
        }
        for element in root.all("series") {
            let series = self.series(element)?;
            if let Some(antigen) = self.builder.knowledge.antigens.get_mut(usize::from(id)) {
                antigen.series.push(series);
            }
        }
        Ok(())
    }

    fn immunity(&mut self, id: AntigenId, element: &Element) -> Result<(), LoadError> {
        for history in element.all("clinicalHistory") {
            let code =
                self.builder.observation(history.value("guidelineCode"), history.value("guidelineTitle"))?;
            if let Some(antigen) = self.builder.knowledge.antigens.get_mut(usize::from(id)) {
                antigen.immune_by.push(code);
            }
        }
        for birth in element.all("dateOfBirth") {
            let mut exclusions = Vec::new();
            for exclusion in birth.all("exclusion") {
                exclusions.push(
                    self.builder
                        .observation(exclusion.value("exclusionCode"), exclusion.value("exclusionTitle"))?,
                );
            }
            let before = self.day(birth, "immunityBirthDate")?.unwrap_or(FAR_PAST);
            let country = birth.value("birthCountry").to_owned();
            if let Some(antigen) = self.builder.knowledge.antigens.get_mut(usize::from(id)) {
                antigen.immune_born.push(ImmuneBirth { before, country, exclusions });
            }
        }
        Ok(())
    }

    fn contraindication(&mut self, element: &Element) -> Result<Contraindication, LoadError> {
        let title = element.value("observationTitle");
        Ok(Contraindication {
            observation: self.builder.observation(element.value("observationCode"), title)?,
            begin: self.age(element, "beginAge")?,
            end: self.age(element, "endAge")?,
            text: element.value("contraindicationText").to_owned(),
        })
    }

    fn vaccine_contraindication(&mut self, id: AntigenId, element: &Element) -> Result<(), LoadError> {
        let base = self.contraindication(element)?;
        let mut vaccines = Vec::new();
        for vaccine in element.all("contraindicatedVaccine") {
            let number = self.builder.vaccine(vaccine.value("cvx"), vaccine.value("vaccineType"))?;
            vaccines.push((number, self.age(vaccine, "beginAge")?, self.age(vaccine, "endAge")?));
        }
        if let Some(antigen) = self.builder.knowledge.antigens.get_mut(usize::from(id)) {
            antigen.vaccine_contraindications.push(VaccineContraindication { base, vaccines });
        }
        Ok(())
    }

    fn series(&mut self, element: &Element) -> Result<Series, LoadError> {
        let none = Element::default();
        let select = element.first("selectSeries").unwrap_or(&none);
        let kind = match folded(element.value("seriesType")).as_str() {
            "risk" => SeriesKind::Risk,
            "evaluation only" => SeriesKind::EvaluationOnly,
            "standard" | "" => SeriesKind::Standard,
            _ => return Err(self.wrong(element, "seriesType", "Standard, Risk or Evaluation Only")),
        };
        let mut series = Series {
            name: element.value("seriesName").to_owned(),
            group: self.builder.group(element.value("vaccineGroup"))?,
            kind,
            guidance: element.all("seriesAdminGuidance").map(Element::text).collect::<Vec<_>>().join("\n"),
            equivalent: numbers(element.value("equivalentSeriesGroups")),
            genders: genders(element),
            is_default: is_yes(select.value("defaultSeries")),
            product_path: is_yes(select.value("productPath")),
            series_group: numbers(select.value("seriesGroup")).first().copied().unwrap_or(1),
            priority: select.value("seriesPriority").bytes().next().unwrap_or(b'Z'),
            preference: numbers(select.value("seriesPreference")).first().copied().unwrap_or(u8::MAX),
            max_age_to_start: self.age(select, "maxAgeToStart")?,
            born_from: FAR_PAST,
            born_until: FAR_FUTURE,
            ..Series::default()
        };
        for indication in element.all("indication") {
            for code in indication.all("observationCode") {
                let (text, number) = match code.first("code") {
                    Some(number) => (code.value("text"), number.text()),
                    None => ("", code.text()),
                };
                let observation = self.builder.observation(number, text)?;
                let (begin, end) = (self.age(indication, "beginAge")?, self.age(indication, "endAge")?);
                let guidance = indication.value("guidance").to_owned();
                series.indications.push(Indication { observation, begin, end, guidance });
            }
        }
        for dose in element.all("seriesDose") {
            series.doses.push(self.dose(dose)?);
            if series.doses.len() > MOST_DOSES {
                return Err(LoadError::TooMany { what: "doses of a series", most: MOST_DOSES });
            }
        }
        let conditions = series.doses.iter().flat_map(|d| &d.skips).flat_map(|s| &s.sets);
        series.uses_completed_series =
            conditions.flat_map(|s| &s.conditions).any(|c| matches!(c, Condition::Completed { .. }));
        Ok(series)
    }

    fn dose(&mut self, element: &Element) -> Result<SeriesDose, LoadError> {
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
            dose.inadvertent.insert(self.builder.vaccine(vaccine.value("cvx"), vaccine.value("vaccineType"))?);
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
            "age" => {
                Ok(Condition::Age { begin: self.age(element, "beginAge")?, end: self.age(element, "endAge")? })
            }
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

    fn age(&mut self, element: &Element, name: &str) -> Result<Option<AnchorId>, LoadError> {
        match self.period(element, name)? {
            Some(period) => self.builder.anchor(Anchor::Age(period)).map(Some),
            None => Ok(None),
        }
    }

    fn period(&self, element: &Element, name: &str) -> Result<Option<Period>, LoadError> {
        let text = element.value(name);
        if text.is_empty() {
            return Ok(None);
        }
        Period::parse(text)
            .map(Some)
            .ok_or_else(|| self.wrong(element, name, "a span such as \"12 months - 4 days\""))
    }

    /// `20230912`, `09/12/2023` or `2023-09-12`.
    fn day(&self, element: &Element, name: &str) -> Result<Option<DayNumber>, LoadError> {
        let text = element.value(name);
        if text.is_empty() {
            return Ok(None);
        }
        read_day(text).map(Some).ok_or_else(|| self.wrong(element, name, "a date such as 20230912"))
    }

    fn wrong(&self, element: &Element, name: &str, expected: &'static str) -> LoadError {
        LoadError::Value {
            file: self.file.to_owned(),
            element: format!("{}/{name}", element.name),
            value: element.value(name).chars().take(80).collect(),
            expected,
        }
    }
}

/// A date of the supporting data or the workbooks: `20230912`, `09/12/2023`, `2023-09-12`.
pub(crate) fn read_day(text: &str) -> Option<DayNumber> {
    let text = text.trim();
    let (year, month, day) = if text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit()) {
        (text.get(..4)?, text.get(4..6)?, text.get(6..)?)
    } else if text.contains('/') {
        let mut parts = text.split('/');
        let (month, day, year) = (parts.next()?, parts.next()?, parts.next()?);
        (year.get(..4)?, month, day)
    } else {
        let mut parts = text.splitn(3, '-');
        let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
        (year, month, day.get(..2)?)
    };
    let (year, month, day): (i16, i8, i8) = (year.parse().ok()?, month.parse().ok()?, day.parse().ok()?);
    calendar::Date::new(year, month, day).ok()?;
    Some(day_number(i32::from(year), i32::from(month), i32::from(day)))
}

fn is_yes(text: &str) -> bool {
    matches!(folded(text).as_str(), "yes" | "y" | "true")
}

/// Lower case, single spaces: the official files differ in both.
fn folded(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_ascii_lowercase()
}

fn numbers(text: &str) -> Vec<u8> {
    text.split(|c: char| !c.is_ascii_digit()).filter_map(|part| part.parse().ok()).collect()
}

fn genders(element: &Element) -> u8 {
    let bits = element.all("requiredGender").fold(0, |bits, gender| {
        bits | match folded(gender.text()).as_str() {
            "female" | "f" => 1,
            "male" | "m" => 2,
            "unknown" | "u" => 4,
            _ => 0,
        }
    });
    if bits == 0 { 7 } else { bits }
}
