// What measured numbers mean, and what the whole check says.
import { describe, expect, it } from "vitest";
import { kbits, type Name, narrowed, ofDown, ofRoundTrip, ofUp, outlook, overall, type Result } from "./judge";

const all = (changes: Partial<Record<Name, Result>> = {}): Map<Name, Result> =>
  new Map(
    Object.entries({
      secure: "ok",
      camera: "ok",
      microphone: "ok",
      socket: "ok",
      udp: "ok",
      tcp: "none",
      roundtrip: "ok",
      down: "ok",
      up: "ok",
      ...changes,
    }) as [Name, Result][],
  );

describe("the whole check", () => {
  it("is good when everything is, whether or not the server offers other ways", () => {
    expect(overall(all())).toBe("ok");
  });
  it("has a way around a camera, a microphone and a slow line", () => {
    for (const name of ["camera", "microphone", "down", "up", "roundtrip"] as const) {
      expect(overall(all({ [name]: "bad" }))).toBe("fair");
    }
  });
  it("has no way around a line without media", () => {
    expect(overall(all({ udp: "bad" }))).toBe("bad");
    expect(overall(all({ socket: "bad", udp: "bad" }))).toBe("bad");
    expect(overall(all({ secure: "bad" }))).toBe("bad");
  });
  it("finds another way where UDP is blocked", () => {
    expect(overall(all({ udp: "bad", tcp: "ok" }))).toBe("fair");
    expect(overall(all({ udp: "bad", tcp: "bad", relay: "ok" }))).toBe("fair");
  });
});

describe("another way that does not work", () => {
  it("is no fault where UDP does", () => {
    expect(overall(all({ tcp: "bad", relay: "bad" }))).toBe("ok");
    expect(overall(all({ udp: "bad", tcp: "ok", relay: "bad" }))).toBe("fair");
  });
});

describe("what will work", () => {
  it("goes the first way that is open", () => {
    expect(outlook(all())?.way).toBe("udp");
    expect(outlook(all({ udp: "bad", tcp: "ok", relay: "ok" }))?.way).toBe("tcp");
    expect(outlook(all({ udp: "bad", tcp: "bad", relay: "ok" }))?.way).toBe("relay");
    expect(outlook(all({ udp: "bad", tcp: "bad", relay: "bad" }))).toBeNull();
  });
  it("is as much as line and devices allow", () => {
    expect(outlook(all())).toEqual({ way: "udp", out: "full", in: "full" });
    expect(outlook(all({ up: "fair", down: "bad" }))).toEqual({ way: "udp", out: "small", in: "sound" });
    expect(outlook(all({ camera: "bad" }))?.out).toBe("sound");
    expect(outlook(all({ microphone: "bad", camera: "bad" }))?.out).toBe("none");
  });
});

describe("numbers", () => {
  it("are judged by what a call needs", () => {
    expect([ofDown(20_000), ofDown(800), ofDown(90)]).toEqual(["ok", "fair", "bad"]);
    expect([ofUp(1_000), ofUp(300), ofUp(50)]).toEqual(["ok", "fair", "bad"]);
    expect([ofRoundTrip(30), ofRoundTrip(300), ofRoundTrip(900)]).toEqual(["ok", "fair", "bad"]);
  });
  it("are kilobits a second", () => {
    expect(kbits(125_000, 1_000)).toBe(1_000);
    expect(kbits(1, 0)).toBe(0);
  });
});

describe("an answer", () => {
  const udp = "a=candidate:1 1 udp 2130706431 192.0.2.1 40000 typ host";
  const tcp = "a=candidate:2 1 TCP 1671430143 192.0.2.1 40000 typ host tcptype passive";
  it("is narrowed to one transport and says which it offered", () => {
    const { sdp, offers } = narrowed(["v=0", udp, tcp, "a=end-of-candidates", ""].join("\r\n"), "tcp");
    expect(sdp).toBe(["v=0", tcp, "a=end-of-candidates", ""].join("\r\n"));
    expect([...offers]).toEqual(["udp", "tcp"]);
  });
});
