//! What the insurer does: it keeps its members and reports them.

mod desk;
mod import;
mod notices;
mod outbox;
mod search;

use std::sync::Arc;

use access::Directory;
use calendar::Clock;
use codes::{Custody, ExchangeId, InsurerNumber, OrgId, OrgKind};
use ledger::{Entry, Ledger};
use my_number::{MyNumber, SealedMyNumber};
use protocol_admin::report::{MembershipReport, ReportAct};
use store::Db;
use wire::Problem;

pub use desk::{DeskAct, DeskOutcome};
pub use import::ImportReport;
pub use search::{MemberPage, name_of_act};

use crate::{
    model::{Member, Record},
    problems,
    store::{self as sql, Counts},
};

/// The insurer at work.
#[derive(Clone)]
pub struct Service {
    /// Who this insurer is.
    pub org: OrgId,
    /// Its number.
    pub number: InsurerNumber,
    /// Its name, Japanese and English.
    pub name: (String, String),
    /// Its tables.
    pub db: Db,
    /// Its ledger.
    pub ledger: Ledger,
    /// Its keys.
    pub custody: Arc<dyn Custody>,
    /// Who is who.
    pub directory: Directory,
    /// The way to the other roles.
    pub client: wire::Client,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

impl Service {
    /// The numbers on the desk's first page.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn counts(&self) -> Result<Counts, Problem> {
        self.db.read(sql::counts).await.map_err(|e: store::StoreError| problems::internal(e))
    }

    /// Where the eligibility service is.
    fn eligibility(&self) -> Result<String, Problem> {
        let known = self.directory.of_kind(OrgKind::Eligibility).into_iter().find_map(|org| org.api.clone());
        known.ok_or_else(|| problems::internal("the directory names no eligibility service with an address"))
    }

    async fn log(
        &self,
        kind: &'static str,
        person: Option<&SealedMyNumber>,
        body: serde_json::Value,
    ) -> Result<(), Problem> {
        let at = self.clock.now().as_millis();
        let entry = Entry {
            kind,
            person: person.map(|p| self.ledger.person_digest(p.as_bytes())),
            exchange: ExchangeId::new(at),
            at,
            body: body.to_string().into_bytes(),
        };
        self.ledger.append(entry).await.map(drop).map_err(problems::internal)
    }

    /// Writes the change and queues its report, in the caller's transaction. A report of the same name that is
    /// known already changes nothing.
    fn apply(&self, tx: &mut store::Tx<'_>, change: &Change, at: i64) -> Result<(), problems::Refusal> {
        let Change { report, member, act } = change;
        let message = serde_json::to_vec(report).map_err(problems::internal)?;
        let message = self
            .custody
            .seal_row(&codes::KeyName::ROW_SEAL, report.report_id.as_bytes(), &message)
            .map_err(problems::internal)?;
        if !sql::put_report(tx, &report.report_id, member, &message, at)? {
            return Ok(());
        }
        if *act == ReportAct::Cancellation {
            sql::remove_member(tx, &member.my_number, member.record.qualified_on)?;
        } else {
            sql::put_member(tx, member, at)?;
        }
        sql::put_change(tx, member, at, &report.report_id, act_word(*act))?;
        Ok(())
    }

    fn change(
        &self,
        report_id: String,
        act: ReportAct,
        my_number: MyNumber,
        record: Record,
        effective_on: Option<calendar::Date>,
    ) -> Result<Change, codes::CustodyError> {
        let sealed = my_number.seal(&*self.custody)?;
        Ok(Change {
            report: record.report(report_id, act, my_number, effective_on),
            member: Member { my_number: sealed, record },
            act,
        })
    }
}

/// A change of a member with the report that tells of it.
struct Change {
    report: MembershipReport,
    member: Member,
    act: ReportAct,
}

fn act_word(act: ReportAct) -> &'static str {
    match act {
        ReportAct::Acquisition => "acquisition",
        ReportAct::Loss => "loss",
        ReportAct::Change => "change",
        ReportAct::Correction => "correction",
        ReportAct::Cancellation => "cancellation",
    }
}
