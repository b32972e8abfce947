/// <reference types="vite/client" />
import { expect, test } from "vitest";
import { LANGUAGES, preferred } from "../src/words/words";

type Leaf = string | ((...parts: never[]) => string);

/** Every string and function of a table by its path. */
function leaves(table: object, path = ""): [string, Leaf][] {
  return Object.entries(table).flatMap(([name, value]): [string, Leaf][] =>
    typeof value === "object" && value !== null ? leaves(value, `${path}.${name}`) : [[`${path}.${name}`, value as Leaf]],
  );
}

const english = new Map(leaves(LANGUAGES.en));

test.each(["es", "pt", "fr"] as const)("%s says everything that English says, and nothing else", (language) => {
  const said = new Map(leaves(LANGUAGES[language]));
  expect([...said.keys()].sort()).toEqual([...english.keys()].sort());
  expect([...said.values()].filter((value) => value === "")).toEqual([]);
});

test.each(["es", "pt", "fr"] as const)("what is put into a sentence in %s comes out in it", (language) => {
  for (const [path, say] of leaves(LANGUAGES[language])) {
    if (typeof say !== "function") continue;
    const parts = Array.from({ length: say.length }, (_, i) => 700 + i);
    const [told, original] = [say, english.get(path) as typeof say].map((f) => f(...(parts as never[])));
    for (const part of parts) expect([path, told!.includes(String(part))]).toEqual([path, original!.includes(String(part))]);
  }
});

test("what a reader prefers is spoken, else English", () => {
  expect([preferred(["pt-BR", "en"]), preferred(["de", "fr-CA"]), preferred(["nl"]), preferred([])]).toEqual(["pt", "fr", "en", "en"]);
});

test("no template has words of its own: all come from the tables", () => {
  const sources = import.meta.glob<string>("../src/**/*.ts", { query: "?raw", import: "default", eager: true });
  const own = Object.entries(sources).flatMap(([file, source]) => templates(source).flatMap((text) => words(text).map((word) => `${file}: ${word}`)));
  expect(Object.keys(sources).length).toBeGreaterThan(30);
  expect(own.filter((found) => !/: (Safe Passage|safepassage up --(source tcp:\/\/host:port|exercise pacific))$/.test(found))).toEqual([]);
});

/** The literal text of each html`…`, with `\0` where a value stands. */
function templates(source: string): string[] {
  const found: string[] = [];
  for (const { index } of source.matchAll(/html`/g)) {
    let text = "";
    let depth = 0;
    for (let i = index + 5; i < source.length; i++) {
      if (depth === 0 && source[i] === "`") break;
      if (source.startsWith("${", i)) {
        if (depth++ === 0) text += "\0";
        i++;
      } else if (depth && source[i] === "{") depth++;
      else if (depth && source[i] === "}") depth--;
      else if (depth === 0) text += source[i];
    }
    found.push(text);
  }
  return found;
}

/** What a reader would read: text between tags, and labels, titles and placeholders. */
function words(template: string): string[] {
  const labels = [...template.matchAll(/(?:aria-label|title|placeholder)="([^"]*)"/g)].map((match) => match[1]!);
  const text = template.replace(/<[^>]*>/g, "\0");
  return [...labels, ...text.split("\0")].map((part) => part.trim()).filter((part) => /\p{L}{2}/u.test(part));
}
