// How loud the microphone is, for the level meter: 0 to 1, about ten times a second.

const EVERY_MS = 90;
/** Below this a room is silent, above the other a voice is loud (dBFS). */
const QUIET_DB = -58;
const LOUD_DB = -14;

/** Starts measuring; what is returned stops it. */
export function watchLevel(track: MediaStreamTrack, onLevel: (level: number) => void): () => void {
  const context = new AudioContext();
  const source = context.createMediaStreamSource(new MediaStream([track]));
  const analyser = context.createAnalyser();
  analyser.fftSize = 2048;
  source.connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  // Some browsers start silent until the person touches the page.
  const wake = (): void => void context.resume();
  const timer = setInterval(() => {
    if (context.state === "suspended") wake();
    analyser.getFloatTimeDomainData(samples);
    let sum = 0;
    for (const sample of samples) sum += sample * sample;
    const db = 10 * Math.log10(sum / samples.length + 1e-12);
    onLevel(Math.min(1, Math.max(0, (db - QUIET_DB) / (LOUD_DB - QUIET_DB))));
  }, EVERY_MS);
  return () => {
    clearInterval(timer);
    source.disconnect();
    void context.close();
  };
}
