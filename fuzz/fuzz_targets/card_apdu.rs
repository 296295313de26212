#![no_main]
//! The card: any command units are answered with data that fit and a status word; a new card comes when one is
//! used up (PIN blocked or changed).

use std::sync::{LazyLock, Mutex, PoisonError};

use calendar::{Date, Timestamp};
use card::{Personal, Pins, VirtualCard, manufacture};
use codes::{Custody, EnvelopeContext, EnvelopeKey, ExchangeId, FileCustody, KeyName};
use data_encoding::BASE64;
use jpki::ca::{Authority, Endpoints, Subject, prove};
use libfuzzer_sys::fuzz_target;
use protocol::Sealed;
use protocol::eligibility::{Person, PersonaliseAnswer, Sex};
use protocol::jpki::{CertificateKind, IssueAnswer};
use protocol_admin::issuer::{CardContents, CardKey};

static AUTHORITY: LazyLock<Authority> = LazyLock::new(|| {
    Authority::open(&Authority::create(CertificateKind::Authentication, NOW).unwrap()).unwrap()
});
static CARD: LazyLock<Mutex<VirtualCard>> = LazyLock::new(|| Mutex::new(fresh()));

fuzz_target!(|bytes: &[u8]| {
    let mut card = CARD.lock().unwrap_or_else(PoisonError::into_inner);
    if !ready(&mut card) {
        *card = fresh();
    }
    let mut rest = bytes;
    while let Some((&count, tail)) = rest.split_first() {
        let (unit, after) = tail.split_at(usize::from(count).min(tail.len()));
        rest = after;
        let answer = card.transmit(unit);
        assert!((2..=258).contains(&answer.len()), "{unit:02X?}");
        let status = answer[answer.len() - 2];
        assert!(status == 0x90 || (0x61..=0x6F).contains(&status), "{unit:02X?}: {status:02X}");
    }
});

/// Opens the card with its authentication PIN, as a reader would; false when that is no longer possible.
fn ready(card: &mut VirtualCard) -> bool {
    card.remove();
    let units: [&[u8]; 3] = [
        b"\x00\xA4\x04\x0C\x0A\xD3\x92\xF0\x00\x26\x01\x00\x00\x00\x01",
        b"\x00\xA4\x02\x0C\x02\x00\x18",
        b"\x00\x20\x00\x80\x041234",
    ];
    units.iter().all(|unit| card.transmit(unit) == [0x90, 0x00])
}

fn fresh() -> VirtualCard {
    let blank = manufacture(1, false).unwrap().remove(0);
    let exchange = ExchangeId::from_bytes([0; 16]);
    let request = blank.request(exchange, "123456789018".parse().unwrap(), None).unwrap();
    let contents = CardContents {
        exchange,
        authentication: issue(&request.authentication, &exchange),
        signing: None,
        insurance_code: PersonaliseAnswer { code: sealed_code(&request.applet_key, exchange) },
        person: person(),
    };
    let eligibility = FileCustody::ephemeral(&[KeyName::ENVELOPE]).unwrap().envelope_public_key().unwrap();
    let personal = Personal {
        number: "123456789018".parse().unwrap(),
        pins: Pins { authentication: "1234".into(), signing: "MUSUBI123".into(), text: "5678".into() },
        expires_on: Date::from_compact("20360327").unwrap(),
        eligibility,
        note_ja: String::new(),
        note_en: String::new(),
    };
    blank.personalise(&contents, personal).unwrap()
}

fn issue(key: &CardKey, exchange: &ExchangeId) -> IssueAnswer {
    let decode = |text: &str| BASE64.decode(text.as_bytes()).unwrap();
    let proven = prove(&decode(&key.public_key), exchange.to_string().as_bytes(), &decode(&key.proof)).unwrap();
    let subject = Subject { common_name: "0123456789ABCDEFGHJKLMN".into(), identity: None };
    let endpoints = Endpoints {
        ocsp: "http://ocsp".into(),
        cps: "http://cps".into(),
        prefecture: "Tokyo-to".into(),
        municipality: "Shinjuku-ku".into(),
    };
    let issued = AUTHORITY.issue(&subject, &proven, (NOW, NOW + 86_400), &endpoints).unwrap();
    IssueAnswer {
        certificate: BASE64.encode(&issued.der),
        authority: BASE64.encode(AUTHORITY.certificate_der()),
        serial: issued.serial,
        not_after: Timestamp::from_seconds(issued.not_after),
    }
}

fn sealed_code(to: &EnvelopeKey, exchange: ExchangeId) -> Sealed {
    let context = EnvelopeContext {
        recipient: "issuer/1".parse().unwrap(),
        purpose: protocol::sealed::purpose::CARD_PERSONALISE.into(),
        expires_at: NOW,
        exchange,
        consent: None,
        binding: Vec::new(),
    };
    Sealed::new(to, context, &[7; 16]).unwrap()
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

const NOW: i64 = 1_795_000_000;
