// The texts of passkeys.

import en from "../../../locales/en/passkey-island.ftl?raw";
import lt from "../../../locales/lt/passkey-island.ftl?raw";
import { type Lang, type Texts, texts } from "../text/fluent";

let current: Texts = (key) => key;

/** Chooses the language, once, before anything is drawn. */
export function speak(lang: Lang): void {
  current = texts(lang, lang === "en" ? en : lt);
}

export const t: Texts = (key, args) => current(key, args);
