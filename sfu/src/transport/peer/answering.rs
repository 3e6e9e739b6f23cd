//! From an offer to a connection and its answer; from a further offer to a changed one.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Instant;

use super::meter::Meter;
use super::{Peer, REPORT_INTERVAL};
use crate::command::{Joined, Slot};
use crate::error::SfuError;
use crate::forward::downstream::{Downstream, DownstreamConfig};
use crate::ids::{RoomId, Source};
use crate::transport::dtls::{Identity, RtcDtls};
use crate::transport::ice::{Credentials, IceLite};
use crate::transport::negotiation::{Grants, Plan, SlotLine};
use crate::transport::reception::Reception;
use crate::transport::sdp::{Answer, Candidate, Offer, Role, Setup};

/// What a connection is made with.
pub(crate) struct NewPeer<'a> {
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

fn nothing_to_take() -> SfuError {
    SfuError::SdpInvalid("no m-line that can be taken".to_owned())
}

impl Peer {
    /// A connection that waits for its first check, and the answer to its offer.
    pub(crate) fn new(
        new: NewPeer<'_>,
        identity: &Arc<Identity>,
        candidates: &[Candidate],
        now: Instant,
    ) -> Result<(Self, Joined), SfuError> {
        let plan = Plan::new(new.offer, new.grants, new.sources);
        if plan.is_empty() {
            return Err(nothing_to_take());
        }
        let active = new.offer.setup == Setup::Passive;
        let dtls = RtcDtls::new(identity.clone(), new.offer.fingerprint.clone(), active, now);
        let mut peer = Self {
            room: new.room,
            grants: new.grants,
            fingerprint: new.offer.fingerprint.clone(),
            ice: IceLite::new(credentials(identity)?, &new.offer.ufrag, now),
            dtls: Box::new(dtls),
            active,
            secure: None,
            receiving: None,
            heard: false,
            was_ready: false,
            first_check: None,
            reception: Reception::new(&plan, new.track_ids, now),
            slots: Vec::new(),
            received: Meter::new(now),
            sent: Meter::new(now),
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
        candidates: &[Candidate],
        now: Instant,
    ) -> Result<Joined, SfuError> {
        if offer.fingerprint != self.fingerprint {
            let why = "another fingerprint: a new connection has to join again";
            return Err(SfuError::SdpInvalid(why.to_owned()));
        }
        let plan = Plan::new(offer, self.grants, sources);
        if plan.is_empty() {
            return Err(nothing_to_take());
        }
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
        candidates: &[Candidate],
        now: Instant,
    ) -> Result<Joined, SfuError> {
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
}
