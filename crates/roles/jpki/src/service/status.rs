//! What certificates are worth: for the eligibility service with the code behind them, for anybody by OCSP and
//! revocation list.

use access::{Action, Purpose};
use calendar::Timestamp;
use codes::OrgId;
use data_encoding::HEXLOWER_PERMISSIVE;
use protocol::jpki::{
    CertificateCode, CertificateCodeAnswer, CertificateCodeRequest, CertificateKind, CertificateRef,
    CertificateStatus,
};
use serde_json::json;
use store::{Reader, StoreError};
use wire::Problem;

use super::{Service, serial_key};
use crate::ca::ocsp::{self, Refusal, Standing};
use crate::model::Certificate;
use crate::store::StoredList;
use crate::{problems, store as sql};

impl Service {
    /// Standing and sealed holder of authentication certificates, for the eligibility service. Whoever else
    /// asks is refused before anything is looked up, so that the refusal tells nothing.
    ///
    /// # Errors
    /// Not permitted; none or more than 1,000 certificates.
    pub async fn certificate_codes(
        &self,
        peer: &OrgId,
        request: CertificateCodeRequest,
    ) -> Result<CertificateCodeAnswer, Problem> {
        let permit = self.decide(peer, Action::JpkiCertificateCode, Purpose::TreatmentReception)?;
        if !(1..=MAX_CERTIFICATES).contains(&request.certificates.len()) {
            return Err(problems::too_many(MAX_CERTIFICATES));
        }
        let now = self.clock.now();
        let asked = request.certificates;
        let found = self.db.read(move |c| {
            asked.iter().map(|one| worth(c, one, now)).collect::<Result<Vec<_>, StoreError>>()
        });
        let found = found.await.map_err(problems::store)?;
        let entries = found.chunks(LOGGED_TOGETHER).map(|part| {
            let results: Vec<_> = part.iter().map(|(serial, code)| json!([serial, code.status])).collect();
            let body = json!({ "by": peer, "rule": permit.rule_id(), "certificates": results });
            self.entry("jpki.certificate-code", request.exchange, &body)
        });
        self.ledger.append_all(entries.collect()).await.map_err(problems::ledger)?;
        let certificates = found.into_iter().map(|(_, code)| code).collect();
        Ok(CertificateCodeAnswer { exchange: request.exchange, certificates })
    }

    /// Answers an OCSP request; the bytes are always an OCSP response.
    ///
    /// # Errors
    /// Only when not even a refusal can be written.
    pub async fn ocsp(&self, request: &[u8]) -> Result<Vec<u8>, Problem> {
        let refuse = |refusal| ocsp::refuse(refusal).map_err(problems::authority);
        let Ok(question) = ocsp::read(request) else { return refuse(Refusal::Malformed) };
        let Some(authority) = question.authority(self.authorities.all()) else {
            return refuse(Refusal::Unauthorized);
        };
        let kind = authority.kind();
        let serials = question.serials();
        let standings = self.db.read(move |c| {
            serials.iter().map(|serial| standing(c, kind, serial)).collect::<Result<Vec<_>, StoreError>>()
        });
        let Ok(standings) = standings.await.inspect_err(|error| tracing::error!(%error, "store")) else {
            return refuse(Refusal::Internal);
        };
        let now = self.clock.now().as_seconds();
        let signed = authority.answer_status(&question, &standings, now, now + ANSWER_SECONDS);
        signed.or_else(|error| {
            tracing::error!(%error, "OCSP answer");
            refuse(Refusal::Internal)
        })
    }

    /// The newest revocation list, DER. A new one is made when a certificate was revoked since the last, or half
    /// the last one's time is over.
    ///
    /// # Errors
    /// When the store cannot be used or the list not be signed.
    pub async fn revocation_list(&self, kind: CertificateKind) -> Result<Vec<u8>, Problem> {
        let now = self.clock.now().as_seconds();
        let current = self.db.read(move |c| current_list(c, kind, now)).await.map_err(problems::store)?;
        if let Some(list) = current {
            return Ok(list.der);
        }
        let authorities = self.authorities.clone();
        let made = self.db.write(move |tx| {
            if let Some(list) = current_list(tx, kind, now)? {
                return Ok(Ok(list.der));
            }
            let number = sql::latest_list(tx, kind)?.map_or(1, |last| last.number + 1);
            let revoked = sql::revoked(tx, kind, now)?;
            let next_update = now + LIST_SECONDS;
            let authority = authorities.of(kind);
            let der = match authority.revocation_list(&revoked, number.unsigned_abs(), now, next_update) {
                Ok(der) => der,
                Err(error) => return Ok(Err(error)),
            };
            let (entries, latest) = sql::revoked_summary(tx, kind, now)?;
            let list = StoredList { number, entries, latest, next_update, der };
            sql::save_list(tx, kind, &list)?;
            Ok::<_, StoreError>(Ok(list.der))
        });
        made.await.map_err(problems::store)?.map_err(problems::authority)
    }
}

/// The stored list, unless it must be made anew.
fn current_list(
    c: &mut Reader<'_>,
    kind: CertificateKind,
    now: i64,
) -> Result<Option<StoredList>, StoreError> {
    let Some(list) = sql::latest_list(c, kind)? else { return Ok(None) };
    let fresh = list.next_update - now > LIST_SECONDS / 2;
    let complete = sql::revoked_summary(c, kind, now)? == (list.entries, list.latest);
    Ok(Some(list).filter(|_| fresh && complete))
}

/// What one certificate is worth. Another fingerprint than the register's is an altered certificate, and a
/// signing certificate leads to no code: both are unknown.
fn worth(
    c: &mut Reader<'_>,
    asked: &CertificateRef,
    now: Timestamp,
) -> Result<(String, CertificateCode), StoreError> {
    let serial = serial_key(&asked.serial);
    let same = |found: &Certificate| {
        HEXLOWER_PERMISSIVE.decode(asked.fingerprint.as_bytes()).is_ok_and(|bytes| bytes == found.fingerprint)
    };
    let found = sql::certificate(c, &serial)?
        .filter(|found| found.kind == CertificateKind::Authentication && same(found));
    let Some(found) = found else {
        return Ok((serial, CertificateCode { status: CertificateStatus::Unknown, holder: None }));
    };
    let mut status = found.status(now);
    if let CertificateStatus::Revoked { successor: Some(successor), .. } = &mut status
        && let Some(newest) = sql::newest(c, successor)?
    {
        *successor = newest;
    }
    let holder = (status == CertificateStatus::Good).then_some(found.holder);
    Ok((serial, CertificateCode { status, holder }))
}

fn standing(c: &mut Reader<'_>, kind: CertificateKind, serial: &str) -> Result<Standing, StoreError> {
    let found = sql::certificate(c, serial)?.filter(|found| found.kind == kind);
    Ok(match found {
        None => Standing::Unknown,
        Some(Certificate { revoked: Some(revocation), .. }) => {
            Standing::Revoked { at: revocation.at.as_seconds(), reason: revocation.reason }
        }
        Some(_) => Standing::Good,
    })
}

/// Certificates in one question.
const MAX_CERTIFICATES: usize = 1000;
/// Answers in one ledger entry, so that it stays below the ledger's limit.
const LOGGED_TOGETHER: usize = 200;
/// How long an OCSP answer may be relied on.
const ANSWER_SECONDS: i64 = 300;
/// How long a revocation list may be relied on.
const LIST_SECONDS: i64 = 24 * 3600;
