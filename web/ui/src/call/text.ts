// The texts of the call.

import en from "../../../locales/en/call.ftl?raw";
import lt from "../../../locales/lt/call.ftl?raw";
import { type Lang, type Texts, texts } from "../text/fluent";
import { markTexts } from "../text/mark";

let current: Texts = (key) => key;
let currentLang: Lang = "lt";

/** Chooses the language, once, before anything is drawn. */
export function speak(lang: Lang): void {
  currentLang = lang;
  current = texts(lang, `${lang === "en" ? en : lt}\n${markTexts(lang)}`);
}

export const t: Texts = (key, args) => current(key, args);

/** The day and the time of an event in Kaunas, as a sentence writes them: "17.00 val.". */
export function dayAndTime(iso: string): { day: string; time: string } {
  const date = new Date(iso);
  const zone = { timeZone: "Europe/Vilnius" } as const;
  const day = new Intl.DateTimeFormat(currentLang, { ...zone, month: "long", day: "numeric" }).format(date);
  const clock = new Intl.DateTimeFormat("lt", { ...zone, hour: "2-digit", minute: "2-digit" }).format(date);
  return { day, time: currentLang === "lt" ? `${clock.replace(":", ".")}\u00a0val.` : clock };
}
