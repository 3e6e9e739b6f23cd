//! What was fed is what can be replayed: times, lengths, frames, speakers.

use std::time::Instant;

use recorder::manifest::{State, Track};
use recorder::{Manifest, RecorderEvent, verify};
use sfu::{Codec, FeedItem, ParticipantId, TrackId};

use crate::probe::{decode, probe};
use crate::rig::Rig;
use crate::source::{AUDIO, VIDEO, encoded, looped, now_us, send, started};

/// 20 s of a face and a voice, fed faster than time passes. Packets are swapped, doubled, and one of sound is missing.
#[tokio::test(flavor = "multi_thread")]
async fn a_face_and_a_voice_are_replayed() {
    let (video, audio) = (encoded(VIDEO, 600), encoded(AUDIO, 1000));
    let folder = tempfile::tempdir().unwrap();
    let mut rig = Rig::start(folder.path());
    let (sender, feed) = sfu::feed::feed();
    rig.recorder.record("r-1", feed, Box::new(|_| {}));
    let base = now_us();
    send(&sender, started(1, 7, Codec::Vp8)).await;
    send(&sender, started(2, 7, Codec::Opus)).await;
    let mut items: Vec<(u64, FeedItem)> = Vec::new();
    for (packets, track, rate) in [(&video, 1, 90_000), (&audio, 2, 48_000)] {
        for (index, packet) in packets.iter().enumerate() {
            let ticks = packet.timestamp.wrapping_sub(packets[0].timestamp);
            let jitter = (index as u64 * 7919) % 9000 * u64::from(index > 0);
            let at_us = base + u64::from(ticks) * 1_000_000 / rate + jitter;
            if track == 2 && index == 500 {
                continue;
            }
            items.push((at_us, packet.item(track, at_us)));
            if index % 50 == 3 {
                items.push((at_us + 1, packet.item(track, at_us + 1)));
            }
        }
    }
    items.sort_by_key(|(at_us, _)| *at_us);
    let speaking = |speakers: &[u64], at_us| FeedItem::Speaking {
        speakers: speakers.iter().copied().map(ParticipantId).collect(),
        at_us,
    };
    items.insert(items.len() / 4, (0, speaking(&[7], base + 5_000_000)));
    items.insert(items.len() / 2, (0, speaking(&[], base + 10_000_000)));
    for (_, item) in items {
        send(&sender, item).await;
    }
    rig.started().await;
    for track in [1, 2] {
        let at_us = base + 20_000_000;
        let track = TrackId(track);
        send(&sender, FeedItem::TrackEnded { track, at_us }).await;
    }
    rig.recorder.stop("r-1");
    let manifest = rig.finished().await;

    assert_eq!(manifest.state, State::Finished);
    assert_eq!(manifest.started_us, base);
    assert!((19_900_000..21_000_000).contains(&manifest.duration_us));
    assert_eq!(manifest.speakers.len(), 1);
    assert_eq!(manifest.speakers[0].participant, 7);
    assert_eq!(manifest.speakers[0].start_us, 5_000_000);
    assert_eq!(manifest.speakers[0].end_us, 10_000_000);
    let [face, voice] = &manifest.tracks[..] else {
        panic!("{manifest:?}");
    };
    assert_eq!((face.pieces.len(), voice.pieces.len()), (1, 1));
    assert_eq!(face.pieces[0].start_us, 0);

    let picture = probe(&rig.file("r-1", &face.pieces[0].file));
    assert_eq!((picture.codec.as_str(), picture.width), ("vp8", 320));
    assert_eq!(picture.times.len(), 600);
    assert!(picture.first_is_key && picture.longest_pause() < 0.04);
    assert!(
        (picture.duration.unwrap() - 20.0).abs() < 0.1,
        "{picture:?}"
    );
    let (complaints, frames) = decode(&rig.file("r-1", &face.pieces[0].file));
    assert_eq!((complaints.as_str(), frames), ("", 600));

    let sound = probe(&rig.file("r-1", &voice.pieces[0].file));
    assert_eq!(sound.codec, "opus");
    assert_eq!(
        sound.times.len(),
        audio.len(),
        "the missing packet is filled in"
    );
    assert!(sound.longest_pause() < 0.025, "{}", sound.longest_pause());
    assert!((sound.duration.unwrap() - 20.0).abs() < 0.1);
    assert_eq!(decode(&rig.file("r-1", &voice.pieces[0].file)).0, "");

    let report = verify(&rig.media(), &mut |_, _| {}).unwrap();
    assert_eq!((report.recordings, report.pieces_ok), (1, 2));
    assert_eq!(report.faults, Vec::<String>::new());
    rig.recorder.shutdown().await;
}

/// Ten minutes and a little, two people: pieces are cut at ten minutes, and all is finished long before 10 s are over.
#[tokio::test(flavor = "multi_thread")]
async fn ten_minutes_of_two_people_are_finished_soon() {
    let (video, audio) = (encoded(VIDEO, 300), encoded(AUDIO, 500));
    let folder = tempfile::tempdir().unwrap();
    let mut rig = Rig::start(folder.path());
    let (sender, feed) = sfu::feed::feed();
    rig.recorder.record("r-10", feed, Box::new(|_| {}));
    let base = now_us();
    let (video, audio): (Vec<_>, Vec<_>) = (
        looped(&video, 62, 3000).collect(),
        looped(&audio, 62, 960).collect(),
    );
    let mut items = Vec::new();
    for (packets, track, codec) in [
        (&video, 1, Codec::Vp8),
        (&audio, 2, Codec::Opus),
        (&video, 3, Codec::Vp8),
        (&audio, 4, Codec::Opus),
    ] {
        send(&sender, started(track, track, codec)).await;
        for packet in packets {
            let ticks = packet.timestamp.wrapping_sub(packets[0].timestamp);
            let at_us = base + u64::from(ticks) * 1_000_000 / u64::from(codec.clock_rate());
            items.push((at_us, packet.item(track, at_us)));
        }
    }
    items.sort_by_key(|(at_us, _)| *at_us);
    let mut fed = 0;
    for (index, (_, item)) in items.into_iter().enumerate() {
        if let FeedItem::Packet(packet) = &item {
            fed += packet.payload.len() as u64;
        }
        send(&sender, item).await;
        // A call never is this fast; what waits to be written is bounded.
        while index % 1000 == 0 && fed > rig.written("r-10") + (4 << 20) {
            tokio::task::yield_now().await;
        }
    }
    // The recording goes on until it is stopped, though nobody says anything any more.
    let silent_since = Instant::now();
    rig.started().await;
    // It was fed much faster than time passes. In a call, the first ten minutes were finished long before the end.
    let path = rig.file("r-10", "manifest.json");
    let first_are_finished = || {
        let text = std::fs::read(&path).unwrap();
        let manifest: Manifest = serde_json::from_slice(&text).unwrap();
        let finished =
            |track: &Track| track.pieces.len() == 2 && !track.pieces[0].sha256.is_empty();
        manifest.tracks.len() == 4 && manifest.tracks.iter().all(finished)
    };
    while !first_are_finished() {
        tokio::task::yield_now().await;
    }
    let stopped = Instant::now();
    rig.recorder.stop("r-10");
    let manifest = rig.finished().await;
    let seconds = stopped.elapsed().as_secs_f64();
    let bytes: u64 = manifest
        .tracks
        .iter()
        .flat_map(|t| &t.pieces)
        .map(|p| p.size_bytes)
        .sum();
    println!("finished {seconds:.2} s after the stop, {bytes} bytes");
    assert!(seconds < 10.0);
    let (least, silence) = (619_000_000, silent_since.elapsed().as_micros() as u64);
    let duration_us = manifest.duration_us;
    assert!(
        (least..least + 3_000_000 + silence).contains(&duration_us),
        "{duration_us} µs"
    );
    for track in &manifest.tracks {
        assert_eq!(track.pieces.len(), 2, "{track:?}");
        let start_us = track.pieces[1].start_us;
        assert!((600_000_000..601_500_000).contains(&start_us), "{track:?}");
        let frames: usize = (track.pieces.iter())
            .map(|piece| probe(&rig.file("r-10", &piece.file)).times.len())
            .sum();
        let fed = if track.codec == Codec::Opus {
            audio.len()
        } else {
            18_600
        };
        assert_eq!(frames, fed);
    }
    rig.recorder.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_that_is_no_name_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut rig = Rig::start(folder.path());
    for id in ["../etc", "a/b", "", "."] {
        rig.recorder
            .record(id, sfu::feed::feed().1, Box::new(|_| {}));
        let RecorderEvent::Failed { reason, .. } = rig.event().await else {
            panic!("refused");
        };
        assert_eq!(reason, "bad_id");
    }
    rig.recorder.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_without_a_packet_is_finished_too() {
    let folder = tempfile::tempdir().unwrap();
    let mut rig = Rig::start(folder.path());
    let (sender, feed) = sfu::feed::feed();
    rig.recorder.record("silence", feed, Box::new(|_| {}));
    drop(sender);
    let manifest = rig.finished().await;
    assert_eq!((manifest.tracks.len(), manifest.duration_us), (0, 0));
    rig.recorder.shutdown().await;
}
