// How large the others are shown here: told to the server, so that a small tile is sent a small picture. No DOM.

import type { ClientMessage, Tile } from "./messages";

/** A tile that is being resized is told of once it rests. */
const REST_MS = 200;
const MAX_LINES = 65_535;

export class View {
  readonly #lines = new Map<number, number>();
  #slots: ReadonlyMap<string, number> = new Map();
  #told = "";
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly send: (message: ClientMessage) => boolean) {}

  /** The tile of a seat is this high, in device pixels; 0: it has none. */
  size(seat: number, lines: number): void {
    this.#lines.set(seat, Math.min(MAX_LINES, Math.ceil(lines)));
    this.#soon();
  }

  /** Who is in which slot. */
  slots(slots: ReadonlyMap<string, number>): void {
    if (slots === this.#slots) return;
    this.#slots = slots;
    this.#soon();
  }

  /** The server may not know any more: a new connection. */
  forget(): void {
    this.#told = "";
    this.#soon();
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #soon(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#tell(), REST_MS);
  }

  #tell(): void {
    const tiles: Tile[] = [...this.#slots].map(([mid, seat]) => ({ mid, lines: this.#lines.get(seat) ?? 0 }));
    const told = JSON.stringify(tiles);
    if (tiles.length > 0 && told !== this.#told && this.send({ type: "view", tiles })) this.#told = told;
  }
}
