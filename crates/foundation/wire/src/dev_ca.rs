//! A certificate authority in a directory, for the town and for tests. A real installation brings its own PKI and
//! hands its PEM files to [`Tls::from_pem`].

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use codes::OrgId;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SanType,
};

use crate::tls::{SAN_PREFIX, Tls, TlsError};

/// File of the authority's certificate in its directory.
pub const CA_CERTIFICATE: &str = "ca.pem";
const CA_KEY: &str = "ca.key";
const DAY: Duration = Duration::from_secs(86_400);
/// Clocks of two machines may differ; a fresh certificate must work at once on both.
const BACKDATE: Duration = Duration::from_secs(3_600);

/// The house's certificate authority for development (開発用認証局).
pub struct DevCa {
    dir: PathBuf,
    certificate_pem: String,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate, its key and the CA to trust, as PEM text.
#[derive(Clone)]
pub struct TlsPem {
    /// The certificate chain, own certificate first.
    pub cert_chain: String,
    /// PKCS#8 private key.
    pub key: String,
    /// The CA certificate.
    pub ca: String,
}

/// Why the authority could not be opened or could not issue.
#[derive(Debug, thiserror::Error)]
pub enum CaError {
    /// A file could not be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Only one half of the authority is there: making a new one would orphan what was issued.
    #[error("{}: expected both {CA_CERTIFICATE} and {CA_KEY}, found only one", .0.display())]
    Half(PathBuf),
    /// Key or certificate could not be made or read.
    #[error("certificate authority: {0}")]
    Certificate(#[from] rcgen::Error),
}

impl DevCa {
    /// Opens the authority in `dir`, or makes it there (directory 0700, files 0600).
    ///
    /// # Errors
    /// [`CaError`]; a directory that holds only a key or only a certificate is refused, not completed.
    pub fn create_or_open(dir: &Path) -> Result<Self, CaError> {
        let (certificate_path, key_path) = (dir.join(CA_CERTIFICATE), dir.join(CA_KEY));
        let (certificate_pem, key) = match (certificate_path.exists(), key_path.exists()) {
            (true, true) => {
                let key = KeyPair::from_pem(&read(&key_path)?)?;
                (read(&certificate_path)?, key)
            }
            (false, false) => {
                create_dir(dir)?;
                let key = KeyPair::generate()?;
                let certificate = authority_params(&key).self_signed(&key)?.pem();
                write_private(&key_path, &key.serialize_pem())?;
                write_private(&certificate_path, &certificate)?;
                (certificate, key)
            }
            _ => return Err(CaError::Half(dir.to_path_buf())),
        };
        let issuer = Issuer::new(authority_params(&key), key);
        Ok(DevCa { dir: dir.to_path_buf(), certificate_pem, issuer })
    }

    /// Issues a certificate for `org`, for serving under `dns_names` and for calling; valid for a year.
    ///
    /// # Errors
    /// [`CaError::Certificate`] when a name is not ASCII.
    pub fn issue(&self, org: &OrgId, dns_names: &[&str]) -> Result<TlsPem, CaError> {
        let now = SystemTime::now();
        self.issue_between(org, dns_names, now - BACKDATE, now + 365 * DAY)
    }

    /// Like [`issue`](Self::issue), but keeps the certificate in the authority's directory and hands out the same one
    /// again as long as it has 30 days left: a restarted role keeps its certificate.
    ///
    /// # Errors
    /// [`CaError`].
    pub fn issue_once(&self, org: &OrgId, dns_names: &[&str]) -> Result<TlsPem, CaError> {
        let stem = org.to_string().replace('/', "-");
        let (cert_path, key_path) =
            (self.dir.join(format!("{stem}.pem")), self.dir.join(format!("{stem}.key")));
        if cert_path.exists() && key_path.exists() {
            let pem = TlsPem {
                cert_chain: read(&cert_path)?,
                key: read(&key_path)?,
                ca: self.certificate_pem.clone(),
            };
            if still_good(&pem.cert_chain, dns_names) {
                return Ok(pem);
            }
        }
        let pem = self.issue(org, dns_names)?;
        write_private(&key_path, &pem.key)?;
        write_private(&cert_path, &pem.cert_chain)?;
        Ok(pem)
    }

    /// Issues with a chosen validity: for rehearsing expiry.
    ///
    /// # Errors
    /// [`CaError::Certificate`] when a name is not ASCII.
    pub fn issue_between(
        &self,
        org: &OrgId,
        dns_names: &[&str],
        from: SystemTime,
        until: SystemTime,
    ) -> Result<TlsPem, CaError> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, org.to_string());
        params.distinguished_name.push(DnType::OrganizationName, "Musubi");
        params.not_before = from.into();
        params.not_after = until.into();
        params.subject_alt_names.push(SanType::URI(format!("{SAN_PREFIX}{org}").try_into()?));
        for name in dns_names {
            params.subject_alt_names.push(SanType::DnsName((*name).try_into()?));
        }
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages =
            vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        params.use_authority_key_identifier_extension = true;
        let certificate = params.signed_by(&key, &self.issuer)?;
        Ok(TlsPem {
            cert_chain: certificate.pem(),
            key: key.serialize_pem(),
            ca: self.certificate_pem.clone(),
        })
    }

    /// The CA certificate to trust, PEM.
    pub fn certificate_pem(&self) -> &str {
        &self.certificate_pem
    }
}

impl TlsPem {
    /// Ready for serving and calling.
    ///
    /// # Errors
    /// [`TlsError`] when the three parts do not go together.
    pub fn tls(&self) -> Result<Tls, TlsError> {
        Tls::from_pem(&self.cert_chain, &self.key, &self.ca)
    }
}

impl std::fmt::Debug for DevCa {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DevCa").field("dir", &self.dir).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for TlsPem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TlsPem").field("cert_chain", &self.cert_chain).finish_non_exhaustive()
    }
}

/// The same on every opening, because it depends on the key alone. The name carries the key's digest, so that a
/// certificate of another town's authority is refused as one of an unknown issuer and not as badly signed.
fn authority_params(key: &KeyPair) -> CertificateParams {
    let digest = ring::digest::digest(&ring::digest::SHA256, key.public_key_raw());
    let mark: String = digest.as_ref().iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, format!("Musubi development CA {mark}"));
    params.distinguished_name.push(DnType::OrganizationName, "Musubi");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.not_before = rcgen::date_time_ymd(2026, 1, 1);
    params.not_after = rcgen::date_time_ymd(2046, 1, 1);
    params
}

/// Whether a kept certificate serves exactly `dns_names` and has 30 days left.
fn still_good(cert_chain: &str, dns_names: &[&str]) -> bool {
    use rustls::pki_types::{CertificateDer, pem::PemObject};
    use x509_parser::extensions::GeneralName;

    let Ok(der) = CertificateDer::from_pem_slice(cert_chain.as_bytes()) else { return false };
    let Ok((_, certificate)) = x509_parser::parse_x509_certificate(&der) else { return false };
    let left = certificate.validity().time_to_expiration().map_or(0, |left| left.whole_days());
    let Ok(Some(names)) = certificate.subject_alternative_name() else { return false };
    let served: Vec<&str> = names
        .value
        .general_names
        .iter()
        .filter_map(|name| if let GeneralName::DNSName(dns) = name { Some(*dns) } else { None })
        .collect();
    left >= 30 && served == dns_names
}

fn read(path: &Path) -> Result<String, CaError> {
    fs::read_to_string(path).map_err(|source| CaError::Io { path: path.to_path_buf(), source })
}

fn create_dir(dir: &Path) -> Result<(), CaError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir).map_err(|source| CaError::Io { path: dir.to_path_buf(), source })
}

/// Writes beside and renames, so that a crash leaves either nothing or the whole file.
fn write_private(path: &Path, text: &str) -> Result<(), CaError> {
    let write = || {
        let beside = path.with_extension("new");
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&beside)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&beside, path)
    };
    write().map_err(|source| CaError::Io { path: path.to_path_buf(), source })
}
