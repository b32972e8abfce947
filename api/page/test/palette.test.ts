/// <reference types="vite/client" />
import { expect, test } from "vitest";
import css from "../src/palette.css?raw";

const WORDS = ["text", "quiet", "bright", "link", "escort", "warn", "alert", "band-0", "band-1", "band-2", "band-3", "band-4"];
const BEHIND = ["night", "raised", "hover", "field", "selected", "pressed", "good-row", "good-back", "code"];

const palettes = [...css.matchAll(/:root(?:\[data-palette="(\w+)"\])? \{(.*?)\}/gs)].map(
  ([, name, body]): [string, Map<string, string>] => [name ?? "dusk", new Map([...body!.matchAll(/--([\w-]+): (#[0-9a-f]{6})/g)].map((m) => [m[1]!, m[2]!]))],
);

test("each palette has every colour", () => {
  const [dusk, ...others] = palettes.map(([, colours]) => [...colours.keys()].sort());
  expect(palettes.map(([name]) => name)).toEqual(["dusk", "day", "night"]);
  for (const other of others) expect(other).toEqual(dusk);
});

test.each(palettes)("by %s words stand 4.5:1 from all that may be behind them", (_, colours) => {
  const pairs = [...WORDS.flatMap((word) => BEHIND.map((behind) => [word, behind])), ["problem-text", "problem-back"], ["warn", "warn-back"]];
  const faint = pairs.filter(([word, behind]) => contrast(colours.get(word!)!, colours.get(behind!)!) < 4.5);
  expect(faint).toEqual([]);
});

test("by night nothing is blue, and each higher band is lighter", () => {
  const [, night] = palettes.find(([name]) => name === "night")!;
  for (const [name, colour] of night) {
    const [red, green, blue] = channels(colour);
    expect([name, red! >= green! && green! >= blue!]).toEqual([name, true]);
  }
  const bands = [0, 1, 2, 3, 4].map((band) => luminance(night.get(`band-${band}`)!));
  expect(bands).toEqual([...bands].sort((a, b) => a - b));
});

const channels = (colour: string) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));

/** Relative luminance and contrast of WCAG 2.2. */
function luminance(colour: string): number {
  const [red, green, blue] = channels(colour).map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}

function contrast(one: string, other: string): number {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light! + 0.05) / (dark! + 0.05);
}
