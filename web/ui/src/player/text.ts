// The texts of the replay.

import en from "../../../locales/en/replay.ftl?raw";
import lt from "../../../locales/lt/replay.ftl?raw";
import { type Lang, type Texts, texts } from "../text/fluent";
import { markTexts } from "../text/mark";

let current: Texts = (key) => key;

/** Chooses the language, once, before anything is drawn. */
export function speak(lang: Lang): void {
  current = texts(lang, `${lang === "en" ? en : lt}\n${markTexts(lang)}`);
}

export const t: Texts = (key, args) => current(key, args);

/** A length in words, for those who hear it. */
export function spokenTime(time: number): string {
  const whole = Math.max(0, Math.floor(time));
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  const parts = [t("replay-seconds", { count: whole % 60 })];
  if (minutes > 0 || hours > 0) parts.unshift(t("replay-minutes", { count: minutes }));
  if (hours > 0) parts.unshift(t("replay-hours", { count: hours }));
  return parts.join(" ");
}
