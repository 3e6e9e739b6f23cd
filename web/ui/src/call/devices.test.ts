// What is asked of a microphone is what the person wants when it opens, not what was wanted when the asking began.
import { afterEach, expect, test, vi } from "vitest";
import { Devices } from "./devices.svelte";

class Track {
  readyState = "live";
  onended: (() => void) | null = null;
  constructor(readonly wanted: MediaTrackConstraints) {}
  stop(): void {
    this.readyState = "ended";
  }
}

function browser() {
  const answers: (() => void)[] = [];
  const getUserMedia = ({ audio, video }: { audio?: MediaTrackConstraints; video?: MediaTrackConstraints }) =>
    new Promise((resolve) => {
      const sound = audio ? [new Track(audio)] : [];
      const picture = video ? [new Track(video)] : [];
      answers.push(() =>
        resolve({
          getAudioTracks: () => sound,
          getVideoTracks: () => picture,
          getTracks: () => [...sound, ...picture],
        }),
      );
    });
  vi.stubGlobal("navigator", {
    mediaDevices: { getUserMedia, addEventListener: () => undefined, enumerateDevices: () => Promise.resolve([]) },
  });
  vi.stubGlobal("HTMLMediaElement", { prototype: {} });
  return { answer: () => answers.shift()?.() };
}

afterEach(() => vi.unstubAllGlobals());

test("a microphone that was being opened is opened again with what was chosen meanwhile", async () => {
  const { answer } = browser();
  const devices = new Devices();
  const opening = devices.openBoth();
  const choosing = devices.setQuiet(false);
  answer();
  await opening;
  await vi.waitFor(() => expect(devices.asking).toBe(true));
  answer();
  const track = (await choosing) as unknown as Track;
  expect(track.wanted.noiseSuppression).toBe(false);
  expect(track.readyState).toBe("live");
});
