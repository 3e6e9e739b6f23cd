//! RTP as senders make it: GStreamer's encoders and payloaders, either at once ([`encoded`]) or as time passes ([`Live`]).

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use gstreamer as gst;
use gstreamer::prelude::*;
use sfu::feed::FeedSender;
use sfu::{Codec, FeedItem, FeedPacket, ParticipantId, Source, TrackId};
use tokio::sync::watch;

pub(crate) const VIDEO: &str = "videotestsrc name=src is-live=LIVE num-buffers=COUNT pattern=ball ! video/x-raw,format=I420,width=320,height=240,framerate=30/1 ! \
     vp8enc name=enc deadline=1 cpu-used=16 target-bitrate=150000 keyframe-max-dist=DIST error-resilient=1 ! rtpvp8pay mtu=1200 picture-id-mode=2";
pub(crate) const VP9: &str = "videotestsrc name=src is-live=LIVE num-buffers=COUNT pattern=ball ! video/x-raw,format=I420,width=320,height=240,framerate=30/1 ! \
     vp9enc name=enc deadline=1 cpu-used=8 target-bitrate=150000 keyframe-max-dist=DIST ! rtpvp9pay mtu=1200";
pub(crate) const AUDIO: &str = "audiotestsrc name=src is-live=LIVE num-buffers=COUNT samplesperbuffer=960 ! audio/x-raw,rate=48000,channels=2 ! \
     opusenc name=enc bitrate=24000 ! rtpopuspay";

/// One RTP packet without the parts that a track adds.
#[derive(Clone, Debug)]
pub(crate) struct Rtp {
    pub(crate) sequence: u16,
    pub(crate) timestamp: u32,
    pub(crate) marker: bool,
    pub(crate) payload: Bytes,
}

impl Rtp {
    fn parse(bytes: &[u8]) -> Self {
        assert_eq!(bytes[0], 0x80, "no extension, no CSRC");
        Self {
            sequence: u16::from_be_bytes([bytes[2], bytes[3]]),
            timestamp: u32::from_be_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]),
            marker: bytes[1] & 0x80 != 0,
            payload: Bytes::copy_from_slice(&bytes[12..]),
        }
    }

    pub(crate) fn item(&self, track: u64, at_us: u64) -> FeedItem {
        FeedItem::Packet(FeedPacket {
            track: TrackId(track),
            at_us,
            sequence: self.sequence,
            timestamp: self.timestamp,
            marker: self.marker,
            keyframe: false,
            payload: self.payload.clone(),
        })
    }
}

pub(crate) fn now_us() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_micros() as u64
}

pub(crate) fn started(track: u64, participant: u64, codec: Codec) -> FeedItem {
    FeedItem::TrackStarted {
        track: TrackId(track),
        participant: ParticipantId(participant),
        source: if codec == Codec::Opus {
            Source::Microphone
        } else {
            Source::Camera
        },
        codec,
        at_us: now_us(),
    }
}

/// Hands an item over as soon as there is room for it.
pub(crate) async fn send(feed: &FeedSender, item: FeedItem) {
    while feed.capacity() < 64 {
        tokio::task::yield_now().await;
    }
    assert!(feed.send(item));
}

/// Runs a pipeline as fast as it goes. Video has a keyframe every second.
pub(crate) fn encoded(pipeline: &str, frames: usize) -> Vec<Rtp> {
    let packets = Arc::new(Mutex::new(Vec::new()));
    let taken = packets.clone();
    let text = pipeline
        .replace("LIVE", "false")
        .replace("COUNT", &frames.to_string())
        .replace("DIST", "30");
    let pipeline = run(&text, move |rtp| taken.lock().unwrap().push(rtp));
    let bus = pipeline.bus().unwrap();
    let end = bus.timed_pop_filtered(None, &[gst::MessageType::Eos, gst::MessageType::Error]);
    assert_eq!(end.unwrap().type_(), gst::MessageType::Eos);
    pipeline.set_state(gst::State::Null).unwrap();
    std::mem::take(&mut *packets.lock().unwrap())
}

/// Repeats packets as one unbroken stream; `frame` is the last frame's length in ticks.
pub(crate) fn looped(packets: &[Rtp], times: usize, frame: u32) -> impl Iterator<Item = Rtp> {
    let (first, last) = (packets[0].clone(), packets.last().unwrap().clone());
    let length = last
        .timestamp
        .wrapping_sub(first.timestamp)
        .wrapping_add(frame);
    (0..times).flat_map(move |round| {
        let count = packets.len();
        packets.iter().enumerate().map(move |(index, packet)| Rtp {
            sequence: (round * count + index) as u16,
            timestamp: packet
                .timestamp
                .wrapping_add((round as u32).wrapping_mul(length)),
            ..packet.clone()
        })
    })
}

fn run(pipeline: &str, mut take: impl FnMut(Rtp) + Send + 'static) -> gst::Pipeline {
    gst::init().unwrap();
    let text = format!("{pipeline} ! fakesink name=out sync=false signal-handoffs=true");
    let pipeline = gst::parse::launch(&text).unwrap();
    let pipeline = pipeline.downcast::<gst::Pipeline>().unwrap();
    let take = Mutex::new(move |values: &[gst::glib::Value]| {
        let buffer = values[1].get::<gst::Buffer>().unwrap();
        take(Rtp::parse(&buffer.map_readable().unwrap()));
    });
    pipeline
        .by_name("out")
        .unwrap()
        .connect("handoff", false, move |values| {
            (take.lock().unwrap())(values);
            None
        });
    pipeline.set_state(gst::State::Playing).unwrap();
    pipeline
}

/// A sender in real time, with its encoder: a keyframe comes when it is asked for, and at no other time.
#[derive(Clone)]
pub(crate) struct Live {
    pipeline: gst::Pipeline,
    /// Packets sent so far.
    sent: watch::Receiver<u64>,
    /// Unix µs of the last one.
    last_us: Arc<AtomicU64>,
}

impl Live {
    pub(crate) fn start(text: &str, track: u64, feed: Arc<FeedSender>) -> Self {
        let (count, sent) = watch::channel(0);
        let last_us = Arc::new(AtomicU64::new(0));
        let last = last_us.clone();
        let text = text
            .replace("LIVE", "true")
            .replace("COUNT", "-1")
            .replace("DIST", "100000");
        let pipeline = run(&text, move |rtp| {
            let at_us = now_us();
            if feed.send(rtp.item(track, at_us)) {
                last.store(at_us, Ordering::Relaxed);
                count.send_modify(|count| *count += 1);
            }
        });
        Self {
            pipeline,
            sent,
            last_us,
        }
    }

    pub(crate) async fn packets(&mut self, more: u64) {
        let wanted = *self.sent.borrow() + more;
        self.sent.wait_for(|sent| *sent >= wanted).await.unwrap();
    }

    pub(crate) fn last_us(&self) -> u64 {
        self.last_us.load(Ordering::Relaxed)
    }

    pub(crate) fn keyframe(&self) {
        let structure = gst::Structure::builder("GstForceKeyUnit")
            .field("all-headers", true)
            .build();
        let event = gst::event::CustomUpstream::new(structure);
        let encoder = self.pipeline.by_name("enc").unwrap();
        encoder.static_pad("src").unwrap().send_event(event);
    }

    pub(crate) fn stop(&self) {
        self.pipeline.set_state(gst::State::Null).unwrap();
    }
}
