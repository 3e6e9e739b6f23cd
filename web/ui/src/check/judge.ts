// What the measured numbers mean for a call. Pure.

/** `waiting` and `running` before there is a result; `none`: not offered, or could not be measured, and no fault. */
export type Result = "waiting" | "running" | "ok" | "fair" | "bad" | "none";

export type Name =
  | "secure"
  | "camera"
  | "microphone"
  | "speaker"
  | "socket"
  | "udp"
  | "tcp"
  | "relay"
  | "roundtrip"
  | "down"
  | "up";

/** What somebody who speaks and is seen needs: kilobits a second, and milliseconds there and back. */
const DOWN_KBITS = { ok: 1_500, fair: 150 };
const UP_KBITS = { ok: 1_000, fair: 100 };
const ROUND_TRIP_MS = { ok: 200, fair: 500 };

export function ofDown(kbits: number): Result {
  return atLeast(kbits, DOWN_KBITS);
}

export function ofUp(kbits: number): Result {
  return atLeast(kbits, UP_KBITS);
}

export function ofRoundTrip(ms: number): Result {
  if (ms <= ROUND_TRIP_MS.ok) return "ok";
  return ms <= ROUND_TRIP_MS.fair ? "fair" : "bad";
}

function atLeast(value: number, bounds: { ok: number; fair: number }): Result {
  if (value >= bounds.ok) return "ok";
  return value >= bounds.fair ? "fair" : "bad";
}

export type Overall = "ok" | "fair" | "bad";

/** Without a way for sound there is no call; everything else has a way around it. */
export function overall(results: ReadonlyMap<Name, Result>): Overall {
  const is = (name: Name, ...wanted: Result[]): boolean => wanted.includes(results.get(name) ?? "waiting");
  const mediaWorks = (["udp", "tcp", "relay"] as const).some((name) => is(name, "ok", "fair"));
  if (is("socket", "bad") || is("secure", "bad") || !mediaWorks) return "bad";
  // Without UDP it works by another way, only less well; with it nobody needs another way.
  const spare = (name: Name): boolean => (name === "tcp" || name === "relay") && is("udp", "ok", "fair");
  const all = [...results].filter(([name]) => !spare(name));
  return all.some(([, result]) => result === "bad" || result === "fair") ? "fair" : "ok";
}

export type Way = "udp" | "tcp" | "relay";

/** What will work in a call: which way media takes, and how one is heard and seen, and hears and sees. */
export interface Outlook {
  way: Way;
  /** `small`: the picture is; `sound`: only the voice gets there; `none`: not even that, the microphone does not work. */
  out: "full" | "small" | "sound" | "none";
  in: "full" | "small" | "sound";
}

/** `null`: nothing will. */
export function outlook(results: ReadonlyMap<Name, Result>): Outlook | null {
  if (overall(results) === "bad") return null;
  const is = (name: Name, result: Result): boolean => results.get(name) === result;
  const way = (["udp", "tcp", "relay"] as const).find((name) => is(name, "ok") || is(name, "fair"));
  if (!way) return null;
  const bySpeed = (name: "up" | "down"): "full" | "small" | "sound" => (is(name, "bad") ? "sound" : is(name, "fair") ? "small" : "full");
  const out = is("microphone", "bad") ? "none" : is("camera", "bad") ? "sound" : bySpeed("up");
  return { way, out, in: bySpeed("down") };
}

/** Bytes that passed in so many milliseconds, as kilobits a second. */
export function kbits(bytes: number, ms: number): number {
  return ms > 0 ? (bytes * 8) / ms : 0;
}

/** The answer with only the candidates of one transport, and which transports it offered (RFC 8839 section 5.1). */
export function narrowed(sdp: string, protocol: "udp" | "tcp"): { sdp: string; offers: Set<string> } {
  const offers = new Set<string>();
  const kept = sdp.split("\r\n").filter((line) => {
    if (!line.startsWith("a=candidate:")) return true;
    const transport = (line.split(" ")[2] ?? "").toLowerCase();
    offers.add(transport);
    return transport === protocol;
  });
  return { sdp: kept.join("\r\n"), offers };
}
