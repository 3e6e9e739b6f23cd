// The mark beside a name: how somebody was identified, in plain words. Who has no name and was not identified has none.

import en from "../../../locales/en/mark.ftl?raw";
import lt from "../../../locales/lt/mark.ftl?raw";
import type { Identified } from "../protocol/messages";
import type { Lang, Texts } from "./fluent";

/** Of whom it speaks: somebody in a call or in its replay. */
export interface Marked {
  anonymous: boolean;
  identified: Identified | null;
  verified: boolean;
}

/** What the mark says; `kind` is for its looks. */
export type Mark = { kind: "ok" | "made-up"; words: string };

/** The messages that it is written with: for the texts of an island that shows marks. */
export const markTexts = (lang: Lang): string => (lang === "en" ? en : lt);

export function markOf(person: Marked, t: Texts): Mark | null {
  if (person.anonymous) return person.verified ? { kind: "ok", words: t("mark-verified") } : null;
  if (!person.identified) return null;
  const { way, level } = person.identified;
  if (way === "demonstration" || level === null) return { kind: "made-up", words: t("mark-made-up") };
  return { kind: "ok", words: `${t(`mark-${way}`)}, ${t(`mark-${level}`)}` };
}
