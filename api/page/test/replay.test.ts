import { beforeEach, expect, test, vi } from "vitest";
import { UNKNOWN, type Frame } from "../src/frame";
import { Player } from "../src/replay";
import { Store } from "../src/store";

const NOW = Date.parse("2026-11-24T12:00:00Z");
const HOUR = 3_600_000;

function aFrame(mmsi: number, kind: Frame["kind"]): Frame {
  const u16 = () => new Uint16Array(1).fill(UNKNOWN);
  const u8 = () => new Uint8Array(1);
  return {
    kind, sequence: 0, count: 1, mmsi: Int32Array.of(mmsi), lon: new Int32Array(1), lat: new Int32Array(1), reportedAt: new Uint32Array(1),
    sog: u16(), cog: u16(), heading: u16(), shipType: u8(), navStatus: u8(), coercion: u8(), smuggling: u8(), flags: u8(),
  };
}

let asked: [number, number | null][];
let store: Store;
let player: Player;

beforeEach(() => {
  vi.useFakeTimers({ now: NOW });
  asked = [];
  store = new Store();
  store.apply(aFrame(1, "snapshot"));
  player = new Player(store, (at, after) => {
    asked.push([at, after]);
    return Promise.resolve(aFrame(after === null ? 2 : 3, after === null ? "snapshot" : "delta"));
  });
});

const shown = () => [...store.ships.values()].map((ship) => ship.mmsi);

test("the past takes the place of the live picture, which goes on behind it", async () => {
  await player.seek(NOW - HOUR);
  expect(asked).toEqual([[NOW - HOUR, null]]);
  expect(shown()).toEqual([2]);
  store.apply(aFrame(4, "delta"));
  expect(shown()).toEqual([2]);
  player.leave();
  expect(shown()).toEqual([1, 4]);
});

test("it plays by deltas at its speed, and takes the whole picture every half hour", async () => {
  await player.seek(NOW - 10 * HOUR);
  await player.step();
  expect(asked).toHaveLength(1); // it stands until it is told to play
  player.speed = 600;
  player.play(true);
  for (let i = 0; i < 4; i++) await player.step();
  const minutes = asked.slice(1).map(([at, after]) => [(at - NOW) / 60_000 + 600, after === null ? null : (after - NOW) / 60_000 + 600]);
  expect(minutes).toEqual([[10, 0], [20, 10], [30, null], [40, 30]]);
  expect(shown()).toEqual([2, 3]);
});

test("what is played into the present is live again, and nothing to come is shown", async () => {
  await player.seek(NOW + HOUR);
  expect(store.replay?.at).toBe(NOW);
  player.play(true);
  await player.step();
  expect([store.replay, store.past]).toEqual([null, null]);
});

test("a frame that comes after the replay was left is not shown", async () => {
  let answer: (frame: Frame) => void = () => undefined;
  player = new Player(store, () => new Promise((done) => (answer = done)));
  const seeking = player.seek(NOW - HOUR);
  player.leave();
  answer(aFrame(2, "snapshot"));
  await seeking;
  expect(shown()).toEqual([1]);
});
