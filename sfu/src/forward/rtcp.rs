//! Received RTCP (RFC 3550 §6, RFC 4585, RFC 5104, REMB): an iterator over a compound, without allocation.

pub use super::rtp::Malformed;

/// The sender's clocks and counts in a sender report (RFC 3550 §6.4.1).
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct SenderInfo {
    /// 64-bit NTP timestamp of the sender's wall clock.
    pub ntp: u64,
    /// The same moment in RTP ticks.
    pub rtp: u32,
    /// Packets sent so far.
    pub packets: u32,
    /// Payload bytes sent so far.
    pub octets: u32,
}

/// One receiver's view of one stream (RFC 3550 §6.4.1).
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct ReportBlock {
    /// The stream it is about.
    pub ssrc: u32,
    /// Lost since the last report, in 1/256.
    pub fraction_lost: u8,
    /// Lost since the beginning; 24 bits, signed.
    pub cumulative_lost: i32,
    /// Extended highest sequence number received.
    pub highest: u32,
    /// Interarrival jitter, in ticks.
    pub jitter: u32,
    /// Middle 32 bits of the last sender report's NTP time; 0 if none.
    pub last_sr: u32,
    /// Since that report, in 1/65536 s.
    pub delay_since_last_sr: u32,
}

/// One packet of a compound.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Rtcp<'a> {
    /// SR.
    SenderReport {
        /// Who sends it.
        ssrc: u32,
        /// Clocks and counts.
        info: SenderInfo,
        /// What it receives.
        blocks: Blocks<'a>,
    },
    /// RR.
    ReceiverReport {
        /// Who sends it.
        ssrc: u32,
        /// What it receives.
        blocks: Blocks<'a>,
    },
    /// BYE: these streams are over.
    Bye(Ssrcs<'a>),
    /// Generic NACK (RFC 4585 §6.2.1).
    Nack {
        /// The stream in which packets are missing.
        ssrc: u32,
        /// Which.
        lost: Lost<'a>,
    },
    /// Picture loss indication (RFC 4585 §6.3.1).
    Pli {
        /// The stream whose picture is lost.
        ssrc: u32,
    },
    /// Full intra request (RFC 5104 §4.3.1): the streams a keyframe is wanted from.
    Fir(FirEntries<'a>),
    /// Receiver estimated maximum bitrate (draft-alvestrand-rmcat-remb).
    Remb {
        /// Bits per second.
        bitrate_bps: u64,
        /// The streams it is about.
        ssrcs: Ssrcs<'a>,
    },
    /// Transport-wide feedback: read on with [`crate::congestion::feedback::Feedback::parse`].
    TransportFeedback(&'a [u8]),
    /// Something else, by packet type: ignored.
    Other(u8),
}

/// The report blocks of an SR or RR.
#[derive(Clone, Debug)]
pub struct Blocks<'a>(pub(super) &'a [u8]);

impl Iterator for Blocks<'_> {
    type Item = ReportBlock;

    fn next(&mut self) -> Option<ReportBlock> {
        None
    }
}

/// A list of SSRCs.
#[derive(Clone, Debug)]
pub struct Ssrcs<'a>(pub(super) &'a [u8]);

impl Iterator for Ssrcs<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        None
    }
}

/// The media SSRCs of a FIR.
#[derive(Clone, Debug)]
pub struct FirEntries<'a>(pub(super) &'a [u8]);

impl Iterator for FirEntries<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        None
    }
}

/// The sequence numbers of a NACK, in the order in which they are written.
#[derive(Clone, Debug)]
pub struct Lost<'a>(pub(super) &'a [u8]);

impl Iterator for Lost<'_> {
    type Item = u16;

    fn next(&mut self) -> Option<u16> {
        None
    }
}

/// The packets of a decrypted compound. After the first `Err` the rest cannot be found and the iterator ends.
pub fn packets(compound: &[u8]) -> Packets<'_> {
    Packets { rest: compound }
}

/// See [`packets`].
#[derive(Clone, Debug)]
pub struct Packets<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Packets<'a> {
    type Item = Result<Rtcp<'a>, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        self.rest = &[];
        None
    }
}
