//! Processes that are killed, disks that are full, files that are changed.

use std::fs;
use std::sync::Arc;

use recorder::manifest::{State, Track};
use recorder::{Manifest, RecorderEvent, verify};
use sfu::feed::FeedSender;
use sfu::{Codec, TrackId};

use crate::probe::{decode, probe};
use crate::rig::Rig;
use crate::source::{AUDIO, Live, VIDEO, encoded, send, started};

/// A face and a voice in real time; keyframes come only when they are asked for.
struct Talk {
    face: Live,
    voice: Live,
}

impl Talk {
    fn record(rig: &Rig, id: &str) -> Self {
        let (sender, feed) = sfu::feed::feed();
        let sender = Arc::new(sender);
        sender.send(started(1, 7, Codec::Vp8));
        sender.send(started(2, 7, Codec::Opus));
        let face = Live::start(VIDEO, 1, sender.clone());
        let asked = face.clone();
        rig.recorder.record(
            id,
            feed,
            Box::new(move |track| {
                assert_eq!(track, TrackId(1));
                asked.keyframe();
            }),
        );
        let voice = Live::start(AUDIO, 2, sender);
        Self { face, voice }
    }

    fn stop(&self) {
        self.face.stop();
        self.voice.stop();
    }
}

/// The longest time, in seconds, in which a track has nothing: between its frames, and between its pieces.
fn longest_hole(rig: &Rig, id: &str, track: &Track) -> f64 {
    let mut times = Vec::new();
    for piece in &track.pieces {
        let seen = probe(&rig.file(id, &piece.file));
        assert!(seen.first_is_key && seen.duration.is_some());
        times.extend(seen.times.iter().map(|t| t + piece.start_us as f64 / 1e6));
        let (complaints, frames) = decode(&rig.file(id, &piece.file));
        assert_eq!(complaints, "");
        assert_eq!(frames, seen.times.len());
    }
    assert!(times.is_sorted(), "{track:?}");
    times
        .windows(2)
        .map(|pair| pair[1] - pair[0])
        .fold(0.0, f64::max)
}

/// In seconds since the recording began: when the track's last frame is.
fn end(track: &Track) -> f64 {
    let last = track.pieces.last().unwrap();
    (last.start_us + last.duration_us) as f64 / 1e6
}

fn track(manifest: &Manifest, id: u64) -> &Track {
    manifest.tracks.iter().find(|t| t.track == id).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_recorder_loses_less_than_a_second() {
    let folder = tempfile::tempdir().unwrap();
    let mut rig = Rig::start(folder.path());
    let mut talk = Talk::record(&rig, "killed");
    rig.started().await;
    for _ in 0..2 {
        talk.voice.packets(100).await;
        rig.kill();
        talk.voice.packets(50).await;
        while !rig.recorder.ready() {
            talk.voice.packets(5).await;
        }
    }
    talk.voice.packets(100).await;
    rig.recorder.stop("killed");
    let manifest = rig.finished().await;
    talk.stop();
    let (face, voice) = (track(&manifest, 1), track(&manifest, 2));
    assert_eq!(
        (face.pieces.len(), voice.pieces.len()),
        (3, 3),
        "{manifest:?}"
    );
    let (picture, sound) = (
        longest_hole(&rig, "killed", face),
        longest_hole(&rig, "killed", voice),
    );
    println!("holes after two kills: picture {picture:.3} s, sound {sound:.3} s");
    assert!(picture < 1.0 && sound < 1.0);
    assert_eq!(
        verify(&rig.media(), &mut |_, _| {}).unwrap().faults,
        [""; 0]
    );
    rig.recorder.shutdown().await;
}

#[test]
fn a_server_that_is_killed_with_its_recorder_leaves_a_replay() {
    let folder = tempfile::tempdir().unwrap();
    let server = tokio::runtime::Runtime::new().unwrap();
    let (talk, last_us) = server.block_on(async {
        let mut rig = Rig::start(folder.path());
        let mut talk = Talk::record(&rig, "both");
        rig.started().await;
        talk.voice.packets(150).await;
        rig.kill();
        let last_us = talk.voice.last_us();
        // Its death is not seen any more: the server is gone, too.
        std::mem::forget(rig);
        (talk, last_us)
    });
    server.shutdown_background();
    talk.stop();
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let mut rig = Rig::start(folder.path());
        let manifest = rig.finished().await;
        assert_eq!(manifest.state, State::Finished);
        let until = (last_us - manifest.started_us) as f64 / 1e6;
        for id in [1, 2] {
            let track = track(&manifest, id);
            assert!(longest_hole(&rig, "both", track) < 0.2);
            let lost = until - end(track);
            println!("track {id}: {lost:.3} s lost of {until:.3} s");
            assert!(lost < 1.0);
        }
        rig.recorder.shutdown().await;
        assert!(!rig.recorder.ready());
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_ends_the_recording_and_keeps_what_is_there() {
    let video = encoded(VIDEO, 900);
    let folder = tempfile::tempdir().unwrap();
    // No file may be longer than 256 KiB.
    let setup = "trap '' XFSZ; ulimit -f 512;";
    let mut rig = Rig::start_with(folder.path(), setup);
    let (sender, feed) = sfu::feed::feed();
    rig.recorder.record("full", feed, Box::new(|_| {}));
    feed_all(&sender, &video).await;
    rig.started().await;
    let event = rig.event().await;
    let RecorderEvent::Failed { reason, .. } = event else {
        panic!("{event:?}");
    };
    assert_eq!(reason, "disk_full");
    let manifest = rig.finished().await;
    let piece = &manifest.tracks[0].pieces[0];
    let seen = probe(&rig.file("full", &piece.file));
    assert!(seen.times.len() > 100, "{}", seen.times.len());
    assert_eq!(
        verify(&rig.media(), &mut |_, _| {}).unwrap().faults,
        [""; 0]
    );
    rig.recorder.shutdown().await;
}

async fn feed_all(sender: &FeedSender, video: &[crate::source::Rtp]) {
    send(sender, started(1, 1, Codec::Vp8)).await;
    for packet in video {
        let ticks = packet.timestamp.wrapping_sub(video[0].timestamp);
        let at_us = 1_000_000_000 + u64::from(ticks) * 1000 / 90;
        send(sender, packet.item(1, at_us)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn changed_missing_and_unknown_files_are_found() {
    let video = encoded(VIDEO, 30);
    let folder = tempfile::tempdir().unwrap();
    let mut rig = Rig::start(folder.path());
    for id in ["a", "b", "c"] {
        let (sender, feed) = sfu::feed::feed();
        rig.recorder.record(id, feed, Box::new(|_| {}));
        feed_all(&sender, &video).await;
        drop(sender);
        rig.started().await;
        rig.finished().await;
    }
    let changed = rig.file("a", "1-0.webm");
    let mut bytes = fs::read(&changed).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&changed, bytes).unwrap();
    fs::remove_file(rig.file("b", "1-0.webm")).unwrap();
    fs::write(rig.file("c", "9-9.webm"), "x").unwrap();
    let mut seen = (0, 0);
    let report = verify(&rig.media(), &mut |done, total| seen = (done, total)).unwrap();
    let faults = [
        "a/1-0.webm: changed",
        "b/1-0.webm: missing",
        "c/9-9.webm: not in the manifest",
    ];
    assert_eq!(report.faults, faults);
    assert_eq!((report.recordings, report.pieces_ok), (3, 1));
    assert!(
        seen.0 > 0 && seen.1 > seen.0,
        "one file is missing: {seen:?}"
    );
    rig.recorder.shutdown().await;
}

/// Half a minute goes by in no time: the clock is the test's.
#[tokio::test(start_paused = true)]
async fn a_recorder_that_cannot_be_started_fails_the_recording_and_not_the_call() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = crate::rig::config(folder.path(), "");
    config.command = vec!["/nonexistent".into()];
    let (recorder, mut events) = recorder::Recorder::start(config).unwrap();
    let (sender, feed) = sfu::feed::feed();
    recorder.record("r", feed, Box::new(|_| {}));
    assert!(sender.send(started(1, 1, Codec::Vp8)));
    let failed = RecorderEvent::Failed {
        recording: "r".into(),
        reason: "recorder_unavailable",
    };
    assert_eq!(events.recv().await, Some(failed));
    assert!(!recorder.ready());
    recorder.shutdown().await;
    assert_eq!(events.recv().await, None);
}
