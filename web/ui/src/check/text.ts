// The texts of the check.

import en from "../../../locales/en/check.ftl?raw";
import lt from "../../../locales/lt/check.ftl?raw";
import { type Lang, type Texts, texts } from "../text/fluent";

let current: Texts = (key) => key;
let currentLang: Lang = "lt";

/** Chooses the language, once, before anything is drawn. */
export function speak(lang: Lang): void {
  currentLang = lang;
  current = texts(lang, lang === "en" ? en : lt);
}

export const t: Texts = (key, args) => current(key, args);

/** A megabyte says no more than this of a fast line. */
const MOST_KBITS = 20_000;

/** A speed as people say it: "3,4 Mbit/s", "120 kbit/s". */
export function speed(kbits: number): string {
  if (kbits > MOST_KBITS) return t("check-more", { speed: speed(MOST_KBITS) });
  if (kbits < 1_000) return `${String(Math.round(kbits / 10) * 10)}\u00a0kbit/s`;
  const format = new Intl.NumberFormat(currentLang, { maximumFractionDigits: kbits < 10_000 ? 1 : 0 });
  return `${format.format(kbits / 1_000)}\u00a0Mbit/s`;
}
