// A made-up server in the page: answers the API and the WebSocket, and shows painted people in the receiving slots.
import type { ClientMessage, Participant, ServerMessage } from "../src/protocol/messages";

export interface Fake {
  people: number;
  host: boolean;
  anonymous: boolean;
  recording: boolean;
  refuse: string | null;
}

const NAMES = ["Rasa Vaitkienė", "Saulius Tamulis", "Ona Kazlauskaitė", "Balsas", "Petras Jonaitis", "Eglė Marčiulionytė"];
const COLOURS = ["#5b7f95", "#8a6d5b", "#6b8f71", "#7d6b91", "#94804f", "#4f8a8b"];

export function fakeServer(fake: Fake): void {
  globalThis.fetch = (input) => Promise.resolve(answer(fake, String(input)));
  globalThis.WebSocket = class extends FakeSocket {
    constructor() {
      super(fake);
    }
  } as unknown as typeof WebSocket;
  globalThis.RTCPeerConnection = FakePeer as unknown as typeof RTCPeerConnection;
}

function answer(fake: Fake, path: string): Response {
  if (path.endsWith("/seat") && fake.refuse) return Response.json({ code: fake.refuse }, { status: 403 });
  if (path.endsWith("/seat")) return Response.json({ ticket: "t", room: "conference-7", socket: "/call" });
  if (path.endsWith("/open") || path.endsWith("/end")) return new Response(null, { status: 204 });
  return Response.json({ status: "announced", starts_at: "2026-11-23T15:00:00Z" });
}

class FakeSocket {
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: (() => void) | null = null;

  constructor(private readonly fake: Fake) {
    setTimeout(() => this.onopen?.(), 30);
  }

  send(data: string): void {
    const message = JSON.parse(data) as ClientMessage;
    if (message.type === "join") this.#welcome();
    else if (message.type === "offer") this.#answer();
    else if (message.type === "ping") this.#say({ type: "pong", nonce: message.nonce });
    else if (message.type === "record") this.#record(message.on);
  }

  close(): void {
    this.onclose = null;
  }

  #say(message: ServerMessage): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }

  #record(on: boolean): void {
    this.#say({
      type: "recording",
      recording: { status: on ? "on" : "off", since_ms: on ? Date.now() : null, reason: null },
    });
  }

  #welcome(): void {
    const { fake } = this;
    const own: Participant = {
      seat: 1,
      label: fake.anonymous
        ? { kind: "anonymous", number: 5 }
        : { kind: "named", name: fake.host ? "Rasa Vaitkienė" : "Jonas Petraitis" },
      identified: { way: "demonstration", level: null },
      verified: false,
      host: fake.host,
      publish: true,
      microphone_muted: false,
      camera_muted: false,
      connected: true,
    };
    this.#say({
      type: "welcome",
      version: 1,
      seat: 1,
      resume: "r",
      resume_s: 30,
      resumed: false,
      grants: fake.host ? ["publish", "subscribe", "host"] : ["publish", "subscribe"],
      participants: [own, ...others(fake)],
      recording: fake.recording
        ? { status: "on", since_ms: Date.now() - 161_000, reason: null }
        : { status: "off", since_ms: null, reason: null },
      ice_servers: [],
    });
  }

  #answer(): void {
    const slots = Array.from({ length: 9 }, (_, i) => ({ mid: String(5 + i), seat: i + 2 <= this.fake.people ? i + 2 : null }));
    this.#say({ type: "answer", sdp: "", slots: [] });
    this.#say({ type: "slots", slots });
    this.#say({ type: "speaking", seats: this.fake.people > 1 ? [2] : [] });
  }
}

function others(fake: Fake): Participant[] {
  return Array.from({ length: Math.max(0, fake.people - 1) }, (_, i) => ({
    seat: i + 2,
    label:
      i % 6 === 3 ? { kind: "anonymous", number: i } : { kind: "named", name: NAMES[(i + (fake.host ? 1 : 0)) % 6] ?? "?" },
    identified: i % 3 === 1 ? null : { way: "viisp", level: i % 2 === 0 ? "high" : "substantial" },
    verified: i % 6 === 3,
    host: i === 0 && !fake.host,
    publish: true,
    microphone_muted: i % 2 === 1,
    camera_muted: i % 6 === 4 || i % 6 === 3,
    connected: i !== 7,
  }));
}

class FakePeer {
  connectionState = "new";
  signalingState = "stable";
  localDescription: { sdp: string } | null = null;
  remoteDescription: unknown = null;
  onconnectionstatechange: (() => void) | null = null;
  readonly #transceivers: unknown[] = [];

  addTransceiver(what: string | MediaStreamTrack): unknown {
    const kind = typeof what === "string" ? what : what.kind;
    const index = this.#transceivers.length;
    const made = {
      mid: String(index),
      sender: {
        replaceTrack: () => Promise.resolve(),
        getParameters: () => ({ encodings: [] }),
      },
      receiver: { track: kind === "video" ? painted(index) : silent() },
    };
    this.#transceivers.push(made);
    return made;
  }

  getTransceivers(): unknown[] {
    return this.#transceivers;
  }

  setLocalDescription(): Promise<void> {
    this.localDescription = { sdp: "v=0" };
    this.signalingState = "have-local-offer";
    return Promise.resolve();
  }

  setRemoteDescription(description: unknown): Promise<void> {
    this.remoteDescription = description;
    this.signalingState = "stable";
    this.connectionState = "connected";
    setTimeout(() => this.onconnectionstatechange?.(), 30);
    return Promise.resolve();
  }

  getStats(): Promise<Map<string, unknown>> {
    return Promise.resolve(new Map());
  }

  restartIce(): void {
    this.signalingState = "stable";
  }

  close(): void {
    this.connectionState = "closed";
  }
}

function painted(index: number): MediaStreamTrack | undefined {
  const canvas = Object.assign(document.createElement("canvas"), { width: 640, height: 360 });
  const pen = canvas.getContext("2d");
  if (!pen) return undefined;
  const paint = (): void => {
    pen.fillStyle = COLOURS[index % COLOURS.length] ?? "#555";
    pen.fillRect(0, 0, 640, 360);
    pen.fillStyle = "#f1cbae";
    pen.beginPath();
    pen.ellipse(320, 170, 70, 90, 0, 0, 7);
    pen.fill();
    pen.fillStyle = "#23485a";
    pen.beginPath();
    pen.ellipse(320, 370, 170, 110, 0, 0, 7);
    pen.fill();
  };
  paint();
  setInterval(paint, 100);
  return canvas.captureStream(10).getVideoTracks()[0];
}

function silent(): MediaStreamTrack | undefined {
  return new AudioContext().createMediaStreamDestination().stream.getAudioTracks()[0];
}
