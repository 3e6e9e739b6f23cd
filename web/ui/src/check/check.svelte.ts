// The check as it runs: one row after the other, each with a result in words and, where something is wrong, advice.

import { Devices } from "../call/devices.svelte";
import { problemText } from "../call/lobby/problems";
import { type Name, ofDown, ofRoundTrip, ofUp, type Outlook, outlook, type Overall, overall, type Result } from "./judge";
import { type Ticket, type Tried, tryWay } from "./path";
import { askTicket, measureDown, measureUp, TooMany } from "./server";
import { speed, t } from "./text";

export interface Row {
  name: Name;
  result: Result;
  /** A number, or what to do. */
  detail: string;
}

const NAMES: readonly Name[] = ["secure", "camera", "microphone", "speaker", "socket", "udp", "tcp", "roundtrip", "down", "up"];

export class Check {
  readonly devices = new Devices();
  rows = $state<Row[]>(NAMES.map((name) => ({ name, result: "waiting", detail: "" })));
  phase = $state<"idle" | "running" | "done">("idle");
  /** The server is asked too often at the moment. */
  busy = $state(false);

  constructor(private readonly csrf: string) {
    addEventListener("pagehide", () => this.devices.closeAll());
  }

  get overall(): Overall {
    return overall(new Map(this.rows.map((row) => [row.name, row.result])));
  }

  /** What will work, in sentences; empty when nothing will. */
  get will(): string[] {
    const found = outlook(new Map(this.rows.map((row) => [row.name, row.result])));
    return found ? willText(found) : [];
  }

  /** The row that is being looked at. */
  get current(): Name | undefined {
    return this.rows.find((row) => row.result === "running")?.name;
  }

  async run(): Promise<void> {
    if (this.phase === "running") return;
    this.phase = "running";
    this.busy = false;
    this.rows = NAMES.map((name) => ({ name, result: "waiting", detail: "" }));
    this.#set("secure", globalThis.isSecureContext ? "ok" : "bad", globalThis.isSecureContext ? "" : t("check-secure-advice"));
    await this.#equipment();
    await this.#ways();
    await this.#measured("down", measureDown, ofDown);
    await this.#measured("up", () => measureUp(this.csrf), ofUp);
    this.phase = "done";
  }

  heard(yes: boolean): void {
    this.#set("speaker", yes ? "ok" : "bad", yes ? "" : t("check-speaker-advice"));
  }

  /** What somebody who helps wants to know; it says nothing of who one is. */
  report(): string {
    const lines = this.rows.map((row) => {
      const line = `${nameText(row.name)}: ${resultText(row)}`;
      return row.detail ? `${line}. ${row.detail}` : line;
    });
    return [t("check-report-title"), ...lines, ...this.will, t("check-report-browser", { browser: navigator.userAgent })].join("\n");
  }

  async #equipment(): Promise<void> {
    this.#set("camera", "running");
    if (!navigator.mediaDevices) {
      this.#set("camera", "bad", t("check-devices-advice"));
      this.#set("microphone", "bad", t("check-devices-advice"));
      return;
    }
    await this.devices.openBoth();
    const { camera, microphone, cameraProblem, microphoneProblem } = this.devices;
    this.#set("camera", camera ? "ok" : "bad", cameraProblem ? problemText("camera", cameraProblem) : "");
    this.#set("microphone", microphone ? "ok" : "bad", microphoneProblem ? problemText("microphone", microphoneProblem) : "");
  }

  async #ways(): Promise<void> {
    this.#set("socket", "running");
    let ticket: Ticket;
    try {
      ticket = await askTicket(this.csrf);
    } catch (error) {
      this.busy = error instanceof TooMany;
      this.#set("socket", this.busy ? "none" : "bad", this.busy ? t("check-busy") : t("check-socket-advice"));
      for (const name of ["udp", "tcp", "roundtrip"] as const) this.#set(name, "none");
      return;
    }
    if (!("RTCPeerConnection" in globalThis)) {
      this.#set("socket", "none");
      this.#set("udp", "bad", t("check-webrtc-advice"));
      this.#set("tcp", "none");
      this.#set("roundtrip", "none");
      return;
    }
    const udp = await tryWay("udp", ticket);
    this.#set("socket", udp.joined ? "ok" : "bad", udp.joined ? "" : t("check-socket-advice"));
    this.#way("udp", udp, t("check-udp-advice"));
    this.#set("tcp", "running");
    const tcp = udp.offers.has("tcp") ? await tryWay("tcp", ticket) : null;
    const spare = udp.connected ? ` ${t("check-spare")}` : "";
    if (tcp) this.#way("tcp", tcp, t("check-tcp-advice") + spare);
    else this.#set("tcp", "none", t("check-tcp-none"));
    let relay: Tried | null = null;
    if (ticket.relays.length > 0) {
      this.rows.splice(this.rows.findIndex((row) => row.name === "roundtrip"), 0, { name: "relay", result: "running", detail: "" });
      relay = await tryWay("relay", ticket);
      this.#way("relay", relay, t("check-relay-advice") + spare);
    }
    const best = [udp, tcp, relay].find((tried) => tried?.connected);
    if (typeof best?.roundTripMs !== "number") this.#set("roundtrip", "none");
    else {
      const result = ofRoundTrip(best.roundTripMs);
      const advice = result === "ok" ? "" : ` ${t("check-roundtrip-advice")}`;
      this.#set("roundtrip", result, t("check-ms", { ms: best.roundTripMs }) + advice);
    }
  }

  #way(name: "udp" | "tcp" | "relay", tried: Tried, advice: string): void {
    this.#set(name, tried.connected ? "ok" : "bad", tried.connected ? "" : advice);
  }

  async #measured(name: "down" | "up", measure: () => Promise<number>, judge: (kbits: number) => Result): Promise<void> {
    this.#set(name, "running");
    try {
      const kbits = await measure();
      const result = judge(kbits);
      const advice = result === "ok" ? "" : ` ${name === "down" ? t("check-down-advice") : t("check-up-advice")}`;
      this.#set(name, result, `${speed(kbits)}.${advice}`);
    } catch {
      this.#set(name, "none");
    }
  }

  #set(name: Name, result: Result, detail = ""): void {
    const row = this.rows.find((one) => one.name === name);
    if (row) Object.assign(row, { result, detail });
  }
}

export function nameText(name: Name): string {
  return t(`check-name-${name}`);
}

/** Which way, how one is heard and seen, how one hears and sees. */
function willText(found: Outlook): string[] {
  return [t(`check-will-way-${found.way}`), t(`check-will-out-${found.out}`), t(`check-will-in-${found.in}`)];
}

/** A thing works or does not; what was measured is good or weak. */
export function resultText({ name, result }: Row): string {
  const measured = name === "roundtrip" || name === "down" || name === "up";
  if (measured && (result === "ok" || result === "fair" || result === "bad")) return t(`check-measured-${result}`);
  return t(`check-result-${result}`);
}
