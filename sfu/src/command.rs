//! What the outside may ask of the media plane, and what it answers. `Sfu` has one method for each.

use crate::ids::{Kind, ParticipantId, RoomId, Source};

/// A browser's offer on its way in (RFC 8829: the browser always offers).
#[derive(Clone, Debug)]
pub struct Join {
    /// The room; made when its first participant joins.
    pub room: RoomId,
    /// The seat. Joining again with the same seat replaces its connection (a reconnecting browser).
    pub participant: ParticipantId,
    /// The SDP offer, at most [`crate::MAX_SDP_BYTES`].
    pub offer: String,
    /// May send. Without it, sending m-lines are answered `inactive`.
    pub publish: bool,
    /// May receive. Without it, slots are answered `inactive`.
    pub subscribe: bool,
    /// What each sending m-line carries, by mid; an m-line not named is taken by its kind.
    pub sources: Vec<(String, Source)>,
}

/// The answer to a [`Join`].
#[derive(Clone, Debug)]
pub struct Joined {
    /// The SDP answer.
    pub answer: String,
    /// The receiving slots, in the order of their m-lines.
    pub slots: Vec<Slot>,
}

/// A receiving m-line of a participant, into which the media plane maps whoever should be seen or heard.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Slot {
    /// The m-line's mid.
    pub mid: String,
    /// What fits into it.
    pub kind: Kind,
}
