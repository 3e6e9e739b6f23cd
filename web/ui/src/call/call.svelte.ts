// The call as the person sees it: which view, which devices, what the room looks like. The one place that both the
// lobby and the room talk to.

import type { Label, Participant, ServerMessage } from "../protocol/messages";
import { EMPTY_ROOM, type RoomState } from "../protocol/room";
import { CallSession, type ConnectionWord, type Snapshot } from "../protocol/session";
import { type SocketEnd, TicketRefused } from "../protocol/socket";
import { isAble, Refused } from "../rights/shelf";
import { Announcer } from "./announcer.svelte";
import { ApiError, ConferenceApi, type Seat } from "./conference";
import { Devices } from "./devices.svelte";
import { type ConferenceStatus, paths, type Place } from "./place";
import { GOOD, type Verdict } from "./quality";
import { t } from "./text";

export type View = "lobby" | "room" | "left" | "error";
/** `verified`: anonymous, and yet seen to be identified. */
export type As = "name" | "anonymous" | "verified";

export class Call {
  readonly devices = new Devices();
  readonly announcer = new Announcer();
  readonly api: ConferenceApi;

  view = $state<View>("lobby");
  /** Why the call ended: `left`, `ended`, or a stable code of an error. */
  code = $state("");
  status = $state<ConferenceStatus>("announced");
  as = $state<As>("anonymous");
  /** How a verified anonymous seat can be taken, if it can. */
  verified = $state<"none" | "token" | "session">("none");
  room = $state.raw<RoomState>(EMPTY_ROOM);
  connection = $state<ConnectionWord>("connecting");
  /** How good the line is while it stands. */
  line = $state.raw<Verdict>(GOOD);
  tracks = $state.raw<ReadonlyMap<string, MediaStreamTrack>>(new Map());
  restarting = $state(false);
  micOn = $state(false);
  cameraOn = $state(false);
  pinned = $state<number | null>(null);
  soundBlocked = $state(false);
  /** When the recording began by this device's clock, in ms since the Unix epoch. */
  recordingSince = $state<number | null>(null);
  /** The last refusal of one request, as a stable code. */
  notice = $state("");

  #session: CallSession | null = null;
  #socketPath = "/call";
  #seat: Promise<string> | null = null;

  constructor(readonly place: Place) {
    this.api = new ConferenceApi(place.conference, place.csrf);
    this.status = place.status;
    this.as = place.signedIn ? "name" : "anonymous";
    if (!("RTCPeerConnection" in globalThis) || !navigator.mediaDevices) this.#fail("no_webrtc");
    else if (place.status === "ended") this.#fail("conference_ended");
    this.devices.onTrack = (kind, track) => this.#deviceChanged(kind, track);
    addEventListener("online", () => this.#session?.networkChanged());
    // On phones: from Wi-Fi to a mobile network, or back.
    const network = (navigator as { connection?: EventTarget & { type?: string } }).connection;
    let type = network?.type;
    network?.addEventListener("change", () => {
      if (network.type !== type) this.#session?.networkChanged();
      type = network.type;
    });
    addEventListener("pagehide", () => this.#session?.leave());
  }

  get isHost(): boolean {
    return this.room.grants.includes("host");
  }

  get me(): Participant | undefined {
    return this.room.participants.find((one) => one.seat === this.room.seat);
  }

  /** What somebody is called on screen. */
  nameOf(label: Label): string {
    return label.kind === "named" ? label.name : t("call-voice", { number: label.number });
  }

  /** What arrives of somebody's face. */
  pictureOf(seat: number): MediaStreamTrack | null {
    for (const [mid, owner] of this.room.slots) {
      const track = this.tracks.get(mid);
      if (owner === seat && track?.kind === "video") return track;
    }
    return null;
  }

  /** Into the room, with what the lobby prepared. */
  enter(withCamera: boolean): void {
    if (this.#session) return;
    if (!withCamera || this.as !== "name") this.devices.close("camera");
    this.micOn = this.devices.microphone?.enabled ?? false;
    this.cameraOn = this.devices.camera !== null;
    this.#seat = null;
    const session = new CallSession({
      open: () => new WebSocket(socketUrl(this.#socketPath)),
      ticket: (again) => this.#ticket(again),
      create: () => new RTCPeerConnection({ bundlePolicy: "max-bundle" }),
      now: () => performance.now(),
      random: () => Math.random(),
      onChange: (snapshot) => this.#show(snapshot),
      onMessage: (message) => this.#heard(message),
      onEnd: (end) => this.#ended(end),
    });
    this.#session = session;
    this.view = "room";
    session.start(this.devices.microphone, this.devices.camera, !this.micOn);
    if (this.devices.asking) void this.#adopt(session);
  }

  /** Entered while the browser was still asking: what it gives in the end is sent from then on. */
  async #adopt(session: CallSession): Promise<void> {
    await this.devices.settled();
    if (session !== this.#session) return;
    const { microphone, camera } = this.devices;
    if (microphone && !this.micOn) {
      this.micOn = true;
      await session.setTrack("microphone", microphone);
      session.mute("microphone", false);
    }
    if (camera && !this.cameraOn) {
      this.cameraOn = true;
      await session.setTrack("camera", camera);
      session.mute("camera", false);
    }
  }

  async toggleMicrophone(): Promise<void> {
    const track = this.devices.microphone ?? (await this.devices.open("microphone"));
    if (!track) return;
    this.micOn = !this.micOn;
    track.enabled = this.micOn;
    await this.#session?.setTrack("microphone", track);
    this.#session?.mute("microphone", !this.micOn);
    this.announcer.say(this.micOn ? t("call-said-mic-on") : t("call-said-mic-off"));
  }

  async toggleCamera(): Promise<void> {
    if (this.as !== "name") return;
    if (this.cameraOn) {
      this.cameraOn = false;
      this.#session?.mute("camera", true);
      this.devices.close("camera");
      await this.#session?.setTrack("camera", null);
    } else {
      const track = await this.devices.open("camera");
      if (!track) return;
      this.cameraOn = true;
      await this.#session?.setTrack("camera", track);
      this.#session?.mute("camera", false);
    }
    this.announcer.say(this.cameraOn ? t("call-said-camera-on") : t("call-said-camera-off"));
  }

  pin(seat: number): void {
    this.pinned = this.pinned === seat ? null : seat;
    this.#session?.pin(this.pinned);
  }

  /** The tile of a seat has this size on the page; nothing when it is gone. */
  sized(seat: number, width: number, height: number): void {
    // A tile that is wider than the picture shows all of its width.
    this.#session?.sized(seat, Math.max(height, (width * 9) / 16) * devicePixelRatio);
  }

  record(on: boolean): void {
    this.#session?.record(on);
  }

  async end(): Promise<void> {
    try {
      await this.api.end();
    } catch {
      this.notice = "end_failed";
    }
  }

  leave(): void {
    this.#session?.leave();
  }

  /** Somebody's open microphone is in one of our slots: packets of it should arrive, spoken into or not. */
  get expectsSound(): boolean {
    return [...this.room.slots].some(([mid, seat]) => {
      const owner = this.room.participants.find((one) => one.seat === seat);
      return this.tracks.get(mid)?.kind === "audio" && owner?.connected === true && !owner.microphone_muted;
    });
  }

  /** Somebody's camera that is on is in one of our slots. */
  get expectsPicture(): boolean {
    return [...this.room.slots].some(([mid, seat]) => {
      const owner = this.room.participants.find((one) => one.seat === seat);
      return this.tracks.get(mid)?.kind === "video" && owner?.connected === true && !owner.camera_muted;
    });
  }

  measure(): Promise<RTCStatsReport | null> {
    return this.#session?.stats() ?? Promise.resolve(null);
  }

  /** Back to the lobby, to try again. */
  again(): void {
    this.room = EMPTY_ROOM;
    this.pinned = null;
    this.soundBlocked = false;
    this.notice = "";
    this.view = "lobby";
  }

  #ticket(again: boolean): Promise<string> {
    if (!this.#seat || again) {
      const asked = this.#takeSeat().then((seat) => {
        this.#socketPath = seat.socket;
        return seat.ticket;
      });
      this.#seat = asked.catch((error: unknown) => {
        this.#seat = null;
        // What the server refuses it will refuse again; what did not reach it may.
        if (error instanceof ApiError && error.status < 500) throw new TicketRefused(error.code);
        if (error instanceof Refused) throw new TicketRefused(error.code);
        throw error;
      });
    }
    return this.#seat;
  }

  async #takeSeat(): Promise<Seat> {
    if (this.as !== "verified") return this.api.seat(this.as);
    // A browser that cannot keep tokens asks by its session: the lobby has said what that means.
    if (this.verified === "session") return this.api.seat("anonymous", true);
    const { takeSeat } = await import("../rights/tokens");
    return takeSeat(this.place.conference);
  }

  /** Gets tokens in advance, and says whether a seat can be taken with one. */
  async prepareVerified(): Promise<void> {
    if (!isAble()) {
      this.verified = this.place.signedIn ? "session" : "none";
      return;
    }
    const { collect, hasSeat } = await import("../rights/tokens");
    try {
      if (this.place.signedIn) await collect(this.place.csrf);
    } catch {
      // What is there already can still be spent.
    }
    this.verified = (await hasSeat(this.place.conference).catch(() => false)) ? "token" : "none";
  }

  #show(snapshot: Snapshot): void {
    if (this.connection === "reconnecting" && snapshot.connection === "connected") {
      this.announcer.say(t("call-said-reconnected"));
    } else if (this.connection === "connected" && snapshot.connection === "reconnecting") {
      this.announcer.sayNow(t("call-said-reconnecting"));
    }
    this.room = snapshot.room;
    this.connection = snapshot.connection;
    this.tracks = snapshot.tracks;
    this.restarting = snapshot.restarting;
    if (this.pinned !== null && !snapshot.room.participants.some((one) => one.seat === this.pinned)) this.pinned = null;
  }

  #heard(message: ServerMessage): void {
    if (message.type === "participant_joined") {
      if (!message.participant.publish) return;
      this.announcer.say(t("call-said-joined", { name: this.nameOf(message.participant.label) }));
      this.#names.set(message.participant.seat, this.nameOf(message.participant.label));
    } else if (message.type === "participant_left") {
      const name = this.#names.get(message.seat);
      if (name) this.announcer.say(t("call-said-left", { name }));
    } else if (message.type === "welcome") {
      for (const one of message.participants) if (one.publish) this.#names.set(one.seat, this.nameOf(one.label));
      this.#recordingIs(message.recording.status, message.recording.since_ms, false);
    } else if (message.type === "recording") {
      this.#recordingIs(message.recording.status, message.recording.since_ms, true);
    } else if (message.type === "error") {
      this.notice = message.code;
    }
  }

  readonly #names = new Map<number, string>();

  #recordingIs(status: string, sinceMs: number | null, fresh: boolean): void {
    const was = this.recordingSince !== null;
    if (status === "on") {
      // A clock that is wrong here must not show a wrong time: what begins now begins now.
      if (!was) this.recordingSince = fresh ? Date.now() : Math.min(Date.now(), sinceMs ?? Date.now());
      if (!was) this.announcer.sayNow(t("call-said-recording-on"));
    } else {
      this.recordingSince = null;
      if (was && status === "off") this.announcer.say(t("call-said-recording-off"));
      if (status === "failed") this.announcer.sayNow(t("call-said-recording-failed"));
    }
  }

  #deviceChanged(kind: "camera" | "microphone", track: MediaStreamTrack | null): void {
    if (track && kind === "microphone") track.enabled = this.view === "lobby" || this.micOn;
    void this.#session?.setTrack(kind, track);
    if (kind === "camera") {
      this.cameraOn = track !== null;
      this.#session?.mute("camera", !this.cameraOn);
      this.announcer.sayNow(t("call-problem-camera-unplugged"));
    } else {
      if (!track) {
        this.micOn = false;
        this.#session?.mute("microphone", true);
      }
      this.announcer.sayNow(track ? t("call-problem-microphone-changed") : t("call-problem-microphone-unplugged"));
    }
  }

  #ended(end: SocketEnd): void {
    this.#session = null;
    this.devices.closeAll();
    this.micOn = this.cameraOn = false;
    this.recordingSince = null;
    this.tracks = new Map();
    if (end.how === "left" || end.code === "ended") {
      this.code = end.code;
      this.view = "left";
    } else {
      this.#fail(end.code);
    }
  }

  #fail(code: string): void {
    this.code = code;
    this.view = "error";
  }

  get back(): string {
    return paths.conference(this.place.conference);
  }
}

function socketUrl(path: string): string {
  const url = new URL(path, location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}
