import { expect, test } from "vitest";
import { age, bearing, clock, coordinates, evidence, percent, shipType, trim, writePositionsAs } from "../src/format";
import { place } from "../src/port";
import { formatView, parseView, type View } from "../src/view";
import { backoff } from "../src/live";

const NOON = Date.parse("2026-11-23T12:00:00Z");

test("a time of today has no date, one of another day has", () => {
  expect(clock("2026-11-23T14:05:09Z", NOON)).toBe("14:05Z");
  expect(clock("2026-11-24T01:05:09Z", NOON)).toBe("24 Nov 01:05Z");
  expect(clock(null)).toBe("–");
});

test.each([
  ["dmm", "08°12.4′N 079°30.1′W", "00°00.0′S 080°00.0′W"],
  ["dms", "08°12′24″N 079°30′06″W", "00°00′00″S 080°00′00″W"],
  ["dd", "8.20667, -79.50167", "-0.00001, -79.99999"],
] as const)("a position as %s is %s and never shows sixty minutes", (form, usual, edge) => {
  writePositionsAs(form);
  expect([coordinates([-79.50167, 8.20667]), coordinates([-79.99999, -0.00001])]).toEqual([usual, edge]);
});

test("small probabilities keep two significant digits", () => {
  expect([0.123, 0.0264, 0.00031, 0.0000001, 0].map(percent)).toEqual(["12%", "2.6%", "0.031%", "<0.001%", "0%"]);
  expect([0.071, 1.93, 46].map(trim)).toEqual(["0.071", "1.9", "46"]);
});

test("unknown is a dash", () => {
  expect([percent(null), bearing(null), shipType(0)]).toEqual(["–", "–", "–"]);
});

test("the unit of evidence is in its name", () => {
  expect(evidence("distance_nm", 0.31234)).toEqual(["Distance", "0.3123 nm"]);
  expect(evidence("cog_deg", 181)).toEqual(["Cog", "181°"]);
  expect(evidence("samples", 14)).toEqual(["Samples", "14"]);
  expect(evidence("nested", {})).toBeNull();
});

test("ages read in the unit that fits", () => {
  expect([4, 600, 10_800, 400_000].map(age)).toEqual(["4 s", "10 min", "3 h", "5 d"]);
});

test("a place is told from the nearest port", () => {
  expect(place([-77.1, 3.9])).toBe("off Buenaventura");
  expect(place([-78.1, 2.9])).toBe("74 nm NE of Tumaco");
  expect(place([-150, -40])).toBeNull();
});

test("the view survives the hash, and a broken hash gives the home view", () => {
  const view: View = { zoom: 6.25, lon: -79.5, lat: 3.125, ship: 2_320_001, tab: "events", band: 3, find: "à b&c", layers: new Set(["names", "hotspots"]), at: Date.parse("2026-11-24T03:14:07Z") };
  expect(parseView(formatView(view))).toEqual(view);
  expect(parseView(formatView({ ...view, tab: null, layers: new Set() }))).toEqual({ ...view, tab: null, layers: new Set() });
  expect(formatView(parseView("#map=4.10/-84.000/8.000"))).toBe("#map=4.10/-84.000/8.000");
  expect(parseView("#map=NaN/x/200&ship=-4&at=noon")).toMatchObject({ ship: null, at: null });
  expect(parseView("#map=4/0/99").lat).toBe(parseView("").lat);
});

test("retries double up to half a minute and spread", () => {
  expect([0, 1, 2, 9].map((attempt) => backoff(attempt, 0.5))).toEqual([1000, 2000, 4000, 30_000]);
  expect(backoff(0, 0)).toBeLessThan(backoff(0, 1));
});
