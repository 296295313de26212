//! The work lists: what insurers must settle, opened and closed by the reports themselves.

use std::fmt::Write as _;

use calendar::{Date, Timestamp};
use codes::InsurerNumber;
use protocol::eligibility::WorkKind;
use protocol_admin::report::ReportAct;
use sha2::{Digest, Sha256};
use store::{StoreError, Tx, params};

use super::Store;
use crate::model::overlap::{Key, Overlap, key, overlaps, settles_lateness};
use crate::model::{Membership, Report};

/// A work item as stored; the insurer's name is the service's to add.
#[derive(Clone, Debug)]
pub struct WorkRow {
    /// Stable name.
    pub id: String,
    /// Kind.
    pub kind: WorkKind,
    /// The member as the asking insurer printed them.
    pub insured: String,
    /// The member's name as the asking insurer knows it.
    pub name: String,
    /// The other insurer.
    pub other_insurer: Option<InsurerNumber>,
    /// First day in question.
    pub from: Date,
    /// First day no longer in question.
    pub until: Option<Date>,
    /// When noticed.
    pub opened_at: Timestamp,
    /// When settled.
    pub closed_at: Option<Timestamp>,
}

impl Store {
    /// The open items of one insurer, newest first, at most `limit`.
    ///
    /// # Errors
    /// The store's. So for all methods here.
    pub async fn work_list(&self, insurer: InsurerNumber, limit: i64) -> Result<Vec<WorkRow>, StoreError> {
        const SQL: &str = "SELECT id, kind, insured, name, other_insurer, from_day, until_day, opened_at, \
            closed_at FROM work_item WHERE insurer = $1 AND closed_at IS NULL \
            ORDER BY opened_at DESC, id LIMIT $2";
        self.db().read(move |c| c.query(SQL, params![&insurer.to_string(), limit], row)).await
    }

    /// Open items by kind, over all insurers.
    pub async fn work_counts(&self) -> Result<Vec<(WorkKind, i64)>, StoreError> {
        const SQL: &str =
            "SELECT kind, COUNT(*) FROM work_item WHERE closed_at IS NULL GROUP BY kind ORDER BY kind";
        self.db().read(|c| c.query(SQL, &[], |row| Ok((kind(row.text(0)?)?, row.int(1)?)))).await
    }
}

/// The name of a late report's item.
pub fn late_item_id(person: &[u8; 16], key: Key, act: ReportAct) -> String {
    let act = if act == ReportAct::Loss { "loss" } else { "acquisition" };
    named("late", person, &[&key.insurer.to_string(), &key.qualified_on.to_string(), act])
}

/// Opens an item for each overlap that a report made and closes those that it settled.
pub(super) fn settle_overlaps(
    tx: &mut Tx<'_>,
    person: &[u8; 16],
    before: &[Membership<'_>],
    after: &[Membership<'_>],
    at: Timestamp,
) -> Result<(), StoreError> {
    let (old, new) = (overlaps(before), overlaps(after));
    for gone in old.iter().filter(|o| !new.iter().any(|n| n.one == o.one && n.other == o.other)) {
        let id = overlap_id(person, gone);
        close(tx, gone.one.insurer, &id, at)?;
        close(tx, gone.other.insurer, &id, at)?;
    }
    for overlap in new.iter().filter(|n| !old.contains(n)) {
        let id = overlap_id(person, overlap);
        // An insurer that overlaps itself finds one item, about the later membership.
        let both = [(overlap.other, overlap.one), (overlap.one, overlap.other)];
        let concerned = if overlap.one.insurer == overlap.other.insurer { 1 } else { 2 };
        for (own, other) in both.into_iter().take(concerned) {
            let Some(membership) = after.iter().find(|m| key(m) == own) else { continue };
            let facts = membership.facts_on(overlap.days.from);
            let other = (other.insurer != own.insurer).then_some(other.insurer);
            open(tx, &id, &Finding { kind: WorkKind::Overlap, facts, other, days: overlap.days, at })?;
        }
    }
    Ok(())
}

/// Opens an item for a report that came too late; closes those of a membership that was put right.
pub(super) fn settle_lateness(
    tx: &mut Tx<'_>,
    person: &[u8; 16],
    report: &Report,
    at: Timestamp,
) -> Result<(), StoreError> {
    let key = Key { insurer: report.insurer(), qualified_on: report.qualified_on };
    if report.is_late() {
        let id = late_item_id(person, key, report.act);
        let days = calendar::Interval::new(report.fact_day(), Some(report.notified_on));
        open(tx, &id, &Finding { kind: WorkKind::LateReport, facts: report, other: None, days, at })?;
    }
    if settles_lateness(report) {
        for act in [ReportAct::Acquisition, ReportAct::Loss] {
            close(tx, key.insurer, &late_item_id(person, key, act), at)?;
        }
    }
    Ok(())
}

/// Something that an insurer has to look at.
struct Finding<'a> {
    kind: WorkKind,
    /// The member as that insurer reported them.
    facts: &'a Report,
    other: Option<InsurerNumber>,
    days: calendar::Interval,
    at: Timestamp,
}

fn open(tx: &mut Tx<'_>, id: &str, finding: &Finding<'_>) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO work_item \
        (insurer, id, kind, insured, name, other_insurer, from_day, until_day, opened_at) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (insurer, id) DO UPDATE SET \
        insured = excluded.insured, name = excluded.name, from_day = excluded.from_day, \
        until_day = excluded.until_day, closed_at = NULL";
    let Finding { kind, facts, other, days, at } = finding;
    let other = other.map(|o| o.to_string());
    let (insurer, insured) = (facts.insurer().to_string(), facts.insured.to_string());
    let row = params![
        &insurer,
        id,
        name_of(*kind),
        &insured,
        &facts.person.name,
        other.as_deref(),
        days.from.to_days(),
        days.until.map(Date::to_days),
        at.as_millis(),
    ];
    tx.execute(SQL, row).map(|_| ())
}

fn close(tx: &mut Tx<'_>, insurer: InsurerNumber, id: &str, at: Timestamp) -> Result<(), StoreError> {
    const SQL: &str =
        "UPDATE work_item SET closed_at = $3 WHERE insurer = $1 AND id = $2 AND closed_at IS NULL";
    tx.execute(SQL, params![&insurer.to_string(), id, at.as_millis()]).map(|_| ())
}

fn overlap_id(person: &[u8; 16], overlap: &Overlap) -> String {
    let part = |key: Key| format!("{}@{}", key.insurer, key.qualified_on);
    named("overlap", person, &[&part(overlap.one), &part(overlap.other)])
}

/// A name that is the same every time and tells nothing of the person.
fn named(kind: &str, person: &[u8; 16], parts: &[&str]) -> String {
    let mut hash = Sha256::new_with_prefix(b"musubi.eligibility.work.v1");
    hash.update(person);
    for part in parts {
        hash.update([0]);
        hash.update(part.as_bytes());
    }
    hash.finalize().iter().take(10).fold(format!("{kind}-"), |mut name, byte| {
        // Writing to a String cannot fail.
        let _ = write!(name, "{byte:02x}");
        name
    })
}

fn row(row: &store::Row<'_>) -> Result<WorkRow, StoreError> {
    Ok(WorkRow {
        id: row.text(0)?.to_owned(),
        kind: kind(row.text(1)?)?,
        insured: row.text(2)?.to_owned(),
        name: row.text(3)?.to_owned(),
        other_insurer: row.opt_text(4)?.map(|_| row.parse(4)).transpose()?,
        from: day(row.int(5)?, 5)?,
        until: row.opt_int(6)?.map(|days| day(days, 6)).transpose()?,
        opened_at: Timestamp::from_millis(row.int(7)?),
        closed_at: row.opt_int(8)?.map(Timestamp::from_millis),
    })
}

pub(super) fn day(days: i64, column: usize) -> Result<Date, StoreError> {
    let days = i32::try_from(days).map_err(|e| StoreError::decode(column, "a day", e))?;
    Date::from_days(days).map_err(|e| StoreError::decode(column, "a day", e))
}

fn name_of(kind: WorkKind) -> &'static str {
    match kind {
        WorkKind::Overlap => "overlap",
        WorkKind::LateReport => "late-report",
    }
}

fn kind(name: &str) -> Result<WorkKind, StoreError> {
    match name {
        "overlap" => Ok(WorkKind::Overlap),
        "late-report" => Ok(WorkKind::LateReport),
        other => Err(StoreError::decode(1, "a kind of work item", other)),
    }
}
