import { expect, test } from "vitest";
import type { Band, Ship, Vessel } from "../src/model";
import { Store } from "../src/store";

const aShip = (mmsi: number, coercion = 1, smuggling = 1): Ship => ({
  mmsi, coercion, smuggling, lon: 0, lat: 0, reportedAt: 0, sog: null, cog: null, heading: null,
  shipType: 70, navStatus: 0, openEvent: false,
});

const aVessel = (mmsi: number, name: string, probability: number, priority: number): Vessel => ({
  mmsi: String(mmsi), name,
  coercion: { probability, low: 0, high: 1, band: "high" as Band, horizon_h: 72, reasons: [] },
  smuggling: { priority, band: "high" as Band, reasons: [] },
});

function aStore(...ships: Ship[]): Store {
  const store = new Store();
  for (const ship of ships) store.ships.set(ship.mmsi, ship);
  return store;
}

const listed = (store: Store) => store.priorityList().map((ship) => ship.mmsi);

test("the higher of the two bands comes first, then the larger score in that band", () => {
  const store = aStore(aShip(1, 1, 1), aShip(2, 3, 1), aShip(3, 1, 4), aShip(4, 3, 0));
  store.vessels.set(2, aVessel(2, "B", 0.02, 99));
  store.vessels.set(4, aVessel(4, "D", 0.05, 0));
  expect(listed(store)).toEqual([3, 4, 2, 1]);
});

test("search finds names and MMSI, whatever the case", () => {
  const store = aStore(aShip(370_000_001), aShip(2_320_001));
  store.vessels.set(370_000_001, aVessel(370_000_001, "ANDES STAR", 0, 0));
  store.query = "des s";
  expect(listed(store)).toEqual([370_000_001]);
  store.query = "00232";
  expect(listed(store)).toEqual([2_320_001]);
});

test("a changed event replaces itself", () => {
  const store = new Store();
  const event = { id: "a", kind: "gap", mmsis: [], started_at: "2026-01-01T00:00:00Z", ended_at: null, detected_at: "", lon: 0, lat: 0, status: "open" as const, confidence: 1, evidence: {} };
  store.happened([event]);
  store.happened([{ ...event, status: "ended" }, { ...event, id: "b", started_at: "2026-01-02T00:00:00Z" }]);
  expect(store.events.map(({ id, status }) => `${id} ${status}`)).toEqual(["b open", "a ended"]);
});
