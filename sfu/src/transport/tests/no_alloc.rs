//! The whole way of a packet allocates nothing once everything is warm: from the socket through decryption, the plan, the
//! slots, encryption and back into the socket. What timers and control packets allocate goes with time, not with packets.

use std::time::{Duration, Instant};

use super::client::{FACE_SSRC, OPUS, VOICE_SSRC, VP8, Wish};
use super::live::Live;
use crate::forward::rtp::Header;

const VIEWERS: usize = 10;
/// Bytes of a packet of picture.
const PAYLOAD: usize = 300;
/// Between so many steps, what timers and control packets do repeats itself.
const STEPS: u32 = 200;
/// Packets of picture in a step, when there are few and when there are many: then the shard gathers what leaves.
const FEW: usize = 1;
const MANY: usize = 8;
/// Allocations a second for each participant that timers and control packets may make: they do not grow with the media.
const PER_SECOND: f64 = 100.0;
/// Between two looks at what is to be sent.
const STEP: Duration = Duration::from_millis(10);

/// What the publisher has sent.
#[derive(Default)]
struct Sent {
    voice: u16,
    face: u16,
}

/// The publisher sends so many packets of picture in each step, and sound; the viewers read.
fn publish(live: &mut Live, sent: &mut Sent, steps: u32, packets: usize) {
    let mut picture = [0x5a; PAYLOAD];
    for step in 0..steps {
        let publisher = &mut live.seats[0].client;
        for n in 0..packets {
            sent.face = sent.face.wrapping_add(1);
            let keyframe = u8::from(step % 100 != 0 || n > 0);
            picture[..10].copy_from_slice(&[0x10, keyframe, 0, 0, 0x9d, 1, 0x2a, 0x80, 2, 0x68]);
            let header = Header {
                marker: n + 1 == packets,
                payload_type: VP8,
                sequence: sent.face,
                timestamp: step * 900,
                ssrc: FACE_SSRC,
            };
            let numbered = [(3, &sent.face.to_be_bytes()[..])];
            let packet = publisher.seal("1", header, &numbered, &picture);
            publisher.out.push(packet);
        }
        if step % 2 == 0 {
            sent.voice = sent.voice.wrapping_add(1);
            let header = Header {
                marker: false,
                payload_type: OPUS,
                sequence: sent.voice,
                timestamp: u32::from(sent.voice) * 960,
                ssrc: VOICE_SSRC,
            };
            let packet = publisher.seal("0", header, &[(1, &[0x80 | 20])], &[7; 120]);
            publisher.out.push(packet);
        }
        live.run(STEP);
        for seat in &mut live.seats {
            seat.client.rtp.clear();
            seat.client.rtcp.clear();
        }
    }
    // What is still under way counts, too.
    live.run(20 * STEP);
}

/// Forwarded packets, and allocations of the shard's thread in each second of it.
fn measure(live: &mut Live, sent: &mut Sent, packets: usize) -> (u64, f64) {
    let (before, began) = (live.stats().packets_out, Instant::now());
    let (allocations, _) = live.sfu.handle.allocated();
    publish(live, sent, STEPS, packets);
    let counted = live.sfu.handle.allocated().0 - allocations;
    let forwarded = live.stats().packets_out - before;
    (forwarded, counted as f64 / began.elapsed().as_secs_f64())
}

#[test]
fn a_packet_allocates_nothing_on_its_whole_way_once_everything_is_warm() {
    allocates_nothing(1);
}

#[test]
fn a_packet_allocates_nothing_on_its_way_over_two_shards() {
    allocates_nothing(2);
}

fn allocates_nothing(shards: usize) {
    let mut live = Live::start(shards);
    for place in 0..=VIEWERS {
        // Half of them tell what arrives: only these can be thought to be on a network that is too narrow.
        live.connect(&Wish {
            send: place == 0,
            feedback: place % 2 == 0,
            ..Wish::default()
        });
    }
    live.run(Duration::from_millis(400));
    let mut sent = Sent::default();
    publish(&mut live, &mut sent, STEPS, MANY);
    let (few, few_a_second) = measure(&mut live, &mut sent, FEW);
    let (many, many_a_second) = measure(&mut live, &mut sent, MANY);
    println!("{few} packets: {few_a_second:.0} allocations a second; {many}: {many_a_second:.0}");
    assert!(few_a_second > 0.0, "the counter counts");
    assert!(many > 2 * few, "{few} and {many} packets");
    // One for every fiftieth packet would be seen.
    let more = (many - few) as f64 / 50.0;
    assert!(
        many_a_second < few_a_second + more,
        "{few_a_second} → {many_a_second}"
    );
    let participants = (VIEWERS + 1) as f64;
    assert!(
        many_a_second < PER_SECOND * participants,
        "{many_a_second} a second"
    );
}
