//! Checkpoints as text: the C2SP forms `signed-note` and `tlog-checkpoint`, with Ed25519 signatures. Pure.
//!
//! ```text
//! aikste.example/zurnalas
//! 12
//! L1rq0…=
//!
//! — aikste.example/zurnalas hE3m…=
//! ```

use std::fmt;

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::merkle::Hash;

/// The algorithm byte of Ed25519 in `signed-note`.
const ED25519_ALGORITHM: u8 = 1;
/// What a key in a file begins with, as Go's `note` package writes it.
const PRIVATE: &str = "PRIVATE+KEY+";
/// Longer notes are not read.
const MAX_NOTE_BYTES: usize = 16 * 1024;

/// What is wrong with a key or a checkpoint.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NoteFault {
    /// Not a key in the form of `signed-note`.
    #[error("not a key")]
    Key,
    /// Not a checkpoint.
    #[error("not a checkpoint")]
    Malformed,
    /// None of the known keys has signed it, or the signature is wrong.
    #[error("not signed by a known key")]
    Unsigned,
}

/// What a checkpoint says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Checkpoint {
    /// Of which log.
    pub origin: String,
    /// How many records it had.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
}

/// A key that signs. Its name is the log's origin.
pub struct Signer {
    name: String,
    seed: [u8; 32],
    pair: Ed25519KeyPair,
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({}, …)", self.name)
    }
}

impl Signer {
    /// A key from 32 unpredictable bytes. A name has no spaces and no `+`.
    pub fn new(name: &str, seed: [u8; 32]) -> Result<Self, NoteFault> {
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed).map_err(|_| NoteFault::Key)?;
        if !is_name(name) {
            return Err(NoteFault::Key);
        }
        Ok(Self {
            name: name.to_owned(),
            seed,
            pair,
        })
    }

    /// From how it is kept in a file.
    pub fn parse(text: &str) -> Result<Self, NoteFault> {
        let key = text.trim().strip_prefix(PRIVATE).ok_or(NoteFault::Key)?;
        let (name, id, bytes) = parts(key)?;
        let seed: [u8; 32] = bytes.try_into().map_err(|_| NoteFault::Key)?;
        let signer = Self::new(name, seed)?;
        if signer.verifier().id != id {
            return Err(NoteFault::Key);
        }
        Ok(signer)
    }

    /// How it is kept in a file.
    pub fn to_text(&self) -> String {
        let id = hex::encode(self.verifier().id);
        let key = STANDARD.encode([&[ED25519_ALGORITHM][..], &self.seed].concat());
        format!("{PRIVATE}{}+{id}+{key}\n", self.name)
    }

    /// The log's origin.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What checks its signatures.
    pub fn verifier(&self) -> VerifierKey {
        let mut public = [0; 32];
        public.copy_from_slice(self.pair.public_key().as_ref());
        VerifierKey {
            id: key_id(&self.name, &public),
            name: self.name.clone(),
            public,
        }
    }

    /// Signs the text of a checkpoint: the whole note.
    pub fn sign(&self, size: u64, root: &Hash) -> String {
        let text = format!("{}\n{size}\n{}\n", self.name, STANDARD.encode(root));
        let line = self.signature_line(&text);
        format!("{text}\n{line}")
    }

    /// Adds a signature to a note that others have signed.
    pub fn sign_too(&self, note: &str) -> Result<String, NoteFault> {
        let at = note.rfind("\n\n").ok_or(NoteFault::Malformed)?;
        let line = self.signature_line(&note[..=at]);
        Ok(format!("{note}{line}"))
    }

    fn signature_line(&self, text: &str) -> String {
        let signature = self.pair.sign(text.as_bytes());
        let value = STANDARD.encode([&self.verifier().id, signature.as_ref()].concat());
        format!("— {} {value}\n", self.name)
    }
}

/// What checks signatures: the C2SP `vkey`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VerifierKey {
    name: String,
    id: [u8; 4],
    public: [u8; 32],
}

impl VerifierKey {
    /// From its text, `name+id+key`.
    pub fn parse(text: &str) -> Result<Self, NoteFault> {
        let (name, id, bytes) = parts(text.trim())?;
        let public: [u8; 32] = bytes.try_into().map_err(|_| NoteFault::Key)?;
        if key_id(name, &public) != id || !is_name(name) {
            return Err(NoteFault::Key);
        }
        Ok(Self {
            name: name.to_owned(),
            id,
            public,
        })
    }

    /// The key itself.
    pub fn public(&self) -> &[u8; 32] {
        &self.public
    }

    /// The first bytes of its hash, by which a signature names it.
    pub fn id(&self) -> &[u8; 4] {
        &self.id
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = STANDARD.encode([&[ED25519_ALGORITHM][..], &self.public].concat());
        write!(f, "{}+{}+{key}", self.name, hex::encode(self.id))
    }
}

/// Reads a checkpoint that at least one of `keys` has signed under the origin it names.
pub fn open(note: &str, keys: &[VerifierKey]) -> Result<Checkpoint, NoteFault> {
    if note.len() > MAX_NOTE_BYTES {
        return Err(NoteFault::Malformed);
    }
    // The signatures stand after the last empty line.
    let at = note.rfind("\n\n").ok_or(NoteFault::Malformed)?;
    let (text, signatures) = (&note[..=at], &note[at + 2..]);
    let checkpoint = read(text)?;
    let signed = signatures.lines().any(|line| {
        keys.iter()
            .filter(|key| key.name == checkpoint.origin)
            .any(|key| has_signed(key, text, line))
    });
    if signed {
        Ok(checkpoint)
    } else {
        Err(NoteFault::Unsigned)
    }
}

/// What a checkpoint's text says, whoever signed it.
fn read(text: &str) -> Result<Checkpoint, NoteFault> {
    let mut lines = text.lines();
    let mut next = || {
        lines
            .next()
            .filter(|l| !l.is_empty())
            .ok_or(NoteFault::Malformed)
    };
    let (origin, size, root) = (next()?, next()?, next()?);
    let number: u64 = size.parse().map_err(|_| NoteFault::Malformed)?;
    if number.to_string() != size {
        return Err(NoteFault::Malformed);
    }
    let root = STANDARD.decode(root).map_err(|_| NoteFault::Malformed)?;
    Ok(Checkpoint {
        origin: origin.to_owned(),
        size: number,
        root: root.try_into().map_err(|_| NoteFault::Malformed)?,
    })
}

fn has_signed(key: &VerifierKey, text: &str, line: &str) -> bool {
    let Some((name, value)) = line.strip_prefix("— ").and_then(|l| l.split_once(' ')) else {
        return false;
    };
    let Ok(bytes) = STANDARD.decode(value) else {
        return false;
    };
    let Some((id, signature)) = bytes.split_first_chunk::<4>() else {
        return false;
    };
    name == key.name
        && *id == key.id
        && UnparsedPublicKey::new(&ED25519, key.public)
            .verify(text.as_bytes(), signature)
            .is_ok()
}

/// Name, id and the bytes after the algorithm's.
fn parts(text: &str) -> Result<(&str, [u8; 4], Vec<u8>), NoteFault> {
    // The key is Base64 and may hold a `+` itself.
    let mut parts = text.splitn(3, '+');
    let mut next = || parts.next().ok_or(NoteFault::Key);
    let (name, id, key) = (next()?, next()?, next()?);
    let id = hex::decode(id).map_err(|_| NoteFault::Key)?;
    let key = STANDARD.decode(key).map_err(|_| NoteFault::Key)?;
    match key.split_first() {
        Some((&ED25519_ALGORITHM, rest)) => Ok((
            name,
            id.try_into().map_err(|_| NoteFault::Key)?,
            rest.to_vec(),
        )),
        _ => Err(NoteFault::Key),
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || c.is_control() || c == '+')
}

fn key_id(name: &str, public: &[u8; 32]) -> [u8; 4] {
    let mut hasher = Sha256::new();
    hasher.update(name.as_bytes());
    hasher.update([b'\n', ED25519_ALGORITHM]);
    hasher.update(public);
    let hash: [u8; 32] = hasher.finalize().into();
    [hash[0], hash[1], hash[2], hash[3]]
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    /// The example of Go's `golang.org/x/mod/sumdb/note`: a key pair and a note, made by another program.
    #[test]
    fn keys_of_another_program_are_read_and_written_alike() {
        let private =
            "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
        let public = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
        let signer = Signer::parse(private).unwrap();
        assert_eq!(signer.to_text().trim(), private);
        assert_eq!(signer.verifier().to_string(), public);
        assert_eq!(VerifierKey::parse(public).unwrap(), signer.verifier());
        let text = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
        assert_eq!(
            signer.signature_line(text),
            "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
        );
    }

    fn signer() -> Signer {
        Signer::new("aikste.example/zurnalas", [7; 32]).unwrap()
    }

    #[test]
    fn a_checkpoint_is_read_by_who_has_the_key() {
        let note = signer().sign(12, &[3; 32]);
        assert!(note.starts_with("aikste.example/zurnalas\n12\nAwMD"));
        let checkpoint = open(&note, &[signer().verifier()]).unwrap();
        assert_eq!((checkpoint.size, checkpoint.root), (12, [3; 32]));
        let other = Signer::new("aikste.example/zurnalas", [8; 32]).unwrap();
        assert_eq!(open(&note, &[other.verifier()]), Err(NoteFault::Unsigned));
        assert_eq!(open(&note, &[]), Err(NoteFault::Unsigned));
    }

    #[test]
    fn a_note_may_have_two_signatures() {
        let other = Signer::new("aikste.example/zurnalas", [8; 32]).unwrap();
        let note = other.sign_too(&signer().sign(12, &[3; 32])).unwrap();
        assert_eq!(note.lines().count(), 6);
        for key in [signer().verifier(), other.verifier()] {
            assert_eq!(open(&note, &[key]).unwrap().size, 12);
        }
        assert!(other.sign_too("x").is_err());
    }

    #[test]
    fn no_changed_byte_is_taken() {
        let note = signer().sign(12, &[3; 32]);
        let keys = [signer().verifier()];
        for at in 0..note.len() {
            let mut bytes = note.clone().into_bytes();
            bytes[at] ^= 1;
            let Ok(changed) = String::from_utf8(bytes) else {
                continue;
            };
            // An end of line in place of the last one is the same text to everyone who reads lines.
            assert!(
                open(&changed, &keys).is_err() || at + 1 == note.len(),
                "{changed}"
            );
        }
    }

    #[test]
    fn strange_notes_and_keys_are_refused() {
        let keys = [signer().verifier()];
        for note in [
            "",
            "\n\n",
            "a\n\n",
            "a\n1\n\n— a b\n",
            "a\n01\nAAAA\n\n",
            "a\nx\nAAAA\n\n",
        ] {
            assert_eq!(open(note, &keys), Err(NoteFault::Malformed), "{note:?}");
        }
        for key in [
            "",
            "a+b+c",
            "PRIVATE+KEY+a+00000000+AQ==",
            "a+00000000+AQ==",
        ] {
            assert!(
                VerifierKey::parse(key).is_err() && Signer::parse(key).is_err(),
                "{key}"
            );
        }
        for name in ["", "a b", "a+b", "a\nb"] {
            assert!(Signer::new(name, [1; 32]).is_err());
        }
        assert!(!format!("{:?}", signer()).contains("seed"));
    }
}
