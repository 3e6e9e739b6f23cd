//! What a publisher sends: pictures of 1,500 kbit/s as packets of 1,200 bytes, paced as browsers do, and Opus at 50 packets
//! a second. The last 16 bytes of each say who sent it and when, for whoever opens it.

use std::collections::VecDeque;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::scenario::Scenario;
use crate::sdp::{OPUS, TRANSPORT_CC_ID, VP8};

/// Bytes of a packet of picture, header included.
pub const PACKET_BYTES: usize = 1_200;
/// Bytes of a packet of sound without its header: 48 kbit/s.
const SOUND_BYTES: usize = 120;
/// 1,500 kbit/s in packets of [`PACKET_BYTES`].
const VIDEO_PACKETS_A_SECOND: f64 = 1_500_000.0 / 8.0 / PACKET_BYTES as f64;
const PICTURES_A_SECOND: f64 = 30.0;
/// Between two packets of a picture. Chromium 156 and Firefox ESR 153 send the packets of a picture in one burst: median
/// gap 0.08-0.09 ms, 90 % within 0.43-0.64 ms, the whole picture (7 packets) within 0.74 ms (docs/decisions/0005).
const BURST_GAP: Duration = Duration::from_micros(130);
/// Spread over this time, as older pacers do.
const SPREAD: Duration = Duration::from_millis(13);
/// A keyframe this often, so that whoever comes is served.
const KEYFRAME_EVERY: u64 = 30;
/// How loud somebody is who speaks, in -dBov with the voice bit, and who does not (RFC 6464).
const LOUD: u8 = 0x80 | 30;
const SILENT: u8 = 127;

/// The SSRC of a publisher's sound.
pub fn audio_ssrc(publisher: u32) -> u32 {
    0x0a0d_0001 + publisher * 0x100
}

/// The SSRC of a publisher's picture.
pub fn video_ssrc(publisher: u32) -> u32 {
    0x0a0d_0002 + publisher * 0x100
}

/// Nanoseconds since 1970, of the clock that the kernel stamps arrivals with.
pub fn now_ns() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_nanos() as u64)
}

/// Writes into a packet that is about to go who sends it and when.
pub fn stamp(packet: &mut [u8], publisher: u32) {
    let at = packet.len() - 16;
    packet[at..at + 8].copy_from_slice(&u64::from(publisher).to_be_bytes());
    packet[at + 8..].copy_from_slice(&now_ns().to_be_bytes());
}

/// Who sent an opened packet, and when (ns since 1970).
pub fn read_stamp(packet: &[u8]) -> Option<(u32, u64)> {
    let (rest, at) = packet.split_last_chunk::<8>()?;
    let (_, publisher) = rest.split_last_chunk::<8>()?;
    Some((
        u64::from_be_bytes(*publisher) as u32,
        u64::from_be_bytes(*at),
    ))
}

/// One publisher's schedule; it is asked what is due.
pub struct Load {
    publisher: u32,
    picture: bool,
    spread: bool,
    congestion: bool,
    transport_sequence: u16,
    loudness: u8,
    pictures: u64,
    video_sent: u64,
    video_sequence: u16,
    audio_sent: u64,
    due: VecDeque<(Duration, Vec<u8>)>,
}

impl Load {
    /// A publisher of what the scenario says.
    pub fn new(publisher: u32, scenario: &Scenario) -> Self {
        Self {
            publisher,
            picture: scenario.picture,
            spread: scenario.spread,
            congestion: scenario.congestion,
            transport_sequence: 0,
            loudness: LOUD,
            pictures: 0,
            video_sent: 0,
            video_sequence: 0,
            audio_sent: 0,
            due: VecDeque::new(),
        }
    }

    /// Speaks from now on, or does not.
    pub fn speak(&mut self, speaks: bool) {
        self.loudness = if speaks { LOUD } else { SILENT };
    }

    /// When the next packet is due, counted from the beginning.
    pub fn next(&mut self) -> Duration {
        loop {
            let (audio, picture) = (self.audio_at(), self.picture_at());
            let coming = if self.picture {
                audio.min(picture)
            } else {
                audio
            };
            if let Some((at, _)) = self.due.front()
                && *at < coming
            {
                return *at;
            }
            if self.picture && picture <= audio {
                self.picture();
            } else {
                self.audio();
            }
            self.due.make_contiguous().sort_by_key(|(at, _)| *at);
        }
    }

    /// The next packet if it is due `since` the beginning; stamped.
    pub fn take(&mut self, since: Duration) -> Option<Vec<u8>> {
        if self.next() > since {
            return None;
        }
        let (_, mut packet) = self.due.pop_front()?;
        if self.congestion {
            // Behind the header of twelve bytes and the block's four: id 3, two bytes.
            packet[17..19].copy_from_slice(&self.transport_sequence.to_be_bytes());
            self.transport_sequence = self.transport_sequence.wrapping_add(1);
        }
        stamp(&mut packet, self.publisher);
        Some(packet)
    }

    fn audio_at(&self) -> Duration {
        Duration::from_millis(20) * self.audio_sent as u32
    }

    fn picture_at(&self) -> Duration {
        Duration::from_secs_f64(self.pictures as f64 / PICTURES_A_SECOND)
    }

    fn audio(&mut self) {
        let at = self.audio_at();
        let timestamp = (self.audio_sent * 960) as u32;
        let sequence = self.audio_sent as u16;
        let mut packet = self.header(OPUS, true, sequence, timestamp, b'0');
        packet.resize(packet.len() + SOUND_BYTES, 0x55);
        self.audio_sent += 1;
        self.due.push_back((at, packet));
    }

    fn picture(&mut self) {
        let at = self.picture_at();
        let wanted =
            ((self.pictures + 1) as f64 / PICTURES_A_SECOND * VIDEO_PACKETS_A_SECOND) as u64;
        let count = (wanted - self.video_sent).max(1);
        let keyframe = self.pictures.is_multiple_of(KEYFRAME_EVERY);
        let timestamp = (self.pictures * 3_000) as u32;
        for i in 0..count {
            let mut packet = self.header(VP8, i + 1 == count, self.video_sequence, timestamp, b'1');
            self.descriptor(&mut packet, i == 0, keyframe);
            packet.resize(PACKET_BYTES, 0x5a);
            self.video_sequence = self.video_sequence.wrapping_add(1);
            let pause = if self.spread {
                SPREAD * i as u32 / count as u32
            } else {
                BURST_GAP * i as u32
            };
            self.due.push_back((at + pause, packet));
        }
        self.video_sent += count;
        self.pictures += 1;
    }

    /// The VP8 payload descriptor as Chromium writes it (RFC 7741 section 4.2): PictureID of 15 bits, TL0PICIDX, TID; behind it,
    /// in the first packet, the frame's own header.
    fn descriptor(&self, packet: &mut Vec<u8>, first: bool, keyframe: bool) {
        let picture_id = (self.pictures & 0x7fff) as u16 | 0x8000;
        packet.extend([if first { 0x90 } else { 0x80 }, 0xe0]);
        packet.extend(picture_id.to_be_bytes());
        packet.extend([self.pictures as u8, 0x20]);
        if first {
            packet.push(u8::from(!keyframe));
            packet.extend([0, 0, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68, 0x01]);
        }
    }

    /// An RTP header with the extensions that browsers send: transport-wide sequence, audio level and mid (one-byte form,
    /// RFC 8285).
    fn header(
        &self,
        payload_type: u8,
        marker: bool,
        sequence: u16,
        timestamp: u32,
        mid: u8,
    ) -> Vec<u8> {
        let ssrc = match payload_type {
            OPUS => audio_ssrc(self.publisher),
            _ => video_ssrc(self.publisher),
        };
        let mut packet = Vec::with_capacity(PACKET_BYTES);
        packet.extend([0x90, payload_type | (u8::from(marker) << 7)]);
        packet.extend(sequence.to_be_bytes());
        packet.extend(timestamp.to_be_bytes());
        packet.extend(ssrc.to_be_bytes());
        let level = [0x10, self.loudness, 0x40, mid];
        if self.congestion {
            packet.extend([0xbe, 0xde, 0, 2, TRANSPORT_CC_ID << 4 | 1, 0, 0]);
            packet.extend(level);
            packet.push(0);
        } else {
            packet.extend([0xbe, 0xde, 0, 1]);
            packet.extend(level);
        }
        packet
    }
}
