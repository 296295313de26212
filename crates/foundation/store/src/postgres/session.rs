//! One connection with its prepared statements.

use std::{collections::HashMap, error::Error as _, pin::pin};

use futures_util::{TryStreamExt as _, future::join_all};
use tokio::runtime::Handle;
use tokio_postgres::{
    Client, NoTls, Statement,
    error::SqlState,
    types::{IsNull, ToSql, Type, private::BytesMut, to_sql_checked},
};

use crate::{Constraint, Row, StoreError, Value, block_on::block_on, error::excerpt};

/// A connection in use by one closure at a time.
pub(crate) struct Session {
    client: Client,
    statements: HashMap<String, Statement>,
}

impl Session {
    pub(super) fn connect(config: &tokio_postgres::Config, driver: &Handle) -> Result<Self, StoreError> {
        let config = config.clone();
        let (report, connected) = tokio::sync::oneshot::channel();
        driver.spawn(async move {
            match config.connect(NoTls).await {
                Ok((client, connection)) => {
                    if report.send(Ok(client)).is_ok()
                        && let Err(error) = connection.await
                    {
                        tracing::warn!(%error, "connection to PostgreSQL ended");
                    }
                }
                // Nobody left to tell is no failure.
                Err(error) => drop(report.send(Err(error))),
            }
        });
        let client = block_on(connected)
            .map_err(|_| StoreError::Closed)?
            .map_err(|error| StoreError::Open(full_text(&error)))?;
        let mut session = Self { client, statements: HashMap::new() };
        session.batch(DURABLE)?;
        Ok(session)
    }

    pub(crate) fn query(
        &mut self,
        sql: &str,
        params: &[Value<'_>],
        visit: &mut dyn FnMut(&Row<'_>) -> Result<bool, StoreError>,
    ) -> Result<(), StoreError> {
        let statement = self.prepare(sql, params.len())?;
        check(params)?;
        let rows = block_on(self.client.query_raw(&statement, params.iter().copied()));
        let mut rows = pin!(rows.map_err(|error| translate(sql, &error))?);
        while let Some(row) = block_on(rows.try_next()).map_err(|error| translate(sql, &error))? {
            if !visit(&Row::postgres(&row))? {
                break;
            }
        }
        Ok(())
    }

    pub(crate) fn execute(&mut self, sql: &str, params: &[Value<'_>]) -> Result<u64, StoreError> {
        let statement = self.prepare(sql, params.len())?;
        check(params)?;
        block_on(self.client.execute_raw(&statement, params.iter().copied()))
            .map_err(|error| translate(sql, &error))
    }

    pub(crate) fn execute_many<'r, P: AsRef<[Value<'r>]>>(
        &mut self,
        sql: &str,
        rows: impl IntoIterator<Item = P>,
    ) -> Result<u64, StoreError> {
        let mut rows = rows.into_iter().peekable();
        let mut changed = 0;
        while let Some(first) = rows.peek() {
            let statement = self.prepare(sql, first.as_ref().len())?;
            let chunk: Vec<P> = rows.by_ref().take(PIPELINE).collect();
            for row in &chunk {
                check(row.as_ref())?;
            }
            let sent =
                chunk.iter().map(|row| self.client.execute_raw(&statement, row.as_ref().iter().copied()));
            for answer in block_on(join_all(sent)) {
                changed += answer.map_err(|error| translate(sql, &error))?;
            }
        }
        Ok(changed)
    }

    /// Statements without parameters or answers, not prepared.
    pub(crate) fn batch(&mut self, sql: &str) -> Result<(), StoreError> {
        block_on(self.client.batch_execute(sql)).map_err(|error| translate(sql, &error))
    }

    pub(super) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    fn prepare(&mut self, sql: &str, given: usize) -> Result<Statement, StoreError> {
        let statement = match self.statements.get(sql) {
            Some(statement) => statement.clone(),
            None => {
                let statement = block_on(self.client.prepare(sql)).map_err(|error| translate(sql, &error))?;
                if self.statements.len() >= STATEMENTS {
                    self.statements.clear();
                }
                self.statements.insert(sql.to_owned(), statement.clone());
                statement
            }
        };
        let expected = statement.params().len();
        if expected == given {
            Ok(statement)
        } else {
            Err(StoreError::Parameters { expected, found: given, sql: excerpt(sql) })
        }
    }
}

fn check(params: &[Value<'_>]) -> Result<(), StoreError> {
    let nul = |value: &Value<'_>| matches!(value, Value::Text(text) if text.as_bytes().contains(&0));
    params.iter().position(nul).map_or(Ok(()), |position| Err(StoreError::NulInText(position + 1)))
}

impl ToSql for Value<'_> {
    fn to_sql(
        &self,
        ty: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match (self, ty) {
            (Self::Null, _) => Ok(IsNull::Yes),
            (Self::Int(integer), &Type::INT2) => i16::try_from(*integer)?.to_sql(ty, out),
            (Self::Int(integer), &Type::INT4) => i32::try_from(*integer)?.to_sql(ty, out),
            (Self::Int(integer), &Type::INT8) => integer.to_sql(ty, out),
            (Self::Int(integer), &Type::BOOL) => (*integer != 0).to_sql(ty, out),
            (Self::Text(text), _) if <&str as ToSql>::accepts(ty) => text.to_sql(ty, out),
            (Self::Bytes(bytes), &Type::BYTEA) => bytes.to_sql(ty, out),
            (value, ty) => Err(format!("{value:?} given for a parameter of type {ty}").into()),
        }
    }

    fn accepts(_: &Type) -> bool {
        // Decided above, where the value is known.
        true
    }

    to_sql_checked!();
}

fn translate(sql: &str, error: &tokio_postgres::Error) -> StoreError {
    let detail = full_text(error);
    let Some(code) = error.code() else { return StoreError::statement(sql, detail) };
    let kind = match *code {
        SqlState::T_R_SERIALIZATION_FAILURE | SqlState::T_R_DEADLOCK_DETECTED => {
            return StoreError::Conflict { attempts: 1, detail };
        }
        SqlState::READ_ONLY_SQL_TRANSACTION => return StoreError::ReadOnly(excerpt(sql)),
        SqlState::UNIQUE_VIOLATION => Constraint::Unique,
        SqlState::NOT_NULL_VIOLATION => Constraint::NotNull,
        SqlState::CHECK_VIOLATION => Constraint::Check,
        SqlState::FOREIGN_KEY_VIOLATION => Constraint::ForeignKey,
        SqlState::INTEGRITY_CONSTRAINT_VIOLATION | SqlState::EXCLUSION_VIOLATION => Constraint::Other,
        _ => return StoreError::statement(sql, detail),
    };
    StoreError::Constraint { kind, detail }
}

/// The server's message, or the driver's error with its cause. The server's DETAIL quotes values: left out.
fn full_text(error: &tokio_postgres::Error) -> String {
    match (error.as_db_error(), error.source()) {
        (Some(server), _) => server.message().to_owned(),
        (None, Some(cause)) => format!("{error}: {cause}"),
        (None, None) => error.to_string(),
    }
}

/// A server may be configured to acknowledge before its log is on disk; our promise needs it not to.
const DURABLE: &str = "SELECT set_config('synchronous_commit', 'on', false) \
     WHERE current_setting('synchronous_commit') = 'off'";
/// Statements kept prepared on a connection.
const STATEMENTS: usize = 256;
/// Rows of [`Session::execute_many`] on the wire before the first answer is awaited.
const PIPELINE: usize = 512;
