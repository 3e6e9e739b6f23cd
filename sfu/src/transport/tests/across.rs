//! A room over two and three shards: what goes across, what does not, and what happens when something is lost.

use std::time::Duration;

use super::client::{DELTA, FACE_SSRC, KEYFRAME, Wish};
use super::mesh::{FIRST, Mesh, fill, id};
use super::network::Network;
use crate::event::Event;
use crate::feed::{Feed, FeedItem};
use crate::forward::layers::Layers;
use crate::forward::rtcp::{Rtcp, SenderInfo, packets};
use crate::forward::rtcp_write;
use crate::forward::rtp::RtpView;
use crate::ids::{ParticipantId, RoomId, Source, TrackId};
use crate::transport::across::Message;
use crate::transport::ring::{MEDIA, RING};

fn items(feed: &mut Feed) -> Vec<FeedItem> {
    std::iter::from_fn(|| feed.try_next()).collect()
}

fn is_speaking(event: &Event) -> bool {
    matches!(event, Event::Speaking { .. })
}

#[test]
fn each_hears_and_sees_the_other_on_the_other_shard() {
    let mut mesh = Mesh::pair();
    for sequence in 1..=5 {
        for shard in 0..2 {
            let client = mesh.client(shard, FIRST);
            client.speak(sequence);
            client.show(sequence, if sequence == 1 { KEYFRAME } else { DELTA });
        }
        mesh.run(20);
    }
    for shard in 0..2 {
        let (voices, faces) = (mesh.heard(shard, FIRST, "2"), mesh.heard(shard, FIRST, "4"));
        assert_eq!((voices.len(), faces.len()), (5, 5));
        assert_eq!(faces[0].1, KEYFRAME);
        assert!(voices.windows(2).all(|two| two[1].0 == two[0].0 + 1));
        let stats = &mesh.shards[shard].shard.stats;
        assert_eq!((stats.packets_in, stats.packets_out), (10, 10));
        let across = &mesh.shards[shard].shard.across;
        assert_eq!((across.packets_out, across.packets_in), (10, 10));
        let events = mesh.shards[shard].events();
        let tracks = events
            .iter()
            .filter(|e| matches!(e, Event::TrackStarted { .. }));
        assert_eq!(tracks.count(), 2, "each shard tells of its own");
        let other = id(1 - shard, FIRST);
        assert!(events.iter().any(
            |e| matches!(e, Event::SlotMap { slots, .. } if slots.contains(&("4".to_owned(), Some(other))))
        ));
    }
    assert_eq!(mesh.dropped(0) + mesh.dropped(1), 0);
}

#[test]
fn a_packet_goes_once_to_each_shard_however_many_watch_there() {
    let mut mesh = Mesh::new(3);
    mesh.join(0, &Wish::default());
    for shard in 1..3 {
        for _ in 0..4 {
            mesh.join(shard, &Wish::default());
        }
    }
    mesh.run(400);
    for sequence in 1..=10 {
        mesh.client(0, FIRST)
            .show(sequence, if sequence == 1 { KEYFRAME } else { DELTA });
    }
    mesh.run(20);
    assert_eq!(mesh.shards[0].shard.across.packets_out, 20);
    for shard in 1..3 {
        assert_eq!(mesh.shards[shard].shard.across.packets_in, 10);
        for place in 0..4 {
            assert_eq!(mesh.heard(shard, place, "4").len(), 10);
        }
    }
}

#[test]
fn a_room_that_is_on_one_shard_tells_the_others_nothing_of_its_packets() {
    let mut mesh = Mesh::new(2);
    mesh.join(0, &Wish::default());
    mesh.join(0, &Wish::default());
    mesh.run(400);
    mesh.client(0, FIRST).show(1, KEYFRAME);
    mesh.run(20);
    assert_eq!(mesh.heard(0, 1, "4").len(), 1);
    assert_eq!(mesh.shards[0].shard.across.packets_out, 0);
    assert!(mesh.shards[1].shard.rooms.is_empty());
}

#[test]
fn a_latecomer_on_another_shard_sees_who_is_there_and_asks_for_a_keyframe() {
    let mut mesh = Mesh::new(2);
    mesh.join(0, &Wish::default());
    mesh.run(400);
    mesh.client(0, FIRST).show(1, KEYFRAME);
    mesh.client(0, FIRST).speak(1);
    mesh.run(600);
    mesh.plis(0, FIRST, FACE_SSRC);
    mesh.join(1, &Wish::default());
    mesh.client(0, FIRST).show(2, DELTA);
    mesh.client(0, FIRST).speak(2);
    mesh.run(400);
    assert_eq!(mesh.heard(1, FIRST, "2").len(), 1);
    assert!(mesh.heard(1, FIRST, "4").is_empty());
    assert_eq!(mesh.plis(0, FIRST, FACE_SSRC), 1, "merged over shards");
    mesh.client(0, FIRST).show(3, KEYFRAME);
    mesh.run(20);
    assert_eq!(mesh.heard(1, FIRST, "4").len(), 1);
}

#[test]
fn what_a_viewer_misses_is_sent_again_by_their_own_shard() {
    let mut mesh = Mesh::pair();
    for sequence in 1..=4 {
        mesh.client(0, FIRST)
            .show(sequence, if sequence == 1 { KEYFRAME } else { DELTA });
    }
    mesh.run(10);
    let heard = mesh.heard(1, FIRST, "4");
    let viewer = mesh.client(1, FIRST);
    let face = viewer.slot_ssrc("4");
    let before = viewer.rtp.len();
    let mut compound = Vec::new();
    rtcp_write::nack(&mut compound, 5, face, &[heard[1].0, heard[2].0]);
    viewer.control(&compound);
    mesh.run(10);
    let again = mesh.client(1, FIRST).rtp.split_off(before);
    assert_eq!(mesh.shards[1].shard.stats.retransmitted, 2);
    let views: Vec<_> = again
        .iter()
        .map(|bytes| RtpView::parse(bytes).unwrap())
        .collect();
    assert_eq!(views.len(), 2);
    assert_eq!(views[0].payload()[..2], heard[1].0.to_be_bytes());
    assert_eq!(&views[0].payload()[2..], DELTA);
}

#[test]
fn a_viewers_pli_and_a_senders_clocks_cross() {
    let mut mesh = Mesh::pair();
    mesh.client(0, FIRST).show(1, KEYFRAME);
    mesh.run(600);
    mesh.client(0, FIRST).show(2, DELTA);
    mesh.plis(0, FIRST, FACE_SSRC);
    let viewer = mesh.client(1, FIRST);
    let face = viewer.slot_ssrc("4");
    let mut compound = Vec::new();
    rtcp_write::pli(&mut compound, 5, face);
    viewer.control(&compound);
    mesh.run(20);
    assert_eq!(mesh.plis(0, FIRST, FACE_SSRC), 1);
    compound.clear();
    let info = SenderInfo {
        ntp: 1 << 40,
        rtp: 3_000,
        packets: 1,
        octets: 13,
    };
    rtcp_write::sender_report(&mut compound, FACE_SSRC, &info);
    mesh.client(0, FIRST).control(&compound);
    mesh.run(20);
    let got = std::mem::take(&mut mesh.client(1, FIRST).rtcp);
    let clocks = got.iter().flat_map(|compound| packets(compound));
    let mut clocks = clocks.filter(
        |packet| matches!(packet, Ok(Rtcp::SenderReport { ssrc, info, .. }) if *ssrc == face && info.ntp == 1 << 40),
    );
    assert!(clocks.next().is_some());
}

#[test]
fn who_speaks_is_told_once_and_gets_the_slots_of_both_shards() {
    let mut mesh = Mesh::new(2);
    let one_slot = Wish {
        voices: 1,
        faces: 1,
        ..Wish::default()
    };
    mesh.join(0, &one_slot);
    mesh.join(0, &one_slot);
    mesh.join(1, &one_slot);
    mesh.join(1, &one_slot);
    mesh.run(400);
    for shard in 0..2 {
        for place in 0..2 {
            mesh.client(shard, place).show(1, KEYFRAME);
        }
    }
    mesh.run(100);
    let shown = |mesh: &Mesh, shard: usize| {
        let state = &mesh.shards[shard].shard.rooms[&RoomId::new("room")];
        state.plan.speaking().to_vec()
    };
    for shard in 0..2 {
        mesh.shards[shard].events();
    }
    for (speaker, sequences) in [((1, 1), 1..60), ((0, 1), 60..200)] {
        for sequence in sequences {
            mesh.client(speaker.0, speaker.1).speak(sequence);
            mesh.run(15);
        }
        let expected = id(speaker.0, speaker.1);
        assert_eq!(shown(&mesh, 0), [expected]);
        assert_eq!(shown(&mesh, 1), [expected]);
        let told = mesh.shards[0].events();
        let last = told.iter().rfind(|event| is_speaking(event));
        assert!(matches!(last, Some(Event::Speaking { speakers, .. }) if *speakers == [expected]));
        assert!(told.iter().any(
            |event| matches!(event, Event::SlotMap { participant: ParticipantId(1), slots }
                if slots.contains(&("3".to_owned(), Some(expected))))
        ));
        let told = mesh.shards[1].events();
        assert!(
            !told.iter().any(is_speaking),
            "one shard speaks for the room"
        );
        assert!(told.iter().any(
            |event| matches!(event, Event::SlotMap { participant: ParticipantId(11), slots }
                if slots.contains(&("3".to_owned(), Some(expected))))
        ));
    }
}

#[test]
fn a_first_keyframe_that_crossed_is_not_asked_for_again() {
    let mut mesh = Mesh::pair();
    mesh.client(0, FIRST).show(1, KEYFRAME);
    for sequence in 2..40 {
        mesh.run(40);
        mesh.client(0, FIRST).show(sequence, DELTA);
    }
    assert_eq!(mesh.heard(1, FIRST, "4").len(), 38);
    assert_eq!(mesh.plis(0, FIRST, FACE_SSRC), 0);
}

#[test]
fn who_leaves_is_gone_on_every_shard_with_their_tracks() {
    let mut mesh = Mesh::pair();
    mesh.client(0, FIRST).show(1, KEYFRAME);
    mesh.run(20);
    assert_eq!(mesh.members(1), [id(0, 0), id(1, 0)]);
    let mut feed = mesh.feed(1);
    mesh.shards[1].events();
    let now = mesh.now();
    mesh.shards[0].shard.remove(id(0, 0), now);
    mesh.run(20);
    assert_eq!(mesh.members(1), [id(1, 0)]);
    let got = items(&mut feed);
    assert!(matches!(
        got[..],
        [FeedItem::TrackStarted { .. }, FeedItem::TrackEnded { .. }]
    ));
    let told = mesh.shards[1].events();
    assert!(told.iter().any(
        |event| matches!(event, Event::SlotMap { slots, .. } if slots.iter().all(|(_, who)| who.is_none()))
    ));
    assert!(
        !told
            .iter()
            .any(|event| matches!(event, Event::TrackEnded { .. }))
    );
    let state = &mesh.shards[1].shard.rooms[&RoomId::new("room")];
    assert!(
        state.elsewhere.others.is_empty(),
        "nothing goes there any more"
    );
    assert!(mesh.shards[0].shard.rooms.is_empty());
}

#[test]
fn mutes_cross_also_to_who_comes_later() {
    let mut mesh = Mesh::pair();
    mesh.client(0, FIRST).show(1, KEYFRAME);
    mesh.run(20);
    let now = mesh.now();
    mesh.shards[0]
        .shard
        .set_muted(id(0, 0), Source::Camera, true, now);
    mesh.run(20);
    mesh.client(0, FIRST).show(2, DELTA);
    mesh.run(20);
    assert_eq!(mesh.heard(1, FIRST, "4").len(), 1);
    let room = RoomId::new("room");
    let now = mesh.now();
    mesh.shards[1].shard.close_room(&room, now);
    mesh.run(20);
    mesh.join(1, &Wish::default());
    mesh.run(400);
    let state = &mesh.shards[1].shard.rooms[&room];
    assert_eq!(state.plan.muted(id(0, 0)), [Source::Camera]);
}

#[test]
fn a_feed_gets_every_packet_of_every_shard_once_and_in_time() {
    let mut mesh = Mesh::new(3);
    for shard in 0..2 {
        mesh.join(shard, &Wish::default());
    }
    mesh.run(400);
    mesh.client(0, FIRST).speak(1);
    mesh.run(20);
    // Also where nobody is connected.
    let mut feeds = [mesh.feed(0), mesh.feed(1), mesh.feed(2)];
    mesh.run(20);
    for sequence in 2..=40 {
        for shard in 0..2 {
            let client = mesh.client(shard, FIRST);
            client.speak(sequence);
            client.show(sequence, if sequence == 2 { KEYFRAME } else { DELTA });
            client.show_again(sequence, sequence, DELTA);
        }
        mesh.run(10);
    }
    mesh.run(20);
    for feed in &mut feeds {
        let got = items(feed);
        let mut numbers: std::collections::HashMap<TrackId, Vec<u16>> = Default::default();
        let mut times = Vec::new();
        let mut starts = 0;
        for item in &got {
            times.push(match item {
                FeedItem::TrackStarted { at_us, .. } => {
                    starts += 1;
                    *at_us
                }
                FeedItem::Packet(packet) => {
                    numbers
                        .entry(packet.track)
                        .or_default()
                        .push(packet.sequence);
                    packet.at_us
                }
                FeedItem::TrackEnded { at_us, .. } | FeedItem::Speaking { at_us, .. } => *at_us,
            });
        }
        assert_eq!((starts, numbers.len()), (4, 4));
        assert!(
            numbers
                .values()
                .all(|got| *got == (2..=40).collect::<Vec<_>>()),
            "{numbers:?}"
        );
        assert!(times.is_sorted());
    }
    drop(feeds);
    mesh.run(200);
    assert!(mesh.shards[2].shard.rooms.is_empty());
    let state = &mesh.shards[0].shard.rooms[&RoomId::new("room")];
    assert_eq!(state.elsewhere.others.len(), 1);
}

/// The layers that a publisher was told to send last.
fn wanted(events: &[Event]) -> Option<Vec<String>> {
    let mut wanted = events.iter().filter_map(|event| match event {
        Event::LayersWanted { layers, .. } => Some(layers.clone()),
        _ => None,
    });
    wanted.next_back()
}

#[test]
fn layers_are_wanted_by_all_shards_together_and_switched_across() {
    let mut mesh = Mesh::new(2);
    let layered = Wish {
        layers: true,
        ..Wish::default()
    };
    mesh.join(0, &layered);
    mesh.join(0, &Wish::default());
    mesh.join(1, &Wish::default());
    mesh.run(400);
    let view = |mesh: &mut Mesh, shard: usize, place: usize, lines: u16| {
        let network = &mut mesh.shards[shard];
        let peer = network.shard.peers.get_mut(&id(shard, place)).unwrap();
        peer.view(&[
            ("4".to_owned(), lines),
            ("2".to_owned(), lines),
            ("3".to_owned(), lines),
        ]);
    };
    view(&mut mesh, 0, 1, 90);
    let mut next = 1;
    let mut send = |mesh: &mut Mesh, ms: u64| {
        for _ in 0..ms / 50 {
            for layer in 0..3 {
                let payload = if next % 10 == 1 { KEYFRAME } else { DELTA };
                mesh.client(0, FIRST)
                    .show_layer(layer, next, &[payload, &[layer]].concat());
            }
            next += 1;
            mesh.run(45);
        }
    };
    send(&mut mesh, 3_000);
    assert_eq!(
        wanted(&mesh.shards[0].events()).unwrap(),
        ["q", "f"],
        "small here, large there"
    );
    let last = |mesh: &Mesh| mesh.heard(1, FIRST, "4").last().unwrap().1.last().copied();
    assert_eq!(last(&mesh), Some(2));
    view(&mut mesh, 1, FIRST, 90);
    send(&mut mesh, 3_000);
    assert_eq!(wanted(&mesh.shards[0].events()).unwrap(), ["q"]);
    assert_eq!(last(&mesh), Some(0));
    assert_eq!(wanted(&mesh.shards[1].events()), None);
}

#[test]
fn a_full_ring_drops_pictures_counts_them_and_asks_for_a_keyframe_when_it_has_room() {
    let mut mesh = Mesh::pair();
    mesh.client(0, FIRST).show(1, KEYFRAME);
    mesh.run(600);
    mesh.plis(0, FIRST, FACE_SSRC);
    mesh.client(0, FIRST).show(2, DELTA);
    fill(&mut mesh, (0, 1), MEDIA);
    mesh.client(0, FIRST).show(3, DELTA);
    mesh.shards[0].step();
    assert_eq!(mesh.dropped(0), 2, "both waited in the network until now");
    assert_eq!(mesh.plis(0, FIRST, FACE_SSRC), 0, "it would be lost, too");
    mesh.run(100);
    assert_eq!(mesh.plis(0, FIRST, FACE_SSRC), 1);
    mesh.client(0, FIRST).show(4, KEYFRAME);
    mesh.run(20);
    let faces = mesh.heard(1, FIRST, "4");
    assert_eq!(faces.len(), 2);
    assert_eq!(faces[1].1, KEYFRAME);
    assert_eq!(mesh.members(1).len(), 2);
}

#[test]
fn a_torn_ring_is_mended_by_telling_everything_anew() {
    // With the room empty for a moment, or not.
    for emptied in [false, true] {
        let mut mesh = Mesh::pair();
        mesh.client(0, FIRST).show(1, KEYFRAME);
        mesh.run(50);
        fill(&mut mesh, (0, 1), RING);
        let now = mesh.now();
        mesh.shards[0]
            .shard
            .set_muted(id(0, 0), Source::Microphone, true, now);
        let outlet = mesh.shards[0].shard.across.outlets[1].as_ref();
        assert!(outlet.unwrap().torn);
        // All of this is lost: the first left, another came, a voice began.
        let network = &mut mesh.shards[0];
        if emptied {
            network.shard.remove(id(0, 0), now);
            assert!(network.shard.rooms.is_empty());
        }
        let place = network.client();
        let offer = network.clients[place].offer(&Wish::default());
        network.join_with(place, 2, &offer, true, true).unwrap();
        network.begin(place);
        for _ in 0..10 {
            network.step();
            network.now += Duration::from_millis(5);
        }
        network.clients[place].speak(1);
        network.step();
        let now = network.now;
        network.shard.remove(id(0, 0), now);
        mesh.shards[1].now = now;
        assert_eq!(mesh.members(1), [id(0, 0), id(1, 0)]);
        mesh.run(50);
        for shard in 0..2 {
            assert_eq!(mesh.members(shard), [id(0, 1), id(1, 0)]);
        }
        mesh.client(0, place).speak(2);
        mesh.client(1, FIRST).speak(1);
        mesh.run(50);
        assert_eq!(mesh.heard(1, FIRST, "2").len(), 1);
        assert_eq!(mesh.heard(0, place, "2").len(), 1);
        assert!(mesh.dropped(0) > 1);
    }
}

#[test]
fn a_shard_that_ends_takes_only_its_own_participants_along() {
    let mut mesh = Mesh::new(3);
    for shard in 0..3 {
        mesh.join(shard, &Wish::default());
    }
    mesh.run(400);
    for shard in 0..3 {
        mesh.client(shard, FIRST).speak(1);
    }
    mesh.run(20);
    let Network {
        shard,
        events: mut told,
        ..
    } = mesh.shards.remove(1);
    let fault = std::thread::spawn(move || {
        let _shard = shard;
        panic!("a fault of this shard alone");
    });
    assert!(fault.join().is_err());
    let told: Vec<_> = std::iter::from_fn(|| told.try_recv().ok()).collect();
    assert!(
        matches!(told.last(), Some(Event::Gone { participant, .. }) if *participant == id(1, 0))
    );
    mesh.run(50);
    for network in &mesh.shards {
        let state = &network.shard.rooms[&RoomId::new("room")];
        let mut left: Vec<_> = state.plan.participants().collect();
        left.sort();
        assert_eq!(left, [id(0, 0), id(2, 0)]);
        assert_eq!(state.elsewhere.others.len(), 1);
    }
    mesh.client(0, FIRST).speak(2);
    mesh.run(20);
    assert_eq!(
        mesh.heard(1, FIRST, "2").len(),
        2,
        "the third shard, now in second place"
    );
}

#[test]
fn the_oldest_shard_speaks_for_the_room_and_the_next_takes_over() {
    let mut mesh = Mesh::new(2);
    mesh.join(1, &Wish::default());
    mesh.run(50);
    mesh.join(0, &Wish::default());
    mesh.run(400);
    for sequence in 1..40 {
        mesh.client(0, FIRST).speak(sequence);
        mesh.run(15);
    }
    assert!(mesh.shards[1].events().iter().any(is_speaking));
    assert!(!mesh.shards[0].events().iter().any(is_speaking));
    let now = mesh.now();
    mesh.shards[1].shard.remove(id(1, 0), now);
    mesh.run(10);
    let told = mesh.shards[0].events();
    let told = told.iter().find(|event| is_speaking(event));
    assert!(matches!(told, Some(Event::Speaking { speakers, .. }) if *speakers == [id(0, 0)]));
}

#[test]
fn somebody_who_moves_to_another_shard_is_there_once() {
    let mut mesh = Mesh::new(3);
    for shard in 0..3 {
        mesh.join(shard, &Wish::default());
    }
    mesh.run(400);
    mesh.client(0, FIRST).speak(1);
    mesh.run(20);
    // They leave the first shard and join the second before anybody else has heard of it.
    let now = mesh.now();
    mesh.shards[0].shard.remove(id(0, 0), now);
    let network = &mut mesh.shards[1];
    let place = network.client();
    let offer = network.clients[place].offer(&Wish::default());
    network
        .join_with(place, id(0, 0).0, &offer, true, true)
        .unwrap();
    network.begin(place);
    network.shard.settle_across(now);
    mesh.shards[2].shard.take_messages(now);
    mesh.run(100);
    for shard in 1..3 {
        assert_eq!(mesh.members(shard), [id(0, 0), id(1, 0), id(2, 0)]);
    }
    mesh.client(1, place).speak(7);
    mesh.run(20);
    assert_eq!(mesh.heard(2, FIRST, "2").len(), 2);
    assert_eq!(mesh.heard(1, FIRST, "2").len(), 2);
}

#[test]
fn what_is_not_about_its_own_participants_is_not_believed() {
    let mut mesh = Mesh::new(3);
    for shard in 0..3 {
        mesh.join(shard, &Wish::default());
    }
    mesh.run(400);
    mesh.client(0, FIRST).speak(1);
    mesh.run(20);
    let room = RoomId::new("room");
    let track = {
        let state = &mesh.shards[1].shard.rooms[&room];
        state.elsewhere.remotes[&id(0, 0)].tracks[0].track
    };
    let (participant, layers) = (id(0, 0), Layers::default());
    let lies = [
        Message::Left {
            room: room.clone(),
            participant,
        },
        Message::Muted {
            room: room.clone(),
            participant,
            source: Source::Microphone,
            muted: true,
        },
        Message::Track {
            room: room.clone(),
            participant,
            change: crate::transport::reception::TrackChange::Ended(track),
            layers,
        },
        // And about somebody who is connected to the shard itself.
        Message::Joined {
            room: room.clone(),
            participant: id(1, 0),
        },
        Message::Left {
            room: room.clone(),
            participant: id(1, 0),
        },
    ];
    for lie in lies {
        mesh.shards[2].shard.across.put(1, lie);
    }
    mesh.run(20);
    mesh.client(0, FIRST).speak(2);
    mesh.run(20);
    assert_eq!(mesh.members(1), [id(0, 0), id(1, 0), id(2, 0)]);
    assert_eq!(mesh.heard(1, FIRST, "2").len(), 2);
}
