/** The live picture as columns by slot: frames in, and what chart and list read at once of 50,000 ships. */
import { UNKNOWN, type Frame } from "./frame";
import type { Ship } from "./model";

const FIRST_SLOTS = 1024;

export class Ships {
  size = 0;
  /** Grows with each frame. */
  revision = 0;
  /** Unix seconds of the newest report. */
  newestReport = 0;
  mmsi = new Int32Array(FIRST_SLOTS);
  lon = new Float64Array(FIRST_SLOTS);
  lat = new Float64Array(FIRST_SLOTS);
  /** Unix seconds. */
  reportedAt = new Uint32Array(FIRST_SLOTS);
  /** Knots and degrees, NaN where the ship does not say. */
  sog = new Float32Array(FIRST_SLOTS);
  cog = new Float32Array(FIRST_SLOTS);
  heading = new Float32Array(FIRST_SLOTS);
  shipType = new Uint8Array(FIRST_SLOTS);
  navStatus = new Uint8Array(FIRST_SLOTS);
  coercion = new Uint8Array(FIRST_SLOTS);
  smuggling = new Uint8Array(FIRST_SLOTS);
  /** The higher of the two bands. */
  band = new Uint8Array(FIRST_SLOTS);
  openEvent = new Uint8Array(FIRST_SLOTS);

  private readonly slots = new Map<number, number>();

  /** Takes one live frame: a snapshot replaces the picture, a delta adds to it. */
  take(frame: Frame): void {
    this.revision++;
    if (frame.kind === "snapshot") this.clear();
    const known = (value: number, scale: number) => (value === UNKNOWN ? NaN : value / scale);
    for (let i = 0; i < frame.count; i++) {
      const slot = this.slotOf(frame.mmsi[i]!);
      const [coercion, smuggling, reportedAt] = [frame.coercion[i]!, frame.smuggling[i]!, frame.reportedAt[i]!];
      this.lon[slot] = frame.lon[i]! / 1e7;
      this.lat[slot] = frame.lat[i]! / 1e7;
      this.reportedAt[slot] = reportedAt;
      this.sog[slot] = known(frame.sog[i]!, 10);
      this.cog[slot] = known(frame.cog[i]!, 10);
      this.heading[slot] = known(frame.heading[i]!, 1);
      this.shipType[slot] = frame.shipType[i]!;
      this.navStatus[slot] = frame.navStatus[i]!;
      this.coercion[slot] = coercion;
      this.smuggling[slot] = smuggling;
      this.band[slot] = Math.max(coercion, smuggling);
      this.openEvent[slot] = frame.flags[i]! & 1;
      if (reportedAt > this.newestReport) this.newestReport = reportedAt;
    }
  }

  slot(mmsi: number): number | undefined {
    return this.slots.get(mmsi);
  }

  get(mmsi: number): Ship | undefined {
    const slot = this.slots.get(mmsi);
    return slot === undefined ? undefined : this.at(slot);
  }

  /** One ship as a value. */
  at(slot: number): Ship {
    const known = (value: number) => (Number.isNaN(value) ? null : value);
    return {
      mmsi: this.mmsi[slot]!,
      lon: this.lon[slot]!,
      lat: this.lat[slot]!,
      reportedAt: this.reportedAt[slot]!,
      sog: known(this.sog[slot]!),
      cog: known(this.cog[slot]!),
      heading: known(this.heading[slot]!),
      shipType: this.shipType[slot]!,
      navStatus: this.navStatus[slot]!,
      coercion: this.coercion[slot]!,
      smuggling: this.smuggling[slot]!,
      openEvent: this.openEvent[slot] === 1,
    };
  }

  *values(): Generator<Ship> {
    for (let slot = 0; slot < this.size; slot++) yield this.at(slot);
  }

  /** How many ships there are of each band. */
  bandCounts(): number[] {
    const counts = [0, 0, 0, 0, 0];
    for (let slot = 0; slot < this.size; slot++) counts[this.band[slot]!]!++;
    return counts;
  }

  /** Slots, those of the lowest band first. */
  byBand(): Uint32Array {
    const begins = this.bandCounts();
    let sum = 0;
    for (let band = 0; band < begins.length; band++) [begins[band], sum] = [sum, sum + begins[band]!];
    const order = new Uint32Array(this.size);
    for (let slot = 0; slot < this.size; slot++) order[begins[this.band[slot]!]!++] = slot;
    return order;
  }

  /** Slots of the ships in a box, degrees; `west` may be greater than `east`, over the antimeridian. */
  within(west: number, south: number, east: number, north: number): number[] {
    const found: number[] = [];
    for (let slot = 0; slot < this.size; slot++) {
      const [lon, lat] = [this.lon[slot]!, this.lat[slot]!];
      if (lat < south || lat > north) continue;
      if (west <= east ? lon >= west && lon <= east : lon >= west || lon <= east) found.push(slot);
    }
    return found;
  }

  private clear(): void {
    this.size = this.newestReport = 0;
    this.slots.clear();
  }

  private slotOf(mmsi: number): number {
    const known = this.slots.get(mmsi);
    if (known !== undefined) return known;
    if (this.size === this.mmsi.length) this.grow();
    this.mmsi[this.size] = mmsi;
    this.slots.set(mmsi, this.size);
    return this.size++;
  }

  private grow(): void {
    const twice = <T extends Float64Array | Float32Array | Int32Array | Uint32Array | Uint8Array>(column: T): T => {
      const grown = new (column.constructor as new (length: number) => T)(2 * column.length);
      grown.set(column);
      return grown;
    };
    this.mmsi = twice(this.mmsi);
    this.lon = twice(this.lon);
    this.lat = twice(this.lat);
    this.reportedAt = twice(this.reportedAt);
    this.sog = twice(this.sog);
    this.cog = twice(this.cog);
    this.heading = twice(this.heading);
    this.shipType = twice(this.shipType);
    this.navStatus = twice(this.navStatus);
    this.coercion = twice(this.coercion);
    this.smuggling = twice(this.smuggling);
    this.band = twice(this.band);
    this.openEvent = twice(this.openEvent);
  }
}
