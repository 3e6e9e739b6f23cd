//! One incoming stream: duplicates refused, losses found, reception measured, the last packets kept.

use std::time::{Duration, Instant};

use super::packet::{Packet, StreamId};
use super::rtcp::{ReportBlock, SenderInfo};
use super::rtp::{AudioLevel, RtpView};
use crate::ids::Codec;

/// How a packet came.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Via {
    /// On its own SSRC.
    Media,
    /// Unwrapped from the retransmission stream.
    Retransmission,
}

/// Why a packet is not forwarded.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// Was here before: browsers replay history as bandwidth probes (rule 1).
    #[error("duplicate")]
    Duplicate,
    /// So old that nobody can say whether it was here before.
    #[error("too old")]
    TooOld,
}

impl Refused {
    /// The stable code under which it is counted.
    pub fn code(self) -> &'static str {
        match self {
            Self::Duplicate => "rtp_duplicate",
            Self::TooOld => "rtp_too_old",
        }
    }
}

/// One incoming stream.
#[derive(Debug)]
pub struct Upstream {
    stream: StreamId,
}

impl Upstream {
    /// A stream of which nothing came yet. `codec` decides the clock and how many packets are kept.
    pub fn new(stream: StreamId, _codec: Codec) -> Self {
        Self { stream }
    }

    /// Its name.
    pub fn stream(&self) -> StreamId {
        self.stream
    }

    /// Takes a packet of this stream: decides whether it is new, measures, notes what is missing, keeps a copy.
    /// `codec` is that of the packet's payload type, `level` its audio-level extension.
    pub fn receive<'a>(
        &mut self,
        _rtp: &RtpView<'a>,
        _codec: Codec,
        _level: Option<AudioLevel>,
        _via: Via,
        _now: Instant,
    ) -> Result<Packet<'a>, Refused> {
        Err(Refused::TooOld)
    }

    /// A packet that was received, as long as it is kept.
    pub fn cached(&self, _index: u64) -> Option<Packet<'_>> {
        None
    }

    /// Appends the sequence numbers to ask for now, ascending, and counts them as asked. `rtt` is that of the sender's path.
    pub fn nacks(&mut self, _now: Instant, _rtt: Duration, _out: &mut Vec<u16>) {}

    /// When to call [`Self::nacks`] next; `None`: nothing is missing.
    pub fn nacks_due_at(&self) -> Option<Instant> {
        None
    }

    /// The sender's clocks.
    pub fn on_sender_report(&mut self, _info: &SenderInfo, _now: Instant) {}

    /// What to report to the sender; `None` before the first packet. Begins a new interval for the fraction lost.
    pub fn report_block(&mut self, _now: Instant) -> Option<ReportBlock> {
        None
    }

    /// Whether a packet came within the last second: only then may a keyframe be asked for (rule 3).
    pub fn is_active(&self, _now: Instant) -> bool {
        false
    }
}
