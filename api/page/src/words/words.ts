/** The words of the page in the language that is spoken; `t` is the table in use. */
import { EN, type Words } from "./en";
import { ES } from "./es";
import { FR } from "./fr";
import { PT } from "./pt";

export const LANGUAGES = { en: EN, es: ES, pt: PT, fr: FR } as const satisfies Record<string, Words>;
export type Language = keyof typeof LANGUAGES;
/** As each calls itself. */
export const LANGUAGE_NAMES: Record<Language, string> = { en: "English", es: "Español", pt: "Português", fr: "Français" };

export let t: Words = EN;
export let language: Language = "en";

export function speak(chosen: Language): void {
  language = chosen;
  t = LANGUAGES[chosen];
  document.documentElement.lang = chosen;
}

/** The first language of ours that the reader prefers, else English. */
export function preferred(wishes: readonly string[]): Language {
  const known = wishes.map((wish) => wish.slice(0, 2).toLowerCase()).find((wish) => wish in LANGUAGES);
  return (known as Language | undefined) ?? "en";
}

/** What is not in the table is said by its code, `zone_entry` as `Zone entry`. */
const named = (table: Record<string, string>, code: string): string =>
  table[code] ?? code.charAt(0).toUpperCase() + code.slice(1).replaceAll("_", " ");

export const kindOf = (kind: string): string => named(t.event.kinds, kind);
export const refusalOf = (reason: string): string => named(t.board.reasons, reason);
