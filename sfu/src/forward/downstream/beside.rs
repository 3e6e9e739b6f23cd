//! What a slot sends and learns beside its media: padding as a probe, clocks, round trips.

use std::time::{Duration, Instant};

use super::{Downstream, Written};
use crate::forward::packet::StreamId;
use crate::forward::rtcp::{ReportBlock, SenderInfo};
use crate::forward::rtp::{Header, write_header};

impl Downstream {
    /// Whether [`Self::pad`] writes anything: a picture was shown, and there is a stream for retransmissions.
    pub fn can_pad(&self) -> bool {
        self.last.is_some() && self.config.payload_types.rtx().is_some()
    }

    /// Appends a packet of padding alone, of at most so many bytes, as a probe on the retransmission stream; `None` where
    /// there is none, or nothing was ever shown.
    pub fn pad(&mut self, bytes: usize, out: &mut Vec<u8>) -> Option<Written> {
        let last = self.last?;
        let payload_type = self.config.payload_types.rtx()?;
        let index = self.next_rtx;
        self.next_rtx += 1;
        let header = Header {
            marker: false,
            payload_type,
            sequence: index as u16,
            timestamp: last.timestamp,
            ssrc: self.config.rtx_ssrc,
        };
        let start = out.len();
        let number = self.transport_sequence.to_be_bytes();
        let id = self.config.extensions.transport_cc.unwrap_or(0);
        let header_len = write_header(out, &header, &[(id, &number)]);
        // RFC 3550 section 5.1: the last byte counts the padding, itself included.
        out[start] |= 0x20;
        let padding = bytes.saturating_sub(header_len).clamp(1, 255);
        out.resize(out.len() + padding - 1, 0);
        out.push(padding as u8);
        Some(Written {
            ssrc: self.config.rtx_ssrc,
            index,
            header_len,
            len: out.len() - start,
            switched: false,
        })
    }

    /// A sender report of `stream` as this slot sends it on; `None` unless the slot shows that stream. Write it with
    /// [`super::rtcp_write::sender_report`] and this slot's SSRC. The NTP time stays the publisher's, so that its face and its
    /// voice keep a common clock (rule 8).
    pub fn sender_report(
        &mut self,
        stream: StreamId,
        info: &SenderInfo,
        now: Instant,
    ) -> Option<SenderInfo> {
        let splice = self
            .splices
            .newest()
            .filter(|splice| self.current == Some(stream) && splice.stream == stream)?;
        self.round_trip.sent(info.ntp, now);
        Some(SenderInfo {
            ntp: info.ntp,
            rtp: info.rtp.wrapping_add(splice.timestamp_shift),
            packets: self.packets,
            octets: self.octets,
        })
    }

    /// The receiver's report about this slot: gives the round trip time. Reports about other SSRCs are ignored.
    pub fn on_report_block(&mut self, block: &ReportBlock, now: Instant) {
        if block.ssrc == self.config.ssrc {
            self.round_trip.on_report(block, now);
        }
    }

    /// Smoothed round trip time to the receiver, once it is known.
    pub fn rtt(&self) -> Option<Duration> {
        self.round_trip.smoothed()
    }
}
