// Lines and minutes of the charts.
import { describe, expect, it } from "vitest";
import { joined, minutes, path, SHOWN, top } from "./series";

const at = (...seqs: number[]): { seq: number }[] => seqs.map((seq) => ({ seq }));

describe("readings", () => {
  it("are joined without any twice, and the oldest fall out", () => {
    expect(joined(at(1, 2), at(3))).toEqual(at(1, 2, 3));
    expect(joined(at(1, 2), at(SHOWN + 1))).toEqual(at(2, SHOWN + 1));
    expect(joined(at(1, 2), [])).toEqual(at(1, 2));
  });
  it("begin anew with the server", () => {
    expect(joined(at(800, 801), at(1, 2))).toEqual(at(1, 2));
  });
});

describe("a chart", () => {
  it("has a round top", () => {
    expect([0, 1, 3, 42, 500, 501].map(top)).toEqual([1, 1, 5, 50, 500, 1000]);
  });
  it("has the newest reading at the right, and gaps where nothing was read", () => {
    const points = [
      { seq: 1, value: 0 },
      { seq: 2, value: null },
      { seq: 299, value: 5 },
      { seq: 300, value: 10 },
    ];
    expect(path(points, 300, 10, 299, 100)).toBe("M0.0 100.0M298.0 50.0L299.0 0.0");
  });
  it("is told by minutes, too", () => {
    const points = [
      { seq: 1, value: 9 },
      { seq: 31, value: 2 },
      { seq: 60, value: 4 },
    ];
    expect(minutes([points], 60, 2_000)).toEqual([
      { ago: 0, averages: [3] },
      { ago: 1, averages: [9] },
    ]);
  });
});
