// Where this browser keeps its tokens (IndexedDB), and the recovery file. Whoever has a token has the right: it never leaves
// the browser but to be spent.

/** `asked`: blinded and perhaps signed, the answer has not come; `ready`: can be spent. */
export type State = "asked" | "ready" | "spent";

export interface Seat {
  ticket: string;
  socket: string;
  /** Until when the ticket is good, in ms since 1970. */
  until: number;
}

export interface Kept {
  /** `seat/<reception>`. */
  right: string;
  state: State;
  /** What is signed: 32 random bytes and the right's name; Base64. */
  message: string;
  /** What the server sees of it. */
  blinded: string;
  /** What takes the blinding off again. */
  inverse: string;
  /** The signature, once it is there. */
  signature: string;
  /** What it was spent for: a seat that may be taken again after a reload. */
  seat?: Seat;
}

/** What the server refuses, as a stable code. */
export class Refused extends Error {
  constructor(readonly code: string) {
    super(code);
  }
}

const NAME = "aikste-teises";
const FORMAT = "aikste-teises-1";

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore("tokens", { keyPath: "right" });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(new Error("storage"));
    request.onblocked = () => reject(new Error("storage"));
  });
}

async function act<T>(mode: IDBTransactionMode, work: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const database = await open();
  try {
    return await new Promise<T>((resolve, reject) => {
      const transaction = database.transaction("tokens", mode);
      const request = work(transaction.objectStore("tokens"));
      // Only what is on the disk is kept: a token that is lost is a right that is lost.
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(new Error("storage"));
      transaction.onerror = () => reject(new Error("storage"));
    });
  } finally {
    database.close();
  }
}

export const all = (): Promise<Kept[]> => act("readonly", (store) => store.getAll() as IDBRequest<Kept[]>);

export const find = (right: string): Promise<Kept | undefined> =>
  act("readonly", (store) => store.get(right) as IDBRequest<Kept | undefined>);

export async function keep(kept: Kept): Promise<void> {
  await act("readwrite", (store) => store.put(kept));
}

export async function drop(right: string): Promise<void> {
  await act("readwrite", (store) => store.delete(right));
}

/** The recovery file: what was not spent yet. */
export function toFile(tokens: readonly Kept[]): string {
  return JSON.stringify({ format: FORMAT, tokens: tokens.filter((kept) => kept.state !== "spent") }, null, 1);
}

/** Reads a recovery file; `null`: it is none. */
export function fromFile(text: string): Kept[] | null {
  try {
    const file = JSON.parse(text) as { format?: unknown; tokens?: unknown };
    if (file.format !== FORMAT || !Array.isArray(file.tokens)) return null;
    const tokens = file.tokens as Partial<Record<keyof Kept, unknown>>[];
    const whole = tokens.every((one) =>
      (["right", "state", "message", "blinded", "inverse", "signature"] as const).every((name) => typeof one[name] === "string"),
    );
    return whole ? (tokens as Kept[]) : null;
  } catch {
    return null;
  }
}

/** Whether this browser can keep and compute tokens at all. */
export function isAble(): boolean {
  return typeof indexedDB !== "undefined" && typeof crypto !== "undefined" && "subtle" in crypto;
}
