// Facts about what is known of a room.
import { expect, test } from "vitest";
import type { Participant, ServerMessage } from "./messages";
import { after, EMPTY_ROOM, expectsMedia, taking, watching } from "./room";

const person = (seat: number, more: Partial<Participant> = {}): Participant => ({
  seat,
  label: { kind: "anonymous", number: seat },
  identified: null,
  verified: false,
  host: false,
  publish: true,
  microphone_muted: false,
  camera_muted: true,
  connected: true,
  ...more,
});

const welcome = (resumed: boolean): ServerMessage => ({
  type: "welcome",
  version: 1,
  seat: 2,
  resume: "s",
  resume_s: 30,
  resumed,
  grants: [],
  participants: [person(2), person(1)],
  recording: { status: "on", since_ms: 5, reason: null },
  ice_servers: [],
});

test("people are in the order of coming", () => {
  const room = after(after(EMPTY_ROOM, welcome(false)), { type: "participant_joined", participant: person(3) });
  expect(room.participants.map((one) => one.seat)).toEqual([1, 2, 3]);
});

test("what the network does not carry is counted, until the connection is another", () => {
  const limited: ServerMessage = { type: "limited", reduced: ["1", "3"], paused: ["4"] };
  const room = after(after(EMPTY_ROOM, welcome(false)), limited);
  expect(room.limited).toEqual({ reduced: 2, paused: 1 });
  expect(after(room, { type: "media_lost", reason: "closed" }).limited).toEqual({ reduced: 0, paused: 0 });
});

test("who only watches is counted and not listed", () => {
  const viewer = person(3, { publish: false });
  const room = after(after(EMPTY_ROOM, welcome(false)), { type: "participant_joined", participant: viewer });
  expect(taking(room).map((one) => one.seat)).toEqual([1, 2]);
  expect(watching(room)).toBe(1);
  expect(taking({ ...room, seat: 3 }).map((one) => one.seat)).toEqual([1, 2, 3]);
});

test("something should arrive while somebody in a slot has a microphone or a camera on", () => {
  const alone = after(EMPTY_ROOM, welcome(false));
  expect(expectsMedia(alone), "nobody is in a slot").toBe(false);
  const shown = { ...alone, slots: new Map([["2", 1]]) };
  expect(expectsMedia(shown)).toBe(true);
  const with1 = (more: Partial<Participant>) => expectsMedia({ ...shown, participants: [person(2), person(1, more)] });
  expect(with1({ microphone_muted: true }), "all is off").toBe(false);
  expect(with1({ microphone_muted: true, camera_muted: false })).toBe(true);
  expect(with1({ connected: false }), "the line is broken").toBe(false);
});

test("someone who changes keeps their place", () => {
  const changed = person(1, { microphone_muted: true });
  const room = after(after(EMPTY_ROOM, welcome(false)), { type: "participant_changed", participant: changed });
  expect(room.participants[0]).toEqual(changed);
  expect(room.participants).toHaveLength(2);
});

test("someone who left speaks no more", () => {
  let room = after(after(EMPTY_ROOM, welcome(false)), { type: "speaking", seats: [1, 2] });
  room = after(room, { type: "participant_left", seat: 1 });
  expect([room.speaking, room.spoke]).toEqual([[2], [2]]);
});

test("who spoke last comes first", () => {
  let room = EMPTY_ROOM;
  for (const seats of [[1], [2], [], [3], [1]]) room = after(room, { type: "speaking", seats });
  expect(room.spoke).toEqual([1, 3, 2]);
});

test("an empty slot shows nobody", () => {
  const slots = [
    { mid: "5", seat: 1 },
    { mid: "6", seat: null },
  ];
  expect([...after(EMPTY_ROOM, { type: "slots", slots }).slots]).toEqual([["5", 1]]);
});

test("a new seat forgets the slots of the old one, the same seat keeps them", () => {
  const room = after(EMPTY_ROOM, { type: "slots", slots: [{ mid: "5", seat: 1 }] });
  expect(after(room, welcome(true)).slots.size).toBe(1);
  expect(after(room, welcome(false)).slots.size).toBe(0);
});

test("the floor stays with someone until they fall silent and another begins, and is never one's own", () => {
  let room = after(EMPTY_ROOM, welcome(false));
  const leads: (number | null)[] = [];
  for (const seats of [[2], [2, 1], [3, 1], [], [3]]) {
    room = after(room, { type: "speaking", seats });
    leads.push(room.lead);
  }
  expect(leads).toEqual([null, 1, 1, 1, 3]);
});
