//! The server's keys: one secret file, from which each purpose derives its own key, so that no two purposes share one. What lasts for
//! hours only (tickets, form tokens) comes from a second file once there is one: it can be replaced at any time, while what is in
//! the database (digests of personal codes, sealed keys of rights) goes by the first one for ever.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use aws_lc_rs::{hmac, rand};

/// Bytes of the secret file.
const SECRET_BYTES: usize = 32;

/// Keys derived from the secret files.
pub struct Secrets {
    root: hmac::Key,
    /// For what lasts for hours only; until the first rotation the same.
    session: hmac::Key,
}

impl Secrets {
    /// Reads the secret file, or makes it (mode 0600) when there is none; and the one of sessions beside it, if there is one.
    pub fn load_or_create(path: &Path) -> anyhow::Result<Self> {
        let mut secrets = match fs::read(path) {
            Ok(bytes) => Self::from_bytes(&bytes).with_context(|| path.display().to_string())?,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                let bytes = fresh()?;
                let mut file = fs::OpenOptions::new()
                    .write(true)
                    .create_new(true)
                    .mode(0o600)
                    .open(path)
                    .with_context(|| path.display().to_string())?;
                file.write_all(&bytes)?;
                file.sync_all()?;
                Self::from_bytes(&bytes)?
            }
            Err(e) => return Err(e).with_context(|| path.display().to_string()),
        };
        let session = session_path(path);
        match fs::read(&session) {
            Ok(bytes) => {
                let read = Self::from_bytes(&bytes);
                secrets.session = read.with_context(|| session.display().to_string())?.root;
            }
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
            Err(e) => return Err(e).with_context(|| session.display().to_string()),
        }
        Ok(secrets)
    }

    /// Puts a new secret of sessions beside the secret file: a server that starts from now on takes it.
    pub fn rotate_session(path: &Path) -> anyhow::Result<()> {
        let place = session_path(path);
        let beside = place.with_extension("key.new");
        let bytes = fresh()?;
        let write = || -> std::io::Result<()> {
            // One that a broken try has left might be readable by others.
            match fs::remove_file(&beside) {
                Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(e),
                _ => {}
            }
            let mut file = fs::OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(&beside)?;
            file.write_all(&bytes)?;
            file.sync_all()?;
            fs::rename(&beside, &place)
        };
        write().with_context(|| place.display().to_string())
    }

    /// Keys from the secret's bytes; fewer than 32 are refused.
    pub fn from_bytes(bytes: &[u8]) -> anyhow::Result<Self> {
        if bytes.len() < SECRET_BYTES {
            bail!(
                "the secret has {} bytes, it needs {SECRET_BYTES}",
                bytes.len()
            );
        }
        let root = hmac::Key::new(hmac::HMAC_SHA256, bytes);
        let session = root.clone();
        Ok(Self { root, session })
    }

    /// The key of one purpose that lasts as long as the database, 32 bytes.
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        derived(&self.root, purpose)
    }

    /// The key of one purpose that lasts for hours, 32 bytes.
    pub fn derive_session(&self, purpose: &str) -> [u8; 32] {
        derived(&self.session, purpose)
    }

    /// The key that signs join tickets.
    pub fn ticket_key(&self) -> signaling::TicketKey {
        signaling::TicketKey::new(&self.derive_session("join-ticket/1"))
    }
}

fn derived(root: &hmac::Key, purpose: &str) -> [u8; 32] {
    let tag = hmac::sign(root, purpose.as_bytes());
    let mut key = [0u8; 32];
    key.copy_from_slice(tag.as_ref());
    key
}

fn fresh() -> anyhow::Result<[u8; SECRET_BYTES]> {
    let mut bytes = [0u8; SECRET_BYTES];
    rand::fill(&mut bytes).map_err(|_| anyhow::anyhow!("the system gives no randomness"))?;
    Ok(bytes)
}

/// Where the secret of sessions lies, beside the secret file.
pub fn session_path(path: &Path) -> PathBuf {
    path.with_file_name("session.key")
}

/// Whether only its owner can read a file.
pub fn is_private(path: &Path) -> std::io::Result<bool> {
    Ok(fs::metadata(path)?.permissions().mode() & 0o077 == 0)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop where it stands")]
    use super::*;

    #[test]
    fn the_secret_is_made_once_and_only_its_owner_reads_it() {
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
    fn a_new_secret_of_sessions_changes_what_lasts_for_hours_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("secret.key");
        let load = || {
            let secrets = Secrets::load_or_create(&path).unwrap();
            (secrets.derive("a"), secrets.derive_session("a"))
        };
        let (lasting, session) = load();
        assert_eq!(lasting, session, "as before there were two");
        let mut seen = vec![session];
        for _ in 0..2 {
            Secrets::rotate_session(&path).unwrap();
            let (same, new) = load();
            assert_eq!(same, lasting);
            assert_eq!(load().1, new);
            assert!(!seen.contains(&new));
            seen.push(new);
        }
        assert!(is_private(&session_path(&path)).unwrap());
        fs::write(session_path(&path), b"short").unwrap();
        assert!(Secrets::load_or_create(&path).is_err());
    }

    #[test]
    fn a_short_secret_is_refused() {
        assert!(Secrets::from_bytes(&[1; 31]).is_err());
    }
}
