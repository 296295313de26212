//! Every SQL statement of the certificate authority.

use calendar::Timestamp;
use codes::ExchangeId;
use protocol::jpki::{CertificateKind, RevocationReason};
use serde::de::DeserializeOwned;
use store::{Migration, Reader, Row, StoreError, Tx, params};

use crate::ca::Revoked;
use crate::model::{Certificate, Recorded, Revocation, kind_of, kind_text};

/// The authority's tables.
pub const MIGRATIONS: &[Migration] = &[Migration {
    version: 1,
    name: "certificates",
    sql: include_str!("../migrations/0001_certificates.sql"),
}];

/// An authority as it is stored: certificates in clear, keys sealed.
pub struct StoredAuthority {
    /// DER.
    pub certificate: Vec<u8>,
    /// Sealed PKCS#8.
    pub sealed_key: Vec<u8>,
    /// DER.
    pub responder_certificate: Vec<u8>,
    /// Sealed PKCS#8.
    pub sealed_responder_key: Vec<u8>,
}

/// A stored revocation list.
pub struct StoredList {
    /// Its number.
    pub number: i64,
    /// How many certificates it names, expired ones left out.
    pub entries: i64,
    /// The latest revocation it knows, unix seconds.
    pub latest: i64,
    /// When the next is due, unix seconds.
    pub next_update: i64,
    /// DER.
    pub der: Vec<u8>,
}

/// The authority of a kind, if it was made.
pub fn authority(c: &mut Reader<'_>, kind: CertificateKind) -> Result<Option<StoredAuthority>, StoreError> {
    c.query_one(
        "SELECT certificate, sealed_key, responder_certificate, sealed_responder_key FROM authority WHERE kind = $1",
        params![kind_text(kind)],
        |row| {
            Ok(StoredAuthority {
                certificate: row.bytes(0)?.to_vec(),
                sealed_key: row.bytes(1)?.to_vec(),
                responder_certificate: row.bytes(2)?.to_vec(),
                sealed_responder_key: row.bytes(3)?.to_vec(),
            })
        },
    )
}

/// Keeps a new authority; one that is there already stays.
pub fn insert_authority(
    tx: &mut Tx<'_>,
    kind: CertificateKind,
    stored: &StoredAuthority,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO authority (kind, certificate, sealed_key, responder_certificate, sealed_responder_key)
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (kind) DO NOTHING",
        params![
            kind_text(kind),
            &stored.certificate,
            &stored.sealed_key,
            &stored.responder_certificate,
            &stored.sealed_responder_key
        ],
    )?;
    Ok(())
}

/// Records an issuance: the certificate, its key and, on renewal, the end of the old one. `revocation` is
/// what the old one gets when it was still good.
pub fn record(
    tx: &mut Tx<'_>,
    certificate: &Certificate,
    exchange: &ExchangeId,
    question: &[u8; 32],
    public_key: &[u8; 32],
    revocation: &Revocation,
) -> Result<Recorded, StoreError> {
    let kind = kind_text(certificate.kind);
    let fresh = tx.execute(
        "INSERT INTO issuance (exchange, kind, question, serial) VALUES ($1, $2, $3, $4)
         ON CONFLICT (exchange, kind) DO NOTHING",
        params![exchange.as_bytes(), kind, question, &certificate.serial],
    )?;
    if fresh == 0 {
        return Ok(Recorded::Before);
    }
    let fresh = tx.execute(
        "INSERT INTO public_key (digest, serial) VALUES ($1, $2) ON CONFLICT (digest) DO NOTHING",
        params![public_key, &certificate.serial],
    )?;
    if fresh == 0 {
        return Ok(Recorded::KeyTaken);
    }
    if let Some(old) = &certificate.predecessor {
        let replaced = tx.execute(
            "UPDATE certificate SET successor = $1 WHERE serial = $2 AND kind = $3 AND successor IS NULL",
            params![&certificate.serial, old, kind],
        )?;
        if replaced == 0 {
            return Ok(Recorded::AlreadyReplaced);
        }
        revoke(tx, old, revocation)?;
    }
    insert(tx, certificate)?;
    Ok(Recorded::New)
}

fn insert(tx: &mut Tx<'_>, certificate: &Certificate) -> Result<(), StoreError> {
    let holder = json(&certificate.holder)?;
    tx.execute(
        "INSERT INTO certificate (serial, kind, common_name, name, der, fingerprint, holder, issued_at, not_after,
                                  predecessor)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        params![
            &certificate.serial,
            kind_text(certificate.kind),
            &certificate.common_name,
            certificate.name.as_deref().unwrap_or_default(),
            &certificate.der,
            &certificate.fingerprint,
            &holder,
            certificate.issued_at.as_seconds(),
            certificate.not_after.as_seconds(),
            certificate.predecessor.as_deref()
        ],
    )?;
    Ok(())
}

/// Revokes a certificate that is not yet revoked; says whether it did.
pub fn revoke(tx: &mut Tx<'_>, serial: &str, revocation: &Revocation) -> Result<bool, StoreError> {
    let (reason, receipt) = (json(&revocation.reason)?, json(&revocation.receipt)?);
    let changed = tx.execute(
        "UPDATE certificate SET revoked_at = $1, reason = $2, receipt = $3 WHERE serial = $4 AND revoked_at IS NULL",
        params![revocation.at.as_seconds(), &reason, &receipt, serial],
    )?;
    Ok(changed == 1)
}

/// The question's digest and the serial number that an exchange led to.
pub fn issuance(
    c: &mut Reader<'_>,
    exchange: &ExchangeId,
    kind: CertificateKind,
) -> Result<Option<([u8; 32], String)>, StoreError> {
    c.query_one(
        "SELECT question, serial FROM issuance WHERE exchange = $1 AND kind = $2",
        params![exchange.as_bytes(), kind_text(kind)],
        |row| Ok((row.array(0)?, row.text(1)?.to_owned())),
    )
}

/// One certificate.
pub fn certificate(c: &mut Reader<'_>, serial: &str) -> Result<Option<Certificate>, StoreError> {
    c.query_one(&format!("SELECT {COLUMNS} FROM certificate WHERE serial = $1"), params![serial], read)
}

/// The newest certificate in the line of succession that begins at `serial`.
pub fn newest(c: &mut Reader<'_>, serial: &str) -> Result<Option<String>, StoreError> {
    c.query_one(
        "WITH RECURSIVE line (serial, successor, step) AS (
           SELECT serial, successor, 0 FROM certificate WHERE serial = $1
           UNION ALL
           SELECT c.serial, c.successor, line.step + 1 FROM certificate c JOIN line ON c.serial = line.successor
           WHERE line.step < 100
         ) SELECT serial FROM line ORDER BY step DESC LIMIT 1",
        params![serial],
        |row| Ok(row.text(0)?.to_owned()),
    )
}

/// The certificates issued last, or those whose serial number, common name or holder begins with `search`.
pub fn list(c: &mut Reader<'_>, search: &str, limit: i64) -> Result<Vec<Certificate>, StoreError> {
    if search.is_empty() {
        let sql = format!("SELECT {COLUMNS} FROM certificate ORDER BY issued_at DESC, serial LIMIT $1");
        return c.query(&sql, params![limit], read);
    }
    // Not LIKE, and no range: the two stores disagree about case and about the order of characters.
    let length = i64::try_from(search.chars().count()).unwrap_or(i64::MAX);
    let sql = format!(
        "SELECT {COLUMNS} FROM certificate
         WHERE substr(serial, 1, $2) = $1 OR substr(common_name, 1, $2) = $1 OR substr(name, 1, $2) = $1
         ORDER BY issued_at DESC, serial LIMIT $3"
    );
    c.query(&sql, params![search, length, limit], read)
}

/// How many certificates are in force and revoked at `now` (unix seconds).
pub fn counts(c: &mut Reader<'_>, now: i64) -> Result<(i64, i64), StoreError> {
    let row = c.query_one(
        "SELECT count(*), count(revoked_at) FROM certificate WHERE not_after >= $1",
        params![now],
        |row| Ok((row.int(0)?, row.int(1)?)),
    )?;
    let (all, revoked) = row.unwrap_or_default();
    Ok((all - revoked, revoked))
}

/// The newest list of an authority.
pub fn latest_list(c: &mut Reader<'_>, kind: CertificateKind) -> Result<Option<StoredList>, StoreError> {
    c.query_one(
        "SELECT number, entries, latest, next_update, der FROM revocation_list WHERE kind = $1",
        params![kind_text(kind)],
        |row| {
            Ok(StoredList {
                number: row.int(0)?,
                entries: row.int(1)?,
                latest: row.int(2)?,
                next_update: row.int(3)?,
                der: row.bytes(4)?.to_vec(),
            })
        },
    )
}

/// How many certificates a list of `now` names, and the latest revocation among them (unix seconds).
pub fn revoked_summary(
    c: &mut Reader<'_>,
    kind: CertificateKind,
    now: i64,
) -> Result<(i64, i64), StoreError> {
    let row = c.query_one(
        "SELECT count(*), coalesce(max(revoked_at), 0) FROM certificate
         WHERE kind = $1 AND revoked_at IS NOT NULL AND not_after >= $2",
        params![kind_text(kind), now],
        |row| Ok((row.int(0)?, row.int(1)?)),
    )?;
    Ok(row.unwrap_or_default())
}

/// The revoked certificates of an authority whose validity has not ended at `now` (unix seconds).
pub fn revoked(c: &mut Reader<'_>, kind: CertificateKind, now: i64) -> Result<Vec<Revoked>, StoreError> {
    c.query(
        "SELECT serial, revoked_at, reason FROM certificate
         WHERE kind = $1 AND revoked_at IS NOT NULL AND not_after >= $2 ORDER BY revoked_at, serial",
        params![kind_text(kind), now],
        |row| Ok(Revoked { serial: row.text(0)?.to_owned(), at: row.int(1)?, reason: from_json(row, 2)? }),
    )
}

/// Keeps a new list in the place of the old one.
pub fn save_list(tx: &mut Tx<'_>, kind: CertificateKind, list: &StoredList) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO revocation_list (kind, number, entries, latest, next_update, der)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (kind) DO UPDATE SET number = excluded.number, entries = excluded.entries,
           latest = excluded.latest, next_update = excluded.next_update, der = excluded.der",
        params![kind_text(kind), list.number, list.entries, list.latest, list.next_update, &list.der],
    )?;
    Ok(())
}

fn read(row: &Row<'_>) -> Result<Certificate, StoreError> {
    let kind = kind_of(row.text(1)?)
        .ok_or_else(|| StoreError::decode(1, "a certificate kind", row.text(1).unwrap_or_default()))?;
    let revoked = match row.opt_int(11)? {
        None => None,
        Some(at) => Some(Revocation {
            at: Timestamp::from_seconds(at),
            reason: from_json::<RevocationReason>(row, 12)?,
            receipt: from_json(row, 13)?,
        }),
    };
    Ok(Certificate {
        serial: row.text(0)?.to_owned(),
        kind,
        common_name: row.text(2)?.to_owned(),
        name: Some(row.text(3)?.to_owned()).filter(|name| !name.is_empty()),
        der: row.bytes(4)?.to_vec(),
        fingerprint: row.array(5)?,
        holder: from_json(row, 6)?,
        issued_at: Timestamp::from_seconds(row.int(7)?),
        not_after: Timestamp::from_seconds(row.int(8)?),
        predecessor: row.opt_text(9)?.map(str::to_owned),
        successor: row.opt_text(10)?.map(str::to_owned),
        revoked,
    })
}

fn json<T: serde::Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::decode(0, "a value that JSON can write", error))
}

fn from_json<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> Result<T, StoreError> {
    serde_json::from_str(row.text(column)?)
        .map_err(|error| StoreError::decode(column, "JSON of this version", error))
}

const COLUMNS: &str = "serial, kind, common_name, name, der, fingerprint, holder, issued_at, not_after, \
                       predecessor, successor, revoked_at, reason, receipt";
