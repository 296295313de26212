//! The whole person: every antigen, every relevant series, every group, in buffers that are used again.

use calendar::Date;

use crate::{
    forecast::Forecast,
    group::{self, GroupResult, Member},
    model::{Antigen, Association, Knowledge, Series, SeriesKind, VaccineSet},
    period::DayNumber,
    person::{Finding, Gender, Person},
    run::{Case, Eval, Observed, Run, Shot, Target},
    select::{self, Candidate},
    status::{EvaluationStatus, SeriesStatus, TargetStatus},
    trace::{Step, Trace, Words},
};

/// The most doses of one person that are judged.
pub const MOST_SHOTS: usize = 2_000;

/// The engine's buffers. One a thread; nothing is allocated once they have grown to the largest person.
#[derive(Default)]
pub struct Workspace {
    pub(crate) anchors: Vec<Option<DayNumber>>,
    pub(crate) observed: Vec<Observed>,
    pub(crate) shots: Vec<Shot>,
    pub(crate) elsewhere: Vec<Option<EvaluationStatus>>,
    pub(crate) records: Vec<u16>,
    pub(crate) evals: Vec<Eval>,
    pub(crate) targets: Vec<Target>,
    pub(crate) candidates: Vec<Candidate>,
    /// For each antigen, where its candidates are.
    pub(crate) spans: Vec<(u32, u32)>,
    pub(crate) members: Vec<Member>,
    pub(crate) groups: Vec<GroupResult>,
    pub(crate) findings: Vec<Finding>,
    pub(crate) trace: Trace,
    pub(crate) assessment: DayNumber,
}

impl Workspace {
    /// Empty buffers.
    pub fn new() -> Self {
        Self::default()
    }

    /// From now on every decision is written down; read them with [`Workspace::steps`].
    pub fn with_trace(mut self) -> Self {
        self.trace.steps = Some(Vec::new());
        self
    }

    /// The decisions of the last assessment.
    pub fn steps(&self) -> &[Step] {
        self.trace.steps.as_deref().unwrap_or_default()
    }

    /// What was doubtful in the last history.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Judges every dose of a person and forecasts what comes next, as of a day. The results are read from this
    /// workspace ([`Workspace::report`]).
    pub fn assess(&mut self, knowledge: &Knowledge, person: &Person, assessment: Date) {
        self.clear();
        self.assessment = assessment.to_days();
        self.observe(knowledge, person);
        self.resolve_anchors(knowledge, person);
        self.gather(knowledge, person);
        if assessment < person.birth {
            self.findings.push(Finding::AssessedBeforeBirth);
            return;
        }
        for (antigen_id, antigen) in knowledge.antigens.iter().enumerate() {
            self.antigen(knowledge, person, antigen_id, antigen);
        }
        self.merge_groups(knowledge);
    }

    fn clear(&mut self) {
        self.anchors.clear();
        self.observed.clear();
        self.shots.clear();
        self.elsewhere.clear();
        self.evals.clear();
        self.targets.clear();
        self.candidates.clear();
        self.spans.clear();
        self.groups.clear();
        self.findings.clear();
        if let Some(steps) = &mut self.trace.steps {
            steps.clear();
        }
    }

    fn antigen(&mut self, knowledge: &Knowledge, person: &Person, id: usize, antigen: &Antigen) {
        let first = self.candidates.len();
        self.collect_records(knowledge, id);
        let (contraindicated, vaccines) = self.contraindications(antigen, person);
        let immune = self.is_immune(antigen, person);
        let mut completed = 0_u64;
        // Series that ask whether another group is complete come after those that do not.
        for waits in [false, true] {
            for (number, series) in antigen.series.iter().enumerate() {
                if series.uses_completed_series != waits || !self.is_relevant(series, person) {
                    continue;
                }
                let candidate = self.run(
                    knowledge,
                    person,
                    series,
                    number,
                    completed,
                    (contraindicated, &vaccines, immune),
                );
                if candidate.forecast.status == SeriesStatus::Complete {
                    completed |= 1 << (series.series_group & 63);
                }
                self.candidates.push(candidate);
            }
        }
        if let Some(own) = self.candidates.get_mut(first..) {
            select::select(antigen, own);
        }
        self.note_selection(antigen, first);
        self.remember_standing(first);
        let span = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        self.spans.push((span(first), span(self.candidates.len())));
    }

    /// 4.2: the shots that carry the antigen at the age at which they were given.
    fn collect_records(&mut self, knowledge: &Knowledge, antigen: usize) {
        self.records.clear();
        for (number, shot) in self.shots.iter().enumerate() {
            let Some(vaccine) = knowledge.vaccines.get(usize::from(shot.vaccine)) else { continue };
            let carries = |association: &Association| {
                let bound = |anchor: Option<u16>| self.anchors.get(usize::from(anchor?)).copied().flatten();
                usize::from(association.antigen) == antigen
                    && bound(association.begin).is_none_or(|begin| begin <= shot.day)
                    && bound(association.end).is_none_or(|end| shot.day < end)
            };
            if vaccine.antigens.iter().any(carries) {
                self.records.push(u16::try_from(number).unwrap_or(u16::MAX));
            }
        }
    }

    /// Tables 5-4 and 5-5.
    fn is_relevant(&self, series: &Series, person: &Person) -> bool {
        let gender = match person.gender {
            Gender::Female => 1,
            Gender::Male => 2,
            Gender::Unknown => 4,
        };
        let birth = person.birth.to_days();
        if series.genders & gender == 0 || birth < series.born_from || birth > series.born_until {
            return false;
        }
        if series.kind != SeriesKind::Risk {
            return true;
        }
        if person.observations.is_empty() {
            return false;
        }
        series.indications.iter().any(|indication| {
            let active = self
                .observed
                .get(usize::from(indication.observation))
                .is_some_and(|observed| observed.active);
            let bound = |anchor: Option<u16>| self.anchors.get(usize::from(anchor?)).copied().flatten();
            active
                && bound(indication.begin).is_none_or(|begin| begin <= self.assessment)
                && bound(indication.end).is_none_or(|end| self.assessment < end)
        })
    }

    /// 7.3: the antigen, or some of its vaccines.
    fn contraindications(&self, antigen: &Antigen, person: &Person) -> (bool, VaccineSet) {
        if person.observations.is_empty() {
            return (false, VaccineSet::default());
        }
        let bound = |anchor: Option<u16>| self.anchors.get(usize::from(anchor?)).copied().flatten();
        let within = |begin: Option<u16>, end: Option<u16>| {
            bound(begin).is_none_or(|begin| begin <= self.assessment)
                && bound(end).is_none_or(|end| self.assessment < end)
        };
        let active = |id: u16| self.observed.get(usize::from(id)).is_some_and(|observed| observed.active);
        let whole = antigen.contraindications.iter().any(|c| active(c.observation) && within(c.begin, c.end));
        let mut set = VaccineSet::default();
        for contraindication in &antigen.vaccine_contraindications {
            let base = &contraindication.base;
            if active(base.observation) && within(base.begin, base.end) {
                for (vaccine, begin, end) in &contraindication.vaccines {
                    if within(*begin, *end) {
                        set.insert(*vaccine);
                    }
                }
            }
        }
        (whole, set)
    }

    /// 7.2.
    fn is_immune(&self, antigen: &Antigen, person: &Person) -> bool {
        let active = |id: &u16| self.observed.get(usize::from(*id)).is_some_and(|observed| observed.active);
        antigen.immune_by.iter().any(active)
            || antigen.immune_born.iter().any(|birth| {
                let country = person.country.as_deref().unwrap_or(&birth.country);
                person.birth.to_days() < birth.before
                    && !birth.exclusions.iter().any(active)
                    && (birth.country.is_empty() || country.eq_ignore_ascii_case(&birth.country))
            })
    }

    fn run(
        &mut self,
        knowledge: &Knowledge,
        person: &Person,
        series: &Series,
        number: usize,
        completed: u64,
        (antigen_contraindicated, contraindicated, immune): (bool, &VaccineSet, bool),
    ) -> Candidate {
        let (first_eval, first_target) = (self.evals.len(), self.targets.len());
        let mut run = Run {
            case: Case {
                knowledge,
                person,
                birth: person.birth.to_days(),
                assessment: self.assessment,
                anchors: &self.anchors,
                observed: &self.observed,
                shots: &self.shots,
                elsewhere: &self.elsewhere,
            },
            series,
            records: &self.records,
            completed,
            antigen_contraindicated,
            contraindicated,
            immune,
            evals: &mut self.evals,
            first_eval,
            targets: &mut self.targets,
            first_target,
            next: 0,
            trace: &mut self.trace,
        };
        run.evaluate();
        let forecast = run.forecast();
        let next = run.next;
        self.candidate(series, number, first_eval, first_target, forecast, next)
    }

    fn candidate(
        &self,
        series: &Series,
        number: usize,
        first_eval: usize,
        first_target: usize,
        forecast: Forecast,
        next: usize,
    ) -> Candidate {
        let span = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let evals = self.evals.get(first_eval..).unwrap_or_default();
        let targets = self.targets.get(first_target..).unwrap_or_default();
        let valid = targets.iter().filter(|t| t.status == TargetStatus::Satisfied).count();
        let first_valid = evals
            .iter()
            .find(|e| e.status == EvaluationStatus::Valid)
            .and_then(|e| self.shots.get(usize::from(e.shot)))
            .map(|shot| shot.day);
        let latest_start = series
            .max_age_to_start
            .and_then(|anchor| self.anchors.get(usize::from(anchor)).copied().flatten());
        Candidate {
            series: u16::try_from(number).unwrap_or(u16::MAX),
            first_eval: span(first_eval),
            last_eval: span(self.evals.len()),
            forecast,
            valid: span(valid),
            unsatisfied: span(series.doses.len().saturating_sub(next)),
            all_valid: evals.iter().all(|e| e.status == EvaluationStatus::Valid),
            started_in_time: first_valid.is_none_or(|day| latest_start.is_none_or(|latest| day < latest)),
            scorable: false,
            score: 0,
            prioritized: false,
            best: false,
        }
    }

    /// What the best series of an antigen say of each shot, for the conflicts of others.
    fn remember_standing(&mut self, first: usize) {
        for candidate in self.candidates.get(first..).unwrap_or_default().iter().filter(|c| c.best) {
            let range = candidate.first_eval as usize..candidate.last_eval as usize;
            for eval in self.evals.get(range).unwrap_or_default() {
                if let Some(held) = self.elsewhere.get_mut(usize::from(eval.shot))
                    && *held != Some(EvaluationStatus::Valid)
                {
                    *held = Some(eval.status);
                }
            }
        }
    }

    fn note_selection(&mut self, antigen: &Antigen, first: usize) {
        if self.trace.steps.is_none() {
            return;
        }
        for candidate in self.candidates.get(first..).unwrap_or_default() {
            let name = antigen.series.get(usize::from(candidate.series)).map_or("", |s| s.name.as_str());
            let Candidate { valid, unsatisfied, scorable, score, prioritized, .. } = candidate;
            let status = candidate.forecast.status;
            let yes = |held: &bool| if *held { "はい" } else { "いいえ" };
            let inputs = Words::new(
                format!(
                    "{}; {valid} valid, {unsatisfied} open; scorable {scorable}, score {score}, prioritized \
                     {prioritized}",
                    status.en()
                ),
                format!(
                    "{}、有効{valid}回・残り{unsatisfied}回、比べる対象: {}、点数{score}、優先: {}",
                    status.ja(),
                    yes(scorable),
                    yes(prioritized)
                ),
            );
            let outcome = if candidate.best {
                Words::new("best series", "このスケジュールを採る")
            } else {
                Words::new("not the best series", "採らない")
            };
            self.trace.note(|| Step::new(name, "Table 8-14", inputs, outcome));
        }
    }

    /// Chapter 9. A group of one antigen has a forecast for each series group (FORECASTVG-1); a group of several
    /// antigens blends the best series of one kind.
    fn merge_groups(&mut self, knowledge: &Knowledge) {
        for (number, held) in knowledge.groups.iter().enumerate() {
            let several = held.antigens.len() > 1;
            let last_given = if several { self.last_given(knowledge, number) } else { None };
            let id = u16::try_from(number).unwrap_or(u16::MAX);
            let first = self.groups.len();
            for risk in [false, true] {
                let mut seen = 0_u64;
                loop {
                    let series_group = self.collect_members(knowledge, number, risk, several, &mut seen);
                    let Some(series_group) = series_group else { break };
                    let key = (id, series_group, risk);
                    self.groups.extend(group::merge(key, held.full, several, &self.members, last_given));
                    if several {
                        break;
                    }
                }
            }
            let on = self.assessment;
            if let Some(own) = self.groups.get_mut(first..) {
                own.sort_unstable_by_key(|g| (g.risk, g.remoteness(on), g.series_group));
            }
        }
    }

    /// The best series of the group's antigens that are blended next; the series group they belong to.
    fn collect_members(
        &mut self,
        knowledge: &Knowledge,
        group: usize,
        risk: bool,
        several: bool,
        seen: &mut u64,
    ) -> Option<u8> {
        self.members.clear();
        let mut chosen = None;
        for antigen in &knowledge.groups.get(group)?.antigens {
            let Some(of_antigen) = knowledge.antigens.get(usize::from(*antigen)) else { continue };
            let (first, last) = self.spans.get(usize::from(*antigen)).copied().unwrap_or_default();
            let own = self.candidates.get(first as usize..last as usize).unwrap_or_default();
            for candidate in own.iter().filter(|c| c.best) {
                let Some(series) = of_antigen.series.get(usize::from(candidate.series)) else { continue };
                let of_kind = usize::from(series.group) == group && (series.kind == SeriesKind::Risk) == risk;
                let bit = 1_u64 << (series.series_group & 63);
                if !of_kind || (!several && *seen & bit != 0 && chosen != Some(series.series_group)) {
                    continue;
                }
                if chosen.is_none() {
                    chosen = Some(series.series_group);
                }
                if several || chosen == Some(series.series_group) {
                    *seen |= bit;
                    self.members.push(Member { forecast: candidate.forecast });
                }
            }
        }
        chosen
    }

    fn last_given(&self, knowledge: &Knowledge, group: usize) -> Option<DayNumber> {
        let antigens = &knowledge.groups.get(group)?.antigens;
        let belongs = |shot: &&Shot| {
            let vaccine = knowledge.vaccines.get(usize::from(shot.vaccine));
            vaccine.is_some_and(|v| v.antigens.iter().any(|a| antigens.contains(&a.antigen)))
        };
        self.shots.iter().rev().find(belongs).map(|shot| shot.day)
    }
}

impl Knowledge {
    /// Where its values were read.
    pub fn sources(&self) -> &[crate::Source] {
        &self.sources
    }

    /// The number of a vaccine's code; CVX codes with or without their leading zero.
    pub(crate) fn vaccine(&self, code: &str) -> Option<u16> {
        if let Some(id) = self.vaccine_index.get(code) {
            return Some(*id);
        }
        self.vaccine_index.get(&crate::builder::vaccine_key(code)).copied()
    }

    /// The number of an observation's code, or of `SYSTEM|code`.
    pub(crate) fn observation(&self, code: &str) -> Option<u16> {
        if let Some(id) = self.observation_index.get(code) {
            return Some(*id);
        }
        if let Some((system, code)) = code.split_once('|') {
            let named = |(s, c): &(String, String)| s.eq_ignore_ascii_case(system) && c == code;
            let position = self.observations.iter().position(|kind| kind.coded.iter().any(named))?;
            return u16::try_from(position).ok();
        }
        self.observation_index.get(&crate::builder::observation_key(code)).copied()
    }
}
