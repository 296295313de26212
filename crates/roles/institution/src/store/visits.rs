//! Visits and their questions.

use ::store::{Reader, Row, StoreError, Tx, params};
use calendar::{Date, Timestamp};
use codes::ExchangeId;
use kotoba::{fold_kana, fold_name};
use ledger::Receipt;
use protocol::{
    Sealed,
    eligibility::{CheckAnswer, CheckRequest},
    reader::ReaderStatement,
};

use super::words::{
    door_from_text, door_to_text, medical_from_text, shown_from_text, shown_to_text, standing_from_text,
    validity_to_text,
};
use super::{
    FolderFile, FolderRequest, Store, containing, folder, json, opt_json, opt_parse, registrations, to_json,
};
use crate::model::{DayCounts, Door, LocalNumber, Outcome, Question, Shown, Trouble, Visit, VisitLine};

/// A visit as it is written before the eligibility service is asked.
#[derive(Clone, Debug)]
pub struct NewVisit {
    /// The question; its exchange names the visit.
    pub request: CheckRequest,
    /// By which door.
    pub door: Door,
    /// What was shown.
    pub shown: Shown,
    /// Name on the face of the card.
    pub face_name: Option<String>,
    /// What the reader signed.
    pub statement: Option<ReaderStatement>,
    /// When the desk received the person.
    pub received_at: Timestamp,
    /// The own ledger's receipt.
    pub entry: Receipt,
    /// When the question falls due again if this process dies now.
    pub retry_at: Timestamp,
    /// The card's own ticket for the relay: used when the answer is there.
    pub ticket: Option<Sealed>,
    /// The folder request that it answers.
    pub folder: Option<FolderRequest>,
}

/// What an answer changes, in one transaction.
#[derive(Clone, Debug)]
pub struct Settled {
    /// The answer, without its ticket.
    pub answer: CheckAnswer,
    /// The ticket, to be used at the relay.
    pub ticket: Option<Sealed>,
    /// Files that the folders must hold.
    pub files: Vec<FolderFile>,
    /// Now.
    pub at: Timestamp,
}

/// Which visits a list wants.
#[derive(Clone, Debug)]
pub enum VisitQuery {
    /// Of one day, newest first, those older than `before`.
    Day {
        /// Day of service.
        day: Date,
        /// Continue below this visit.
        before: Option<ExchangeId>,
    },
    /// Whose name or reading holds the text.
    Name(String),
    /// Born on this day.
    Birthdate(Date),
    /// Linked to this local patient.
    Patient(LocalNumber),
}

impl Store {
    /// Writes a visit and its first question.
    ///
    /// # Errors
    /// The store's.
    pub async fn insert_visit(&self, new: NewVisit) -> Result<(), StoreError> {
        self.0.write(move |tx| insert_visit(tx, &new)).await
    }

    /// Writes a further question of a visit.
    ///
    /// # Errors
    /// The store's.
    pub async fn insert_question(
        &self,
        visit: ExchangeId,
        request: CheckRequest,
        entry: Receipt,
        asked_at: Timestamp,
        retry_at: Timestamp,
    ) -> Result<(), StoreError> {
        self.0.write(move |tx| insert_question(tx, visit, &request, &entry, asked_at, retry_at)).await
    }

    /// Takes a question for one attempt: its request and the number of the attempt, or `None` when it is settled
    /// already. Until `retry_at` nobody else takes it.
    ///
    /// # Errors
    /// The store's.
    pub async fn take_question(
        &self,
        exchange: ExchangeId,
        retry_at: Timestamp,
    ) -> Result<Option<(CheckRequest, u32)>, StoreError> {
        self.0
            .write(move |tx| {
                tx.query_one(
                    "UPDATE question SET attempts = attempts + 1, next_try_at = $2 \
                     WHERE exchange = $1 AND state IN ('asking', 'unconfirmed') RETURNING request, attempts",
                    params![&exchange.to_string(), retry_at.as_millis()],
                    |row| Ok((json(row, 0)?, u32::try_from(row.int(1)?).unwrap_or(u32::MAX))),
                )
            })
            .await
    }

    /// Questions that are due, longest waiting first, at most `limit`.
    ///
    /// # Errors
    /// The store's.
    pub async fn due_questions(&self, now: Timestamp, limit: u32) -> Result<Vec<ExchangeId>, StoreError> {
        self.0
            .read(move |reader| {
                reader.query(
                    "SELECT exchange FROM question WHERE next_try_at IS NOT NULL AND next_try_at <= $1 \
                     ORDER BY next_try_at LIMIT $2",
                    params![now.as_millis(), limit],
                    |row| row.parse(0),
                )
            })
            .await
    }

    /// Writes an answer, everything that follows from it, or nothing. False when the question was settled before.
    ///
    /// # Errors
    /// The store's.
    pub async fn settle(&self, settled: Settled) -> Result<bool, StoreError> {
        self.0.write(move |tx| settle(tx, &settled)).await
    }

    /// Writes why there is no answer: `retry_at` when the question is asked again, `None` when it was refused.
    ///
    /// # Errors
    /// The store's.
    pub async fn unsettled(
        &self,
        exchange: ExchangeId,
        trouble: Trouble,
        retry_at: Option<Timestamp>,
        files: Vec<FolderFile>,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let state = if retry_at.is_some() { "unconfirmed" } else { "refused" };
        let trouble = to_json(&trouble)?;
        self.0
            .write(move |tx| {
                let changed = tx.execute(
                    "UPDATE question SET state = $2, trouble = $3, next_try_at = $4 \
                     WHERE exchange = $1 AND state IN ('asking', 'unconfirmed')",
                    params![&exchange.to_string(), state, &trouble, retry_at.map(Timestamp::as_millis)],
                )?;
                if changed == 1 {
                    folder::put_files(tx, &files, at)?;
                    if retry_at.is_none() {
                        registrations::drop_waiting(tx, exchange)?;
                    }
                }
                Ok(())
            })
            .await
    }

    /// One visit with everything that a page shows of it.
    ///
    /// # Errors
    /// The store's.
    pub async fn visit(&self, id: ExchangeId) -> Result<Option<Visit>, StoreError> {
        self.0.read(move |reader| visit(reader, id)).await
    }

    /// All questions of a visit, first one first.
    ///
    /// # Errors
    /// The store's.
    pub async fn questions(&self, visit: ExchangeId) -> Result<Vec<Question>, StoreError> {
        self.0
            .read(move |reader| {
                let sql = format!(
                    "SELECT {QUESTION} FROM question q WHERE q.visit = $1 \
                     ORDER BY CASE WHEN q.exchange = q.visit THEN 0 ELSE 1 END, q.asked_at, q.exchange"
                );
                reader.query(&sql, params![&visit.to_string()], |row| question(row, 0))
            })
            .await
    }

    /// A list of visits, newest first, at most `limit`.
    ///
    /// # Errors
    /// The store's.
    pub async fn visits(&self, query: VisitQuery, limit: u32) -> Result<Vec<VisitLine>, StoreError> {
        self.0.read(move |reader| visits(reader, &query, limit)).await
    }

    /// How a day's visits stand.
    ///
    /// # Errors
    /// The store's.
    pub async fn day_counts(&self, day: Date) -> Result<DayCounts, StoreError> {
        self.0
            .read(move |reader| {
                let mut counts = DayCounts::default();
                reader.for_each(
                    "SELECT q.state, q.validity, COUNT(*) FROM visit v JOIN question q ON q.exchange = v.id \
                     WHERE v.day = $1 GROUP BY q.state, q.validity",
                    params![&day.to_string()],
                    |row| {
                        let number = u64::try_from(row.int(2)?).unwrap_or_default();
                        counts.all += number;
                        match (row.text(0)?, row.opt_text(1)?) {
                            ("answered", Some("valid")) => counts.valid += number,
                            ("answered" | "refused", _) => counts.attention += number,
                            _ => counts.open += number,
                        }
                        Ok(true)
                    },
                )?;
                Ok(counts)
            })
            .await
    }
}

fn insert_visit(tx: &mut Tx<'_>, new: &NewVisit) -> Result<(), StoreError> {
    let request = &new.request;
    let (road, mode) = shown_to_text(new.shown);
    let name = new.face_name.clone().unwrap_or_default();
    let statement = new.statement.as_ref().map(to_json).transpose()?;
    let birthdate = match &request.presented {
        protocol::eligibility::Presented::InsuredPerson { birthdate, .. } => Some(birthdate.to_string()),
        _ => None,
    };
    tx.execute(
        "INSERT INTO visit (id, day, received_at, terminal, door, road, mode, face_name, statement, name, \
         name_key, kana_key, birthdate) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, '', $12)",
        params![
            &request.exchange.to_string(),
            &request.on.to_string(),
            new.received_at.as_millis(),
            &request.terminal,
            door_to_text(new.door),
            road,
            mode,
            new.face_name.as_ref(),
            statement.as_ref(),
            &name,
            &fold_name(&name),
            birthdate.as_ref(),
        ],
    )?;
    insert_question(tx, request.exchange, request, &new.entry, new.received_at, new.retry_at)?;
    if let Some(ticket) = &new.ticket {
        registrations::put_waiting(tx, request.exchange, ticket)?;
    }
    if let Some(folder) = &new.folder {
        folder::bind_request(tx, folder, request.exchange, new.received_at)?;
    }
    Ok(())
}

fn insert_question(
    tx: &mut Tx<'_>,
    visit: ExchangeId,
    request: &CheckRequest,
    entry: &Receipt,
    asked_at: Timestamp,
    retry_at: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO question (exchange, visit, asked_at, request, entry, state, attempts, next_try_at) \
         VALUES ($1, $2, $3, $4, $5, 'asking', 0, $6)",
        params![
            &request.exchange.to_string(),
            &visit.to_string(),
            asked_at.as_millis(),
            &to_json(request)?,
            &to_json(entry)?,
            retry_at.as_millis(),
        ],
    )?;
    Ok(())
}

fn settle(tx: &mut Tx<'_>, settled: &Settled) -> Result<bool, StoreError> {
    let answer = &settled.answer;
    let exchange = answer.exchange.to_string();
    let visit = tx.query_one(
        "UPDATE question SET state = 'answered', validity = $2, answer = $3, trouble = NULL, next_try_at = NULL \
         WHERE exchange = $1 AND state IN ('asking', 'unconfirmed') RETURNING visit",
        params![&exchange, validity_to_text(answer.validity), &to_json(answer)?],
        |row| Ok(row.text(0)?.to_owned()),
    )?;
    let Some(visit) = visit else { return Ok(false) };
    if visit == exchange {
        describe_visit(tx, &visit, answer)?;
    }
    registrations::begin(tx, &visit, answer, settled.ticket.as_ref(), settled.at)?;
    folder::put_files(tx, &settled.files, settled.at)?;
    Ok(true)
}

/// What the first answer tells about the person, for lists and search.
fn describe_visit(tx: &mut Tx<'_>, visit: &str, answer: &CheckAnswer) -> Result<(), StoreError> {
    if let Some(code) = &answer.person_code {
        tx.execute("UPDATE visit SET person_code = $2 WHERE id = $1", params![visit, &code.to_string()])?;
    }
    let Some(person) = answer.memberships.first().map(|m| &m.person) else { return Ok(()) };
    tx.execute(
        "UPDATE visit SET name = $2, name_key = $3, kana_key = $4, birthdate = $5 WHERE id = $1",
        params![
            visit,
            &person.name,
            &fold_name(&person.name),
            &fold_kana(&person.kana),
            &person.birthdate.to_string()
        ],
    )?;
    Ok(())
}

fn visit(reader: &mut Reader<'_>, id: ExchangeId) -> Result<Option<Visit>, StoreError> {
    let sql = format!(
        "SELECT v.id, v.day, v.received_at, v.terminal, v.door, v.road, v.mode, v.face_name, v.statement, \
         v.person_code, l.local_number, r.state, {QUESTION} FROM visit v \
         JOIN question q ON q.exchange = v.id \
         LEFT JOIN link l ON l.person_code = v.person_code AND l.ended_at IS NULL \
         LEFT JOIN registration r ON r.exchange = v.id WHERE v.id = $1"
    );
    reader.query_one(&sql, params![&id.to_string()], |row| {
        Ok(Visit {
            id: row.parse(0)?,
            day: row.parse(1)?,
            received_at: Timestamp::from_millis(row.int(2)?),
            terminal: row.text(3)?.to_owned(),
            door: door_from_text(row, 4)?,
            shown: shown_from_text(row, 5, 6)?,
            face_name: row.opt_text(7)?.map(str::to_owned),
            statement: opt_json::<ReaderStatement>(row, 8)?,
            person_code: opt_parse(row, 9)?,
            patient: opt_parse(row, 10)?,
            medical: medical_from_text(row.opt_text(11)?),
            question: question(row, 12)?,
        })
    })
}

fn visits(reader: &mut Reader<'_>, query: &VisitQuery, limit: u32) -> Result<Vec<VisitLine>, StoreError> {
    let select = |condition: &str| {
        format!(
            "SELECT v.id, v.day, v.received_at, v.door, v.road, v.mode, v.name, v.birthdate, q.state, \
             q.validity, l.local_number FROM visit v JOIN question q ON q.exchange = v.id \
             LEFT JOIN link l ON l.person_code = v.person_code AND l.ended_at IS NULL \
             WHERE {condition} ORDER BY v.id DESC LIMIT $1"
        )
    };
    match query {
        VisitQuery::Day { day, before: Some(before) } => reader.query(
            &select("v.day = $2 AND v.id < $3"),
            params![limit, &day.to_string(), &before.to_string()],
            visit_line,
        ),
        VisitQuery::Day { day, before: None } => {
            reader.query(&select("v.day = $2"), params![limit, &day.to_string()], visit_line)
        }
        VisitQuery::Name(text) => {
            let (name, kana) = (containing(&fold_name(text)), containing(&fold_kana(text)));
            let sql = select("v.name_key LIKE $2 ESCAPE '\\' OR v.kana_key LIKE $3 ESCAPE '\\'");
            reader.query(&sql, params![limit, &name, &kana], visit_line)
        }
        VisitQuery::Birthdate(day) => {
            reader.query(&select("v.birthdate = $2"), params![limit, &day.to_string()], visit_line)
        }
        VisitQuery::Patient(number) => {
            reader.query(&select("l.local_number = $2"), params![limit, number.as_str()], visit_line)
        }
    }
}

fn visit_line(row: &Row<'_>) -> Result<VisitLine, StoreError> {
    Ok(VisitLine {
        id: row.parse(0)?,
        day: row.parse(1)?,
        received_at: Timestamp::from_millis(row.int(2)?),
        door: door_from_text(row, 3)?,
        shown: shown_from_text(row, 4, 5)?,
        name: row.text(6)?.to_owned(),
        birthdate: opt_parse(row, 7)?,
        standing: standing_from_text(row, 8, 9)?,
        patient: opt_parse(row, 10)?,
    })
}

const QUESTION: &str = "q.exchange, q.visit, q.asked_at, q.request, q.entry, q.state, q.answer, q.trouble, \
                        q.attempts, q.next_try_at";

fn question(row: &Row<'_>, first: usize) -> Result<Question, StoreError> {
    let trouble = || opt_json::<Trouble>(row, first + 7)?.ok_or_else(|| absent(first + 7, "a trouble"));
    let outcome = match row.text(first + 5)? {
        "asking" => Outcome::Asking,
        "answered" => Outcome::Answered(Box::new(json(row, first + 6)?)),
        "unconfirmed" => Outcome::Unconfirmed {
            trouble: trouble()?,
            retry_at: Timestamp::from_millis(row.opt_int(first + 9)?.unwrap_or_default()),
        },
        "refused" => Outcome::Refused(trouble()?),
        other => return Err(StoreError::decode(first + 5, "a question's state", other)),
    };
    Ok(Question {
        exchange: row.parse(first)?,
        visit: row.parse(first + 1)?,
        asked_at: Timestamp::from_millis(row.int(first + 2)?),
        request: json(row, first + 3)?,
        entry: json(row, first + 4)?,
        outcome,
        attempts: u32::try_from(row.int(first + 8)?).unwrap_or(u32::MAX),
    })
}

fn absent(column: usize, expected: &str) -> StoreError {
    StoreError::decode(column, expected, "null")
}
