//! A reader written elsewhere (crate `jpki`, LGPL, tests only) reads our card; `openssl` judges the signature.

use std::cell::RefCell;
use std::process::Command;
use std::rc::Rc;

use jpki_reader::ap::crypto::CertType;
use jpki_reader::ap::surface::Pin;
use jpki_reader::ap::{CryptoAp, SupportAp, SurfaceAp};
use jpki_reader::nfc::{HandleError, HandlerInCtx, Result};
use jpki_reader::{Card, card::Error};
use protocol::jpki::CertificateKind;

use crate::VirtualCard;
use crate::fixture::{self, AUTHENTICATION, NUMBER, SIGNING, SIGNING_PIN};
use crate::memory::digest_info;

/// Carries the foreign reader's units to the card.
struct Wire {
    card: RefCell<VirtualCard>,
    /// The reader asks again with more room; a card is not asked twice for one command.
    waiting: RefCell<Option<Vec<u8>>>,
}

impl HandlerInCtx<()> for Wire {
    fn handle_in_ctx(&self, (): (), command: &[u8], response: &mut [u8]) -> Result {
        let answer = self.waiting.take().unwrap_or_else(|| self.card.borrow_mut().transmit(command));
        let Some(room) = response.get_mut(..answer.len()) else {
            let length = answer.len();
            self.waiting.replace(Some(answer));
            return Err(HandleError::NotEnoughBuffer(length));
        };
        room.copy_from_slice(&answer);
        Ok(answer.len())
    }
}

fn card() -> Rc<Card<Wire, ()>> {
    let card = RefCell::new(fixture::card(&fixture::eligibility()));
    Rc::new(Card::new(Box::new(Wire { card, waiting: RefCell::new(None) })))
}

#[test]
fn the_foreign_reader_reads_certificates_and_signs_and_openssl_agrees() {
    let card = card();
    let application = CryptoAp::open((), card).unwrap();
    assert_eq!(application.auth_pin_status(()).unwrap(), 3);
    assert_eq!(application.sign_pin_status(()).unwrap(), 5);
    let certificate = application.read_certificate((), CertType::Auth, vec![]).unwrap();
    let authority = application.read_certificate((), CertType::AuthCA, vec![]).unwrap();
    assert_eq!(authority, AUTHENTICATION.certificate_der());
    let signature = application.auth((), b"1234".to_vec(), digest_info(b"musubi")).unwrap();
    openssl_agrees(&authority, &certificate, &signature, CertificateKind::Authentication);

    let certificate = application.read_certificate((), CertType::Sign, SIGNING_PIN.to_vec()).unwrap();
    let authority = application.read_certificate((), CertType::SignCA, vec![]).unwrap();
    assert_eq!(authority, SIGNING.certificate_der());
    let signature = application.sign((), SIGNING_PIN.to_vec(), digest_info(b"musubi")).unwrap();
    openssl_agrees(&authority, &certificate, &signature, CertificateKind::Signing);
}

#[test]
fn the_foreign_reader_counts_wrong_pins() {
    let application = CryptoAp::open((), card()).unwrap();
    let wrong = application.auth((), b"0000".to_vec(), digest_info(b"musubi"));
    assert!(matches!(wrong, Err(Error::Apdu(jpki_reader::nfc::Error::VerifyFailed(2)))), "{wrong:?}");
    assert_eq!(application.auth_pin_status(()).unwrap(), 2);
}

#[test]
fn the_foreign_reader_reads_the_text_and_the_surface() {
    let card = card();
    let text = SupportAp::open((), card.clone()).unwrap();
    assert_eq!(text.pin_status(()).unwrap(), 3);
    assert_eq!(text.read_my_number((), b"5678".to_vec()).unwrap(), NUMBER);
    let attributes = text.read_attributes((), b"5678".to_vec()).unwrap();
    assert_eq!(attributes.name, "髙橋 結");
    assert_eq!(attributes.address, "東京都新宿区西新宿2-8-1");
    assert_eq!(attributes.date_of_birth, "20010327");
    assert!(matches!(attributes.sex, jpki_reader::ap::support::Sex::Female));

    let surface = SurfaceAp::open((), card).unwrap();
    let read = surface.read_surface((), Pin::A(NUMBER.into())).unwrap();
    assert_eq!(read.date_of_birth, b"20010327");
    assert_eq!(read.expiry_date, b"20360327");
    assert!(read.name.starts_with(b"\x89PNG"));
}

/// `openssl verify` on the chain, `openssl dgst -verify` on the card's signature.
fn openssl_agrees(authority: &[u8], certificate: &[u8], signature: &[u8], kind: CertificateKind) {
    let dir = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| Command::new("openssl").args(arguments).current_dir(dir.path()).output();
    for (name, bytes) in [
        ("ca.der", authority),
        ("person.der", certificate),
        ("signature", signature),
        ("message", &b"musubi"[..]),
    ] {
        std::fs::write(dir.path().join(name), bytes).unwrap();
    }
    let steps: [&[&str]; 5] = [
        &["x509", "-inform", "DER", "-in", "ca.der", "-out", "ca.pem"],
        &["x509", "-inform", "DER", "-in", "person.der", "-out", "person.pem"],
        &["verify", "-no_check_time", "-x509_strict", "-CAfile", "ca.pem", "person.pem"],
        &["x509", "-in", "person.pem", "-noout", "-pubkey", "-out", "key.pem"],
        &["dgst", "-sha256", "-verify", "key.pem", "-signature", "signature", "message"],
    ];
    for step in steps {
        let Ok(output) = run(step) else {
            eprintln!("skipped: the command openssl is not here; install the package openssl");
            return;
        };
        assert!(output.status.success(), "{kind:?} {step:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
}
