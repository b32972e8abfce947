import { expect, test } from "vitest";
import { mayDecide } from "../src/verdict";

const me = { name: "Ana", role: "watch_officer", nation: "US", node: "XC", exercise: null };

test("an officer decides on assets of the own nation alone", () => {
  expect(mayDecide(me, "US")).toBe(true);
  expect(mayDecide(me, "MX")).toBe(false);
  expect(mayDecide({ ...me, role: "naval_partner" }, "US")).toBe(false);
  expect(mayDecide(null, "US")).toBe(false);
});

test("in an exercise the officers of the node play all parts", () => {
  const node = { ...me, nation: "XC" };
  expect(mayDecide(node, "US")).toBe(false);
  expect(mayDecide({ ...node, exercise: "pacific" }, "US")).toBe(true);
  expect(mayDecide({ ...me, exercise: "pacific" }, "MX")).toBe(false);
});
