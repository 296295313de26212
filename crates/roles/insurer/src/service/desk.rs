//! What a clerk does at the desk: one change at a time, reported at once.

use calendar::Date;
use codes::ExchangeId;
use my_number::{MyNumber, SealedMyNumber};
use protocol::eligibility::LossReason;
use protocol_admin::report::{ReportAct, ReportResult};
use serde_json::json;
use wire::Problem;

use super::{Change, Service, act_word};
use crate::{
    model::Record,
    problems::{self, Refusal},
    store as sql,
};

/// A change that a clerk enters.
#[derive(Clone, Debug)]
pub enum DeskAct {
    /// A new membership.
    Acquire {
        /// The member's number.
        my_number: MyNumber,
        /// The membership.
        record: Box<Record>,
    },
    /// A membership ends.
    Lose {
        /// Which.
        member: (SealedMyNumber, Date),
        /// First day no longer covered.
        on: Date,
        /// Why.
        reason: LossReason,
        /// When the insurer learned it.
        notified_on: Date,
    },
    /// Something changed in the world from a day on.
    Change {
        /// Which.
        member: (SealedMyNumber, Date),
        /// From which day.
        on: Date,
        /// The membership after it.
        record: Box<Record>,
    },
    /// It was always as entered now.
    Correct {
        /// Which.
        member: (SealedMyNumber, Date),
        /// The membership as it should have been.
        record: Box<Record>,
    },
    /// It never was.
    Cancel {
        /// Which.
        member: (SealedMyNumber, Date),
    },
}

/// What became of it: always durable here; told to the service or waiting to be.
#[derive(Clone, Debug)]
pub struct DeskOutcome {
    /// What the service said; absent when it could not be reached (the report is sent again by itself).
    pub answer: Option<ReportResult>,
}

impl Service {
    /// Does what the clerk entered, and reports it.
    ///
    /// # Errors
    /// When an entry is impossible or the membership is not there; nothing was changed.
    pub async fn act(&self, clerk: &str, act: DeskAct) -> Result<DeskOutcome, Problem> {
        let now = self.clock.now();
        let report_id = format!("d-{}", ExchangeId::new(now.as_millis()));
        let change = self.prepare(act, report_id).await?;
        check(&change.member.record)?;
        let body = json!({ "clerk": clerk, "act": act_word(change.act), "report": change.report.report_id });
        self.log("insurer.change", Some(&change.member.my_number), body).await?;
        let (service, report) = (self.clone(), change.report.clone());
        self.db
            .write(move |tx| service.enter(tx, &change, now.as_millis()))
            .await
            .map_err(|r: Refusal| r.0)?;
        match self.send_one(&report).await {
            Ok(answer) => Ok(DeskOutcome { answer: Some(answer) }),
            Err(problem) => {
                tracing::warn!(code = problem.code(), report = report.report_id, "the report waits");
                Ok(DeskOutcome { answer: None })
            }
        }
    }

    fn enter(&self, tx: &mut store::Tx<'_>, change: &Change, at: i64) -> Result<(), Refusal> {
        let (number, day) = (&change.member.my_number, change.member.record.qualified_on);
        let exists = sql::member(tx, number, day)?.is_some();
        match (change.act, exists) {
            (ReportAct::Acquisition, true) => Err(problems::already_member().into()),
            (ReportAct::Acquisition, false) | (_, true) => self.apply(tx, change, at),
            (_, false) => Err(problems::no_such_member().into()),
        }
    }

    async fn prepare(&self, act: DeskAct, report_id: String) -> Result<Change, Problem> {
        match act {
            DeskAct::Acquire { my_number, record } => {
                self.made(report_id, ReportAct::Acquisition, my_number, *record, None)
            }
            DeskAct::Lose { member, on, reason, notified_on } => {
                let before = self.member(member.0, member.1).await?.member.record;
                let record =
                    Record { disqualified_on: Some(on), loss_reason: Some(reason), notified_on, ..before };
                self.of_member(report_id, ReportAct::Loss, member, record, None)
            }
            DeskAct::Change { member, on, record } => {
                self.of_member(report_id, ReportAct::Change, member, *record, Some(on))
            }
            DeskAct::Correct { member, record } => {
                self.of_member(report_id, ReportAct::Correction, member, *record, None)
            }
            DeskAct::Cancel { member } => {
                let record = self.member(member.0, member.1).await?.member.record;
                self.of_member(report_id, ReportAct::Cancellation, member, record, None)
            }
        }
    }

    fn of_member(
        &self,
        report_id: String,
        act: ReportAct,
        member: (SealedMyNumber, Date),
        record: Record,
        effective_on: Option<Date>,
    ) -> Result<Change, Problem> {
        let my_number = member.0.open(&*self.custody).map_err(|_| problems::no_such_member())?;
        self.made(report_id, act, my_number, Record { qualified_on: member.1, ..record }, effective_on)
    }

    fn made(
        &self,
        report_id: String,
        act: ReportAct,
        my_number: MyNumber,
        record: Record,
        effective_on: Option<Date>,
    ) -> Result<Change, Problem> {
        self.change(report_id, act, my_number, record, effective_on).map_err(problems::internal)
    }
}

/// Refuses what cannot be before it is written anywhere.
fn check(record: &Record) -> Result<(), Problem> {
    if record.person.birthdate > record.qualified_on {
        return Err(problems::field(
            "qualified_on",
            "資格取得日が生年月日より前です。",
            "the membership begins before the birth date",
        ));
    }
    if record.disqualified_on.is_some_and(|lost| lost < record.qualified_on) {
        return Err(problems::field(
            "disqualified_on",
            "資格喪失日が資格取得日より前です。",
            "the membership ends before it begins",
        ));
    }
    if record.disqualified_on.is_some() != record.loss_reason.is_some() {
        return Err(problems::field(
            "loss_reason",
            "資格喪失日と喪失事由は両方必要です。",
            "a loss has both a day and a reason",
        ));
    }
    Ok(())
}
