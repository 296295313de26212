//! The role as a whole: its rules, its memory, and `openssl` asking it over HTTP.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use access::{Directory, Organisation, Policy};
use calendar::{Clock as _, Date, FixedClock};
use codes::{EnvelopeContext, ExchangeId, FileCustody, KeyName, OrgId};
use data_encoding::{BASE64, HEXLOWER};
use der::Encode as _;
use protocol::Sealed;
use protocol::eligibility::Sex;
use protocol::jpki::{
    CertificateCodeRequest, CertificateKind, CertificateRef, CertificateStatus, Identity, IssueAnswer,
    IssueRequest, RevocationReason, RevokeRequest,
};
use protocol::sealed::{STANDING, purpose};
use tempfile::TempDir;
use wire::{Problem, Server, Shutdown};

use crate::ca::SigningKey;
use crate::{Config, Endpoints, KEYS, Service, open, public, site};

const DAY: i64 = 86_400_000;

struct Bench {
    dir: TempDir,
    service: Service,
    clock: Arc<FixedClock>,
    custody: Arc<FileCustody>,
}

impl Bench {
    /// A service whose clock shows the machine's time, because openssl goes by that.
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(FixedClock::new(calendar::SystemClock.now()));
        let mut keys = KEYS.to_vec();
        keys.push(KeyName::ENVELOPE); // the eligibility service's, to seal to
        let custody = Arc::new(FileCustody::ephemeral(&keys).unwrap());
        let service = open(config(dir.path(), &clock, &custody)).unwrap();
        Self { dir, service, clock, custody }
    }

    fn reopened(self) -> Self {
        let Self { dir, service, clock, custody } = self;
        drop(service);
        let service = open(config(dir.path(), &clock, &custody)).unwrap();
        Self { dir, service, clock, custody }
    }

    fn exchange(&self) -> ExchangeId {
        ExchangeId::new(self.clock.now().as_millis())
    }

    fn request(&self, kind: CertificateKind, replaces: Option<&str>) -> IssueRequest {
        let exchange = self.exchange();
        let (key, _) = SigningKey::generate().unwrap();
        let proof = key.sign(exchange.to_string().as_bytes()).unwrap();
        let identity = Identity {
            name: "髙橋 結".into(),
            sex: Sex::Female,
            birthdate: Date::from_compact("20010327").unwrap(),
            address: "東京都新宿区西新宿2-8-1".into(),
        };
        IssueRequest {
            exchange,
            kind,
            public_key: BASE64.encode(&key.public().to_der().unwrap()),
            proof: BASE64.encode(proof.raw_bytes()),
            holder: self.holder(exchange),
            replaces: replaces.map(str::to_owned),
            identity: (kind == CertificateKind::Signing).then_some(identity),
            birthdate: None,
        }
    }

    fn holder(&self, exchange: ExchangeId) -> Sealed {
        use codes::Custody as _;
        let context = EnvelopeContext {
            recipient: eligibility(),
            purpose: purpose::INSURANCE_LINK.into(),
            expires_at: STANDING,
            exchange,
            consent: None,
            binding: Vec::new(),
        };
        Sealed::new(&self.custody.envelope_public_key().unwrap(), context, b"link code").unwrap()
    }

    async fn issue(&self, replaces: Option<&str>) -> IssueAnswer {
        let request = self.request(CertificateKind::Authentication, replaces);
        self.service.issue(&issuer(), request).await.unwrap()
    }

    async fn ask(
        &self,
        asker: &OrgId,
        answers: &[&IssueAnswer],
    ) -> Result<Vec<protocol::jpki::CertificateCode>, Problem> {
        let certificates = answers.iter().map(|answer| reference(answer)).collect();
        let request = CertificateCodeRequest { exchange: self.exchange(), certificates };
        Ok(self.service.certificate_codes(asker, request).await?.certificates)
    }

    async fn revoke(
        &self,
        serial: &str,
        reason: RevocationReason,
    ) -> Result<protocol::relay::Acknowledged, Problem> {
        let request = RevokeRequest { exchange: self.exchange(), serial: serial.into(), reason };
        self.service.revoke(&issuer(), request).await
    }
}

fn config(dir: &Path, clock: &Arc<FixedClock>, custody: &Arc<FileCustody>) -> Config {
    let since = Date::from_compact("20160101").unwrap();
    let organisations = [issuer(), eligibility(), institution()]
        .map(|id| Organisation::new(id, "機関", "organisation", since));
    Config {
        org: "jpki/1".parse().unwrap(),
        store: format!("sqlite:{}", dir.join("jpki.db").display()),
        ledger: dir.join("ledger"),
        custody: custody.clone(),
        policy: Policy::builtin(Directory::of(organisations).unwrap()).unwrap(),
        endpoints: Endpoints {
            ocsp: "http://jpki.localhost/ocsp".into(),
            cps: "http://www.jpki.go.jp/cps.html".into(),
            prefecture: "Tokyo-to".into(),
            municipality: "Shinjuku-ku".into(),
        },
        clock: clock.clone(),
    }
}

fn issuer() -> OrgId {
    "issuer/1".parse().unwrap()
}

fn eligibility() -> OrgId {
    "eligibility/1".parse().unwrap()
}

fn institution() -> OrgId {
    "institution/1310000003".parse().unwrap()
}

fn reference(answer: &IssueAnswer) -> CertificateRef {
    let der = BASE64.decode(answer.certificate.as_bytes()).unwrap();
    let digest = ring::digest::digest(&ring::digest::SHA256, &der);
    CertificateRef { serial: answer.serial.clone(), fingerprint: HEXLOWER.encode(digest.as_ref()) }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_gets_the_same_certificate_and_another_question_is_refused() {
    let bench = Bench::new();
    let request = bench.request(CertificateKind::Authentication, None);
    let first = bench.service.issue(&issuer(), request.clone()).await.unwrap();
    let retry = IssueRequest { holder: bench.holder(request.exchange), ..request.clone() };
    assert_eq!(bench.service.issue(&issuer(), retry).await.unwrap(), first);
    let size = bench.service.ledger.size();
    let other =
        IssueRequest { exchange: request.exchange, ..bench.request(CertificateKind::Authentication, None) };
    let refused = bench.service.issue(&issuer(), other).await.unwrap_err();
    assert_eq!(refused.code(), "key-not-proven", "a proof is good for one exchange");
    let bench = bench.reopened();
    assert_eq!(bench.service.issue(&issuer(), request).await.unwrap(), first, "after a restart too");
    assert_eq!(bench.service.ledger.size(), size);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_fit_is_refused_and_leaves_nothing() {
    let bench = Bench::new();
    let good = bench.request(CertificateKind::Authentication, None);
    let code = async |request: IssueRequest| {
        bench.service.issue(&issuer(), request).await.unwrap_err().code().to_owned()
    };
    let identity = bench.request(CertificateKind::Signing, None).identity;
    assert_eq!(code(IssueRequest { identity, ..good.clone() }).await, "identity-mismatch");
    assert_eq!(
        code(IssueRequest { kind: CertificateKind::Signing, ..good.clone() }).await,
        "identity-mismatch"
    );
    assert_eq!(code(IssueRequest { public_key: "漢字".into(), ..good.clone() }).await, "not-base64");
    assert_eq!(
        code(IssueRequest { proof: BASE64.encode(&[0; 256]), ..good.clone() }).await,
        "key-not-proven"
    );
    assert_eq!(
        code(IssueRequest { replaces: Some("00".into()), ..good.clone() }).await,
        "no-such-certificate"
    );
    let mut holder = good.holder.clone();
    holder.context.recipient = institution();
    assert_eq!(code(IssueRequest { holder, ..good.clone() }).await, "holder-envelope");
    assert_eq!(bench.service.issue(&institution(), good).await.unwrap_err().code(), "not-for-this-kind");
    assert!(bench.service.list("").await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_eligibility_service_learns_anything_of_a_certificate() {
    let bench = Bench::new();
    let answer = bench.issue(None).await;
    let good = bench.ask(&eligibility(), &[&answer]).await.unwrap();
    assert_eq!(good[0].status, CertificateStatus::Good);
    use codes::Custody as _;
    let holder = good[0].holder.clone().unwrap();
    assert_eq!(
        bench.custody.open_envelope(&holder.envelope, &holder.context).unwrap().as_slice(),
        b"link code"
    );

    let unknown = IssueAnswer { serial: "7B".into(), ..answer.clone() };
    for asker in [institution(), issuer(), "institution/1310000029".parse().unwrap()] {
        let known = bench.ask(&asker, &[&answer]).await.unwrap_err();
        let not = bench.ask(&asker, &[&unknown]).await.unwrap_err();
        assert_eq!(format!("{known:?}"), format!("{not:?}"), "alike whether it exists or not");
    }
    let altered = CertificateRef { fingerprint: "00".repeat(32), ..reference(&answer) };
    let request = CertificateCodeRequest { exchange: bench.exchange(), certificates: vec![altered] };
    let altered = bench.service.certificate_codes(&eligibility(), request).await.unwrap();
    assert_eq!(altered.certificates[0].status, CertificateStatus::Unknown);
    assert!(altered.certificates[0].holder.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_status_answer_is_in_the_ledger_before_it_is_given() {
    let bench = Bench::new();
    let answer = bench.issue(None).await;
    let before = bench.service.ledger.size();
    bench.ask(&eligibility(), &[&answer, &answer]).await.unwrap();
    assert_eq!(bench.service.ledger.size(), before + 1);
    let entry = bench.service.ledger.read_entry(before).unwrap();
    assert_eq!(entry.kind, "jpki.certificate-code");
    assert!(String::from_utf8(entry.body).unwrap().contains(&answer.serial));
    let unknown = CertificateRef { serial: "\"".repeat(200), fingerprint: String::new() };
    let request = CertificateCodeRequest { exchange: bench.exchange(), certificates: vec![unknown; 1000] };
    let answers = bench.service.certificate_codes(&eligibility(), request).await.unwrap().certificates;
    assert!(answers.len() == 1000 && answers.iter().all(|code| code.status == CertificateStatus::Unknown));
    assert_eq!(bench.service.ledger.size(), before + 6);
    assert_eq!(bench.ask(&eligibility(), &[]).await.unwrap_err().code(), "too-many-certificates");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renewal_supersedes_the_old_certificate_and_leads_to_the_newest() {
    let bench = Bench::new();
    let first = bench.issue(None).await;
    let second = bench.issue(Some(&first.serial)).await;
    let third = bench.issue(Some(&second.serial)).await;
    let answers = bench.ask(&eligibility(), &[&first, &third]).await.unwrap();
    match &answers[0].status {
        CertificateStatus::Revoked { reason: RevocationReason::Superseded, successor, .. } => {
            assert_eq!(successor.as_deref(), Some(third.serial.as_str()));
        }
        other => panic!("{other:?}"),
    }
    assert!(answers[0].holder.is_none());
    assert_eq!(answers[1].status, CertificateStatus::Good);
    let again = bench.request(CertificateKind::Authentication, Some(&first.serial));
    assert_eq!(bench.service.issue(&issuer(), again).await.unwrap_err().code(), "already-renewed");
    assert_eq!(bench.service.show(&first.serial).await.unwrap().newest, third.serial);
    let found = bench.service.list(&first.serial[..20]).await.unwrap();
    assert_eq!(found.iter().map(|certificate| &certificate.serial).collect::<Vec<_>>(), [&first.serial]);
    assert_eq!(bench.service.list("").await.unwrap().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn revoked_and_expired_certificates_say_so() {
    let bench = Bench::new();
    let lost = bench.issue(None).await;
    let kept = bench.issue(None).await;
    let done = bench.revoke(&lost.serial.to_lowercase(), RevocationReason::KeyCompromise).await.unwrap();
    let again = bench.revoke(&lost.serial, RevocationReason::KeyCompromise).await.unwrap();
    assert_eq!(done.receipt, again.receipt, "again is harmless");
    let other = bench.revoke(&lost.serial, RevocationReason::CessationOfOperation).await.unwrap_err();
    assert_eq!(other.code(), "already-revoked");
    assert_eq!(
        bench.revoke(&kept.serial, RevocationReason::Superseded).await.unwrap_err().code(),
        "superseded-by-renewal"
    );
    assert_eq!(
        bench.revoke("FF", RevocationReason::KeyCompromise).await.unwrap_err().code(),
        "no-such-certificate"
    );
    bench.clock.advance(6 * 366 * DAY);
    let answers = bench.ask(&eligibility(), &[&lost, &kept]).await.unwrap();
    assert!(matches!(
        answers[0].status,
        CertificateStatus::Revoked { reason: RevocationReason::KeyCompromise, .. }
    ));
    assert_eq!(answers[1].status, CertificateStatus::Expired { at: kept.not_after });
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_numbered_and_renewed_when_something_is_revoked_or_time_passes() {
    let bench = Bench::new();
    let kind = CertificateKind::Authentication;
    let answer = bench.issue(None).await;
    let empty = bench.service.revocation_list(kind).await.unwrap();
    assert_eq!(bench.service.revocation_list(kind).await.unwrap(), empty);
    bench.revoke(&answer.serial, RevocationReason::KeyCompromise).await.unwrap();
    let one = bench.service.revocation_list(kind).await.unwrap();
    assert_ne!(one, empty);
    bench.clock.advance(DAY * 3 / 4);
    let two = bench.service.revocation_list(kind).await.unwrap();
    assert_ne!(two, one);
    let number = |list: &[u8]| {
        use der::Decode as _;
        let list =
            x509_cert::crl::CertificateList::<x509_cert::certificate::Rfc5280>::from_der(list).unwrap();
        let extensions = list.tbs_cert_list.crl_extensions.unwrap();
        extensions
            .iter()
            .find(|e| e.extn_id.to_string() == "2.5.29.20")
            .unwrap()
            .extn_value
            .as_bytes()
            .to_vec()
    };
    assert_eq!([number(&empty), number(&one), number(&two)], [vec![2, 1, 1], vec![2, 1, 2], vec![2, 1, 3]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn openssl_asks_over_http() {
    let bench = Bench::new();
    let dir = bench.dir.path().to_owned();
    let good = bench.issue(None).await;
    let lost = bench.issue(None).await;
    bench.revoke(&lost.serial, RevocationReason::KeyCompromise).await.unwrap();
    let decode = |text: &str| BASE64.decode(text.as_bytes()).unwrap();
    std::fs::write(dir.join("ca.der"), decode(&good.authority)).unwrap();
    std::fs::write(dir.join("good.der"), decode(&good.certificate)).unwrap();
    std::fs::write(dir.join("lost.der"), decode(&lost.certificate)).unwrap();

    let server = Server::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", server.local_addr());
    let shutdown = Shutdown::new();
    let serving = tokio::spawn(server.serve(public(bench.service.clone()), None, shutdown.clone()));

    let asked = base.clone();
    let said = tokio::task::spawn_blocking(move || ask_with_openssl(&dir, &asked)).await.unwrap();
    let Some((good, lost)) = said else { return };
    assert!(good.contains("Response verify OK") && good.contains("good.der: good"), "{good}");
    assert!(lost.contains("lost.der: revoked") && lost.contains("keyCompromise"), "{lost}");
    assert!(!good.contains("WARNING: no nonce"), "the nonce comes back: {good}");

    let client = wire::Client::plain();
    let list = client.get_bytes(&base, "/crl/authentication.crl").await.unwrap();
    assert_eq!(list.body, bench.service.revocation_list(CertificateKind::Authentication).await.unwrap());
    let request = std::fs::read(bench.dir.path().join("ask.der")).unwrap();
    let path = format!(
        "/ocsp/{}",
        BASE64.encode(&request).replace('+', "%2B").replace('/', "%2F").replace('=', "%3D")
    );
    let answer = client.get_bytes(&base, &path).await.unwrap();
    assert_eq!(answer.body[4..9], [0x0A, 0x01, 0x00, 0xA0, 0x82], "successful, by GET");
    let malformed = client.get_bytes(&base, "/ocsp/AAAA").await.unwrap();
    assert_eq!(malformed.body[..], [0x30, 0x03, 0x0A, 0x01, 0x01]);
    shutdown.trigger();
    serving.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_counter_lists_and_shows_and_changes_nothing_without_its_token() {
    let bench = Bench::new();
    let answer = bench.issue(None).await;
    let server = Server::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", server.local_addr());
    let shutdown = Shutdown::new();
    let router = site(bench.service.clone(), &wire::Desk::open());
    let serving = tokio::spawn(server.serve(router, None, shutdown.clone()));

    let client = wire::Client::plain();
    let text = async |path: &str| {
        String::from_utf8(client.get_bytes(&base, path).await.unwrap().body.to_vec()).unwrap()
    };
    let path = format!("/certificates/{}", answer.serial);
    assert!(text("/").await.contains(&path));
    assert!(text("/?search=ZZ").await.contains("証明書はありません"));
    let shown = text(&path).await;
    assert!(shown.contains("有効です") && shown.contains("失効させる"), "{shown}");
    let form = (b"reason=key-compromise").to_vec();
    let refused = client
        .post_bytes(&base, &format!("{path}/revocation"), "application/x-www-form-urlencoded", form)
        .await;
    assert!(refused.is_err());
    assert!(text(&path).await.contains("有効です"));
    let list = client.get_bytes(&base, "/crl/authentication.crl").await.unwrap();
    assert_eq!(list.headers["content-type"], "application/pkix-crl");
    shutdown.trigger();
    serving.await.unwrap();
}

/// The words of `openssl ocsp` on both certificates; `None`, loudly, where it is not installed.
fn ask_with_openssl(dir: &Path, base: &str) -> Option<(String, String)> {
    let url = format!("{base}/ocsp");
    let run = |arguments: &[&str]| match Command::new("openssl").args(arguments).current_dir(dir).output() {
        Ok(output) => Some(format!(
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        )),
        Err(error) => {
            eprintln!("skipped: the command openssl is not here ({error}); install the package openssl");
            None
        }
    };
    run(&["x509", "-inform", "DER", "-in", "ca.der", "-out", "ca.pem"])?;
    run(&["ocsp", "-issuer", "ca.pem", "-cert", "good.der", "-reqout", "ask.der"])?;
    let ask = |certificate: &str| {
        run(&["ocsp", "-issuer", "ca.pem", "-cert", certificate, "-url", &url, "-CAfile", "ca.pem", "-nonce"])
    };
    Some((ask("good.der")?, ask("lost.der")?))
}
