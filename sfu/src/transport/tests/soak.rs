//! A full room over real sockets, for as long as one likes: everybody sees and hears who should be, and memory stays as it was.

use std::collections::BTreeSet;
use std::time::Duration;

use super::client::{FACE_SSRC, OPUS, VOICE_SSRC, VP8, Wish};
use super::hostile::rss_bytes;
use super::live::Live;
use crate::forward::rtp::{Header, RtpView};

const PARTICIPANTS: usize = 30;
const VOICES: usize = 2;
const FACES: usize = 6;
/// Seconds of the call; `SOAK` in the environment says another number.
const SECONDS: u32 = 10;
/// Seconds for which one of them speaks.
const TURN: u32 = 5;
/// A packet of sound, and each third time one of picture.
const STEP: Duration = Duration::from_millis(20);
const STEPS_A_SECOND: u32 = 50;
/// A keyframe this often: two seconds of pictures.
const KEYFRAME: u32 = 32;
/// What the shards may hold more at the end than when everything was warm: a buffer doubles when a busy machine lets much
/// come at once. Before a minute has passed, the packets kept for retransmission are still growing.
const HELD_BYTES: i64 = 1 << 20;
const HELD_BYTES_BEFORE: i64 = 8 << 20;
/// From here on a call is long.
const LONG: u32 = 60;
/// What the process may have more, the doubles and other tests included.
const RSS_BYTES: u64 = 64 << 20;

/// Everybody sends one step's packets, each with who it is; only the speaker is loud.
fn send(live: &mut Live, step: u32, speaker: usize) {
    for (place, seat) in live.seats.iter_mut().enumerate() {
        let header = |payload_type, ssrc, number: u32, ticks| Header {
            marker: true,
            payload_type,
            sequence: number as u16,
            timestamp: number.wrapping_mul(ticks),
            ssrc,
        };
        let loudness = if place == speaker { 0x80 | 20 } else { 127 };
        let voice = header(OPUS, VOICE_SSRC, step, 960);
        let sealed = seat
            .client
            .seal("0", voice, &[(1, &[loudness])], &[place as u8; 60]);
        seat.client.out.push(sealed);
        if (step as usize + place).is_multiple_of(3) {
            let number = step / 3;
            let delta = u8::from(number % KEYFRAME != place as u32 % KEYFRAME);
            let mut picture = [place as u8; 500];
            picture[..10].copy_from_slice(&[0x10, delta, 0, 0, 0x9d, 1, 0x2a, 0x80, 2, 0x68]);
            let face = header(VP8, FACE_SSRC, number, 5_400);
            let numbered = [(3, &(number as u16).to_be_bytes()[..])];
            let sealed = seat.client.seal("1", face, &numbered, &picture);
            seat.client.out.push(sealed);
        }
    }
}

/// Whom each of them heard and saw.
#[derive(Clone, Default)]
struct Noticed {
    voices: BTreeSet<usize>,
    faces: BTreeSet<usize>,
}

fn notice(live: &mut Live, noticed: &mut [Noticed]) {
    for (seat, noticed) in live.seats.iter_mut().zip(noticed) {
        seat.client.rtcp.clear();
        for packet in seat.client.rtp.drain(..) {
            let view = RtpView::parse(&packet).unwrap();
            if let Some(&who) = view.payload().last() {
                let kind = match view.payload_type() {
                    OPUS => &mut noticed.voices,
                    _ => &mut noticed.faces,
                };
                kind.insert(usize::from(who));
            }
        }
    }
}

/// Whether one of them tells of its network. From these, a machine that is busy elsewhere may take pictures away.
fn tells(place: usize) -> bool {
    place.is_multiple_of(3)
}

/// One of them speaks: every other hears and sees that one, nobody sees or hears himself, and every face slot is of use.
fn turn(live: &mut Live, step: &mut u32, speaker: usize) {
    let mut noticed = vec![Noticed::default(); PARTICIPANTS];
    for _ in 0..TURN * STEPS_A_SECOND {
        send(live, *step, speaker);
        *step += 1;
        live.run(STEP);
        notice(live, &mut noticed);
    }
    for (me, noticed) in noticed.iter().enumerate() {
        let Noticed { voices, faces } = noticed;
        assert!(
            !voices.contains(&me) && !faces.contains(&me),
            "{me} is its own echo"
        );
        assert!(
            me == speaker || voices.contains(&speaker),
            "{me} heard only {voices:?}"
        );
        if !tells(me) {
            assert!(
                me == speaker || faces.contains(&speaker),
                "{me} saw only {faces:?}"
            );
            assert!(faces.len() >= FACES, "{me} saw only {faces:?}");
        }
    }
}

#[test]
fn in_a_room_of_thirty_everyone_sees_and_hears_who_should_be_and_memory_stays_as_it_was() {
    let seconds = std::env::var("SOAK").map_or(SECONDS, |seconds| seconds.parse().unwrap());
    let mut live = Live::start(2);
    for place in 0..PARTICIPANTS {
        live.connect(&Wish {
            voices: VOICES,
            faces: FACES,
            feedback: tells(place),
            ..Wish::default()
        });
    }
    let (mut step, mut before) = (0, None);
    for round in 0..seconds.div_ceil(TURN) {
        turn(&mut live, &mut step, (round as usize * 7) % PARTICIPANTS);
        let memory = (live.held_bytes(), rss_bytes());
        // Warm: an eighth of the time has passed, and at least one turn.
        if before.is_none() && (round + 1) * TURN * 8 >= seconds {
            before = Some(memory);
        }
        println!(
            "{} s: {} bytes held, {} KiB",
            (round + 1) * TURN,
            memory.0,
            memory.1 / 1_024
        );
    }
    let (held_before, rss_before) = before.unwrap();
    let (held, rss) = (live.held_bytes(), rss_bytes());
    let stats = live.stats();
    println!("{stats:?}");
    assert_eq!(stats.participants, PARTICIPANTS);
    let more = if seconds < LONG {
        HELD_BYTES_BEFORE
    } else {
        HELD_BYTES
    };
    assert!(held - held_before < more, "{held_before} → {held}");
    assert!(rss < rss_before + RSS_BYTES, "{rss_before} → {rss}");
}
