//! Public keys as authenticators write them (`COSE_Key`, RFC 9052 section 7 and RFC 9053), and the signatures they check.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
    UnparsedPublicKey,
};
use ciborium::Value;

use super::{Refused, data};

pub(super) const ES256: i64 = -7;
pub(super) const EDDSA: i64 = -8;
pub(super) const RS256: i64 = -257;

/// A public key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Key {
    /// P-256: `04 || x || y`.
    Es256(Vec<u8>),
    /// Ed25519.
    EdDsa(Vec<u8>),
    /// RSA: modulus and exponent.
    Rs256(Vec<u8>, Vec<u8>),
}

impl Key {
    /// Reads a `COSE_Key`, and not a byte more.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, Refused> {
        let mut rest = bytes;
        let value = data::cbor(&mut rest)?;
        let Value::Map(members) = value else {
            return Err(Refused("the key is no map"));
        };
        if !rest.is_empty() {
            return Err(Refused("bytes after the key"));
        }
        let of = |label: i64| only(&members, label);
        let number = |label| {
            of(label)?
                .as_integer()
                .and_then(|n| i64::try_from(n).ok())
                .ok_or(Refused("a member of the key"))
        };
        let text = |label| -> Result<&Vec<u8>, Refused> {
            of(label)?.as_bytes().ok_or(Refused("a member of the key"))
        };
        // 1: kty, 3: alg; the others by kty.
        match (number(1)?, number(3)?) {
            (2, ES256) if number(-1)? == 1 => {
                let (x, y) = (text(-2)?, text(-3)?);
                if x.len() != 32 || y.len() != 32 {
                    return Err(Refused("the point's length"));
                }
                Ok(Key::Es256([&[4], x.as_slice(), y].concat()))
            }
            (1, EDDSA) if number(-1)? == 6 => match text(-2)? {
                x if x.len() == 32 => Ok(Key::EdDsa(x.clone())),
                _ => Err(Refused("the point's length")),
            },
            (3, RS256) => {
                let (n, e) = (text(-1)?, text(-2)?);
                if !(256..=1024).contains(&n.len()) || e.len() > 4 {
                    return Err(Refused("the modulus's length"));
                }
                Ok(Key::Rs256(n.clone(), e.clone()))
            }
            _ => Err(Refused("the algorithm")),
        }
    }

    /// Its COSE algorithm.
    pub(super) fn algorithm(&self) -> i64 {
        match self {
            Key::Es256(_) => ES256,
            Key::EdDsa(_) => EDDSA,
            Key::Rs256(..) => RS256,
        }
    }

    /// Whether it has signed this.
    pub(super) fn verify(&self, signed: &[u8], signature: &[u8]) -> Result<(), Refused> {
        let verified = match self {
            Key::Es256(point) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point).verify(signed, signature)
            }
            Key::EdDsa(point) => UnparsedPublicKey::new(&ED25519, point).verify(signed, signature),
            Key::Rs256(n, e) => RsaPublicKeyComponents { n, e }.verify(
                &RSA_PKCS1_2048_8192_SHA256,
                signed,
                signature,
            ),
        };
        verified.map_err(|_| Refused("the signature"))
    }
}

/// The member with this label, which must be there once.
fn only(members: &[(Value, Value)], label: i64) -> Result<&Value, Refused> {
    let mut found = members
        .iter()
        .filter(|(key, _)| key.as_integer().and_then(|n| i64::try_from(n).ok()) == Some(label));
    match (found.next(), found.next()) {
        (Some((_, value)), None) => Ok(value),
        _ => Err(Refused("a member of the key is missing or twice")),
    }
}
