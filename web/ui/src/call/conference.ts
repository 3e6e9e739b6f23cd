// The civic API, as far as the call needs it. Errors are `application/problem+json` with a stable code.

import { type ConferenceStatus, statusOf } from "./place";

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
  ) {
    super(code);
  }
}

export interface ConferenceNow {
  status: ConferenceStatus;
  startsAt: string | null;
}

export interface Seat {
  ticket: string;
  socket: string;
}

export class ConferenceApi {
  readonly #base: string;

  constructor(
    id: string,
    private readonly csrf: string,
  ) {
    this.#base = `/api/v1/conferences/${encodeURIComponent(id)}`;
  }

  async now(): Promise<ConferenceNow> {
    const body = await this.#ask("GET", "");
    const startsAt = body["starts_at"];
    return { status: statusOf(body["status"]), startsAt: typeof startsAt === "string" ? startsAt : null };
  }

  async seat(as: "name" | "anonymous", verified = false): Promise<Seat> {
    const body = await this.#ask("POST", "/seat", verified ? { as, verified } : { as });
    return { ticket: String(body["ticket"]), socket: String(body["socket"] ?? "/call") };
  }

  async open(): Promise<void> {
    await this.#ask("POST", "/open");
  }

  async end(): Promise<void> {
    await this.#ask("POST", "/end");
  }

  async #ask(method: string, path: string, body?: unknown): Promise<Record<string, unknown>> {
    const headers: Record<string, string> = { accept: "application/json" };
    if (method !== "GET") headers["x-csrf-token"] = this.csrf;
    if (body !== undefined) headers["content-type"] = "application/json";
    const init: RequestInit = { method, headers, credentials: "same-origin" };
    if (body !== undefined) init.body = JSON.stringify(body);
    const response = await fetch(this.#base + path, init);
    const text = await response.text();
    const value = asRecord(text);
    if (!response.ok) {
      const code = value["code"];
      throw new ApiError(response.status, typeof code === "string" ? code : `http_${String(response.status)}`);
    }
    return value;
  }
}

function asRecord(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
