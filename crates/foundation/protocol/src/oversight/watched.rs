//! How a watched role answers the overseer: its ledger entry by entry, as far as the overseer may read it.

use axum::{Router, routing::get};
use calendar::Timestamp;
use codes::{ExchangeId, OrgId};
use data_encoding::BASE64;
use ledger::{Entry, Hash, Ledger, LedgerError, OpenedEntry};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use wire::Problem;

use crate::clients::paths;

use super::records::{SIDE_RECORDS_MAX, Side, SideRecord, SideRecordsAnswer, SideRecordsRequest, day_mark};

/// Kind of the entry that such a reading leaves.
pub const OVERSEER_READ: &str = "oversight.read";

/// Entries that one question looks at.
const LOOK_MAX: u64 = 5_000;

impl SideRecord {
    /// What every side says of an entry: the rest is filled in by the role that knows what its body means.
    pub fn of(entry: &OpenedEntry, side: Side, asker: OrgId) -> Self {
        let at = Timestamp::from_millis(entry.at);
        Self {
            index: entry.index,
            at,
            side,
            exchange: entry.exchange,
            asker,
            holders: Vec::new(),
            purpose: None,
            reason: None,
            rule: None,
            staff: None,
            person: entry.person.map(|person| day_mark(&person, at.date())),
            count: None,
            refused: None,
            flags: Vec::new(),
            leaf: String::new(),
        }
    }
}

/// Answers the overseer from `ledger`. `shown` says what an entry means; what it does not know is not shown. The reading
/// is in the ledger before anything is disclosed; a question that finds nothing leaves no entry.
///
/// # Errors
/// The ledger's.
pub async fn side_records<F>(
    ledger: &Ledger,
    request: &SideRecordsRequest,
    rule: &str,
    now: Timestamp,
    mut shown: impl FnMut(OpenedEntry) -> F,
) -> Result<SideRecordsAnswer, Problem>
where
    F: Future<Output = Result<Option<SideRecord>, Problem>> + Send,
{
    let size = ledger.size();
    let (mut records, mut next) = (Vec::new(), request.from.min(size));
    let end = size.min(next.saturating_add(LOOK_MAX));
    while next < end && records.len() < SIDE_RECORDS_MAX {
        let entry = ledger.read_entry(next).map_err(failed)?;
        if let Some(mut record) = shown(entry).await? {
            let leaf = ledger.leaf_bytes(next).map_err(failed)?;
            record.leaf = BASE64.encode(&Hash::leaf(&leaf).0);
            records.push(record);
        }
        next += 1;
    }
    let receipt = if records.is_empty() {
        None
    } else {
        let body =
            json!({ "by": request.overseer, "rule": rule, "from": request.from, "records": records.len() });
        let entry = Entry {
            kind: OVERSEER_READ,
            person: None,
            exchange: request.exchange,
            at: now.as_millis(),
            body: body.to_string().into_bytes(),
        };
        Some(ledger.append(entry).await.map_err(failed)?)
    };
    Ok(SideRecordsAnswer { exchange: request.exchange, records, next, size, receipt })
}

fn failed(error: LedgerError) -> Problem {
    tracing::error!(%error, "the overseer could not be answered");
    Problem::internal()
}

/// What a role holds, table by table, as its own migrations say: for the impact assessment (特定個人情報保護評価).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Holdings {
    /// Whose they are.
    #[schema(value_type = String)]
    pub organisation: OrgId,
    /// Its tables, in the order in which they were made.
    pub tables: Vec<HeldTable>,
}

/// One table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HeldTable {
    /// Name in the schema.
    pub name: String,
    /// Names of its columns.
    pub columns: Vec<String>,
    /// What it is for, in the schema's own words.
    pub meaning: String,
}

/// `GET /holdings`: what a role holds. Any role of the house may read it; it is the schema, and nothing in it.
pub fn holdings_routes(holdings: Holdings) -> Router {
    Router::new().route(paths::HOLDINGS, get(async move || axum::Json(holdings.clone())))
}

/// Reads the tables out of the texts of migrations: `CREATE TABLE` with the comment above it, and columns added later.
pub fn tables_of<'a>(migrations: impl IntoIterator<Item = &'a str>) -> Vec<HeldTable> {
    let mut tables: Vec<HeldTable> = Vec::new();
    for sql in migrations {
        let (mut comment, mut open) = (Vec::new(), false);
        for line in sql.lines().map(str::trim) {
            if let Some(words) = line.strip_prefix("--") {
                comment.push(words.trim());
            } else if let Some(rest) = line.strip_prefix("CREATE TABLE ") {
                let rest = rest.strip_prefix("IF NOT EXISTS ").unwrap_or(rest);
                let name = rest.split([' ', '(']).next().unwrap_or_default().to_owned();
                tables.push(HeldTable { name, columns: Vec::new(), meaning: comment.join(" ") });
                (open, comment) = (true, Vec::new());
            } else if let Some(rest) = line.strip_prefix("ALTER TABLE ") {
                let mut words = rest.split_whitespace();
                let (name, column) = (words.next(), words.nth(2));
                if let (Some(table), Some(column)) =
                    (tables.iter_mut().find(|table| Some(table.name.as_str()) == name), column)
                {
                    table.columns.push(column.to_owned());
                }
            } else if open {
                open = !line.starts_with(')');
                let column = line.split([' ', ',']).next().unwrap_or_default();
                let is_column = column.starts_with(|c: char| c.is_ascii_lowercase());
                if let Some(table) = tables.last_mut().filter(|_| open && is_column) {
                    table.columns.push(column.to_owned());
                }
            } else {
                comment.clear();
            }
        }
    }
    tables
}

/// Which of the person's exchanges the overseer looked into: asked by the portal, for the person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LooksRequest {
    /// Key of this question.
    #[schema(value_type = String)]
    pub exchange: ExchangeId,
    /// Who asks; must be the organisation of the client certificate.
    #[schema(value_type = String)]
    pub portal: OrgId,
    /// The exchanges and objections that the person knows of, at most 1,000.
    #[schema(value_type = Vec<String>)]
    pub exchanges: Vec<ExchangeId>,
}

/// When the overseer looked into them, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LooksAnswer {
    /// The question's key.
    #[schema(value_type = String)]
    pub exchange: ExchangeId,
    /// Every look.
    pub looks: Vec<Look>,
}

/// The overseer's officer looked into one exchange or objection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Look {
    /// Which.
    #[schema(value_type = String)]
    pub exchange: ExchangeId,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Who of the overseer's staff.
    pub officer: String,
    /// Where it stands in the overseer's ledger.
    #[schema(value_type = Object)]
    pub receipt: ledger::Receipt,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_come_with_their_comment_and_later_columns() {
        let first = "-- What was given.\n-- Twice.\nCREATE TABLE given (\n    id BYTES NOT NULL,\n    at BIGINT,\n    PRIMARY KEY (id)\n) /*x*/;\nCREATE INDEX i ON given (at);\n\nCREATE TABLE other (a TEXT\n);\n";
        let tables = tables_of([first, "ALTER TABLE given ADD COLUMN why TEXT;\n"]);
        assert_eq!(tables[0].meaning, "What was given. Twice.");
        assert_eq!(tables[0].columns, ["id", "at", "why"]);
        assert_eq!((tables[1].name.as_str(), tables[1].meaning.as_str()), ("other", ""));
    }
}
