//! A flood of hostile datagrams at a live call: random bytes, and what the call itself sends, changed or sent again, from
//! strangers' addresses and from the participants' own. The call goes on and memory stays as it was.

use std::net::UdpSocket;

use super::client::{DELTA, KEYFRAME, Wish};
use super::live::Live;

/// Datagrams of the flood; `FLOOD` in the environment says another number.
const DATAGRAMS: u64 = 100_000;
/// After so many hostile datagrams, a packet of the call must arrive: none of them may fill the socket's buffer.
const AT_ONCE: u64 = 64;
/// Datagrams after which a stranger has another address.
const SAME_ADDRESS: u64 = 1_000;
/// What the shard may hold more than before: hash tables and queues that grew once.
const HELD_BYTES: i64 = 256 * 1_024;
/// What the whole process may have more than before, other tests included that run meanwhile.
const RSS_BYTES: u64 = 64 << 20;

struct Flood {
    strangers: Vec<UdpSocket>,
    dice: u64,
    sent: u64,
}

impl Flood {
    /// Knuth's generator.
    fn roll(&mut self, sides: usize) -> usize {
        self.dice = self
            .dice
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.dice >> 33) as usize % sides
    }

    fn byte(&mut self) -> u8 {
        self.roll(256) as u8
    }

    /// One datagram of it, from anywhere.
    fn send(&mut self, live: &Live) {
        let mut bytes = match self.roll(4) {
            0 => self.random(),
            _ => {
                let which = self.roll(live.captured.len());
                live.captured[which].clone()
            }
        };
        if self.roll(8) != 0 {
            self.change(&mut bytes, live);
        }
        let server = live.seats[self.roll(live.seats.len())].server;
        if self.sent.is_multiple_of(SAME_ADDRESS) {
            let host = std::net::Ipv4Addr::new(127, 0, self.byte(), 2 + self.byte() % 250);
            let stranger = UdpSocket::bind((host, 0)).unwrap();
            let place = self.roll(self.strangers.len().max(1));
            match self.strangers.get_mut(place) {
                Some(known) if self.sent > 8 * SAME_ADDRESS => *known = stranger,
                _ => self.strangers.push(stranger),
            }
        }
        let place = self.roll(2 * self.strangers.len());
        let from = match self.strangers.get(place) {
            Some(stranger) => stranger,
            None => &live.seats[place % live.seats.len()].socket,
        };
        from.send_to(&bytes, server).unwrap();
        self.sent += 1;
    }

    /// Random bytes that mostly begin as one of the protocols does.
    fn random(&mut self) -> Vec<u8> {
        let length = self.roll(200) * (1 + self.roll(6));
        let mut bytes: Vec<u8> = (0..length).map(|_| self.byte()).collect();
        if let [first, second, ..] = bytes.as_mut_slice() {
            match self.roll(5) {
                0 => (*first, *second) = (0, 1),
                1 => *first = 20 + *first % 6,
                2 => (*first, *second) = (0x80 | *first & 0x3f, 200 + *second % 8),
                3 => (*first, *second) = (0x90, 96 + *second % 32),
                _ => {}
            }
        }
        bytes
    }

    fn change(&mut self, bytes: &mut Vec<u8>, live: &Live) {
        match self.roll(6) {
            0 => bytes.truncate(self.roll(bytes.len() + 1)),
            1 => {
                let more = self.random();
                bytes.extend_from_slice(&more);
            }
            2 => {
                let other = self.roll(live.captured.len());
                let other = &live.captured[other];
                let at = self.roll(bytes.len().min(other.len()) + 1);
                bytes.truncate(at);
                bytes.extend_from_slice(&other[at..]);
            }
            _ => {
                for _ in 0..=self.roll(8) {
                    if !bytes.is_empty() {
                        let at = self.roll(bytes.len());
                        bytes[at] = self.byte();
                    }
                }
            }
        }
        bytes.truncate(1_400);
    }
}

/// One packet of each microphone and camera goes through, whatever else comes.
fn media_goes_on(live: &mut Live, sequence: u16) {
    for seat in &mut live.seats {
        seat.client.rtp.clear();
        seat.client.rtcp.clear();
        seat.client.speak(sequence);
        let payload = if sequence.is_multiple_of(500) {
            KEYFRAME
        } else {
            DELTA
        };
        seat.client.show(sequence, payload);
    }
    live.until(|live| live.seats.iter().all(|seat| seat.client.rtp.len() >= 2));
}

/// What this process has in memory.
pub(super) fn rss_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: u64 = status.split(' ').nth(1).unwrap().parse().unwrap();
    pages * 4_096
}

#[test]
fn a_flood_of_random_and_changed_datagrams_leaves_the_call_and_memory_as_they_were() {
    let count = std::env::var("FLOOD").map_or(DATAGRAMS, |count| count.parse().unwrap());
    let mut live = Live::start(2);
    let wish = Wish {
        feedback: true,
        ..Wish::default()
    };
    live.connect(&wish);
    live.connect(&wish);
    live.run(std::time::Duration::from_millis(500));
    let mut flood = Flood {
        strangers: Vec::new(),
        dice: 7,
        sent: 0,
    };
    let (mut before, mut sequence, began) = (None, 0u16, std::time::Instant::now());
    while flood.sent < count {
        media_goes_on(&mut live, sequence);
        sequence = sequence.wrapping_add(1);
        for _ in 0..AT_ONCE {
            flood.send(&live);
        }
        // Warm: every table has its size.
        if before.is_none() && flood.sent >= count / 10 {
            before = Some((live.held_bytes(), rss_bytes()));
        }
    }
    media_goes_on(&mut live, sequence);
    let (held_before, rss_before) = before.unwrap();
    let (held, rss) = (live.held_bytes(), rss_bytes());
    let stats = live.stats();
    println!(
        "{count} datagrams in {:.1} s: the shard holds {} bytes more, the process {} KiB; refused: {:?}",
        began.elapsed().as_secs_f32(),
        held - held_before,
        (rss as i64 - rss_before as i64) / 1_024,
        stats.refused
    );
    assert_eq!((stats.rooms, stats.participants), (1, 2));
    let refused: u64 = stats.refused.values().sum();
    assert!(refused > count / 2, "{:?}", stats.refused);
    assert!(stats.refused.len() < 64, "reasons are constants");
    assert!(held - held_before < HELD_BYTES, "{held_before} → {held}");
    assert!(rss < rss_before + RSS_BYTES, "{rss_before} → {rss}");
}
