// The WebSocket of a call: joins, keeps the line alive, and comes back with the same seat when the network breaks.
// No DOM, no clock of its own beyond timers: whoever makes it gives it the socket and the randomness.

import { backoffMs } from "./backoff";
import { type ClientMessage, type ServerMessage, VERSION } from "./messages";

const PING_EVERY_MS = 5_000;
/** Nothing heard for so long: the line is dead, whatever the browser believes. */
const SILENCE_MS = 12_000;
/** The same after a ping that doubts the line: so long, or three times what a ping takes here. */
const DOUBT_MS = { least: 120, most: 2_000 };
/** From opening a socket to `welcome`. */
const WELCOME_MS = 8_000;
/** Attempts go on for so long beyond the time for which the seat is kept: a server that restarts needs it. */
const AFTER_SEAT_MS = 60_000;

/** After the time the server gave for closing. */
const CLOSE_GRACE_MS = 1_000;

/** The part of `WebSocket` that is used. */
export interface SocketLike {
  onopen: ((event: Event) => void) | null;
  onmessage: ((event: MessageEvent<unknown>) => void) | null;
  onclose: ((event: CloseEvent) => void) | null;
  send(data: string): void;
  close(): void;
}

export type SocketState = "idle" | "connecting" | "joined" | "reconnecting" | "ended";

/** Why it is over: one left, the room ended, something was refused for good, or the network did not come back. */
export type SocketEnd = { how: "left" | "closed" | "refused" | "lost"; code: string };

export interface CallSocketOptions {
  open(): SocketLike;
  /** A signed ticket; `again` when the one before was too old. */
  ticket(again: boolean): Promise<string>;
  /** In [0, 1). */
  random(): number;
  /** Milliseconds, never going back. */
  now(): number;
  /** What the server should think of microphone and camera at first. */
  muted(): { microphone: boolean; camera: boolean };
  onState(state: SocketState): void;
  onMessage(message: ServerMessage): void;
  onEnd(end: SocketEnd): void;
}

type Timer = ReturnType<typeof setTimeout>;

export class CallSocket {
  #state: SocketState = "idle";
  #socket: SocketLike | null = null;
  #resume: string | null = null;
  #resumeMs = 30_000;
  #attempt = 0;
  #nonce = 0;
  #heardAt = 0;
  #pingedAt = 0;
  /** How long the last answered ping, or the welcome, took. */
  #tripMs = 500;
  #doubtTimer: Timer | undefined;
  #giveUpAt = 0;
  #freshTicket = false;
  #triedFreshTicket = false;
  #closing: string | null = null;
  #welcomeTimer: Timer | undefined;
  #pingTimer: Timer | undefined;
  #retryTimer: Timer | undefined;
  #closeTimer: Timer | undefined;

  constructor(private readonly options: CallSocketOptions) {}

  get state(): SocketState {
    return this.#state;
  }

  /** Joins. Call once. */
  start(): void {
    if (this.#state !== "idle") return;
    this.#giveUpAt = this.options.now() + AFTER_SEAT_MS;
    this.#set("connecting");
    void this.#connect();
  }

  /** Sends when joined; says whether it did. Nothing is queued: what matters is said again after `welcome`. */
  send(message: ClientMessage): boolean {
    if (this.#state !== "joined" || !this.#socket) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  /** Leaves for good. */
  leave(): void {
    this.send({ type: "leave" });
    this.#end({ how: "left", code: "left" });
  }

  /** The network came back or changed: tries at once instead of waiting, and does not trust the line that there is. */
  nudge(): void {
    if (this.#state === "joined") this.#doubt();
    else if (this.#retryTimer !== undefined) {
      clearTimeout(this.#retryTimer);
      this.#retryTimer = undefined;
      void this.#connect();
    }
  }

  async #connect(): Promise<void> {
    let ticket: string;
    try {
      ticket = await this.options.ticket(this.#freshTicket);
      this.#freshTicket = false;
    } catch (error) {
      if (error instanceof TicketRefused) this.#end({ how: "refused", code: error.code });
      else this.#retry();
      return;
    }
    if (this.#state === "ended") return;
    const socket = this.options.open();
    this.#socket = socket;
    this.#welcomeTimer = setTimeout(() => this.#broken(socket), WELCOME_MS);
    socket.onopen = () => {
      const muted = this.options.muted();
      const join: ClientMessage = {
        type: "join",
        version: VERSION,
        ticket,
        room: null,
        resume: this.#resume,
        microphone_muted: muted.microphone,
        camera_muted: muted.camera,
      };
      this.#pingedAt = this.options.now();
      socket.send(JSON.stringify(join));
    };
    socket.onmessage = (event) => {
      if (socket === this.#socket) this.#receive(event.data);
    };
    socket.onclose = () => this.#broken(socket);
  }

  #receive(data: unknown): void {
    this.#heardAt = this.options.now();
    const message = parse(data);
    if (!message) return;
    if (message.type === "pong" || message.type === "welcome") this.#tripMs = this.options.now() - this.#pingedAt;
    if (message.type === "welcome") this.#welcomed(message);
    if (message.type === "closing") this.#closes(message.reason, message.in_ms);
    if (message.type === "error" && this.#refused(message)) return;
    this.options.onMessage(message);
  }

  #welcomed(message: Extract<ServerMessage, { type: "welcome" }>): void {
    clearTimeout(this.#welcomeTimer);
    this.#resume = message.resume;
    this.#resumeMs = message.resume_s * 1_000;
    this.#attempt = 0;
    this.#triedFreshTicket = false;
    this.#closing = null;
    this.#set("joined");
    clearTimeout(this.#pingTimer);
    this.#pingTimer = setTimeout(() => this.#beat(), PING_EVERY_MS);
  }

  /** The room or the server said that it ends. If it then forgets to close the socket, we do. */
  #closes(reason: string, inMs: number): void {
    this.#closing = reason;
    const socket = this.#socket;
    if (!socket) return;
    clearTimeout(this.#closeTimer);
    this.#closeTimer = setTimeout(() => this.#broken(socket), inMs + CLOSE_GRACE_MS);
  }

  /** Deals with what ends the socket; `false`: an error of one request only. */
  #refused(error: Extract<ServerMessage, { type: "error" }>): boolean {
    // Too old, or signed before the server got another key: a new one, once.
    const stale = error.code === "ticket_expired" || error.code === "ticket_invalid";
    if (stale && !this.#triedFreshTicket) {
      this.#triedFreshTicket = true;
      this.#freshTicket = true;
      this.#drop();
      void this.#connect();
      return true;
    }
    if (!error.fatal) return false;
    this.#end({ how: "refused", code: error.code });
    return true;
  }

  #beat(): void {
    if (this.options.now() - this.#heardAt > SILENCE_MS && this.#socket) {
      this.#broken(this.#socket);
      return;
    }
    this.#ping();
    this.#pingTimer = setTimeout(() => this.#beat(), PING_EVERY_MS);
  }

  /** A line over an address that is gone never says so: unless it answers soon there is another one. */
  #doubt(): void {
    const socket = this.#socket;
    const asked = this.options.now();
    this.#ping();
    clearTimeout(this.#doubtTimer);
    const wait = Math.min(DOUBT_MS.most, Math.max(DOUBT_MS.least, 3 * this.#tripMs));
    this.#doubtTimer = setTimeout(() => {
      if (socket && this.#heardAt <= asked) this.#broken(socket, true);
    }, wait);
  }

  #ping(): void {
    this.#pingedAt = this.options.now();
    this.#nonce += 1;
    this.send({ type: "ping", nonce: this.#nonce });
  }

  #broken(socket: SocketLike, hurry = false): void {
    if (socket !== this.#socket || this.#state === "ended") return;
    this.#drop();
    if (this.#closing === "ended" || this.#closing === "replaced") {
      this.#end({ how: "closed", code: this.#closing });
      return;
    }
    if (this.#state === "joined") {
      this.#giveUpAt = this.options.now() + Math.max(this.#resumeMs, AFTER_SEAT_MS);
      this.#set("reconnecting");
    }
    this.#retry(hurry);
  }

  #retry(hurry = false): void {
    if (this.#state === "ended") return;
    if (this.options.now() >= this.#giveUpAt) {
      this.#end({ how: "lost", code: "network_lost" });
      return;
    }
    // Nobody else's line broke at this moment: a room does not come back at once.
    const wait = hurry ? 0 : backoffMs(this.#attempt, this.options.random());
    this.#attempt += 1;
    this.#retryTimer = setTimeout(() => {
      this.#retryTimer = undefined;
      void this.#connect();
    }, wait);
  }

  #end(end: SocketEnd): void {
    if (this.#state === "ended") return;
    this.#drop();
    clearTimeout(this.#retryTimer);
    this.#set("ended");
    this.options.onEnd(end);
  }

  #drop(): void {
    clearTimeout(this.#welcomeTimer);
    clearTimeout(this.#pingTimer);
    clearTimeout(this.#doubtTimer);
    clearTimeout(this.#closeTimer);
    const socket = this.#socket;
    this.#socket = null;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  #set(state: SocketState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.options.onState(state);
  }
}

/** The server will give no ticket, and asking again is no use. */
export class TicketRefused extends Error {
  constructor(readonly code: string) {
    super(code);
  }
}

function parse(data: unknown): ServerMessage | null {
  if (typeof data !== "string") return null;
  try {
    const value: unknown = JSON.parse(data);
    return typeof value === "object" && value !== null && "type" in value ? (value as ServerMessage) : null;
  } catch {
    return null;
  }
}
