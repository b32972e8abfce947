import { expect, test } from "vitest";
import { isAbout, mayDecide } from "../src/verdict";

const me = { name: "Ana", role: "watch_officer", nation: "US", node: "XC", exercise: null };
const escort = { requests: ["r1"], depart_at: "", rendezvous_at: "", release_at: "", transit_nm: 0, leg_nm: 0 };

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

test("a form is about one escort of a tasking", () => {
  const verdict = { verb: "approval" as const, tasking: "t1", requests: ["r1"] };
  const tasking = { id: "t1", asset: "a1", escorts: [escort] };
  expect(isAbout(verdict, tasking, escort)).toBe(true);
  expect(isAbout(verdict, tasking, { ...escort, requests: ["r2"] })).toBe(false);
  expect(isAbout(null, tasking, escort)).toBe(false);
});
