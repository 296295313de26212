//! The official supporting data of CDSi (Clinical Decision Support for Immunization), read unchanged.

mod dose;
mod schedule;

use std::{fs, path::Path};

use crate::{
    LoadError,
    builder::Builder,
    model::{
        Anchor, AnchorId, AntigenId, Condition, Contraindication, ImmuneBirth, Indication, Knowledge,
        MOST_DOSES, Series, SeriesKind, VaccineContraindication,
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
        let bytes = fs::read(&path).map_err(|error| LoadError::File {
            file: path.display().to_string(),
            problem: error.to_string(),
        })?;
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
    fn antigen(&mut self, root: &Element) -> Result<(), LoadError> {
        // The files name their antigen only in the series (targetDisease).
        let name =
            root.all("series").map(|series| series.value("targetDisease")).find(|name| !name.is_empty());
        let Some(name) = name else {
            return Err(LoadError::Missing {
                folder: self.file.to_owned(),
                expected: "series with a targetDisease",
            });
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
