// Facts about a recording's timeline.
import { expect, test } from "vitest";
import { readManifest, type Replay, type Span } from "./manifest";
import * as timeline from "./timeline";

const span = (participant: string, start: number, end: number): Span => ({ participant, start, end });

const manifest = (more: object = {}): unknown => ({
  version: 1,
  recording: "r",
  started_us: 1_700_000_000_000_000,
  duration_us: 60_000_000,
  state: "finished",
  tracks: [
    {
      track: 1,
      participant: 3,
      source: "microphone",
      codec: "opus",
      pieces: [
        { file: "b.webm", start_us: 30_000_000, duration_us: 30_000_000, size_bytes: 1, sha256: "" },
        { file: "a.webm", start_us: 0, duration_us: 20_000_000, size_bytes: 1, sha256: "" },
      ],
    },
    { track: 2, participant: 9, source: "camera", codec: "vp8", pieces: [] },
  ],
  speakers: [{ participant: 3, start_us: 1_500_000, end_us: 2_000_000 }],
  ...more,
});

const replay = (): Replay => readManifest(manifest());

test("times become seconds and pieces stand in order", () => {
  expect(replay().tracks[0]?.pieces.map((piece) => [piece.file, piece.start])).toEqual([
    ["a.webm", 0],
    ["b.webm", 30],
  ]);
  expect(replay().spans).toEqual([span("3", 1.5, 2)]);
});

test.each([
  ["no object", null],
  ["another version", manifest({ version: 2 })],
  ["no tracks", manifest({ tracks: undefined })],
  ["a negative length", manifest({ duration_us: -1 })],
  ["a path instead of a file", manifest({ tracks: [{ track: 1, participant: 1, source: "camera", pieces: [{ file: "../x", start_us: 0, duration_us: 1, size_bytes: 0 }] }] })],
  ["an unknown source", manifest({ tracks: [{ track: 1, participant: 1, source: "chat", pieces: [] }] })],
])("a manifest with %s is refused", (_, value) => {
  expect(() => readManifest(value)).toThrow();
});

test("a chapter begins where someone begins to speak and lasts until the next", () => {
  const spans = [span("a", 0, 5), span("a", 7, 12), span("b", 13, 20), span("a", 21, 30)];
  expect(timeline.chapters(spans, 40)).toEqual([
    { participant: "a", start: 0, end: 13 },
    { participant: "b", start: 13, end: 21 },
    { participant: "a", start: 21, end: 40 },
  ]);
});

test("a short word and an answer inside another's turn are no chapters", () => {
  const spans = [span("a", 0, 30), span("b", 5, 5.4), span("b", 12, 14)];
  expect(timeline.chapters(spans, 30).map((chapter) => chapter.participant)).toEqual(["a"]);
});

test("who takes turns has a chapter for each turn", () => {
  const spans = [span("a", 0, 5), span("b", 5.5, 8), span("a", 8.5, 12)];
  expect(timeline.chapters(spans, 12).map((chapter) => chapter.participant)).toEqual(["a", "b", "a"]);
});

test("two who begin together share a chapter", () => {
  const spans = [span("a", 0, 20), span("b", 0, 30), span("c", 0.5, 40), span("d", 35, 50)];
  expect(timeline.chapters(spans, 60).map((chapter) => [chapter.participant, chapter.start])).toEqual([
    ["a", 0],
    ["d", 35],
  ]);
});

test("whoever spoke last is shown while nobody speaks", () => {
  const spans = [span("a", 1, 5), span("b", 4, 8)];
  expect([0, 2, 4.5, 6, 20].map((time) => timeline.speakerAt(spans, time))).toEqual([null, "a", "a", "b", "b"]);
});

test("between two pieces a track is missing, before and after them it is not", () => {
  const missing = [10, 25, 40, 61].map((time) => timeline.missingAt(replay(), "3", "microphone", time));
  expect(missing).toEqual([false, true, false, false]);
});

test("where nothing was kept there is a hole, but not before the first came or after the last left", () => {
  expect(timeline.holes({ ...replay(), duration: 300 })).toEqual([{ start: 20, end: 30 }]);
});

test("someone of whom nothing was kept is not among the people", () => {
  expect(timeline.people(replay())).toEqual(["3"]);
});

test.each([
  [0, "00:00"],
  [741.9, "12:21"],
  [3_723, "1:02:03"],
])("%d seconds read %s", (time, words) => {
  expect(timeline.clockText(time)).toBe(words);
});

test.each([
  ["#t=741", 741],
  ["#t=0.5", 0.5],
  ["#t=-3", null],
  ["#t=1e9x", null],
  ["", null],
])("the link %s names the time %s", (hash, time) => {
  expect(timeline.timeOfLink(hash)).toBe(time);
});
