// Facts about the mark beside a name.
import { expect, test } from "vitest";
import type { Identified, Label } from "../protocol/messages";
import { markOf } from "./mark";

const words = (label: Label, identified: Identified | null, verified = false) =>
  markOf({ anonymous: label.kind === "anonymous", identified, verified }, (key) => key)?.words;

const rasa: Label = { kind: "named", name: "Rasa" };
const voice: Label = { kind: "anonymous", number: 3 };

test("a name has the way and the level of the sign-in beside it", () => {
  expect(words(rasa, { way: "viisp", level: "substantial" })).toBe("mark-viisp, mark-substantial");
  expect(words(rasa, { way: "eticket", level: "low" })).toBe("mark-eticket, mark-low");
});

test("who is made up is said to be", () => {
  expect(words(rasa, { way: "demonstration", level: null })).toBe("mark-made-up");
});

test("a voice is a verified resident or has no mark, whatever came along", () => {
  expect(words(voice, null, true)).toBe("mark-verified");
  expect(words(voice, null)).toBeUndefined();
  expect(words(voice, { way: "viisp", level: "high" })).toBeUndefined();
  expect(words(rasa, null, true)).toBeUndefined();
});
