// How long to wait before the next attempt: doubling, bounded, and spread so that a room does not come back at once.

const FIRST_MS = 250;
const LONGEST_MS = 5_000;

/** Milliseconds before attempt `attempt` (0 is the first repetition); `random` in [0, 1). */
export function backoffMs(attempt: number, random: number): number {
  const full = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt, 10));
  return Math.round(full * (0.5 + random / 2));
}
