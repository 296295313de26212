//! The two authorities: made once, their keys sealed at rest.

use calendar::Timestamp;
use codes::{Custody, CustodyError, KeyName};
use protocol::jpki::CertificateKind;
use store::Db;

use crate::OpenError;
use crate::ca::{Authority, AuthorityKeys};
use crate::model::kind_text;
use crate::store::{self as sql, StoredAuthority};

/// Both authorities, ready to sign.
pub struct Authorities {
    authentication: Authority,
    signing: Authority,
}

impl Authorities {
    /// Opens both; one that is not there is made and begins at `now`.
    ///
    /// # Errors
    /// When the store, the custody or a key fails.
    pub fn open(db: &Db, custody: &dyn Custody, now: Timestamp) -> Result<Self, OpenError> {
        Ok(Self {
            authentication: open_one(db, custody, CertificateKind::Authentication, now)?,
            signing: open_one(db, custody, CertificateKind::Signing, now)?,
        })
    }

    /// The authority for certificates of this kind.
    pub fn of(&self, kind: CertificateKind) -> &Authority {
        match kind {
            CertificateKind::Authentication => &self.authentication,
            CertificateKind::Signing => &self.signing,
        }
    }

    /// Both.
    pub fn all(&self) -> [&Authority; 2] {
        [&self.authentication, &self.signing]
    }
}

fn open_one(
    db: &Db,
    custody: &dyn Custody,
    kind: CertificateKind,
    now: Timestamp,
) -> Result<Authority, OpenError> {
    let stored = match db.read_blocking(|c| sql::authority(c, kind))? {
        Some(stored) => stored,
        None => make(db, custody, kind, now)?,
    };
    let open =
        |part, sealed: &[u8]| custody.open_row(&KeyName::ROW_SEAL, place(kind, part).as_bytes(), sealed);
    let keys = AuthorityKeys {
        kind,
        key: open("key", &stored.sealed_key)?,
        certificate: stored.certificate,
        responder_key: open("responder-key", &stored.sealed_responder_key)?,
        responder_certificate: stored.responder_certificate,
    };
    Ok(Authority::open(&keys)?)
}

fn make(
    db: &Db,
    custody: &dyn Custody,
    kind: CertificateKind,
    now: Timestamp,
) -> Result<StoredAuthority, OpenError> {
    let keys = Authority::create(kind, now.as_seconds())?;
    let seal = |part, key: &[u8]| -> Result<Vec<u8>, CustodyError> {
        custody.seal_row(&KeyName::ROW_SEAL, place(kind, part).as_bytes(), key)
    };
    let stored = StoredAuthority {
        sealed_key: seal("key", &keys.key)?,
        certificate: keys.certificate,
        sealed_responder_key: seal("responder-key", &keys.responder_key)?,
        responder_certificate: keys.responder_certificate,
    };
    // Two processes may start at once: the one whose row stands is the authority.
    let kept = db.write_blocking(move |tx| {
        sql::insert_authority(tx, kind, &stored)?;
        sql::authority(tx, kind)
    })?;
    kept.ok_or_else(|| OpenError::Authority(crate::ca::CaError::Key("the authority was not kept".into())))
}

fn place(kind: CertificateKind, part: &str) -> String {
    format!("authority/{}/{part}", kind_text(kind))
}
