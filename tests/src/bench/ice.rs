//! As much ICE as a client needs whose server is at one known address (RFC 8445): checks that nominate, and answers to the
//! server's own.

use std::net::SocketAddr;
use std::sync::Arc;

use rtc_crypto::RTCCryptoProvider;
use rtc_stun::attributes::{
    ATTR_ICE_CONTROLLING, ATTR_PRIORITY, ATTR_USE_CANDIDATE, ATTR_USERNAME,
};
use rtc_stun::fingerprint::FINGERPRINT;
use rtc_stun::integrity::MessageIntegrity;
use rtc_stun::message::{BINDING_REQUEST, BINDING_SUCCESS, Message, Setter};
use rtc_stun::textattrs::TextAttribute;
use rtc_stun::xoraddr::XorMappedAddress;

use crate::sdp::Remote;

/// Ours, of every client.
pub const PASSWORD: &str = "a-password-of-no-importance";
/// What the browser gives a host candidate.
const PRIORITY: u32 = 2_130_706_431;

/// A check that nominates (section 7.2.4): it keeps consent, too.
pub fn check(
    provider: Arc<dyn RTCCryptoProvider>,
    remote: &Remote,
    ufrag: &str,
    number: u64,
) -> anyhow::Result<Vec<u8>> {
    let mut message = Message::new();
    message.set_type(BINDING_REQUEST);
    message.transaction_id.0[4..].copy_from_slice(&number.to_be_bytes());
    message.write_header();
    let username = format!("{}:{ufrag}", remote.ufrag);
    TextAttribute::new(ATTR_USERNAME, username).add_to(&mut message)?;
    message.add(ATTR_PRIORITY, &PRIORITY.to_be_bytes());
    message.add(ATTR_ICE_CONTROLLING, &[1; 8]);
    message.add(ATTR_USE_CANDIDATE, &[]);
    sign(&mut message, &remote.password, provider)?;
    Ok(message.raw)
}

/// The answer to a check; `None` if it is none.
pub fn answer(
    provider: Arc<dyn RTCCryptoProvider>,
    datagram: &[u8],
    from: SocketAddr,
) -> anyhow::Result<Option<Vec<u8>>> {
    let mut request = Message::new();
    request.raw = datagram.to_vec();
    if request.decode().is_err() || request.typ != BINDING_REQUEST {
        return Ok(None);
    }
    let mut message = Message::new();
    message.set_type(BINDING_SUCCESS);
    message.transaction_id = request.transaction_id;
    message.write_header();
    let mapped = XorMappedAddress {
        ip: from.ip(),
        port: from.port(),
    };
    mapped.add_to(&mut message)?;
    sign(&mut message, PASSWORD, provider)?;
    Ok(Some(message.raw))
}

fn sign(
    message: &mut Message,
    password: &str,
    provider: Arc<dyn RTCCryptoProvider>,
) -> anyhow::Result<()> {
    let integrity = MessageIntegrity::new_short_term_integrity_with_provider(
        password.to_owned(),
        provider.crypto(),
    );
    integrity.add_to(message)?;
    FINGERPRINT.add_to(message)?;
    Ok(())
}
