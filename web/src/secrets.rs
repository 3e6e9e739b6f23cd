//! The server's keys: one secret file, from which each purpose derives its own key, so that no two purposes share one. What lasts for
//! hours only (tickets, form tokens) comes from a second file once there is one: it can be replaced at any time. The digests of personal
//! codes have a key of their own once it was changed, and the one before beside it until nobody needs it any more. Sealed keys of rights go
//! by the first file for ever.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use aws_lc_rs::{hmac, rand};
use civic_api::identity::person::Digester;

/// Bytes of the secret file.
const SECRET_BYTES: usize = 32;

/// Keys derived from the secret files.
pub struct Secrets {
    root: hmac::Key,
    /// For what lasts for hours only; until the first rotation the same.
    session: hmac::Key,
    /// Of the digests of personal codes; until the first rotation derived from the root.
    persons: Option<[u8; SECRET_BYTES]>,
    /// The one before it, while it is kept.
    persons_before: Option<[u8; SECRET_BYTES]>,
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
        if let Some(bytes) = read(&session_path(path))? {
            secrets.session = hmac::Key::new(hmac::HMAC_SHA256, &bytes);
        }
        secrets.persons = read(&persons_path(path))?;
        secrets.persons_before = read(&persons_before_path(path))?;
        Ok(secrets)
    }

    /// What makes digests of personal codes: under the current key, and under the one before while that is kept.
    pub fn digester(&self) -> Digester {
        let first = self.derive("person-digest/1");
        let named = |key: &[u8; SECRET_BYTES]| match *key == first {
            true => Digester::new(key),
            false => Digester::named(key),
        };
        let digester = named(&self.persons.unwrap_or(first));
        match &self.persons_before {
            Some(before) => digester.after(named(before)),
            None => digester,
        }
    }

    /// Puts a new key of digests in the place of the current one, which is kept beside it. A server that starts from now on takes both.
    ///
    /// # Errors
    /// When the key before the current one is still there: there are two at most.
    pub fn rotate_persons(path: &Path) -> anyhow::Result<()> {
        let secrets = Self::load_or_create(path)?;
        if secrets.persons_before.is_some() {
            bail!("the key before the current one is still kept: `aikste keys drop-old` first");
        }
        let current = secrets.persons;
        let current = current.unwrap_or_else(|| secrets.derive("person-digest/1"));
        // First the copy: whatever breaks off in between, no key is lost.
        put(&persons_before_path(path), &current)?;
        put(&persons_path(path), &fresh()?)
    }

    /// Takes the key before away for good. `false`: there was none.
    pub fn drop_persons_before(path: &Path) -> anyhow::Result<bool> {
        let place = persons_before_path(path);
        match fs::remove_file(&place) {
            Ok(()) => Ok(true),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(false),
            Err(e) => Err(e).with_context(|| place.display().to_string()),
        }
    }

    /// Whether the key before is kept.
    pub fn has_persons_before(&self) -> bool {
        self.persons_before.is_some()
    }

    /// Puts a new secret of sessions beside the secret file: a server that starts from now on takes it.
    pub fn rotate_session(path: &Path) -> anyhow::Result<()> {
        put(&session_path(path), &fresh()?)
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
        Ok(Self {
            root,
            session,
            persons: None,
            persons_before: None,
        })
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

/// The secret in a file beside the first one; `None`: there is no such file.
fn read(path: &Path) -> anyhow::Result<Option<[u8; SECRET_BYTES]>> {
    let name = || path.display().to_string();
    match fs::read(path) {
        Ok(bytes) => match bytes.as_slice().try_into() {
            Ok(key) => Ok(Some(key)),
            Err(_) => bail!(
                "{}: it has {} bytes, it must have {SECRET_BYTES}",
                name(),
                bytes.len()
            ),
        },
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(e).with_context(name),
    }
}

/// Writes a secret in the place of what is there, whole or not at all.
fn put(place: &Path, bytes: &[u8; SECRET_BYTES]) -> anyhow::Result<()> {
    let beside = place.with_extension("key.new");
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
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&beside, place)
    };
    write().with_context(|| place.display().to_string())
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

/// Where the key of digests lies once it was changed.
pub fn persons_path(path: &Path) -> PathBuf {
    path.with_file_name("persons.key")
}

/// Where the one before it lies, while it is kept.
pub fn persons_before_path(path: &Path) -> PathBuf {
    path.with_file_name("persons-old.key")
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
    fn a_new_key_of_digests_keeps_the_one_before_until_it_is_dropped() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("secret.key");
        let digested = || {
            let secrets = Secrets::load_or_create(&path).unwrap();
            let key = secrets.digester().subject("a", "b");
            (key.key, key.digest, key.before)
        };
        let (first_key, first, before) = digested();
        assert_eq!((first_key.as_str(), before), ("", None));
        Secrets::rotate_persons(&path).unwrap();
        let (second_key, second, before) = digested();
        assert_ne!((&second_key, &second), (&first_key, &first));
        assert_eq!(before, Some(first));
        assert!(Secrets::rotate_persons(&path).is_err(), "there are two");
        assert_eq!(digested().1, second, "nothing was changed");
        assert!(is_private(&persons_path(&path)).unwrap());
        assert!(is_private(&persons_before_path(&path)).unwrap());
        assert!(Secrets::drop_persons_before(&path).unwrap());
        assert!(!Secrets::drop_persons_before(&path).unwrap());
        assert_eq!(digested(), (second_key.clone(), second.clone(), None));
        Secrets::rotate_persons(&path).unwrap();
        let (third_key, _, before) = digested();
        assert_ne!(third_key, second_key);
        assert_eq!(before, Some(second));
        fs::write(persons_path(&path), b"short").unwrap();
        assert!(Secrets::load_or_create(&path).is_err());
    }

    #[test]
    fn a_short_secret_is_refused() {
        assert!(Secrets::from_bytes(&[1; 31]).is_err());
    }
}
