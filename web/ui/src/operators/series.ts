// Readings as lines of a chart, and as minutes of a table. Pure.

/** Readings that a chart shows: ten minutes of one every two seconds. */
export const SHOWN = 300;

/** Adds readings to those before, without any twice; the oldest fall out. */
export function joined<P extends { seq: number }>(before: readonly P[], more: readonly P[]): P[] {
  const last = before.at(-1)?.seq ?? 0;
  const first = more[0]?.seq ?? 0;
  // A server that began anew counts from the start again.
  const kept = first > 0 && first <= last ? [] : before;
  const newest = (more.at(-1) ?? before.at(-1))?.seq ?? 0;
  return [...kept, ...more].filter((point) => point.seq > newest - SHOWN);
}

/** The top of an axis: 1, 2 or 5 times a power of ten, not below what is shown. */
export function top(most: number): number {
  if (!(most > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(most));
  const step = [1, 2, 5, 10].find((times) => times * power >= most) ?? 10;
  return step * power;
}

export interface Point {
  seq: number;
  value: number | null;
}

/** The line of a chart, as an SVG path; a reading that is missing is a gap. `newest` stands at the right edge. */
export function path(points: readonly Point[], newest: number, highest: number, width: number, height: number): string {
  let d = "";
  let before: number | null = null;
  for (const { seq, value } of points) {
    if (value === null) continue;
    const x = width - ((newest - seq) * width) / (SHOWN - 1);
    const y = height - (Math.min(value, highest) * height) / highest;
    d += `${before !== null && seq - before <= 2 ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`;
    before = seq;
  }
  return d;
}

export interface Minute {
  /** 0: this one. */
  ago: number;
  /** One average for each line. */
  averages: (number | null)[];
}

/** The averages of each minute that has readings, the newest first. */
export function minutes(lines: readonly (readonly Point[])[], newest: number, stepMs: number): Minute[] {
  const perMinute = Math.max(1, Math.round(60_000 / stepMs));
  const found: Minute[] = [];
  for (let ago = 0; ago * perMinute < SHOWN; ago += 1) {
    const averages = lines.map((points) => {
      const within = points.filter(({ seq }) => Math.floor((newest - seq) / perMinute) === ago);
      const values = within.flatMap(({ value }) => (value === null ? [] : [value]));
      return values.length > 0 ? values.reduce((sum, value) => sum + value, 0) / values.length : null;
    });
    if (averages.some((average) => average !== null)) found.push({ ago, averages });
  }
  return found;
}
