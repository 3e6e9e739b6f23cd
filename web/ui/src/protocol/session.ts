// A call as one thing: the socket, the media connection and what is known of the room. No DOM; whoever shows it
// subscribes to snapshots.

import { CallConnection, type MediaState } from "./connection";
import type { ErrorCode, MediaSource, ServerMessage } from "./messages";
import { after, EMPTY_ROOM, expectsMedia, type RoomState } from "./room";
import { View } from "./view";
import { CallSocket, type SocketEnd, type SocketLike, type SocketState } from "./socket";

/** The values of `data-connection`. */
export type ConnectionWord = "connecting" | "connected" | "reconnecting" | "lost";

export interface Snapshot {
  room: RoomState;
  connection: ConnectionWord;
  /** What arrives in which m-line. */
  tracks: ReadonlyMap<string, MediaStreamTrack>;
  /** `closing` was heard: the server restarts. */
  restarting: boolean;
}

export interface SessionOptions {
  open(): SocketLike;
  ticket(again: boolean): Promise<string>;
  create(): RTCPeerConnection;
  now(): number;
  random(): number;
  onChange(snapshot: Snapshot): void;
  onMessage(message: ServerMessage): void;
  onEnd(end: SocketEnd): void;
}

/** The media plane could not take the offer; another one, later, may be taken. */
const MEDIA_ERRORS: ReadonlySet<ErrorCode> = new Set(["media_unavailable", "media_full", "sdp_invalid"]);

export class CallSession {
  readonly #socket: CallSocket;
  readonly #connection: CallConnection;
  readonly #view: View;
  #room: RoomState = EMPTY_ROOM;
  #tracks: ReadonlyMap<string, MediaStreamTrack> = new Map();
  #socketState: SocketState = "idle";
  #mediaState: MediaState = "connecting";
  #wasConnected = false;
  #restarting = false;
  #muted = { microphone: true, camera: true };
  #pinned: number | null = null;

  constructor(private readonly options: SessionOptions) {
    this.#connection = new CallConnection({
      create: options.create,
      send: (message) => this.#socket.send(message),
      onState: (state) => {
        this.#mediaState = state;
        if (state === "connected") this.#wasConnected = true;
        this.#changed();
      },
      onReceivers: (tracks) => {
        this.#tracks = tracks;
        this.#changed();
      },
      expects: () => expectsMedia(this.#room),
      onStop: () => this.networkChanged(),
      now: options.now,
    });
    this.#view = new View((message) => this.#socket.send(message));
    this.#socket = new CallSocket({
      open: options.open,
      ticket: options.ticket,
      random: options.random,
      now: options.now,
      muted: () => this.#muted,
      onState: (state) => {
        this.#socketState = state;
        this.#changed();
      },
      onMessage: (message) => this.#receive(message),
      onEnd: (end) => {
        this.#connection.close();
        this.#view.close();
        this.#changed();
        options.onEnd(end);
      },
    });
  }

  /** Joins, sending these tracks. */
  start(microphone: MediaStreamTrack | null, camera: MediaStreamTrack | null, microphoneMuted: boolean): void {
    this.#muted = { microphone: microphoneMuted || !microphone, camera: !camera };
    void this.#connection.setTrack("microphone", microphone);
    void this.#connection.setTrack("camera", camera);
    this.#connection.prepare();
    this.#socket.start();
  }

  /** Sends another track, or none. */
  async setTrack(source: "microphone" | "camera", track: MediaStreamTrack | null): Promise<void> {
    await this.#connection.setTrack(source, track);
  }

  /** Tells the room that the microphone or the camera is off or on. */
  mute(source: Exclude<MediaSource, "screen">, muted: boolean): void {
    this.#muted[source] = muted;
    this.#socket.send({ type: "mute", source, muted });
  }

  pin(seat: number | null): void {
    this.#pinned = seat;
    this.#socket.send({ type: "pin", seat });
  }

  /** The tile of a seat is so high, in device pixels; 0: it has none. */
  sized(seat: number, lines: number): void {
    this.#view.size(seat, lines);
  }

  record(on: boolean): void {
    this.#socket.send({ type: "record", on });
  }

  /** The browser says that the network came back or changed, or nothing arrives any more. */
  networkChanged(): void {
    this.#socket.nudge();
    void this.#connection.restart();
  }

  stats(): Promise<RTCStatsReport | null> {
    return this.#connection.stats();
  }

  leave(): void {
    this.#socket.leave();
  }

  #receive(message: ServerMessage): void {
    this.#room = after(this.#room, message);
    if (message.type === "welcome") this.#welcomed(message);
    else if (message.type === "answer") {
      void this.#connection.answered(message.sdp);
      this.#view.forget();
    } else if (message.type === "layers" && message.source === "camera") void this.#connection.setLayers(message.rids);
    else if (message.type === "media_lost" || (message.type === "error" && MEDIA_ERRORS.has(message.code))) {
      this.#connection.lost();
    }
    this.#view.slots(this.#room.slots);
    if (message.type === "closing") this.#restarting = message.reason === "server_restart";
    this.#changed();
    this.options.onMessage(message);
  }

  #welcomed(message: Extract<ServerMessage, { type: "welcome" }>): void {
    this.#restarting = false;
    this.#view.forget();
    void this.#connection.joined(message.resumed, message.ice_servers);
    const own = message.participants.find((one) => one.seat === message.seat);
    // Said while the line was broken: said again.
    for (const source of ["microphone", "camera"] as const) {
      const known = source === "microphone" ? own?.microphone_muted : own?.camera_muted;
      if (known !== undefined && known !== this.#muted[source]) {
        this.#socket.send({ type: "mute", source, muted: this.#muted[source] });
      }
    }
    if (message.resumed && this.#pinned !== null) this.#socket.send({ type: "pin", seat: this.#pinned });
  }

  #changed(): void {
    this.options.onChange({
      room: this.#room,
      connection: this.#word(),
      tracks: this.#tracks,
      restarting: this.#restarting,
    });
  }

  #word(): ConnectionWord {
    if (this.#socketState === "ended") return "lost";
    if (this.#socketState === "joined" && this.#mediaState === "connected") return "connected";
    if (this.#wasConnected || this.#socketState === "reconnecting") return "reconnecting";
    return "connecting";
  }
}
