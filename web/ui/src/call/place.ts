// What the page says about the call it is for: the `data-*` of `#call`.

import { type Lang, langOf } from "../text/fluent";

export type ConferenceStatus = "announced" | "open" | "ended";

export interface Place {
  conference: string;
  title: string;
  hostName: string;
  recorded: boolean;
  retentionDays: number;
  signedIn: boolean;
  displayName: string;
  isHost: boolean;
  status: ConferenceStatus;
  /** ISO 8601; `null` when the page does not say. */
  startsAt: string | null;
  lang: Lang;
  csrf: string;
  demo: boolean;
  /** For whom the reception is, when it is for one eldership; in the reader's words. */
  only: string;
  /** Why this person may not sit there but with a token; empty: nothing is in the way. */
  barred: string;
}

export function readPlace(data: DOMStringMap): Place {
  return {
    conference: data["conference"] ?? "",
    title: data["title"] ?? "",
    hostName: data["hostName"] ?? "",
    recorded: data["recorded"] === "true",
    retentionDays: Number(data["retentionDays"] ?? 0) || 0,
    signedIn: data["signedIn"] === "true",
    displayName: data["displayName"] ?? "",
    isHost: data["isHost"] === "true",
    status: statusOf(data["status"]),
    startsAt: data["startsAt"] ?? null,
    lang: langOf(data["lang"]),
    csrf: data["csrf"] ?? "",
    demo: data["demo"] === "true",
    only: data["only"] ?? "",
    barred: data["barred"] ?? "",
  };
}

export function statusOf(value: unknown): ConferenceStatus {
  return value === "open" || value === "ended" ? value : "announced";
}

/** The pages the call leads to. */
export const paths = {
  conference: (id: string): string => `/priemimai/${encodeURIComponent(id)}`,
  call: (id: string): string => `/priemimai/${encodeURIComponent(id)}/pokalbis`,
  archive: "/archyvas",
  check: "/patikra",
  signIn: (back: string): string => `/prisijungti?toliau=${encodeURIComponent(back)}`,
};
