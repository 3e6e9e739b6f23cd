//! One participant's connection: its path, its keys, what it sends and the slots it receives in.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use super::dtls::{Dtls, DtlsEvent, Identity, Keys, REFUSED, RtcDtls};
use super::ice::{Check, Credentials, IceLite};
use super::negotiation::{Grants, Plan, SlotLine};
use super::reception::Reception;
use super::sdp::{Answer, Offer, Role, Setup};
use super::srtp::{Inbound, Outbound, contexts};
use super::udp::Outbox;
use crate::command::{Joined, Slot};
use crate::error::SfuError;
use crate::event::GoneReason;
use crate::forward::downstream::{Downstream, DownstreamConfig};
use crate::forward::packet::{Packet, StreamId};
use crate::forward::rtcp::SenderInfo;
use crate::forward::rtcp_write;
use crate::ids::{Kind, ParticipantId, RoomId, Source};

/// From the first check to the keys; then the handshake has failed.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(15);
/// After the handshake, how long video waits for the browser's first packet (rule 2).
const READY_AFTER: Duration = Duration::from_millis(300);
const REPORT_INTERVAL: Duration = Duration::from_secs(1);
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
    /// Whose.
    pub(crate) id: ParticipantId,
    /// Where.
    pub(crate) room: RoomId,
    grants: Grants,
    /// Its ICE agent.
    pub(crate) ice: IceLite,
    dtls: Box<dyn Dtls>,
    active: bool,
    secure: Option<Secure>,
    heard: bool,
    was_ready: bool,
    first_check: Option<Instant>,
    /// What it sends.
    pub(crate) reception: Reception,
    /// What it receives in.
    pub(crate) slots: Vec<Downstream>,
    ssrc: u32,
    next_report: Instant,
    answers: u64,
    compound: Vec<u8>,
}

/// What a connection is made with.
pub(crate) struct NewPeer<'a> {
    /// Whose.
    pub(crate) id: ParticipantId,
    /// Where.
    pub(crate) room: RoomId,
    /// What it may do.
    pub(crate) grants: Grants,
    /// What the browser offered.
    pub(crate) offer: &'a Offer,
    /// What each m-line carries.
    pub(crate) sources: &'a [(String, Source)],
    /// Where track ids come from.
    pub(crate) track_ids: Arc<AtomicU64>,
}

fn credentials(identity: &Identity) -> Result<Credentials, SfuError> {
    Ok(Credentials {
        ufrag: identity.random_text(8)?,
        password: identity.random_text(24)?,
    })
}

impl Peer {
    /// A connection that waits for its first check, and the answer to its offer.
    pub(crate) fn new(
        new: NewPeer<'_>,
        identity: &Arc<Identity>,
        candidates: &[SocketAddr],
        now: Instant,
    ) -> Result<(Self, Joined), SfuError> {
        let plan = Plan::new(new.offer, new.grants, new.sources);
        let active = new.offer.setup == Setup::Passive;
        let dtls = RtcDtls::new(identity.clone(), new.offer.fingerprint.clone(), active, now);
        let mut peer = Self {
            id: new.id,
            room: new.room,
            grants: new.grants,
            ice: IceLite::new(credentials(identity)?, &new.offer.ufrag, now),
            dtls: Box::new(dtls),
            active,
            secure: None,
            heard: false,
            was_ready: false,
            first_check: None,
            reception: Reception::new(&plan, new.track_ids, now),
            slots: Vec::new(),
            ssrc: identity.random_u32()?,
            next_report: now + REPORT_INTERVAL,
            answers: 0,
            compound: Vec::new(),
        };
        let joined = peer.answer(new.offer, plan, identity, candidates, now)?;
        Ok((peer, joined))
    }

    /// Takes over a further offer on the same connection.
    pub(crate) fn reoffer(
        &mut self,
        offer: &Offer,
        sources: &[(String, Source)],
        identity: &Arc<Identity>,
        candidates: &[SocketAddr],
        now: Instant,
    ) -> Result<Joined, SfuError> {
        let plan = Plan::new(offer, self.grants, sources);
        if self.ice.is_restart(&offer.ufrag) {
            self.ice.restart(credentials(identity)?, &offer.ufrag);
        }
        self.reception.renegotiate(&plan);
        self.answer(offer, plan, identity, candidates, now)
    }

    fn answer(
        &mut self,
        offer: &Offer,
        mut plan: Plan,
        identity: &Identity,
        candidates: &[SocketAddr],
        now: Instant,
    ) -> Result<Joined, SfuError> {
        if plan.is_empty() {
            return Err(SfuError::SdpInvalid(
                "no m-line that can be taken".to_owned(),
            ));
        }
        for line in &plan.slots {
            self.set_slot(line, identity, now)?;
        }
        for (media, role) in offer.media.iter().zip(&mut plan.roles) {
            let slot = self
                .slots
                .iter()
                .find(|slot| slot.config().mid == media.mid);
            if let (Role::Slot { ssrc, rtx_ssrc }, Some(slot)) = (role, slot) {
                (*ssrc, *rtx_ssrc) = (slot.config().ssrc, slot.config().rtx_ssrc);
            }
        }
        let local = self.ice.local();
        let answer = Answer {
            offer,
            ufrag: &local.ufrag,
            password: &local.password,
            fingerprint: &identity.fingerprint,
            active: self.active,
            candidates,
            version: self.answers,
            roles: &plan.roles,
        }
        .write();
        self.answers += 1;
        Ok(Joined {
            answer,
            slots: self.public_slots(),
        })
    }

    /// The slots as the outside sees them. A slot stays in the list for as long as the connection.
    pub(crate) fn public_slots(&self) -> Vec<Slot> {
        let slots = self.slots.iter().map(Downstream::config);
        slots
            .map(|config| Slot {
                mid: config.mid.clone(),
                kind: config.kind,
            })
            .collect()
    }

    fn set_slot(
        &mut self,
        line: &SlotLine,
        identity: &Identity,
        now: Instant,
    ) -> Result<(), SfuError> {
        let mut slots = self.slots.iter_mut();
        if let Some(slot) = slots.find(|slot| slot.config().mid == line.slot.mid) {
            slot.renegotiate(line.payload_types, line.extensions);
            return Ok(());
        }
        let config = DownstreamConfig {
            kind: line.slot.kind,
            mid: line.slot.mid.clone(),
            ssrc: identity.random_u32()?,
            rtx_ssrc: identity.random_u32()?,
            first_sequence: identity.random_u32()? as u16 & 0x3fff,
            first_rtx_sequence: identity.random_u32()? as u16 & 0x3fff,
            first_timestamp: identity.random_u32()?,
            payload_types: line.payload_types,
            extensions: line.extensions,
        };
        self.slots.push(Downstream::new(config, now));
        Ok(())
    }

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
        if self.first_check.is_none() {
            self.first_check = Some(now);
            self.dtls.start(now)?;
        }
        if answer.moved {
            self.flush_dtls(outbox);
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
        }
    }

    /// Opens a media packet.
    pub(crate) fn open_rtp(&mut self, datagram: &[u8]) -> Result<bytes::BytesMut, &'static str> {
        let secure = self.secure.as_mut().ok_or("rtp_before_dtls")?;
        let plain = secure.inbound.open_rtp(datagram)?;
        self.heard = true;
        Ok(plain)
    }

    /// Opens a control packet.
    pub(crate) fn open_rtcp(&mut self, datagram: &[u8]) -> Result<bytes::BytesMut, &'static str> {
        let secure = self.secure.as_mut().ok_or("rtp_before_dtls")?;
        let plain = secure.inbound.open_rtcp(datagram)?;
        self.heard = true;
        Ok(plain)
    }

    /// Sends a packet into every slot that follows its track. Returns how many took it.
    pub(crate) fn forward(
        &mut self,
        packet: &Packet<'_>,
        now: Instant,
        outbox: &mut Outbox,
    ) -> u64 {
        let (Some(path), ready) = (self.ice.path(), self.is_ready(now)) else {
            return 0;
        };
        let Some(secure) = &mut self.secure else {
            return 0;
        };
        if packet.codec.kind() == Kind::Video && !ready {
            return 0;
        }
        let mut sent = 0;
        for slot in &mut self.slots {
            if slot.follows(packet.stream.track) {
                sent += u64::from(outbox.write(path, |out| {
                    let start = out.len();
                    slot.forward(packet, now, out).is_some_and(|written| {
                        let (header, index) = (written.header_len, written.index);
                        secure.outbound.seal_rtp(out, start, header, index).is_ok()
                    })
                }));
            }
        }
        sent
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
        let Some(slot) = slots.find(|slot| slot.config().ssrc == ssrc) else {
            return 0;
        };
        let mut sent = 0;
        for sequence in lost {
            sent += u64::from(outbox.write(path, |out| {
                let start = out.len();
                slot.resend(sequence, &cached, now, out)
                    .is_some_and(|written| {
                        let (header, index) = (written.header_len, written.index);
                        secure.outbound.seal_rtp(out, start, header, index).is_ok()
                    })
            }));
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

    fn send_rtcp(&mut self, compound: &[u8], outbox: &mut Outbox) {
        if let (Some(path), Some(secure), false) =
            (self.ice.path(), &mut self.secure, compound.is_empty())
        {
            outbox.write(path, |out| secure.outbound.seal_rtcp(compound, out).is_ok());
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
        Progress::Nothing
    }

    /// Says goodbye (DTLS close_notify).
    pub(crate) fn close(&mut self, now: Instant, outbox: &mut Outbox) {
        self.dtls.close(now);
        self.flush_dtls(outbox);
    }
}
