//! The decision itself.

use std::sync::Arc;

use calendar::Date;
use codes::{OrgId, OrgKind};

use crate::decision::{Decision, Denial, DenialRule, Permit, require_same};
use crate::directory::{Directory, Organisation, Status};
use crate::table::{Rule, Table, TableError};
use crate::words::{Action, Purpose};

/// A question to the policy: may this organisation do this, for this purpose, on this day?
#[derive(Debug, Clone, Copy)]
pub struct Asking<'a> {
    /// Who asks: the organisation of the certificate, not one that a message claims.
    pub asker: &'a OrgId,
    /// What it wants to do.
    pub action: Action,
    /// What for.
    pub purpose: Purpose,
    /// The day it asks, in Japan.
    pub on: Date,
}

/// The table and the directory together (利用方針). Clones share both.
#[derive(Debug, Clone)]
pub struct Policy {
    table: Arc<Table>,
    directory: Directory,
}

impl Policy {
    /// A policy by a table of one's own.
    pub fn new(table: Table, directory: Directory) -> Self {
        Policy { table: Arc::new(table), directory }
    }

    /// The policy by the table that this version was reviewed with.
    ///
    /// # Errors
    /// Never in a build that passed its tests.
    pub fn builtin(directory: Directory) -> Result<Self, TableError> {
        Table::builtin().map(|table| Self::new(table, directory))
    }

    /// Decides. Total: every question has an answer, and every answer says by what rule.
    pub fn decide(&self, asking: &Asking<'_>) -> Decision {
        match self.directory.with(asking.asker, |organisation| standing(organisation, asking.on)) {
            None => return deny(DenialRule::UnknownOrganisation, unknown(asking.asker)),
            Some(Some(denial)) => return Decision::Deny(denial),
            Some(None) => {}
        }
        let Some(row) = self.table.row(asking.action, asking.purpose) else {
            return deny(DenialRule::NoRule, no_rule(asking));
        };
        if !in_force(&row.rule, asking.on) {
            return deny(DenialRule::NotInForce, not_in_force(&row.rule, asking.on));
        }
        if !self.directory.is_signed_off(&row.rule.id, &row.digest) {
            return deny(DenialRule::NotSignedOff, not_signed_off(&row.rule));
        }
        if !row.rule.asker.contains(&asking.asker.kind()) {
            return deny(DenialRule::KindMismatch, kind_mismatch(&row.rule, asking.asker.kind()));
        }
        Decision::Permit(Permit { rule: Arc::clone(&row.rule), basis: Arc::clone(&row.basis) })
    }

    /// [`decide`](Self::decide) for a request that names an organisation as the asker (or, under rules of one's own
    /// people, as the one concerned): it must be the one that asks.
    pub fn decide_in_name_of(&self, asking: &Asking<'_>, named: &OrgId) -> Decision {
        match require_same(asking.asker, named) {
            Ok(()) => self.decide(asking),
            Err(denial) => Decision::Deny(denial),
        }
    }

    /// SHA-256 of the table's text: enters the ledger when a role starts with it.
    pub fn digest(&self) -> [u8; 32] {
        self.table.digest()
    }

    /// The table, for showing it to people.
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// The directory.
    pub fn directory(&self) -> &Directory {
        &self.directory
    }
}

/// Why this organisation may ask nothing at all on that day, if so.
fn standing(organisation: &Organisation, on: Date) -> Option<Denial> {
    match &organisation.status {
        Status::Suspended { since, reason } if *since <= on => Some(denial(
            DenialRule::Suspended,
            (
                format!(
                    "{}は{}から利用を停止されています（理由: {reason}）",
                    organisation.ja,
                    since.to_wareki()
                ),
                format!("{} is suspended since {since}: {reason}", organisation.en),
            ),
        )),
        _ if on < organisation.since => Some(denial(
            DenialRule::NotYetActive,
            (
                format!("{}の参加は{}からです", organisation.ja, organisation.since.to_wareki()),
                format!("{} takes part from {} on", organisation.en, organisation.since),
            ),
        )),
        Status::Active | Status::Suspended { .. } => None,
    }
}

fn in_force(rule: &Rule, on: Date) -> bool {
    rule.from <= on && rule.until.is_none_or(|until| on < until)
}

fn deny(rule: DenialRule, texts: (String, String)) -> Decision {
    Decision::Deny(denial(rule, texts))
}

fn denial(rule: DenialRule, (ja, en): (String, String)) -> Denial {
    Denial { rule, ja: ja.into(), en: en.into() }
}

fn unknown(asker: &OrgId) -> (String, String) {
    (
        format!("{asker}は参加機関の名簿にありません"),
        format!("{asker} is not in the directory of organisations"),
    )
}

fn no_rule(asking: &Asking<'_>) -> (String, String) {
    let (action, purpose) = (asking.action, asking.purpose);
    (
        format!("目的「{purpose}」で「{action}」を行うことは、公表された利用目的の表にありません"),
        format!("The published table of purposes has no row for {action} with the purpose {purpose}"),
    )
}

fn not_in_force(rule: &Rule, on: Date) -> (String, String) {
    let id = &rule.id;
    (
        format!("規則「{id}」は{}には効力がありません", on.to_wareki()),
        format!("The rule {id} is not in force on {on}"),
    )
}

fn not_signed_off(rule: &Rule) -> (String, String) {
    let id = &rule.id;
    (
        format!("規則「{id}」の今の文面は、監督機関がまだ確認していないため効力がありません"),
        format!("The rule {id} as it reads now was not signed off by the overseer and is not in force"),
    )
}

fn kind_mismatch(rule: &Rule, kind: OrgKind) -> (String, String) {
    let may = rule.asker.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(", ");
    let id = &rule.id;
    (
        format!("規則「{id}」により求めることができるのは {may} で、{kind} ではありません"),
        format!("Under the rule {id} only these may ask: {may}; this is an organisation of the kind {kind}"),
    )
}

#[cfg(test)]
#[path = "policy_tests.rs"]
mod tests;
