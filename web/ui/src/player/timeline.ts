// Questions about a recording's one timeline: who speaks at a time, what plays, what is missing. Pure; in seconds.

import type { Piece, Replay, Source, Span, Track } from "./manifest";

/** Someone has the floor, from the moment they begin. */
export interface Chapter {
  participant: string;
  start: number;
  end: number;
}

/** A stretch in which something was not received or was lost. */
export interface Gap {
  start: number;
  end: number;
}

/** Shorter words belong to somebody else's chapter. */
const SHORTEST_TURN = 1;
/** A shorter break is a pause, not an end. */
const LONGEST_PAUSE = 1.5;
const SHORTEST_GAP = 1;

/** Where someone begins to speak. A chapter lasts until the next. */
export function chapters(spans: Span[], duration: number): Chapter[] {
  const turns: Span[] = [];
  for (const span of joined(spans)) {
    if (span.end - span.start < SHORTEST_TURN) continue;
    const last = turns.at(-1);
    if (last && last.participant === span.participant) last.end = Math.max(last.end, span.end);
    // Someone who begins inside another's turn and is done before it ends was only answering.
    else if (last && span.end <= last.end) continue;
    // Two who begin together share a chapter: one shorter than this could not be found on the bar.
    else if (last && span.start - last.start < SHORTEST_TURN) last.end = Math.max(last.end, span.end);
    else turns.push({ ...span });
  }
  return turns.map((turn, index) => ({
    participant: turn.participant,
    start: turn.start,
    end: turns[index + 1]?.start ?? duration,
  }));
}

/** Each one's spans with their pauses closed. */
function joined(spans: Span[]): Span[] {
  const open = new Map<string, Span>();
  const all: Span[] = [];
  for (const span of [...spans].sort((a, b) => a.start - b.start)) {
    const before = open.get(span.participant);
    if (before && span.start - before.end <= LONGEST_PAUSE) {
      before.end = Math.max(before.end, span.end);
    } else {
      const copy = { ...span };
      open.set(span.participant, copy);
      all.push(copy);
    }
  }
  return all;
}

/** Who speaks at this time, or spoke last before it. */
export function speakerAt(spans: Span[], time: number): string | null {
  let last: Span | null = null;
  for (const span of spans) {
    if (span.start > time) break;
    if (span.end > time) {
      if (!last || last.end <= time) last = span;
    } else if (!last || span.end > last.end) {
      last = span;
    }
  }
  return last?.participant ?? null;
}

/** Everyone who speaks at this very time. */
export function speakingAt(spans: Span[], time: number): string[] {
  return spans.filter((span) => span.start <= time && time < span.end).map((span) => span.participant);
}

/** The piece that holds this time. */
export function pieceAt(track: Track, time: number): Piece | null {
  return track.pieces.find((piece) => piece.start <= time && time < piece.start + piece.duration) ?? null;
}

/** From when to when somebody was there, as far as anything was received of them. */
export function presence(replay: Replay, participant: string): Gap | null {
  let start = Infinity;
  let end = 0;
  for (const track of replay.tracks) {
    if (track.participant !== participant) continue;
    for (const piece of track.pieces) {
      start = Math.min(start, piece.start);
      end = Math.max(end, piece.start + piece.duration);
    }
  }
  return start < end ? { start, end } : null;
}

/** Whether one's track has a hole at this time: it had begun before and goes on later. */
export function missingAt(replay: Replay, participant: string, source: Source, time: number): boolean {
  const pieces = replay.tracks
    .filter((track) => track.participant === participant && track.source === source)
    .flatMap((track) => track.pieces);
  const before = pieces.some((piece) => piece.start <= time);
  const after = pieces.some((piece) => piece.start + piece.duration > time);
  const holds = pieces.some((piece) => piece.start <= time && time < piece.start + piece.duration);
  return before && after && !holds;
}

/** Where nothing of anybody was kept, between what was: before the first came and after the last left, nothing is missing. */
export function holes(replay: Replay): Gap[] {
  const pieces = replay.tracks.flatMap((track) => track.pieces).sort((a, b) => a.start - b.start);
  const found: Gap[] = [];
  let covered = pieces[0]?.start ?? 0;
  for (const piece of pieces) {
    if (piece.start - covered >= SHORTEST_GAP) found.push({ start: covered, end: piece.start });
    covered = Math.max(covered, piece.start + piece.duration);
  }
  return found;
}

/** Everyone of whom there is a track, in the order of coming. */
export function people(replay: Replay): string[] {
  const first = new Map<string, number>();
  for (const track of replay.tracks) {
    const start = track.pieces[0]?.start;
    if (start === undefined) continue;
    first.set(track.participant, Math.min(start, first.get(track.participant) ?? Infinity));
  }
  return [...first].sort((a, b) => a[1] - b[1]).map(([participant]) => participant);
}

/** `12:21`, `1:02:03`. */
export function clockText(time: number): string {
  const whole = Math.max(0, Math.floor(time));
  const hours = Math.floor(whole / 3600);
  const parts = [Math.floor(whole / 60) % 60, whole % 60].map((part) => String(part).padStart(2, "0"));
  return (hours > 0 ? [String(hours), ...parts] : parts).join(":");
}

/** The time a link names: `#t=741`. */
export function timeOfLink(hash: string): number | null {
  const found = /^#t=(\d+(?:\.\d+)?)$/.exec(hash);
  return found ? Number(found[1]) : null;
}
