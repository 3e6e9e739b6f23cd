// The test sound: three soft tones through the chosen loudspeaker.

const NOTES_HZ = [392, 494, 587];
const NOTE_S = 0.35;

/** Plays it; the promise is kept when it is over. */
export async function playTone(speakerId: string): Promise<void> {
  const context = new AudioContext();
  if (speakerId && "setSinkId" in context) {
    // A loudspeaker that went away: the default one plays.
    await (context.setSinkId as (id: string) => Promise<void>)(speakerId).catch(() => undefined);
  }
  await context.resume();
  const start = context.currentTime + 0.05;
  let last: OscillatorNode | undefined;
  NOTES_HZ.forEach((hz, index) => {
    const from = start + index * NOTE_S;
    const tone = context.createOscillator();
    const gain = context.createGain();
    tone.frequency.value = hz;
    gain.gain.setValueAtTime(0, from);
    gain.gain.linearRampToValueAtTime(0.25, from + 0.04);
    gain.gain.linearRampToValueAtTime(0, from + NOTE_S);
    tone.connect(gain).connect(context.destination);
    tone.start(from);
    tone.stop(from + NOTE_S);
    last = tone;
  });
  await new Promise<void>((resolve) => {
    if (last) last.onended = () => resolve();
    else resolve();
  });
  await context.close();
}
