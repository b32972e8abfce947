import { expect, test } from "vitest";
import type { Band, Ship, Vessel } from "../src/model";
import { UNKNOWN, type Frame } from "../src/frame";
import { Store } from "../src/store";

type Given = Pick<Ship, "mmsi" | "coercion" | "smuggling">;
const aShip = (mmsi: number, coercion = 1, smuggling = 1): Given => ({ mmsi, coercion, smuggling });

function aFrame(ships: Given[], kind: Frame["kind"] = "snapshot"): Frame {
  const n = ships.length;
  return {
    kind, sequence: 1, count: n,
    mmsi: Int32Array.from(ships, (s) => s.mmsi), lon: Int32Array.from(ships, (s) => s.mmsi % 180 * 1e7), lat: new Int32Array(n),
    reportedAt: new Uint32Array(n), sog: new Uint16Array(n).fill(UNKNOWN), cog: new Uint16Array(n).fill(125), heading: new Uint16Array(n).fill(UNKNOWN),
    shipType: new Uint8Array(n).fill(70), navStatus: new Uint8Array(n),
    coercion: Uint8Array.from(ships, (s) => s.coercion), smuggling: Uint8Array.from(ships, (s) => s.smuggling), flags: new Uint8Array(n).fill(1),
  };
}

const aVessel = (mmsi: number, name: string, probability: number, priority: number): Vessel => ({
  mmsi: String(mmsi), name,
  coercion: { probability, low: 0, high: 1, band: "high" as Band, horizon_h: 72, reasons: [] },
  smuggling: { priority, band: "high" as Band, reasons: [] },
});

function aStore(...ships: Given[]): Store {
  const store = new Store();
  store.apply(aFrame(ships));
  return store;
}

const listed = (store: Store) => store.priorityList().first.map((ship) => ship.mmsi);

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

test("the first rows are those of the whole list, however few are asked for", () => {
  const store = aStore(...Array.from({ length: 5000 }, (_, i) => aShip(200_000_000 + i, (i * 7) % 5, (i * 3) % 4)));
  for (let i = 0; i < 5000; i++) store.vessels.set(200_000_000 + i, aVessel(200_000_000 + i, "", ((i * 31) % 97) / 100, (i * 17) % 100));
  const whole = listed(store);
  for (const rows of [1, 200, 1500, 4999]) {
    const { first, matching } = store.priorityList(rows);
    expect(first.map((ship) => ship.mmsi)).toEqual(whole.slice(0, rows));
    expect(matching).toBe(5000);
  }
});

test("a delta changes what it names, a snapshot replaces all, and what a ship does not say is null", () => {
  const store = aStore(aShip(1), aShip(2, 3));
  store.apply(aFrame([aShip(2, 4), aShip(3)], "delta"));
  expect([...store.ships.values()].map((s) => [s.mmsi, s.coercion])).toEqual([[1, 1], [2, 4], [3, 1]]);
  expect(store.ships.get(2)).toMatchObject({ sog: null, cog: 12.5, heading: null, lon: 2, openEvent: true });
  expect([...store.ships.byBand()].map((slot) => store.ships.mmsi[slot])).toEqual([1, 3, 2]);
  expect(store.ships.within(170, -1, -170, 1)).toEqual([]);
  expect(store.ships.within(1.5, -1, 2.5, 1)).toEqual([store.ships.slot(2)]);
  store.apply(aFrame([aShip(9)]));
  expect([...store.ships.values()].map((s) => s.mmsi)).toEqual([9]);
});
