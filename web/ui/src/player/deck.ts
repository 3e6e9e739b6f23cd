// The media elements of a replay: one for each piece that is or soon will be heard or seen, and no others. They follow
// the master clock.

import { correction } from "./clock";
import type { Piece, Track } from "./manifest";

/** A piece is loaded so long before it begins, and let go so long after it ended. */
const AHEAD_S = 5;
const BEHIND_S = 2;
/** After so long without data a piece no longer holds up the others. */
const PATIENCE_MS = 8_000;

export interface Playing {
  track: Track;
  piece: Piece;
  element: HTMLMediaElement;
}

interface Held extends Playing {
  broken: boolean;
  waitingSince: number | null;
}

export interface Sound {
  volume: number;
  muted: boolean;
}

export class Deck {
  readonly #held = new Map<string, Held>();

  constructor(
    private readonly url: (file: string) => string,
    private readonly tracks: Track[],
    /** Of whose picture there is need now; sound is always needed. */
    private readonly needed: (track: Track) => boolean,
  ) {}

  /** The elements for this time exist; the others do not. */
  prepare(time: number): void {
    const wanted = new Set<string>();
    for (const track of this.tracks) {
      if (track.source !== "microphone" && !this.needed(track)) continue;
      for (const piece of track.pieces) {
        if (piece.start - AHEAD_S > time || piece.start + piece.duration + BEHIND_S < time) continue;
        wanted.add(piece.file);
        if (!this.#held.has(piece.file)) this.#take(track, piece, time);
      }
    }
    for (const [file, held] of this.#held) if (!wanted.has(file)) this.#drop(file, held);
  }

  /** Everything that sounds or shows at `time` plays, at `rate`, within a few hundredths of a second of it. */
  follow(time: number, rate: number, sound: Sound): void {
    for (const held of this.#held.values()) {
      const { element } = held;
      element.volume = sound.volume;
      element.muted = held.track.source !== "microphone" || sound.muted;
      if (!plays(held, time)) {
        if (!element.paused) element.pause();
        continue;
      }
      const inside = time - held.piece.start;
      if (element.paused) {
        element.playbackRate = rate;
        if (Math.abs(element.currentTime - inside) > 0.05) element.currentTime = inside;
        // Refused or interrupted: the next look tries again.
        element.play().catch(() => undefined);
        continue;
      }
      if (element.seeking) continue;
      const what = correction(element.currentTime - inside, element.playbackRate, rate);
      if (what.kind === "move") element.currentTime = inside;
      else if (what.kind === "rate") element.playbackRate = what.rate;
    }
  }

  /** Everything stands still at `time`. */
  stand(time: number): void {
    for (const held of this.#held.values()) {
      if (!held.element.paused) held.element.pause();
      if (plays(held, time) && Math.abs(held.element.currentTime - (time - held.piece.start)) > 0.05) {
        if (!held.element.seeking) held.element.currentTime = time - held.piece.start;
      }
    }
  }

  /** Whether something that should sound at `time` has no data yet. Pictures come when they come: speech goes on. */
  lacks(time: number, nowMs: number): boolean {
    let lacking = false;
    const active = [...this.#held.values()].filter((held) => plays(held, time));
    const voices = active.filter((held) => held.track.source === "microphone");
    for (const held of voices.length > 0 ? voices : active) {
      if (held.element.readyState >= HTMLMediaElement.HAVE_FUTURE_DATA || nearEnd(held, time)) {
        held.waitingSince = null;
        continue;
      }
      held.waitingSince ??= nowMs;
      if (nowMs - held.waitingSince < PATIENCE_MS) lacking = true;
    }
    return lacking;
  }

  /** The element that shows this piece, if it is there. */
  element(file: string): HTMLMediaElement | null {
    const held = this.#held.get(file);
    return held && !held.broken ? held.element : null;
  }

  clear(): void {
    for (const [file, held] of this.#held) this.#drop(file, held);
  }

  #take(track: Track, piece: Piece, time: number): void {
    const element = document.createElement(track.source === "microphone" ? "audio" : "video");
    const held: Held = { track, piece, element, broken: false, waitingSince: null };
    element.preload = "auto";
    element.muted = track.source !== "microphone";
    element.preservesPitch = true;
    if (element instanceof HTMLVideoElement) {
      element.playsInline = true;
      element.className = "picture live";
      element.tabIndex = -1;
    }
    element.onerror = () => (held.broken = true);
    element.src = this.url(piece.file);
    const inside = time - piece.start;
    if (inside > 0) element.currentTime = inside;
    this.#held.set(piece.file, held);
  }

  #drop(file: string, held: Held): void {
    held.element.onerror = null;
    held.element.pause();
    held.element.removeAttribute("src");
    held.element.load();
    held.element.remove();
    this.#held.delete(file);
  }
}

function plays(held: Held, time: number): boolean {
  const inside = time - held.piece.start;
  if (held.broken || inside < 0 || inside >= held.piece.duration) return false;
  // A file may be a little shorter than its piece: once over, it is over.
  return !(held.element.ended && inside >= held.element.duration - 0.2);
}

/** The last moments of a file never have a future. */
function nearEnd(held: Held, time: number): boolean {
  return held.piece.start + held.piece.duration - time < 0.5 && held.element.readyState >= HTMLMediaElement.HAVE_METADATA;
}
