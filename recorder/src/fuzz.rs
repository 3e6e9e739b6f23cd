//! Bodies of fuzz targets, run by `cargo-fuzz` where there is one and by `proptest` everywhere: whatever comes, nothing panics
//! and what is promised holds.

use std::io::Cursor;

use bytes::{Bytes, BytesMut};
use sfu::{Codec, FeedPacket, TrackId};

use crate::folder;
use crate::process::frame::Assembler;
use crate::process::reorder::{Arrived, Ordered, Reorder};
use crate::process::scan::scan;
use crate::wire::{MAX_FRAME, Message, ToProcess, ToServer, decode, encode};

/// The words between the server and the recorder's process: refused, or the same when written and read again.
pub fn wire(data: &[u8]) {
    read_words::<ToProcess>(data);
    read_words::<ToServer>(data);
}

fn read_words<M: Message + PartialEq + std::fmt::Debug>(data: &[u8]) {
    let mut buffer = BytesMut::from(data);
    while let Ok(Some(word)) = decode::<M>(&mut buffer) {
        let mut again = BytesMut::new();
        encode(&word, &mut again);
        assert!(again.len() <= MAX_FRAME + 4);
        assert_eq!(decode(&mut again), Ok(Some(word)));
    }
}

/// A WebM or Matroska file, cut off anywhere: what is found lies inside of it, and is all that there is when the rest is cut away.
pub fn scanned_file(data: &[u8]) {
    let extent = scan(Cursor::new(data)).expect("memory has no errors");
    let end = usize::try_from(extent.end).expect("no longer than the file");
    let cut = scan(Cursor::new(&data[..end])).expect("memory has no errors");
    assert_eq!(cut, extent);
}

/// The payloads of one track, of the codec that the first byte says, in any order: frames come out whole or not at all.
pub fn frames(data: &[u8]) {
    let Some((first, mut rest)) = data.split_first() else {
        return;
    };
    let codecs = [Codec::Opus, Codec::Vp8, Codec::Vp9, Codec::H264, Codec::Av1];
    let mut assembler = Assembler::new(codecs[usize::from(*first) % codecs.len()]);
    let (mut reorder, mut ordered, mut seq) = (Reorder::default(), Vec::new(), 0);
    while let [how, length, more @ ..] = rest {
        let (payload, after) = more.split_at(usize::from(*length).min(more.len()));
        rest = after;
        seq += 1;
        let packet = FeedPacket {
            track: TrackId(1),
            at_us: seq * 5_000,
            // Now and then one is missing, or comes late.
            sequence: (seq as u16).wrapping_add(u16::from(how >> 5)),
            timestamp: (seq / 3) as u32 * 3_000,
            marker: how & 1 != 0,
            keyframe: how & 2 != 0,
            payload: Bytes::copy_from_slice(payload),
        };
        let now = packet.at_us;
        reorder.push(Arrived { seq, packet }, &mut ordered);
        reorder.expire(now, &mut ordered);
        assemble(&mut assembler, &mut ordered);
    }
    reorder.flush(&mut ordered);
    assemble(&mut assembler, &mut ordered);
}

fn assemble(assembler: &mut Assembler, ordered: &mut Vec<Ordered>) {
    for packet in ordered.drain(..) {
        let outcome = assembler.push(packet);
        assert!(outcome.frames.len() <= 2);
        assert!(outcome.frames.iter().all(|frame| !frame.data.is_empty()));
    }
}

/// A manifest as it is found on disk: it names files of its own folder only, and means the same when written again.
pub fn manifest(data: &[u8]) {
    let Ok(manifest) = folder::read(data) else {
        return;
    };
    let mut pieces = manifest.tracks.iter().flat_map(|track| &track.pieces);
    assert!(pieces.all(|piece| !piece.file.contains(['/', '\0']) && !piece.file.starts_with('.')));
    let again = serde_json::to_vec(&manifest).expect("a manifest has a JSON form");
    assert_eq!(folder::read(&again).ok(), Some(manifest));
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_bytes_are_no_reason_to_panic(data in vec(any::<u8>(), 0..300)) {
            super::wire(&data);
            super::scanned_file(&data);
            super::frames(&data);
            super::manifest(&data);
        }

        #[test]
        fn almost_manifests_are_no_reason_to_panic(file in ".{0,12}", number in "[0-9e.-]{1,22}") {
            let text = format!(
                r#"{{"version":1,"recording":"r","started_us":{number},"duration_us":1,"state":"running","speakers":[],
                "tracks":[{{"track":1,"participant":{number},"source":"camera","codec":"vp8","pieces":[
                {{"file":{file:?},"start_us":0,"duration_us":0,"size_bytes":0,"sha256":""}}]}}]}}"#
            );
            super::manifest(text.as_bytes());
        }
    }
}
