// How good the line is, in three levels and a reason: judged from what the browser measures between two looks. It is
// quick to say that something is wrong and slow to take it back, so that what is shown does not flicker. No DOM.

export type Level = "good" | "fair" | "weak";
/** What is noticed first. `paused`, `shrunk`: the server holds pictures of others back, or sends smaller ones, because this line
 * carries no more; `reduced`: this side's picture was made smaller; `slow`: by the device, not by the line. */
export type Reason = "none" | "silent" | "paused" | "shrunk" | "lossy" | "late" | "frozen" | "reduced" | "slow";

/** What should arrive, as far as the room knows: somebody's open microphone, somebody's camera. */
export interface Expected {
  sound: boolean;
  picture: boolean;
}

export interface Verdict {
  level: Level;
  reason: Reason;
}

export const GOOD: Verdict = { level: "good", reason: "none" };

/** What a person notices, and what makes a talk hard. */
const LOSS = { fair: 0.03, weak: 0.08 };
const ROUND_TRIP_S = { fair: 0.3, weak: 0.6 };
const FROZEN_S = { fair: 0.4, weak: 1.5 };
const FEW_PACKETS = 50;
/** Looks in a row that must agree before it is called worse, or better. */
const WORSE_AFTER = 2;
const BETTER_AFTER = 4;
/** A picture begins small and grows: that is no fault of the line. */
const GROWING_LOOKS = 6;

const ORDER: readonly Level[] = ["good", "fair", "weak"];

interface Counts {
  audio: number;
  pictures: number;
  received: number;
  lost: number;
  frozenS: number;
  roundTripS: number;
  limit: string;
}

/** A judge with a memory: give it each new report, every few seconds, and whether somebody should be heard. */
export function lineJudge(): (report: RTCStatsReport, expected: Expected) => Verdict {
  let before: Counts | null = null;
  let said = GOOD;
  let looks = 0;
  let against = 0;
  return (report, expected) => {
    const counts = read(report);
    const seen = before ? worst(since(before, counts), expected, looks > GROWING_LOOKS) : GOOD;
    before = counts;
    looks += 1;
    const change = ORDER.indexOf(seen.level) - ORDER.indexOf(said.level);
    if (change === 0) {
      against = 0;
      if (seen.level !== "good") said = seen;
      return said;
    }
    // Changing sides begins the count anew.
    against = Math.sign(against) === Math.sign(change) ? against + Math.sign(change) : Math.sign(change);
    if (against >= WORSE_AFTER || against <= -BETTER_AFTER) {
      said = seen;
      against = 0;
    }
    return said;
  };
}

/** What happened between two looks. A new connection counts from zero again. */
function since(before: Counts, now: Counts): Counts {
  const grown = (key: "audio" | "pictures" | "received" | "lost" | "frozenS"): number => Math.max(0, now[key] - before[key]);
  return { ...now, audio: grown("audio"), pictures: grown("pictures"), received: grown("received"), lost: grown("lost"), frozenS: grown("frozenS") };
}

function worst(line: Counts, expected: Expected, isGrown: boolean): Verdict {
  const total = line.received + line.lost;
  const loss = total >= FEW_PACKETS ? line.lost / total : 0;
  const found: Verdict[] = [
    { level: expected.sound && line.audio === 0 ? "weak" : "good", reason: "silent" },
    // The server lets pictures go before voices: none at all beside sound that comes is its doing.
    { level: expected.picture && line.pictures === 0 && line.audio > 0 ? "weak" : "good", reason: "paused" },
    { level: levelOf(loss, LOSS), reason: "lossy" },
    { level: levelOf(line.roundTripS, ROUND_TRIP_S), reason: "late" },
    { level: levelOf(line.frozenS, FROZEN_S), reason: "frozen" },
    { level: isGrown && line.limit === "bandwidth" ? "fair" : "good", reason: "reduced" },
    { level: isGrown && line.limit === "cpu" ? "fair" : "good", reason: "slow" },
  ];
  return found.reduce((most, one) => (ORDER.indexOf(one.level) > ORDER.indexOf(most.level) ? one : most), GOOD);
}

/** The server knows what it holds back: that is said before what is only measured here. */
export function withLimits(measured: Verdict, limited: { reduced: number; paused: number }): Verdict {
  if (limited.paused > 0) return { level: "weak", reason: "paused" };
  if (limited.reduced > 0 && measured.level !== "weak") return { level: "fair", reason: "shrunk" };
  return measured;
}

function levelOf(value: number, bounds: { fair: number; weak: number }): Level {
  if (value > bounds.weak) return "weak";
  return value > bounds.fair ? "fair" : "good";
}

function read(report: RTCStatsReport): Counts {
  const counts = { audio: 0, pictures: 0, received: 0, lost: 0, frozenS: 0, roundTripS: 0, limit: "none" };
  report.forEach((entry: Record<string, unknown>) => {
    const number = (key: string): number => Number(entry[key] ?? 0) || 0;
    if (entry["type"] === "inbound-rtp") {
      counts.received += number("packetsReceived");
      counts.lost += number("packetsLost");
      counts.frozenS += number("totalFreezesDuration");
      if (entry["kind"] === "audio") counts.audio += number("packetsReceived");
      else counts.pictures += number("framesDecoded");
    } else if (entry["type"] === "outbound-rtp" && entry["kind"] === "video") {
      counts.limit = String(entry["qualityLimitationReason"] ?? "none");
    } else if (entry["type"] === "candidate-pair" && entry["state"] === "succeeded") {
      counts.roundTripS = Math.max(counts.roundTripS, number("currentRoundTripTime"));
    }
  });
  return counts;
}
