//! What a subscriber's network carries decides what it is sent.

use super::client::{DELTA, FACE_SSRC, KEYFRAME, Wish};
use super::network::Network;
use crate::event::Event;
use crate::forward::rtcp::{Rtcp, packets};

const PUBLISHER: usize = 0;
const VIEWER: usize = 1;
/// Bytes of one picture of each layer: at 20 pictures a second 16, 64 and 176 kbit/s.
const PICTURE_BYTES: [usize; 3] = [100, 400, 1_100];

struct Call {
    network: Network,
    sequences: [u16; 3],
    layers: &'static [u8],
}

impl Call {
    /// A publisher of these layers (one: without simulcast), and a viewer that says what arrives.
    fn new(layers: &'static [u8]) -> Self {
        let mut network = Network::new();
        network.connected(&Wish {
            layers: layers.len() > 1,
            ..Wish::default()
        });
        network.connected(&Wish {
            feedback: true,
            ..Wish::default()
        });
        Self {
            network,
            sequences: [100; 3],
            layers,
        }
    }

    /// Twenty pictures a second for a time, a keyframe after every PLI.
    fn send(&mut self, ms: u64) {
        for _ in 0..ms / 50 {
            let asked = std::mem::take(&mut self.network.clients[PUBLISHER].rtcp);
            let asked = asked.iter().any(|compound| {
                packets(compound).any(|packet| matches!(packet, Ok(Rtcp::Pli { .. })))
            });
            for &layer in self.layers {
                let place = usize::from(layer);
                let first = self.sequences[place] == 100;
                let mut payload = if asked || first { KEYFRAME } else { DELTA }.to_vec();
                payload.resize(PICTURE_BYTES[place], layer);
                let publisher = &mut self.network.clients[PUBLISHER];
                if self.layers.len() > 1 {
                    publisher.show_layer(layer, self.sequences[place], &payload);
                } else {
                    publisher.show(self.sequences[place], &payload);
                }
                self.sequences[place] += 1;
            }
            self.network.run(50);
        }
    }

    /// The viewer's own estimate (REMB), repeated every half second for a time.
    fn send_while_it_carries(&mut self, bits_per_second: u32, ms: u64) {
        for _ in 0..ms / 500 {
            let remb = remb(bits_per_second);
            self.network.clients[VIEWER].control(&remb);
            self.send(500);
        }
    }

    /// How many pictures are smaller and how many are stopped, as the viewer was last told since the last look.
    fn limited(&mut self) -> Option<(usize, usize)> {
        let told = self.network.events().into_iter().rev();
        told.filter_map(|event| match event {
            Event::Limited {
                reduced, paused, ..
            } => Some((reduced.len(), paused.len())),
            _ => None,
        })
        .next()
    }

    /// The sizes of the pictures that came since the last look.
    fn seen(&mut self) -> Vec<usize> {
        let viewer = &mut self.network.clients[VIEWER];
        let heard = viewer.heard(viewer.slot_ssrc("4"));
        viewer.rtp.clear();
        heard.iter().map(|(_, payload)| payload.len()).collect()
    }
}

/// draft-alvestrand-rmcat-remb-03 section 2.2.
fn remb(bits_per_second: u32) -> Vec<u8> {
    let exponent = 32 - (bits_per_second >> 18).leading_zeros();
    let mut packet = vec![0x8f, 206, 0, 5, 0, 0, 0, 1, 0, 0, 0, 0];
    packet.extend_from_slice(b"REMB");
    let mantissa = (bits_per_second >> exponent).to_be_bytes();
    packet.extend([
        1,
        (exponent << 2) as u8 | mantissa[1],
        mantissa[2],
        mantissa[3],
    ]);
    packet.extend(FACE_SSRC.to_be_bytes());
    packet
}

#[test]
fn everything_that_one_subscriber_gets_is_numbered_in_one_row() {
    let mut call = Call::new(&[2]);
    for sequence in 0..40 {
        call.network.clients[PUBLISHER].speak(sequence);
        call.send(50);
    }
    let numbers = call.network.clients[VIEWER].numbers();
    assert!(numbers.len() > 60, "sound and pictures: {}", numbers.len());
    assert_eq!(numbers.len(), call.network.clients[VIEWER].rtp.len());
    let row: Vec<u16> = (0..numbers.len() as u16).collect();
    assert_eq!(numbers, row);
    assert_eq!(call.network.refused("rtcp_malformed"), 0);
}

#[test]
fn the_layer_follows_what_the_network_carries() {
    let mut call = Call::new(&[0, 1, 2]);
    call.send_while_it_carries(5_000_000, 4_000);
    assert_eq!(call.seen().last(), Some(&PICTURE_BYTES[2]));
    assert!(matches!(call.limited(), None | Some((0, 0))));
    call.send_while_it_carries(100_000, 4_000);
    assert_eq!(call.seen().last(), Some(&PICTURE_BYTES[1]));
    assert_eq!(call.limited(), Some((1, 0)), "the viewer is told");
    call.send_while_it_carries(40_000, 4_000);
    assert_eq!(call.seen().last(), Some(&PICTURE_BYTES[0]));
    call.send_while_it_carries(5_000_000, 10_000);
    assert_eq!(call.seen().last(), Some(&PICTURE_BYTES[2]));
    assert_eq!(call.limited(), Some((0, 0)));
}

#[test]
fn a_picture_that_is_not_carried_stops_and_comes_back_with_a_keyframe() {
    let mut call = Call::new(&[2]);
    call.send_while_it_carries(5_000_000, 4_000);
    assert!(!call.seen().is_empty());
    call.send_while_it_carries(60_000, 3_000);
    assert_eq!(call.limited(), Some((0, 1)), "the viewer is told");
    call.seen();
    for sequence in 0..20 {
        call.network.clients[PUBLISHER].speak(sequence);
        call.send_while_it_carries(60_000, 500);
    }
    let viewer = &call.network.clients[VIEWER];
    assert_eq!(
        viewer.heard(viewer.slot_ssrc("2")).len(),
        20,
        "sound goes on"
    );
    assert!(call.seen().is_empty(), "no picture");
    call.send_while_it_carries(5_000_000, 10_000);
    let viewer = &mut call.network.clients[VIEWER];
    let heard = viewer.heard(viewer.slot_ssrc("4"));
    assert_eq!(heard[0].1[..3], KEYFRAME[..3]);
    assert!(heard.len() > 20);
    assert_eq!(call.limited(), Some((0, 0)));
}
