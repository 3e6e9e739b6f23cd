//! What each shard and each room is doing now. A room is named by its id, which names nobody; the rooms of the check
//! count as one; of a shard with very many rooms the fullest are named. There is no label for a person.

use std::collections::BTreeMap;
use std::fmt;

use prometheus_client::encoding::EncodeMetric;
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use sfu::{RoomReport, ShardReport};

use super::snapshot::Page;

/// Counts under which a media plane that drops what does not fit into a queue reports it, and the queue's name.
pub(super) const QUEUES: [(&str, &str); 4] = [
    ("send_dropped", "send"),
    ("ring_dropped", "ring"),
    ("event_dropped", "events"),
    ("tcp_dropped", "tcp"),
];

/// Rooms, or shards, each with its name and all of it together.
type All = [(String, RoomReport)];

/// A number that may be unknown.
type Number = fn(&RoomReport) -> Option<f64>;

/// What is said of a shard's rooms together and of each room: name, help, number. `lost` and `rtt` are those of the worst seat.
const GAUGES: [(&str, &str, Number); 11] = [
    ("connections", "Media connections that work", |r| {
        Some(r.connected as f64)
    }),
    ("received_bits_per_second", "Media that came", |r| {
        Some(r.received.bits as f64)
    }),
    ("sent_bits_per_second", "Media that left", |r| {
        Some(r.sent.bits as f64)
    }),
    ("rtt_seconds", "The longest round trip of a seat", |r| {
        r.worst.rtt_ms.map(|ms| ms as f64 / 1_000.0)
    }),
    (
        "estimate_bits_per_second",
        "What the weakest network of a seat carries",
        |r| r.worst.estimate_bps.map(|bps| bps as f64),
    ),
    (
        "loss_down_ratio",
        "The largest share lost on the way to a seat",
        |r| r.worst.loss_down,
    ),
    (
        "loss_up_ratio",
        "The largest share lost on the way from a seat",
        |r| r.worst.loss_up,
    ),
    ("layers_sent", "Layers of pictures that come", |r| {
        Some(r.layers.sent as f64)
    }),
    (
        "layers_wanted",
        "Layers of pictures that somebody needs",
        |r| Some(r.layers.wanted as f64),
    ),
    (
        "paused_slots",
        "Pictures that a network does not carry",
        |r| Some(r.paused as f64),
    ),
    // No counter: it falls when a stream ends.
    (
        "keyframes_asked",
        "Keyframes that the running streams were asked for since they began",
        |r| Some(r.keyframes_asked as f64),
    ),
];

impl Page<'_> {
    /// Every shard, and every room.
    pub(super) fn shards(&mut self, reports: &[ShardReport]) -> fmt::Result {
        let mut shards: Vec<(String, RoomReport)> = Vec::new();
        let mut rooms: BTreeMap<String, RoomReport> = BTreeMap::new();
        for report in reports {
            let mut all: Option<RoomReport> = None;
            for room in &report.rooms {
                absorb(&mut all, room);
                let mut known = rooms.remove(label(room));
                absorb(&mut known, room);
                rooms.extend(known.map(|known| (label(room).to_owned(), known)));
            }
            shards.extend(all.map(|all| (report.shard.to_string(), all)));
        }
        self.counted(reports)?;
        self.group("sfu_shard", "shard", &shards)?;
        let rooms: Vec<_> = rooms.into_iter().collect();
        self.group("sfu_room", "room", &rooms)
    }

    /// What shards count by themselves.
    fn counted(&mut self, reports: &[ShardReport]) -> fmt::Result {
        let mut family = self.family(
            "sfu_cpu_seconds",
            "CPU time of a shard",
            MetricType::Counter,
        )?;
        for report in reports {
            let labels = [("shard", report.shard.to_string())];
            let cpu_s = report.stats.cpu_us as f64 / 1e6;
            ConstCounter::new(cpu_s).encode(family.encode_family(&labels)?)?;
        }
        let mut family = self.family(
            "sfu_shard_dropped",
            "What a full queue of a shard dropped",
            MetricType::Counter,
        )?;
        for report in reports {
            for (reason, queue) in QUEUES {
                let labels = [("shard", report.shard.to_string()), ("queue", queue.into())];
                let dropped = report.stats.refused.get(reason).copied();
                let dropped = ConstCounter::new(dropped.unwrap_or_default());
                dropped.encode(family.encode_family(&labels)?)?;
            }
        }
        let more: usize = reports.iter().map(|report| report.more_rooms).sum();
        self.gauge(
            "sfu_rooms_not_named",
            "Rooms beyond those that are named here",
            more as u64,
        )
    }

    fn group(&mut self, prefix: &str, label: &str, all: &All) -> fmt::Result {
        for (name, help, number) in GAUGES {
            let name = format!("{prefix}_{name}");
            let mut family = self.family(&name, help, MetricType::Gauge)?;
            for (of, report) in all {
                if let Some(value) = number(report) {
                    let labels = [(label, of.as_str())];
                    ConstGauge::new(value).encode(family.encode_family(&labels)?)?;
                }
            }
        }
        Ok(())
    }
}

/// What a room is called here.
fn label(room: &RoomReport) -> &str {
    let name = &*room.room.0;
    if name.starts_with(crate::check::ROOM_PREFIX) {
        "patikra"
    } else {
        name
    }
}

fn absorb(all: &mut Option<RoomReport>, room: &RoomReport) {
    match all {
        Some(all) => all.absorb(room.clone()),
        None => *all = Some(room.clone()),
    }
}
