//! Authenticator data (section 6.1), byte by byte: nothing is skipped, nothing may follow.

use ciborium::Value;

use super::{MAX_DATA, Refused};

/// Nesting that CBOR of ours ever has, and a little more.
const MAX_DEPTH: usize = 8;

const UP: u8 = 1;
const UV: u8 = 1 << 2;
const BE: u8 = 1 << 3;
const BS: u8 = 1 << 4;
const AT: u8 = 1 << 6;
const ED: u8 = 1 << 7;

/// What an authenticator says and signs.
#[derive(Debug)]
pub(super) struct AuthenticatorData {
    pub(super) rp_id_hash: [u8; 32],
    pub(super) user_present: bool,
    pub(super) user_verified: bool,
    pub(super) backup_eligible: bool,
    pub(super) backed_up: bool,
    pub(super) sign_count: u32,
    pub(super) attested: Option<Attested>,
}

/// A credential as it is made known (section 6.5.1). Its maker's number is passed over: no maker is preferred.
#[derive(Debug)]
pub(super) struct Attested {
    pub(super) id: Vec<u8>,
    /// `COSE_Key`, as it came.
    pub(super) public_key: Vec<u8>,
}

/// Reads it whole.
pub(super) fn parse(bytes: &[u8]) -> Result<AuthenticatorData, Refused> {
    if bytes.len() > MAX_DATA {
        return Err(Refused("authenticator data too long"));
    }
    let mut rest = bytes;
    let rp_id_hash = array::<32>(&mut rest)?;
    let [flags] = array::<1>(&mut rest)?;
    let sign_count = u32::from_be_bytes(array(&mut rest)?);
    let attested = match flags & AT {
        0 => None,
        _ => Some(attested(&mut rest)?),
    };
    if flags & ED != 0 {
        return Err(Refused("extensions that nobody asked for"));
    }
    if !rest.is_empty() {
        return Err(Refused("bytes after the authenticator data"));
    }
    Ok(AuthenticatorData {
        rp_id_hash,
        user_present: flags & UP != 0,
        user_verified: flags & UV != 0,
        backup_eligible: flags & BE != 0,
        backed_up: flags & BS != 0,
        sign_count,
        attested,
    })
}

fn attested(rest: &mut &[u8]) -> Result<Attested, Refused> {
    let _maker: [u8; 16] = array(rest)?;
    let length = usize::from(u16::from_be_bytes(array(rest)?));
    let id = bytes(rest, length)?.to_vec();
    let before = *rest;
    cbor(rest)?;
    let public_key = before[..before.len() - rest.len()].to_vec();
    Ok(Attested { id, public_key })
}

/// One CBOR value from the beginning of `rest`.
pub(super) fn cbor(rest: &mut &[u8]) -> Result<Value, Refused> {
    ciborium::de::from_reader_with_recursion_limit(rest, MAX_DEPTH).map_err(|_| Refused("CBOR"))
}

fn bytes<'a>(rest: &mut &'a [u8], length: usize) -> Result<&'a [u8], Refused> {
    let (head, tail) = rest.split_at_checked(length).ok_or(Refused("too short"))?;
    *rest = tail;
    Ok(head)
}

fn array<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], Refused> {
    let (head, tail) = rest.split_first_chunk::<N>().ok_or(Refused("too short"))?;
    *rest = tail;
    Ok(*head)
}
