// The check of one record: asks the server for the record, the newest checkpoint and the way between them, and computes
// everything that can be computed here.

import { fromHex, hex, isSigned, leafOf, type LogRecord, readCheckpoint, readKey, recordHash, rootFrom } from "./tree";

/** `early`: the record is too new for the newest checkpoint. */
export type Result = "running" | "ok" | "wrong" | "early" | "unable" | "failed";
export type StepName = "record" | "leaf" | "path" | "root" | "signature";

export interface Step {
  name: StepName;
  /** `null`: it could not be told. */
  right: boolean | null;
  /** What was computed, for the curious. */
  value: string;
  count?: number;
}

const PATIENCE_MS = 2_000;
const TRIES = 8;

export class Proof {
  result = $state<Result>("running");
  steps = $state.raw<Step[]>([]);
  size = $state(0);

  constructor(private readonly seq: number) {}

  async run(): Promise<void> {
    this.result = "running";
    this.steps = [];
    // Pages without encryption get no cryptography from the browser.
    if (!("crypto" in window) || !("subtle" in crypto)) {
      this.result = "unable";
      return;
    }
    try {
      this.result = await this.check();
    } catch {
      this.result = "failed";
    }
  }

  private async check(): Promise<Result> {
    const record = await ask<LogRecord>(`records/${String(this.seq)}`);
    const hash = await recordHash(record);
    this.step({ name: "record", right: hex(hash) === record.hash && record.seq === this.seq, value: hex(hash) });
    const leaf = await leafOf(hash);
    this.step({ name: "leaf", right: true, value: hex(leaf) });
    const note = await this.checkpoint();
    if (note === null) return "early";
    const checkpoint = readCheckpoint(note);
    if (!checkpoint) return "wrong";
    this.size = checkpoint.size;
    const proof = await ask<{ hashes: string[] }>(`proofs/inclusion?seq=${String(this.seq)}&size=${String(checkpoint.size)}`);
    const root = await rootFrom(this.seq - 1, checkpoint.size, leaf, proof.hashes.map(fromHex));
    this.step({ name: "path", right: root !== null, value: root ? hex(root) : "", count: proof.hashes.length });
    this.step({ name: "root", right: root !== null && hex(root) === hex(checkpoint.root), value: hex(checkpoint.root) });
    const { keys } = await ask<{ keys: { vkey: string }[] }>("keys");
    const signed = await isSigned(
      checkpoint,
      keys.flatMap((key) => readKey(key.vkey) ?? []),
    );
    this.step({ name: "signature", right: signed, value: checkpoint.origin });
    return this.steps.some((step) => step.right === false) ? "wrong" : "ok";
  }

  /** The newest checkpoint that covers the record: a record of this very moment is signed a few seconds later. */
  private async checkpoint(): Promise<string | null> {
    for (let tries = 0; tries < TRIES; tries++) {
      if (tries > 0) await new Promise((wait) => setTimeout(wait, PATIENCE_MS));
      const response = await fetch("/api/v1/log/checkpoint", { cache: "no-store" });
      if (response.status === 404) continue;
      if (!response.ok) throw new Error(String(response.status));
      const note = await response.text();
      if ((readCheckpoint(note)?.size ?? 0) >= this.seq) return note;
    }
    return null;
  }

  private step(step: Step): void {
    this.steps = [...this.steps, step];
  }
}

async function ask<T>(path: string): Promise<T> {
  const response = await fetch(`/api/v1/log/${path}`, { cache: "no-store" });
  if (!response.ok) throw new Error(String(response.status));
  return (await response.json()) as T;
}
