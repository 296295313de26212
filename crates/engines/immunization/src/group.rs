//! Chapter 9: what the antigens of a vaccine group say together.

use crate::{forecast::Forecast, model::GroupId, period::DayNumber, status::SeriesStatus};

/// A vaccine group's forecast, as computed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct GroupResult {
    pub group: GroupId,
    pub series_group: u8,
    /// True for the forecast of the risk series, false for the standard ones.
    pub risk: bool,
    pub status: SeriesStatus,
    pub number: u8,
    pub earliest: Option<DayNumber>,
    pub recommended: Option<DayNumber>,
    pub past_due: Option<DayNumber>,
    pub latest: Option<DayNumber>,
}

impl GroupResult {
    /// Which of several forecasts of a group speaks for it: first one that is begun or near, then one that is
    /// over, last one that begins more than a year later (an adult's series for a child).
    pub(crate) fn remoteness(&self, assessment: DayNumber) -> u8 {
        let far = self.number <= 1 && self.earliest.is_some_and(|day| day > assessment.saturating_add(366));
        match self.status {
            SeriesStatus::AgedOut | SeriesStatus::NotRecommended => 1,
            _ if far => 2,
            _ => 0,
        }
    }
}

/// One antigen's best series in the group.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Member {
    pub forecast: Forecast,
}

/// Tables 9-2 to 9-5. `last_given` is the most recent dose of a vaccine of the group.
pub(crate) fn merge(
    (group, series_group, risk): (GroupId, u8, bool),
    full: bool,
    several_antigens: bool,
    members: &[Member],
    last_given: Option<DayNumber>,
) -> Option<GroupResult> {
    let status = if several_antigens { status_of_several(members)? } else { status_of_one(members)? };
    let mut result = GroupResult {
        group,
        series_group,
        risk,
        status,
        number: 0,
        earliest: None,
        recommended: None,
        past_due: None,
        latest: None,
    };
    if status != SeriesStatus::NotComplete {
        return Some(result);
    }
    let needed = || members.iter().map(|m| &m.forecast).filter(|f| f.status == SeriesStatus::NotComplete);
    let numbers = needed().map(|f| f.number);
    result.number = if full { numbers.min() } else { numbers.max() }.unwrap_or(1);
    let first = needed().map(|f| f.earliest).min()?;
    let last = needed().map(|f| f.earliest).max()?;
    let earliest = if !several_antigens {
        first
    } else if needed().any(|f| f.priority) {
        first.max(last_given.unwrap_or(first))
    } else {
        last
    };
    result.earliest = Some(earliest);
    result.recommended = needed().map(|f| f.recommended).min().map(|day| day.max(earliest));
    result.past_due = needed().filter_map(|f| f.past_due).min().map(|day| day.max(earliest));
    result.latest = needed().filter_map(|f| f.latest).min();
    Some(result)
}

fn status_of_one(members: &[Member]) -> Option<SeriesStatus> {
    let any = |status| members.iter().any(|m| m.forecast.status == status);
    // Several best series of one kind: the one that still asks for something speaks for the group.
    [
        SeriesStatus::Contraindicated,
        SeriesStatus::NotComplete,
        SeriesStatus::Complete,
        SeriesStatus::Immune,
        SeriesStatus::AgedOut,
        SeriesStatus::NotRecommended,
    ]
    .into_iter()
    .find(|status| any(*status))
}

/// Table 9-4.
fn status_of_several(members: &[Member]) -> Option<SeriesStatus> {
    let any = |status| members.iter().any(|m| m.forecast.status == status);
    if members.is_empty() {
        return None;
    }
    let first = [
        SeriesStatus::Contraindicated,
        SeriesStatus::AgedOut,
        SeriesStatus::NotRecommended,
        SeriesStatus::NotComplete,
    ]
    .into_iter()
    .find(|status| any(*status));
    Some(first.unwrap_or(if members.iter().all(|m| m.forecast.status == SeriesStatus::Immune) {
        SeriesStatus::Immune
    } else {
        SeriesStatus::Complete
    }))
}
