// The camera, the microphone and the loudspeaker: asked for, chosen, lost and found again.

import { recall, remember } from "./memory";

export type Kind = "camera" | "microphone";
/** Why there is no picture or sound. `asking`: the browser is asking the person. */
export type Problem = "refused" | "missing" | "busy" | "unplugged" | "failed";

export interface Choice {
  id: string;
  label: string;
}

const CAMERA: MediaTrackConstraints = {
  width: { ideal: 1280 },
  height: { ideal: 720 },
  frameRate: { ideal: 30, max: 30 },
  facingMode: "user",
};

export class Devices {
  camera = $state.raw<MediaStreamTrack | null>(null);
  microphone = $state.raw<MediaStreamTrack | null>(null);
  cameraProblem = $state<Problem | null>(null);
  microphoneProblem = $state<Problem | null>(null);
  #questions = $state(0);
  cameras = $state.raw<Choice[]>([]);
  microphones = $state.raw<Choice[]>([]);
  speakers = $state.raw<Choice[]>([]);
  cameraId = $state(recall("camera"));
  microphoneId = $state(recall("microphone"));
  speakerId = $state(recall("speaker"));
  quiet = $state(recall("noise") !== "keep");

  #cameraWanted = false;
  #waiting: (() => void)[] = [];

  /** A track came or went without the person asking for it. */
  onTrack: (kind: Kind, track: MediaStreamTrack | null) => void = () => undefined;

  readonly canChooseSpeaker = "setSinkId" in HTMLMediaElement.prototype;

  constructor() {
    navigator.mediaDevices?.addEventListener("devicechange", () => void this.#refresh());
  }

  /** The browser is asking the person, or looking for the device. */
  get asking(): boolean {
    return this.#questions > 0;
  }

  /** Kept when nothing is being asked any more. */
  settled(): Promise<void> {
    if (!this.asking) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #answered(): void {
    this.#questions -= 1;
    if (this.asking) return;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** Asks for both at once, so that the browser asks the person once; what fails alone does not take the other. */
  async openBoth(): Promise<void> {
    this.#questions += 1;
    this.#cameraWanted = true;
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: this.#audio(), video: this.#video() });
      this.#took("camera", stream.getVideoTracks()[0]);
      this.#took("microphone", stream.getAudioTracks()[0]);
    } catch {
      const one = this.#cameraWanted ? [this.open("camera")] : [];
      await Promise.all([this.open("microphone"), ...one]);
    }
    this.#answered();
    await this.#refresh();
  }

  /** Asks for one; gives its track, or `null` and sets the problem. */
  async open(kind: Kind): Promise<MediaStreamTrack | null> {
    this.#questions += 1;
    if (kind === "camera") this.#cameraWanted = true;
    try {
      const wanted = kind === "camera" ? { video: this.#video() } : { audio: this.#audio() };
      const stream = await navigator.mediaDevices.getUserMedia(wanted);
      this.#took(kind, stream.getTracks()[0]);
    } catch (error) {
      this.#problem(kind, problemOf(error));
    } finally {
      this.#answered();
    }
    await this.#refresh();
    return this[kind];
  }

  /** Turns it off: the light of the camera goes out. */
  close(kind: Kind): void {
    if (kind === "camera") this.#cameraWanted = false;
    this.#drop(kind);
  }

  #drop(kind: Kind): void {
    const track = this[kind];
    this[kind] = null;
    if (track) track.onended = null;
    track?.stop();
  }

  closeAll(): void {
    this.close("camera");
    this.close("microphone");
  }

  /** Another device, in place of the one in use. */
  async choose(kind: Kind, id: string): Promise<MediaStreamTrack | null> {
    if (kind === "camera") this.cameraId = id;
    else this.microphoneId = id;
    remember(kind, id);
    this.#drop(kind);
    return await this.open(kind);
  }

  chooseSpeaker(id: string): void {
    this.speakerId = id;
    remember("speaker", id);
  }

  async setQuiet(quiet: boolean): Promise<MediaStreamTrack | null> {
    this.quiet = quiet;
    remember("noise", quiet ? "" : "keep");
    // One that is being opened right now was asked for with what held before.
    await this.settled();
    if (!this.microphone) return null;
    this.#drop("microphone");
    return await this.open("microphone");
  }

  #video(): MediaTrackConstraints {
    return this.cameraId ? { ...CAMERA, deviceId: { ideal: this.cameraId } } : CAMERA;
  }

  #audio(): MediaTrackConstraints {
    const constraints: MediaTrackConstraints = {
      echoCancellation: true,
      noiseSuppression: this.quiet,
      autoGainControl: this.quiet,
    };
    return this.microphoneId ? { ...constraints, deviceId: { ideal: this.microphoneId } } : constraints;
  }

  #took(kind: Kind, track: MediaStreamTrack | undefined): void {
    if (!track) return;
    // Turned off, or anonymous, while the browser was still asking.
    if (kind === "camera" && !this.#cameraWanted) {
      track.stop();
      return;
    }
    this.#drop(kind);
    this[kind] = track;
    this.#problem(kind, null);
    track.onended = () => void this.#unplugged(kind, track);
  }

  /** The device went away: another one if there is one, and words either way. */
  async #unplugged(kind: Kind, track: MediaStreamTrack): Promise<void> {
    if (this[kind] !== track) return;
    this[kind] = null;
    if (kind === "camera") this.cameraId = "";
    else this.microphoneId = "";
    const next = kind === "microphone" ? await this.open(kind) : null;
    this.#problem(kind, "unplugged");
    this.onTrack(kind, next);
  }

  #problem(kind: Kind, problem: Problem | null): void {
    if (kind === "camera") this.cameraProblem = problem;
    else this.microphoneProblem = problem;
  }

  async #refresh(): Promise<void> {
    const all = await navigator.mediaDevices.enumerateDevices().catch(() => []);
    const of = (kind: MediaDeviceKind): Choice[] =>
      all.filter((one) => one.kind === kind && one.deviceId).map((one) => ({ id: one.deviceId, label: one.label }));
    this.cameras = of("videoinput");
    this.microphones = of("audioinput");
    this.speakers = of("audiooutput");
  }
}

function problemOf(error: unknown): Problem {
  const name = error instanceof DOMException ? error.name : "";
  if (name === "NotAllowedError" || name === "SecurityError") return "refused";
  if (name === "NotFoundError" || name === "OverconstrainedError") return "missing";
  if (name === "NotReadableError" || name === "AbortError") return "busy";
  return "failed";
}
