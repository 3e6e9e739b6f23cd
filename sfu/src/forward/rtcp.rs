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
    /// Transport-wide feedback, from its sender's SSRC on: read it with [`crate::congestion::Feedback::parse`].
    TransportFeedback(&'a [u8]),
    /// Something else, by packet type: ignored.
    Other(u8),
}

/// The packets of a decrypted compound. A packet whose content does not fit its length is an `Err` and the next one follows;
/// after a length that points beyond the end the iterator ends.
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
        let rest = std::mem::take(&mut self.rest);
        if rest.is_empty() {
            return None;
        }
        let Some(&[first, kind, high, low]) = rest.first_chunk() else {
            return Some(Err(Malformed::Short));
        };
        if first >> 6 != 2 {
            return Some(Err(Malformed::Version));
        }
        let len = 4 + 4 * usize::from(u16::from_be_bytes([high, low]));
        if rest.len() < len {
            return Some(Err(Malformed::Length));
        }
        let (packet, rest) = rest.split_at(len);
        self.rest = rest;
        let mut body = &packet[4..];
        if first & 0x20 != 0 {
            let padding = body.last().map_or(0, |&last| usize::from(last));
            if padding == 0 || padding > body.len() {
                return Some(Err(Malformed::Padding));
            }
            body = &body[..body.len() - padding];
        }
        Some(read(first & 0x1f, kind, body).ok_or(Malformed::Length))
    }
}

/// Reads one packet's body; `count` is the report count or the feedback format.
fn read(count: u8, kind: u8, body: &[u8]) -> Option<Rtcp<'_>> {
    let items = usize::from(count);
    Some(match (kind, count) {
        (200, _) => Rtcp::SenderReport {
            ssrc: word(body, 0)?,
            info: SenderInfo {
                ntp: u64::from(word(body, 4)?) << 32 | u64::from(word(body, 8)?),
                rtp: word(body, 12)?,
                packets: word(body, 16)?,
                octets: word(body, 20)?,
            },
            blocks: Blocks(body.get(24..24 + 24 * items)?),
        },
        (201, _) => Rtcp::ReceiverReport {
            ssrc: word(body, 0)?,
            blocks: Blocks(body.get(4..4 + 24 * items)?),
        },
        (203, _) => Rtcp::Bye(Ssrcs(body.get(..4 * items)?)),
        (205, 1) => Rtcp::Nack {
            ssrc: word(body, 4)?,
            lost: Lost::new(body.get(8..)?)?,
        },
        (205, 15) => Rtcp::TransportFeedback(body),
        (206, 1) => Rtcp::Pli {
            ssrc: word(body, 4)?,
        },
        (206, 4) => Rtcp::Fir(FirEntries(
            body.get(8..).filter(|b| b.len().is_multiple_of(8))?,
        )),
        (206, 15) if body.get(8..12) == Some(b"REMB") => remb(body)?,
        _ => Rtcp::Other(kind),
    })
}

fn remb(body: &[u8]) -> Option<Rtcp<'_>> {
    let value = word(body, 12)?;
    let exponent = value >> 18 & 0x3f;
    let mantissa = u64::from(value & 0x3_ffff);
    Some(Rtcp::Remb {
        // Six bits of exponent can say more than 64 bits hold: then it says "no limit".
        bitrate_bps: mantissa.saturating_mul(1 << exponent),
        ssrcs: Ssrcs(body.get(16..16 + 4 * (value >> 24) as usize)?),
    })
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    bytes
        .get(at..at + 4)?
        .first_chunk()
        .map(|word| u32::from_be_bytes(*word))
}

/// The report blocks of an SR or RR.
#[derive(Clone, Debug)]
pub struct Blocks<'a>(&'a [u8]);

impl Iterator for Blocks<'_> {
    type Item = ReportBlock;

    fn next(&mut self) -> Option<ReportBlock> {
        let (block, rest) = self.0.split_first_chunk::<24>()?;
        self.0 = rest;
        let lost = word(block, 4)?;
        Some(ReportBlock {
            ssrc: word(block, 0)?,
            fraction_lost: (lost >> 24) as u8,
            // The 24 bits carry a sign.
            cumulative_lost: ((lost << 8) as i32) >> 8,
            highest: word(block, 8)?,
            jitter: word(block, 12)?,
            last_sr: word(block, 16)?,
            delay_since_last_sr: word(block, 20)?,
        })
    }
}

/// A list of SSRCs.
#[derive(Clone, Debug)]
pub struct Ssrcs<'a>(&'a [u8]);

impl Iterator for Ssrcs<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let ssrc = word(self.0, 0)?;
        self.0 = &self.0[4..];
        Some(ssrc)
    }
}

/// The media SSRCs of a FIR.
#[derive(Clone, Debug)]
pub struct FirEntries<'a>(&'a [u8]);

impl Iterator for FirEntries<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let (entry, rest) = self.0.split_first_chunk::<8>()?;
        self.0 = rest;
        word(entry, 0)
    }
}

/// The sequence numbers of a NACK, in the order in which they are written: at most 17 for each 4 bytes.
#[derive(Clone, Debug)]
pub struct Lost<'a> {
    rest: &'a [u8],
    base: u16,
    /// Bit n: `base + n` is lost and was not given yet.
    pending: u32,
}

impl<'a> Lost<'a> {
    fn new(items: &'a [u8]) -> Option<Self> {
        (!items.is_empty() && items.len().is_multiple_of(4)).then_some(Self {
            rest: items,
            base: 0,
            pending: 0,
        })
    }
}

impl Iterator for Lost<'_> {
    type Item = u16;

    fn next(&mut self) -> Option<u16> {
        if self.pending == 0 {
            let item = word(self.rest, 0)?;
            self.rest = &self.rest[4..];
            self.base = (item >> 16) as u16;
            self.pending = (item & 0xffff) << 1 | 1;
        }
        let ahead = self.pending.trailing_zeros();
        self.pending &= self.pending - 1;
        Some(self.base.wrapping_add(ahead as u16))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
    use super::*;

    fn only(bytes: &[u8]) -> Rtcp<'_> {
        let mut all = packets(bytes);
        let packet = all.next().unwrap().unwrap();
        assert!(all.next().is_none());
        packet
    }

    #[test]
    fn a_nack_names_its_packet_and_the_sixteen_after_it() {
        let bytes = [
            0x81, 205, 0, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0xff, 0xff, 0x80, 0x01,
        ];
        let Rtcp::Nack { ssrc, lost } = only(&bytes) else {
            panic!("a NACK");
        };
        assert_eq!(ssrc, 2);
        assert_eq!(lost.collect::<Vec<_>>(), [65_535, 0, 15]);
    }

    #[test]
    fn negative_loss_keeps_its_sign() {
        let mut bytes = vec![0x81, 201, 0, 7, 0, 0, 0, 1, 0, 0, 0, 9, 0x40];
        bytes.extend_from_slice(&[0xff, 0xff, 0xfe]);
        bytes.extend_from_slice(&[0; 16]);
        let Rtcp::ReceiverReport { mut blocks, .. } = only(&bytes) else {
            panic!("an RR");
        };
        let block = blocks.next().unwrap();
        assert_eq!(
            (block.ssrc, block.fraction_lost, block.cumulative_lost),
            (9, 64, -2)
        );
    }

    #[test]
    fn remb_is_a_mantissa_and_an_exponent() {
        let mut bytes = vec![0x8f, 206, 0, 5, 0, 0, 0, 1, 0, 0, 0, 0];
        bytes.extend_from_slice(b"REMB\x01\x0e\x4f\x00\x00\x00\x00\x07");
        let Rtcp::Remb { bitrate_bps, ssrcs } = only(&bytes) else {
            panic!("a REMB");
        };
        assert_eq!(bitrate_bps, (0x24f00) << 3);
        assert_eq!(ssrcs.collect::<Vec<_>>(), [7]);
    }

    #[test]
    fn fir_and_bye_name_their_streams() {
        let fir = [
            0x84, 206, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 5, 3, 0, 0, 0,
        ];
        let Rtcp::Fir(entries) = only(&fir) else {
            panic!("a FIR");
        };
        assert_eq!(entries.collect::<Vec<_>>(), [5]);
        let Rtcp::Bye(ssrcs) = only(&[0x81, 203, 0, 1, 0, 0, 0, 6]) else {
            panic!("a BYE");
        };
        assert_eq!(ssrcs.collect::<Vec<_>>(), [6]);
    }

    #[test]
    fn a_packet_that_lies_does_not_hide_the_next() {
        let mut bytes = vec![0x82, 201, 0, 1, 0, 0, 0, 1];
        bytes.extend_from_slice(&[0x81, 206, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2]);
        let all: Vec<_> = packets(&bytes).collect();
        assert_eq!(all[0].as_ref().unwrap_err(), &Malformed::Length);
        assert!(matches!(all[1], Ok(Rtcp::Pli { ssrc: 2 })));
    }

    #[test]
    fn a_length_beyond_the_end_ends_the_compound() {
        let all: Vec<_> = packets(&[0x80, 201, 0, 9, 0, 0, 0, 1]).collect();
        assert_eq!(all.len(), 1);
        assert_eq!(all[0].as_ref().unwrap_err(), &Malformed::Length);
        assert_eq!(
            packets(&[0x80]).next().unwrap().unwrap_err(),
            Malformed::Short
        );
        assert_eq!(
            packets(&[0x00, 201, 0, 0]).next().unwrap().unwrap_err(),
            Malformed::Version
        );
    }

    #[test]
    fn padding_at_the_end_is_taken_off() {
        let bytes = [
            0xa1, 205, 0, 4, 0, 0, 0, 1, 0, 0, 0, 2, 0, 7, 0, 0, 0, 0, 0, 4,
        ];
        let Rtcp::Nack { lost, .. } = only(&bytes) else {
            panic!("a NACK");
        };
        assert_eq!(lost.collect::<Vec<_>>(), [7]);
    }
}
