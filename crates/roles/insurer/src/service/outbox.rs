//! Reports on their way to the eligibility service: at once for one, as a file for many, again until answered.

use std::time::Duration;

use protocol_admin::{
    clients::ReportClient,
    report::{FileOutcome, MembershipReport, RefusedRow, ReportResult},
    report_file::{FileHeader, Writer},
};
use wire::{Problem, Shutdown};

use super::Service;
use crate::{
    model::ReportState,
    problems::{self, Refusal},
    store as sql,
};

/// Above this many, reports travel as a file.
const SINGLY: usize = 20;
/// Reports a file: bounds memory, not the number that can be reported.
const FILE: i64 = 20_000;
/// Pause between two looks at the queue.
const PAUSE: Duration = Duration::from_secs(5);

impl Service {
    /// Sends what waits until nothing does; answers how many reports were answered.
    ///
    /// # Errors
    /// When the service cannot be reached or refuses a whole file; what was answered stays answered.
    pub async fn send_reports(&self) -> Result<u64, Problem> {
        let mut answered = 0;
        loop {
            let waiting = self.waiting().await?;
            if waiting.is_empty() {
                return Ok(answered);
            }
            answered += waiting.len() as u64;
            if waiting.len() <= SINGLY {
                for report in &waiting {
                    self.send_one(report).await?;
                }
            } else {
                self.send_file(waiting).await?;
            }
        }
    }

    /// Sends what waits, until `shutdown`.
    pub async fn run_reports(self, shutdown: Shutdown) {
        loop {
            tokio::select! {
                () = shutdown.wait() => return,
                () = tokio::time::sleep(PAUSE) => {}
            }
            if let Err(problem) = self.send_reports().await {
                tracing::warn!(code = problem.code(), "reports wait");
            }
        }
    }

    /// Sends one report and keeps the answer.
    pub(super) async fn send_one(&self, report: &MembershipReport) -> Result<ReportResult, Problem> {
        let outcome = self.reporter()?.report(report).await.map_err(Problem::from)?;
        let state = match outcome.result {
            ReportResult::Accepted { .. } | ReportResult::Repeated => ReportState::Accepted,
            ReportResult::Refused { .. } => ReportState::Refused,
        };
        let text = serde_json::to_string(&outcome.result).map_err(problems::internal)?;
        let report_id = report.report_id.clone();
        self.db
            .write(move |tx| sql::answer_report(tx, &report_id, state, &text).map_err(Refusal::from))
            .await
            .map_err(|r| r.0)?;
        Ok(outcome.result)
    }

    async fn send_file(&self, reports: Vec<MembershipReport>) -> Result<(), Problem> {
        let now = self.clock.now();
        let header = FileHeader {
            insurer: self.number,
            file_id: codes::ExchangeId::new(now.as_millis()).to_string(),
            written_at: now,
        };
        let mut writer = Writer::new(Vec::new(), &header).map_err(problems::internal)?;
        for report in &reports {
            writer.write(report).map_err(problems::internal)?;
        }
        let file = writer.finish().map_err(problems::internal)?;
        let outcome = self.reporter()?.report_file(file).await.map_err(Problem::from)?;
        let names: Vec<String> = reports.into_iter().map(|r| r.report_id).collect();
        self.db.write(move |tx| answer_file(tx, &names, &outcome)).await.map_err(|r: Refusal| r.0)
    }

    async fn waiting(&self) -> Result<Vec<MembershipReport>, Problem> {
        let sealed = self
            .db
            .read(|c| sql::waiting(c, FILE))
            .await
            .map_err(|e: store::StoreError| problems::internal(e))?;
        sealed
            .into_iter()
            .map(|(report_id, message)| {
                let message = self
                    .custody
                    .open_row(&codes::KeyName::ROW_SEAL, report_id.as_bytes(), &message)
                    .map_err(problems::internal)?;
                serde_json::from_slice(&message).map_err(problems::internal)
            })
            .collect()
    }

    fn reporter(&self) -> Result<ReportClient, Problem> {
        let service = self.eligibility()?;
        Ok(ReportClient::new(self.client.clone(), service))
    }
}

fn answer_file(tx: &mut store::Tx<'_>, names: &[String], outcome: &FileOutcome) -> Result<(), Refusal> {
    let accepted = serde_json::json!({ "result": "accepted-in-file", "file": outcome.file_id }).to_string();
    for name in names {
        match outcome.refused.iter().find(|row| row.report_id == *name) {
            Some(row) => {
                sql::answer_report(tx, name, ReportState::Refused, &refusal(row)?)?;
            }
            None => sql::answer_report(tx, name, ReportState::Accepted, &accepted)?,
        }
    }
    Ok(())
}

fn refusal(row: &RefusedRow) -> Result<String, Problem> {
    let result = ReportResult::Refused {
        code: "row".into(),
        field: row.field.clone(),
        ja: row.ja.clone(),
        en: row.en.clone(),
    };
    serde_json::to_string(&result).map_err(problems::internal)
}
