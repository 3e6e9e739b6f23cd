//! The server's keys: one secret file, from which each purpose derives its own key, so that no two purposes share one.

use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::{Context, bail};
use aws_lc_rs::{hmac, rand};

/// Bytes of the secret file.
const SECRET_BYTES: usize = 32;

/// Keys derived from the secret file.
pub struct Secrets {
    root: hmac::Key,
}

impl Secrets {
    /// Reads the secret file, or makes it (mode 0600) when there is none.
    pub fn load_or_create(path: &Path) -> anyhow::Result<Self> {
        match fs::read(path) {
            Ok(bytes) => Self::from_bytes(&bytes).with_context(|| path.display().to_string()),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                let mut bytes = [0u8; SECRET_BYTES];
                rand::fill(&mut bytes)
                    .map_err(|_| anyhow::anyhow!("the system gives no randomness"))?;
                let mut file = fs::OpenOptions::new()
                    .write(true)
                    .create_new(true)
                    .mode(0o600)
                    .open(path)
                    .with_context(|| path.display().to_string())?;
                file.write_all(&bytes)?;
                file.sync_all()?;
                Self::from_bytes(&bytes)
            }
            Err(e) => Err(e).with_context(|| path.display().to_string()),
        }
    }

    /// Keys from the secret's bytes; fewer than 32 are refused.
    pub fn from_bytes(bytes: &[u8]) -> anyhow::Result<Self> {
        if bytes.len() < SECRET_BYTES {
            bail!(
                "the secret has {} bytes, it needs {SECRET_BYTES}",
                bytes.len()
            );
        }
        Ok(Self {
            root: hmac::Key::new(hmac::HMAC_SHA256, bytes),
        })
    }

    /// The key of one purpose, 32 bytes.
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        let tag = hmac::sign(&self.root, purpose.as_bytes());
        let mut key = [0u8; 32];
        key.copy_from_slice(tag.as_ref());
        key
    }

    /// The key that signs join tickets.
    pub fn ticket_key(&self) -> signaling::TicketKey {
        signaling::TicketKey::new(&self.derive("join-ticket/1"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop where it stands")]
    use super::*;

    #[test]
    fn the_secret_is_made_once_and_only_its_owner_reads_it() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("secret.key");
        let first = Secrets::load_or_create(&path).unwrap().derive("a");
        assert_eq!(first, Secrets::load_or_create(&path).unwrap().derive("a"));
        assert_ne!(first, Secrets::load_or_create(&path).unwrap().derive("b"));
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }

    #[test]
    fn a_short_secret_is_refused() {
        assert!(Secrets::from_bytes(&[1; 31]).is_err());
    }
}
