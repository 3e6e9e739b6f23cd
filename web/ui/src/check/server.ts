// What the check asks of the server: a ticket, and bytes to be timed.

import { kbits } from "./judge";
import type { Ticket } from "./path";

const LONGEST_MS = 6_000;
const UP_BYTES = 512 * 1024;

/** The server is asked too often, by everyone together: later it will answer. */
export class TooMany extends Error {}

export async function askTicket(csrf: string): Promise<Ticket> {
  const response = await fetch("/patikra/bilietas", { method: "POST", headers: { "x-csrf-token": csrf } });
  if (response.status === 429) throw new TooMany();
  if (!response.ok) throw new Error(String(response.status));
  const body = (await response.json()) as { ticket: string; socket: string; ice_servers?: RTCIceServer[] };
  return { ticket: body.ticket, socket: body.socket, relays: body.ice_servers ?? [] };
}

/** Kilobits a second, from what came within a few seconds. */
export async function measureDown(): Promise<number> {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), LONGEST_MS);
  let began = 0;
  let bytes = 0;
  try {
    const response = await fetch("/patikra/srautas", { cache: "no-store", signal: abort.signal });
    if (!response.ok || !response.body) throw new Error(String(response.status));
    const reader = response.body.getReader();
    began = performance.now();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      bytes += value.byteLength;
    }
  } catch (error) {
    // What came before the time was over is measure enough.
    if (bytes === 0) throw error;
  } finally {
    clearTimeout(timer);
  }
  return kbits(bytes, Math.max(1, performance.now() - began));
}

/** Kilobits a second, from what was sent within a few seconds. */
export function measureUp(csrf: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    let sent = 0;
    const began = performance.now();
    const result = (): number => kbits(sent, Math.max(1, performance.now() - began));
    request.upload.onprogress = (event) => (sent = event.loaded);
    request.onload = () => {
      sent = UP_BYTES;
      if (request.status === 204) resolve(result());
      else reject(new Error(String(request.status)));
    };
    request.onerror = () => reject(new Error("network"));
    request.ontimeout = () => resolve(result());
    request.timeout = LONGEST_MS;
    request.open("POST", "/patikra/srautas");
    request.setRequestHeader("x-csrf-token", csrf);
    request.setRequestHeader("content-type", "application/octet-stream");
    request.send(noise(UP_BYTES));
  });
}

/** Bytes that nothing on the way can make smaller. */
function noise(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  const most = 65_536;
  for (let at = 0; at < length; at += most) crypto.getRandomValues(bytes.subarray(at, Math.min(length, at + most)));
  return bytes;
}
