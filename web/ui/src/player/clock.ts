// The master clock: the one position that every piece of a recording follows. The time is given, never asked for.

export class MasterClock {
  #position = 0;
  #since = 0;
  #running = false;
  #rate = 1;

  constructor(private duration: number) {}

  /** Where the recording stands at `now` (seconds, never going back). */
  at(now: number): number {
    const moved = this.#running ? (now - this.#since) * this.#rate : 0;
    return Math.min(this.duration, Math.max(0, this.#position + moved));
  }

  get running(): boolean {
    return this.#running;
  }

  get rate(): number {
    return this.#rate;
  }

  run(now: number): void {
    if (this.#running) return;
    this.#since = now;
    this.#running = true;
  }

  hold(now: number): void {
    this.#position = this.at(now);
    this.#running = false;
  }

  seek(position: number, now: number): void {
    this.#position = Math.min(this.duration, Math.max(0, position));
    this.#since = now;
  }

  setRate(rate: number, now: number): void {
    this.#position = this.at(now);
    this.#since = now;
    this.#rate = rate;
  }
}

/** A medium further away than this is moved; nearer, it plays a little faster or slower until it is back. */
const MOVE_OVER_S = 0.4;
const NUDGE_OVER_S = 0.08;
const NUDGED_ENOUGH_S = 0.02;
const NUDGE = 0.06;

export type Correction = { kind: "none" } | { kind: "move" } | { kind: "rate"; rate: number };

/** What to do with a medium that is `ahead` seconds before its time and plays at `playing` where `rate` is wanted. */
export function correction(ahead: number, playing: number, rate: number): Correction {
  const off = Math.abs(ahead);
  if (off > MOVE_OVER_S) return { kind: "move" };
  const nudged = Math.abs(playing - rate) > 0.001;
  if (off > NUDGE_OVER_S || (nudged && off > NUDGED_ENOUGH_S && Math.sign(playing - rate) !== Math.sign(ahead))) {
    return { kind: "rate", rate: rate * (ahead > 0 ? 1 - NUDGE : 1 + NUDGE) };
  }
  return nudged ? { kind: "rate", rate } : { kind: "none" };
}
