//! The configuration of one role: a TOML file. `up` writes one for every role of the town.

use std::{
    collections::BTreeMap,
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use anyhow::Context;
use codes::{FileCustody, InstitutionCode, InsurerNumber, KeyName, OrgId, OrgKind, Unlock};
use consent::{InstitutionKind, NetworkId};
use serde::{Deserialize, Serialize};

/// Everything that one role needs to open. Paths are relative to the file's directory.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleSettings {
    /// Which organisation: its kind decides which role runs.
    pub organisation: OrgId,
    /// Name, Japanese.
    pub ja: String,
    /// Name, English.
    pub en: String,
    /// `sqlite:PATH` or `postgres://…`.
    pub store: String,
    /// Directory of the ledger.
    pub ledger: PathBuf,
    /// The file of organisations.
    pub directory: PathBuf,
    /// Address of the mTLS interface.
    pub listen: String,
    /// Where the other roles are, by the host of their address.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub hosts: BTreeMap<String, SocketAddr>,
    /// Its keys.
    pub keys: KeySettings,
    /// Its certificate.
    pub tls: TlsSettings,
    /// Its pages for people, when `serve` shows them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pages: Option<PageSettings>,
    /// What an institution has beside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub desk: Option<DeskSettings>,
    /// How a portal tells people that there is a notice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notices: Option<NoticeSettings>,
    /// What a certificate authority writes into certificates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authority: Option<AuthoritySettings>,
    /// Directory of this file.
    #[serde(skip)]
    pub base: PathBuf,
}

/// Where the keys lie and what opens them.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeySettings {
    /// The sealed file; made when absent.
    pub file: PathBuf,
    /// A key file that opens it; best on another medium.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_file: Option<PathBuf>,
    /// The environment variable that holds the passphrase, instead of a key file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passphrase_env: Option<String>,
}

/// PEM files of the mTLS identity.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsSettings {
    /// Certificate chain.
    pub certificate: PathBuf,
    /// Private key.
    pub key: PathBuf,
    /// The authority that all roles trust.
    pub authority: PathBuf,
}

/// The pages' own listener.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PageSettings {
    /// Address, loopback behind a reverse proxy that ends TLS.
    pub listen: String,
    /// What opens the desk: `/?key=…`, at least 16 characters.
    pub desk_key: String,
}

/// What an institution's desk has beside its pages.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeskSettings {
    /// The terminal's name.
    pub terminal: String,
    /// Directory that holds `req`, `res`, `face` for the receipt computer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oqs: Option<PathBuf>,
    /// What kind of institution it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<InstitutionKind>,
    /// The regional networks that it is a member of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub networks: Vec<NetworkId>,
    /// Sets of FHIR packages: records that claim a profile of one are held against it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fhir: Vec<FhirSettings>,
}

/// A set of FHIR packages that go together.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FhirSettings {
    /// npm archives, directories of JSON, or compact files; a later one replaces what an earlier one says of a URL.
    pub packages: Vec<PathBuf>,
}

/// How a portal tells people that there is a notice.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoticeSettings {
    /// Who the letters are from.
    pub from: String,
    /// A folder into which letters are put instead of being sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outbox: Option<PathBuf>,
    /// The server that sends letters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub smtp: Option<SmtpSettings>,
    /// Whom a push service may ask: `mailto:` or `https:`.
    pub contact: String,
    /// Whether push services of this machine may be used: the town and tests.
    #[serde(default)]
    pub loopback_push: bool,
}

/// A server that sends letters, over TLS.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmtpSettings {
    /// Its name.
    pub host: String,
    /// 465 for TLS from the start; any other for STARTTLS.
    pub port: u16,
    /// The name to log in with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The environment variable that holds the password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_env: Option<String>,
}

/// What a certificate authority writes into the certificates it issues.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuthoritySettings {
    /// Address of its OCSP responder.
    pub ocsp: String,
    /// Address of its practice statement.
    pub cps: String,
    /// Prefecture of the counter, Latin letters.
    pub prefecture: String,
    /// Municipality of the counter, Latin letters.
    pub municipality: String,
}

impl RoleSettings {
    /// Reads a configuration.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let mut settings: Self = toml::from_str(&text).with_context(|| path.display().to_string())?;
        settings.base = path.parent().map(Path::to_owned).unwrap_or_default();
        Ok(settings)
    }

    /// Writes the configuration to `path`.
    pub fn write(&self, path: &Path) -> anyhow::Result<()> {
        fs::write(path, toml::to_string_pretty(self)?)
            .with_context(|| format!("cannot write {}", path.display()))
    }

    /// A path of this file as seen from the process.
    pub fn path(&self, path: &Path) -> PathBuf {
        self.base.join(path)
    }

    /// The store's URL with its path as seen from the process.
    pub fn store_url(&self) -> String {
        match self.store.strip_prefix("sqlite:") {
            Some(path) if path != ":memory:" => format!("sqlite:{}", self.base.join(path).display()),
            _ => self.store.clone(),
        }
    }

    /// Opens the keys.
    pub fn custody(&self, keys: &[KeyName]) -> anyhow::Result<FileCustody> {
        let unlock = match (&self.keys.key_file, &self.keys.passphrase_env) {
            (Some(file), None) => Unlock::KeyFile(self.path(file)),
            (None, Some(variable)) => Unlock::passphrase(
                std::env::var(variable).with_context(|| format!("the passphrase is not in ${variable}"))?,
            ),
            _ => anyhow::bail!("[keys]: give either key_file or passphrase_env"),
        };
        Ok(FileCustody::create_or_open(&self.path(&self.keys.file), unlock, keys)?)
    }

    /// The mTLS identity.
    pub fn tls(&self) -> anyhow::Result<wire::Tls> {
        let read = |path: &Path| {
            let path = self.path(path);
            fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
        };
        Ok(wire::Tls::from_pem(
            &read(&self.tls.certificate)?,
            &read(&self.tls.key)?,
            &read(&self.tls.authority)?,
        )?)
    }

    /// The insurer number of an insurer.
    pub fn insurer_number(&self) -> anyhow::Result<InsurerNumber> {
        Ok(InsurerNumber::parse_lenient(self.organisation.number())?)
    }

    /// By which roads a portal tells people that there is a notice.
    pub fn roads(&self) -> anyhow::Result<portal::Roads> {
        let Some(notices) = &self.notices else { return Ok(portal::Roads::default()) };
        let mail = match (&notices.smtp, &notices.outbox) {
            (Some(smtp), _) => {
                let password =
                    |name: &String| std::env::var(name).with_context(|| format!("{name} is not set"));
                let password = smtp.password_env.as_ref().map(password).transpose()?;
                Some(portal::MailRoad::Smtp(portal::Smtp {
                    host: smtp.host.clone(),
                    port: smtp.port,
                    login: smtp.user.clone().zip(password),
                    from: notices.from.clone(),
                }))
            }
            (None, Some(folder)) => {
                Some(portal::MailRoad::Outbox { folder: self.path(folder), from: notices.from.clone() })
            }
            (None, None) => None,
        };
        let push = portal::PushRoad { contact: notices.contact.clone(), loopback: notices.loopback_push };
        Ok(portal::Roads { mail, push })
    }

    /// The institution code of an institution.
    pub fn institution_code(&self) -> anyhow::Result<InstitutionCode> {
        Ok(self.organisation.number().parse()?)
    }
}

/// The keys that a role of this kind holds.
pub fn keys_of(kind: OrgKind) -> &'static [KeyName] {
    match kind {
        OrgKind::Issuer => issuer::KEYS,
        OrgKind::Jpki => jpki::KEYS,
        OrgKind::Relay => relay::KEYS,
        OrgKind::Eligibility => eligibility::KEYS,
        OrgKind::Insurer => insurer::KEYS,
        OrgKind::Institution => institution::KEYS,
        OrgKind::Portal => portal::KEYS,
        OrgKind::Oversight => oversight::KEYS,
        _ => &[],
    }
}

/// The name by which certificates and addresses know an organisation.
pub fn host_of(org: &OrgId) -> String {
    format!("{}.{}.musubi.internal", org.number(), org.kind())
}
