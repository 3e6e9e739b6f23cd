// What is known of a room: a plain value, changed only by what the server says. No DOM.

import type { Grant, Participant, RecordingState, ServerMessage } from "./messages";

export interface RoomState {
  /** One's own seat; 0 before `welcome`. */
  seat: number;
  grants: Grant[];
  /** In the order of coming, oneself included. */
  participants: Participant[];
  /** Who is in which receiving m-line. */
  slots: ReadonlyMap<string, number>;
  /** How many pictures the network makes smaller, and how many it stops. */
  limited: { reduced: number; paused: number };
  /** Loudest first. */
  speaking: number[];
  /** Everyone who spoke, latest first. */
  spoke: number[];
  /** Who has the floor: another who speaks, and stays until they fall silent and someone else begins. */
  lead: number | null;
  recording: RecordingState;
}

export const EMPTY_ROOM: RoomState = {
  seat: 0,
  grants: [],
  participants: [],
  slots: new Map(),
  limited: { reduced: 0, paused: 0 },
  speaking: [],
  spoke: [],
  lead: null,
  recording: { status: "off", since_ms: null, reason: null },
};

/** Those who take part: oneself, and whoever may be seen and heard. */
export function taking(room: RoomState): Participant[] {
  return room.participants.filter((one) => one.publish || one.seat === room.seat);
}

/** How many others only watch. */
export function watching(room: RoomState): number {
  return room.participants.length - taking(room).length;
}

/** Whether somebody in one's slots has a microphone or a camera on. */
export function expectsMedia(room: RoomState): boolean {
  const shown = new Set(room.slots.values());
  return room.participants.some((one) => shown.has(one.seat) && one.connected && !(one.microphone_muted && one.camera_muted));
}

/** The room after a message. Messages that say nothing of the room leave it as it was. */
export function after(room: RoomState, message: ServerMessage): RoomState {
  switch (message.type) {
    case "welcome":
      return {
        ...EMPTY_ROOM,
        seat: message.seat,
        grants: message.grants,
        participants: [...message.participants].sort((a, b) => a.seat - b.seat),
        recording: message.recording,
        slots: message.resumed ? room.slots : new Map(),
        spoke: message.resumed ? room.spoke : [],
        lead: message.resumed ? room.lead : null,
      };
    case "participant_joined":
    case "participant_changed":
      return { ...room, participants: placed(room.participants, message.participant) };
    case "participant_left":
      return {
        ...room,
        participants: room.participants.filter((one) => one.seat !== message.seat),
        speaking: room.speaking.filter((seat) => seat !== message.seat),
        spoke: room.spoke.filter((seat) => seat !== message.seat),
        lead: room.lead === message.seat ? null : room.lead,
      };
    case "slots": {
      const slots = new Map<string, number>();
      for (const slot of message.slots) if (slot.seat !== null) slots.set(slot.mid, slot.seat);
      return { ...room, slots };
    }
    case "limited":
      return { ...room, limited: { reduced: message.reduced.length, paused: message.paused.length } };
    // What an earlier connection could not carry says nothing of the next one.
    case "media_lost":
      return { ...room, limited: EMPTY_ROOM.limited };
    case "speaking":
      return {
        ...room,
        speaking: message.seats,
        spoke: [...message.seats, ...room.spoke.filter((seat) => !message.seats.includes(seat))],
        lead: leading(room, message.seats),
      };
    case "recording":
      return { ...room, recording: message.recording };
    default:
      return room;
  }
}

function leading(room: RoomState, seats: number[]): number | null {
  if (room.lead !== null && seats.includes(room.lead)) return room.lead;
  return seats.find((seat) => seat !== room.seat) ?? room.lead;
}

function placed(all: Participant[], one: Participant): Participant[] {
  const at = all.findIndex((other) => other.seat === one.seat);
  if (at < 0) return [...all, one].sort((a, b) => a.seat - b.seat);
  return all.map((other, index) => (index === at ? one : other));
}
