// Facts about the layers of one's own camera.
import { expect, test } from "vitest";
import { encodings, shape, worthSending } from "./layers";

function shaped(longer: number, wanted: string[] | null): string {
  const all = encodings();
  shape(all, longer, wanted);
  return all.map((one) => (one.active ? `${String(one.rid)}/${String(one.scaleResolutionDownBy)}` : "-")).join(" ");
}

test("a camera is offered in three layers, each half as large as the next", () => {
  expect(encodings().map((one) => [one.rid, one.scaleResolutionDownBy, one.maxBitrate])).toEqual([
    ["q", 4, 150_000],
    ["h", 2, 500_000],
    ["f", 1, 1_700_000],
  ]);
});

test("the layers that somebody needs are sent, and no other", () => {
  expect(shaped(1280, null)).toBe("q/4 h/2 f/1");
  expect(shaped(1280, ["q", "f"])).toBe("q/4 - f/1");
  expect(shaped(1280, ["h"])).toBe("- h/2 -");
});

test("a small picture has fewer layers, and its best stands for those it has not", () => {
  expect([0, 320, 479, 480, 640, 959, 960].map(worthSending)).toEqual([3, 1, 1, 2, 2, 2, 3]);
  expect(shaped(640, null)).toBe("q/2 h/1 -");
  expect(shaped(640, ["f"])).toBe("- h/1 -");
  expect(shaped(640, ["q"])).toBe("q/2 - -");
  expect(shaped(320, ["h", "f"])).toBe("q/1 - -");
});

test("a browser that took one encoding keeps it as it is", () => {
  const one: RTCRtpEncodingParameters[] = [{ active: true, maxBitrate: 7 }];
  shape(one, 1280, ["q"]);
  expect(one).toEqual([{ active: true, maxBitrate: 7 }]);
});
