// Getting tokens and spending them (RFC 9474). The arithmetic is `@cloudflare/blindrsa-ts`; here is the order of steps:
// make a message, blind it, have it signed, take the blinding off. The server sees the blinded one when it signs and the bare
// one when it is spent, and nothing joins the two.

import { RSABSSA } from "@cloudflare/blindrsa-ts";
import { all, drop, find, keep, type Kept, Refused, type Seat } from "./shelf";

export interface Right {
  id: string;
  subject: string;
  public_key: string;
  key_sha256: string;
  /** The record of the civic log that publishes the key. */
  record: number;
}

const suite = RSABSSA.SHA384.PSS.Randomized();
const PREFIX_BYTES = 32;
/** A join ticket is good for four hours; a little less, so that it is never too late. */
const TICKET_MS = 3.9 * 60 * 60 * 1_000;

export const seatIn = (conference: string): string => `seat/${conference}`;

/** Obtains a token for each right that this browser has none for: all at once, so that none of them says what it is for. */
export async function collect(csrf: string): Promise<void> {
  const { rights } = (await json(await fetch("/api/v1/rights", { cache: "no-store" }))) as { rights: Right[] };
  const asked: { right: Right; key: CryptoKey; kept: Kept }[] = [];
  for (const right of rights) {
    const there = await find(right.id);
    if (there && there.state !== "asked") continue;
    const key = await keyOf(right);
    if (!key) continue;
    const kept = there ?? (await blind(right, key));
    // Kept before it is sent: when the answer is lost, the same question is answered again.
    await keep(kept);
    asked.push({ right, key, kept });
  }
  if (asked.length === 0) return;
  const requests = asked.map(({ kept }) => ({ right: kept.right, blinded: kept.blinded }));
  const response = await fetch("/api/v1/rights/tokens", {
    method: "POST",
    headers: { "content-type": "application/json", "x-csrf-token": csrf },
    body: JSON.stringify({ requests }),
  });
  const { tokens } = (await json(response)) as { tokens: { right: string; signature: string | null }[] };
  for (const { key, kept } of asked) {
    const signature = tokens.find((token) => token.right === kept.right)?.signature;
    if (!signature) {
      await drop(kept.right);
      continue;
    }
    // Refuses what is not a signature of our message by the published key.
    const bare = await suite.finalize(key, bytes(kept.message), bytes(signature), bytes(kept.inverse));
    await keep({ ...kept, state: "ready", signature: base64(bare) });
  }
}

async function blind(right: Right, key: CryptoKey): Promise<Kept> {
  const message = suite.prepare(new TextEncoder().encode(`aikste-right/1 ${right.id}`));
  const { blindedMsg, inv } = await suite.blind(key, message);
  return { right: right.id, state: "asked", message: base64(message), blinded: base64(blindedMsg), inverse: base64(inv), signature: "" };
}

/**
 * The right's key, if it is the one that the civic log has published for everyone, first and only: a server that gave each
 * person another key could tell them apart.
 */
async function keyOf(right: Right): Promise<CryptoKey | null> {
  const spki = bytes(right.public_key);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", spki));
  const hex = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const record = (await json(await fetch(`/api/v1/log/records/${String(right.record)}`, { cache: "no-store" }))) as {
    kind: string;
    subject: string;
    stream_seq: number;
    payload: { key_sha256?: string };
  };
  const published = record.kind === "right.opened" && record.subject === right.id && record.stream_seq === 1;
  if (!published || record.payload.key_sha256 !== hex) return null;
  return crypto.subtle.importKey("spki", spki, { name: "RSA-PSS", hash: "SHA-384" }, true, ["verify"]);
}

/** Whether a seat can be taken by token in this reception. */
export async function hasSeat(conference: string): Promise<boolean> {
  const kept = await find(seatIn(conference));
  return kept?.state === "ready" || (kept?.seat !== undefined && kept.seat.until > Date.now());
}

/** Spends the token for a seat, without a cookie. After a reload the seat's ticket is still there. */
export async function takeSeat(conference: string): Promise<Seat> {
  const kept = await find(seatIn(conference));
  if (kept?.seat && kept.seat.until > Date.now()) return kept.seat;
  if (kept?.state !== "ready") throw new Refused(kept ? "token_spent" : "token_missing");
  const response = await fetch(`/api/v1/conferences/${encodeURIComponent(conference)}/seat-by-token`, {
    method: "POST",
    credentials: "omit",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      token: { right: kept.right, prefix: base64(bytes(kept.message).slice(0, PREFIX_BYTES)), signature: kept.signature },
    }),
  });
  try {
    const body = (await json(response)) as { ticket: string; socket: string };
    const seat = { ticket: body.ticket, socket: body.socket, until: Date.now() + TICKET_MS };
    await keep({ ...kept, state: "spent", seat });
    return seat;
  } catch (error) {
    if (error instanceof Refused && error.code === "token_spent") await keep({ ...kept, state: "spent" });
    throw error;
  }
}

/** What this browser holds, the unspent first. */
export async function held(): Promise<Kept[]> {
  const kept = await all();
  return kept.sort((a, b) => Number(a.state === "spent") - Number(b.state === "spent"));
}

async function json(response: Response): Promise<unknown> {
  if (response.ok) return response.json();
  const problem = (await response.json().catch(() => ({}))) as { code?: unknown };
  throw new Refused(typeof problem.code === "string" ? problem.code : `http_${String(response.status)}`);
}

function base64(from: Uint8Array): string {
  return btoa(Array.from(from, (byte) => String.fromCharCode(byte)).join(""));
}

function bytes(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
}
