/** Everything the page knows, in one place; whoever draws subscribes and reads. */
import { UNKNOWN, type Frame } from "./frame";
import {
  bandOf, mmsiText, type Asset, type EscortRequest, type Me, type Plan, type Position, type SeaEvent,
  type Ship, type Tasking, type Vessel,
} from "./model";
import type { Verdict } from "./verdict";

export type Connection = "connecting" | "live" | "lost";

export interface Selection {
  mmsi: number;
  vessel: Vessel | null;
  track: GeoJSON.GeoJSON | null;
  events: SeaEvent[];
  problem: string | null;
}

export class Store {
  me: Me | null = null;
  signedOut = false;
  exercise = false;
  connection: Connection = "connecting";
  retryAt = 0;
  lastFrameAt = 0;
  newestReport = 0;
  /** Seconds since the service last heard anything, as it said at `noticedAt`. */
  dataAge: number | null = null;
  noticedAt = 0;
  problem: string | null = null;
  readonly ships = new Map<number, Ship>();
  readonly vessels = new Map<number, Vessel>();
  events: SeaEvent[] = [];
  plan: Plan | null = null;
  requests = new Map<string, EscortRequest>();
  assets = new Map<string, Asset>();
  selected: Selection | null = null;
  /** The decision whose form is open. */
  verdict: Verdict | null = null;
  query = "";
  minBand = 0;

  private listeners: (() => void)[] = [];
  private scheduled = false;

  /** Calls back once a frame at most, after something changed. */
  subscribe(listener: () => void): void {
    this.listeners.push(listener);
  }

  changed(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    setTimeout(() => {
      this.scheduled = false;
      for (const listener of this.listeners) listener();
    }, 16);
  }

  /** Takes one live frame: a snapshot replaces the picture, a delta adds to it. */
  apply(frame: Frame): void {
    if (frame.kind === "snapshot") this.ships.clear();
    const known = (value: number, scale: number) => (value === UNKNOWN ? null : value / scale);
    for (let i = 0; i < frame.count; i++) {
      const reportedAt = frame.reportedAt[i]!;
      const mmsi = frame.mmsi[i]!;
      this.ships.set(mmsi, {
        mmsi,
        lon: frame.lon[i]! / 1e7,
        lat: frame.lat[i]! / 1e7,
        reportedAt,
        sog: known(frame.sog[i]!, 10),
        cog: known(frame.cog[i]!, 10),
        heading: known(frame.heading[i]!, 1),
        shipType: frame.shipType[i]!,
        navStatus: frame.navStatus[i]!,
        coercion: frame.coercion[i]!,
        smuggling: frame.smuggling[i]!,
        openEvent: (frame.flags[i]! & 1) === 1,
      });
      if (reportedAt > this.newestReport) this.newestReport = reportedAt;
    }
    this.lastFrameAt = Date.now();
    this.changed();
  }

  /** Takes in new and changed events; newest first. */
  happened(events: SeaEvent[]): void {
    if (events.length === 0) return;
    const byId = new Map([...this.events, ...events].map((event) => [event.id, event]));
    this.events = [...byId.values()].sort((a, b) => b.started_at.localeCompare(a.started_at));
  }

  /** The picture's own time, ms: that of the newest report, which a replay leaves in the past. */
  get pictureTime(): number {
    return this.newestReport ? this.newestReport * 1000 : Date.now();
  }

  name(mmsi: number): string {
    return this.vessels.get(mmsi)?.name?.trim() || mmsiText(mmsi);
  }

  asset(id: string): Asset {
    return this.assets.get(id) ?? { id };
  }

  /** A patrol vessel by name; that the fleet is an exercise's is said once, above all. */
  assetName(part: { asset: string; name?: string | null }): string {
    return (part.name ?? this.asset(part.asset).name ?? part.asset).replace(" (exercise)", "");
  }

  /** The ships an escort or a refused request is about. */
  mmsisOf(part: { mmsis?: string[]; requests?: string[]; request?: string }): number[] {
    if (part.mmsis?.length) return part.mmsis.map(Number);
    const ids = part.requests ?? (part.request ? [part.request] : []);
    return ids.flatMap((id) => this.requests.get(id)?.mmsis ?? []).map(Number);
  }

  /** Taskings, those under way first: each stands where its asset is now. */
  get taskings(): Tasking[] {
    const running = (this.plan?.under_way ?? []).map(({ why: _, ...each }): Tasking => ({ ...each, escorts: [each] }));
    return [...running, ...(this.plan?.taskings ?? [])];
  }

  /** Where a ship's proposed escort comes from, meets her and releases her. */
  escortPlaces(mmsi: number): Position[] {
    for (const tasking of this.taskings) {
      const escort = tasking.escorts.find((each) => this.mmsisOf(each).includes(mmsi));
      if (!escort) continue;
      const places = [tasking.position ?? this.asset(tasking.asset).position, escort.rendezvous_position, escort.release_position];
      return places.filter((place) => place != null);
    }
    return [];
  }

  /** Ships of the chosen bands that match the search, highest priority first. */
  priorityList(): Ship[] {
    const query = this.query.trim().toLowerCase();
    const chosen = [...this.ships.values()].filter(
      (ship) =>
        bandOf(ship) >= this.minBand &&
        (!query || this.name(ship.mmsi).toLowerCase().includes(query) || mmsiText(ship.mmsi).includes(query)),
    );
    const rank = new Map(chosen.map((ship) => [ship.mmsi, this.priority(ship)]));
    return chosen.sort((a, b) => rank.get(b.mmsi)! - rank.get(a.mmsi)! || a.mmsi - b.mmsi);
  }

  /** The higher band first, then the larger of the two scores that stand in it. */
  private priority(ship: Ship): number {
    const vessel = this.vessels.get(ship.mmsi);
    const top = bandOf(ship);
    const coercion = ship.coercion === top ? (vessel?.coercion?.probability ?? 0) : 0;
    const smuggling = ship.smuggling === top ? (vessel?.smuggling?.priority ?? 0) / 100 : 0;
    return top * 2 + Math.max(coercion, smuggling);
  }
}
