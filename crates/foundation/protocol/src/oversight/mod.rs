//! The overseer (監督・第三者機関): witness of every ledger, objections, orders, and what it may read of exchanges.

mod objections;
mod orders;
mod records;
mod watched;
mod witness;

pub use objections::{
    Disputed, OBJECTION_TEXT_LIMIT, OBJECTIONS_MAX, Objection, ObjectionGround, ObjectionState,
    ObjectionStatus, ObjectionWord, ObjectionsAnswer, ObjectionsRequest, Said, Speaker, WordKind,
};
pub use orders::{Orders, OrdersError, SignedOffRules, SignedOrders, Suspension, follow_orders};
pub use records::{
    Flag, SIDE_RECORDS_MAX, Side, SideRecord, SideRecordsAnswer, SideRecordsRequest, day_mark,
};
pub use watched::{
    HeldTable, Holdings, Look, LooksAnswer, LooksRequest, OVERSEER_READ, holdings_routes, side_records,
    tables_of,
};
pub use witness::{keep_cosigned, witness_key, witness_name};
