//! How the layers of a simulcast camera are received, chosen and let go.

use super::client::{DELTA, KEYFRAME, Wish, layer_ssrc};
use super::network::Network;
use crate::event::Event;
use crate::feed::FeedItem;
use crate::forward::rtcp::{Rtcp, packets};
use crate::ids::{ParticipantId, RoomId, Source};

/// A publisher of three layers and a viewer, both ready for video; each layer's next number.
struct Call {
    network: Network,
    next: [u16; 3],
}

const PUBLISHER: usize = 0;
const VIEWER: usize = 1;

impl Call {
    fn new() -> Self {
        let mut network = Network::new();
        network.connected(&Wish {
            layers: true,
            ..Wish::default()
        });
        network.connected(&Wish::default());
        network.run(400);
        Self {
            network,
            next: [100, 20_000, 40_000],
        }
    }

    /// Sends these layers for a time, 20 pictures a second; the first picture of each is a keyframe if `keyframes`, and
    /// so is the next after every PLI, as browsers do it. The payload's last byte tells the layer.
    fn send(&mut self, ms: u64, layers: &[u8], keyframes: bool) {
        let mut wanted = [keyframes; 3];
        for _ in 0..ms / 50 {
            for layer in self.plis() {
                wanted[usize::from(layer)] = true;
            }
            for &layer in layers {
                let place = usize::from(layer);
                let mut payload = if std::mem::take(&mut wanted[place]) {
                    KEYFRAME.to_vec()
                } else {
                    DELTA.to_vec()
                };
                payload.push(layer);
                let publisher = &mut self.network.clients[PUBLISHER];
                publisher.show_layer(layer, self.next[place], &payload);
                self.next[place] += 1;
            }
            self.network.run(50);
        }
    }

    /// The layers of which keyframes were asked for since the last look.
    fn plis(&mut self) -> Vec<u8> {
        let mut layers = Vec::new();
        for compound in std::mem::take(&mut self.network.clients[PUBLISHER].rtcp) {
            for packet in packets(&compound) {
                if let Ok(Rtcp::Pli { ssrc }) = packet {
                    layers.extend((0..3).find(|&layer| layer_ssrc(layer) == ssrc));
                }
            }
        }
        layers
    }

    /// What the viewer got since the last look: the layer of each picture. Its numbers are one unbroken row.
    fn seen(&mut self) -> Vec<u8> {
        let viewer = &mut self.network.clients[VIEWER];
        let heard = viewer.heard(viewer.slot_ssrc("4"));
        viewer.rtp.clear();
        let unbroken = heard
            .windows(2)
            .all(|two| two[1].0 == two[0].0.wrapping_add(1));
        assert!(unbroken, "one unbroken stream");
        heard
            .iter()
            .map(|(_, payload)| payload[payload.len() - 1])
            .collect()
    }

    fn view(&mut self, lines: u16) {
        let viewer = ParticipantId(VIEWER as u64 + 1);
        let peer = self.network.shard.peers.get_mut(&viewer).unwrap();
        peer.view(&[("4".to_owned(), lines), ("none".to_owned(), 1)]);
    }

    /// The rids that the publisher was last told to send.
    fn wanted(&mut self) -> Option<String> {
        let events = self.network.events();
        events.into_iter().rev().find_map(|event| match event {
            Event::LayersWanted {
                participant: ParticipantId(1),
                source: Source::Camera,
                layers,
                ..
            } => Some(layers.concat()),
            _ => None,
        })
    }
}

#[test]
fn the_best_layer_is_shown_and_the_viewer_sees_one_stream() {
    let mut call = Call::new();
    call.send(1_000, &[0, 1, 2], true);
    let seen = call.seen();
    assert_eq!(seen[0], 0, "the first keyframe there is");
    let first = seen.iter().position(|layer| *layer == 2).unwrap();
    assert!(first <= 4, "then at once the best: {seen:?}");
    assert!(seen[first..].iter().all(|layer| *layer == 2));
    assert_eq!(call.network.refused("rtp_second_stream"), 0);
}

#[test]
fn rule_4_layers_are_known_by_their_ssrc_once_the_browser_stops_naming_them() {
    let mut call = Call::new();
    call.network.clients[PUBLISHER].show_layer(1, 20_000, KEYFRAME);
    call.network.run(10);
    call.network.clients[PUBLISHER].without_mid = true;
    call.network.clients[PUBLISHER].show_layer(1, 20_001, DELTA);
    call.network.clients[PUBLISHER].show_layer(2, 7, KEYFRAME);
    call.network.run(10);
    assert_eq!(call.network.refused("rtp_without_rid"), 1);
    assert_eq!(call.network.shard.stats.packets_in, 2);
}

#[test]
fn retransmissions_find_their_layer_by_the_repaired_rid() {
    let mut call = Call::new();
    call.send(500, &[0, 1, 2], true);
    call.seen();
    let lost = call.next[2];
    call.next[2] += 1;
    call.send(100, &[2], false);
    call.network.clients[PUBLISHER].show_layer_again(1, 1, call.next[1] - 1, &[0x10, 1, 0, 1]);
    assert_eq!(call.network.refused("rtp_duplicate"), 0);
    call.network.clients[PUBLISHER].show_layer_again(2, 1, lost, &[0x10, 1, 0, 2]);
    call.network.run(10);
    assert_eq!(
        call.network.refused("rtp_duplicate"),
        1,
        "layer h had it already"
    );
    let viewer = &call.network.clients[VIEWER];
    let mut numbers: Vec<_> = viewer.heard(viewer.slot_ssrc("4"));
    numbers.sort_unstable();
    assert!(numbers.windows(2).all(|two| two[1].0 == two[0].0 + 1));
    assert_eq!(numbers.len(), 3);
}

#[test]
fn a_small_tile_gets_a_small_layer_and_a_large_one_a_large_again() {
    let mut call = Call::new();
    call.send(1_000, &[0, 1, 2], true);
    call.seen();
    call.view(90);
    call.send(1_000, &[0, 1, 2], false);
    let seen = call.seen();
    let switched = seen.iter().position(|layer| *layer == 0).unwrap();
    assert!(
        (1..=14).contains(&switched),
        "the old one goes on: {seen:?}"
    );
    assert!(seen[..switched].iter().all(|layer| *layer == 2));
    assert!(seen[switched..].iter().all(|layer| *layer == 0));
    call.view(2_000);
    call.send(1_000, &[0, 1, 2], false);
    let seen = call.seen();
    assert_eq!((seen[0], seen.last()), (0, Some(&2)), "{seen:?}");
    assert!(seen.len() >= 20, "nothing is missing");
}

#[test]
fn a_layer_that_stops_is_followed_by_the_next_smaller() {
    let mut call = Call::new();
    call.send(1_000, &[0, 1, 2], true);
    call.seen();
    call.send(2_500, &[0, 1], false);
    let seen = call.seen();
    assert!(seen.iter().all(|layer| *layer == 1), "{seen:?}");
    assert!(seen.len() > 15, "after a second and a keyframe: {seen:?}");
    call.plis();
    call.network.run(2_000);
    assert!(
        call.plis().is_empty(),
        "rule 3: nothing is asked of what is not sent"
    );
}

#[test]
fn layers_nobody_needs_are_let_go_and_asked_for_again_at_once() {
    let mut call = Call::new();
    call.send(500, &[0, 1, 2], true);
    assert_eq!(call.wanted().as_deref(), Some("qhf"));
    call.send(1_200, &[0, 1, 2], false);
    assert_eq!(call.wanted().as_deref(), Some("f"));
    call.view(90);
    call.send(150, &[2], false);
    assert_eq!(call.wanted().as_deref(), Some("qf"), "f is still shown");
    call.send(1_900, &[0, 2], false);
    assert_eq!(call.wanted().as_deref(), Some("q"));
    call.seen();
    call.view(720);
    call.send(150, &[0], false);
    assert_eq!(call.wanted().as_deref(), Some("qf"));
    call.send(500, &[0, 2], true);
    assert_eq!(call.seen().last(), Some(&2));
}

#[test]
fn whoever_looks_at_nobody_leaves_the_smallest_layer() {
    let mut call = Call::new();
    call.send(500, &[0, 1, 2], true);
    call.network
        .shard
        .remove(ParticipantId(2), call.network.now);
    call.send(1_500, &[0, 1, 2], false);
    assert_eq!(call.wanted().as_deref(), Some("q"));
}

#[test]
fn a_feed_gets_one_layer_in_one_row_of_numbers() {
    let mut call = Call::new();
    let now = call.network.now;
    let mut feed = call
        .network
        .shard
        .open_feed(RoomId::new("room"), None, now)
        .unwrap();
    call.view(90);
    call.send(1_000, &[0, 1], true);
    call.send(1_500, &[0, 1, 2], false);
    let mut packets = Vec::new();
    while let Some(item) = feed.try_next() {
        if let FeedItem::Packet(packet) = item {
            packets.push((packet.sequence, packet.payload[packet.payload.len() - 1]));
        }
    }
    assert!(packets.windows(2).all(|two| two[1].0 == two[0].0 + 1));
    let layers: Vec<u8> = packets.iter().map(|(_, layer)| *layer).collect();
    assert!(layers.is_sorted(), "ever better: {layers:?}");
    assert!(layers.iter().filter(|layer| **layer == 2).count() > 20);
    assert!(
        call.wanted().unwrap().contains('f'),
        "a recording wants the best"
    );
}
