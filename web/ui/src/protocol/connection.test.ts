// Facts about the media connection, with a made-up RTCPeerConnection and a fake clock.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { CallConnection, type MediaState } from "./connection";
import type { ClientMessage } from "./messages";

class FakePeer {
  static all: FakePeer[] = [];
  connectionState: RTCPeerConnectionState = "new";
  signalingState = "stable";
  localDescription: { sdp: string } | null = null;
  remoteDescription: unknown = null;
  onconnectionstatechange: (() => void) | null = null;
  restarts = 0;
  configuration: RTCConfiguration = { bundlePolicy: "max-bundle" };
  closed = false;
  readonly transceivers: { mid: string; kind: string; direction: string; sent: unknown; encodings: RTCRtpEncodingParameters[]; receiver: { track: unknown; jitterBufferTarget: number | null } }[] = [];

  constructor() {
    FakePeer.all.push(this);
  }
  addTransceiver(what: string | { kind: string }, options: { direction: string; sendEncodings?: RTCRtpEncodingParameters[] }): unknown {
    const track = typeof what === "string" ? null : what;
    const mid = String(this.transceivers.length);
    const made = {
      mid,
      kind: typeof what === "string" ? what : what.kind,
      direction: options.direction,
      sent: track as unknown,
      encodings: options.sendEncodings ?? [],
      receiver: { track: { id: mid }, jitterBufferTarget: null },
      sender: {
        replaceTrack: (next: unknown) => {
          made.sent = next;
          return Promise.resolve();
        },
        getParameters: () => ({ encodings: made.encodings.map((one) => ({ ...one })) }),
        setParameters: (next: { encodings: RTCRtpEncodingParameters[] }) => {
          made.encodings = next.encodings;
          return Promise.resolve();
        },
      },
    };
    this.transceivers.push(made);
    return made;
  }
  getTransceivers(): unknown[] {
    return this.transceivers;
  }
  setLocalDescription(): Promise<void> {
    this.localDescription = { sdp: `offer ${String(this.restarts)}` };
    this.signalingState = "have-local-offer";
    return Promise.resolve();
  }
  setRemoteDescription(description: unknown): Promise<void> {
    this.remoteDescription = description;
    this.signalingState = "stable";
    return Promise.resolve();
  }
  getConfiguration(): RTCConfiguration {
    return this.configuration;
  }
  setConfiguration(configuration: RTCConfiguration): void {
    this.configuration = configuration;
  }
  getStats(): Promise<Map<string, unknown>> {
    return Promise.resolve(new Map([["pair", { type: "candidate-pair", bytesReceived: this.arrives() }]]));
  }
  arrives: () => number = () => 0;
  restartIce(): void {
    this.restarts += 1;
  }
  close(): void {
    this.closed = true;
  }
  becomes(state: RTCPeerConnectionState): void {
    this.connectionState = state;
    this.onconnectionstatechange?.();
  }
}

function media() {
  const sent: ClientMessage[] = [];
  const states: MediaState[] = [];
  const received: Map<string, MediaStreamTrack>[] = [];
  const stops: number[] = [];
  const others = { expected: true };
  const connection = new CallConnection({
    create: () => new FakePeer() as unknown as RTCPeerConnection,
    send: (message) => {
      sent.push(message);
      return true;
    },
    onState: (state) => states.push(state),
    onReceivers: (tracks) => received.push(tracks),
    expects: () => others.expected,
    onStop: () => stops.push(Date.now()),
    now: () => Date.now(),
  });
  const peer = (): FakePeer => {
    const last = FakePeer.all.at(-1);
    if (!last) throw new Error("no connection was made");
    return last;
  };
  const connects = async (): Promise<void> => {
    await connection.joined(false, []);
    await connection.answered("answer");
    peer().becomes("connected");
  };
  return { connection, sent, states, received, stops, others, peer, connects };
}

const offers = (sent: ClientMessage[]): boolean[] => sent.flatMap((message) => (message.type === "offer" ? [message.fresh] : []));

beforeEach(() => {
  vi.useFakeTimers();
  FakePeer.all = [];
});
afterEach(() => void vi.useRealTimers());

test("the offer has two sending and twelve receiving m-lines, whether or not there are tracks", async () => {
  const { connection, peer, sent } = media();
  await connection.joined(false, []);
  expect(peer().transceivers.map((one) => one.direction[0]).join("")).toBe("ssrrrrrrrrrrrr");
  expect(peer().transceivers.map((one) => one.kind[0]).join("")).toBe("avaaavvvvvvvvv");
  expect(sent).toEqual([
    {
      type: "offer",
      sdp: "offer 0",
      fresh: true,
      tracks: [
        { mid: "0", source: "microphone" },
        { mid: "1", source: "camera" },
      ],
    },
  ]);
});

test("relays that the server names are there before anything is gathered, and for a fresh connection", async () => {
  const { connection, peer } = media();
  const relays = [{ urls: ["turn:turn.example"], username: "1:2", credential: "x" }];
  connection.prepare();
  const prepared = peer();
  await connection.joined(false, relays);
  expect(peer()).toBe(prepared);
  expect(peer().configuration).toEqual({ bundlePolicy: "max-bundle", iceServers: relays });
  vi.advanceTimersByTime(0);
  connection.lost();
  vi.advanceTimersByTime(0);
  expect(peer()).not.toBe(prepared);
  expect(peer().configuration.iceServers).toEqual(relays);
});

test("a camera turned on later needs no negotiation", async () => {
  const { connection, connects, peer, sent } = media();
  await connects();
  const camera = { kind: "video", contentHint: "", getSettings: () => ({}) };
  await connection.setTrack("camera", camera as unknown as MediaStreamTrack);
  expect(peer().transceivers[1]?.sent).toBe(camera);
  expect(camera.contentHint).toBe("motion");
  expect(offers(sent)).toEqual([true]);
});

test("what was prepared before the seat was there is used", async () => {
  const { connection } = media();
  connection.prepare();
  await connection.joined(false, []);
  expect(FakePeer.all).toHaveLength(1);
});

test("voices and faces wait equally long, and one's own m-lines are not received", async () => {
  const { connects, peer, received } = media();
  await connects();
  expect(new Set(peer().transceivers.slice(2).map((one) => one.receiver.jitterBufferTarget)).size).toBe(1);
  expect([...(received[0]?.keys() ?? [])]).toEqual(["2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13"]);
});

test("a connection that calls itself broken restarts ICE on the same connection", async () => {
  const { connects, peer, sent, states } = media();
  await connects();
  peer().becomes("disconnected");
  await vi.advanceTimersByTimeAsync(400);
  expect(peer().restarts).toBe(0);
  await vi.advanceTimersByTimeAsync(200);
  expect(peer().restarts).toBe(1);
  expect(offers(sent)).toEqual([true, false]);
  expect(states).toEqual(["connected", "interrupted"]);
});

test("a short interruption restarts nothing", async () => {
  const { connects, peer } = media();
  await connects();
  peer().becomes("disconnected");
  await vi.advanceTimersByTimeAsync(300);
  peer().becomes("connected");
  await vi.advanceTimersByTimeAsync(60_000);
  expect([peer().restarts, FakePeer.all.length]).toEqual([0, 1]);
});

test("a restart that does not help is followed by a fresh connection", async () => {
  const { connection, connects, peer, sent } = media();
  await connects();
  peer().becomes("disconnected");
  await vi.advanceTimersByTimeAsync(2_000);
  await connection.answered("answer");
  await vi.advanceTimersByTimeAsync(6_100);
  expect(FakePeer.all).toHaveLength(2);
  expect(FakePeer.all[0]?.closed).toBe(true);
  expect(offers(sent)).toEqual([true, false, true]);
});

test("a restart of a connection that works, and goes on working, changes nothing", async () => {
  const { connection, connects, peer, stops } = media();
  await connects();
  peer().arrives = () => Date.now();
  await vi.advanceTimersByTimeAsync(2_000);
  await connection.restart();
  await connection.answered("answer");
  await vi.advanceTimersByTimeAsync(10_000);
  expect([peer().restarts, FakePeer.all.length, stops.length]).toEqual([1, 1, 0]);
});

test("a restart while everybody is silent is not called broken for the silence", async () => {
  const { connection, connects, peer, others } = media();
  await connects();
  others.expected = false;
  await connection.restart();
  await connection.answered("answer");
  await vi.advanceTimersByTimeAsync(10_000);
  expect([peer().restarts, FakePeer.all.length]).toEqual([1, 1]);
});

test("what arrived and stops is told before the browser tells it", async () => {
  const { connects, peer, stops } = media();
  await connects();
  peer().arrives = () => Date.now();
  await vi.advanceTimersByTimeAsync(2_000);
  peer().arrives = () => 7;
  await vi.advanceTimersByTimeAsync(700);
  expect(stops).toHaveLength(1);
});

test("a lost connection is made anew at once, and then less and less often", async () => {
  const { connection, connects } = media();
  await connects();
  const made: number[] = [];
  for (let i = 0; i < 5; i++) {
    connection.lost();
    const before = FakePeer.all.length;
    let waited = 0;
    while (FakePeer.all.length === before && waited < 20_000) {
      await vi.advanceTimersByTimeAsync(waited === 0 ? 0 : 500);
      waited += 500;
    }
    made.push(waited - 500);
  }
  expect(made).toEqual([0, 1_000, 2_000, 4_000, 8_000]);
});

test("an offer whose answer was lost with the line is made again", async () => {
  const { connection, sent } = media();
  await connection.joined(false, []);
  await connection.joined(true, []);
  expect(offers(sent)).toEqual([true, true]);
});

test("a seat taken again leaves a connection that works alone", async () => {
  const { connection, connects, sent } = media();
  await connects();
  await connection.joined(true, []);
  expect(offers(sent)).toEqual([true]);
});

test("a new seat gets a new connection", async () => {
  const { connection, connects } = media();
  await connects();
  await connection.joined(false, []);
  expect(FakePeer.all).toHaveLength(2);
});

test("an answer nobody waits for is ignored, and nothing is done after the end", async () => {
  const { connection, connects, sent } = media();
  await connects();
  await connection.answered("late");
  connection.close();
  connection.lost();
  await connection.restart();
  await vi.advanceTimersByTimeAsync(60_000);
  expect([FakePeer.all.length, offers(sent).length]).toEqual([1, 1]);
});

test("the camera is sent in the layers that somebody needs, and afresh in all", async () => {
  const { connection, connects, peer } = media();
  const active = (): string => (peer().transceivers[1]?.encodings ?? []).map((one) => (one.active ? one.rid : "-")).join("");
  await connection.setLayers(["f"]);
  await connects();
  expect(active()).toBe("qhf");
  await connection.setLayers(["q", "f"]);
  expect(active()).toBe("q-f");
  const camera = { kind: "video", contentHint: "", getSettings: () => ({ width: 640, height: 360 }) };
  await connection.setTrack("camera", camera as unknown as MediaStreamTrack);
  expect(active()).toBe("qh-");
  connection.lost();
  await vi.runOnlyPendingTimersAsync();
  await connection.answered("answer");
  expect(active()).toBe("qh-");
});
