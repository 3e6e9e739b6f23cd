//! From an offer to what each of its m-lines is for: pure bookkeeping between SDP and the media.

use std::collections::BTreeMap;

use super::sdp::offer::{AUDIO_LEVEL, DEPENDENCIES, MID, REPAIRED_RID, RID, TRANSPORT_CC};
use super::sdp::{Direction, Media, Offer, Role};
use crate::command::Slot;
use crate::forward::downstream::{PayloadType, PayloadTypes};
use crate::forward::rtp::ExtensionIds;
use crate::ids::{Codec, Kind, Source};

/// Receiving slots of one participant.
const MAX_SLOTS: usize = 96;
/// Sending m-lines of one participant: microphone, camera, screen and its sound, and room for a change.
const MAX_SENDING: usize = 8;

/// What a participant may do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Grants {
    /// Send.
    pub(crate) publish: bool,
    /// Receive.
    pub(crate) subscribe: bool,
}

/// What a payload type of a sending m-line means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Payload {
    /// Media.
    Media(Codec),
    /// Retransmissions of this payload type.
    Rtx(u8),
    /// Packets of this payload type with earlier ones repeated in front (RED, RFC 2198).
    Red(u8),
}

/// An m-line on which the browser sends.
#[derive(Clone, Debug)]
pub(crate) struct SendingLine {
    /// Its mid.
    pub(crate) mid: String,
    /// What it carries.
    pub(crate) source: Source,
    /// Sound or picture.
    pub(crate) kind: Kind,
    /// What its payload types mean.
    pub(crate) payloads: BTreeMap<u8, Payload>,
    /// SSRCs that the offer announced.
    pub(crate) ssrcs: Vec<u32>,
    /// The rids of its layers, the smallest first; empty without simulcast.
    pub(crate) rids: Vec<String>,
}

/// An m-line into which we send.
#[derive(Clone, Debug)]
pub(crate) struct SlotLine {
    /// As the outside sees it.
    pub(crate) slot: Slot,
    /// The browser's payload types.
    pub(crate) payload_types: PayloadTypes,
    /// The browser's extension ids.
    pub(crate) extensions: ExtensionIds,
}

/// The ids under which the browser sends header extensions. A bundle has one set.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(crate) struct IncomingExtensions {
    /// MID (RFC 9143).
    pub(crate) mid: Option<u8>,
    /// Rid of a layer (RFC 8852).
    pub(crate) rid: Option<u8>,
    /// Rid of the layer whose packets are sent again (RFC 8852).
    pub(crate) repaired_rid: Option<u8>,
    /// Audio level (RFC 6464).
    pub(crate) audio_level: Option<u8>,
    /// Transport-wide sequence number.
    pub(crate) transport_cc: Option<u8>,
    /// The dependency descriptor (AV1 RTP specification, appendix A).
    pub(crate) dependencies: Option<u8>,
}

/// What an offer comes to.
#[derive(Debug)]
pub(crate) struct Plan {
    /// Each m-line's part; slots have no SSRCs yet.
    pub(crate) roles: Vec<Role>,
    /// The sending m-lines.
    pub(crate) sending: Vec<SendingLine>,
    /// The receiving m-lines, in the offer's order.
    pub(crate) slots: Vec<SlotLine>,
    /// How to read what comes.
    pub(crate) extensions: IncomingExtensions,
}

impl Plan {
    /// Decides each m-line's part.
    pub(crate) fn new(offer: &Offer, grants: Grants, sources: &[(String, Source)]) -> Self {
        let mut plan = Self {
            roles: Vec::with_capacity(offer.media.len()),
            sending: Vec::new(),
            slots: Vec::new(),
            extensions: IncomingExtensions::default(),
        };
        for media in &offer.media {
            let role = plan.take(media, grants, sources);
            plan.roles.push(role);
        }
        plan
    }

    /// Whether any m-line is kept. An answer that refuses all of them would have nowhere to say where we are.
    pub(crate) fn is_empty(&self) -> bool {
        self.roles.iter().all(|role| *role == Role::Rejected)
    }

    fn take(&mut self, media: &Media, grants: Grants, sources: &[(String, Source)]) -> Role {
        let Some(kind) = media
            .kind
            .filter(|_| !media.stopped && !media.codecs.is_empty())
        else {
            return Role::Rejected;
        };
        let ids = &mut self.extensions;
        ids.mid = ids.mid.or(media.extension(MID));
        ids.rid = ids.rid.or(media.extension(RID));
        ids.repaired_rid = ids.repaired_rid.or(media.extension(REPAIRED_RID));
        ids.audio_level = ids.audio_level.or(media.extension(AUDIO_LEVEL));
        ids.transport_cc = ids.transport_cc.or(media.extension(TRANSPORT_CC));
        ids.dependencies = ids.dependencies.or(media.extension(DEPENDENCIES));
        match media.direction {
            Direction::RecvOnly if grants.subscribe && self.slots.len() < MAX_SLOTS => {
                self.slots.push(slot_line(media, kind));
                Role::Slot {
                    ssrc: 0,
                    rtx_ssrc: 0,
                }
            }
            Direction::SendOnly | Direction::SendRecv
                if grants.publish && self.sending.len() < MAX_SENDING =>
            {
                let named = sources.iter().find(|(mid, _)| *mid == media.mid);
                let source = named.map_or_else(|| by_kind(kind), |(_, source)| *source);
                self.sending.push(sending_line(media, kind, source));
                Role::Publisher
            }
            _ => Role::Inactive,
        }
    }
}

fn by_kind(kind: Kind) -> Source {
    match kind {
        Kind::Audio => Source::Microphone,
        Kind::Video => Source::Camera,
    }
}

fn sending_line(media: &Media, kind: Kind, source: Source) -> SendingLine {
    let mut payloads = BTreeMap::new();
    for offered in &media.codecs {
        payloads.insert(offered.payload_type, Payload::Media(offered.codec));
        if let Some(rtx) = offered.rtx {
            payloads.insert(rtx, Payload::Rtx(offered.payload_type));
        }
        if let Some(red) = offered.red {
            payloads.insert(red, Payload::Red(offered.payload_type));
        }
    }
    let retransmissions = media.retransmissions.iter().map(|(rtx, _)| *rtx);
    SendingLine {
        mid: media.mid.clone(),
        source,
        kind,
        payloads,
        ssrcs: media.ssrcs.iter().copied().chain(retransmissions).collect(),
        rids: media.rids.clone(),
    }
}

fn slot_line(media: &Media, kind: Kind) -> SlotLine {
    let mut payload_types = PayloadTypes::default();
    for offered in media.codecs.iter().rev() {
        payload_types.set(
            offered.codec,
            PayloadType {
                media: offered.payload_type,
                rtx: offered.rtx,
                red: offered.red,
            },
        );
    }
    let audio_level = media.extension(AUDIO_LEVEL);
    SlotLine {
        slot: Slot {
            mid: media.mid.clone(),
            kind,
        },
        payload_types,
        extensions: ExtensionIds {
            mid: None,
            audio_level: audio_level.filter(|_| kind == Kind::Audio),
            transport_cc: media.extension(TRANSPORT_CC),
            dependencies: media.extension(DEPENDENCIES),
        },
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]
    use super::super::sdp::offer::tests::{CHROMIUM, FIREFOX};
    use super::*;

    const ALL: Grants = Grants {
        publish: true,
        subscribe: true,
    };

    #[test]
    fn sources_are_taken_by_mid_and_else_by_kind() {
        let offer = Offer::parse(CHROMIUM).unwrap();
        let plan = Plan::new(&offer, ALL, &[("1".to_owned(), Source::Screen)]);
        let sources: Vec<_> = plan.sending.iter().map(|line| line.source).collect();
        assert_eq!(sources, [Source::Microphone, Source::Screen]);
        assert_eq!(plan.slots[1].slot.mid, "3");
        assert_eq!(plan.sending[1].payloads[&97], Payload::Rtx(96));
    }

    #[test]
    fn ids_and_payload_types_are_each_browsers_own() {
        for (text, mid, transport_cc, rids, vp8) in [
            (CHROMIUM, 4, 3, (Some(10), Some(11)), 96),
            (FIREFOX, 3, 7, (Some(9), Some(10)), 120),
        ] {
            let plan = Plan::new(&Offer::parse(text).unwrap(), ALL, &[]);
            assert_eq!(plan.extensions.mid, Some(mid));
            assert_eq!(plan.extensions.transport_cc, Some(transport_cc));
            assert_eq!((plan.extensions.rid, plan.extensions.repaired_rid), rids);
            assert_eq!(plan.sending[1].rids, ["q", "h", "f"]);
            // Firefox sends it, and does not understand it.
            assert!(plan.extensions.dependencies.is_some());
            let understood = plan.slots[1].extensions.dependencies;
            assert_eq!(understood.is_some(), text == CHROMIUM);
            let types = plan.slots[1].payload_types.get(Codec::Vp8).unwrap();
            assert_eq!(types.media, vp8);
        }
    }

    #[test]
    fn what_is_not_granted_is_inactive_and_what_is_not_media_is_rejected() {
        let offer = Offer::parse(CHROMIUM).unwrap();
        let none = Grants {
            publish: false,
            subscribe: false,
        };
        let plan = Plan::new(&offer, none, &[]);
        assert!(plan.roles.iter().all(|role| *role == Role::Inactive));
        let data = CHROMIUM.replacen(
            "m=audio 9 UDP/TLS/RTP/SAVPF",
            "m=application 9 UDP/DTLS/SCTP",
            1,
        );
        let plan = Plan::new(&Offer::parse(&data).unwrap(), ALL, &[]);
        assert_eq!(plan.roles[0], Role::Rejected);
        assert_eq!(plan.roles[1], Role::Publisher);
    }
}
