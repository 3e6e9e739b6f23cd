// Whether anything arrives on a media connection at all. Browsers wait seconds before they say that it broke; a voice that is
// away for that long is missed. No DOM, no clock of its own beyond a timer.

const LOOK_MS = 100;
/** It has to flow in so many looks one after another before a stop means anything: who only hears pauses hears seldom. */
const STEADY_LOOKS = 8;
/** A stop is longer than this, and than twice what is usual on this network. */
const SHORTEST_STOP_MS = 260;
const LONGEST_STOP_MS = 1_500;
const LONGEST_NATURAL_MS = 500;
/** How fast what was unusual once is forgotten, a look. */
const FORGETTING = 0.995;

export interface PulseOptions {
  /** Bytes that arrived so far; `null`: nobody knows. */
  count(): Promise<number | null>;
  /** Whether anything should arrive: where everybody is silent, or has left, a stop is none. */
  expects(): boolean;
  /** Milliseconds, never going back. */
  now(): number;
  /** What flowed steadily stopped. Said once, until it flows steadily again. */
  onStop(): void;
}

type Timer = ReturnType<typeof setTimeout>;

export class Pulse {
  #timer: Timer | undefined;
  #bytes: number | null = null;
  #grewAt = 0;
  #steady = 0;
  #said = false;
  /** The longest pause that is usual here. */
  #usual = 0;
  #running = 0;

  constructor(private readonly options: PulseOptions) {}

  start(): void {
    if (this.#timer !== undefined) return;
    this.#bytes = null;
    this.#steady = 0;
    this.#said = false;
    this.#running += 1;
    this.#grewAt = this.options.now();
    void this.#look(this.#running);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#running += 1;
  }

  /** Whether something arrived within the last second. */
  get flows(): boolean {
    return this.#timer !== undefined && this.#bytes !== null && this.options.now() - this.#grewAt < 1_000;
  }

  async #look(running: number): Promise<void> {
    this.#timer = setTimeout(() => void this.#look(running), LOOK_MS);
    if (!this.options.expects()) {
      // Nothing is asked of the browser meanwhile, and the pause says nothing of the network.
      this.#bytes = null;
      this.#steady = 0;
      this.#said = false;
      return;
    }
    const bytes = await this.options.count().catch(() => null);
    if (running !== this.#running || bytes === null) return;
    const now = this.options.now();
    const paused = now - this.#grewAt;
    if (this.#bytes === null || bytes !== this.#bytes) {
      // A pause is how this network is; a long one that was acted upon says nothing.
      const natural = !this.#said || paused < LONGEST_NATURAL_MS;
      if (this.#bytes !== null && natural) this.#usual = Math.max(paused, this.#usual * FORGETTING);
      this.#bytes = bytes;
      this.#grewAt = now;
      this.#steady += 1;
      if (this.#steady >= STEADY_LOOKS) this.#said = false;
      return;
    }
    const limit = Math.min(LONGEST_STOP_MS, Math.max(SHORTEST_STOP_MS, 2 * this.#usual));
    if (paused < limit) return;
    const stopped = this.#steady >= STEADY_LOOKS && !this.#said;
    this.#steady = 0;
    if (stopped) {
      this.#said = true;
      this.options.onStop();
    }
  }
}

/** Bytes that arrived over all paths of a connection. */
export function arrivedBytes(report: RTCStatsReport): number | null {
  let bytes: number | null = null;
  report.forEach((entry: Record<string, unknown>) => {
    if (entry["type"] === "candidate-pair") bytes = (bytes ?? 0) + (Number(entry["bytesReceived"] ?? 0) || 0);
  });
  return bytes;
}
