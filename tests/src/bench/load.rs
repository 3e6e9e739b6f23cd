//! What a publisher sends: pictures of 1,500 kbit/s as packets of 1,200 bytes, paced as browsers do, and Opus at 50 packets
//! a second.

use std::time::Duration;

/// SSRC of the sound.
pub const AUDIO_SSRC: u32 = 0x0a0d_1001;
/// SSRC of the picture.
pub const VIDEO_SSRC: u32 = 0x0a0d_1002;

/// Bytes of a packet of picture, header included.
pub const PACKET_BYTES: usize = 1_200;
/// 1,500 kbit/s in packets of [`PACKET_BYTES`].
const VIDEO_PACKETS_A_SECOND: f64 = 1_500_000.0 / 8.0 / PACKET_BYTES as f64;
const PICTURES_A_SECOND: f64 = 30.0;
/// Between two packets of a picture. Chromium 156 and Firefox ESR 153 send the packets of a picture in one burst: median
/// gap 0.08-0.09 ms, 90 % within 0.43-0.64 ms, the whole picture (7 packets) within 0.74 ms (docs/decisions/0005).
const BURST_GAP: Duration = Duration::from_micros(130);
/// Spread over this time, as older pacers do, when the environment variable `BENCH_PACE` is `spread`.
const SPREAD: Duration = Duration::from_millis(13);
/// A keyframe this often, so that whoever comes is served.
const KEYFRAME_EVERY: u64 = 30;

/// The schedule; it is asked what is due.
pub struct Load {
    spread: bool,
    pictures: u64,
    video_sent: u64,
    video_sequence: u16,
    audio_sent: u64,
    due: std::collections::VecDeque<(Duration, Vec<u8>)>,
}

impl Default for Load {
    fn default() -> Self {
        Self {
            spread: std::env::var("BENCH_PACE").is_ok_and(|pace| pace == "spread"),
            pictures: 0,
            video_sent: 0,
            video_sequence: 0,
            audio_sent: 0,
            due: std::collections::VecDeque::new(),
        }
    }
}

impl Load {
    /// The packets that are due `since` the beginning, in order.
    pub fn due(&mut self, since: Duration) -> Vec<Vec<u8>> {
        while Duration::from_millis(20) * self.audio_sent as u32 <= since {
            self.audio();
        }
        while Duration::from_secs_f64(self.pictures as f64 / PICTURES_A_SECOND) <= since {
            self.picture();
        }
        let mut packets = Vec::new();
        let mut later = std::collections::VecDeque::new();
        for (at, packet) in self.due.drain(..) {
            if at <= since {
                packets.push(packet);
            } else {
                later.push_back((at, packet));
            }
        }
        self.due = later;
        packets
    }

    fn audio(&mut self) {
        let at = Duration::from_millis(20) * self.audio_sent as u32;
        let mut packet = header(
            111,
            true,
            self.audio_sent as u16,
            (self.audio_sent * 960) as u32,
            AUDIO_SSRC,
            b'0',
        );
        packet.resize(packet.len() + 120, 0x55);
        self.audio_sent += 1;
        self.due.push_back((at, packet));
    }

    fn picture(&mut self) {
        let at = Duration::from_secs_f64(self.pictures as f64 / PICTURES_A_SECOND);
        let wanted =
            ((self.pictures + 1) as f64 / PICTURES_A_SECOND * VIDEO_PACKETS_A_SECOND) as u64;
        let count = (wanted - self.video_sent).max(1);
        let keyframe = self.pictures.is_multiple_of(KEYFRAME_EVERY);
        let timestamp = (self.pictures * 3_000) as u32;
        for i in 0..count {
            let mut packet = header(
                96,
                i + 1 == count,
                self.video_sequence,
                timestamp,
                VIDEO_SSRC,
                b'1',
            );
            // VP8 payload descriptor (RFC 7741): start of partition 0 in the first packet; then the frame's header.
            packet.push(if i == 0 { 0x10 } else { 0x00 });
            if i == 0 {
                packet.push(u8::from(!keyframe));
                packet.extend([0, 0, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68, 0x01]);
            }
            packet.resize(PACKET_BYTES, 0x5a);
            self.video_sequence = self.video_sequence.wrapping_add(1);
            let after = if self.spread {
                SPREAD * i as u32 / count as u32
            } else {
                BURST_GAP * i as u32
            };
            self.due.push_back((at + after, packet));
        }
        self.video_sent += count;
        self.pictures += 1;
    }
}

/// An RTP header with the extensions that browsers send: audio level and mid (one-byte form, RFC 8285).
fn header(
    payload_type: u8,
    marker: bool,
    sequence: u16,
    timestamp: u32,
    ssrc: u32,
    mid: u8,
) -> Vec<u8> {
    let mut packet = vec![0x90, payload_type | (u8::from(marker) << 7)];
    packet.extend(sequence.to_be_bytes());
    packet.extend(timestamp.to_be_bytes());
    packet.extend(ssrc.to_be_bytes());
    packet.extend([0xbe, 0xde, 0, 1, 0x10, 30, 0x40, mid]);
    packet
}
