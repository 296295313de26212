//! Coming in with a device (端末でのログイン): the browser makes a key pair that it never gives away, the person registers its
//! public half once with the card, and each login signs a code that is good once. Decision 0230.

use codes::KeyName;
use data_encoding::{BASE64, HEXLOWER};
use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use wire::Problem;

use super::Service;
use crate::model::{Bearer, DeviceKey, DeviceLine, Entrance, Token, Visit};
use crate::problems;
use crate::store::people::{self as sql, DeviceRow};

/// How long a one-time code can be signed, in milliseconds.
const CODE_MILLIS: i64 = 10 * 60_000;

/// Devices that one person may have.
const DEVICES_MAX: usize = 10;

/// Logins that one device may try in an hour.
const TRIES_MAX: usize = 30;

/// Kinds of the entries that devices leave.
const REGISTERED: &str = "portal.device";
const REMOVED: &str = "portal.device-removed";

/// Names the sealed part of a device's row, and what is signed.
const DEVICE_AS: &[u8] = b"portal device";
const SIGNED_AS: &str = "musubi portal device login v1";

/// An uncompressed point on P-256.
const POINT: usize = 65;

impl Service {
    /// Registers the device with this public key (base64, an uncompressed point on P-256) for the person.
    ///
    /// # Errors
    /// Without the card, without a working medical ID, for another person, too many devices, or a key that is none.
    pub async fn register_device(
        &self,
        visit: &Visit,
        public_key: &str,
        name: String,
    ) -> Result<(), Problem> {
        if visit.acting.is_some() {
            return Err(problems::only_the_person());
        }
        if visit.bearer.entrance != Entrance::Card {
            return Err(problems::card_needed());
        }
        let code = visit.bearer.code.ok_or_else(problems::no_medical_id)?;
        if self.devices(visit).await?.len() >= DEVICES_MAX {
            return Err(problems::too_many_devices());
        }
        let public_key = BASE64.decode(public_key.as_bytes()).ok();
        let public_key = public_key.filter(|key| key.len() == POINT && key.first() == Some(&4));
        let public_key = public_key.ok_or_else(problems::no_device)?;
        let key = DeviceKey::of(&public_key);
        let bearer = Bearer {
            entrance: Entrance::Device,
            // They are read with the card alone.
            memberships: Vec::new(),
            checks: Vec::new(),
            checks_heads: None,
            checks_since: None,
            ..visit.bearer.clone()
        };
        let sealed = self.sealed(&[DEVICE_AS, &key.0].concat(), &bearer)?;
        let body = json!({ "visit": visit.key.text(), "device": key.text() });
        self.log(REGISTERED, Some(&code), self.exchange(), &body).await?;
        let (row, now) = (DeviceRow { person: visit.person, public_key, sealed }, self.now().as_millis());
        self.write(move |tx| sql::put_device(tx, &key, &row, &name, now)).await
    }

    /// A code for a device to sign: known by our seal until it is used, so that asking for one writes nothing.
    ///
    /// # Errors
    /// When the system gives no random numbers, or custody refuses.
    pub fn one_time_code(&self) -> Result<String, Problem> {
        let mut bytes = [0; 16];
        SystemRandom::new().fill(&mut bytes).map_err(problems::internal)?;
        let code = format!("{}.{}", self.now().as_millis(), HEXLOWER.encode(&bytes));
        Ok(format!("{code}.{}", self.seal_of_code(&code)?))
    }

    /// Lets in whom a registered device shows: it signed a code of ours that nobody used before.
    ///
    /// # Errors
    /// One answer for a device that is not registered, a code that is old or used, and a signature that does not fit.
    pub async fn enter_with_device(
        &self,
        key: DeviceKey,
        code: &str,
        signature: &str,
        name: String,
    ) -> Result<Token, Problem> {
        let now = self.now().as_millis();
        if !self.limits.allows(&key.0, TRIES_MAX, now) {
            return Err(problems::too_many_tries());
        }
        let row = self.read(move |c| sql::device(c, &key)).await?;
        let signature = BASE64.decode(signature.as_bytes()).unwrap_or_default();
        let message = format!("{SIGNED_AS}\n{code}");
        let signed = row.as_ref().is_some_and(|row| {
            let public_key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &row.public_key);
            public_key.verify(message.as_bytes(), &signature).is_ok()
        });
        let (Some(row), true, true) = (row, signed, self.is_fresh(code, now)?) else {
            return Err(problems::device_refused());
        };
        let digest: [u8; 32] = Sha256::digest(code).into();
        let first = self
            .write(move |tx| {
                let first = sql::put_one_time(tx, &digest, now + CODE_MILLIS, &[])?;
                Ok(first && sql::use_device(tx, &key, now)?)
            })
            .await?;
        if !first {
            return Err(problems::device_refused());
        }
        let bearer: Bearer = self.opened(&[DEVICE_AS, &key.0].concat(), &row.sealed)?;
        self.begin(bearer, self.exchange(), name).await
    }

    /// The person's devices, newest first.
    ///
    /// # Errors
    /// The store's.
    pub async fn devices(&self, visit: &Visit) -> Result<Vec<DeviceLine>, Problem> {
        let person = visit.person;
        self.read(move |c| sql::devices(c, &person)).await
    }

    /// Removes a device (端末をなくしたとき), and ends every visit but this one: a visit that it began must not go on.
    ///
    /// # Errors
    /// A device of somebody else, and the store's or ledger's.
    pub async fn remove_device(&self, visit: &Visit, key: DeviceKey) -> Result<(), Problem> {
        let (person, here) = (visit.person, visit.key);
        let removed = self
            .write(move |tx| {
                let removed = sql::remove_device(tx, &key, &person)?;
                if removed {
                    crate::store::end_others(tx, &here, &person)?;
                }
                Ok(removed)
            })
            .await?;
        if !removed {
            return Err(Problem::not_found());
        }
        let body = json!({ "visit": visit.key.text(), "device": key.text() });
        self.log(REMOVED, visit.bearer.code.as_ref(), self.exchange(), &body).await.map(drop)
    }

    /// Whether a code is ours and not too old.
    fn is_fresh(&self, code: &str, now: i64) -> Result<bool, Problem> {
        let Some((code, seal)) = code.rsplit_once('.') else { return Ok(false) };
        let made: Option<i64> = code.split('.').next().and_then(|made| made.parse().ok());
        let fresh = made.is_some_and(|made| (made..made.saturating_add(CODE_MILLIS)).contains(&now));
        Ok(fresh & (self.seal_of_code(code)? == seal))
    }

    fn seal_of_code(&self, code: &str) -> Result<String, Problem> {
        let seal = self.custody.mac(&KeyName::LEDGER_DIGEST, &[b"portal one-time code", code.as_bytes()]);
        Ok(HEXLOWER.encode(&seal.map_err(problems::internal)?))
    }
}
