// Every text on screen comes from web/locales, as a Fluent message.

import { FluentBundle, FluentResource } from "@fluent/bundle";

export type Lang = "lt" | "en";
export type Texts = (key: string, args?: Record<string, string | number>) => string;

/** The texts of one language. A key that is missing shows itself: a test sees to it that none is. */
export function texts(lang: Lang, source: string): Texts {
  // Both languages run from left to right: no isolation marks in what a screen reader spells out.
  const bundle = new FluentBundle(lang, { useIsolating: false });
  bundle.addResource(new FluentResource(source));
  return (key, args) => {
    const message = bundle.getMessage(key);
    return message?.value ? unbroken(bundle.formatPattern(message.value, args, [])) : key;
  };
}

/** A figure stays with what it counts, a dash with what goes before it. */
function unbroken(text: string): string {
  return text.replace(/(\d) (?=\S)/gu, "$1\u00a0").replaceAll(" – ", "\u00a0– ");
}

/** The language a page says it is in. */
export function langOf(value: string | undefined): Lang {
  return value === "en" ? "en" : "lt";
}
