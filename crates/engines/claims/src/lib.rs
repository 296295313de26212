//! レセプト電算処理 (UKE): read, write, check, summarise.
mod charset;
pub mod layout;
pub mod layouts;
mod month;
mod reader;
mod record;

pub use charset::Charset;
pub use layout::{FieldSpec, Form, Layout, Table};
pub use month::Month;
pub use reader::{GROUP_LIMIT, Group, GroupKind, LINE_LIMIT, LineEnds, ReadError, Reader};
pub use record::{Record, Value};
