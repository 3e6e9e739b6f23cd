// The judge of the line: which facts make which level, and that it does not flicker.
import { describe, expect, it } from "vitest";
import { GOOD, lineJudge, type Verdict, withLimits } from "./quality";

interface Line {
  loss?: number;
  roundTripS?: number;
  frozenS?: number;
  limit?: string;
  silent?: boolean;
  noPicture?: boolean;
}

/** A call of which one look after the other is told. */
function call(): (line: Line, looks?: number, expectsSound?: boolean) => Verdict {
  const judge = lineJudge();
  let received = 0;
  let lost = 0;
  let frozen = 0;
  let audio = 0;
  let pictures = 0;
  return (line, looks = 1, expectsSound = true) => {
    let verdict: Verdict = { level: "good", reason: "none" };
    for (let i = 0; i < looks; i++) {
      lost += 1_000 * (line.loss ?? 0);
      received += 1_000 * (1 - (line.loss ?? 0));
      frozen += line.frozenS ?? 0;
      if (!line.silent) audio += 100;
      if (!line.noPicture) pictures += 60;
      const report = new Map<string, Record<string, unknown>>([
        ["v", { type: "inbound-rtp", kind: "video", packetsReceived: received, packetsLost: lost, framesDecoded: pictures, totalFreezesDuration: frozen }],
        ["a", { type: "inbound-rtp", kind: "audio", packetsReceived: audio, packetsLost: 0 }],
        ["o", { type: "outbound-rtp", kind: "video", qualityLimitationReason: line.limit ?? "none" }],
        ["c", { type: "candidate-pair", state: "succeeded", currentRoundTripTime: line.roundTripS ?? 0.02 }],
      ]);
      verdict = judge(report as unknown as RTCStatsReport, { sound: expectsSound, picture: true });
    }
    return verdict;
  };
}

describe("what the server holds back", () => {
  it("is said before what is only measured", () => {
    const fair: Verdict = { level: "fair", reason: "late" };
    expect(withLimits(GOOD, { reduced: 0, paused: 0 })).toEqual(GOOD);
    expect(withLimits(fair, { reduced: 1, paused: 0 })).toEqual({ level: "fair", reason: "shrunk" });
    expect(withLimits({ level: "weak", reason: "silent" }, { reduced: 1, paused: 0 }).reason).toBe("silent");
    expect(withLimits(fair, { reduced: 1, paused: 1 })).toEqual({ level: "weak", reason: "paused" });
  });
});

describe("the line", () => {
  it("is good when nothing is wrong", () => {
    expect(call()({}, 20)).toEqual({ level: "good", reason: "none" });
  });

  it.each<[Line, Verdict]>([
    [{ loss: 0.05 }, { level: "fair", reason: "lossy" }],
    [{ noPicture: true }, { level: "weak", reason: "paused" }],
    [{ loss: 0.2 }, { level: "weak", reason: "lossy" }],
    [{ roundTripS: 0.4 }, { level: "fair", reason: "late" }],
    [{ roundTripS: 0.9 }, { level: "weak", reason: "late" }],
    [{ frozenS: 0.8 }, { level: "fair", reason: "frozen" }],
    [{ frozenS: 2 }, { level: "weak", reason: "frozen" }],
    [{ limit: "bandwidth" }, { level: "fair", reason: "reduced" }],
    [{ limit: "cpu" }, { level: "fair", reason: "slow" }],
    [{ silent: true }, { level: "weak", reason: "silent" }],
  ])("%j is %j", (line, verdict) => {
    expect(call()(line, 12)).toEqual(verdict);
  });

  it("names the worst of several faults", () => {
    expect(call()({ loss: 0.05, roundTripS: 0.9 }, 4)).toEqual({ level: "weak", reason: "late" });
  });

  it("is not called silent when nobody should be heard", () => {
    expect(call()({ silent: true }, 12, false).level).toBe("good");
  });

  it("does not mind one bad moment, and a fault that stays is said at the second look", () => {
    const look = call();
    look({}, 5);
    expect(look({ loss: 0.2 }).level).toBe("good");
    look({}, 5);
    expect(look({ loss: 0.2 }, 2).level).toBe("weak");
  });

  it("does not flicker: it is called better only after four good looks in a row", () => {
    const look = call();
    look({ loss: 0.2 }, 4);
    for (let i = 0; i < 10; i++) {
      expect(look({}, 3).level).toBe("weak");
      expect(look({ loss: 0.2 }).level).toBe("weak");
    }
    expect(look({}, 4)).toEqual({ level: "good", reason: "none" });
  });

  it("does not blame a picture that is still growing", () => {
    const look = call();
    expect(look({ limit: "bandwidth" }, 6).level).toBe("good");
  });

  it("counts anew after a fresh connection", () => {
    const judge = lineJudge();
    const report = (packetsReceived: number, packetsLost: number): RTCStatsReport =>
      new Map([["v", { type: "inbound-rtp", kind: "video", packetsReceived, packetsLost }]]) as unknown as RTCStatsReport;
    judge(report(10_000, 500), { sound: false, picture: false });
    expect(judge(report(10, 0), { sound: false, picture: false }).level).toBe("good");
    expect(judge(report(20, 0), { sound: false, picture: false }).level).toBe("good");
  });
});
