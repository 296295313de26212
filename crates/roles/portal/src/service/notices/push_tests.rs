//! Pushes held against the RFC's own example and against a service that opens them.

use tokio::net::TcpListener;

use super::*;

fn decoded(text: &str) -> Vec<u8> {
    BASE64URL_NOPAD.decode(text.as_bytes()).unwrap()
}

/// RFC 8291, appendix A.
#[test]
fn keys_are_derived_as_in_the_example_of_the_rfc() {
    let (key, nonce) = derived(
        &decoded("kyrL1jIIOHEzg3sM2ZWRHDRB62YACZhhSlknJ672kSs"),
        &decoded("BTBZMqHH6r4Tts7J_aSIgg"),
        &decoded("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"),
        &decoded("BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8"),
        &decoded("DGv6ra1nlYgDCS1FRnbzlw"),
    );
    assert_eq!(BASE64URL_NOPAD.encode(&key), "oIhVW04MRdy2XN9CiKLxTg");
    assert_eq!(BASE64URL_NOPAD.encode(&nonce), "4h_95klXJ5E_qnoN");
}

#[test]
fn the_portal_sends_to_push_services_alone() {
    let road = PushRoad::default();
    let open = PushRoad { loopback: true, ..PushRoad::default() };
    for good in [
        "https://fcm.googleapis.com/fcm/send/x",
        "https://updates.push.services.mozilla.com/wpush/v2/a",
        "https://web.push.apple.com/Q",
    ] {
        assert!(road.endpoint(good).is_ok(), "{good}");
    }
    for bad in [
        "http://fcm.googleapis.com/x",
        "https://fcm.googleapis.com",
        "https://evilfcm.googleapis.com.example/x",
        "https://notfcm.googleapis.com@10.0.0.1/x",
        "https://xfcm.googleapis.com.evil/x",
        "https://127.0.0.1/x",
        "http://127.0.0.1:80/x",
        "https://web.push.apple.com/a b\r\nHost: x",
        "file:///etc/passwd",
    ] {
        assert!(road.endpoint(bad).is_err(), "{bad}");
    }
    assert!(open.endpoint("http://127.0.0.1:4000/x").is_ok());
    assert!(open.endpoint("http://10.0.0.1:4000/x").is_err());
}

/// A service that reads one push, answers, and gives head and body.
async fn service(answer: &'static str) -> (String, tokio::task::JoinHandle<(String, Vec<u8>)>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/push/1", listener.local_addr().unwrap());
    let reading = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut bytes = Vec::new();
        loop {
            let mut part = [0; 1_024];
            let read = stream.read(&mut part).await.unwrap();
            bytes.extend_from_slice(&part[..read]);
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let Some((head, _)) = text.split_once("\r\n\r\n") else { continue };
            let length: usize =
                head.split("Content-Length: ").nth(1).unwrap().split("\r\n").next().unwrap().parse().unwrap();
            let start = bytes.windows(4).position(|w| w == b"\r\n\r\n").unwrap() + 4;
            if bytes.len() >= start + length {
                stream.write_all(answer.as_bytes()).await.unwrap();
                return (head.to_owned(), bytes[start..].to_vec());
            }
        }
    });
    (url, reading)
}

#[tokio::test]
async fn a_browser_opens_the_push_and_knows_who_sent_it() {
    let random = SystemRandom::new();
    let browser = EphemeralPrivateKey::generate(&ECDH_P256, &random).unwrap();
    let public = browser.compute_public_key().unwrap();
    let auth = [7; 16];
    let (endpoint, reading) = service("HTTP/1.1 201 Created\r\n\r\n").await;
    let subscription = Subscription {
        endpoint,
        p256dh: BASE64URL_NOPAD.encode(public.as_ref()),
        auth: BASE64URL_NOPAD.encode(&auth),
        name: "Firefox".into(),
    };
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
    let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref(), &random).unwrap();
    let road = PushRoad { loopback: true, ..PushRoad::default() };
    let now = Timestamp::from_millis(1_790_000_000_000);
    road.send(&key, &subscription, true, now).await.unwrap();
    let (head, body) = reading.await.unwrap();

    let (salt, rest) = body.split_at(16);
    let sender = &rest[5..70];
    let peer = UnparsedPublicKey::new(&ECDH_P256, sender);
    let (content, nonce) =
        agree_ephemeral(browser, &peer, |secret| derived(secret, &auth, public.as_ref(), sender, salt))
            .unwrap();
    let mut opened = rest[70..].to_vec();
    let key_of_content = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &content).unwrap());
    let nonce = Nonce::assume_unique_for_key(nonce);
    let opened = key_of_content.open_in_place(nonce, Aad::empty(), &mut opened).unwrap();
    assert_eq!(opened, [WORD.as_bytes(), &[2]].concat());

    assert!(head.contains("Urgency: high") && head.contains("TTL: "), "{head}");
    let token = head.split("vapid t=").nth(1).unwrap().split(", k=").next().unwrap();
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let sender_key = ring::signature::UnparsedPublicKey::new(
        &ring::signature::ECDSA_P256_SHA256_FIXED,
        key.public_key().as_ref(),
    );
    sender_key.verify(signed.as_bytes(), &decoded(signature)).unwrap();
    let claims = String::from_utf8(decoded(signed.split('.').nth(1).unwrap())).unwrap();
    assert!(
        claims.contains("\"aud\":\"http://127.0.0.1:") && claims.contains("\"exp\":1790043200"),
        "{claims}"
    );
}

#[tokio::test]
async fn a_browser_that_is_gone_is_known_to_be() {
    let (endpoint, _reading) = service("HTTP/1.1 410 Gone\r\n\r\n").await;
    let random = SystemRandom::new();
    let browser = EphemeralPrivateKey::generate(&ECDH_P256, &random).unwrap();
    let subscription = Subscription {
        endpoint,
        p256dh: BASE64URL_NOPAD.encode(browser.compute_public_key().unwrap().as_ref()),
        auth: BASE64URL_NOPAD.encode(&[1; 16]),
        name: String::new(),
    };
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
    let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref(), &random).unwrap();
    let road = PushRoad { loopback: true, ..PushRoad::default() };
    let sent = road.send(&key, &subscription, false, Timestamp::from_millis(0)).await;
    assert!(matches!(sent, Err(PushError::Gone)), "{sent:?}");
}
