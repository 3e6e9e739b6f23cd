//! What the media plane tells the outside. One bounded channel; when it is full the shard waits for
//! nobody: the event is counted as dropped, and `SlotMap`/`Speaking` are whole states, so that the next one heals.

use crate::ids::{Kind, ParticipantId, RoomId, Source, TrackId};

/// A fact about a room, in the order in which it came true.
#[derive(Clone, PartialEq, Debug)]
pub enum Event {
    /// ICE and DTLS are done: media can flow.
    Connected {
        /// The room.
        room: RoomId,
        /// Whose connection.
        participant: ParticipantId,
    },
    /// First packet of a stream.
    TrackStarted {
        /// The room.
        room: RoomId,
        /// Who sends it.
        participant: ParticipantId,
        /// The stream.
        track: TrackId,
        /// Where it comes from.
        source: Source,
        /// What it is.
        kind: Kind,
    },
    /// A stream is over: its participant left or its connection was replaced.
    TrackEnded {
        /// The room.
        room: RoomId,
        /// Who sent it.
        participant: ParticipantId,
        /// The stream.
        track: TrackId,
    },
    /// Which simulcast layers of a source somebody needs: the whole list of rids, every time it changes. The others are
    /// sent for nobody.
    LayersWanted {
        /// The room.
        room: RoomId,
        /// Who sends them.
        participant: ParticipantId,
        /// Where they come from.
        source: Source,
        /// The rids to send, the smallest layer first.
        layers: Vec<String>,
    },
    /// Who is in which slot of one subscriber: the whole map, every time it changes.
    SlotMap {
        /// The subscriber.
        participant: ParticipantId,
        /// Each slot's mid and who is in it.
        slots: Vec<(String, Option<ParticipantId>)>,
    },
    /// Which pictures one subscriber's network does not carry as its tiles would show them: the whole lists, each time they
    /// change, at most once a second. What is in neither list is shown as large as its tile needs.
    Limited {
        /// The subscriber.
        participant: ParticipantId,
        /// Mids of slots whose picture is smaller than the tile.
        reduced: Vec<String>,
        /// Mids of slots without a picture; their voices go on.
        paused: Vec<String>,
    },
    /// Who speaks, loudest first: the whole list, every time it changes.
    Speaking {
        /// The room.
        room: RoomId,
        /// The speakers.
        speakers: Vec<ParticipantId>,
    },
    /// A connection is over. The seat may come back with another [`crate::command::Join`].
    Gone {
        /// The room.
        room: RoomId,
        /// Whose connection.
        participant: ParticipantId,
        /// Why.
        reason: GoneReason,
    },
}

/// Why a connection ended.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum GoneReason {
    /// The browser closed it (DTLS close_notify).
    Closed,
    /// No authenticated STUN check and no media for 30 s (RFC 7675).
    ConsentExpired,
    /// The DTLS handshake failed, timed out, or showed another certificate than the SDP.
    HandshakeFailed,
}
