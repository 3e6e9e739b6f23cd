// The log's arithmetic against what the server and other programs compute.
import { describe, expect, it } from "vitest";
import { canonical, fromHex, hex, isSigned, leafOf, micros, readCheckpoint, readKey, recordHash, rootFrom, sha256 } from "./tree";

const record = {
  seq: 1,
  stream: "conference/c",
  stream_seq: 1,
  at: "2026-11-23T15:00:00.000001Z",
  kind: "conference.opened",
  actor_role: "host",
  subject: "c",
  payload: { b: 2, a: [true, null, 'ąž\n"'] },
  previous_hash: "0".repeat(64),
  hash: "357374b0a9a7bcae88ad6875df5b92d9d79f76dfd2acb38c040e2ad33a1181e3",
};

describe("a record's fingerprint", () => {
  it("is the one that the server computes", async () => {
    expect(hex(await recordHash(record))).toBe(record.hash);
  });

  it("needs every microsecond", () => {
    expect(micros("2026-11-23T15:00:00.000001Z") % 1_000_000).toBe(1);
    expect(micros("2026-11-23T15:00:00Z") % 1_000_000).toBe(0);
    expect(micros("2026-11-23T15:00:00.5Z") % 1_000_000).toBe(500_000);
  });

  it("is over sorted keys and no spaces", () => {
    expect(canonical({ b: [1, { d: null, c: true }], a: "x" })).toBe('{"a":"x","b":[1,{"c":true,"d":null}]}');
  });
});

describe("a proof", () => {
  it("leads to the root for every leaf of every size", async () => {
    for (let size = 1; size <= 20; size++) {
      const leaves = await Promise.all(Array.from({ length: size }, (_, i) => leafOf(Uint8Array.of(i))));
      const root = await rootOf(leaves);
      for (let index = 0; index < size; index++) {
        const proof = await pathOf(index, leaves);
        const led = await rootFrom(index, size, leaves[index] ?? new Uint8Array(), proof);
        expect(led && hex(led)).toBe(hex(root));
        expect(await rootFrom(index, size, leaves[index] ?? new Uint8Array(), [...proof, root])).toBeNull();
        const other = await rootFrom(index, size, root, proof);
        if (size > 1) expect(other && hex(other)).not.toBe(hex(root));
      }
    }
  });
});

describe("a checkpoint", () => {
  // Made by the server's code from the seed of 32 sevens, over 12 records whose root is 32 threes.
  it("is read with its signatures, and strange ones are none", async () => {
    const note = `a.example/zurnalas\n12\n${btoa("\x03".repeat(32))}\n\n— a.example/zurnalas ${btoa("abcd" + "s".repeat(64))}\n`;
    const checkpoint = readCheckpoint(note);
    expect(checkpoint?.size).toBe(12);
    expect(checkpoint && hex(checkpoint.root)).toBe("03".repeat(32));
    expect(checkpoint?.text.endsWith("=\n")).toBe(true);
    expect(checkpoint?.signatures[0]?.id).toBe("61626364");
    expect(readCheckpoint("x")).toBeNull();
    expect(checkpoint && (await isSigned(checkpoint, []))).toBe(false);
  });

  it("is signed by a key of the log and by no other", async () => {
    const pair = (await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"])) as CryptoKeyPair;
    const bytes = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
    const key = readKey(`a.example+61626364+${btoa(String.fromCharCode(1, ...bytes))}`);
    if (!key) throw new Error("no key");
    const text = `a.example\n1\n${btoa("\x03".repeat(32))}\n`;
    const signature = new Uint8Array(await crypto.subtle.sign("Ed25519", pair.privateKey, new TextEncoder().encode(text)));
    const note = `${text}\n— a.example ${btoa("abcd" + String.fromCharCode(...signature))}\n`;
    const signed = readCheckpoint(note);
    expect(signed && (await isSigned(signed, [key]))).toBe(true);
    const changed = readCheckpoint(note.replace("\n1\n", "\n2\n"));
    expect(changed && (await isSigned(changed, [key]))).toBe(false);
    expect(signed && (await isSigned(signed, [{ ...key, name: "b.example" }]))).toBe(false);
    expect(readKey("x")).toBeNull();
  });

  it("keeps bytes through hex", () => {
    expect(hex(fromHex("00ff10"))).toBe("00ff10");
  });
});

/** By the definition: RFC 6962 section 2.1. */
async function rootOf(leaves: Uint8Array[]): Promise<Uint8Array> {
  const [first] = leaves;
  if (leaves.length === 1 && first) return first;
  const half = halfOf(leaves.length);
  return sha256(Uint8Array.of(1), await rootOf(leaves.slice(0, half)), await rootOf(leaves.slice(half)));
}

async function pathOf(index: number, leaves: Uint8Array[]): Promise<Uint8Array[]> {
  if (leaves.length === 1) return [];
  const half = halfOf(leaves.length);
  const [left, right] = [leaves.slice(0, half), leaves.slice(half)];
  return index < half ? [...(await pathOf(index, left)), await rootOf(right)] : [...(await pathOf(index - half, right)), await rootOf(left)];
}

function halfOf(size: number): number {
  let half = 1;
  while (half * 2 < size) half *= 2;
  return half;
}
