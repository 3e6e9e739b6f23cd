//! DTLS for one participant: the handshake, the peer's certificate and the SRTP keys. The crate behind it is named
//! here only; the rest of the transport sees [`Dtls`].
//!
//! Three faults of `rtc-dtls` 0.21.1 are worked around here. It stops retransmitting after an incomplete flight of the
//! peer, so the last flight is kept and sent again. It gives up after seven repetitions 200 ms apart, less than a
//! network's change takes, so it is asked for them with doubling pauses. And it queues records of coming epochs without bound, so those
//! that no handshake can need are refused before it sees them.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use rtc_crypto::providers::AwsLcRsProvider;
use rtc_crypto::{HashAlgorithm, RTCCryptoProvider};
use rtc_dtls::config::{ClientAuthType, ConfigBuilder, ExtendedMasterSecretType, HandshakeConfig};
use rtc_dtls::crypto::Certificate;
use rtc_dtls::endpoint::{Endpoint, EndpointEvent};
use rtc_dtls::extension::extension_use_srtp::SrtpProtectionProfile;
use rtc_shared::TransportProtocol;
use rtc_srtp::config::LABEL_EXTRACTOR_DTLS_SRTP;

use super::client_hello::{ClientHello, Seen};
use super::sdp::{Fingerprint, FingerprintHash};
use super::srtp::Profile;
use crate::error::SfuError;

/// The association's constant made-up peer: ICE may move as it likes.
const NOWHERE: SocketAddr = SocketAddr::new(
    std::net::IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1)),
    9,
);
const FLIGHT_INTERVAL: Duration = Duration::from_millis(200);
/// First repetition of a flight that the crate forgot about; doubled each time, like that of one it remembers.
const FORGOTTEN_INTERVAL: Duration = Duration::from_millis(100);
/// Repetitions of one flight: with doubling, the last is 12 s or 25 s after the first sending.
const REPEATS: u32 = 7;
/// Datagrams that one association may take before its handshake is complete (a lossless one takes 3 to 6).
const HANDSHAKE_DATAGRAMS: u32 = 200;
/// Plaintext datagrams that one association may take after its handshake: repeats of the peer's last flight.
const LATE_DATAGRAMS: u32 = 64;

/// This server's certificate, made once at the start, and the crypto behind everything.
pub(crate) struct Identity {
    /// The crypto behind DTLS, SRTP and STUN.
    pub(crate) provider: Arc<dyn RTCCryptoProvider>,
    certificate: Certificate,
    /// SHA-256 of the certificate, as SDP writes it (RFC 8122).
    pub(crate) fingerprint: String,
    configs: Vec<(bool, Profile, Arc<HandshakeConfig>)>,
}

impl Identity {
    /// Makes a self-signed certificate with a new key.
    pub(crate) fn generate() -> Result<Self, SfuError> {
        let provider: Arc<dyn RTCCryptoProvider> = Arc::new(AwsLcRsProvider::new());
        let certificate =
            Certificate::generate_self_signed(vec!["sfu".to_owned()], provider.crypto())
                .map_err(|error| SfuError::Crypto(error.to_string()))?;
        let der = certificate.certificate.first();
        let der = der.ok_or_else(|| SfuError::Crypto("no certificate".to_owned()))?;
        let digest = digest(provider.as_ref(), FingerprintHash::Sha256, der)
            .ok_or_else(|| SfuError::Crypto("no SHA-256".to_owned()))?;
        let fingerprint: Vec<_> = digest.iter().map(|byte| format!("{byte:02X}")).collect();
        let mut identity = Self {
            provider,
            certificate,
            fingerprint: fingerprint.join(":"),
            configs: Vec::new(),
        };
        for is_client in [false, true] {
            for profile in [Profile::Gcm, Profile::Cm] {
                let config = identity.config(is_client, profile)?;
                identity.configs.push((is_client, profile, config));
            }
        }
        Ok(identity)
    }

    /// Letters and digits from the system's randomness, for ICE credentials.
    pub(crate) fn random_text(&self, length: usize) -> Result<String, SfuError> {
        let alphabet = b"abcdefghijkmnpqrstuvwxyz23456789";
        let mut bytes = vec![0; length];
        self.fill(&mut bytes)?;
        Ok(bytes
            .iter()
            .map(|byte| char::from(alphabet[usize::from(*byte) % alphabet.len()]))
            .collect())
    }

    /// A random number that is not zero.
    pub(crate) fn random_u32(&self) -> Result<u32, SfuError> {
        let mut bytes = [0; 4];
        self.fill(&mut bytes)?;
        Ok(u32::from_be_bytes(bytes).max(1))
    }

    fn fill(&self, bytes: &mut [u8]) -> Result<(), SfuError> {
        self.provider
            .random()
            .fill(bytes)
            .map_err(|error| SfuError::Crypto(error.to_string()))
    }

    /// A server offers one profile: the crate would follow the client's order, and Chromium puts AES_CM first.
    fn config(&self, is_client: bool, profile: Profile) -> Result<Arc<HandshakeConfig>, SfuError> {
        let gcm = SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm;
        let cm = SrtpProtectionProfile::Srtp_Aes128_Cm_Hmac_Sha1_80;
        let profiles = match (profile, is_client) {
            (Profile::Gcm, true) => vec![gcm, cm],
            (Profile::Gcm, false) => vec![gcm],
            (Profile::Cm, _) => vec![cm],
        };
        ConfigBuilder::default()
            .with_crypto_provider(self.provider.clone())
            .with_certificates(vec![self.certificate.clone()])
            .with_srtp_protection_profiles(profiles)
            .with_client_auth(ClientAuthType::RequireAnyClientCert)
            .with_insecure_skip_verify(true)
            .with_extended_master_secret(ExtendedMasterSecretType::Require)
            .with_flight_interval(FLIGHT_INTERVAL)
            .build(is_client, None)
            .map(Arc::new)
            .map_err(|error| SfuError::Crypto(error.to_string()))
    }

    fn config_for(&self, is_client: bool, profile: Profile) -> Option<Arc<HandshakeConfig>> {
        let mut configs = self.configs.iter();
        configs
            .find(|(role, offered, _)| (*role, *offered) == (is_client, profile))
            .map(|(_, _, config)| config.clone())
    }
}

fn digest(
    provider: &dyn RTCCryptoProvider,
    hash: FingerprintHash,
    certificate: &[u8],
) -> Option<Vec<u8>> {
    let algorithm = match hash {
        FingerprintHash::Sha256 => &aws_lc_rs::digest::SHA256,
        FingerprintHash::Sha384 => &aws_lc_rs::digest::SHA384,
        FingerprintHash::Sha512 => &aws_lc_rs::digest::SHA512,
    };
    match hash {
        FingerprintHash::Sha256 => provider
            .crypto()
            .hash(HashAlgorithm::Sha256, certificate)
            .ok(),
        _ => Some(
            aws_lc_rs::digest::digest(algorithm, certificate)
                .as_ref()
                .to_vec(),
        ),
    }
}

/// What a datagram or a timer led to.
pub(crate) enum DtlsEvent {
    /// The handshake is complete, the certificate is the one of the SDP: these are the keys.
    Connected(Keys),
    /// The peer said goodbye (close_notify).
    Closed,
}

/// SRTP master keys and salts of both directions (RFC 5764 section 4.2).
pub(crate) struct Keys {
    /// Which protection.
    pub(crate) profile: Profile,
    /// Exported keying material: client key, server key, client salt, server salt.
    pub(crate) material: Vec<u8>,
    /// We were the DTLS client.
    pub(crate) is_client: bool,
}

/// What the transport needs of DTLS. Datagrams in and out, time as an argument, no socket.
pub(crate) trait Dtls: Send {
    /// Begins the handshake when we are the client (`a=setup:active` in the answer); else it waits.
    fn start(&mut self, now: Instant) -> Result<(), &'static str>;
    /// Takes a datagram. `Err` holds a stable reason and ends the association, except for the reason
    /// [`REFUSED`], which only refuses the datagram.
    fn read(&mut self, datagram: &[u8], now: Instant) -> Result<Vec<DtlsEvent>, &'static str>;
    /// Repeats what has to be repeated. Call every few milliseconds until the handshake is complete.
    fn tick(&mut self, now: Instant);
    /// The next datagram to send.
    fn transmit(&mut self) -> Option<BytesMut>;
    /// Says goodbye.
    fn close(&mut self, now: Instant);
}

/// The reason of a datagram that was refused without harm to its association.
pub(crate) const REFUSED: &str = "dtls_refused";

/// [`Dtls`] on top of `rtc-dtls`.
pub(crate) struct RtcDtls {
    identity: Arc<Identity>,
    expected: Fingerprint,
    is_client: bool,
    /// What we offer as client; with GCM, AES_CM as well.
    pub(crate) offered: Profile,
    endpoint: Option<Endpoint>,
    hello: ClientHello,
    connected: bool,
    taken: u32,
    late: u32,
    flight: Vec<BytesMut>,
    queue: std::collections::VecDeque<BytesMut>,
    repeats: u32,
    repeated_at: Instant,
    records: u64,
}

impl RtcDtls {
    /// An association that has not begun. `expected` is the fingerprint in the peer's SDP.
    pub(crate) fn new(
        identity: Arc<Identity>,
        expected: Fingerprint,
        is_client: bool,
        now: Instant,
    ) -> Self {
        Self {
            identity,
            expected,
            is_client,
            offered: Profile::Gcm,
            endpoint: None,
            hello: ClientHello::default(),
            connected: false,
            taken: 0,
            late: 0,
            flight: Vec::new(),
            queue: std::collections::VecDeque::new(),
            repeats: 0,
            repeated_at: now,
            records: 0,
        }
    }

    /// When the last flight is to be sent again: by the crate while its timer runs, else by us.
    fn repeat_due(&self) -> Option<Instant> {
        if self.connected || self.flight.is_empty() || self.repeats >= REPEATS {
            return None;
        }
        let armed = self.endpoint.as_ref()?.poll_timeout(&NOWHERE);
        let interval = match armed {
            Some(_) => FLIGHT_INTERVAL,
            None => FORGOTTEN_INTERVAL,
        };
        Some(self.repeated_at + interval * (1 << self.repeats))
    }

    /// Refuses what would make the crate queue without bound: epochs that cannot come, and floods.
    fn admit(&mut self, datagram: &[u8]) -> Result<(), &'static str> {
        let mut rest = datagram;
        let mut plaintext = false;
        while !rest.is_empty() {
            if rest.len() < 13 {
                return Err(REFUSED);
            }
            let epoch = u16::from_be_bytes([rest[3], rest[4]]);
            let length = usize::from(u16::from_be_bytes([rest[11], rest[12]]));
            if epoch > 1 || rest.len() < 13 + length {
                return Err(REFUSED);
            }
            plaintext |= epoch == 0;
            rest = &rest[13 + length..];
        }
        if self.connected && plaintext {
            self.late += 1;
            return if self.late > LATE_DATAGRAMS {
                Err(REFUSED)
            } else {
                Ok(())
            };
        }
        if !self.connected {
            self.taken += 1;
            if self.taken > HANDSHAKE_DATAGRAMS {
                return Err("dtls_flood");
            }
        }
        Ok(())
    }

    /// Gives every plaintext record a number of its own, also one that is sent again: a peer drops what it has seen, and
    /// one that finished answers a repetition only when it sees one. Nothing authenticates these numbers.
    fn number(&mut self, datagram: &mut [u8]) {
        let mut rest = datagram;
        while rest.len() >= 13 {
            let length = usize::from(u16::from_be_bytes([rest[11], rest[12]]));
            if rest[3..5] == [0, 0] {
                rest[5..11].copy_from_slice(&self.records.to_be_bytes()[2..]);
                self.records += 1;
            }
            rest = rest.get_mut(13 + length..).unwrap_or_default();
        }
    }

    fn feed(&mut self, datagram: &[u8], now: Instant) -> Result<Vec<DtlsEvent>, &'static str> {
        let Some(endpoint) = &mut self.endpoint else {
            return Err(REFUSED);
        };
        let result = endpoint.read(now, NOWHERE, None, BytesMut::from(datagram));
        self.collect(now);
        let mut events = Vec::new();
        for event in result.map_err(|_| "dtls_failed")? {
            match event {
                EndpointEvent::HandshakeComplete => events.push(DtlsEvent::Connected(self.keys()?)),
                EndpointEvent::PeerClosed => events.push(DtlsEvent::Closed),
                _ => {}
            }
        }
        Ok(events)
    }

    /// Takes what the endpoint wants to send; a new flight replaces the one that is kept.
    fn collect(&mut self, now: Instant) {
        let Some(endpoint) = &mut self.endpoint else {
            return;
        };
        let mut flight = Vec::new();
        while let Some(transmit) = endpoint.poll_transmit() {
            flight.push(transmit.message);
        }
        if flight.is_empty() {
            return;
        }
        self.queue.extend(flight.iter().cloned());
        self.flight = flight;
        self.repeats = 0;
        self.repeated_at = now;
    }

    /// The keys, once the certificate that the peer showed is the one that its SDP announced (RFC 8122).
    fn keys(&mut self) -> Result<Keys, &'static str> {
        let state = self
            .endpoint
            .as_ref()
            .and_then(|e| e.get_connection_state(NOWHERE));
        let state = state.ok_or("dtls_failed")?;
        let shown = state.peer_certificates.first();
        let shown =
            shown.and_then(|der| digest(self.identity.provider.as_ref(), self.expected.hash, der));
        if shown.as_deref() != Some(&self.expected.digest[..]) {
            return Err("dtls_fingerprint");
        }
        let profile = match state.srtp_protection_profile() {
            SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm => Profile::Gcm,
            SrtpProtectionProfile::Srtp_Aes128_Cm_Hmac_Sha1_80 => Profile::Cm,
            _ => return Err("dtls_srtp_profile"),
        };
        let material = state
            .export_keying_material(LABEL_EXTRACTOR_DTLS_SRTP, &[], profile.material_bytes())
            .map_err(|_| "dtls_failed")?;
        self.connected = true;
        Ok(Keys {
            profile,
            material: material.as_ref().to_vec(),
            is_client: self.is_client,
        })
    }
}

impl Dtls for RtcDtls {
    fn start(&mut self, now: Instant) -> Result<(), &'static str> {
        if !self.is_client || self.endpoint.is_some() {
            return Ok(());
        }
        let config = self
            .identity
            .config_for(true, self.offered)
            .ok_or("dtls_failed")?;
        let mut endpoint = Endpoint::new(NOWHERE, TransportProtocol::UDP, None);
        endpoint
            .connect(now, NOWHERE, config, None)
            .map_err(|_| "dtls_failed")?;
        self.endpoint = Some(endpoint);
        self.collect(now);
        Ok(())
    }

    fn read(&mut self, datagram: &[u8], now: Instant) -> Result<Vec<DtlsEvent>, &'static str> {
        self.admit(datagram)?;
        if self.endpoint.is_some() {
            return self.feed(datagram, now);
        }
        if self.is_client {
            return Err(REFUSED);
        }
        let profile = match self.hello.take(datagram) {
            Seen::Partly => return Ok(Vec::new()),
            Seen::Nothing => return Err(REFUSED),
            Seen::Whole { gcm: true } => Profile::Gcm,
            Seen::Whole { gcm: false } => Profile::Cm,
        };
        let config = self
            .identity
            .config_for(false, profile)
            .ok_or("dtls_failed")?;
        self.endpoint = Some(Endpoint::new(NOWHERE, TransportProtocol::UDP, Some(config)));
        let mut events = Vec::new();
        for held in self.hello.release() {
            events.extend(self.feed(&held, now)?);
        }
        Ok(events)
    }

    fn tick(&mut self, now: Instant) {
        if self.repeat_due().is_none_or(|due| now < due) {
            return;
        }
        let Some(endpoint) = &mut self.endpoint else {
            return;
        };
        self.repeats += 1;
        self.repeated_at = now;
        let armed = endpoint.poll_timeout(&NOWHERE);
        if armed.is_some_and(|at| at <= now) {
            // The crate fails after its seventh repetition; more are never asked for.
            if endpoint.handle_timeout(NOWHERE, now).is_ok() {
                while let Some(transmit) = endpoint.poll_transmit() {
                    self.queue.push_back(transmit.message);
                }
            }
        } else {
            self.queue.extend(self.flight.iter().cloned());
        }
    }

    fn transmit(&mut self) -> Option<BytesMut> {
        let mut datagram = self.queue.pop_front()?;
        self.number(&mut datagram);
        Some(datagram)
    }

    fn close(&mut self, now: Instant) {
        if let Some(endpoint) = &mut self.endpoint {
            endpoint.stop(now, NOWHERE);
            self.collect(now);
        }
    }
}
