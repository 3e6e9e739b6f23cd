// Facts about what the server is told of the tiles.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { ClientMessage } from "./messages";
import { View } from "./view";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function watched() {
  const sent: ClientMessage[] = [];
  const view = new View((message) => sent.push(message) > 0);
  return { view, sent };
}

test("tiles are told once they rest, by the slot in which each seat is", () => {
  const { view, sent } = watched();
  view.slots(new Map([["5", 2], ["6", 3]]));
  view.size(2, 700);
  vi.advanceTimersByTime(199);
  view.size(2, 179.5);
  vi.advanceTimersByTime(199);
  expect(sent).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(sent).toEqual([{ type: "view", tiles: [{ mid: "5", lines: 180 }, { mid: "6", lines: 0 }] }]);
});

test("nothing is told twice, but to a new connection everything", () => {
  const { view, sent } = watched();
  const slots = new Map([["5", 2]]);
  view.slots(slots);
  view.size(2, 100_000);
  vi.runAllTimers();
  view.size(2, 100_000);
  view.slots(slots);
  vi.runAllTimers();
  expect(sent).toEqual([{ type: "view", tiles: [{ mid: "5", lines: 65_535 }] }]);
  view.forget();
  vi.runAllTimers();
  expect(sent.length).toBe(2);
});

test("what could not be sent is sent at the next occasion", () => {
  let open = false;
  const sent: ClientMessage[] = [];
  const view = new View((message) => open && sent.push(message) > 0);
  view.slots(new Map([["5", 2]]));
  vi.runAllTimers();
  open = true;
  view.size(2, 0);
  vi.runAllTimers();
  expect(sent.length).toBe(1);
});
