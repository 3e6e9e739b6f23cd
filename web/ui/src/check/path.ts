// One way to the media plane, tried with a real connection: a seat in a room of one's own, taken and given back.

import { CallSession } from "../protocol/session";
import { narrowed } from "./judge";

export type Way = "udp" | "tcp" | "relay";

export interface Tried {
  /** The call's socket let us in. */
  joined: boolean;
  /** Sound and picture could pass. */
  connected: boolean;
  /** There and back, in milliseconds; `null` when the browser does not tell. */
  roundTripMs: number | null;
  /** The transports that the server named. */
  offers: ReadonlySet<string>;
}

export interface Ticket {
  ticket: string;
  socket: string;
  relays: RTCIceServer[];
}

const PATIENCE_MS = 12_000;
/** The browser measures the round trip with its checks, which come every few seconds. */
const MEASURE_MS = 3_000;

export function tryWay(way: Way, { ticket, socket, relays }: Ticket): Promise<Tried> {
  return new Promise((resolve) => {
    const tried: Tried = { joined: false, connected: false, roundTripMs: null, offers: new Set() };
    let over = false;
    let measuring = false;
    const finish = (): void => {
      if (over) return;
      over = true;
      clearTimeout(patience);
      session.leave();
      resolve(tried);
    };
    const measure = async (): Promise<void> => {
      await new Promise((wait) => setTimeout(wait, MEASURE_MS));
      const report = over ? null : await session.stats().catch(() => null);
      if (report) tried.roundTripMs = roundTripOf(report);
      finish();
    };
    const session = new CallSession({
      open: () => new WebSocket(socketUrl(socket)),
      ticket: () => Promise.resolve(ticket),
      create: () => peer(way, relays, (offers) => (tried.offers = offers)),
      now: () => performance.now(),
      random: () => Math.random(),
      onChange: (snapshot) => {
        if (snapshot.room.seat > 0) tried.joined = true;
        if (snapshot.connection !== "connected" || measuring) return;
        tried.connected = true;
        measuring = true;
        void measure();
      },
      onMessage: () => undefined,
      onEnd: finish,
    });
    const patience = setTimeout(finish, PATIENCE_MS);
    session.start(null, null, true);
  });
}

/** A connection that goes one way only. */
function peer(way: Way, relays: RTCIceServer[], onOffers: (offers: Set<string>) => void): RTCPeerConnection {
  const made = new RTCPeerConnection({
    bundlePolicy: "max-bundle",
    ...(way === "relay" ? { iceServers: relays, iceTransportPolicy: "relay" } : {}),
  });
  const set = made.setRemoteDescription.bind(made);
  made.setRemoteDescription = ((description: RTCSessionDescriptionInit) => {
    const { sdp, offers } = narrowed(description.sdp ?? "", way === "tcp" ? "tcp" : "udp");
    onOffers(offers);
    return set({ type: description.type, sdp });
  }) as RTCPeerConnection["setRemoteDescription"];
  return made;
}

function roundTripOf(report: RTCStatsReport): number | null {
  let found: number | null = null;
  report.forEach((entry: Record<string, unknown>) => {
    const seconds = entry["currentRoundTripTime"];
    if (entry["type"] === "candidate-pair" && entry["state"] === "succeeded" && typeof seconds === "number") {
      found = Math.round(seconds * 1_000);
    }
  });
  return found;
}

function socketUrl(path: string): string {
  const url = new URL(path, location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}
