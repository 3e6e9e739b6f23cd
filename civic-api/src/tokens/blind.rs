//! The cryptography of tokens: RFC 9474, RSABSSA-SHA384-PSS-Randomized, RSA-2048.
//!
//! All of it is AWS-LC's; blind signing is the bare private operation ([`crate::bare_rsa`]). A key signs for one right only,
//! for people who have signed in, and once for each of them: an answer that is asked for again is the kept one.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PSS_2048_8192_SHA384, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::Token;
use crate::Error;
use crate::bare_rsa::{Padding, PrivateKey};

/// Bytes of a blinded message and of a signature.
const MODULUS_BYTES: usize = 256;
/// Bytes of the random beginning of a message.
const PREFIX_BYTES: usize = 32;

/// What a token says, after its random beginning.
pub fn message(right: &str) -> String {
    format!("aikste-right/1 {right}")
}

/// A fresh key pair.
pub(super) struct Pair {
    private: Vec<u8>,
    public: Vec<u8>,
}

impl Pair {
    /// Takes a tenth of a second and more.
    pub(super) fn generate() -> Result<Self, Error> {
        let pair = KeyPair::generate(KeySize::Rsa2048).map_err(|_| Error::Crypto)?;
        let private: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| Error::Crypto)?;
        let public: PublicKeyX509Der<'_> = pair.public_key().as_der().map_err(|_| Error::Crypto)?;
        Ok(Self {
            private: private.as_ref().to_vec(),
            public: public.as_ref().to_vec(),
        })
    }

    /// PKCS#8.
    pub(super) fn private(&self) -> &[u8] {
        &self.private
    }

    /// SubjectPublicKeyInfo, Base64.
    pub(super) fn public_key(&self) -> String {
        STANDARD.encode(&self.public)
    }

    /// SHA-256 of the SubjectPublicKeyInfo, in hex.
    pub(super) fn key_sha256(&self) -> String {
        digest(&self.public)
    }
}

/// A private key, from PKCS#8.
pub(super) fn private_key(der: &[u8]) -> Result<PrivateKey, Error> {
    PrivateKey::from_pkcs8(der).ok_or(Error::Crypto)
}

/// Base64 of a blinded message. `None`: it is none.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let bytes = STANDARD.decode(text).ok()?;
    (bytes.len() == MODULUS_BYTES).then_some(bytes)
}

/// SHA-256, in hex.
pub(super) fn digest(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// The blind signature, Base64.
pub(super) fn sign(key: &PrivateKey, blinded: &[u8]) -> Result<String, Error> {
    // What is larger than the modulus is refused there.
    let signature = key
        .sign(Padding::None, blinded)
        .ok_or(Error::Invalid { field: "blinded" })?;
    Ok(STANDARD.encode(&signature))
}

/// Checks a token; answers the digest by which it is known as spent.
pub(super) fn verify(public_key: &str, token: &Token) -> Option<String> {
    let public = STANDARD.decode(public_key).ok()?;
    let prefix = STANDARD.decode(&token.prefix).ok()?;
    let signature = STANDARD.decode(&token.signature).ok()?;
    if prefix.len() != PREFIX_BYTES || signature.len() != MODULUS_BYTES {
        return None;
    }
    let text = [&prefix, message(&token.right).as_bytes()].concat();
    UnparsedPublicKey::new(&RSA_PSS_2048_8192_SHA384, public)
        .verify(&text, &signature)
        .ok()?;
    // The message, not the signature: there could be many signatures of one message, but only one spending of it.
    Some(digest(&text))
}
