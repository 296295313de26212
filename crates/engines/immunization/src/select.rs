//! Chapter 8: which of the series is the best for the person.

use crate::{
    forecast::Forecast,
    model::{Antigen, Series, SeriesKind},
    status::SeriesStatus,
};

/// A relevant series with what was said of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Candidate {
    /// Number of the series in its antigen.
    pub series: u16,
    pub first_eval: u32,
    pub last_eval: u32,
    pub forecast: Forecast,
    /// Target doses that are satisfied.
    pub valid: u32,
    /// Target doses that are not satisfied.
    pub unsatisfied: u32,
    pub all_valid: bool,
    /// Its first valid dose was given before the age until which it may begin.
    pub started_in_time: bool,
    pub scorable: bool,
    pub score: i32,
    pub prioritized: bool,
    pub best: bool,
}

impl Candidate {
    fn is_complete(&self) -> bool {
        self.forecast.status == SeriesStatus::Complete
    }

    fn is_in_process(&self) -> bool {
        self.valid > 0 && self.forecast.status == SeriesStatus::NotComplete
    }
}

/// Marks the prioritized series of every series group and the best of the antigen's.
pub(crate) fn select(antigen: &Antigen, candidates: &mut [Candidate]) {
    let mut seen = 0_u64;
    for position in 0..candidates.len() {
        let Some(group) = candidates.get(position).and_then(|c| of(antigen, c)).map(|s| s.series_group)
        else {
            continue;
        };
        let bit = 1_u64 << (group & 63);
        if seen & bit == 0 {
            seen |= bit;
            prioritize(antigen, candidates, group);
        }
    }
    mark_best(antigen, candidates);
}

fn of<'a>(antigen: &'a Antigen, candidate: &Candidate) -> Option<&'a Series> {
    antigen.series.get(usize::from(candidate.series))
}

/// 8.1 to 8.7 for one series group.
fn prioritize(antigen: &Antigen, candidates: &mut [Candidate], group: u8) {
    prefilter(antigen, candidates, group);
    let in_group = |c: &Candidate| of(antigen, c).is_some_and(|s| s.series_group == group);
    let scorable = |c: &Candidate| c.scorable && in_group(c);
    let count = |test: &dyn Fn(&Candidate) -> bool| candidates.iter().filter(|c| test(c)).count();
    let scorables = count(&scorable);
    let complete = count(&|c| scorable(c) && c.is_complete());
    let in_process = count(&|c| scorable(c) && c.is_in_process());
    let is_default = |c: &Candidate| in_group(c) && of(antigen, c).is_some_and(|s| s.is_default);
    let defaults = count(&is_default);
    // Table 8-3.
    let single: Option<&dyn Fn(&Candidate) -> bool> = match scorables {
        0 if defaults == 1 => Some(&is_default),
        0 => return,
        1 => Some(&scorable),
        _ if complete == 1 => Some(&|c| scorable(c) && c.is_complete()),
        _ if complete == 0 && in_process == 1 => Some(&|c| scorable(c) && c.is_in_process()),
        _ if complete == 0 && in_process == 0 && defaults == 1 => Some(&is_default),
        _ => None,
    };
    if let Some(test) = single {
        if let Some(position) = candidates.iter().position(test)
            && let Some(candidate) = candidates.get_mut(position)
        {
            candidate.prioritized = true;
        }
        return;
    }
    // Table 8-5.
    let scored: &dyn Fn(&Candidate) -> bool = if complete >= 2 {
        &|c| scorable(c) && c.is_complete()
    } else if in_process >= 2 {
        &|c| scorable(c) && c.is_in_process()
    } else {
        &|c| scorable(c) && c.valid == 0
    };
    let chosen = score(antigen, candidates, scored, complete >= 2, in_process >= 2);
    if let Some(candidate) = chosen.and_then(|position| candidates.get_mut(position)) {
        candidate.prioritized = true;
    }
}

/// SELECTB-24 and SELECTSCORE-2: which series may be considered at all.
fn prefilter(antigen: &Antigen, candidates: &mut [Candidate], group: u8) {
    let members = |c: &&Candidate| of(antigen, c).is_some_and(|s| s.series_group == group);
    let all_contraindicated =
        candidates.iter().filter(members).all(|c| c.forecast.status == SeriesStatus::Contraindicated);
    let no_valid = candidates.iter().filter(members).all(|c| c.valid == 0);
    let has_default = candidates.iter().filter(members).any(|c| of(antigen, c).is_some_and(|s| s.is_default));
    let candidate = |c: &Candidate| all_contraindicated || c.forecast.status != SeriesStatus::Contraindicated;
    let best_priority = candidates
        .iter()
        .filter(members)
        .filter(|c| candidate(c))
        .filter_map(|c| of(antigen, c))
        .filter(|s| s.kind == SeriesKind::Risk)
        .map(|s| s.priority)
        .min();
    for c in candidates.iter_mut() {
        let Some(series) = of(antigen, c).filter(|s| s.series_group == group) else { continue };
        c.scorable = match series.kind {
            SeriesKind::Risk => candidate(c) && best_priority.is_none_or(|best| series.priority <= best),
            SeriesKind::Standard if candidate(c) => {
                (c.valid > 0 && c.started_in_time) || (no_valid && !has_default)
            }
            SeriesKind::Standard => false,
            SeriesKind::EvaluationOnly => c.is_complete(),
        };
    }
}

/// Tables 8-7, 8-9, 8-11 and SELECTBEST: the position of the one with the highest score.
fn score(
    antigen: &Antigen,
    candidates: &mut [Candidate],
    scored: &dyn Fn(&Candidate) -> bool,
    complete: bool,
    in_process: bool,
) -> Option<usize> {
    let set = || candidates.iter().filter(|c| scored(c));
    let most_valid = set().map(|c| c.valid).max()?;
    let with_most = set().filter(|c| c.valid == most_valid).count();
    let fewest_left = set().map(|c| c.unsatisfied).min()?;
    let with_fewest = set().filter(|c| c.unsatisfied == fewest_left).count();
    let finish = set().filter(|c| c.forecast.completable).map(|c| c.forecast.finish).min();
    let with_finish = set().filter(|c| c.forecast.completable && Some(c.forecast.finish) == finish).count();
    let started = |c: &&Candidate| c.forecast.status == SeriesStatus::NotComplete;
    let start = set().filter(started).map(|c| c.forecast.earliest).min();
    let with_start = set().filter(started).filter(|c| Some(c.forecast.earliest) == start).count();
    let points = |holds: bool, sharing: usize, worth: i32| match (holds, sharing) {
        (false, _) => -worth,
        (true, 0 | 1) => worth,
        (true, _) => 0,
    };
    let either = |holds: bool, worth: i32| if holds { worth } else { -worth };
    let mut best: Option<(i32, u8, usize)> = None;
    for position in 0..candidates.len() {
        let Some(c) = candidates.get(position).filter(|c| scored(c)) else { continue };
        let Some(series) = of(antigen, c) else { continue };
        let finishes = c.forecast.completable && Some(c.forecast.finish) == finish;
        let completable = c.forecast.completable && c.forecast.status == SeriesStatus::NotComplete;
        let total = if complete {
            points(c.valid == most_valid, with_most, 1)
        } else if in_process {
            either(series.product_path && c.all_valid, 2)
                + either(completable, 3)
                + points(c.valid == most_valid, with_most, 2)
                + points(c.unsatisfied == fewest_left, with_fewest, 2)
                + points(finishes, with_finish, 1)
        } else {
            let starts = started(&c) && Some(c.forecast.earliest) == start;
            points(starts, with_start, 1) + either(completable, 1) - either(series.product_path, 1)
        };
        if best.is_none_or(|(score, preference, _)| {
            total > score || (total == score && series.preference < preference)
        }) {
            best = Some((total, series.preference, position));
        }
        if let Some(c) = candidates.get_mut(position) {
            c.score = total;
        }
    }
    best.map(|(_, _, position)| position)
}

/// Table 8-14.
fn mark_best(antigen: &Antigen, candidates: &mut [Candidate]) {
    for position in 0..candidates.len() {
        let Some(candidate) = candidates.get(position).filter(|c| c.prioritized) else { continue };
        let Some(series) = of(antigen, candidate) else { continue };
        let equivalent = |c: &&Candidate| {
            c.prioritized && of(antigen, c).is_some_and(|s| series.equivalent.contains(&s.series_group))
        };
        let risk = |c: &Candidate| of(antigen, c).is_some_and(|s| s.kind == SeriesKind::Risk);
        let best = candidate.is_complete()
            || (!candidates.iter().filter(equivalent).any(Candidate::is_complete)
                && series.kind != SeriesKind::EvaluationOnly
                && (series.kind == SeriesKind::Risk || !candidates.iter().filter(equivalent).any(risk)));
        if let Some(candidate) = candidates.get_mut(position) {
            candidate.best = best;
        }
    }
}
