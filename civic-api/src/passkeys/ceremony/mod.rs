//! The two ceremonies of Web Authentication Level 3, as a relying party checks them: registering a credential (section 7.1)
//! and being shown one (section 7.2). The numbers in the comments are the steps there. Pure: what comes from a browser is
//! bytes that nobody vouches for, and nothing in it may panic or grow.
//!
//! What is asked for is narrow, so what is read is narrow: ES256, Ed25519 and RS256; user verification always; no
//! attestation but `none` and a credential's own; no extensions; no embedding in other sites.

mod data;
mod key;
#[cfg(test)]
mod tests;

use aws_lc_rs::constant_time;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ciborium::Value;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use self::data::AuthenticatorData;
use self::key::Key;

/// COSE algorithms in the order in which they are liked: ES256, EdDSA, RS256.
pub(crate) const ALGORITHMS: [i64; 3] = [key::ES256, key::EDDSA, key::RS256];

/// The longest client data and authenticator data that are read, in bytes.
const MAX_DATA: usize = 4096;
/// The longest attestation object.
const MAX_ATTESTATION: usize = 16 * 1024;
/// Step 26: a credential's id has at most so many bytes.
const MAX_ID: usize = 1023;

/// Why it is not believed. For our log alone.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Refused(pub(crate) &'static str);

/// What must be found in every answer.
#[derive(Clone, Debug)]
pub(crate) struct Expected {
    /// SHA-256 of the challenge, hex.
    pub(crate) challenge_sha256: String,
    /// Where our pages are: `https://aikste.example`.
    pub(crate) origin: String,
    /// The host of that.
    pub(crate) rp_id: String,
}

/// A credential to keep.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Credential {
    /// As the authenticator calls it.
    pub(crate) id: Vec<u8>,
    /// `COSE_Key`.
    pub(crate) public_key: Vec<u8>,
    /// How often it has signed; 0: it does not count.
    pub(crate) sign_count: u32,
    /// The flag BE.
    pub(crate) backup_eligible: bool,
}

/// What a browser answers when asked for a credential.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shown<'a> {
    /// `clientDataJSON`.
    pub(crate) client_data: &'a [u8],
    /// `authenticatorData`.
    pub(crate) authenticator_data: &'a [u8],
    /// `signature`.
    pub(crate) signature: &'a [u8],
}

/// The members that are looked at.
#[derive(Deserialize)]
struct ClientData {
    #[serde(rename = "type")]
    kind: String,
    challenge: String,
    origin: String,
    #[serde(default, rename = "crossOrigin")]
    cross_origin: bool,
    #[serde(default, rename = "topOrigin")]
    top_origin: Option<String>,
}

/// Section 7.1, from step 5 on.
pub(crate) fn register(
    expected: &Expected,
    client_data: &[u8],
    attestation: &[u8],
) -> Result<Credential, Refused> {
    // 5 to 11.
    check_client_data(expected, client_data, "webauthn.create")?;
    // 12.
    let hash = Sha256::digest(client_data);
    // 13.
    let (format, statement, raw) = attestation_object(attestation)?;
    let data = data::parse(&raw)?;
    // 14 to 19.
    check_authenticator_data(expected, &data)?;
    let attested = data.attested.ok_or(Refused("no attested credential"))?;
    // 20.
    let key = Key::parse(&attested.public_key)?;
    // 21: no extension was asked for; `data::parse` has refused any.
    // 22 to 25: no maker is trusted more than another, so only the form of the statement matters.
    check_attestation(&format, &statement, &key, &raw, &hash)?;
    // 26.
    if attested.id.is_empty() || attested.id.len() > MAX_ID {
        return Err(Refused("the id's length"));
    }
    // 27, that nobody has it, and what follows, are the store's.
    Ok(Credential {
        id: attested.id,
        public_key: attested.public_key,
        sign_count: data.sign_count,
        backup_eligible: data.backup_eligible,
    })
}

/// Section 7.2, from step 8 on: `credential` is that of the account (steps 5 to 7). The new count.
pub(crate) fn show(
    expected: &Expected,
    credential: &Credential,
    shown: &Shown<'_>,
) -> Result<u32, Refused> {
    // 8 to 14.
    check_client_data(expected, shown.client_data, "webauthn.get")?;
    let data = data::parse(shown.authenticator_data)?;
    // 15 to 18.
    check_authenticator_data(expected, &data)?;
    // 19.
    if data.backup_eligible != credential.backup_eligible {
        return Err(Refused("the flag BE has changed"));
    }
    // 20, 21.
    let hash = Sha256::digest(shown.client_data);
    let signed = [shown.authenticator_data, hash.as_slice()].concat();
    Key::parse(&credential.public_key)?.verify(&signed, shown.signature)?;
    // 22: a count that does not grow means that there are two of what should be one.
    let counts = data.sign_count != 0 || credential.sign_count != 0;
    if counts && data.sign_count <= credential.sign_count {
        return Err(Refused("the count goes back"));
    }
    // 23: none was asked for, none is looked at. 24 is the store's.
    Ok(data.sign_count)
}

fn check_client_data(expected: &Expected, bytes: &[u8], kind: &str) -> Result<(), Refused> {
    if bytes.len() > MAX_DATA {
        return Err(Refused("client data too long"));
    }
    // 5, 6 (8, 9): UTF-8 and JSON.
    let data: ClientData =
        serde_json::from_slice(bytes).map_err(|_| Refused("client data is no such JSON"))?;
    // 7 (10).
    if data.kind != kind {
        return Err(Refused("the type"));
    }
    // 8 (11).
    let challenge = URL_SAFE_NO_PAD
        .decode(&data.challenge)
        .map_err(|_| Refused("the challenge is no base64url"))?;
    let digest = hex::encode(Sha256::digest(&challenge));
    let same = constant_time::verify_slices_are_equal(
        digest.as_bytes(),
        expected.challenge_sha256.as_bytes(),
    );
    same.map_err(|_| Refused("the challenge"))?;
    // 9 (12).
    if data.origin != expected.origin {
        return Err(Refused("the origin"));
    }
    // 10, 11 (13, 14): our pages stand in no other site's frame.
    if data.cross_origin || data.top_origin.is_some() {
        return Err(Refused("within another site"));
    }
    Ok(())
}

fn check_authenticator_data(expected: &Expected, data: &AuthenticatorData) -> Result<(), Refused> {
    // 14 (15).
    if data.rp_id_hash != Sha256::digest(expected.rp_id.as_bytes()).as_slice() {
        return Err(Refused("rpIdHash"));
    }
    // 15 (16).
    if !data.user_present {
        return Err(Refused("nobody was there"));
    }
    // 16 (17).
    if !data.user_verified {
        return Err(Refused("the user was not verified"));
    }
    // 17 (18).
    if data.backed_up && !data.backup_eligible {
        return Err(Refused("backed up, yet not eligible"));
    }
    Ok(())
}

/// `{fmt, attStmt, authData}`, and not a byte more.
fn attestation_object(bytes: &[u8]) -> Result<(String, Value, Vec<u8>), Refused> {
    if bytes.len() > MAX_ATTESTATION {
        return Err(Refused("attestation too long"));
    }
    let mut rest = bytes;
    let value = data::cbor(&mut rest)?;
    if !rest.is_empty() {
        return Err(Refused("bytes after the attestation"));
    }
    let Value::Map(mut members) = value else {
        return Err(Refused("the attestation is no map"));
    };
    let mut take = |name: &str| {
        let at = members
            .iter()
            .position(|(key, _)| key.as_text() == Some(name));
        at.map(|at| members.swap_remove(at).1)
            .ok_or(Refused("a member of the attestation is missing"))
    };
    let (format, statement, data) = (take("fmt")?, take("attStmt")?, take("authData")?);
    if !members.is_empty() {
        return Err(Refused("members of the attestation"));
    }
    match (format, data) {
        (Value::Text(format), Value::Bytes(data)) => Ok((format, statement, data)),
        _ => Err(Refused("members of the attestation")),
    }
}

/// We ask for `none`. What browsers send then is `none` with an empty statement (section 8.7), or `packed` signed by the
/// credential itself (section 8.2), which says that it holds the key and nothing of its maker.
fn check_attestation(
    format: &str,
    statement: &Value,
    key: &Key,
    data: &[u8],
    hash: &[u8],
) -> Result<(), Refused> {
    let Value::Map(members) = statement else {
        return Err(Refused("the statement is no map"));
    };
    match format {
        "none" if members.is_empty() => Ok(()),
        "packed" if members.len() == 2 => {
            let of = |name: &str| {
                let found = members.iter().find(|(key, _)| key.as_text() == Some(name));
                found
                    .map(|(_, value)| value)
                    .ok_or(Refused("the statement"))
            };
            let algorithm = of("alg")?.as_integer().and_then(|n| i64::try_from(n).ok());
            if algorithm != Some(key.algorithm()) {
                return Err(Refused("the statement's algorithm"));
            }
            let signature = of("sig")?.as_bytes().ok_or(Refused("the statement"))?;
            key.verify(&[data, hash].concat(), signature)
        }
        _ => Err(Refused("the attestation's format")),
    }
}
