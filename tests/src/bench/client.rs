//! A headless client, as light as can be: ICE checks, DTLS, SRTP. A subscriber counts what it gets and opens only a sample
//! of it, so that many of them cost the machine little beside the server that is measured.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use bytes::BytesMut;
use rtc_dtls::endpoint::{Endpoint, EndpointEvent};
use rtc_dtls::extension::extension_use_srtp::SrtpProtectionProfile;
use rtc_shared::TransportProtocol;
use rtc_srtp::config::{Config, LABEL_EXTRACTOR_DTLS_SRTP};
use rtc_srtp::context::Context;
use rtc_srtp::protection_profile::ProtectionProfile;
use sfu::congestion::FeedbackCollector;

use crate::ice;
use crate::identity::Identity;
use crate::inbox::{self, Inbox};
use crate::latency::Latency;
use crate::load;
use crate::sdp::{Local, Remote};

/// The association's made-up peer.
const NOWHERE: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)), 9);
/// Between two ICE checks before we are connected, and after.
const CHECK_EVERY: [Duration; 2] = [Duration::from_millis(200), Duration::from_secs(4)];
/// One packet of so many is opened.
const SAMPLE: u16 = 16;
/// Our SSRC in reports.
const REPORTER: u32 = 1;

/// One connection.
pub struct Client {
    identity: Arc<Identity>,
    socket: Arc<UdpSocket>,
    ufrag: String,
    /// Which packets are opened.
    sample: u16,
    remote: Option<Remote>,
    dtls: Option<Endpoint>,
    started: bool,
    next_check: Instant,
    checks: u32,
    opener: Option<Context>,
    reports: Option<Context>,
    sender: Option<Sender>,
    feedback: Option<FeedbackCollector>,
    /// Media packets that came, retransmissions not counted.
    pub received: u64,
    /// How long the sample was under way.
    pub latency: Latency,
    /// Whose packets the sample held; emptied by whoever wants to know.
    pub heard: Option<Vec<(u8, u32)>>,
    /// Slots for pictures.
    pub faces: usize,
    /// The publisher that it is itself, and should not hear.
    pub own: Option<u32>,
    /// The handshake is complete.
    pub connected: bool,
}

/// The sending half of a connection.
pub struct Sender {
    sealer: Context,
    socket: Arc<UdpSocket>,
    server: SocketAddr,
}

impl Sender {
    /// Protects and sends one RTP packet.
    pub fn send(&mut self, packet: &[u8]) -> anyhow::Result<()> {
        let sealed = self.sealer.encrypt_rtp(packet)?;
        // A full buffer is the server's loss, and counted there as one.
        let _ = self.socket.send_to(&sealed, self.server);
        Ok(())
    }
}

impl Client {
    /// A client that no server knows yet. `id` is different for each.
    pub fn new(identity: &Arc<Identity>, id: u64) -> anyhow::Result<Self> {
        Ok(Self {
            identity: identity.clone(),
            socket: Arc::new(inbox::socket()?),
            ufrag: format!("bench{id}"),
            sample: (id % u64::from(SAMPLE)) as u16,
            remote: None,
            dtls: None,
            started: false,
            next_check: Instant::now(),
            checks: 0,
            opener: None,
            reports: None,
            sender: None,
            feedback: None,
            received: 0,
            latency: Latency::default(),
            heard: None,
            faces: 0,
            own: None,
            connected: false,
        })
    }

    /// Our side, for an offer or an answer.
    pub fn local(&self, congestion: bool) -> anyhow::Result<Local<'_>> {
        Ok(Local {
            ufrag: &self.ufrag,
            password: ice::PASSWORD,
            fingerprint: &self.identity.fingerprint,
            address: (Ipv4Addr::LOCALHOST, self.socket.local_addr()?.port()).into(),
            congestion,
        })
    }

    /// What the server said: begins.
    pub fn begin(&mut self, server: &str, congestion: bool) -> anyhow::Result<()> {
        let remote = Remote::parse(server)?;
        let config = (!remote.passive).then(|| self.identity.as_server.clone());
        self.dtls = Some(Endpoint::new(NOWHERE, TransportProtocol::UDP, config));
        self.feedback = congestion.then(|| FeedbackCollector::new(Instant::now()));
        self.remote = Some(remote);
        self.next_check = Instant::now();
        Ok(())
    }

    /// Where we receive.
    pub fn port(&self) -> Option<u16> {
        Some(self.socket.local_addr().ok()?.port())
    }

    /// The sending half, once.
    pub fn sender(&mut self) -> anyhow::Result<Sender> {
        self.sender.take().context("the client is not connected")
    }

    /// Reads what has come, answers, repeats what is due. Returns at once.
    pub fn work(&mut self, now: Instant, inbox: &mut Inbox) -> anyhow::Result<()> {
        let Some(remote) = &self.remote else {
            return Ok(());
        };
        let server = remote.address;
        if now >= self.next_check {
            self.checks = self.checks.wrapping_add(1);
            let checks = u64::from(self.checks);
            let crypto = self.identity.provider.clone();
            let check = ice::check(crypto, remote, &self.ufrag, checks)?;
            self.socket.send_to(&check, server)?;
            self.next_check = now + CHECK_EVERY[usize::from(self.connected)];
        }
        let socket = self.socket.clone();
        inbox.receive(&socket, |datagram, at| self.take(datagram, at, now))?;
        if let Some(dtls) = &mut self.dtls {
            if !self.connected && dtls.poll_timeout(&NOWHERE).is_some_and(|at| at <= now) {
                dtls.handle_timeout(NOWHERE, now)?;
            }
            while let Some(out) = dtls.poll_transmit() {
                self.socket.send_to(&out.message, server)?;
            }
        }
        self.report(now, server)
    }

    fn take(&mut self, datagram: &mut [u8], at_ns: u64, now: Instant) -> anyhow::Result<()> {
        let (Some(remote), Some(dtls)) = (&self.remote, &mut self.dtls) else {
            return Ok(());
        };
        match datagram.first().copied().unwrap_or(255) {
            0..=3 => {
                let crypto = self.identity.provider.clone();
                if let Some(answer) = ice::answer(crypto, datagram, remote.address)? {
                    self.socket.send_to(&answer, remote.address)?;
                } else if remote.passive && !self.started {
                    self.started = true;
                    let config = self.identity.as_client.clone();
                    dtls.connect(now, NOWHERE, config, None)?;
                }
            }
            20..=63 => {
                // A flight that comes again too late is an error to the crate, and none to us.
                let Ok(events) = dtls.read(now, NOWHERE, None, BytesMut::from(&*datagram)) else {
                    return Ok(());
                };
                let complete =
                    |event: &EndpointEvent| matches!(event, EndpointEvent::HandshakeComplete);
                if events.iter().any(complete) {
                    self.keys()?;
                }
            }
            // RTCP has payload types 192 to 223 (RFC 5761).
            128..=191 if datagram.len() >= 12 && !(192..=223).contains(&datagram[1]) => {
                self.media(datagram, at_ns, now);
            }
            _ => {}
        }
        Ok(())
    }

    fn media(&mut self, packet: &[u8], at_ns: u64, now: Instant) {
        let Some(remote) = &self.remote else {
            return;
        };
        if let (Some(feedback), Some(id)) = (&mut self.feedback, remote.transport_cc)
            && let Some(sequence) = transport_sequence(packet, id)
        {
            let age = Duration::from_nanos(load::now_ns().saturating_sub(at_ns));
            feedback.received(sequence, now.checked_sub(age).unwrap_or(now));
        }
        let payload_type = packet[1] & 0x7f;
        if remote.repairs.contains(&payload_type) {
            return;
        }
        self.received += 1;
        if u16::from(packet[3]) % SAMPLE == self.sample
            && let Some(opener) = &mut self.opener
            && let Ok(opened) = opener.decrypt_rtp(packet)
            && let Some((publisher, sent_ns)) = load::read_stamp(&opened)
        {
            self.latency.add(sent_ns, at_ns);
            if let Some(heard) = &mut self.heard {
                heard.push((payload_type, publisher));
            }
        }
    }

    /// Transport-wide feedback, when it is due.
    fn report(&mut self, now: Instant, server: SocketAddr) -> anyhow::Result<()> {
        if let (Some(feedback), Some(reports)) = (&mut self.feedback, &mut self.reports) {
            let mut packet = Vec::new();
            while feedback.poll(now, REPORTER, 0, &mut packet) {
                let sealed = reports.encrypt_rtcp(&packet)?;
                let _ = self.socket.send_to(&sealed, server);
                packet.clear();
            }
        }
        Ok(())
    }

    fn keys(&mut self) -> anyhow::Result<()> {
        let (Some(remote), Some(dtls)) = (&self.remote, &self.dtls) else {
            bail!("keys before the beginning");
        };
        let state = dtls
            .get_connection_state(NOWHERE)
            .context("a complete handshake has a state")?;
        let profile = match state.srtp_protection_profile() {
            SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm => ProtectionProfile::AeadAes128Gcm,
            other => bail!("the server chose {other:?}, not AES-GCM"),
        };
        let bytes = 2 * (profile.key_len() + profile.salt_len());
        let material = state.export_keying_material(LABEL_EXTRACTOR_DTLS_SRTP, &[], bytes)?;
        let mut config = Config {
            profile,
            ..Config::default()
        };
        config.set_session_keys_from_keying_material(material.as_ref(), remote.passive)?;
        let keys = &config.keys;
        let context = |key: &_, salt: &_| {
            let crypto = self.identity.provider.crypto();
            Context::new(key, salt, profile, None, None, crypto)
        };
        let mut reports = context(&keys.local_master_key, &keys.local_master_salt)?;
        // The server sends pictures once it has heard something that verifies: an empty receiver report.
        let report = [0x80, 201, 0, 1, 0, 0, 0, REPORTER as u8];
        let sealed = reports.encrypt_rtcp(&report)?;
        self.socket.send_to(&sealed, remote.address)?;
        self.sender = Some(Sender {
            sealer: context(&keys.local_master_key, &keys.local_master_salt)?,
            socket: self.socket.clone(),
            server: remote.address,
        });
        self.opener = Some(context(&keys.remote_master_key, &keys.remote_master_salt)?);
        self.reports = Some(reports);
        self.connected = true;
        Ok(())
    }
}

/// The transport-wide sequence number in a header extension with this id (one-byte form, RFC 8285).
fn transport_sequence(packet: &[u8], id: u8) -> Option<u16> {
    if packet[0] & 0x10 == 0 {
        return None;
    }
    let at = 12 + 4 * usize::from(packet[0] & 0x0f);
    let words = u16::from_be_bytes([*packet.get(at + 2)?, *packet.get(at + 3)?]);
    let mut rest = packet.get(at + 4..at + 4 + 4 * usize::from(words))?;
    while let Some((&first, behind)) = rest.split_first() {
        if first == 0 {
            rest = behind;
            continue;
        }
        let length = usize::from(first & 0x0f) + 1;
        if first >> 4 == id {
            return Some(u16::from_be_bytes([*behind.first()?, *behind.get(1)?]));
        }
        rest = behind.get(length..)?;
    }
    None
}
