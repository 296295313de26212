//! What an insurer learned of a membership, as rows of its first load, of its events and of the report file.

use crate::day::Day;
use crate::formats::{ErrorKind, EventKind, InsurerEventRow, MemberRow, ReportRow};
use crate::model::{Family, Limit, Membership, Person};
use crate::organisations::{INSURERS, InsurerKind};
use crate::reporting::{elderly_from, school_from};

/// Something an insurer learned of a membership.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Learned {
    /// What.
    pub kind: EventKind,
    /// When it happened.
    pub happened: Day,
    /// When the insurer learned it.
    pub reported: Day,
    /// The day whose state the record shows from then on.
    pub as_of: Day,
    /// The wrong value is still in the record.
    pub typo: bool,
}

/// All that the insurer learned of a membership, in that order; empty when it never learned of it.
pub fn learned(membership: &Membership) -> Vec<Learned> {
    let Some(first) = membership.from_reported else { return Vec::new() };
    let mut all = vec![(first, 0, membership.from, EventKind::Acquisition)];
    all.extend(membership.changes.iter().map(|&(happened, day)| (day, 1, happened, EventKind::Change)));
    if let Some(day) = membership.typo.and_then(|t| t.corrected) {
        all.push((day, 2, membership.from, EventKind::Correction));
    }
    if let (Some(day), Some(until)) = (membership.until_reported, membership.until) {
        all.push((day, 3, until, EventKind::Loss));
    }
    all.sort_unstable_by_key(|&(day, rank, happened, _)| (day, rank, happened));
    let mut as_of = membership.from;
    let mut typo = membership.typo.is_some();
    let state = |(reported, _, happened, kind)| {
        if kind == EventKind::Change {
            as_of = as_of.max(happened);
        }
        typo &= kind != EventKind::Correction;
        Learned { kind, happened, reported, as_of, typo }
    };
    all.into_iter().map(state).collect()
}

/// The row of the first load and the event rows after it.
pub fn first_load(
    family: &Family,
    membership: &Membership,
    learned: &[Learned],
    opening: Day,
) -> (Option<MemberRow>, Vec<InsurerEventRow>) {
    let known = learned.partition_point(|l| l.reported <= opening);
    let (before, after) = learned.split_at(known);
    let row = before.last().and_then(|last| member_row(family, membership, last));
    let event = |l: &Learned| {
        member_row(family, membership, l).map(|member| InsurerEventRow {
            event: l.kind,
            happened_on: l.happened,
            member,
        })
    };
    (row, after.iter().filter_map(event).collect())
}

/// The record after something was learned; `None` when the membership is of nobody in the family.
pub fn member_row(family: &Family, membership: &Membership, learned: &Learned) -> Option<MemberRow> {
    let person = family.person(membership.slot)?;
    let insurer = INSURERS.get(membership.insurer)?;
    let lost = learned.kind == EventKind::Loss;
    let as_of = learned.as_of;
    let home = family.home_of(person, as_of)?;
    let terms = Terms::of(person, insurer.kind, as_of);
    let wrong = |kind| learned.typo && membership.typo.is_some_and(|t| t.kind == kind);
    Some(MemberRow {
        insurer_number: insurer.number.to_owned(),
        symbol: membership.symbol.clone(),
        number: membership.number.clone(),
        branch: membership.branch.clone(),
        my_number: format!("{:012}", person.my_number),
        name: if wrong(ErrorKind::NameVariant) { plain_name(person, as_of) } else { person.name_on(as_of) },
        kana: if wrong(ErrorKind::KanaTypo) { slip(&person.kana_on(as_of)) } else { person.kana_on(as_of) },
        birth: if wrong(ErrorKind::BirthTypo) { person.birth.plus(-1) } else { person.birth },
        sex: person.sex,
        relation: membership.relation,
        postal_code: home.postal_code.clone(),
        address: home.address.clone(),
        acquired_on: membership.from,
        lost_on: membership.until.filter(|_| lost),
        loss_reason: membership.loss_reason.filter(|_| lost),
        ratio: terms.ratio.to_owned(),
        preschool: terms.preschool.then_some(1),
        elderly_from: terms.elderly.map(|e| e.0),
        elderly_until: terms.elderly.map(|e| e.1),
        elderly_ratio: terms.elderly.map(|_| terms.ratio.to_owned()),
        limit_class: terms.limit.map(|l| l.class.to_owned()),
        limit_flag: terms.limit.map(|l| l.flag.to_owned()),
        limit_from: terms.limit.map(|l| l.from),
        limit_until: terms.limit.map(|l| l.until),
        acquisition_reported_on: membership.from_reported?,
        reported_on: learned.reported,
    })
}

/// The reports that say the same as first load and events together: of a membership that had ended before the first
/// load, its beginning and its end.
pub fn reports<'a>(
    loaded: Option<&'a MemberRow>,
    events: &'a [InsurerEventRow],
) -> impl Iterator<Item = ReportRow<'a>> {
    let begun = loaded.map(|row| {
        let begun = ReportRow::new(EventKind::Acquisition, None, row, row.acquisition_reported_on);
        ReportRow { disqualified_on: None, loss_reason: "", ..begun }
    });
    let ended = loaded.filter(|row| row.lost_on.is_some());
    let ended = ended.map(|row| ReportRow::new(EventKind::Loss, None, row, row.reported_on));
    let later =
        events.iter().map(|e| ReportRow::new(e.event, Some(e.happened_on), &e.member, e.member.reported_on));
    begun.into_iter().chain(ended).chain(later)
}

/// What the law and the certificates say of the share someone pays on a day.
struct Terms {
    ratio: &'static str,
    preschool: bool,
    elderly: Option<(Day, Day)>,
    limit: Option<Limit>,
}

impl Terms {
    fn of(person: &Person, kind: InsurerKind, day: Day) -> Self {
        let late = person.late_elderly_from();
        let elderly = elderly_from(person.birth);
        let holds = kind != InsurerKind::Koki && elderly <= day && day < late;
        let preschool = day < school_from(person.birth);
        let ratio = match person.burden {
            _ if preschool => "020",
            _ if day < elderly => "030",
            10 if holds => "020",
            10 => "010",
            20 => "020",
            _ => "030",
        };
        Self {
            ratio,
            preschool,
            elderly: holds.then(|| (elderly, late.plus(-1))),
            limit: person.limit.filter(|l| l.from <= day && day <= l.until),
        }
    }
}

fn plain_name(person: &Person, day: Day) -> String {
    [person.family_on(day).plain, "\u{3000}", person.given.written].concat()
}

/// The reading with its last sound mistyped.
fn slip(kana: &str) -> String {
    let mut slipped = kana.to_owned();
    let last = slipped.pop();
    slipped.push(if last == Some('コ') { 'ミ' } else { 'コ' });
    slipped
}
