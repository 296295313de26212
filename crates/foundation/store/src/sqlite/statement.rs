//! Statements on SQLite: binding `$1` by its number, running, translating errors.

use rusqlite::{
    CachedStatement, Connection, ErrorCode, Statement, ffi,
    types::{ToSql, ToSqlOutput, ValueRef},
};

use crate::{Constraint, Row, StoreError, Value, error::excerpt};

/// What the closure that runs a statement may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    Read,
    Write,
}

pub(crate) fn query(
    connection: &Connection,
    access: Access,
    sql: &str,
    params: &[Value<'_>],
    visit: &mut dyn FnMut(&Row<'_>) -> Result<bool, StoreError>,
) -> Result<(), StoreError> {
    let mut statement = prepare(connection, sql)?;
    if access == Access::Read && !statement.readonly() {
        return Err(StoreError::ReadOnly(excerpt(sql)));
    }
    let slots = slots(&statement, sql, params.len())?;
    bind(&mut statement, &slots, sql, params)?;
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next().map_err(|error| translate(sql, &error))? {
        if !visit(&Row::sqlite(row))? {
            break;
        }
    }
    Ok(())
}

pub(crate) fn execute(connection: &Connection, sql: &str, params: &[Value<'_>]) -> Result<u64, StoreError> {
    execute_many(connection, sql, std::iter::once(params))
}

pub(crate) fn execute_many<'r, P: AsRef<[Value<'r>]>>(
    connection: &Connection,
    sql: &str,
    rows: impl IntoIterator<Item = P>,
) -> Result<u64, StoreError> {
    let mut statement = prepare(connection, sql)?;
    let mut slots_of = None;
    let mut changed = 0;
    for row in rows {
        let params = row.as_ref();
        let slots: &Vec<usize> = match &slots_of {
            Some(slots) => slots,
            None => slots_of.insert(slots(&statement, sql, params.len())?),
        };
        bind(&mut statement, slots, sql, params)?;
        changed += statement.raw_execute().map_err(|error| translate(sql, &error))? as u64;
    }
    Ok(changed)
}

fn prepare<'c>(connection: &'c Connection, sql: &str) -> Result<CachedStatement<'c>, StoreError> {
    connection.prepare_cached(sql).map_err(|error| translate(sql, &error))
}

/// SQLite numbers `$n` names by first appearance; PostgreSQL by `n`. Entry `i` is the zero based value for
/// SQLite's parameter `i + 1`.
fn slots(statement: &Statement<'_>, sql: &str, given: usize) -> Result<Vec<usize>, StoreError> {
    let mut slots = Vec::with_capacity(given);
    let mut highest = 0;
    for index in 1..=statement.parameter_count() {
        let number = statement.parameter_name(index).and_then(|name| name.strip_prefix('$')?.parse().ok());
        let number: usize = number
            .filter(|number| *number > 0)
            .ok_or_else(|| StoreError::statement(sql, "parameters are written $1, $2, ..."))?;
        highest = highest.max(number);
        slots.push(number - 1);
    }
    if highest == given {
        Ok(slots)
    } else {
        Err(StoreError::Parameters { expected: highest, found: given, sql: excerpt(sql) })
    }
}

fn bind(
    statement: &mut Statement<'_>,
    slots: &[usize],
    sql: &str,
    params: &[Value<'_>],
) -> Result<(), StoreError> {
    for (position, slot) in slots.iter().enumerate() {
        let value = params.get(*slot).ok_or_else(|| StoreError::Parameters {
            expected: slot + 1,
            found: params.len(),
            sql: excerpt(sql),
        })?;
        if matches!(value, Value::Text(text) if text.as_bytes().contains(&0)) {
            return Err(StoreError::NulInText(slot + 1));
        }
        statement.raw_bind_parameter(position + 1, value).map_err(|error| translate(sql, &error))?;
    }
    Ok(())
}

impl ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(integer) => ValueRef::Integer(*integer),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

pub(super) fn translate(sql: &str, error: &rusqlite::Error) -> StoreError {
    let code = error.sqlite_error();
    if code.is_none_or(|code| code.code != ErrorCode::ConstraintViolation) {
        return StoreError::statement(sql, error);
    }
    let kind = match code.map(|code| code.extended_code) {
        Some(
            ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY | ffi::SQLITE_CONSTRAINT_ROWID,
        ) => Constraint::Unique,
        Some(ffi::SQLITE_CONSTRAINT_NOTNULL) => Constraint::NotNull,
        Some(ffi::SQLITE_CONSTRAINT_CHECK) => Constraint::Check,
        Some(ffi::SQLITE_CONSTRAINT_FOREIGNKEY) => Constraint::ForeignKey,
        _ => Constraint::Other,
    };
    StoreError::Constraint { kind, detail: error.to_string() }
}
