//! Signed HTTP between us and the card's operator: HTTP Message Signatures (RFC 9421) with Ed25519 over a fixed list of
//! components, the body by its digest (RFC 9530). An answer's signature repeats our nonce, so an answer to another
//! question is of no use. Assertions are JWS (RFC 7515) with EdDSA and no other algorithm.

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::Timestamp;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::identity::flow::is_same;
use crate::identity::outside::Reply;
use crate::identity::pem;
use crate::identity::ways::Failure;
use crate::random;

/// Seconds for which a signature is good.
const VALID_S: i64 = 60;
const ASKED: &str = r#"("@method" "@target-uri" "content-digest" "date")"#;
const ANSWERED: &str = r#"("@status" "content-digest" "date" "@target-uri";req)"#;
/// What an Ed25519 public key begins with in DER (RFC 8410).
const SPKI: [u8; 12] = [48, 42, 48, 5, 6, 3, 43, 101, 112, 3, 33, 0];

/// Our private key, and the operator's pinned public one.
pub struct Keys {
    ours: Ed25519KeyPair,
    theirs: Vec<u8>,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys(…)")
    }
}

impl Keys {
    /// From PEM: `PRIVATE KEY` (PKCS #8) and `PUBLIC KEY`, both Ed25519. `Err`: what is wrong.
    pub fn from_pem(ours: &str, theirs: &str) -> Result<Self, String> {
        let private = pem(ours, "PRIVATE KEY").ok_or("our key is not a PRIVATE KEY in PEM")?;
        let public =
            pem(theirs, "PUBLIC KEY").ok_or("the operator's key is not a PUBLIC KEY in PEM")?;
        let raw = public.strip_prefix(&SPKI).filter(|raw| raw.len() == 32);
        Ok(Self {
            ours: Ed25519KeyPair::from_pkcs8_maybe_unchecked(&private)
                .map_err(|_| "our key is not an Ed25519 key")?,
            theirs: raw
                .ok_or("the operator's key is not an Ed25519 key")?
                .to_vec(),
        })
    }

    fn is_theirs(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, &self.theirs)
            .verify(message, signature)
            .is_ok()
    }

    /// The claims of an assertion that the operator has signed.
    pub(super) fn assertion(&self, jws: &str) -> Result<Value, Failure> {
        let wrong = Failure::Refused("an assertion that is not signed right");
        let (signed, signature) = jws.rsplit_once('.').ok_or(wrong.clone())?;
        let (header, payload) = signed.split_once('.').ok_or(wrong.clone())?;
        let decoded = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| wrong.clone());
        if !self.is_theirs(signed.as_bytes(), &decoded(signature)?) {
            return Err(wrong);
        }
        let header: Value = serde_json::from_slice(&decoded(header)?).map_err(|_| wrong.clone())?;
        if header["alg"] != "EdDSA" || header.get("crit").is_some() {
            return Err(wrong);
        }
        serde_json::from_slice(&decoded(payload)?).map_err(|_| wrong)
    }
}

/// One question and its answer.
pub(super) struct Signing {
    url: String,
    nonce: String,
    key_id: String,
    date: String,
    created: i64,
}

impl Signing {
    pub(super) fn new(key_id: &str, url: &str, now: Timestamp) -> Self {
        Self {
            url: url.to_owned(),
            nonce: hex::encode(random::bytes::<16>()),
            key_id: key_id.to_owned(),
            date: now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string(),
            created: now.as_second(),
        }
    }

    /// The headers of the question.
    pub(super) fn headers(&self, keys: &Keys, body: &str) -> Vec<(&'static str, String)> {
        let digest = content_digest(body.as_bytes());
        let parameters = format!(
            "{ASKED};created={};expires={};nonce=\"{}\";keyid=\"{}\";alg=\"ed25519\"",
            self.created,
            self.created + VALID_S,
            self.nonce,
            self.key_id
        );
        let base = format!(
            "\"@method\": POST\n\"@target-uri\": {}\n\"content-digest\": {digest}\n\"date\": {}\n\"@signature-params\": {parameters}",
            self.url, self.date
        );
        let signature = STANDARD.encode(keys.ours.sign(base.as_bytes()).as_ref());
        vec![
            ("date", self.date.clone()),
            ("content-digest", digest),
            ("signature-input", format!("sig1={parameters}")),
            ("signature", format!("sig1=:{signature}:")),
            ("idempotency-key", self.nonce.clone()),
        ]
    }

    /// Whether an answer is the operator's, to this question, and of now.
    pub(super) fn check(&self, keys: &Keys, reply: &Reply, now: Timestamp) -> Result<(), Failure> {
        let wrong = Failure::Refused("an answer that is not signed right");
        let header = |name: &str| {
            let value = reply.headers.get(name).and_then(|v| v.to_str().ok());
            value.ok_or(wrong.clone())
        };
        let digest = header("content-digest")?;
        if !is_same(digest, &content_digest(&reply.body)) {
            return Err(Failure::Refused("an answer whose body was changed"));
        }
        let parameters = header("signature-input")?
            .strip_prefix("sig1=")
            .ok_or(wrong.clone())?;
        let rest = parameters.strip_prefix(ANSWERED).ok_or(wrong.clone())?;
        let value = |name: &str| {
            let mut found = rest
                .split(';')
                .filter_map(|p| p.strip_prefix(name)?.strip_prefix('='));
            found
                .next()
                .unwrap_or_default()
                .trim_matches('"')
                .to_owned()
        };
        let seconds = |name: &str| value(name).parse::<i64>().map_err(|_| wrong.clone());
        let (created, expires, now) = (seconds("created")?, seconds("expires")?, now.as_second());
        if !is_same(&value("nonce"), &self.nonce) || value("alg") != "ed25519" {
            return Err(Failure::Refused("an answer to another question"));
        }
        if created > now + VALID_S || expires < now - VALID_S || expires - created > VALID_S {
            return Err(Failure::Refused("an answer of another time"));
        }
        let base = format!(
            "\"@status\": {}\n\"content-digest\": {digest}\n\"date\": {}\n\"@target-uri\";req: {}\n\"@signature-params\": {parameters}",
            reply.status,
            header("date")?,
            self.url
        );
        let signature = header("signature")?;
        let signature = signature
            .strip_prefix("sig1=:")
            .and_then(|s| s.strip_suffix(':'));
        let signature = STANDARD
            .decode(signature.ok_or(wrong.clone())?)
            .map_err(|_| wrong.clone())?;
        if keys.is_theirs(base.as_bytes(), &signature) {
            Ok(())
        } else {
            Err(wrong)
        }
    }
}

fn content_digest(body: &[u8]) -> String {
    format!("sha-256=:{}:", STANDARD.encode(Sha256::digest(body)))
}
