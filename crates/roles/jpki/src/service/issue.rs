//! Issuance, renewal and revocation at the counter.

use access::{Action, Purpose};
use calendar::{Date, Timestamp};
use codes::{OrgId, OrgKind};
use data_encoding::BASE64;
use ledger::Receipt;
use protocol::jpki::{CertificateKind, Identity, IssueAnswer, IssueRequest, RevocationReason, RevokeRequest};
use protocol::relay::Acknowledged;
use protocol::sealed::purpose;
use ring::digest::{SHA256, digest};
use serde_json::json;
use store::StoreError;
use wire::Problem;

use super::{Service, serial_key};
use crate::ca::{Issued, ProvenKey, Subject, fresh_common_name, prove};
use crate::model::{Certificate, Recorded, Revocation, kind_text};
use crate::{problems, store as sql};

impl Service {
    /// Issues a certificate on a card's key; with `replaces`, the old one is revoked as superseded and leads to
    /// the new one. A retry of the same exchange gets the same certificate.
    ///
    /// # Errors
    /// Not permitted; an unproven or used key; a wrong identity; an exchange used for another question.
    pub async fn issue(&self, peer: &OrgId, request: IssueRequest) -> Result<IssueAnswer, Problem> {
        let permit = self.decide(peer, Action::JpkiIssue, Purpose::CertificateProcedure)?;
        check(&request)?;
        let key = proven_key(&request)?;
        let question = question(&request)?;
        if let Some(answer) = self.answered(&request, &question).await? {
            return Ok(answer);
        }
        let replaces = self.replaced(&request).await?;
        let issued = self.certify(&request, &key)?;
        let body = json!({
            "by": peer, "rule": permit.rule_id(), "kind": request.kind, "serial": issued.serial, "replaces": replaces,
        });
        let receipt = self.log("jpki.issue", request.exchange, body).await?;
        match self.record(&request, &issued, &key, question, replaces, receipt).await? {
            Recorded::New => Ok(self.answer(request.kind, &issued.der, issued.serial, issued.not_after)),
            Recorded::KeyTaken => Err(problems::key_taken()),
            Recorded::AlreadyReplaced => Err(problems::already_replaced()),
            // Another try of the same exchange came first: its certificate is the answer.
            Recorded::Before => self.answered(&request, &question).await?.ok_or_else(problems::spent),
        }
    }

    /// Revokes a certificate from now on. Again, for the same reason, is harmless.
    ///
    /// # Errors
    /// Not permitted; unknown; already revoked for another reason; superseded, which is what a renewal does.
    pub async fn revoke(&self, peer: &OrgId, request: RevokeRequest) -> Result<Acknowledged, Problem> {
        let permit = self.decide(peer, Action::JpkiIssue, Purpose::CertificateProcedure)?;
        if request.reason == RevocationReason::Superseded {
            return Err(problems::only_by_renewal());
        }
        let (exchange, reason) = (request.exchange, request.reason);
        let certificate = self.show(&request.serial).await?.certificate;
        if let Some(before) = certificate.revoked {
            return acknowledge(exchange, reason, before);
        }
        let body = json!({
            "by": peer, "rule": permit.rule_id(), "serial": certificate.serial, "reason": reason,
        });
        let receipt = self.log("jpki.revoke", exchange, body).await?;
        let revocation = Revocation { at: self.clock.now(), reason, receipt };
        let serial = certificate.serial;
        let standing = self.db.write(move |tx| {
            sql::revoke(tx, &serial, &revocation)?;
            Ok::<_, StoreError>(sql::certificate(tx, &serial)?.and_then(|certificate| certificate.revoked))
        });
        let standing = standing.await.map_err(problems::store)?;
        acknowledge(exchange, reason, standing.ok_or_else(Problem::internal)?)
    }

    /// The answer that this exchange already got, if it did.
    async fn answered(
        &self,
        request: &IssueRequest,
        question: &[u8; 32],
    ) -> Result<Option<IssueAnswer>, Problem> {
        let (exchange, kind) = (request.exchange, request.kind);
        let found = self.db.read(move |c| {
            let Some((asked, serial)) = sql::issuance(c, &exchange, kind)? else { return Ok(None) };
            Ok::<_, StoreError>(sql::certificate(c, &serial)?.map(|certificate| (asked, certificate)))
        });
        match found.await.map_err(problems::store)? {
            None => Ok(None),
            Some((asked, _)) if asked != *question => Err(problems::spent()),
            Some((_, found)) => {
                Ok(Some(self.answer(kind, &found.der, found.serial, found.not_after.as_seconds())))
            }
        }
    }

    /// The serial number of the certificate to be replaced, which must be of the same kind and the last of its
    /// line.
    async fn replaced(&self, request: &IssueRequest) -> Result<Option<String>, Problem> {
        let Some(serial) = &request.replaces else { return Ok(None) };
        let key = serial_key(serial);
        let old = self.db.read(move |c| sql::certificate(c, &key)).await.map_err(problems::store)?;
        match old.filter(|old| old.kind == request.kind) {
            None => Err(problems::no_such_certificate("replaces")),
            Some(old) if old.successor.is_some() => Err(problems::already_replaced()),
            Some(old) => Ok(Some(old.serial)),
        }
    }

    fn certify(&self, request: &IssueRequest, key: &ProvenKey) -> Result<Issued, Problem> {
        let now = self.clock.now();
        let birthdate = request.identity.as_ref().map(|identity| identity.birthdate).or(request.birthdate);
        let last = last_day(now.date(), birthdate);
        let end = Timestamp::start_of(last.add_days(1)).as_seconds() - 1;
        let subject = Subject { common_name: fresh_common_name(), identity: request.identity.clone() };
        self.authorities
            .of(request.kind)
            .issue(&subject, key, (now.as_seconds(), end), &self.endpoints)
            .map_err(problems::authority)
    }

    async fn record(
        &self,
        request: &IssueRequest,
        issued: &Issued,
        key: &ProvenKey,
        question: [u8; 32],
        predecessor: Option<String>,
        receipt: Receipt,
    ) -> Result<Recorded, Problem> {
        let at = Timestamp::from_seconds(issued.not_before);
        let certificate = Certificate {
            serial: issued.serial.clone(),
            kind: request.kind,
            common_name: issued.common_name.clone(),
            name: request.identity.as_ref().map(|identity| identity.name.clone()),
            fingerprint: sha256(&issued.der),
            der: issued.der.clone(),
            holder: request.holder.clone(),
            issued_at: at,
            not_after: Timestamp::from_seconds(issued.not_after),
            predecessor,
            successor: None,
            revoked: None,
        };
        let superseded = Revocation { at, reason: RevocationReason::Superseded, receipt };
        let (exchange, digest) = (request.exchange, *key.digest());
        // A refusal must leave nothing behind, so it travels as the error that rolls back.
        let written = self.db.write(move |tx| {
            match sql::record(tx, &certificate, &exchange, &question, &digest, &superseded)? {
                Recorded::New => Ok(Recorded::New),
                refused => Err(NotRecorded::Refused(refused)),
            }
        });
        match written.await {
            Ok(recorded) | Err(NotRecorded::Refused(recorded)) => Ok(recorded),
            Err(NotRecorded::Store(error)) => Err(problems::store(error)),
        }
    }

    fn answer(&self, kind: CertificateKind, der: &[u8], serial: String, not_after: i64) -> IssueAnswer {
        IssueAnswer {
            certificate: BASE64.encode(der),
            authority: BASE64.encode(self.authorities.of(kind).certificate_der()),
            serial,
            not_after: Timestamp::from_seconds(not_after),
        }
    }
}

enum NotRecorded {
    Refused(Recorded),
    Store(StoreError),
}

impl From<StoreError> for NotRecorded {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

fn check(request: &IssueRequest) -> Result<(), Problem> {
    let context = &request.holder.context;
    if context.recipient.kind() != OrgKind::Eligibility || context.purpose != purpose::INSURANCE_LINK {
        return Err(problems::holder());
    }
    let fits = |identity: &Identity| {
        [&identity.name, &identity.address].iter().all(|text| (1..=200).contains(&text.chars().count()))
    };
    match (request.kind, &request.identity) {
        (CertificateKind::Authentication, None) => Ok(()),
        (CertificateKind::Signing, Some(identity)) if fits(identity) => Ok(()),
        _ => Err(problems::identity("identity")),
    }
}

fn proven_key(request: &IssueRequest) -> Result<ProvenKey, Problem> {
    let decode = |text: &str, place| BASE64.decode(text.as_bytes()).map_err(|_| problems::not_base64(place));
    let public_key = decode(&request.public_key, "public_key")?;
    let proof = decode(&request.proof, "proof")?;
    prove(&public_key, request.exchange.to_string().as_bytes(), &proof).map_err(|error| problems::key(&error))
}

/// What makes two requests of one exchange the same. The envelope is left out: sealing the same code again
/// gives other bytes, and the first one stands.
fn question(request: &IssueRequest) -> Result<[u8; 32], Problem> {
    let text = json!([
        kind_text(request.kind),
        request.public_key,
        request.replaces,
        request.identity,
        request.birthdate,
    ]);
    serde_json::to_vec(&text).map(|bytes| sha256(&bytes)).map_err(|_| Problem::internal())
}

fn acknowledge(
    exchange: codes::ExchangeId,
    reason: RevocationReason,
    standing: Revocation,
) -> Result<Acknowledged, Problem> {
    if standing.reason != reason {
        return Err(problems::already_revoked());
    }
    Ok(Acknowledged { exchange, receipt: standing.receipt })
}

/// Last day of validity: the fifth birthday after the day of issue, as the law has it, where the birth date is
/// known here; five years where it is not.
fn last_day(today: Date, birthdate: Option<Date>) -> Date {
    let Some(birthdate) = birthdate else { return today.add_years(5) };
    let this_year = birthdate.add_years(i32::from(today.year() - birthdate.year()));
    let past = i32::from(this_year <= today);
    birthdate.add_years(i32::from(today.year() - birthdate.year()) + past + 4)
}

pub(super) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest(&SHA256, bytes).as_ref());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn validity_ends_on_the_fifth_birthday_or_after_five_years() {
        let day = |text: &str| Date::from_compact(text).unwrap();
        assert_eq!(last_day(day("20261122"), None), day("20311122"));
        assert_eq!(last_day(day("20261122"), Some(day("20010327"))), day("20310327"));
        assert_eq!(last_day(day("20261122"), Some(day("20011231"))), day("20301231"));
        assert_eq!(last_day(day("20261122"), Some(day("20011122"))), day("20311122"));
        assert_eq!(last_day(day("20261122"), Some(day("20000229"))), day("20310228"));
    }
}
