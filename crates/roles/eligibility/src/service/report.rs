//! One report of one membership.

use access::{Action, Purpose};
use codes::{InsuranceCode, OrgId};
use protocol_admin::report::{MembershipReport, ReportOutcome, ReportResult};
use wire::Problem;

use super::arrivals::Arrival;
use super::links::Resolved;
use super::{EPOCH, Inner, Service};
use crate::model::admit::{Refusal, check_alone};
use crate::model::{Report, codec};
use crate::problems;
use crate::store::{self, Fate, Incoming, Taking};

impl Service {
    /// Takes a report from the insurer whose member it is about. Sending it again is harmless.
    ///
    /// # Errors
    /// When the caller is another organisation, or the issuer is needed and cannot be reached. What is wrong with the
    /// report itself is said in the outcome.
    pub async fn report(&self, asker: &OrgId, report: MembershipReport) -> Result<ReportOutcome, Problem> {
        let insurer = report.insured.insurer;
        self.permit(asker, &OrgId::insurer(&insurer), Action::EligibilityReport, Purpose::MembershipReport)?;
        let my_number = report.my_number.clone();
        let report = Report::from(report);
        let report_id = report.report_id.clone();
        if let Err(refusal) = check_alone(&report, self.clock.today()) {
            return Ok(ReportOutcome { report_id, result: refused(refusal) });
        }
        let resolved = self.resolve(&[my_number]).await?;
        let resolved = resolved.first().copied().ok_or_else(|| problems::internal("nothing was resolved"))?;
        let arrival = self.arrivals.begin(self.clock.now());
        let Some(incoming) = self.incoming(0, resolved, report, &arrival) else {
            return Ok(ReportOutcome { report_id, result: refused(not_on_register()) });
        };
        let person = InsuranceCode::from_bytes(incoming.person);
        let fate = self.take_one(incoming, &arrival).await?;
        drop(arrival);
        self.telling.notify_one();
        self.note_reporter(insurer, self.clock.now());
        let result = match fate {
            Fate::Accepted => ReportResult::Accepted {
                person_code: self.codes.org_code_one(asker, EPOCH, &person).map_err(problems::internal)?,
            },
            Fate::Repeated => ReportResult::Repeated,
            Fate::Refused(refused) => self::refused(refused.refusal),
        };
        Ok(ReportOutcome { report_id, result })
    }
}

impl Inner {
    async fn take_one(&self, incoming: Incoming, arrival: &Arrival) -> Result<Fate, Problem> {
        let (at, insurer) = (arrival.at(), incoming.report.insurer());
        let taking = Taking { at, handover: self.is_handover(), file: false };
        let taken = self.store.db().write(move |tx| {
            let fates = store::take_in(tx, taking, |intake| intake.take(vec![incoming.clone()]))?;
            store::note_insurer(
                tx,
                insurer,
                at,
                fates.iter().filter(|f| **f == Fate::Accepted).count() as i64,
            )?;
            Ok::<_, ::store::StoreError>(fates)
        });
        let fate = taken.await.map_err(problems::internal)?.into_iter().next();
        fate.ok_or_else(|| problems::internal("a report without a fate"))
    }

    /// A report ready for the store; `None` when its person is not on the resident register.
    pub(super) fn incoming(
        &self,
        line: u64,
        resolved: Resolved,
        report: Report,
        arrival: &Arrival,
    ) -> Option<Incoming> {
        let person = resolved.code?;
        let known_from = self.known_from(&report, arrival);
        let mut body = Vec::with_capacity(192);
        codec::encode(known_from, &report, &mut body);
        let number = report.insured.normalized().without_branch().to_owned();
        let Resolved { sealed, known, .. } = resolved;
        let reported = true;
        Some(Incoming { line, sealed, person, known, reported, known_from, report, body, number })
    }

    /// Since when a report counts as known: since its arrival; in the hand-over of the insurers' registers, since the
    /// insurer knew it.
    fn known_from(&self, report: &Report, arrival: &Arrival) -> calendar::Timestamp {
        if self.is_handover() {
            calendar::Timestamp::start_of(report.notified_on).min(arrival.at())
        } else {
            arrival.at()
        }
    }
}

/// The refusal of a My Number that the issuer does not know.
pub(super) fn not_on_register() -> Refusal {
    Refusal::new(
        "not-on-register",
        "my_number",
        "この個人番号は住民基本台帳にありません。番号を確かめてください。",
        "no resident has this My Number: check it",
    )
}

fn refused(refusal: Refusal) -> ReportResult {
    let Refusal { code, field, ja, en } = refusal;
    ReportResult::Refused { code: code.to_owned(), field: field.to_owned(), ja, en }
}
