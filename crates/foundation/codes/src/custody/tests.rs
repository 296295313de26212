use std::fs;
use std::path::Path;

use super::*;
use crate::code::KeyVersion;
use crate::vectors::{self, block, hex};

fn with_key(name: KeyName, secret: &str) -> FileCustody {
    FileCustody::with_secrets(&[(name, hex(secret).try_into().unwrap())])
}

fn permuted(custody: &FileCustody, direction: Direction, blocks: &[[u8; 16]]) -> Vec<[u8; 16]> {
    let mut blocks = blocks.to_vec();
    custody.permute(&KeyName::MEDICAL_K1, None, direction, &mut blocks).unwrap();
    blocks
}

#[test]
fn fips_197_c_3() {
    let custody =
        with_key(KeyName::MEDICAL_K1, "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
    let (plain, cipher) =
        (block("00112233445566778899aabbccddeeff"), block("8ea2b7ca516745bfeafc49904b496089"));
    assert_eq!(permuted(&custody, Direction::Encrypt, &[plain]), [cipher]);
    assert_eq!(permuted(&custody, Direction::Decrypt, &[cipher]), [plain]);
}

#[test]
fn sp_800_38a_f_1_5_and_f_1_6() {
    let custody =
        with_key(KeyName::MEDICAL_K1, "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4");
    let plain = [
        "6bc1bee22e409f96e93d7e117393172a",
        "ae2d8a571e03ac9c9eb76fac45af8e51",
        "30c81c46a35ce411e5fbc1191a0a52ef",
        "f69f2445df4f9b17ad2b417be66c3710",
    ]
    .map(block);
    let cipher = [
        "f3eed1bdb5d2a03c064b5a7e3db181f8",
        "591ccb10d410ed26dc5ba74a31362870",
        "b6ed21b99ca6f4f9f153e7b1beafed1d",
        "23304b7a39f9f3ff067d8d8f9e24ecc7",
    ]
    .map(block);
    assert_eq!(permuted(&custody, Direction::Encrypt, &plain), cipher);
    assert_eq!(permuted(&custody, Direction::Decrypt, &cipher), plain);
}

/// The whole of NIST's CAVP for AES-256 ECB, where the files are at hand.
#[test]
fn nist_cavp_aes_256_ecb() {
    let name = |path: &Path| path.file_name().and_then(|n| n.to_str()).unwrap_or_default().to_owned();
    let wanted = |path: &Path| {
        let name = name(path);
        name.starts_with("ECB") && name.ends_with("256.rsp") && !name.contains("MCT")
    };
    let files = vectors::find(wanted);
    if files.is_empty() {
        println!("skipped: no ECB*256.rsp found under MUSUBI_NIST_VECTORS");
        return;
    }
    let count: usize = files.iter().map(|file| run_rsp(&fs::read_to_string(file).unwrap())).sum();
    assert!(count > 0);
    println!("NIST CAVP AES-256 ECB: {count} vectors in {} files", files.len());
}

fn run_rsp(text: &str) -> usize {
    let (mut direction, mut key, mut plain, mut cipher) = (Direction::Encrypt, None, None, None);
    let mut count = 0;
    for line in text.lines().map(str::trim) {
        match line.split_once(" = ") {
            _ if line == "[ENCRYPT]" => direction = Direction::Encrypt,
            _ if line == "[DECRYPT]" => direction = Direction::Decrypt,
            Some(("KEY", value)) => key = Some(with_key(KeyName::MEDICAL_K1, value)),
            Some(("PLAINTEXT", value)) => plain = Some(blocks(value)),
            Some(("CIPHERTEXT", value)) => cipher = Some(blocks(value)),
            _ => {}
        }
        if let (Some(key), Some(plain), Some(cipher)) = (&key, &plain, &cipher) {
            let (from, to) = match direction {
                Direction::Encrypt => (plain, cipher),
                Direction::Decrypt => (cipher, plain),
            };
            assert_eq!(&permuted(key, direction, from), to);
            count += 1;
        } else {
            continue;
        }
        (key, plain, cipher) = (None, None, None);
    }
    count
}

fn blocks(text: &str) -> Vec<[u8; 16]> {
    hex(text).chunks_exact(16).map(|block| block.try_into().unwrap()).collect()
}

#[test]
fn rfc_8032_test_1() {
    let custody =
        with_key(KeyName::LEDGER_SIGN, "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");
    assert_eq!(
        custody.verifying_key(&KeyName::LEDGER_SIGN).unwrap().to_vec(),
        hex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
    );
    assert_eq!(
        custody.sign(&KeyName::LEDGER_SIGN, b"").unwrap().to_vec(),
        hex(
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        )
    );
}

#[test]
fn keys_serve_only_their_use() {
    let custody =
        FileCustody::ephemeral(&[KeyName::MEDICAL_K1, KeyName::MEDICAL_ORG, KeyName::LEDGER_DIGEST]).unwrap();
    let permute = |key, context| custody.permute(&key, context, Direction::Encrypt, &mut [[0; 16]]);
    assert!(matches!(permute(KeyName::MEDICAL_K2, None), Err(CustodyError::NoKey { .. })));
    assert!(matches!(
        permute(KeyName::MEDICAL_K1, Some(b"x".as_slice())),
        Err(CustodyError::WrongUse { .. })
    ));
    assert!(matches!(permute(KeyName::MEDICAL_ORG, None), Err(CustodyError::WrongUse { .. })));
    assert!(matches!(permute(KeyName::LEDGER_DIGEST, None), Err(CustodyError::WrongUse { .. })));
    assert!(matches!(custody.sign(&KeyName::LEDGER_DIGEST, b""), Err(CustodyError::WrongUse { .. })));
    assert!(matches!(custody.envelope_public_key(), Err(CustodyError::NoKey { .. })));
}

#[test]
fn mac_parts_do_not_run_into_each_other() {
    let custody = FileCustody::ephemeral(&[KeyName::LEDGER_DIGEST]).unwrap();
    let mac = |parts: &[&[u8]]| custody.mac(&KeyName::LEDGER_DIGEST, parts).unwrap();
    assert_ne!(mac(&[b"ab", b"c"]), mac(&[b"a", b"bc"]));
    assert_eq!(mac(&[b"ab", b"c"]), mac(&[b"ab", b"c"]));
}

#[test]
fn rows_open_only_in_their_place() {
    let custody = FileCustody::ephemeral(&[KeyName::ROW_SEAL, KeyName::LEDGER_SEAL]).unwrap();
    let sealed = custody.seal_row(&KeyName::ROW_SEAL, b"members/1", b"name").unwrap();
    assert_eq!(custody.open_row(&KeyName::ROW_SEAL, b"members/1", &sealed).unwrap().as_slice(), b"name");
    assert_ne!(custody.seal_row(&KeyName::ROW_SEAL, b"members/1", b"name").unwrap(), sealed);
    let mut altered = sealed.clone();
    altered[15] ^= 1;
    for (key, aad, bytes) in [
        (KeyName::ROW_SEAL, b"members/2".as_slice(), sealed.as_slice()),
        (KeyName::ROW_SEAL, b"members/1", &altered),
        (KeyName::ROW_SEAL, b"members/1", &sealed[..11]),
        (KeyName::LEDGER_SEAL, b"members/1", &sealed),
    ] {
        assert!(matches!(custody.open_row(&key, aad, bytes), Err(CustodyError::Sealed { .. })));
    }
}

/// More contexts than the cache has places, then all again: what was evicted is derived anew, alike.
#[test]
fn derived_keys_survive_eviction() {
    let custody = FileCustody::ephemeral(&[KeyName::MEDICAL_ORG]).unwrap();
    let permuted = |context: u32| {
        let mut blocks = [[7; 16]];
        let context = context.to_be_bytes();
        custody.permute(&KeyName::MEDICAL_ORG, Some(&context), Direction::Encrypt, &mut blocks).unwrap();
        blocks[0]
    };
    let first: Vec<_> = (0..40_000).map(permuted).collect();
    assert!(first.iter().enumerate().all(|(context, block)| permuted(context as u32) == *block));
    let distinct: std::collections::HashSet<_> = first.iter().collect();
    assert_eq!(distinct.len(), first.len());
}

#[test]
fn contexts_of_any_length_derive() {
    let custody = FileCustody::ephemeral(&[KeyName::MEDICAL_ORG]).unwrap();
    let permuted = |length: usize| {
        let mut blocks = [[7; 16]];
        let context = vec![1; length];
        custody.permute(&KeyName::MEDICAL_ORG, Some(&context), Direction::Encrypt, &mut blocks).unwrap();
        blocks[0]
    };
    let all: std::collections::HashSet<_> = (0..100).map(permuted).collect();
    assert_eq!(all.len(), 100);
    assert!((0..100).all(|length| all.contains(&permuted(length))));
}

const KEYS: [KeyName; 3] = [KeyName::MEDICAL_K1, KeyName::ENVELOPE, KeyName::LEDGER_SIGN];

#[test]
fn a_file_keeps_its_keys() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("relay/keys");
    let open =
        |keys: &[KeyName]| FileCustody::create_or_open(&path, Unlock::passphrase("correct horse"), keys);
    let envelope = |custody: &FileCustody| custody.envelope_public_key().unwrap();
    let signer = |custody: &FileCustody| custody.verifying_key(&KeyName::LEDGER_SIGN).unwrap();
    let first = open(&KEYS).unwrap();
    let before = fs::read(&path).unwrap();
    let second = open(&KEYS).unwrap();
    assert_eq!(fs::read(&path).unwrap(), before, "nothing new, nothing written");
    let second_version = KeyName::MEDICAL_K1.version(KeyVersion::new(2).unwrap());
    let third = open(&[second_version]).unwrap();
    for custody in [&second, &third] {
        assert_eq!((envelope(custody), signer(custody)), (envelope(&first), signer(&first)));
        assert_eq!(
            permuted(custody, Direction::Encrypt, &[[1; 16]]),
            permuted(&first, Direction::Encrypt, &[[1; 16]])
        );
    }
    assert!(open(&[]).unwrap().permute(&second_version, None, Direction::Encrypt, &mut []).is_ok());
    let wrong = FileCustody::create_or_open(&path, Unlock::passphrase("wrong"), &KEYS).unwrap_err();
    assert!(matches!(wrong, CustodyError::Locked { .. }), "{wrong}");
    assert!(matches!(
        FileCustody::create_or_open(&path, Unlock::KeyFile(directory.path().join("k")), &KEYS),
        Err(CustodyError::Locked { .. })
    ));
}

#[test]
fn a_key_file_opens_it_and_nobody_else_reads_either() {
    let directory = tempfile::tempdir().unwrap();
    let (path, unlock) = (directory.path().join("keys"), directory.path().join("unlock"));
    let open = || FileCustody::create_or_open(&path, Unlock::KeyFile(unlock.clone()), &KEYS);
    let first = open().unwrap().envelope_public_key().unwrap();
    assert_eq!(open().unwrap().envelope_public_key().unwrap(), first);
    #[cfg(unix)]
    for file in [&path, &unlock] {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    fs::remove_file(&unlock).unwrap();
    assert!(matches!(open(), Err(CustodyError::Locked { .. })), "a lost key file is not made anew");
}

#[test]
fn a_damaged_file_is_refused_and_left_as_it_is() {
    let directory = tempfile::tempdir().unwrap();
    let (path, unlock) = (directory.path().join("keys"), directory.path().join("unlock"));
    let open = || FileCustody::create_or_open(&path, Unlock::KeyFile(unlock.clone()), &KEYS);
    open().unwrap();
    let whole = fs::read(&path).unwrap();
    let truncations = (0..whole.len()).step_by(7).map(|length| whole[..length].to_vec());
    let changes = (0..whole.len()).step_by(5).map(|at| {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x41;
        bytes
    });
    for bytes in truncations.chain(changes) {
        fs::write(&path, &bytes).unwrap();
        assert!(matches!(open(), Err(CustodyError::File { .. } | CustodyError::Locked { .. })));
        assert_eq!(fs::read(&path).unwrap(), bytes);
    }
}

#[test]
fn nothing_prints_a_secret() {
    let custody = FileCustody::ephemeral(&KEYS).unwrap();
    assert_eq!(format!("{custody:?}"), "FileCustody(…)");
    assert_eq!(format!("{:?}", Unlock::passphrase("hunter2")), "Unlock::Passphrase(…)");
}
