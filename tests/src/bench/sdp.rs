//! Session descriptions of the headless clients: offers as a browser makes them, answers to a server that offers, and what
//! is needed of the other side's.

use std::net::SocketAddr;

use anyhow::Context;

/// Payload type of Opus.
pub const OPUS: u8 = 111;
/// Payload type of VP8.
pub const VP8: u8 = 96;
/// The extension's number for transport-wide sequence numbers, in our offers.
pub const TRANSPORT_CC_ID: u8 = 3;
const TRANSPORT_CC: &str =
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";

/// Sound or picture.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Opus.
    Audio,
    /// VP8.
    Video,
}

/// An m-line of ours; its mid is its place.
#[derive(Clone, Copy, Debug)]
pub struct Line {
    /// What it carries.
    pub kind: Kind,
    /// The SSRC that we send with; `None`: we receive.
    pub sends: Option<u32>,
}

/// Our side of a connection.
pub struct Local<'a> {
    /// ICE username fragment.
    pub ufrag: &'a str,
    /// ICE password.
    pub password: &'a str,
    /// Of our certificate, as `AB:CD:…`.
    pub fingerprint: &'a str,
    /// Where we receive.
    pub address: SocketAddr,
    /// Agree on transport-wide congestion control.
    pub congestion: bool,
}

/// The other side, as its description says.
pub struct Remote {
    /// ICE username fragment.
    pub ufrag: String,
    /// ICE password.
    pub password: String,
    /// It waits for our ClientHello.
    pub passive: bool,
    /// Its first IPv4 candidate over UDP.
    pub address: SocketAddr,
    /// Payload types of retransmissions.
    pub repairs: Vec<u8>,
    /// The extension's number for transport-wide sequence numbers, if both agree on it.
    pub transport_cc: Option<u8>,
}

impl Remote {
    /// Reads what a server said: its answer to us, or its offer.
    pub fn parse(sdp: &str) -> anyhow::Result<Self> {
        let value = |name: &str| {
            let line = sdp.lines().find_map(|line| line.strip_prefix(name));
            line.map(str::to_owned)
                .with_context(|| format!("the server's description has no {name}"))
        };
        let address = sdp.lines().filter_map(candidate).next();
        let number = |line: &str| line.split(' ').next()?.parse().ok();
        let repairs = sdp
            .lines()
            .filter_map(|line| line.strip_prefix("a=rtpmap:"))
            .filter(|line| line.contains(" rtx/"))
            .filter_map(number)
            .collect();
        let transport_cc = sdp
            .lines()
            .filter_map(|line| line.strip_prefix("a=extmap:"))
            .find(|line| line.ends_with(TRANSPORT_CC))
            .and_then(number);
        Ok(Self {
            ufrag: value("a=ice-ufrag:")?,
            password: value("a=ice-pwd:")?,
            passive: value("a=setup:")? != "active",
            address: address.context("the server's description has no IPv4 candidate")?,
            repairs,
            transport_cc,
        })
    }
}

fn candidate(line: &str) -> Option<SocketAddr> {
    let fields: Vec<_> = line.strip_prefix("a=candidate:")?.split(' ').collect();
    if !fields.get(2)?.eq_ignore_ascii_case("udp") {
        return None;
    }
    let address: std::net::Ipv4Addr = fields.get(4)?.parse().ok()?;
    Some((address, fields.get(5)?.parse().ok()?).into())
}

/// An offer for these m-lines.
pub fn offer(local: &Local<'_>, lines: &[Line]) -> String {
    let mids = (0..lines.len()).map(|mid| mid.to_string());
    let mut sdp = session(&mids.collect::<Vec<_>>().join(" "));
    for (mid, line) in lines.iter().enumerate() {
        let (kind, formats, name) = match line.kind {
            Kind::Audio => ("audio", "111", "111 opus/48000/2"),
            Kind::Video => ("video", "96 97", "96 VP8/90000"),
        };
        let direction = if line.sends.is_some() {
            "sendonly"
        } else {
            "recvonly"
        };
        sdp.push_str(&format!("m={kind} 9 UDP/TLS/RTP/SAVPF {formats}\r\n"));
        media(&mut sdp, local, mid, direction);
        if line.kind == Kind::Audio {
            sdp.push_str("a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n");
        }
        sdp.push_str("a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n");
        if local.congestion {
            sdp.push_str(&format!("a=extmap:{TRANSPORT_CC_ID} {TRANSPORT_CC}\r\n"));
        }
        sdp.push_str(&format!("a=rtpmap:{name}\r\n"));
        match line.kind {
            Kind::Audio => sdp.push_str("a=fmtp:111 minptime=10;useinbandfec=1\r\n"),
            Kind::Video => sdp.push_str(
                "a=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\na=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\n",
            ),
        }
        if local.congestion {
            sdp.push_str("a=rtcp-fb:* transport-cc\r\n");
        }
        if let Some(ssrc) = line.sends {
            sdp.push_str(&format!(
                "a=msid:bench bench{mid}\r\na=ssrc:{ssrc} cname:bench\r\n"
            ));
        }
    }
    sdp
}

/// Takes all that a server offers, as it offers it. As short as can be, with what is equal for all m-lines said once: Janus
/// reads at most 8 KiB from a unix socket.
pub fn answer(local: &Local<'_>, offer: &str) -> String {
    let mut sdp = session(
        offer
            .lines()
            .find_map(|line| line.strip_prefix("a=group:BUNDLE "))
            .unwrap_or("0"),
    );
    credentials(&mut sdp, local, "active");
    for section in offer.split("\r\nm=").skip(1) {
        let mut lines = section.lines();
        let description = lines.next().unwrap_or_default();
        let words: Vec<_> = description.split(' ').collect();
        let kind = words.first().copied().unwrap_or("audio");
        let formats = words.get(3..).unwrap_or_default().join(" ");
        let of = |prefix: &str| section.lines().find_map(|line| line.strip_prefix(prefix));
        let mid = of("a=mid:").unwrap_or("0");
        sdp.push_str(&format!(
            "m={kind} 9 UDP/TLS/RTP/SAVPF {formats}\r\nc=IN IP4 0.0.0.0\r\na=mid:{mid}\r\na=recvonly\r\na=rtcp-mux\r\n"
        ));
        for line in lines {
            let extension = local.congestion && line.ends_with(TRANSPORT_CC);
            let codec = line.starts_with("a=rtpmap:") || line.contains(" apt=");
            let repair = line.starts_with("a=rtcp-fb:") && line.contains("nack");
            if extension || codec || repair {
                sdp.push_str(line);
                sdp.push_str("\r\n");
            }
        }
    }
    sdp
}

fn session(mids: &str) -> String {
    format!(
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE {mids}\r\na=msid-semantic: WMS *\r\n"
    )
}

/// Who we are, for all m-lines.
fn credentials(sdp: &mut String, local: &Local<'_>, setup: &str) {
    let Local {
        ufrag,
        password,
        fingerprint,
        ..
    } = local;
    sdp.push_str(&format!(
        "a=ice-ufrag:{ufrag}\r\na=ice-pwd:{password}\r\na=fingerprint:sha-256 {fingerprint}\r\na=setup:{setup}\r\n"
    ));
}

/// What every m-line of an offer says behind its first line.
fn media(sdp: &mut String, local: &Local<'_>, mid: usize, direction: &str) {
    let (ip, port) = (local.address.ip(), local.address.port());
    sdp.push_str("c=IN IP4 0.0.0.0\r\n");
    credentials(sdp, local, "actpass");
    sdp.push_str(&format!(
        "a=mid:{mid}\r\na={direction}\r\na=rtcp-mux\r\n\
         a=candidate:1 1 udp 2130706431 {ip} {port} typ host\r\na=end-of-candidates\r\n"
    ));
}
