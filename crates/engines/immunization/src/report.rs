//! What was found, in words: for the page, the file and the command line.

use calendar::Date;
use serde::Serialize;

use crate::{
    Knowledge, LegalVerdict, Person, SeriesKind, Workspace,
    group::GroupResult,
    model::{Antigen, GroupId, SeriesDose},
    period::{self, DayNumber},
    person::Finding,
    run::{Case, Eval, Shot},
    select::Candidate,
    status::{EvaluationStatus, SeriesStatus},
};

/// A person, assessed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// The person's name, as the caller gave it.
    pub name: String,
    /// Day of birth.
    pub birth: Date,
    /// The day of the assessment.
    pub assessment: Date,
    /// Whose knowledge.
    pub knowledge: String,
    /// Which version.
    pub version: String,
    /// Every dose that was judged, by date.
    pub doses: Vec<DoseReport>,
    /// What comes next, by vaccine group; several forecasts of a group where several series are best for the person.
    pub forecasts: Vec<GroupForecast>,
    /// What was doubtful in the history.
    pub findings: Vec<Finding>,
}

/// One dose, judged.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DoseReport {
    /// Its number in the person's history, from 0.
    pub dose: usize,
    /// The day.
    pub date: Date,
    /// The vaccine's code in the knowledge.
    pub vaccine: String,
    /// Its name.
    pub vaccine_name: String,
    /// What each vaccine group that it belongs to says.
    pub judgements: Vec<Judgement>,
    /// Whether it is part of the programme by law; absent where the knowledge holds no law.
    pub legal: Option<LegalVerdict>,
}

/// What one vaccine group says of a dose.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Judgement {
    /// The group.
    pub group: String,
    /// The antigen in it.
    pub antigen: String,
    /// The series that is the best for the person.
    pub series: String,
    /// The dose of the series that it was judged against; empty when nothing was left.
    pub target: String,
    /// Whether it counts.
    pub status: EvaluationStatus,
    /// Why, in English.
    pub reasons: Vec<&'static str>,
    /// Why, in Japanese.
    pub reasons_ja: Vec<&'static str>,
}

/// What comes next in a vaccine group.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GroupForecast {
    /// The group.
    pub group: String,
    /// The group in Japanese.
    pub group_ja: String,
    /// For whom its series is meant.
    pub kind: SeriesKind,
    /// Where the person stands.
    pub status: SeriesStatus,
    /// Why nothing is forecast, where nothing is.
    pub reason: String,
    /// The same in Japanese.
    pub reason_ja: String,
    /// The series.
    pub series: Vec<String>,
    /// The next dose's number, and its label in the series.
    pub number: Option<u8>,
    /// The next dose's name, such as `追加`.
    pub label: String,
    /// The earliest day on which it counts.
    pub earliest: Option<Date>,
    /// The day on which it should be given.
    pub recommended: Option<Date>,
    /// The last day of the recommended period.
    pub past_due: Option<Date>,
    /// The last day on which it can be given (by law, where the knowledge holds law).
    pub latest: Option<Date>,
    /// Doses that remain, the next one included.
    pub remaining: usize,
    /// Vaccines that may be used for the next dose: code and name.
    pub vaccines: Vec<(String, String)>,
    /// What stands against it.
    pub contraindications: Vec<String>,
    /// What the schedule's authors say to whoever gives it.
    pub guidance: Vec<String>,
}

impl GroupForecast {
    /// True when the next dose may be given on a day.
    pub fn may_be_given(&self, day: Date) -> bool {
        self.status == SeriesStatus::NotComplete
            && self.earliest.is_some_and(|earliest| earliest <= day)
            && self.latest.is_none_or(|latest| day <= latest)
    }

    /// True when the next dose is due on a day: its recommended day has come.
    pub fn is_due(&self, day: Date) -> bool {
        self.may_be_given(day) && self.recommended.is_some_and(|recommended| recommended <= day)
    }
}

impl Workspace {
    /// The last assessment as one value.
    pub fn report(&self, knowledge: &Knowledge, person: &Person) -> Report {
        let view = View { workspace: self, knowledge, person };
        Report {
            name: person.name.clone(),
            birth: person.birth,
            assessment: period::date(self.assessment),
            knowledge: knowledge.name.clone(),
            version: knowledge.version.clone(),
            doses: self.shots.iter().enumerate().map(|(number, shot)| view.dose(number, *shot)).collect(),
            forecasts: self.groups.iter().map(|group| view.forecast(group)).collect(),
            findings: self.findings.clone(),
        }
    }
}

struct View<'a> {
    workspace: &'a Workspace,
    knowledge: &'a Knowledge,
    person: &'a Person,
}

impl<'a> View<'a> {
    fn case(&self) -> Case<'a> {
        Case {
            knowledge: self.knowledge,
            person: self.person,
            birth: self.person.birth.to_days(),
            assessment: self.workspace.assessment,
            anchors: &self.workspace.anchors,
            observed: &self.workspace.observed,
            shots: &self.workspace.shots,
            elsewhere: &self.workspace.elsewhere,
        }
    }

    /// The best series of every antigen, with what they say of a shot.
    fn said_of(&self, shot: usize) -> impl Iterator<Item = (&'a Antigen, &'a Candidate, &'a Eval)> {
        let workspace = self.workspace;
        let spans = self.knowledge.antigens.iter().zip(&workspace.spans);
        spans.flat_map(move |(antigen, (first, last))| {
            let own = workspace.candidates.get(*first as usize..*last as usize).unwrap_or_default();
            own.iter().filter(|c| c.best).filter_map(move |candidate| {
                let range = candidate.first_eval as usize..candidate.last_eval as usize;
                let eval = workspace.evals.get(range)?.iter().find(|e| usize::from(e.shot) == shot)?;
                Some((antigen, candidate, eval))
            })
        })
    }

    fn dose(&self, number: usize, shot: Shot) -> DoseReport {
        let vaccine = self.knowledge.vaccines.get(usize::from(shot.vaccine));
        let mut judgements = Vec::new();
        for (antigen, candidate, eval) in self.said_of(number) {
            let Some(series) = antigen.series.get(usize::from(candidate.series)) else { continue };
            let target = series.doses.get(usize::from(eval.dose)).map_or("", |dose| dose.label.as_str());
            judgements.push(Judgement {
                group: self.group_name(series.group),
                antigen: antigen.name.clone(),
                series: series.name.clone(),
                target: target.to_owned(),
                status: eval.status,
                reasons: eval.reasons.en().collect(),
                reasons_ja: eval.reasons.ja().collect(),
            });
        }
        DoseReport {
            dose: usize::from(shot.dose),
            date: period::date(shot.day),
            vaccine: vaccine.map(|v| v.code.clone()).unwrap_or_default(),
            vaccine_name: vaccine.map_or(String::new(), |v| {
                if v.name_ja.is_empty() { v.name.clone() } else { v.name_ja.clone() }
            }),
            judgements,
            legal: self.knowledge.has_law.then(|| self.legal(number, shot)),
        }
    }

    /// The law's verdict: that of the series for which the dose is valid; the best one where several say.
    fn legal(&self, number: usize, shot: Shot) -> LegalVerdict {
        let case = self.case();
        let mut worst: Option<LegalVerdict> = None;
        for (antigen, candidate, eval) in self.said_of(number) {
            let dose = antigen
                .series
                .get(usize::from(candidate.series))
                .and_then(|series| series.doses.get(usize::from(eval.dose)));
            let verdict = match (eval.status, dose) {
                (EvaluationStatus::Valid, Some(dose)) => case.verdict(dose, shot),
                _ => not_valid(eval),
            };
            if verdict.class != crate::LegalClass::Voluntary {
                return verdict;
            }
            worst.get_or_insert(verdict);
        }
        worst.unwrap_or_else(|| LegalVerdict {
            class: crate::LegalClass::Voluntary,
            special: false,
            article: String::new(),
            source: String::new(),
            reason: "no programme has this vaccine for this person".to_owned(),
            reason_ja: "この人にこのワクチンの定期接種はない".to_owned(),
        })
    }

    fn forecast(&self, group: &GroupResult) -> GroupForecast {
        let members = self.members(group);
        let asking = members.iter().filter(|(_, c)| c.forecast.status == SeriesStatus::NotComplete);
        let next: Vec<&SeriesDose> = asking
            .clone()
            .filter_map(|(antigen, c)| {
                let series = antigen.series.get(usize::from(c.series))?;
                series.doses.get(usize::from(c.forecast.dose))
            })
            .collect();
        let names = |of: fn(&crate::model::Series) -> String| -> Vec<String> {
            let mut names: Vec<String> = members
                .iter()
                .filter_map(|(antigen, c)| antigen.series.get(usize::from(c.series)).map(of))
                .filter(|name| !name.is_empty())
                .collect();
            names.dedup();
            names
        };
        let date = |day: Option<DayNumber>| day.map(period::date);
        let not_complete = group.status == SeriesStatus::NotComplete;
        let reason = members.iter().find(|(_, c)| c.forecast.status == group.status && !not_complete);
        GroupForecast {
            group: self.group_name(group.group),
            group_ja: self
                .knowledge
                .groups
                .get(usize::from(group.group))
                .map(|g| g.name_ja.clone())
                .unwrap_or_default(),
            kind: if group.risk { SeriesKind::Risk } else { SeriesKind::Standard },
            status: group.status,
            reason: reason.map_or(String::new(), |(_, c)| c.forecast.reason.to_owned()),
            reason_ja: reason.map_or(String::new(), |(_, c)| c.forecast.reason_ja().to_owned()),
            series: names(|series| series.name.clone()),
            number: not_complete.then_some(group.number),
            label: next.first().map_or(String::new(), |dose| dose.label.clone()),
            earliest: date(group.earliest),
            recommended: date(group.recommended),
            past_due: date(group.past_due),
            latest: date(group.latest),
            remaining: asking.map(|(_, c)| c.unsatisfied as usize).max().unwrap_or(0),
            vaccines: self.recommended_vaccines(&next, group),
            contraindications: self.contraindications(&members),
            guidance: self.guidance(&members),
        }
    }

    fn members(&self, group: &GroupResult) -> Vec<(&'a Antigen, &'a Candidate)> {
        let mut members = Vec::new();
        let several =
            self.knowledge.groups.get(usize::from(group.group)).is_some_and(|g| g.antigens.len() > 1);
        for (antigen, (first, last)) in self.knowledge.antigens.iter().zip(&self.workspace.spans) {
            let own = self.workspace.candidates.get(*first as usize..*last as usize).unwrap_or_default();
            for candidate in own.iter().filter(|c| c.best) {
                let Some(series) = antigen.series.get(usize::from(candidate.series)) else { continue };
                if series.group == group.group
                    && (series.kind == SeriesKind::Risk) == group.risk
                    && (several || series.series_group == group.series_group)
                {
                    members.push((antigen, candidate));
                }
            }
        }
        members
    }

    /// FORECASTRECVAC-1: preferable, of the right age at the earliest or the recommended day, not contraindicated.
    fn recommended_vaccines(&self, next: &[&SeriesDose], group: &GroupResult) -> Vec<(String, String)> {
        let case = self.case();
        // What is in use today, not what was when the dose first could have been given.
        let days = [group.earliest, group.recommended].map(|day| day.map(|day| day.max(case.assessment)));
        let mut vaccines = Vec::new();
        for rule in next.iter().flat_map(|dose| &dose.preferable) {
            let in_use = |day: DayNumber| {
                rule.effective <= day && day <= rule.cessation && case.within(day, rule.begin, rule.end)
            };
            let contraindicated = self.knowledge.antigens.iter().any(|antigen| {
                antigen.vaccine_contraindications.iter().any(|c| {
                    case.is_observed(c.base.observation)
                        && c.vaccines.iter().any(|(v, ..)| *v == rule.vaccine)
                })
            });
            if rule.forecast && days.iter().flatten().any(|day| in_use(*day)) && !contraindicated {
                let Some(vaccine) = self.knowledge.vaccines.get(usize::from(rule.vaccine)) else { continue };
                let name = if vaccine.name_ja.is_empty() { &vaccine.name } else { &vaccine.name_ja };
                let entry = (vaccine.code.clone(), name.clone());
                if !vaccines.contains(&entry) {
                    vaccines.push(entry);
                }
            }
        }
        vaccines
    }

    /// FORECASTGUIDANCE-1: of the series, and of the indications that apply to the person.
    fn guidance(&self, members: &[(&'a Antigen, &'a Candidate)]) -> Vec<String> {
        let case = self.case();
        let series = members.iter().filter_map(|(antigen, c)| antigen.series.get(usize::from(c.series)));
        let texts = series.flat_map(|series| {
            let applies = |indication: &&crate::model::Indication| case.is_observed(indication.observation);
            let indications = series.indications.iter().filter(applies).map(|i| &i.guidance);
            std::iter::once(&series.guidance).chain(indications)
        });
        let mut found: Vec<String> = Vec::new();
        for text in texts.filter(|text| !text.is_empty()) {
            if !found.contains(text) {
                found.push(text.clone());
            }
        }
        found
    }

    fn contraindications(&self, members: &[(&'a Antigen, &'a Candidate)]) -> Vec<String> {
        let case = self.case();
        let mut texts = Vec::new();
        for (antigen, _) in members {
            let whole = antigen.contraindications.iter();
            let vaccines = antigen.vaccine_contraindications.iter().map(|c| &c.base);
            for contraindication in whole.chain(vaccines) {
                if case.is_observed(contraindication.observation)
                    && case.within(case.assessment, contraindication.begin, contraindication.end)
                    && !texts.contains(&contraindication.text)
                {
                    texts.push(contraindication.text.clone());
                }
            }
        }
        texts
    }

    fn group_name(&self, group: GroupId) -> String {
        self.knowledge.groups.get(usize::from(group)).map(|g| g.name.clone()).unwrap_or_default()
    }
}

fn not_valid(eval: &Eval) -> LegalVerdict {
    let reasons: Vec<_> = eval.reasons.en().collect();
    let reasons_ja: Vec<_> = eval.reasons.ja().collect();
    LegalVerdict {
        class: crate::LegalClass::Voluntary,
        special: false,
        article: String::new(),
        source: String::new(),
        reason: format!("not a dose of the programme: {}", reasons.join("; ")),
        reason_ja: format!("定期接種の方法に合わない: {}", reasons_ja.join("、")),
    }
}
