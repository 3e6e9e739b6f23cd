//! A headless client, as light as can be: ICE checks, DTLS, and for a publisher SRTP. A subscriber counts what it gets
//! and opens nothing, so that many of them cost the machine little beside the server that is measured.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use bytes::BytesMut;
use rtc_crypto::providers::AwsLcRsProvider;
use rtc_crypto::{HashAlgorithm, RTCCryptoProvider};
use rtc_dtls::config::{ClientAuthType, ConfigBuilder, ExtendedMasterSecretType, HandshakeConfig};
use rtc_dtls::crypto::Certificate;
use rtc_dtls::endpoint::{Endpoint, EndpointEvent};
use rtc_dtls::extension::extension_use_srtp::SrtpProtectionProfile;
use rtc_shared::TransportProtocol;
use rtc_srtp::config::{Config, LABEL_EXTRACTOR_DTLS_SRTP};
use rtc_srtp::context::Context;
use rtc_srtp::protection_profile::ProtectionProfile;
use rtc_stun::attributes::{ATTR_USE_CANDIDATE, ATTR_USERNAME};
use rtc_stun::fingerprint::FINGERPRINT;
use rtc_stun::integrity::MessageIntegrity;
use rtc_stun::message::{BINDING_REQUEST, Message, Setter};
use rtc_stun::textattrs::TextAttribute;
use sfu::{Join, ParticipantId, RoomId, Sfu};

/// The association's made-up peer.
const NOWHERE: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)), 9);
/// Between two ICE checks.
const CHECK_EVERY: Duration = Duration::from_millis(500);
const PASSWORD: &str = "a-password-of-no-importance";

/// What all clients share: one certificate, the crypto.
pub struct Identity {
    provider: Arc<dyn RTCCryptoProvider>,
    fingerprint: String,
    as_client: Arc<HandshakeConfig>,
    as_server: Arc<HandshakeConfig>,
}

impl Identity {
    pub fn generate() -> anyhow::Result<Self> {
        let provider: Arc<dyn RTCCryptoProvider> = Arc::new(AwsLcRsProvider::new());
        let certificate =
            Certificate::generate_self_signed(vec!["bench".to_owned()], provider.crypto())?;
        let der = certificate
            .certificate
            .first()
            .context("a certificate has a DER form")?;
        let digest: Vec<u8> = provider.crypto().hash(HashAlgorithm::Sha256, der)?;
        let hex: Vec<_> = digest.iter().map(|byte| format!("{byte:02X}")).collect();
        let config = |is_client| {
            ConfigBuilder::default()
                .with_crypto_provider(provider.clone())
                .with_certificates(vec![certificate.clone()])
                .with_srtp_protection_profiles(vec![SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm])
                .with_client_auth(ClientAuthType::RequireAnyClientCert)
                .with_insecure_skip_verify(true)
                .with_extended_master_secret(ExtendedMasterSecretType::Require)
                .with_flight_interval(Duration::from_millis(200))
                .build(is_client, None)
                .map(Arc::new)
        };
        let (as_client, as_server) = (config(true)?, config(false)?);
        Ok(Self {
            fingerprint: hex.join(":"),
            as_client,
            as_server,
            provider,
        })
    }
}

/// One connection.
pub struct Client {
    identity: Arc<Identity>,
    socket: UdpSocket,
    server: SocketAddr,
    ufrag: String,
    remote_ufrag: String,
    remote_password: String,
    dtls: Endpoint,
    starts: bool,
    started: bool,
    next_check: Instant,
    checks: u8,
    sealer: Option<Context>,
    /// RTP packets that came.
    pub received: u64,
    /// The handshake is complete.
    pub connected: bool,
}

impl Client {
    /// Joins the room with an offer for these m-lines: `sendonly` or `recvonly`, of sound and picture.
    pub async fn join(
        sfu: &Sfu,
        identity: &Arc<Identity>,
        room: &str,
        id: u64,
        publish: bool,
    ) -> anyhow::Result<Self> {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        socket.set_nonblocking(true)?;
        let ufrag = format!("bench{id}");
        let joined = sfu
            .join(Join {
                room: RoomId::new(room),
                participant: ParticipantId(id),
                offer: offer(&ufrag, &identity.fingerprint, publish),
                publish,
                subscribe: !publish,
                sources: Vec::new(),
            })
            .await?;
        let value = |name: &str| {
            let line = joined
                .answer
                .lines()
                .find_map(|line| line.strip_prefix(name));
            line.map(str::to_owned)
                .with_context(|| format!("the answer has no {name}"))
        };
        // Each participant has the port of their shard: `candidate:… 1 udp <priority> <address> <port> typ host`.
        let candidate = value("a=candidate:")?;
        let port = candidate
            .split(' ')
            .nth(5)
            .and_then(|port| port.parse().ok());
        let port: u16 = port.context("the answer names no port")?;
        // The server begins DTLS, or we do.
        let starts = value("a=setup:")? == "passive";
        let config = (!starts).then(|| identity.as_server.clone());
        Ok(Self {
            identity: identity.clone(),
            socket,
            server: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
            ufrag,
            remote_ufrag: value("a=ice-ufrag:")?,
            remote_password: value("a=ice-pwd:")?,
            dtls: Endpoint::new(NOWHERE, TransportProtocol::UDP, config),
            starts,
            started: false,
            next_check: Instant::now(),
            checks: 0,
            sealer: None,
            received: 0,
            connected: false,
        })
    }

    /// Reads what has come, answers, repeats what is due. Returns at once.
    pub fn work(&mut self, now: Instant) -> anyhow::Result<()> {
        if now >= self.next_check {
            self.next_check = now + CHECK_EVERY;
            self.check()?;
        }
        let mut datagram = [0; 2048];
        while let Ok(length) = self.socket.recv(&mut datagram) {
            match datagram[0] {
                0..=3 if self.starts && !self.started => {
                    self.started = true;
                    self.dtls
                        .connect(now, NOWHERE, self.identity.as_client.clone(), None)?;
                }
                20..=63 => {
                    let events =
                        self.dtls
                            .read(now, NOWHERE, None, BytesMut::from(&datagram[..length]))?;
                    if events
                        .iter()
                        .any(|event| matches!(event, EndpointEvent::HandshakeComplete))
                    {
                        self.keys()?;
                    }
                }
                // RTCP has payload types 192 to 223 (RFC 5761).
                128..=191 if !(192..=223).contains(&datagram[1]) => self.received += 1,
                _ => {}
            }
        }
        if !self.connected && self.dtls.poll_timeout(&NOWHERE).is_some_and(|at| at <= now) {
            self.dtls.handle_timeout(NOWHERE, now)?;
        }
        while let Some(out) = self.dtls.poll_transmit() {
            self.socket.send_to(&out.message, self.server)?;
        }
        Ok(())
    }

    /// Protects and sends one RTP packet.
    pub fn send(&mut self, packet: &[u8]) -> anyhow::Result<()> {
        let sealer = self.sealer.as_mut().context("not connected yet")?;
        let sealed = sealer.encrypt_rtp(packet)?;
        self.socket.send_to(&sealed, self.server)?;
        Ok(())
    }

    /// An ICE check that nominates (RFC 8445 section 7.2.4): it keeps consent, too.
    fn check(&mut self) -> anyhow::Result<()> {
        self.checks = self.checks.wrapping_add(1);
        let mut message = Message::new();
        message.set_type(BINDING_REQUEST);
        message.transaction_id.0 = [self.checks; 12];
        message.write_header();
        let username = format!("{}:{}", self.remote_ufrag, self.ufrag);
        TextAttribute::new(ATTR_USERNAME, username).add_to(&mut message)?;
        message.add(ATTR_USE_CANDIDATE, &[]);
        let crypto = self.identity.provider.crypto();
        MessageIntegrity::new_short_term_integrity_with_provider(
            self.remote_password.clone(),
            crypto,
        )
        .add_to(&mut message)?;
        FINGERPRINT.add_to(&mut message)?;
        self.socket.send_to(&message.raw, self.server)?;
        Ok(())
    }

    fn keys(&mut self) -> anyhow::Result<()> {
        let state = self
            .dtls
            .get_connection_state(NOWHERE)
            .context("a complete handshake has a state")?;
        let profile = ProtectionProfile::AeadAes128Gcm;
        let bytes = 2 * (profile.key_len() + profile.salt_len());
        let material = state.export_keying_material(LABEL_EXTRACTOR_DTLS_SRTP, &[], bytes)?;
        let mut config = Config {
            profile,
            ..Config::default()
        };
        config.set_session_keys_from_keying_material(material.as_ref(), self.starts)?;
        let keys = &config.keys;
        let crypto = self.identity.provider.crypto();
        let mut sealer = Context::new(
            &keys.local_master_key,
            &keys.local_master_salt,
            profile,
            None,
            None,
            crypto,
        )?;
        // The server sends pictures once it has heard something that verifies: an empty receiver report.
        let report = [0x80, 201, 0, 1, 0, 0, 0, 1];
        self.socket
            .send_to(&sealer.encrypt_rtcp(&report)?, self.server)?;
        self.sealer = Some(sealer);
        self.connected = true;
        Ok(())
    }
}

/// Works for all of them until each is connected.
pub fn connect(clients: &mut [Client]) -> anyhow::Result<()> {
    let deadline = Instant::now() + Duration::from_secs(20);
    while clients.iter().any(|client| !client.connected) {
        for client in clients.iter_mut() {
            client.work(Instant::now())?;
        }
        if Instant::now() > deadline {
            let missing = clients.iter().filter(|client| !client.connected).count();
            bail!(
                "{missing} of {} clients did not connect within 20 s",
                clients.len()
            );
        }
        std::thread::park_timeout(Duration::from_millis(1));
    }
    Ok(())
}

/// One m-line of sound and one of picture.
fn offer(ufrag: &str, fingerprint: &str, publish: bool) -> String {
    let direction = if publish { "sendonly" } else { "recvonly" };
    let mut sdp =
        String::from("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\n");
    for (mid, kind, payload_type, codec, ssrc) in [
        (0, "audio", 111, "opus/48000/2", crate::load::AUDIO_SSRC),
        (1, "video", 96, "VP8/90000", crate::load::VIDEO_SSRC),
    ] {
        sdp.push_str(&format!(
            "m={kind} 9 UDP/TLS/RTP/SAVPF {payload_type}\r\nc=IN IP4 0.0.0.0\r\na=ice-ufrag:{ufrag}\r\na=ice-pwd:{PASSWORD}\r\n\
             a=fingerprint:sha-256 {fingerprint}\r\na=setup:actpass\r\na=mid:{mid}\r\na={direction}\r\na=rtcp-mux\r\n\
             a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\na=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n\
             a=rtpmap:{payload_type} {codec}\r\n"
        ));
        if kind == "video" {
            sdp.push_str("a=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\n");
        }
        if publish {
            sdp.push_str(&format!("a=ssrc:{ssrc} cname:bench\r\n"));
        }
    }
    sdp
}
