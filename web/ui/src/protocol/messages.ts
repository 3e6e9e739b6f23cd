// The messages of the call protocol (docs/PROTOCOL.md), as the server has them.
// Generated from signaling/src/message.rs; to change it: UPDATE=1 cargo test -p signaling protocol

export const VERSION = 1;
export const MAX_MESSAGE_BYTES = 524288;
export const SUBPROTOCOL = "aikste.call.v1";

/**
 * From the browser.
 */
export type ClientMessage = { "type": "join",
/**
 * The protocol version the page speaks.
 */
version: number,
/**
 * A signed join ticket.
 */
ticket: string,
/**
 * Which room, when the ticket is for several (its room ends in `*`); else absent or equal to the ticket's.
 */
room?: string | null,
/**
 * The secret of the seat to take again.
 */
resume?: string | null,
/**
 * The microphone is muted at first.
 */
microphone_muted: boolean,
/**
 * The camera is off at first.
 */
camera_muted: boolean, } | { "type": "offer",
/**
 * The offer.
 */
sdp: string,
/**
 * `true`: a new `RTCPeerConnection`; `false`: a further offer of the same one.
 */
fresh: boolean,
/**
 * What each sending m-line carries.
 */
tracks: Array<SentTrack>, } | { "type": "mute",
/**
 * Which.
 */
source: MediaSource,
/**
 * Off.
 */
muted: boolean, } | { "type": "pin",
/**
 * Whose.
 */
seat: number | null, } | { "type": "view",
/**
 * The tiles; a slot that is not among them stays as it was, at first as large as can be.
 */
tiles: Array<Tile>, } | { "type": "record",
/**
 * Start.
 */
on: boolean, } | { "type": "ping",
/**
 * Comes back as it was.
 */
nonce: number, } | { "type": "leave" };

/**
 * From the server.
 */
export type ServerMessage = { "type": "welcome",
/**
 * The version spoken from here on.
 */
version: number,
/**
 * One's own seat.
 */
seat: number,
/**
 * The secret with which this seat can be taken again.
 */
resume: string,
/**
 * Seconds for which the seat is kept when the connection breaks.
 */
resume_s: number,
/**
 * `true` when an earlier seat was taken again.
 */
resumed: boolean,
/**
 * What one may do.
 */
grants: Array<Grant>,
/**
 * Everyone in the room, oneself included.
 */
participants: Array<Participant>,
/**
 * Whether the room is being recorded.
 */
recording: RecordingState,
/**
 * What media may be relayed by where it does not get through directly: for `RTCConfiguration.iceServers`.
 */
ice_servers: Array<IceServer>, } | { "type": "answer",
/**
 * The SDP answer.
 */
sdp: string,
/**
 * The receiving slots.
 */
slots: Array<SlotInfo>, } | { "type": "slots",
/**
 * Every slot.
 */
slots: Array<SlotSeat>, } | { "type": "layers",
/**
 * Of which source.
 */
source: MediaSource,
/**
 * The rids, the smallest layer first.
 */
rids: Array<string>, } | { "type": "limited",
/**
 * Mids of slots whose picture is smaller.
 */
reduced: Array<string>,
/**
 * Mids of slots without a picture for now; the voices go on.
 */
paused: Array<string>, } | { "type": "participant_joined",
/**
 * Who.
 */
participant: Participant, } | { "type": "participant_changed",
/**
 * Who, as they are now.
 */
participant: Participant, } | { "type": "participant_left",
/**
 * Who.
 */
seat: number, } | { "type": "speaking",
/**
 * The speakers.
 */
seats: Array<number>, } | { "type": "recording",
/**
 * As it is now.
 */
recording: RecordingState, } | { "type": "media_lost",
/**
 * Why.
 */
reason: LostReason, } | { "type": "pong",
/**
 * As it came.
 */
nonce: number, } | { "type": "error",
/**
 * What was refused.
 */
code: ErrorCode,
/**
 * For a developer, in English; the page has its own words for each code.
 */
message: string,
/**
 * `true`: the socket is closed after this, and joining again at once with the same ticket is no use.
 */
fatal: boolean, } | { "type": "closing",
/**
 * A stable code: `ended` (the host ended the conference), `server_restart`, `replaced` (the seat was taken elsewhere).
 */
reason: string,
/**
 * Milliseconds after which it happens.
 */
in_ms: number, };

/**
 * What can be refused. The codes are stable: a page may have its own words for each.
 */
export type ErrorCode = "bad_message" | "message_too_large" | "too_many_messages" | "too_slow" | "not_joined" | "already_joined" | "version_unsupported" | "ticket_invalid" | "ticket_expired" | "room_mismatch" | "room_full" | "resume_unknown" | "not_allowed" | "seat_unknown" | "sdp_invalid" | "sdp_too_large" | "media_full" | "media_unavailable";

/**
 * Why a media connection ended.
 */
export type LostReason = "closed" | "consent_expired" | "handshake_failed";

/**
 * What a ticket allows.
 */
export type Grant = "publish" | "subscribe" | "host";

/**
 * Someone in the room.
 */
export type Participant = {
/**
 * Their seat: a small number, unique in the room, never given twice.
 */
seat: number,
/**
 * What they are called.
 */
label: Label,
/**
 * How they were identified, of who is called by name; `null`: that is not known.
 */
identified: Identified | null,
/**
 * They sit without a name, and were identified before they came.
 */
verified: boolean,
/**
 * They host.
 */
host: boolean,
/**
 * They may send.
 */
publish: boolean,
/**
 * Their microphone is muted.
 */
microphone_muted: boolean,
/**
 * Their camera is off.
 */
camera_muted: boolean,
/**
 * Their connection works; `false` while their seat is kept.
 */
connected: boolean, };

/**
 * What a participant is called.
 */
export type Label = { "kind": "named",
/**
 * The name.
 */
name: string, } | { "kind": "anonymous",
/**
 * The number.
 */
number: number, };

/**
 * How someone who is called by name was identified: by which way, and how surely. Nothing more.
 */
export type Identified = {
/**
 * By which way.
 */
way: Way,
/**
 * How surely; `null`: not at all, for they are made up.
 */
level: Level | null, };

/**
 * The ways of being identified.
 */
export type Way = "viisp" | "oidc" | "eticket" | "demonstration";

/**
 * Levels of assurance (Regulation (EU) 910/2014, article 8).
 */
export type Level = "low" | "substantial" | "high";

/**
 * Where a track comes from.
 */
export type MediaSource = "microphone" | "camera" | "screen";

/**
 * What a sending m-line carries.
 */
export type SentTrack = {
/**
 * The m-line's mid.
 */
mid: string,
/**
 * Where it comes from.
 */
source: MediaSource, };

/**
 * How large a receiving slot is shown.
 */
export type Tile = {
/**
 * The slot's mid.
 */
mid: string,
/**
 * The height of its tile in device pixels; 0: it is not to be seen.
 */
lines: number, };

/**
 * A receiving slot.
 */
export type SlotInfo = {
/**
 * The m-line's mid.
 */
mid: string,
/**
 * `audio` or `video`.
 */
kind: SlotKind, };

/**
 * What fits into a slot.
 */
export type SlotKind = "audio" | "video";

/**
 * Who is in a slot.
 */
export type SlotSeat = {
/**
 * The slot's mid.
 */
mid: string,
/**
 * Who; `null`: empty (hide its last frame).
 */
seat: number | null, };

/**
 * A TURN server (RFC 8656) and the credentials for it, which expire after some hours.
 */
export type IceServer = {
/**
 * `turn:` and `turns:` URLs (RFC 7065).
 */
urls: Array<string>,
/**
 * When the credential expires, and a number.
 */
username: string,
/**
 * The credential.
 */
credential: string, };

/**
 * Whether the room is being recorded.
 */
export type RecordingState = {
/**
 * The state.
 */
status: RecordingStatus,
/**
 * When it began, in milliseconds since the Unix epoch.
 */
since_ms: number | null,
/**
 * Why it failed, as a stable code: `disk_full`, `recorder_unavailable`.
 */
reason: string | null, };

/**
 * The states of a recording.
 */
export type RecordingStatus = "off" | "starting" | "on" | "failed";
