//! Distinguished names of the service, in the forms its published certificates use.

use der::asn1::{Any, ObjectIdentifier, PrintableStringRef, SetOfVec, Utf8StringRef};
use der::{Decode as _, Encode as _};
use protocol::jpki::CertificateKind;
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::name::{Name, RdnSequence, RelativeDistinguishedName};

use super::CaError;

/// `C=JP,O=JPKI,OU=<use>,OU=Japan Agency for Local Authority Information Systems`.
pub(super) fn authority(kind: CertificateKind) -> Result<Name, CaError> {
    let purpose = match kind {
        CertificateKind::Authentication => "JPKI for user authentication",
        CertificateKind::Signing => "JPKI for digital signature",
    };
    name(&[(COUNTRY, "JP"), (ORGANIZATION, "JPKI"), (UNIT, purpose), (UNIT, AGENCY)])
}

/// The same authority in Japanese, for the issuer's alternative name.
pub(super) fn authority_ja(kind: CertificateKind) -> Result<Name, CaError> {
    let purpose = match kind {
        CertificateKind::Authentication => "公的個人認証サービス利用者証明用",
        CertificateKind::Signing => "公的個人認証サービス署名用",
    };
    name(&[
        (COUNTRY, "JP"),
        (ORGANIZATION, "公的個人認証サービス"),
        (UNIT, purpose),
        (UNIT, "地方公共団体情報システム機構"),
    ])
}

/// The authority's OCSP responder.
pub(super) fn responder(kind: CertificateKind) -> Result<Name, CaError> {
    let name_of_responder = match kind {
        CertificateKind::Authentication => "OCSP responder for user authentication",
        CertificateKind::Signing => "OCSP responder for digital signature",
    };
    name(&[(COUNTRY, "JP"), (ORGANIZATION, "JPKI"), (UNIT, AGENCY), (COMMON_NAME, name_of_responder)])
}

/// A person: a country and an opaque common name, nothing else.
pub(super) fn person(common_name: &str) -> Result<Name, CaError> {
    name(&[(COUNTRY, "JP"), (COMMON_NAME, common_name)])
}

/// Where the revocation list of a municipality's certificates stands in the directory.
pub(super) fn distribution_point(
    kind: CertificateKind,
    prefecture: &str,
    municipality: &str,
) -> Result<Name, CaError> {
    let purpose = match kind {
        CertificateKind::Authentication => "JPKI for user authentication",
        CertificateKind::Signing => "JPKI for digital signature",
    };
    name(&[
        (COUNTRY, "JP"),
        (ORGANIZATION, "JPKI"),
        (UNIT, purpose),
        (UNIT, "CRL Distribution Points"),
        (UNIT, prefecture),
        (COMMON_NAME, &format!("{municipality} CRLDP")),
    ])
}

fn name(parts: &[(ObjectIdentifier, &str)]) -> Result<Name, CaError> {
    let mut sequence = RdnSequence::default();
    for (oid, text) in parts {
        sequence.push(relative(*oid, text).map_err(CaError::der("distinguished name"))?);
    }
    let encoded = sequence.to_der().map_err(CaError::der("distinguished name"))?;
    Name::from_der(&encoded).map_err(CaError::der("distinguished name"))
}

fn relative(oid: ObjectIdentifier, text: &str) -> Result<RelativeDistinguishedName, der::Error> {
    // X.520 fixes the country as PrintableString; everything else is UTF-8 by RFC 5280.
    let value = if oid == COUNTRY {
        Any::encode_from(&PrintableStringRef::new(text)?)?
    } else {
        Any::encode_from(&Utf8StringRef::new(text)?)?
    };
    let mut set = SetOfVec::new();
    set.insert(AttributeTypeAndValue { oid, value })?;
    RelativeDistinguishedName::try_from(Vec::from(set))
}

const AGENCY: &str = "Japan Agency for Local Authority Information Systems";
const COUNTRY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.6");
const ORGANIZATION: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.10");
const UNIT: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.11");
const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");
