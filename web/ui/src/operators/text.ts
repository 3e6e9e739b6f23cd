// The texts of the live rooms, and numbers as people read them.

import en from "../../../locales/en/operators.ftl?raw";
import lt from "../../../locales/lt/operators.ftl?raw";
import { type Lang, type Texts, texts } from "../text/fluent";

let current: Texts = (key) => key;
let lang: Lang = "lt";

/** Chooses the language, once, before anything is drawn. */
export function speak(to: Lang): void {
  lang = to;
  current = texts(to, to === "en" ? en : lt);
}

export const t: Texts = (key, args) => current(key, args);

function figure(value: number, digits = 0): string {
  return new Intl.NumberFormat(lang, { maximumFractionDigits: digits }).format(value);
}

/** "3,4 Mbit/s", "120 kbit/s". */
export function bits(bps: number): string {
  if (bps < 999_500) return `${figure(bps / 1_000)}\u00a0kbit/s`;
  return `${figure(bps / 1_000_000, bps < 99_950_000 ? 1 : 0)}\u00a0Mbit/s`;
}

export function percent(value: number): string {
  return t("ops-percent", { n: figure(value, 1) });
}

export function ms(value: number): string {
  return t("ops-ms", { n: figure(value) });
}

export function packets(value: number): string {
  return t("ops-packets", { n: figure(value) });
}

export function count(value: number): string {
  return figure(value);
}

/** A number that may be unknown, in words. */
export function known(value: number | null | undefined, say: (value: number) => string): string {
  return typeof value === "number" ? say(value) : t("ops-unknown");
}

/** For how long a room is open. */
export function opened(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1) return t("ops-opened-now");
  const time = minutes < 60 ? t("ops-minutes", { n: minutes }) : t("ops-hours", { h: Math.floor(minutes / 60), n: minutes % 60 });
  return t("ops-opened", { time });
}

/** The clock, to the second. */
export function clock(at: Date): string {
  return at.toLocaleTimeString(lang, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
}
