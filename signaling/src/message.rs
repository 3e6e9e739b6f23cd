//! The call protocol, version 1: every message exists once, here. `docs/PROTOCOL.md` describes it (a test keeps the
//! two together) and the browser's TypeScript is generated from it. One JSON object a WebSocket text frame, `type` first.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// The version this server speaks.
pub const VERSION: u32 = 1;

/// Largest message that is read, in bytes: an SDP offer of 256 KiB and its JSON escapes.
pub const MAX_MESSAGE_BYTES: usize = 512 * 1024;

/// The WebSocket subprotocol (RFC 6455 section 1.9).
pub const SUBPROTOCOL: &str = "aikste.call.v1";

/// Most tiles in one `view`: more slots than these nobody has.
pub const MAX_TILES: usize = 128;

/// From the browser.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum ClientMessage {
    /// First message. `resume` is the secret of a `welcome`, sent to take the same seat again within 30 s.
    Join {
        /// The protocol version the page speaks.
        version: u32,
        /// A signed join ticket.
        ticket: String,
        /// Which room, when the ticket is for several (its room ends in `*`); else absent or equal to the ticket's.
        #[serde(default)]
        #[ts(optional = nullable)]
        room: Option<String>,
        /// The secret of the seat to take again.
        #[serde(default)]
        #[ts(optional = nullable)]
        resume: Option<String>,
        /// The microphone is muted at first.
        #[serde(default)]
        microphone_muted: bool,
        /// The camera is off at first.
        #[serde(default)]
        camera_muted: bool,
    },
    /// An SDP offer: the first makes the connection, further ones restart ICE or add m-lines.
    Offer {
        /// The offer.
        sdp: String,
        /// `true`: a new `RTCPeerConnection`; `false`: a further offer of the same one.
        fresh: bool,
        /// What each sending m-line carries.
        tracks: Vec<SentTrack>,
    },
    /// The microphone or the camera was turned off or on.
    Mute {
        /// Which.
        source: MediaSource,
        /// Off.
        muted: bool,
    },
    /// Keep one face in sight; `null` lets go.
    Pin {
        /// Whose.
        seat: Option<u32>,
    },
    /// How large the page shows its receiving slots: a small tile is sent a small picture. Sent again when it changes.
    View {
        /// The tiles; a slot that is not among them stays as it was, at first as large as can be.
        tiles: Vec<Tile>,
    },
    /// Start or stop the recording (grant `host`).
    Record {
        /// Start.
        on: bool,
    },
    /// Answered by `pong`: tells a live connection from a dead one.
    Ping {
        /// Comes back as it was.
        nonce: u32,
    },
    /// Leave for good: the seat is given up at once.
    Leave,
}

/// How large a receiving slot is shown.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct Tile {
    /// The slot's mid.
    pub mid: String,
    /// The height of its tile in device pixels; 0: it is not to be seen.
    pub lines: u16,
}

/// What a sending m-line carries.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct SentTrack {
    /// The m-line's mid.
    pub mid: String,
    /// Where it comes from.
    pub source: MediaSource,
}

/// A TURN server (RFC 8656) and the credentials for it, which expire after some hours.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
pub struct IceServer {
    /// `turn:` and `turns:` URLs (RFC 7065).
    pub urls: Vec<String>,
    /// When the credential expires, and a number.
    pub username: String,
    /// The credential.
    pub credential: String,
}

/// Where a track comes from.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum MediaSource {
    /// A voice.
    Microphone,
    /// A face.
    Camera,
    /// A shared screen.
    Screen,
}

/// From the server.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerMessage {
    /// The seat is taken.
    Welcome {
        /// The version spoken from here on.
        version: u32,
        /// One's own seat.
        seat: u32,
        /// The secret with which this seat can be taken again.
        resume: String,
        /// Seconds for which the seat is kept when the connection breaks.
        resume_s: u32,
        /// `true` when an earlier seat was taken again.
        resumed: bool,
        /// What one may do.
        grants: Vec<Grant>,
        /// Everyone in the room, oneself included.
        participants: Vec<Participant>,
        /// Whether the room is being recorded.
        recording: RecordingState,
        /// What media may be relayed by where it does not get through directly: for `RTCConfiguration.iceServers`.
        ice_servers: Vec<IceServer>,
    },
    /// The answer to an `offer`.
    Answer {
        /// The SDP answer.
        sdp: String,
        /// The receiving slots.
        slots: Vec<SlotInfo>,
    },
    /// Who is in which slot: the whole map, each time it changes.
    Slots {
        /// Every slot.
        slots: Vec<SlotSeat>,
    },
    /// Which simulcast layers of one's own picture somebody needs: the whole list, each time it changes. Send those, and
    /// not the others.
    Layers {
        /// Of which source.
        source: MediaSource,
        /// The rids, the smallest layer first.
        rids: Vec<String>,
    },
    /// Which pictures one's own network does not carry as large as they are shown: the whole lists, each time they change.
    Limited {
        /// Mids of slots whose picture is smaller.
        reduced: Vec<String>,
        /// Mids of slots without a picture for now; the voices go on.
        paused: Vec<String>,
    },
    /// Someone came.
    ParticipantJoined {
        /// Who.
        participant: Participant,
    },
    /// Someone changed: muted, lost or found the connection.
    ParticipantChanged {
        /// Who, as they are now.
        participant: Participant,
    },
    /// Someone left.
    ParticipantLeft {
        /// Who.
        seat: u32,
    },
    /// Who speaks, loudest first: the whole list, each time it changes.
    Speaking {
        /// The speakers.
        seats: Vec<u32>,
    },
    /// The recording's state changed.
    Recording {
        /// As it is now.
        recording: RecordingState,
    },
    /// The media connection is over; the seat is kept: offer again with `fresh`.
    MediaLost {
        /// Why.
        reason: LostReason,
    },
    /// The answer to `ping`.
    Pong {
        /// As it came.
        nonce: u32,
    },
    /// Something was refused.
    Error {
        /// What was refused.
        code: ErrorCode,
        /// For a developer, in English; the page has its own words for each code.
        message: String,
        /// `true`: the socket is closed after this, and joining again at once with the same ticket is no use.
        fatal: bool,
    },
    /// The room or the server ends.
    Closing {
        /// A stable code: `ended` (the host ended the conference), `server_restart`, `replaced` (the seat was taken elsewhere).
        reason: String,
        /// Milliseconds after which it happens.
        in_ms: u32,
    },
}

/// What a ticket allows.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Grant {
    /// Send sound and picture.
    Publish,
    /// Receive.
    Subscribe,
    /// Start and stop the recording, end the conference.
    Host,
}

/// Someone in the room.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
pub struct Participant {
    /// Their seat: a small number, unique in the room, never given twice.
    pub seat: u32,
    /// What they are called.
    pub label: Label,
    /// How they were identified, of who is called by name; `null`: that is not known.
    pub identified: Option<Identified>,
    /// They sit without a name, and were identified before they came.
    pub verified: bool,
    /// They host.
    pub host: bool,
    /// They may send.
    pub publish: bool,
    /// Their microphone is muted.
    pub microphone_muted: bool,
    /// Their camera is off.
    pub camera_muted: bool,
    /// Their connection works; `false` while their seat is kept.
    pub connected: bool,
}

/// How someone who is called by name was identified: by which way, and how surely. Nothing more.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
pub struct Identified {
    /// By which way.
    pub way: Way,
    /// How surely; `null`: not at all, for they are made up.
    pub level: Option<Level>,
}

/// The ways of being identified.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// The state's gateway.
    Viisp,
    /// An OpenID provider.
    Oidc,
    /// The city's e-ticket.
    Eticket,
    /// None: someone of the demonstration city.
    Demonstration,
}

/// Levels of assurance (Regulation (EU) 910/2014, article 8).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Low.
    Low,
    /// Substantial.
    Substantial,
    /// High.
    High,
}

/// What a participant is called.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Label {
    /// By name.
    Named {
        /// The name.
        name: String,
    },
    /// "Balsas 3": an anonymous voice, by the order of coming.
    Anonymous {
        /// The number.
        number: u32,
    },
}

/// A receiving slot.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
pub struct SlotInfo {
    /// The m-line's mid.
    pub mid: String,
    /// `audio` or `video`.
    pub kind: SlotKind,
}

/// What fits into a slot.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum SlotKind {
    /// A voice.
    Audio,
    /// A picture.
    Video,
}

/// Who is in a slot.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
pub struct SlotSeat {
    /// The slot's mid.
    pub mid: String,
    /// Who; `null`: empty (hide its last frame).
    pub seat: Option<u32>,
}

/// Whether the room is being recorded.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
pub struct RecordingState {
    /// The state.
    pub status: RecordingStatus,
    /// When it began, in milliseconds since the Unix epoch.
    #[ts(type = "number | null")]
    pub since_ms: Option<u64>,
    /// Why it failed, as a stable code: `disk_full`, `recorder_unavailable`.
    pub reason: Option<String>,
}

/// The states of a recording.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum RecordingStatus {
    /// Nothing is recorded.
    Off,
    /// Asked for, not yet writing.
    Starting,
    /// Everything said is written.
    On,
    /// It failed; the call goes on.
    Failed,
}

/// Why a media connection ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum LostReason {
    /// The browser closed it.
    Closed,
    /// No sign of life for 30 s (RFC 7675).
    ConsentExpired,
    /// The DTLS handshake failed, timed out, or showed another certificate than the SDP.
    HandshakeFailed,
}

/// What can be refused. The codes are stable: a page may have its own words for each.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// Not JSON, not a message of this protocol, or a field of the wrong type.
    BadMessage,
    /// Longer than [`MAX_MESSAGE_BYTES`]; the socket is closed, the seat is kept.
    MessageTooLarge,
    /// More than 50 messages a second (200 at once): this one was not read.
    TooManyMessages,
    /// The outgoing queue is full because this browser does not read; the socket is closed, the seat is kept.
    TooSlow,
    /// Anything but `join` and `ping` before a seat was taken.
    NotJoined,
    /// A second `join` on one socket.
    AlreadyJoined,
    /// The page speaks a version this server does not.
    VersionUnsupported,
    /// The ticket is not signed by this server, or was changed.
    TicketInvalid,
    /// The ticket is too old.
    TicketExpired,
    /// The ticket is for another room, or for several and `room` does not say which.
    RoomMismatch,
    /// All seats are taken.
    RoomFull,
    /// The seat of `resume` is not kept any more (or never was): a new one was given.
    ResumeUnknown,
    /// The ticket does not grant this.
    NotAllowed,
    /// No such seat in this room.
    SeatUnknown,
    /// The offer cannot be answered.
    SdpInvalid,
    /// The offer is larger than 256 KiB.
    SdpTooLarge,
    /// The media plane takes no more connections.
    MediaFull,
    /// The media plane does not answer, or knows no connection for this `offer` (send a `fresh` one).
    MediaUnavailable,
}
