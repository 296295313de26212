//! Regional networks: their patient numbers, and two networks that become one.

use std::collections::BTreeMap;

use access::{Action, Purpose};
use codes::{KeyName, OrgId, OrgKind};
use consent::NetworkId;
use protocol::networks::{
    JoinReport, NETWORK_NUMBER_LIMIT, NETWORK_PATIENTS_MAX, NetworkJoin, NetworkPatients,
    NetworkPatientsAnswer, NumberConflict,
};
use serde_json::json;
use wire::Problem;

use super::{Service, digest};
use crate::model::{PersonKey, Seen};
use crate::store::networks::NumberRow;
use crate::{problems, store as sql};

/// Kind of the entry of registered numbers.
const NUMBERS: &str = "relay.network-patients";

/// Kind of the entry of a joining.
const JOIN: &str = "relay.network-join";

/// What a joining comes to.
struct JoinPlan {
    /// New rows of the network that stays.
    rows: Vec<NumberRow>,
    report: JoinReport,
}

/// How large a network is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NetworkCounts {
    /// Institutions of the directory that are members.
    pub members: usize,
    /// Persons who bear a number.
    pub persons: i64,
    /// Numbers that somebody bears.
    pub numbers: i64,
}

impl Service {
    /// Registers which of a member's persons bear which number of a network. Persons whom the member never registered, or
    /// whose medical ID does not work, are counted and left out.
    ///
    /// # Errors
    /// When the asker is no member of the network, or a number is empty or too long.
    pub async fn network_patients(
        &self,
        peer: &OrgId,
        request: NetworkPatients,
    ) -> Result<NetworkPatientsAnswer, Problem> {
        Self::own_name(peer, &request.institution)?;
        self.decide(peer, Action::RelayNetworkPatients, Purpose::NetworkKeeping)?;
        let member =
            self.policy.directory().get(peer).is_some_and(|org| org.networks.contains(&request.network));
        if !member {
            return Err(problems::no_member());
        }
        if request.patients.len() > NETWORK_PATIENTS_MAX {
            return Err(problems::too_many(request.patients.len()));
        }
        let rows = self.number_rows(peer, &request)?;
        let body = json!({ "by": peer, "network": request.network, "patients": request.patients.len() });
        let receipt = self.log(NUMBERS, None, request.exchange, &body).await?;
        let (org, exchange, question) = (*peer, request.exchange, digest(&request)?);
        let (network, at, all) = (request.network, self.now().as_millis(), request.patients.len());
        let (seen, registered) = self
            .write(move |tx| {
                let seen = sql::record_exchange(tx, &exchange, &org, &question, at)?;
                let mut registered = 0;
                for row in rows.iter().filter(|_| seen != Seen::Other) {
                    if sql::is_active(tx, &row.person)? & sql::is_registered(tx, &row.person, &org)? {
                        sql::networks::put(tx, &network, row, at)?;
                        registered += 1;
                    }
                }
                Ok((seen, registered))
            })
            .await?;
        if seen == Seen::Other {
            return Err(protocol::refusal::exchange_used());
        }
        let unknown = u64::try_from(all).unwrap_or(u64::MAX) - registered;
        Ok(NetworkPatientsAnswer { exchange, registered, unknown, receipt })
    }

    /// Joins two networks, or says what would happen. A number that stands for several persons is not joined.
    ///
    /// # Errors
    /// When the asker is not the relay's operator, or both networks are one.
    pub async fn join_networks(&self, peer: &OrgId, request: NetworkJoin) -> Result<JoinReport, Problem> {
        self.decide(peer, Action::RelayNetworkJoin, Purpose::NetworkKeeping)?;
        if request.stays == request.joins {
            return Err(problems::same_network());
        }
        let (a, b) = (request.stays.clone(), request.joins.clone());
        let (stays, joins) = self
            .read(move |c| Ok((sql::networks::of_network(c, &a)?, sql::networks::of_network(c, &b)?)))
            .await?;
        let mut plan = self.plan(&request, &stays, &joins)?;
        if request.dry_run {
            return Ok(plan.report);
        }
        let body = json!({ "by": peer, "plan": plan.report });
        let receipt = self.log(JOIN, None, request.exchange, &body).await?;
        let at = self.now().as_millis();
        let (rows, a, b) = (plan.rows, request.stays, request.joins);
        self.write(move |tx| rows.iter().try_for_each(|row| sql::networks::join(tx, &a, &b, row, at)))
            .await?;
        plan.report.done = true;
        plan.report.receipt = Some(receipt);
        Ok(plan.report)
    }

    /// Every network that has a member or a number here: members, persons with a number, numbers.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn networks(&self) -> Result<BTreeMap<NetworkId, NetworkCounts>, Problem> {
        let mut found: BTreeMap<NetworkId, NetworkCounts> = BTreeMap::new();
        for member in self.policy.directory().of_kind(OrgKind::Institution) {
            for network in &member.networks {
                found.entry(network.clone()).or_default().members += 1;
            }
        }
        for (network, persons, numbers) in self.read(sql::networks::counts).await? {
            let counts = found.entry(network).or_default();
            (counts.persons, counts.numbers) = (persons, numbers);
        }
        Ok(found)
    }

    /// The numbers that the person bears in a network.
    pub(super) async fn numbers(
        &self,
        network: &NetworkId,
        person: &PersonKey,
    ) -> Result<Vec<String>, Problem> {
        let (of, key) = (network.clone(), *person);
        let rows = self.read(move |c| sql::networks::of_person(c, &of, &key)).await?;
        rows.iter().map(|row| self.number(network, row)).collect()
    }

    /// The one person who bears a number; nobody when several do.
    pub(super) async fn bearer(
        &self,
        network: &NetworkId,
        number: &str,
    ) -> Result<Option<PersonKey>, Problem> {
        let (of, digest) = (network.clone(), self.number_digest(network, number)?);
        let rows = self.read(move |c| sql::networks::by_number(c, &of, &digest)).await?;
        Ok(match rows.as_slice() {
            [one] => Some(one.person),
            _ => None,
        })
    }

    fn plan(
        &self,
        request: &NetworkJoin,
        stays: &[NumberRow],
        joins: &[NumberRow],
    ) -> Result<JoinPlan, Problem> {
        let (of_stays, of_joins) = (by_person(stays), by_person(joins));
        let mut several_persons = self.conflicts(&request.stays, stays)?;
        let shared = self.conflicts(&request.joins, joins)?;
        several_persons.extend(shared);
        let doubtful = shared_digests(joins);
        let mut rows = Vec::new();
        for row in joins.iter().filter(|row| !of_stays.contains_key(row.person.as_bytes())) {
            if doubtful.contains(&row.digest) {
                continue;
            }
            let number = format!("{}:{}", request.joins, self.number(&request.joins, row)?);
            rows.push(self.number_row(&request.stays, row.person, &number)?);
        }
        let overlap = of_joins.keys().filter(|person| of_stays.contains_key(*person)).count();
        let several = |of: &BTreeMap<[u8; 17], usize>| of.values().filter(|count| **count > 1).count();
        let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        let report = JoinReport {
            exchange: request.exchange,
            done: false,
            overlap: count(overlap),
            only_stays: count(of_stays.len() - overlap),
            only_joins: count(of_joins.len() - overlap),
            several_numbers: count(several(&of_stays) + several(&of_joins)),
            several_persons,
            receipt: None,
        };
        Ok(JoinPlan { rows, report })
    }

    fn conflicts(&self, network: &NetworkId, rows: &[NumberRow]) -> Result<Vec<NumberConflict>, Problem> {
        let mut by_digest: BTreeMap<[u8; 32], Vec<&NumberRow>> = BTreeMap::new();
        for row in rows {
            by_digest.entry(row.digest).or_default().push(row);
        }
        let shared = by_digest.values().filter(|rows| rows.len() > 1);
        shared
            .filter_map(|rows| rows.first().map(|row| (row, rows.len())))
            .map(|(row, persons)| {
                let number = self.number(network, row)?;
                Ok(NumberConflict { network: network.clone(), number, persons: persons as u64 })
            })
            .collect()
    }

    fn number_rows(&self, peer: &OrgId, request: &NetworkPatients) -> Result<Vec<NumberRow>, Problem> {
        let mut rows = Vec::with_capacity(request.patients.len());
        for (place, patient) in request.patients.iter().enumerate() {
            let number = patient.number.trim();
            if number.is_empty()
                || number.chars().count() > NETWORK_NUMBER_LIMIT
                || number.contains(char::is_control)
            {
                return Err(problems::network_number(place));
            }
            if let Some((_, person)) = self.person_of(peer, &patient.code)? {
                rows.push(self.number_row(&request.network, person, number)?);
            }
        }
        Ok(rows)
    }

    fn number_row(&self, network: &NetworkId, person: PersonKey, number: &str) -> Result<NumberRow, Problem> {
        let place = place(network, &person);
        let sealed = self.custody.seal_row(&KeyName::ROW_SEAL, &place, number.as_bytes());
        Ok(NumberRow {
            person,
            digest: self.number_digest(network, number)?,
            number: sealed.map_err(problems::custody)?,
        })
    }

    fn number(&self, network: &NetworkId, row: &NumberRow) -> Result<String, Problem> {
        let place = place(network, &row.person);
        let bytes =
            self.custody.open_row(&KeyName::ROW_SEAL, &place, &row.number).map_err(problems::custody)?;
        String::from_utf8(bytes.to_vec()).map_err(|error| {
            tracing::error!(%error, "a kept number is no text");
            Problem::internal()
        })
    }

    fn number_digest(&self, network: &NetworkId, number: &str) -> Result<[u8; 32], Problem> {
        let parts = [b"network number".as_slice(), network.as_str().as_bytes(), number.as_bytes()];
        self.custody.mac(&KeyName::LEDGER_DIGEST, &parts).map_err(problems::custody)
    }
}

/// Ties a sealed number to its row.
fn place(network: &NetworkId, person: &PersonKey) -> Vec<u8> {
    [person.as_bytes().as_slice(), network.as_str().as_bytes()].concat()
}

/// How many numbers each person bears.
fn by_person(rows: &[NumberRow]) -> BTreeMap<[u8; 17], usize> {
    let mut found = BTreeMap::new();
    for row in rows {
        *found.entry(*row.person.as_bytes()).or_insert(0) += 1;
    }
    found
}

/// Digests of numbers that stand for several persons.
fn shared_digests(rows: &[NumberRow]) -> Vec<[u8; 32]> {
    let mut digests: Vec<_> = rows.iter().map(|row| row.digest).collect();
    digests.sort_unstable();
    let shared = digests.chunk_by(|a, b| a == b).filter(|same| same.len() > 1);
    shared.filter_map(|same| same.first().copied()).collect()
}
