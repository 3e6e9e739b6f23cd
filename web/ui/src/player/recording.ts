// A recording as the server tells it: its manifest, and what the people in it are called.

import type { Identified } from "../protocol/messages";
import { readManifest, type Replay } from "./manifest";

export type Label = { name: string } | { anonymous: number };

/** How somebody was identified, as the call said it. */
export interface Known {
  identified: Identified | null;
  verified: boolean;
}

export interface Recording {
  title: string;
  replay: Replay;
  labels: ReadonlyMap<string, Label>;
  marks: ReadonlyMap<string, Known>;
}

/** Why there is nothing to play: `not_found`, `network`, `unreadable`. */
export class RecordingError extends Error {
  constructor(readonly code: "not_found" | "network" | "unreadable") {
    super(code);
  }
}

export function pieceUrl(recording: string, file: string): string {
  return `/media/${encodeURIComponent(recording)}/${encodeURIComponent(file)}`;
}

export async function loadRecording(id: string): Promise<Recording> {
  const [about, manifest] = await Promise.all([
    ask(`/api/v1/recordings/${encodeURIComponent(id)}`),
    ask(pieceUrl(id, "manifest.json")),
  ]);
  try {
    return { title: titleOf(about), replay: readManifest(manifest), labels: labelsOf(about), marks: marksOf(about) };
  } catch {
    throw new RecordingError("unreadable");
  }
}

async function ask(path: string): Promise<unknown> {
  let response: Response;
  try {
    response = await fetch(path, { headers: { accept: "application/json" }, cache: "no-cache" });
  } catch {
    throw new RecordingError("network");
  }
  if (response.status === 404 || response.status === 410) throw new RecordingError("not_found");
  if (!response.ok) throw new RecordingError("network");
  try {
    return await response.json();
  } catch {
    throw new RecordingError("unreadable");
  }
}

function titleOf(about: unknown): string {
  const conference = member(about, "conference");
  const title = member(conference, "title");
  return typeof title === "string" ? title : "";
}

function labelsOf(about: unknown): Map<string, Label> {
  const labels = new Map<string, Label>();
  const all = member(about, "labels");
  if (typeof all !== "object" || all === null) return labels;
  for (const [participant, label] of Object.entries(all as Record<string, unknown>)) {
    const name = member(label, "name");
    const anonymous = member(label, "anonymous");
    if (typeof name === "string") labels.set(participant, { name });
    else if (typeof anonymous === "number") labels.set(participant, { anonymous });
  }
  return labels;
}

const WAYS: readonly string[] = ["viisp", "oidc", "eticket", "demonstration"] satisfies Identified["way"][];
const LEVELS: readonly string[] = ["low", "substantial", "high"] satisfies Identified["level"][];

function marksOf(about: unknown): Map<string, Known> {
  const marks = new Map<string, Known>();
  const all = member(about, "marks");
  if (typeof all !== "object" || all === null) return marks;
  for (const [participant, mark] of Object.entries(all as Record<string, unknown>)) {
    const identified = member(mark, "identified");
    const way = member(identified, "way");
    const level = member(identified, "level");
    marks.set(participant, {
      identified:
        typeof way === "string" && WAYS.includes(way)
          ? ({ way, level: typeof level === "string" && LEVELS.includes(level) ? level : null } as Identified)
          : null,
      verified: member(mark, "verified") === true,
    });
  }
  return marks;
}

function member(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined;
}
