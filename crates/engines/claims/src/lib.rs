//! レセプト電算処理 (UKE): read, write, check, summarise.

mod burden;
mod charset;
pub mod check;
mod claim;
mod finding;
mod info;
pub mod layout;
pub mod layouts;
mod lines;
mod month;
mod reader;
mod record;

pub use burden::Payers;
pub use charset::Charset;
pub use check::Checker;
pub use claim::Claim;
pub use finding::{Finding, Place, Rule, Severity};
pub use info::{BillSays, Info};
pub use layout::{FieldSpec, Form, Layout, Table};
pub use lines::{CostColumns, CostLine, Days};
pub use month::Month;
pub use reader::{GROUP_LIMIT, Group, GroupKind, LINE_LIMIT, LineEnds, ReadError, Reader};
pub use record::{Record, Value};
