//! The directory of organisations that take part.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::{Arc, RwLock};

use calendar::Date;
use codes::{EnvelopeKey, OrgId, OrgKind};
use consent::{InstitutionKind, NetworkId};
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};

/// An organisation that takes part (参加機関).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Organisation {
    /// Kind and number; also what its certificate says.
    pub id: OrgId,
    /// Name in Japanese, as registered: may hold characters outside any legacy set (外字).
    pub ja: String,
    /// Name in English.
    pub en: String,
    /// Base URL of its API, if it answers calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api: Option<String>,
    /// To seal what only it may read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub envelope_key: Option<EnvelopeKey>,
    /// To verify the checkpoints of its ledger.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ledger_key: Option<VerifyingKey>,
    /// To verify the grants that it signs: the relay's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant_key: Option<VerifyingKey>,
    /// To verify its cosignatures of others' ledgers, and its orders: the overseer's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub witness_key: Option<VerifyingKey>,
    /// What kind of institution it is, as its licence says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub institution: Option<InstitutionKind>,
    /// The regional networks that it is a member of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub networks: Vec<NetworkId>,
    /// First day of taking part.
    pub since: Date,
    /// Whether it may ask.
    #[serde(default)]
    pub status: Status,
}

/// Whether an organisation may ask (参加状態).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "state", deny_unknown_fields)]
pub enum Status {
    /// It may.
    #[default]
    Active,
    /// It may not, from this day on.
    Suspended {
        /// First day of the suspension.
        since: Date,
        /// Why, for the organisation itself.
        reason: String,
    },
}

/// An Ed25519 public key; text is base64url.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct VerifyingKey([u8; 32]);

/// All organisations, by id, and what the overseer ordered about them. Clones share one directory; readers never wait for
/// each other.
#[derive(Debug, Clone, Default)]
pub struct Directory(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    table: RwLock<HashMap<OrgId, Arc<Organisation>>>,
    orders: RwLock<Ordered>,
}

/// What an overseer ordered, on top of what the directory says.
#[derive(Debug, Default)]
struct Ordered {
    /// Suspended by order, and how their entries read without it.
    suspended: HashMap<OrgId, (Status, Option<Status>)>,
    /// Digests of the signed-off rules, by rule; none while no table was signed off.
    rules: Option<HashMap<String, [u8; 32]>>,
}

/// Why a directory is not accepted. It is accepted whole or not at all; on a reload the old one stays.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// The file could not be read.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Not TOML, or not of the expected form.
    #[error("directory: {0}")]
    Syntax(String),
    /// One organisation is there twice.
    #[error("directory: {0} is there twice")]
    Twice(OrgId),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default)]
    organisation: Vec<Organisation>,
}

impl Organisation {
    /// An active organisation without address and keys.
    pub fn new(id: OrgId, ja: impl Into<String>, en: impl Into<String>, since: Date) -> Self {
        let (ja, en) = (ja.into(), en.into());
        Organisation {
            id,
            ja,
            en,
            api: None,
            envelope_key: None,
            ledger_key: None,
            grant_key: None,
            witness_key: None,
            institution: None,
            networks: Vec::new(),
            since,
            status: Status::Active,
        }
    }
}

impl Directory {
    /// An empty directory: everybody is unknown.
    pub fn new() -> Self {
        Self::default()
    }

    /// A directory of these organisations.
    ///
    /// # Errors
    /// [`DirectoryError::Twice`].
    pub fn of(organisations: impl IntoIterator<Item = Organisation>) -> Result<Self, DirectoryError> {
        let directory = Self::new();
        directory.replace(organisations)?;
        Ok(directory)
    }

    /// Reads a directory from TOML: `[[organisation]]` tables with the fields of [`Organisation`].
    ///
    /// # Errors
    /// [`DirectoryError`] with line and column.
    pub fn from_toml(text: &str) -> Result<Self, DirectoryError> {
        let document: Document = toml::from_str(text).map_err(|e| DirectoryError::Syntax(e.to_string()))?;
        Self::of(document.organisation)
    }

    /// Reads a directory from a TOML file.
    ///
    /// # Errors
    /// [`DirectoryError`].
    pub fn load(path: &Path) -> Result<Self, DirectoryError> {
        Self::from_toml(&read(path)?)
    }

    /// Replaces everything by what the file holds now, at once for all clones. With an error the old directory stays.
    ///
    /// # Errors
    /// [`DirectoryError`].
    pub fn reload(&self, path: &Path) -> Result<(), DirectoryError> {
        let document: Document =
            toml::from_str(&read(path)?).map_err(|e| DirectoryError::Syntax(e.to_string()))?;
        self.replace(document.organisation)
    }

    /// Replaces everything, at once for all clones.
    ///
    /// # Errors
    /// [`DirectoryError::Twice`]; then nothing was replaced.
    pub fn replace(
        &self,
        organisations: impl IntoIterator<Item = Organisation>,
    ) -> Result<(), DirectoryError> {
        let mut table = HashMap::new();
        for organisation in organisations {
            let id = organisation.id;
            if table.insert(id, Arc::new(organisation)).is_some() {
                return Err(DirectoryError::Twice(id));
            }
        }
        let mut orders = self.orders();
        for (id, (ordered, filed)) in &mut orders.suspended {
            override_status(&mut table, id, ordered, filed);
        }
        *self.write() = table;
        Ok(())
    }

    /// Follows an overseer's orders, in place of those before: these organisations are suspended whatever the directory
    /// itself says, now and after every reload; who is no longer among them is again as the directory says.
    pub fn order_suspensions(&self, suspensions: impl IntoIterator<Item = (OrgId, Status)>) {
        let mut orders = self.orders();
        let mut table = self.write();
        for (id, (_, filed)) in orders.suspended.drain() {
            if let (Some(organisation), Some(filed)) = (table.get_mut(&id), filed) {
                Arc::make_mut(organisation).status = filed;
            }
        }
        for (id, ordered) in suspensions {
            let mut filed = None;
            override_status(&mut table, &id, &ordered, &mut filed);
            orders.suspended.insert(id, (ordered, filed));
        }
    }

    /// From now on only rules of the purposes table with these digests are in force ([`crate::Rule::digest`]); `None`: no
    /// table was signed off yet, and all are.
    pub fn order_rules(&self, signed_off: Option<HashMap<String, [u8; 32]>>) {
        self.orders().rules = signed_off;
    }

    /// Whether a rule may be used as far as the overseer is concerned.
    pub(crate) fn is_signed_off(&self, rule: &str, digest: &[u8; 32]) -> bool {
        let orders = match self.0.orders.read() {
            Ok(orders) => orders,
            Err(poisoned) => poisoned.into_inner(),
        };
        orders.rules.as_ref().is_none_or(|rules| rules.get(rule) == Some(digest))
    }

    /// Adds one organisation, or replaces what was known of it.
    pub fn put(&self, organisation: Organisation) {
        self.write().insert(organisation.id, Arc::new(organisation));
    }

    /// Suspends an organisation from `since` on; false when it is unknown.
    pub fn suspend(&self, id: &OrgId, since: Date, reason: &str) -> bool {
        let mut table = self.write();
        let Some(organisation) = table.get_mut(id) else { return false };
        Arc::make_mut(organisation).status = Status::Suspended { since, reason: reason.to_owned() };
        true
    }

    /// The organisation with this id.
    pub fn get(&self, id: &OrgId) -> Option<Arc<Organisation>> {
        self.read().get(id).cloned()
    }

    /// What an organisation is called, Japanese and English; its id where it is not in the directory.
    pub fn name(&self, id: &OrgId) -> (String, String) {
        let known = self.with(id, |organisation| (organisation.ja.clone(), organisation.en.clone()));
        known.unwrap_or_else(|| (id.to_string(), id.to_string()))
    }

    /// Looks at an organisation where it lies: what a decision needs, without touching its reference count.
    pub(crate) fn with<T>(&self, id: &OrgId, look: impl FnOnce(&Organisation) -> T) -> Option<T> {
        self.read().get(id).map(|organisation| look(organisation))
    }

    /// All organisations of a kind, by number.
    pub fn of_kind(&self, kind: OrgKind) -> Vec<Arc<Organisation>> {
        let mut list: Vec<_> = self.read().values().filter(|org| org.id.kind() == kind).cloned().collect();
        list.sort_by_key(|organisation| organisation.id);
        list
    }

    /// How many organisations it holds.
    pub fn len(&self) -> usize {
        self.read().len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// As TOML, sorted, such that [`from_toml`](Self::from_toml) reads the same again.
    ///
    /// # Errors
    /// [`DirectoryError::Syntax`] when a value cannot be written as TOML.
    pub fn to_toml(&self) -> Result<String, DirectoryError> {
        let mut organisation: Vec<_> = self.read().values().map(|org| Organisation::clone(org)).collect();
        organisation.sort_by_key(|organisation| organisation.id);
        toml::to_string(&Document { organisation }).map_err(|e| DirectoryError::Syntax(e.to_string()))
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, HashMap<OrgId, Arc<Organisation>>> {
        match self.0.table.read() {
            Ok(table) => table,
            Err(poisoned) => poisoned.into_inner(),
        }
    }

    fn write(&self) -> std::sync::RwLockWriteGuard<'_, HashMap<OrgId, Arc<Organisation>>> {
        match self.0.table.write() {
            Ok(table) => table,
            Err(poisoned) => poisoned.into_inner(),
        }
    }

    /// Taken before the table's lock where both are needed.
    fn orders(&self) -> std::sync::RwLockWriteGuard<'_, Ordered> {
        match self.0.orders.write() {
            Ok(orders) => orders,
            Err(poisoned) => poisoned.into_inner(),
        }
    }
}

/// Sets the ordered status in a table, and remembers what stood there.
fn override_status(
    table: &mut HashMap<OrgId, Arc<Organisation>>,
    id: &OrgId,
    ordered: &Status,
    filed: &mut Option<Status>,
) {
    *filed = table
        .get_mut(id)
        .map(|organisation| std::mem::replace(&mut Arc::make_mut(organisation).status, ordered.clone()));
}

impl VerifyingKey {
    /// The key with these bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        VerifyingKey(bytes)
    }

    /// Its bytes.
    pub fn to_bytes(self) -> [u8; 32] {
        self.0
    }
}

impl fmt::Display for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64URL_NOPAD.encode(&self.0))
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifyingKey({self})")
    }
}

impl FromStr for VerifyingKey {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok());
        bytes.map(VerifyingKey).ok_or("expected 43 characters of base64url (32 bytes)")
    }
}

impl Serialize for VerifyingKey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for VerifyingKey {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        codes::parse_text(deserializer)
    }
}

fn read(path: &Path) -> Result<String, DirectoryError> {
    std::fs::read_to_string(path).map_err(|source| DirectoryError::Io { path: path.to_path_buf(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hospital() -> Organisation {
        let id = OrgId::new(OrgKind::Institution, "1310000001").unwrap();
        let mut hospital =
            Organisation::new(id, "髙﨑北病院", "North Hospital", Date::new(2026, 4, 1).unwrap());
        hospital.envelope_key = Some(EnvelopeKey::from_bytes([7; 32]));
        hospital.ledger_key = Some(VerifyingKey::from_bytes([9; 32]));
        hospital.status =
            Status::Suspended { since: Date::new(2026, 5, 1).unwrap(), reason: "調査中".into() };
        hospital
    }

    #[test]
    fn toml_round_trips() {
        let directory = Directory::of([hospital()]).unwrap();
        let again = Directory::from_toml(&directory.to_toml().unwrap()).unwrap();
        assert_eq!(again.get(&hospital().id).as_deref(), Some(&hospital()));
    }

    #[test]
    fn a_faulty_directory_changes_nothing() {
        let directory = Directory::of([hospital()]).unwrap();
        assert!(matches!(directory.replace([hospital(), hospital()]), Err(DirectoryError::Twice(_))));
        assert_eq!(directory.len(), 1);
        let error = Directory::from_toml("[[organisation]]\nid = \"hospital/1\"").unwrap_err();
        assert!(error.to_string().contains("line 2"), "{error}");
    }

    #[test]
    fn an_order_stands_above_the_file_until_it_is_lifted() {
        let active = Organisation { status: Status::Active, ..hospital() };
        let directory = Directory::of([active.clone()]).unwrap();
        let status = |directory: &Directory| directory.get(&hospital().id).unwrap().status.clone();
        directory.order_suspensions([(hospital().id, hospital().status)]);
        assert_eq!(status(&directory), hospital().status);
        directory.replace([active.clone()]).unwrap();
        assert_eq!(status(&directory), hospital().status, "a reload does not lift it");
        directory.order_suspensions([]);
        assert_eq!(status(&directory), Status::Active);
        directory.replace([hospital()]).unwrap();
        directory.order_suspensions([(hospital().id, hospital().status)]);
        directory.order_suspensions([]);
        assert_eq!(status(&directory), hospital().status, "what the file itself suspends stays so");
    }

    #[test]
    fn clones_see_a_suspension_at_once() {
        let directory = Directory::of([Organisation { status: Status::Active, ..hospital() }]).unwrap();
        let other = directory.clone();
        assert!(directory.suspend(&hospital().id, Date::new(2026, 5, 1).unwrap(), "調査中"));
        assert_eq!(other.get(&hospital().id).unwrap().status, hospital().status);
        assert!(!directory.suspend(
            &OrgId::new(OrgKind::Relay, "1").unwrap(),
            Date::new(2026, 5, 1).unwrap(),
            ""
        ));
    }
}
