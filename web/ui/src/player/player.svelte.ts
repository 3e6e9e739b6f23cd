// The replay as the person sees it: where it stands, how fast, how loud, who is large. It moves the deck of media
// elements along the master clock.

import { type Mark, markOf } from "../text/mark";
import { MasterClock } from "./clock";
import { Deck } from "./deck";
import type { Piece, Replay, Track } from "./manifest";
import { type Label, loadRecording, pieceUrl, type Recording, RecordingError } from "./recording";
import { t } from "./text";
import * as timeline from "./timeline";

export type PlayerState = "loading" | "ready" | "playing" | "paused" | "ended" | "error";
export type Arrangement = "speaker" | "grid";

export const SPEEDS = [0.75, 1, 1.25, 1.5, 2];
/** Faces shown, and loaded, at once. */
const FACES_AT_MOST = 9;
/** Someone is shown so long before their first and after their last packet. */
const AROUND_S = 1;
/** Whoever speaks so soon is loaded already. */
const NEXT_FACE_S = 4;
const LOOK_MS = 100;
/** A recording that has just ended is finished within seconds: so long it is asked for again. */
const PREPARING_MS = 2_000;
const PREPARING_TIMES = 30;

const nowS = (): number => performance.now() / 1000;

export class Player {
  state = $state<PlayerState>("loading");
  /** A stable code of what went wrong. */
  code = $state("");
  /** The recording ended a moment ago and is being finished. */
  preparing = $state(false);
  position = $state(0);
  buffering = $state(false);
  speed = $state(recallSpeed());
  volume = $state(1);
  muted = $state(false);
  arrangement = $state<Arrangement>("speaker");
  replay = $state.raw<Replay | null>(null);
  chapters = $state.raw<timeline.Chapter[]>([]);
  holes = $state.raw<timeline.Gap[]>([]);
  people = $state.raw<string[]>([]);
  title = $state("");
  /** Counts the changes of what the deck holds, so that the stage looks again. */
  deckVersion = $state(0);

  #labels: ReadonlyMap<string, Label> = new Map();
  #marks: Recording["marks"] = new Map();
  #presence: ReadonlyMap<string, timeline.Gap> = new Map();
  #deck: Deck | null = null;
  #clock = new MasterClock(0);
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(readonly recording: string) {}

  get duration(): number {
    return this.replay?.duration ?? 0;
  }

  get moving(): boolean {
    return this.state === "playing";
  }

  /** Who is large now: who speaks, or spoke last. */
  get lead(): string | null {
    const spans = this.replay?.spans ?? [];
    return timeline.speakerAt(spans, this.position) ?? this.people[0] ?? null;
  }

  /** Everyone who is there now; whoever left and came back is there once. */
  get present(): string[] {
    const there = this.people.filter((participant) => {
      const span = this.#presence.get(participant);
      return span !== undefined && span.start <= this.position + AROUND_S && this.position - AROUND_S <= span.end;
    });
    return there.slice(0, FACES_AT_MOST);
  }

  get chapter(): number {
    return this.chapters.findLastIndex((chapter) => chapter.start <= this.position + 0.05);
  }

  async load(): Promise<void> {
    this.state = "loading";
    this.code = "";
    try {
      for (let i = 0; ; i++) {
        const recording = await loadRecording(this.recording);
        if (recording.replay.finished && recording.replay.duration > 0) {
          this.#begin(recording);
          return;
        }
        if (i >= PREPARING_TIMES) throw new RecordingError("not_found");
        this.preparing = true;
        await new Promise((resolve) => setTimeout(resolve, PREPARING_MS));
      }
    } catch (error) {
      this.#fail(error instanceof RecordingError ? error.code : "unreadable");
    }
  }

  nameOf(participant: string): string {
    const label = this.#labels.get(participant);
    if (!label) return t("replay-someone");
    return "name" in label ? label.name : t("replay-voice", { number: label.anonymous });
  }

  /** How they were identified, as the call said it. */
  markOf(participant: string): Mark | null {
    const known = this.#marks.get(participant);
    return known ? markOf({ ...known, anonymous: this.isAnonymous(participant) }, t) : null;
  }

  isAnonymous(participant: string): boolean {
    const label = this.#labels.get(participant);
    return label !== undefined && "anonymous" in label;
  }

  toggle(): void {
    if (this.state === "playing") this.pause();
    else this.play();
  }

  play(): void {
    if (!this.#deck || this.state === "error" || this.state === "loading") return;
    if (this.state === "ended") this.seek(0);
    this.state = "playing";
    this.#look();
  }

  pause(): void {
    if (this.state !== "playing") return;
    this.#clock.hold(nowS());
    this.buffering = false;
    this.state = "paused";
    this.#look();
  }

  seek(position: number): void {
    if (!this.#deck) return;
    this.#clock.hold(nowS());
    this.#clock.seek(position, nowS());
    if (this.state === "ended" && position < this.duration) this.state = "paused";
    this.#look();
  }

  skip(seconds: number): void {
    this.seek(this.position + seconds);
  }

  setSpeed(speed: number): void {
    this.speed = speed;
    this.#clock.setRate(speed, nowS());
    rememberSpeed(speed);
  }

  nextSpeed(): void {
    const index = SPEEDS.indexOf(this.speed);
    this.setSpeed(SPEEDS[(index + 1) % SPEEDS.length] ?? 1);
  }

  setVolume(volume: number): void {
    this.volume = Math.min(1, Math.max(0, volume));
    this.muted = this.volume === 0;
  }

  /** The piece of somebody's picture at this time; a shared screen before a face. */
  pictureOf(participant: string): Piece | null {
    const tracks = this.#tracksOf(participant).filter((track) => track.source !== "microphone");
    const screenFirst = [...tracks].sort((a, b) => Number(b.source === "screen") - Number(a.source === "screen"));
    for (const track of screenFirst) {
      const piece = timeline.pieceAt(track, this.position);
      if (piece) return piece;
    }
    return null;
  }

  element(file: string): HTMLMediaElement | null {
    return this.#deck?.element(file) ?? null;
  }

  destroy(): void {
    clearInterval(this.#timer);
    this.#deck?.clear();
  }

  #tracksOf(participant: string): Track[] {
    return this.replay?.tracks.filter((track) => track.participant === participant) ?? [];
  }

  #begin({ replay, labels, marks, title }: Recording): void {
    this.replay = replay;
    this.#labels = labels;
    this.#marks = marks;
    this.title = title;
    this.preparing = false;
    this.chapters = timeline.chapters(replay.spans, replay.duration);
    this.holes = timeline.holes(replay);
    this.people = timeline.people(replay);
    this.#presence = new Map(
      this.people.flatMap((participant) => {
        const span = timeline.presence(replay, participant);
        return span ? [[participant, span]] : [];
      }),
    );
    this.#clock = new MasterClock(replay.duration);
    this.#clock.setRate(this.speed, nowS());
    this.#deck = new Deck(
      (file) => pieceUrl(this.recording, file),
      replay.tracks,
      (track) => this.#isShown(track.participant),
    );
    this.state = "ready";
    this.seek(timeline.timeOfLink(location.hash) ?? 0);
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
  }

  #isShown(participant: string): boolean {
    if (this.arrangement === "grid") return this.present.includes(participant);
    const next = timeline.speakerAt(this.replay?.spans ?? [], this.position + NEXT_FACE_S);
    return participant === this.lead || participant === next;
  }

  #look(): void {
    const deck = this.#deck;
    if (!deck) return;
    const now = nowS();
    this.position = this.#clock.at(now);
    deck.prepare(this.position);
    if (this.state === "playing") this.#move(deck, now);
    else deck.stand(this.position);
    this.deckVersion += 1;
  }

  #move(deck: Deck, now: number): void {
    if (this.position >= this.duration) {
      this.#clock.hold(now);
      deck.stand(this.duration);
      this.state = "ended";
      return;
    }
    this.buffering = deck.lacks(this.position, performance.now());
    if (this.buffering) {
      this.#clock.hold(now);
      deck.stand(this.position);
    } else {
      this.#clock.run(now);
      deck.follow(this.position, this.speed, { volume: this.volume, muted: this.muted });
    }
  }

  #fail(code: string): void {
    this.code = code;
    this.preparing = false;
    this.state = "error";
  }
}

const SPEED_KEY = "aikste.replay.speed";

function recallSpeed(): number {
  try {
    const speed = Number(localStorage.getItem(SPEED_KEY));
    return SPEEDS.includes(speed) ? speed : 1;
  } catch {
    return 1;
  }
}

function rememberSpeed(speed: number): void {
  try {
    localStorage.setItem(SPEED_KEY, String(speed));
  } catch {
    // A browser that keeps nothing.
  }
}
