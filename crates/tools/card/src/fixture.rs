//! A personalised card for tests, made through the same doors as a real one.

use std::sync::{Arc, LazyLock};

use calendar::{Date, Timestamp};
use codes::{Custody, EnvelopeContext, ExchangeId, FileCustody, KeyName, OrgId};
use data_encoding::BASE64;
use jpki::ca::{Authority, Endpoints, Subject, prove};
use protocol::Sealed;
use protocol::eligibility::{Person, PersonaliseAnswer, Sex};
use protocol::jpki::{CertificateKind, Identity, IssueAnswer};
use protocol_admin::issuer::{CardContents, CardKey};

use crate::{Personal, Pins, VirtualCard, manufacture};

pub(crate) const NOW: i64 = 1_795_000_000; // 2026-11-18
pub(crate) const NUMBER: &str = "123456789018";
/// Insurance code and card id.
pub(crate) const CONTENTS: [u8; 32] = *b"insurance code 1 and the card id";
pub(crate) const SIGNING_PIN: &[u8] = b"MUSUBI123";

pub(crate) static AUTHENTICATION: LazyLock<Authority> =
    LazyLock::new(|| authority(CertificateKind::Authentication));
pub(crate) static SIGNING: LazyLock<Authority> = LazyLock::new(|| authority(CertificateKind::Signing));

fn authority(kind: CertificateKind) -> Authority {
    Authority::open(&Authority::create(kind, NOW - 86_400).unwrap()).unwrap()
}

/// The eligibility service's custody and name.
pub(crate) struct Eligibility {
    pub custody: Arc<FileCustody>,
    pub id: OrgId,
}

pub(crate) fn eligibility() -> Eligibility {
    let custody = FileCustody::ephemeral(&[KeyName::ENVELOPE, KeyName::ROW_SEAL]).unwrap();
    Eligibility { custody: Arc::new(custody), id: "eligibility/1".parse().unwrap() }
}

pub(crate) fn card(eligibility: &Eligibility) -> VirtualCard {
    let blank = manufacture(1, true).unwrap().remove(0);
    let exchange = ExchangeId::new(NOW * 1000);
    let request = blank.request(exchange, NUMBER.parse().unwrap(), None).unwrap();
    let contents = CardContents {
        exchange,
        authentication: issue(&AUTHENTICATION, &request.authentication, &exchange),
        signing: Some(issue(&SIGNING, request.signing.as_ref().unwrap(), &exchange)),
        insurance_code: PersonaliseAnswer { code: sealed_code(&request.applet_key, &exchange) },
        numbers: None,
        person: person(),
    };
    blank.personalise(&contents, personal(eligibility)).unwrap()
}

fn issue(authority: &Authority, key: &CardKey, exchange: &ExchangeId) -> IssueAnswer {
    let decode = |text: &str| BASE64.decode(text.as_bytes()).unwrap();
    let proven =
        prove(&decode(&key.public_key), exchange.to_string().as_bytes(), &decode(&key.proof)).unwrap();
    let identity = Identity {
        name: person().name,
        sex: Sex::Female,
        birthdate: person().birthdate,
        address: person().address,
    };
    let subject = Subject {
        common_name: "0123456789ABCDEFGHJKLMN".into(),
        identity: (authority.kind() == CertificateKind::Signing).then_some(identity),
    };
    let endpoints = Endpoints {
        ocsp: "http://ocspauthnorm.jpki.go.jp".into(),
        cps: "http://www.jpki.go.jp/cps.html".into(),
        prefecture: "Tokyo-to".into(),
        municipality: "Shinjuku-ku".into(),
    };
    let end = NOW + 5 * 365 * 86_400;
    let issued = authority.issue(&subject, &proven, (NOW, end), &endpoints).unwrap();
    IssueAnswer {
        certificate: BASE64.encode(&issued.der),
        authority: BASE64.encode(authority.certificate_der()),
        serial: issued.serial,
        not_after: Timestamp::from_seconds(end),
    }
}

pub(crate) fn sealed_code(to: &codes::EnvelopeKey, exchange: &ExchangeId) -> Sealed {
    let context = EnvelopeContext {
        recipient: "issuer/1".parse().unwrap(),
        purpose: protocol::sealed::purpose::CARD_PERSONALISE.into(),
        expires_at: NOW + 600,
        exchange: *exchange,
        consent: None,
        binding: Vec::new(),
    };
    Sealed::new(to, context, &CONTENTS).unwrap()
}

fn personal(eligibility: &Eligibility) -> Personal {
    Personal {
        number: NUMBER.parse().unwrap(),
        pins: Pins {
            authentication: "1234".into(),
            signing: String::from_utf8(SIGNING_PIN.to_vec()).unwrap(),
            text: "5678".into(),
        },
        expires_on: Date::from_compact("20360327").unwrap(),
        eligibility: eligibility.custody.envelope_public_key().unwrap(),
        note_ja: "試験用".into(),
        note_en: "for tests".into(),
    }
}

fn person() -> Person {
    Person {
        name: "髙橋 結".into(),
        kana: "タカハシ ムスビ".into(),
        sex: Sex::Female,
        birthdate: Date::from_compact("20010327").unwrap(),
        postal_code: "160-0023".into(),
        address: "東京都新宿区西新宿2-8-1".into(),
    }
}
