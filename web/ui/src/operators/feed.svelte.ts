// Asks the server for new numbers every two seconds while the page is seen, and says when it got none.

import type { Reading } from "./numbers";
import { joined } from "./series";

const EVERY_MS = 2_000;
/** How long one answer may take. */
const PATIENCE_MS = 5_000;

export type State = "waiting" | "fresh" | "lost" | "out" | "gone";

export class Feed<P extends { seq: number }, R extends Reading<P>> {
  state = $state<State>("waiting");
  /** The last answer. */
  now = $state.raw<R | null>(null);
  /** The last ten minutes. */
  points = $state.raw<P[]>([]);
  /** When the last answer came. */
  at = $state.raw<Date | null>(null);

  constructor(private readonly url: string) {}

  /** Asks until the page is left; give what it returns to an effect. */
  run(): () => void {
    let timer = 0;
    let over = false;
    const next = async (): Promise<void> => {
      // Nobody looks at a page in the background.
      if (!document.hidden) await this.#ask();
      if (!over && this.state !== "gone" && this.state !== "out") timer = window.setTimeout(() => void next(), EVERY_MS);
    };
    void next();
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }

  async #ask(): Promise<void> {
    try {
      const after = this.points.at(-1)?.seq ?? 0;
      const signal = AbortSignal.timeout(PATIENCE_MS);
      const response = await fetch(`${this.url}?po=${String(after)}`, { cache: "no-store", signal });
      if (response.status === 401 || response.status === 403) this.state = "out";
      else if (response.status === 404) this.state = "gone";
      else if (!response.ok) this.state = "lost";
      else this.#take((await response.json()) as R);
    } catch {
      this.state = "lost";
    }
  }

  #take(answer: R): void {
    // A server that began anew has fewer readings than we asked after: what we have is of another time.
    const before = answer.seq < (this.points.at(-1)?.seq ?? 0) ? [] : this.points;
    this.points = joined(before, answer.points);
    this.now = answer;
    this.at = new Date();
    this.state = "fresh";
  }
}
