import { describe, expect, test } from "vitest";
import { decodeFrame, UNKNOWN } from "../src/frame";

interface Row { mmsi: number; lon: number; lat: number; sog: number }

/** A frame as the service packs it: header, then column after column. */
function aFrame(rows: Row[], { kind = 0, magic = "SPL1", version = 1 } = {}): ArrayBuffer {
  const n = rows.length;
  const view = new DataView(new ArrayBuffer(16 + 27 * n));
  [...magic].forEach((letter, i) => view.setUint8(i, letter.charCodeAt(0)));
  view.setUint8(4, version);
  view.setUint8(5, kind);
  view.setUint32(8, n, true);
  view.setUint32(12, 77, true);
  rows.forEach((row, i) => {
    view.setInt32(16 + 4 * i, row.mmsi, true);
    view.setInt32(16 + 4 * n + 4 * i, row.lon, true);
    view.setInt32(16 + 8 * n + 4 * i, row.lat, true);
    view.setUint32(16 + 12 * n + 4 * i, 1_800_000_000 + i, true);
    view.setUint16(16 + 16 * n + 2 * i, row.sog, true);
    view.setUint16(16 + 18 * n + 2 * i, 1800, true);
    view.setUint16(16 + 20 * n + 2 * i, UNKNOWN, true);
    [70, 5, 3, 4, 1].forEach((value, column) => view.setUint8(16 + (22 + column) * n + i, value));
  });
  return view.buffer;
}

describe("a live frame", () => {
  const rows = [
    { mmsi: 370_123_456, lon: -795_000_000, lat: 89_000_000, sog: 143 },
    { mmsi: 2_320_001, lon: 1_800_000_000, lat: -900_000_000, sog: UNKNOWN },
    { mmsi: 970_000_001, lon: 0, lat: 0, sog: 0 },
  ];

  test("gives back every column of every row, also of an odd count", () => {
    const frame = decodeFrame(aFrame(rows));
    expect(frame.kind).toBe("snapshot");
    expect(frame.sequence).toBe(77);
    expect([...frame.mmsi]).toEqual(rows.map((row) => row.mmsi));
    expect([...frame.lon]).toEqual(rows.map((row) => row.lon));
    expect([...frame.lat]).toEqual(rows.map((row) => row.lat));
    expect([...frame.sog]).toEqual(rows.map((row) => row.sog));
    expect([...frame.cog]).toEqual([1800, 1800, 1800]);
    expect([...frame.heading]).toEqual([UNKNOWN, UNKNOWN, UNKNOWN]);
    expect([frame.shipType[2], frame.navStatus[2], frame.coercion[2], frame.smuggling[2], frame.flags[2]]).toEqual([70, 5, 3, 4, 1]);
    expect(frame.reportedAt[2]).toBe(1_800_000_002);
  });

  test("without ships is a frame", () => {
    expect(decodeFrame(aFrame([], { kind: 1 }))).toMatchObject({ kind: "delta", count: 0 });
  });

  test.each([
    ["a foreign magic", aFrame(rows, { magic: "NOPE" })],
    ["a later version", aFrame(rows, { version: 2 })],
    ["a byte too few", aFrame(rows).slice(0, -1)],
    ["half a header", new ArrayBuffer(9)],
  ])("with %s is refused", (_, buffer) => {
    expect(() => decodeFrame(buffer)).toThrow(RangeError);
  });
});
