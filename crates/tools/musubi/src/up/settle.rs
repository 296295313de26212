//! Settling a town in a directory: its people, its organisations, their keys, certificates and configurations.
//! Whatever is there already stays as it is.

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
};

use access::{Directory, Organisation, VerifyingKey};
use anyhow::Context;
use calendar::{Clock, Date, SystemClock};
use codes::{Custody, KeyName, OrgId, OrgKind};
use consent::{InstitutionKind, NetworkId};
use serde::de::DeserializeOwned;
use town::{
    TownPlan,
    formats::{InstitutionRow, InsurerRow, MunicipalityRow, NetworkRow},
};
use wire::dev_ca::DevCa;

use crate::directory_command;
use crate::settings::{
    AuthoritySettings, DeskSettings, KeySettings, NoticeSettings, RoleSettings, TlsSettings, host_of, keys_of,
};

/// How long before its day the town's insurers hand over what they had: later reports arrive one by one.
const OPENING_DAYS: i32 = 90;
/// Of a thousand households, how many have clinical records: what the institutions take in within a minute.
const CLINICAL: u16 = 100;
/// Equal seeds give equal towns.
const SEED: u64 = 1;

/// A settled town.
pub struct Town {
    /// Where it lives.
    pub dir: PathBuf,
    /// The files of its people.
    pub files: PathBuf,
    /// Every role's configuration, in the order in which they are opened.
    pub roles: Vec<RoleSettings>,
    /// Who is who.
    pub directory: Directory,
    /// Short names of organisations, for addresses.
    slugs: HashMap<OrgId, String>,
    /// The municipality whose counter makes cards.
    pub counter: OrgId,
    /// The house's certificate authority.
    pub ca: DevCa,
}

impl Town {
    /// The host name of an organisation's pages.
    pub fn site_of(&self, org: &OrgId) -> String {
        let slug = self.slugs.get(org).cloned().unwrap_or_else(|| org.kind().to_string());
        format!("{slug}.localhost")
    }

    /// The rows of one of the town's files.
    pub fn rows<T: DeserializeOwned>(&self, file: &str) -> anyhow::Result<Vec<T>> {
        rows(&self.files.join(file))
    }
}

/// Settles the town in `dir`, with `people` if it is new.
pub fn town(dir: &Path, people: u64) -> anyhow::Result<Town> {
    fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))?;
    let files = dir.join("files");
    if town::finished(&files)?.is_none() {
        let today: town::Day = SystemClock.today().to_string().parse()?;
        let mut plan = TownPlan::new(SEED, people, today).with_clinical(CLINICAL);
        plan.opening = today.plus(-OPENING_DAYS);
        town::generate(&plan, &files)?;
    }
    let ca = DevCa::create_or_open(&dir.join("ca"))?;
    let houses = houses(&files)?;
    let (mut roles, mut organisations) = (Vec::new(), Vec::new());
    let mut slugs = HashMap::new();
    for house in &houses {
        let settings = settle(dir, &ca, house)?;
        organisations.push(organisation(&settings)?);
        slugs.insert(house.org, house.slug.clone());
        roles.push(settings);
    }
    let counter: MunicipalityRow = rows(&files.join("municipalities.csv"))?
        .into_iter()
        .next()
        .context("the town has no municipality")?;
    let counter_id = OrgId::municipality(&counter.municipality_code.parse()?);
    organisations.push(Organisation::new(
        counter_id,
        format!("{}役所", counter.name),
        counter.name_en,
        founded()?,
    ));
    let file = dir.join(ORGANISATIONS);
    if file.exists() {
        // Who was suspended stays so at the next start.
        let before = Directory::load(&file)?;
        for organisation in &mut organisations {
            if let Some(known) = before.get(&organisation.id) {
                organisation.status = known.status.clone();
            }
        }
    }
    let directory = Directory::of(organisations)?;
    directory_command::replace(&file, &directory)?;
    Ok(Town { dir: dir.to_owned(), files, roles, directory, slugs, counter: counter_id, ca })
}

/// The file of who takes part.
pub const ORGANISATIONS: &str = "organisations.toml";

/// An organisation of the town before it has keys.
struct House {
    org: OrgId,
    slug: String,
    ja: String,
    en: String,
    /// What kind of institution it is, and its networks.
    institution: Option<(InstitutionKind, Vec<NetworkId>)>,
}

fn houses(files: &Path) -> anyhow::Result<Vec<House>> {
    let one = |kind: OrgKind, ja: &str, en: &str| {
        let org = OrgId::new(kind, "1")?;
        let (slug, ja, en) = (kind.to_string(), ja.into(), en.into());
        Ok::<_, anyhow::Error>(House { org, slug, ja, en, institution: None })
    };
    let mut houses = vec![
        one(OrgKind::Relay, "情報連携基盤", "Relay")?,
        one(OrgKind::Jpki, "公的個人認証サービス", "Certificate authority")?,
        one(OrgKind::Eligibility, "資格確認サービス機関", "Eligibility service")?,
        one(OrgKind::Issuer, "付番機関", "Issuer")?,
        one(OrgKind::Portal, "マイ・ポータル", "My portal")?,
        one(OrgKind::Oversight, "監督機関", "Overseer")?,
    ];
    for row in rows::<InsurerRow>(&files.join("insurers.csv"))? {
        let number = codes::InsurerNumber::parse_lenient(&row.insurer_number)?;
        let org = OrgId::insurer(&number);
        houses.push(House { org, slug: row.slug, ja: row.name, en: row.name_en, institution: None });
    }
    let members = rows::<NetworkRow>(&files.join("networks.csv"))?;
    for row in rows::<InstitutionRow>(&files.join("institutions.csv"))? {
        let org = OrgId::institution(&row.institution_code.parse()?);
        let of = members.iter().filter(|member| member.institution_code == row.institution_code);
        let networks = of.map(|member| member.network.parse()).collect::<Result<_, _>>()?;
        let institution = Some((kind_of(&row.kind)?, networks));
        houses.push(House { org, slug: row.slug, ja: row.name, en: row.name_en, institution });
    }
    Ok(houses)
}

/// The kind of institution by the word of the town's file.
fn kind_of(word: &str) -> anyhow::Result<InstitutionKind> {
    match word {
        "care" => Ok(InstitutionKind::CareProvider),
        word => Ok(word.parse()?),
    }
}

fn settle(dir: &Path, ca: &DevCa, house: &House) -> anyhow::Result<RoleSettings> {
    let home = dir.join(&house.slug);
    fs::create_dir_all(&home)?;
    ca.issue_once(&house.org, &[host_of(&house.org).as_str()])?;
    let file = home.join("role.toml");
    if !file.exists() {
        settings(house).write(&file)?;
    }
    RoleSettings::read(&file)
}

fn settings(house: &House) -> RoleSettings {
    let stem = house.org.to_string().replace('/', "-");
    let ca = Path::new("../ca");
    let desk = house.institution.clone().map(|(kind, networks)| DeskSettings {
        terminal: "受付1".into(),
        oqs: Some("oqs".into()),
        kind: Some(kind),
        networks,
        fhir: Vec::new(),
    });
    let authority = (house.org.kind() == OrgKind::Jpki).then(|| AuthoritySettings {
        ocsp: "http://jpki.localhost:8080/ocsp".into(),
        cps: "http://www.jpki.go.jp/cps.html".into(),
        prefecture: "Musubi".into(),
        municipality: "Musubi-shi".into(),
    });
    let notices = (house.org.kind() == OrgKind::Portal).then(|| NoticeSettings {
        from: "portal@portal.localhost".into(),
        outbox: Some("outbox".into()),
        smtp: None,
        contact: "mailto:portal@portal.localhost".into(),
        loopback_push: true,
    });
    RoleSettings {
        organisation: house.org,
        ja: house.ja.clone(),
        en: house.en.clone(),
        store: "sqlite:store.db".into(),
        ledger: "ledger".into(),
        directory: Path::new("..").join(ORGANISATIONS),
        listen: "127.0.0.1:0".into(),
        hosts: Default::default(),
        keys: KeySettings {
            file: "keys.sealed".into(),
            key_file: Some("unlock.key".into()),
            passphrase_env: None,
        },
        tls: TlsSettings {
            certificate: ca.join(format!("{stem}.pem")),
            key: ca.join(format!("{stem}.key")),
            authority: ca.join(wire::dev_ca::CA_CERTIFICATE),
        },
        pages: None,
        desk,
        notices,
        authority,
        base: Default::default(),
    }
}

/// Since when the town's organisations take part: before the oldest card of its past was issued.
fn founded() -> anyhow::Result<Date> {
    Ok(Date::new(2015, 10, 5)?)
}

/// What others may know of an organisation: its address and public keys.
fn organisation(settings: &RoleSettings) -> anyhow::Result<Organisation> {
    let org = settings.organisation;
    let custody = settings.custody(keys_of(org.kind()))?;
    let mut organisation = Organisation::new(org, settings.ja.clone(), settings.en.clone(), founded()?);
    organisation.api = Some(format!("https://{}", host_of(&org)));
    if keys_of(org.kind()).contains(&KeyName::ENVELOPE) {
        organisation.envelope_key = Some(custody.envelope_public_key()?);
    }
    if keys_of(org.kind()).contains(&KeyName::GRANT_SIGN) {
        organisation.grant_key = Some(VerifyingKey::from_bytes(custody.verifying_key(&KeyName::GRANT_SIGN)?));
    }
    if keys_of(org.kind()).contains(&KeyName::WITNESS_SIGN) {
        let key = custody.verifying_key(&KeyName::WITNESS_SIGN)?;
        organisation.witness_key = Some(VerifyingKey::from_bytes(key));
    }
    if let Some(desk) = &settings.desk {
        organisation.institution = desk.kind;
        organisation.networks = desk.networks.clone();
    }
    organisation.ledger_key = Some(VerifyingKey::from_bytes(custody.verifying_key(&KeyName::LEDGER_SIGN)?));
    Ok(organisation)
}

fn rows<T: DeserializeOwned>(path: &Path) -> anyhow::Result<Vec<T>> {
    let mut csv = csv::Reader::from_path(path).with_context(|| format!("cannot read {}", path.display()))?;
    csv.deserialize().collect::<Result<_, _>>().with_context(|| path.display().to_string())
}
