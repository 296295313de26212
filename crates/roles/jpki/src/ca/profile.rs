//! What stands in each kind of certificate.

use calendar::Date;
use der::asn1::{Any, Ia5String, ObjectIdentifier, Utf8StringRef};
use protocol::eligibility::Sex;
use protocol::jpki::{CertificateKind, Identity};
use x509_cert::builder;
use x509_cert::builder::profile::BuilderProfile;
use x509_cert::certificate::TbsCertificate;
use x509_cert::ext::pkix::certpolicy::{PolicyInformation, PolicyQualifierInfo};
use x509_cert::ext::pkix::crl::dp::DistributionPoint;
use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName, OtherName};
use x509_cert::ext::pkix::{
    AccessDescription, AuthorityInfoAccessSyntax, AuthorityKeyIdentifier, BasicConstraints,
    CertificatePolicies, CrlDistributionPoints, ExtendedKeyUsage, IssuerAltName, KeyUsage, KeyUsages,
    SubjectAltName, SubjectKeyIdentifier,
};
use x509_cert::ext::{Extension, ToExtension as _};
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::SubjectPublicKeyInfoRef;

use super::{CaError, names};

/// Where a relying party asks about a certificate; written into every one that is issued.
#[derive(Debug, Clone)]
pub struct Endpoints {
    /// OCSP responder, for example `http://ocspauthnorm.jpki.go.jp`.
    pub ocsp: String,
    /// Certification practice statement.
    pub cps: String,
    /// Prefecture of the counter in Latin letters, for the revocation list's place in the directory.
    pub prefecture: String,
    /// Municipality of the counter in Latin letters.
    pub municipality: String,
}

/// The person a certificate is for.
#[derive(Debug, Clone)]
pub struct Subject {
    /// Opaque common name of 23 characters; says nothing of the person.
    pub common_name: String,
    /// 基本4情報; only a signature certificate carries them.
    pub identity: Option<Identity>,
}

/// A certificate's names and extensions, settled before the builder runs.
pub(super) struct Profile {
    issuer: Name,
    subject: Name,
    extensions: Vec<Extension>,
}

impl BuilderProfile for Profile {
    fn get_issuer(&self, _subject: &Name) -> Name {
        self.issuer.clone()
    }

    fn get_subject(&self) -> Name {
        self.subject.clone()
    }

    fn build_extensions(
        &self,
        _key: SubjectPublicKeyInfoRef<'_>,
        _issuer_key: SubjectPublicKeyInfoRef<'_>,
        _tbs: &TbsCertificate,
    ) -> builder::Result<Vec<Extension>> {
        Ok(self.extensions.clone())
    }
}

/// The issuing authority as an end entity's certificate refers to it.
pub(super) struct IssuerFacts<'a> {
    pub kind: CertificateKind,
    pub key: SubjectPublicKeyInfoRef<'a>,
    pub serial: &'a SerialNumber,
}

/// The authority itself: ten years, may sign certificates and revocation lists.
pub(super) fn root(kind: CertificateKind, key: SubjectPublicKeyInfoRef<'_>) -> Result<Profile, CaError> {
    let subject = names::authority(kind)?;
    let mut list = List::new(&subject);
    list.add(&BasicConstraints { ca: true, path_len_constraint: None })?;
    list.add(&KeyUsage(KeyUsages::KeyCertSign | KeyUsages::CRLSign))?;
    list.add(&key_identifier(key.clone())?)?;
    list.add(&AuthorityKeyIdentifier { key_identifier: Some(key_identifier(key)?.0), ..Default::default() })?;
    let extensions = list.done();
    Ok(Profile { issuer: subject.clone(), subject, extensions })
}

/// The delegated OCSP responder (RFC 6960 §4.2.2.2): short-lived in use, so it is not itself checked.
pub(super) fn responder(
    issuer: &IssuerFacts<'_>,
    key: SubjectPublicKeyInfoRef<'_>,
) -> Result<Profile, CaError> {
    let subject = names::responder(issuer.kind)?;
    let mut list = List::new(&subject);
    list.add(&KeyUsage(KeyUsages::DigitalSignature.into()))?;
    list.add(&ExtendedKeyUsage(vec![OCSP_SIGNING]))?;
    list.raw(OCSP_NOCHECK, false, &der::asn1::Null)?;
    list.add(&authority_identifier(issuer)?)?;
    list.add(&key_identifier(key)?)?;
    let extensions = list.done();
    Ok(Profile { issuer: names::authority(issuer.kind)?, subject, extensions })
}

/// A person's certificate, for authentication (利用者証明用) or signature (署名用).
pub(super) fn person(
    issuer: &IssuerFacts<'_>,
    subject: &Subject,
    key: SubjectPublicKeyInfoRef<'_>,
    endpoints: &Endpoints,
) -> Result<Profile, CaError> {
    let subject_name = names::person(&subject.common_name)?;
    let mut list = List::new(&subject_name);
    match issuer.kind {
        CertificateKind::Authentication => {
            list.add(&KeyUsage(KeyUsages::DigitalSignature.into()))?;
            list.add(&ExtendedKeyUsage(vec![CLIENT_AUTH]))?;
        }
        CertificateKind::Signing => {
            list.add(&KeyUsage(KeyUsages::DigitalSignature | KeyUsages::NonRepudiation))?;
        }
    }
    list.critical(&policies(issuer.kind, &endpoints.cps)?)?;
    if let Some(identity) = &subject.identity {
        list.add(&alternative_names(identity)?)?;
    }
    list.add(&IssuerAltName(vec![GeneralName::DirectoryName(names::authority_ja(issuer.kind)?)]))?;
    list.add(&distribution_points(issuer.kind, endpoints)?)?;
    list.add(&AuthorityInfoAccessSyntax(vec![AccessDescription {
        access_method: OCSP_ACCESS,
        access_location: GeneralName::UniformResourceIdentifier(ia5(&endpoints.ocsp)?),
    }]))?;
    list.add(&authority_identifier(issuer)?)?;
    list.add(&key_identifier(key)?)?;
    let extensions = list.done();
    Ok(Profile { issuer: names::authority(issuer.kind)?, subject: subject_name, extensions })
}

fn policies(kind: CertificateKind, cps: &str) -> Result<CertificatePolicies, CaError> {
    let policy_identifier = match kind {
        CertificateKind::Authentication => POLICY_AUTHENTICATION,
        CertificateKind::Signing => POLICY_SIGNATURE,
    };
    let qualifier = Any::encode_from(&ia5(cps)?).map_err(CaError::der("certificate policy"))?;
    Ok(CertificatePolicies(vec![PolicyInformation {
        policy_identifier,
        policy_qualifiers: Some(vec![PolicyQualifierInfo {
            policy_qualifier_id: CPS_QUALIFIER,
            qualifier: Some(qualifier),
        }]),
    }]))
}

fn alternative_names(identity: &Identity) -> Result<SubjectAltName, CaError> {
    // The two 代替文字 strings have a `0` for every character printed as it is; FORMATS §6.4 gives the
    // identifiers. Nothing is substituted here, because the names are kept as they are registered.
    let as_registered = |text: &str| "0".repeat(text.chars().count());
    let values = [
        (NAME, identity.name.clone()),
        (NAME_SUBSTITUTED, as_registered(&identity.name)),
        (SEX, sex_digit(identity.sex).to_owned()),
        (BIRTH, era_date(identity.birthdate)),
        (ADDRESS, identity.address.clone()),
        (ADDRESS_SUBSTITUTED, as_registered(&identity.address)),
    ];
    let other = |(type_id, text): (ObjectIdentifier, String)| {
        let value = Utf8StringRef::new(&text).and_then(|text| Any::encode_from(&text));
        Ok(GeneralName::OtherName(OtherName {
            type_id,
            value: value.map_err(CaError::der("alternative name"))?,
        }))
    };
    values.into_iter().map(other).collect::<Result<Vec<_>, CaError>>().map(SubjectAltName)
}

/// 性別 as the certificate writes it.
fn sex_digit(sex: Sex) -> &'static str {
    match sex {
        Sex::Male => "1",
        Sex::Female => "2",
        Sex::Unset => "3",
    }
}

/// Era digit and `YYYYMMDD`.
fn era_date(day: Date) -> String {
    format!("{}{}", day.era().digit(), day.to_compact())
}

fn distribution_points(
    kind: CertificateKind,
    endpoints: &Endpoints,
) -> Result<CrlDistributionPoints, CaError> {
    let place = names::distribution_point(kind, &endpoints.prefecture, &endpoints.municipality)?;
    Ok(CrlDistributionPoints(vec![DistributionPoint {
        distribution_point: Some(DistributionPointName::FullName(vec![GeneralName::DirectoryName(place)])),
        reasons: None,
        crl_issuer: None,
    }]))
}

fn authority_identifier(issuer: &IssuerFacts<'_>) -> Result<AuthorityKeyIdentifier, CaError> {
    Ok(AuthorityKeyIdentifier {
        key_identifier: Some(key_identifier(issuer.key.clone())?.0),
        authority_cert_issuer: Some(vec![GeneralName::DirectoryName(names::authority(issuer.kind)?)]),
        authority_cert_serial_number: Some(issuer.serial.clone()),
    })
}

fn key_identifier(key: SubjectPublicKeyInfoRef<'_>) -> Result<SubjectKeyIdentifier, CaError> {
    SubjectKeyIdentifier::try_from(key).map_err(CaError::der("key identifier"))
}

fn ia5(text: &str) -> Result<Ia5String, CaError> {
    Ia5String::new(text).map_err(CaError::der("address"))
}

/// Extensions as they are collected.
struct List<'a> {
    subject: &'a Name,
    items: Vec<Extension>,
}

impl<'a> List<'a> {
    fn new(subject: &'a Name) -> Self {
        Self { subject, items: Vec::new() }
    }

    fn add<T>(&mut self, value: &T) -> Result<(), CaError>
    where
        T: x509_cert::ext::Criticality + der::oid::AssociatedOid + der::Encode,
    {
        let item = value.to_extension(self.subject, &self.items).map_err(CaError::der("extension"))?;
        self.items.push(item);
        Ok(())
    }

    fn critical<T: der::oid::AssociatedOid + der::Encode>(&mut self, value: &T) -> Result<(), CaError> {
        self.raw(T::OID, true, value)
    }

    fn raw<T: der::Encode>(
        &mut self,
        oid: ObjectIdentifier,
        critical: bool,
        value: &T,
    ) -> Result<(), CaError> {
        let item = (oid, critical, value)
            .to_extension(self.subject, &self.items)
            .map_err(CaError::der("extension"))?;
        self.items.push(item);
        Ok(())
    }

    fn done(self) -> Vec<Extension> {
        self.items
    }
}

const POLICY_AUTHENTICATION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.392.200149.8.5.1.3.30");
const POLICY_SIGNATURE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.392.200149.8.5.1.1.20");
const NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.392.200149.8.5.5.1");
const NAME_SUBSTITUTED: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.392.200149.8.5.5.2");
const SEX: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.392.200149.8.5.5.3");
const BIRTH: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.392.200149.8.5.5.4");
const ADDRESS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.392.200149.8.5.5.5");
const ADDRESS_SUBSTITUTED: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.392.200149.8.5.5.6");
const CPS_QUALIFIER: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.2.1");
const CLIENT_AUTH: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.2");
const OCSP_SIGNING: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.9");
const OCSP_ACCESS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.1");
const OCSP_NOCHECK: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.1.5");
