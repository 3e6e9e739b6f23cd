// The texts of the page of rights.

import en from "../../../locales/en/rights.ftl?raw";
import lt from "../../../locales/lt/rights.ftl?raw";
import { type Lang, type Texts, texts } from "../text/fluent";

let current: Texts = (key) => key;

/** Chooses the language, once, before anything is drawn. */
export function speak(lang: Lang): void {
  current = texts(lang, lang === "en" ? en : lt);
}

export const t: Texts = (key, args) => current(key, args);
