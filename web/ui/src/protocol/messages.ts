// The call protocol, version 1. The truth is signaling/src/message.rs.
export type ClientMessage =
  | { type: "join"; version: number; ticket: string; room: string | null; resume: string | null; microphone_muted: boolean; camera_muted: boolean }
  | { type: "offer"; sdp: string; fresh: boolean; tracks: Array<SentTrack> }
  | { type: "mute"; source: MediaSource; muted: boolean }
  | { type: "pin"; seat: number | null }
  | { type: "record"; on: boolean }
  | { type: "ping"; nonce: number }
  | { type: "leave" };
export type ServerMessage =
  | { type: "welcome"; version: number; seat: number; resume: string; resume_s: number; resumed: boolean; grants: Array<Grant>; participants: Array<Participant>; recording: RecordingState }
  | { type: "answer"; sdp: string; slots: Array<SlotInfo> }
  | { type: "slots"; slots: Array<SlotSeat> }
  | { type: "participant_joined"; participant: Participant }
  | { type: "participant_changed"; participant: Participant }
  | { type: "participant_left"; seat: number }
  | { type: "speaking"; seats: Array<number> }
  | { type: "recording"; recording: RecordingState }
  | { type: "media_lost"; reason: string }
  | { type: "pong"; nonce: number }
  | { type: "error"; code: string; message: string; fatal: boolean }
  | { type: "closing"; reason: string; in_ms: number };
export type SentTrack = { mid: string; source: MediaSource };
export type MediaSource = "microphone" | "camera" | "screen";
export type Grant = "publish" | "subscribe" | "host";
export type Participant = { seat: number; label: Label; host: boolean; publish: boolean; microphone_muted: boolean; camera_muted: boolean; connected: boolean };
export type Label = { kind: "named"; name: string } | { kind: "anonymous"; number: number };
export type SlotInfo = { mid: string; kind: SlotKind };
export type SlotKind = "audio" | "video";
export type SlotSeat = { mid: string; seat: number | null };
export type RecordingState = { status: RecordingStatus; since_ms: number | null; reason: string | null };
export type RecordingStatus = "off" | "starting" | "on" | "failed";
