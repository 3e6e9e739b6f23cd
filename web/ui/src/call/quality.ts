// Whether the line is weak: judged from what the browser measures, over the time between two looks.

const LOSS_TOO_HIGH = 0.08;
const ROUND_TRIP_TOO_LONG_S = 0.6;
const FEW_PACKETS = 50;
/** Looks in a row that must agree before it is said, or taken back. */
const AGREE = 2;

interface Counts {
  received: number;
  lost: number;
}

/** A judge with a memory: give it each new report. */
export function weakness(): (report: RTCStatsReport) => boolean {
  let before: Counts | null = null;
  let said = false;
  let against = 0;
  return (report) => {
    const { counts, roundTripS } = read(report);
    const received = before ? counts.received - before.received : 0;
    const lost = before ? Math.max(0, counts.lost - before.lost) : 0;
    before = counts;
    const total = received + lost;
    const bad = roundTripS > ROUND_TRIP_TOO_LONG_S || (total >= FEW_PACKETS && lost / total > LOSS_TOO_HIGH);
    against = bad === said ? 0 : against + 1;
    if (against >= AGREE) {
      said = bad;
      against = 0;
    }
    return said;
  };
}

function read(report: RTCStatsReport): { counts: Counts; roundTripS: number } {
  const counts = { received: 0, lost: 0 };
  let roundTripS = 0;
  report.forEach((entry: Record<string, unknown>) => {
    if (entry["type"] === "inbound-rtp") {
      counts.received += Number(entry["packetsReceived"] ?? 0);
      counts.lost += Number(entry["packetsLost"] ?? 0);
    } else if (entry["type"] === "candidate-pair" && entry["state"] === "succeeded") {
      roundTripS = Math.max(roundTripS, Number(entry["currentRoundTripTime"] ?? 0));
    }
  });
  return { counts, roundTripS };
}
