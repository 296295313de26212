//! A file of reports: whole or nothing, but for the rows listed as refused.
//!
//! Three stages on three threads, joined by short queues: one parses and checks rows, one seals the My Numbers and
//! finds the persons (asking the issuer for those unknown), one writes. Memory holds a few batches, whatever the
//! file's size. The writer's transaction is the store's one; checks read beside it.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use access::{Action, Purpose};
use codes::{ExchangeId, OrgId};
use my_number::MyNumber;
use protocol_admin::report::{FileOutcome, RefusedRow};
use protocol_admin::report_file::{FileError, FileHeader, Reader, Row};
use tokio::runtime::Handle;
use wire::Problem;

use super::Service;
use super::arrivals::Arrival;
use super::report::not_on_register;
use super::spool::{Spooled, Spooling};
use crate::model::Report;
use crate::model::admit::{Refusal, check_alone};
use crate::problems::{self, Refusal as Refused};
use crate::store::{self, Fate, FileTaken, Incoming, Intake, Taking};

/// Rows in a batch: as many as the issuer answers at once.
const BATCH: usize = protocol_admin::issuer::LINKS_MAX;

/// Batches that may wait between two stages.
const WAITING: usize = 1;

/// Refused rows that an outcome lists.
const LISTED: usize = 1_000;

impl Service {
    /// Takes a spooled file from the insurer that its first line names.
    ///
    /// # Errors
    /// When the file cannot be read to its end or is another insurer's: then nothing of it was applied.
    pub async fn take_file(&self, asker: &OrgId, file: Spooled) -> Result<FileOutcome, Problem> {
        let header = header(&file)?;
        let named = OrgId::insurer(&header.insurer);
        self.permit(asker, &named, Action::EligibilityReport, Purpose::MembershipReport)?;
        if let Some(before) = self.sent_before(&header, &file).await? {
            return Ok(before);
        }
        let _one_at_a_time = self.filing.try_lock().map_err(|_| problems::files_busy())?;
        let arrival = Arc::new(self.arrivals.begin(self.clock.now()));
        let work = FileWork {
            service: self.clone(),
            file: Arc::new(file),
            header,
            arrival: Arc::clone(&arrival),
            exchange: ExchangeId::new(self.clock.now().as_millis()),
            runtime: Handle::current(),
        };
        let insurer = work.header.insurer;
        let taken = self.store.db().write(move |tx| work.take(tx)).await;
        let outcome = taken.map_err(|Refused(problem)| problem)?;
        self.note_reporter(insurer, arrival.at());
        self.telling.notify_one();
        Ok(outcome)
    }

    /// The outcome of the same file, when it was taken before.
    async fn sent_before(&self, header: &FileHeader, file: &Spooled) -> Result<Option<FileOutcome>, Problem> {
        let before =
            self.store.file(header.insurer, header.file_id.clone()).await.map_err(problems::internal)?;
        let Some(before) = before else { return Ok(None) };
        if before.digest != file.digest() {
            return Err(problems::file_reused(&header.file_id));
        }
        let mut outcome: FileOutcome = serde_json::from_str(&before.outcome).map_err(problems::internal)?;
        outcome.repeated += outcome.accepted;
        outcome.accepted = 0;
        Ok(Some(outcome))
    }
}

/// All that the stages share. PostgreSQL may ask for the whole again, so nothing in it is used up.
struct FileWork {
    service: Service,
    file: Arc<Spooled>,
    header: FileHeader,
    arrival: Arc<Arrival>,
    exchange: ExchangeId,
    runtime: Handle,
}

/// Rows read, with the refusals among them.
#[derive(Default)]
struct Parsed {
    rows: u64,
    numbers: Vec<MyNumber>,
    reports: Vec<(u64, Report)>,
    refused: Vec<RefusedRow>,
}

/// Rows ready for the store.
#[derive(Default)]
struct Ready {
    rows: u64,
    incoming: Vec<Incoming>,
    refused: Vec<RefusedRow>,
}

impl FileWork {
    fn take(&self, tx: &mut ::store::Tx<'_>) -> Result<FileOutcome, Refused> {
        let (parsed, to_resolve) = sync_channel(WAITING);
        let (ready, to_write) = sync_channel(WAITING);
        let file = Arc::clone(&self.file);
        let today = self.service.clock.today();
        let parser = thread::Builder::new().name("report-parse".into());
        parser.spawn(move || parse(&file, today, &parsed)).map_err(problems::internal)?;
        let (service, arrival, runtime) =
            (self.service.clone(), Arc::clone(&self.arrival), self.runtime.clone());
        let resolver = thread::Builder::new().name("report-resolve".into());
        let work = move || resolve_all(&service, &arrival, &runtime, &to_resolve, &ready);
        resolver.spawn(work).map_err(problems::internal)?;
        let mut outcome = self.empty_outcome();
        let taking = Taking { at: self.arrival.at(), handover: self.service.is_handover(), file: true };
        store::take_in(tx, taking, |intake| {
            loop {
                match to_write.recv() {
                    Ok(Ok(Some(ready))) => write(intake, ready, &mut outcome)?,
                    Ok(Ok(None)) => return Ok(()),
                    Ok(Err(problem)) => return Err(Refused(problem)),
                    Err(_) => {
                        return Err(Refused(problems::internal("a stage of the file reader ended early")));
                    }
                }
            }
        })?;
        self.finish(tx, &mut outcome)?;
        Ok(outcome)
    }

    fn finish(&self, tx: &mut ::store::Tx<'_>, outcome: &mut FileOutcome) -> Result<(), Refused> {
        outcome.refused.sort_by_key(|row| row.line);
        let accepted = i64::try_from(outcome.accepted).unwrap_or(i64::MAX);
        store::note_insurer(tx, self.header.insurer, self.arrival.at(), accepted)?;
        let text = serde_json::to_string(&outcome).map_err(problems::internal)?;
        let taken = FileTaken { digest: self.file.digest(), outcome: text };
        store::remember_file(tx, self.header.insurer, &self.header.file_id, &taken)?;
        Ok(())
    }

    fn empty_outcome(&self) -> FileOutcome {
        FileOutcome {
            file_id: self.header.file_id.clone(),
            insurer: self.header.insurer,
            rows: 0,
            accepted: 0,
            repeated: 0,
            refused_rows: 0,
            refused: Vec::new(),
            at: self.arrival.at(),
            exchange: self.exchange,
        }
    }
}

/// Last stage: reports into the histories.
fn write(intake: &mut Intake<'_, '_>, ready: Ready, outcome: &mut FileOutcome) -> Result<(), Refused> {
    outcome.rows += ready.rows;
    for row in ready.refused {
        refuse(outcome, row);
    }
    for fate in intake.take(ready.incoming)? {
        match fate {
            Fate::Accepted => outcome.accepted += 1,
            Fate::Repeated => outcome.repeated += 1,
            Fate::Refused(refused) => {
                refuse(outcome, refused_row(refused.line, &refused.report_id, refused.refusal));
            }
        }
    }
    Ok(())
}

/// What a stage hands on: a batch, the end of the file, or why there is neither.
type Handed<T> = Result<Option<T>, Problem>;

/// First stage: rows to reports. Ends silently when nobody listens any more.
fn parse(file: &Spooled, today: calendar::Date, out: &SyncSender<Handed<Parsed>>) {
    let end = parse_rows(file, today, out);
    // The listener is gone when the transaction failed: then there is nobody to tell.
    let _ = match end {
        Ok(()) => out.send(Ok(None)),
        Err(error) => out.send(Err(problems::file(&error))),
    };
}

fn parse_rows(
    file: &Spooled,
    today: calendar::Date,
    out: &SyncSender<Handed<Parsed>>,
) -> Result<(), FileError> {
    let mut reader = Reader::new(file.read()?)?;
    let mut batch = Parsed::default();
    while let Some(row) = reader.next_row()? {
        batch.add(row, today);
        if batch.rows as usize == BATCH && out.send(Ok(Some(std::mem::take(&mut batch)))).is_err() {
            return Ok(());
        }
    }
    if batch.rows > 0 {
        // As above: without a listener there is nobody to tell.
        let _ = out.send(Ok(Some(batch)));
    }
    Ok(())
}

impl Parsed {
    fn add(&mut self, row: Row, today: calendar::Date) {
        self.rows += 1;
        match row.report {
            Ok(mut report) => {
                let number = report.my_number.clone();
                // The number goes on alone; the report leaves it behind.
                zeroize::Zeroize::zeroize(&mut report.my_number);
                let report = Report::from(report);
                match check_alone(&report, today) {
                    Ok(()) => {
                        self.numbers.push(number);
                        self.reports.push((row.line, report));
                    }
                    Err(refusal) => self.refused.push(refused_row(row.line, &report.report_id, refusal)),
                }
            }
            Err(error) => self.refused.push(RefusedRow {
                line: row.line,
                report_id: row.report_id,
                field: error.column.to_owned(),
                ja: error.ja,
                en: error.en,
            }),
        }
    }
}

/// Second stage: whose reports they are, and their stored form.
fn resolve_all(
    service: &Service,
    arrival: &Arrival,
    runtime: &Handle,
    input: &Receiver<Handed<Parsed>>,
    out: &SyncSender<Handed<Ready>>,
) {
    while let Ok(handed) = input.recv() {
        let (handed, last) = match handed {
            Ok(Some(parsed)) => (runtime.block_on(resolve(service, arrival, parsed)).map(Some), false),
            Ok(None) => (Ok(None), true),
            Err(problem) => (Err(problem), true),
        };
        let last = last || handed.is_err();
        if out.send(handed).is_err() || last {
            return;
        }
    }
}

async fn resolve(service: &Service, arrival: &Arrival, parsed: Parsed) -> Result<Ready, Problem> {
    let resolved = service.resolve(&parsed.numbers).await?;
    let mut ready = Ready { rows: parsed.rows, refused: parsed.refused, ..Ready::default() };
    ready.incoming.reserve(resolved.len());
    for (resolved, (line, report)) in resolved.into_iter().zip(parsed.reports) {
        let report_id = report.report_id.clone();
        match service.incoming(line, resolved, report, arrival) {
            Some(incoming) => ready.incoming.push(incoming),
            None => ready.refused.push(refused_row(line, &report_id, not_on_register())),
        }
    }
    service.store.note_reported_blocking(&mut ready.incoming).map_err(problems::internal)?;
    Ok(ready)
}

fn header(file: &Spooled) -> Result<FileHeader, Problem> {
    let read = || Reader::new(file.read()?).map(|reader| reader.header().clone());
    read().map_err(|error| problems::file(&error))
}

fn refuse(outcome: &mut FileOutcome, row: RefusedRow) {
    outcome.refused_rows += 1;
    if outcome.refused.len() < LISTED {
        outcome.refused.push(row);
    }
}

fn refused_row(line: u64, report_id: &str, refusal: Refusal) -> RefusedRow {
    let Refusal { field, ja, en, .. } = refusal;
    RefusedRow { line, report_id: report_id.to_owned(), field: field.to_owned(), ja, en }
}

impl Service {
    /// Begins to receive a file.
    ///
    /// # Errors
    /// The disk's.
    pub(crate) fn begin_spool(&self) -> std::io::Result<Spooling> {
        Spooling::begin(&self.spool, &ExchangeId::new(self.clock.now().as_millis()).to_string())
    }
}
