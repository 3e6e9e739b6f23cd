// What a recording consists of, read from its manifest (recorder/src/manifest.rs), in seconds. What does not have the
// right shape is refused as a whole: half a recording must not look like a whole one.

export type Source = "microphone" | "camera" | "screen";

export interface Piece {
  file: string;
  start: number;
  duration: number;
  size: number;
}

export interface Track {
  id: number;
  participant: string;
  source: Source;
  pieces: Piece[];
}

/** A time in which someone spoke. */
export interface Span {
  participant: string;
  start: number;
  end: number;
}

export interface Replay {
  recording: string;
  duration: number;
  finished: boolean;
  tracks: Track[];
  spans: Span[];
}

const MICROS = 1e6;

/** Reads a manifest; throws when it is none. */
export function readManifest(value: unknown): Replay {
  const manifest = record(value);
  if (manifest["version"] !== 1) throw new Error("unknown version of the manifest");
  return {
    recording: text(manifest["recording"]),
    duration: seconds(manifest["duration_us"]),
    finished: manifest["state"] === "finished",
    tracks: list(manifest["tracks"]).map(track),
    spans: list(manifest["speakers"])
      .map(span)
      .sort((a, b) => a.start - b.start),
  };
}

function track(value: unknown): Track {
  const one = record(value);
  const source = one["source"];
  if (source !== "microphone" && source !== "camera" && source !== "screen") throw new Error("unknown source");
  return {
    id: number(one["track"]),
    participant: String(number(one["participant"])),
    source,
    pieces: list(one["pieces"])
      .map(piece)
      .filter((each) => each.duration > 0)
      .sort((a, b) => a.start - b.start),
  };
}

function piece(value: unknown): Piece {
  const one = record(value);
  const file = text(one["file"]);
  if (!/^[\w.-]+$/.test(file)) throw new Error("a piece's name is no file name");
  return { file, start: seconds(one["start_us"]), duration: seconds(one["duration_us"]), size: number(one["size_bytes"]) };
}

function span(value: unknown): Span {
  const one = record(value);
  return { participant: String(number(one["participant"])), start: seconds(one["start_us"]), end: seconds(one["end_us"]) };
}

function record(value: unknown): Record<string, unknown> {
  if (typeof value !== "object" || value === null) throw new Error("not an object");
  return value as Record<string, unknown>;
}

function list(value: unknown): unknown[] {
  if (!Array.isArray(value)) throw new Error("not a list");
  return value;
}

function number(value: unknown): number {
  if (typeof value !== "number" || !Number.isFinite(value) || value < 0) throw new Error("not a number");
  return value;
}

function text(value: unknown): string {
  if (typeof value !== "string") throw new Error("not a text");
  return value;
}

function seconds(value: unknown): number {
  return number(value) / MICROS;
}
