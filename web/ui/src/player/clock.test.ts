// Facts about the master clock and the correction of drift.
import { expect, test } from "vitest";
import { correction, MasterClock } from "./clock";

test("the position moves with the given time and rate, and stands while held", () => {
  const clock = new MasterClock(100);
  clock.run(10);
  expect(clock.at(15)).toBe(5);
  clock.setRate(2, 15);
  expect(clock.at(20)).toBe(15);
  clock.hold(20);
  expect(clock.at(99)).toBe(15);
});

test("the position stays inside the recording", () => {
  const clock = new MasterClock(100);
  clock.seek(-5, 0);
  expect(clock.at(0)).toBe(0);
  clock.seek(99, 0);
  clock.run(0);
  expect(clock.at(50)).toBe(100);
});

test("a medium in time is left alone", () => {
  expect(correction(0.05, 1, 1)).toEqual({ kind: "none" });
});

test("a medium that runs ahead slows down, one that lags hurries", () => {
  expect(correction(0.2, 1, 1)).toEqual({ kind: "rate", rate: 0.94 });
  expect(correction(-0.2, 1.5, 1.5)).toEqual({ kind: "rate", rate: 1.59 });
});

test("a medium far away is moved", () => {
  expect(correction(-3, 1, 1)).toEqual({ kind: "move" });
});

test("a nudge ends when it has done its work", () => {
  expect(correction(0.01, 0.94, 1)).toEqual({ kind: "rate", rate: 1 });
});

test("a nudge goes on until then", () => {
  expect(correction(0.05, 0.94, 1)).toEqual({ kind: "rate", rate: 0.94 });
});
