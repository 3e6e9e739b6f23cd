//! The private keys of rights: encrypted in the database (AES-256-GCM under a key of the server's secret), in the clear only
//! in memory.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

use super::blind;
use crate::bare_rsa::PrivateKey;
use crate::{Error, random};

/// Keys that are kept ready; when there are more, all are forgotten and read anew.
const READY: usize = 64;

/// Opens and seals private keys.
pub struct Vault {
    key: LessSafeKey,
    ready: Mutex<HashMap<String, Arc<PrivateKey>>>,
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vault(…)")
    }
}

impl Vault {
    /// A vault with this key.
    pub fn new(key: &[u8; 32]) -> Self {
        let key = UnboundKey::new(&AES_256_GCM, key).expect("AES-256 takes 32 bytes");
        Self {
            key: LessSafeKey::new(key),
            ready: Mutex::default(),
        }
    }

    /// A vault whose key nobody knows and that is gone with the process.
    pub(crate) fn fleeting() -> Self {
        Self::new(&random::bytes())
    }

    /// Encrypts a private key for a right; in hex.
    pub(super) fn seal(&self, right: &str, private: &[u8]) -> Result<String, Error> {
        let nonce: [u8; NONCE_LEN] = random::bytes();
        let mut sealed = private.to_vec();
        self.key
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(right.as_bytes()),
                &mut sealed,
            )
            .map_err(|_| Error::Crypto)?;
        Ok(hex::encode([&nonce[..], &sealed].concat()))
    }

    /// The private key of a right.
    pub(super) fn key(&self, right: &str, sealed: &str) -> Result<Arc<PrivateKey>, Error> {
        if let Some(key) = self.ready().get(right) {
            return Ok(key.clone());
        }
        let mut bytes = hex::decode(sealed).map_err(|_| Error::Crypto)?;
        let (nonce, text) = bytes.split_at_mut_checked(NONCE_LEN).ok_or(Error::Crypto)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| Error::Crypto)?;
        let private = self
            .key
            .open_in_place(nonce, Aad::from(right.as_bytes()), text)
            .map_err(|_| Error::Crypto)?;
        let key = Arc::new(blind::private_key(private)?);
        let mut ready = self.ready();
        if ready.len() >= READY {
            ready.clear();
        }
        ready.insert(right.to_owned(), key.clone());
        Ok(key)
    }

    /// Forgets the key of a right that is closed.
    pub(super) fn forget(&self, right: &str) {
        self.ready().remove(right);
    }

    fn ready(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<PrivateKey>>> {
        self.ready.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
