// Facts about noticing that nothing arrives any more, with a fake clock.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { arrivedBytes, Pulse } from "./pulse";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A connection on which something arrives every so many ms, while it does. */
function connection() {
  const network = { every: 20, stalledAt: Infinity, expected: true };
  const stops: number[] = [];
  const began = Date.now();
  const pulse = new Pulse({
    count: () => Promise.resolve(Math.floor((Math.min(Date.now(), network.stalledAt) - began) / network.every)),
    expects: () => network.expected,
    now: () => Date.now(),
    onStop: () => stops.push(Date.now() - network.stalledAt),
  });
  return { network, pulse, stops };
}

test("a stop is noticed within half a second, and said once", async () => {
  const { network, pulse, stops } = connection();
  pulse.start();
  await vi.advanceTimersByTimeAsync(3_000);
  expect([stops, pulse.flows]).toEqual([[], true]);
  network.stalledAt = Date.now();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(stops).toHaveLength(1);
  expect(stops[0]).toBeLessThan(500);
  expect(pulse.flows).toBe(false);
  network.stalledAt = Infinity;
  await vi.advanceTimersByTimeAsync(3_000);
  network.stalledAt = Date.now();
  await vi.advanceTimersByTimeAsync(3_000);
  expect(stops).toHaveLength(2);
});

test("who only hears something now and then misses nothing", async () => {
  const { network, pulse, stops } = connection();
  network.every = 400;
  pulse.start();
  await vi.advanceTimersByTimeAsync(20_000);
  expect(stops).toEqual([]);
});

test("a network that pauses by itself is given more time", async () => {
  const { network, pulse, stops } = connection();
  pulse.start();
  await vi.advanceTimersByTimeAsync(3_000);
  for (const pause of [200, 300, 450]) {
    network.stalledAt = Date.now();
    await vi.advanceTimersByTimeAsync(pause);
    network.stalledAt = Infinity;
    await vi.advanceTimersByTimeAsync(2_000);
  }
  expect(stops).toEqual([]);
});

test("nothing is said once it was stopped, nor when nobody knows", async () => {
  const { network, pulse, stops } = connection();
  pulse.start();
  await vi.advanceTimersByTimeAsync(3_000);
  pulse.stop();
  network.stalledAt = Date.now();
  await vi.advanceTimersByTimeAsync(3_000);
  expect([stops, pulse.flows]).toEqual([[], false]);
});

test("who falls silent or leaves stops nothing, and the silence is not taken for the network's", async () => {
  const { network, pulse, stops } = connection();
  pulse.start();
  await vi.advanceTimersByTimeAsync(3_000);
  network.stalledAt = Date.now();
  // The word of it may come a little later than the silence.
  await vi.advanceTimersByTimeAsync(150);
  network.expected = false;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(stops).toEqual([]);
  network.expected = true;
  network.stalledAt = Infinity;
  await vi.advanceTimersByTimeAsync(3_000);
  network.stalledAt = Date.now();
  await vi.advanceTimersByTimeAsync(500);
  expect(stops).toHaveLength(1);
});

test("all paths of a connection count", () => {
  const report = new Map<string, unknown>([
    ["a", { type: "candidate-pair", bytesReceived: 10 }],
    ["b", { type: "candidate-pair", bytesReceived: 5 }],
    ["c", { type: "inbound-rtp", bytesReceived: 99 }],
  ]);
  expect(arrivedBytes(report as unknown as RTCStatsReport)).toBe(15);
  expect(arrivedBytes(new Map() as unknown as RTCStatsReport)).toBeNull();
});
