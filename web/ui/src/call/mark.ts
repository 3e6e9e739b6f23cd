// The mark beside a name: how somebody was identified, in plain words. Who has no name and was not identified has none.

import type { Participant } from "../protocol/messages";
import type { Texts } from "../text/fluent";

/** What the mark says; `kind` is for its looks. */
export type Mark = { kind: "ok" | "made-up"; words: string };

export function markOf(person: Participant, t: Texts): Mark | null {
  if (person.label.kind === "anonymous") return person.verified ? { kind: "ok", words: t("call-verified") } : null;
  if (!person.identified) return null;
  const { way, level } = person.identified;
  if (way === "demonstration" || level === null) return { kind: "made-up", words: t("call-mark-made-up") };
  return { kind: "ok", words: `${t(`call-mark-${way}`)}, ${t(`call-mark-${level}`)}` };
}
