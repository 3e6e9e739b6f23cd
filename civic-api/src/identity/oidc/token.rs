//! Whether an ID token is believed (OpenID Connect Core 1.0, section 3.1.3.7).

use jiff::Timestamp;
use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::{Map, Value};

use super::OidcSettings;
use crate::identity::flow::is_same;
use crate::identity::ways::Failure;

/// Signed with a key of the provider's own; never with a secret that two share.
const ALGORITHMS: [Algorithm; 5] = [
    Algorithm::RS256,
    Algorithm::PS256,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];
/// Seconds by which clocks may differ, and after which a token is too old to begin a session with.
const SKEW_S: i64 = 60;
const OLD_S: i64 = 600;

/// The key a token names: of its id, or the only one there is.
fn key<'a>(keys: &'a JwkSet, token: &str) -> Option<&'a Jwk> {
    match decode_header(token).ok()?.kid {
        Some(kid) => keys.find(&kid),
        None => keys.keys.first().filter(|_| keys.keys.len() == 1),
    }
}

/// Whether there is such a key.
pub(super) fn has_key(keys: &JwkSet, token: &str) -> bool {
    key(keys, token).is_some()
}

/// Its claims, when everything about it is right.
pub(super) fn believed(
    keys: &JwkSet,
    token: &str,
    settings: &OidcSettings,
    nonce: &str,
    now: Timestamp,
) -> Result<Map<String, Value>, Failure> {
    let header = decode_header(token).map_err(|_| Failure::Refused("a strange token"))?;
    if !ALGORITHMS.contains(&header.alg) {
        return Err(Failure::Refused(
            "a token that is not signed with a key of its own",
        ));
    }
    let key = key(keys, token).ok_or(Failure::Refused("an unknown key"))?;
    let key = DecodingKey::from_jwk(key).map_err(|_| Failure::Refused("a strange key"))?;
    let mut validation = Validation::new(header.alg);
    validation.set_audience(&[&settings.client_id]);
    validation.set_issuer(&[&settings.issuer]);
    validation.set_required_spec_claims(&["iss", "aud", "exp", "sub"]);
    // Times are held against the clock of this crate, below.
    validation.validate_exp = false;
    validation.validate_nbf = false;
    let claims: Map<String, Value> = decode(token, &key, &validation)
        .map_err(|_| Failure::Refused("a token of wrong signature, issuer or audience"))?
        .claims;
    let text = |claim: &str| {
        claims
            .get(claim)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let time = |claim: &str| claims.get(claim).and_then(Value::as_i64);
    if !is_same(text("nonce"), nonce) {
        return Err(Failure::Refused("a token of another sign-in"));
    }
    let now = now.as_second();
    let fresh = time("iat").is_some_and(|at| (now - OLD_S..=now + SKEW_S).contains(&at));
    if !fresh || time("exp").is_none_or(|at| at <= now - SKEW_S) {
        return Err(Failure::Refused("a token of another time"));
    }
    // With several audiences it must say that it was made for us.
    let several = claims
        .get("aud")
        .and_then(Value::as_array)
        .is_some_and(|all| all.len() > 1);
    let party = text("azp");
    if several && party.is_empty() || !party.is_empty() && party != settings.client_id {
        return Err(Failure::Refused("a token for another"));
    }
    Ok(claims)
}
