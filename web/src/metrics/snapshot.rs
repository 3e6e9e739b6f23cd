//! What the media plane, the call door and the recorder have counted, asked for anew for each reading.

use std::collections::BTreeMap;
use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, MetricEncoder};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use signaling::ErrorCode;

use super::shards::QUEUES;
use crate::state::AppState;

/// One reading.
#[derive(Debug)]
pub(super) struct Snapshot {
    /// `None`: the media plane does not answer.
    media: Option<sfu::Stats>,
    shards: Vec<sfu::ShardReport>,
    call_rooms: usize,
    call_seats: usize,
    call_refused: BTreeMap<ErrorCode, u64>,
    /// `None`: recording is turned off.
    recorder_ready: Option<bool>,
    memory_bytes: Option<u64>,
}

impl Snapshot {
    /// Asks everyone.
    pub(super) async fn take(state: &AppState) -> Self {
        let rooms = state.signaling.rooms().await;
        Self {
            media: state.sfu.stats().await.ok(),
            shards: state.sfu.report().await.unwrap_or_default(),
            call_rooms: rooms.len(),
            call_seats: rooms.iter().map(|(_, seats)| seats).sum(),
            call_refused: state.signaling.refused(),
            recorder_ready: state.recorder.as_ref().map(recorder::Recorder::ready),
            memory_bytes: resident_bytes(),
        }
    }
}

impl Collector for Snapshot {
    fn encode(&self, encoder: DescriptorEncoder) -> fmt::Result {
        let mut page = Page(encoder);
        let mut build = page.family("build_info", "The version that runs", MetricType::Gauge)?;
        let version = [("version", env!("CARGO_PKG_VERSION"))];
        ConstGauge::new(1u64).encode(build.encode_family(&version)?)?;
        if let Some(bytes) = self.memory_bytes {
            page.gauge("memory_bytes", "Resident memory of the server", bytes)?;
        }
        page.gauge(
            "sfu_up",
            "Whether the media plane answers",
            u64::from(self.media.is_some()),
        )?;
        if let Some(stats) = &self.media {
            page.media(stats)?;
            page.shards(&self.shards)?;
        }
        page.gauge(
            "call_rooms",
            "Rooms with a seat taken",
            self.call_rooms as u64,
        )?;
        page.gauge("call_seats", "Seats taken", self.call_seats as u64)?;
        let refused = self.call_refused.iter();
        let refused: Vec<_> = refused
            .map(|(code, count)| (code_name(*code), *count))
            .collect();
        let refused: Vec<_> = refused.iter().map(|(c, n)| (c.as_str(), *n)).collect();
        page.counters(
            "call_refused",
            "Refusals of the call's socket",
            "code",
            &refused,
        )?;
        if let Some(ready) = self.recorder_ready {
            page.gauge(
                "recorder_ready",
                "Whether the recorder process answers",
                u64::from(ready),
            )?;
        }
        Ok(())
    }
}

/// Where metrics are written, one family after the other.
pub(super) struct Page<'a>(DescriptorEncoder<'a>);

impl Page<'_> {
    fn media(&mut self, stats: &sfu::Stats) -> fmt::Result {
        self.gauge("sfu_rooms", "Rooms of the media plane", stats.rooms as u64)?;
        let participants = stats.participants as u64;
        self.gauge("sfu_participants", "Media connections", participants)?;
        self.counters(
            "sfu_packets",
            "RTP packets accepted, and sent to subscribers for the first time",
            "direction",
            &[("in", stats.packets_in), ("out", stats.packets_out)],
        )?;
        self.counters(
            "sfu_bytes",
            "Bytes of datagrams received and sent",
            "direction",
            &[("in", stats.bytes_in), ("out", stats.bytes_out)],
        )?;
        let plain = [
            (
                "sfu_messages",
                "Messages that the kernel was handed, each of one datagram or more",
                stats.messages_out,
            ),
            (
                "sfu_retransmissions",
                "Packets sent again",
                stats.retransmitted,
            ),
            (
                "sfu_nacks",
                "Packets that subscribers asked for again",
                stats.nacked,
            ),
            (
                "sfu_keyframe_requests",
                "Keyframes that subscribers asked for (PLI, FIR)",
                stats.keyframes_wanted,
            ),
            (
                "sfu_keyframes",
                "Keyframes that publishers sent",
                stats.keyframes_in,
            ),
        ];
        for (name, help, value) in plain {
            self.counter(name, help, value)?;
        }
        let refused = stats
            .refused
            .iter()
            .map(|(reason, count)| (*reason, *count));
        let is_queue = |reason: &str| QUEUES.iter().any(|(name, _)| *name == reason);
        let refused: Vec<_> = refused.filter(|(reason, _)| !is_queue(reason)).collect();
        self.counters(
            "sfu_refused",
            "Datagrams and packets refused",
            "reason",
            &refused,
        )?;
        let dropped = QUEUES.map(|(reason, queue)| {
            (
                queue,
                stats.refused.get(reason).copied().unwrap_or_default(),
            )
        });
        self.counters(
            "sfu_dropped",
            "What a full queue dropped",
            "queue",
            &dropped,
        )
    }

    pub(super) fn gauge(&mut self, name: &str, help: &str, value: u64) -> fmt::Result {
        ConstGauge::new(value).encode(self.family(name, help, MetricType::Gauge)?)
    }

    fn counter(&mut self, name: &str, help: &str, value: u64) -> fmt::Result {
        ConstCounter::new(value).encode(self.family(name, help, MetricType::Counter)?)
    }

    /// One counter for each value of a label.
    fn counters(
        &mut self,
        name: &str,
        help: &str,
        label: &str,
        all: &[(&str, u64)],
    ) -> fmt::Result {
        let mut family = self.family(name, help, MetricType::Counter)?;
        for (of, value) in all {
            let labels = [(label, *of)];
            ConstCounter::new(*value).encode(family.encode_family(&labels)?)?;
        }
        Ok(())
    }

    pub(super) fn family<'s>(
        &'s mut self,
        name: &'s str,
        help: &str,
        kind: MetricType,
    ) -> Result<MetricEncoder<'s>, fmt::Error> {
        self.0.encode_descriptor(name, help, None, kind)
    }
}

/// As the protocol writes it.
fn code_name(code: ErrorCode) -> String {
    let name = serde_json::to_value(code).ok();
    name.and_then(|name| name.as_str().map(str::to_owned))
        .unwrap_or_default()
}

/// Linux only; elsewhere it is not told.
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kb: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kb * 1024)
}
