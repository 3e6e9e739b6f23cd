// What a screen reader is told: politely, one sentence at a time, nothing twice.

const GATHER_MS = 700;
const SHOWN_MS = 6_000;

export class Announcer {
  /** For a polite live region. */
  polite = $state("");
  /** For an assertive one: what cannot wait. */
  urgent = $state("");

  #waiting: string[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Says it when the person's screen reader has time; what comes within a moment is said together. */
  say(text: string): void {
    this.#waiting.push(text);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.polite = this.#waiting.join(" ");
      this.#waiting = [];
      this.#timer = setTimeout(() => (this.polite = ""), SHOWN_MS);
    }, GATHER_MS);
  }

  sayNow(text: string): void {
    this.urgent = "";
    queueMicrotask(() => (this.urgent = text));
  }
}
