// The media connection of a call: one RTCPeerConnection with fixed m-lines. The browser offers, the server answers.
// Sending m-lines exist from the start, so a camera turned on later needs no negotiation. No DOM.

import { encodings, shape } from "./layers";
import type { ClientMessage, IceServer, SentTrack } from "./messages";
import { arrivedBytes, Pulse } from "./pulse";

const AUDIO_SLOTS = 3;
const VIDEO_SLOTS = 9;
/** The same for voices and faces: the browser does not keep separate streams together by itself. */
const JITTER_TARGET_MS = 60;
/** Browsers say "disconnected" when nothing came for some seconds already. */
const RESTART_AFTER_MS = 500;
const RESTART_WORKS_WITHIN_MS = 6_000;
/** An offer that did not reach the server is sent as it is, unless what it gathered is older than this. */
const OFFER_KEEPS_MS = 1_500;
const FRESH_WAITS_MS = [0, 1_000, 2_000, 4_000, 8_000];

export type MediaState = "connecting" | "connected" | "interrupted";

export interface CallConnectionOptions {
  create(): RTCPeerConnection;
  /** Says whether it went out. */
  send(message: ClientMessage): boolean;
  onState(state: MediaState): void;
  /** What arrives in which m-line; again after every fresh connection. */
  onReceivers(tracks: Map<string, MediaStreamTrack>): void;
  /** Whether somebody's sound or picture should arrive now. */
  expects(): boolean;
  /** What arrived steadily stopped, long before the browser calls it so: the network may be another one. */
  onStop(): void;
  /** Milliseconds, never going back. */
  now(): number;
}

type Timer = ReturnType<typeof setTimeout>;
type Sending = { microphone: MediaStreamTrack | null; camera: MediaStreamTrack | null };

export class CallConnection {
  #peer: RTCPeerConnection | null = null;
  #sending: Sending = { microphone: null, camera: null };
  #iceServers: IceServer[] = [];
  #audio: RTCRtpTransceiver | null = null;
  #video: RTCRtpTransceiver | null = null;
  #state: MediaState = "connecting";
  /** An offer was made and not yet answered. */
  #offered: { fresh: boolean; at: number } | null = null;
  #restartWanted = false;
  /** The layers of the camera that the server asks for; `null`: it has not said. */
  #layers: readonly string[] | null = null;
  /** Parameters are read and set one after another: a browser refuses what was read before the last change. */
  #shaping: Promise<void> = Promise.resolve();
  #freshTries = 0;
  #timer: Timer | undefined;
  #freshTimer: Timer | undefined;
  #closed = false;
  readonly #pulse: Pulse;

  constructor(private readonly options: CallConnectionOptions) {
    this.#pulse = new Pulse({
      count: async () => (this.#peer ? arrivedBytes(await this.#peer.getStats()) : null),
      expects: () => options.expects(),
      now: options.now,
      onStop: options.onStop,
    });
  }

  /** What is sent from now on; takes effect without negotiation. `null`: nothing. */
  async setTrack(source: "microphone" | "camera", track: MediaStreamTrack | null): Promise<void> {
    this.#sending[source] = track;
    if (track && source === "camera") track.contentHint = "motion";
    const transceiver = source === "microphone" ? this.#audio : this.#video;
    await transceiver?.sender.replaceTrack(track);
    if (track && source === "camera") await this.#shape();
  }

  /** The layers of the camera that somebody needs. */
  async setLayers(rids: readonly string[]): Promise<void> {
    this.#layers = rids;
    await this.#shape();
  }

  /** Makes the local half already, so that the offer is ready when the seat is. */
  prepare(): void {
    if (!this.#peer && !this.#closed) this.#build();
  }

  /** After `welcome`: offers afresh for a new seat; for a seat taken again only what is needed. */
  async joined(resumed: boolean, iceServers: IceServer[]): Promise<void> {
    this.#iceServers = iceServers;
    this.#relayBy();
    if (resumed && this.#peer) {
      if (this.#offered) await this.#offerAgain(this.#offered);
      else if (this.#peer.connectionState === "failed") await this.restart();
      return;
    }
    if (!this.#peer || this.#peer.signalingState !== "stable" || this.#peer.remoteDescription) this.#build();
    await this.#offer(true);
  }

  /** The server's answer. */
  async answered(sdp: string): Promise<void> {
    const peer = this.#peer;
    if (!peer || peer.signalingState !== "have-local-offer") return;
    this.#offered = null;
    await peer.setRemoteDescription({ type: "answer", sdp });
    if (peer !== this.#peer) return;
    await this.#shape();
    this.#receivers(peer);
    if (this.#restartWanted) await this.restart();
  }

  /** The server lost the media connection: a new one, soon, but not in a tight loop. */
  lost(): void {
    if (this.#closed) return;
    this.#set("interrupted");
    clearTimeout(this.#timer);
    clearTimeout(this.#freshTimer);
    const wait = FRESH_WAITS_MS[Math.min(this.#freshTries, FRESH_WAITS_MS.length - 1)] ?? 0;
    this.#freshTries += 1;
    this.#freshTimer = setTimeout(() => {
      this.#build();
      void this.#offer(true);
    }, wait);
  }

  /** The network changed, or packets stopped: new ICE credentials on the same connection. */
  async restart(): Promise<void> {
    const peer = this.#peer;
    if (!peer || this.#closed || !peer.remoteDescription) return;
    if (this.#offered) {
      // A restart that has only just begun is the one that is asked for.
      this.#restartWanted ||= this.#offered.fresh || this.options.now() - this.#offered.at > OFFER_KEEPS_MS;
      return;
    }
    this.#restartWanted = false;
    peer.restartIce();
    await this.#offer(false);
    // A connection that never called itself broken does not say that it works again either.
    const works = (): boolean =>
      !this.#offered && peer.connectionState === "connected" && (this.#pulse.flows || !this.options.expects());
    this.#watch(() => {
      if (!works()) this.lost();
    }, RESTART_WORKS_WITHIN_MS);
  }

  /** Measurements, for the connection notice. */
  async stats(): Promise<RTCStatsReport | null> {
    return this.#peer ? await this.#peer.getStats() : null;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#freshTimer);
    this.#pulse.stop();
    this.#peer?.close();
    this.#peer = null;
  }

  #build(): void {
    this.#peer?.close();
    this.#pulse.stop();
    clearTimeout(this.#timer);
    this.#offered = null;
    this.#restartWanted = false;
    this.#layers = null;
    const peer = this.options.create();
    this.#peer = peer;
    this.#relayBy();
    const { microphone, camera } = this.#sending;
    this.#audio = peer.addTransceiver(microphone ?? "audio", { direction: "sendonly" });
    this.#video = addCamera(peer, camera ?? "video");
    for (let i = 0; i < AUDIO_SLOTS; i++) peer.addTransceiver("audio", { direction: "recvonly" });
    for (let i = 0; i < VIDEO_SLOTS; i++) peer.addTransceiver("video", { direction: "recvonly" });
    peer.onconnectionstatechange = () => {
      if (peer === this.#peer) this.#changed(peer.connectionState);
    };
  }

  /** Sends of the camera what is needed. Before the answer nothing can be set. */
  #shape(): Promise<void> {
    const sender = this.#video?.sender;
    if (sender && this.#peer?.remoteDescription) {
      this.#shaping = this.#shaping.then(() => limitVideo(sender, this.#sending.camera, this.#layers));
    }
    return this.#shaping;
  }

  /** Takes effect with the next offer that gathers: the first, or an ICE restart. */
  #relayBy(): void {
    if (this.#peer && this.#iceServers.length > 0) {
      this.#peer.setConfiguration({ ...this.#peer.getConfiguration(), iceServers: this.#iceServers });
    }
  }

  #changed(state: RTCPeerConnectionState): void {
    if (state === "connected") {
      clearTimeout(this.#timer);
      this.#freshTries = 0;
      this.#pulse.start();
      this.#set("connected");
    } else if (state === "disconnected") {
      this.#set("interrupted");
      this.#watch(() => void this.restart(), RESTART_AFTER_MS);
    } else if (state === "failed") {
      this.#set("interrupted");
      this.lost();
    }
  }

  async #offer(fresh: boolean): Promise<void> {
    const peer = this.#peer;
    if (!peer || this.#closed) return;
    this.#offered = { fresh, at: this.options.now() };
    await peer.setLocalDescription();
    if (peer === this.#peer) this.#sendOffer(peer, fresh);
  }

  async #offerAgain(offered: { fresh: boolean; at: number }): Promise<void> {
    const peer = this.#peer;
    if (!peer) return;
    if (offered.fresh || this.options.now() - offered.at > OFFER_KEEPS_MS) {
      // What was gathered may be of a network that is gone.
      if (!offered.fresh) peer.restartIce();
      await this.#offer(offered.fresh);
    } else if (peer.signalingState === "have-local-offer") {
      this.#sendOffer(peer, offered.fresh);
    }
  }

  #sendOffer(peer: RTCPeerConnection, fresh: boolean): void {
    const sdp = peer.localDescription?.sdp;
    if (!sdp) return;
    const tracks: SentTrack[] = [];
    if (this.#audio?.mid) tracks.push({ mid: this.#audio.mid, source: "microphone" });
    if (this.#video?.mid) tracks.push({ mid: this.#video.mid, source: "camera" });
    this.options.send({ type: "offer", sdp, fresh, tracks });
  }

  #receivers(peer: RTCPeerConnection): void {
    const tracks = new Map<string, MediaStreamTrack>();
    for (const transceiver of peer.getTransceivers()) {
      if (transceiver === this.#audio || transceiver === this.#video || !transceiver.mid) continue;
      // Older browsers do not know it; nothing is lost but lip-sync.
      if ("jitterBufferTarget" in transceiver.receiver) transceiver.receiver.jitterBufferTarget = JITTER_TARGET_MS;
      tracks.set(transceiver.mid, transceiver.receiver.track);
    }
    this.options.onReceivers(tracks);
  }

  #watch(then: () => void, ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(then, ms);
  }

  #set(state: MediaState): void {
    if (state === this.#state || this.#closed) return;
    this.#state = state;
    this.options.onState(state);
  }
}

function addCamera(peer: RTCPeerConnection, camera: MediaStreamTrack | "video"): RTCRtpTransceiver {
  const sendEncodings = encodings();
  try {
    return peer.addTransceiver(camera, { direction: "sendonly", sendEncodings });
  } catch {
    // A browser that knows of no layers within a picture.
    for (const encoding of sendEncodings) delete encoding.scalabilityMode;
    return peer.addTransceiver(camera, { direction: "sendonly", sendEncodings });
  }
}

async function limitVideo(
  sender: RTCRtpSender,
  camera: MediaStreamTrack | null,
  wanted: readonly string[] | null,
): Promise<void> {
  const parameters = sender.getParameters();
  if (parameters.encodings.length === 0) return;
  const { width = 0, height = 0 } = camera?.getSettings() ?? {};
  shape(parameters.encodings, Math.max(width, height), wanted);
  // A face that moves says more than one that is sharp: with "balanced", Chromium begins a call at 10 pictures a second.
  parameters.degradationPreference = "maintain-framerate";
  // A browser that refuses one of them keeps its own limits, which are near ours.
  await sender.setParameters(parameters).catch(() => undefined);
}
