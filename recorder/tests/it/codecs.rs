//! Codecs beside VP8 and Opus; codecs that change; pictures whose packets are lost.

use std::process::Command;

use bytes::Bytes;
use sfu::Codec;

use crate::probe::{decode, probe};
use crate::rig::Rig;
use crate::source::{Rtp, VIDEO, VP9, encoded, send, started};

/// Records one track and gives its only piece's name.
async fn record(rig: &mut Rig, id: &str, codec: Codec, packets: &[Rtp]) -> String {
    let (sender, feed) = sfu::feed::feed();
    rig.recorder.record(id, feed, Box::new(|_| {}));
    send(&sender, started(1, 1, codec)).await;
    for packet in packets {
        let ticks = packet.timestamp.wrapping_sub(packets[0].timestamp);
        let at_us = 1_000_000_000 + u64::from(ticks) * 1000 / 90;
        send(&sender, packet.item(1, at_us)).await;
    }
    drop(sender);
    rig.started().await;
    let manifest = rig.finished().await;
    assert_eq!(manifest.tracks[0].pieces.len(), 1, "{manifest:?}");
    manifest.tracks[0].pieces[0].file.clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn vp9_is_replayed() {
    let folder = tempfile::tempdir().unwrap();
    let mut rig = Rig::start(folder.path());
    let file = record(&mut rig, "vp9", Codec::Vp9, &encoded(VP9, 90)).await;
    let seen = probe(&rig.file("vp9", &file));
    assert_eq!((seen.codec.as_str(), seen.width), ("vp9", 320));
    assert_eq!(decode(&rig.file("vp9", &file)), (String::new(), 90));
    rig.recorder.shutdown().await;
}

/// What ffmpeg's encoder makes of a test picture, as one stream of bytes.
fn ffmpeg(arguments: &[&str]) -> Vec<u8> {
    let output = Command::new("ffmpeg")
        .args(["-v", "error", "-f", "lavfi", "-i"])
        .args(["testsrc2=size=320x240:rate=30", "-frames:v", "60"])
        .args(["-pix_fmt", "yuv420p", "-g", "30", "-bf", "0"])
        .args(arguments)
        .arg("-")
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    output.stdout
}

/// Numbers and times payloads: one inner list per picture, 30 pictures a second.
fn packets(pictures: Vec<Vec<Vec<u8>>>) -> Vec<Rtp> {
    let mut packets = Vec::new();
    for (index, picture) in pictures.into_iter().enumerate() {
        let count = picture.len();
        for (part, payload) in picture.into_iter().enumerate() {
            packets.push(Rtp {
                sequence: packets.len() as u16,
                timestamp: index as u32 * 3000,
                marker: part + 1 == count,
                payload: Bytes::from(payload),
            });
        }
    }
    packets
}

/// RFC 6184: parameter sets aggregated, what is long in fragments, the rest as it is.
fn h264(stream: &[u8]) -> Vec<Rtp> {
    let mut starts: Vec<usize> = stream
        .windows(3)
        .enumerate()
        .filter(|(_, bytes)| *bytes == [0, 0, 1])
        .map(|(at, _)| at + 3)
        .collect();
    starts.push(stream.len() + 3);
    let mut pictures: Vec<Vec<Vec<u8>>> = Vec::new();
    for pair in starts.windows(2) {
        let mut unit = &stream[pair[0]..pair[1] - 3];
        while let [rest @ .., 0] = unit {
            unit = rest;
        }
        let kind = unit[0] & 31;
        if kind == 9 {
            pictures.push(Vec::new());
            continue;
        }
        let picture = pictures.last_mut().unwrap();
        if kind == 7 {
            picture.push(vec![0x78]);
        }
        if kind == 7 || kind == 8 {
            let sets = picture.last_mut().unwrap();
            sets.extend((unit.len() as u16).to_be_bytes());
            sets.extend(unit);
        } else if unit.len() <= 1000 {
            picture.push(unit.to_vec());
        } else {
            let count = unit[1..].chunks(1000).count();
            for (index, part) in unit[1..].chunks(1000).enumerate() {
                let begin = u8::from(index == 0) << 7;
                let end = u8::from(index + 1 == count) << 6;
                picture.push([&[unit[0] & 0xe0 | 28, begin | end | kind], part].concat());
            }
        }
    }
    packets(pictures)
}

/// The AV1 RTP specification: one OBU, or a part of one, in each packet.
fn av1(ivf: &[u8]) -> Vec<Rtp> {
    let mut pictures = Vec::new();
    let mut rest = &ivf[32..];
    while !rest.is_empty() {
        let length = u32::from_le_bytes(*rest.first_chunk().unwrap()) as usize;
        let (mut unit, after) = rest[12..].split_at(length);
        rest = after;
        let mut picture = Vec::new();
        while !unit.is_empty() {
            let header = unit[0];
            assert_eq!(header & 6, 2, "a size, no extension");
            let (mut size, mut at) = (0, 1);
            loop {
                size |= usize::from(unit[at] & 127) << (7 * (at - 1));
                at += 1;
                if unit[at - 1] < 128 {
                    break;
                }
            }
            let obu = [&[header & !2], &unit[at..at + size]].concat();
            unit = &unit[at + size..];
            if header >> 3 == 2 {
                continue;
            }
            let count = obu.chunks(1000).count();
            for (index, part) in obu.chunks(1000).enumerate() {
                let goes_on = u8::from(index > 0) << 7 | u8::from(index + 1 < count) << 6;
                picture.push([&[goes_on | 0x10], part].concat());
            }
        }
        pictures.push(picture);
    }
    packets(pictures)
}

#[tokio::test(flavor = "multi_thread")]
async fn h264_is_replayed() {
    let stream = ffmpeg(&[
        "-c:v",
        "libx264",
        "-profile:v",
        "baseline",
        "-x264-params",
        "aud=1:sliced-threads=0",
        "-f",
        "h264",
    ]);
    let folder = tempfile::tempdir().unwrap();
    let mut rig = Rig::start(folder.path());
    let file = record(&mut rig, "h264", Codec::H264, &h264(&stream)).await;
    assert!(file.ends_with(".mkv"));
    let seen = probe(&rig.file("h264", &file));
    assert_eq!((seen.codec.as_str(), seen.width), ("h264", 320));
    assert!((seen.duration.unwrap() - 2.0).abs() < 0.1, "{seen:?}");
    assert_eq!(decode(&rig.file("h264", &file)), (String::new(), 60));
    rig.recorder.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn av1_is_replayed() {
    let stream = ffmpeg(&[
        "-c:v",
        "libaom-av1",
        "-usage",
        "realtime",
        "-cpu-used",
        "8",
        "-b:v",
        "200k",
        "-f",
        "ivf",
    ]);
    let folder = tempfile::tempdir().unwrap();
    let mut rig = Rig::start(folder.path());
    let file = record(&mut rig, "av1", Codec::Av1, &av1(&stream)).await;
    let seen = probe(&rig.file("av1", &file));
    assert_eq!((seen.codec.as_str(), seen.width), ("av1", 320));
    assert!((seen.duration.unwrap() - 2.0).abs() < 0.1, "{seen:?}");
    assert_eq!(decode(&rig.file("av1", &file)), (String::new(), 60));
    rig.recorder.shutdown().await;
}

/// Keyframes come every 30 frames here, whoever asks.
#[tokio::test(flavor = "multi_thread")]
async fn a_picture_with_losses_goes_on_at_the_next_keyframe() {
    let mut packets = encoded(VIDEO, 120);
    let at = |packets: &[Rtp], frame: usize| {
        let first = packets[0].timestamp;
        let ticks = frame as u32 * 3000;
        packets
            .iter()
            .position(|p| p.timestamp.wrapping_sub(first) >= ticks)
            .unwrap()
    };
    packets.remove(at(&packets, 75));
    packets.drain(..at(&packets, 1));
    let folder = tempfile::tempdir().unwrap();
    let mut rig = Rig::start(folder.path());
    let file = record(&mut rig, "lossy", Codec::Vp8, &packets).await;
    let seen = probe(&rig.file("lossy", &file));
    // Frames 30 to 74, and 90 to 119.
    assert_eq!(seen.times.len(), 45 + 30);
    assert!(
        (seen.longest_pause() - 16.0 / 30.0).abs() < 0.01,
        "{seen:?}"
    );
    assert_eq!(decode(&rig.file("lossy", &file)), (String::new(), 75));
    rig.recorder.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_codec_that_changes_begins_another_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut rig = Rig::start(folder.path());
    let (sender, feed) = sfu::feed::feed();
    rig.recorder.record("both", feed, Box::new(|_| {}));
    let mut base = 1_000_000_000;
    for (codec, packets) in [
        (Codec::Vp8, encoded(VIDEO, 30)),
        (Codec::Vp9, encoded(VP9, 30)),
    ] {
        send(&sender, started(1, 1, codec)).await;
        for packet in &packets {
            let ticks = packet.timestamp.wrapping_sub(packets[0].timestamp);
            let at_us = base + u64::from(ticks) * 1000 / 90;
            send(&sender, packet.item(1, at_us)).await;
        }
        base += 1_000_000;
    }
    drop(sender);
    rig.started().await;
    let manifest = rig.finished().await;
    let files: Vec<_> = (manifest.tracks.iter())
        .map(|track| {
            (
                track.codec,
                track.pieces[0].file.as_str(),
                track.pieces[0].start_us,
            )
        })
        .collect();
    assert_eq!(
        files,
        [
            (Codec::Vp8, "1-0.webm", 0),
            (Codec::Vp9, "1-1.webm", 1_000_000)
        ]
    );
    for (_, file, _) in files {
        assert_eq!(decode(&rig.file("both", file)), (String::new(), 30));
    }
    rig.recorder.shutdown().await;
}
