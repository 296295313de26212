//! The card against the command units that drivers send (FORMATS §6.2), and against any others.

use std::sync::LazyLock;

use calendar::Timestamp;
use codes::{Custody as _, ExchangeId};
use proptest::prelude::*;
use protocol::eligibility::ReadProof;
use protocol::reader::{ReadOrder, ReaderError, ReaderMode, ReaderPort as _, Road};

use crate::applet::{PERSONALISE, READ_SEALED, SealOrder, personalise_data};
use crate::fixture::{self, CONTENTS, NOW, NUMBER, SIGNING_PIN};
use crate::terminal::Terminal;
use crate::{INSURANCE_APPLET, ReaderAgent, Status, Tray, VirtualCard};

/// Sends hexadecimal, returns hexadecimal.
fn ask(card: &mut VirtualCard, unit: &str) -> String {
    let bytes: Vec<u8> = data_encoding::HEXUPPER_PERMISSIVE.decode(unit.replace(' ', "").as_bytes()).unwrap();
    data_encoding::HEXUPPER.encode(&card.transmit(&bytes))
}

const JPKI: &str = "00A4040C0A D392F000260100000001";
const TEXT: &str = "00A4040C0A D3921000310001010408";
const SURFACE: &str = "00A4040C0A D3921000310001010402";
const SERIAL: &str = "00A4040C0A D3921000310001010100";

#[test]
fn applications_and_files_answer_as_drivers_expect() {
    let mut card = fixture::card(&fixture::eligibility());
    assert_eq!(ask(&mut card, "00A4040C05 A000000003"), "6A82");
    assert_eq!(ask(&mut card, "00A4020C02 000A"), "6A82", "no application yet");
    assert_eq!(ask(&mut card, JPKI), "9000");
    assert_eq!(ask(&mut card, "00A4040C05 A000000003"), "6A82");
    assert_eq!(ask(&mut card, "00A4020C02 0006"), "9000", "a foreign name leaves the application selected");
    assert!(ask(&mut card, "00B0000020").starts_with("4A504B494150494343544F4B454E32"));
    assert_eq!(ask(&mut card, "00CA000000"), "6D00");
    assert_eq!(ask(&mut card, "00CB3FFF00"), "6D00");
    assert_eq!(ask(&mut card, "00A4020C02 0099"), "6A82");
    assert_eq!(ask(&mut card, "00A4000C02 3F00"), "6A86");
    assert_eq!(ask(&mut card, "A0B0000000"), "6E00");
    assert_eq!(ask(&mut card, "00B000000000FF"), "6700", "no extended units");
    assert_eq!(ask(&mut card, "0084000008").len(), 2 * 10);
    assert_eq!(ask(&mut card, "00A404000A D392F000260100000001 00"), "6F0C840AD392F0002601000000019000");
    assert_eq!(ask(&mut card, SERIAL), "9000");
    assert!(ask(&mut card, "00B2010C00").ends_with("9000"));
    assert_eq!(ask(&mut card, "00B2020C00"), "6A83");
}

#[test]
fn reads_go_by_windows_and_end_where_the_file_ends() {
    let mut card = fixture::card(&fixture::eligibility());
    ask(&mut card, JPKI);
    assert_eq!(ask(&mut card, "00B0000004"), "6986");
    ask(&mut card, "00A4020C02 000A");
    let header = card.transmit(&[0, 0xB0, 0, 0, 7]);
    assert_eq!((header.len(), header[0], header[1]), (9, 0x30, 0x82));
    let total = usize::from(u16::from_be_bytes([header[2], header[3]])) + 4;
    let mut bytes = Vec::new();
    while bytes.len() < total {
        let part = card.transmit(&[0, 0xB0, (bytes.len() >> 8) as u8, bytes.len() as u8, 0]);
        assert_eq!(part[part.len() - 2..], [0x90, 0x00]);
        bytes.extend_from_slice(&part[..part.len() - 2]);
    }
    assert_eq!(bytes, card.memory.authentication.certificate);
    let end = (total as u16 - 3).to_be_bytes();
    assert!(ask(&mut card, &format!("00B0{:02X}{:02X}10", end[0], end[1])).ends_with("6282"));
    let behind = (total as u16).to_be_bytes();
    assert_eq!(ask(&mut card, &format!("00B0{:02X}{:02X}01", behind[0], behind[1])), "6B00");
    assert_eq!(ask(&mut card, "00A4020C02 0018"), "9000");
    assert_eq!(ask(&mut card, "00B0000004"), "6981");
}

#[test]
fn pins_count_down_block_and_never_answer_9000_to_a_question() {
    let mut card = fixture::card(&fixture::eligibility());
    ask(&mut card, JPKI);
    ask(&mut card, "00A4020C02 0018");
    assert_eq!(ask(&mut card, "00200080"), "63C3");
    assert_eq!(ask(&mut card, "00200080 04 31323334"), "9000");
    assert_eq!(ask(&mut card, "00200080"), "63C3", "even after a successful VERIFY");
    assert_eq!(ask(&mut card, "00200080 04 30303030"), "63C2");
    assert_eq!(ask(&mut card, "00A4020C02 0017"), "9000");
    assert_eq!(ask(&mut card, "802A0080 03 010203 00"), "6982", "a wrong PIN takes the right away");
    ask(&mut card, "00A4020C02 0018");
    assert_eq!(ask(&mut card, "00200080 04 30303030"), "63C1");
    assert_eq!(ask(&mut card, "00200080 04 30303030"), "63C0");
    assert_eq!(ask(&mut card, "00200080 04 31323334"), "6984");
    assert_eq!(ask(&mut card, "00200080"), "63C0");
    assert_eq!(ask(&mut card, "00A4020C02 001B"), "9000");
    assert_eq!(ask(&mut card, "00200080"), "63C5", "the other PIN is not touched");
    assert!(card.take_changed() && !card.take_changed());
}

#[test]
fn a_pin_is_changed_after_it_was_verified() {
    let mut card = fixture::card(&fixture::eligibility());
    ask(&mut card, JPKI);
    ask(&mut card, "00A4020C02 0018");
    assert_eq!(ask(&mut card, "00240180 04 39393939"), "6982");
    ask(&mut card, "00200080 04 31323334");
    assert_eq!(ask(&mut card, "00240180 03 393939"), "6A80");
    assert_eq!(ask(&mut card, "00240180 04 39393939"), "9000");
    card.remove();
    ask(&mut card, JPKI);
    ask(&mut card, "00A4020C02 0018");
    assert_eq!(ask(&mut card, "00200080 04 39393939"), "9000");
}

#[test]
fn the_signing_certificate_needs_its_pin_and_leaving_forgets_it() {
    let mut card = fixture::card(&fixture::eligibility());
    ask(&mut card, JPKI);
    ask(&mut card, "00A4020C02 0001");
    assert_eq!(ask(&mut card, "00B0000004"), "6982");
    let mut terminal = Terminal::new(&mut card);
    let name = data_encoding::HEXUPPER.decode(b"D392F000260100000001").unwrap();
    terminal.select_application(&name).unwrap();
    terminal.select_file(0x001B).unwrap();
    terminal.verify(SIGNING_PIN).unwrap();
    terminal.select_file(0x0001).unwrap();
    assert!(terminal.read_der_file().unwrap().len() > 1000);
    drop(terminal);
    ask(&mut card, JPKI);
    ask(&mut card, "00A4020C02 0001");
    assert_eq!(ask(&mut card, "00B0000004"), "6982");
}

#[test]
fn number_and_text_open_by_pin_or_reference_number() {
    let mut card = fixture::card(&fixture::eligibility());
    ask(&mut card, TEXT);
    ask(&mut card, "00A4020C02 0001");
    assert_eq!(ask(&mut card, "00B0000011"), "6982");
    ask(&mut card, "00A4020C02 0011");
    assert_eq!(ask(&mut card, "00200080 04 35363738"), "9000");
    ask(&mut card, "00A4020C02 0001");
    let number: String = NUMBER.bytes().map(|digit| format!("{digit:02X}")).collect();
    assert_eq!(ask(&mut card, "00B0000011"), format!("DF100C{number}FFFF9000"));
    ask(&mut card, SURFACE);
    ask(&mut card, "00A4020C02 0013");
    assert_eq!(ask(&mut card, "00200080"), "63CA");
    assert_eq!(ask(&mut card, &format!("00200080 0C {number}")), "9000");
    ask(&mut card, "00A4020C02 0002");
    assert!(ask(&mut card, "00B0000008").starts_with("FF20"));
}

fn order(eligibility: &fixture::Eligibility, mode: ReaderMode, road: Road) -> ReadOrder {
    ReadOrder {
        institution: "institution/1310000003".parse().unwrap(),
        terminal: "desk-1".into(),
        mode,
        pin: None,
        road,
        nonce: rand::random(),
        at: Timestamp::from_seconds(NOW),
        eligibility: eligibility.custody.envelope_public_key().unwrap(),
        eligibility_id: eligibility.id,
    }
}

#[test]
fn the_applet_seals_afresh_to_its_pinned_key_only() {
    let eligibility = fixture::eligibility();
    let mut card = fixture::card(&eligibility);
    let order = order(&eligibility, ReaderMode::Face, Road::InsuranceCode);
    let sealing = SealOrder {
        exchange: ExchangeId::new(NOW * 1000),
        at: order.at,
        nonce: order.nonce,
        recipient: order.eligibility_id,
        institution: order.institution,
    };
    let mut terminal = Terminal::new(&mut card);
    terminal.select_application(&INSURANCE_APPLET).unwrap();
    let one = terminal.command(READ_SEALED, &sealing.encode(&order.eligibility)).unwrap();
    let two = terminal.command(READ_SEALED, &sealing.encode(&order.eligibility)).unwrap();
    assert_ne!(one, two, "two reads never look alike");
    let envelope = codes::Envelope::from_bytes(&one).unwrap();
    let opened = eligibility.custody.open_envelope(&envelope, &sealing.context()).unwrap();
    assert_eq!(opened.as_slice(), CONTENTS);
    let stranger = fixture::eligibility().custody.envelope_public_key().unwrap();
    assert_eq!(terminal.command(READ_SEALED, &sealing.encode(&stranger)), Err(Status::SECURITY));
}

#[test]
fn the_applet_is_personalised_again_only_by_who_knows_the_code() {
    let eligibility = fixture::eligibility();
    let mut card = fixture::card(&eligibility);
    let key = card.memory.applet.public_key();
    let renewed = fixture::eligibility().custody.envelope_public_key().unwrap();
    let exchange = ExchangeId::new(NOW * 1000);
    let same = fixture::sealed_code(&key, &exchange);
    let other =
        protocol::Sealed::new(&key, same.context.clone(), b"insurance code 1 of another card").unwrap();
    let mut terminal = Terminal::new(&mut card);
    terminal.select_application(&INSURANCE_APPLET).unwrap();
    let refused = personalise_data(&renewed, &other.envelope, &other.context);
    assert_eq!(terminal.command(PERSONALISE, &refused), Err(Status::CONDITIONS));
    let accepted = personalise_data(&renewed, &same.envelope, &same.context);
    assert_eq!(terminal.command(PERSONALISE, &accepted), Ok(Vec::new()));
    assert_eq!(terminal.command(PERSONALISE, &accepted[..90]), Err(Status::WRONG_DATA));
}

#[test]
fn a_reader_reads_by_both_roads_and_states_it() {
    let eligibility = fixture::eligibility();
    let dir = tempfile::tempdir().unwrap();
    let tray = std::sync::Arc::new(Tray::open(dir.path(), eligibility.custody.clone()).unwrap());
    tray.insert("p1", fixture::card(&eligibility)).unwrap();
    let device = dir.path().join("reader.key");
    let agent = ReaderAgent::open(tray.clone(), &device, eligibility.custody.as_ref()).unwrap();
    for (mode, road) in [(ReaderMode::Face, Road::InsuranceCode), (ReaderMode::Visual, Road::Certificate)] {
        let read = agent.read("p1", &order(&eligibility, mode, road)).unwrap();
        let key: [u8; 32] =
            data_encoding::HEXLOWER.decode(read.statement.reader.as_bytes()).unwrap().try_into().unwrap();
        let signature = data_encoding::HEXLOWER.decode(read.statement.signature.as_bytes()).unwrap();
        ed25519_dalek::VerifyingKey::from_bytes(&key)
            .unwrap()
            .verify_strict(
                &read.statement.facts.canonical_bytes(),
                &ed25519_dalek::Signature::from_slice(&signature).unwrap(),
            )
            .unwrap();
        assert_eq!(agent.device_keys(), [read.statement.reader]);
    }
    let again = ReaderAgent::open(tray, &device, eligibility.custody.as_ref()).unwrap();
    assert_eq!(again.device_keys(), agent.device_keys());
    assert!(matches!(
        agent.read("p2", &order(&eligibility, ReaderMode::Face, Road::Certificate)),
        Err(ReaderError::NoCard)
    ));
}

#[test]
fn a_wrong_pin_costs_a_try_that_survives_and_a_malformed_one_costs_nothing() {
    let eligibility = fixture::eligibility();
    let dir = tempfile::tempdir().unwrap();
    let open = || std::sync::Arc::new(Tray::open(dir.path(), eligibility.custody.clone()).unwrap());
    let tray = open();
    tray.insert("p1", fixture::card(&eligibility)).unwrap();
    let device = dir.path().join("reader.key");
    let read = |tray: &std::sync::Arc<Tray>, pin: &str| {
        let agent = ReaderAgent::open(tray.clone(), &device, eligibility.custody.as_ref()).unwrap();
        let order =
            ReadOrder { pin: Some(pin.into()), ..order(&eligibility, ReaderMode::Pin, Road::Certificate) };
        agent.read("p1", &order)
    };
    assert!(matches!(read(&tray, "12345"), Err(ReaderError::PinNeeded)));
    assert!(read(&tray, "1234").is_ok());
    assert!(matches!(read(&tray, "0000"), Err(ReaderError::WrongPin { tries_left: 2 })));
    let tray = open();
    assert!(matches!(read(&tray, "0000"), Err(ReaderError::WrongPin { tries_left: 1 })));
    assert!(matches!(read(&tray, "0000"), Err(ReaderError::PinBlocked)));
    assert!(matches!(read(&tray, "1234"), Err(ReaderError::PinBlocked)));
    let bytes = std::fs::read(dir.path().join("p1.card")).unwrap();
    assert!(!bytes.windows(NUMBER.len()).any(|part| part == NUMBER.as_bytes()), "sealed on disk");
    std::fs::write(dir.path().join("p2.card"), bytes).unwrap();
    assert!(
        Tray::open(dir.path(), eligibility.custody.clone()).is_err(),
        "a card opens under its own name only"
    );
}

#[test]
fn cards_lie_in_the_order_they_were_given() {
    let eligibility = fixture::eligibility();
    let dir = tempfile::tempdir().unwrap();
    let tray = Tray::open(dir.path(), eligibility.custody.clone()).unwrap();
    for id in ["alpha", "beta", "gamma", "delta"] {
        tray.insert(id, fixture::card(&eligibility)).unwrap();
    }
    let listed = |tray: &Tray| tray.list().into_iter().map(|card| card.id).collect::<Vec<_>>();
    assert_eq!(listed(&tray), ["alpha", "beta", "delta", "gamma"]);
    let tray = tray.in_order(vec!["gamma".into(), "nobody".into(), "beta".into()]);
    assert_eq!(listed(&tray), ["gamma", "beta", "alpha", "delta"]);
}

#[test]
fn the_envelope_is_bound_to_institution_moment_and_nonce() {
    let eligibility = fixture::eligibility();
    let sealing = SealOrder {
        exchange: ExchangeId::new(1),
        at: Timestamp::from_seconds(NOW),
        nonce: [7; 16],
        recipient: eligibility.id,
        institution: "institution/1310000003".parse().unwrap(),
    };
    let context = sealing.context();
    assert_eq!(context.expires_at, NOW + 60);
    assert_eq!(context.binding, ReadProof::binding(&sealing.institution, sealing.at, &"07".repeat(16)));
}

static SHARED: LazyLock<std::sync::Mutex<VirtualCard>> =
    LazyLock::new(|| std::sync::Mutex::new(fixture::card(&fixture::eligibility())));

/// Units that go deep: real headers with any parameters and data.
fn unit() -> impl Strategy<Value = Vec<u8>> {
    let instruction = prop::sample::select(vec![
        0xA4_u8, 0x20, 0x24, 0xB0, 0xB2, 0x84, 0xC0, 0x2A, 0x10, 0x12, 0x14, 0x16, 0x18, 0x1A, 0x1C,
    ]);
    let class = prop::sample::select(vec![0x00_u8, 0x80, 0x90, 0x10]);
    let name = prop::sample::select(vec![
        JPKI,
        TEXT,
        SURFACE,
        SERIAL,
        "00A4040C08 F04D555355424901",
        "00A4020C02 0018",
        "00A4020C02 0017",
        "00A4020C02 000A",
    ]);
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..300),
        name.prop_map(|text| data_encoding::HEXUPPER.decode(text.replace(' ', "").as_bytes()).unwrap()),
        (class, instruction, any::<u8>(), any::<u8>(), proptest::collection::vec(any::<u8>(), 0..256))
            .prop_map(|(class, instruction, p1, p2, data)| {
                let mut out = vec![class, instruction, p1 & 0x07, p2 & 0x8C, data.len() as u8];
                out.extend_from_slice(&data);
                out
            }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_unit_is_answered_with_a_status_word(units in proptest::collection::vec(unit(), 1..40)) {
        let mut card = SHARED.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        for unit in units {
            let answer = card.transmit(&unit);
            prop_assert!((2..=258).contains(&answer.len()));
            let status = answer[answer.len() - 2];
            prop_assert!(status == 0x90 || (0x61..=0x6F).contains(&status));
        }
    }
}
