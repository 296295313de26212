//! The command `openssl` as the judge of what the authority writes.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use calendar::Date;
use der::Encode as _;
use protocol::eligibility::Sex;
use protocol::jpki::{CertificateKind, Identity, RevocationReason};
use tempfile::TempDir;

use super::ocsp::Standing;
use super::*;

const NOW: i64 = 1_795_000_000; // 2026-11-18
const YEAR: i64 = 365 * 86_400;

/// Runs openssl; `None`, loudly, where it is not installed.
fn openssl(dir: &Path, arguments: &[&str]) -> Option<Output> {
    match Command::new("openssl").args(arguments).current_dir(dir).output() {
        Ok(output) => Some(output),
        Err(error) => {
            eprintln!("skipped: the command openssl is not here ({error}); install the package openssl");
            None
        }
    }
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

struct Bench {
    dir: TempDir,
    authority: Authority,
}

impl Bench {
    fn new(kind: CertificateKind) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let authority = Authority::open(&Authority::create(kind, NOW - YEAR).unwrap()).unwrap();
        let bench = Self { dir, authority };
        bench.write("ca.der", bench.authority.certificate_der());
        bench.pem("ca.der", "ca.pem");
        bench
    }

    fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.dir.path().join(name);
        std::fs::File::create(&path).unwrap().write_all(bytes).unwrap();
        path
    }

    fn pem(&self, from: &str, to: &str) {
        openssl(self.dir.path(), &["x509", "-inform", "DER", "-in", from, "-out", to]);
    }

    fn issue(&self, name: &str, identity: Option<Identity>) -> Issued {
        let (public_key, signature) = key_and_proof(b"exchange");
        let key = prove(&public_key, b"exchange", &signature).unwrap();
        let subject = Subject { common_name: "0123456789ABCDEFGHJKLMN".into(), identity };
        let issued = self.authority.issue(&subject, &key, (NOW, NOW + 5 * YEAR), &endpoints()).unwrap();
        self.write(&format!("{name}.der"), &issued.der);
        self.pem(&format!("{name}.der"), &format!("{name}.pem"));
        issued
    }
}

fn endpoints() -> Endpoints {
    Endpoints {
        ocsp: "http://ocspauthnorm.jpki.go.jp".into(),
        cps: "http://www.jpki.go.jp/cps.html".into(),
        prefecture: "Tokyo-to".into(),
        municipality: "Shinjuku-ku".into(),
    }
}

/// A public key and its proof, as a card makes them.
fn key_and_proof(challenge: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let (key, _) = SigningKey::generate().unwrap();
    let signature = key.sign(challenge).unwrap();
    (key.public().to_der().unwrap(), signature.raw_bytes().to_vec())
}

#[test]
fn openssl_verifies_an_authentication_certificate_and_reads_the_profile() {
    let bench = Bench::new(CertificateKind::Authentication);
    bench.issue("person", None);
    let attime = NOW.to_string();
    let verify = [
        "verify",
        "-attime",
        &attime,
        "-x509_strict",
        "-purpose",
        "sslclient",
        "-CAfile",
        "ca.pem",
        "person.pem",
    ];
    let Some(output) = openssl(bench.dir.path(), &verify) else { return };
    assert!(text(&output).contains("person.pem: OK"), "{}", text(&output));

    let shown = openssl(
        bench.dir.path(),
        &["x509", "-in", "person.pem", "-noout", "-text", "-nameopt", "utf8,sep_comma_plus"],
    );
    let shown = text(&shown.unwrap());
    for expected in [
        "Issuer: C=JP,O=JPKI,OU=JPKI for user authentication,OU=Japan Agency for Local Authority Information Systems",
        "Subject: C=JP,CN=0123456789ABCDEFGHJKLMN",
        "Public-Key: (2048 bit)",
        "Signature Algorithm: sha256WithRSAEncryption",
        "X509v3 Key Usage: critical",
        "TLS Web Client Authentication",
        "X509v3 Certificate Policies: critical",
        "Policy: 1.2.392.200149.8.5.1.3.30",
        "CPS: http://www.jpki.go.jp/cps.html",
        "X509v3 Issuer Alternative Name",
        "DirName:C = JP, O = JPKI, OU = JPKI for user authentication, OU = CRL Distribution Points, OU = Tokyo-to, CN = Shinjuku-ku CRLDP",
        "OCSP - URI:http://ocspauthnorm.jpki.go.jp",
        "X509v3 Authority Key Identifier",
        "X509v3 Subject Key Identifier",
    ] {
        assert!(shown.contains(expected), "missing {expected:?} in\n{shown}");
    }
}

#[test]
fn openssl_verifies_a_signature_certificate_with_the_four_facts() {
    let bench = Bench::new(CertificateKind::Signing);
    let facts = Identity {
        name: "髙橋 結".into(),
        sex: Sex::Female,
        birthdate: Date::from_compact("20010327").unwrap(),
        address: "東京都新宿区西新宿2-8-1".into(),
    };
    let issued = bench.issue("person", Some(facts));
    let attime = NOW.to_string();
    let verify = ["verify", "-attime", &attime, "-x509_strict", "-CAfile", "ca.pem", "person.pem"];
    let Some(output) = openssl(bench.dir.path(), &verify) else { return };
    assert!(text(&output).contains("person.pem: OK"), "{}", text(&output));
    let shown = openssl(bench.dir.path(), &["x509", "-in", "person.pem", "-noout", "-text"]).unwrap();
    assert!(text(&shown).contains("Policy: 1.2.392.200149.8.5.1.1.20"));
    assert!(issued.der.windows("髙橋 結".len()).any(|part| part == "髙橋 結".as_bytes()));
}

#[test]
fn openssl_accepts_the_revocation_list_and_refuses_the_revoked() {
    let bench = Bench::new(CertificateKind::Authentication);
    let kept = bench.issue("kept", None);
    let lost = bench.issue("lost", None);
    assert_ne!(kept.serial, lost.serial);
    let revoked = [Revoked { serial: lost.serial, at: NOW, reason: RevocationReason::KeyCompromise }];
    let list = bench.authority.revocation_list(&revoked, 7, NOW + 10, NOW + 86_400).unwrap();
    bench.write("list.der", &list);
    let convert =
        ["crl", "-inform", "DER", "-in", "list.der", "-CAfile", "ca.pem", "-out", "list.pem", "-text"];
    let Some(output) = openssl(bench.dir.path(), &convert) else { return };
    assert!(text(&output).contains("verify OK"), "{}", text(&output));
    let shown = std::fs::read_to_string(bench.dir.path().join("list.pem")).unwrap();
    assert!(shown.contains("Key Compromise") && shown.contains("X509v3 CRL Number"), "{shown}");

    let attime = (NOW + 20).to_string();
    let verify = |certificate: &str| {
        let arguments = [
            "verify",
            "-attime",
            &attime,
            "-crl_check",
            "-CRLfile",
            "list.pem",
            "-CAfile",
            "ca.pem",
            certificate,
        ];
        text(&openssl(bench.dir.path(), &arguments).unwrap())
    };
    assert!(verify("kept.pem").contains("kept.pem: OK"), "{}", verify("kept.pem"));
    assert!(verify("lost.pem").contains("certificate revoked"), "{}", verify("lost.pem"));
    assert!(bench.authority.revocation_list(&[], 8, NOW, NOW + 1).is_ok());
}

#[test]
fn openssl_reads_the_status_answers() {
    let bench = Bench::new(CertificateKind::Authentication);
    let issued = bench.issue("person", None);
    let make = ["ocsp", "-issuer", "ca.pem", "-cert", "person.pem", "-reqout", "ask.der"];
    if openssl(bench.dir.path(), &make).is_none() {
        return;
    }
    let question = ocsp::read(&std::fs::read(bench.dir.path().join("ask.der")).unwrap()).unwrap();
    assert_eq!(question.serials(), [issued.serial]);
    assert!(question.authority([&bench.authority]).is_some());
    // openssl judges the responder's certificate by the clock of today, so the answer is of today too.
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs() as i64;
    let standings = [
        (Standing::Good, "person.pem: good"),
        (Standing::Revoked { at: now - 5, reason: RevocationReason::Superseded }, "Reason: superseded"),
        (Standing::Unknown, "person.pem: unknown"),
    ];
    for (standing, expected) in standings {
        let answer = bench.authority.answer_status(&question, &[standing], now, now + 3600).unwrap();
        bench.write("answer.der", &answer);
        let check = [
            "ocsp",
            "-issuer",
            "ca.pem",
            "-cert",
            "person.pem",
            "-reqin",
            "ask.der",
            "-respin",
            "answer.der",
            "-CAfile",
            "ca.pem",
            "-no_nonce",
        ];
        let said = text(&openssl(bench.dir.path(), &check).unwrap());
        assert!(said.contains("Response verify OK") && said.contains(expected), "{expected}: {said}");
        assert!(!said.contains("WARNING: no nonce"), "{said}");
    }
}

#[test]
fn another_authoritys_certificate_is_not_ours_to_answer() {
    let bench = Bench::new(CertificateKind::Authentication);
    bench.issue("person", None);
    let make = ["ocsp", "-issuer", "ca.pem", "-sha256", "-cert", "person.pem", "-reqout", "ask.der"];
    if openssl(bench.dir.path(), &make).is_none() {
        return;
    }
    let question = ocsp::read(&std::fs::read(bench.dir.path().join("ask.der")).unwrap()).unwrap();
    let other = Bench::new(CertificateKind::Signing);
    assert!(question.authority([&other.authority]).is_none());
    assert!(question.authority([&other.authority, &bench.authority]).is_some());
}

#[test]
fn a_key_without_its_proof_is_refused() {
    let (public_key, mut signature) = key_and_proof(b"exchange");
    prove(&public_key, b"exchange", &signature).unwrap();
    assert!(matches!(prove(&public_key, b"another", &signature), Err(CaError::Proof(_))));
    signature[9] ^= 1;
    assert!(matches!(prove(&public_key, b"exchange", &signature), Err(CaError::Proof(_))));
    assert!(matches!(prove(&public_key[..100], b"exchange", &signature), Err(CaError::Der { .. })));
    assert!(matches!(prove(&[0x30; 5000], b"exchange", &signature), Err(CaError::Proof(_))));
}
