//! Orders: to inspect, to advise, to suspend, to lift. Each is in the ledger before it is in force.

use std::collections::BTreeMap;

use codes::OrgId;
use protocol::oversight::{Orders, SignedOffRules, SignedOrders, Suspension};
use serde_json::json;
use wire::Problem;

use super::Service;
use crate::model::{Act, Ordered};
use crate::{problems, store::papers as sql};

/// Kind of the entry.
const ORDER: &str = "oversight.order";

impl Service {
    /// Gives an order. A suspension is in force here at once, and at every role when it asks next, seconds later.
    ///
    /// # Errors
    /// Officer or reason are missing; an unknown organisation; lifting what is not suspended; store or ledger.
    pub async fn order(
        &self,
        organisation: &OrgId,
        act: Act,
        officer: &str,
        reason: &str,
    ) -> Result<(), Problem> {
        let (officer, reason) = super::officer_and_words(officer, reason)?;
        self.policy.directory().get(organisation).ok_or_else(problems::no_organisation)?;
        if *organisation == self.org {
            return Err(problems::not_itself());
        }
        let suspended = in_force(&self.orders().await?);
        if act == Act::Lift && !suspended.contains_key(organisation) {
            return Err(problems::nothing_to_lift());
        }
        let body = json!({ "organisation": organisation, "act": act.as_str(), "reason": reason, "officer": officer });
        let receipt = self.log(ORDER, None, self.exchange(), &body).await?;
        let ordered = Ordered {
            serial: 0,
            at: calendar::Timestamp::from_millis(receipt.at),
            organisation: *organisation,
            act,
            reason,
            officer,
            place: receipt.index,
        };
        self.write(move |tx| {
            let serial = sql::next_serial(tx)?;
            sql::order(tx, &Ordered { serial, ..ordered.clone() })
        })
        .await?;
        self.put_in_force().await
    }

    /// All orders, oldest first.
    ///
    /// # Errors
    /// The store's.
    pub async fn orders(&self) -> Result<Vec<Ordered>, Problem> {
        self.read(sql::orders).await
    }

    /// The orders in force, signed, for every role.
    ///
    /// # Errors
    /// Store or custody.
    pub async fn signed_orders(&self) -> Result<SignedOrders, Problem> {
        let orders = self.standing_orders().await?;
        SignedOrders::sign(&orders, &*self.custody).map_err(problems::internal)
    }

    /// Follows the orders in force in this process, before anybody asks for them.
    ///
    /// # Errors
    /// The store's.
    pub async fn put_in_force(&self) -> Result<(), Problem> {
        self.standing_orders().await?.apply(self.policy.directory());
        Ok(())
    }

    async fn standing_orders(&self) -> Result<Orders, Problem> {
        let orders = self.orders().await?;
        let signed = self.read(sql::signed_off).await?.into_iter().next();
        let last = orders.last().map(|order| (order.serial, order.at));
        let newest = last.into_iter().chain(signed.as_ref().map(|signed| (signed.serial, signed.at))).max();
        let (serial, at) = newest.unwrap_or((0, self.now()));
        let suspension = |order: Ordered| Suspension {
            organisation: order.organisation,
            since: order.at.date(),
            reason: order.reason,
        };
        Ok(Orders {
            overseer: self.org,
            serial,
            at,
            suspended: in_force(&orders).into_values().map(suspension).collect(),
            rules: signed.map(|signed| SignedOffRules { version: signed.version, rules: signed.rules }),
        })
    }
}

/// The suspensions in force: each organisation's last word.
pub fn in_force(orders: &[Ordered]) -> BTreeMap<OrgId, Ordered> {
    let mut suspended = BTreeMap::new();
    for order in orders {
        match order.act {
            Act::Suspend => drop(suspended.insert(order.organisation, order.clone())),
            Act::Lift => drop(suspended.remove(&order.organisation)),
            Act::Inspect | Act::Advise => {}
        }
    }
    suspended
}
