// The arithmetic of the civic log, as docs/API.md describes it: which bytes of a record are hashed, how a leaf leads up to
// the root (RFC 9162), and what a checkpoint says (C2SP tlog-checkpoint). Small enough to be read by whoever doubts it.

export interface LogRecord {
  seq: number;
  stream: string;
  stream_seq: number;
  at: string;
  kind: string;
  actor_role: string;
  subject: string;
  payload: unknown;
  previous_hash: string;
  hash: string;
}

export interface Checkpoint {
  origin: string;
  size: number;
  root: Uint8Array;
  /** What was signed. */
  text: string;
  signatures: { name: string; id: string; value: Uint8Array<ArrayBuffer> }[];
}

export interface Key {
  name: string;
  id: string;
  bytes: Uint8Array<ArrayBuffer>;
}

export async function sha256(...parts: Uint8Array[]): Promise<Uint8Array> {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

/** JSON with sorted keys and without spaces (RFC 8785; the log has whole numbers only). */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value !== null && typeof value === "object") {
    const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${canonical(field)}`).join(",")}}`;
  }
  return JSON.stringify(value);
}

/** Whole microseconds since 1970; `Date` alone knows milliseconds. */
export function micros(at: string): number {
  const [, seconds = "", fraction = ""] = /^(.*?)(?:\.(\d+))?Z$/.exec(at) ?? [];
  return Date.parse(`${seconds}Z`) * 1_000 + Number(fraction.padEnd(6, "0").slice(0, 6));
}

/** The fingerprint of a record, computed from everything in it but the fingerprint. */
export function recordHash(r: LogRecord): Promise<Uint8Array> {
  const fields = ["aikste-log-1", r.seq, r.stream, r.stream_seq, micros(r.at), r.kind, r.actor_role, r.subject, r.payload, r.previous_hash];
  return sha256(new TextEncoder().encode(canonical(fields)));
}

export function leafOf(recordHash: Uint8Array): Promise<Uint8Array> {
  return sha256(Uint8Array.of(0), recordHash);
}

/** Where a proof leads from a leaf; `null` when it has the wrong length. */
export async function rootFrom(index: number, size: number, leaf: Uint8Array, proof: readonly Uint8Array[]): Promise<Uint8Array | null> {
  const path = sides(index, size);
  if (path.length !== proof.length) return null;
  let hash = leaf;
  for (const [step, other] of proof.entries()) {
    hash = path[step] === "right" ? await sha256(Uint8Array.of(1), hash, other) : await sha256(Uint8Array.of(1), other, hash);
  }
  return hash;
}

/** On which side the other hash stands, from the bottom to the top. */
function sides(index: number, size: number): ("left" | "right")[] {
  const path: ("left" | "right")[] = [];
  let [start, end] = [0, size];
  while (end - start > 1) {
    let half = 1;
    while (half * 2 < end - start) half *= 2;
    if (index < start + half) {
      path.unshift("right");
      end = start + half;
    } else {
      path.unshift("left");
      start += half;
    }
  }
  return path;
}

export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function fromHex(text: string): Uint8Array {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
}

/** Reads a checkpoint; `null`: it is none. */
export function readCheckpoint(note: string): Checkpoint | null {
  const end = note.lastIndexOf("\n\n");
  if (end < 0) return null;
  const [origin = "", size = "", root = ""] = note.slice(0, end).split("\n");
  const signatures = note
    .slice(end + 2)
    .split("\n")
    .flatMap((line) => {
      const [mark, name, value] = line.split(" ");
      if (mark !== "—" || !name || !value) return [];
      const bytes = fromBase64(value);
      return [{ name, id: hex(bytes.subarray(0, 4)), value: bytes.slice(4) }];
    });
  return { origin, size: Number(size), root: fromBase64(root), text: note.slice(0, end + 1), signatures };
}

/** Reads a verifier key, `name+id+key`. */
export function readKey(vkey: string): Key | null {
  const [, name = "", id = "", value = ""] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(vkey) ?? [];
  const bytes = value ? fromBase64(value) : new Uint8Array();
  return bytes.length === 33 && bytes[0] === 1 ? { name, id, bytes: bytes.slice(1) } : null;
}

/** Whether one of the keys has signed; `null`: this browser knows no Ed25519. */
export async function isSigned(checkpoint: Checkpoint, keys: readonly Key[]): Promise<boolean | null> {
  for (const { name, id, value } of checkpoint.signatures) {
    for (const key of keys.filter((k) => k.id === id && k.name === name && name === checkpoint.origin)) {
      try {
        const imported = await crypto.subtle.importKey("raw", key.bytes, "Ed25519", false, ["verify"]);
        if (await crypto.subtle.verify("Ed25519", imported, value, new TextEncoder().encode(checkpoint.text))) return true;
      } catch {
        return null;
      }
    }
  }
  return false;
}
