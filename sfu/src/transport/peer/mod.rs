//! One participant's connection: its path, its keys, what it sends and the slots it receives in.

mod answering;
mod meter;
mod receiving;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::dtls::{Dtls, DtlsEvent, Identity, Keys, REFUSED};
use super::ice::{Check, IceLite};
use super::negotiation::Grants;
use super::outbox::Outbox;
use super::reception::Reception;
use super::sdp::Fingerprint;
use super::srtp::{Inbound, Outbound, contexts};
use crate::congestion::sent::Purpose;
use crate::event::GoneReason;
use crate::forward::downstream::Downstream;
use crate::forward::packet::{Packet, StreamId};
use crate::forward::rtcp::SenderInfo;
use crate::forward::rtcp_write;
use crate::ids::{Kind, RoomId};

pub(crate) use answering::NewPeer;
use meter::Meter;
use receiving::Receiving;
pub(crate) use receiving::SlotSource;

/// From the first check to the keys; then the handshake has failed.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(30);
/// After the handshake, how long video waits for the browser's first packet (rule 2).
const READY_AFTER: Duration = Duration::from_millis(300);
const REPORT_INTERVAL: Duration = Duration::from_secs(1);
/// Control packets in one datagram.
const MAX_COMPOUND_BYTES: usize = 1_150;
/// The round trip that is assumed until a report measures it.
const ASSUMED_RTT: Duration = Duration::from_millis(50);

/// Media keys, once the handshake is complete.
struct Secure {
    inbound: Inbound,
    outbound: Outbound,
    since: Instant,
}

/// What a datagram led to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Progress {
    /// Nothing that others need to know.
    Nothing,
    /// Media can flow.
    Connected,
    /// The connection is over.
    Over(GoneReason),
}

/// One participant's connection.
pub(crate) struct Peer {
    /// Where.
    pub(crate) room: RoomId,
    grants: Grants,
    fingerprint: Fingerprint,
    /// Its ICE agent.
    pub(crate) ice: IceLite,
    dtls: Box<dyn Dtls>,
    active: bool,
    secure: Option<Secure>,
    /// What its network carries.
    pub(crate) receiving: Option<Receiving>,
    heard: bool,
    was_ready: bool,
    first_check: Option<Instant>,
    /// What it sends.
    pub(crate) reception: Reception,
    /// What it receives in.
    pub(crate) slots: Vec<Downstream>,
    /// What comes from it.
    pub(crate) received: Meter,
    /// What is sent to it: pictures and sound, repairs not counted.
    pub(crate) sent: Meter,
    ssrc: u32,
    next_report: Instant,
    answers: u64,
    compound: Vec<u8>,
}

impl Peer {
    /// Whether the handshake is complete.
    pub(crate) fn is_connected(&self) -> bool {
        self.secure.is_some()
    }

    /// Whether video may be sent (rule 2): the browser was heard, or has had time to install its keys.
    pub(crate) fn is_ready(&self, now: Instant) -> bool {
        self.secure
            .as_ref()
            .is_some_and(|secure| self.heard || now >= secure.since + READY_AFTER)
    }

    /// Whether its timers are short: it is not connected yet, or it sends.
    pub(crate) fn is_brisk(&self, now: Instant) -> bool {
        !self.was_ready
            || self.is_probing(now)
            || self
                .reception
                .lines
                .iter()
                .any(|line| line.running.is_some())
    }

    /// Says `true` once, when the connection became ready.
    pub(crate) fn became_ready(&mut self, now: Instant) -> bool {
        let ready = self.is_ready(now);
        ready && !std::mem::replace(&mut self.was_ready, ready)
    }

    /// Takes a check.
    pub(crate) fn on_check(
        &mut self,
        check: Check,
        from: SocketAddr,
        now: Instant,
        identity: &Identity,
        outbox: &mut Outbox,
    ) -> Result<(), &'static str> {
        let answer = self
            .ice
            .answer(check, from, now, identity.provider.crypto())?;
        outbox.push(from, &answer.response);
        if self.secure.is_none() {
            outbox.hurry();
        }
        if self.first_check.is_none() {
            self.first_check = Some(now);
            self.dtls.start(now)?;
        }
        if answer.moved {
            self.flush_dtls(outbox);
            if let Some(receiving) = self.receiving.as_mut().filter(|_| answer.elsewhere) {
                receiving.bandwidth.reset(now);
            }
        }
        Ok(())
    }

    /// Takes a DTLS datagram. `Err` holds the reason of a refusal that harms nobody.
    pub(crate) fn on_dtls(
        &mut self,
        datagram: &[u8],
        now: Instant,
        identity: &Identity,
        outbox: &mut Outbox,
    ) -> Result<Progress, &'static str> {
        let events = self.dtls.read(datagram, now);
        self.flush_dtls(outbox);
        let mut progress = Progress::Nothing;
        match events {
            Err(REFUSED) => return Err(REFUSED),
            Err(reason) => {
                tracing::debug!(reason, "a DTLS association ended");
                let reason = match self.secure {
                    Some(_) => GoneReason::Closed,
                    None => GoneReason::HandshakeFailed,
                };
                return Ok(Progress::Over(reason));
            }
            Ok(events) => {
                for event in events {
                    match event {
                        DtlsEvent::Closed => return Ok(Progress::Over(GoneReason::Closed)),
                        DtlsEvent::Connected(keys) => progress = self.secure(&keys, now, identity),
                    }
                }
            }
        }
        Ok(progress)
    }

    fn secure(&mut self, keys: &Keys, now: Instant, identity: &Identity) -> Progress {
        match contexts(keys, &identity.provider) {
            Ok((inbound, outbound)) => {
                self.secure = Some(Secure {
                    inbound,
                    outbound,
                    since: now,
                });
                let mut slots = self.slots.iter();
                if slots.any(|slot| slot.config().extensions.transport_cc.is_some()) {
                    self.receiving = Some(Receiving::new(now));
                }
                Progress::Connected
            }
            Err(_) => Progress::Over(GoneReason::HandshakeFailed),
        }
    }

    fn flush_dtls(&mut self, outbox: &mut Outbox) {
        let Some(path) = self.ice.path() else {
            return;
        };
        while let Some(datagram) = self.dtls.transmit() {
            outbox.push(path, &datagram);
            outbox.hurry();
        }
    }

    /// Opens a media packet in place.
    pub(crate) fn open_rtp<'a>(
        &mut self,
        datagram: &'a mut [u8],
        from: SocketAddr,
        now: Instant,
    ) -> Result<&'a mut [u8], &'static str> {
        let secure = self.secure.as_mut().ok_or("rtp_before_dtls")?;
        let bytes = datagram.len();
        let plain = secure.inbound.open_rtp(datagram)?;
        self.received.note(1, bytes, now);
        self.heard = true;
        self.ice.heard(from, now);
        Ok(plain)
    }

    /// Opens a control packet.
    pub(crate) fn open_rtcp(
        &mut self,
        datagram: &[u8],
        from: SocketAddr,
        now: Instant,
    ) -> Result<bytes::BytesMut, &'static str> {
        let secure = self.secure.as_mut().ok_or("rtp_before_dtls")?;
        let plain = secure.inbound.open_rtcp(datagram)?;
        self.heard = true;
        self.ice.heard(from, now);
        Ok(plain)
    }

    /// Sends packets into every slot that follows their tracks. Returns how many were taken, by how many slots each.
    pub(crate) fn forward<'a>(
        &mut self,
        packets: impl Iterator<Item = Packet<'a>>,
        now: Instant,
        outbox: &mut Outbox,
    ) -> u64 {
        let (Some(path), ready) = (self.ice.path(), self.is_ready(now)) else {
            return 0;
        };
        let Some(secure) = &mut self.secure else {
            return 0;
        };
        let (mut sent, mut sent_bytes) = (0, 0);
        for packet in packets {
            if packet.codec.kind() == Kind::Video && !ready {
                continue;
            }
            for slot in &mut self.slots {
                if !slot.follows(packet.stream) {
                    continue;
                }
                if let Some(receiving) = &self.receiving {
                    slot.number(receiving.bandwidth.next_sequence());
                }
                let mut bytes = 0;
                let written = outbox.write(path, |out| {
                    let start = out.len();
                    slot.forward(&packet, now, out).is_some_and(|written| {
                        bytes = written.len;
                        let (header, index) = (written.header_len, written.index);
                        secure.outbound.seal_rtp(out, start, header, index).is_ok()
                    })
                });
                if written {
                    sent += 1;
                    sent_bytes += bytes;
                    if let Some(receiving) = &mut self.receiving {
                        receiving.bandwidth.on_sent(bytes, Purpose::Media, now);
                    }
                }
            }
        }
        if sent > 0 {
            self.sent.note(sent, sent_bytes, now);
        }
        sent
    }

    /// How high the tiles of its slots are, by mid, in device pixels; a slot that is not named is as it was.
    pub(crate) fn view(&mut self, tiles: &[(String, u16)]) {
        for (mid, lines) in tiles {
            let mut slots = self.slots.iter_mut();
            if let Some(slot) = slots.find(|slot| slot.config().mid == *mid) {
                slot.set_lines(Some(*lines));
            }
        }
    }

    /// Answers a NACK. `cached` finds a packet by stream and index. Returns how many were sent again.
    pub(crate) fn resend<'a>(
        &mut self,
        ssrc: u32,
        lost: impl Iterator<Item = u16>,
        cached: impl Fn(StreamId, u64) -> Option<Packet<'a>>,
        now: Instant,
        outbox: &mut Outbox,
    ) -> u64 {
        let (Some(path), Some(secure)) = (self.ice.path(), &mut self.secure) else {
            return 0;
        };
        let mut slots = self.slots.iter_mut();
        // A slot that waits for a keyframe has no use for what was lost before it.
        let waits = |slot: &Downstream| slot.wanted().is_some() && slot.current().is_none();
        let Some(slot) = slots.find(|slot| slot.config().ssrc == ssrc && !waits(slot)) else {
            return 0;
        };
        let mut sent = 0;
        for sequence in lost {
            if let Some(receiving) = &self.receiving {
                slot.number(receiving.bandwidth.next_sequence());
            }
            let mut bytes = 0;
            let written = outbox.write(path, |out| {
                let start = out.len();
                slot.resend(sequence, &cached, now, out)
                    .is_some_and(|written| {
                        bytes = written.len;
                        let (header, index) = (written.header_len, written.index);
                        secure.outbound.seal_rtp(out, start, header, index).is_ok()
                    })
            });
            if written {
                sent += 1;
                if let Some(receiving) = &mut self.receiving {
                    receiving.bandwidth.on_sent(bytes, Purpose::Repair, now);
                }
            }
        }
        sent
    }

    /// Passes a publisher's clocks on to the slots that show the stream.
    pub(crate) fn send_report(
        &mut self,
        stream: StreamId,
        info: &SenderInfo,
        now: Instant,
        outbox: &mut Outbox,
    ) {
        let mut compound = std::mem::take(&mut self.compound);
        compound.clear();
        for slot in &mut self.slots {
            if let Some(info) = slot.sender_report(stream, info, now) {
                rtcp_write::sender_report(&mut compound, slot.config().ssrc, &info);
                rtcp_write::sdes_cname(&mut compound, slot.config().ssrc, "sfu");
            }
        }
        self.send_rtcp(&compound, outbox);
        self.compound = compound;
    }

    /// Sends control packets, in as many datagrams as they need (reduced size: RFC 5506).
    fn send_rtcp(&mut self, packets: &[u8], outbox: &mut Outbox) {
        let (Some(path), Some(secure)) = (self.ice.path(), &mut self.secure) else {
            return;
        };
        let mut rest = packets;
        while !rest.is_empty() {
            let (compound, others) = rest.split_at(compound_length(rest));
            outbox.write(path, |out| secure.outbound.seal_rtcp(compound, out).is_ok());
            rest = others;
        }
    }

    /// Does what is due: DTLS repetitions, feedback, reports. Says when the connection is over.
    pub(crate) fn tick(
        &mut self,
        now: Instant,
        consent: Duration,
        outbox: &mut Outbox,
    ) -> Progress {
        if self.ice.expired(now, consent) {
            return Progress::Over(GoneReason::ConsentExpired);
        }
        if self.secure.is_none() {
            let late = self
                .first_check
                .is_some_and(|at| now >= at + HANDSHAKE_TIMEOUT);
            self.dtls.tick(now);
            self.flush_dtls(outbox);
            return if late {
                Progress::Over(GoneReason::HandshakeFailed)
            } else {
                Progress::Nothing
            };
        }
        let mut compound = std::mem::take(&mut self.compound);
        compound.clear();
        let rtt = self
            .slots
            .iter()
            .find_map(Downstream::rtt)
            .unwrap_or(ASSUMED_RTT);
        if now >= self.next_report {
            self.next_report = now + REPORT_INTERVAL;
            self.reception.report(self.ssrc, now, &mut compound);
        }
        self.reception.feedback(self.ssrc, rtt, now, &mut compound);
        self.send_rtcp(&compound, outbox);
        self.compound = compound;
        self.tick_bandwidth(now, outbox);
        Progress::Nothing
    }

    /// Says goodbye (DTLS close_notify).
    pub(crate) fn close(&mut self, now: Instant, outbox: &mut Outbox) {
        self.dtls.close(now);
        self.flush_dtls(outbox);
    }
}

/// Bytes of as many whole packets from the start as fit into one datagram, at least one packet.
fn compound_length(packets: &[u8]) -> usize {
    let mut length = 0;
    while let Some(header) = packets.get(length..length + 4) {
        let next = length + 4 * (usize::from(u16::from_be_bytes([header[2], header[3]])) + 1);
        if next > packets.len() || (length > 0 && next > MAX_COMPOUND_BYTES) {
            break;
        }
        length = next;
    }
    if length == 0 { packets.len() } else { length }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_packets_are_parted_at_their_borders() {
        let packet = |bytes: usize| {
            let mut packet = vec![0x80, 205, 0, (bytes / 4 - 1) as u8];
            packet.resize(bytes, 7);
            packet
        };
        let packets = [packet(800), packet(300), packet(200), packet(8)].concat();
        assert_eq!(compound_length(&packets), 1_100);
        assert_eq!(compound_length(&packets[1_100..]), 208);
        assert_eq!(compound_length(&packet(20)[..10]), 10, "never nothing");
    }
}
