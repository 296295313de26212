//! What an overseer knows: heads of ledgers, alarms, both sides of exchanges, findings, objections, orders.

use calendar::{Date, Timestamp};
use codes::{ExchangeId, OrgId};
use ledger::Hash;
use protocol::oversight::{Side, SideRecord};

/// What is wrong with a ledger (警報の種類).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlarmKind {
    /// It signed two histories.
    Fork,
    /// It showed less than was cosigned.
    Rollback,
}

impl AlarmKind {
    /// Its name in tables and the ledger.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fork => "fork",
            Self::Rollback => "rollback",
        }
    }

    /// The kind of a name.
    pub fn parse(text: &str) -> Self {
        if text == "rollback" { Self::Rollback } else { Self::Fork }
    }

    /// What people read, Japanese and English.
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Fork => ("台帳の分岐", "The ledger has two histories"),
            Self::Rollback => ("台帳の巻き戻し", "The ledger went back"),
        }
    }
}

/// A ledger showed a head that cannot stand beside the one that was cosigned (警報).
#[derive(Clone, Debug)]
pub struct Alarm {
    /// Digest of ledger and head: the same head again is the same alarm.
    pub digest: [u8; 32],
    /// When it was first seen.
    pub at: Timestamp,
    /// Which ledger.
    pub origin: String,
    /// What is wrong.
    pub kind: AlarmKind,
    /// What was found, Japanese and English.
    pub what: (String, String),
    /// The head that the ledger itself signed: the evidence.
    pub evidence: String,
    /// When it was last seen, and how often.
    pub last: (Timestamp, u64),
    /// When and by whom it was closed, with the words.
    pub closed: Option<(Timestamp, String, String)>,
}

/// The newest cosigned head of a ledger.
#[derive(Clone, Debug)]
pub struct Witnessed {
    /// The ledger.
    pub origin: String,
    /// Entries.
    pub size: u64,
    /// Root over them.
    pub root: Hash,
    /// When it was cosigned last.
    pub at: Timestamp,
}

/// A record of exchange with the side that keeps it.
#[derive(Clone, Debug)]
pub struct Kept {
    /// Whose ledger it is from.
    pub organisation: OrgId,
    /// The record.
    pub record: SideRecord,
}

/// Why an exchange does not match (突合の結果).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mismatch {
    /// A holder gave though the relay has no such decision.
    GaveWithoutDecision,
    /// A holder gave though the relay did not name it.
    GaveUnnamed,
    /// The relay decided though the asker's ledger has no such question.
    DecidedUnasked,
    /// The asker wrote down a question that never reached the relay.
    AskedUndecided,
}

impl Mismatch {
    /// All, gravest first.
    pub const ALL: [Self; 4] =
        [Self::GaveWithoutDecision, Self::GaveUnnamed, Self::DecidedUnasked, Self::AskedUndecided];

    /// What people read, Japanese and English.
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::GaveWithoutDecision => (
                "情報連携基盤の判断がないのに記録が渡された",
                "Records were given without a decision of the relay",
            ),
            Self::GaveUnnamed => {
                ("情報連携基盤が許可していない機関が渡した", "Given by a holder that the relay did not name")
            }
            Self::DecidedUnasked => {
                ("照会した側の台帳に、その照会がない", "The asker's own ledger has no such question")
            }
            Self::AskedUndecided => (
                "照会した側の記録だけがあり、情報連携基盤に届いていない",
                "Asked, but it never reached the relay",
            ),
        }
    }
}

/// An exchange whose sides do not agree.
#[derive(Clone, Debug)]
pub struct Unmatched {
    /// The exchange.
    pub exchange: ExchangeId,
    /// When it was first written down anywhere.
    pub at: Timestamp,
    /// Who asked.
    pub asker: OrgId,
    /// The sides that are there.
    pub sides: Vec<(Side, OrgId)>,
    /// What does not fit.
    pub mismatch: Mismatch,
}

/// A line of a work list: what a rule found (検知).
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule's id.
    pub rule: String,
    /// Organisation and member of staff, as the key has them.
    pub subject: String,
    /// The day.
    pub day: Date,
    /// The organisation.
    pub organisation: OrgId,
    /// The member of staff, by the organisation's own id.
    pub staff: Option<String>,
    /// What was counted, Japanese and English.
    pub value: (String, String),
    /// What is usual: the base rate on which the rule stands, Japanese and English.
    pub base: (String, String),
    /// When it was found.
    pub found_at: Timestamp,
    /// Who of the officers closed it, and the words; open without.
    pub closed: Option<(String, String)>,
}

/// What an officer orders (監督の措置).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// 立入検査・報告の求め
    Inspect,
    /// 指導・助言
    Advise,
    /// 参加の停止
    Suspend,
    /// 停止の解除
    Lift,
}

impl Act {
    /// All, in the order of a screen.
    pub const ALL: [Self; 4] = [Self::Inspect, Self::Advise, Self::Suspend, Self::Lift];

    /// Its name in tables, forms and the ledger.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Inspect => "inspect",
            Self::Advise => "advise",
            Self::Suspend => "suspend",
            Self::Lift => "lift",
        }
    }

    /// The act of a name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|act| act.as_str() == text)
    }

    /// What people read, Japanese and English.
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Inspect => ("報告・検査を求める", "Inspect"),
            Self::Advise => ("指導・助言する", "Advise"),
            Self::Suspend => ("参加を停止する", "Suspend"),
            Self::Lift => ("停止を解除する", "Lift the suspension"),
        }
    }
}

/// An order as it was given.
#[derive(Clone, Debug)]
pub struct Ordered {
    /// Counts all orders and sign-offs.
    pub serial: u64,
    /// When.
    pub at: Timestamp,
    /// About whom.
    pub organisation: OrgId,
    /// What.
    pub act: Act,
    /// Why: the organisation reads it.
    pub reason: String,
    /// Who ordered.
    pub officer: String,
    /// Place in the overseer's ledger.
    pub place: u64,
}

/// A version of the purposes table that an officer signed off.
#[derive(Clone, Debug)]
pub struct SignedOff {
    /// Counts all orders and sign-offs.
    pub serial: u64,
    /// When.
    pub at: Timestamp,
    /// The table's version.
    pub version: String,
    /// Digest of the whole text, hexadecimal.
    pub digest: String,
    /// Digest of each rule, hexadecimal, by its id.
    pub rules: std::collections::BTreeMap<String, String>,
    /// Who.
    pub officer: String,
    /// Place in the overseer's ledger.
    pub place: u64,
}

/// How far a watched ledger was read.
#[derive(Clone, Debug)]
pub struct Progress {
    /// Whose.
    pub organisation: OrgId,
    /// The next entry.
    pub next: u64,
    /// When it was last read.
    pub at: Timestamp,
    /// Why it cannot be read; empty when it can.
    pub trouble: Option<String>,
}
