/** Live binary frames -> columns. The layout is `SPL1`, version 1, little-endian, packed. */

const MAGIC = 0x314c5053; // "SPL1" read as a little-endian u32
const HEADER_BYTES = 16;
const ROW_BYTES = 27;

export const UNKNOWN = 0xffff;

export interface Frame {
  kind: "snapshot" | "delta";
  sequence: number;
  count: number;
  mmsi: Int32Array;
  /** Degrees in 1e-7. */
  lon: Int32Array;
  lat: Int32Array;
  /** Unix seconds. */
  reportedAt: Uint32Array;
  /** 0.1 kn, 0.1 degree, whole degrees; `UNKNOWN` where the ship does not say. */
  sog: Uint16Array;
  cog: Uint16Array;
  heading: Uint16Array;
  shipType: Uint8Array;
  navStatus: Uint8Array;
  coercion: Uint8Array;
  smuggling: Uint8Array;
  flags: Uint8Array;
}

/**
 * The columns of one frame, as views on the buffer: every browser's host is little-endian, and
 * the header and column order keep each column on its own alignment.
 */
export function decodeFrame(buffer: ArrayBuffer): Frame {
  if (buffer.byteLength < HEADER_BYTES) throw new RangeError("live frame is shorter than its header");
  const header = new DataView(buffer, 0, HEADER_BYTES);
  if (header.getUint32(0, true) !== MAGIC) throw new RangeError("live frame does not begin with SPL1");
  const version = header.getUint8(4);
  if (version !== 1) throw new RangeError(`live frame has version ${version}, this page reads 1`);
  const n = header.getUint32(8, true);
  if (buffer.byteLength !== HEADER_BYTES + ROW_BYTES * n) {
    throw new RangeError(`live frame of ${n} ships has ${buffer.byteLength} bytes`);
  }
  const at = (bytesBefore: number) => HEADER_BYTES + bytesBefore * n;
  return {
    kind: header.getUint8(5) === 0 ? "snapshot" : "delta",
    sequence: header.getUint32(12, true),
    count: n,
    mmsi: new Int32Array(buffer, at(0), n),
    lon: new Int32Array(buffer, at(4), n),
    lat: new Int32Array(buffer, at(8), n),
    reportedAt: new Uint32Array(buffer, at(12), n),
    sog: new Uint16Array(buffer, at(16), n),
    cog: new Uint16Array(buffer, at(18), n),
    heading: new Uint16Array(buffer, at(20), n),
    shipType: new Uint8Array(buffer, at(22), n),
    navStatus: new Uint8Array(buffer, at(23), n),
    coercion: new Uint8Array(buffer, at(24), n),
    smuggling: new Uint8Array(buffer, at(25), n),
    flags: new Uint8Array(buffer, at(26), n),
  };
}
